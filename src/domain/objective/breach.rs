//! Breach rules: a severity, a level and a hold time, beside the burn-rate tiers (SEMANTICS 5).

use crate::domain::base::{Severity, SloId, Span, Text, clean_line};
use crate::domain::measure::{Plan, Side};
use rust_decimal::Decimal;
use std::fmt;

/// A latency quantile that rules may look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Percentile {
    /// The median.
    P50,
    /// The 95th percentile.
    P95,
    /// The 99th percentile.
    P99,
}

impl Percentile {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::P50, Self::P95, Self::P99];

    /// The word in files and rules.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P50 => "p50",
            Self::P95 => "p95",
            Self::P99 => "p99",
        }
    }

    /// The share of events below it.
    pub const fn share(self) -> f64 {
        match self {
            Self::P50 => 0.5,
            Self::P95 => 0.95,
            Self::P99 => 0.99,
        }
    }
}

/// Another PromQL expression, asked beside the SLI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signal {
    /// As it was written.
    pub text: Text,
    /// What is asked.
    pub plan: Plan,
    /// The side that is good: of several series the one that is worst by it counts.
    pub side: Side,
}

impl Signal {
    /// The expression on one short line, for the names of rules.
    pub fn name(&self) -> Text {
        clean_line(&self.text, 60)
    }
}

/// A value against its own past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spike {
    /// How many times its average it must be above.
    pub times: Decimal,
    /// The average is over this.
    pub average: Span,
    /// Whose value: the SLI's own (threshold SLIs) when absent.
    pub of: Option<Signal>,
}

/// The level a breach rule compares with; strictly greater breaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Level {
    /// A latency quantile against a multiple of the SLO's own threshold (`p99: 3x`).
    QuantileTimes(Percentile, Decimal),
    /// A latency quantile in seconds (`p99: 750ms`).
    QuantileSeconds(Percentile, Decimal),
    /// The error ratio (`error_ratio: 5%`).
    ErrorRatio(Decimal),
    /// The burn rate over `over` (`burn: 2.5`).
    Burn(Decimal),
    /// The SLI's own value against a level (`value: 0.5`), threshold SLIs only.
    Value(Decimal),
    /// A value against its own average (`spike: 2.5x`).
    Spike(Box<Spike>),
}

/// A second signal without which a rule does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// Another SLO burns.
    Slo {
        /// Which.
        id: SloId,
        /// Its burn rate must be above this.
        burn: Decimal,
        /// Over this window.
        over: Span,
    },
    /// The value of an expression is on the bad side of a level.
    Value {
        /// The expression; its `side` is the good one.
        signal: Signal,
        /// The level.
        level: Decimal,
        /// How old the value may be.
        over: Span,
    },
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
    /// How many evaluations in a row must be true; 1 unless written.
    pub after: u32,
    /// What else must be past its level.
    pub confirm: Option<Confirm>,
}

impl BreachRule {
    /// A rule that fires once its level has held, without a count and without a second signal; over 1m.
    pub const fn new(severity: Severity, level: Level, hold: Span) -> Self {
        Self { severity, level, over: Span::from_mins(1), hold, after: 1, confirm: None }
    }

    /// The expressions it asks beside its SLI.
    pub fn signals(&self) -> impl Iterator<Item = &Signal> {
        let spike = match &self.level {
            Level::Spike(spike) => spike.of.as_ref(),
            _ => None,
        };
        let confirm = match &self.confirm {
            Some(Confirm::Value { signal, .. }) => Some(signal),
            _ => None,
        };
        spike.into_iter().chain(confirm)
    }

    /// True when it looks at anything but its own track.
    pub fn looks_beside(&self) -> bool {
        self.confirm.is_some() || self.signals().next().is_some()
    }
}

impl fmt::Display for Confirm {
    /// `gateway/availability burns > 2x over 5m`, or the expression with its level.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slo { id, burn, over } => write!(f, "{id} burns > {}x over {over}", burn.normalize()),
            Self::Value { signal, level, .. } => {
                let sign = if signal.side == Side::Below { '>' } else { '<' };
                write!(f, "{} {sign} {}", signal.name(), level.normalize())
            }
        }
    }
}

impl fmt::Display for BreachRule {
    /// The rule's name in answers and pages: `error ratio > 5% for 30s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.level {
            Level::QuantileTimes(of, times) => write!(f, "{} > {}x", of.name(), times.normalize())?,
            Level::QuantileSeconds(of, seconds) => write!(f, "{} > {}s", of.name(), seconds.normalize())?,
            Level::ErrorRatio(ratio) => write!(f, "error ratio > {}%", (ratio * Decimal::ONE_HUNDRED).normalize())?,
            Level::Burn(factor) => write!(f, "burn > {}x", factor.normalize())?,
            Level::Value(level) => write!(f, "value > {}", level.normalize())?,
            Level::Spike(spike) => {
                let of = spike.of.as_ref().map_or_else(|| Text::from("value"), Signal::name);
                write!(f, "{of} > {}x its {} average", spike.times.normalize(), spike.average)?;
            }
        }
        if self.over != Span::from_mins(1) {
            write!(f, " over {}", self.over)?;
        }
        if self.hold > Span::ZERO || self.after <= 1 {
            write!(f, " for {}", self.hold)?;
        }
        if self.after > 1 {
            write!(f, " {} times in a row", self.after)?;
        }
        match &self.confirm {
            Some(confirm) => write!(f, " while {confirm}"),
            None => Ok(()),
        }
    }
}
