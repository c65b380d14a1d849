//! `stats` on a file, on a ledger, and on nothing.

use crate::ledger::make::{commit, entry, onset};
use burnledger::domain::base::{IncidentId, Mono, Ms, Now, Span};
use burnledger::domain::incident::{Fact, ImpactRecord, IncidentRef, NewEntry, Onset};
use burnledger::ledger::SqliteLedger;
use burnledger::ports::Ledger;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Exit code, stdout, stderr.
fn run(dir: &Path, words: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .args(words)
        .current_dir(dir)
        .env("XDG_STATE_HOME", "/nonexistent")
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

/// What docs/statistics.md shows is compared with what is printed by the tests of the documentation.
#[test]
fn figures_fit_eighty_columns() {
    let columns = "id=key,severity=priority,resolved=closed_at";
    for more in [&[][..], &["--split", "2026-03-01T00:00:00Z", "--by", "severity"][..]] {
        let words = [&["stats", "--file", "docs/statistics-example.csv", "--columns", columns][..], more].concat();
        let (code, told, talk) = run(root(), &words);
        assert_eq!((code, talk.as_str()), (0, ""), "{more:?}");
        let wide: Vec<&str> = told.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(told.lines().count() > 20 && wide.is_empty(), "wider than 80 columns: {wide:#?}");
    }
}

#[test]
fn json_has_the_fields_of_the_contract() {
    let columns = "id=key,severity=priority,resolved=closed_at";
    let words =
        ["stats", "--file", "docs/statistics-example.csv", "--columns", columns, "--by", "service,month", "--format", "json"];
    let (code, told, talk) = run(root(), &words);
    assert_eq!(code, 0, "{talk}");
    let told: Value = serde_json::from_str(&told).unwrap();
    let group = &told["groups"][0];
    assert_eq!(told["by"], serde_json::json!(["service", "month"]));
    assert_eq!(group["key"]["service"], "checkout");
    for field in ["n", "n_open", "n_never_acked", "clocks", "trend", "skewed_by", "rate", "shares", "cost"] {
        assert!(group.get(field).is_some(), "{field}");
    }
    for field in [
        "definition",
        "n",
        "censored",
        "zeros",
        "median",
        "median_low",
        "median_high",
        "p90",
        "p90_low",
        "p90_high",
        "geomean",
        "geomean_low",
        "geomean_high",
        "total_seconds",
        "mean",
        "km_median",
    ] {
        assert!(group["clocks"]["ttr"].get(field).is_some(), "{field}");
    }
    let names: Vec<&str> = group["shares"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "change_failure_rate",
            "found_proactively",
            "acknowledged_in_5m",
            "mitigated_in_30m",
            "with_postmortem",
            "change_caused"
        ]
    );
    assert!(group["cost"]["total"].is_string() || group["cost"].is_null());
    let (code, csv, _) = run(root(), &[&words[..6], &["service", "--format", "csv"]].concat());
    assert_eq!((code, csv.lines().count()), (0, 13), "a head, and four clocks of three services");
    assert!(csv.starts_with("service,n_members,"), "{csv}");
    let n: u64 = told["groups"].as_array().unwrap().iter().map(|g| g["n"].as_u64().unwrap()).sum();
    assert_eq!(n, 40, "43 records less 3 drills");
    assert_eq!(told["drills"]["rows"].as_array().unwrap().len(), 3);
    assert_eq!(told["backwards"][0]["id"], "OPS-130");
}

