//! One outage from the first bad sample to the resolved incident, and the ones that must not become incidents.

use super::town::{Town, Traffic, record, slo};
use burnledger::domain::base::{IncidentId, Interval, Ms, Severity, Span};
use burnledger::domain::incident::{Fact, Phase};
use burnledger::domain::paging::DispatchKind;

fn at(text: &str) -> Ms {
    Ms::parse_rfc3339(text).unwrap()
}

fn day() -> (Ms, Ms) {
    (at("2026-03-01T00:00:00Z"), at("2026-03-05T06:00:00Z"))
}

/// 150 requests a scrape; within the stretch 45 of them fail.
fn outage(from: Ms, to: Ms) -> String {
    let (start, end) = day();
    record(start, end, |now| Some(Traffic { total: 150, bad: if from < now && now <= to { 45 } else { 0 } }))
}

#[tokio::test]
async fn an_outage_becomes_one_incident_with_exact_impact() {
    let (from, to) = (at("2026-03-04T12:00:00Z"), at("2026-03-04T12:20:00Z"));
    let mut town = Town::new(slo(Vec::new()), &outage(from, to), at("2026-03-04T11:30:00Z")).await;
    town.play(at("2026-03-04T13:30:00Z")).await;
    let incidents = town.incidents();
    assert_eq!(incidents.len(), 1, "{incidents:#?}");
    let incident = &incidents[0];
    assert_eq!(incident.phase, Phase::Resolved);
    assert_eq!(incident.peak_severity, Some(Severity::P0));
    let moments = incident.milestones;
    assert_eq!(moments.impact_start, Some(from));
    assert_eq!(moments.impact_end, Some(to));
    assert_eq!(moments.mitigated, Some(to));
    assert_eq!(moments.resolved, Some(to + Span::from_mins(15)));
    // 30 % errors over 1 h cross 14.4 * 0.1 % after 2m53s; 6 h cross 6 * 0.1 % after 7m12s.
    let detected = moments.detected.unwrap();
    assert!(detected > from + Span::from_secs(150) && detected <= from + Span::from_secs(195), "{detected}");
    let impact = incident.impact.as_ref().unwrap();
    assert_eq!((impact.bad, impact.total), (80.0 * 45.0, Some(80.0 * 150.0)));
    assert_eq!(impact.intervals, [Interval { from, to }]);
    let rows = town.ledger.dispatches(Some(IncidentId(1))).await.unwrap();
    let kinds: Vec<DispatchKind> = rows.iter().map(|r| r.kind).collect();
    assert_eq!(kinds, [DispatchKind::First, DispatchKind::Resolved], "{rows:#?}");
}

#[tokio::test]
async fn the_tail_of_a_long_window_opens_nothing_new() {
    let (from, to) = (at("2026-03-04T12:00:00Z"), at("2026-03-04T12:20:00Z"));
    let mut town = Town::new(slo(Vec::new()), &outage(from, to), at("2026-03-04T11:30:00Z")).await;
    town.play(at("2026-03-05T00:00:00Z")).await;
    assert_eq!(town.incidents().len(), 1, "the day's windows still remember, but no minute was bad");
    assert_eq!(town.incident(1).flaps, 0);
}

#[tokio::test]
async fn bad_again_within_the_reopen_window_keeps_the_number() {
    let (start, end) = day();
    let first = (at("2026-03-04T12:00:00Z"), at("2026-03-04T12:10:00Z"));
    let second = (at("2026-03-04T12:40:00Z"), at("2026-03-04T12:50:00Z"));
    let bad = |now: Ms| [first, second].iter().any(|(from, to)| *from < now && now <= *to);
    let recording = record(start, end, |now| Some(Traffic { total: 150, bad: if bad(now) { 45 } else { 0 } }));
    let mut town = Town::new(slo(Vec::new()), &recording, at("2026-03-04T11:30:00Z")).await;
    town.play(at("2026-03-04T13:30:00Z")).await;
    assert_eq!(town.incidents().len(), 1);
    let incident = town.incident(1);
    assert_eq!((incident.flaps, incident.phase), (1, Phase::Resolved));
    let impact = incident.impact.as_ref().unwrap();
    let stretch = |(from, to)| Interval { from, to };
    assert_eq!(impact.intervals, [stretch(first), stretch(second)]);
    assert_eq!(impact.bad, 80.0 * 45.0);
}

#[tokio::test]
async fn data_that_stops_never_mitigates_or_resolves() {
    let (start, end) = day();
    let (from, silent) = (at("2026-03-04T12:00:00Z"), at("2026-03-04T12:10:00Z"));
    let recording =
        record(start, end, |now| (now <= silent).then_some(Traffic { total: 150, bad: if now > from { 45 } else { 0 } }));
    let mut town = Town::new(slo(Vec::new()), &recording, at("2026-03-04T11:30:00Z")).await;
    town.play(at("2026-03-04T13:30:00Z")).await;
    let incident = town.incident(1);
    assert_eq!(incident.phase, Phase::Open);
    assert!(incident.no_data_since.is_some());
    let rows = town.ledger.dispatches(Some(IncidentId(1))).await.unwrap();
    let kinds: Vec<DispatchKind> = rows.iter().map(|r| r.kind).collect();
    assert!(kinds.contains(&DispatchKind::NoData) && !kinds.contains(&DispatchKind::Resolved), "{kinds:?}");
}

#[tokio::test]
async fn a_restart_in_the_middle_changes_nothing() {
    let (from, to) = (at("2026-03-04T12:00:00Z"), at("2026-03-04T12:20:00Z"));
    let recording = outage(from, to);
    let mut whole = Town::new(slo(Vec::new()), &recording, at("2026-03-04T11:30:00Z")).await;
    whole.play(at("2026-03-04T13:30:00Z")).await;
    let mut first = Town::new(slo(Vec::new()), &recording, at("2026-03-04T11:30:00Z")).await;
    first.play(at("2026-03-04T12:12:00Z")).await;
    let ledger = first.ledger.clone();
    first.live.stop().await;
    let mut second = Town::on(slo(Vec::new()), &recording, at("2026-03-04T12:12:00Z"), ledger).await;
    second.play(at("2026-03-04T13:30:00Z")).await;
    let (a, b) = (whole.incident(1), second.incident(1));
    assert_eq!(second.incidents().len(), 1);
    assert_eq!((a.milestones, &a.impact, a.phase), (b.milestones, &b.impact, b.phase));
}

#[tokio::test]
async fn one_failure_of_a_quiet_service_is_suspected_and_closed_unpaged() {
    let (start, end) = day();
    let when = at("2026-03-04T12:00:00Z");
    let recording = record(start, end, |now| {
        let busy = now.0 / 1000 % 360 == 0;
        Some(Traffic { total: u64::from(busy), bad: u64::from(busy && now == when) })
    });
    let mut town = Town::new(slo(Vec::new()), &recording, at("2026-03-04T11:30:00Z")).await;
    town.play(at("2026-03-04T22:00:00Z")).await;
    for incident in town.incidents() {
        let closed = incident.entries.iter().any(|e| matches!(e.fact, Fact::Closed { not_paged: true }));
        assert!(closed && incident.severity.is_none(), "{incident:#?}");
        let rows = town.ledger.dispatches(Some(incident.id)).await.unwrap();
        assert!(rows.is_empty(), "nobody is paged for one failure");
    }
}
