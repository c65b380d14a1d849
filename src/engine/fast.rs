//! The synchronous driver: the same step over samples that are there already, as fast as it goes.
//!
//! It numbers entries and incidents itself and takes every decision as recorded at once. Slices are sealed only up to the
//! instant judged, and no series is known before its first sample is due, so that nothing is decided with knowledge of the
//! future. Other rulebooks may stand beside the first one: what they measure in the same way is read and counted once.
//! Deliberately absent: reading, a ledger, pages and snapshots.

mod coast;

use super::board::{FeedRead, FeedRef};
use super::event::Event;
use super::harm;
use super::look::warm_up;
use super::pricing;
use super::state::{Settings, State};
use super::step::step;
use crate::domain::base::{IncidentId, Ms, Now, Seq, Span, Text};
use crate::domain::incident::{Entry, Incident, IncidentRef};
use crate::domain::measure::{Batch, Meter, MeterSpec, Role, Sample};
use crate::domain::objective::Rulebook;
use crate::domain::paging::{Commit, Routes};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;
use std::sync::Arc;

/// Answers of a feed that wait, by the instant at which their series' first samples are due.
type Waiting = VecDeque<(Ms, (Role, Arc<Batch>))>;

/// The driver.
#[derive(Debug)]
pub struct Fast {
    case: Case,
    beside: Vec<Beside>,
    settle: Span,
    waiting: BTreeMap<FeedRef, Waiting>,
    failed: BTreeSet<FeedRef>,
}

/// A rulebook with what was decided by it.
#[derive(Debug)]
struct Case {
    state: State,
    last: Seq,
    incidents: u64,
}

/// Another rulebook beside the first. Its feeds borrow the first one's meters while it judges, where they measure the same.
#[derive(Debug)]
struct Beside {
    case: Case,
    /// Its own feed, and the first rulebook's that it borrows from.
    borrows: Vec<(FeedRef, FeedRef)>,
    /// Feeds that measure something else: the name under which they are read, and their own.
    own: BTreeMap<FeedRef, FeedRef>,
}

impl Fast {
    /// A driver that knows nothing yet. It leads and pages nobody. `source` stands in costs' traces.
    pub fn new(book: Arc<Rulebook>, settings: Settings, source: Text) -> Self {
        let settle = book.timing.settle;
        let case = Case::new(book, settings, source);
        Self { case, beside: Vec::new(), settle, waiting: BTreeMap::new(), failed: BTreeSet::new() }
    }

    /// Judges by another rulebook too, of the same step. To be said before anything is read.
    #[must_use]
    pub fn beside(mut self, book: Arc<Rulebook>) -> Self {
        let settings = self.case.state.settings.clone();
        let source = self.case.state.metric_source.clone();
        let mut case = Case::new(book, settings, source);
        let (mut borrows, mut own) = (Vec::new(), BTreeMap::new());
        for feed in feeds(&case.state) {
            match lender(&mut self.case.state, &mut case.state, feed, &borrows) {
                Some(lender) => borrows.push((feed, lender)),
                None => {
                    own.insert(self.name(feed, own.len()), feed);
                }
            }
        }
        self.beside.push(Beside { case, borrows, own });
        self
    }

    /// The name under which another rulebook's feed is read: a place after all that are taken.
    fn name(&self, feed: FeedRef, more: usize) -> FeedRef {
        let taken = more + self.beside.iter().map(|b| b.own.len()).sum::<usize>();
        let board = &self.case.state.board;
        match feed {
            FeedRef::Slo(_) => FeedRef::Slo(board.slos.len() + taken),
            FeedRef::Stream(_) => FeedRef::Stream(board.streams.len() + taken),
            FeedRef::Signal(_) => FeedRef::Signal(board.signals.len() + taken),
            FeedRef::Replicas(_) => FeedRef::Replicas(board.replicas.len() + taken),
        }
    }

    /// Whether the burn rate over an hour is wanted at every instant, also where the verdicts are left as they are.
    pub fn follow(&mut self, follows: bool) {
        let beside = self.beside.iter_mut().map(|b| &mut b.case);
        std::iter::once(&mut self.case).chain(beside).for_each(|case| case.state.board.follows = follows);
    }

    /// Whether small charts are drawn at every instant; nobody looks at them in a backtest.
    pub const fn draw(&mut self, draws: bool) {
        self.case.state.board.draws = draws;
    }

    /// The state of the first rulebook as it is now.
    pub const fn state(&self) -> &State {
        &self.case.state
    }

    /// The states of all rulebooks, the first one's first. The others hold verdicts; their meters are lent to them only
    /// while they judge.
    pub fn states(&self) -> impl Iterator<Item = &State> {
        std::iter::once(&self.case.state).chain(self.beside.iter().map(|b| &b.case.state))
    }

    /// What must be read before `from` can be judged: the whole period before it.
    pub fn history(&mut self, from: Ms) -> Vec<FeedRead> {
        self.reads(|state| state.board.reads(from))
    }

