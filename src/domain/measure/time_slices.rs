//! Time slices: minutes (or other short stretches) told good or bad as a whole, for budgets that count time and not events.
//!
//! They are told from the slices of the history while those are kept one by one, and added up per block of 15 minutes for
//! the whole period. Deliberately absent: budgets themselves (see `judge`).

use super::bytes::{Reader, Writer};
use super::cells::{Cell, SliceState};
use super::history::History;
use crate::domain::base::{Ms, Span};
use std::collections::VecDeque;
use std::ops::Range;

/// How a time slice is told good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeSliceRule {
    /// Its width: a multiple of the step that divides 15 minutes.
    pub slice: Span,
    /// It is bad when its error ratio is above this.
    pub bad_above: f64,
}

/// Time slices over a stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TimeSliceCounts {
    /// Slices that count: with traffic or without.
    pub counted: u32,
    /// Of these, bad ones.
    pub bad: u32,
    /// Of these, those without traffic: they are good.
    pub no_traffic: u32,
    /// The sum of the error ratios of those that count; without traffic 0.
    pub ratios: f64,
}

impl TimeSliceCounts {
    fn add(&mut self, other: Self) {
        self.counted += other.counted;
        self.bad += other.bad;
        self.no_traffic += other.no_traffic;
        self.ratios += other.ratios;
    }
}

/// The time slices of a track, a block at a time.
#[derive(Clone, Debug)]
pub(super) struct TimeSlices {
    per_slice: i64,
    bad_above: f64,
    first: i64,
    blocks: VecDeque<TimeSliceCounts>,
    most: usize,
}

impl TimeSlices {
    pub(super) fn new(rule: TimeSliceRule, step: Span, period: Span) -> Self {
        let block = Span::from_mins(15);
        Self {
            per_slice: (rule.slice.0 / step.0.max(1)).max(1),
            bad_above: rule.bad_above,
            first: 0,
            blocks: VecDeque::new(),
            most: (period.0 / block.0) as usize + 8,
        }
    }

    /// Slice `k` of the history was written: its block is told anew once it is whole, and whenever it changes after that.
    pub(super) fn written(&mut self, history: &History, k: i64) {
        let n = history.per_block();
        let block = (k - 1).div_euclid(n);
        let next = self.first + self.blocks.len() as i64;
        let whole = k == (block + 1) * n;
        if !whole && block >= next || block < self.first && !self.blocks.is_empty() || !history.is_exact(block * n + 1) {
            return;
        }
        if self.blocks.is_empty() || block - next > self.most as i64 {
            self.blocks.clear();
            self.first = block;
        }
        while self.first + (self.blocks.len() as i64) <= block {
            self.blocks.push_back(TimeSliceCounts::default());
        }
        let counts = self.told(history, block * n, (block + 1) * n);
        if let Some(place) = self.blocks.get_mut((block - self.first) as usize) {
            *place = counts;
        }
        while self.blocks.len() > self.most {
            self.blocks.pop_front();
            self.first += 1;
        }
    }

    /// The time slices that end in `(from, to]`. Where slices are no longer kept one by one, `from` must be a block's edge.
    pub(super) fn over(&self, history: &History, from: Ms, to: Ms) -> TimeSliceCounts {
        let n = history.per_block();
        let (from, to) = (history.edge(history.floor(from)), history.floor(to));
        let (head, tail) = ((from.div_euclid(n) + i64::from(from.rem_euclid(n) != 0)) * n, to.div_euclid(n) * n);
        if head > tail {
            return self.told(history, from, to);
        }
        let mut sum = self.told(history, from, head);
        let last = (tail / n).min(self.first + self.blocks.len() as i64);
        for block in (head / n).max(self.first)..last {
            sum.add(self.blocks[(block - self.first) as usize]);
        }
        // Blocks that are not whole yet, and what is left after the last whole one.
        let known = last.max(head / n) * n;
        sum.add(self.told(history, known, to));
        sum
    }

    /// From the history's own slices: the time slices that end in `(from, to]`.
    fn told(&self, history: &History, from: i64, to: i64) -> TimeSliceCounts {
        let mut sum = TimeSliceCounts::default();
        let mut end = (from.div_euclid(self.per_slice) + 1) * self.per_slice;
        while end <= to {
            sum.add(self.one(history, end));
            end += self.per_slice;
        }
        sum
    }

    /// One time slice. What came over a gap alone tells nothing; a part left out leaves all of it out.
    fn one(&self, history: &History, end: i64) -> TimeSliceCounts {
        let (mut bad, mut total, mut observed) = (0_u64, 0_u64, false);
        for k in end - self.per_slice + 1..=end {
            let cell: Cell = history.cell(k);
            if cell.state == SliceState::Excluded {
                return TimeSliceCounts::default();
            }
            if cell.is_observed() {
                bad += u64::from(cell.bad);
                total += u64::from(cell.total);
                observed = true;
            }
        }
        match (observed, total) {
            (false, _) => TimeSliceCounts::default(),
            (true, 0) => TimeSliceCounts { counted: 1, no_traffic: 1, ..TimeSliceCounts::default() },
            (true, total) => {
                let ratio = bad as f64 / total as f64;
                TimeSliceCounts { counted: 1, bad: u32::from(ratio > self.bad_above), no_traffic: 0, ratios: ratio }
            }
        }
    }

