//! Which pages an incident has caused so far: what the next ones are planned from.
//!
//! It is built from the rows of the outbox, so a restart and a repeated plan see the same and give the same numbers.

use super::{Dispatch, DispatchKind, NewDispatch};
use crate::domain::base::{Ms, Severity, Text};
use std::collections::{BTreeMap, BTreeSet};

/// One page that was planned, whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldPage {
    /// Receiver's name.
    pub receiver: Text,
    /// Why it was planned.
    pub kind: DispatchKind,
    /// Severity it tells.
    pub severity: Severity,
    /// Escalation level.
    pub level: u8,
    /// Distinguishes repeats of one kind.
    pub number: u32,
    /// Whom it was for.
    pub owner: Option<Text>,
    /// When it was planned.
    pub at: Ms,
}

/// Pages of one incident, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pages: Vec<ToldPage>,
}

impl Told {
    /// From the rows of one incident.
    pub fn from_rows(rows: &[Dispatch]) -> Self {
        let mut rows: Vec<&Dispatch> = rows.iter().collect();
        rows.sort_by_key(|row| row.id);
        let pages = rows.into_iter().map(|row| ToldPage {
            receiver: row.receiver.clone(),
            kind: row.kind,
            severity: row.severity,
            level: row.level,
            number: row.number,
            owner: row.content.owner.clone(),
            at: row.created,
        });
        Self { pages: pages.collect() }
    }

    /// Adds a page planned at `at`: for whoever keeps this between two looks at the outbox.
    pub fn note(&mut self, page: &NewDispatch, at: Ms) {
        self.pages.push(ToldPage {
            receiver: page.receiver.clone(),
            kind: page.kind,
            severity: page.severity,
            level: page.level,
            number: page.number,
            owner: page.content.owner.clone(),
            at,
        });
    }

    /// All of them, oldest first.
    pub fn pages(&self) -> &[ToldPage] {
        &self.pages
    }

    /// When the first page was planned.
    pub fn first_at(&self) -> Option<Ms> {
        self.pages.iter().find(|page| page.kind.is_page()).map(|page| page.at)
    }

    /// The number that makes the next row of this kind, level and receiver unique.
    pub fn next_number(&self, kind: DispatchKind, level: u8, receiver: &str) -> u32 {
        let same = |p: &&ToldPage| p.kind == kind && p.level == level && *p.receiver == *receiver;
        self.pages.iter().filter(same).map(|p| p.number + 1).max().unwrap_or(0)
    }

    /// Somebody was told of trouble and not yet that it is over.
    pub fn has_open_run(&self) -> bool {
        !self.open_owners().is_empty()
    }

    /// Owners who were told of trouble and not yet that it is over.
    pub fn open_owners(&self) -> BTreeSet<Option<Text>> {
        let owners: BTreeSet<Option<Text>> = self.pages.iter().map(|p| p.owner.clone()).collect();
        owners.into_iter().filter(|owner| !self.current(owner.as_deref()).is_empty()).collect()
    }

    /// Pages of the present run of the incident: those to each receiver after its last resolved page, for one owner.
    pub fn current(&self, owner: Option<&str>) -> Vec<&ToldPage> {
        let mut open: BTreeMap<&str, Vec<&ToldPage>> = BTreeMap::new();
        for page in self.pages.iter().filter(|p| p.owner.as_deref() == owner && p.kind.is_page()) {
            let list = open.entry(&page.receiver).or_default();
            if page.kind == DispatchKind::Resolved { list.clear() } else { list.push(page) }
        }
        let mut pages: Vec<&ToldPage> = open.into_values().flatten().collect();
        pages.sort_by_key(|page| page.at);
        pages
    }
}
