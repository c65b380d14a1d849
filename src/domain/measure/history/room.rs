//! Room: how many more bad events may come, and until when, before a window can be above a level.
//!
//! A bound, not a count: while it holds the window is surely not above the level, and nobody needs to look at it. It costs a
//! comparison a step where a look costs a recount. Deliberately absent: what follows from being above (see `judge`).

use super::{EXACT, History, Sums};
use crate::domain::base::{Ms, Span};

/// Rounding of floats must not make room that is not there.
const SAFE: f64 = 1.0 - 1e-9;
/// A ratio's bound holds for this part of its window: the longer, the fewer events surely stay in it.
const PART: i64 = 4;

/// What a window must be above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ceiling {
    /// bad / total.
    Ratio(f64),
    /// Bad events.
    Count(f64),
}

/// What a window bears.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    until: i64,
    version: u64,
    most: u64,
}

impl Room {
    /// Of a window that was never looked at.
    pub const NONE: Self = Self { until: i64::MIN, version: 0, most: 0 };

    /// What both windows bear, of one history.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self.version != other.version {
            return Self::NONE;
        }
        Self { until: self.until.min(other.until), most: self.most.min(other.most), ..self }
    }
}

impl History {
    /// What the windows of `span` bear from `at` on; absent when the present one bears nothing, or may be above already.
    pub fn room(&self, span: Span, at: Ms, ceiling: Ceiling) -> Option<Room> {
        if span > EXACT || span <= Span::ZERO {
            return None;
        }
        let (to, slices) = (self.floor(at), span.0 / self.step);
        let until = to + slices / PART;
        // Of what is in the window now, this much is still in it at the end; more may come, never less.
        let (begins, stays) = (to - slices, (until - slices).min(to));
        let n = self.per_block;
        // Whole blocks are quickly added up: too much of what is bad, too little of what is there, which is a bound, too.
        let (bad, total) = (self.blocks_sum(begins.div_euclid(n), to), self.blocks_sum(stays.div_euclid(n) + 1, to));
        self.room_of(bad.bad, total.total, until, ceiling).or_else(|| {
            let (now, stay) = (self.sums(self.edge(begins), to), self.sums(stays, to));
            self.room_of(now.bad, stay.total, until, ceiling)
        })
    }

    fn room_of(&self, bad: u64, total: u64, until: i64, ceiling: Ceiling) -> Option<Room> {
        let most = match ceiling {
            Ceiling::Ratio(level) => level * total as f64,
            Ceiling::Count(level) => level * f64::from(self.scale),
        };
        let room = (most * SAFE).floor() - bad as f64;
        let more = (room >= 0.0).then_some(room as u64)?;
        Some(Room { until, version: self.version, most: self.bad_ever.saturating_add(more) })
    }

    /// Sums of the blocks from `first` on through the one of slice `to`.
    fn blocks_sum(&self, first: i64, to: i64) -> Sums {
        let mut sums = Sums::default();
        (first..=self.block(to)).for_each(|block| sums.add_all(self.block_sums(block)));
        sums
    }

    /// Room without bounds, for as long as the past stays as it is.
    pub const fn any_room(&self) -> Room {
        Room { until: i64::MAX, version: self.version, most: u64::MAX }
    }

    /// The window that this room was told of is still surely not above its level at `at`.
    pub fn has_room(&self, room: &Room, at: Ms) -> bool {
        self.bad_ever <= room.most && self.version == room.version && self.floor(at) <= room.until
    }
}
