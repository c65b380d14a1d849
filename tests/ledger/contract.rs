//! The contract, as checks over a bench: handles on one fresh ledger, as so many processes have them.

use super::make::*;
use burnledger::domain::base::{IncidentId, Now, Seq, Severity, Span, Text};
use burnledger::domain::cost::Effort;
use burnledger::domain::incident::{Correction, Entry, Fact, IncidentRef, Incidents, NewEntry, Note, Outcome};
use burnledger::domain::paging::{Dispatch, DispatchId, DispatchKind, DispatchState, NewDispatch, Settlement};
use burnledger::ledger::{MemoryLedger, SqliteLedger, ZERO_HASH, chain};
use burnledger::ports::{Fence, Lead, Ledger, LedgerError, PAGES_NOBODY};
use burnledger::wire;
use std::sync::Arc;
use std::time::Duration;

const TTL: Span = Span::from_secs(30);
const INC1: IncidentRef = IncidentRef::Known(IncidentId(1));

/// Opens handles on one fresh ledger.
pub(crate) struct Bench {
    open: Box<dyn Fn() -> Arc<dyn Ledger> + Send + Sync>,
}

impl Bench {
    pub(crate) fn new(open: impl Fn() -> Arc<dyn Ledger> + Send + Sync + 'static) -> Self {
        Self { open: Box::new(open) }
    }

    pub(crate) fn handle(&self) -> Arc<dyn Ledger> {
        (self.open)()
    }
}

fn memory() -> Bench {
    let ledger = MemoryLedger::new("test");
    Bench::new(move || Arc::new(ledger.handle()))
}

fn sqlite() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    Bench::new(move || Arc::new(SqliteLedger::open(&folder.path().join("ledger.db")).unwrap()))
}

/// One test for each check and each ledger.
macro_rules! contract {
    ($($check:ident),+ $(,)?) => {
        mod in_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                super::$check(super::memory()).await;
            })+
        }

        mod in_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                super::$check(super::sqlite()).await;
            })+
        }
    };
}

contract!(
    entries_are_numbered_without_gaps,
    entries_are_chained_by_hash,
    a_repeated_commit_returns_the_first_result,
    incidents_are_numbered_in_order,
    what_people_say_beside_a_note_and_an_end_is_kept,
    what_makes_no_sense_is_refused_whole,
    stale_decisions_conflict,
    only_the_newest_fence_commits,
    a_lease_is_renewed_taken_over_and_given_back,
    the_same_process_leads_again_after_a_restart,
    who_pages_nobody_gives_way_to_who_pages,
    nothing_is_paged_twice_by_one_decision,
    rows_are_claimed_in_order_for_each_receiver,
    worse_pages_go_first,
    a_row_that_was_being_sent_is_handed_out_again,
    a_page_that_ends_is_recorded_with_it,
    a_failed_page_is_replaced_by_another_receiver,
    a_retried_page_waits_for_its_time,
    a_clock_that_ran_ahead_keeps_neither_pages_nor_the_lease,
    another_handle_sees_what_is_new,
    pages_keep_all_they_say,
    commits_from_many_handles_keep_the_chain,
);

async fn lead(ledger: &Arc<dyn Ledger>, who: &str, at: Now) -> Fence {
    match ledger.lead(who.into(), TTL, at).await.unwrap() {
        Lead::Held { fence, .. } => fence,
        Lead::Taken { by, .. } => panic!("taken by {by}"),
    }
}

async fn open_one(ledger: &Arc<dyn Ledger>, pages: Vec<NewDispatch>) -> Vec<Entry> {
    ledger.commit(with_pages(commit("open", vec![opened(0)]), pages), None, now(0)).await.unwrap()
}

fn first(receiver: &str) -> NewDispatch {
    page(IncidentRef::Opens(0), receiver, DispatchKind::First, 0)
}

fn names(rows: &[Dispatch]) -> Vec<String> {
    rows.iter().map(|d| format!("{} {} {}", d.receiver, d.kind.name(), d.number)).collect()
}

