//! One look: everything read and judged at one instant, without a ledger. What `status` and `explain` are made of.

use super::board::FeedRead;
use super::event::Event;
use super::health::Health;
use super::reading::read_all;
use super::rows;
use super::state::State;
use super::step::step;
use crate::domain::base::{Ms, Now, Span};
use crate::domain::measure::{Ask, Batch};
use crate::domain::view::Snapshot;
use crate::ports::{MetricSource, SourceError};
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
/// beginning is given up at the first time-out: long reads of history are waited for much longer.
pub async fn look(
    state: &mut State,
    mut health: Health,
    source: &Arc<dyn MetricSource>,
    at: Ms,
    concurrency: usize,
    mut progress: impl FnMut(usize, usize),
) -> Looked {
    let at = at.floor_to(state.board.step());
    let now = Now { wall: at + state.book.timing.settle, ..Now::default() };
    let reads = state.board.reads(at);
    let all = reads.iter().map(|r| r.stretches.len()).sum();
    let sign = sign_of_life(Arc::clone(source), short_ask(&reads, state.board.step()));
    tokio::pin!(sign);
    let mut silent = false;
    let (answer, mut answers) = mpsc::channel(4);
    let reading = tokio::spawn(read_all(Arc::clone(source), reads, concurrency, answer));
    let (mut errors, mut done, mut came) = (Vec::new(), 0, 0);
    let mut waiting = true;
    loop {
        let answer = tokio::select! {
            biased;
            answer = answers.recv() => answer,
            lives = &mut sign, if waiting => {
                waiting = false;
                if let Err(error @ SourceError::Timeout { .. }) = lives && came == 0 {
                    note(&mut errors, error);
                    silent = true;
                    break;
                }
                continue;
            }
        };
        let Some(answer) = answer else { break };
        done += 1;
        progress(done, all);
        match answer.result {
            Ok(answers) => {
                came += 1;
                health.warned(answer.warnings);
                step(state, now, Event::Answers { feed: answer.feed, through: answer.through, answers });
            }
            Err(error) => {
                silent = came == 0 && matches!(error, SourceError::Timeout { .. });
                note(&mut errors, error);
                if silent {
                    break;
                }
            }
        }
    }
    if silent {
        reading.abort();
    }
    let _ = reading.await;
    warm_up(state, now, at);
    step(state, now, Event::Tick { at });
    health.read_came(now.wall);
    if let Some(error) = errors.first() {
        health.read_failed(now.wall, error);
    }
    Looked { snapshot: rows::snapshot(state, &health, now), errors, came }
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
