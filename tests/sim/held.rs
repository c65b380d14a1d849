//! Pages that are held back and let go again, and responses that are run, through the real engine in virtual time.

use super::town::{Town, Traffic, record, record_both, slo, slo_of};
use burnledger::app::notices::{Author, end_silence, silence};
use burnledger::domain::base::{IncidentId, Mono, Ms, Now, Severity, Span, Text};
use burnledger::domain::incident::{Fact, Incident, Phase, Scope, Silence};
use burnledger::domain::judge::HeldBack;
use burnledger::domain::measure::Recurrence;
use burnledger::domain::objective::ServiceInfo;
use burnledger::domain::paging::{Dispatch, DispatchKind, PlannedSilence, Recurring, ResponseRule, Routes, SilenceTime};
use burnledger::ledger::MemoryLedger;
use std::collections::BTreeMap;
use std::sync::Arc;

fn at(text: &str) -> Ms {
    Ms::parse_rfc3339(text).unwrap()
}

fn day(clock: &str) -> Ms {
    at(&format!("2026-03-04T{clock}:00Z"))
}

/// Half of the requests fail from 12:05 to 12:40, and again from 14:00 to 14:10.
fn outage() -> String {
    let within = |now: Ms, from: &str, to: &str| day(from) < now && now <= day(to);
    record(at("2026-03-01T00:00:00Z"), day("15:00"), |now| {
        let bad = if within(now, "12:05", "12:40") || within(now, "14:00", "14:10") { 75 } else { 0 };
        Some(Traffic { total: 150, bad })
    })
}

async fn town(routes: Routes) -> Town {
    let info = ServiceInfo { owner: Some("team".into()), ..ServiceInfo::default() };
    let services = BTreeMap::from([(Text::from("api"), info)]);
    Town::paging(vec![slo(vec![])], services, &outage(), day("11:30"), Arc::new(MemoryLedger::new("test")), routes).await
}

fn pager() -> Routes {
    Routes::to_all([Text::from("pager")])
}

async fn rows(town: &Town, incident: u64) -> Vec<Dispatch> {
    let mut rows = town.ledger.dispatches(Some(IncidentId(incident))).await.unwrap();
    rows.sort_by_key(|r| r.id);
    rows
}

async fn kinds(town: &Town, incident: u64) -> Vec<&'static str> {
    rows(town, incident).await.iter().map(|r| r.kind.name()).collect()
}

fn held(incident: &Incident) -> Vec<String> {
    incident.held.iter().map(|(_, h)| format!("{} by {}: {}", h.severity, h.by, h.why)).collect()
}

fn planned(until: &str) -> PlannedSilence {
    PlannedSilence {
        scope: Scope { service: Some("api".into()), ..Scope::default() },
        time: SilenceTime::Once { from: None, until: day(until) },
        reason: "planned work".into(),
        author: "ann".into(),
    }
}

#[tokio::test]
async fn a_silence_holds_pages_back_not_incidents_and_what_still_burns_at_its_end_is_paged_at_once() {
    let mut town = town(Routes { silences: vec![planned("12:20")], ..pager() }).await;
    town.play(day("12:15")).await;
    let incident = town.incident(1);
    assert_eq!((incident.phase, incident.severity), (Phase::Open, Some(Severity::P0)), "recorded all the same");
    assert!(rows(&town, 1).await.is_empty());
    assert!(held(&incident).last().unwrap().contains("P0 by the configuration's silence: silenced by ann: planned work"));
    let told = incident.entries.iter().filter(|e| matches!(e.fact, Fact::Held(_))).count();
    assert!(told <= 2, "told once for each severity, not each tick: {told}");
    let snapshot = town.live.snapshots().borrow().clone();
    let verdict = snapshot.slos[0].verdict.as_ref().unwrap();
    assert!(verdict.tiers.iter().any(|t| t.firing && t.held_back_by == Some(HeldBack::Silenced)), "{:?}", verdict.tiers);
    town.play(day("12:21")).await;
    let rows = rows(&town, 1).await;
    assert_eq!((rows.len(), rows[0].kind, rows[0].severity), (1, DispatchKind::First, Severity::P0));
    assert!(rows[0].created >= day("12:20") && rows[0].created <= day("12:20") + Span::from_mins(1), "{}", rows[0].created);
}

