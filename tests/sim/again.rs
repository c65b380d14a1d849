//! What goes on after an end: incidents that flap, that a person reopens, or that lose a service to another one.

use super::town::{Job, Town, Traffic, record, record_jobs, slo, slo_of};
use burnledger::app::desk::LedgerDesk;
use burnledger::clock::ManualClock;
use burnledger::domain::base::{CommitId, IncidentId, Ms, Span, Text};
use burnledger::domain::incident::{Act, Phase};
use burnledger::domain::objective::ServiceInfo;
use burnledger::domain::paging::{Dispatch, DispatchKind};
use burnledger::domain::view::Command;
use burnledger::ledger::MemoryLedger;
use burnledger::ports::Clock;
use std::collections::BTreeMap;
use std::sync::Arc;

fn at(text: &str) -> Ms {
    Ms::parse_rfc3339(&format!("2026-03-04T{text}Z")).unwrap()
}

async fn order(town: &Town, command: Command) {
    let clock = Arc::new(ManualClock::new(town.now())) as Arc<dyn Clock>;
    let desk = LedgerDesk::new(town.ledger.clone(), clock, "cli");
    desk.carry_out(CommitId(format!("order at {}", town.now()).into()), command).await.unwrap();
}

async fn rows(town: &Town) -> Vec<Dispatch> {
    let mut rows = town.ledger.dispatches(Some(IncidentId(1))).await.unwrap();
    rows.sort_by_key(|row| row.id);
    rows
}

#[tokio::test]
async fn every_reopening_is_told_as_one_in_its_own_instant() {
    let recording = record(at("00:00:00"), at("15:00:00"), |now| {
        let bad = ["12:00", "12:40", "13:20"].iter().any(|from| {
            let from = at(&format!("{from}:00"));
            from < now && now.since(from).0 <= 600_000
        });
        Some(Traffic { total: 150, bad: if bad { 75 } else { 0 } })
    });
    let mut town = Town::new(slo(Vec::new()), &recording, at("11:30:00")).await;
    town.play(at("14:00:00")).await;
    assert_eq!((town.incidents().len(), town.incident(1).flaps), (1, 2));
    let kinds: Vec<&str> = rows(&town).await.iter().map(|row| row.kind.name()).collect();
    assert_eq!(kinds, ["first", "resolved", "reopened", "resolved", "reopened", "resolved"]);
}

/// `web` and its incident part from that of `api`: the web's owner was told of the old incident, and hears of its end.
#[tokio::test]
async fn whose_service_was_split_off_hears_that_the_old_incident_ended() {
    let fails = |now: Ms| Traffic { total: 150, bad: if at("12:00:00") < now && now <= at("12:30:00") { 75 } else { 0 } };
    let jobs: [Job; 2] = [("api", Box::new(fails)), ("web", Box::new(fails))];
    let recording = record_jobs((at("00:00:00"), at("15:00:00")), &jobs);
    let info = |owner: &str, needs: &[&str]| ServiceInfo {
        owner: Some(owner.into()),
        depends_on: needs.iter().map(|need| Text::from(*need)).collect(),
        ..ServiceInfo::default()
    };
    let services = BTreeMap::from([("web".into(), info("shop", &["api"])), ("api".into(), info("core", &[]))]);
    let slos = ["api", "web"].map(|job| slo_of(job, Vec::new())).to_vec();
    let mut town = Town::of(slos, services, &recording, at("11:30:00"), Arc::new(MemoryLedger::new("test"))).await;
    town.play(at("12:20:00")).await;
    let (by, reason) = (Text::from("ann"), Text::from("two causes"));
    order(&town, Command::Split { incident: IncidentId(1), services: vec!["web".into()], by, reason }).await;
    town.play(at("13:20:00")).await;
    assert_eq!(town.incident(1).phase, Phase::Resolved);
    let ended: Vec<Option<Text>> =
        rows(&town).await.into_iter().filter(|row| row.kind == DispatchKind::Resolved).map(|row| row.content.owner).collect();
    assert_eq!(ended, [Some("core".into()), Some("shop".into())]);
}

/// A person says that it goes on, and later it is bad again: neither the quiet before their word nor the one after it ends
/// anything.
#[tokio::test]
async fn the_quiet_around_a_reopening_by_a_person_ends_nothing() {
    for again in ["12:26:00", "12:45:00"] {
        let recording = record(at("00:00:00"), at("15:00:00"), |now| {
            let bad = (at("12:00:00") < now && now <= at("12:10:00")) || (at(again) < now && now <= at("13:10:00"));
            Some(Traffic { total: 150, bad: if bad { 75 } else { 0 } })
        });
        let mut town = Town::new(slo(Vec::new()), &recording, at("11:30:00")).await;
        town.play(at("12:17:00")).await;
        assert_eq!(town.incident(1).phase, Phase::Mitigated);
        let act = Act::Reopen { reason: "orders are still stuck".into(), at: None };
        order(&town, Command::Act { incident: IncidentId(1), by: "ann".into(), act }).await;
        while town.now() < at("13:00:00") {
            town.play(town.now() + Span::from_secs(15)).await;
            assert_eq!(town.incident(1).phase, Phase::Open, "{} {:?}", town.now(), town.incident(1).milestones);
        }
        town.play(at("13:40:00")).await;
        assert_eq!((town.incident(1).phase, town.incident(1).milestones.mitigated), (Phase::Resolved, Some(at("13:10:00"))));
    }
}
