//! Targets and the error budget they leave, kept as decimals so that `99.9 %` leaves exactly `0.001`.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::fmt;

/// An objective's target: the share of good events, strictly between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target(Decimal);

impl Target {
    /// A target from a share such as 0.999. `None` unless 0 < share < 1.
    pub fn new(share: Decimal) -> Option<Self> {
        (share > Decimal::ZERO && share < Decimal::ONE).then(|| Self(share.normalize()))
    }

    /// Reads `99.9%`, `99.9 %` or `0.999`. `None` for anything else, and for 0 and 100 %.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        match text.strip_suffix('%') {
            Some(percent) => Self::new(percent.trim().parse::<Decimal>().ok()?.checked_div(Decimal::ONE_HUNDRED)?),
            None => Self::new(text.parse().ok()?),
        }
    }

    /// The share as a decimal.
    pub const fn share(self) -> Decimal {
        self.0
    }

    /// The share as a float: for JSON and screens.
    pub fn as_f64(self) -> f64 {
        self.0.to_f64().unwrap_or(f64::NAN)
    }

    /// The error budget b = 1 - target, computed in decimals and then rounded once.
    pub fn budget(self) -> f64 {
        (Decimal::ONE - self.0).to_f64().unwrap_or(f64::NAN)
    }

    /// The error ratio factor * b at which a burn rate equals `factor` (SEMANTICS 4), rounded once.
    pub fn level(self, factor: Decimal) -> f64 {
        factor.checked_mul(Decimal::ONE - self.0).and_then(|d| d.to_f64()).unwrap_or(f64::INFINITY)
    }
}

impl fmt::Display for Target {
    /// As a percentage without trailing zeros: `99.9%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", (self.0 * Decimal::ONE_HUNDRED).normalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_leaves_an_exact_budget() {
        let target = Target::parse("99.9%").unwrap();
        assert_eq!(target, Target::parse("0.999").unwrap());
        assert_eq!(target.budget(), 0.001);
        assert_eq!(target.level(Decimal::new(144, 1)), 0.0144);
        assert_eq!(target.to_string(), "99.9%");
    }

    #[test]
    fn nothing_and_everything_are_no_targets() {
        for text in ["0", "100%", "1", "101%", "-5%", "high", "", "%"] {
            assert_eq!(Target::parse(text), None, "{text}");
        }
    }
}
