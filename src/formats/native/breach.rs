//! Breach rules: `{severity, p99 | p95 | p50 | error_ratio | burn | spike | value, over, for, after, confirm}`.

use super::lint::{self, Kind};
use super::rules::{RuleItem, positive, read_breaches, read_severity_name, read_times};
use super::sli::{query_problem, seconds};
use crate::domain::base::{Place, Problem, SloId, Span};
use crate::domain::measure::Side;
use crate::domain::objective::{BreachRule, Confirm, Level, Percentile, Signal, Sli, Spike};
use crate::kit::yaml::{Fields, Findings, Node, Value};
use crate::query;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const LEVELS: [&str; 7] = ["p99", "p95", "p50", "error_ratio", "burn", "spike", "value"];
const FIELDS: [&str; 12] =
    ["severity", "p99", "p95", "p50", "error_ratio", "burn", "spike", "value", "over", "for", "after", "confirm"];
/// Averages are over at least and at most this.
const AVERAGES: (Span, Span) = (Span::from_mins(5), Span::from_days(1));
/// Most evaluations in a row that a rule may wait for.
const MOST_IN_A_ROW: u32 = 1_000;

/// The rules of an SLO's own `breach:`; those that do not fit its kind are problems.
pub(super) fn read_own(out: &mut Findings<'_>, node: &Node, kind: &Kind<'_>) -> Vec<BreachRule> {
    let items = read_breaches(out, node, kind.step);
    for item in &items {
        match kind.sli.filter(|sli| !item.rule.level.fits(sli)) {
            Some(sli) => {
                let (message, hint) = misfit(&item.rule.level, sli);
                out.error_hint("level-does-not-fit", &item.span, message, hint);
            }
            None => lint::breach(out, item, kind),
        }
    }
    items.into_iter().map(|item| item.rule).collect()
}

/// The SLOs that confirm rules of an SLO, with their places: whether they exist is known when all files are read.
pub(super) fn confirming(out: &Findings<'_>, node: Option<&Node>) -> Vec<(SloId, Place)> {
    let Some(Value::List(items)) = node.map(|n| &n.value) else { return Vec::new() };
    let named = items.iter().filter_map(|item| item.get("confirm")?.get("slo"));
    named.filter_map(|slo| Some((id_of(slo.text()?)?, out.place(slo.span.clone())))).collect()
}

fn misfit(level: &Level, sli: &Sli) -> (String, &'static str) {
    let kind = sli.kind();
    match level {
        Level::ErrorRatio(_) => (format!("{kind} SLIs have no error ratio"), "use `burn`, the count against what is allowed"),
        Level::Value(_) => (format!("{kind} SLIs have no value to compare"), "use `error_ratio` or `burn`"),
        Level::Spike(_) => (
            format!("{kind} SLIs have no value of their own that could spike"),
            "say whose: `spike: {value: PROMQL, times: 2.5, average: 1h}`",
        ),
        Level::QuantileTimes(of, _) | Level::QuantileSeconds(of, _) => (
            format!("{kind} SLIs have no {}", of.name()),
            "latency quantiles need `sli: {latency: ...}`; use `error_ratio` or `burn`",
        ),
        Level::Burn(_) => (format!("{kind} SLIs have no burn rate"), "use another level"),
    }
}

/// One rule. Absent after an error.
pub(super) fn read_rule(out: &mut Findings<'_>, node: &Node, step: Span) -> Option<RuleItem<BreachRule>> {
    let what = "a breach rule";
    let fields = out.fields(node, what, &FIELDS)?;
    let severity = read_severity_name(out, &fields, what);
    let level = read_level(out, &fields, step);
    let over = fields.get(out, "over").map_or(Some(Span::from_mins(1)), |n| out.span(n, "`over`"));
    let after = fields.get(out, "after").map_or(Some(1), |n| read_after(out, n));
    let hold = read_hold(out, &fields);
    let confirm = fields.get(out, "confirm").map(|node| read_confirm(out, node, step));
    let rule = BreachRule {
        severity: severity?,
        level: level?,
        over: over?,
        hold: hold?,
        after: after?,
        confirm: confirm.map_or(Some(None), |confirm| confirm.map(Some))?,
    };
    Some(RuleItem { rule, span: node.span.clone() })
}

