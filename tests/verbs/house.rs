//! `doctor` and `silence`, as people run them.

use crate::support::{Prometheus, free_port, require};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn run(dir: &Path, args: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(args)
        .current_dir(dir)
        .env("XDG_STATE_HOME", dir)
        .env("XDG_CONFIG_HOME", dir)
        .env("BURNLEDGER_BY", "ann")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}

const SLO: &str = "version: burnledger/v1\nservice: checkout\nslos:\n  - name: availability\n    target: 99.9%\n    sli: {events: {bad: 'x_total{code=\"500\"}', total: x_total}}\n";

#[test]
fn the_doctor_names_what_is_broken_and_what_to_try() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    std::fs::write(dir.path().join("slos/checkout.yaml"), SLO).unwrap();
    let config = format!(
        "prometheus: {{url: 'http://127.0.0.1:{}'}}\nreceivers:\n  hook: {{webhook: {{url: 'http://127.0.0.1:{}/s3cret-path-of-hook'}}}}\n  screen: stderr\n",
        free_port(),
        free_port()
    );
    std::fs::write(dir.path().join("burnledger.yaml"), config).unwrap();
    let (code, out, _) = run(dir.path(), &["doctor"]);
    assert_eq!(code, 3, "{out}");
    for line in [
        "ok    configuration: ",
        "ok    SLO files: 1 SLO in ",
        "fail  source: http://127.0.0.1:",
        "ok    ledger: ",
        "ok    receiver screen",
        "warn  heartbeat: ",
    ] {
        assert!(out.lines().any(|l| l.starts_with(line)), "{line}\n{out}");
    }
    assert!(out.contains("fail  receiver hook: webhook: ") && out.contains("page test hook"), "{out}");
    assert!(!out.contains("s3cret"), "{out}");
    let (_, json, _) = run(dir.path(), &["doctor", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["findings"].as_array().unwrap().iter().any(|f| f["name"] == "source" && f["health"] == "fail"));

    std::fs::write(dir.path().join("ledger.db"), "this is no ledger, and long enough to be sure of it").unwrap();
    let (code, out, _) = run(dir.path(), &["doctor", "--ledger", "ledger.db"]);
    assert!(code == 4 && out.contains("fail  ledger: "), "{out}");
}

#[test]
fn the_doctor_finds_a_healthy_prometheus_healthy() {
    if !require("prometheus") {
        return;
    }
    let server = Prometheus::start("global: {scrape_interval: 1s}\n");
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("slo.yaml"), SLO).unwrap();
    let (code, out, talk) = run(dir.path(), &["doctor", "--prometheus", &server.url(), "--slos", "slo.yaml"]);
    assert_eq!(code, 0, "{out}{talk}");
    for line in ["ok    source: ", "ok    clock: the source's clock agrees", "ok    retention: the source keeps"] {
        assert!(out.lines().any(|l| l.starts_with(line)), "{line}\n{out}");
    }
}

#[test]
fn a_silence_is_added_listed_and_ended_by_people_with_names_and_reasons() {
    let dir = tempfile::tempdir().unwrap();
    let add =
        ["silence", "add", "--service", "checkout", "--severity", "P1,P2", "--for", "2h", "--reason", "moving \u{1b}[31mit"];
    let (code, out, talk) = run(dir.path(), &add);
    assert_eq!(code, 0, "{talk}");
    assert!(out.starts_with("silence 1 (active): service checkout, P1 and P2, ") && out.contains("by ann: moving"), "{out}");
    assert!(!out.contains('\u{1b}'));
    let (_, json, _) = run(dir.path(), &["silence", "list", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["silences"][0]["id"], &json["silences"][0]["state"]), (&1.into(), &"active".into()), "{json}");
    assert_eq!(run(dir.path(), &["silence", "expire", "1", "--reason", "done"]).0, 0);
    let (code, _, talk) = run(dir.path(), &["silence", "expire", "1"]);
    assert!(code == 1 && talk.contains("silence 1 is over already"), "{talk}");
    let (_, out, talk) = run(dir.path(), &["silence", "list"]);
    assert!(out.is_empty() && talk.contains("no pages are held back"), "{out}{talk}");
    let (_, out, _) = run(dir.path(), &["silence", "list", "--all"]);
    assert!(out.starts_with("silence 1 (ended)"), "{out}");
    for (args, says) in [
        (&["silence", "add", "--for", "2h", "--reason", "x"] as &[&str], "must say what for"),
        (&["silence", "add", "--all", "--for", "60d", "--reason", "x"], "lasts 30d at most"),
        (&["silence", "add", "--all", "--for", "1h", "--reason", " "], "a reason is missing"),
        (&["silence", "expire", "99"], "there is no silence 99"),
    ] {
        let (code, _, talk) = run(dir.path(), args);
        assert!(code == 1 && talk.contains(says), "{args:?}: {talk}");
    }
    let (code, out, talk) = run(dir.path(), &["incidents", "list"]);
    assert!(code == 0 && out.is_empty() && talk.contains("no incidents yet"), "{out}{talk}");
}
