//! Opening: new files, other programs' files, newer and damaged ones. Nothing is ever overwritten.

use super::*;
use crate::domain::base::Seq;
use crate::ports::{Ledger, LedgerError};
use std::fs;
use std::path::Path;

/// The words of a refusal to open; the file must be as it was.
fn refusal(path: &Path) -> String {
    let before = fs::read(path).ok();
    let error = SqliteLedger::open(path).map(|_| ()).unwrap_err();
    assert_eq!(fs::read(path).ok(), before, "the file was changed");
    let shown = error.to_string();
    assert!(shown.contains(&path.display().to_string()), "{shown}");
    shown
}

#[test]
fn a_new_ledger_is_made_in_a_new_folder_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/ledger.db");
    let missing = SqliteLedger::open_existing(&path).map(|_| ()).unwrap_err().to_string();
    assert!(missing.contains("there is no ledger yet; `burnledger watch` makes one"), "{missing}");
    assert!(!folder.path().join("a").exists());
    let id = SqliteLedger::open(&path).unwrap().id();
    assert_eq!(SqliteLedger::open_existing(&path).unwrap().id(), id);
    assert_eq!(id.len(), 16);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |p: &Path| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        let ledger = SqliteLedger::open(&path).unwrap();
        assert_eq!(mode(&path.with_extension("db-wal")), 0o600, "its side file tells the same things");
        drop(ledger);
    }
}

#[test]
fn an_empty_file_becomes_a_ledger() {
    let (_folder, path) = place();
    fs::write(&path, "").unwrap();
    SqliteLedger::open(&path).unwrap();
}

#[test]
fn what_is_no_ledger_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    assert!(refusal(folder.path()).contains("it is a folder; name a file in it, such as"));
    fs::write(at("text"), "no database, but a text long enough to look at\n".repeat(100)).unwrap();
    assert!(refusal(&at("text")).contains("it is no burnledger ledger; name another file with --ledger"));
    fs::write(at("short"), "x").unwrap();
    assert!(refusal(&at("short")).contains("it is no burnledger ledger"));
    assert!(refusal(&at("text/ledger.db")).contains("it cannot be made"));
    rusqlite::Connection::open(at("other")).unwrap().execute_batch("CREATE TABLE songs (name TEXT)").unwrap();
    assert!(refusal(&at("other")).contains("another program's SQLite file"));
}

