//! What rules look at beside their own track: other expressions and other SLOs, read for them at the instant.
//!
//! Numbers only; who reads them, and from where, is the caller's.

use crate::domain::measure::Side;
use crate::domain::objective::{BreachRule, Confirm};
use rust_decimal::prelude::ToPrimitive;

/// What one breach rule needs to know of the world beside its track.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Beside {
    /// The newest value of the rule's own expression.
    pub value: Option<f64>,
    /// Its average.
    pub average: Option<f64>,
    /// What confirms the rule: the other SLO's burn rate, or the expression's value.
    pub confirming: Option<f64>,
}

/// Whether the second signal is past its level too; `None` when it cannot be known. Rules without one are confirmed.
pub(super) fn confirmed(rule: &BreachRule, beside: &Beside) -> Option<bool> {
    let number = |d: &rust_decimal::Decimal| d.to_f64().unwrap_or(f64::INFINITY);
    match &rule.confirm {
        None => Some(true),
        Some(Confirm::Slo { burn, .. }) => beside.confirming.map(|value| value > number(burn)),
        Some(Confirm::Value { signal, level, .. }) => {
            let level = number(level);
            beside.confirming.map(|value| if signal.side == Side::Below { value > level } else { value < level })
        }
    }
}
