//! Revenue streams of an incident: what was counted becomes components of the model, with the traces of its counts.
//!
//! A transaction is what the stream's own counter counts, never a request: one payment may be tried thirty times.

use super::estimate::{Component, Kind, Loss, Orders, Seasonal};
use super::question::{Amounts, exact};
use super::record::{Priced, Trace};
use super::{Basis, CostQuestion, Counted};
use crate::domain::base::{Interval, Text};
use crate::domain::objective::{Business, RevenueStream, StreamMethod};
use rust_decimal::Decimal;

/// Component id.
pub(super) const COMPONENT: &str = "lost_revenue";
/// Minutes of a seasonal bucket.
pub const BUCKET_MINUTES: i64 = 15;
/// Decimals of measured rates: what is printed is what is used.
const RATE_DIGITS: u32 = 9;

/// Streams that price incidents of these services; a stream that names no service prices all of them.
pub(super) fn streams_of<'a>(business: &'a Business, services: &'a [Text]) -> impl Iterator<Item = &'a RevenueStream> {
    business.streams.iter().filter(|s| concerns(&s.services, services))
}

/// Named for one of the services, or for none in particular.
pub(super) fn concerns(named: &[Text], services: &[Text]) -> bool {
    named.is_empty() || named.iter().any(|name| services.contains(name))
}

pub(super) fn too_large() -> String {
    "the amount is too large to compute".into()
}

/// The end of a formula: `= 84.5`, or `≈ 4.217697` where the decimals do not end. The exact value is `unrounded`.
pub(super) fn result(sum: Decimal) -> String {
    let shown = sum.round_dp(6).normalize();
    if shown == sum { format!("= {shown}") } else { format!("≈ {shown}") }
}

/// The lines of one stream, or why there are none.
pub(super) fn priced(stream: &RevenueStream, question: &CostQuestion, business: &Business) -> Result<Vec<Priced>, String> {
    let found = question.streams.iter().find(|c| c.stream == stream.name);
    let found = found.ok_or_else(|| "its failed transactions were not counted".to_string())?;
    let counted = found.counted.as_ref().map_err(ToString::to_string)?;
    let lost = lost(stream, counted, business)?;
    let back = recovered(stream, counted, &lost, business)?;
    Ok([lost].into_iter().chain(back).collect())
}

/// What was lost of a stream.
pub(super) fn lost(stream: &RevenueStream, counted: &Counted, business: &Business) -> Result<Priced, String> {
    let (value, recovered) = (stream.value.amount, fraction(stream)?);
    let count = |n: f64| exact(n).ok_or_else(|| format!("the count {n} is no count"));
    let (loss, between, names): (Loss, _, &[&str]) = match &counted.amounts {
        Amounts::Failed { failed, low, high } => {
            let (failed, between) = (count(*failed)?, (count(low.min(*failed))?, count(high.max(*failed))?));
            (Loss::FailedTransactions { failed, value, recovered }, Some(between), &["F"])
        }
        Amounts::Against { events, total, high, normal_events, normal_total } => {
            let [events, total, high] = [*events, *total, high.max(*events)].map(count);
            let (events, total, high) = (events?, total?, high?);
            let (now, normal) = (rate(events, total)?, rate(count(*normal_events)?, count(*normal_total)?)?);
            if stream.method == StreamMethod::Conversion {
                let loss = Loss::Conversion { sessions: total, normal, incident: now, value, recovered };
                (loss, None, &["sessions", "c0", "c"])
            } else {
                let (normal, incident) = (Decimal::ONE - normal, Decimal::ONE - now);
                let loss = Loss::Excess { failed: events, normal, incident, value, recovered };
                (loss, Some((events, high)), &["F", "p0", "p"])
            }
        }
        Amounts::Seasonal(counts) => {
            let seasonal = Seasonal {
                bucket_minutes: BUCKET_MINUTES.into(),
                baseline: counts.baseline.clone(),
                actual: counts.actual.clone(),
                value,
                before: counts.before.clone(),
                rebound: None,
            };
            (Loss::Seasonal(seasonal), None, &["buckets", "baseline", "actual", "g", "spread of the baseline"])
        }
    };
    let note = match &counted.amounts {
        Amounts::Seasonal(counts) => counts.note.clone(),
        _ => None,
    };
    let mut traces = declared(stream, business);
    traces.extend(names.iter().map(|name| measured(name, stream, counted)));
    let component = Component { currency: stream.value.currency, value_is: Some(stream.value_is), kind: Kind::Lost(loss) };
    Ok(Priced {
        subject: Some(stream.name.clone()),
        between,
        traces,
        share: counted.share.clone(),
        note,
        ..Priced::new(component)
    })
}

