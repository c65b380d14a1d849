//! Functions of single numbers, and of labels.

use super::EvalError;
use super::node::Elements;
use crate::domain::base::Labels;
use crate::query::re2;
use chrono::{DateTime, Datelike, Timelike, Utc};
use regex::Regex;

/// A function of an element's value and up to two numbers.
pub(super) type Elementwise = fn(f64, &[f64]) -> f64;

/// The function of a name.
pub(super) fn named(name: &str) -> Option<Elementwise> {
    Some(match name {
        "abs" => |v, _| v.abs(),
        "ceil" => |v, _| v.ceil(),
        "floor" => |v, _| v.floor(),
        "sqrt" => |v, _| v.sqrt(),
        "exp" => |v, _| v.exp(),
        "ln" => |v, _| v.ln(),
        "log2" => |v, _| v.log2(),
        "log10" => |v, _| v.log10(),
        "sgn" => |v, _| {
            if v < 0.0 {
                -1.0
            } else if v > 0.0 {
                1.0
            } else {
                v
            }
        },
        "round" => |v, to| round(v, to.first().copied().unwrap_or(1.0)),
        "clamp" => |v, to| least(most(v, to[0]), to[1]),
        "clamp_min" => |v, to| most(v, to[0]),
        "clamp_max" => |v, to| least(v, to[0]),
        _ => return None,
    })
}

/// Ties go up; through the inverse, as Prometheus does, so that 0.1 behaves.
fn round(value: f64, to: f64) -> f64 {
    let inverse = 1.0 / to;
    (value * inverse + 0.5).floor() / inverse
}

/// The larger; NaN when either is, as in Go.
fn most(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }
}

fn least(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}

/// A part of the calendar, in UTC, of seconds since 1970; NaN where there is no such day.
pub(super) type Calendar = fn(&DateTime<Utc>) -> f64;

/// The calendar function of a name.
pub(super) fn calendar(name: &str) -> Option<Calendar> {
    Some(match name {
        "minute" => |t| f64::from(t.minute()),
        "hour" => |t| f64::from(t.hour()),
        "day_of_week" => |t| f64::from(t.weekday().num_days_from_sunday()),
        "day_of_month" => |t| f64::from(t.day()),
        "day_of_year" => |t| f64::from(t.ordinal()),
        "days_in_month" => |t| f64::from(t.num_days_in_month()),
        "month" => |t| f64::from(t.month()),
        "year" => |t| f64::from(t.year()),
        _ => return None,
    })
}

/// Applies a calendar function to seconds since 1970.
pub(super) fn on_calendar(f: Calendar, seconds: f64) -> f64 {
    if !seconds.is_finite() {
        return f64::NAN;
    }
    DateTime::from_timestamp(seconds.trunc() as i64, 0).map_or(f64::NAN, |t| f(&t))
}

/// `label_replace`, compiled.
pub(super) struct Replace {
    /// The label that is set.
    pub(super) to: String,
    replacement: String,
    from: String,
    regex: Regex,
}

impl Replace {
    /// From the function's four texts.
    pub(super) fn new(to: &str, replacement: &str, from: &str, pattern: &str) -> Result<Self, EvalError> {
        let regex = re2::compile(pattern)
            .map_err(|why| EvalError::Refused(format!("the regular expression of label_replace is broken: {why}")))?;
        if !is_label(to) {
            return Err(EvalError::Refused(format!("`{}` is no label that label_replace could set", to.escape_debug())));
        }
        Ok(Self { to: to.into(), replacement: replacement.into(), from: from.into(), regex })
    }

    /// The elements with the label set where the pattern matches.
    pub(super) fn apply(&self, elements: Elements) -> Elements {
        let one = |(labels, value): (Labels, f64)| {
            let Some(found) = self.regex.captures(labels.get(&self.from)) else { return (labels, value) };
            let mut text = String::new();
            found.expand(&self.replacement, &mut text);
            (with_label(&labels, &self.to, &text), value)
        };
        elements.into_iter().map(one).collect()
    }
}

/// The labels with one set; an empty value removes it.
pub(super) fn with_label(labels: &Labels, name: &str, value: &str) -> Labels {
    Labels::new(labels.iter().map(|(k, v)| (k.to_string(), v.to_string())).chain([(name.to_string(), value.to_string())]))
}

/// `label_join`: the values of `from` joined by `by` become the label `to`.
pub(super) fn join(elements: Elements, to: &str, by: &str, from: &[String]) -> Elements {
    let value = |labels: &Labels| from.iter().map(|l| labels.get(l)).collect::<Vec<_>>().join(by);
    elements.into_iter().map(|(labels, v)| (with_label(&labels, to, &value(&labels)), v)).collect()
}

fn is_label(name: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| ok(c) && !c.is_ascii_digit()) && name.chars().all(ok)
}
