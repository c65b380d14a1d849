//! Delivery, case by case. A case is a line of rows of one incident and receiver, oldest first:
//! `first:P0:delivered raised:P0:pending*` - the starred row is the one just claimed.

use super::*;
use crate::domain::base::IncidentId;
use crate::domain::paging::{Acknowledgement, DispatchId, DispatchState, PageContent};
use proptest::prelude::*;

const START: Ms = Ms::from_secs(1_000_000);

fn content() -> PageContent {
    PageContent { service: "checkout".into(), impact_start: Some(START), detected: Some(START), ..PageContent::default() }
}

/// Reads a case: rows a minute apart. Rows that ended did so ten minutes after the last row was made when marked `!`.
fn rows(case: &str) -> (Vec<Dispatch>, Dispatch) {
    let mut claimed = None;
    let words: Vec<&str> = case.split_whitespace().collect();
    let rows: Vec<Dispatch> = words
        .iter()
        .enumerate()
        .map(|(n, word)| {
            let marks = word.trim_start_matches(|c: char| c != '*' && c != '!');
            let parts: Vec<&str> = word.trim_end_matches(['*', '!']).split(':').collect();
            let created = START + Span::from_mins(n as i64);
            let state = match parts[2] {
                "pending" => DispatchState::Pending,
                "delivered" => DispatchState::Delivered,
                "failed" => DispatchState::Failed,
                "dropped" => DispatchState::Dropped,
                other => panic!("{other}"),
            };
            if marks.contains('*') {
                claimed = Some(n);
            }
            let late = if marks.contains('!') { Span::from_mins(words.len() as i64) } else { Span::from_secs(1) };
            Dispatch {
                id: DispatchId(n as u64 + 1),
                incident: IncidentId(1),
                key: "burnledger/x/1".into(),
                kind: DispatchKind::ALL.into_iter().find(|k| k.name() == parts[0]).unwrap(),
                severity: Severity::parse(parts[1]).unwrap(),
                level: 0,
                receiver: "ops".into(),
                number: 0,
                content: content(),
                created,
                attempts: 1,
                next_at: created,
                state,
                possible_repeat: false,
                detail: "".into(),
                settled: (state != DispatchState::Pending).then_some(created + late),
            }
        })
        .collect();
    let row = rows[claimed.expect("a starred row")].clone();
    (rows, row)
}

const LIVE: Standing = Standing { live: true, ended: None, severity: Some(Severity::P0), acknowledged: None };
const OVER: Standing = Standing { live: false, ended: Some(START), severity: Some(Severity::P0), acknowledged: None };

/// What happens to the starred row: `send`, `combined`, or the reason it is dropped for.
fn check(case: &str, standing: &Standing, short: bool, expect: &str) {
    let (rows, row) = rows(case);
    let now = row.created + Span::from_secs(1);
    let got = match before_sending(&row, &rows, standing, now, short) {
        Before::Send(Manner::Plain) => "send".to_owned(),
        Before::Send(Manner::Combined) => "combined".to_owned(),
        Before::Settle(Settlement::Dropped { why }) => why.to_string(),
        Before::Settle(other) => format!("{other:?}"),
    };
    assert!(got.contains(expect), "{case}\n  expected {expect}\n  got {got}");
}

#[test]
fn resolved_is_sent_iff_a_firing_was_delivered() {
    check("first:P0:delivered resolved:P0:pending*", &OVER, false, "send");
    check("first:P0:failed resolved:P0:pending*", &OVER, false, "was not told that it fired");
    check("resolved:P0:pending*", &OVER, false, "was not told that it fired");
    // Told, ended, told that it ended; then again.
    check("first:P0:delivered resolved:P0:delivered reopened:P0:delivered resolved:P0:pending*", &OVER, false, "send");
    check("first:P0:delivered resolved:P0:delivered reopened:P0:failed resolved:P0:pending*", &OVER, false, "was not told");
    // An escalation that an acknowledgement stopped long before the end is nothing to be told of.
    check("escalated:P0:dropped resolved:P0:pending*", &OVER, false, "was not told");
}

