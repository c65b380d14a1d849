//! The burn rate over an incident that is in the ledger, read anew from the source: for its report.

use super::setup::{Setup, SetupError};
use crate::domain::base::{Ms, Span};
use crate::domain::incident::Incident;
use crate::domain::review::BurnSeries;
use crate::engine::signals::burn_series;
use crate::ports::SourceError;
use std::path::Path;

/// How long after the end the chart goes on.
const AFTER: Span = Span::from_mins(15);

impl Setup {
    /// Burn of the SLO that an incident began with, from Prometheus or a recording. `None` where no SLO file names that SLO;
    /// reads that failed stand beside it.
    ///
    /// # Errors
    /// The recording cannot be read, or the source cannot be made.
    pub async fn burn(
        &self,
        incident: &Incident,
        samples: Option<&Path>,
    ) -> Result<(Option<BurnSeries>, Vec<SourceError>), SetupError> {
        let first = incident.services.iter().flat_map(|(_, slos)| slos).find(|id| self.knows(id.as_str()));
        let Some(slo) = first else { return Ok((None, Vec::new())) };
        let settled = self.clock().now().wall - self.rulebook().timing.settle;
        let at = ended(incident).map_or(settled, |end| (end + AFTER).min(settled));
        let (state, looked) = self.only(slo.as_str()).look_into(samples, Some(at)).await?;
        let came = looked.errors.is_empty();
        Ok((came.then(|| burn_series(&state, incident)).flatten(), looked.errors))
    }

    fn knows(&self, slo: &str) -> bool {
        self.rulebook().slos.iter().any(|s| s.id.as_str() == slo)
    }
}

fn ended(incident: &Incident) -> Option<Ms> {
    incident.milestones.resolved.or(incident.milestones.impact_end)
}
