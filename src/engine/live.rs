//! The live driver: reads what the board needs, steps, records, publishes a snapshot; all waiting happens here.
//!
//! The same loop serves the watch, the dashboard's own engine and a replay at any speed: only clock, source and ledger
//! differ. [`Live::advance`] does one whole tick in line, for drivers that move the clock themselves.

use super::courier::Roster;
use super::event::Event;
use super::health::Health;
use super::keeping::Keeper;
use super::look::warm_up;
use super::past::past;
use super::reading::{Done, read_all};
use super::rows;
use super::signals;
use super::state::State;
use super::step::step;
use crate::domain::base::{IncidentId, Mono, Ms, Now, Span, Text};
use crate::domain::incident::Entry;
use crate::domain::objective::Rulebook;
use crate::domain::paging::{Commit, NewDispatch, Routes};
use crate::domain::review::BurnSeries;
use crate::domain::view::{Lookback, Past, Snapshot};
use crate::ports::{Clock, Fence, Lead, Ledger, LedgerError, MetricSource, PAGES_NOBODY, SliceStore};
use crate::telemetry::Metrics;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot, watch};

/// Entries read from the ledger at once.
const PAGE: usize = 1000;

/// A ledger that changed and cannot be read is asked again after this.
const UNREADABLE_PAUSE: Span = Span::from_secs(2);

/// How often a decision is made anew within one tick because others recorded something meanwhile.
const DECISIONS: usize = 4;

/// While history is read, its progress is shown so often and not with every answer: a snapshot has all SLOs in it.
const PROGRESS: Span = Span(100);

/// A clock that goes back by less catches up within a few ticks; beyond that, waiting for it would leave outages unseen.
const SET_BACK: Span = Span::from_mins(1);

/// What the driver is told once.
#[derive(Clone, Debug)]
pub struct Options {
    /// This process, for the lease: host and process number.
    pub who: Text,
    /// Whether it wants to lead (record and page).
    pub wants_to_lead: bool,
    /// How long the lease lasts without renewal.
    pub lease: Span,
    /// Reads at once.
    pub concurrency: usize,
    /// The last instant there is to judge: the end of a recording.
    pub until: Option<Ms>,
}

/// Takes pages that could not be recorded because the ledger is down (DESIGN 3, reason 11).
pub trait Emergency: Send + Sync {
    /// Sends them as well as it can; each incident once per start of impact.
    fn page(&self, dispatches: Vec<NewDispatch>, now: Now) -> crate::ports::Job<'_, ()>;
}

/// The world as the driver knows it.
#[derive(Clone)]
pub struct World {
    /// Where samples come from.
    pub source: Arc<dyn MetricSource>,
    /// Where facts go.
    pub ledger: Arc<dyn Ledger>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What is counted of the program itself.
    pub metrics: Metrics,
    /// The way out when the ledger is down.
    pub emergency: Option<Arc<dyn Emergency>>,
}

/// Answers of a fill that wait for the loop, one a feed: with few of them reading and counting would wake each other at every
/// one. Those of a tick are small and wait all together.
const ANSWERS: usize = 256;

/// Questions about the past that wait for the loop.
const QUESTIONS: usize = 16;

/// A question about the past and where its answer goes.
pub type Asked = (Lookback, oneshot::Sender<Arc<Past>>);

/// The driver.
pub struct Live {
    state: State,
    world: World,
    options: Options,
    health: Health,
    snapshots: watch::Sender<Arc<Snapshot>>,
    fence: watch::Sender<Option<Fence>>,
    asked: (mpsc::Sender<Asked>, mpsc::Receiver<Asked>),
    keeper: Option<Keeper>,
    progress_at: Mono,
    renew_at: Mono,
    rosters: Option<watch::Receiver<Arc<Roster>>>,
    /// How often a tick brought more series than its feed may count.
    crowded: watch::Sender<u64>,
    /// The ledger may hold what this process does not know: a commit's answer was lost, or it could not be read.
    unsure: bool,
}

