//! Writing: each function is the body of one immediate transaction; what it returns without error is committed by the caller.

use super::fault::Fault;
use super::read::{self, signed, state_name};
use crate::domain::base::{CommitId, IncidentId, Ms, Now, Seq, Span, Text};
use crate::domain::incident::{Entry, NewEntry};
use crate::domain::paging::{Commit, Dispatch, DispatchId, NewDispatch, Settlement};
use crate::ledger::append::{Head, Numbers, Prepared, prepare, touched};
use crate::ledger::lease::Lease;
use crate::ledger::outbox::{self, Row};
use crate::ports::{Fence, Lead, LedgerError};
use crate::wire::entry::{kind, version_of};
use crate::wire::page;
use rusqlite::{Connection, params};

/// Records a commit, or finds the result of the first one of its id.
pub(super) fn commit(tx: &Connection, ledger: &str, c: Commit, fence: Option<Fence>, now: Now) -> Result<Vec<Entry>, Fault> {
    if let Some(first) = read::commit(tx, &c.id.0)? {
        return Ok(first);
    }
    if let Some(fence) = fence {
        read::lease(tx)?.check(fence)?;
    }
    let head = read::head(tx)?;
    let numbers = Numbers::of(&c, &head)?;
    check_fresh(tx, &c)?;
    let entries = append(tx, &c.entries, &numbers, &c.id, head, now.wall)?;
    for new in c.dispatches {
        let incident = numbers.get(new.incident)?;
        insert(tx, ledger, incident, new, now.wall)?;
    }
    Ok(entries)
}

fn check_fresh(tx: &Connection, c: &Commit) -> Result<(), Fault> {
    let Some(decided_at) = c.decided_at else { return Ok(()) };
    for incident in touched(c) {
        if read::newest(tx, incident)? > decided_at {
            return Err(LedgerError::Conflict { incident }.into());
        }
    }
    Ok(())
}

fn append(
    tx: &Connection,
    new: &[NewEntry],
    numbers: &Numbers,
    commit: &CommitId,
    head: Head,
    now: Ms,
) -> Result<Vec<Entry>, Fault> {
    let (prepared, _) = prepare(new, numbers, commit, head, now)?;
    let mut insert =
        tx.prepare_cached("INSERT INTO entries (seq, incident, kind, version, stored, hash) VALUES (?, ?, ?, ?, ?, ?)")?;
    let mut out = Vec::with_capacity(prepared.len());
    for Prepared { entry, stored } in prepared {
        let (seq, incident) = (signed(entry.seq.0), signed(entry.incident.0));
        insert.execute(params![seq, incident, kind(&entry.fact), version_of(&entry.fact), stored, entry.hash])?;
        out.push(entry);
    }
    let first = signed(head.seq.0 + 1);
    tx.prepare_cached("INSERT INTO commits (id, first, count) VALUES (?, ?, ?)")?.execute(params![
        &*commit.0,
        first,
        signed(out.len() as u64)
    ])?;
    Ok(out)
}

/// Adds a row unless there is one of the same incident, kind, level, receiver and number.
fn insert(tx: &Connection, ledger: &str, incident: IncidentId, new: NewDispatch, now: Ms) -> Result<(), Fault> {
    let d = outbox::row(DispatchId(0), new, incident, ledger, now).dispatch;
    let content = page::encode(&d.content).map_err(|e| LedgerError::Refused(e.to_string()))?;
    tx.prepare_cached(
        "INSERT INTO dispatches (incident, kind, severity, level, receiver, number, key, content, created, attempts, next_at,
                                 state, possible_repeat, detail, settled, fence)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, 0)
         ON CONFLICT (incident, kind, level, receiver, number) DO NOTHING",
    )?
    .execute(params![
        signed(d.incident.0),
        d.kind.name(),
        d.severity.name(),
        d.level,
        &*d.receiver,
        d.number,
        &*d.key,
        content,
        d.created.0,
        d.attempts,
        d.next_at.0,
        state_name(d.state),
        d.possible_repeat,
        &*d.detail,
    ])?;
    Ok(())
}

/// Stores what may change of a row.
fn update(tx: &Connection, d: &Dispatch, fence: u64) -> Result<(), Fault> {
    tx.prepare_cached(
        "UPDATE dispatches SET attempts = ?, next_at = ?, state = ?, possible_repeat = ?, detail = ?, settled = ?, fence = ?
         WHERE id = ?",
    )?
    .execute(params![
        d.attempts,
        d.next_at.0,
        state_name(d.state),
        d.possible_repeat,
        &*d.detail,
        d.settled.map(|t| t.0),
        signed(fence),
        signed(d.id.0),
    ])?;
    Ok(())
}

/// Answers a wish to lead.
pub(super) fn lead(tx: &Connection, who: &Text, session: &Text, ttl: Span, now: Now) -> Result<Lead, Fault> {
    let (answer, lease) = read::lease(tx)?.ask(who, session, ttl, now);
    if let Some(lease) = lease {
        store_lease(tx, &lease)?;
    }
    Ok(answer)
}

/// Takes the lease back.
pub(super) fn resign(tx: &Connection, fence: Fence) -> Result<(), Fault> {
    let lease = read::lease(tx)?;
    lease.check(fence)?;
    store_lease(tx, &lease.given_back())
}

fn store_lease(tx: &Connection, lease: &Lease) -> Result<(), Fault> {
    tx.prepare_cached("UPDATE lease SET fence = ?, holder = ?, session = ?, until = ?")?.execute(params![
        signed(lease.fence),
        lease.holder.as_deref(),
        &*lease.session,
        lease.until.0
    ])?;
    Ok(())
}

/// Hands rows out for sending.
pub(super) fn claim(tx: &Connection, fence: Fence, limit: usize, now: Now) -> Result<Vec<Dispatch>, Fault> {
    read::lease(tx)?.check(fence)?;
    let rows = outbox::claim(&read::open_rows(tx)?, fence.0, limit, now.wall);
    for Row { dispatch, fence } in &rows {
        update(tx, dispatch, *fence)?;
    }
    Ok(rows.into_iter().map(|row| row.dispatch).collect())
}

/// Writes back how a row ended, with the entry that tells it.
pub(super) fn settle(
    tx: &Connection,
    ledger: &str,
    id: DispatchId,
    settlement: Settlement,
    fence: Fence,
    now: Now,
) -> Result<Vec<Entry>, Fault> {
    read::lease(tx)?.check(fence)?;
    let Row { dispatch, fence } = read::row(tx, id)?.ok_or_else(|| LedgerError::Refused(format!("there is no page {}", id.0)))?;
    if outbox::is_late(&dispatch, &settlement) {
        return Ok(Vec::new());
    }
    let incident = dispatch.incident;
    let done = outbox::settle(dispatch, settlement, now.wall);
    update(tx, &done.row, fence)?;
    if let Some(instead) = done.instead {
        insert(tx, ledger, incident, instead, now.wall)?;
    }
    let Some(entry) = done.entry else { return Ok(Vec::new()) };
    let commit = Commit { id: outbox::commit_id(id), entries: vec![entry], dispatches: Vec::new(), decided_at: None };
    let head = read::head(tx)?;
    append(tx, &commit.entries, &Numbers::of(&commit, &head)?, &commit.id, head, now.wall)
}

/// The number of the last entry after a transaction.
pub(super) fn last(entries: &[Entry]) -> Option<Seq> {
    entries.last().map(|entry| entry.seq)
}
