//! How a commit becomes entries: numbers without gaps, and a hash chain over the stored bytes.

use crate::domain::base::{CommitId, IncidentId, Ms, Seq};
use crate::domain::incident::{Entry, EntryHash, Fact, IncidentRef, NewEntry};
use crate::domain::paging::Commit;
use crate::ports::LedgerError;
use crate::wire::entry;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The hash before the first entry.
pub const ZERO_HASH: EntryHash = [0; 32];

/// The hash of an entry: SHA-256 over the previous entry's hash and the stored bytes.
pub fn chain(previous: &EntryHash, stored: &str) -> EntryHash {
    Sha256::new().chain_update(previous).chain_update(stored.as_bytes()).finalize().into()
}

/// Where a ledger stands before a commit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// The last entry.
    pub(super) seq: Seq,
    /// Its hash.
    pub(super) hash: EntryHash,
    /// The highest incident number.
    pub(super) incidents: u64,
}

impl Head {
    /// An empty ledger.
    pub(super) const EMPTY: Self = Self { seq: Seq(0), hash: ZERO_HASH, incidents: 0 };
}

/// An entry and its stored bytes.
pub(super) struct Prepared {
    pub(super) entry: Entry,
    pub(super) stored: String,
}

/// Numbers of the incidents that a commit names.
pub(super) struct Numbers {
    known: u64,
    opened: BTreeMap<u8, IncidentId>,
}

impl Numbers {
    /// Gives numbers to the incidents that `commit` opens, in the order of their place.
    ///
    /// # Errors
    /// An incident would begin with something else than its beginning.
    pub(super) fn of(commit: &Commit, head: &Head) -> Result<Self, LedgerError> {
        let mut opened = BTreeMap::new();
        let no_page = commit.dispatches.iter().all(|d| d.incident != IncidentRef::Known(IncidentId::LEDGER));
        let is_at_large = |new: &NewEntry| new.incident == IncidentRef::Known(IncidentId::LEDGER);
        if !no_page || commit.entries.iter().any(|new| is_at_large(new) != matches!(new.fact, Fact::Notice(_))) {
            return Err(LedgerError::Refused("only silences and changes are about the ledger at large".into()));
        }
        for new in &commit.entries {
            if let IncidentRef::Opens(place) = new.incident
                && opened.insert(place, IncidentId(0)).is_none()
                && !matches!(new.fact, Fact::Suspected(_) | Fact::Opened(_))
            {
                return Err(LedgerError::Refused(format!("a new incident cannot begin with `{}`", entry::kind(&new.fact))));
            }
        }
        for (number, id) in (head.incidents + 1..).zip(opened.values_mut()) {
            *id = IncidentId(number);
        }
        Ok(Self { known: head.incidents, opened })
    }

    /// The number of an incident.
    ///
    /// # Errors
    /// Nothing in this ledger or commit has that place or number.
    pub(super) fn get(&self, incident: IncidentRef) -> Result<IncidentId, LedgerError> {
        match incident {
            IncidentRef::Known(IncidentId::LEDGER) => Ok(IncidentId::LEDGER),
            IncidentRef::Known(id) if (1..=self.known).contains(&id.0) => Ok(id),
            IncidentRef::Known(id) => Err(LedgerError::Refused(format!("there is no incident {id} in this ledger"))),
            IncidentRef::Opens(place) => self
                .opened
                .get(&place)
                .copied()
                .ok_or_else(|| LedgerError::Refused(format!("the commit opens no incident at place {place}"))),
        }
    }
}

/// The incidents with a number that a commit is about, each once.
pub(super) fn touched(commit: &Commit) -> Vec<IncidentId> {
    let refs = commit.entries.iter().map(|e| e.incident).chain(commit.dispatches.iter().map(|d| d.incident));
    let mut ids: Vec<IncidentId> = refs
        .filter_map(|r| match r {
            IncidentRef::Known(id) => Some(id),
            IncidentRef::Opens(_) => None,
        })
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The next entries of a ledger, numbered, written and chained, and where it then stands.
///
/// # Errors
/// An entry names an incident that is not there.
pub(super) fn prepare(
    entries: &[NewEntry],
    numbers: &Numbers,
    commit: &CommitId,
    head: Head,
    recorded_at: Ms,
) -> Result<(Vec<Prepared>, Head), LedgerError> {
    let mut at = head;
    let mut out = Vec::with_capacity(entries.len());
    for new in entries {
        let prepared = next(new, numbers, commit, &at, recorded_at)?;
        at = Head { seq: prepared.entry.seq, hash: prepared.entry.hash, incidents: at.incidents.max(prepared.entry.incident.0) };
        out.push(prepared);
    }
    Ok((out, at))
}

fn next(new: &NewEntry, numbers: &Numbers, commit: &CommitId, head: &Head, recorded_at: Ms) -> Result<Prepared, LedgerError> {
    let mut fact = new.fact.clone();
    if let Fact::SplitOff { into, .. } = &mut fact {
        *into = IncidentRef::Known(numbers.get(*into)?);
    }
    let mut entry = Entry {
        seq: Seq(head.seq.0 + 1),
        incident: numbers.get(new.incident)?,
        fact,
        at: new.at,
        recorded_at,
        actor: new.actor.clone(),
        source: new.source.clone(),
        corrects: new.corrects,
        commit: commit.clone(),
        hash: ZERO_HASH,
    };
    let stored = entry::encode(&entry).map_err(|e| LedgerError::Refused(e.to_string()))?;
    entry.hash = chain(&head.hash, &stored);
    Ok(Prepared { entry, stored })
}
