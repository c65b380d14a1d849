//! One line of an export: an entry as it is stored, with the hashes around it and the ledger it is from.
//!
//! Every line can be checked alone. Deliberately absent: computing hashes (`ledger`).

use super::{StoredError, decode};
use crate::domain::base::Text;
use crate::domain::incident::{Entry, EntryHash};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt::Write;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// The ledger's id.
    ledger: Text,
    /// Hash of the entry before it in that ledger.
    previous: Text,
    hash: Text,
    entry: Box<RawValue>,
}

/// An entry as an export tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The ledger it is from.
    pub ledger: Text,
    /// Hash of the entry before it there.
    pub previous: EntryHash,
    /// Its stored bytes, which its hash is over.
    pub stored: Text,
    /// The entry.
    pub entry: Entry,
}

/// One line, without its end.
///
/// # Errors
/// The stored bytes are no JSON.
pub fn line(ledger: &str, previous: &EntryHash, entry: &Entry) -> Result<String, StoredError> {
    let stored = super::encode(entry)?;
    let line = Line {
        ledger: ledger.into(),
        previous: hex(previous).into(),
        hash: hex(&entry.hash).into(),
        entry: RawValue::from_string(stored)?,
    };
    Ok(serde_json::to_string(&line)?)
}

/// Reads a line.
///
/// # Errors
/// It is none, or a newer program's.
pub fn read(text: &str) -> Result<Exported, StoredError> {
    let line: Line = serde_json::from_str(text)?;
    let wrong = || StoredError::Damaged("a hash is 64 hexadecimal digits".into());
    let hash = unhex(&line.hash).ok_or_else(wrong)?;
    let previous = unhex(&line.previous).ok_or_else(wrong)?;
    let stored = line.entry.get();
    Ok(Exported { ledger: line.ledger, previous, stored: stored.into(), entry: decode(stored, hash)? })
}

/// True of lines that `line` wrote, whole or damaged: records of other tools look otherwise.
pub fn is_ours(text: &str) -> bool {
    text.trim_start().starts_with("{\"ledger\":")
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        // Writing to a String cannot fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

pub(crate) fn unhex(text: &str) -> Option<EntryHash> {
    let mut out = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (i, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
    }
    Some(out)
}
