//! A feed as parts that outlive the process, for whoever keeps them: a head with the state of every series, and pages of
//! slices. A meter that is restored from them goes on as if it had never stopped.
//!
//! Parts are bytes without compression; who keeps them checks that they are whole. Deliberately absent: keeping them.

use crate::domain::base::{Interval, Text};

/// What a part holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKind {
    /// The meter: its series and how far it is sealed.
    Meter,
    /// A track without its slices.
    Track,
    /// Sums of quarters of an hour, a day a page.
    Sums,
    /// Slices one by one, a day a page.
    Slices,
}

impl PartKind {
    /// Its number in files.
    pub const fn number(self) -> u8 {
        match self {
            Self::Meter => 0,
            Self::Track => 1,
            Self::Sums => 2,
            Self::Slices => 3,
        }
    }

    /// The kind of that number.
    pub const fn of_number(number: i64) -> Option<Self> {
        match number {
            0 => Some(Self::Meter),
            1 => Some(Self::Track),
            2 => Some(Self::Sums),
            3 => Some(Self::Slices),
            _ => None,
        }
    }
}

/// Which part of a feed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartName {
    /// What it holds.
    pub kind: PartKind,
    /// The group of its track, as PromQL writes labels; empty without `group_by`, and for the meter.
    pub group: Text,
    /// Number of its page, counted in days since 1970 where blocks are quarters of an hour; 0 for what has no pages.
    pub page: i64,
}

/// A part of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Which.
    pub name: PartName,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// A meter that came back, and what of its past did not.
#[derive(Debug)]
pub struct Restored {
    /// The meter. What was lost reads as unknown.
    pub meter: super::Meter,
    /// Stretches whose pages are missing or damaged: to be read again, a page each.
    pub lost: Vec<Interval>,
    /// The state of the series is lost; counting goes on from first sights.
    pub series_lost: bool,
}
