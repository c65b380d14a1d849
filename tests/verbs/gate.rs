//! `gate` as a pipeline runs it: a deploy stops when the budget is gone or an incident is open, and goes on when not; load
//! tests are judged; changed SLO files are compared.

use burnledger::app::demo::Demo;
use burnledger::domain::base::Ms;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(scenario: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join(scenario)
}

/// Runs a shell script with the program in its path and nothing configured.
fn script(dir: &Path, text: &str) -> (i32, String, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_burnledger")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let out = Command::new("sh")
        .args(["-e", "-c", text])
        .current_dir(dir)
        .env("PATH", format!("{}:{path}", program.display()))
        .env("SAMPLES", folder("connection-pool").join("samples.om.zst"))
        .env("BURNLEDGER_SLOS", dir.join("slos"))
        .env("BURNLEDGER_LEDGER", dir.join("ledger.db"))
        .env_remove("BURNLEDGER_CONFIG")
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}

/// A folder with the recorded service's SLO at a target.
fn house(target: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_slos(&dir.path().join("slos"), target);
    dir
}

fn write_slos(slos: &Path, target: &str) {
    std::fs::create_dir_all(slos).unwrap();
    let written = std::fs::read_to_string(folder("connection-pool").join("slos/payments.yaml")).unwrap();
    std::fs::write(slos.join("payments.yaml"), written.replace("target: 99.9%", &format!("target: {target}"))).unwrap();
}

/// Docs, tests and pipelines deploy like this.
const PIPELINE: &str = "burnledger gate --service payments --min-budget 10% --samples $SAMPLES\necho deployed";

#[test]
fn a_deploy_stops_when_the_budget_is_gone_and_goes_on_when_not() {
    let (code, out, talk) = script(house("99.9%").path(), PIPELINE);
    assert_eq!(code, 0, "{out}{talk}");
    assert!(out.starts_with("gate: open\n") && out.ends_with("deployed\n"), "{out}");
    assert!(talk.contains("no ledger was read"), "{talk}");
    let (code, out, _) = script(house("99.99%").path(), PIPELINE);
    assert_eq!(code, 1, "{out}");
    assert!(out.starts_with("gate: SHUT\n") && !out.contains("deployed"), "{out}");
    assert!(out.contains("payments/success: -") && out.contains("% of the budget is left, less than 10%"), "{out}");
}

#[tokio::test]
async fn a_deploy_stops_while_an_incident_is_open() {
    let house = house("99.9%");
    let demo = Demo::load("connection-pool", Path::new("sample-data")).unwrap();
    let ledger = Demo::ledger(Some(&house.path().join("ledger.db"))).await.unwrap();
    let until = Ms::parse_rfc3339("2026-03-17T02:26:00Z");
    drop(demo.play(ledger, until, None, |_| true).await.unwrap());
    let gate = |more: &str| script(house.path(), &format!("burnledger gate --samples $SAMPLES --at 2026-03-17T02:26:00Z {more}"));
    let (code, out, talk) = gate("");
    assert_eq!((code, talk.as_str()), (1, ""), "{out}");
    assert!(out.contains("INC-0001 is open on payments (P"), "{out}");
    assert_eq!(gate("--no-open none").0, 0);
    let (code, out, _) = gate("--no-open P0,P1 --format json");
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["answer"], &answer["ledger_read"]), (1, &"shut".into(), &true.into()));
    assert_eq!((&answer["incidents"][0]["id"], &answer["incidents"][0]["state"]), (&1.into(), &"open".into()));
    assert_eq!(answer["budgets"][0]["answer"], "open");
}

#[test]
fn a_gate_that_cannot_know_says_so_and_is_shut() {
    let house = house("99.9%");
    let gate = |more: &str| script(house.path(), &format!("burnledger gate --prometheus http://127.0.0.1:1 {more}"));
    let (code, out, talk) = gate("");
    assert_eq!(code, 3, "{out}{talk}");
    assert!(out.starts_with("gate: SHUT, because it cannot know") && talk.contains("127.0.0.1:1"), "{out}{talk}");
    let (code, out, _) = gate("--unknown pass");
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("although it cannot know"), "{out}");
    let (code, _, talk) = gate("--no-open P0");
    assert_eq!(code, 4, "the ledger that was asked for is not there: {talk}");
    let (code, _, talk) = gate("--service nobody");
    assert_eq!(code, 2, "{talk}");
    assert_eq!(gate("--min-budget 200%").0, 2);
    assert_eq!(gate("--no-open P7").0, 2);
    // Long after the recording nothing is known any more.
    let (code, out, _) = script(house.path(), "burnledger gate --samples $SAMPLES --at 2026-03-17T05:30:00Z");
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("its budget is not known (no_data)"), "{out}");
}

