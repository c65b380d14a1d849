//! `cost estimate`: files in, sheets or problems out; and the verb itself, with its streams and exit codes.
//!
//! Every amount in the case files was computed by hand from the formulas.

use super::cases::{line, run_cases};
use burnledger::domain::cost::{CostLine, Estimated, estimate};
use burnledger::formats::estimate::load_bytes;
use std::fmt::Write;
use std::process::{Command, Output};

/// Files without a version and a currency of their own are in dollars.
const HEAD: &str = "version: burnledger-cost/v1\ncurrency: USD\n";

fn answer(_title: &str, input: &str) -> String {
    let whole = if input.starts_with("version") { input.to_owned() } else { format!("{HEAD}{input}") };
    let loaded = load_bytes("cost.yaml", whole.as_bytes());
    let mut out: String = loaded.problems.iter().fold(String::new(), |out, p| out + &line(p) + "\n");
    if let Some(file) = &loaded.estimate {
        out += &sheet(&estimate(file));
    }
    out
}

fn sheet(estimated: &Estimated) -> String {
    let (mut out, sheet) = (String::new(), &estimated.sheet);
    for line in &sheet.lines {
        write_line(&mut out, line);
    }
    let total = sheet.total.map_or("null".to_owned(), |t| t.to_string());
    let bounds = sheet.low.zip(sheet.high).map_or_else(String::new, |(l, h)| format!(" [{l} to {h}]"));
    let state = if sheet.complete { "complete" } else { "partial" };
    writeln!(out, "total {total}{bounds} {state}").unwrap();
    for missing in &sheet.not_estimated {
        writeln!(out, "not estimated: {missing}").unwrap();
    }
    if let Some(r) = &estimated.range {
        let [p5, p10, p50, p90, p95] = r.quantiles;
        writeln!(out, "range p5 {p5} p10 {p10} p50 {p50} p90 {p90} p95 {p95} mean {}", r.mean).unwrap();
    }
    if let Some(shares) = &estimated.overlaps {
        let each: Vec<String> = shares.incidents.iter().map(|s| format!("{} {}", s.id, s.amount)).collect();
        writeln!(out, "union {} = {}", shares.union, each.join(" + ")).unwrap();
    }
    out
}

fn write_line(out: &mut String, line: &CostLine) {
    let subject = line.subject.as_deref().map_or_else(String::new, |s| format!(" ({s})"));
    let bounds = line.low.zip(line.high).map_or_else(String::new, |(l, h)| format!(" [{l} to {h}]"));
    let value = line.value_is.map_or_else(String::new, |v| format!(" {}", v.name()));
    let memo = if line.memo { " memo" } else { "" };
    writeln!(out, "{}{subject} {}{bounds}{value}{memo}", line.component, line.amount.amount).unwrap();
    writeln!(out, "  {}", line.formula).unwrap();
    if let Some(note) = &line.note {
        writeln!(out, "  note: {note}").unwrap();
    }
}

#[test]
fn every_method_gives_what_was_computed_by_hand() {
    run_cases("estimate/methods.case", answer);
}

#[test]
fn bad_cost_files_get_the_answers_of_their_cases() {
    run_cases("estimate/bad.case", answer);
}

fn burnledger(args: &[&str]) -> Output {
    let dir = tempfile::tempdir().unwrap();
    let home = [("XDG_CONFIG_HOME", dir.path()), ("XDG_STATE_HOME", dir.path())];
    Command::new(env!("CARGO_BIN_EXE_burnledger")).args(args).envs(home).current_dir(dir.path()).output().unwrap()
}

fn file(text: &str) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("cost.yaml");
    std::fs::write(&path, text).unwrap();
    let name = path.display().to_string();
    (dir, name)
}