#[test]
fn what_ended_before_it_could_be_delivered_is_told_in_one_message() {
    check("first:P0:pending* resolved:P0:pending", &OVER, false, "the resolved page tells both");
    check("first:P0:dropped! resolved:P0:pending*", &OVER, false, "combined");
    check("first:P1:dropped! raised:P0:dropped! resolved:P0:pending*", &OVER, false, "combined");
    // It was told; only the news that it rose was late. A plain resolved page is enough.
    check("first:P1:delivered raised:P0:dropped! resolved:P0:pending*", &OVER, false, "send");
}

#[test]
fn a_reopened_incident_is_not_called_over() {
    check("first:P0:delivered resolved:P0:pending* reopened:P0:pending", &LIVE, false, "it reopened");
    check("first:P0:pending* resolved:P0:pending reopened:P0:pending", &LIVE, false, "send");
    check("first:P0:delivered resolved:P0:dropped reopened:P0:pending*", &LIVE, false, "send");
}

#[test]
fn updates_merge_when_held_up_but_never_a_first_page_or_a_p0() {
    let case = "first:P1:delivered raised:P1:pending* repeat:P1:pending";
    check(case, &LIVE, false, "send");
    check(case, &LIVE, true, "merged");
    check("first:P1:pending* repeat:P1:pending", &LIVE, true, "send");
    check("first:P1:delivered raised:P0:pending* repeat:P0:pending", &LIVE, true, "send");
    check("first:P1:delivered repeat:P1:pending* raised:P0:pending", &LIVE, true, "merged");
    check("first:P2:delivered raised:P1:pending* no_data:P2:pending", &LIVE, true, "send");
    check("escalated:P1:pending* repeat:P1:pending", &LIVE, true, "send");
    check("first:P1:delivered no_data:P1:pending* repeat:P1:pending", &LIVE, true, "send");
}

#[test]
fn an_acknowledgement_stops_what_waits_but_nothing_of_a_higher_severity() {
    let acked = |severity| Standing { acknowledged: Some(Acknowledgement { severity, at: START }), ..LIVE };
    check("first:P1:delivered repeat:P1:pending*", &acked(Severity::P1), false, "acknowledged");
    check("first:P1:delivered escalated:P1:pending*", &acked(Severity::P1), false, "acknowledged");
    check("first:P1:delivered repeat:P0:pending*", &acked(Severity::P1), false, "send");
    check("first:P1:delivered raised:P1:pending*", &acked(Severity::P1), false, "send");
    check("first:P0:pending*", &acked(Severity::P0), false, "send");
}

fn after(case: &str, manner: Manner, outcome: SendOutcome, standing: &Standing, waited: Span) -> Settlement {
    let (_, row) = rows(case);
    after_sending(&row, manner, outcome, standing, row.created + waited, 0.0, Some("next".into()))
}

fn retry(after: Option<Span>) -> SendOutcome {
    SendOutcome::Retry { after, why: "HTTP 500".into() }
}

#[test]
fn a_page_of_a_live_incident_is_never_given_up() {
    for case in ["first:P0:pending*", "raised:P0:pending*", "repeat:P1:pending*", "no_data:P1:pending*"] {
        let settled = after(case, Manner::Plain, retry(None), &LIVE, Span::from_days(365));
        assert!(matches!(settled, Settlement::RetryAt { .. }), "{case} {settled:?}");
    }
}