#[tokio::test]
async fn a_window_that_recurs_by_a_rule_holds_back_and_lets_go_like_any_other() {
    let rule = Recurrence::parse("DTSTART:20260104T115000Z RRULE:FREQ=DAILY", None, None, Span::from_mins(30)).unwrap();
    let time = SilenceTime::Recurring(Box::new(Recurring::new(rule)));
    let mut town = town(Routes { silences: vec![PlannedSilence { time, ..planned("12:20") }], ..pager() }).await;
    town.play(day("12:15")).await;
    assert!(rows(&town, 1).await.is_empty() && !held(&town.incident(1)).is_empty());
    assert_eq!(town.incident(1).held[0].1.until, Some(day("12:20")));
    town.play(day("12:21")).await;
    assert_eq!(kinds(&town, 1).await, ["first"]);
}

#[tokio::test]
async fn traffic_that_stops_is_told_as_lost_and_no_longer_once_it_is_back() {
    let recording = record(at("2026-03-03T00:00:00Z"), day("13:00"), |now| {
        Some(Traffic { total: if day("12:00") < now && now <= day("12:30") { 0 } else { 150 }, bad: 0 })
    });
    let mut town = Town::new(slo(vec![]), &recording, day("11:50")).await;
    let doubts = |town: &Town| town.live.snapshots().borrow().slos[0].doubts.to_vec();
    town.play(day("12:09")).await;
    assert!(!doubts(&town).iter().any(|d| d.contains("traffic lost")), "{:?}", doubts(&town));
    town.play(day("12:15")).await;
    let told = doubts(&town);
    assert!(told.iter().any(|d| d.contains("traffic lost: no requests since 2026-03-04T12:00:")), "{told:?}");
    town.play(day("12:35")).await;
    assert!(!doubts(&town).iter().any(|d| d.contains("traffic lost")), "{:?}", doubts(&town));
}

#[tokio::test]
async fn what_ended_within_a_silence_pages_nobody_and_stays_in_the_ledger() {
    let mut town = town(Routes { silences: vec![planned("13:30")], ..pager() }).await;
    town.play(day("13:40")).await;
    let incident = town.incident(1);
    assert_eq!(incident.phase, Phase::Resolved);
    assert!(rows(&town, 1).await.is_empty() && !held(&incident).is_empty());
}

#[tokio::test]
async fn a_persons_silence_is_heeded_within_a_tick_and_ends_when_they_say_so() {
    let mut town = town(pager()).await;
    town.play(day("12:00")).await;
    let author =
        |clock: &str| Author { by: "bob".into(), source: "cli".into(), now: Now { wall: day(clock), mono: Mono(0) }, once: None };
    let scope = Scope { owner: Some("team".into()), ..Scope::default() };
    let wanted = Silence { scope, from: day("12:00"), until: day("13:00"), reason: "migration".into() };
    let entry = silence(&*town.ledger, wanted.clone(), false, &author("12:00")).await.unwrap();
    town.play(day("12:15")).await;
    assert!(rows(&town, 1).await.is_empty());
    let by = format!("silence {}", entry.seq.0);
    assert!(held(&town.incident(1)).iter().any(|h| h.contains(&by) && h.contains("silenced by bob: migration")));
    end_silence(&*town.ledger, entry.seq, "done", &author("12:15")).await.unwrap();
    town.play(day("12:16")).await;
    assert_eq!(kinds(&town, 1).await, ["first"]);
    assert!(end_silence(&*town.ledger, entry.seq, "", &author("12:16")).await.is_err(), "once");
    let everything = Silence { scope: Scope::default(), ..wanted.clone() };
    assert!(silence(&*town.ledger, everything, false, &author("12:00")).await.is_err());
    let nobody = Author { by: "".into(), ..author("12:00") };
    assert!(silence(&*town.ledger, wanted, false, &nobody).await.is_err());
    assert!(town.live.state().incidents.problems().is_empty());
}

/// `web` needs `api`, which nobody measures, which needs `db`: the database fails first, the web ten minutes later.
async fn tree(web_owner: &str) -> Town {
    let fails = |now: Ms, from: &str| if day(from) < now && now <= day("12:50") { 75 } else { 0 };
    let recording = record_both(
        (at("2026-03-01T00:00:00Z"), day("14:00")),
        ("db", move |now| Traffic { total: 150, bad: fails(now, "12:05") }),
        ("web", move |now| Traffic { total: 150, bad: fails(now, "12:15") }),
    );
    let info = |owner: &str, needs: &[&str]| ServiceInfo {
        owner: Some(owner.into()),
        depends_on: needs.iter().map(|n| Text::from(*n)).collect(),
        ..ServiceInfo::default()
    };
    let services = BTreeMap::from([
        (Text::from("web"), info(web_owner, &["api"])),
        (Text::from("api"), info("team", &["db"])),
        (Text::from("db"), info("team", &[])),
    ]);
    let slos = vec![slo_of("db", vec![]), slo_of("web", vec![])];
    Town::paging(slos, services, &recording, day("11:30"), Arc::new(MemoryLedger::new("test")), pager()).await
}

