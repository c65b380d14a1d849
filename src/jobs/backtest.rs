//! The backtest: reads the past stretch by stretch and runs the engine over it as a watch would have run.
//!
//! The next stretch is read while the present one is judged. Deliberately absent: where samples come from, and printing.

use crate::domain::base::{Labels, Ms, Span};
use crate::domain::objective::{Rulebook, Slo};
use crate::domain::review::{Backtest, Chronicle, TrackPast};
use crate::engine::board::{FeedRead, FeedRef};
use crate::engine::fast::Fast;
use crate::engine::reading::{Done, read_all};
use crate::engine::state::Settings;
use crate::ports::{MetricSource, SourceError};
use std::sync::Arc;
use tokio::sync::mpsc;

/// How much is read ahead at once: two such stretches are in memory as samples.
const STRETCH: Span = Span::from_hours(12);

/// What is to be judged.
pub struct Order {
    /// The rules.
    pub book: Arc<Rulebook>,
    /// What the engine is told.
    pub settings: Settings,
    /// Where the past is.
    pub source: Arc<dyn MetricSource>,
    /// First instant, floored to the step.
    pub from: Ms,
    /// Last instant, floored to the step.
    pub to: Ms,
    /// Feeds read at once.
    pub concurrency: usize,
}

/// What came of it.
#[derive(Debug)]
pub struct Backtested {
    /// The past.
    pub backtest: Backtest,
    /// Reads that failed, each error once; the feeds behind them had no data from there on.
    pub errors: Vec<SourceError>,
}

/// Runs the engine over the past. Deterministic: the same samples and rules give the same answer.
pub async fn backtest(order: Order) -> Backtested {
    watched(order, &mut |_, _| {}).await
}

/// The same, and `see` is shown the engine at every instant that was judged.
pub async fn watched(order: Order, see: &mut (dyn FnMut(Ms, &Fast) + Send)) -> Backtested {
    let step = order.book.timing.step;
    let (from, to) = (order.from.floor_to(step), order.to.floor_to(step));
    let mut run = Run::new(&order);
    let reads = run.fast.history(from);
    run.history(run.start(reads)).await;
    run.fast.warm_up(from);
    run.judge(from);
    see(from, &run.fast);
    let mut done = from;
    let mut reading = run.ahead(done, to);
    while done < to {
        let through = (done + STRETCH).min(to);
        run.keep(reading).await;
        reading = run.ahead(through, to);
        while done < through {
            done = done + step;
            run.judge(done);
            see(done, &run.fast);
        }
        tokio::task::yield_now().await;
    }
    run.end(from, to)
}

struct Run<'a> {
    order: &'a Order,
    fast: Fast,
    /// By SLO; tracks in the order in which they were met.
    chronicles: Vec<Vec<Chronicle>>,
    errors: Vec<SourceError>,
}

impl<'a> Run<'a> {
    fn new(order: &'a Order) -> Self {
        let fast = Fast::new(Arc::clone(&order.book), order.settings.clone(), order.source.name());
        let chronicles = order.book.slos.iter().map(|_| Vec::new()).collect();
        Self { order, fast, chronicles, errors: Vec::new() }
    }

    /// Carries out reads beside us; there is room for every answer of a stretch.
    fn start(&self, reads: Vec<FeedRead>) -> mpsc::Receiver<Done> {
        let (answer, answers) = mpsc::channel(reads.len().max(1));
        tokio::spawn(read_all(Arc::clone(&self.order.source), reads, self.order.concurrency, answer));
        answers
    }

    /// Starts to read the stretch after `from`.
    fn ahead(&mut self, from: Ms, to: Ms) -> mpsc::Receiver<Done> {
        let reads = if from < to { self.fast.ahead(from, (from + STRETCH).min(to)) } else { Vec::new() };
        self.start(reads)
    }

    async fn history(&mut self, mut answers: mpsc::Receiver<Done>) {
        while let Some(done) = answers.recv().await {
            match done.result {
                Ok(batches) => self.fast.learn(done.feed, done.through, batches),
                Err(error) => self.fail(done.feed, error),
            }
        }
    }

    async fn keep(&mut self, mut answers: mpsc::Receiver<Done>) {
        while let Some(done) = answers.recv().await {
            match done.result {
                Ok(batches) => self.fast.keep(done.feed, batches),
                Err(error) => self.fail(done.feed, error),
            }
        }
    }

    fn fail(&mut self, feed: FeedRef, error: SourceError) {
        self.fast.fail(feed);
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    fn judge(&mut self, at: Ms) {
        self.fast.tick(at);
        for (feed, chronicles) in self.fast.state().board.slos.iter().zip(&mut self.chronicles) {
            for (place, (_, verdict)) in feed.judged().enumerate() {
                chronicle(chronicles, place, &feed.slo, &verdict.group).see(verdict);
            }
        }
    }

    fn end(self, from: Ms, to: Ms) -> Backtested {
        let board = &self.fast.state().board;
        let step = board.step();
        let newest = board.slos.iter().map(|f| f.meter.data_through());
        let data_through = newest.min().flatten().map(|at| at.slice_end(step).min(to));
        let period = board.slos.iter().map(|f| f.meter.spec().period).max().unwrap_or_default();
        let incidents = self.fast.incidents();
        let mut tracks = Vec::new();
        for chronicles in self.chronicles {
            let mut pasts: Vec<TrackPast> = chronicles.into_iter().map(Chronicle::end).collect();
            pasts.sort_by(|a, b| a.group.cmp(&b.group));
            tracks.extend(pasts);
        }
        let backtest = Backtest { from, to, warmup_from: from - period, data_through, step, tracks, incidents };
        Backtested { backtest, errors: self.errors }
    }
}

/// The chronicle of a group; most often at the place that its track has.
fn chronicle<'a>(all: &'a mut Vec<Chronicle>, place: usize, slo: &Arc<Slo>, group: &Labels) -> &'a mut Chronicle {
    let found = if all.get(place).is_some_and(|c| c.group() == group) {
        Some(place)
    } else {
        all.iter().position(|c| c.group() == group)
    };
    let place = found.unwrap_or_else(|| {
        all.push(Chronicle::new(Arc::clone(slo), group.clone()));
        all.len() - 1
    });
    &mut all[place]
}