    /// Takes an answer of [`Fast::history`].
    pub fn learn(&mut self, feed: FeedRef, through: Ms, answers: Vec<(Role, Arc<Batch>)>) {
        self.answer(Now::default(), feed, through, answers);
    }

    /// What must be read to judge the instants in `(from, through]`. Feeds that failed are not asked again.
    pub fn ahead(&mut self, from: Ms, through: Ms) -> Vec<FeedRead> {
        let mut reads = self.reads(|state| state.board.reads_ahead(from, through));
        reads.retain(|read| !self.failed.contains(&read.feed));
        reads
    }

    fn reads(&mut self, of: impl Fn(&mut State) -> Vec<FeedRead>) -> Vec<FeedRead> {
        let mut reads = of(&mut self.case.state);
        for beside in self.beside.iter_mut().filter(|b| !b.own.is_empty()) {
            let all = of(&mut beside.case.state);
            let name = |feed: FeedRef| beside.own.iter().find(|(_, own)| **own == feed).map(|(name, _)| *name);
            reads.extend(all.into_iter().filter_map(|read| Some(FeedRead { feed: name(read.feed)?, ..read })));
        }
        reads
    }

    /// Keeps an answer of [`Fast::ahead`] for what comes after `from` until its samples are due.
    pub fn keep(&mut self, feed: FeedRef, from: Ms, answers: Vec<(Role, Arc<Batch>)>) {
        if self.failed.contains(&feed) {
            return;
        }
        let next = from + self.case.state.board.step();
        let mut parts: Vec<(Ms, (Role, Arc<Batch>))> = Vec::new();
        for (role, batch) in answers {
            parts.extend(self.by_first_sample(batch, next).into_iter().map(|(due, part)| (due, (role, part))));
        }
        // Stable: answers to different asks that are due together stay in the order of the asks.
        parts.sort_by_key(|(due, _)| *due);
        self.waiting.entry(feed).or_default().extend(parts);
    }

    /// The series of a batch, apart by the slice of their first sample; those that are due at `next` together.
    fn by_first_sample(&self, batch: Arc<Batch>, next: Ms) -> Vec<(Ms, Arc<Batch>)> {
        let due = |first: &Sample| first.at.slice_end(self.case.state.board.step()).max(next);
        if batch.iter().filter_map(|(_, samples)| samples.first()).all(|first| due(first) == next) {
            return if batch.is_empty() { Vec::new() } else { vec![(next, batch)] };
        }
        let mut parts: BTreeMap<Ms, Batch> = BTreeMap::new();
        for (labels, samples) in batch.iter() {
            let Some(first) = samples.first() else { continue };
            parts.entry(due(first)).or_default().append(labels, samples);
        }
        parts.into_iter().map(|(due, part)| (due, Arc::new(part))).collect()
    }

    /// A feed could not be read: from here on its tracks have no data.
    pub fn fail(&mut self, feed: FeedRef) {
        self.failed.insert(feed);
        self.waiting.remove(&feed);
    }

    /// Judges the instants before `at` whose outcome holds remember, deciding nothing.
    pub fn warm_up(&mut self, at: Ms) {
        let now = self.now_at(at);
        warm_up(&mut self.case.state, now, at);
        for beside in &mut self.beside {
            beside.with_meters(&mut self.case.state, |case| warm_up(&mut case.state, now, at));
        }
    }

    /// One tick: what is due is sealed, judged, decided and recorded. Unless it is wanted in full, tracks of which it is sure
    /// that nothing new is to be said keep the verdict they have, with the instant it is of.
    pub fn tick(&mut self, at: Ms, in_full: bool) {
        let now = self.now_at(at);
        let mut waiting = mem::take(&mut self.waiting);
        for (feed, waiting) in &mut waiting {
            let mut answers = Vec::new();
            while let Some((_, answer)) = waiting.pop_front_if(|(due, _)| *due <= at) {
                answers.push(answer);
            }
            self.answer(now, *feed, at, answers);
        }
        self.waiting = waiting;
        self.case.tick(now, at, in_full);
        for beside in &mut self.beside {
            if in_full || !beside.rests(&self.case.state, at) {
                beside.with_meters(&mut self.case.state, |case| case.tick(now, at, in_full));
            }
        }
    }

    fn answer(&mut self, now: Now, feed: FeedRef, through: Ms, answers: Vec<(Role, Arc<Batch>)>) {
        let own = self.beside.iter_mut().find_map(|b| Some((*b.own.get(&feed)?, &mut b.case.state)));
        let (feed, state) = own.unwrap_or((feed, &mut self.case.state));
        step(state, now, Event::Answers { feed, through, answers });
    }

    /// Incidents of the first rulebook that had a severity. What a live one did so far is measured at the last instant judged.
    pub fn incidents(&self) -> Vec<Arc<Incident>> {
        self.case.incidents()
    }