#[test]
fn a_newer_ledger_is_refused() {
    let (_folder, path) = place();
    sql(&SqliteLedger::open(&path).unwrap(), "PRAGMA user_version = 99").unwrap();
    let error = SqliteLedger::open(&path).map(|_| ()).unwrap_err();
    assert_eq!(error, LedgerError::Newer { path: path.display().to_string(), found: 99, known: 3 });
    assert!(refusal(&path).contains("nothing was changed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_file_is_an_error_wherever_the_damage_is() {
    let (_folder, path) = place();
    let ledger = SqliteLedger::open(&path).unwrap();
    let notes = (0..40).map(|n| entry(IncidentRef::Opens(0), Fact::Note(format!("{n} ").repeat(200).into())));
    let entries = std::iter::once(opened()).chain(notes).collect();
    ledger.commit(commit("open", entries, vec![]), None, NOW).await.unwrap();
    drop(ledger);
    let whole = fs::read(&path).unwrap();
    let (mut refused, mut found) = (0, 0);
    for at in (0..whole.len()).step_by(4096) {
        let mut bytes = whole.clone();
        let end = (at + 4096).min(bytes.len());
        bytes[at..end].fill(0xff);
        fs::write(&path, &bytes).unwrap();
        match SqliteLedger::open(&path) {
            Err(_) => refused += 1,
            // Pages that hold no entries (an index, the outbox) may be lost without an entry being wrong.
            Ok(ledger) => found += u32::from(ledger.since(Seq(0), 99).await.is_err()),
        }
    }
    assert!(refused > 0 && found > 5, "{refused} refused when opened, {found} found when read");
}

#[test]
fn a_cut_off_file_is_refused() {
    let (_folder, path) = place();
    drop(SqliteLedger::open(&path).unwrap());
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let shown = SqliteLedger::open(&path).map(|_| ()).unwrap_err().to_string();
    assert!(shown.contains("damaged"), "{shown}");
}

#[test]
fn many_may_open_a_new_ledger_at_once() {
    for _ in 0..20 {
        let (_folder, path) = place();
        let openers: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || SqliteLedger::open(&path).map(|ledger| ledger.id()))
            })
            .collect();
        let ids: Vec<_> = openers.into_iter().map(|o| o.join().unwrap().unwrap()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
}

#[test]
fn a_file_that_may_not_be_written_is_told() {
    let (folder, path) = place();
    drop(SqliteLedger::open(&path).unwrap());
    let set = |p: &Path, read_only: bool| {
        let mut rights = fs::metadata(p).unwrap().permissions();
        rights.set_readonly(read_only);
        fs::set_permissions(p, rights).unwrap();
    };
    set(&path, true);
    if fs::OpenOptions::new().append(true).open(&path).is_ok() {
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    let shown = SqliteLedger::open(&path).map(|_| ()).unwrap_err().to_string();
    assert!(shown.contains("check the permissions"), "{shown}");
    set(folder.path(), true);
    let shown = SqliteLedger::open(&folder.path().join("new.db")).map(|_| ()).unwrap_err().to_string();
    set(folder.path(), false);
    assert!(shown.contains("may be written"), "{shown}");
}

#[tokio::test]
async fn a_ledger_of_the_first_schema_keeps_its_entries_and_takes_what_is_about_none_of_them() {
    use crate::domain::incident::{Change, Notice};
    use crate::ledger::migrations::{APPLICATION_ID, FIRST};
    let (folder, new) = place();
    let made = SqliteLedger::open(&new).unwrap();
    let commit = |id: &str, entries| Commit { id: CommitId(id.into()), entries, dispatches: vec![], decided_at: None };
    let mut before = made.commit(commit("a", vec![opened()]), None, NOW).await.unwrap();
    before.extend(made.commit(commit("n", vec![note("x")]), None, NOW).await.unwrap());
    drop(made);
    let old = folder.path().join("old.db");
    let connection = rusqlite::Connection::open(&old).unwrap();
    connection.execute_batch(FIRST).unwrap();
    connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    connection.pragma_update(None, "user_version", 1).unwrap();
    connection.execute("ATTACH ? AS new", [new.display().to_string()]).unwrap();
    connection.execute("INSERT INTO entries SELECT * FROM new.entries", []).unwrap();
    connection.execute("INSERT INTO commits SELECT * FROM new.commits", []).unwrap();
    drop(connection);
    let ledger = SqliteLedger::open(&old).unwrap();
    assert_eq!(ledger.since(Seq(0), 10).await.unwrap(), before);
    let change = Fact::Notice(Notice::Changed(Change { title: "t".into(), ..Change::default() }));
    let at_large = entry(IncidentRef::Known(IncidentId::LEDGER), change);
    let added = ledger.commit(commit("b", vec![at_large]), None, NOW).await.unwrap();
    assert_eq!((added[0].seq, added[0].incident), (Seq(3), IncidentId::LEDGER));
    for statement in ["UPDATE entries SET kind = 'x'", "DELETE FROM entries"] {
        assert!(sql(&ledger, statement).is_err(), "{statement}");
    }
    assert_eq!(ledger.since(Seq(0), 10).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_file_that_was_removed_or_replaced_takes_no_entries_that_nobody_would_read() {
    let (folder, path) = place();
    let ledger = SqliteLedger::open(&path).unwrap();
    ledger.commit(commit("one", vec![opened()], vec![]), None, NOW).await.unwrap();
    let aside = folder.path().join("aside.db");
    fs::rename(&path, &aside).unwrap();
    let told = ledger.commit(commit("two", vec![opened()], vec![]), None, NOW).await.unwrap_err().to_string();
    assert!(told.contains("removed or replaced") && told.contains(&path.display().to_string()), "{told}");
    fs::write(&path, "another file of that name").unwrap();
    let led = ledger.lead("a".into(), crate::domain::base::Span::from_mins(1), NOW).await;
    assert!(led.is_err(), "another file of that name is another ledger");
    fs::rename(&aside, &path).unwrap();
    ledger.commit(commit("two", vec![opened()], vec![]), None, NOW).await.unwrap();
}
