//! The bad stretches of one track since an instant, kept while time goes on: each bucket is looked at once.
//!
//! A long incident is asked for its impact at every evaluation; from the beginning each time, a month of it would take
//! minutes. Deliberately absent: what the stretches mean, and joining those of several tracks ([`super::Stretches`]).

use super::BucketTest;
use crate::domain::base::{Interval, Ms};
use crate::domain::measure::{History, Track};
use std::collections::VecDeque;

/// What is known so far. It answers what [`BucketTest::intervals`] would, as long as the track stays the same one.
#[derive(Clone, Debug)]
pub struct BadSoFar {
    test: BucketTest,
    from: Ms,
    version: u64,
    /// Everything before here is settled: whole buckets of known slices.
    next: Ms,
    /// Stretches judged by whole blocks, because slices are not kept any more; they never change again.
    old: Vec<Interval>,
    /// Bad buckets of blocks whose slices are kept, with the start of each block.
    fine: VecDeque<(Ms, Vec<Interval>)>,
    /// Bad buckets that are not settled yet.
    open: Vec<Interval>,
}

impl BadSoFar {
    /// Nothing known yet of the buckets that begin at or after `from`.
    pub const fn new(test: BucketTest, from: Ms) -> Self {
        let (version, next) = (0, Ms(i64::MIN));
        Self { test, from, version, next, old: Vec::new(), fine: VecDeque::new(), open: Vec::new() }
    }

    /// Looks at the buckets that begin before `to`, which must not fall from call to call. Before the instant it returns
    /// nothing has changed since the last call.
    pub fn advance(&mut self, track: &Track, to: Ms) -> Ms {
        let history = &track.history;
        let mut same = self.next;
        if self.next == Ms(i64::MIN) || self.version != history.version() {
            // Counts of the past changed: a late sample, or one that came over a gap.
            *self = Self { version: history.version(), next: self.test.first(self.from), ..Self::new(self.test, self.from) };
            same = Ms(i64::MIN);
        }
        self.settle(track, to);
        same = self.forget(track).map_or(same, |forgotten| same.min(forgotten));
        self.open = self.test.intervals(track, self.next, to);
        same
    }

    /// The bad stretches that end at or after `cut`, ascending.
    pub fn since(&self, cut: Ms) -> impl Iterator<Item = Interval> {
        let old = self.old.partition_point(|i| i.to < cut);
        let fine = self.fine.partition_point(|(_, list)| list.last().is_none_or(|i| i.to < cut));
        let fine = self.fine.range(fine..).flat_map(|(_, list)| list.iter());
        self.old[old..].iter().chain(fine).chain(&self.open).filter(move |i| i.to >= cut).copied()
    }

    /// None was found.
    pub fn is_empty(&self) -> bool {
        self.old.is_empty() && self.fine.is_empty() && self.open.is_empty()
    }

    /// Looks at the buckets that are over by now, block by block.
    fn settle(&mut self, track: &Track, to: Ms) {
        let history = &track.history;
        let known = history.end().unwrap_or(Ms(i64::MIN)).min(to);
        while self.next + self.test.width() <= known {
            let block = self.next.floor_to(history.block_width());
            let end = (block + history.block_width()).min(known);
            let through = self.test.last_whole(self.next, end);
            let bad = self.test.intervals(track, self.next, through);
            self.next = through;
            match self.fine.back_mut() {
                _ if bad.is_empty() => {}
                Some((last, list)) if *last == block => bad.into_iter().for_each(|i| Interval::append(list, i)),
                _ => self.fine.push_back((block, bad)),
            }
        }
    }

    /// Blocks whose slices were given up meanwhile are judged once more, as a whole: as one would judge them who comes now.
    /// Gives the start of the first such block.
    fn forget(&mut self, track: &Track) -> Option<Ms> {
        if !self.test.fits_blocks(&track.history) {
            return None;
        }
        let (exact, mut first) = (track.history.exact_from(), None);
        while self.fine.front().is_some_and(|(block, _)| exact.is_some_and(|exact| *block < exact)) {
            let (block, _) = self.fine.pop_front()?;
            first.get_or_insert(block);
            let start = block.max(self.test.first(self.from));
            let end = block + track.history.block_width();
            for stretch in self.test.intervals(track, start, end.min(self.next)) {
                Interval::append(&mut self.old, stretch);
            }
        }
        first
    }
}

impl BucketTest {
    /// Start of the first bucket that begins at or after `from`.
    fn first(&self, from: Ms) -> Ms {
        (from - crate::domain::base::Span(1)).slice_end(self.width)
    }

    /// End of the last whole bucket after `start` that ends by `end`; one bucket at least.
    fn last_whole(&self, start: Ms, end: Ms) -> Ms {
        end.floor_to(self.width).max(start + self.width)
    }

    /// Buckets lie within blocks, so that a block can decide for them.
    fn fits_blocks(&self, history: &History) -> bool {
        history.block_width().0 % self.width.0.max(1) == 0
    }
}
