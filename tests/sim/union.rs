//! Incidents that turn out to be one, ones that a person splits, declares or overrules, and troubles that were over before
//! anybody looked.

use super::town::{Job, STEP, Town, Traffic, record, record_jobs, slo, slo_of};
use burnledger::app::desk::LedgerDesk;
use burnledger::clock::ManualClock;
use burnledger::domain::base::{CommitId, IncidentId, Ms, Severity, Span, Text};
use burnledger::domain::incident::{Act, Correction, Declaration, Fact, Incident, Phase};
use burnledger::domain::objective::{ServiceInfo, Sli, Slo};
use burnledger::domain::paging::DispatchKind;
use burnledger::domain::view::Command;
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Clock, Desk};
use burnledger::query;
use std::collections::BTreeMap;
use std::sync::Arc;

fn at(text: &str) -> Ms {
    Ms::parse_rfc3339(&format!("2026-03-04T{text}Z")).unwrap()
}

/// `web` needs `api`, `api` needs `db`. The ends fail first, which nothing links; then the middle does.
async fn chain() -> Town {
    let span = (at("00:00:00"), at("15:00:00"));
    let fails = |from: Ms, to: Ms| move |now: Ms| Traffic { total: 150, bad: if from < now && now <= to { 45 } else { 0 } };
    let end = at("12:40:00");
    let jobs: [Job; 3] = [
        ("web", Box::new(fails(at("12:01:00"), end))),
        ("api", Box::new(fails(at("12:09:00"), end))),
        ("db", Box::new(fails(at("12:00:00"), end))),
    ];
    let recording = record_jobs(span, &jobs);
    let info = |owner: &str, depends_on: &[&str]| ServiceInfo {
        owner: Some(owner.into()),
        depends_on: depends_on.iter().map(|d| Text::from(*d)).collect(),
        ..ServiceInfo::default()
    };
    let services = BTreeMap::from([
        ("web".into(), info("shop", &["api"])),
        ("api".into(), info("core", &["db"])),
        ("db".into(), info("data", &[])),
    ]);
    let slos = ["api", "db", "web"].map(|job| slo_of(job, Vec::new())).to_vec();
    Town::of(slos, services, &recording, at("11:30:00"), Arc::new(MemoryLedger::new("test"))).await
}

async fn order(town: &Town, name: &str, command: Command) {
    let clock = Arc::new(ManualClock::new(town.now())) as Arc<dyn Clock>;
    let desk = LedgerDesk::new(town.ledger.clone(), clock, "cli");
    desk.order(CommitId(name.into()), command).await.unwrap();
}

fn names(incident: &Incident) -> Vec<&str> {
    incident.services.iter().map(|(name, _)| &**name).collect()
}

#[tokio::test]
async fn two_open_incidents_become_one_when_a_service_between_them_burns() {
    let mut town = chain().await;
    town.play(at("12:08:00")).await;
    let before: Vec<Vec<&str>> = Vec::new();
    let two = town.incidents();
    assert_eq!(
        two.iter().map(|i| names(i)).fold(before, |mut all, n| {
            all.push(n);
            all
        }),
        [vec!["db"], vec!["web"]]
    );
    town.play(at("12:20:00")).await;
    let (older, younger) = (town.incident(1), town.incident(2));
    assert_eq!((younger.phase, younger.merged_into), (Phase::Closed, Some(IncidentId(1))));
    let mut all = names(&older);
    all.sort_unstable();
    assert_eq!((all, older.absorbed.clone()), (vec!["api", "db", "web"], vec![IncidentId(2)]));
    assert_eq!(older.suspect().map(|s| &**s), Some("db"), "nothing that it depends on burns");
    town.play(at("13:30:00")).await;
    let older = town.incident(1);
    let paged: Vec<IncidentId> = town.incidents().iter().filter(|i| i.severity.is_some()).map(|i| i.id).collect();
    assert_eq!((older.phase, older.milestones.impact_start, paged.len()), (Phase::Resolved, Some(at("12:00:00")), 2));
    // Every service counts: 30 % of 150 a scrape, over the union of all bad minutes.
    let bad: i64 = [("12:00:00", 160), ("12:01:00", 156), ("12:09:00", 124)].iter().map(|(_, scrapes)| scrapes * 45).sum();
    let impact = older.impact.as_ref().unwrap();
    assert_eq!((impact.bad, impact.total), (bad as f64, Some(3.0 * 160.0 * 150.0)));
    let rows = town.ledger.dispatches(None).await.unwrap();
    assert!(rows.is_empty() || rows.iter().all(|r| r.settled.is_none()), "nobody delivers here");
    let rows = town.ledger.dispatches(Some(IncidentId(2))).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.kind).collect::<Vec<_>>(), [DispatchKind::First, DispatchKind::Resolved]);
    let firsts = town.ledger.dispatches(Some(IncidentId(1))).await.unwrap();
    let owners: Vec<Option<Text>> =
        firsts.iter().filter(|r| r.kind == DispatchKind::First).map(|r| r.content.owner.clone()).collect();
    assert_eq!(owners.len(), 3, "each owner hears once: {owners:?}");
    let core = firsts.iter().find(|r| r.content.owner.as_deref() == Some("core")).unwrap();
    assert_eq!(core.content.suspect.as_deref(), Some("db"), "the page of whoever joins names the cause");
    let data = firsts.iter().find(|r| r.content.owner.as_deref() == Some("data")).unwrap();
    assert_eq!(data.content.suspect, None, "alone there is nobody else to suspect");
}

