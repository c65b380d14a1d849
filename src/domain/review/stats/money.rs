//! What a set of incidents cost: total, median, P90, and how few of them carry most of it. Decimal throughout.

use super::quantile::P90_FROM;
use super::record::RecordedCost;
use crate::domain::base::{Currency, Money};
use rust_decimal::Decimal;

/// Costs in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CostStats {
    /// The currency: the one most incidents are in.
    pub currency: Currency,
    /// Incidents with a cost in it.
    pub n: usize,
    /// Their sum.
    pub total: Decimal,
    /// Their median, to the minor unit.
    pub median: Decimal,
    /// Their P90; absent under ten.
    pub p90: Option<Decimal>,
    /// How many of them are partial: the total is then "at least".
    pub n_partial: usize,
    /// How few of them carry at least four fifths of the cost, and what they carry, 0 to 1. Absent when nothing cost anything.
    pub concentration: Option<(usize, Decimal)>,
    /// Other currencies that occur; their costs are in no figure here.
    pub others: Vec<Currency>,
}

/// Costs of incidents; `None` when none has any.
pub fn costs(recorded: &[RecordedCost]) -> Option<CostStats> {
    let mut currencies: Vec<Currency> = recorded.iter().map(|c| c.total.currency).collect();
    currencies.sort();
    currencies.dedup();
    let many = |c: &Currency| recorded.iter().filter(|r| r.total.currency == *c).count();
    // Of equally frequent ones the first by its letters.
    let currency = *currencies.iter().rev().max_by_key(|c| many(c))?;
    let own: Vec<&RecordedCost> = recorded.iter().filter(|r| r.total.currency == currency).collect();
    let mut sorted: Vec<Decimal> = own.iter().map(|r| r.total.amount).collect();
    sorted.sort();
    let rounded = |amount: Decimal| Money::new(amount, currency).rounded().amount;
    Some(CostStats {
        currency,
        n: own.len(),
        total: sorted.iter().sum(),
        median: rounded(quantile(&sorted, 5)),
        p90: (sorted.len() >= P90_FROM).then(|| rounded(quantile(&sorted, 9))),
        n_partial: own.iter().filter(|r| !r.complete).count(),
        concentration: concentration(&sorted),
        others: currencies.into_iter().filter(|c| *c != currency).collect(),
    })
}

/// Type 7 in tenths, on ascending amounts.
fn quantile(sorted: &[Decimal], tenths: usize) -> Decimal {
    let h = sorted.len().saturating_sub(1) * tenths;
    let (low, part) = (h / 10, h % 10);
    let at = |i: usize| sorted.get(i).copied().unwrap_or_default();
    at(low) + (at((low + 1).min(sorted.len().saturating_sub(1))) - at(low)) * Decimal::from(part) / Decimal::TEN
}

/// The Lorenz line's end: how few of the dearest carry four fifths of what was lost. Gains are left out.
fn concentration(sorted: &[Decimal]) -> Option<(usize, Decimal)> {
    let lost: Vec<Decimal> = sorted.iter().rev().copied().filter(|a| a.is_sign_positive() && !a.is_zero()).collect();
    let total: Decimal = lost.iter().sum();
    let enough = total * Decimal::new(8, 1);
    let mut carried = Decimal::ZERO;
    for (i, amount) in lost.iter().enumerate() {
        carried += amount;
        if carried >= enough {
            return Some((i + 1, carried / total));
        }
    }
    None
}
