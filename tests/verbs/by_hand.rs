//! `incidents` beyond taking and ending: declare, mitigate, reopen, close, edit, merge, split, evidence, export and import;
//! and `ledger verify|backup`.

use super::incidents::Office;
use burnledger::cli::Exit;
use burnledger::ledger::{MemoryLedger, SqliteLedger};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

async fn said(office: &Office, line: &[&str]) -> String {
    let (exit, data, talk) = office.text(line).await;
    assert_eq!(exit, Exit::Fine, "{line:?}: {talk}");
    data
}

async fn refused(office: &Office, line: &[&str]) -> String {
    let (exit, data, talk) = office.text(line).await;
    assert!(matches!(exit, Exit::No | Exit::Usage), "{line:?}: {data}");
    talk
}

#[tokio::test]
async fn an_incident_lives_its_life_by_hand() {
    let office = Office::new();
    let declared =
        said(&office, &["declare", "mail", "queues", "grow", "--severity", "P1", "--since", "5m", "--drill", "--by", "ann"]);
    assert_eq!(declared.await, "INC-0001 P1 on mail (drill), bad since 02:18:00: queues grow\n");
    let again = refused(&office, &["declare", "mail", "again", "--severity", "P0", "--by", "ann"]).await;
    assert!(again.contains("INC-0001 is open for mail already; add to that one"), "{again}");
    office.pass(3);
    let told = said(&office, &["mitigate", "1", "--reason", "drained", "--by", "ann"]).await;
    assert_eq!(told, "INC-0001 users are served again, says ann: drained\n");
    assert_eq!(said(&office, &["resolve", "1", "--by", "ann"]).await, "INC-0001 resolved by ann\n");
    let told = refused(&office, &["mitigate", "1", "--by", "ann"]).await;
    assert!(told.contains("INC-0001 is resolved already"), "{told}");
    let told = refused(&office, &["reopen", "1", "--by", "ann"]).await;
    assert!(told.contains("say why it is not over"), "{told}");
    let told = said(&office, &["reopen", "1", "--reason", "grows again", "--by", "ann"]).await;
    assert_eq!(told, "INC-0001 reopened by ann, bad since 02:26:00: grows again\n");
    said(&office, &["resolve", "1", "--by", "ann"]).await;
    said(&office, &["close", "1", "--by", "ann"]).await;
    let shown = office.json(&["show", "1"]).await;
    assert_eq!((&shown["state"], &shown["drill"], &shown["flaps"]), (&json!("closed"), &json!(true), &json!(1)));
}

#[tokio::test]
async fn what_was_found_out_is_told_with_the_end_and_notes_carry_marks() {
    let office = Office::new();
    office.open("checkout").await;
    office.pass(30);
    let told = said(&office, &["note", "1", "raise", "the", "pool", "--action-item", "--by", "ann"]).await;
    assert_eq!(told, "INC-0001 action item: raise the pool\n");
    said(&office, &["note", "1", "orders", "fail", "--customer-visible", "--by", "ann"]).await;
    let none = refused(&office, &["resolve", "1", "--responders", "0", "--hours", "1", "--by", "ann"]).await;
    assert!(none.contains("1 to 10000 people"), "{none}");
    let line = ["resolve", "1", "--reason", "done", "--cause", "capacity", "--responders", "5", "--hours", "0.5", "--by", "ann"];
    assert_eq!(
        said(&office, &line).await,
        "INC-0001 root cause is capacity, says ann\n\
         INC-0001 people's hours are 5 x 0.5 h, says ann\n\
         INC-0001 resolved by ann: done\n"
    );
    let shown = office.json(&["show", "1"]).await;
    assert_eq!((&shown["root_cause"], &shown["state"]), (&json!("capacity"), &json!("resolved")));
    assert_eq!(shown["effort"], json!({ "people": 5, "hours_each": "0.5" }));
    assert_eq!((&shown["notes"][0]["action_item"], &shown["notes"][1]["customer_visible"]), (&json!(true), &json!(true)));
    let again = said(&office, &["edit", "1", "--responders", "5", "--hours", "0.5", "--by", "ben"]).await;
    assert_eq!(again, "INC-0001 says so already\n");
    said(&office, &["edit", "1", "--responders", "6", "--hours", "0.75", "--by", "ben"]).await;
    let text = said(&office, &["show", "1"]).await;
    assert!(text.contains("6 for 0.75 h each, as declared") && text.contains("effort 5 x 0.5 h -> 6 x 0.75 h, ben"), "{text}");
}

