//! A guard around any source: at most N requests at once, the same question asked once, questions of one tick in few
//! requests (`merge`), failed ones tried again, and a circuit.
//!
//! What reaches a sink comes from whole answers only: a request that failed half way leaves nothing behind. Long spans are read
//! in pieces, so that a failure costs one piece and memory stays small. Waits go through the clock handed in.

mod merge;

use super::breaker::{Breaker, BreakerSettings};
use super::prometheus::{HISTORY, slices};
use crate::domain::base::{Labels, Mono, Ms, Now, Span, Text};
use crate::domain::measure::{Ask, Batch, Coverage, Selector, Sink};
use crate::domain::view::{SourceHealth, SourceState};
use crate::ports::{Clock, Job, MetricSource, SourceError};
use futures_util::StreamExt;
use merge::{Plan, Request};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{OnceCell, Semaphore};

/// A piece of a long span: five days, and what is read before them to tell births by.
const PIECE: Span = Span::from_hours(5 * 24 + 1);
/// Answers remembered at most; more are forgotten at once.
const MAX_REMEMBERED: usize = 10_000;
/// How long a warning is shown after its last answer.
const WARNING_SHOWN: Span = Span::from_mins(5);

/// How a source is guarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardSettings {
    /// Requests at once.
    pub concurrency: usize,
    /// Tries in all of one request.
    pub tries: u32,
    /// Wait before the second try; doubled for each further one, with jitter.
    pub backoff: Span,
    /// Time after which no new try is started: a tick must not wait for the past.
    pub budget: Span,
    /// How long the answer to a short span is given again to the same question; less than a tick.
    pub keep: Span,
    /// The circuit.
    pub breaker: BreakerSettings,
    /// Seed of the jitter.
    pub seed: u64,
}

impl Default for GuardSettings {
    /// 8 at once, 3 tries from 250 ms on within 10 s, answers kept 5 s.
    fn default() -> Self {
        Self {
            concurrency: 8,
            tries: 3,
            backoff: Span(250),
            budget: Span::from_secs(10),
            keep: Span::from_secs(5),
            breaker: BreakerSettings::default(),
            seed: 0,
        }
    }
}

#[derive(Debug, Default)]
struct Answer {
    batch: Arc<Batch>,
    coverage: Coverage,
}

impl Answer {
    fn give(&self, sink: &mut dyn Sink) {
        for (labels, samples) in self.batch.iter() {
            sink.series(labels);
            sink.samples(samples);
        }
    }

    /// Adds the next piece of the same span; a series that runs through several counts in the largest piece only.
    fn join(&mut self, piece: Self) {
        let (sum, of) = (&mut self.coverage, piece.coverage);
        sum.series = sum.series.max(of.series);
        sum.samples += of.samples;
        sum.partial |= of.partial;
        for warning in of.warnings {
            if !sum.warnings.contains(&warning) {
                sum.warnings.push(warning);
            }
        }
        if self.batch.is_empty() {
            self.batch = piece.batch;
        } else {
            let batch = Arc::make_mut(&mut self.batch);
            piece.batch.iter().for_each(|(labels, samples)| batch.append(labels, samples));
        }
    }
}

/// An answer and the place of its question.
type Placed = (usize, Result<(Batch, Coverage), SourceError>);

/// A question under way or answered a moment ago.
struct Flight {
    made: Mono,
    answer: OnceCell<Result<Arc<Answer>, SourceError>>,
}

/// What is known of the source.
#[derive(Default)]
struct Known {
    last_good: Option<Ms>,
    failing: Option<(Ms, Text)>,
    warnings: Vec<(Text, Ms)>,
    /// Pieces of long spans: done and all.
    pieces: (usize, usize),
}

