//! `status` and `explain`: from a real Prometheus and from a recording of the same samples the same numbers.

use crate::support::{Prometheus, VictoriaMetrics, require};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(scenario: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join(scenario)
}

fn burnledger(scenario: &str, args: &[&str]) -> (i32, String, String) {
    run(&folder(scenario).join("slos"), args)
}

fn run(slos: &Path, args: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(args)
        .arg("--slos")
        .arg(slos)
        .env_remove("BURNLEDGER_CONFIG")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}

fn status(scenario: &str, source: &[&str], at: &str) -> Value {
    let mut args = vec!["status", "--format", "json", "--at", at];
    args.extend(source);
    let (code, out, talk) = burnledger(scenario, &args);
    assert_eq!(code, 0, "{talk}");
    serde_json::from_str(&out).unwrap()
}

fn samples(scenario: &str) -> PathBuf {
    folder(scenario).join("samples.om.zst")
}

/// The recording's text.
fn text(scenario: &str) -> String {
    String::from_utf8(zstd::decode_all(std::fs::File::open(samples(scenario)).unwrap()).unwrap()).unwrap()
}

/// Its last hours, where the text of a month is long.
fn last_hours(text: &str, hours: f64) -> String {
    let seconds = |line: &str| line.rsplit(' ').next().and_then(|t| t.parse::<f64>().ok()).unwrap_or(f64::INFINITY);
    let end = text.lines().filter(|l| !l.starts_with('#')).map(seconds).fold(0.0, f64::max);
    text.lines().filter(|l| l.starts_with('#') || seconds(l) > end - hours * 3600.0).flat_map(|l| [l, "\n"]).collect()
}

/// The same samples as a live server has them, and as a file: the same answer, to the last digit.
fn same(scenario: &str, server: &str, file: &Path, at: &[&str]) {
    for at in at {
        let live = status(scenario, &["--prometheus", server], at);
        let replayed = status(scenario, &["--samples", file.to_str().unwrap()], at);
        assert_eq!(live["at"], *at);
        assert!(live["slos"][0]["budget"]["total"].as_f64().unwrap() > 10_000.0, "there was traffic: {live:#}");
        assert_eq!(live, replayed, "{scenario} at {at}");
    }
}

fn same_on_prometheus(scenario: &str, hours: Option<f64>, at: &[&str]) {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let whole = text(scenario);
    let cut = hours.map_or_else(|| whole.clone(), |hours| last_hours(&whole, hours));
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cut.om");
    std::fs::write(&file, &cut).unwrap();
    let server = Prometheus::backfill(&cut);
    same(scenario, &server.url(), &file, at);
}

#[test]
fn prometheus_and_a_recording_of_events_give_the_same_numbers() {
    same_on_prometheus("connection-pool", None, &["2026-03-17T02:50:00Z", "2026-03-16T09:00:15Z"]);
}

#[test]
fn prometheus_and_a_recording_of_a_histogram_give_the_same_numbers() {
    same_on_prometheus("resize-storm", Some(8.0), &["2026-03-24T10:00:00Z"]);
}

#[test]
fn a_server_without_remote_read_gives_the_same_month() {
    if !require("victoria-metrics") {
        return;
    }
    let server = VictoriaMetrics::start();
    server.import(&text("connection-pool"));
    same("connection-pool", &server.url(), &samples("connection-pool"), &["2026-03-17T02:50:00Z"]);
}

#[test]
fn explain_tells_queries_plan_windows_and_rules() {
    let file = samples("connection-pool");
    let source = ["--samples", file.to_str().unwrap(), "--at", "2026-03-17T02:50:00Z"];
    let (code, text, talk) = burnledger("connection-pool", &[&["explain", "success"][..], &source].concat());
    assert_eq!(code, 0, "{talk}");
    for expected in [
        "payments/success  99.9% of events good over 30d",
        "bad       payments_total{job=\"payments\", outcome=\"failed\"}",
        "plan      counted",
        "P0 because error ratio",
        "P0 burn 14.4x over 1h and 5m:",
        "P0 error ratio > 5% for 30s:",
        "budget: ",
    ] {
        assert!(text.contains(expected), "`{expected}` is missing in\n{text}");
    }
    let (code, out, _) = burnledger("connection-pool", &[&["explain", "success", "--format", "json"][..], &source].concat());
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["id"], &answer["plan"]), (0, &"payments/success".into(), &"counted".into()));
    assert_eq!(answer["slos"][0]["severity"], "P0");
}

#[test]
fn a_server_that_accepts_and_never_answers_is_given_up_after_one_timeout_and_named_once() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("burnledger.yaml");
    std::fs::write(&config, format!("prometheus: {{url: \"{url}\", timeout: 1s}}\n")).unwrap();
    let slos = dir.path().join("slos.yaml");
    let kinds = "  - name: load\n    target: 99%\n    sli: {threshold: {value: load, below: 0.9}}\n  - name: calls\n    target: 99%\n    \
                 sli: {events: {bad: bad_total, total: all_total}}\n";
    std::fs::write(&slos, format!("version: burnledger/v1\nservice: shop\nslos:\n{kinds}")).unwrap();
    let begun = std::time::Instant::now();
    let (code, out, talk) = run(&slos, &["status", "--config", config.to_str().unwrap()]);
    assert!(begun.elapsed() < std::time::Duration::from_secs(50), "history is waited for a minute; silence is not");
    assert_eq!((code, talk.matches("error: ").count()), (3, 1), "{talk}");
    assert!(talk.contains("did not answer within") && out.contains("no_data"), "{talk}{out}");
}

#[test]
fn times_back_from_now_may_have_a_minus_and_the_future_is_named() {
    let file = samples("connection-pool");
    let source = ["--samples", file.to_str().unwrap()];
    let (code, _, talk) = burnledger("connection-pool", &[&["status", "--at", "-2h"][..], &source].concat());
    assert_eq!(code, 0, "{talk}");
    let (code, _, talk) = burnledger("connection-pool", &[&["status", "--at", "2999-01-01T00:00:00Z"][..], &source].concat());
    assert_eq!(code, 0, "{talk}");
    assert!(talk.contains("lies in the future"), "{talk}");
    let (code, _, talk) = burnledger("connection-pool", &[&["status", "paymnts/success"][..], &source].concat());
    assert_eq!(code, 2, "{talk}");
    assert!(talk.contains("did you mean `payments/success`?"), "{talk}");
}

#[test]
fn what_cannot_be_answered_says_why_and_what_to_try() {
    let (code, _, talk) = burnledger("connection-pool", &["status", "--at", "yesterday"]);
    assert_eq!(code, 2);
    assert!(talk.contains("`yesterday` is no time") && talk.contains("hint:"), "{talk}");
    let (code, _, talk) = burnledger("connection-pool", &["explain", "sucess", "--samples", "/nowhere.om"]);
    assert_eq!(code, 2);
    assert!(talk.contains("did you mean `payments/success`?"), "{talk}");
    let (code, _, talk) = burnledger("connection-pool", &["status", "--samples", "/nowhere.om"]);
    assert_eq!(code, 2);
    assert!(talk.contains("/nowhere.om"), "{talk}");
    let (code, out, talk) = burnledger("connection-pool", &["status", "--format", "json", "--prometheus", "http://127.0.0.1:1"]);
    assert_eq!(code, 3, "{talk}");
    assert!(talk.contains("127.0.0.1:1"), "{talk}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["slos"][0]["state"], "no_data", "no data never reads as fine");
    assert_eq!(answer["slos"][0]["severity"], Value::Null);
}
