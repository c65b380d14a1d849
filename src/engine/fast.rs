//! The synchronous driver: the same step over samples that are there already, as fast as it goes.
//!
//! It numbers entries and incidents itself and takes every decision as recorded at once. Slices are sealed only up to the
//! instant judged, and no series is known before its first sample is due, so that nothing is decided with knowledge of the
//! future. Deliberately absent: reading, a ledger, pages and snapshots.

use super::board::{FeedRead, FeedRef};
use super::event::Event;
use super::harm;
use super::look::warm_up;
use super::state::{Settings, State};
use super::step::step;
use crate::domain::base::{IncidentId, Ms, Now, Seq, Span, Text};
use crate::domain::incident::{Entry, Incident, IncidentRef};
use crate::domain::measure::{Batch, Role, Sink};
use crate::domain::objective::Rulebook;
use crate::domain::paging::{Commit, Routes};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// Answers of a feed that wait, by the instant at which their series' first samples are due.
type Waiting = VecDeque<(Ms, (Role, Arc<Batch>))>;

/// The driver.
#[derive(Debug)]
pub struct Fast {
    state: State,
    settle: Span,
    waiting: BTreeMap<FeedRef, Waiting>,
    failed: BTreeSet<FeedRef>,
    last: Seq,
    incidents: u64,
}

impl Fast {
    /// A driver that knows nothing yet. It leads and pages nobody. `source` stands in costs' traces.
    pub fn new(book: Arc<Rulebook>, settings: Settings, source: Text) -> Self {
        let settle = book.timing.settle;
        let mut state = State::new(book, Settings { routes: Routes::default(), ..settings });
        state.board.draws = false;
        step(&mut state, Now::default(), Event::Source(source));
        step(&mut state, Now::default(), Event::Lead(true));
        Self { state, settle, waiting: BTreeMap::new(), failed: BTreeSet::new(), last: Seq(0), incidents: 0 }
    }

    /// The state as it is now.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// What must be read before `from` can be judged: the whole period before it.
    pub fn history(&mut self, from: Ms) -> Vec<FeedRead> {
        self.state.board.reads(from)
    }

    /// Takes an answer of [`Fast::history`].
    pub fn learn(&mut self, feed: FeedRef, through: Ms, answers: Vec<(Role, Arc<Batch>)>) {
        step(&mut self.state, Now::default(), Event::Answers { feed, through, answers });
    }

    /// What must be read to judge the instants in `(from, through]`. Feeds that failed are not asked again.
    pub fn ahead(&mut self, from: Ms, through: Ms) -> Vec<FeedRead> {
        let mut reads = self.state.board.reads_ahead(from, through);
        reads.retain(|read| !self.failed.contains(&read.feed));
        reads
    }

    /// Keeps an answer of [`Fast::ahead`] until its samples are due.
    pub fn keep(&mut self, feed: FeedRef, answers: Vec<(Role, Arc<Batch>)>) {
        let width = self.state.board.step();
        let mut parts: Vec<(Ms, (Role, Arc<Batch>))> = Vec::new();
        for (role, batch) in answers {
            parts.extend(by_first_sample(&batch, width).into_iter().map(|(due, part)| (due, (role, Arc::new(part)))));
        }
        // Stable: answers to different asks that are due together stay in the order of the asks.
        parts.sort_by_key(|(due, _)| *due);
        self.waiting.entry(feed).or_default().extend(parts);
    }

    /// A feed could not be read: from here on its tracks have no data.
    pub fn fail(&mut self, feed: FeedRef) {
        self.failed.insert(feed);
        self.waiting.remove(&feed);
    }

    /// Judges the instants before `at` whose outcome holds remember, deciding nothing.
    pub fn warm_up(&mut self, at: Ms) {
        let now = self.now(at);
        warm_up(&mut self.state, now, at);
    }

    /// One tick: what is due is sealed, judged, decided and recorded.
    pub fn tick(&mut self, at: Ms) {
        let now = self.now(at);
        for (feed, waiting) in &mut self.waiting {
            let mut answers = Vec::new();
            while let Some((_, answer)) = waiting.pop_front_if(|(due, _)| *due <= at) {
                answers.push(answer);
            }
            step(&mut self.state, now, Event::Answers { feed: *feed, through: at, answers });
        }
        if let Some(commit) = step(&mut self.state, now, Event::Tick { at }).commit {
            self.record(commit, now);
        }
    }

    /// Incidents that had a severity. What a live one did so far is measured at the last instant judged.
    pub fn incidents(&self) -> Vec<Arc<Incident>> {
        let all = self.state.incidents.iter().filter(|i| i.severity.is_some());
        all.map(|i| if i.phase.is_live() { Arc::new(self.measured(i)) } else { Arc::clone(i) }).collect()
    }

    fn measured(&self, incident: &Incident) -> Incident {
        let at = self.state.board.at.unwrap_or_default();
        let cost = harm::cost(&self.state, incident, at);
        Incident { impact: Some(harm::impact(&self.state, incident, at).record.clone()), cost, ..incident.clone() }
    }

    fn now(&self, at: Ms) -> Now {
        Now { wall: at + self.settle, ..Now::default() }
    }

    /// Numbers a decision's facts as a ledger would and takes them as recorded.
    fn record(&mut self, commit: Commit, now: Now) {
        let mut opened: BTreeMap<u8, IncidentId> = BTreeMap::new();
        let mut entries = Vec::with_capacity(commit.entries.len());
        for new in commit.entries {
            let incident = match new.incident {
                IncidentRef::Known(id) => id,
                IncidentRef::Opens(place) => *opened.entry(place).or_insert_with(|| {
                    self.incidents += 1;
                    IncidentId(self.incidents)
                }),
            };
            self.last = Seq(self.last.0 + 1);
            entries.push(Entry {
                seq: self.last,
                incident,
                fact: new.fact,
                at: new.at,
                recorded_at: now.wall,
                actor: new.actor,
                source: new.source,
                corrects: new.corrects,
                commit: commit.id.clone(),
                hash: [0; 32],
            });
        }
        step(&mut self.state, now, Event::Entries(entries));
    }
}

/// The series of a batch, apart by the slice of their first sample.
fn by_first_sample(batch: &Batch, width: Span) -> Vec<(Ms, Batch)> {
    let mut parts: BTreeMap<Ms, Batch> = BTreeMap::new();
    for (labels, samples) in batch.iter() {
        let Some(first) = samples.first() else { continue };
        let part = parts.entry(first.at.slice_end(width)).or_default();
        part.series(labels);
        for sample in samples {
            part.sample(sample.at, sample.value);
        }
    }
    parts.into_iter().collect()
}
