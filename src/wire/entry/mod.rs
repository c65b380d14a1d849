//! Entries as the ledger stores them: kind, version and payload in one line of JSON. These bytes are hashed.
//!
//! Old versions are read for ever; what a newer program wrote is an error with its name, never skipped. Times are
//! milliseconds since the epoch. Deliberately absent: hashing and chaining (`ledger`).

mod change;
mod cost;
pub mod export;
mod fact;
mod notice;
mod parts;
mod record;
pub(crate) use cost::CostForm;
pub(crate) use parts::{ImpactForm, ReasonForm};
#[cfg(test)]
mod tests;

use crate::domain::base::{CommitId, IncidentId, Ms, Seq, Text};
use crate::domain::incident::{Actor, Correction, Entry, Fact};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thiserror::Error;

/// The newest version of a kind that this program knows.
pub fn version(kind: &str) -> i64 {
    if matches!(kind, "costed" | "note" | "corrected") { 2 } else { 1 }
}

/// The version a fact is written in: the first that can tell it, so that older programs read what they can.
pub const fn version_of(fact: &Fact) -> i64 {
    match fact {
        Fact::Costed(_) | Fact::Corrected { change: Correction::Effort(_), .. } => 2,
        Fact::Note(note) if note.action_item || note.customer_visible => 2,
        _ => 1,
    }
}

/// Why a stored entry cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StoredError {
    /// A newer program wrote it.
    #[error("a newer burnledger wrote it: kind `{kind}`, version {version}")]
    Newer {
        /// Its kind.
        kind: String,
        /// Its version.
        version: i64,
    },
    /// It is not what any program wrote.
    #[error("{0}")]
    Damaged(String),
}

impl From<serde_json::Error> for StoredError {
    fn from(error: serde_json::Error) -> Self {
        Self::Damaged(error.to_string())
    }
}

/// What is read first: a newer program may have added anything else.
#[derive(Deserialize)]
struct Label {
    kind: String,
    version: i64,
}

/// What every kind has, around its payload.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    kind: Text,
    version: i64,
    seq: u64,
    incident: u64,
    at: i64,
    recorded_at: i64,
    /// A person's name; absent when burnledger itself caused it.
    person: Option<Text>,
    source: Text,
    corrects: Option<u64>,
    commit: Text,
    payload: Box<RawValue>,
}

/// The stored bytes of an entry. Its hash is not among them: it is taken over them.
///
/// # Errors
/// The entry cannot be written as JSON (no such entry is known).
pub fn encode(entry: &Entry) -> Result<String, StoredError> {
    let person = match &entry.actor {
        Actor::Auto => None,
        Actor::Person(name) => Some(name.clone()),
    };
    let envelope = Envelope {
        kind: kind(&entry.fact).into(),
        version: version_of(&entry.fact),
        seq: entry.seq.0,
        incident: entry.incident.0,
        at: entry.at.0,
        recorded_at: entry.recorded_at.0,
        person,
        source: entry.source.clone(),
        corrects: entry.corrects.map(|s| s.0),
        commit: entry.commit.0.clone(),
        payload: fact::payload(&entry.fact)?,
    };
    Ok(serde_json::to_string(&envelope)?)
}

/// The entry of stored bytes, with the hash handed in.
///
/// # Errors
/// A newer program wrote it, or it is damaged.
pub fn decode(stored: &str, hash: [u8; 32]) -> Result<Entry, StoredError> {
    let Label { kind, version: written } = serde_json::from_str(stored)?;
    if written > version(&kind) {
        return Err(StoredError::Newer { kind, version: written });
    }
    if written < 1 {
        return Err(StoredError::Damaged(format!("version {written} never was")));
    }
    let e: Envelope = serde_json::from_str(stored)?;
    Ok(Entry {
        seq: Seq(e.seq),
        incident: IncidentId(e.incident),
        fact: fact::read(&e.kind, e.version, &e.payload)?,
        at: Ms(e.at),
        recorded_at: Ms(e.recorded_at),
        actor: e.person.map_or(Actor::Auto, Actor::Person),
        source: e.source,
        corrects: e.corrects.map(Seq),
        commit: CommitId(e.commit),
        hash,
    })
}

/// The kind's name, in stored entries and in JSON.
pub const fn kind(fact: &Fact) -> &'static str {
    match fact {
        Fact::Suspected(_) => "suspected",
        Fact::Opened(_) => "opened",
        Fact::Joined { .. } => "joined",
        Fact::SeverityChanged { .. } => "severity_changed",
        Fact::Acknowledged => "acknowledged",
        Fact::Unacknowledged => "unacknowledged",
        Fact::Mitigated { .. } => "mitigated",
        Fact::Resolved { .. } => "resolved",
        Fact::Reopened { .. } => "reopened",
        Fact::Closed { .. } => "closed",
        Fact::NoData { .. } => "no_data",
        Fact::DataBack => "data_back",
        Fact::Note(_) => "note",
        Fact::Paged { .. } => "paged",
        Fact::Measured(_) => "measured",
        Fact::Costed(_) => "costed",
        Fact::Notice(notice) => notice::kind(notice),
        Fact::Held(_) => "held",
        Fact::Alerted(_) => "alerted",
        Fact::Absorbed(_) => "absorbed",
        Fact::Merged { .. } => "merged",
        Fact::SplitOff { .. } => "split_off",
        Fact::SplitFrom { .. } => "split_from",
        Fact::SuspectNamed { .. } => "suspect_named",
        Fact::Evidence(_) => "evidence",
        Fact::Corrected { .. } => "corrected",
    }
}
