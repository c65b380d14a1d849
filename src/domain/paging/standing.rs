//! What delivery must know of an incident, folded from its entries: is it live, when did it end, does a person have it.
//!
//! Deliberately absent: everything else the full fold in `domain/incident` knows.

use super::Acknowledgement;
use crate::domain::base::{Ms, Severity};
use crate::domain::incident::{Correction, Fact};

/// Where an incident stands, as far as pages care.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Rules and pages still concern it.
    pub live: bool,
    /// When it ended; absent while it is live.
    pub ended: Option<Ms>,
    /// Its severity now.
    pub severity: Option<Severity>,
    /// A person has it; ends with the incident and does not outlive a reopening.
    pub acknowledged: Option<Acknowledgement>,
}

impl Standing {
    /// Takes in one fact, in ledger order; `at` is when it happened.
    pub fn hear(&mut self, fact: &Fact, at: Ms) {
        match fact {
            Fact::Suspected(onset) | Fact::Opened(onset) => {
                *self = Self { live: true, severity: onset.severity, ..Self::default() };
            }
            Fact::SeverityChanged { to, .. } => self.severity = Some(*to),
            Fact::Acknowledged => {
                self.acknowledged = Some(Acknowledgement { severity: self.severity.unwrap_or(Severity::P2), at });
            }
            Fact::Unacknowledged => self.acknowledged = None,
            Fact::Reopened { .. } => {
                (self.live, self.ended, self.acknowledged) = (true, None, None);
            }
            Fact::Absorbed(other) => self.severity = self.severity.max(other.severity),
            Fact::Corrected { change: Correction::Severity(severity), .. } => self.severity = Some(*severity),
            Fact::Resolved { .. } | Fact::Closed { .. } | Fact::Merged { .. } => {
                self.live = false;
                self.ended = self.ended.or(Some(at));
            }
            _ => {}
        }
    }

    /// An acknowledgement quiets repeats and escalation of `severity` now.
    pub fn is_quiet(&self, severity: Severity, now: Ms) -> bool {
        self.acknowledged.is_some_and(|ack| ack.covers(severity, now))
    }
}
