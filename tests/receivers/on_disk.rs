//! The courier over the ledger's file, with another process at work on it.

use super::bench::{START, hook, levels, page};
use super::crooked::{Crooked, Does, until};
use burnledger::clock::ManualClock;
use burnledger::domain::base::{CommitId, IncidentId, Severity, SloId, Span};
use burnledger::domain::incident::{Actor, Fact, IncidentRef, NewEntry, Onset};
use burnledger::domain::paging::{Commit, DispatchKind, DispatchState, NewDispatch};
use burnledger::engine::courier::{Courier, CourierPorts, Roster};
use burnledger::ledger::SqliteLedger;
use burnledger::ports::{Clock, Fence, Lead, Ledger};
use burnledger::telemetry::Metrics;
use std::sync::Arc;
use tokio::sync::watch;

fn commit(id: &str, incident: IncidentRef, fact: Fact, actor: Actor, pages: Vec<NewDispatch>) -> Commit {
    let entry = NewEntry { incident, fact, at: START, actor, source: "cli".into(), corrects: None };
    Commit { id: CommitId(id.into()), entries: vec![entry], dispatches: pages, decided_at: None }
}

fn opened() -> Fact {
    Fact::Opened(Onset {
        service: "checkout".into(),
        slos: vec![SloId::new("checkout", "availability")],
        severity: Some(Severity::P1),
        rules: vec![],
        reasons: vec![],
        impact_start: START,
        detected: START,
        rulebook: "rb".into(),
        drill: false,
    })
}

async fn lead(ledger: &SqliteLedger, who: &str, clock: &ManualClock) -> Fence {
    match ledger.lead(who.into(), Span::from_hours(1), clock.now()).await.unwrap() {
        Lead::Held { fence, .. } => fence,
        Lead::Taken { by, .. } => panic!("{by} leads"),
    }
}

/// `watch` sends; an acknowledgement from the command line, through a handle of its own, stops the repeat that waits.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledgement_from_another_process_stops_the_repeat_that_waits() {
    let server = Crooked::start([Does::ok(), Does::Says(429, "Retry-After: 60\r\n", String::new())]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let (watch_side, cli) = (SqliteLedger::open(&path).unwrap(), SqliteLedger::open(&path).unwrap());
    let clock = Arc::new(ManualClock::new(START));
    let fence = lead(&watch_side, "watch", &clock).await;
    let roster = watch::Sender::new(Arc::new(Roster::new([hook("ops", &server)], levels(&["ops"]))));
    let courier = Courier::new(CourierPorts {
        ledger: Arc::new(watch_side),
        clock: clock.clone(),
        roster: roster.subscribe(),
        luck: Box::new(|| 0.5),
        metrics: Metrics::default(),
    });
    let (fences, stop) = (watch::Sender::new(Some(fence)), watch::Sender::new(false));
    let task = tokio::spawn({
        let (courier, fences, stop) = (courier.clone(), fences.subscribe(), stop.subscribe());
        async move { courier.run(fences, stop).await }
    });

    let first = page(IncidentRef::Opens(0), "checkout", DispatchKind::First, Severity::P1, "ops", 0);
    cli.commit(commit("c1", IncidentRef::Opens(0), opened(), Actor::Auto, vec![first]), Some(fence), clock.now()).await.unwrap();
    until("the page of another handle is sent", || server.accepted().len() == 1).await;
    let known = IncidentRef::Known(IncidentId(1));
    let repeat = page(known, "checkout", DispatchKind::Repeat, Severity::P1, "ops", 0);
    let note = Fact::Note("still there".into());
    cli.commit(commit("c2", known, note, Actor::Auto, vec![repeat]), Some(fence), clock.now()).await.unwrap();
    until("the repeat was put off", || server.seen().len() == 2).await;
    let ann = Actor::Person("ann".into());
    cli.commit(commit("c3", known, Fact::Acknowledged, ann, vec![]), None, clock.now()).await.unwrap();
    for _ in 0..4000 {
        let rows = cli.dispatches(Some(IncidentId(1))).await.unwrap();
        if rows.iter().all(|r| r.settled.is_some()) {
            break;
        }
        if rows.iter().all(|r| r.state != DispatchState::Sending) {
            clock.advance(Span(500));
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    stop.send_replace(true);
    task.await.unwrap();
    let rows = cli.dispatches(Some(IncidentId(1))).await.unwrap();
    let told: Vec<String> = rows.iter().map(|r| format!("{} {:?} {}", r.kind.name(), r.state, r.detail)).collect();
    assert!(told[0].starts_with("first Delivered"), "{told:?}");
    assert_eq!(told[1], "repeat Dropped acknowledged before this was sent");
    assert_eq!(server.accepted(), ["checkout first P1"]);
}
