//! The kinds of indicator as they are written; composites have a file of their own.

use crate::domain::base::{Problem, Span, Text};
use crate::domain::measure::{CountedPlan, Plan};
use crate::domain::objective::{Side, Sli};
use crate::kit::yaml::{Fields, Findings, Node, locate};
use crate::query::{self, Doubt, FieldError};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::ops::Range;
use std::sync::Arc;

/// An indicator and the nodes its PromQL was read from.
pub(super) struct ReadSli {
    /// The indicator.
    pub(super) sli: Sli,
    queries: Vec<(&'static str, Arc<Node>)>,
    /// Where it stands, when its PromQL is not in the file.
    place: Option<Range<usize>>,
}

const KINDS: [&str; 7] = ["events", "latency", "occurrences", "threshold", "ratio", "composite", "preset"];

impl ReadSli {
    /// An indicator that asks nothing by itself.
    pub(super) const fn without_queries(sli: Sli) -> Self {
        Self { sli, queries: Vec::new(), place: None }
    }

    /// An indicator whose PromQL came from elsewhere; what is wrong with it is told at `place`.
    pub(super) const fn placed(sli: Sli, place: Range<usize>) -> Self {
        Self { sli, queries: Vec::new(), place: Some(place) }
    }

    const fn written(sli: Sli, queries: Vec<(&'static str, Arc<Node>)>) -> Self {
        Self { sli, queries, place: None }
    }

    /// What will be done to measure it; problems of its PromQL are told.
    pub(super) fn plan(&self, out: &mut Findings<'_>, group_by: &[Text], step: Span) -> Option<Plan> {
        match query::plan(&self.sli, group_by, step) {
            Ok(plan) => Some(plan),
            Err(errors) => {
                for error in errors {
                    self.refuse(out, error);
                }
                None
            }
        }
    }

    /// Warns of PromQL that can be measured and does not mean what was meant.
    pub(super) fn doubt(&self, out: &mut Findings<'_>, plan: &Plan) {
        for Doubt { field, code, message, hint } in query::doubts(&self.sli, plan) {
            if let Some((_, node)) = self.queries.iter().find(|(name, _)| *name == field) {
                out.warn(code, &node.span, message, hint);
            }
        }
    }

    /// Tells of a problem of a field's PromQL, at its place inside the string in the file.
    fn refuse(&self, out: &mut Findings<'_>, FieldError { field, error }: FieldError) {
        let Some((_, node)) = self.queries.iter().find(|(name, _)| *name == field) else {
            let problem = Problem::error("bad-query", format!("{field}: {}", error.message));
            return out.push(match &self.place {
                Some(place) => problem.at(out.place(place.clone())),
                None => problem,
            });
        };
        out.push(query_problem(out, node, error));
    }
}

/// A problem of a PromQL text at its place in the file.
pub(crate) fn query_problem(out: &Findings<'_>, node: &Node, error: crate::query::QueryError) -> Problem {
    let problem = Problem::error("bad-query", error.message).at(out.place(locate(out.source(), node, error.at)));
    match error.hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// Reads `sli:`. Absent after an error.
pub(super) fn read(out: &mut Findings<'_>, node: &Node, group_by: &[Text], context: &super::Context<'_>) -> Option<ReadSli> {
    if node.get("preset").is_some() {
        return super::preset::read(out, node, context.presets);
    }
    let fields = out.fields(node, "`sli`", &KINDS)?;
    let entry = match fields.entries() {
        [one] => one,
        entries => {
            let message = format!("`sli` needs exactly one kind, this has {}", entries.len());
            out.error_hint("one-sli-kind", &fields.head(), message, format!("kinds are {}", KINDS.join(", ")));
            return None;
        }
    };
    if entry.value.value == crate::kit::yaml::Value::Null {
        fields.get(out, &entry.key);
        return None;
    }
    match &*entry.key {
        "events" => events(out, &entry.value),
        "latency" => latency(out, &entry.value, group_by),
        "occurrences" => occurrences(out, &entry.value),
        "threshold" => threshold(out, &entry.value),
        "ratio" => ratio(out, &entry.value),
        "composite" => super::composite::read(out, &entry.value, &context.service),
        _ => None,
    }
}

/// The PromQL of a field; what it means is told later.
fn promql(
    out: &mut Findings<'_>,
    fields: &Fields<'_>,
    name: &'static str,
    queries: &mut Vec<(&'static str, Arc<Node>)>,
) -> Option<Text> {
    let node = fields.get(out, name)?;
    let text = out.text(node, &format!("`{name}`"))?;
    queries.push((name, node.clone()));
    // The end only: offsets of errors count from the start.
    Some(text.trim_end().into())
}

fn events(out: &mut Findings<'_>, node: &Node) -> Option<ReadSli> {
    let what = "`events`";
    let fields = out.fields(node, what, &["bad", "good", "total"])?;
    let mut queries = Vec::new();
    let bad = promql(out, &fields, "bad", &mut queries);
    let good = promql(out, &fields, "good", &mut queries);
    let total = fields.need(out, "total", what).and_then(|_| promql(out, &fields, "total", &mut queries));
    if let (Some(_), Some(_), Some(span)) = (&bad, &good, fields.key_span("good")) {
        let message = "`bad` and `good` are both given";
        out.error_hint("two-meanings", &span, message, "keep one of them; the other one follows from `total`");
        return None;
    }
    if !fields.has("bad") && !fields.has("good") {
        fields.missing(out, &["bad", "good"], "`events` needs `bad` or `good`", "add `bad: ...` here");
    }
    if bad.is_none() && good.is_none() {
        return None;
    }
    Some(ReadSli::written(Sli::Events { bad, good, total: total? }, queries))
}

fn latency(out: &mut Findings<'_>, node: &Node, group_by: &[Text]) -> Option<ReadSli> {
    let what = "`latency`";
    let fields = out.fields(node, what, &["histogram", "under", "interpolate", "native"])?;
    let mut queries = Vec::new();
    let histogram = fields.need(out, "histogram", what).and_then(|_| promql(out, &fields, "histogram", &mut queries));
    let under = fields.need(out, "under", what).and_then(|n| read_under(out, n));
    let choices = [("true", true), ("false", false)];
    let interpolate = fields.get(out, "interpolate").and_then(|n| out.choice(n, "interpolate", &choices)).unwrap_or(false);
    let native = fields.get(out, "native").and_then(|n| out.choice(n, "native", &choices)).unwrap_or(false);
    let (histogram, under_seconds) = (histogram?, under?);
    if native {
        if let (true, Some(span)) = (interpolate, fields.key_span("interpolate")) {
            let hint = "remove it: the server interpolates native histograms itself";
            out.error_hint("two-meanings", &span, "`interpolate` is for classic buckets, `native` says there are none", hint);
        }
        return native_histogram(out, &histogram, under_seconds, group_by, queries);
    }
    Some(ReadSli::written(Sli::Latency { histogram, under_seconds, interpolate }, queries))
}

/// A native histogram has no series to count: the server is asked for its events and for the fraction that is under the
/// threshold (`histogram_count`, `histogram_fraction`). So it is a ratio, and has no quantiles here.
fn native_histogram(
    out: &mut Findings<'_>,
    histogram: &str,
    under: Decimal,
    group_by: &[Text],
    queries: Vec<(&'static str, Arc<Node>)>,
) -> Option<ReadSli> {
    let planned = query::plan_latency(histogram, under, false);
    let found = ReadSli::written(Sli::Ratio { errors: "".into(), total: "".into() }, queries);
    let buckets = match planned {
        Ok(Plan::Counted(CountedPlan::Histogram(plan))) => plan.buckets,
        Ok(_) => return None,
        Err(errors) => {
            for error in errors {
                found.refuse(out, error);
            }
            return None;
        }
    };
    let selector = buckets.renamed(buckets.name()?.strip_suffix("_bucket")?);
    let by = if group_by.is_empty() { String::new() } else { format!(" by ({})", group_by.join(", ")) };
    let rate = format!("sum{by} (rate({selector}[{{{{window}}}}]))");
    let total = format!("histogram_count({rate})");
    // Rounding could make the rest of nearly all a little less than nothing.
    let errors = format!("{total} * clamp_min(1 - histogram_fraction(0, {}, {rate}), 0)", under.normalize());
    Some(ReadSli { sli: Sli::Ratio { errors: errors.into(), total: total.into() }, ..found })
}

/// A duration; a bare number is told apart with the duration it probably means.
pub(super) fn read_under(out: &mut Findings<'_>, node: &Node) -> Option<Decimal> {
    let text = out.text(node, "`under`")?.clone();
    let bare: Option<Decimal> = text.trim().parse().ok();
    if let Some(seconds) = bare.filter(|s| !s.is_zero()) {
        let millis = seconds.checked_mul(Decimal::ONE_THOUSAND).filter(|m| m.is_sign_positive() && m.fract().is_zero());
        let span = millis.and_then(|m| m.to_i64()).map(Span);
        let mut problem = Problem::error("bad-duration", "`under` needs a unit").at(out.place(node.span.clone()));
        match span {
            Some(span) => {
                problem.hint = Some(format!("{text} s is written `{span}`"));
                problem.replacement = Some(span.to_string());
            }
            None => problem.hint = Some("durations look like 250ms or 2s, and are longer than nothing".into()),
        }
        out.push(problem);
        return None;
    }
    out.span(node, "`under`").map(seconds)
}

/// A span in seconds, exactly.
pub(super) fn seconds(span: Span) -> Decimal {
    Decimal::new(span.0, 3).normalize()
}

fn occurrences(out: &mut Findings<'_>, node: &Node) -> Option<ReadSli> {
    let what = "`occurrences`";
    let fields = out.fields(node, what, &["count", "allowed"])?;
    let mut queries = Vec::new();
    let count = fields.need(out, "count", what).and_then(|_| promql(out, &fields, "count", &mut queries));
    let allowed = fields.need(out, "allowed", what).and_then(|n| read_allowed(out, n));
    let (allowed, per) = allowed?;
    Some(ReadSli::written(Sli::Occurrences { count: count?, allowed, per }, queries))
}

/// `6 per 1h`
pub(crate) fn read_allowed(out: &mut Findings<'_>, node: &Node) -> Option<(Decimal, Span)> {
    let text = out.text(node, "`allowed`")?.clone();
    let words: Vec<&str> = text.split_whitespace().collect();
    let parsed = match words[..] {
        [number, "per" | "in" | "/", span] => number.parse::<Decimal>().ok().zip(Span::parse(span).ok()),
        _ => None,
    };
    match parsed {
        Some((number, span)) if number > Decimal::ZERO && span > Span::ZERO => Some((number, span)),
        Some(_) => {
            let hint = "to allow none at all, allow one in a long time: `1 per 365d`";
            out.error_hint("bad-allowed", &node.span, "`allowed` must be more than 0 per more than no time", hint);
            None
        }
        None => {
            out.error_hint("bad-allowed", &node.span, "`allowed` must say how many per how long", "it looks like `6 per 1h`");
            None
        }
    }
}

fn threshold(out: &mut Findings<'_>, node: &Node) -> Option<ReadSli> {
    let what = "`threshold`";
    let fields = out.fields(node, what, &["value", "below", "above"])?;
    let mut queries = Vec::new();
    let value = fields.need(out, "value", what).and_then(|_| promql(out, &fields, "value", &mut queries));
    let (side, name) = match (fields.has("below"), fields.has("above")) {
        (true, false) => (Side::Below, "below"),
        (false, true) => (Side::Above, "above"),
        (true, true) => {
            let hint = "keep the side on which the value is good";
            out.error_hint("two-meanings", &fields.head(), "`below` and `above` are both given", hint);
            return None;
        }
        (false, false) => {
            let hint = "add the side on which the value is good";
            fields.missing(out, &["below", "above"], "`threshold` needs `below` or `above`", hint);
            return None;
        }
    };
    let level = fields.get(out, name).and_then(|n| out.decimal(n, &format!("`{name}`")))?.to_f64()?;
    Some(ReadSli::written(Sli::Threshold { value: value?, side, level }, queries))
}

fn ratio(out: &mut Findings<'_>, node: &Node) -> Option<ReadSli> {
    let what = "`ratio`";
    let fields = out.fields(node, what, &["errors", "total"])?;
    let mut queries = Vec::new();
    let errors = fields.need(out, "errors", what).and_then(|_| promql(out, &fields, "errors", &mut queries));
    let total = fields.need(out, "total", what).and_then(|_| promql(out, &fields, "total", &mut queries));
    Some(ReadSli::written(Sli::Ratio { errors: errors?, total: total? }, queries))
}
