//! One look: everything read and judged at one instant, without a ledger. What `status` and `explain` are made of.

use super::board::FeedRead;
use super::event::Event;
use super::health::Health;
use super::reading::{Done, read_all};
use super::rows;
use super::state::State;
use super::step::step;
use crate::domain::base::{Ms, Now, Span, Text};
use crate::domain::measure::{Ask, Batch};
use crate::domain::view::Snapshot;
use crate::ports::{MetricSource, SourceError, source_of};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What a look found.
pub struct Looked {
    /// Everything, at the instant.
    pub snapshot: Snapshot,
    /// Reads that failed, each error once; the tracks behind them say "no data".
    pub errors: Vec<SourceError>,
    /// Stretches of feeds that came.
    pub came: usize,
}

/// Keeps each error once; that a source is left alone for a while is news only when its reason is not known already.
fn note(errors: &mut Vec<SourceError>, error: SourceError) {
    let left_alone = matches!(error, SourceError::CircuitOpen { .. });
    if errors.is_empty() || !(left_alone || errors.contains(&error)) {
        errors.push(error);
    }
}

/// Reads and judges at `at` (floored to the step). `progress` hears of every answer: done and all. A source that is silent from the
/// beginning is given up at the first time-out, the others are not: long reads of history are waited for much longer.
pub async fn look(
    state: &mut State,
    mut health: Health,
    source: &Arc<dyn MetricSource>,
    at: Ms,
    concurrency: usize,
    mut progress: impl FnMut(usize, usize),
) -> Looked {
    let (at, width) = (at.floor_to(state.board.step()), state.board.step());
    let now = Now { wall: at + state.book.timing.settle, ..Now::default() };
    health.know(state.board.sources(), source);
    let mut of_sources: BTreeMap<Option<Text>, Vec<FeedRead>> = BTreeMap::new();
    for read in state.board.reads(at) {
        of_sources.entry(read.source.clone()).or_default().push(read);
    }
    let all = of_sources.values().flatten().map(|r| r.stretches.len()).sum();
    let (tell, mut told) = mpsc::channel(4);
    for (name, reads) in of_sources {
        let one = Patient { source: source_of(source, name.as_deref()), name, concurrency, tell: tell.clone() };
        tokio::spawn(one.read(reads, width));
    }
    drop(tell);
    let (mut errors, mut failed, mut done, mut came) = (Vec::new(), BTreeSet::new(), 0, 0);
    while let Some(answer) = told.recv().await {
        let (name, error) = match answer {
            Ok(Done { feed, source, through, result: Ok(answers), warnings, .. }) => {
                came += 1;
                health.warned(source.as_ref(), warnings);
                step(state, now, Event::Answers { feed, through, answers });
                (source, None)
            }
            Ok(Done { source, result: Err(error), .. }) => (source, Some(error)),
            Err((source, error)) => {
                failed.insert(health.read_failed(source.as_ref(), now.wall, &error));
                note(&mut errors, error);
                continue;
            }
        };
        done += 1;
        progress(done, all);
        if let Some(error) = error {
            failed.insert(health.read_failed(name.as_ref(), now.wall, &error));
            note(&mut errors, error);
        }
    }
    warm_up(state, now, at);
    step(state, now, Event::Tick { at });
    health.read_came(now.wall, &failed);
    Looked { snapshot: rows::snapshot(state, &health, now), errors, came }
}

/// An answer, or that a source is silent.
type Told = Result<Done, (Option<Text>, SourceError)>;

/// Reads one source, and gives it up when it says nothing at all.
struct Patient {
    source: Arc<dyn MetricSource>,
    name: Option<Text>,
    concurrency: usize,
    tell: mpsc::Sender<Told>,
}

impl Patient {
    async fn read(self, mut reads: Vec<FeedRead>, step: Span) {
        // This is one source: whatever its name, it is the default one of what is read here.
        for read in &mut reads {
            read.source = None;
        }
        let sign = sign_of_life(Arc::clone(&self.source), short_ask(&reads, step));
        tokio::pin!(sign);
        let (answer, mut answers) = mpsc::channel(4);
        let reading = tokio::spawn(read_all(Arc::clone(&self.source), reads, self.concurrency, answer));
        let (mut came, mut waiting) = (false, true);
        loop {
            let answer = tokio::select! {
                biased;
                answer = answers.recv() => answer,
                lives = &mut sign, if waiting => {
                    waiting = false;
                    match lives {
                        Err(error @ SourceError::Timeout { .. }) if !came => {
                            reading.abort();
                            let _ = self.tell.send(Err((self.name.clone(), error))).await;
                            return;
                        }
                        _ => continue,
                    }
                }
            };
            let Some(answer) = answer else { return };
            let silent = !came && matches!(answer.result, Err(SourceError::Timeout { .. }));
            came |= answer.result.is_ok();
            if self.tell.send(Ok(Done { source: self.name.clone(), ..answer })).await.is_err() || silent {
                reading.abort();
                return;
            }
        }
    }
}

/// One short read beside the long ones: histories are waited for much longer than an answer to a small question takes.
async fn sign_of_life(source: Arc<dyn MetricSource>, ask: Option<Ask>) -> Result<(), SourceError> {
    let Some(ask) = ask else { return Ok(()) };
    source.read(&ask, &mut Batch::default()).await.map(|_| ())
}

/// The last step of the first thing that is read.
fn short_ask(reads: &[FeedRead], step: Span) -> Option<Ask> {
    let (_, ask) = reads.first()?.stretches.last()?.asks.first()?;
    Some(ask.clone().ending(step))
}

/// Evaluations before the first one make every hold known; they decide nothing.
pub(super) fn warm_up(state: &mut State, now: Now, at: Ms) {
    let width = state.board.step();
    let mut instant = (at - state.board.warm_up()).floor_to(width);
    while instant < at {
        step(state, now, Event::Warm { at: instant });
        instant = instant + width;
    }
}
