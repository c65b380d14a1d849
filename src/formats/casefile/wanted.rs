//! Single expectations: numbers with their exactness, times, words, and `none`.

use crate::domain::base::{Ms, Severity, Span, Text};
use crate::domain::review::casefile::{Compare, Wanted};
use crate::kit::yaml::{Findings, Node, Value, parse_decimal};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// What stands for nothing and unknown.
const NONE: &str = "none";
/// How far a count may be off: asked plans add fractions up.
const COUNT_SLACK: f64 = 1e-6;
/// How far a latency or a duration may be off: half a millisecond.
const SECONDS_SLACK: f64 = 0.000_5;

/// A duration that may be nothing: `0s`, `10m`.
pub(super) fn span(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Span> {
    let text = out.text(node, what)?.clone();
    let span = Span::parse(text.trim()).ok();
    if span.is_none() {
        let message = format!("{what} must be a duration, this is `{}`", short(&text));
        out.error_hint("bad-duration", &node.span, message, "durations look like 30d, 1h30m, 5m or 0s");
    }
    span
}

/// An instant: a duration after `start`, or RFC 3339. Errors are told.
pub(super) fn instant(out: &mut Findings<'_>, node: &Node, what: &str, start: Ms) -> Option<Ms> {
    let text = out.text(node, what)?.clone();
    let at = read_instant(text.trim(), start);
    if at.is_none() {
        let message = format!("{what} must be a time, this is `{}`", short(&text));
        out.error_hint("bad-time", &node.span, message, "times count from the start (10m, 4d6h), or are RFC 3339");
    }
    at
}

fn read_instant(text: &str, start: Ms) -> Option<Ms> {
    Span::parse(text).ok().map(|span| start + span).or_else(|| Ms::parse_rfc3339(text))
}

/// The text of an expectation; `None` after an error.
pub(super) fn written(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Text> {
    match &node.value {
        Value::Null => Some(NONE.into()),
        _ => out.text(node, what).map(|t| t.trim().into()),
    }
}

/// A word out of a few, or `none` where that can be.
pub(super) fn word(out: &mut Findings<'_>, node: &Node, what: &str, words: &[&str], may_be_none: bool) -> Option<Wanted> {
    let text = written(out, node, what)?;
    if may_be_none && &*text == NONE {
        return Some(Wanted::None);
    }
    if words.contains(&&*text) {
        return Some(Wanted::Word(text));
    }
    let known: Vec<&str> = words.iter().copied().chain(may_be_none.then_some(NONE)).collect();
    out.unknown("unknown-word", what, &text, &node.span, &known, "");
    None
}

/// A severity, or `none`.
pub(super) fn severity(out: &mut Findings<'_>, node: &Node) -> Option<Wanted> {
    word(out, node, "severity", &Severity::ALL.map(Severity::name), true)
}

/// A word that is not known beforehand, or `none`.
pub(super) fn code(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Wanted> {
    written(out, node, what).map(|text| if &*text == NONE { Wanted::None } else { Wanted::Word(text) })
}

/// `true` or `false`.
pub(super) fn yes(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Wanted> {
    word(out, node, what, &["true", "false"], false)
}

/// An instant, perhaps with `<=` before it, or `none`.
pub(super) fn time(out: &mut Findings<'_>, node: &Node, what: &str, start: Ms) -> Option<Wanted> {
    let text = written(out, node, what)?;
    if &*text == NONE {
        return Some(Wanted::None);
    }
    let (compare, rest) = compare(&text);
    let at = read_instant(rest, start);
    if at.is_none() {
        let message = format!("{what} must be a time or `none`, this is `{}`", short(&text));
        out.error_hint("bad-time", &node.span, message, "times look like 6m, `<= 6m15s` or 2026-03-02T02:17:00Z");
    }
    Some(Wanted::Time(compare, at?))
}

/// A number: `36`, `14.4`, `12.5%`, `> 14.4`, or `none`. Counts are compared to the event, others as exactly as written.
pub(super) fn number(out: &mut Findings<'_>, node: &Node, what: &str, is_count: bool) -> Option<Wanted> {
    let text = written(out, node, what)?;
    if &*text == NONE {
        return Some(Wanted::None);
    }
    let (compare, rest) = compare(&text);
    let read = read_number(rest);
    if read.is_none() {
        let message = format!("{what} must be a number or `none`, this is `{}`", short(&text));
        out.error_hint("bad-number", &node.span, message, "numbers look like 36, 14.4, 12.5% or `> 14.4`");
    }
    let (value, slack) = read?;
    Some(Wanted::Number { compare, value, slack: if is_count { COUNT_SLACK } else { slack } })
}

/// The number and half a unit of its last digit.
fn read_number(text: &str) -> Option<(f64, f64)> {
    let (digits, unit) = match text.strip_suffix('%') {
        Some(digits) => (digits.trim_end(), Decimal::ONE_HUNDRED),
        None => (text.strip_suffix('x').unwrap_or(text), Decimal::ONE),
    };
    let number = parse_decimal(digits)?;
    let half = Decimal::new(5, number.scale().checked_add(1).filter(|scale| *scale <= 27)?);
    let in_units = |number: Decimal| number.checked_div(unit).and_then(|n| n.to_f64());
    // The edge itself belongs to it: 14.45 is 14.4 and 14.5.
    Some((in_units(number)?, in_units(half)? * (1.0 + 1e-9)))
}

/// A duration in seconds: `20h34m`, or `none`; for latencies also `at least 10s`.
pub(super) fn seconds(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Wanted> {
    let text = written(out, node, what)?;
    if &*text == NONE {
        return Some(Wanted::None);
    }
    let capped = text.strip_prefix("at least ");
    let (compare, rest) = compare(capped.unwrap_or(&text));
    let span = Span::parse(rest).ok();
    if span.is_none() {
        let message = format!("{what} must be a duration or `none`, this is `{}`", short(&text));
        out.error_hint("bad-duration", &node.span, message, "durations look like 250ms, 20h34m or `at least 10s`");
    }
    let value = span?.secs_f64();
    Some(if capped.is_some() { Wanted::Capped(value) } else { Wanted::Number { compare, value, slack: SECONDS_SLACK } })
}

fn compare(text: &str) -> (Compare, &str) {
    let signs = [(">=", Compare::AtLeast), ("<=", Compare::AtMost), (">", Compare::Above), ("<", Compare::Below)];
    let found = signs.into_iter().find_map(|(sign, compare)| Some((compare, text.strip_prefix(sign)?.trim_start())));
    found.unwrap_or((Compare::Same, text))
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
