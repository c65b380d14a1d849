//! How an SLI will be measured: *counted* from raw counter samples where its PromQL is a sum of counters, else *asked* of the
//! server step by step, with the reason.
//!
//! Deliberately absent: looking at data. A plan depends on the text alone.

mod asked;
mod groups;
mod lines;
mod linear;

pub use lines::plan_lines;

use super::ast::{Expr, Kind};
use super::error::{FieldError, QueryError};
use super::guard::parse;
use crate::domain::base::{Span, Text};
use crate::domain::measure::{AskedPlan, Count, CountedPlan, HistogramPlan, MatchOp, Plan, Selector};
use crate::domain::objective::Sli;
use asked::Side;
use linear::{Linear, No, Unit, linear};
use rust_decimal::Decimal;

/// Bad or good events, as the SLO's author chose to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventsText<'a> {
    /// PromQL of bad events.
    Bad(&'a str),
    /// PromQL of good events; bad = total - good.
    Good(&'a str),
}

type Planned<T> = Result<T, Vec<FieldError>>;

/// The plan of an SLI as its author wrote it. `step` is the evaluation's step: asked plans never look at less than four.
///
/// # Errors
/// Every field whose PromQL is broken or cannot be measured, each with its place.
pub fn plan(sli: &Sli, group_by: &[Text], step: Span) -> Planned<Plan> {
    match sli {
        Sli::Events { bad: Some(bad), total, .. } => plan_events(EventsText::Bad(bad), total, group_by, step),
        Sli::Events { good: Some(good), total, .. } => plan_events(EventsText::Good(good), total, group_by, step),
        Sli::Events { .. } => Err(vec![field("bad", QueryError::new("`bad` or `good` is missing", 0..0))]),
        Sli::Latency { histogram, under_seconds, interpolate } => plan_latency(histogram, *under_seconds, *interpolate),
        Sli::Occurrences { count, .. } => plan_occurrences(count, group_by),
        Sli::Threshold { value, .. } => plan_threshold(value, group_by, step),
        Sli::Ratio { errors, total } => plan_ratio(errors, total, group_by, step),
        // It reads nothing by itself.
        Sli::Composite(_) => Ok(Plan::Counted(CountedPlan::Events { bad: Count::default(), total: None })),
    }
}

/// The plan of `events: {bad or good, total}`. Plain selectors are counters here.
///
/// # Errors
/// See [`plan`].
pub fn plan_events(events: EventsText<'_>, total: &str, group_by: &[Text], step: Span) -> Planned<Plan> {
    let (name, text, is_good) = match events {
        EventsText::Bad(text) => ("bad", text, false),
        EventsText::Good(text) => ("good", text, true),
    };
    two(&Pair { name, text, is_good, total, plain_counts: true, group_by, step })
}

/// The plan of `ratio: {errors, total}`. Plain selectors count only where their name is a counter's.
///
/// # Errors
/// See [`plan`].
pub fn plan_ratio(errors: &str, total: &str, group_by: &[Text], step: Span) -> Planned<Plan> {
    two(&Pair { name: "errors", text: errors, is_good: false, total, plain_counts: false, group_by, step })
}

/// The plan of `occurrences: {count}`, which can only be counted.
///
/// # Errors
/// See [`plan`].
pub fn plan_occurrences(count: &str, group_by: &[Text]) -> Planned<Plan> {
    let one = |e| vec![field("count", e)];
    let bad = counter(count, group_by).map_err(one)?;
    Ok(Plan::Counted(CountedPlan::Events { bad, total: None }))
}

/// The counters behind a business stream's number of orders or a like count.
///
/// # Errors
/// The PromQL is broken, or is no sum of counters.
pub fn plan_count(text: &str) -> Result<Count, QueryError> {
    counter(text, &[])
}

/// The plan of `latency: {histogram, under}` for a classic histogram named without its `_bucket`.
///
/// # Errors
/// See [`plan`].
pub fn plan_latency(histogram: &str, under_seconds: Decimal, interpolate: bool) -> Planned<Plan> {
    let buckets = buckets(histogram).map_err(|e| vec![field("histogram", e)])?;
    Ok(Plan::Counted(CountedPlan::Histogram(HistogramPlan { buckets, under_seconds, interpolate })))
}

/// The plan of `threshold: {value}`: always asked.
///
/// # Errors
/// See [`plan`].
pub fn plan_threshold(value: &str, group_by: &[Text], step: Span) -> Planned<Plan> {
    let one = |e| vec![field("value", e)];
    let expr = instant(value).map_err(one)?;
    groups::check(&expr, value, group_by).map_err(one)?;
    let window = asked::window(step);
    let text = asked::text(value, window).map_err(one)?;
    let why = format!("a threshold compares a value and counts no events{}", asked::stated(&[&expr], window));
    Ok(Plan::Asked { ask: AskedPlan::Value { value: text }, why: why.into() })
}

/// Two texts to plan together.
struct Pair<'a> {
    name: &'static str,
    text: &'a str,
    is_good: bool,
    total: &'a str,
    plain_counts: bool,
    group_by: &'a [Text],
    step: Span,
}

fn two(pair: &Pair<'_>) -> Planned<Plan> {
    let (events, total) = match (instant(pair.text), instant(pair.total)) {
        (Ok(a), Ok(b)) => (a, b),
        (a, b) => {
            let errors = [(pair.name, a.err()), ("total", b.err())];
            return Err(errors.into_iter().filter_map(|(name, e)| e.map(|e| field(name, e))).collect());
        }
    };
    if events.bare() == total.bare() {
        let message = format!("`{}` and `total` are the same query", pair.name);
        return Err(vec![field(pair.name, QueryError::new(message, whole(pair.text)))]);
    }
    match counted(pair, &events, &total)? {
        Ok(plan) => Ok(Plan::Counted(plan)),
        Err(why) => {
            let side = |name, text, expr| Side { name, text, expr };
            let sides = [side(pair.name, pair.text, &events), side("total", pair.total, &total)];
            asked::ratio(&sides, pair.is_good, pair.group_by, pair.step, &why)
        }
    }
}

