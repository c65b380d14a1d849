//! The history of one track: exact counts per slice for 3 days, per block of 15 minutes for the whole period.
//!
//! Counts are integers in units of `1 / scale` events, so sums never drift. The scale is 1 until the first fraction is seen
//! (an asked ratio, a counter of seconds), then as fine as the greatest slice allows, at most 2^-20 of an event.
//! Deliberately absent: deciding what a sample means (see `counter` and `meter`) and what is too much (see `judge`).

mod blocks;
mod pages;
mod room;

pub use room::{Ceiling, Room};

use super::cells::{Cell, Cells, MAX_BAD, MAX_TOTAL, SliceState};
use super::notes::{Note, Notes};
use crate::domain::base::{Ms, Span};
use blocks::Blocks;
use std::collections::VecDeque;

/// Windows up to this long are exact at the step.
pub const EXACT: Span = Span::from_days(3);
const BLOCK: i64 = 15 * 60_000;
const FINEST: u32 = 1 << 20;

/// Counts over a stretch of slices, in events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    /// Far edge as used, exclusive.
    pub from: Ms,
    /// Near edge, inclusive.
    pub to: Ms,
    /// Bad events observed.
    pub bad: f64,
    /// All events observed.
    pub total: f64,
    /// At most so many more bad events may have happened unseen, between a last scrape and a restart.
    pub hidden_bad: f64,
    /// Of `bad`, those that came over a gap.
    pub bridged_bad: f64,
    /// Of `total`, those that came over a gap.
    pub bridged_total: f64,
    /// Slices that were observed.
    pub observed: u32,
    /// Slices left out.
    pub excluded: u32,
    /// Slices in all.
    pub slices: u32,
}

impl Counts {
    /// Observed share of the slices that are not excluded; 0 when there are none.
    pub fn coverage(&self) -> f64 {
        let of = self.slices.saturating_sub(self.excluded);
        if of == 0 { 0.0 } else { f64::from(self.observed) / f64::from(of) }
    }

    /// bad / total; absent without events.
    pub fn ratio(&self) -> Option<f64> {
        (self.total > 0.0).then(|| self.bad / self.total)
    }
}

/// One slice, in events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Slice {
    /// What is known of it.
    pub state: SliceState,
    /// Bad events.
    pub bad: f64,
    /// All events.
    pub total: f64,
    /// Part of its counts came over a gap.
    pub bridged: bool,
    /// A target was missing among several.
    pub partial: bool,
}

/// Sums in units, as windows keep them between two readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sums {
    pub bad: u64,
    pub total: u64,
    pub observed: u32,
    pub excluded: u32,
}

impl Sums {
    pub(super) fn add(&mut self, cell: Cell) {
        if cell.is_counted() {
            self.bad += u64::from(cell.bad);
            self.total += u64::from(cell.total);
        }
        self.observed += u32::from(cell.is_observed());
        self.excluded += u32::from(cell.state == SliceState::Excluded);
    }

    pub(super) fn take(&mut self, cell: Cell) {
        let mut gone = Self::default();
        gone.add(cell);
        self.take_all(gone);
    }

    pub(super) fn add_all(&mut self, other: Self) {
        self.bad += other.bad;
        self.total += other.total;
        self.observed += other.observed;
        self.excluded += other.excluded;
    }

    pub(super) fn take_all(&mut self, other: Self) {
        self.bad -= other.bad;
        self.total -= other.total;
        self.observed -= other.observed;
        self.excluded -= other.excluded;
    }
}

/// What a track knows of its past.
#[derive(Clone, Debug)]
pub struct History {
    step: i64,
    per_block: i64,
    /// Number of the first block ever; before it there is nothing to know.
    origin: i64,
    /// Number of the first block of `blocks`; those between `origin` and it were forgotten.
    first: i64,
    blocks: Blocks,
    /// Number of the first block of `dense`; both end with the same block.
    dense_first: i64,
    dense: VecDeque<Cells>,
    max_blocks: usize,
    max_dense: usize,
    scale: u32,
    fractional: bool,
    /// The newest slice that was written; windows that end at or before it may be summed and kept.
    end: Option<i64>,
    /// Changes whenever a slice at or before `end` does.
    version: u64,
    /// Bad units that were ever added, less those taken back; differences alone mean something, within one version.
    bad_ever: u64,
    notes: Notes,
    /// The first slice that changed since its page was written; the least number when none was written yet.
    unsaved: i64,
}

