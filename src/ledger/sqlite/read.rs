//! Reading rows. Every entry is checked against the hash of the one before it, on this side of the disk, too.

use super::fault::Fault;
use crate::domain::base::{IncidentId, Ms, Seq, Severity, Text};
use crate::domain::incident::{Entry, EntryHash};
use crate::domain::paging::{Dispatch, DispatchId, DispatchKind, DispatchState};
use crate::ledger::append::{Head, ZERO_HASH, chain};
use crate::ledger::lease::Lease;
use crate::ledger::outbox::Row;
use crate::wire::entry::{StoredError, decode};
use crate::wire::page;
use rusqlite::{Connection, OptionalExtension, params};

/// The number of the last entry.
pub(super) fn last(connection: &Connection) -> Result<Seq, Fault> {
    let seq: i64 = connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM entries")?.query_row([], |row| row.get(0))?;
    Ok(Seq(seq.unsigned_abs()))
}

/// Where the ledger stands.
pub(super) fn head(connection: &Connection) -> Result<Head, Fault> {
    let seq = last(connection)?;
    let incidents: i64 = connection.query_row("SELECT coalesce(max(incident), 0) FROM entries", [], |row| row.get(0))?;
    Ok(Head { seq, hash: hash_of(connection, seq)?, incidents: incidents.unsigned_abs() })
}

fn hash_of(connection: &Connection, seq: Seq) -> Result<EntryHash, Fault> {
    let mut statement = connection.prepare_cached("SELECT hash FROM entries WHERE seq = ?")?;
    Ok(statement.query_row([signed(seq.0)], |row| row.get(0)).optional()?.unwrap_or(ZERO_HASH))
}

/// Entries after `after`, in order, at most `limit`, each checked.
pub(super) fn entries(connection: &Connection, after: Seq, limit: usize) -> Result<Vec<Entry>, Fault> {
    let mut previous = hash_of(connection, after)?;
    let mut expected = after.0;
    let mut statement =
        connection.prepare_cached("SELECT seq, incident, stored, hash FROM entries WHERE seq > ? ORDER BY seq LIMIT ?")?;
    let mut rows = statement.query(params![signed(after.0), i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let (seq, incident): (i64, i64) = (row.get(0)?, row.get(1)?);
        let stored: String = row.get(2)?;
        let seq = Seq(seq.unsigned_abs());
        expected += 1;
        let entry = checked(seq, incident.unsigned_abs(), &stored, row.get(3)?, &previous)?;
        if seq.0 != expected {
            return Err(damaged(seq, format!("entry {expected} before it is missing")));
        }
        previous = entry.hash;
        out.push(entry);
    }
    Ok(out)
}

/// An entry of stored bytes that say the same as its row and belong behind the one before.
fn checked(seq: Seq, incident: u64, stored: &str, hash: EntryHash, previous: &EntryHash) -> Result<Entry, Fault> {
    if chain(previous, stored) != hash {
        return Err(damaged(seq, "its hash is wrong: it or the one before was altered".into()));
    }
    let entry = decode(stored, hash).map_err(|e| Fault::Entry(seq, e))?;
    if (entry.seq, entry.incident.0) != (seq, incident) {
        return Err(damaged(seq, "its row and its content name different numbers".into()));
    }
    Ok(entry)
}

fn damaged(seq: Seq, why: String) -> Fault {
    Fault::Entry(seq, StoredError::Damaged(why))
}

/// The entries of an earlier commit; `None` when there was none of that id.
pub(super) fn commit(connection: &Connection, id: &str) -> Result<Option<Vec<Entry>>, Fault> {
    let mut statement = connection.prepare_cached("SELECT first, count FROM commits WHERE id = ?")?;
    let found: Option<(i64, i64)> = statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((first, count)) = found else { return Ok(None) };
    let before = Seq(first.unsigned_abs().saturating_sub(1));
    entries(connection, before, usize::try_from(count).unwrap_or(0)).map(Some)
}

/// The last entry of an incident.
pub(super) fn newest(connection: &Connection, incident: IncidentId) -> Result<Seq, Fault> {
    let mut statement = connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM entries WHERE incident = ?")?;
    let seq: i64 = statement.query_row([signed(incident.0)], |row| row.get(0))?;
    Ok(Seq(seq.unsigned_abs()))
}

/// The lease.
pub(super) fn lease(connection: &Connection) -> Result<Lease, Fault> {
    let read = |row: &rusqlite::Row<'_>| {
        let (fence, holder, session, until): (i64, Option<String>, String, i64) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let (holder, session) = (holder.map(Text::from), Text::from(session));
        Ok(Lease { fence: fence.unsigned_abs(), holder, session, until: Ms(until) })
    };
    Ok(connection.query_row("SELECT fence, holder, session, until FROM lease", [], read)?)
}