#[tokio::test]
async fn edits_keep_what_was_said_and_name_it() {
    let office = Office::new();
    office.open("checkout").await;
    office.pass(30);
    let told = refused(&office, &["edit", "1", "--impact-start", "2026-03-02T02:10:00Z", "--by", "ann"]).await;
    assert!(told.contains("needs a reason"), "{told}");
    let line =
        ["edit", "1", "--impact-start", "2026-03-02T02:10:00Z", "--severity", "p0", "--reason", "logs show it", "--by", "ann"];
    let told = said(&office, &line).await;
    assert_eq!(
        told,
        "INC-0001 impact start is 2026-03-02 02:10:00 UTC, says ann: logs show it (corrects entry 1)\n\
         INC-0001 severity is P0, says ann: logs show it (corrects entry 1)\n"
    );
    said(&office, &["edit", "1", "--root-cause", "capacity", "--drill", "--by", "ann"]).await;
    let same = said(&office, &["edit", "1", "--drill", "--by", "ann"]).await;
    assert_eq!(same, "INC-0001 says so already\n");
    let link = ["evidence", "1", "--kind", "trace", "--url", "https://t.example/1", "--by", "ann", "slow", "query"];
    assert_eq!(said(&office, &link).await, "INC-0001 trace: slow query https://t.example/1\n");
    let shown = office.json(&["show", "1"]).await;
    assert_eq!((&shown["severity"], &shown["root_cause"], &shown["drill"]), (&json!("P0"), &json!("capacity"), &json!(true)));
    assert_eq!(shown["milestones"]["impact_start"], "2026-03-02T02:10:00Z");
    let first = &shown["corrections"][0];
    assert_eq!(
        (&first["field"], &first["was"], &first["corrects"]),
        (&json!("impact_start"), &json!("2026-03-02T02:17:00Z"), &json!(1))
    );
    assert_eq!(shown["evidence"][0]["url"], "https://t.example/1");
    let text = said(&office, &["show", "1"]).await;
    assert!(
        text.contains("impact start 2026-03-02 02:17:00 UTC -> 2026-03-02 02:10:00 UTC, ann: logs show it (corrects entry 1)"),
        "{text}"
    );
    assert!(
        text.contains("root cause    capacity") && text.contains("trace     slow query  https://t.example/1  [ann]"),
        "{text}"
    );
}

#[tokio::test]
async fn two_are_merged_and_parted_by_hand() {
    let office = Office::new();
    office.open("checkout").await;
    office.open("search").await;
    let told = said(&office, &["merge", "2", "1", "--reason", "one cause", "--by", "ann"]).await;
    assert_eq!(told, "INC-0001 INC-0002 is part of this: search: one cause\nINC-0002 became part of INC-0001: one cause\n");
    let list = said(&office, &["list"]).await;
    assert!(list.contains("P1   in INC-0001   search"), "{list}");
    let told = refused(&office, &["resolve", "2", "--by", "ann"]).await;
    assert!(told.contains("INC-0002 became part of INC-0001; `incidents split` takes it out again"), "{told}");
    let told = refused(&office, &["split", "1", "--service", "mail", "--by", "ann"]).await;
    assert!(told.contains("mail is no part of INC-0001; its services are checkout, search"), "{told}");
    let told = said(&office, &["split", "1", "--service", "search", "--reason", "two causes", "--by", "ann"]).await;
    assert!(told.contains("search split off into INC-0003: two causes"), "{told}");
    let shown = office.json(&["show", "3"]).await;
    assert_eq!((&shown["service"], &shown["state"]), (&json!("search"), &json!("open")));
    let merged = office.json(&["show", "2"]).await;
    assert_eq!(merged["merged_into"], json!(1));
}