impl History {
    /// An empty history. `slack` is how far behind the newest slice windows must still be exact.
    pub fn new(step: Span, period: Span, slack: Span) -> Self {
        let step = step.0.max(1);
        let per_block = (BLOCK + step - 1) / step;
        let blocks_for = |span: i64| (span / (per_block * step)) as usize + 2;
        Self {
            step,
            per_block,
            origin: 0,
            first: 0,
            blocks: Blocks::default(),
            dense_first: 0,
            dense: VecDeque::new(),
            max_blocks: blocks_for(period.0.max(EXACT.0) + slack.0) + 1,
            max_dense: blocks_for(EXACT.0 + slack.0),
            scale: 1,
            fractional: false,
            end: None,
            version: 0,
            bad_ever: 0,
            notes: Notes::default(),
            unsaved: i64::MIN,
        }
    }

    /// Width of a slice.
    pub const fn step(&self) -> Span {
        Span(self.step)
    }

    /// End of the newest slice written.
    pub fn end(&self) -> Option<Ms> {
        self.end.map(|k| self.time(k))
    }

    /// Start of the oldest block that is kept; absent while nothing was written.
    pub fn start(&self) -> Option<Ms> {
        (!self.blocks.is_empty()).then(|| Ms(self.first * self.per_block * self.step))
    }

    /// Width of a block: what is kept of the past further back than 3 days.
    pub const fn block_width(&self) -> Span {
        Span(self.per_block * self.step)
    }

    /// Start of the oldest block whose slices are kept one by one; absent while nothing was forgotten.
    pub fn exact_from(&self) -> Option<Ms> {
        (self.dense_first > self.origin).then(|| Ms(self.dense_first * self.per_block * self.step))
    }

    /// The slice that holds `at`. Unknown slices, and those further back than 3 days, read as no data.
    pub fn slice_at(&self, at: Ms) -> Slice {
        self.slice_of(self.cell(self.index(at)))
    }

    pub(super) fn slice_of(&self, cell: Cell) -> Slice {
        let unit = 1.0 / f64::from(self.scale);
        Slice {
            state: cell.state,
            bad: f64::from(cell.bad) * unit,
            total: f64::from(cell.total) * unit,
            bridged: cell.bridged,
            partial: cell.partial,
        }
    }

    /// Counts of the slices in `(from, to]`, both floored to the step; where slices are no longer kept, `from` is floored to
    /// its block of 15 minutes.
    pub fn counts(&self, from: Ms, to: Ms) -> Counts {
        let (from, to) = (self.floor(from), self.floor(to));
        let edge = self.edge(from);
        self.counts_of(self.sums(edge, to.max(edge)), edge, to.max(edge))
    }

    /// The same with what happened in slices that are left out, as far back as slices are kept one by one: an exclusion
    /// forgives, it does not undo.
    pub fn counts_as_happened(&self, from: Ms, to: Ms) -> Counts {
        let mut counts = self.counts(from, to);
        if counts.excluded > 0 {
            let unit = f64::from(self.scale);
            let left_out = |k: i64| Some(self.cell(k)).filter(|cell| cell.state == SliceState::Excluded);
            for cell in (self.floor(from) + 1..=self.floor(to)).filter_map(left_out) {
                counts.bad += f64::from(cell.bad) / unit;
                counts.total += f64::from(cell.total) / unit;
            }
        }
        counts
    }

