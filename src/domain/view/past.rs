//! Questions about the past of what is counted, and their answers: even cells over a span, for charts and heatmaps.
//!
//! Deliberately absent: reading histories (the engine does) and drawing.

use super::snapshot::SloRow;
use crate::domain::base::{Labels, Ms, SloId, Span};
use std::sync::Arc;

/// A track: an SLO and its group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrackId {
    /// The SLO.
    pub slo: SloId,
    /// Its group; empty without `group_by`.
    pub group: Labels,
}

impl TrackId {
    /// The track of a row.
    pub fn of(row: &SloRow) -> Self {
        Self { slo: row.slo.id.clone(), group: row.group.clone() }
    }
}

/// What of the past is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PastOf {
    /// Burn rate of one track over a window, read at the end of each cell; a window of a cell's width when absent.
    Burn {
        /// Which.
        track: TrackId,
        /// The window; the cell itself when absent.
        window: Option<Span>,
    },
    /// Share of the budget left of one track over its period, at the end of each cell.
    Remaining {
        /// Which.
        track: TrackId,
    },
    /// Burn rate of every track over each cell, with the events counted in it.
    AllBurn,
    /// Requests by latency of one track: for each bucket its share of each cell's requests. Buckets are kept for about an
    /// hour; older cells are unknown.
    Latency {
        /// Which.
        track: TrackId,
    },
}

/// A question about the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookback {
    /// What.
    pub of: PastOf,
    /// From when; floored to the step.
    pub from: Ms,
    /// Until when; floored to the step, at most the last evaluated instant.
    pub to: Ms,
    /// Cells, at least 1 and at most [`Lookback::MOST_CELLS`].
    pub cells: usize,
}

impl Lookback {
    /// More cells than a terminal has columns are of no use.
    pub const MOST_CELLS: usize = 1_000;
}

/// One row of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct PastRow {
    /// The track; of a latency answer the one asked for.
    pub track: TrackId,
    /// Upper bound of the bucket in seconds, infinite for the last one; of latency answers only.
    pub bucket: Option<f64>,
    /// One value a cell, oldest first; NaN where unknown.
    pub values: Arc<[f32]>,
    /// Bad events of each cell; empty where the question has none.
    pub bad: Arc<[f32]>,
    /// All events of each cell; empty where the question has none.
    pub total: Arc<[f32]>,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// Begin of the first cell.
    pub from: Ms,
    /// End of the last cell.
    pub to: Ms,
    /// Width of a cell, a multiple of the step.
    pub cell: Span,
    /// Rows: in the order of the tracks, or of the buckets, lowest first.
    pub rows: Vec<PastRow>,
}