#[tokio::test]
async fn an_export_comes_into_another_ledger_once_with_its_corrections() {
    let office = Office::new();
    office.open("checkout").await;
    office.open("search").await;
    office.send_pages().await;
    office.pass(5);
    said(&office, &["merge", "2", "1", "--reason", "one cause", "--by", "ann"]).await;
    said(&office, &["resolve", "1", "--by", "ann"]).await;
    said(&office, &["edit", "1", "--resolved", "2026-03-02T02:27:30Z", "--reason", "typed late", "--by", "ann"]).await;
    office.open("mail").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("export.jsonl");
    let path = file.display().to_string();
    let (exit, _, talk) = office.text(&["export", "--out", &path]).await;
    assert_eq!(exit, Exit::Fine, "{talk}");
    let other = Office::over(Arc::new(MemoryLedger::new("other")));
    other.open("billing").await;
    let (exit, data, _) = other.text(&["import", &path, "--by", "ann"]).await;
    assert_eq!(exit, Exit::No, "one stays out, and that is said");
    let told = "INC-0002  INC-0001 of test\nINC-0003  INC-0002 of test\nleft out  INC-0003 of test: it is still open\n\
                2 imported, 0 flagged, 1 left out, 0 there already\n";
    assert_eq!(data, told);
    let (there, here) = (office.json(&["show", "1"]).await, other.json(&["show", "2"]).await);
    for field in ["milestones", "seconds", "services", "severity_history", "state", "pages"] {
        assert_eq!(there[field], here[field], "{field}");
    }
    assert_eq!(here["corrections"][0]["corrects"], here["entries"][there_place(&there)]["seq"]);
    assert_eq!(other.json(&["show", "3"]).await["merged_into"], json!(2), "numbers are those of the new ledger");
    let (_, data, _) = other.text(&["import", &path, "--by", "ann"]).await;
    assert!(data.ends_with("0 imported, 0 flagged, 1 left out, 2 there already\n"), "{data}");
    let altered = std::fs::read_to_string(&file).unwrap().replace("typed late", "typed soon");
    std::fs::write(&file, altered).unwrap();
    let third = Office::over(Arc::new(MemoryLedger::new("third")));
    let (exit, data, _) = third.text(&["import", &path, "--by", "ann"]).await;
    assert!(exit == Exit::No && data.contains("its hash is wrong: it was altered after the export"), "{data}");
}

/// The place, among an incident's entries, of the one that its correction names.
fn there_place(shown: &Value) -> usize {
    let seq = &shown["corrections"][0]["corrects"];
    shown["entries"].as_array().unwrap().iter().position(|e| e["seq"] == *seq).unwrap()
}

#[tokio::test]
async fn records_of_another_tool_come_in_with_odd_times_flagged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.csv");
    let rows = "id,service,severity,began,detected,acknowledged,mitigated,resolved\n\
                A-1,checkout,P1,2026-01-02T10:00:00Z,2026-01-02T10:05:00Z,2026-01-02T10:07:00Z,2026-01-02T10:30:00Z,2026-01-02T10:45:00Z\n\
                A-2,search,P0,2026-01-03T10:00:00Z,2026-01-03T10:05:00Z,,2026-01-03T09:30:00Z,2026-01-03T10:45:00Z\n\
                A-3,search,P0,2026-01-04T10:00:00Z,2026-01-04T10:05:00Z,,,2026-01-04T09:45:00Z\n\
                A-4,mail,sev2,2026-01-05T10:00:00Z,2026-01-05T10:05:00Z,,,2026-01-05T10:45:00Z\n";
    std::fs::write(&file, rows).unwrap();
    let office = Office::new();
    let path = file.display().to_string();
    let line = ["import", &path, "--columns", "impact_start=began", "--by", "ann"];
    let (exit, data, talk) = office.text(&line).await;
    assert_eq!(exit, Exit::No, "{data}{talk}");
    let told = "INC-0001  line 2 (A-1)\nINC-0002  line 3 (A-2)\n\
                flagged   line 3 (A-2): `mitigated` (2026-01-03T09:30:00Z) does not lie between 2026-01-03T10:00:00Z and `resolved` \
                (2026-01-03T10:45:00Z)\n\
                left out  line 4 (A-3): `resolved` (2026-01-04T09:45:00Z) comes before `impact_start` (2026-01-04T10:00:00Z)\n\
                left out  line 5 (A-4): its severity is none of P0, P1 and P2\n\
                2 imported, 1 flagged, 2 left out, 0 there already\n";
    assert_eq!(data, told);
    let shown = office.json(&["show", "1"]).await;
    assert_eq!(shown["seconds"], json!({"ttd": 300, "tta": 120, "ttm": 1800, "ttr": 2700, "impact": null}));
    let odd = office.json(&["show", "2"]).await;
    assert_eq!((&odd["milestones"]["mitigated"], &odd["state"]), (&Value::Null, &json!("resolved")));
    let note = odd["entries"].as_array().unwrap().last().unwrap();
    assert!(note["text"].as_str().unwrap().starts_with("import: `mitigated`"), "the odd time is kept in words: {note}");
    let (_, data, _) = office.text(&line).await;
    assert!(data.ends_with("0 imported, 0 flagged, 2 left out, 2 there already\n"), "{data}");
}

