//! A sliding window over a history, with its running sums.
//!
//! Moving one step costs one slice added and one taken away. Whatever else happened (a jump, a late sample, a change of
//! scale) costs a recount over blocks, which gives the same numbers.

use super::cells::Cell;
use super::history::{Counts, EXACT, History, Slice, Sums};
use crate::domain::base::{Ms, Span};

/// Moves of at most so many slices keep the running sums.
const NEAR: i64 = 8;

/// Slices that are kept where a window will leave them next.
const LEAVING: usize = 16;

/// A history at the near edge of windows: what all windows that end there need of it, found once.
#[derive(Clone, Copy, Debug)]
pub struct NearEdge<'a> {
    history: &'a History,
    to: i64,
    newest: Cell,
}

impl<'a> NearEdge<'a> {
    /// The edge at `at`, floored to the step.
    pub fn new(history: &'a History, at: Ms) -> Self {
        let to = history.floor(at);
        Self { history, to, newest: history.cell(to) }
    }

    /// The slice that ends there.
    pub fn slice(&self) -> Slice {
        self.history.slice_of(self.newest)
    }

    /// It is `at` itself.
    pub fn is_at(&self, at: Ms) -> bool {
        self.history.time(self.to) == at
    }
}

/// A look-back and where it stood when it was last read.
#[derive(Clone, Debug)]
pub struct Window {
    span: Span,
    /// Its slices, of this width.
    slices: (i64, Span),
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
        Self { span, slices: (0, Span::ZERO), kept: None, leaving: Leaving::NONE }
    }

    /// Its length.
    pub const fn span(&self) -> Span {
        self.span
    }

    /// Counts over `(at - span, at]`, with `at` floored to the step. Beyond 3 days the far edge is floored to 15 minutes.
    pub fn read(&mut self, history: &History, at: Ms) -> Counts {
        self.read_at(&NearEdge::new(history, at))
    }

    /// The same for one of several windows with the same near edge.
    pub fn read_at(&mut self, near: &NearEdge<'_>) -> Counts {
        let from = self.far_edge(near);
        self.sum(near, from)
    }

    /// Counts over `(from, at]`, for stretches that begin at a fixed instant; where slices are no longer kept, `from` is
    /// floored to 15 minutes.
    pub fn read_from(&mut self, history: &History, from: Ms, at: Ms) -> Counts {
        let near = NearEdge::new(history, at);
        let from = history.edge(history.floor(from)).min(near.to);
        self.sum(&near, from)
    }

    fn sum(&mut self, near: &NearEdge<'_>, from: i64) -> Counts {
        let NearEdge { history, to, .. } = *near;
        let sums = self.moved(near, from).unwrap_or_else(|| history.sums(from, to));
        // Slices after the newest one will still change, so sums over them are not kept.
        let lasting = history.end_index().is_some_and(|end| to <= end);
        self.kept = lasting.then(|| Kept { version: history.version(), from, to, sums });
        history.counts_of(sums, from, to)
    }

    fn far_edge(&mut self, near: &NearEdge<'_>) -> i64 {
        let (history, step) = (near.history, near.history.step());
        if self.slices.1 != step {
            self.slices = (self.span.0 / step.0, step);
        }
        let from = near.to - self.slices.0;
        if self.span <= EXACT {
            return history.edge(from);
        }
        // The edge of a block stays for as long as the block is wide.
        let same = self.kept.map(|kept| kept.from).filter(|edge| (0..history.per_block()).contains(&(from - edge)));
        same.unwrap_or_else(|| history.block_edge(from))
    }

    /// The kept sums moved to the new edges, when they are near and nothing else changed.
    fn moved(&mut self, near: &NearEdge<'_>, from: i64) -> Option<Sums> {
        let NearEdge { history, to, newest } = *near;
        let Kept { version, from: old_from, to: old_to, mut sums } = self.kept?;
        if version != history.version() || !(0..=NEAR).contains(&(to - old_to)) || from < old_from || from > old_to {
            return None;
        }
        if to == old_to + 1 {
            sums.add(newest);
        } else {
            (old_to + 1..=to).for_each(|k| sums.add(history.cell(k)));
        }
        if from == old_from {
            return Some(sums);
        }
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
