//! The past as a film: a snapshot for every evaluated instant of a stretch, made once and then looked at anywhere.

use super::snapshot::Snapshot;
use crate::domain::base::{IncidentId, Ms, Span, Text};
use std::sync::Arc;

/// What is to be filmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilmAsk {
    /// An incident of the ledger, from half an hour before it to a quarter after its end; SLOs of its services only.
    Incident(IncidentId),
    /// A stretch of time, all SLOs.
    Stretch {
        /// From when.
        from: Ms,
        /// Until when.
        to: Ms,
    },
}

/// What a moment of a film is worth jumping to for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmMark {
    /// When.
    pub at: Ms,
    /// One letter for the time line: S start, D detected, A acknowledged, n note, R resolved.
    pub sign: char,
    /// In words, without the time.
    pub text: Text,
}

/// The film.
#[derive(Clone, Debug, Default)]
pub struct Film {
    /// First instant.
    pub from: Ms,
    /// Last instant.
    pub to: Ms,
    /// Between two frames.
    pub step: Span,
    /// One frame an instant, in order; none is missing.
    pub frames: Vec<Arc<Snapshot>>,
    /// Moments, in order.
    pub marks: Vec<FilmMark>,
    /// The incident it is about.
    pub incident: Option<IncidentId>,
    /// Reads that failed while it was made, in words.
    pub errors: Vec<Text>,
}

impl Film {
    /// Frames times SLOs that one film may have: some hundred megabytes.
    pub const MOST_ROWS: usize = 120_000;

    /// The frame of an instant: the last one that had been evaluated by then.
    pub fn frame(&self, at: Ms) -> Option<&Arc<Snapshot>> {
        let place = at.since(self.from).0.div_euclid(self.step.0.max(1)).max(0) as usize;
        self.frames.get(place.min(self.frames.len().checked_sub(1)?))
    }
}
