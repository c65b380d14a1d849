//! The past in even cells, for charts and heatmaps: burn, budget and latency out of the histories the board keeps.
//!
//! Bounded by tracks times cells looks into a history; each is a look at packed blocks, so a heatmap of 500 SLOs takes
//! milliseconds. Deliberately absent: what was decided then (the ledger knows).

use super::board::{SloFeed, burn, burn_of};
use super::state::State;
use crate::domain::base::{Ms, Span};
use crate::domain::measure::Track;
use crate::domain::view::{Lookback, Past, PastOf, PastRow, TrackId};
use std::sync::Arc;

/// Answers a question about the past; without rows when nothing was evaluated yet or there is no such track.
pub fn past(state: &State, ask: &Lookback) -> Past {
    let Some(cells) = Cells::of(state, ask) else { return Past::default() };
    let rows = match &ask.of {
        PastOf::Burn { track, window } => {
            let row = |f: &SloFeed, t: &Track| burn_row(f, t, &cells, *window);
            one(state, track).map(|(f, t)| row(f, t)).into_iter().collect()
        }
        PastOf::Remaining { track } => one(state, track).map(|(f, t)| remaining_row(f, t, &cells)).into_iter().collect(),
        PastOf::AllBurn => {
            let all = state.board.slos.iter().flat_map(|f| f.meter.tracks().iter().map(move |t| (f, t)));
            all.map(|(f, t)| burn_row(f, t, &cells, None)).collect()
        }
        PastOf::Latency { track } => one(state, track).map_or_else(Vec::new, |(f, t)| latency_rows(f, t, &cells)),
    };
    Past { from: cells.from, to: cells.end(cells.count), cell: cells.width, rows }
}

fn one<'a>(state: &'a State, id: &TrackId) -> Option<(&'a SloFeed, &'a Track)> {
    let feed = state.board.slo(id.slo.as_str())?;
    let track = feed.meter.tracks().iter().find(|t| t.group == id.group)?;
    Some((feed, track))
}

/// Even cells of whole steps.
struct Cells {
    from: Ms,
    width: Span,
    count: usize,
}

impl Cells {
    /// The last cell ends at the end asked for or at the last evaluated instant; the first is made earlier rather than
    /// the cells uneven.
    fn of(state: &State, ask: &Lookback) -> Option<Self> {
        let (at, step) = (state.board.at?, state.board.step());
        let to = ask.to.min(at).floor_to(step);
        let count = ask.cells.clamp(1, Lookback::MOST_CELLS) as i64;
        let asked = to.since(ask.from);
        if asked.0 <= 0 {
            return None;
        }
        let steps = asked.0.div_euclid(step.0.max(1)).max(1);
        let width = step * ((steps + count - 1) / count);
        Some(Self { from: to - width * count, width, count: count as usize })
    }

    fn end(&self, i: usize) -> Ms {
        self.from + self.width * i as i64
    }

    fn values(&self, read: impl Fn(Ms, Ms) -> Option<f64>) -> Arc<[f32]> {
        (0..self.count).map(|i| read(self.end(i), self.end(i + 1)).map_or(f32::NAN, |v| v as f32)).collect()
    }
}

fn row(feed: &SloFeed, track: &Track, values: Arc<[f32]>) -> PastRow {
    let id = TrackId { slo: feed.slo.id.clone(), group: track.group.clone() };
    PastRow { track: id, bucket: None, values, bad: Arc::from([]), total: Arc::from([]) }
}

fn burn_row(feed: &SloFeed, track: &Track, cells: &Cells, window: Option<Span>) -> PastRow {
    let (mut values, mut bad, mut total) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..cells.count {
        let (from, end) = (cells.end(i), cells.end(i + 1));
        let counts = track.history.counts(from, end);
        let value = match window {
            Some(window) if window != cells.width => burn(&feed.slo, track, end, window),
            _ => burn_of(&feed.slo, &counts, cells.width),
        };
        let seen = |n: f64| if counts.observed > 0 { n as f32 } else { f32::NAN };
        values.push(value.map_or(f32::NAN, |v| v as f32));
        bad.push(seen(counts.bad));
        total.push(seen(counts.total));
    }
    PastRow { bad: bad.into(), total: total.into(), ..row(feed, track, values.into()) }
}

/// How the budget of the period that ends now was spent: what was left of it at the end of each cell.
fn remaining_row(feed: &SloFeed, track: &Track, cells: &Cells) -> PastRow {
    let period = feed.slo.period.span();
    let now = cells.end(cells.count);
    let begin = now - period;
    let verdict = feed.judged().find(|(t, _)| t.group == track.group).map(|(_, v)| v);
    let allowed = verdict.and_then(|v| v.budget.allowed).filter(|a| *a > 0.0);
    let known = track.history.start();
    let left = |end: Ms| {
        let allowed = allowed?;
        if end < begin || known.is_none_or(|start| end < start) {
            return None;
        }
        Some(1.0 - track.history.counts(begin, end).bad / allowed)
    };
    row(feed, track, cells.values(|_, end| left(end)))
}

fn latency_rows(feed: &SloFeed, track: &Track, cells: &Cells) -> Vec<PastRow> {
    let mut columns: Vec<Vec<f64>> = Vec::with_capacity(cells.count);
    for i in 0..cells.count {
        let mut counts = Vec::new();
        track.bucket_counts(cells.end(i), cells.end(i + 1), &mut counts);
        columns.push(counts);
    }
    let bounds = track.bounds();
    let bucket = |b: usize| {
        let share = |counts: &Vec<f64>| {
            let total = counts.last().copied().unwrap_or(0.0);
            let below = if b == 0 { 0.0 } else { counts.get(b - 1).copied().unwrap_or(0.0) };
            let own = counts.get(b).copied().unwrap_or(0.0) - below;
            if total > 0.0 { (own / total) as f32 } else { f32::NAN }
        };
        let values = columns.iter().map(share).collect();
        PastRow { bucket: Some(bounds.get(b).copied().unwrap_or(f64::INFINITY)), ..row(feed, track, values) }
    };
    if bounds.is_empty() { Vec::new() } else { (0..=bounds.len()).map(bucket).collect() }
}