    /// The same of the rulebooks beside it, in their order.
    pub fn incidents_beside(&mut self) -> Vec<Vec<Arc<Incident>>> {
        let lender = &mut self.case.state;
        self.beside.iter_mut().map(|beside| beside.with_meters(lender, |case| case.incidents())).collect()
    }

    /// Wall and monotonic time of the tick that judges `at`.
    pub fn now_at(&self, at: Ms) -> Now {
        Now { wall: at + self.settle, ..Now::default() }
    }
}

impl Case {
    fn new(book: Arc<Rulebook>, settings: Settings, source: Text) -> Self {
        let mut state = State::new(book, Settings { routes: Routes::default(), ..settings });
        state.board.draws = false;
        step(&mut state, Now::default(), Event::Source(source));
        step(&mut state, Now::default(), Event::Lead(true));
        Self { state, last: Seq(0), incidents: 0 }
    }

    fn tick(&mut self, now: Now, at: Ms, in_full: bool) {
        let state = &mut self.state;
        state.board.skips = !in_full && state.rests(at);
        if state.board.skips && state.board.rests(at) {
            return;
        }
        if let Some(commit) = step(&mut self.state, now, Event::Tick { at }).commit {
            self.record(commit, now);
        }
    }

    fn incidents(&self) -> Vec<Arc<Incident>> {
        let all = self.state.incidents.iter().filter(|i| i.severity.is_some());
        all.map(|i| if i.phase.is_live() { Arc::new(self.measured(i)) } else { Arc::clone(i) }).collect()
    }

    fn measured(&self, incident: &Incident) -> Incident {
        let at = self.state.board.at.unwrap_or_default();
        let cost = pricing::cost(&self.state, incident, at);
        let impact = harm::impact(&self.state, incident, at).record(&self.state, incident).clone();
        Incident { impact: Some(impact), cost, ..incident.clone() }
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

impl Beside {
    /// True when a tick would change nothing but numbers that nobody asked for. Told without borrowing.
    fn rests(&mut self, lender: &State, at: Ms) -> bool {
        let state = &mut self.case.state;
        if !self.own.is_empty() || !state.rests(at) {
            return false;
        }
        let follows = state.board.follows;
        let rests = |(mine, lent): &(FeedRef, FeedRef)| match (mine, lent) {
            (FeedRef::Slo(mine), FeedRef::Slo(lent)) => {
                let tracks = lender.board.slos.get(*lent).map(|feed| feed.meter.tracks());
                state.board.slos.get_mut(*mine).is_some_and(|feed| feed.rests(tracks, at, follows))
            }
            _ => true,
        };
        self.borrows.iter().all(rests)
    }

    /// Lets its case work with the meters it borrows.
    fn with_meters<T>(&mut self, lender: &mut State, work: impl FnOnce(&mut Case) -> T) -> T {
        self.swap(lender);
        let done = work(&mut self.case);
        self.swap(lender);
        done
    }

    fn swap(&mut self, lender: &mut State) {
        for (mine, lent) in &self.borrows {
            if let (Some(mine), Some(lent)) = (meter(&mut self.case.state, *mine), meter(lender, *lent)) {
                mem::swap(mine, lent);
            }
        }
    }
}

fn feeds(state: &State) -> Vec<FeedRef> {
    let slos = (0..state.board.slos.len()).map(FeedRef::Slo);
    let streams = (0..state.board.streams.len()).map(FeedRef::Stream);
    let signals = (0..state.board.signals.len()).map(FeedRef::Signal);
    let replicas = (0..state.board.replicas.len()).map(FeedRef::Replicas);
    slos.chain(streams).chain(signals).chain(replicas).collect()
}

fn meter(state: &mut State, feed: FeedRef) -> Option<&mut Meter> {
    match feed {
        FeedRef::Slo(i) => state.board.slos.get_mut(i).map(|f| &mut f.meter),
        FeedRef::Stream(i) => state.board.streams.get_mut(i).map(|f| &mut f.meter),
        FeedRef::Signal(i) => state.board.signals.get_mut(i).map(|f| &mut f.meter),
        FeedRef::Replicas(i) => state.board.replicas.get_mut(i).map(|f| &mut f.meter),
    }
}

/// The feed of `first` that measures what this one does and is lent to no other; its history is made as long as both need.
fn lender(first: &mut State, other: &mut State, feed: FeedRef, lent: &[(FeedRef, FeedRef)]) -> Option<FeedRef> {
    let wanted = meter(other, feed)?.spec().clone();
    let same = |known: &MeterSpec| MeterSpec { period: wanted.period, ..known.clone() } == wanted;
    let is_free = |feed: &FeedRef| !lent.iter().any(|(_, lender)| lender == feed);
    let all = feeds(first).into_iter().filter(|f| mem::discriminant(f) == mem::discriminant(&feed) && is_free(f));
    let found = all.into_iter().find(|f| meter(first, *f).is_some_and(|m| same(m.spec())))?;
    let known = meter(first, found)?;
    if known.spec().period < wanted.period {
        *known = Meter::new(wanted);
    }
    Some(found)
}
