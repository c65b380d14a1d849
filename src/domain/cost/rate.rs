//! What an open incident costs a minute at its present rate, for the live ticker.

use super::exchange::Exchange;
use super::question::StreamCount;
use super::record::CostRecord;
use super::sheet::CostLine;
use super::{labour, revenue};
use crate::domain::base::{Currency, Money, Span, Text};
use crate::domain::objective::{Business, Labour};
use rust_decimal::Decimal;

/// What happens now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateQuestion {
    /// Services of the incident.
    pub services: Vec<Text>,
    /// What was counted of each stream over the last `over`.
    pub streams: Vec<StreamCount>,
    /// The look-back of `streams`.
    pub over: Span,
    /// People who work on it now.
    pub responders: Vec<Text>,
}

/// Cost a minute in the currency of reports, not rounded: lost revenue at the rate of the last minutes, and the labour of
/// the people known to respond. `None` when none of it can be told. Memo lines do not count, nor do premium hours.
pub fn rate_per_minute(question: &RateQuestion, business: &Business) -> Option<Money> {
    total(&rates_per_minute(question, business), business.currency)
}

/// The rates together; `None` when there are none.
pub fn total(rates: &[PartRate], currency: Currency) -> Option<Money> {
    let mut parts = rates.iter().map(|part| part.per_minute.amount);
    let first = parts.next()?;
    let sum = parts.try_fold(first, Decimal::checked_add)?;
    Some(Money::new(sum, currency))
}

/// What one line of the sheet grows by.
#[derive(Clone, Debug, PartialEq)]
pub struct PartRate {
    /// The line's component.
    pub component: Text,
    /// What it is about, where the component has several; labour in several currencies has one rate.
    pub subject: Option<Text>,
    /// Added each minute, in the currency of reports, not rounded.
    pub per_minute: Money,
}

/// The same line by line.
pub fn rates_per_minute(question: &RateQuestion, business: &Business) -> Vec<PartRate> {
    let mut parts = lost_per_minute(question, business);
    let rates = business.labour.iter();
    let mut worked = rates.flat_map(|l| question.responders.iter().filter_map(|p| worked_per_minute(l, p, business)));
    let first = worked.next();
    if let Some(sum) = first.and_then(|first| worked.try_fold(first, Decimal::checked_add)) {
        let per_minute = Money::new(sum, business.currency);
        parts.push(PartRate { component: labour::COMPONENT.into(), subject: None, per_minute });
    }
    parts
}

/// The lost revenue of the look-back, spread over its minutes.
fn lost_per_minute(question: &RateQuestion, business: &Business) -> Vec<PartRate> {
    let streams = revenue::streams_of(business, &question.services);
    let priced = streams.filter_map(|stream| {
        let found = question.streams.iter().find(|c| c.stream == stream.name)?;
        revenue::lost(stream, found.counted.as_ref().ok()?, business).ok()
    });
    let record = CostRecord {
        file: business.file.clone(),
        currency: business.currency,
        headline: business.headline,
        exchange: business.exchange.clone(),
        booked_month: None,
        priced: priced.collect(),
        not_estimated: Vec::new(),
        assumptions: Vec::new(),
        provisional_until: None,
    };
    let rate = |line: CostLine| {
        let amount = line.unrounded.checked_mul(Decimal::from(60_000))?.checked_div(Decimal::from(question.over.millis()))?;
        let per_minute = Money::new(amount, business.currency);
        Some(PartRate { component: line.component, subject: line.subject, per_minute })
    };
    record.sheet().lines.into_iter().filter(|line| !line.memo).filter_map(rate).collect()
}

fn worked_per_minute(labour: &Labour, person: &str, business: &Business) -> Option<Decimal> {
    let (_, rate) = labour::rate_of(labour, person).ok()?;
    Exchange::find(&business.exchange, rate.currency, business.currency)
        .ok()?
        .convert(rate.amount.checked_div(Decimal::from(60))?)
}