/// A source behind a guard.
pub struct Guarded<S> {
    source: S,
    clock: Arc<dyn Clock>,
    settings: GuardSettings,
    gate: Semaphore,
    flights: Mutex<HashMap<Ask, Arc<Flight>>>,
    breaker: Mutex<Breaker>,
    chance: Mutex<StdRng>,
    known: Mutex<Known>,
    /// How the last questions were put together.
    plan: Mutex<Arc<Plan>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: MetricSource> Guarded<S> {
    /// Puts a guard around `source`.
    pub fn new(source: S, settings: GuardSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            gate: Semaphore::new(settings.concurrency.max(1)),
            breaker: Mutex::new(Breaker::new(settings.breaker)),
            chance: Mutex::new(StdRng::seed_from_u64(settings.seed)),
            flights: Mutex::default(),
            known: Mutex::default(),
            plan: Mutex::default(),
            source,
            clock,
            settings,
        }
    }

    /// The source itself.
    pub fn inner(&self) -> &S {
        &self.source
    }

    /// How the source does, for screens.
    pub fn health(&self) -> SourceHealth {
        let (now, known, breaker) = (self.clock.now().wall, lock(&self.known), lock(&self.breaker));
        let state = match (&known.failing, known.last_good) {
            (Some((since, error)), _) => SourceState::Failing {
                since: *since,
                error: error.clone(),
                tries: breaker.failures().max(1),
                next_try: breaker.next_try(),
            },
            (None, _) if known.pieces.1 > 0 => SourceState::Filling { done: known.pieces.0, all: known.pieces.1 },
            (None, None) => SourceState::Connecting,
            (None, Some(_)) => SourceState::Live,
        };
        let fresh = known.warnings.iter().filter(|(_, seen)| now.since(*seen) <= WARNING_SHOWN);
        let warnings = fresh.map(|(text, _)| text.clone()).collect();
        SourceHealth { name: self.source.name(), state, last_good: known.last_good, warnings }
    }

    /// A short span: shared with whoever asks the same.
    async fn shared(&self, ask: &Ask) -> Result<Arc<Answer>, SourceError> {
        let flight = self.flight(ask);
        let fetched = async || self.tried(|| self.fetch(ask)).await.map(Arc::new);
        let result = flight.answer.get_or_init(fetched).await.clone();
        if result.is_err() {
            let mut flights = lock(&self.flights);
            if flights.get(ask).is_some_and(|f| Arc::ptr_eq(f, &flight)) {
                flights.remove(ask);
            }
        }
        result
    }

    fn flight(&self, ask: &Ask) -> Arc<Flight> {
        let now = self.clock.now().mono;
        let mut flights = lock(&self.flights);
        flights.retain(|_, f| now < f.made + self.settings.keep);
        if flights.len() >= MAX_REMEMBERED {
            flights.clear();
        }
        let fresh = || Arc::new(Flight { made: now, answer: OnceCell::new() });
        flights.entry(ask.clone()).or_insert_with(fresh).clone()
    }

    /// Answers a request's questions. What a server refuses as a whole is asked one by one: one bad question must not take its
    /// neighbours with it.
    async fn answer(&self, asks: &[Ask], request: Request, later: Span) -> Vec<Placed> {
        let union = match request {
            Request::Alone(place) => return vec![(place, self.batch(&asks[place]).await)],
            Request::Union(union) => union,
        };
        let ask = union.ask(later);
        let dealt = if is_long(&ask) {
            self.pieces(&ask).await.map(|answer| union.deal(&answer.batch, &answer.coverage))
        } else {
            self.shared(&ask).await.map(|answer| union.deal(&answer.batch, &answer.coverage))
        };
        match dealt {
            Ok(dealt) => dealt.into_iter().map(|(place, answer)| (place, Ok(answer))).collect(),
            Err(SourceError::Refused { .. } | SourceError::TooMuch { .. }) => {
                let mut answers = Vec::new();
                for place in union.places() {
                    answers.push((place, self.batch(&asks[place]).await));
                }
                answers
            }
            Err(error) => union.places().map(|place| (place, Err(error.clone()))).collect(),
        }
    }

