//! The cost of an incident that is in the ledger, computed anew from the source: for `cost explain`, `verify` and `restate`.

use super::setup::{Setup, SetupError};
use crate::domain::base::{Ms, SloId};
use crate::domain::cost::CostSheet;
use crate::domain::incident::{Incident, Incidents};
use crate::domain::view::CostTicker;
use crate::engine::pricing;
use crate::ports::SourceError;
use std::path::Path;

/// A cost computed anew.
#[derive(Debug)]
pub struct Repriced {
    /// The sheet; absent without a business file.
    pub sheet: Option<CostSheet>,
    /// The live figure with its rate, while the incident is live.
    pub ticker: Option<CostTicker>,
    /// The instant as of which it was computed.
    pub at: Ms,
    /// Samples are known through here.
    pub data_through: Option<Ms>,
    /// Reads that failed.
    pub errors: Vec<SourceError>,
}

impl Setup {
    /// What an incident cost by the samples that the source has now, as of `at` (the last settled instant when absent).
    /// `all` are the incidents of the ledger: some share streams with it, some used up downtime before it.
    ///
    /// # Errors
    /// The recording cannot be read, or the source cannot be made.
    pub async fn reprice(
        &self,
        all: &Incidents,
        incident: &Incident,
        samples: Option<&Path>,
        at: Option<Ms>,
    ) -> Result<Repriced, SetupError> {
        let (mut state, looked) = self.with_slos_of(incident).look_into(samples, at).await?;
        state.incidents = all.clone();
        let at = state.board.at.unwrap_or_default();
        let known = state.board.streams.iter().map(|f| f.meter.sealed()).chain([state.board.sealed()]);
        let live = incident.phase.is_live();
        Ok(Repriced {
            sheet: pricing::cost(&state, incident, at),
            ticker: if live { pricing::ticker(&state, incident, at) } else { None },
            at,
            data_through: known.flatten().chain([pricing::told_through(&state, incident, at)]).min(),
            errors: looked.errors,
        })
    }

    /// The same setup without SLOs that the incident does not have.
    fn with_slos_of(&self, incident: &Incident) -> Self {
        let mut book = (**self.rulebook()).clone();
        let mine = |id: &SloId| incident.services.iter().any(|(_, slos)| slos.contains(id));
        book.slos.retain(|slo| mine(&slo.id));
        self.with_book(book)
    }
}
