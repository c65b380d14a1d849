//! The machine's clock goes wrong and is set right again: nothing that happens afterwards is missed for it.

use super::town::{Town, Traffic, record, record_jobs, slo, slo_of};
use crate::sim::town::Job;
use burnledger::app::desk::LedgerDesk;
use burnledger::clock::ManualClock;
use burnledger::domain::base::{CommitId, IncidentId, Ms, Severity, Span};
use burnledger::domain::incident::{Act, Fact, Phase};
use burnledger::domain::objective::ServiceInfo;
use burnledger::domain::view::Command;
use burnledger::ledger::MemoryLedger;
use burnledger::ports::Clock;
use std::collections::BTreeMap;
use std::sync::Arc;

fn at(text: &str) -> Ms {
    Ms::parse_rfc3339(&format!("2026-03-04T{text}Z")).unwrap()
}

/// Half of the requests fail in `(from, to]`.
async fn town(from: &'static str, to: &'static str) -> Town {
    let recording = record(at("00:00:00"), at("15:00:00"), |now| {
        Some(Traffic { total: 150, bad: if at(from) < now && now <= at(to) { 75 } else { 0 } })
    });
    Town::new(slo(Vec::new()), &recording, at("11:30:00")).await
}

/// A few ticks an hour ahead, and the clock is right again.
async fn run_ahead(town: &mut Town, from: Ms) {
    for tick in 1..=4 {
        town.tick_ahead(from + Span::from_secs(15 * tick), Span::from_hours(1)).await;
    }
    town.set_wall(from + Span::from_mins(1));
}

async fn order(town: &Town, by_clock: Ms, act: Act) {
    let clock = Arc::new(ManualClock::new(by_clock)) as Arc<dyn Clock>;
    let desk = LedgerDesk::new(town.ledger.clone(), clock, "cli");
    desk.carry_out(CommitId("order".into()), Command::Act { incident: IncidentId(1), by: "ann".into(), act }).await.unwrap();
}

#[tokio::test]
async fn an_outage_after_a_clock_was_set_back_is_paged_in_its_time() {
    let mut town = town("12:05:00", "12:40:00").await;
    town.play(at("12:00:00")).await;
    run_ahead(&mut town, at("12:00:00")).await;
    town.play(at("12:12:00")).await;
    let incident = town.incident(1);
    assert_eq!((incident.phase, incident.severity), (Phase::Open, Some(Severity::P0)));
    assert_eq!(incident.milestones.impact_start, Some(at("12:05:00")));
    assert!(incident.milestones.detected.is_some_and(|detected| detected < at("12:12:00")), "{:?}", incident.milestones);
    town.play(at("13:20:00")).await;
    let incident = town.incident(1);
    assert_eq!((incident.phase, incident.milestones.mitigated), (Phase::Resolved, Some(at("12:40:00"))));
    assert_eq!(incident.impact.as_ref().map(|i| i.bad), Some(35.0 * 4.0 * 75.0), "what was read while it ran ahead is whole");
}

/// Rules that are read again have judged nothing yet, and keep what was measured: in the future, too.
#[tokio::test]
async fn a_clock_that_is_set_back_just_after_rules_were_read_again_is_heeded() {
    let mut town = town("12:05:00", "12:40:00").await;
    town.play(at("12:00:00")).await;
    for tick in 1..=4 {
        town.tick_ahead(at("12:00:00") + Span::from_secs(15 * tick), Span::from_hours(1)).await;
    }
    let book = Arc::clone(&town.live.state().book);
    town.live.take_rules(book);
    town.set_wall(at("12:01:00"));
    town.play(at("12:12:00")).await;
    let incident = town.incident(1);
    assert_eq!((incident.phase, incident.severity), (Phase::Open, Some(Severity::P0)));
    assert!(incident.milestones.detected.is_some_and(|detected| detected < at("12:12:00")), "{:?}", incident.milestones);
}

#[tokio::test]
async fn what_a_person_ended_by_a_clock_ahead_is_reopened_when_it_goes_on() {
    let mut town = town("11:50:00", "12:40:00").await;
    town.play(at("12:00:00")).await;
    order(&town, at("13:00:00"), Act::Resolve { reason: "looks good".into(), at: None, findings: vec![] }).await;
    town.play(at("12:04:00")).await;
    let incident = town.incident(1);
    assert_eq!((incident.phase, incident.flaps), (Phase::Open, 1), "{:?}", incident.milestones);
}

#[tokio::test]
async fn what_a_person_mitigated_by_a_clock_ahead_goes_on_being_followed() {
    let mut town = town("11:50:00", "12:40:00").await;
    town.play(at("12:00:00")).await;
    order(&town, at("13:00:00"), Act::Mitigate { reason: "rolled back".into(), at: None }).await;
    town.play(at("12:04:00")).await;
    assert_eq!(town.incident(1).phase, Phase::Open);
}

/// `web` needs `api`. The web's trouble is over for a quarter of an hour when that of the api begins: what joins an incident
/// keeps it from ending in the same breath.
#[tokio::test]
async fn an_incident_does_not_end_in_the_instant_in_which_a_service_joins_it() {
    let fails = |from: &'static str, to: &'static str| {
        move |now: Ms| Traffic { total: 150, bad: if at(from) < now && now <= at(to) { 75 } else { 0 } }
    };
    for minute in ["12:18:00", "12:19:00", "12:19:30", "12:20:00", "12:20:30"] {
        let jobs: [Job; 2] = [("web", Box::new(fails("12:00:00", "12:10:00"))), ("api", Box::new(fails(minute, "12:50:00")))];
        let recording = record_jobs((at("00:00:00"), at("15:00:00")), &jobs);
        let needs = ServiceInfo { depends_on: vec!["api".into()], ..ServiceInfo::default() };
        let services = BTreeMap::from([("web".into(), needs), ("api".into(), ServiceInfo::default())]);
        let slos = ["api", "web"].map(|job| slo_of(job, Vec::new())).to_vec();
        let mut town = Town::of(slos, services, &recording, at("11:30:00"), Arc::new(MemoryLedger::new("test"))).await;
        town.play(at("12:40:00")).await;
        for incident in town.incidents() {
            let joined = incident.entries.iter().filter(|e| matches!(e.fact, Fact::Joined { .. })).map(|e| &e.commit);
            let ended = |commit: &CommitId| {
                incident.entries.iter().any(|e| e.commit == *commit && matches!(e.fact, Fact::Resolved { .. }))
            };
            assert!(!joined.into_iter().any(ended), "{minute}: {incident:#?}");
        }
    }
}