#[tokio::test]
async fn upstream_mutes_downstream_for_the_same_people_only_and_says_so() {
    let mut town = tree("team").await;
    town.play(day("12:30")).await;
    assert_eq!(town.incidents().len(), 2, "{:#?}", town.incidents());
    assert!(!rows(&town, 1).await.is_empty());
    assert!(rows(&town, 2).await.is_empty(), "they have the page that helps");
    let told = held(&town.incident(2));
    assert!(told.iter().any(|h| h.contains("P0 by INC-0001: web needs db, whose incident was paged")), "{told:?}");

    let mut others = tree("web-team").await;
    others.play(day("12:30")).await;
    assert!(!rows(&others, 2).await.is_empty(), "others know nothing of it yet");
}

fn response(cool_down: Span) -> Routes {
    let rule = ResponseRule {
        name: "scale-out".into(),
        severities: vec![Severity::P0],
        service: None,
        owner: Some("team".into()),
        cool_down,
    };
    Routes { responses: vec![rule], ..pager() }
}

#[tokio::test]
async fn a_response_is_run_once_for_an_incident_and_severity() {
    let mut town = town(response(Span::from_mins(30))).await;
    town.play(day("12:38")).await;
    let of_response: Vec<Dispatch> = rows(&town, 1).await.into_iter().filter(|r| r.kind == DispatchKind::Response).collect();
    assert_eq!(of_response.len(), 1);
    assert_eq!((&*of_response[0].receiver, of_response[0].severity), ("response:scale-out", Severity::P0));
    let pages = rows(&town, 1).await.iter().filter(|r| r.kind == DispatchKind::First).count();
    assert_eq!(pages, 1, "a response is no page");
}

#[tokio::test]
async fn a_response_that_cools_down_is_not_run_for_the_next_incident_and_that_is_told() {
    for (cool_down, runs) in [(Span::from_mins(30), true), (Span::from_hours(6), false)] {
        let mut town = town(response(cool_down)).await;
        town.play(day("13:30")).await;
        // The courier's part: the row ends, and its end is an entry.
        let fence = town.live.fence().borrow().unwrap();
        let now = Now { wall: day("13:30"), mono: Mono(9_000_000) };
        let claimed = town.ledger.claim(fence, 50, now).await.unwrap();
        for row in claimed.iter().filter(|r| r.kind == DispatchKind::Response) {
            let settlement = burnledger::domain::paging::Settlement::Delivered { detail: "exit 0".into() };
            town.ledger.settle(row.id, settlement, fence, now).await.unwrap();
        }
        town.play(day("14:09")).await;
        let second = town.incidents().last().unwrap().clone();
        assert_eq!(second.id, IncidentId(2), "{:#?}", town.incidents());
        let ran = kinds(&town, 2).await.contains(&"response");
        assert_eq!(ran, runs, "{cool_down}");
        assert_eq!(held(&second).iter().any(|h| h.contains("cool-down of response scale-out")), !runs);
    }
}

#[tokio::test]
async fn a_screen_beside_a_watch_tells_of_the_pages_to_come_as_the_watch_does() {
    let info = ServiceInfo { owner: Some("team".into()), ..ServiceInfo::default() };
    let services = BTreeMap::from([(Text::from("api"), info)]);
    let mut watch = town(pager()).await;
    let mut screen = watch.beside(slo(vec![]), services, &outage(), pager()).await;
    let mut now = day("11:30");
    while now < day("12:12") {
        now = now + Span::from_mins(1);
        watch.play(now).await;
        screen.play(now).await;
    }
    let next = |town: &Town| -> Vec<(Ms, Text)> {
        let snapshot = town.live.snapshots().borrow().clone();
        let incident = snapshot.incidents.first().expect("an incident");
        incident.next.iter().map(|event| (event.at, event.text.en.clone())).collect()
    };
    let told = next(&watch);
    assert!(told.iter().any(|(_, text)| text.contains("pages again")), "{told:?}");
    assert_eq!(next(&screen), told);
    // The watch is gone, and the screen leads: nobody pages, so no page is to come.
    while now < day("12:16") {
        now = now + Span::from_mins(1);
        screen.play(now).await;
    }
    let told = next(&screen);
    assert!(!told.iter().any(|(_, text)| text.contains("page")), "{told:?}");
}
