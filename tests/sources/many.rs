//! A selector of many series against a real Prometheus: the server adds up, every verb says so, and what it says is right.

use crate::support::{Prometheus, require, run};
use serde_json::Value;
use std::fmt::Write;

/// Three hours at 15 s up to `end` of 60 pods: 10 requests a step each, of which every tenth pod fails 1.
fn recording(end: i64) -> String {
    let mut out = String::from("# TYPE hits counter\n");
    for pod in 0..60 {
        let bad = i64::from(pod % 10 == 0);
        for (code, each) in [("200", 10 - bad), ("500", bad)].into_iter().filter(|(_, each)| *each > 0) {
            for i in 0..720 {
                let at = end - (719 - i) * 15;
                writeln!(out, "hits_total{{code=\"{code}\",instance=\"pod-{pod}\",job=\"shop\"}} {} {at}", (i + 1) * each)
                    .unwrap();
            }
        }
    }
    out.push_str("# EOF\n");
    out
}

fn slo(limit: &str) -> String {
    format!(
        "version: burnledger/v1\nservice: shop\nperiod: 1d\n{limit}slos:\n  - name: availability\n    target: 99.5%\n    guards: none\n\
         \x20   severity: [{{severity: P0, burn: 1.5, long: 1h, short: 5m}}]\n\
         \x20   sli: {{events: {{bad: 'hits_total{{code=\"500\"}}', total: hits_total}}}}\n"
    )
}

fn folder(url: &str, limit: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    std::fs::write(dir.path().join("slos/shop.yaml"), slo(limit)).unwrap();
    std::fs::write(dir.path().join("burnledger.yaml"), format!("prometheus: {{url: '{url}'}}\nslos: slos\nledger: ledger.db\n"))
        .unwrap();
    dir
}

fn hour(status: &Value) -> (f64, f64) {
    let windows = status["slos"][0]["windows"].as_array().unwrap();
    let hour = windows.iter().find(|w| w["window"] == "1h").unwrap();
    (hour["bad"].as_f64().unwrap(), hour["total"].as_f64().unwrap())
}

#[test]
fn a_selector_of_too_many_series_is_added_up_by_the_server_and_every_verb_says_so() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let end = 1_700_006_400;
    let text = recording(end);
    let server = Prometheus::backfill(&text);
    let dir = folder(&server.url(), "count_up_to: 65\n");
    let at = chrono::DateTime::from_timestamp(end, 0).unwrap().to_rfc3339();
    let status = |dir: &std::path::Path, more: &[&str]| -> Value {
        let (code, out, talk) = run(dir, &[&["status", "--at", at.as_str(), "--format", "json"][..], more].concat());
        assert_eq!(code, 0, "{talk}");
        serde_json::from_str(&out).unwrap()
    };

    let asked = status(dir.path(), &[]);
    let slo = &asked["slos"][0];
    assert_eq!((&slo["plan"], &slo["state"], &slo["severity"]), (&"asked".into(), &"ok".into(), &"P0".into()), "{slo}");
    let doubt = slo["doubts"][0].as_str().unwrap();
    assert!(doubt.starts_with("added up by the server, not counted: `hits_total` matches 66 series, more than 65 (`count_up_to`); counts are extrapolated over 1m"), "{doubt}");
    // 240 steps of 60 pods: 144,000 requests, 1,440 failures. Steady traffic is extrapolated to what it is.
    let (bad, total) = hour(&asked);
    assert!((bad - 1_440.0).abs() < 1.0 && (total - 144_000.0).abs() < 10.0, "{bad} {total}");

    // Counted, it is that to the event; and the recording gives what the server gives, asked or counted.
    let roomy = folder(&server.url(), "count_up_to: 66\n");
    let counted = status(roomy.path(), &[]);
    assert_eq!((&counted["slos"][0]["plan"], hour(&counted)), (&"counted".into(), (1_440.0, 144_000.0)));
    assert_eq!(counted["slos"][0]["doubts"].as_array().unwrap().len(), 0);
    let file = dir.path().join("samples.om");
    std::fs::write(&file, &text).unwrap();
    let replayed = status(dir.path(), &["--samples", file.to_str().unwrap()]);
    assert_eq!(replayed["slos"][0]["plan"], "asked");
    let (again, all) = hour(&replayed);
    assert!((again - bad).abs() < 1e-6 && (all - total).abs() < 1e-6, "{again} {all}");

    let (_, out, _) = run(dir.path(), &["status", "--at", &at]);
    assert!(out.contains("?? shop/availability: added up by the server, not counted"), "{out}");
    let (_, out, _) = run(dir.path(), &["explain", "shop/availability", "--at", &at]);
    assert!(out.contains("added up by the server, increase over 1m at every step: `hits_total` matches 66 series"), "{out}");
    let from = chrono::DateTime::from_timestamp(end - 3600, 0).unwrap().to_rfc3339();
    let past = |dir: &std::path::Path| -> Value {
        let (code, out, talk) = run(dir, &["backtest", "--from", &from, "--to", &at, "--format", "json"]);
        assert_eq!(code, 0, "{talk}");
        serde_json::from_str(&out).unwrap()
    };
    let (first, second) = (past(dir.path()), past(dir.path()));
    assert_eq!(first, second, "the same choice every time");
    assert_eq!(first["slos"][0]["firings"][0]["severity"], "P0", "{first}");
}

#[test]
fn check_online_tells_of_too_many_series_before_anything_runs() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    let server = Prometheus::backfill(&recording(now - now % 15));
    let dir = folder(&server.url(), "count_up_to: 65\n");
    let (code, out, talk) = run(dir.path(), &["check", "--online"]);
    assert_eq!(code, 0, "{talk}");
    assert!(out.contains("slos/shop.yaml:6:") && out.contains("too-many-series"), "{out}");
    assert!(out.contains("matches 66 series, more than 65 (`count_up_to`); counts are extrapolated over 1m"), "{out}");
    std::fs::write(dir.path().join("slos/shop.yaml"), slo("")).unwrap();
    let (code, out, _) = run(dir.path(), &["check", "--online"]);
    assert!(code == 0 && !out.contains("too-many-series"), "{out}");
    for wrong in ["count_up_to: 0\n", "count_up_to: 2.5\n", "count_up_to: none\n", "count_upto: 5\n"] {
        std::fs::write(dir.path().join("slos/shop.yaml"), slo(wrong)).unwrap();
        let (code, out, _) = run(dir.path(), &["check"]);
        assert!(code == 1 && out.contains("count_up"), "{wrong}{out}");
    }
}
