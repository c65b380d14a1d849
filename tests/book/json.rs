//! The fields of JSON answers: the tables of docs/reference/json.md name every field that the program answers with, and no other.
//!
//! A table belongs to the comment before it, `<!-- fields of: COMMAND -->`. In a path a name in capitals stands for any name;
//! a field whose words begin with "as " has the fields of another table.

use super::{read, root};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Paths of everything in an answer: `slos[].budget.bad`.
fn collect(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                found.insert(path.clone());
                collect(value, &path, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, &format!("{path}[]"), found)),
        _ => {}
    }
}

fn shell(dir: &Path, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_burnledger")).parent().unwrap();
    let path = std::env::var("PATH").unwrap_or_default();
    let out = Command::new("sh")
        .args(["-c", command])
        .current_dir(dir)
        .env("PATH", format!("{}:{path}", program.display()))
        .env("BURNLEDGER_LEDGER", dir.join("ledger.db"))
        .env("BURNLEDGER_SLOS", root().join("sample-data/connection-pool/slos"))
        .env("SAMPLES", root().join("sample-data/connection-pool/samples.om.zst"))
        .env("XDG_CONFIG_HOME", dir)
        .env("XDG_STATE_HOME", dir)
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(!text.is_empty(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
    text
}

/// The rows of the table behind a comment: path and words.
fn rows(rest: &str) -> Vec<(String, String)> {
    let table = rest.lines().skip_while(|l| !l.starts_with("| field |")).skip(2).take_while(|l| l.starts_with("| `"));
    let mut found = Vec::new();
    for row in table {
        let (names, words) = row.trim_matches('|').trim().split_once(" | ").unwrap_or((row, ""));
        found.extend(names.split('`').skip(1).step_by(2).map(|name| (name.to_owned(), words.to_owned())));
    }
    found
}

fn fits(told: &str, path: &str) -> bool {
    let any = |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase());
    let (told, path): (Vec<&str>, Vec<&str>) = (told.split('.').collect(), path.split('.').collect());
    told.len() == path.len() && told.iter().zip(&path).all(|(t, p)| t == p || any(t))
}

fn is_told(rows: &[(String, String)], path: &str) -> bool {
    let below = |told: &str| path.starts_with(&format!("{told}.")) || path.starts_with(&format!("{told}[]"));
    rows.iter().any(|(told, words)| fits(told, path) || (words.starts_with("as ") && below(told)))
}

#[test]
fn every_field_of_the_answers_is_told_and_no_other() {
    let page = read("docs/reference/json.md");
    let dir = tempfile::tempdir().unwrap();
    shell(dir.path(), "burnledger demo --headless --ledger ledger.db");
    let mut problems = Vec::new();
    let mut tables = 0;
    for rest in page.split("<!-- fields of: ").skip(1) {
        let (command, rest) = rest.split_once(" -->").expect("the end of the comment");
        let answer: Value = serde_json::from_str(&shell(dir.path(), command)).unwrap_or_else(|e| panic!("{command}: {e}"));
        let mut paths = BTreeSet::new();
        collect(&answer, "", &mut paths);
        let rows = rows(rest);
        tables += 1;
        let missing: Vec<&String> = paths.iter().filter(|path| !is_told(&rows, path)).collect();
        let extra: Vec<&String> = rows.iter().map(|(told, _)| told).filter(|told| !paths.iter().any(|p| fits(told, p))).collect();
        if !missing.is_empty() || !extra.is_empty() {
            problems.push(format!("`{command}`\n  not told: {missing:?}\n  told, but not there: {extra:?}"));
        }
    }
    assert!(problems.is_empty(), "docs/reference/json.md:\n{}", problems.join("\n"));
    assert!(tables >= 6, "only {tables} tables were found");
}