#[test]
fn bad_cells_are_told_with_their_line_and_hostile_text_stays_text() {
    let dir = tempfile::tempdir().unwrap();
    let csv = "id,service,detected,acknowledged,resolved\n\
               a,\u{1b}[31mred,2026-03-02T02:17:00Z,soon,2026-03-02T03:17:00Z\n\
               b,web,2026-03-03T02:17:00Z,2026-03-03T02:20:00Z,2026-03-03T02:00:00Z\n";
    std::fs::write(dir.path().join("in.csv"), csv).unwrap();
    let (code, told, talk) = run(dir.path(), &["stats", "--file", "in.csv", "--by", "service"]);
    assert_eq!(code, 1, "{talk}");
    assert!(talk.contains("in.csv:2:") && talk.contains("`soon` is no value for acknowledged"), "{talk}");
    assert!(told.contains("TIMES THAT RUN BACKWARDS") && told.contains("b: resolved"), "{told}");
    assert!(!told.contains('\u{1b}'), "{told:?}");
    let (code, _, talk) = run(dir.path(), &["stats", "--file", "gone.csv"]);
    assert_eq!(code, 2, "{talk}");
    let (code, _, talk) = run(dir.path(), &["stats", "--file", "in.csv", "--from", "2026-04-01T00:00:00Z"]);
    assert_eq!(code, 2, "{talk}");
    let (code, _, talk) = run(dir.path(), &["stats", "--by", "weekday"]);
    assert_eq!(code, 2);
    assert!(talk.contains("service, slo, team, severity, root_cause, month"), "{talk}");
}

fn at(clock: &str) -> Ms {
    Ms::parse_rfc3339(&format!("2026-03-17T{clock}Z")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_ledger_it_counts_what_was_detected() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = SqliteLedger::open(&dir.path().join("ledger.db")).unwrap();
    let mut number = 0;
    let mut record = async |incident: IncidentRef, fact: Fact, at: Ms| {
        number += 1;
        let new = NewEntry { at, ..entry(incident, fact) };
        ledger.commit(commit(&format!("c{number}"), vec![new]), None, Now { wall: at, mono: Mono(0) }).await.unwrap();
    };
    let began = |start: &str, drill| Onset {
        impact_start: at(start),
        detected: at(start) + Span::from_mins(6),
        drill,
        ..onset("payments")
    };
    record(IncidentRef::Opens(0), Fact::Opened(began("02:17:00", false)), at("02:23:00")).await;
    let one = IncidentRef::Known(IncidentId(1));
    record(one, Fact::Mitigated { reason: "".into(), impact: Some(ImpactRecord::default()) }, at("02:40:00")).await;
    record(one, Fact::Resolved { reason: "fixed".into(), impact: None }, at("03:31:00")).await;
    record(IncidentRef::Opens(0), Fact::Opened(began("05:00:00", true)), at("05:06:00")).await;
    record(IncidentRef::Opens(0), Fact::Suspected(began("06:00:00", false)), at("06:00:00")).await;
    drop(ledger);
    std::fs::write(dir.path().join("burnledger.yaml"), "ledger: ledger.db\ntargets: {mitigated_in_30m: 80%}\n").unwrap();
    let (code, told, talk) = run(dir.path(), &["stats", "--to", "2026-03-18T00:00:00Z", "--format", "json"]);
    assert_eq!(code, 0, "{talk}");
    let told: Value = serde_json::from_str(&told).unwrap();
    let group = &told["groups"][0];
    assert_eq!((&group["n"], &group["n_open"], &group["n_never_acked"]), (&1.into(), &0.into(), &1.into()));
    assert_eq!(group["clocks"]["ttr"]["median"], 4440);
    assert_eq!(group["clocks"]["ttm"]["median"], 1380);
    assert_eq!((&group["clocks"]["tta"]["n"], &group["clocks"]["tta"]["censored"]), (&0.into(), &1.into()));
    assert_eq!((&group["shares"][3]["k"], &group["shares"][3]["target"]), (&1.into(), &0.8.into()));
    assert_eq!(told["drills"]["rows"].as_array().unwrap().len(), 1);
    let (code, told, _) = run(dir.path(), &["stats", "--from", "2026-01-01T00:00:00Z", "--to", "2026-02-01T00:00:00Z"]);
    assert_eq!(code, 0);
    assert!(told.contains("No incident was detected in this period"), "{told}");
}