#[test]
fn notes_and_tickets_are_given_up_and_a_lost_page_goes_elsewhere() {
    let hour = Span::from_hours(1);
    let note = "resolved:P0:pending*";
    assert!(matches!(after(note, Manner::Plain, retry(None), &OVER, hour - Span(1)), Settlement::RetryAt { .. }));
    let Settlement::Dropped { why } = after(note, Manner::Plain, retry(None), &OVER, hour) else { panic!() };
    assert_eq!(&*why, "given up after 1h: HTTP 500");
    assert!(matches!(after(note, Manner::Combined, retry(None), &OVER, hour), Settlement::RetryAt { .. }));
    for (case, manner) in [(note, Manner::Combined), ("first:P2:pending*", Manner::Plain), ("first:P0:pending*", Manner::Plain)] {
        let settled = after(case, manner, retry(None), &OVER, hour * 24);
        let Settlement::Failed { instead: Some(page), .. } = settled else { panic!("{case} {settled:?}") };
        assert_eq!((&*page.receiver, page.kind), ("next", DispatchKind::First));
        assert_eq!(page.content.resolved.is_some(), manner == Manner::Combined);
    }
}

#[test]
fn a_refused_page_goes_to_the_next_receiver_at_once() {
    let refused = || SendOutcome::Permanent { why: "HTTP 404".into() };
    let settled = after("raised:P0:pending*", Manner::Plain, refused(), &LIVE, Span::ZERO);
    let Settlement::Failed { why, instead: Some(page) } = settled else { panic!("{settled:?}") };
    assert_eq!((&*why, &*page.receiver, page.kind, page.severity), ("HTTP 404", "next", DispatchKind::Raised, Severity::P0));
    let settled = after("resolved:P0:pending*", Manner::Plain, refused(), &OVER, Span::ZERO);
    assert!(matches!(settled, Settlement::Failed { instead: None, .. }), "nobody else was told of it");
}

#[test]
fn the_receivers_own_wait_wins_within_reason() {
    let wait = |asked: i64| {
        let settled = after("first:P0:pending*", Manner::Plain, retry(Some(Span::from_secs(asked))), &LIVE, Span::ZERO);
        let Settlement::RetryAt { at, .. } = settled else { panic!() };
        at.since(START).0 / 1000
    };
    assert_eq!((wait(7), wait(600)), (7, 600));
    assert_eq!(wait(0), 1, "a server that refuses and asks for no wait gets a second all the same");
    assert_eq!(wait(86_400), 3600, "no receiver silences a page for a day");
}