/// `for: 30s`; nothing where `after` counts instead.
fn read_hold(out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<Span> {
    if !fields.has("for") && fields.has("after") {
        return Some(Span::ZERO);
    }
    if !fields.has("for") {
        fields.missing(out, &["for", "after"], "a breach rule needs `for` or `after`", "add `for: 30s`, or `after: 3`");
    }
    let node = fields.get(out, "for")?;
    let nothing = node.text().is_some_and(|t| matches!(t.trim(), "0" | "0s"));
    if nothing { Some(Span::ZERO) } else { out.span(node, "`for`") }
}

fn read_after(out: &mut Findings<'_>, node: &Node) -> Option<u32> {
    let number = out.decimal(node, "`after`")?;
    let after = number.to_u32().filter(|n| number.fract().is_zero() && (1..=MOST_IN_A_ROW).contains(n));
    if after.is_none() {
        let hint = "so many evaluations in a row must be true, such as `after: 3`";
        out.error_hint("bad-number", &node.span, format!("`after` must be a whole number from 1 to {MOST_IN_A_ROW}"), hint);
    }
    after
}

fn read_level(out: &mut Findings<'_>, fields: &Fields<'_>, step: Span) -> Option<Level> {
    let written: Vec<&str> = LEVELS.into_iter().filter(|name| fields.has(name)).collect();
    let [name] = written[..] else {
        let message = format!("a breach rule needs exactly one level, this has {}", written.len());
        let hint = format!("levels are {}", LEVELS.join(", "));
        if written.is_empty() {
            fields.missing(out, &LEVELS, &message, &hint);
        } else {
            out.error_hint("one-level", &fields.head(), message, hint);
        }
        return None;
    };
    let node = fields.get(out, name)?;
    if let Some(of) = Percentile::ALL.into_iter().find(|of| of.name() == name) {
        return read_quantile(out, node, of);
    }
    match name {
        "error_ratio" => {
            let share = out.share(node, "`error_ratio`")?;
            if share == Decimal::ONE {
                let hint = "a ratio is never more than 100 %; lower the level";
                out.error_hint("level-never-reached", &node.span, "an error ratio above 100 % cannot happen", hint);
                return None;
            }
            Some(Level::ErrorRatio(share))
        }
        "burn" => {
            let times = read_times(out, node, "`burn`")?;
            positive(out, node, times, "`burn`").map(Level::Burn)
        }
        "spike" => read_spike(out, node, step).map(|spike| Level::Spike(Box::new(spike))),
        _ => out.decimal(node, "`value`").map(Level::Value),
    }
}

/// `3x` of the SLO's threshold, or a duration.
fn read_quantile(out: &mut Findings<'_>, node: &Node, of: Percentile) -> Option<Level> {
    let name = format!("`{}`", of.name());
    let text = out.text(node, &name)?.trim().to_owned();
    if let Some(times) = text.strip_suffix('x') {
        let Ok(times) = times.trim().parse::<Decimal>() else {
            out.error_hint("bad-number", &node.span, format!("`{text}` is no multiple"), "multiples look like 3x or 1.5x");
            return None;
        };
        return positive(out, node, times, &name).map(|times| Level::QuantileTimes(of, times));
    }
    if let Ok(number) = text.parse::<Decimal>() {
        let mut problem = Problem::error("bad-duration", format!("{name} needs a unit")).at(out.place(node.span.clone()));
        problem.hint = Some(format!("write `{number}x` for a multiple of the SLO's threshold, or a duration such as 750ms"));
        problem.replacement = Some(format!("{number}x"));
        out.push(problem);
        return None;
    }
    out.span(node, &name).map(|span| Level::QuantileSeconds(of, seconds(span)))
}

/// `2.5x` of the SLI's own value, or `{value: PROMQL, times: 2.5, average: 1h}`.
fn read_spike(out: &mut Findings<'_>, node: &Node, step: Span) -> Option<Spike> {
    let what = "`spike`";
    let Value::Map(_) = &node.value else {
        let times = read_times(out, node, what)?;
        return Some(Spike { times: above_one(out, node, times)?, average: Span::from_hours(1), of: None });
    };
    let fields = out.fields(node, what, &["value", "times", "average"])?;
    let of = match fields.get(out, "value") {
        Some(node) => Some(read_signal(out, node, Side::Below, step)?),
        None => None,
    };
    let times = fields.need(out, "times", what).and_then(|n| {
        let times = read_times(out, n, "`times`")?;
        above_one(out, n, times)
    });
    let average = fields.get(out, "average").map_or(Some(Span::from_hours(1)), |n| {
        let average = out.span(n, "`average`")?;
        if average < AVERAGES.0 || average > AVERAGES.1 {
            out.error("bad-duration", &n.span, format!("`average` must be from {} to {}", AVERAGES.0, AVERAGES.1));
            return None;
        }
        Some(average)
    });
    Some(Spike { times: times?, average: average?, of })
}

fn above_one(out: &mut Findings<'_>, node: &Node, times: Decimal) -> Option<Decimal> {
    if times <= Decimal::ONE {
        let hint = "a value is above its own average half of the time; 2.5x is usual";
        out.error_hint("bad-number", &node.span, "a spike must be more than the average itself", hint);
        return None;
    }
    Some(times)
}

/// An expression that is asked beside the SLI.
fn read_signal(out: &mut Findings<'_>, node: &Node, side: Side, step: Span) -> Option<Signal> {
    let text = out.text(node, "`value`")?.trim_end().to_owned();
    match query::plan_threshold(&text, &[], step) {
        Ok(plan) => Some(Signal { text: text.into(), plan, side }),
        Err(errors) => {
            for error in errors {
                let problem = query_problem(out, node, error.error);
                out.push(problem);
            }
            None
        }
    }
}

/// `{slo: service/name, burn: 2, over: 5m}` or `{value: PROMQL, above or below: LEVEL, over: 1m}`.
fn read_confirm(out: &mut Findings<'_>, node: &Node, step: Span) -> Option<Confirm> {
    let what = "`confirm`";
    let fields = out.fields(node, what, &["slo", "burn", "value", "above", "below", "over"])?;
    match (fields.has("slo"), fields.has("value")) {
        (true, false) => confirm_by_slo(out, &fields),
        (false, true) => confirm_by_value(out, &fields, step),
        (true, true) => {
            out.error_hint("two-meanings", &fields.head(), "`slo` and `value` are both given", "keep one of them");
            None
        }
        (false, false) => {
            let hint = "write {slo: service/name, burn: 2} or {value: PROMQL, above: 100}";
            fields.missing(out, &["slo", "value"], "`confirm` needs `slo` or `value`", hint);
            None
        }
    }
}

fn confirm_by_slo(out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<Confirm> {
    needless(out, fields, &["above", "below"], "an SLO confirms by its burn rate");
    let node = fields.get(out, "slo")?;
    let text = out.text(node, "`slo`")?.clone();
    let id = id_of(&text);
    if id.is_none() {
        out.error_hint("bad-name", &node.span, "`slo` must name an SLO as service/name", "such as `slo: gateway/availability`");
    }
    let burn = fields.get(out, "burn").map_or(Some(Decimal::ONE), |n| {
        let times = read_times(out, n, "`burn`")?;
        positive(out, n, times, "`burn`")
    });
    let over = fields.get(out, "over").map_or(Some(Span::from_mins(5)), |n| out.span(n, "`over`"));
    Some(Confirm::Slo { id: id?, burn: burn?, over: over? })
}

fn confirm_by_value(out: &mut Findings<'_>, fields: &Fields<'_>, step: Span) -> Option<Confirm> {
    needless(out, fields, &["burn"], "an expression confirms by its value");
    let (name, side) = match (fields.has("above"), fields.has("below")) {
        (true, false) => ("above", Side::Below),
        (false, true) => ("below", Side::Above),
        (true, true) => {
            let hint = "keep the side on which the value confirms the rule";
            out.error_hint("two-meanings", &fields.head(), "`above` and `below` are both given", hint);
            return None;
        }
        (false, false) => {
            let hint = "add the side on which the value confirms the rule, such as `above: 100`";
            fields.missing(out, &["above", "below"], "`confirm` needs `above` or `below`", hint);
            return None;
        }
    };
    let signal = fields.get(out, "value").and_then(|n| read_signal(out, n, side, step));
    let level = fields.get(out, name).and_then(|n| out.decimal(n, &format!("`{name}`")));
    let over = fields.get(out, "over").map_or(Some(Span::from_mins(1)), |n| out.span(n, "`over`"));
    Some(Confirm::Value { signal: signal?, level: level?, over: over? })
}

fn needless(out: &mut Findings<'_>, fields: &Fields<'_>, names: &[&str], why: &str) {
    for name in names {
        if let Some(span) = fields.key_span(name) {
            out.error_hint("needless-field", &span, format!("{why}: `{name}` says nothing here"), format!("remove `{name}`"));
        }
    }
}

/// `service/name`
fn id_of(text: &str) -> Option<SloId> {
    let (service, name) = text.trim().split_once('/')?;
    (!service.is_empty() && !name.is_empty() && !name.contains('/')).then(|| SloId::new(service, name))
}
