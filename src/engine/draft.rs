//! A draft: the facts and pages of one decision, with the incidents as they will be once it is recorded.
//!
//! Pages are planned from those incidents, so that facts and the pages they cause share one commit.

use crate::domain::base::{CommitId, IncidentId, Ms, Now, Seq, Text};
use crate::domain::incident::{Actor, Entry, Fact, Incident, IncidentRef, NewEntry};
use crate::domain::paging::NewDispatch;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Facts and pages of one decision.
#[derive(Debug)]
pub struct Draft {
    /// Facts, in order.
    pub entries: Vec<NewEntry>,
    /// Pages.
    pub dispatches: Vec<NewDispatch>,
    source: Text,
    now: Now,
    seq: Seq,
    opened: u8,
    changed: BTreeMap<IncidentRef, Arc<Incident>>,
}

impl Draft {
    /// An empty draft after the entry `last`.
    pub const fn new(source: Text, now: Now, last: Seq) -> Self {
        Self { entries: Vec::new(), dispatches: Vec::new(), source, now, seq: last, opened: 0, changed: BTreeMap::new() }
    }

    /// A reference for an incident that this draft opens.
    pub const fn open(&mut self) -> IncidentRef {
        self.opened = self.opened.saturating_add(1);
        IncidentRef::Opens(self.opened - 1)
    }

    /// Adds a fact that burnledger found by itself. A fact that cannot be true in the incident's state is left out.
    pub fn add(&mut self, incident: IncidentRef, known: Option<&Arc<Incident>>, fact: Fact, at: Ms) {
        self.seq = Seq(self.seq.0 + 1);
        let entry = NewEntry { incident, fact, at, actor: Actor::Auto, source: self.source.clone(), corrects: None };
        let prior = self.changed.get(&incident).or(known).map(|i| Arc::unwrap_or_clone(Arc::clone(i)));
        let (after, problem) = Incident::fold(prior, &self.provisional(&entry));
        if let (Some(after), None) = (after, problem) {
            self.changed.insert(incident, Arc::new(after));
            self.entries.push(entry);
        }
    }

    /// The incident as it will be; `None` when this draft does not touch it.
    pub fn after(&self, incident: IncidentRef) -> Option<&Arc<Incident>> {
        self.changed.get(&incident)
    }

    /// Incidents that this draft opens or changes.
    pub fn changed(&self) -> impl Iterator<Item = (IncidentRef, &Arc<Incident>)> {
        self.changed.iter().map(|(r, i)| (*r, i))
    }

    /// Nothing to record.
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.dispatches.is_empty()
    }

    fn provisional(&self, entry: &NewEntry) -> Entry {
        let id = match entry.incident {
            IncidentRef::Known(id) => id,
            IncidentRef::Opens(n) => IncidentId(u64::MAX - u64::from(n)),
        };
        Entry {
            seq: self.seq,
            incident: id,
            fact: entry.fact.clone(),
            at: entry.at,
            recorded_at: self.now.wall,
            actor: entry.actor.clone(),
            source: entry.source.clone(),
            corrects: entry.corrects,
            commit: CommitId(Text::from("")),
            hash: [0; 32],
        }
    }
}