fn program(ledger: &Path, words: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_burnledger"))
        .arg("--ledger")
        .arg(ledger)
        .args(words)
        .current_dir(ledger.parent().unwrap())
        .env_remove("BURNLEDGER_CONFIG")
        .env("XDG_CONFIG_HOME", ledger.parent().unwrap())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code().unwrap_or(-1), text(&out.stdout), text(&out.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_ledgers_file_is_verified_copied_and_restored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let office = Office::over(Arc::new(SqliteLedger::open(&path).unwrap()));
    office.open("checkout").await;
    said(&office, &["note", "1", "here", "--by", "ann"]).await;
    let (code, data, _) = program(&path, &["ledger", "verify"]);
    assert_eq!(code, 0);
    assert!(data.contains("2 entries, 1 incident\nevery entry is as it was recorded\nanchor 2:"), "{data}");
    let anchor = data.lines().last().unwrap().trim_start_matches("anchor ").to_owned();
    let copy = folder.path().join("copy.db");
    let (code, data, talk) = program(&path, &["ledger", "backup", copy.to_str().unwrap()]);
    assert!(code == 0 && data.contains("2 entries, 1 incident, verified"), "{data}{talk}");
    let (code, _, talk) = program(&path, &["ledger", "backup", copy.to_str().unwrap()]);
    assert!(code == 4 && talk.contains("overwrites nothing"), "{talk}");
    said(&office, &["note", "1", "after the copy", "--by", "ann"]).await;
    let (code, _, _) = program(&path, &["ledger", "verify", "--anchor", &anchor]);
    assert_eq!(code, 0, "the anchor holds while the ledger grows");
    let (code, data, _) = program(&copy, &["ledger", "verify", "--anchor", "3:".to_owned().as_str()]);
    assert_eq!((code, data.as_str()), (2, ""), "that is no anchor");
    // Restored: the copy takes orders and goes on.
    let restored = folder.path().join("restored.db");
    std::fs::copy(&copy, &restored).unwrap();
    let (code, _, talk) = program(&restored, &["incidents", "ack", "1", "--by", "ann"]);
    assert_eq!(code, 0, "{talk}");
    let (code, data, _) = program(&restored, &["ledger", "verify", "--format", "json", "--anchor", &anchor]);
    let told: Value = serde_json::from_str(&data).unwrap();
    assert_eq!((code, &told["whole"], &told["entries"]), (0, &json!(true), &json!(3)));
    let (code, _, talk) = program(&folder.path().join("none.db"), &["ledger", "verify"]);
    assert!(code == 4 && talk.contains("there is no ledger"), "{talk}");
}

#[tokio::test]
async fn a_root_cause_outside_the_teams_list_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let office = Office::over(Arc::new(SqliteLedger::open(&path).unwrap()));
    office.open("checkout").await;
    let config = folder.path().join("burnledger.yaml");
    std::fs::write(&config, "root_causes: [plumbing, weather]\n").unwrap();
    let edit = |class: &str| {
        program(&path, &["--config", config.to_str().unwrap(), "incidents", "edit", "1", "--root-cause", class, "--by", "ann"])
    };
    let (code, _, talk) = edit("capacity");
    assert!(code == 2 && talk.contains("it is one of: plumbing, weather"), "{talk}");
    assert_eq!(edit("Weather").0, 0);
    assert_eq!(office.json(&["show", "1"]).await["root_cause"], "weather");
}
