//! Exported rules in a real Prometheus that scrapes a real program: they fire and let go when the engine does.

use super::program::Program;
use crate::support::{Prometheus, http, require, wait_until};
use burnledger::domain::base::Ms;
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Two in five fail: burn 4. The page needs 4 s of it, the ticket 6 s.
const SLO: &str = r#"
version: burnledger/v1
service: shop
guards: none
slos:
  - name: availability
    target: 90%
    period: 1h
    severity:
      - {severity: P0, burn: 2.5, long: 6s, short: 3s}
      - {severity: P2, burn: 1.5, long: 16s, short: 6s}
    sli: {events: {bad: 'shop_requests_total{code=~"5.."}', total: shop_requests_total}}
"#;

fn burnledger(dir: &Path, args: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(["--config", "burnledger.yaml"])
        .args(args)
        .current_dir(dir)
        .env("XDG_STATE_HOME", dir)
        .output()
        .unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// Seconds at which alerts of a class fired, of a server's own records.
fn fired(server: &Prometheus, class: &str) -> Option<(i64, i64)> {
    let query = format!("/api/v1/query?query=ALERTS%7Balertstate%3D%22firing%22,sloth_severity%3D%22{class}%22%7D%5B5m%5D");
    let (_, body) = http("GET", server.port, &query, b"")?;
    let answer: Value = serde_json::from_str(&body).ok()?;
    let values = answer["data"]["result"][0]["values"].as_array()?;
    let at = |v: &Value| (v[0].as_f64().unwrap_or(0.0) * 1000.0) as i64;
    Some((at(values.first()?), at(values.last()?)))
}

fn is_on(server: &Prometheus, class: &str) -> bool {
    let query = format!("/api/v1/query?query=ALERTS%7Balertstate%3D%22firing%22,sloth_severity%3D%22{class}%22%7D");
    http("GET", server.port, &query, b"").is_some_and(|(_, body)| body.contains("ErrorBudgetBurn"))
}

#[test]
fn a_real_prometheus_fires_exported_rules_when_the_engine_fires() {
    if !require("prometheus") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    std::fs::write(dir.path().join("slos/shop.yaml"), SLO).unwrap();
    std::fs::write(dir.path().join("burnledger.yaml"), "step: 1s\nsettle: 1s\n").unwrap();
    burnledger(dir.path(), &["export", "rules", "--out", "rules"]);
    let program = Program::start();
    let server = Prometheus::start(&format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\n\
         scrape_configs:\n- job_name: shop\n  static_configs:\n  - targets: ['127.0.0.1:{}']\n",
        dir.path().join("rules/shop.rules.yaml").display(),
        program.port
    ));
    assert!(wait_until(Duration::from_secs(90), || program.scrapes().len() > 8), "Prometheus scrapes the program");
    program.fail(true);
    let both = || is_on(&server, "page") && is_on(&server, "ticket");
    assert!(wait_until(Duration::from_secs(90), both), "a fast and a slow burn fire");
    program.fail(false);
    let none = || !is_on(&server, "page") && !is_on(&server, "ticket");
    assert!(wait_until(Duration::from_secs(90), none), "both let go");

    // The engine looks at what has settled, so it sees the end a little later.
    let mut firings = Vec::new();
    let ended = wait_until(Duration::from_secs(90), || {
        let told = burnledger(dir.path(), &["backtest", "--prometheus", &server.url(), "--from", "2m", "--format", "json"]);
        let answer: Value = serde_json::from_str(&told).unwrap();
        firings = answer["slos"][0]["firings"].as_array().unwrap().clone();
        firings.len() >= 2 && firings.iter().all(|f| f["to"].is_string())
    });
    assert!(ended, "{firings:#?}");
    for (class, severity) in [("page", "P0"), ("ticket", "P2")] {
        let mine: Vec<&Value> = firings.iter().filter(|f| f["severity"] == severity).collect();
        assert_eq!(mine.len(), 1, "{severity}: {firings:#?}");
        let at = |v: &Value| Ms::parse_rfc3339(v.as_str().unwrap_or_default()).map_or(0, |ms| ms.0);
        let (from, to) = (at(&mine[0]["from"]), at(&mine[0]["to"]));
        let (began, ended) = fired(&server, class).unwrap();
        // One evaluation is a second, and the two tick at different moments of it.
        assert!((began - from).abs() <= 2_000, "{class}: the engine from {from}, Prometheus from {began}");
        assert!((ended + 1_000 - to).abs() <= 2_000, "{class}: the engine to {to}, Prometheus to {}", ended + 1_000);
    }
}
