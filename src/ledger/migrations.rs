//! The file's schema, as the steps that made it. A step that was released never changes; a new one is added at the end.
//!
//! `PRAGMA user_version` counts the steps done. Old entries are never rewritten: `wire` reads every version.

use rusqlite::Connection;

/// Marks a file as a burnledger ledger: "bLgr".
pub(super) const APPLICATION_ID: i64 = 0x624c_6772;

/// Version of the schema that this program knows.
pub(super) const KNOWN: i64 = STEPS.len() as i64;

const STEPS: [&str; 3] = [ENTRIES_OUTBOX_LEASE, AT_LARGE, HEAD_APART];

/// Entries are numbered without gaps, and neither altered nor removed, whoever holds the pen.
const ENTRIES_OUTBOX_LEASE: &str = "
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES ('id', lower(hex(randomblob(8))));

CREATE TABLE commits (
    id    TEXT PRIMARY KEY,
    first INTEGER NOT NULL,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
    seq      INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL CHECK (incident > 0),
    kind     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    stored   TEXT NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX entries_by_incident ON entries (incident, seq);
CREATE TRIGGER entries_have_no_gaps BEFORE INSERT ON entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
BEGIN SELECT RAISE(ABORT, 'entries are numbered without gaps'); END;
CREATE TRIGGER entries_are_not_altered BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never altered'); END;
CREATE TRIGGER entries_are_not_removed BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END;

CREATE TABLE dispatches (
    id              INTEGER PRIMARY KEY,
    incident        INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    severity        TEXT NOT NULL,
    level           INTEGER NOT NULL,
    receiver        TEXT NOT NULL,
    number          INTEGER NOT NULL,
    key             TEXT NOT NULL,
    content         TEXT NOT NULL,
    created         INTEGER NOT NULL,
    attempts        INTEGER NOT NULL,
    next_at         INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'dropped')),
    possible_repeat INTEGER NOT NULL,
    detail          TEXT NOT NULL,
    settled         INTEGER,
    fence           INTEGER NOT NULL,
    UNIQUE (incident, kind, level, receiver, number)
) STRICT;
CREATE INDEX dispatches_open ON dispatches (id) WHERE settled IS NULL;

CREATE TABLE lease (
    one     INTEGER PRIMARY KEY CHECK (one = 1),
    fence   INTEGER NOT NULL,
    holder  TEXT,
    session TEXT NOT NULL,
    until   INTEGER NOT NULL
) STRICT;
INSERT INTO lease VALUES (1, 0, NULL, '', 0);
";

/// Entries may stand under number 0: silences and changes are about the ledger at large. A check cannot be altered in place, so
/// the table is made anew with the same rows.
const AT_LARGE: &str = "
DROP TRIGGER entries_have_no_gaps;
DROP TRIGGER entries_are_not_altered;
DROP TRIGGER entries_are_not_removed;
DROP INDEX entries_by_incident;
ALTER TABLE entries RENAME TO entries_before;
CREATE TABLE entries (
    seq      INTEGER PRIMARY KEY,
    incident INTEGER NOT NULL CHECK (incident >= 0),
    kind     TEXT NOT NULL,
    version  INTEGER NOT NULL,
    stored   TEXT NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO entries SELECT seq, incident, kind, version, stored, hash FROM entries_before ORDER BY seq;
DROP TABLE entries_before;
CREATE INDEX entries_by_incident ON entries (incident, seq);
CREATE TRIGGER entries_have_no_gaps BEFORE INSERT ON entries
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM entries)
BEGIN SELECT RAISE(ABORT, 'entries are numbered without gaps'); END;
CREATE TRIGGER entries_are_not_altered BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never altered'); END;
CREATE TRIGGER entries_are_not_removed BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END;
";

/// The last entry's number and hash, kept apart, so that entries taken off the end are missed, and noted when others take
/// their place.
const HEAD_APART: &str = "
CREATE TABLE head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
INSERT INTO head SELECT 1, coalesce(max(seq), 0),
    coalesce((SELECT hash FROM entries ORDER BY seq DESC LIMIT 1), zeroblob(32)) FROM entries;
CREATE TABLE cuts (
    seq  INTEGER PRIMARY KEY,
    was  INTEGER NOT NULL,
    hash BLOB NOT NULL
) STRICT;
CREATE TRIGGER head_notes_cuts BEFORE INSERT ON entries WHEN NEW.seq <= (SELECT seq FROM head)
BEGIN INSERT OR IGNORE INTO cuts SELECT NEW.seq, seq, hash FROM head; END;
CREATE TRIGGER head_follows AFTER INSERT ON entries
BEGIN UPDATE head SET seq = NEW.seq, hash = NEW.hash; END;
";

/// Brings an empty or older ledger to the known schema, all steps in the transaction of `tx`.
pub(super) fn run(tx: &Connection, from: i64) -> rusqlite::Result<()> {
    for step in STEPS.iter().skip(usize::try_from(from).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", KNOWN)
}

/// The first schema, for tests of what older files become.
#[cfg(test)]
pub(super) const FIRST: &str = ENTRIES_OUTBOX_LEASE;
