//! Writes that break off, disks that are full, hands that tamper: nothing half done, nothing unnoticed.

use super::*;
use crate::domain::base::Seq;
use crate::ledger::append::{ZERO_HASH, chain};
use crate::ports::{Ledger, LedgerError};
use crate::wire;

/// What must hold whatever happened: numbers without gaps, an unbroken chain, and a page for every second note.
async fn check_laws(ledger: &SqliteLedger, recorded: u64) {
    let entries = ledger.since(Seq(0), 10_000).await.unwrap();
    let mut previous = ZERO_HASH;
    for (entry, number) in entries.iter().zip(1..) {
        assert_eq!(entry.seq, Seq(number));
        assert_eq!(entry.hash, chain(&previous, &wire::entry::encode(entry).unwrap()));
        previous = entry.hash;
    }
    assert_eq!(entries.len() as u64, 1 + 2 * recorded, "both notes of a commit or none");
    assert_eq!(ledger.dispatches(None).await.unwrap().len() as u64, recorded, "a page for every commit");
}

fn two_notes_and_a_page(n: u32, text: &str) -> Commit {
    commit(&format!("n{n}"), vec![note(text), note(text)], vec![page(n)])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_breaks_off_anywhere_leaves_nothing_half_done() {
    let (_folder, path) = place();
    let ledger = SqliteLedger::open(&path).unwrap();
    ledger.commit(commit("open", vec![opened()], vec![]), None, NOW).await.unwrap();
    let mut broken = 0;
    for (recorded, steps) in (0_u64..).zip((1..20_000).step_by(7)) {
        break_after(&ledger, steps);
        let first = ledger.commit(two_notes_and_a_page(steps, "x"), None, NOW).await;
        never_break(&ledger);
        // Broken off while it was being confirmed, it may be there after all, but then whole; its id tells.
        let there = ledger.since(Seq(1 + 2 * recorded), 1).await.unwrap().len() as u64;
        check_laws(&ledger, recorded + there).await;
        let again = ledger.commit(two_notes_and_a_page(steps, "x"), None, NOW).await.unwrap();
        check_laws(&ledger, recorded + 1).await;
        match first {
            Ok(entries) => {
                assert_eq!(entries, again);
                assert!(broken > 30, "the write was broken off at {broken} places only");
                return;
            }
            Err(_) => broken += 1,
        }
    }
    panic!("the write never came through");
}

/// Makes the writing connection give up after so many steps of SQLite's machine.
fn break_after(ledger: &SqliteLedger, steps: u32) {
    let mut left = steps;
    let handler = move || {
        left = left.saturating_sub(1);
        left == 0
    };
    ledger.shared.write.lock().unwrap().progress_handler(1, Some(handler)).unwrap();
}

fn never_break(ledger: &SqliteLedger) {
    ledger.shared.write.lock().unwrap().progress_handler(0, None::<fn() -> bool>).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_told_and_loses_nothing_that_was_recorded() {
    let (_folder, path) = place();
    let ledger = SqliteLedger::open(&path).unwrap();
    ledger.commit(commit("open", vec![opened()], vec![]), None, NOW).await.unwrap();
    let long = "a long note ".repeat(300);
    let mut recorded = 0;
    for room in 0..6 {
        // The file may grow by a few pages, then it is full.
        let pages: i64 = ledger.shared.write.lock().unwrap().pragma_query_value(None, "page_count", |r| r.get(0)).unwrap();
        limit_pages(&ledger, pages + room);
        let error = loop {
            match ledger.commit(two_notes_and_a_page(u32::try_from(recorded).unwrap(), &long), None, NOW).await {
                Ok(_) => recorded += 1,
                Err(error) => break error,
            }
        };
        let LedgerError::Unavailable { path: told, why } = &error else { panic!("{error:?}") };
        assert_eq!(*told, path.display().to_string());
        assert!(why.contains("no room is left on the disk"), "{why}");
        check_laws(&ledger, recorded).await;
        limit_pages(&ledger, 1_000_000);
    }
    // Opened again, all of it is there, and writing works once there is room.
    drop(ledger);
    let ledger = SqliteLedger::open(&path).unwrap();
    check_laws(&ledger, recorded).await;
    ledger.commit(two_notes_and_a_page(9_999, "room"), None, NOW).await.unwrap();
    check_laws(&ledger, recorded + 1).await;
}

fn limit_pages(ledger: &SqliteLedger, pages: i64) {
    let connection = ledger.shared.write.lock().unwrap();
    connection.pragma_update_and_check(None, "max_page_count", pages, |row| row.get::<_, i64>(0)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_cannot_be_altered_removed_or_left_out() {
    let (_folder, path) = place();
    let ledger = SqliteLedger::open(&path).unwrap();
    ledger.commit(commit("open", vec![opened(), note_on_new("a")], vec![]), None, NOW).await.unwrap();
    for (text, why) in [
        ("UPDATE entries SET stored = '{}' WHERE seq = 1", "entries are never altered"),
        ("DELETE FROM entries WHERE seq = 2", "entries are never removed"),
        ("INSERT INTO entries SELECT 9, incident, kind, version, stored, hash FROM entries WHERE seq = 1", "without gaps"),
        ("REPLACE INTO entries SELECT 1, incident, kind, version, stored, hash FROM entries WHERE seq = 2", "without gaps"),
    ] {
        let refused = sql(&ledger, text).unwrap_err().to_string();
        assert!(refused.contains(why), "{text}: {refused}");
    }
    assert_eq!(ledger.since(Seq(0), 9).await.unwrap().len(), 2);
}

fn note_on_new(text: &str) -> NewEntry {
    entry(IncidentRef::Opens(0), Fact::Note(text.into()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tampering_is_found_when_entries_are_read() {
    for (what, tamper, seq) in [
        ("an altered text", "UPDATE entries SET stored = replace(stored, 'watch', 'catch') WHERE seq = 2", 2),
        ("an altered hash", "UPDATE entries SET hash = zeroblob(32) WHERE seq = 2", 2),
        ("a removed entry", "DELETE FROM entries WHERE seq = 2", 3),
        ("a moved entry", "UPDATE entries SET incident = 7 WHERE seq = 2", 2),
    ] {
        let (_folder, path) = place();
        let ledger = SqliteLedger::open(&path).unwrap();
        let entries = vec![opened(), note_on_new("a"), note_on_new("b")];
        ledger.commit(commit("open", entries, vec![]), None, NOW).await.unwrap();
        sql(&ledger, "DROP TRIGGER entries_are_not_altered; DROP TRIGGER entries_are_not_removed").unwrap();
        sql(&ledger, tamper).unwrap();
        let read = ledger.since(Seq(0), 9).await;
        assert!(matches!(&read, Err(LedgerError::Damaged { seq: found, .. }) if found.0 == seq), "{what}: {read:?}");
        // What came before it is still readable.
        assert_eq!(ledger.since(Seq(0), 1).await.unwrap().len(), 1, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_of_a_newer_program_is_named_and_not_skipped() {
    for (from, to, told) in [
        ("\"version\":1", "\"version\":3", "newer burnledger (schema 3, this program knows 2)"),
        ("\"kind\":\"note\"", "\"kind\":\"foretold\"", "`foretold`"),
    ] {
        let (_folder, path) = place();
        let ledger = SqliteLedger::open(&path).unwrap();
        ledger.commit(commit("open", vec![opened()], vec![]), None, NOW).await.unwrap();
        let first = ledger.since(Seq(0), 1).await.unwrap().remove(0);
        let mut second = first.clone();
        (second.seq, second.fact) = (Seq(2), Fact::Note("from the future".into()));
        let stored = wire::entry::encode(&second).unwrap().replace(from, to);
        ledger
            .shared
            .write
            .lock()
            .unwrap()
            .execute("INSERT INTO entries VALUES (2, 1, 'x', 2, ?, ?)", rusqlite::params![stored, chain(&first.hash, &stored)])
            .unwrap();
        let error = ledger.since(Seq(0), 9).await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}
