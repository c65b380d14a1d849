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