/// A source that fails is waited for so much longer than the others: their SLOs are judged without it.
const PATIENCE: Span = Span::from_secs(2);

/// Reads under way for one tick.
struct Reading {
    at: Ms,
    begun: Mono,
    answers: mpsc::Receiver<Done>,
    all: usize,
    done: usize,
    /// Sources that a read failed of.
    failed: BTreeSet<Option<Text>>,
    /// Stretches that are still to come, by source.
    left: BTreeMap<Option<Text>, usize>,
    /// Only sources that fail are still to answer: how long they are waited for.
    until: Option<Mono>,
}

impl Live {
    /// A driver that has read nothing yet. Its first snapshot has every SLO's name and no number.
    pub fn new(mut state: State, world: World, options: Options, mut health: Health) -> Self {
        let now = world.clock.now();
        step(&mut state, now, Event::Source(world.source.name()));
        health.know(state.board.sources(), &world.source);
        let first = Arc::new(rows::snapshot(&state, &health, now));
        Self {
            state,
            world,
            options,
            health,
            snapshots: watch::Sender::new(first),
            fence: watch::Sender::new(None),
            asked: mpsc::channel(QUESTIONS),
            keeper: None,
            progress_at: Mono(0),
            renew_at: Mono(0),
            rosters: None,
            crowded: watch::Sender::new(0),
            unsure: false,
        }
    }

    /// History is kept in `store`, when there is one: brought back before the first read, saved while this process leads.
    /// `trouble` is what people should know of it.
    #[must_use]
    pub fn keeping(mut self, store: Option<Arc<dyn SliceStore>>, trouble: Option<Text>) -> Self {
        self.health.history = trouble.iter().cloned().collect();
        self.keeper = store.map(|store| Keeper::new(store, trouble));
        self
    }

    /// The same, with routes that follow the roster.
    #[must_use]
    pub fn with_rosters(mut self, rosters: watch::Receiver<Arc<Roster>>) -> Self {
        self.rosters = Some(rosters);
        self
    }

    /// Snapshots: the latest wins.
    pub fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>> {
        self.snapshots.subscribe()
    }

    /// The fence while this process leads; the courier sends only under it.
    pub fn fence(&self) -> watch::Receiver<Option<Fence>> {
        self.fence.subscribe()
    }

    /// Where questions about the past go; the loop answers between two events.
    pub fn questions(&self) -> mpsc::Sender<Asked> {
        self.asked.0.clone()
    }

    /// Changes with every tick that brings more series than an SLO may count (`count_up_to`): who adds up should be looked at.
    pub fn crowded(&self) -> watch::Receiver<u64> {
        self.crowded.subscribe()
    }

    /// The state, for drivers and tests that look inside.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Burn over an incident, for its report.
    pub fn burn_series(&self, incident: IncidentId) -> Option<BurnSeries> {
        signals::burn_series(&self.state, self.state.incidents.get(incident)?)
    }

