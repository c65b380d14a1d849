//! Services joined by `depends_on`: what happens to one tree is one incident.

use super::town::{Town, Traffic, record_both, slo_of};
use burnledger::domain::base::{IncidentId, Ms, Severity, Text};
use burnledger::domain::incident::{Fact, Incident, Phase};
use burnledger::domain::objective::ServiceInfo;
use burnledger::domain::paging::DispatchKind;
use burnledger::ledger::MemoryLedger;
use std::collections::BTreeMap;
use std::sync::Arc;

fn at(text: &str) -> Ms {
    Ms::parse_rfc3339(text).unwrap()
}

/// `shop` depends on `db`. The shop has a few failures, which are suspected and prove nothing; then the database fails, and
/// the shop with it.
async fn town() -> Town {
    let span = (at("2026-03-01T00:00:00Z"), at("2026-03-04T14:00:00Z"));
    let (few, db_fails, shop_fails) = (at("2026-03-04T12:00:00Z"), at("2026-03-04T12:05:00Z"), at("2026-03-04T12:15:00Z"));
    let over = at("2026-03-04T12:40:00Z");
    let within = move |now: Ms, from: Ms| from < now && now <= over;
    let db = move |now| Traffic { total: 150, bad: if within(now, db_fails) { 45 } else { 0 } };
    let shop = move |now: Ms| {
        let in_the_first_minute = few < now && now.since(few).0 <= 60_000;
        Traffic { total: 1, bad: u64::from(in_the_first_minute || within(now, shop_fails)) }
    };
    let recording = record_both(span, ("db", db), ("shop", shop));
    let info = |depends_on: Vec<Text>| ServiceInfo { owner: Some("team".into()), depends_on, ..ServiceInfo::default() };
    let services = BTreeMap::from([(Text::from("db"), info(vec![])), (Text::from("shop"), info(vec!["db".into()]))]);
    let slos = vec![slo_of("db", Vec::new()), slo_of("shop", Vec::new())];
    Town::of(slos, services, &recording, at("2026-03-04T11:30:00Z"), Arc::new(MemoryLedger::new("test"))).await
}

fn names(incident: &Incident) -> Vec<&str> {
    incident.services.iter().map(|(name, _)| &**name).collect()
}

#[tokio::test]
async fn a_suspected_service_joins_the_incident_of_its_tree_instead_of_opening_a_second_one() {
    let mut town = town().await;
    town.play(at("2026-03-04T12:04:45Z")).await;
    assert_eq!(town.incident(1).phase, Phase::Suspected, "{:#?}", town.incidents());
    town.play(at("2026-03-04T12:35:00Z")).await;
    let incidents = town.incidents();
    let suspected = &incidents[0];
    assert_eq!((names(suspected), suspected.severity), (vec!["shop"], None), "{suspected:#?}");
    assert!(suspected.entries.iter().any(|e| matches!(e.fact, Fact::Closed { not_paged: true })), "it became part of the other");
    assert_eq!(incidents.len(), 2);
    assert_eq!((names(&incidents[1]), incidents[1].severity), (vec!["db", "shop"], Some(Severity::P0)));
    let rows = town.ledger.dispatches(None).await.unwrap();
    let firsts: Vec<IncidentId> = rows.iter().filter(|r| r.kind == DispatchKind::First).map(|r| r.incident).collect();
    assert_eq!(firsts, [IncidentId(2)], "one owner, one incident, one first page");
}
