//! What an open incident costs a minute at its present rate, for the live ticker.

use super::exchange::Exchange;
use super::question::exact;
use super::{labour, revenue};
use crate::domain::base::{Money, Span, Text};
use crate::domain::objective::{Business, Labour, RevenueStream};
use rust_decimal::Decimal;

/// What happens now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateQuestion {
    /// Services of the incident.
    pub services: Vec<Text>,
    /// Failed transactions per stream over the last `over`.
    pub failed: Vec<(Text, f64)>,
    /// The look-back of `failed`, 5 minutes.
    pub over: Span,
    /// People who work on it now.
    pub responders: Vec<Text>,
}

/// Cost a minute in the currency of reports, not rounded: lost revenue at the rate of the last minutes, and the labour of
/// the people known to respond. `None` when none of it can be told. Memo lines do not count.
pub fn rate_per_minute(question: &RateQuestion, business: &Business) -> Option<Money> {
    let streams = revenue::streams_of(business, &question.services);
    let lost = streams
        .filter(|s| business.headline.is_none_or(|headline| headline == s.value_is))
        .filter_map(|s| lost_per_minute(s, question, business));
    let rates = business.labour.iter();
    let worked = rates.flat_map(|l| question.responders.iter().filter_map(|p| worked_per_minute(l, p, business)));
    let mut parts = lost.chain(worked);
    let first = parts.next()?;
    let sum = parts.try_fold(first, Decimal::checked_add)?;
    Some(Money::new(sum, business.currency))
}

fn lost_per_minute(stream: &RevenueStream, question: &RateQuestion, business: &Business) -> Option<Decimal> {
    let (_, failed) = question.failed.iter().find(|(name, _)| *name == stream.name)?;
    let lost = exact(*failed)?.checked_mul(revenue::loss_each(stream).ok()?)?;
    let per_minute = lost.checked_mul(Decimal::from(60_000))?.checked_div(Decimal::from(question.over.millis()))?;
    Exchange::find(&business.exchange, stream.value.currency, business.currency).ok()?.convert(per_minute)
}

fn worked_per_minute(labour: &Labour, person: &str, business: &Business) -> Option<Decimal> {
    let (_, rate) = labour::rate_of(labour, person).ok()?;
    Exchange::find(&business.exchange, rate.currency, business.currency)
        .ok()?
        .convert(rate.amount.checked_div(Decimal::from(60))?)
}
