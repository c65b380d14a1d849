//! Verifying, copying and reading beside a writer.

use super::*;
use crate::domain::base::{Seq, Span};
use crate::ports::{Lead, Ledger};

async fn filled(path: &std::path::Path, notes: usize) -> SqliteLedger {
    let ledger = SqliteLedger::open(path).unwrap();
    let first = NewDispatch { incident: IncidentRef::Opens(0), ..page(0) };
    ledger.commit(commit("open", vec![opened()], vec![first]), None, NOW).await.unwrap();
    for n in 0..notes {
        ledger.commit(commit(&format!("n{n}"), vec![note(&format!("note {n}"))], vec![]), None, NOW).await.unwrap();
    }
    ledger
}

fn verified(path: &std::path::Path) -> crate::ledger::Verified {
    SqliteLedger::verify(path, None).unwrap()
}

const OPEN_THE_BOOK: &str = "DROP TRIGGER entries_are_not_altered; DROP TRIGGER entries_are_not_removed;";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_ledger_is_whole_and_its_anchor_holds_later() {
    let (_folder, path) = place();
    let ledger = filled(&path, 5).await;
    let first = verified(&path);
    assert!(first.is_whole() && first.problems.is_empty(), "{first:?}");
    assert_eq!((first.entries, first.incidents), (6, 1));
    ledger.commit(commit("later", vec![note("later")], vec![]), None, NOW).await.unwrap();
    let anchor = Some((Seq(first.entries), first.head));
    assert!(SqliteLedger::verify(&path, anchor).unwrap().is_whole());
    assert!(first.anchor().starts_with("6:") && first.anchor().len() == 66);
    let other = SqliteLedger::verify(&path, Some((Seq(3), first.head))).unwrap();
    assert_eq!(other.faults, ["entry 3 has another hash than the one that was kept".into()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_broken_entry_is_named() {
    for (harm, seq, why) in [
        ("UPDATE entries SET stored = replace(stored, 'note 1', 'note X') WHERE seq = 3", 3, "altered"),
        ("UPDATE entries SET hash = zeroblob(32) WHERE seq = 2", 2, "altered"),
        ("UPDATE entries SET incident = 7 WHERE seq = 4", 4, "different things"),
        ("UPDATE entries SET kind = 'resolved' WHERE seq = 4", 4, "different things"),
        ("DELETE FROM entries WHERE seq = 3", 4, "entry 3 before it is missing"),
    ] {
        let (_folder, path) = place();
        let ledger = filled(&path, 5).await;
        sql(&ledger, OPEN_THE_BOOK).unwrap();
        sql(&ledger, harm).unwrap();
        let found = verified(&path);
        let (at, told) = found.broken.clone().expect(harm);
        assert!(at == Seq(seq) && told.contains(why), "{harm}: {found:?}");
        assert_eq!(found.entries, if seq == 4 && harm.starts_with("DELETE") { 2 } else { seq - 1 });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn entries_cut_off_the_end_are_missed_even_when_others_take_their_place() {
    let (_folder, path) = place();
    let ledger = filled(&path, 5).await;
    let kept = verified(&path);
    sql(&ledger, OPEN_THE_BOOK).unwrap();
    sql(&ledger, "DELETE FROM entries WHERE seq > 4; DELETE FROM commits WHERE first > 4;").unwrap();
    let cut = verified(&path);
    assert_eq!((cut.broken.clone(), cut.entries), (None, 4), "what is left belongs together");
    assert_eq!(cut.faults, ["entries 5 to 6 were cut off".into()]);
    for n in 0..4 {
        ledger.commit(commit(&format!("x{n}"), vec![note("other")], vec![]), None, NOW).await.unwrap();
    }
    let told = verified(&path).faults;
    assert_eq!(told, ["entries 5 to 6 were cut off, and others recorded in their place".into()]);
    let anchored = SqliteLedger::verify(&path, Some((Seq(kept.entries), kept.head))).unwrap();
    assert!(anchored.faults.contains(&"entry 6 has another hash than the one that was kept".into()), "{anchored:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_others_write_is_a_ledger_that_goes_on() {
    let (folder, path) = place();
    let ledger = filled(&path, 20).await;
    let writer = {
        let ledger = ledger.clone();
        tokio::spawn(async move {
            for n in 0..200 {
                ledger.commit(commit(&format!("w{n}"), vec![note("meanwhile")], vec![]), None, NOW).await.unwrap();
            }
        })
    };
    let to = folder.path().join("copy.db");
    SqliteLedger::backup(&path, &to).unwrap();
    writer.await.unwrap();
    let copy = verified(&to);
    assert!(copy.is_whole() && copy.entries >= 21, "{copy:?}");
    let error = SqliteLedger::backup(&path, &to).unwrap_err().to_string();
    assert!(error.contains("overwrites nothing"), "{error}");
    assert!(!std::fs::read_dir(folder.path()).unwrap().any(|f| f.unwrap().path().extension().is_some_and(|e| e == "part")));
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&to).unwrap().permissions()) & 0o777, 0o600);
    let restored = SqliteLedger::open(&to).unwrap();
    assert_eq!(restored.id(), ledger.id(), "keys at receivers stay the same");
    let Lead::Held { fence, .. } = restored.lead("new".into(), Span::from_secs(9), NOW).await.unwrap() else { panic!("led") };
    assert_eq!(restored.claim(fence, 9, NOW).await.unwrap().len(), 1, "what waited to be sent still waits");
    restored.commit(commit("on", vec![note("it goes on")], vec![]), None, NOW).await.unwrap();
    assert_eq!(verified(&to).entries, copy.entries + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_takes_its_time_blocks_no_writer() {
    let (_folder, path) = place();
    let ledger = filled(&path, 5).await;
    let reader = rusqlite::Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let count = |c: &rusqlite::Connection| c.query_row("SELECT count(*) FROM entries", [], |r| r.get::<_, i64>(0)).unwrap();
    assert_eq!(count(&reader), 6);
    let write = ledger.commit(commit("beside", vec![note("beside a reader")], vec![]), None, NOW);
    let done = tokio::time::timeout(std::time::Duration::from_secs(5), write).await;
    assert!(done.expect("the writer waited for the reader").is_ok());
    assert_eq!(count(&reader), 6, "the reader sees one instant");
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&reader), 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ledger_of_the_first_schema_is_brought_up_and_keeps_its_entries() {
    let (_folder, path) = place();
    let ledger = filled(&path, 3).await;
    let back =
        "DROP TRIGGER head_follows; DROP TRIGGER head_notes_cuts; DROP TABLE head; DROP TABLE cuts; PRAGMA user_version = 1;";
    sql(&ledger, back).unwrap();
    drop(ledger);
    assert!(verified(&path).is_whole(), "and it is verified as it is, without being changed");
    let ledger = SqliteLedger::open(&path).unwrap();
    ledger.commit(commit("on", vec![note("on")], vec![]), None, NOW).await.unwrap();
    assert!(verified(&path).is_whole());
    sql(&ledger, OPEN_THE_BOOK).unwrap();
    sql(&ledger, "DELETE FROM entries WHERE seq = 5").unwrap();
    assert!(!verified(&path).is_whole());
}
