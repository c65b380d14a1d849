//! Incidents that come from elsewhere: entries of another ledger renumbered, records of other tools as entries, and what is
//! odd about either, told and never dropped in silence.
//!
//! Deliberately absent: reading files (`formats/records`, `wire`) and recording.

use super::collection::Incidents;
use super::correction::Moment;
use super::entry::{Entry, Fact, IncidentRef, NewEntry};
use super::fold::Incident;
use crate::domain::base::{CommitId, IncidentId, Seq, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Most entries of one commit.
const MOST: usize = 200;

/// Entries of another ledger on their way into this one: a commit after the other, because later entries name the numbers
/// that earlier ones got.
#[derive(Debug)]
pub struct Transfer {
    entries: Vec<Entry>,
    /// How the commits are named; the same entries give the same names, so that nothing is recorded twice.
    name: Text,
    source: Text,
    next: usize,
    incidents: BTreeMap<IncidentId, IncidentId>,
    numbers: BTreeMap<Seq, Seq>,
    under_way: Vec<(Seq, IncidentId)>,
}

/// One commit of a transfer.
#[derive(Clone, Debug, PartialEq)]
pub struct Portion {
    /// Names it.
    pub id: CommitId,
    /// What to record.
    pub entries: Vec<NewEntry>,
}

impl Transfer {
    /// Of entries in their order. `source` is what the new entries say they came from.
    pub fn new(entries: Vec<Entry>, name: Text, source: Text) -> Self {
        let (incidents, numbers) = (BTreeMap::new(), BTreeMap::new());
        Self { entries, name, source, next: 0, incidents, numbers, under_way: Vec::new() }
    }

    /// The next commit; absent when all is done.
    pub fn portion(&mut self) -> Option<Portion> {
        let first = self.next;
        let (mut out, mut opened) = (Vec::new(), BTreeMap::new());
        self.under_way.clear();
        while let Some(entry) = self.entries.get(self.next) {
            let known = |id: &IncidentId| self.incidents.contains_key(id);
            let opens = !known(&entry.incident) && !opened.contains_key(&entry.incident);
            let names = named(&entry.fact).iter().all(&known) && entry.corrects.is_none_or(|seq| self.numbers.contains_key(&seq));
            if !out.is_empty() && (!names || out.len() >= MOST || (opens && opened.len() >= 100)) {
                break;
            }
            let place = u8::try_from(opened.len()).unwrap_or(u8::MAX);
            if opens {
                opened.insert(entry.incident, place);
            }
            let incident = self.incidents.get(&entry.incident).map_or_else(
                || IncidentRef::Opens(opened.get(&entry.incident).copied().unwrap_or(place)),
                |id| IncidentRef::Known(*id),
            );
            out.push(NewEntry {
                incident,
                fact: renamed(&entry.fact, &self.incidents),
                at: entry.at,
                actor: entry.actor.clone(),
                source: self.source.clone(),
                corrects: entry.corrects.and_then(|seq| self.numbers.get(&seq).copied()),
            });
            self.under_way.push((entry.seq, entry.incident));
            self.next += 1;
        }
        (!out.is_empty()).then(|| Portion { id: CommitId(format!("{}/{first}", self.name).into()), entries: out })
    }

    /// The incidents, by their numbers there, of the last portion's entries.
    pub fn under_way(&self) -> impl Iterator<Item = IncidentId> {
        self.under_way.iter().map(|(_, incident)| *incident)
    }

    /// The numbers that a portion's entries got.
    pub fn recorded(&mut self, entries: &[Entry]) {
        for ((seq, incident), entry) in self.under_way.drain(..).zip(entries) {
            self.numbers.insert(seq, entry.seq);
            self.incidents.insert(incident, entry.incident);
        }
    }

    /// Numbers there and here.
    pub const fn incidents(&self) -> &BTreeMap<IncidentId, IncidentId> {
        &self.incidents
    }
}

/// Other incidents that a fact names.
fn named(fact: &Fact) -> Vec<IncidentId> {
    match fact {
        Fact::Absorbed(other) => vec![other.from],
        Fact::Merged { into, .. } | Fact::SplitOff { into: IncidentRef::Known(into), .. } => vec![*into],
        Fact::SplitFrom { from } => vec![*from],
        _ => Vec::new(),
    }
}

fn renamed(fact: &Fact, numbers: &BTreeMap<IncidentId, IncidentId>) -> Fact {
    let here = |id: &IncidentId| numbers.get(id).copied().unwrap_or(*id);
    let mut fact = fact.clone();
    match &mut fact {
        Fact::Absorbed(other) => other.from = here(&other.from),
        Fact::Merged { into: id, .. } | Fact::SplitOff { into: IncidentRef::Known(id), .. } | Fact::SplitFrom { from: id } => {
            *id = here(id);
        }
        _ => {}
    }
    fact
}

/// Which incidents of a list of entries come over, and why the others do not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sorted {
    /// Entries that come over, in order.
    pub entries: Vec<Entry>,
    /// What is odd, in sentences; the incident comes over all the same.
    pub flagged: Vec<(IncidentId, Text)>,
    /// What stays out, and why.
    pub left_out: Vec<(IncidentId, Text)>,
}

/// Sorts entries by what they fold to: incidents that live stay out (they would page), and those that name one that stays out.
pub fn sort(mut entries: Vec<Entry>) -> Sorted {
    entries.sort_by_key(|e| e.seq);
    entries.dedup_by_key(|e| e.seq);
    let all = Incidents::replay(&entries);
    let mut out = Sorted::default();
    for problem in all.problems() {
        out.flagged.push((problem.incident, problem.to_string().into()));
    }
    let mut stays: BTreeSet<IncidentId> = BTreeSet::new();
    for incident in all.iter() {
        if incident.phase.is_live() {
            stays.insert(incident.id);
            out.left_out.push((incident.id, format!("it is still {}", incident.phase.name()).into()));
        }
        out.flagged.extend(backwards(incident).into_iter().map(|why| (incident.id, why)));
    }
    let homeless: BTreeSet<IncidentId> = entries.iter().map(|e| e.incident).filter(|id| all.get(*id).is_none()).collect();
    for id in homeless {
        stays.insert(id);
        out.left_out.push((id, "its first entry is not in the file".into()));
    }
    follow(&entries, &mut stays, &mut out.left_out);
    out.entries = entries.into_iter().filter(|e| !stays.contains(&e.incident)).collect();
    out
}

/// Whoever names an incident that stays out, or is not in the file, stays out too.
fn follow(entries: &[Entry], stays: &mut BTreeSet<IncidentId>, left_out: &mut Vec<(IncidentId, Text)>) {
    let here: BTreeSet<IncidentId> = entries.iter().map(|e| e.incident).collect();
    loop {
        let cut = entries.iter().filter(|e| !stays.contains(&e.incident)).find_map(|e| {
            let gone = named(&e.fact).into_iter().find(|id| stays.contains(id) || !here.contains(id))?;
            Some((e.incident, gone))
        });
        let Some((id, gone)) = cut else { return };
        stays.insert(id);
        left_out.push((id, format!("it belongs together with {gone}, which does not come along").into()));
    }
}

/// Stages that come before the one they should follow, in sentences.
pub fn backwards(incident: &Incident) -> Vec<Text> {
    let m = &incident.milestones;
    let pair = |(a, b): (Moment, Moment)| {
        let (first, then) = (a.of(m)?, b.of(m)?);
        (then < first).then(|| format!("`{}` ({then}) comes before `{}` ({first})", b.name(), a.name()).into())
    };
    Moment::ORDER.into_iter().filter_map(pair).collect()
}