    /// Bytes of memory it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + self.blocks.bytes()
            + self.dense.capacity() * size_of::<Cells>()
            + self.dense.iter().map(Cells::bytes).sum::<usize>()
            + self.notes.bytes()
    }

    // ---- writing (the meter) ----

    /// The slice whose end is the first at or after `at`.
    pub(super) const fn index(&self, at: Ms) -> i64 {
        at.0.saturating_sub(1).div_euclid(self.step) + 1
    }

    /// The last slice that ends at or before `at`.
    pub(super) const fn floor(&self, at: Ms) -> i64 {
        at.0.div_euclid(self.step)
    }

    /// End of slice `k`.
    pub(super) const fn time(&self, k: i64) -> Ms {
        Ms(k * self.step)
    }

    /// Writes slice `k` whole. False when the counts are too great to keep; the slice is a data error then.
    pub(super) fn write(&mut self, k: i64, slice: Slice) -> bool {
        let fits = self.fit(slice.bad, slice.total);
        let units = |events: f64| rounded(events * f64::from(self.scale));
        let mut cell = Cell { state: slice.state, bridged: slice.bridged, partial: slice.partial, bad: 0, total: 0 };
        if fits {
            (cell.bad, cell.total) = (units(slice.bad), units(slice.total));
        } else {
            cell.state = SliceState::DataError;
        }
        self.set(k, cell);
        fits
    }

    /// Notes what a slice's plain counts do not say.
    pub(super) fn note(&mut self, k: i64, note: Note) {
        self.notes.add(k, note);
        self.changed(k);
    }

    /// Slices after the newest one up to `k` are unknown from now on, not merely unread.
    pub(super) fn advance(&mut self, k: i64) {
        self.reach(self.block(k));
        self.end = Some(self.end.map_or(k, |end| end.max(k)));
    }

    fn changed(&mut self, k: i64) {
        self.unsaved = self.unsaved.min(k);
        if self.end.is_some_and(|end| k <= end) {
            self.version += 1;
        }
    }

    fn set(&mut self, k: i64, cell: Cell) {
        let block = self.block(k);
        self.reach(block);
        if block < self.dense_first || block < self.first {
            return;
        }
        let (at, size) = ((k - 1).rem_euclid(self.per_block) as usize, self.per_block as usize);
        let cells = &mut self.dense[(block - self.dense_first) as usize];
        let old = cells.get(at);
        if old == cell {
            return;
        }
        cells.set(at, cell, size);
        let at = (block - self.first) as usize;
        let mut sums = self.blocks.get(at);
        let bad = sums.bad;
        sums.take(old);
        sums.add(cell);
        self.blocks.set(at, sums);
        self.bad_ever = self.bad_ever.wrapping_add(sums.bad.wrapping_sub(bad));
        self.changed(k);
    }

    /// Makes the block exist, unless it lies before all others, and forgets what is too old.
    fn reach(&mut self, block: i64) {
        let next = self.first + self.blocks.len() as i64;
        if self.blocks.is_empty() || block - next > self.max_blocks as i64 {
            self.version += u64::from(!self.blocks.is_empty());
            self.unsaved = i64::MIN;
            self.blocks.clear();
            self.dense.clear();
            (self.origin, self.first, self.dense_first) = (block, block, block);
        }
        while self.first + (self.blocks.len() as i64) <= block {
            self.blocks.push_back();
            push_sparingly(&mut self.dense, Cells::default());
            if self.blocks.len() > self.max_blocks {
                self.blocks.pop_front();
                self.first += 1;
                self.notes.forget_before(self.first * self.per_block);
            }
            if self.dense.len() > self.max_dense {
                self.dense.pop_front();
                self.dense_first += 1;
            }
        }
    }

    // ---- units ----

    /// Makes the scale one in which both counts can be kept; false when there is none.
    fn fit(&mut self, bad: f64, total: f64) -> bool {
        let fits = |scale: u32| bad * f64::from(scale) <= MAX_BAD as f64 && total * f64::from(scale) <= MAX_TOTAL as f64;
        let mut want = self.scale;
        if !(self.fractional || is_whole(bad) && is_whole(total)) {
            self.fractional = true;
            want = self.finest();
        }
        while want > 1 && !fits(want) {
            want /= 2;
        }
        if want != self.scale {
            self.rescale(want);
        }
        fits(want)
    }

    /// The finest scale that every slice kept would bear.
    fn finest(&self) -> u32 {
        let mut scale = FINEST;
        for cell in self.dense.iter().flat_map(|cells| (0..self.per_block as usize).map(|at| cells.get(at))) {
            while scale > 1
                && (u64::from(cell.bad) * u64::from(scale) > MAX_BAD || u64::from(cell.total) * u64::from(scale) > MAX_TOTAL)
            {
                scale /= 2;
            }
        }
        scale
    }

    fn rescale(&mut self, scale: u32) {
        let factor = f64::from(scale) / f64::from(self.scale);
        let size = self.per_block as usize;
        for at in 0..self.blocks.len() {
            let mut sums = self.blocks.get(at);
            sums.bad = (sums.bad as f64 * factor).round() as u64;
            sums.total = (sums.total as f64 * factor).round() as u64;
            self.blocks.set(at, sums);
        }
        for (i, cells) in self.dense.iter_mut().enumerate().filter(|(_, cells)| **cells != Cells::Empty) {
            let mut sums = Sums::default();
            for at in 0..size {
                let mut cell = cells.get(at);
                cell.bad = (f64::from(cell.bad) * factor).round() as u32;
                cell.total = (f64::from(cell.total) * factor).round() as u32;
                cells.set(at, cell, size);
                sums.add(cell);
            }
            self.blocks.set((self.dense_first - self.first) as usize + i, sums);
        }
        self.scale = scale;
        self.version += 1;
        self.unsaved = i64::MIN;
    }

    // ---- reading (windows) ----

    /// Changes whenever a slice at or before [`History::end`] does: what was summed up of the past must be summed up again.
    pub const fn version(&self) -> u64 {
        self.version
    }

    pub(super) const fn end_index(&self) -> Option<i64> {
        self.end
    }

    pub(super) const fn per_block(&self) -> i64 {
        self.per_block
    }

    /// The block of slice `k`.
    const fn block(&self, k: i64) -> i64 {
        (k - 1).div_euclid(self.per_block)
    }

    pub(super) fn cell(&self, k: i64) -> Cell {
        // Divisions of small numbers are several times quicker, and this is done for every window of every track.
        let Ok(after) = u32::try_from(k - 1 - self.dense_first * self.per_block) else { return Cell::default() };
        let size = self.per_block as u32;
        self.dense.get((after / size) as usize).map_or_else(Cell::default, |cells| cells.get((after % size) as usize))
    }

    /// Slices of the block of `k` are kept one by one, or there never were any.
    pub(super) const fn is_exact(&self, k: i64) -> bool {
        k > self.dense_first * self.per_block || k <= self.origin * self.per_block
    }

    /// Sums of the block are kept, or there never were any.
    pub(super) const fn is_known(&self, block: i64) -> bool {
        block >= self.first || block < self.origin
    }

    /// `from` itself, or the start of its block where slices after it are no longer kept.
    pub(super) fn edge(&self, from: i64) -> i64 {
        if self.is_exact(from + 1) { from } else { self.block_edge(from) }
    }

    /// `from` floored to a block.
    pub(super) const fn block_edge(&self, from: i64) -> i64 {
        from.div_euclid(self.per_block) * self.per_block
    }

    pub(super) fn block_sums(&self, block: i64) -> Sums {
        let at = block - self.first;
        usize::try_from(at).map_or_else(|_| Sums::default(), |at| self.blocks.get(at))
    }

    /// Sums of the slices `from + 1 ..= to`, whole blocks at a time where it can.
    pub(super) fn sums(&self, from: i64, to: i64) -> Sums {
        let mut sums = Sums::default();
        let n = self.per_block;
        let (head, tail) = ((from + n - 1).div_euclid(n) * n, to.div_euclid(n) * n);
        if head > tail {
            (from + 1..=to).for_each(|k| sums.add(self.cell(k)));
            return sums;
        }
        (from + 1..=head).for_each(|k| sums.add(self.cell(k)));
        let (first, last) = ((head / n).max(self.first), (tail / n).min(self.first + self.blocks.len() as i64));
        (first..last).for_each(|block| sums.add_all(self.block_sums(block)));
        (tail + 1..=to).for_each(|k| sums.add(self.cell(k)));
        sums
    }

    pub(super) fn counts_of(&self, sums: Sums, from: i64, to: i64) -> Counts {
        let (unit, note) = (f64::from(self.scale), self.notes.sum(from, to));
        Counts {
            from: self.time(from),
            to: self.time(to),
            bad: sums.bad as f64 / unit,
            total: sums.total as f64 / unit,
            hidden_bad: note.hidden_bad,
            bridged_bad: note.bridged_bad,
            bridged_total: note.bridged_total,
            observed: sums.observed,
            excluded: sums.excluded,
            slices: (to - from) as u32,
        }
    }
}

/// From here on floats have no fractions.
const WHOLE: f64 = (1_i64 << 52) as f64;

/// `fract() == 0`, without the function that a plain processor needs for it.
fn is_whole(events: f64) -> bool {
    events.abs() >= WHOLE || (events - events as i64 as f64) == 0.0
}

/// `round()` of what is not negative and fits, without a function.
fn rounded(units: f64) -> u32 {
    let down = units as u32;
    down.saturating_add(u32::from(units - f64::from(down) >= 0.5))
}

/// Appends and grows by 64 places at a time: doubling would waste a third of a track's memory.
fn push_sparingly<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(64);
    }
    list.push_back(item);
}

#[cfg(test)]
mod tests;
