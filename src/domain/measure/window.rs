//! A sliding window over a history, with its running sums.
//!
//! Moving one step costs one slice added and one taken away. Whatever else happened (a jump, a late sample, a change of
//! scale) costs a recount over blocks, which gives the same numbers.

use super::cells::Cell;
use super::history::{Counts, EXACT, History, Sums};
use crate::domain::base::{Ms, Span};

/// Moves of at most so many slices keep the running sums.
const NEAR: i64 = 8;

/// Slices that are kept where a window will leave them next.
const LEAVING: usize = 16;

/// A look-back and where it stood when it was last read.
#[derive(Clone, Debug)]
pub struct Window {
    span: Span,
    kept: Option<Kept>,
    leaving: Leaving,
}

/// The slices that leave a window next, side by side with it: in the history each lies in memory of its own, which costs
/// more than all that is done with it.
#[derive(Clone, Debug)]
struct Leaving {
    version: u64,
    first: i64,
    end: i64,
    cells: [u64; LEAVING],
}

impl Leaving {
    const NONE: Self = Self { version: 0, first: 0, end: 0, cells: [0; LEAVING] };

    fn cell(&mut self, history: &History, k: i64) -> Cell {
        if self.version != history.version() || k < self.first || k >= self.end {
            self.fill(history, k);
        }
        // Slices after the newest one will still change, so they are never among these.
        if k < self.end { Cell::from_wide(self.cells[(k - self.first) as usize]) } else { history.cell(k) }
    }

    fn fill(&mut self, history: &History, k: i64) {
        let known = history.end_index().map_or(k, |end| end + 1);
        (self.version, self.first, self.end) = (history.version(), k, (k + LEAVING as i64).min(known).max(k));
        for (place, cell) in (k..self.end).zip(&mut self.cells) {
            *cell = history.cell(place).wide();
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Kept {
    version: u64,
    from: i64,
    to: i64,
    sums: Sums,
}

impl Window {
    /// A window of this length.
    pub const fn new(span: Span) -> Self {
        Self { span, kept: None, leaving: Leaving::NONE }
    }

    /// Its length.
    pub const fn span(&self) -> Span {
        self.span
    }

    /// Counts over `(at - span, at]`, with `at` floored to the step. Beyond 3 days the far edge is floored to 15 minutes.
    pub fn read(&mut self, history: &History, at: Ms) -> Counts {
        let to = history.floor(at);
        let from = self.far_edge(history, to);
        self.sum(history, from, to)
    }

    /// Counts over `(from, at]`, for stretches that begin at a fixed instant; where slices are no longer kept, `from` is
    /// floored to 15 minutes.
    pub fn read_from(&mut self, history: &History, from: Ms, at: Ms) -> Counts {
        let to = history.floor(at);
        let from = history.edge(history.floor(from)).min(to);
        self.sum(history, from, to)
    }

    fn sum(&mut self, history: &History, from: i64, to: i64) -> Counts {
        let sums = self.moved(history, from, to).unwrap_or_else(|| history.sums(from, to));
        // Slices after the newest one will still change, so sums over them are not kept.
        let lasting = history.end_index().is_some_and(|end| to <= end);
        self.kept = lasting.then(|| Kept { version: history.version(), from, to, sums });
        history.counts_of(sums, from, to)
    }

    fn far_edge(&self, history: &History, to: i64) -> i64 {
        let from = to - self.span.0 / history.step().0;
        if self.span > EXACT { history.block_edge(from) } else { history.edge(from) }
    }

    /// The kept sums moved to the new edges, when they are near and nothing else changed.
    fn moved(&mut self, history: &History, from: i64, to: i64) -> Option<Sums> {
        let Kept { version, from: old_from, to: old_to, mut sums } = self.kept?;
        if version != history.version() || !(0..=NEAR).contains(&(to - old_to)) || from < old_from || from > old_to {
            return None;
        }
        (old_to + 1..=to).for_each(|k| sums.add(history.cell(k)));
        let n = history.per_block();
        if from - old_from <= NEAR && history.is_exact(old_from + 1) {
            (old_from + 1..=from).for_each(|k| sums.take(self.leaving.cell(history, k)));
        } else if from % n == 0 && old_from % n == 0 && history.is_known(old_from / n) {
            (old_from / n..from / n).for_each(|block| sums.take_all(history.block_sums(block)));
        } else {
            return None;
        }
        Some(sums)
    }
}
