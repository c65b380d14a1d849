//! A line before exchange and rounding: what every component makes of its inputs, and the one way from there to a line.

use super::{Estimate, NoLine};
use crate::domain::base::{Currency, Money, Text};
use crate::domain::cost::exchange::Exchange;
use crate::domain::cost::revenue::{result, too_large};
use crate::domain::cost::{Basis, CostInput, CostLine};
use crate::domain::objective::ValueIs;
use rust_decimal::Decimal;

/// A line in its own currency, exact.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) component: &'static str,
    /// Method and version.
    pub(super) method: &'static str,
    pub(super) subject: Option<Text>,
    pub(super) currency: Currency,
    pub(super) value_is: Option<ValueIs>,
    pub(super) amount: Decimal,
    /// Bounds that follow from the inputs' own scatter.
    pub(super) bounds: Option<(Decimal, Decimal)>,
    /// Up to the last `=`, with numbers filled in.
    pub(super) formula: String,
    /// Name and value of each input.
    pub(super) inputs: Vec<(String, String)>,
    /// Paid out or opportunity.
    pub(super) cash: bool,
    pub(super) note: Option<String>,
    /// What the method takes for granted.
    pub(super) assumption: Option<&'static str>,
}

impl Draft {
    /// The line: converted at the declared rate, then rounded once.
    pub(super) fn line(&self, e: &Estimate) -> Result<CostLine, NoLine> {
        let fail = |why| (self.component, why);
        let exchange = Exchange::find(&e.exchange, self.currency, e.currency).map_err(fail)?;
        let convert = |amount| exchange.convert(amount).map(unsigned_zero).ok_or_else(|| fail(too_large()));
        let rounded = |amount| rounded(amount, e.currency);
        let unrounded = convert(self.amount)?;
        let bounds = self.bounds.map(|(low, high)| Ok::<_, NoLine>((convert(low)?, convert(high)?))).transpose()?;
        Ok(CostLine {
            component: self.component.into(),
            subject: self.subject.clone(),
            amount: Money::new(rounded(unrounded), e.currency),
            low: bounds.map(|(low, _)| rounded(low)),
            high: bounds.map(|(_, high)| rounded(high)),
            unrounded,
            basis: Basis::Declared,
            value_is: self.value_is,
            cash: self.cash,
            booked_month: e.booked_month.clone(),
            formula: format!("{} {} {}", self.converted(exchange), result(unrounded), e.currency).into(),
            inputs: self.inputs(e, exchange),
            memo: self.value_is.is_some() && e.headline.is_some() && self.value_is != e.headline,
            note: self.note.as_deref().map(Text::from),
        })
    }

    /// The formula with the rate at its end; a sum is bracketed first.
    fn converted(&self, exchange: Exchange<'_>) -> String {
        let term = exchange.term();
        match self.formula.split_once(" = ") {
            Some((symbols, numbers)) if !term.is_empty() && numbers.contains(['+', '−']) => {
                format!("{symbols} = ({numbers}){term}")
            }
            _ => format!("{}{term}", self.formula),
        }
    }

    fn inputs(&self, e: &Estimate, exchange: Exchange<'_>) -> Vec<CostInput> {
        let source: Text = format!("{}: {}", e.file, self.component).into();
        let declared = self.inputs.iter().map(|(name, value)| CostInput {
            name: name.as_str().into(),
            value: value.as_str().into(),
            basis: Basis::Declared,
            source: source.clone(),
        });
        declared.chain(exchange.input(&e.file)).collect()
    }
}

/// The amount to the currency's minor unit; never a minus in front of nothing.
pub(super) fn rounded(amount: Decimal, currency: Currency) -> Decimal {
    unsigned_zero(Money::new(amount, currency).rounded().amount)
}

fn unsigned_zero(amount: Decimal) -> Decimal {
    if amount.is_zero() { amount.abs() } else { amount }
}

/// The product of factors; the error says that it is too large.
pub(super) fn product(factors: &[Decimal]) -> Result<Decimal, String> {
    factors.iter().try_fold(Decimal::ONE, |p, f| p.checked_mul(*f)).ok_or_else(too_large)
}

/// The sum; the error says that it is too large.
pub(super) fn sum(terms: impl IntoIterator<Item = Decimal>) -> Result<Decimal, String> {
    terms.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add).ok_or_else(too_large)
}

/// A quotient, divided last so that halves stay halves.
pub(super) fn over(amount: Decimal, by: Decimal) -> Result<Decimal, String> {
    amount.checked_div(by).ok_or_else(too_large)
}

/// Inputs as name and value.
pub(super) fn inputs<const N: usize>(list: [(&str, String); N]) -> Vec<(String, String)> {
    list.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