#[tokio::test]
async fn what_a_person_split_stays_apart() {
    let mut town = chain().await;
    town.play(at("12:20:00")).await;
    let (by, reason) = (Text::from("ann"), Text::from("two causes"));
    let split = town.incidents().len() as u64 + 1;
    order(&town, "split", Command::Split { incident: IncidentId(1), services: vec!["web".into()], by, reason }).await;
    town.play(at("13:30:00")).await;
    let (old, new) = (town.incident(1), town.incident(split));
    assert_eq!((old.phase, new.phase, new.merged_into), (Phase::Resolved, Phase::Resolved, None));
    assert_eq!((names(&new), new.severity), (vec!["web"], Some(Severity::P0)));
    assert!(!names(&old).contains(&"web") && names(&old).contains(&"db"));
    assert_eq!(new.impact.as_ref().unwrap().bad, f64::from(156 * 45), "its own service alone");
}

#[tokio::test]
async fn a_declared_incident_pages_lives_on_and_is_ended_by_what_is_seen() {
    let (start, end) = (at("00:00:00"), at("15:00:00"));
    let bad = |now: Ms| at("12:10:00") < now && now <= at("12:30:00");
    let recording = record(start, end, |now| Some(Traffic { total: 150, bad: if bad(now) { 45 } else { 0 } }));
    let mut town = Town::new(slo(Vec::new()), &recording, at("11:30:00")).await;
    town.play(at("12:00:00")).await;
    let what = Declaration {
        service: "api".into(),
        slos: vec![slo(Vec::new()).id],
        severity: Severity::P1,
        title: "support reports errors".into(),
        since: None,
        drill: false,
        rulebook: "".into(),
    };
    order(&town, "declare", Command::Declare { by: "ann".into(), what }).await;
    town.play(at("12:05:00")).await;
    let rows = town.ledger.dispatches(Some(IncidentId(1))).await.unwrap();
    assert_eq!(rows.iter().map(|r| (r.kind, r.severity)).collect::<Vec<_>>(), [(DispatchKind::First, Severity::P1)]);
    assert_eq!(town.incident(1).phase, Phase::Open, "nothing bad was seen, and nothing ends it");
    town.play(at("13:30:00")).await;
    let incident = town.incident(1);
    assert_eq!((incident.phase, incident.peak_severity), (Phase::Resolved, Some(Severity::P0)), "rules found it worse");
    assert_eq!((incident.milestones.mitigated, town.incidents().len()), (Some(at("12:30:00")), 1));
}

