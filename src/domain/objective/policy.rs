//! Severity policies: burn-rate tiers as data. The shipped ones are YAML files in `slos/policies`.

use super::BreachRule;
use crate::domain::base::{Severity, Span, Target, Text};
use rust_decimal::Decimal;
use std::fmt;

/// One multi-window burn-rate rule: fires when the burn over both windows is above the factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tier {
    /// What it means when it fires.
    pub severity: Severity,
    /// The burn rate it waits for.
    pub factor: Decimal,
    /// The long window: confirms.
    pub long: Span,
    /// The short window: lets go.
    pub short: Span,
}

impl Tier {
    /// The error ratio above which both windows must be: factor * (1 - target).
    pub fn level(&self, target: Target) -> f64 {
        target.level(self.factor)
    }
}

impl fmt::Display for Tier {
    /// The rule's name in answers and pages: `burn 14.4x over 1h and 5m`; the burn rate to four decimals.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "burn {}x over {} and {}", self.factor.round_dp(4).normalize(), self.long, self.short)
    }
}

/// A named list of tiers and breach rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// The name in `severity:`.
    pub name: Text,
    /// The period the factors are for; other periods scale by budget share (factor = share * P / L).
    pub period: Span,
    /// Its tiers, worst first.
    pub tiers: Vec<Tier>,
    /// Its breach rules.
    pub breach: Vec<BreachRule>,
}
