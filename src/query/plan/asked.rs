//! Plans that the server evaluates: the text it is sent, what its values mean, and the sentence why.

use super::{Planned, field, groups, whole};
use crate::domain::base::{Span, Text};
use crate::domain::measure::{AskedPlan, AskedUnit, Plan};
use crate::query::ast::{Expr, Kind, Stretch};
use crate::query::error::QueryError;
use crate::query::guard::with_window;

/// What stands for the window placeholder: a minute, or four steps where the step is longer than 15 s (a rate needs two
/// samples, and a scrape may be missing).
pub(super) fn window(step: Span) -> Span {
    Span::from_mins(1).max(step * 4)
}

/// The text the server is sent.
pub(super) fn text(written: &str, window: Span) -> Result<Text, QueryError> {
    with_window(written, window).map(Into::into)
}

/// The end of the sentence why, when a placeholder was replaced.
pub(super) fn stated(exprs: &[&Expr], window: Span) -> String {
    let uses = exprs.iter().any(|e| ranges(e).contains(&Stretch::Window));
    if uses { format!("; {{{{window}}}} is {window}") } else { String::new() }
}

/// One text of a pair.
pub(super) struct Side<'a> {
    pub(super) name: &'static str,
    pub(super) text: &'a str,
    pub(super) expr: &'a Expr,
}

/// The asked plan of errors (or good events) over a total.
pub(super) fn ratio(sides: &[Side<'_>; 2], is_good: bool, group_by: &[Text], step: Span, why: &str) -> Planned<Plan> {
    let window = window(step);
    let errors: Vec<_> = sides.iter().filter_map(|s| check(s, group_by).err().map(|e| field(s.name, e))).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let [events, total] = sides;
    let unit = match (unit(events.expr, window), unit(total.expr, window)) {
        (Some(a), Some(b)) if a != b => return Err(vec![field("total", unequal(events.name, total.text))]),
        (Some(unit), _) | (None, Some(unit)) => unit,
        (None, None) => AskedUnit::PerSecond,
    };
    let render = |s: &Side<'_>| text(s.text, window).map_err(|e| vec![field(s.name, e)]);
    let (first, all) = (render(events)?, render(total)?);
    // Missing good events are no good events.
    let errors = if is_good { format!("{} - ({} or {} * 0)", part(&all), part(&first), part(&all)).into() } else { first };
    let why = format!("{why}{}", stated(&[events.expr, total.expr], window));
    Ok(Plan::Asked { ask: AskedPlan::Ratio { errors, total: all, unit }, why: why.into() })
}

/// A text as a part of another: in parentheses, which a comment at its end must not swallow.
fn part(text: &str) -> String {
    if text.contains('#') { format!("({text}\n)") } else { format!("({text})") }
}

fn check(side: &Side<'_>, group_by: &[Text]) -> Result<(), QueryError> {
    groups::check(side.expr, side.text, group_by)?;
    let Some(name) = lifetime(side.expr) else { return Ok(()) };
    let message = format!("`{name}` cannot be counted here, and asked as it stands it would be the counter's whole life");
    Err(QueryError::new(message, whole(side.text)).hint(format!("write rate({name}[{{{{window}}}}])")))
}

/// A counter that is read without a range. Names in `_count` are left alone: many gauges have them.
fn lifetime(expr: &Expr) -> Option<String> {
    let mut found = None;
    expr.walk(&mut |e| {
        if let Expr::Vector(pick) = e
            && let Some(name) = pick.selector.name()
            && (name.ends_with("_total") || name.ends_with("_bucket"))
        {
            found = Some(name.to_string());
        }
    });
    found
}

/// The error of sides that mean different things.
pub(super) fn unequal(name: &str, total: &str) -> QueryError {
    let message = format!("`{name}` and `total` count in different units: one per second (rate), one per window (increase)");
    QueryError::new(message, whole(total)).hint("use rate, or increase over the same range, in both")
}

/// What the values of an expression are; `None` for levels such as gauges.
fn unit(expr: &Expr, window: Span) -> Option<AskedUnit> {
    let (mut rate, mut per) = (false, None);
    expr.walk(&mut |e| {
        let Expr::Call { name, args, .. } = e else { return };
        match &**name {
            "rate" | "irate" | "deriv" => rate = true,
            "increase" | "delta" | "sum_over_time" | "count_over_time" | "changes" | "resets" => {
                per = per.or_else(|| args.iter().find(|a| a.kind() == Kind::Matrix).and_then(|a| ranges(a).first().copied()));
            }
            _ => {}
        }
    });
    match per {
        _ if rate => Some(AskedUnit::PerSecond),
        Some(range) => Some(AskedUnit::PerWindow(range.with(window))),
        None => None,
    }
}

/// The ranges of an expression, from the outside in.
fn ranges(expr: &Expr) -> Vec<Stretch> {
    let mut found = Vec::new();
    expr.walk(&mut |e| match e {
        Expr::Matrix(pick, range) => {
            found.push(*range);
            found.extend(pick.shift.offset.map(|(s, _)| s));
        }
        Expr::Subquery { range, step, shift, .. } => {
            found.push(*range);
            found.extend(*step);
            found.extend(shift.offset.map(|(s, _)| s));
        }
        Expr::Vector(pick) => found.extend(pick.shift.offset.map(|(s, _)| s)),
        _ => {}
    });
    found
}