    /// Reads the ledger's entries, so that a restart knows what was going on before it decides anything.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn begin(&mut self) -> Result<(), LedgerError> {
        self.learn().await?;
        self.publish();
        Ok(())
    }

    /// Puts other rules in force, whole. Reads under way for the former ones must not be taken any more.
    pub fn take_rules(&mut self, book: Arc<Rulebook>) {
        self.step(Event::Rulebook(book));
        self.health.know(self.state.board.sources(), &self.world.source);
        self.publish();
    }

    /// Others are paged from now on.
    pub fn take_routes(&mut self, routes: Routes) {
        self.step(Event::Routes(Box::new(routes)));
    }

    /// One whole tick in line: lead, learn, read, judge, record, publish. Nothing happens when this instant was judged.
    pub async fn advance(&mut self) {
        self.renew_lead().await;
        self.learn_or_note().await;
        self.heed_the_clock();
        self.restore().await;
        if let Some(mut reading) = self.start_reading() {
            while let Some(done) = reading.answers.recv().await {
                self.take(&mut reading, done);
            }
            self.finish(reading).await;
            self.keep(true).await;
        }
        self.publish();
    }

    /// Runs until `stop` says so (or its sender is gone), then gives the lease back.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>, mut rules: watch::Receiver<Arc<Rulebook>>) {
        let (tail, mut entries) = mpsc::channel(16);
        let tail = tokio::spawn(follow(self.world.clone(), self.state.incidents.last_seq(), tail));
        let mut reading: Option<Reading> = None;
        let mut late: Option<mpsc::Receiver<Done>> = None;
        let mut rosters = self.rosters.take();
        let mut next = self.world.clock.now().mono;
        loop {
            let clock = Arc::clone(&self.world.clock);
            let patience = reading.as_ref().and_then(|reading| reading.until);
            tokio::select! {
                biased;
                () = told_to_stop(&mut stop) => break,
                Ok(()) = rules.changed() => {
                    let book = rules.borrow_and_update().clone();
                    reading = None;
                    self.take_rules(book);
                }
                Some(routes) = next_routes(&mut rosters), if rosters.is_some() => {
                    self.take_routes(routes);
                }
                Some(list) = entries.recv() => {
                    self.step(Event::Entries(list));
                    self.publish();
                }
                Some((ask, answer)) = self.asked.1.recv() => {
                    let _ = answer.send(Arc::new(past(&self.state, &ask)));
                }
                done = next_answer(&mut reading), if reading.is_some() => match done {
                    Some(done) => {
                        if let Some(reading) = reading.as_mut() {
                            self.take(reading, done);
                            self.take_more(reading);
                            self.wait_no_longer(reading);
                        }
                    }
                    None => {
                        if let Some(reading) = reading.take() {
                            self.finish(reading).await;
                            self.keep(false).await;
                            self.publish();
                        }
                    }
                },
                Some(done) = next_late(&mut late), if late.is_some() => {
                    if done.result.is_ok() {
                        self.health.answered_late(done.source.as_ref());
                    }
                }
                () = clock.sleep_until(patience.unwrap_or_default()), if patience.is_some() => {
                    if let Some(mut reading) = reading.take() {
                        late = Some(std::mem::replace(&mut reading.answers, mpsc::channel(1).1));
                        self.finish(reading).await;
                        self.keep(false).await;
                        self.publish();
                    }
                }
                () = clock.sleep_until(next), if reading.is_none() => {
                    late = None;
                    self.renew_lead().await;
                    self.heed_the_clock();
                    self.restore().await;
                    reading = self.start_reading();
                    next = self.next_tick();
                    self.publish();
                }
            }
        }
        tail.abort();
        self.stop().await;
    }

    /// Gives the lease back, so that another process can lead at once.
    pub async fn stop(&mut self) {
        let held = *self.fence.borrow();
        if let Some(fence) = held {
            if let Some(keeper) = &mut self.keeper {
                keeper.save_all(&mut self.state, self.world.clock.now().wall).await;
            }
            self.fence.send_replace(None);
            let _ = self.world.ledger.resign(fence).await;
        }
    }

    fn step(&mut self, event: Event) -> Option<Commit> {
        let now = self.world.clock.now();
        step(&mut self.state, now, event).commit
    }

    /// Monotonic time of the next tick: just after the next multiple of the step, by the wall clock.
    fn next_tick(&self) -> Mono {
        let (now, step) = (self.world.clock.now(), self.state.board.step());
        let wait = (now.wall.floor_to(step) + step).since(now.wall);
        now.mono + wait
    }

    async fn renew_lead(&mut self) {
        let now = self.world.clock.now();
        if !self.options.wants_to_lead || now.mono < self.renew_at {
            return;
        }
        self.renew_at = now.mono + Span(self.options.lease.0 / 3);
        let held = match self.world.ledger.lead(self.options.who.clone(), self.options.lease, now).await {
            Ok(Lead::Held { fence, .. }) => {
                self.health.leader = None;
                self.ledger_answers();
                Some(fence)
            }
            Ok(Lead::Taken { by, .. }) => {
                self.health.leader = Some(by);
                self.ledger_answers();
                None
            }
            Err(error) => {
                self.health.ledger_failed(&error);
                *self.fence.borrow()
            }
        };
        self.fence.send_if_modified(|f| std::mem::replace(f, held) != held);
        self.step(Event::Lead(held.is_some()));
    }

    /// The ledger has answered, so it is said no longer that it does not; a decision that could not be recorded is another matter
    /// and is told until the ledger was read again.
    fn ledger_answers(&mut self) {
        if !self.unsure {
            self.health.ledger_error = None;
        }
    }

    async fn learn(&mut self) -> Result<(), LedgerError> {
        loop {
            let entries = self.world.ledger.since(self.state.incidents.last_seq(), PAGE).await?;
            let more = entries.len() == PAGE;
            self.step(Event::Entries(entries));
            if !more {
                return Ok(());
            }
        }
    }

    async fn learn_or_note(&mut self) {
        match self.learn().await {
            Ok(()) => {
                self.health.ledger_error = None;
                self.unsure = false;
            }
            Err(error) => {
                self.health.ledger_failed(&error);
                self.unsure = true;
            }
        }
    }

    /// Feeds that know nothing yet get back what was kept of them.
    async fn restore(&mut self) {
        let Some(mut keeper) = self.keeper.take() else { return };
        let (source, now) = (Arc::clone(&self.world.source), self.world.clock.now());
        let (health, snapshots) = (&mut self.health, &self.snapshots);
        let told = |state: &State, done, all| {
            if state.board.at.is_none() {
                health.filling(done, all);
                health.number += 1;
                let new = rows::carried_over(rows::snapshot(state, health, now), &snapshots.borrow());
                snapshots.send_replace(Arc::new(new));
            }
        };
        keeper.restore(&mut self.state, &source, now, told).await;
        self.health.history = keeper.tell();
        self.keeper = Some(keeper);
    }

    /// Saves what is due while this process leads; reads again what was damaged. `in_line`: waits for both.
    async fn keep(&mut self, in_line: bool) {
        let Some(keeper) = &mut self.keeper else { return };
        let now = self.world.clock.now();
        keeper.mend(&mut self.state, &self.world.source, now, in_line).await;
        if self.state.leading {
            keeper.save(&mut self.state, now.wall, in_line).await;
        }
        self.health.history = keeper.tell();
    }

    /// A clock that ran ahead and was set right would leave everything unjudged until it comes by that time again, and the
    /// slices in between known as silent. Everything is read again instead, as after a start.
    fn heed_the_clock(&mut self) {
        let now = self.world.clock.now().wall;
        if let Some(known) = self.state.board.known_through().filter(|known| known.since(now) >= SET_BACK) {
            tracing::warn!(?known, ?now, "the clock was set back; samples are read again");
            self.step(Event::SetBack);
            self.keeper.iter_mut().for_each(Keeper::forget);
        }
    }

    /// Starts the reads for the present instant; `None` when it was judged already.
    fn start_reading(&mut self) -> Option<Reading> {
        let timing = self.state.book.timing;
        let at = (self.world.clock.now().wall - timing.settle).floor_to(timing.step);
        let at = self.options.until.map_or(at, |until| at.min(until.slice_end(timing.step)));
        self.count_skipped(at);
        if self.state.board.at.is_some_and(|judged| judged >= at) {
            self.health.ended = self.options.until.is_some_and(|until| at >= until.slice_end(timing.step));
            return None;
        }
        let reads = self.state.board.reads(at);
        let all = reads.iter().map(|r| r.stretches.len()).sum();
        let mut left = BTreeMap::new();
        for read in &reads {
            *left.entry(read.source.clone()).or_insert(0) += read.stretches.len();
        }
        let following = reads.iter().filter(|read| read.stretches.len() == 1).count();
        let (answer, answers) = mpsc::channel(following.max(ANSWERS));
        tokio::spawn(read_all(Arc::clone(&self.world.source), reads, self.options.concurrency, answer));
        let begun = self.world.clock.now().mono;
        Some(Reading { at, begun, answers, all, done: 0, failed: BTreeSet::new(), left, until: None })
    }

    /// Instants that were never judged because the tick before took too long, or the machine slept.
    fn count_skipped(&self, at: Ms) {
        let steps = self.state.board.at.map_or(0, |judged| at.since(judged).0 / self.state.board.step().0.max(1));
        self.world.metrics.skipped.inc_by(steps.saturating_sub(1).max(0) as u64);
    }

    /// Takes what came with an answer without going round the loop for each one, as those of a tick come together. At a fill each
    /// is long work, and others wait for the loop.
    fn take_more(&mut self, reading: &mut Reading) {
        let most = if self.state.board.at.is_some() { ANSWERS } else { 0 };
        for _ in 0..most {
            let Ok(done) = reading.answers.try_recv() else { return };
            self.take(reading, done);
        }
    }

    fn take(&mut self, reading: &mut Reading, done: Done) {
        reading.done += 1;
        if let Some(left) = reading.left.get_mut(&done.source) {
            *left = left.saturating_sub(1);
        }
        match done.result {
            Ok(answers) => {
                if self.state.board.is_crowded(done.feed, &answers) {
                    self.crowded.send_modify(|ticks| *ticks += 1);
                }
                self.step(Event::Answers { feed: done.feed, through: done.through, answers });
                self.health.warned(done.source.as_ref(), done.warnings);
            }
            Err(error) => {
                let failed = self.health.read_failed(done.source.as_ref(), self.world.clock.now().wall, &error);
                reading.failed.insert(failed);
            }
        }
        if self.state.board.at.is_none() {
            self.health.filling(reading.done, reading.all);
            let now = self.world.clock.now().mono;
            if now >= self.progress_at {
                self.progress_at = now + PROGRESS;
                self.publish();
            }
        }
    }

    async fn finish(&mut self, mut reading: Reading) {
        // Those that were not waited for have not come either.
        let silent = reading.left.iter().filter(|(_, left)| **left > 0).map(|(name, _)| name.clone());
        reading.failed.extend(silent);
        self.health.read_came(self.world.clock.now().wall, &reading.failed);
        self.warm(reading.at);
        if self.unsure {
            self.learn_or_note().await;
        }
        self.hear_of_pages().await;
        self.world.metrics.evaluations.inc();
        let took = self.world.clock.now().mono.0.saturating_sub(reading.begun.0);
        self.world.metrics.tick.observe(took as f64 / 1000.0);
        let mut commit = self.step(Event::Tick { at: reading.at });
        for _ in 0..DECISIONS {
            let Some(wanted) = commit else { return };
            if self.record(wanted).await {
                return;
            }
            self.hear_of_pages().await;
            commit = self.step(Event::Decide);
        }
    }

    /// When only sources that fail are still to answer, they are waited for a little and no longer: a tick must not wait for a
    /// server that is down, nor one that recovers be never heard.
    fn wait_no_longer(&self, reading: &mut Reading) {
        if reading.until.is_none() && self.health.only_failing(&reading.left) {
            reading.until = Some(self.world.clock.now().mono + PATIENCE);
        }
    }

    /// After a start, evaluations before the first one make every hold known; they decide nothing.
    fn warm(&mut self, at: Ms) {
        if self.state.board.at.is_none() {
            let now = self.world.clock.now();
            warm_up(&mut self.state, now, at);
        }
    }

    /// Reads the outbox' rows of incidents that live or were told of: what the next pages are planned from. Who follows a process
    /// that pages reads them too, to tell of the next page; where the one that leads pages nobody, there will be none.
    async fn hear_of_pages(&mut self) {
        let pages = self.state.leading || self.health.leader.as_deref().is_some_and(|name| !name.ends_with(PAGES_NOBODY));
        if !pages {
            self.state.forget_pages();
            return;
        }
        let ids: Vec<IncidentId> = self.state.incidents.iter().filter(|i| self.state.follows_pages(i)).map(|i| i.id).collect();
        for incident in ids {
            match self.world.ledger.dispatches(Some(incident)).await {
                Ok(rows) => {
                    self.step(Event::Rows { incident, rows });
                }
                Err(error) => {
                    self.health.ledger_failed(&error);
                    self.unsure = true;
                }
            }
        }
    }

    /// Records a decision; false when others recorded something meanwhile and it must be decided anew.
    async fn record(&mut self, commit: Commit) -> bool {
        if self.unsure {
            // Decided on what may be old: recorded now, it could open what is open already.
            self.page_unrecorded(commit.dispatches);
            return true;
        }
        let (now, fence) = (self.world.clock.now(), *self.fence.borrow());
        let dispatches = commit.dispatches.clone();
        match self.world.ledger.commit(commit, fence, now).await {
            Ok(_) => self.learn_or_note().await,
            Err(LedgerError::Conflict { .. }) => {
                self.learn_or_note().await;
                return false;
            }
            Err(LedgerError::Fenced { by }) => {
                self.health.leader = Some(by.into());
                self.fence.send_replace(None);
                self.step(Event::Lead(false));
            }
            Err(error) => {
                self.health.ledger_failed(&error);
                self.unsure = true;
                self.page_unrecorded(dispatches);
            }
        }
        true
    }

    /// Pages that could not be recorded go out beside the loop: receivers that hang must not stop evaluations.
    fn page_unrecorded(&self, dispatches: Vec<NewDispatch>) {
        let now = self.world.clock.now();
        if let Some(emergency) = self.world.emergency.clone().filter(|_| !dispatches.is_empty()) {
            tokio::spawn(async move { emergency.page(dispatches, now).await });
        }
    }

    fn publish(&mut self) {
        self.health.number += 1;
        let snapshot = rows::snapshot(&self.state, &self.health, self.world.clock.now());
        let snapshot = rows::carried_over(snapshot, &self.snapshots.borrow());
        self.snapshots.send_replace(Arc::new(snapshot));
    }
}

