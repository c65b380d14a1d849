//! Looking at a ledger's file without changing it: the whole chain recomputed, and a copy made while others write.
//!
//! Nothing here opens the file for writing, so what a broken file says can still be told. Deliberately absent: mending.

use super::fault::Fault;
use super::open;
use super::read::{self, signed};
use crate::domain::base::{Seq, Text};
use crate::domain::incident::{Entry, EntryHash, FoldProblem, Incidents};
use crate::ledger::append::{ZERO_HASH, chain};
use crate::ports::LedgerError;
use crate::wire::entry::export::hex;
use crate::wire::entry::{decode, kind};
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};

/// What a ledger's file was found to hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The ledger's own id.
    pub id: Text,
    /// Entries that belong together, from the first one on.
    pub entries: u64,
    /// Incidents they fold to.
    pub incidents: usize,
    /// Hash of the last of them.
    pub head: EntryHash,
    /// The first entry that does not belong behind the one before, and why.
    pub broken: Option<(Seq, Text)>,
    /// Anything else that is wrong with the file, in sentences: entries cut off, commits or pages that do not fit.
    pub faults: Vec<Text>,
    /// Entries that are whole but cannot be true after those before them.
    pub problems: Vec<FoldProblem>,
}

impl Verified {
    /// Nobody altered, removed or added anything.
    pub const fn is_whole(&self) -> bool {
        self.broken.is_none() && self.faults.is_empty()
    }

    /// The last entry's number and hash as one text, to be kept elsewhere.
    pub fn anchor(&self) -> String {
        format!("{}:{}", self.entries, hex(&self.head))
    }
}

/// Reads the whole file and recomputes what it says.
pub(super) fn verify(path: &Path, anchor: Option<(Seq, EntryHash)>) -> Result<Verified, LedgerError> {
    looked_at(path, |connection| {
        connection.pragma_update(None, "query_only", true)?;
        // One transaction: what others record meanwhile is not half of it.
        let tx = connection.unchecked_transaction()?;
        let id: String = tx.query_row("SELECT value FROM meta WHERE name = 'id'", [], |row| row.get(0))?;
        let mut walk = walk(&tx, anchor)?;
        if let Some(pages) = tx.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)).ok().filter(|t| t != "ok") {
            walk.faults.push(format!("the file itself is damaged: {pages}").into());
        }
        walk.faults.extend(cut(&tx, &walk)?);
        walk.faults.extend(commits(&tx, walk.last.0)?);
        walk.faults.extend(read::all_rows(&tx).err().map(|fault| fault.tell("the outbox").to_string().into()));
        Ok(Verified {
            id: id.into(),
            entries: walk.last.0,
            incidents: walk.fold.len(),
            head: walk.hash,
            broken: walk.broken,
            faults: walk.faults,
            problems: walk.fold.problems().to_vec(),
        })
    })
}

/// Copies the ledger as it is at one instant into a new file, whole or not at all; writers go on meanwhile.
pub(super) fn backup(path: &Path, to: &Path) -> Result<(), LedgerError> {
    if to.exists() {
        let why = "it is there already; a backup overwrites nothing, name another file".to_owned();
        return Err(LedgerError::Unavailable { path: to.display().to_string(), why });
    }
    let unfinished = beside(to);
    let copied = looked_at(path, |connection| {
        let _ = fs::remove_file(&unfinished);
        open::create(&unfinished).map_err(|e| Fault::Words(format!("{} cannot be made: {e}", unfinished.display())))?;
        connection.execute("VACUUM INTO ?", [unfinished.display().to_string()])?;
        fs::File::open(&unfinished)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&unfinished, to))
            .map_err(|e| Fault::Words(format!("the copy {} cannot be finished: {e}", to.display())))
    });
    if copied.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    copied
}

fn beside(to: &Path) -> PathBuf {
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    to.with_file_name(name)
}

