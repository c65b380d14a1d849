//! `sli: {preset: NAME, selector: ...}`: what an SLO says of a preset, and the ordinary SLI that it becomes.

use super::sli::{ReadSli, query_problem, read_allowed, read_under};
use crate::domain::base::{Problem, Span};
use crate::domain::measure::Matcher;
use crate::domain::objective::{Convention, Form, Preset};
use crate::kit::yaml::{Fields, Findings, Node};
use crate::query::preset::{Wish, conditions, expand};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

const FIELDS: [&str; 6] = ["preset", "convention", "indicator", "selector", "under", "allowed"];

/// Reads `sli:` with a `preset`. Absent after an error.
pub(super) fn read(out: &mut Findings<'_>, node: &Node, presets: &[&Preset]) -> Option<ReadSli> {
    let before = out.errors();
    let fields = out.fields(node, "`sli` with a preset", &FIELDS)?;
    let whose = selector(out, &fields);
    let under = fields.get(out, "under").map(|n| read_under(out, n));
    let allowed = fields.get(out, "allowed").map(|n| read_allowed(out, n));
    let form = form(out, &fields, presets)?;
    fits(out, &fields, form, under.flatten());
    // Everything that is wrong has been told.
    let wish = Wish { whose: whose?, under: millis(under.flatten()), allowed: allowed.flatten() };
    let place = fields.key_span("preset").unwrap_or_else(|| fields.head());
    match expand(form, &wish) {
        Ok(sli) => sli.filter(|_| out.errors() == before).map(|sli| ReadSli::placed(sli, place)),
        Err(error) => {
            out.push(Problem::error("bad-query", error.message).at(out.place(place)));
            None
        }
    }
}

/// Seconds as a span; `under` was read from one.
fn millis(under: Option<Decimal>) -> Option<Span> {
    under.and_then(|s| s.checked_mul(Decimal::ONE_THOUSAND)).and_then(|ms| ms.to_i64()).map(Span)
}

fn selector(out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<Vec<Matcher>> {
    if !fields.has("selector") {
        let hint = "add `selector: '{job=\"checkout\"}'`; for everything there is, `selector: '{}'`";
        fields.missing(out, &["selector"], "a preset needs `selector`: whose events are meant", hint);
        return None;
    }
    let node = fields.get(out, "selector")?;
    let text = out.text(node, "`selector`")?;
    match conditions(text) {
        Ok(found) => Some(found),
        Err(error) => {
            let problem = query_problem(out, node, error);
            out.push(problem);
            None
        }
    }
}

/// What is measured: preset, convention and indicator by their names.
fn form<'p>(out: &mut Findings<'_>, fields: &Fields<'_>, presets: &[&'p Preset]) -> Option<&'p Form> {
    let named = |out: &mut Findings<'_>, field: &str| {
        let node = fields.get(out, field)?;
        Some((out.text(node, &format!("`{field}`"))?.trim().to_owned(), node.span.clone()))
    };
    let (name, span) = named(out, "preset")?;
    let Some(preset) = presets.iter().find(|p| *p.name == *name) else {
        let known: Vec<&str> = presets.iter().map(|p| &*p.name).collect();
        out.unknown("unknown-preset", "preset", &name, &span, &known, "");
        return None;
    };
    let chosen = named(out, "convention");
    let Some(convention) = preset.convention(chosen.as_ref().map(|(name, _)| &**name)) else {
        let (name, span) = chosen?;
        let known: Vec<&str> = preset.conventions.iter().map(|c| &*c.name).collect();
        out.unknown("unknown-convention", "convention", &name, &span, &known, &format!("preset `{}`", preset.name));
        return None;
    };
    let wanted = named(out, "indicator");
    let found = convention.indicator(wanted.as_ref().map(|(name, _)| &**name), fields.has("under"));
    if found.is_none() {
        no_indicator(out, fields, preset, convention, wanted);
    }
    found.map(|i| &i.form)
}

fn no_indicator(
    out: &mut Findings<'_>,
    fields: &Fields<'_>,
    preset: &Preset,
    convention: &Convention,
    wanted: Option<(String, std::ops::Range<usize>)>,
) {
    let known: Vec<&str> = convention.indicators.iter().map(|i| &*i.name).collect();
    if let Some((name, span)) = wanted {
        out.unknown("unknown-indicator", "indicator", &name, &span, &known, &format!("preset `{}`", preset.name));
    } else if let Some(span) = fields.key_span("under") {
        let message = format!("preset `{}` has nothing that takes `under`", preset.name);
        out.error_hint("needless-field", &span, message, format!("remove it; its indicators are {}", known.join(", ")));
    }
}

/// Tells of fields that the indicator needs and does not have, and of those it has no use for.
fn fits(out: &mut Findings<'_>, fields: &Fields<'_>, form: &Form, under: Option<Decimal>) {
    match (form.takes_under(), fields.key_span("under")) {
        (true, None) => fields.missing(out, &["under"], "latency of a preset needs `under`", "add `under: 250ms`"),
        (false, Some(span)) => {
            out.error_hint(
                "needless-field",
                &span,
                "this indicator has no use for `under`",
                "remove it, or name another indicator",
            );
        }
        _ => {}
    }
    if let (false, Some(span)) = (matches!(form, Form::Occurrences { .. }), fields.key_span("allowed")) {
        out.error_hint(
            "needless-field",
            &span,
            "this indicator has no use for `allowed`",
            "remove it, or name another indicator",
        );
    }
    if let (Form::Millis { bounds, .. }, Some(under), Some(node)) = (form, under, fields.raw("under")) {
        usual_bound(out, node, bounds, under);
    }
}

/// A bucket that is not there would make every event a bad one.
fn usual_bound(out: &mut Findings<'_>, node: &Node, bounds: &[Decimal], under: Decimal) {
    let Some(ms) = under.checked_mul(Decimal::ONE_THOUSAND).map(|ms| ms.normalize()) else { return };
    if bounds.is_empty() || bounds.contains(&ms) {
        return;
    }
    let below = bounds.iter().filter(|b| **b < ms).max();
    let above = bounds.iter().filter(|b| **b > ms).min();
    let near: Vec<String> = below.into_iter().chain(above).map(|b| format!("{b}ms")).collect();
    let message = format!("{ms}ms is none of this histogram's usual bounds: without such a bucket every event is bad");
    let hint =
        format!("the nearest are {}; if your servers have this one, give the preset your own `bounds`", near.join(" and "));
    out.warn("unusual-bound", &node.span, message, hint);
}