#[tokio::test]
async fn a_severity_that_a_person_set_is_not_talked_over_by_the_rules_it_overruled() {
    let (start, end) = (at("00:00:00"), at("15:00:00"));
    let bad = |now: Ms| at("12:00:00") < now && now <= at("12:30:00");
    let recording = record(start, end, |now| Some(Traffic { total: 150, bad: if bad(now) { 45 } else { 0 } }));
    let mut town = Town::new(slo(Vec::new()), &recording, at("11:30:00")).await;
    town.play(at("12:10:00")).await;
    assert_eq!(town.incident(1).severity, Some(Severity::P0));
    let act = Act::Correct { changes: vec![Correction::Severity(Severity::P2)], reason: "test traffic only".into() };
    order(&town, "edit", Command::Act { incident: IncidentId(1), by: "ann".into(), act }).await;
    town.play(at("13:30:00")).await;
    let incident = town.incident(1);
    assert_eq!(
        (incident.severity, incident.peak_severity, incident.phase),
        (Some(Severity::P2), Some(Severity::P2), Phase::Resolved)
    );
    assert!(!incident.entries.iter().any(|e| matches!(e.fact, Fact::SeverityChanged { .. })), "{incident:#?}");
}

#[tokio::test]
async fn what_a_person_reopened_is_not_ended_by_the_past() {
    let (start, end) = (at("00:00:00"), at("16:00:00"));
    let bad = |now: Ms| at("12:00:00") < now && now <= at("12:20:00");
    let recording = record(start, end, |now| Some(Traffic { total: 150, bad: if bad(now) { 45 } else { 0 } }));
    let mut town = Town::new(slo(Vec::new()), &recording, at("11:30:00")).await;
    town.play(at("13:00:00")).await;
    assert_eq!(town.incident(1).phase, Phase::Resolved);
    let act = Act::Reopen { reason: "orders are still stuck".into(), at: None };
    order(&town, "reopen", Command::Act { incident: IncidentId(1), by: "ann".into(), act }).await;
    town.play(at("14:30:00")).await;
    assert_eq!((town.incident(1).phase, town.incident(1).flaps), (Phase::Open, 1));
    let resolve = Command::Resolve {
        incident: IncidentId(1),
        by: "ann".into(),
        reason: "queue drained".into(),
        at: None,
        findings: vec![],
    };
    order(&town, "resolve", resolve).await;
    town.play(at("14:35:00")).await;
    let incident = town.incident(1);
    assert_eq!((incident.phase, incident.milestones.impact_end), (Phase::Resolved, Some(at("12:20:00"))));
}

fn occurrences() -> Slo {
    let sli = Sli::Occurrences {
        count: "requests_total{job=\"api\",code=~\"5..\"}".into(),
        allowed: 6.into(),
        per: Span::from_hours(1),
    };
    let plan = query::plan(&sli, &[], Span::from_secs(STEP)).unwrap();
    Slo { sli, plan, target: None, ..slo(Vec::new()) }
}

#[tokio::test]
async fn an_outage_that_was_over_before_anybody_watched_is_recorded_and_wakes_nobody() {
    let (start, end) = (at("00:00:00"), at("15:00:00"));
    let bad = |now: Ms| at("12:00:00") < now && now <= at("12:20:00");
    let recording = record(start, end, |now| Some(Traffic { total: 150, bad: if bad(now) { 45 } else { 0 } }));
    for slo in [slo(Vec::new()), occurrences()] {
        // Half an hour's window still burns 25 minutes later.
        let kind = slo.sli.kind();
        let mut town = Town::new(slo, &recording, at("12:45:00")).await;
        town.play(at("14:00:00")).await;
        let incidents = town.incidents();
        assert_eq!(incidents.len(), 1, "{kind}: {incidents:#?}");
        let m = incidents[0].milestones;
        assert_eq!((incidents[0].phase, m.impact_start), (Phase::Resolved, Some(at("12:00:00"))), "{kind}");
        assert_eq!((m.mitigated, m.paged), (Some(at("12:20:00")), None), "{kind}");
        assert!(m.resolved >= m.detected, "{kind}: it is over when it is found: {m:?}");
        let rows = town.ledger.dispatches(Some(IncidentId(1))).await.unwrap();
        assert!(rows.is_empty(), "{kind}: nobody is woken for the past: {rows:#?}");
    }
    // The same outage, met ten minutes after its end, is not known to be over yet.
    let mut town = Town::new(slo(Vec::new()), &recording, at("12:29:00")).await;
    town.play(at("12:30:00")).await;
    let rows = town.ledger.dispatches(Some(IncidentId(1))).await.unwrap();
    assert_eq!(rows.iter().map(|r| r.kind).collect::<Vec<_>>(), [DispatchKind::First]);
}