/// The counted plan of a pair, or the sentence why there is none.
fn counted(pair: &Pair<'_>, events: &Expr, total: &Expr) -> Planned<Result<CountedPlan, String>> {
    let sum = |name: &'static str, text: &str, expr: &Expr| match linear(expr, pair.group_by) {
        Ok(sum) => sum.one_kind(pair.plain_counts).map(Ok).or_else(|why| Ok(Err(format!("`{name}` {why}")))),
        Err(No::Asked(why)) => Ok(Err(format!("`{name}` {why}"))),
        Err(No::Wrong(message, hint)) => Err(field(name, QueryError::new(message, whole(text)).hint(hint))),
    };
    let both = match (sum(pair.name, pair.text, events), sum("total", pair.total, total)) {
        (Ok(a), Ok(b)) => (a, b),
        (a, b) => return Err([a.err(), b.err()].into_iter().flatten().collect()),
    };
    let (events, total) = match both {
        (Ok(a), Ok(b)) => (a, b),
        (Err(why), _) | (_, Err(why)) => return Ok(Err(why)),
    };
    mixed(pair, &events, &total)?;
    if events.factor != total.factor {
        let why = format!("`{}` is multiplied by {} and `total` by {}", pair.name, events.factor, total.factor);
        return Ok(Err(why));
    }
    let bad = if pair.is_good { total.clone().minus(events) } else { events };
    if pair.is_good && bad.count.plus.is_empty() {
        let message = "`good` and `total` are the same counters, so nothing could ever be bad";
        return Err(vec![field("good", QueryError::new(message, whole(pair.text)))]);
    }
    Ok(Ok(CountedPlan::Events { bad: bad.count, total: Some(total.count) }))
}

/// Refuses a rate beside an increase: the ratio as written would be off by the window's seconds.
fn mixed(pair: &Pair<'_>, events: &Linear, total: &Linear) -> Planned<()> {
    match (events.unit, total.unit) {
        (Unit::Rate, Unit::Increase(_)) | (Unit::Increase(_), Unit::Rate) => {
            Err(vec![field("total", asked::unequal(pair.name, pair.total))])
        }
        _ => Ok(()),
    }
}

/// A sum of counters without a factor.
fn counter(text: &str, group_by: &[Text]) -> Result<Count, QueryError> {
    let expr = instant(text)?;
    let refuse = |why: String| {
        QueryError::new(format!("this cannot be counted: it {why}"), whole(text))
            .hint("write counters, or sums and differences of them: sum(increase(x_total[{{window}}])) + y_total")
    };
    let sum = linear(&expr, group_by).map_err(|no| match no {
        No::Asked(why) => refuse(why),
        No::Wrong(message, hint) => QueryError::new(message, whole(text)).hint(hint),
    })?;
    let sum = sum.one_kind(true).map_err(refuse)?;
    if sum.factor == 1.0 { Ok(sum.count) } else { Err(refuse(format!("is multiplied by {}", sum.factor))) }
}

/// Reads an expression that yields numbers at an instant.
fn instant(text: &str) -> Result<Expr, QueryError> {
    let expr = parse(text)?;
    match expr.kind() {
        Kind::Scalar | Kind::Vector => Ok(expr),
        Kind::Matrix => {
            Err(QueryError::new("this is a range of samples, not a value", whole(text)).hint("wrap it: rate(..) or increase(..)"))
        }
        Kind::Text => Err(QueryError::new("this is text, not a value", whole(text))),
    }
}

fn buckets(text: &str) -> Result<Selector, QueryError> {
    let expr = parse(text)?;
    let plain = "name the histogram by a plain selector, such as http_request_duration_seconds{job=\"api\"}";
    let Expr::Vector(pick) = expr.bare() else {
        return Err(QueryError::new("this is no plain selector", whole(text)).hint(plain));
    };
    if !pick.shift.is_none() || !pick.or.is_empty() {
        return Err(QueryError::new("a histogram's selector takes no offset, `@` or `or`", whole(text)).hint(plain));
    }
    let Some(name) = pick.selector.name() else {
        return Err(QueryError::new("the histogram's name is missing", whole(text)).hint(plain));
    };
    for suffix in ["_bucket", "_count", "_sum"] {
        if let Some(stem) = name.strip_suffix(suffix) {
            let at = text.find(name).map_or_else(|| whole(text), |n| n + stem.len()..n + name.len());
            return Err(QueryError::new(format!("the histogram is named without `{suffix}`"), at).hint(format!("write `{stem}`")));
        }
    }
    if pick.selector.matchers().iter().any(|m| &*m.name == "le") {
        return Err(QueryError::new("`le` is chosen by `under`, not by the selector", whole(text)));
    }
    Ok(pick.selector.renamed(&format!("{name}_bucket")))
}

/// The bytes of a text without the white space around it.
fn whole(text: &str) -> std::ops::Range<usize> {
    let start = text.len() - text.trim_start().len();
    start..text.trim_end().len().max(start)
}

fn field(field: &'static str, error: QueryError) -> FieldError {
    FieldError { field, error }
}

/// True for the one matcher a bucket's selector may have on `le`.
fn is_le(m: &crate::domain::measure::Matcher) -> bool {
    &*m.name == "le" && m.op == MatchOp::Equal
}

#[cfg(test)]
mod tests;
