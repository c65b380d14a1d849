//! What is run when an incident rises to a severity: at most once per incident and severity, never twice within a cool-down.
//!
//! Deliberately absent: running it (`notify`), and undoing it.

use crate::domain::base::{Severity, Span, Text};

/// One response of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseRule {
    /// Its name; its rows in the outbox carry it as [`ResponseRule::receiver`].
    pub name: Text,
    /// On rising to these severities.
    pub severities: Vec<Severity>,
    /// Of this service; of any when absent.
    pub service: Option<Text>,
    /// Of this owner; of any when absent.
    pub owner: Option<Text>,
    /// How long it is not run again, for whatever incident.
    pub cool_down: Span,
}

impl ResponseRule {
    /// The name its runner has among receivers; no receiver of the configuration can have it.
    pub fn receiver(&self) -> Text {
        format!("response:{}", self.name).into()
    }

    /// The level of its row: one for each severity, so that each is run once.
    pub const fn level(severity: Severity) -> u8 {
        match severity {
            Severity::P0 => 0,
            Severity::P1 => 1,
            Severity::P2 => 2,
        }
    }
}
