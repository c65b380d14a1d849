//! Exchange at declared rates, printed with their dates. Deliberately absent: fetching rates.

use super::{Basis, CostInput};
use crate::domain::base::Currency;
use crate::domain::objective::ExchangeRate;
use rust_decimal::Decimal;

/// A way from one currency into the report's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Exchange<'a> {
    /// The same currency.
    None,
    /// The rate is told for one of ours: amount * rate.
    Times(&'a ExchangeRate),
    /// The rate is told the other way round: amount / rate.
    Over(&'a ExchangeRate),
}

impl<'a> Exchange<'a> {
    /// The latest declared rate between `from` and `to`, in either direction.
    pub(super) fn find(rates: &'a [ExchangeRate], from: Currency, to: Currency) -> Result<Self, String> {
        if from == to {
            return Ok(Self::None);
        }
        let joins = |r: &&ExchangeRate| (r.base, r.quote) == (from, to) || (r.base, r.quote) == (to, from);
        let rate = rates.iter().filter(joins).max_by(|a, b| a.as_of.cmp(&b.as_of));
        let rate = rate.ok_or_else(|| format!("no exchange rate between {from} and {to} is given"))?;
        if rate.rate <= Decimal::ZERO {
            return Err(format!("the exchange rate between {from} and {to} is not positive"));
        }
        Ok(if rate.base == from { Self::Times(rate) } else { Self::Over(rate) })
    }

    /// The amount in the report's currency; `None` on overflow.
    pub(super) fn convert(self, amount: Decimal) -> Option<Decimal> {
        match self {
            Self::None => Some(amount),
            Self::Times(r) => amount.checked_mul(r.rate),
            Self::Over(r) => amount.checked_div(r.rate),
        }
    }

    /// How the rate stands in a formula; empty without exchange.
    pub(super) fn term(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Times(r) => format!(" × {} {}/{}", r.rate, r.quote, r.base),
            Self::Over(r) => format!(" ÷ {} {}/{}", r.rate, r.quote, r.base),
        }
    }

    /// The rate as an input of a line; `file` declares it.
    pub(super) fn input(self, file: &str) -> Option<CostInput> {
        let (Self::Times(r) | Self::Over(r)) = self else { return None };
        Some(CostInput {
            name: format!("exchange {}/{}", r.quote, r.base).into(),
            value: r.rate.to_string().into(),
            basis: Basis::Declared,
            source: format!("{file}: 1 {} = {} {}, as of {}", r.base, r.rate, r.quote, r.as_of).into(),
        })
    }
}