    /// How to put these questions together, and how much later they are than the plan says.
    fn plan(&self, asks: &[Ask]) -> (Arc<Plan>, Span) {
        let known = Arc::clone(&lock(&self.plan));
        if let Some(later) = known.serves(asks) {
            return (known, later);
        }
        let new = Arc::new(Plan::new(asks));
        *lock(&self.plan) = Arc::clone(&new);
        (new, Span::ZERO)
    }

    async fn batch(&self, ask: &Ask) -> Result<(Batch, Coverage), SourceError> {
        if is_long(ask) {
            return self.pieces(ask).await.map(|answer| (Arc::unwrap_or_clone(answer.batch), answer.coverage));
        }
        let (answer, mut batch) = (self.shared(ask).await?, Batch::default());
        answer.give(&mut batch);
        Ok((batch, answer.coverage.clone()))
    }

    /// A long span: piece by piece, nothing kept.
    async fn pieces(&self, ask: &Ask) -> Result<Answer, SourceError> {
        let (from, to) = ask.span();
        let pieces = slices(from, to, PIECE);
        let mut progress = Progress::new(self, pieces.len());
        let mut whole = Answer::default();
        for (from, to) in pieces {
            let piece = cut(ask, from, to);
            whole.join(self.tried(|| self.fetch(&piece)).await?);
            progress.step();
        }
        Ok(whole)
    }

    fn fetch<'a>(&'a self, ask: &'a Ask) -> Job<'a, Result<Answer, SourceError>> {
        Box::pin(async move {
            let mut batch = Batch::default();
            let coverage = self.source.read(ask, &mut batch).await?;
            self.warned(&coverage.warnings);
            Ok(Answer { batch: Arc::new(batch), coverage })
        })
    }

    /// Tries until it works, the error is final, or tries or time are used up.
    async fn tried<'a, T>(&'a self, call: impl Fn() -> Job<'a, Result<T, SourceError>>) -> Result<T, SourceError> {
        let deadline = self.clock.now().mono + self.settings.budget;
        let mut tries = 0;
        loop {
            let error = match self.once(&call).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            tries += 1;
            let next = self.clock.now().mono + self.wait(tries, &error);
            let final_one = !error.is_transient() || matches!(error, SourceError::CircuitOpen { .. });
            if final_one || tries >= self.settings.tries || next > deadline {
                return Err(error);
            }
            self.clock.sleep_until(next).await;
        }
    }

    async fn once<'a, T>(&'a self, call: &impl Fn() -> Job<'a, Result<T, SourceError>>) -> Result<T, SourceError> {
        // Never closed, so this always gives a permit.
        let _permit = self.gate.acquire().await.ok();
        self.admit(self.clock.now())?;
        let result = call().await;
        self.record(self.clock.now(), result.as_ref().err());
        result
    }

    fn admit(&self, now: Now) -> Result<(), SourceError> {
        let until = match lock(&self.breaker).admit(now) {
            Ok(()) => return Ok(()),
            Err(until) => until,
        };
        let why = lock(&self.known).failing.as_ref().map_or_else(String::new, |(_, error)| error.to_string());
        Err(SourceError::CircuitOpen { url: self.source.name().to_string(), until, why })
    }

    fn record(&self, now: Now, error: Option<&SourceError>) {
        let jitter = self.jitter();
        let mut known = lock(&self.known);
        let Some(error) = error else {
            lock(&self.breaker).alive();
            known.last_good = Some(now.wall);
            known.failing = None;
            return;
        };
        if error.is_transient() {
            lock(&self.breaker).failed(now, asked_wait(error), jitter);
        } else {
            lock(&self.breaker).alive();
        }
        // A refused query is the query's fault; refused credentials and everything else are the source's state.
        if error.is_transient() || matches!(error, SourceError::Unauthorized { .. }) {
            let since = known.failing.as_ref().map_or(now.wall, |(since, _)| *since);
            known.failing = Some((since, error.to_string().into()));
        }
    }

    fn wait(&self, tries: u32, error: &SourceError) -> Span {
        let doubled = self.settings.backoff.0.saturating_mul(1 << (tries - 1).min(20));
        let spread = Span((doubled as f64 * self.jitter()) as i64);
        asked_wait(error).map_or(spread, |asked| asked.max(spread))
    }

    fn jitter(&self) -> f64 {
        lock(&self.chance).random_range(0.5..1.5)
    }

    fn warned(&self, warnings: &[String]) {
        let (now, mut known) = (self.clock.now().wall, lock(&self.known));
        known.warnings.retain(|(_, seen)| now.since(*seen) <= WARNING_SHOWN);
        for text in warnings {
            if let Some((_, seen)) = known.warnings.iter_mut().find(|(known, _)| **known == **text) {
                *seen = now;
            } else if known.warnings.len() < 20 {
                known.warnings.push((text.as_str().into(), now));
            }
        }
    }
}

