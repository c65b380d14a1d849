//! Two sheets of the same incident, compared figure by figure: for `cost verify` and `cost restate`.
//!
//! Where numbers come from may be worded differently; what they are may not.

use super::{Basis, CostInput, CostLine, CostSheet};
use crate::domain::base::Text;
use rust_decimal::Decimal;

/// One figure that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which figure: `lost_revenue (payments), F`.
    pub what: Text,
    /// As it was; absent when it was not there.
    pub was: Option<Text>,
    /// As it is; absent when it is no longer there.
    pub now: Option<Text>,
    /// It was declared by a file: another file, not another measurement.
    pub declared: bool,
}

/// Every figure that differs between two sheets, in the order of the lines.
pub fn differences(was: &CostSheet, now: &CostSheet) -> Vec<Difference> {
    let mut found = Vec::new();
    for line in &was.lines {
        match now.lines.iter().find(|l| is_same(l, line)) {
            Some(other) => of_lines(line, other, &mut found),
            None => found.push(differs(name(line), Some(amount(line)), None)),
        }
    }
    for line in now.lines.iter().filter(|l| !was.lines.iter().any(|o| is_same(o, l))) {
        found.push(differs(name(line), None, Some(amount(line))));
    }
    let shown = |d: Option<Decimal>| d.map(|d| d.to_string());
    for (what, old, new) in [
        ("total", shown(was.total), shown(now.total)),
        ("low", shown(was.low), shown(now.low)),
        ("high", shown(was.high), shown(now.high)),
        ("complete", Some(was.complete.to_string()), Some(now.complete.to_string())),
        ("provisional until", was.provisional_until.map(|t| t.rfc3339()), now.provisional_until.map(|t| t.rfc3339())),
    ] {
        if old != new {
            found.push(differs(what.to_owned(), old, new));
        }
    }
    let missing = |from: &CostSheet, but: &CostSheet| -> Vec<Text> {
        from.not_estimated.iter().filter(|m| !but.not_estimated.contains(m)).cloned().collect()
    };
    found.extend(missing(was, now).into_iter().map(|m| differs("not estimated".to_owned(), Some(m.to_string()), None)));
    found.extend(missing(now, was).into_iter().map(|m| differs("not estimated".to_owned(), None, Some(m.to_string()))));
    found
}

fn is_same(a: &CostLine, b: &CostLine) -> bool {
    (&a.component, &a.subject, &a.booked_month) == (&b.component, &b.subject, &b.booked_month)
}

fn name(line: &CostLine) -> String {
    let subject = line.subject.as_deref().map_or_else(String::new, |s| format!(" ({s})"));
    format!("{}{subject}", line.component)
}

fn amount(line: &CostLine) -> String {
    format!("{} {}", line.amount.amount, line.amount.currency)
}

fn differs(what: String, was: Option<String>, now: Option<String>) -> Difference {
    Difference { what: what.into(), was: was.map(Text::from), now: now.map(Text::from), declared: false }
}

fn of_lines(was: &CostLine, now: &CostLine, found: &mut Vec<Difference>) {
    let at = name(was);
    for input in &was.inputs {
        let other = now.inputs.iter().find(|i| i.name == input.name);
        if other.is_none_or(|o| o.value != input.value) {
            found.push(of_input(&at, Some(input), other));
        }
    }
    for input in now.inputs.iter().filter(|i| !was.inputs.iter().any(|o| o.name == i.name)) {
        found.push(of_input(&at, None, Some(input)));
    }
    let shown = |d: Option<Decimal>| d.map(|d| d.to_string());
    for (what, old, new) in [
        ("amount", Some(was.amount.amount), Some(now.amount.amount)),
        ("before rounding", Some(was.unrounded), Some(now.unrounded)),
        ("low", was.low, now.low),
        ("high", was.high, now.high),
    ] {
        if old != new {
            found.push(differs(format!("{at}, {what}"), shown(old), shown(new)));
        }
    }
    if was.memo != now.memo {
        found.push(differs(format!("{at}, memo"), Some(was.memo.to_string()), Some(now.memo.to_string())));
    }
}

fn of_input(at: &str, was: Option<&CostInput>, now: Option<&CostInput>) -> Difference {
    let declared = was.or(now).is_some_and(|i| i.basis == Basis::Declared);
    let value = |i: Option<&CostInput>| i.map(|i| i.value.to_string());
    let name = was.or(now).map_or("", |i| &i.name);
    Difference { declared, ..differs(format!("{at}, {name}"), value(was), value(now)) }
}
