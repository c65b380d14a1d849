//! The burn that the overview draws: the last six hours, which come with every snapshot, or another stretch that is asked for.
//! Only pictures move; the numbers beside them are always those of the present.

use super::fetch::Fetch;
use super::slo::Stretch;
use super::{Model, Tab};
use crate::domain::base::Span;
use crate::domain::view::{Past, SloRow};

/// Place in [`super::slo::SPANS`] of the six hours that snapshots carry.
const USUAL: usize = 3;

/// The overview's stretch of time, and the burn over it when it is not the usual one.
#[derive(Clone, Debug)]
pub struct Sparks {
    /// The stretch.
    pub stretch: Stretch,
    /// Burn of all SLOs over it.
    pub past: Fetch,
}

impl Default for Sparks {
    fn default() -> Self {
        Self { stretch: Stretch::live(USUAL), past: Fetch::default() }
    }
}

impl Sparks {
    /// Another stretch than the one that snapshots carry.
    pub fn are_moved(&self) -> bool {
        self.stretch != Stretch::live(USUAL)
    }
}

impl Model {
    /// The overview in front draws another stretch than the last six hours. A replay's frames have their own.
    pub fn sparks_moved(&self) -> bool {
        self.tab == Tab::Overview && self.sparks.are_moved() && !self.is_replaying()
    }

    /// How long the stretch is that the overview draws.
    pub fn sparks_span(&self) -> Span {
        if self.sparks_moved() { self.sparks.stretch.span() } else { Stretch::live(USUAL).span() }
    }

    /// The answer about the moved stretch.
    pub fn sparks_past(&self) -> Option<&Past> {
        self.sparks.past.past().map(|past| &**past).filter(|_| self.sparks_moved())
    }

    /// The burn over time that is drawn for a row; empty while it is not known.
    pub fn spark_of<'a>(&'a self, row: &'a SloRow) -> &'a [f32] {
        if !self.sparks_moved() {
            return &row.spark;
        }
        let mine = |past: &'a Past| past.rows.iter().find(|r| r.track.slo == row.slo.id && r.track.group == row.group);
        self.sparks_past().and_then(mine).map_or(&[], |r| &r.values)
    }
}
