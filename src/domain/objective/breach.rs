//! Breach rules: a severity, a level and a hold time, beside the burn-rate tiers (SEMANTICS 5).

use crate::domain::base::{Severity, Span};
use rust_decimal::Decimal;
use std::fmt;

/// The level a breach rule compares with; strictly greater breaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Level {
    /// The 99th percentile against a multiple of the SLO's own threshold (`p99: 3x`).
    P99Times(Decimal),
    /// The 99th percentile in seconds (`p99: 750ms`).
    P99Seconds(Decimal),
    /// The error ratio (`error_ratio: 5%`).
    ErrorRatio(Decimal),
    /// The burn rate over `over` (`burn: 2.5`).
    Burn(Decimal),
    /// The SLI's own value against a level (`value: 0.5`), threshold SLIs only.
    Value(Decimal),
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BreachRule {
    /// What it means when it fires.
    pub severity: Severity,
    /// What is compared.
    pub level: Level,
    /// Window of the level, 1m unless written.
    pub over: Span,
    /// How long it must hold.
    pub hold: Span,
}

impl fmt::Display for BreachRule {
    /// The rule's name in answers and pages: `error ratio > 5% for 30s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.level {
            Level::P99Times(times) => write!(f, "p99 > {}x", times.normalize())?,
            Level::P99Seconds(seconds) => write!(f, "p99 > {}s", seconds.normalize())?,
            Level::ErrorRatio(ratio) => write!(f, "error ratio > {}%", (ratio * Decimal::ONE_HUNDRED).normalize())?,
            Level::Burn(factor) => write!(f, "burn > {}x", factor.normalize())?,
            Level::Value(level) => write!(f, "value > {}", level.normalize())?,
        }
        if self.over != Span::from_mins(1) {
            write!(f, " over {}", self.over)?;
        }
        write!(f, " for {}", self.hold)
    }
}
