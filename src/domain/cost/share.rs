//! One cost handed out to several incidents: rounded once, and the parts add up to it.

use super::estimate::draft::rounded;
use crate::domain::base::{Currency, Text};
use rust_decimal::Decimal;

/// Remainders are compared to so many decimals: beyond them is only the noise of division.
const REMAINDER_DIGITS: u32 = 12;

/// What incidents on one stream bear of its loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Which of the parts is meant.
    pub own: Text,
    /// Incidents with their weights: what they lost, minutes that several cover split between them.
    pub parts: Vec<(Text, Decimal)>,
    /// The weight of all together.
    pub whole: Decimal,
}

impl Share {
    /// The own part of a union's cost before rounding, and rounded so that all parts add up. `None` when it is too large.
    pub(super) fn of(&self, unrounded: Decimal, currency: Currency) -> Option<(Decimal, Decimal)> {
        let place = self.parts.iter().position(|(id, _)| *id == self.own)?;
        let amount = *hand_out(unrounded, currency, &self.parts, self.whole)?.get(place)?;
        Some((self.exact(unrounded)?, amount))
    }

    /// The own part before rounding.
    pub(super) fn exact(&self, unrounded: Decimal) -> Option<Decimal> {
        let (_, weight) = self.parts.iter().find(|(id, _)| *id == self.own)?;
        part(unrounded, *weight, self.whole)
    }
}

fn part(unrounded: Decimal, weight: Decimal, whole: Decimal) -> Option<Decimal> {
    if whole.is_zero() { Some(Decimal::ZERO) } else { unrounded.checked_mul(weight)?.checked_div(whole) }
}

/// Rounds a cost once and hands it out by weight: largest remainder, ties to the lowest id. `None` when it is too large.
pub(super) fn hand_out(
    unrounded: Decimal,
    currency: Currency,
    parts: &[(Text, Decimal)],
    whole: Decimal,
) -> Option<Vec<Decimal>> {
    let unit = Decimal::new(1, currency.minor_units());
    let in_units = |w: &Decimal| Some(part(unrounded, *w, whole)?.checked_div(unit)?.round_dp(REMAINDER_DIGITS));
    let units: Vec<Decimal> = parts.iter().map(|(_, w)| in_units(w)).collect::<Option<_>>()?;
    let mut given: Vec<Decimal> = units.iter().map(Decimal::floor).collect();
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by(|a, b| {
        let rest = |i: usize| units[i] - given[i];
        rest(*b).cmp(&rest(*a)).then_with(|| parts[*a].0.cmp(&parts[*b].0))
    });
    let mut left = rounded(unrounded, currency).checked_div(unit)?.checked_sub(given.iter().sum())?;
    for i in order.into_iter().cycle().take(parts.len().saturating_mul(2)) {
        if left < Decimal::ONE {
            break;
        }
        given[i] += Decimal::ONE;
        left -= Decimal::ONE;
    }
    Some(given.into_iter().map(|units| rounded(units * unit, currency)).collect())
}
