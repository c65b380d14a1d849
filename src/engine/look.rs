//! One look: everything read and judged at one instant, without a ledger. What `status` and `explain` are made of.

use super::event::Event;
use super::health::Health;
use super::reading::read_all;
use super::rows;
use super::state::State;
use super::step::step;
use crate::domain::base::{Ms, Now};
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
    let (answer, mut answers) = mpsc::channel(4);
    let reading = tokio::spawn(read_all(Arc::clone(source), reads, concurrency, answer));
    let (mut errors, mut done, mut came) = (Vec::new(), 0, 0);
    while let Some(answer) = answers.recv().await {
        done += 1;
        progress(done, all);
        match answer.result {
            Ok(answers) => {
                came += 1;
                health.warned(answer.warnings);
                step(state, now, Event::Answers { feed: answer.feed, through: answer.through, answers });
            }
            Err(error) => {
                let silent = came == 0 && matches!(error, SourceError::Timeout { .. });
                note(&mut errors, error);
                if silent {
                    reading.abort();
                    break;
                }
            }
        }
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

/// Evaluations before the first one make every hold known; they decide nothing.
pub(super) fn warm_up(state: &mut State, now: Now, at: Ms) {
    let width = state.board.step();
    let mut instant = (at - state.board.warm_up()).floor_to(width);
    while instant < at {
        step(state, now, Event::Warm { at: instant });
        instant = instant + width;
    }
}
