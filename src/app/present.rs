//! What an incident that lives has done so far, counted now from the source: for whoever looks at it beside a running watch.

use super::setup::{Setup, SetupError};
use crate::domain::cost::CostSheet;
use crate::domain::incident::{ImpactRecord, Incident, Incidents};
use crate::engine::{harm, pricing};
use crate::ports::SourceError;
use std::sync::Arc;

/// Impact and cost so far; absent where nothing was counted.
#[derive(Clone, Debug, Default)]
pub struct Present {
    /// Impact so far.
    pub impact: Option<ImpactRecord>,
    /// Cost so far.
    pub cost: Option<CostSheet>,
}

impl Present {
    /// Both, borrowed.
    pub const fn parts(&self) -> (Option<&ImpactRecord>, Option<&CostSheet>) {
        (self.impact.as_ref(), self.cost.as_ref())
    }
}

impl Setup {
    /// Impact and cost of a live incident as of now, with reads that failed. Nothing where no SLO file names its SLOs.
    ///
    /// # Errors
    /// The source cannot be made.
    pub async fn present(&self, all: &Incidents, incident: &Incident) -> Result<(Present, Vec<SourceError>), SetupError> {
        let mut book = (**self.rulebook()).clone();
        book.slos.retain(|slo| incident.services.iter().any(|(name, _)| *name == slo.service));
        if !book.slos.iter().any(|slo| incident.has_slo(&slo.id)) {
            return Ok((Present::default(), Vec::new()));
        }
        let (mut state, looked) = self.with_rules(Arc::new(book)).look_into(None, None).await?;
        if !looked.errors.is_empty() {
            return Ok((Present::default(), looked.errors));
        }
        state.incidents = all.clone();
        let at = state.board.at.unwrap_or_default();
        let impact = harm::impact(&state, incident, at).record(&state, incident).clone();
        Ok((Present { impact: Some(impact), cost: pricing::cost(&state, incident, at) }, Vec::new()))
    }
}
