//! kill -9 in the middle of commits, and two processes on one file.
//!
//! The child is this test binary itself, started again on one test with a path in the environment.

use super::make::*;
use burnledger::domain::base::{IncidentId, Seq, Span};
use burnledger::domain::incident::{Entry, IncidentRef};
use burnledger::domain::paging::DispatchKind;
use burnledger::ledger::{SqliteLedger, ZERO_HASH, chain};
use burnledger::ports::{Lead, Ledger};
use burnledger::wire;
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PATH: &str = "BURNLEDGER_TEST_CRASH_LEDGER";
const INC1: IncidentRef = IncidentRef::Known(IncidentId(1));

/// Ends the child whatever happens to the test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts this very test in a process of its own, as the one that commits.
fn child(test: &str, ledger: &Path) -> Killed {
    let child = Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(PATH, ledger)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Killed(child)
}

/// Commits and says so, for ever.
async fn commit_for_ever(path: &str) {
    let ledger = SqliteLedger::open(Path::new(path)).unwrap();
    let Lead::Held { fence, .. } = ledger.lead("child".into(), Span::from_secs(30), now(0)).await.unwrap() else {
        panic!("another one leads")
    };
    ledger.commit(commit("open", vec![opened(0)]), Some(fence), now(0)).await.unwrap();
    for n in 0..u32::MAX {
        let id = format!("{}-{n}", std::process::id());
        let pages = vec![page(INC1, &id, DispatchKind::Repeat, 0)];
        ledger.commit(with_pages(commit(&id, vec![note(1, &id), note(1, "second")]), pages), None, now(1)).await.unwrap();
        assert_eq!(ledger.claim(fence, 1, now(1)).await.unwrap().len(), 1);
        let mut out = std::io::stdout();
        writeln!(out, "\ndone {id}").unwrap();
        out.flush().unwrap();
        // A breath: SQLite gives waiting writers no turn of their own, and no real process records without end.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

fn verify_chain(entries: &[Entry]) {
    let mut previous = ZERO_HASH;
    for (entry, number) in entries.iter().zip(1..) {
        assert_eq!(entry.seq, Seq(number));
        assert_eq!(entry.hash, chain(&previous, &wire::entry::encode(entry).unwrap()));
        previous = entry.hash;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_reported_as_recorded_is_lost_by_kill_9() {
    if let Ok(path) = std::env::var(PATH) {
        return commit_for_ever(&path).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let mut reported = BTreeSet::new();
    for lines_before_the_kill in [1, 2, 17, 40] {
        let mut child = child("ledger::crash::nothing_reported_as_recorded_is_lost_by_kill_9", &path);
        let mut lines = BufReader::new(child.0.stdout.take().unwrap()).lines().map_while(Result::ok);
        let done = lines.by_ref().filter_map(|l| l.strip_prefix("done ").map(str::to_owned));
        reported.extend(done.take(lines_before_the_kill));
        child.0.kill().unwrap();
        reported.extend(lines.filter_map(|l| l.strip_prefix("done ").map(str::to_owned)));
        child.0.wait().unwrap();
        check_after_the_kill(&path, &reported).await;
    }
    assert!(reported.len() >= 60, "only {} commits were reported", reported.len());
}

async fn check_after_the_kill(path: &Path, reported: &BTreeSet<String>) {
    let ledger = SqliteLedger::open(path).unwrap();
    let entries = ledger.since(Seq(0), 100_000).await.unwrap();
    verify_chain(&entries);
    let rows = ledger.dispatches(Some(IncidentId(1))).await.unwrap();
    for id in reported {
        let of = entries.iter().filter(|e| *e.commit.0 == **id).count();
        assert_eq!(of, 2, "both entries of {id}");
        assert_eq!(rows.iter().filter(|d| *d.receiver == **id).count(), 1, "the page of {id}");
    }
    // One commit may have come through without being reported; none came through in parts.
    assert_eq!(entries.len(), 1 + 2 * rows.len());
    // The dead process' lease goes over, and what it was sending is handed out again, marked.
    let Lead::Held { fence, .. } = ledger.lead("child".into(), Span::from_secs(30), now(2)).await.unwrap() else {
        panic!("the dead process still leads")
    };
    let open = rows.iter().filter(|d| d.settled.is_none()).count();
    let again = ledger.claim(fence, 100_000, now(2)).await.unwrap();
    assert_eq!(again.len(), open);
    let repeats = again.iter().filter(|d| d.possible_repeat).count();
    assert!(repeats >= 1, "{repeats} of {open} are marked as possible repeats");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_is_noticed_while_it_writes() {
    if let Ok(path) = std::env::var(PATH) {
        return commit_for_ever(&path).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = SqliteLedger::open(&path).unwrap();
    let _child = child("ledger::crash::another_process_is_noticed_while_it_writes", &path);
    let mut seen: Vec<Entry> = Vec::new();
    while seen.len() < 21 {
        let last = Seq(seen.len() as u64);
        tokio::time::timeout(Duration::from_mins(1), ledger.changed(last)).await.expect("the other process was not noticed");
        seen.extend(ledger.since(last, 1000).await.unwrap());
    }
    // Both write at once: neither loses anything.
    for n in 0..10 {
        ledger.commit(commit(&format!("parent-{n}"), vec![note(1, "parent")]), None, now(1)).await.unwrap();
    }
    verify_chain(&ledger.since(Seq(0), 100_000).await.unwrap());
}
