//! The backtest: reads the past stretch by stretch and runs the engine over it as a watch would have run, by today's rules
//! and by others beside them.
//!
//! The next stretch is read while the present one is judged. Deliberately absent: where samples come from, and printing.

use super::pushdown::choose;
use crate::domain::base::{Interval, Labels, Ms, Span};
use crate::domain::objective::{Rulebook, Slo};
use crate::domain::review::{Backtest, Chronicle, TrackPast};
use crate::engine::board::{FeedRead, FeedRef};
use crate::engine::fast::Fast;
use crate::engine::reading::{Done, read_all};
use crate::engine::state::{Settings, State};
use crate::ports::{MetricSource, SourceError};
use std::sync::Arc;
use tokio::sync::mpsc;

/// How much is read ahead at once, at least; and at most where there are few samples.
const STRETCH: Span = Span::from_hours(12);
const LONGEST: Span = Span::from_days(5);
/// Samples of a stretch, about: two stretches are in memory at once, at 16 bytes a sample.
const MOST_SAMPLES: usize = 500_000;

/// What is to be judged.
pub struct Order {
    /// The rules.
    pub book: Arc<Rulebook>,
    /// Other rules, judged over the same samples beside them. Their step is that of the first.
    pub beside: Vec<Arc<Rulebook>>,
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
    /// Budget and burn are told in about so many parts; 0 leaves them out.
    pub trail_parts: u32,
    /// Hears how far it has come.
    pub progress: Option<Progress>,
    /// The small charts of snapshots are drawn at every instant: for films.
    pub draws: bool,
    /// Every verdict is made in full at every instant, also where it is sure that nothing new is to be said: for those who
    /// look at verdicts.
    pub in_full: bool,
}

/// Hears how far a backtest has come.
pub type Progress = Box<dyn Fn(Stage) + Send + Sync>;

/// How far a backtest has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stage {
    /// Stretches of the history before the first instant that were read, and all there are.
    History(usize, usize),
    /// The share of the instants that were judged, 0..=1.
    Judged(f64),
}

impl Order {
    /// How many instants are judged.
    pub fn instants(&self) -> usize {
        (self.to.since(self.from).0 / self.book.timing.step.0.max(1) + 1).max(0) as usize
    }

