//! What the source tells of an incident that is in the ledger, for its report: the burn rate over it, and which of its SLOs
//! the server adds up.

use super::setup::{Setup, SetupError};
use crate::domain::base::{Ms, Span};
use crate::domain::incident::Incident;
use crate::domain::objective::{Rulebook, Slo};
use crate::domain::review::BurnSeries;
use crate::engine::signals::burn_series;
use crate::ports::SourceError;
use std::path::Path;
use std::sync::Arc;

/// How long after the end the chart goes on.
const AFTER: Span = Span::from_mins(15);

/// What was read.
#[derive(Debug, Default)]
pub struct Reread {
    /// Burn of the SLO that the incident began with; absent where no SLO file names it, and where a read failed.
    pub burn: Option<BurnSeries>,
    /// The incident's SLOs as far as files name them, measured as they were by the number of their series then.
    pub slos: Vec<Arc<Slo>>,
    /// Reads that failed.
    pub errors: Vec<SourceError>,
}

impl Setup {
    /// What Prometheus or a recording tells of an incident.
    ///
    /// # Errors
    /// The recording cannot be read, or the source cannot be made.
    pub async fn reread(&self, incident: &Incident, samples: Option<&Path>) -> Result<Reread, SetupError> {
        let first = incident.services.iter().flat_map(|(_, slos)| slos).find(|id| self.knows(id.as_str()));
        let Some(slo) = first else { return Ok(Reread::default()) };
        let settled = self.clock().now().wall - self.rulebook().timing.settle;
        let at = ended(incident).map_or(settled, |end| (end + AFTER).min(settled));
        let (source, last) = self.opened(samples)?;
        let (state, looked) = self.only(slo.as_str()).look_from(Arc::clone(&source), last, Some(at)).await;
        if !looked.errors.is_empty() {
            // A source that is silent is not asked any more.
            return Ok(Reread { errors: looked.errors, ..Reread::default() });
        }
        let chosen = self.members(incident).chosen(&source, at).await;
        Ok(Reread { burn: burn_series(&state, incident), slos: chosen.book.slos.clone(), errors: Vec::new() })
    }

    /// The same setup with the SLOs of an incident.
    fn members(&self, incident: &Incident) -> Self {
        let known = |slo: &Arc<Slo>| incident.services.iter().any(|(_, slos)| slos.contains(&slo.id));
        let slos = self.rulebook().slos.iter().filter(|slo| known(slo)).cloned().collect();
        self.with_rules(Arc::new(Rulebook { slos, ..(**self.rulebook()).clone() }))
    }

    fn knows(&self, slo: &str) -> bool {
        self.rulebook().slos.iter().any(|s| s.id.as_str() == slo)
    }
}

fn ended(incident: &Incident) -> Option<Ms> {
    incident.milestones.resolved.or(incident.milestones.impact_end)
}
