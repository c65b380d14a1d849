//! The heatmap: SLOs by time, or the latency of one SLO by time, with a cursor on a cell.

use super::fetch::Fetch;
use super::slo::Stretch;

/// What the map shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeatKind {
    /// Burn of each SLO.
    #[default]
    Burn,
    /// Where the requests of the selected SLO lie in its buckets.
    Latency,
}

/// The screen's own state. Its rows and its selected row are the overview's.
#[derive(Clone, Debug)]
pub struct HeatTab {
    /// What.
    pub kind: HeatKind,
    /// The stretch of the map.
    pub stretch: Stretch,
    /// The cursor's cell, counted back from the newest one.
    pub back: usize,
    /// Burn of all SLOs.
    pub burn: Fetch,
    /// Latency of the selected SLO.
    pub latency: Fetch,
}

impl Default for HeatTab {
    fn default() -> Self {
        Self { kind: HeatKind::Burn, stretch: Stretch::live(4), back: 0, burn: Fetch::default(), latency: Fetch::default() }
    }
}
