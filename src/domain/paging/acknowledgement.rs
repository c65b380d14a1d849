//! How long a person's "I have it" keeps the pager quiet (SEMANTICS 7).
//!
//! Deliberately absent: who may acknowledge, which `incident` decides.

use crate::domain::base::{Ms, Severity, Span};
use crate::domain::incident::acknowledgement_lasts;

/// A person has the incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The severity they took it at.
    pub severity: Severity,
    /// When.
    pub at: Ms,
}

impl Acknowledgement {
    /// How long an acknowledgement quiets pages of a severity: P0 60 minutes, P1 4 hours. Tickets are never repeated, so
    /// theirs does not end.
    pub const fn lasts(severity: Severity) -> Option<Span> {
        acknowledgement_lasts(severity)
    }

    /// When it stops quieting pages of `severity`; absent when it never does.
    pub fn expires(&self, severity: Severity) -> Option<Ms> {
        Self::lasts(severity).map(|span| self.at + span)
    }

    /// True while repeats and escalation of `severity` are quiet: not for a higher one than was acknowledged, and not for ever.
    pub fn covers(&self, severity: Severity, now: Ms) -> bool {
        severity <= self.severity && self.expires(severity).is_none_or(|end| now < end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_acknowledgement_covers_its_severity_and_lower_ones_for_a_time() {
        let ack = Acknowledgement { severity: Severity::P1, at: Ms::from_secs(0) };
        assert!(ack.covers(Severity::P1, Ms(0) + Span::from_mins(239)));
        assert!(!ack.covers(Severity::P1, Ms(0) + Span::from_hours(4)));
        assert!(!ack.covers(Severity::P0, Ms(1)), "not of a higher severity");
        let worst = Acknowledgement { severity: Severity::P0, ..ack };
        assert!(worst.covers(Severity::P0, Ms(0) + Span::from_mins(59)));
        assert!(!worst.covers(Severity::P0, Ms(0) + Span::from_mins(60)));
        assert!(worst.covers(Severity::P1, Ms(0) + Span::from_mins(60)));
    }
}