/// Its answer is too much to be remembered for whoever asks the same.
fn is_long(ask: &Ask) -> bool {
    let (from, to) = ask.span();
    to.since(from) > HISTORY
}

/// What the server itself asked for.
fn asked_wait(error: &SourceError) -> Option<Span> {
    match error {
        SourceError::Failed { retry_after, .. } => *retry_after,
        _ => None,
    }
}

fn cut(ask: &Ask, from: Ms, to: Ms) -> Ask {
    match ask {
        Ask::Raw { selector, .. } => Ask::Raw { selector: selector.clone(), from, to },
        Ask::Eval { expr, step, .. } => Ask::Eval { expr: expr.clone(), from, to, step: *step },
    }
}

/// Counts pieces while they are read, also when the reader goes away.
struct Progress<'a, S: MetricSource> {
    guarded: &'a Guarded<S>,
    left: usize,
}

impl<'a, S: MetricSource> Progress<'a, S> {
    fn new(guarded: &'a Guarded<S>, pieces: usize) -> Self {
        lock(&guarded.known).pieces.1 += pieces;
        Self { guarded, left: pieces }
    }

    fn step(&mut self) {
        self.left -= 1;
        lock(&self.guarded.known).pieces.0 += 1;
    }
}

impl<S: MetricSource> Drop for Progress<'_, S> {
    fn drop(&mut self) {
        let pieces = &mut lock(&self.guarded.known).pieces;
        pieces.0 += self.left;
        if pieces.0 >= pieces.1 {
            *pieces = (0, 0);
        }
    }
}

impl<S: MetricSource> MetricSource for Guarded<S> {
    fn name(&self) -> Text {
        self.source.name()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        Box::pin(async move {
            // The sink sees whole answers only.
            if is_long(ask) {
                let answer = self.pieces(ask).await?;
                answer.give(into);
                return Ok(answer.coverage);
            }
            let answer = self.shared(ask).await?;
            answer.give(into);
            Ok(answer.coverage.clone())
        })
    }

    fn read_many<'a>(&'a self, asks: &'a [Ask]) -> Job<'a, Vec<Result<(Batch, Coverage), SourceError>>> {
        Box::pin(async move {
            let (plan, later) = self.plan(asks);
            let job = |request: &Request| -> Job<'a, Vec<Placed>> { Box::pin(self.answer(asks, request.clone(), later)) };
            let answered: Vec<Job<'a, Vec<Placed>>> = plan.requests().iter().map(job).collect();
            let mut answered = futures_util::stream::iter(answered).buffer_unordered(self.settings.concurrency.max(1));
            let mut answers: Vec<Option<Result<(Batch, Coverage), SourceError>>> = Vec::new();
            answers.resize_with(asks.len(), || None);
            while let Some(some) = answered.next().await {
                for (place, answer) in some {
                    answers[place] = Some(answer);
                }
            }
            answers.into_iter().flatten().collect()
        })
    }

    fn hurry(&self) {
        lock(&self.breaker).hurry();
    }

    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        Box::pin(self.tried(move || self.source.series(of, from, to)))
    }
}

#[cfg(test)]
mod tests;