const ROW: &str = "SELECT id, incident, kind, severity, level, receiver, number, key, content, created, attempts, next_at, state,
                          possible_repeat, detail, settled, fence FROM dispatches";

/// Rows that have not reached their end, by number.
pub(super) fn open_rows(connection: &Connection) -> Result<Vec<Row>, Fault> {
    rows(connection, &format!("{ROW} WHERE settled IS NULL ORDER BY id"), [])
}

/// Every row, by number.
pub(super) fn all_rows(connection: &Connection) -> Result<Vec<Row>, Fault> {
    rows(connection, &format!("{ROW} ORDER BY id"), [])
}

/// Rows of one incident, by number.
pub(super) fn rows_of(connection: &Connection, incident: IncidentId) -> Result<Vec<Row>, Fault> {
    rows(connection, &format!("{ROW} WHERE incident = ? ORDER BY id"), [signed(incident.0)])
}

/// One row.
pub(super) fn row(connection: &Connection, id: DispatchId) -> Result<Option<Row>, Fault> {
    Ok(rows(connection, &format!("{ROW} WHERE id = ?"), [signed(id.0)])?.pop())
}

fn rows<P: rusqlite::Params>(connection: &Connection, sql: &str, params: P) -> Result<Vec<Row>, Fault> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        out.push(dispatch(row)?);
    }
    Ok(out)
}

fn dispatch(row: &rusqlite::Row<'_>) -> Result<Row, Fault> {
    let id: i64 = row.get("id")?;
    let text = |name: &str| row.get::<_, String>(name);
    let number = |name: &str| row.get::<_, i64>(name);
    let unknown = |what: &str| Fault::Words(format!("page {id} is damaged: its {what} is unknown"));
    let kind = text("kind")?;
    let dispatch = Dispatch {
        id: DispatchId(id.unsigned_abs()),
        incident: IncidentId(number("incident")?.unsigned_abs()),
        key: text("key")?.into(),
        kind: DispatchKind::ALL.into_iter().find(|k| k.name() == kind).ok_or_else(|| unknown("kind"))?,
        severity: Severity::parse(&text("severity")?).ok_or_else(|| unknown("severity"))?,
        level: row.get("level")?,
        receiver: text("receiver")?.into(),
        number: row.get("number")?,
        content: page::decode(&text("content")?).map_err(|e| Fault::Words(format!("page {id} cannot be read: {e}")))?,
        created: Ms(number("created")?),
        attempts: row.get("attempts")?,
        next_at: Ms(number("next_at")?),
        state: state(&text("state")?).ok_or_else(|| unknown("state"))?,
        possible_repeat: row.get("possible_repeat")?,
        detail: text("detail")?.into(),
        settled: row.get::<_, Option<i64>>("settled")?.map(Ms),
    };
    Ok(Row { dispatch, fence: number("fence")?.unsigned_abs() })
}

const STATES: [(DispatchState, &str); 5] = [
    (DispatchState::Pending, "pending"),
    (DispatchState::Sending, "sending"),
    (DispatchState::Delivered, "delivered"),
    (DispatchState::Failed, "failed"),
    (DispatchState::Dropped, "dropped"),
];

fn state(name: &str) -> Option<DispatchState> {
    STATES.iter().find(|(_, n)| *n == name).map(|(state, _)| *state)
}

/// The stored word of a state.
pub(super) fn state_name(state: DispatchState) -> &'static str {
    STATES.iter().find(|(s, _)| *s == state).map_or("pending", |(_, name)| name)
}

/// SQLite's whole numbers are signed; ours stay far below the limit.
pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
