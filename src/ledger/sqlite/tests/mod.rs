//! What the contract suite cannot see from outside: faults in the middle of a write, files that are no ledgers, tampering.

mod faults;
mod opening;
mod whole;

use super::SqliteLedger;
use crate::domain::base::{CommitId, IncidentId, Mono, Ms, Now, Severity, SloId};
use crate::domain::incident::{Actor, Fact, IncidentRef, NewEntry, Onset};
use crate::domain::paging::{Commit, DispatchKind, NewDispatch, PageContent};
use std::path::PathBuf;
use tempfile::TempDir;

const NOW: Now = Now { wall: Ms(1_772_417_820_000), mono: Mono(0) };

/// A folder that goes with the test, and the path of a ledger in it.
fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    (folder, path)
}

fn opened() -> NewEntry {
    let onset = Onset {
        service: "checkout".into(),
        slos: vec![SloId::new("checkout", "availability")],
        severity: Some(Severity::P0),
        rules: vec![],
        reasons: vec![],
        impact_start: NOW.wall,
        detected: NOW.wall,
        rulebook: "r".into(),
        drill: false,
    };
    entry(IncidentRef::Opens(0), Fact::Opened(onset))
}

fn note(text: &str) -> NewEntry {
    entry(IncidentRef::Known(IncidentId(1)), Fact::Note(text.into()))
}

fn entry(incident: IncidentRef, fact: Fact) -> NewEntry {
    NewEntry { incident, fact, at: NOW.wall, actor: Actor::Auto, source: "watch".into(), corrects: None }
}

fn page(number: u32) -> NewDispatch {
    let content = PageContent {
        service: "checkout".into(),
        slos: vec![],
        owner: None,
        impact_start: None,
        detected: None,
        resolved: None,
        reasons: vec![],
        bad: None,
        total: None,
        budget_remaining: None,
        cost_so_far: None,
        cost_per_minute: None,
        runbook: None,
        environment: None,
        changes: vec![],
        suspect: None,
        not_recorded: false,
        drill: false,
    };
    let (incident, kind, severity) = (IncidentRef::Known(IncidentId(1)), DispatchKind::Repeat, Severity::P0);
    NewDispatch { incident, kind, severity, level: 0, receiver: "pager".into(), number, content }
}

fn commit(id: &str, entries: Vec<NewEntry>, dispatches: Vec<NewDispatch>) -> Commit {
    Commit { id: CommitId(id.into()), entries, dispatches, decided_at: None }
}

/// Runs SQL on the writing connection, as nobody should.
fn sql(ledger: &SqliteLedger, text: &str) -> rusqlite::Result<()> {
    ledger.shared.write.lock().unwrap().execute_batch(text)
}