#[test]
fn waits_double_from_a_second_to_a_minute() {
    let secs: Vec<i64> = (1..=9).map(|n| backoff(n, 0.0).0 / 1000).collect();
    assert_eq!(secs, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(backoff(3, 1.0), Span(3_200));
    assert_eq!(backoff(0, 0.5), Span(900));
    assert_eq!(backoff(u32::MAX, f64::NAN), Span::from_mins(1), "a broken number of chance changes nothing");
}

#[test]
fn a_page_has_one_idempotency_key_and_a_combined_one_another() {
    let (_, row) = rows("first:P0:pending*");
    assert_eq!(row.idempotency_key(), "burnledger/x/1/first/0/0");
    assert_eq!(row.combined().idempotency_key(), "burnledger/x/1/first/0/0/combined");
}

#[test]
fn a_forgetful_receiver_is_reminded_while_it_burns_and_five_minutes_after() {
    let told = |case: &str, standing: &Standing, after: Span| {
        let (rows, row) = rows(case);
        to_keep_alive(&rows, "ops", standing, row.created + after).first().map(|r| r.id.0)
    };
    let minute = Span::from_mins(1);
    assert_eq!(told("first:P1:delivered raised:P0:delivered*", &LIVE, Span::from_hours(9)), Some(2));
    assert_eq!(told("first:P1:delivered raised:P0:pending*", &LIVE, minute), Some(1));
    assert_eq!(told("first:P1:delivered resolved:P1:delivered*", &OVER, minute), Some(2));
    assert_eq!(told("first:P1:delivered resolved:P1:delivered*", &OVER, minute * 6), None);
    assert_eq!(told("first:P1:delivered resolved:P1:delivered*", &LIVE, minute), None, "it reopened; the page is on its way");
    assert_eq!(told("first:P1:dropped! resolved:P1:delivered*", &OVER, minute), None, "a combined message ends by itself");
    assert_eq!(told("first:P1:failed*", &LIVE, minute), None);
}

#[test]
fn a_receiver_of_two_owners_is_told_for_each_of_them() {
    let (mut rows, _) = rows("first:P0:delivered first:P0:delivered resolved:P0:delivered resolved:P0:pending*");
    for (row, owner) in rows.iter_mut().zip(["payments", "search", "payments", "search"]) {
        row.content.owner = Some(owner.into());
    }
    assert_eq!(before_sending(&rows[3], &rows, &OVER, START, false), Before::Send(Manner::Plain));
    rows[2].state = DispatchState::Pending;
    let kept: Vec<u64> = to_keep_alive(&rows, "ops", &LIVE, START).iter().map(|r| r.id.0).collect();
    assert_eq!(kept, [1, 2]);
}

fn any_rows() -> impl Strategy<Value = Vec<Dispatch>> {
    let kinds = ["first", "raised", "repeat", "escalated", "no_data", "resolved", "reopened"];
    let row = (0..kinds.len(), 0..3_usize).prop_map(move |(k, s)| (kinds[k], Severity::ALL[s]));
    proptest::collection::vec(row, 1..12).prop_map(|list| {
        let mut case: Vec<String> = list.iter().map(|(k, s)| format!("{k}:{s}:pending")).collect();
        case[0] = format!("first:{}:pending*", list[0].1);
        rows(&case.join(" ")).0
    })
}

proptest! {
    /// Drives whole outboxes through the rules: each row is claimed in order while all later ones wait already, the receiver takes
    /// or refuses for good as it likes. Whatever fired is told, or refused aloud: nothing ends in silence.
    #[test]
    fn nothing_that_fired_is_lost_in_silence(mut rows in any_rows(), answers in proptest::collection::vec(0..4_u8, 12), short: bool) {
        let now = START + Span::from_hours(2);
        let live = rows.last().unwrap().kind != DispatchKind::Resolved;
        let standing = if live { LIVE } else { OVER };
        let (mut told, mut pending_first) = (Vec::new(), false);
        for i in 0..rows.len() {
            let row = rows[i].clone();
            let (state, news) = match before_sending(&row, &rows, &standing, now, short) {
                Before::Send(manner) if answers[i] > 0 => (DispatchState::Delivered, Some(manner)),
                Before::Send(_) => (DispatchState::Failed, None),
                Before::Settle(_) => (DispatchState::Dropped, None),
            };
            if state == DispatchState::Dropped && row.kind.is_firing() {
                prop_assert!(row.kind != DispatchKind::First || rows[i + 1..].last().is_some_and(|r| r.kind == DispatchKind::Resolved));
                pending_first = true;
            }
            if let Some(manner) = news {
                told.push((row.kind, manner));
            }
            rows[i].state = state;
            rows[i].settled = Some(now);
        }
        let failed = rows.iter().any(|r| r.state == DispatchState::Failed);
        prop_assert!(!pending_first || !told.is_empty() || failed, "dropped and never told");
        // A receiver never hears of an end without a beginning.
        let mut burning = false;
        for (kind, manner) in told {
            match (kind, manner) {
                (DispatchKind::Resolved, Manner::Plain) => prop_assert!(std::mem::take(&mut burning)),
                (DispatchKind::Resolved, Manner::Combined) => prop_assert!(!burning),
                _ => burning = true,
            }
        }
    }

    #[test]
    fn waits_stay_between_nothing_and_a_minute(attempts: u32, luck in 0.0..1.0_f64) {
        let wait = backoff(attempts, luck);
        prop_assert!(wait >= Span(800) && wait <= Span::from_mins(1));
    }
}