#[test]
fn a_load_test_is_judged_by_the_slos_that_page() {
    let house = house("99.9%");
    let test = |from: &str, to: &str, more: &str| {
        script(house.path(), &format!("burnledger gate --samples $SAMPLES --from {from} --to {to} {more}"))
    };
    let (code, out, talk) = test("2026-03-16T10:00:00Z", "2026-03-16T11:00:00Z", "");
    assert_eq!((code, talk.as_str()), (0, ""), "{out}");
    assert!(out.contains("payments/success  yes") && out.ends_with("gate: open\n"), "{out}");
    let (code, out, _) = test("2026-03-17T02:17:00Z", "2026-03-17T03:31:00Z", "");
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("83,419") && out.contains("813,248") && out.contains("payments/success: P"), "{out}");
    let (code, out, _) = test("2026-03-17T02:17:00Z", "2026-03-17T03:31:00Z", "--format json");
    let answer: Value = serde_json::from_str(&out).unwrap();
    let slo = &answer["slos"][0];
    assert_eq!((code, &answer["answer"], &slo["bad"], &slo["total"]), (1, &"shut".into(), &83_419.into(), &813_248.into()));
    assert!(slo["budget_spent"].as_f64().unwrap() > 0.1 && !slo["breaches"].as_array().unwrap().is_empty(), "{slo}");
    assert_eq!(test("2026-03-17T05:30:00Z", "2026-03-17T06:00:00Z", "").0, 2, "the recording ends before");
}

#[test]
fn latency_stands_against_its_bound() {
    let data = folder("resize-storm");
    let (samples, slos) = (data.join("samples.om.zst"), data.join("slos"));
    let dir = tempfile::tempdir().unwrap();
    let gate = format!("burnledger gate --samples {} --slos {} --from 1h --format json", samples.display(), slos.display());
    let (_, out, talk) = script(dir.path(), &format!("{gate} || true"));
    let answer: Value = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{talk}"));
    let latency = answer["slos"].as_array().unwrap().iter().find(|s| !s["under_seconds"].is_null()).unwrap();
    let (p50, p99) = (&latency["latency"]["p50"]["seconds"], &latency["latency"]["p99"]["seconds"]);
    assert!(p50.as_f64().unwrap() < p99.as_f64().unwrap() && latency["under_seconds"].as_f64().unwrap() > 0.0, "{latency}");
}

#[test]
fn changed_files_are_compared_as_markdown_for_a_pull_request() {
    let house = house("99.9%");
    write_slos(&house.path().join("proposed"), "98%");
    let gate = |more: &str| script(house.path(), &format!("burnledger gate --samples $SAMPLES --from 4h --change {more}"));
    let (code, out, talk) = gate("proposed");
    assert_eq!((code, talk.as_str()), (0, ""), "{out}");
    for expected in ["### SLO change\n", "| SLO | target | budget left | P0 | P1 | P2 | held back |", "99.9% → 98%"] {
        assert!(out.contains(expected), "`{expected}` is missing in\n{out}");
    }
    let (code, out, _) = gate("proposed/payments.yaml --format json");
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["pages"]["before"]), (0, &1.into()));
    let before = answer["tracks"][0]["before"]["budget_remaining"].as_f64().unwrap();
    let after = answer["tracks"][0]["after"]["budget_remaining"].as_f64().unwrap();
    assert!(before < after && after < 1.0, "{before} {after}");
    let (code, out, _) = gate("slos");
    assert!(code == 0 && out.contains("1 of 1 track unchanged"), "{out}");
    std::fs::write(house.path().join("proposed/payments.yaml"), "version: burnledger/v1\nservice: payments\nslos: []\n").unwrap();
    let (code, out, talk) = gate("proposed");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(talk.contains("`slos` is empty"), "{talk}");
}
