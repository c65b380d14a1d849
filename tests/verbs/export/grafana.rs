//! `export grafana`: the dashboards in the repository are those of the program, and every query is PromQL on metrics there are.

use super::{burnledger, root};
use burnledger::query::ast::Expr;
use burnledger::query::parse;
use burnledger::telemetry::TABLE;
use serde_json::Value;
use std::collections::BTreeSet;

const FILES: [&str; 2] = ["overview.json", "slo.json"];

/// A dashboard of the repository.
fn board(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(root().join("dashboards/grafana").join(name)).unwrap()).unwrap()
}

/// Queries of panels with the titles of their panels; variables have the values that these stand for.
pub(crate) fn queries(values: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for panel in FILES.iter().flat_map(|name| board(name)["panels"].as_array().unwrap().clone()) {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let mut query = target["expr"].as_str().unwrap().to_owned();
            for (name, value) in values {
                query = query.replace(name, value);
            }
            assert!(!query.contains('$'), "{query}");
            found.push((panel["title"].as_str().unwrap().to_owned(), query));
        }
    }
    found
}

pub(crate) const ANY: [(&str, &str); 5] =
    [("$__rate_interval", "1m"), ("$service", ".*"), ("$slo", ".*"), ("$group", ".*"), ("$window", "5m")];

/// `UPDATE_DASHBOARDS=1` writes them anew.
#[test]
fn the_dashboards_in_the_repository_are_those_of_the_program() {
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let (code, out, talk) = burnledger(dir.path(), &["export", "grafana", "--out", "g"]);
        assert_eq!((code, out.lines().count()), (0, 2), "{talk}");
    }
    for name in FILES {
        let fresh = std::fs::read_to_string(dir.path().join("g").join(name)).unwrap();
        let kept = root().join("dashboards/grafana").join(name);
        if std::env::var_os("UPDATE_DASHBOARDS").is_some() {
            std::fs::write(&kept, &fresh).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&kept).unwrap(), fresh, "{name}: UPDATE_DASHBOARDS=1 renews it");
    }
}

#[test]
fn every_query_is_promql_on_our_metrics_and_none_is_forgotten() {
    let mut used = BTreeSet::new();
    for (panel, query) in queries(&ANY) {
        let tree = parse(&query).unwrap_or_else(|e| panic!("{panel}: {query}: {}", e.message));
        tree.walk(&mut |e| {
            if let Expr::Vector(pick) = e {
                used.insert(pick.selector.name().unwrap().to_owned());
            }
            if let Expr::Matrix(pick, _) = e {
                used.insert(pick.selector.name().unwrap().to_owned());
            }
        });
    }
    let known = |name: &str| TABLE.iter().find(|m| name == m.scraped() || name == format!("{}_bucket", m.name)).copied();
    for name in &used {
        let metric = known(name).unwrap_or_else(|| panic!("{name} is no metric of ours"));
        assert!(metric.kind != "histogram" || name.ends_with("_bucket"), "{name}");
    }
    // Said by `up` and by other metrics, or of no use on a dashboard.
    let beside = ["burnledger_build", "burnledger_evaluated_seconds", "burnledger_problems", "burnledger_http_requests"];
    for metric in TABLE.iter().filter(|m| !beside.contains(&m.name) && m.name != "burnledger_emergency_pages") {
        assert!(used.iter().any(|name| known(name) == Some(*metric)), "{} is on no panel", metric.name);
    }
}

#[test]
fn variables_are_defined_and_panels_do_not_overlap() {
    for name in FILES {
        let board = board(name);
        let variables: Vec<&str> =
            board["templating"]["list"].as_array().unwrap().iter().map(|v| v["name"].as_str().unwrap()).collect();
        let text = board.to_string();
        for (variable, _) in ANY.iter().filter(|(v, _)| !v.starts_with("$__") && text.contains(v)) {
            assert!(variables.contains(&&variable[1..]), "{name}: {variable} in {variables:?}");
        }
        let mut taken = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for panel in board["panels"].as_array().unwrap() {
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{name}: an id twice");
            let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            for (x, y) in (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y))) {
                assert!(x < 24 && taken.insert((x, y)), "{name}: {} lies on another panel or outside", panel["title"]);
            }
        }
    }
}
