//! All incidents of a ledger, folded from its entries in order.
//!
//! Cheap to clone: incidents are shared until one changes. Deliberately absent: where entries come from.

use super::entry::Entry;
use super::fold::Incident;
use super::notice::AtLarge;
use super::transition::FoldProblem;
use crate::domain::base::{IncidentId, Seq};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How many problems are kept; a ledger full of them is told by its first ones.
const PROBLEMS_KEPT: usize = 100;

/// Every incident of a ledger.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incidents {
    all: BTreeMap<IncidentId, Arc<Incident>>,
    /// Those that live: few among many, and asked for often.
    live: BTreeSet<IncidentId>,
    at_large: AtLarge,
    last: Seq,
    problems: Vec<FoldProblem>,
}

impl Incidents {
    /// The fold of `entries`.
    pub fn replay<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut out = Self::default();
        out.extend(entries);
        out
    }

    /// Folds one entry in. An entry that was folded before is passed over; an impossible one is noted in
    /// [`Self::problems`] and returned.
    pub fn apply(&mut self, entry: &Entry) -> Option<FoldProblem> {
        if entry.seq <= self.last {
            return None;
        }
        self.last = entry.seq;
        if entry.incident == IncidentId::LEDGER {
            self.at_large.apply(entry);
            return None;
        }
        let found = match self.all.get_mut(&entry.incident) {
            Some(incident) => Arc::make_mut(incident).apply(entry).err(),
            None => match Incident::begin(entry) {
                Ok(incident) => {
                    self.all.insert(entry.incident, Arc::new(incident));
                    None
                }
                Err(problem) => Some(problem),
            },
        };
        if self.all.get(&entry.incident).is_some_and(|i| i.phase.is_live()) {
            self.live.insert(entry.incident);
        } else {
            self.live.remove(&entry.incident);
        }
        if let Some(problem) = &found
            && self.problems.len() < PROBLEMS_KEPT
        {
            self.problems.push(problem.clone());
        }
        found
    }

    /// Folds entries in, in order.
    pub fn extend<'a>(&mut self, entries: impl IntoIterator<Item = &'a Entry>) {
        for entry in entries {
            self.apply(entry);
        }
    }

    /// One incident.
    pub fn get(&self, id: IncidentId) -> Option<&Arc<Incident>> {
        self.all.get(&id)
    }

    /// All of them, by number.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Incident>> {
        self.all.values()
    }

    /// Those that rules and pages still concern, by number.
    pub fn live(&self) -> impl Iterator<Item = &Arc<Incident>> {
        self.live.iter().filter_map(|id| self.all.get(id))
    }

    /// The newest ones, newest first, at most `limit`.
    pub fn newest(&self, limit: usize) -> Vec<Arc<Incident>> {
        self.iter().rev().take(limit).cloned().collect()
    }

    /// Silences and changes: what the ledger knows beside incidents.
    pub const fn at_large(&self) -> &AtLarge {
        &self.at_large
    }

    /// The last entry folded in.
    pub fn last_seq(&self) -> Seq {
        self.last
    }

    /// Number of incidents.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// True without any incident.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Entries that could not be true, the first hundred.
    pub fn problems(&self) -> &[FoldProblem] {
        &self.problems
    }
}
