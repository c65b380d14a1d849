//! What can go wrong with the file, in words: which file, why, and what to try.

use crate::domain::base::Seq;
use crate::ports::LedgerError;
use crate::wire::entry::{StoredError, version as known};
use rusqlite::ErrorCode;

/// Anything that stops work on the file.
#[derive(Debug)]
pub(super) enum Fault {
    /// SQLite's.
    Sql(rusqlite::Error),
    /// A rule of the ledger's.
    Told(LedgerError),
    /// A stored entry cannot be read.
    Entry(Seq, StoredError),
    /// Something else, in words.
    Words(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<LedgerError> for Fault {
    fn from(error: LedgerError) -> Self {
        Self::Told(error)
    }
}

impl Fault {
    /// The error of the port, with the file's path.
    pub(super) fn tell(self, path: &str) -> LedgerError {
        let path = path.to_owned();
        match self {
            Self::Told(error) => error,
            Self::Entry(_, StoredError::Newer { kind, version }) if version > known(&kind) => {
                LedgerError::Newer { path, found: version, known: known(&kind) }
            }
            Self::Entry(seq, StoredError::Newer { kind, .. }) => {
                let why = format!(
                    "entry {} is of a kind this program does not know (`{kind}`): a newer burnledger wrote it; use that one",
                    seq.0
                );
                LedgerError::Unavailable { path, why }
            }
            Self::Entry(seq, StoredError::Damaged(why)) => LedgerError::Damaged { path, seq, why },
            Self::Sql(error) => LedgerError::Unavailable { path, why: words(&error) },
            Self::Words(why) => LedgerError::Unavailable { path, why },
        }
    }
}

/// SQLite's error with what to try.
fn words(error: &rusqlite::Error) -> String {
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "no room is left on the disk; free some, nothing was recorded",
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "it may not be written; check the permissions of the file and its folder"
        }
        Some(ErrorCode::CannotOpen) => "it cannot be opened; check that its folder exists and may be written",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process kept it locked; try again, or look for one that hangs"
        }
        Some(ErrorCode::NotADatabase) => "it is no burnledger ledger; name another file with --ledger",
        Some(ErrorCode::DatabaseCorrupt) => "it is damaged; keep a copy of it and bring back a backup, nothing was overwritten",
        Some(ErrorCode::SystemIoFailure) => "the disk failed to read or write; check it, nothing was recorded",
        _ => "the ledger could not be used",
    };
    format!("{advice} ({error})")
}
