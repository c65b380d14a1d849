//! What a gate looks at: budgets from the source, open incidents from the ledger.
//!
//! Deliberately absent: what follows from them (`domain/review`).

use super::desk::LedgerDesk;
use super::setup::{Setup, SetupError};
use crate::domain::base::Ms;
use crate::domain::review::gate::{Finding, GateRules, of_budget, of_incident};
use crate::ports::SourceError;
use std::path::PathBuf;

/// What was looked at.
pub struct Inspected {
    /// Findings: budgets by SLO, then incidents by number.
    pub findings: Vec<Finding>,
    /// The instant judged; absent when nothing was.
    pub at: Option<Ms>,
    /// Reads that failed; the budgets behind them are unknown.
    pub errors: Vec<SourceError>,
    /// The ledger was read.
    pub ledger: bool,
}

impl Setup {
    /// Looks at the budgets of every SLO of this setup, and at the open incidents of their services. A ledger that is not
    /// there is passed over unless it `must` be.
    ///
    /// # Errors
    /// The source cannot be made, or the ledger not be read.
    pub async fn inspect(
        &self,
        rules: &GateRules,
        samples: Option<&PathBuf>,
        at: Option<Ms>,
        must: bool,
    ) -> Result<Inspected, SetupError> {
        let looked = self.look(samples.map(PathBuf::as_path), at).await?;
        let rows = looked.snapshot.slos.iter();
        let mut findings: Vec<Finding> = rows.filter_map(|r| of_budget(&r.slo, r.verdict.as_deref(), rules)).collect();
        let ledger = !rules.no_open.is_empty() && (must || self.config.ledger.exists());
        if ledger {
            let incidents = LedgerDesk::at_file(&self.config.ledger, "cli").await?.incidents().await?;
            let mine = |name: &str| self.rulebook().slos.iter().any(|slo| &*slo.service == name);
            let concerned = incidents.iter().filter(|i| i.services.iter().any(|(name, _)| mine(name)));
            findings.extend(concerned.filter_map(|i| of_incident(i, rules)));
        }
        Ok(Inspected { findings, at: looked.snapshot.at, errors: looked.errors, ledger })
    }
}
