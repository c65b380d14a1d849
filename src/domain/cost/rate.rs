//! What an open incident costs a minute at its present rate, for the live ticker.

use super::exchange::Exchange;
use super::question::StreamCount;
use super::record::CostRecord;
use super::{labour, revenue};
use crate::domain::base::{Money, Span, Text};
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
    let lost = lost_per_minute(question, business);
    let rates = business.labour.iter();
    let worked = rates.flat_map(|l| question.responders.iter().filter_map(|p| worked_per_minute(l, p, business)));
    let mut parts = lost.into_iter().chain(worked);
    let first = parts.next()?;
    let sum = parts.try_fold(first, Decimal::checked_add)?;
    Some(Money::new(sum, business.currency))
}

/// The lost revenue of the look-back, spread over its minutes.
fn lost_per_minute(question: &RateQuestion, business: &Business) -> Option<Decimal> {
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
    let lines = record.sheet().lines;
    let mut added = lines.iter().filter(|l| !l.memo).map(|l| l.unrounded);
    let first = added.next()?;
    let sum = added.try_fold(first, Decimal::checked_add)?;
    sum.checked_mul(Decimal::from(60_000))?.checked_div(Decimal::from(question.over.millis()))
}

fn worked_per_minute(labour: &Labour, person: &str, business: &Business) -> Option<Decimal> {
    let (_, rate) = labour::rate_of(labour, person).ok()?;
    Exchange::find(&business.exchange, rate.currency, business.currency)
        .ok()?
        .convert(rate.amount.checked_div(Decimal::from(60))?)
}