    /// An order by one rulebook alone, without a trail.
    pub fn new(book: Arc<Rulebook>, settings: Settings, source: Arc<dyn MetricSource>, (from, to): (Ms, Ms)) -> Self {
        Self {
            book,
            beside: Vec::new(),
            settings,
            source,
            from,
            to,
            concurrency: 4,
            trail_parts: 0,
            progress: None,
            draws: false,
            in_full: false,
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub struct Backtested {
    /// The past.
    pub backtest: Backtest,
    /// The past by the rules beside, in their order.
    pub beside: Vec<Backtest>,
    /// Reads that failed, each error once; the feeds behind them had no data from there on.
    pub errors: Vec<SourceError>,
}

/// Runs the engine over the past. Deterministic: the same samples and rules give the same answer.
pub async fn backtest(order: Order) -> Backtested {
    drive(order, &mut |_, _| {}).await
}

/// The same, and `see` is shown the engine at every instant that was judged.
pub async fn watched(order: Order, see: &mut (dyn FnMut(Ms, &Fast) + Send)) -> Backtested {
    drive(Order { in_full: true, ..order }, see).await
}

async fn drive(order: Order, see: &mut (dyn FnMut(Ms, &Fast) + Send)) -> Backtested {
    let step = order.book.timing.step;
    let (from, to) = (order.from.floor_to(step), order.to.floor_to(step));
    let order = chosen(order, from, to).await;
    let mut run = Run::new(&order);
    let reads = run.fast.history(from);
    // Whoever may ask for several things at once need not wait for the history.
    let early = (order.concurrency > 1).then(|| run.ahead(from, to));
    run.history(reads).await;
    run.fast.warm_up(from);
    run.judge(from, true);
    see(from, &run.fast);
    let mut done = from;
    let mut next = early.unwrap_or_else(|| run.ahead(from, to));
    while done < to {
        let through = next.through;
        run.keep(next).await;
        next = run.ahead(through, to);
        while done < through {
            done = run.coast(done, through, to);
            if done < through {
                done = done + step;
                run.judge(done, done == to);
                see(done, &run.fast);
            }
        }
        run.tell(Stage::Judged(done.since(from).secs_f64() / to.since(from).secs_f64()));
        tokio::task::yield_now().await;
    }
    run.end(from, to)
}

/// A stretch that is being read.
struct Ahead {
    from: Ms,
    through: Ms,
    answers: mpsc::Receiver<Done>,
}

/// Who adds up is chosen once for the whole run, by all that it reads: the same samples give the same choice.
async fn chosen(mut order: Order, from: Ms, to: Ms) -> Order {
    for book in std::iter::once(&mut order.book).chain(&mut order.beside) {
        let longest = book.slos.iter().map(|slo| slo.period.reach()).max().unwrap_or_default();
        *book = choose(&order.source, book, None, Interval { from: from - longest, to }).await.book;
    }
    order
}

struct Run<'a> {
    order: &'a Order,
    fast: Fast,
    /// Of each rulebook.
    books: Vec<Chronicles>,
    /// Width of the parts of trails; zero for none.
    part: Span,
    /// How much is read ahead at once.
    stretch: Span,
    errors: Vec<SourceError>,
}

impl<'a> Run<'a> {
    fn new(order: &'a Order) -> Self {
        let mut first = Fast::new(Arc::clone(&order.book), order.settings.clone(), order.source.name());
        first.draw(order.draws);
        let mut fast = order.beside.iter().fold(first, |fast, book| fast.beside(Arc::clone(book)));
        let step = order.book.timing.step;
        let part = match i64::from(order.trail_parts) {
            0 => Span::ZERO,
            parts => Span(order.to.since(order.from).0 / parts).max(step),
        };
        let part = Span(Ms(part.0).slice_end(step).0);
        fast.follow(part > Span::ZERO);
        let books = std::iter::once(&order.book).chain(&order.beside).map(|book| Chronicles::new(book, part)).collect();
        Self { order, fast, books, part, stretch: STRETCH, errors: Vec::new() }
    }

    fn tell(&self, stage: Stage) {
        if let Some(progress) = &self.order.progress {
            progress(stage);
        }
    }

    /// Carries out reads beside us; there is room for every answer of a stretch.
    fn start(&self, reads: Vec<FeedRead>) -> mpsc::Receiver<Done> {
        let (answer, answers) = mpsc::channel(reads.len().max(1));
        tokio::spawn(read_all(Arc::clone(&self.order.source), reads, self.order.concurrency, answer));
        answers
    }

    /// Starts to read the stretch after `from`.
    fn ahead(&mut self, from: Ms, to: Ms) -> Ahead {
        let through = (from + self.stretch).min(to);
        let reads = if from < to { self.fast.ahead(from, through) } else { Vec::new() };
        Ahead { from, through, answers: self.start(reads) }
    }

    async fn history(&mut self, reads: Vec<FeedRead>) {
        let (mut came, all) = (0, reads.iter().map(|r| r.stretches.len()).sum());
        let mut answers = self.start(reads);
        while let Some(done) = answers.recv().await {
            came += 1;
            self.tell(Stage::History(came, all));
            match done.result {
                Ok(batches) => self.fast.learn(done.feed, done.through, batches),
                Err(error) => self.fail(done.feed, error),
            }
        }
    }

    /// Takes a stretch's answers; they tell how long the next ones may be.
    async fn keep(&mut self, mut ahead: Ahead) {
        let mut samples = 0;
        while let Some(done) = ahead.answers.recv().await {
            match done.result {
                Ok(batches) => {
                    samples += batches.iter().map(|(_, batch)| batch.len()).sum::<usize>();
                    self.fast.keep(done.feed, ahead.from, batches);
                }
                Err(error) => self.fail(done.feed, error),
            }
        }
        let fits = ahead.through.since(ahead.from).0.saturating_mul(MOST_SAMPLES as i64) / (samples as i64).max(1);
        self.stretch = Span(fits).clamp(STRETCH, LONGEST);
    }

    fn fail(&mut self, feed: FeedRef, error: SourceError) {
        self.fast.fail(feed);
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    /// Budgets are told at the end of every part, and at the last instant.
    fn judge(&mut self, at: Ms, last: bool) {
        let told = last || self.part > Span::ZERO && at.slice_end(self.part) == at;
        self.fast.tick(at, told || self.order.in_full);
        for (state, chronicles) in self.fast.states().zip(&mut self.books) {
            chronicles.see(state, at);
        }
    }

    /// Goes on while nothing new is to be said; where budgets are told a verdict is needed.
    fn coast(&mut self, from: Ms, through: Ms, to: Ms) -> Ms {
        let step = self.order.book.timing.step;
        let mut limit = through.min(to - step);
        if self.part > Span::ZERO {
            limit = limit.min((from + step).slice_end(self.part) - step);
        }
        if self.order.in_full || limit <= from {
            return from;
        }
        let books = &mut self.books;
        let mut hear = |fast: &Fast, at: Ms| {
            for (state, chronicles) in fast.states().zip(books.iter_mut()) {
                chronicles.see(state, at);
            }
        };
        let at = self.fast.coast(from, limit, &mut hear);
        if self.part == Span::ZERO {
            let instants = at.since(from).0 / step.0;
            for (state, chronicles) in self.fast.states().zip(&mut self.books) {
                chronicles.rest(state, instants.unsigned_abs());
            }
        }
        at
    }

    fn end(mut self, from: Ms, to: Ms) -> Backtested {
        let board = &self.fast.state().board;
        let step = board.step();
        let newest = board.slos.iter().map(|f| f.meter.data_through());
        let data_through = newest.min().flatten().map(|at| at.slice_end(step).min(to));
        let mut scratch = Vec::new();
        for feed in &board.slos {
            for track in feed.meter.tracks() {
                if let Some(chronicle) = self.books.first_mut().and_then(|book| book.find(&feed.slo, &track.group)) {
                    chronicle.over(track, (from, to), &mut scratch);
                }
            }
        }
        let mut incidents = vec![self.fast.incidents()];
        incidents.extend(self.fast.incidents_beside());
        let mut past = self.books.into_iter().zip(incidents).map(|(chronicles, incidents)| {
            let (warmup_from, tracks) = (from - chronicles.period, chronicles.end());
            Backtest { from, to, warmup_from, data_through, step, tracks, incidents }
        });
        let first = past.next();
        let backtest = first.unwrap_or_else(|| Backtest::nothing(from, to, step));
        Backtested { beside: past.collect(), backtest, errors: self.errors }
    }
}

/// What is written down of every track of a rulebook.
struct Chronicles {
    /// By SLO; tracks in the order in which they were met.
    slos: Vec<(Arc<Slo>, Vec<Chronicle>)>,
    part: Span,
    /// The longest history that was read.
    period: Span,
}

impl Chronicles {
    fn new(book: &Rulebook, part: Span) -> Self {
        let step = book.timing.step;
        let period = book.slos.iter().map(|slo| slo.meter_spec(step).period).max().unwrap_or_default();
        Self { slos: book.slos.iter().map(|slo| (Arc::clone(slo), Vec::new())).collect(), part, period }
    }

    fn see(&mut self, state: &State, at: Ms) {
        for (feed, (slo, chronicles)) in state.board.slos.iter().zip(&mut self.slos) {
            for (place, verdict) in feed.verdicts.iter().enumerate() {
                let chronicle = chronicle(chronicles, place, slo, &verdict.group, self.part);
                if verdict.at == at {
                    chronicle.see(verdict);
                } else {
                    chronicle.rest(at, verdict.state, feed.hours.get(place).copied().flatten());
                }
            }
        }
    }

    /// Takes instants at which no verdict was made, where nobody follows them.
    fn rest(&mut self, state: &State, instants: u64) {
        for (feed, (slo, chronicles)) in state.board.slos.iter().zip(&mut self.slos) {
            for (place, verdict) in feed.verdicts.iter().enumerate() {
                chronicle(chronicles, place, slo, &verdict.group, self.part).rest_for(instants, verdict.state);
            }
        }
    }

    fn find(&mut self, slo: &Slo, group: &Labels) -> Option<&mut Chronicle> {
        let (_, chronicles) = self.slos.iter_mut().find(|(known, _)| known.id == slo.id)?;
        chronicles.iter_mut().find(|c| c.group() == group)
    }

    fn end(self) -> Vec<TrackPast> {
        let mut tracks = Vec::new();
        for (_, chronicles) in self.slos {
            let mut pasts: Vec<TrackPast> = chronicles.into_iter().map(Chronicle::end).collect();
            pasts.sort_by(|a, b| a.group.cmp(&b.group));
            tracks.extend(pasts);
        }
        tracks
    }
}

/// The chronicle of a group; most often at the place that its track has.
fn chronicle<'a>(all: &'a mut Vec<Chronicle>, place: usize, slo: &Arc<Slo>, group: &Labels, part: Span) -> &'a mut Chronicle {
    let found = if all.get(place).is_some_and(|c| c.group() == group) {
        Some(place)
    } else {
        all.iter().position(|c| c.group() == group)
    };
    let place = found.unwrap_or_else(|| {
        all.push(Chronicle::new(Arc::clone(slo), group.clone()).with_trail(part));
        all.len() - 1
    });
    &mut all[place]
}
