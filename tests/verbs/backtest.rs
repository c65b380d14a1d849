//! `backtest`: the contract's JSON, what people read, and stretches of time that make no sense.

use crate::support::{Prometheus, VictoriaMetrics, require};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/connection-pool")
}

fn backtest(args: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .arg("backtest")
        .args(args)
        .arg("--slos")
        .arg(folder().join("slos"))
        .env_remove("BURNLEDGER_CONFIG")
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}

fn recording() -> String {
    folder().join("samples.om.zst").to_str().unwrap().to_owned()
}

#[test]
fn json_is_the_contract() {
    let samples = recording();
    let to = "2026-03-17T03:00:05Z";
    let (code, out, talk) = backtest(&["--samples", &samples, "--from", "4h", "--to", to, "--format", "json"]);
    assert_eq!((code, talk.as_str()), (0, ""));
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["from"], "2026-03-17T00:30:00Z", "a duration counts back from the end of the recording");
    assert_eq!((&answer["to"], &answer["at"]), (&"2026-03-17T03:00:00Z".into(), &answer["to"]), "floored to the step");
    assert_eq!((&answer["step_seconds"], &answer["warmup_from"]), (&15.into(), &"2026-02-15T00:30:00Z".into()));
    assert_eq!(answer["data_through"], answer["to"]);
    let slo = &answer["slos"][0];
    assert_eq!((&slo["id"], &slo["group"]), (&"payments/success".into(), &serde_json::json!({})));
    assert!(slo["budget"]["remaining"].as_f64().unwrap() < 0.8);
    let firings = slo["firings"].as_array().unwrap();
    let p1 = &firings[0];
    assert_eq!((&p1["severity"], &p1["rule"]), (&"P1".into(), &"error ratio > 1% for 2m".into()));
    assert_eq!((&p1["from"], &p1["to"]), (&"2026-03-17T02:23:00Z".into(), &Value::Null), "it still fires at --to");
    let consumed = p1["budget_consumed_at_start"].as_f64().unwrap();
    assert!((0.2..0.21).contains(&consumed), "{consumed}");
    let held = &slo["held_back"][0];
    assert_eq!((&held["by"], &held["rule"]), (&"confidence".into(), &"burn 14.4x over 1h and 5m".into()));
    assert_eq!((&held["from"], &held["to"]), (&"2026-03-17T02:43:00Z".into(), &"2026-03-17T02:43:15Z".into()));
    let incident = &answer["incidents"][0];
    assert_eq!((&incident["id"], &incident["service"], &incident["severity"]), (&1.into(), &"payments".into(), &"P0".into()));
    assert_eq!((&incident["mitigated"], &incident["resolved"]), (&Value::Null, &Value::Null), "it had not ended at --to");
    assert_eq!(incident["slos"], serde_json::json!(["payments/success"]));
    assert!(incident["bad"].as_f64().unwrap() > 20_000.0 && incident["total"].as_f64().unwrap() > 400_000.0);
    assert!(incident["cost"]["total"].as_str().unwrap().parse::<f64>().unwrap() > 100_000.0, "costed until --to");
}

#[test]
fn people_read_budgets_firings_incidents_and_what_would_have_paged() {
    let (code, out, talk) = backtest(&["--samples", &recording(), "--from", "4h"]);
    assert_eq!((code, talk.as_str()), (0, ""));
    for expected in [
        "2026-03-17 00:30:00 UTC to 2026-03-17 04:30:00 UTC (4h00m), every 15s",
        " P1   payments/success  error ratio > 1% for 2m    2026-03-17 02:23:00 UTC  1h08m         20.2%",
        " P2   payments/success  burn 1x over 3d and 6h     2026-03-17 03:04:15 UTC  1h25m, still  28.4%",
        "2026-03-17 02:43:00 UTC  15s     confidence",
        "INC-0001  P0   payments  2026-03-17 02:17:00 UTC  +6m00s    +1h14m     +1h29m    83,419 of 813,248  at least CNY 4,270,032.00",
        "Would have paged for 1 incident (P0 1, P1 0) and made a ticket of 0 incidents (P2 0).",
    ] {
        assert!(out.contains(expected), "`{expected}` is missing in\n{out}");
    }
}

#[test]
fn quiet_days_say_so() {
    let (code, out, _) = backtest(&["--samples", &recording(), "--from", "2d", "--to", "1d"]);
    assert_eq!(code, 0);
    assert!(out.contains("Would have paged for 0 incidents"), "{out}");
    assert!(!out.contains("Fired") && !out.contains("Incidents"), "no empty tables: {out}");
}

