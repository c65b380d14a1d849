//! `lost_revenue`, method `failed_transactions`: F × v × (1 − r) per stream.
//!
//! F counts failed transactions, not requests: the stream's own counter says what a transaction is.

use super::exchange::Exchange;
use super::question::exact;
use super::{Basis, CostInput, CostLine, CostQuestion, Counted};
use crate::domain::base::{Interval, Money, Text};
use crate::domain::objective::{Business, RevenueStream};
use rust_decimal::Decimal;

/// Component id.
pub(super) const COMPONENT: &str = "lost_revenue";
/// Method and version, printed on every sheet that uses it.
pub(super) const METHOD: &str = "failed_transactions/1";

/// Streams that price incidents of these services; a stream that names no service prices all of them.
pub(super) fn streams_of<'a>(business: &'a Business, services: &'a [Text]) -> impl Iterator<Item = &'a RevenueStream> {
    business.streams.iter().filter(|s| s.services.is_empty() || s.services.iter().any(|name| services.contains(name)))
}

/// What one failed transaction loses: v × (1 − r), in the stream's currency.
pub(super) fn loss_each(stream: &RevenueStream) -> Result<Decimal, String> {
    if stream.recovered_fraction < Decimal::ZERO || stream.recovered_fraction > Decimal::ONE {
        return Err(format!("its recovered fraction {} is not between 0 and 1", stream.recovered_fraction));
    }
    let kept = Decimal::ONE - stream.recovered_fraction;
    stream.value.amount.checked_mul(kept).ok_or_else(too_large)
}

/// The line of one stream, or why there is none.
pub(super) fn line(stream: &RevenueStream, question: &CostQuestion, business: &Business) -> Result<CostLine, String> {
    let counted = counted_of(stream, question)?;
    let each = loss_each(stream)?;
    let exchange = Exchange::find(&business.exchange, stream.value.currency, business.currency)?;
    let price = |count: f64| {
        let failed = exact(count).ok_or_else(|| format!("the count {count} is no count"))?;
        failed.checked_mul(each).and_then(|a| exchange.convert(a)).ok_or_else(too_large)
    };
    let unrounded = price(counted.failed)?;
    let rounded = |amount: Decimal| Money::new(amount, business.currency).rounded();
    Ok(CostLine {
        component: COMPONENT.into(),
        subject: Some(stream.name.clone()),
        amount: rounded(unrounded),
        low: Some(rounded(price(counted.low.min(counted.failed))?).amount),
        high: Some(rounded(price(counted.high.max(counted.failed))?).amount),
        unrounded,
        basis: Basis::Derived,
        value_is: Some(stream.value_is),
        cash: false,
        booked_month: question.booked_month.clone(),
        formula: formula(stream, counted, exchange, unrounded, business).into(),
        inputs: inputs(stream, counted, exchange, business),
        memo: business.headline.is_some_and(|headline| headline != stream.value_is),
        note: None,
    })
}

pub(super) fn too_large() -> String {
    "the amount is too large to compute".into()
}

fn counted_of<'a>(stream: &RevenueStream, question: &'a CostQuestion) -> Result<&'a Counted, String> {
    let found = question.streams.iter().find(|c| c.stream == stream.name);
    let found = found.ok_or_else(|| "its failed transactions were not counted".to_string())?;
    found.counted.as_ref().map_err(ToString::to_string)
}

fn formula(stream: &RevenueStream, counted: &Counted, exchange: Exchange, sum: Decimal, business: &Business) -> String {
    let (v, r) = (stream.value, stream.recovered_fraction);
    let (count, to) = (counted.failed, business.currency);
    let sum = result(sum);
    format!("F × v × (1 − r) = {count} × {} {} × (1 − {r}){} {sum} {to}", v.amount, v.currency, exchange.term())
}

/// The end of a formula: `= 84.5`, or `≈ 4.217697` where the decimals do not end. The exact value is `unrounded`.
pub(super) fn result(sum: Decimal) -> String {
    let shown = sum.round_dp(6).normalize();
    if shown == sum { format!("= {shown}") } else { format!("≈ {shown}") }
}

fn inputs(stream: &RevenueStream, counted: &Counted, exchange: Exchange, business: &Business) -> Vec<CostInput> {
    let declared = |name: &str, value: String, what: &str| CostInput {
        name: name.into(),
        value: value.into(),
        basis: Basis::Declared,
        source: format!("{}: {what} of stream {}", business.file, stream.name).into(),
    };
    let value = format!("{} {}", stream.value.amount, stream.value.currency);
    let kind = format!("value ({})", stream.value_is.name());
    let mut list = vec![
        measured("F", counted.failed, stream, counted),
        declared("v", value, &kind),
        declared("r", stream.recovered_fraction.to_string(), "recovered fraction"),
    ];
    list.extend(exchange.input(&business.file));
    list
}

/// The first stretches of a list, and how many more there are.
fn stretches(list: &[Interval]) -> String {
    let shown: Vec<String> = list.iter().take(3).map(|i| format!("({}, {}]", i.from, i.to)).collect();
    let more = list.len() - shown.len();
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn measured(name: &str, count: f64, stream: &RevenueStream, counted: &Counted) -> CostInput {
    let Counted { low, high, intervals, series, samples, source, .. } = counted;
    let (query, over) = (&stream.failed_query, stretches(intervals));
    let trace = format!("{query} over {over} from {source}: {samples} steps with samples, {series} series");
    let bounds = if low < high { format!("; between {low} and {high} because of restarts") } else { String::new() };
    CostInput {
        name: name.into(),
        value: count.to_string().into(),
        basis: Basis::Measured,
        source: format!("{trace}{bounds}").into(),
    }
}
