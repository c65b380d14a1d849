//! Room: how many more bad events may come, and until when, before a window can be above a level.
//!
//! A bound, not a count: while it holds the window is surely not above the level, and nobody needs to look at it. It costs a
//! comparison a step where a look costs a recount. Deliberately absent: what follows from being above (see `judge`).

use super::{EXACT, History};
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
}

impl History {
    /// What the windows of `span` bear from `at` on; absent when the present one bears nothing, or may be above already.
    pub fn room(&self, span: Span, at: Ms, ceiling: Ceiling) -> Option<Room> {
        if span > EXACT || span <= Span::ZERO {
            return None;
        }
        let (to, slices) = (self.floor(at), span.0 / self.step);
        let now = self.sums(self.edge(to - slices), to);
        let until = to + slices / PART;
        let most = match ceiling {
            // Of what is in the window now, this much is still in it at the end; more may come, never less.
            Ceiling::Ratio(level) => level * self.sums((until - slices).min(to), to).total as f64,
            Ceiling::Count(level) => level * f64::from(self.scale),
        };
        let room = (most * SAFE).floor() - now.bad as f64;
        let more = (room >= 0.0).then_some(room as u64)?;
        Some(Room { until, version: self.version, most: self.bad_ever.saturating_add(more) })
    }

    /// The window that this room was told of is still surely not above its level at `at`.
    pub fn has_room(&self, room: &Room, at: Ms) -> bool {
        self.bad_ever <= room.most && self.version == room.version && self.floor(at) <= room.until
    }
}