const GOOD: &str = "version: burnledger-cost/v1
currency: USD
headline: revenue
components:
  lost_revenue: {method: failed_transactions, failed_transactions: 1000, value: '25.00', value_is: revenue}
  recovered_revenue: {orders: 310, value: '25.00'}
  items: [{name: \"venue\\e[31m\", amount: '0.125'}]
  penalties: null
";

#[test]
fn json_is_the_cost_object_of_the_contract() {
    let (_dir, path) = file(GOOD);
    let told = burnledger(&["cost", "estimate", &path, "--format", "json"]);
    assert_eq!((told.status.code(), &*String::from_utf8_lossy(&told.stderr)), (Some(0), ""));
    let json: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!((&json["currency"], &json["total"], &json["complete"]), (&"USD".into(), &"17250.12".into(), &false.into()));
    assert_eq!(json["not_estimated"], serde_json::json!(["penalties"]));
    for field in ["low", "high", "range", "overlaps"] {
        assert!(json.as_object().unwrap().contains_key(field) && json[field].is_null(), "{field}");
    }
    let amounts: Vec<&str> = json["lines"].as_array().unwrap().iter().map(|l| l["amount"].as_str().unwrap()).collect();
    assert_eq!(amounts, ["25000.00", "-7750.00", "0.12"]);
    let first = &json["lines"][0];
    assert_eq!((&first["basis"], &first["value_is"], &first["memo"]), (&"declared".into(), &"revenue".into(), &false.into()));
    assert_eq!((&first["inputs"]["v"]["value"], &json["lines"][2]["unrounded"]), (&"25.00 USD".into(), &"0.125".into()));
}

const RANGED: &str = "version: burnledger-cost/v1
currency: USD
components:
  lost_revenue: {method: given, amount: 25000}
  churn: {amount: 1000}
  refunds: {amount: 500}
ranges:
  lost_revenue: {low: 18000, mode: 25000, high: 36000, dist: pert}
  churn: {dist: lognormal, p5: 400, p95: 2500}
range: {method: METHOD, seed: SEED, draws: 20000, exceeds: 30000}
";

fn range_of(method: &str, seed: &str) -> serde_json::Value {
    let (_dir, path) = file(&RANGED.replace("METHOD", method).replace("SEED", seed));
    let told = burnledger(&["cost", "estimate", &path, "--format", "json"]);
    assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice::<serde_json::Value>(&told.stdout).unwrap()["range"].clone()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_one_other_draws_of_the_same_range() {
    let number = |r: &serde_json::Value, name: &str| r[name].as_str().unwrap().parse::<f64>().unwrap();
    let one = range_of("independent", "1");
    assert_eq!(one.to_string(), range_of("independent", "1").to_string());
    let two = range_of("independent", "2");
    assert_ne!(one["p50"], two["p50"]);
    // PERT: (18000 + 4 x 25000 + 36000) / 6. Lognormal: exp(mu + sigma^2 / 2), mu = ln 1000, sigma = ln 6.25 / 3.2897.
    let mean = 154_000.0 / 6.0 + 1000.0 * (0.557_06_f64.powi(2) / 2.0).exp() + 500.0;
    for range in [&one, &two] {
        assert!((number(range, "mean") - mean).abs() < 120.0, "{range} {mean}");
        let shares: f64 = range["variance"].as_object().unwrap().values().map(|v| v.as_f64().unwrap()).sum();
        assert!((shares - 1.0).abs() < 1e-9);
    }
    assert!((one["exceeds"]["probability"].as_f64().unwrap() - two["exceeds"]["probability"].as_f64().unwrap()).abs() < 0.02);
    let severity = range_of("severity", "1");
    let width = |r: &serde_json::Value| number(r, "p90") - number(r, "p10");
    assert!(width(&severity) > width(&one), "what is high for one is high for all");
}

#[test]
fn text_names_the_total_by_what_it_is_and_lets_nothing_reach_the_terminal() {
    let (_dir, path) = file(GOOD);
    let told = burnledger(&["cost", "estimate", &path]);
    let text = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.status.code(), Some(0));
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(text.contains("total, revenue lines as revenue, at least  $17,250.12"), "{text}");
    for part in ["NOT ESTIMATED", "- penalties: given as null", "ASSUMPTIONS", "F × v × (1 − r) = 1000 × 25.00 USD", "half-even"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_bad_file_is_answered_no_and_a_missing_one_is_bad_usage() {
    let (_dir, path) = file("version: burnledger-cost/v1\ncurrency: USD\ncomponents: {refunds: {amount: -1}}\n");
    let told = burnledger(&["cost", "estimate", &path, "--format", "json"]);
    let talk = String::from_utf8_lossy(&told.stderr).into_owned();
    assert_eq!((told.status.code(), told.stdout.len()), (Some(1), 0));
    assert!(talk.contains("cost.yaml:3:32") && talk.contains("`amount` may not be negative"), "{talk}");
    let told = burnledger(&["cost", "estimate", "gone.yaml"]);
    assert_eq!(told.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&told.stderr).contains("gone.yaml does not exist"));
}

/// The sample in the repository, in every form. The amounts beside its lines were computed by hand; here they add up to
/// 25000 + 50000 - 7750 + 10000 + 480 + 1.89 + 85000 + 170 - 50 + 0.12.
#[test]
fn the_sample_file_prints_what_is_stored_beside_it() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data/cost-estimate");
    for (format, name) in [("text", "expected.txt"), ("json", "expected.json"), ("csv", "expected.csv")] {
        let told = Command::new(env!("CARGO_BIN_EXE_burnledger"))
            .args(["cost", "estimate", "cost.yaml", "--format", format])
            .current_dir(&folder)
            .output()
            .unwrap();
        assert_eq!((told.status.code(), &*String::from_utf8_lossy(&told.stderr)), (Some(0), ""));
        let (got, path) = (String::from_utf8(told.stdout).unwrap(), folder.join(name));
        assert!(got.contains(if format == "text" { "$162,852.01" } else { "162852.01" }), "{got}");
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &got).unwrap();
        }
        assert_eq!(got, std::fs::read_to_string(&path).unwrap(), "{name}");
    }
}