/// Completes when the sender says so or is gone. Its own function, so that no guard of the channel lives on in the loop.
async fn told_to_stop(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Routes that replace the former ones; none any more once nobody can change them.
async fn next_routes(rosters: &mut Option<watch::Receiver<Arc<Roster>>>) -> Option<Routes> {
    if rosters.as_mut()?.changed().await.is_err() {
        *rosters = None;
        return None;
    }
    Some(rosters.as_mut()?.borrow_and_update().routes.clone())
}

async fn next_answer(reading: &mut Option<Reading>) -> Option<Done> {
    match reading {
        Some(reading) => reading.answers.recv().await,
        None => None,
    }
}

async fn next_late(late: &mut Option<mpsc::Receiver<Done>>) -> Option<Done> {
    let answer = late.as_mut()?.recv().await;
    if answer.is_none() {
        *late = None;
    }
    answer
}

/// Follows the ledger from `after` on: entries of any process arrive within its polling interval.
async fn follow(world: World, mut after: crate::domain::base::Seq, to: mpsc::Sender<Vec<Entry>>) {
    loop {
        world.ledger.changed(after).await;
        // A ledger that cannot be read is told by the tick's own read; here it is simply asked again when it changes.
        let entries = world.ledger.since(after, PAGE).await.unwrap_or_default();
        let Some(last) = entries.last() else {
            let pause = world.clock.now().mono + UNREADABLE_PAUSE;
            world.clock.sleep_until(pause).await;
            continue;
        };
        after = last.seq;
        if to.send(entries).await.is_err() {
            return;
        }
    }
}