fn looked_at<T>(path: &Path, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, LedgerError> {
    open::to_look(path).and_then(|connection| work(&connection)).map_err(|fault| fault.tell(&path.display().to_string()))
}

/// The way from the first entry to the last one that belongs to it.
struct Walk {
    last: Seq,
    hash: EntryHash,
    fold: Incidents,
    broken: Option<(Seq, Text)>,
    faults: Vec<Text>,
}

fn walk(tx: &Connection, anchor: Option<(Seq, EntryHash)>) -> Result<Walk, Fault> {
    let mut at = Walk { last: Seq(0), hash: ZERO_HASH, fold: Incidents::default(), broken: None, faults: Vec::new() };
    let mut statement = tx.prepare("SELECT seq, incident, kind, stored, hash FROM entries ORDER BY seq")?;
    let mut rows = statement.query([])?;
    let mut met = anchor.is_none();
    while let Some(row) = rows.next()? {
        let seq = Seq(row.get::<_, i64>(0)?.unsigned_abs());
        match next(&at, seq, row) {
            Ok(entry) => {
                (at.last, at.hash) = (seq, entry.hash);
                at.fold.apply(&entry);
            }
            Err(why) => {
                at.broken = Some((seq, why.into()));
                break;
            }
        }
        if let Some((_, hash)) = anchor.filter(|(expected, _)| *expected == seq) {
            met = true;
            if hash != at.hash {
                at.faults.push(format!("entry {} has another hash than the one that was kept", seq.0).into());
            }
        }
    }
    if let Some((expected, _)) = anchor.filter(|_| !met) {
        at.faults.push(format!("entry {} was there once and is not any more", expected.0).into());
    }
    Ok(at)
}

/// The entry of a row, or why it does not belong behind the ones before.
fn next(at: &Walk, seq: Seq, row: &rusqlite::Row<'_>) -> Result<Entry, String> {
    let gone = |e: rusqlite::Error| format!("it cannot be read ({e})");
    let (incident, named): (i64, String) = (row.get(1).map_err(gone)?, row.get(2).map_err(gone)?);
    let (stored, hash): (String, EntryHash) = (row.get(3).map_err(gone)?, row.get(4).map_err(gone)?);
    if seq.0 != at.last.0 + 1 {
        return Err(format!("entry {} before it is missing", at.last.0 + 1));
    }
    if chain(&at.hash, &stored) != hash {
        return Err("its hash is wrong: it or the one before was altered".into());
    }
    let entry = decode(&stored, hash).map_err(|e| e.to_string())?;
    if (entry.seq, entry.incident.0, kind(&entry.fact)) != (seq, incident.unsigned_abs(), &*named) {
        return Err("its row and its content say different things".into());
    }
    Ok(entry)
}

/// Whether entries were taken off the end: the file keeps the number and hash of the last one apart from the entries.
fn cut(tx: &Connection, walk: &Walk) -> Result<Vec<Text>, Fault> {
    let has: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema WHERE name IN ('head', 'cuts')", [], |row| row.get(0))?;
    if has < 2 {
        return Ok(Vec::new());
    }
    let (seq, hash): (i64, EntryHash) = tx.query_row("SELECT seq, hash FROM head", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut found = Vec::new();
    let kept = seq.unsigned_abs();
    if walk.broken.is_none() && kept > walk.last.0 {
        found.push(format!("entries {} to {kept} were cut off", walk.last.0 + 1).into());
    } else if walk.broken.is_none() && hash != walk.hash {
        found.push("the last entry is another one than was recorded".into());
    }
    let mut statement = tx.prepare("SELECT seq, was FROM cuts ORDER BY seq")?;
    let cuts = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    for cut in cuts {
        let (seq, was) = cut?;
        found.push(format!("entries {seq} to {was} were cut off, and others recorded in their place").into());
    }
    Ok(found)
}

/// Every entry came with a commit, and every commit's entries are there.
fn commits(tx: &Connection, last: u64) -> Result<Option<Text>, Fault> {
    let (entries, beyond): (i64, i64) = tx.query_row(
        "SELECT coalesce(sum(count), 0), coalesce(sum(first + count - 1 > ?), 0) FROM commits",
        [signed(last)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let all: i64 = tx.query_row("SELECT count(*) FROM entries", [], |row| row.get(0))?;
    Ok((beyond > 0 || entries != all)
        .then(|| format!("entries that commits tell of: {entries}; entries that are there: {all}").into()))
}