#[test]
fn csv_runs_no_formula_and_names_what_is_missing() {
    let (_dir, path) = file(&GOOD.replace("venue\\e[31m", "=HYPERLINK(1)"));
    let told = burnledger(&["cost", "estimate", &path, "--format", "csv"]);
    let text = String::from_utf8(told.stdout).unwrap();
    let rows: Vec<&str> = text.split_terminator("\r\n").collect();
    let cells = rows[0].split(',').count();
    assert!(rows[3].starts_with("items,\"'=HYPERLINK(1)\",0.12,"), "{text}");
    assert!(rows[2].starts_with("recovered_revenue,,-7750.00,"), "{text}");
    let total = format!("total,,17250.12,,,,USD,{}partial: at least", ",".repeat(7));
    assert_eq!(rows[4], total);
    assert_eq!(rows[5], format!("penalties,,,,,,USD,{}not estimated: given as null", ",".repeat(7)));
    assert!(rows[4].split(',').count() == cells && rows[5].split(',').count() == cells, "{text}");
}

#[test]
fn check_knows_cost_files() {
    let (_dir, path) = file(GOOD);
    let told = burnledger(&["check", &path]);
    assert_eq!(told.status.code(), Some(0), "{}", String::from_utf8_lossy(&told.stdout));
    let (_dir, path) = file("version: burnledger-cost/v1\ncurrency: USD\ncomponents: {refunds: {amount: -1}}\n");
    let told = burnledger(&["check", &path]);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&told.stdout).contains("cost.yaml:3:32"), "{}", String::from_utf8_lossy(&told.stdout));
}

#[test]
fn the_inputs_that_move_the_total_most_are_told_one_at_a_time() {
    let range = range_of("independent", "1");
    let told: Vec<(&str, &str, &str, &str)> = range["sensitivity"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            let text = |name: &str| s[name].as_str().unwrap();
            (text("component"), text("input"), text("low"), text("high"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("lost_revenue", "range", "19500.00", "37500.00"),
            ("churn", "range", "25900.00", "28000.00"),
            ("refunds", "amount", "26400.00", "26600.00"),
        ]
    );
}
