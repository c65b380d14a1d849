//! What the driver knows of the world around the engine: source, ledger, leadership, receivers.

use crate::domain::base::{Ms, Text};
use crate::domain::view::{ReceiverHealth, Role, SourceHealth, SourceState};
use crate::ports::{LedgerError, SourceError};
use std::sync::Arc;

/// Warnings of a source that are kept.
const MOST_WARNINGS: usize = 5;

/// Tells how receivers do, whenever a snapshot is made.
pub type Receivers = Arc<dyn Fn() -> Vec<ReceiverHealth> + Send + Sync>;

/// Health of everything around the engine.
#[derive(Clone)]
pub struct Health {
    /// The environment's name, for screens.
    pub environment: Text,
    /// The role while nobody else leads.
    pub role: Role,
    /// Another process leads.
    pub leader: Option<Text>,
    /// The source.
    pub source: SourceHealth,
    /// The ledger cannot be read or written: why.
    pub ledger_error: Option<Text>,
    /// What is wrong with the history on disk, in words.
    pub history: Vec<Text>,
    /// Receivers.
    pub receivers: Receivers,
    /// Playing speed, when replaying.
    pub speed: Option<f64>,
    /// The recording has ended.
    pub ended: bool,
    /// Snapshots made.
    pub number: u64,
}

impl Health {
    /// Nothing is known yet.
    pub fn new(environment: Text, role: Role, source: Text, receivers: Receivers) -> Self {
        let source = SourceHealth { name: source, ..SourceHealth::default() };
        Self {
            environment,
            role,
            leader: None,
            source,
            ledger_error: None,
            history: Vec::new(),
            receivers,
            speed: None,
            ended: false,
            number: 0,
        }
    }

    pub(super) fn ledger_failed(&mut self, error: &LedgerError) {
        self.ledger_error = Some(error.to_string().into());
    }

    pub(super) fn warned(&mut self, warnings: Vec<String>) {
        for warning in warnings {
            let warning = Text::from(warning);
            if !self.source.warnings.contains(&warning) && self.source.warnings.len() < MOST_WARNINGS {
                self.source.warnings.push(warning);
            }
        }
    }

    pub(super) fn filling(&mut self, done: usize, all: usize) {
        if !matches!(self.source.state, SourceState::Failing { .. }) {
            self.source.state = SourceState::Filling { done, all };
        }
    }

    /// Every read of a tick has come.
    pub fn read_came(&mut self, at: Ms) {
        self.source.state = SourceState::Live;
        self.source.last_good = Some(at);
    }

    pub(super) fn read_failed(&mut self, at: Ms, error: &SourceError) {
        let (since, tries) = match &self.source.state {
            SourceState::Failing { since, tries, .. } => (*since, *tries),
            _ => (at, 0),
        };
        let next_try = match error {
            SourceError::CircuitOpen { until, .. } => Some(*until),
            _ => None,
        };
        self.source.state = SourceState::Failing { since, error: error.to_string().into(), tries: tries + 1, next_try };
    }
}