#[test]
fn data_that_are_shorter_than_the_stretch_are_told() {
    let samples = recording();
    let (code, out, talk) = backtest(&["--samples", &samples, "--from", "2026-02-14T13:00:00Z", "--to", "2026-02-15T13:00:00Z"]);
    assert_eq!(code, 0);
    assert!(talk.contains("samples begin at 2026-02-15T01:00:07Z"), "{talk}");
    assert!(out.contains(" 50.0%"), "half of the evaluations had data: {out}");
    let to = "2026-03-17T05:30:00Z";
    let (code, out, talk) = backtest(&["--samples", &samples, "--from", "1h", "--to", to, "--format", "json"]);
    assert_eq!(code, 0);
    assert!(talk.contains("end at 2026-03-17T04:30:00Z"), "{talk}");
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&answer["to"], &answer["data_through"]), (&to.into(), &"2026-03-17T04:30:00Z".into()));
    assert!((0.49..0.52).contains(&answer["slos"][0]["coverage"].as_f64().unwrap()), "{out}");
}

#[test]
fn stretches_that_make_no_sense_are_refused() {
    let samples = recording();
    let recorded = |from, to| [vec!["--samples", &samples], vec!["--from", from, "--to", to]].concat();
    for (args, says) in [
        (recorded("1h", "2h"), "is not before --to"),
        (recorded("1h", "1h"), "is not before --to"),
        (recorded("yesterday", "now"), "--from: `yesterday` is no time"),
        (recorded("1h", "soon"), "--to: `soon` is no time"),
        (recorded("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), "samples from 2026-02-15T01:00:07Z to"),
        (recorded("2020-01-01T00:00:00Z", "now"), "more than one run takes"),
        (vec!["--from", "1h", "--to", "2999-01-01T00:00:00Z"], "lies in the future"),
        (vec!["--from", "1h", "--samples", "/nowhere.om"], "/nowhere.om"),
    ] {
        let (code, out, talk) = backtest(&args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {talk}");
        assert!(talk.contains(says), "{args:?}: {talk}");
    }
}

#[test]
fn a_source_that_does_not_answer_is_no_quiet_month() {
    let (code, out, talk) = backtest(&["--from", "1h", "--prometheus", "http://127.0.0.1:1"]);
    assert_eq!(code, 3, "{talk}");
    assert!(talk.contains("127.0.0.1:1") && talk.contains("payments/success has no data"), "{talk}");
    assert!(out.contains(" 0.0%") && out.contains("nothing can be said of pages"), "{out}");
}

/// The recording's text, its last hours.
fn last_hours(hours: i64) -> String {
    let text = String::from_utf8(zstd::decode_all(std::fs::File::open(recording()).unwrap()).unwrap()).unwrap();
    let seconds = |line: &str| line.rsplit(' ').next().and_then(|t| t.parse::<i64>().ok()).unwrap_or(i64::MAX);
    let end = text.lines().filter(|l| !l.starts_with('#')).map(seconds).max().unwrap();
    text.lines().filter(|l| l.starts_with('#') || seconds(l) > end - hours * 3600).flat_map(|l| [l, "\n"]).collect()
}

/// What a server says of the recorded days, and a file of the same samples: the same, but for where it was read.
fn same_as_a_file(server: &str, text: &str) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("cut.om");
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let stretch = ["--from", "2026-03-16T03:00:00Z", "--to", "2026-03-17T04:15:00Z", "--format", "json"];
    let (code, served, talk) = backtest(&[&stretch[..], &["--prometheus", server]].concat());
    assert_eq!(code, 0, "{talk}");
    let (code, replayed, talk) = backtest(&[&stretch[..], &["--samples", file]].concat());
    assert_eq!(code, 0, "{talk}");
    let answer: Value = serde_json::from_str(&served).unwrap();
    assert_eq!((&answer["incidents"][0]["bad"], &answer["slos"][0]["coverage"]), (&83_419.into(), &1.into()));
    let address = server.trim_end_matches('/');
    assert!(served.contains(address), "costs name their source: {served}");
    assert_eq!(served.replace(address, "SOURCE"), replayed.replace(file, "SOURCE"));
}

#[test]
fn prometheus_and_a_recording_give_the_same_past() {
    if require("prometheus") && require("promtool") {
        let text = last_hours(50);
        same_as_a_file(&Prometheus::backfill(&text).url(), &text);
    }
}

#[test]
fn a_server_without_remote_read_gives_the_same_past() {
    if require("victoria-metrics") {
        let (text, server) = (last_hours(50), VictoriaMetrics::start());
        server.import(&text);
        same_as_a_file(&server.url(), &text);
    }
}
