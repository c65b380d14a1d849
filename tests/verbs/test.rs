//! `test`: our own case files hold, and what does not hold is told so that a person finds it.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn run(args: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger")).arg("test").args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}

fn cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let all = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<PathBuf> = all.filter(|p| p.to_str().unwrap().ends_with(".test.yaml")).collect();
    files.sort();
    files
}

#[test]
fn our_own_cases_hold() {
    let files = cases();
    assert!(files.len() >= 3, "{files:?}");
    let names: Vec<&str> = files.iter().map(|p| p.to_str().unwrap()).collect();
    let (code, out, talk) = run(&names);
    assert_eq!(code, 0, "{out}{talk}");
    assert!(out.lines().count() > 15 && out.lines().all(|line| line.starts_with("ok ")), "{out}");
}

const WRONG: &str = "version: burnledger-test/v1
slos: slos.yaml
cases:
  - name: nothing as told
    series: {requests_total: 0+100x80, errors_total: 0x40 ..+50x40}
    expect:
      - at: 15m
        state: no_data
        severity: none
        burn: {1h: 14.4}
        windows: {5m: {bad: 999, error_ratio: 12.5%}}
        budget: {remaining: '> 50%'}
        firing: [6x]
        held_back: {14.4x: min_bad}
      - {at: 5m, state: ok, incident: open}
    firings:
      - {rule: 14.4x, from: 10m, to: 11m, severity: P1}
      - {rule: 3d and 6h}
      - {rule: 3d and 6h}
    incidents:
      - {impact_start: 9m, detected: <= 10m, resolved: 30m}
  - name: all as told
    series: {requests_total: 0+100x80}
    firings: []
";

const SLO: &str = "version: burnledger/v1
service: shop
slos:
  - name: answers
    target: 99.9%
    severity: [{severity: P0, burn: 14.4, long: 1h, short: 5m}, {severity: P1, burn: 6, long: 6h, short: 30m}, {severity: P2, burn: 1, long: 3d, short: 6h}]
    sli: {events: {bad: errors_total, total: requests_total}}
";

fn wrong() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("slos.yaml"), SLO).unwrap();
    let path = dir.path().join("wrong.test.yaml");
    std::fs::write(&path, WRONG).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (dir, path)
}

#[test]
fn what_is_not_as_expected_is_told_with_its_line() {
    let (dir, path) = wrong();
    let (code, out, talk) = run(&[&path]);
    assert_eq!((code, talk.as_str()), (1, "2 cases in 1 file: 1 not as expected\n"));
    let out = out.replace(dir.path().to_str().unwrap(), "DIR");
    insta::assert_snapshot!(out, @"
    FAIL  nothing as told  (DIR/wrong.test.yaml:4)
          shop/answers at 15m
            state                                expected no_data, is ok  (line 8)
            severity                             expected none, is P0  (line 9)
            burn.1h                              expected 14.4, is 166.666667  (line 10)
            windows.5m.bad                       expected 999, is 1000  (line 11)
            windows.5m.error_ratio               expected 12.5%, is 50%  (line 11)
            budget.remaining                     expected > 50%, is -16566.666667%  (line 12)
            firing                               expected burn 6x over 6h and 30m, is burn 14.4x over 1h and 5m, burn 6x over 6h and 30m  (line 13)
            held_back.burn 14.4x over 1h and 5m  expected min_bad, is none  (line 14)
          shop/answers at 5m
            incident  expected open, is none  (line 15)
          shop/answers
            firings                              expected none, is P1 burn 6x over 6h and 30m, from 14m15s  (line 16)
            burn 14.4x over 1h and 5m: from      expected 10m, is 11m45s  (line 17)
            burn 14.4x over 1h and 5m: to        expected 11m, is none  (line 17)
            burn 14.4x over 1h and 5m: severity  expected P1, is P0  (line 17)
            firings                              expected burn 1x over 3d and 6h, is none  (line 19)
          shop
            incident: impact_start  expected 9m, is 10m  (line 21)
            incident: detected      expected <= 10m, is 11m45s  (line 21)
            incident: resolved      expected 30m, is none  (line 21)
    ok    all as told
    ");
    let (code, out, talk) = run(&[&path, "--only", "all as"]);
    assert_eq!((code, out.as_str(), talk.as_str()), (0, "ok    all as told\n", "1 case in 1 file: as expected\n"));
    assert_eq!(run(&[&path, "--only", "nobody"]).0, 2);
}

#[test]
fn json_says_the_same() {
    let (_dir, path) = wrong();
    let (code, out, _) = run(&[&path, "--format", "json"]);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &answer["passed"], &answer["failed"]), (1, &1.into(), &1.into()));
    let case = &answer["files"][0]["cases"][0];
    assert_eq!((&case["name"], &case["passed"], &case["line"]), (&"nothing as told".into(), &false.into(), &4.into()));
    let first = &case["mismatches"][0];
    assert_eq!(
        first,
        &serde_json::json!({"line": 8, "at": "2026-01-05T00:15:00Z", "of": "shop/answers", "field": "state", "expected": "no_data", "is": "ok"})
    );
}

#[test]
fn a_file_with_errors_is_not_run() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.yaml");
    std::fs::write(&path, "version: burnledger-test/v1\nslos: gone.yaml\ncases: []\n").unwrap();
    let (code, out, talk) = run(&[path.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (2, ""), "{talk}");
    assert!(talk.contains("gone.yaml does not exist"), "{talk}");
    std::fs::write(&path, "version: burnledger-test/v1\ninline: {version: burnledger/v1}\ncases: []\n").unwrap();
    let (code, _, talk) = run(&[path.to_str().unwrap()]);
    assert_eq!(code, 1, "{talk}");
    assert!(talk.contains("needs `service`") && talk.ends_with("no case was run in 1 file; 1 file not run\n"), "{talk}");
}