fn fraction(stream: &RevenueStream) -> Result<Decimal, String> {
    let r = stream.recovered_fraction;
    if r < Decimal::ZERO || r > Decimal::ONE {
        return Err(format!("its recovered fraction {r} is not between 0 and 1"));
    }
    Ok(r)
}

fn rate(events: Decimal, total: Decimal) -> Result<Decimal, String> {
    let none = || "nothing was counted that its rate could be of".to_string();
    if total <= Decimal::ZERO {
        return Err(none());
    }
    Ok(events.checked_div(total).ok_or_else(none)?.min(Decimal::ONE).round_dp(RATE_DIGITS).normalize())
}

/// Orders that came back: what came above the baseline after the impact, at most what was lost.
fn recovered(stream: &RevenueStream, counted: &Counted, lost: &Priced, business: &Business) -> Result<Option<Priced>, String> {
    let Some(rebound) = &counted.rebound else { return Ok(None) };
    let Kind::Lost(loss) = &lost.component.kind else { return Ok(None) };
    let gross = loss.orders().and_then(|o| o.count.checked_div(o.of)).ok_or_else(too_large)?;
    let orders = above(rebound)?.min(gross);
    let component = Component {
        currency: stream.value.currency,
        value_is: Some(stream.value_is),
        kind: Kind::Recovered { orders: Orders::new(orders.normalize()), value: stream.value.amount },
    };
    let query = stream.orders.as_ref().map_or("", |c| &c.query);
    let source = format!("{query} over {} from {}, above the baseline", stretches(&[rebound.over]), counted.source);
    let trace = Trace { input: "orders".into(), basis: Basis::Measured, source: source.into() };
    let open = (!rebound.complete).then(|| format!("provisional: orders may come back until {}", rebound.over.to).into());
    Ok(Some(Priced {
        subject: Some(stream.name.clone()),
        traces: declared(stream, business).into_iter().chain([trace]).collect(),
        share: counted.share.clone(),
        note: open,
        ..Priced::new(component)
    }))
}

/// Orders above the baseline, summed with their sign and clipped once.
fn above(rebound: &super::question::ReboundCounts) -> Result<Decimal, String> {
    let level = Seasonal::level_of(rebound.before.as_ref()).unwrap_or(Decimal::ONE);
    let pairs = rebound.buckets.baseline.iter().zip(&rebound.buckets.actual).filter_map(|(b, a)| Some((*b, (*a)?)));
    let sum = pairs.map(|(b, a)| a.checked_sub(b.checked_mul(level)?)).try_fold(Decimal::ZERO, |sum, d| sum.checked_add(d?));
    Ok(sum.ok_or_else(too_large)?.max(Decimal::ZERO))
}

fn declared(stream: &RevenueStream, business: &Business) -> Vec<Trace> {
    let trace = |input: &str, what: &str| Trace {
        input: input.into(),
        basis: Basis::Declared,
        source: format!("{}: {what} of stream {}", business.file, stream.name).into(),
    };
    vec![trace("v", &format!("value ({})", stream.value_is.name())), trace("r", "recovered fraction")]
}

/// The first stretches of a list, and how many more there are.
fn stretches(list: &[Interval]) -> String {
    let shown: Vec<String> = list.iter().take(3).map(|i| format!("({}, {}]", i.from, i.to)).collect();
    let more = list.len() - shown.len();
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

fn measured(name: &str, stream: &RevenueStream, counted: &Counted) -> Trace {
    let Counted { intervals, series, samples, source, .. } = counted;
    let query = |c: &Option<_>| c.as_ref().map_or("", |c: &crate::domain::objective::Counter| &*c.query).to_owned();
    let query = match (stream.method, name) {
        (StreamMethod::FailedTransactions, _) | (StreamMethod::Excess, "F") => query(&stream.failed),
        (StreamMethod::Excess, _) => format!("{} of {}", query(&stream.failed), query(&stream.total)),
        (StreamMethod::Seasonal, _) => query(&stream.orders),
        (StreamMethod::Conversion, "sessions") => query(&stream.sessions),
        (StreamMethod::Conversion, _) => format!("{} of {}", query(&stream.orders), query(&stream.sessions)),
    };
    let before = if matches!(name, "p0" | "c0") { " (the 24 hours before, incidents left out)" } else { "" };
    let steps = if *samples == 1 { "step" } else { "steps" };
    let trace =
        format!("{query} over {}{before} from {source}: {samples} {steps} with samples, {series} series", stretches(intervals));
    let bounds = match counted.amounts {
        Amounts::Failed { low, high, .. } if low < high => {
            format!("; between {low} and {high} because of restarts")
        }
        _ => String::new(),
    };
    Trace { input: name.into(), basis: Basis::Measured, source: format!("{trace}{bounds}").into() }
}