    pub(super) fn save(&self, to: &mut Writer) {
        let Self { per_slice: _, bad_above: _, first, blocks, most: _ } = self;
        to.int(*first);
        to.list(blocks.iter(), |to, block| {
            let TimeSliceCounts { counted, bad, no_traffic, ratios } = block;
            for n in [counted, bad, no_traffic] {
                to.uint(u64::from(*n));
            }
            to.float(*ratios);
        });
    }

    pub(super) fn load(&mut self, from: &mut Reader<'_>) -> Option<()> {
        self.first = from.int()?;
        let blocks = from.list(|from| {
            let mut small = || u32::try_from(from.uint()?).ok();
            let (counted, bad, no_traffic) = (small()?, small()?, small()?);
            Some(TimeSliceCounts { counted, bad, no_traffic, ratios: from.float()? })
        })?;
        self.blocks = blocks.into();
        while self.blocks.len() > self.most {
            self.blocks.pop_front();
            self.first += 1;
        }
        Some(())
    }

    /// Takes the blocks of another one, also those before the first that is known here.
    pub(super) fn mend(&mut self, with: &Self, blocks: Range<i64>) {
        let known = |of: &Self, block: i64| usize::try_from(block - of.first).ok().and_then(|at| of.blocks.get(at).copied());
        for block in blocks.rev() {
            let Some(counts) = known(with, block) else { continue };
            while block < self.first && self.blocks.len() < self.most {
                self.blocks.push_front(TimeSliceCounts::default());
                self.first -= 1;
            }
            if let Some(place) = usize::try_from(block - self.first).ok().and_then(|at| self.blocks.get_mut(at)) {
                *place = counts;
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.blocks.capacity() * size_of::<TimeSliceCounts>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::measure::history::Slice;
    use proptest::prelude::*;

    const STEP: Span = Span::from_secs(15);

    /// A history with the slices told by letters, from slice 1 of a block: `.` good, `x` all bad, `h` half bad, `0` no traffic,
    /// `-` no data, `e` left out.
    fn written(letters: &str, rule: TimeSliceRule) -> (History, TimeSlices, i64) {
        let start = 60 * 1_000;
        let mut history = History::new(STEP, Span::from_days(5), Span::from_hours(1));
        let mut slices = TimeSlices::new(rule, STEP, Span::from_days(5));
        for (i, letter) in letters.chars().enumerate() {
            let k = start + 1 + i as i64;
            let (state, bad, total) = match letter {
                'x' => (SliceState::Sampled, 4.0, 4.0),
                'h' => (SliceState::Sampled, 2.0, 4.0),
                '0' => (SliceState::Sampled, 0.0, 0.0),
                '-' => (SliceState::NoData, 0.0, 0.0),
                'e' => (SliceState::Excluded, 4.0, 4.0),
                _ => (SliceState::Sampled, 0.0, 4.0),
            };
            history.write(k, Slice { state, bad, total, ..Slice::default() });
            history.advance(k);
            slices.written(&history, k);
        }
        (history, slices, start)
    }

    fn minute(good: f64) -> TimeSliceRule {
        TimeSliceRule { slice: Span::from_mins(1), bad_above: 1.0 - good }
    }

    #[test]
    fn a_minute_is_good_by_its_own_ratio_and_unknown_or_left_out_ones_do_not_count() {
        // A good minute, one a quarter bad, one of them not known in part, no traffic, no data, partly left out.
        let (history, slices, start) = written(".......x-..x0000----...e", minute(0.7));
        let counts = slices.over(&history, history.time(start), history.time(start + 24));
        assert_eq!((counts.counted, counts.bad, counts.no_traffic), (4, 1, 1));
        assert!((counts.ratios - (0.25 + 1.0 / 3.0)).abs() < 1e-12, "{counts:?}");
    }

    #[test]
    fn a_ratio_on_the_level_is_good() {
        let letters = "x...".repeat(15);
        let (history, slices, start) = written(&letters, minute(0.75));
        assert_eq!(slices.over(&history, history.time(start), history.time(start + 60)).bad, 0);
        let (history, slices, start) = written(&letters, minute(0.76));
        assert_eq!(slices.over(&history, history.time(start), history.time(start + 60)).bad, 15);
    }

    proptest! {
        /// Whole blocks and single slices tell the same, whatever the stretch.
        #[test]
        fn blocks_add_up_to_a_naive_recount(letters in "[.xh0e-]{0,400}", from in 0_i64..400, more in 0_i64..400) {
            let (history, slices, start) = written(&letters, minute(0.6));
            let (from, to) = (start + from, (start + from + more).min(start + letters.len() as i64));
            prop_assume!(from <= to);
            let naive = slices.told(&history, from, to);
            let told = slices.over(&history, history.time(from), history.time(to));
            prop_assert_eq!((told.counted, told.bad, told.no_traffic), (naive.counted, naive.bad, naive.no_traffic));
            prop_assert!((told.ratios - naive.ratios).abs() < 1e-9);
        }
    }
}
