//! The three servers start, answer and die with their guards: what every live test stands on.

use crate::support::{Alertmanager, Prometheus, VictoriaMetrics, http, require, wait_until};
use std::time::Duration;

const SAMPLES: &str = "# TYPE hits counter\nhits_total{job=\"a\"} 1 1700000000\nhits_total{job=\"a\"} 4 1700000015\n# EOF\n";

fn query(port: u16) -> String {
    let path = "/api/v1/query?query=hits_total%5B1m%5D&time=1700000030";
    http("GET", port, path, b"").map_or_else(String::new, |(_, body)| body)
}

#[test]
fn prometheus_serves_backfilled_samples() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let server = Prometheus::backfill(SAMPLES);
    assert!(query(server.port).contains(r#"[[1700000000,"1"],[1700000015,"4"]]"#), "{}", query(server.port));
}

#[test]
fn victoria_metrics_serves_imported_samples() {
    if !require("victoria-metrics") {
        return;
    }
    let server = VictoriaMetrics::start();
    server.import(SAMPLES);
    let there = || query(server.port).contains(r#"[[1700000000,"1"],[1700000015,"4"]]"#);
    assert!(wait_until(Duration::from_secs(30), there), "{}", query(server.port));
}

#[test]
fn alertmanager_starts_and_dies_with_its_guard() {
    if !require("prometheus-alertmanager") {
        return;
    }
    let config = "route: {receiver: none}\nreceivers: [{name: none}]\n";
    let server = Alertmanager::start(config);
    let port = server.port;
    assert!(matches!(http("GET", port, "/api/v2/status", b""), Some((200, _))));
    drop(server);
    assert!(http("GET", port, "/api/v2/status", b"").is_none());
}
