//! A line before exchange and rounding: what every component makes of its inputs, and the one way from there to a line.

use super::NoLine;
use crate::domain::base::{Currency, Money, Text};
use crate::domain::cost::exchange::Exchange;
use crate::domain::cost::revenue::{result, too_large};
use crate::domain::cost::{Basis, CostInput, CostLine};
use crate::domain::objective::{ExchangeRate, ValueIs};
use rust_decimal::Decimal;

/// A line in its own currency, exact.
#[derive(Clone, Debug)]
pub(in crate::domain::cost) struct Draft {
    pub(in crate::domain::cost) component: &'static str,
    /// Method and version.
    pub(in crate::domain::cost) method: &'static str,
    pub(in crate::domain::cost) subject: Option<Text>,
    pub(in crate::domain::cost) currency: Currency,
    pub(in crate::domain::cost) value_is: Option<ValueIs>,
    pub(in crate::domain::cost) amount: Decimal,
    /// Bounds that follow from the inputs' own scatter.
    pub(in crate::domain::cost) bounds: Option<(Decimal, Decimal)>,
    /// Up to the last `=`, with numbers filled in.
    pub(in crate::domain::cost) formula: String,
    /// Name and value of each input.
    pub(in crate::domain::cost) inputs: Vec<(String, String)>,
    /// Paid out or opportunity.
    pub(in crate::domain::cost) cash: bool,
    pub(in crate::domain::cost) note: Option<String>,
    /// What the method takes for granted.
    pub(in crate::domain::cost) assumption: Option<&'static str>,
}

/// What all lines of a sheet have in common.
#[derive(Clone, Copy, Debug)]
pub(in crate::domain::cost) struct Frame<'a> {
    /// The file that declares.
    pub(in crate::domain::cost) file: &'a Text,
    /// Currency of the total.
    pub(in crate::domain::cost) currency: Currency,
    /// Exchange rates.
    pub(in crate::domain::cost) exchange: &'a [ExchangeRate],
    /// The kind of value the total adds up.
    pub(in crate::domain::cost) headline: Option<ValueIs>,
    /// The month of lines that have none of their own.
    pub(in crate::domain::cost) booked_month: Option<&'a Text>,
}

impl Draft {
    /// The line: converted at the declared rate, then rounded once.
    pub(in crate::domain::cost) fn line(&self, e: &Frame<'_>) -> Result<CostLine, NoLine> {
        let fail = |why| (self.component, why);
        let exchange = Exchange::find(e.exchange, self.currency, e.currency).map_err(fail)?;
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
            booked_month: e.booked_month.cloned(),
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

    fn inputs(&self, e: &Frame<'_>, exchange: Exchange<'_>) -> Vec<CostInput> {
        let source: Text = format!("{}: {}", e.file, self.component).into();
        let declared = self.inputs.iter().map(|(name, value)| CostInput {
            name: name.as_str().into(),
            value: value.as_str().into(),
            basis: Basis::Declared,
            source: source.clone(),
        });
        declared.chain(exchange.input(e.file)).collect()
    }
}

/// The amount to the currency's minor unit; never a minus in front of nothing.
pub(in crate::domain::cost) fn rounded(amount: Decimal, currency: Currency) -> Decimal {
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
