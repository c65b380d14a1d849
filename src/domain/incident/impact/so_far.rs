//! The bad stretches of one track since an instant, kept while time goes on: each bucket is looked at once.
//!
//! A long incident is asked for its impact at every evaluation; from the beginning each time, a month of it would take
//! minutes. Deliberately absent: what the stretches mean.

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
}

impl BadSoFar {
    /// Nothing known yet of the buckets that begin at or after `from`.
    pub const fn new(test: BucketTest, from: Ms) -> Self {
        Self { test, from, version: 0, next: Ms(i64::MIN), old: Vec::new(), fine: VecDeque::new() }
    }

    /// The bad stretches among buckets that begin before `to`, which must not fall from call to call.
    pub fn through(&mut self, track: &Track, to: Ms) -> Vec<Interval> {
        let history = &track.history;
        if self.next == Ms(i64::MIN) || self.version != history.version() {
            // Counts of the past changed: a late sample, or one that came over a gap.
            *self = Self { version: history.version(), next: self.test.first(self.from), ..Self::new(self.test, self.from) };
        }
        self.settle(track, to);
        self.forget(track);
        let fine = self.fine.iter().flat_map(|(_, list)| list.iter().copied());
        let open = self.test.intervals(track, self.next, to);
        Interval::union(self.old.iter().copied().chain(fine).chain(open))
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
                Some((last, list)) if *last == block => list.extend(bad),
                _ => self.fine.push_back((block, bad)),
            }
        }
    }

    /// Blocks whose slices were given up meanwhile are judged once more, as a whole: as one would judge them who comes now.
    fn forget(&mut self, track: &Track) {
        if !self.test.fits_blocks(&track.history) {
            return;
        }
        let exact = track.history.exact_from();
        while self.fine.front().is_some_and(|(block, _)| exact.is_some_and(|exact| *block < exact)) {
            let Some((block, _)) = self.fine.pop_front() else { return };
            let start = block.max(self.test.first(self.from));
            let end = block + track.history.block_width();
            let old = std::mem::take(&mut self.old);
            self.old = Interval::union(old.into_iter().chain(self.test.intervals(track, start, end.min(self.next))));
        }
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