fn verify_chain(entries: &[Entry]) {
    let mut previous = ZERO_HASH;
    for entry in entries {
        assert_eq!(entry.hash, chain(&previous, &wire::entry::encode(entry).unwrap()), "entry {}", entry.seq.0);
        previous = entry.hash;
    }
}

async fn entries_are_numbered_without_gaps(bench: Bench) {
    let ledger = bench.handle();
    assert_eq!(ledger.since(Seq(0), 10).await.unwrap(), vec![]);
    open_one(&ledger, vec![]).await;
    let two = ledger.commit(commit("b", vec![note(1, "a"), note(1, "b")]), None, now(5)).await.unwrap();
    assert_eq!(two.iter().map(|e| e.seq.0).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((two[0].recorded_at, two[0].at), (now(5).wall, T0));
    let all = ledger.since(Seq(0), 10).await.unwrap();
    assert_eq!(all.iter().map(|e| e.seq.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(all[1..], two[..]);
    assert_eq!(ledger.since(Seq(1), 1).await.unwrap(), all[1..2]);
    assert_eq!(ledger.since(Seq(3), 9).await.unwrap(), vec![]);
    assert_eq!(ledger.commit(commit("empty", vec![]), None, now(6)).await.unwrap(), vec![]);
    assert_eq!(ledger.since(Seq(3), 9).await.unwrap(), vec![]);
}

async fn entries_are_chained_by_hash(bench: Bench) {
    let ledger = bench.handle();
    open_one(&ledger, vec![]).await;
    ledger.commit(commit("b", vec![note(1, "a"), note(1, "b")]), None, now(5)).await.unwrap();
    let all = ledger.since(Seq(0), 10).await.unwrap();
    assert_eq!(all.len(), 3);
    verify_chain(&all);
}

async fn a_repeated_commit_returns_the_first_result(bench: Bench) {
    let (ledger, other) = (bench.handle(), bench.handle());
    let first = open_one(&ledger, vec![first("pager")]).await;
    let again = with_pages(commit("open", vec![opened(0)]), vec![page(IncidentRef::Opens(0), "mail", DispatchKind::First, 0)]);
    assert_eq!(other.commit(again.clone(), None, now(60)).await.unwrap(), first);
    assert_eq!(other.since(Seq(0), 10).await.unwrap(), first);
    assert_eq!(names(&other.dispatches(None).await.unwrap()), ["pager first 0"]);
    // Even when it would be refused by now: the first result is the truth.
    let fence = lead(&other, "b", now(60)).await;
    assert_eq!(ledger.commit(again, Some(Fence(fence.0 + 7)), now(61)).await.unwrap(), first);
    // A commit of pages alone is remembered, too.
    let pages = with_pages(commit("pages", vec![]), vec![page(INC1, "pager", DispatchKind::Repeat, 1)]);
    assert_eq!(ledger.commit(pages, None, now(62)).await.unwrap(), vec![]);
    let repeated = with_pages(commit("pages", vec![]), vec![page(INC1, "pager", DispatchKind::Repeat, 2)]);
    assert_eq!(ledger.commit(repeated, None, now(62)).await.unwrap(), vec![]);
    assert_eq!(names(&ledger.dispatches(None).await.unwrap()), ["pager first 0", "pager repeat 1"]);
}

async fn incidents_are_numbered_in_order(bench: Bench) {
    let ledger = bench.handle();
    let ids = |entries: Vec<Entry>| entries.iter().map(|e| e.incident.0).collect::<Vec<_>>();
    let note_on = |place| entry(IncidentRef::Opens(place), Fact::Note("n".into()));
    let first = commit("a", vec![opened(3), opened(1), note_on(3)]);
    assert_eq!(ids(ledger.commit(first, None, now(0)).await.unwrap()), [2, 1, 2]);
    assert_eq!(ids(ledger.commit(commit("b", vec![opened(0)]), None, now(1)).await.unwrap()), [3]);
}

async fn what_people_say_beside_a_note_and_an_end_is_kept(bench: Bench) {
    let ledger = bench.handle();
    open_one(&ledger, vec![]).await;
    let effort = Correction::Effort(Effort::typed("5", "0.5").unwrap());
    let correct = |change| NewEntry { corrects: Some(Seq(1)), ..entry(INC1, Fact::Corrected { change, reason: "".into() }) };
    let marked = |action_item, customer_visible| Fact::Note(Note { text: "tell them".into(), action_item, customer_visible });
    let facts = [marked(true, false), marked(false, true), marked(false, false)];
    let mut entries: Vec<NewEntry> = facts.iter().map(|fact| entry(INC1, fact.clone())).collect();
    entries.extend([correct(Correction::RootCause("capacity".into())), correct(effort.clone())]);
    ledger.commit(commit("end", entries), None, now(60)).await.unwrap();
    let read = bench.handle().since(Seq(0), 10).await.unwrap();
    verify_chain(&read);
    let told: Vec<Fact> = read[1..4].iter().map(|e| e.fact.clone()).collect();
    assert_eq!(told, facts);
    assert!(matches!(&read[5].fact, Fact::Corrected { change, .. } if *change == effort), "{:?}", read[5]);
    let all = Incidents::replay(&read);
    let incident = all.get(IncidentId(1)).unwrap();
    assert_eq!((incident.effort().unwrap().people(), incident.root_cause.as_deref()), (5, Some("capacity")));
    assert_eq!(incident.notes().filter(|(_, note)| note.action_item).count(), 1);
}

async fn what_makes_no_sense_is_refused_whole(bench: Bench) {
    let ledger = bench.handle();
    open_one(&ledger, vec![]).await;
    let far = IncidentRef::Known(IncidentId(9));
    for (name, bad) in [
        ("unknown incident", commit("x", vec![note(1, "fine"), note(9, "no")])),
        ("number zero", commit("x", vec![note(0, "no")])),
        ("no beginning", commit("x", vec![entry(IncidentRef::Opens(0), Fact::Acknowledged)])),
        ("page of nobody", with_pages(commit("x", vec![note(1, "fine")]), vec![first("pager")])),
        ("page of an unknown one", with_pages(commit("x", vec![]), vec![page(far, "pager", DispatchKind::First, 0)])),
    ] {
        let refused = ledger.commit(bad, None, now(1)).await;
        assert!(matches!(refused, Err(LedgerError::Refused(_))), "{name}: {refused:?}");
    }
    assert_eq!(ledger.since(Seq(0), 10).await.unwrap().len(), 1);
    assert_eq!(ledger.dispatches(None).await.unwrap(), vec![]);
    // Nothing of it stays: the same id may be used for a commit that makes sense.
    assert_eq!(ledger.commit(commit("x", vec![note(1, "now")]), None, now(2)).await.unwrap()[0].seq, Seq(2));
}

async fn stale_decisions_conflict(bench: Bench) {
    let ledger = bench.handle();
    ledger.commit(commit("two", vec![opened(0), opened(1)]), None, now(0)).await.unwrap();
    ledger.commit(commit("n", vec![note(1, "meanwhile")]), None, now(1)).await.unwrap();
    let stale = ledger.commit(decided_at(commit("s", vec![note(2, "x"), note(1, "y")]), 2), None, now(2)).await;
    assert_eq!(stale, Err(LedgerError::Conflict { incident: IncidentId(1) }));
    let page_only = with_pages(commit("p", vec![]), vec![page(INC1, "pager", DispatchKind::First, 0)]);
    let stale = ledger.commit(decided_at(page_only, 2), None, now(2)).await;
    assert_eq!(stale, Err(LedgerError::Conflict { incident: IncidentId(1) }));
    // Other incidents' news do not matter, nor what is known.
    ledger.commit(decided_at(commit("o", vec![note(2, "x")]), 2), None, now(3)).await.unwrap();
    ledger.commit(decided_at(commit("k", vec![note(1, "y")]), 4), None, now(3)).await.unwrap();
    assert_eq!(ledger.since(Seq(0), 10).await.unwrap().len(), 5);
}

async fn only_the_newest_fence_commits(bench: Bench) {
    let (a, b) = (bench.handle(), bench.handle());
    let old = lead(&a, "a", now(0)).await;
    a.commit(commit("1", vec![opened(0)]), Some(old), now(1)).await.unwrap();
    // Its time ran out, but nobody took over.
    a.commit(commit("2", vec![note(1, "late")]), Some(old), now(100)).await.unwrap();
    let new = lead(&b, "b", now(101)).await;
    assert!(new > old);
    let fenced = Err(LedgerError::Fenced { by: "b".into() });
    assert_eq!(a.commit(commit("3", vec![note(1, "no")]), Some(old), now(102)).await, fenced);
    assert_eq!(a.claim(old, 9, now(102)).await.map(|_| ()), fenced.clone().map(|_: Vec<Entry>| ()));
    assert_eq!(a.settle(DispatchId(1), delivered(), old, now(102)).await, fenced);
    assert_eq!(a.resign(old).await, fenced.clone().map(|_| ()));
    // People do not need a fence.
    a.commit(commit("4", vec![note(1, "cli")]), None, now(103)).await.unwrap();
    b.commit(commit("5", vec![note(1, "leader")]), Some(new), now(103)).await.unwrap();
}

async fn a_lease_is_renewed_taken_over_and_given_back(bench: Bench) {
    let (a, b) = (bench.handle(), bench.handle());
    let held = |fence, until: i64| Lead::Held { fence, until: now(until).wall };
    let one = lead(&a, "a", now(0)).await;
    assert_eq!(b.lead("b".into(), TTL, now(29)).await, Ok(Lead::Taken { by: "a".into(), until: now(30).wall }));
    assert_eq!(a.lead("a".into(), TTL, now(20)).await, Ok(held(one, 50)));
    assert_eq!(b.lead("b".into(), TTL, now(49)).await, Ok(Lead::Taken { by: "a".into(), until: now(50).wall }));
    let two = lead(&b, "b", now(50)).await;
    assert!(two > one);
    assert_eq!(a.lead("a".into(), TTL, now(51)).await, Ok(Lead::Taken { by: "b".into(), until: now(80).wall }));
    b.resign(two).await.unwrap();
    assert!(matches!(b.commit(commit("x", vec![opened(0)]), Some(two), now(52)).await, Err(LedgerError::Fenced { .. })));
    let three = lead(&a, "a", now(52)).await;
    assert!(three > two);
}

async fn who_pages_nobody_gives_way_to_who_pages(bench: Bench) {
    let (screen, watch) = (bench.handle(), bench.handle());
    let (screen_name, other) = (format!("host:1{PAGES_NOBODY}"), format!("host:3{PAGES_NOBODY}"));
    let recording = lead(&screen, &screen_name, now(0)).await;
    let taken = bench.handle().lead(other.into(), TTL, now(1)).await;
    assert_eq!(taken, Ok(Lead::Taken { by: screen_name.as_str().into(), until: now(30).wall }), "not to another screen");
    let paging = lead(&watch, "host:2", now(2)).await;
    assert!(paging > recording);
    let late = screen.commit(commit("x", vec![opened(0)]), Some(recording), now(3)).await;
    assert_eq!(late, Err(LedgerError::Fenced { by: "host:2".into() }), "what the screen decided before it knew is not recorded");
    let back = screen.lead(screen_name.as_str().into(), TTL, now(3)).await;
    assert_eq!(back, Ok(Lead::Taken { by: "host:2".into(), until: now(32).wall }));
    watch.resign(paging).await.unwrap();
    assert!(lead(&screen, &screen_name, now(4)).await > paging);
}

async fn the_same_process_leads_again_after_a_restart(bench: Bench) {
    let before = bench.handle();
    let old = lead(&before, "host:1", now(0)).await;
    let after = bench.handle();
    let new = lead(&after, "host:1", now(1)).await;
    assert!(new > old, "a restart leads at once, under a new fence");
    assert!(matches!(before.commit(commit("x", vec![opened(0)]), Some(old), now(2)).await, Err(LedgerError::Fenced { .. })));
}

async fn nothing_is_paged_twice_by_one_decision(bench: Bench) {
    let ledger = bench.handle();
    open_one(&ledger, vec![first("pager"), first("pager"), first("mail")]).await;
    let twice = with_pages(commit("b", vec![note(1, "x")]), vec![page(INC1, "pager", DispatchKind::First, 0)]);
    ledger.commit(twice, None, now(1)).await.unwrap();
    let mut other_level = page(INC1, "pager", DispatchKind::First, 0);
    other_level.level = 1;
    let more = vec![other_level, page(INC1, "pager", DispatchKind::First, 1), page(INC1, "pager", DispatchKind::Raised, 0)];
    ledger.commit(with_pages(commit("c", vec![]), more), None, now(2)).await.unwrap();
    let rows = ledger.dispatches(Some(IncidentId(1))).await.unwrap();
    assert_eq!(names(&rows), ["pager first 0", "mail first 0", "pager first 0", "pager first 1", "pager raised 0"]);
    assert_eq!(rows[0].key, Text::from(format!("burnledger/{}/1", ledger.id())));
    assert!(rows.iter().all(|d| d.state == DispatchState::Pending && d.attempts == 0 && d.settled.is_none()));
    assert_eq!((rows[0].created, rows[4].created), (now(0).wall, now(2).wall));
}

async fn rows_are_claimed_in_order_for_each_receiver(bench: Bench) {
    let ledger = bench.handle();
    let fence = lead(&ledger, "a", now(0)).await;
    let second = |r: &str| page(IncidentRef::Opens(0), r, DispatchKind::Raised, 0);
    let pages = vec![first("pager"), second("pager"), first("mail"), second("mail")];
    open_one(&ledger, pages).await;
    let claimed = ledger.claim(fence, 1, now(1)).await.unwrap();
    assert_eq!(names(&claimed), ["pager first 0"]);
    assert_eq!((claimed[0].state, claimed[0].attempts, claimed[0].possible_repeat), (DispatchState::Sending, 1, false));
    assert_eq!(names(&ledger.claim(fence, 9, now(1)).await.unwrap()), ["mail first 0"]);
    assert_eq!(ledger.claim(fence, 9, now(1)).await.unwrap(), vec![], "in flight already");
    ledger.settle(claimed[0].id, delivered(), fence, now(2)).await.unwrap();
    assert_eq!(names(&ledger.claim(fence, 9, now(2)).await.unwrap()), ["pager raised 0"]);
}

async fn worse_pages_go_first(bench: Bench) {
    let ledger = bench.handle();
    let fence = lead(&ledger, "a", now(0)).await;
    let of = |receiver: &str, severity| NewDispatch { severity, ..first(receiver) };
    open_one(&ledger, vec![of("a", Severity::P2), of("b", Severity::P1), of("c", Severity::P0), of("d", Severity::P1)]).await;
    assert_eq!(names(&ledger.claim(fence, 3, now(1)).await.unwrap()), ["c first 0", "b first 0", "d first 0"]);
    assert_eq!(names(&ledger.claim(fence, 3, now(1)).await.unwrap()), ["a first 0"]);
}

async fn a_row_that_was_being_sent_is_handed_out_again(bench: Bench) {
    let before = bench.handle();
    let old = lead(&before, "host:1", now(0)).await;
    open_one(&before, vec![first("pager")]).await;
    let sent = before.claim(old, 9, now(1)).await.unwrap();
    assert_eq!(sent.len(), 1);
    let after = bench.handle();
    let new = lead(&after, "host:1", now(2)).await;
    let again = after.claim(new, 9, now(2)).await.unwrap();
    assert_eq!(names(&again), ["pager first 0"]);
    assert_eq!((again[0].possible_repeat, again[0].attempts, again[0].id), (true, 2, sent[0].id));
    assert!(matches!(before.settle(sent[0].id, delivered(), old, now(3)).await, Err(LedgerError::Fenced { .. })));
    after.settle(again[0].id, delivered(), new, now(3)).await.unwrap();
    assert_eq!(after.dispatches(None).await.unwrap(), vec![]);
}

async fn a_page_that_ends_is_recorded_with_it(bench: Bench) {
    let ledger = bench.handle();
    let fence = lead(&ledger, "a", now(0)).await;
    open_one(&ledger, vec![first("pager")]).await;
    let row = ledger.claim(fence, 9, now(1)).await.unwrap().remove(0);
    let entries = ledger.settle(row.id, delivered(), fence, now(2)).await.unwrap();
    let expected = Fact::Paged {
        receiver: "pager".into(),
        kind: "first".into(),
        severity: Severity::P1,
        created: now(0).wall,
        attempts: 1,
        outcome: Outcome::Delivered,
        detail: "202 accepted".into(),
    };
    assert_eq!(
        entries.iter().map(|e| (e.seq.0, e.incident.0, &e.fact, e.at)).collect::<Vec<_>>(),
        [(2, 1, &expected, now(2).wall)]
    );
    assert_eq!(ledger.settle(row.id, delivered(), fence, now(9)).await, Ok(vec![]), "it has ended already");
    let all = ledger.since(Seq(0), 9).await.unwrap();
    assert_eq!(all[1..], entries[..]);
    verify_chain(&all);
    let rows = ledger.dispatches(Some(IncidentId(1))).await.unwrap();
    assert_eq!((rows[0].state, rows[0].settled), (DispatchState::Delivered, Some(now(2).wall)));
    assert_eq!(&*rows[0].detail, "202 accepted");
    let unknown = ledger.settle(DispatchId(99), delivered(), fence, now(9)).await;
    assert!(matches!(unknown, Err(LedgerError::Refused(_))), "{unknown:?}");
}

async fn a_failed_page_is_replaced_by_another_receiver(bench: Bench) {
    let ledger = bench.handle();
    let fence = lead(&ledger, "a", now(0)).await;
    open_one(&ledger, vec![first("pager")]).await;
    let row = ledger.claim(fence, 9, now(1)).await.unwrap().remove(0);
    let instead = Some(Box::new(page(INC1, "mail", DispatchKind::First, 0)));
    let failed = Settlement::Failed { why: "403 \u{1b}[31mno".into(), instead };
    let entries = ledger.settle(row.id, failed, fence, now(2)).await.unwrap();
    assert!(matches!(&entries[0].fact, Fact::Paged { outcome: Outcome::Failed, detail, .. } if &**detail == "403 [31mno"));
    let open = ledger.dispatches(None).await.unwrap();
    assert_eq!(names(&open), ["mail first 0"]);
    assert_eq!((open[0].created, open[0].incident), (now(2).wall, IncidentId(1)));
    assert_eq!(names(&ledger.claim(fence, 9, now(2)).await.unwrap()), ["mail first 0"]);
    let gone = ledger.settle(open[0].id, Settlement::Dropped { why: "too late".into() }, fence, now(3)).await.unwrap();
    assert!(matches!(&gone[0].fact, Fact::Paged { outcome: Outcome::Dropped, .. }));
    assert_eq!(ledger.dispatches(None).await.unwrap(), vec![]);
}

async fn a_retried_page_waits_for_its_time(bench: Bench) {
    let ledger = bench.handle();
    let fence = lead(&ledger, "a", now(0)).await;
    open_one(&ledger, vec![first("pager"), page(IncidentRef::Opens(0), "pager", DispatchKind::Raised, 0)]).await;
    let row = ledger.claim(fence, 9, now(1)).await.unwrap().remove(0);
    let retry = Settlement::RetryAt { attempt: 1, at: now(10).wall, why: "503".into() };
    assert_eq!(ledger.settle(row.id, retry.clone(), fence, now(2)).await, Ok(vec![]));
    assert_eq!(ledger.settle(row.id, retry.clone(), fence, now(3)).await, Ok(vec![]), "said once more: the answer was lost");
    assert_eq!(ledger.claim(fence, 9, now(9)).await.unwrap(), vec![], "the later page must not overtake it");
    let again = ledger.claim(fence, 9, now(10)).await.unwrap();
    assert_eq!(names(&again), ["pager first 0"]);
    assert_eq!((again[0].attempts, again[0].possible_repeat, &*again[0].detail), (2, false, "503"));
    assert_eq!(ledger.settle(row.id, retry, fence, now(11)).await, Ok(vec![]), "of a try that is over");
    assert_eq!(ledger.claim(fence, 9, now(12)).await.unwrap(), vec![], "the second try goes on");
    assert_eq!(ledger.settle(row.id, delivered(), fence, now(13)).await.unwrap().len(), 1);
}

async fn a_clock_that_ran_ahead_keeps_neither_pages_nor_the_lease(bench: Bench) {
    let (ahead, hour) = (bench.handle(), 3_600);
    lead(&ahead, "a", now(2 * hour)).await;
    ahead.commit(with_pages(commit("open", vec![opened(0)]), vec![first("pager")]), None, now(2 * hour)).await.unwrap();
    // The clock is set right, and the process died meanwhile.
    let ledger = bench.handle();
    let fence = lead(&ledger, "b", now(0)).await;
    for tries in 1..=3 {
        let row = ledger.claim(fence, 9, now(tries)).await.unwrap().remove(0);
        let retry = Settlement::RetryAt { attempt: row.attempts, at: now(tries + 60).wall, why: "503".into() };
        ledger.settle(row.id, retry, fence, now(tries)).await.unwrap();
    }
    assert_eq!(ledger.claim(fence, 9, now(4)).await.unwrap(), vec![], "a receiver that refuses is not stormed");
    assert_eq!(ledger.claim(fence, 9, now(63)).await.unwrap().len(), 1);
}

async fn another_handle_sees_what_is_new(bench: Bench) {
    let (writer, reader) = (bench.handle(), bench.handle());
    assert_eq!(writer.id(), reader.id());
    let waiting = tokio::spawn({
        let reader = reader.clone();
        async move {
            reader.changed(Seq(0)).await;
            reader.since(Seq(0), 9).await.unwrap()
        }
    });
    tokio::task::yield_now().await;
    assert!(!waiting.is_finished());
    let written = open_one(&writer, vec![]).await;
    assert_eq!(tokio::time::timeout(Duration::from_mins(1), waiting).await.unwrap().unwrap(), written);
    // What is there already is told at once, and what is not is waited for.
    tokio::time::timeout(Duration::from_mins(1), reader.changed(Seq(0))).await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(300), reader.changed(Seq(1))).await.is_err());
}

async fn pages_keep_all_they_say(bench: Bench) {
    let ledger = bench.handle();
    open_one(&ledger, vec![first("pager")]).await;
    assert_eq!(bench.handle().dispatches(None).await.unwrap()[0].content, content("checkout"));
}

async fn commits_from_many_handles_keep_the_chain(bench: Bench) {
    open_one(&bench.handle(), vec![]).await;
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let ledger = bench.handle();
            tokio::spawn(async move {
                for n in 0..10 {
                    let id = format!("{writer}/{n}");
                    ledger.commit(commit(&id, vec![note(1, &id), note(1, "second")]), None, now(1)).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let all = bench.handle().since(Seq(0), 1000).await.unwrap();
    assert_eq!(all.iter().map(|e| e.seq.0).collect::<Vec<_>>(), (1..=81).collect::<Vec<_>>());
    verify_chain(&all);
    // The entries of one commit stay together.
    for pair in all[1..].chunks(2) {
        assert_eq!(pair[0].commit, pair[1].commit);
    }
}

fn delivered() -> Settlement {
    Settlement::Delivered { detail: "202 accepted".into() }
}
