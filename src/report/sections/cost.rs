//! The cost annex: every line with formula, inputs and where they come from.

use super::head::cost_words;
use super::instant;
use crate::domain::base::Money;
use crate::domain::cost::{CostLine, CostSheet};
use crate::domain::review::PostmortemFacts;
use crate::report::md::{self, code, text};
use crate::words::money;
use rust_decimal::Decimal;

pub(in crate::report) fn annex(facts: &PostmortemFacts) -> String {
    let Some(sheet) = &facts.incident.cost else {
        return "No cost is recorded for this incident: not estimated, which does not mean that it was free.".into();
    };
    let total = format!("Total: **{}**{}", cost_words(Some(sheet)), rounded(sheet));
    md::join([total, column(sheet), md::join(sheet.lines.iter().map(line)), missing(sheet), basis(sheet), restated(facts)])
}

/// The headline without false precision.
fn rounded(sheet: &CostSheet) -> String {
    sheet.total.map_or_else(|| ".".into(), |t| format!(", about {}.", money::brief(Money::new(t, sheet.currency))))
}

/// The column that adds up.
fn column(sheet: &CostSheet) -> String {
    if sheet.lines.is_empty() {
        return "No line could be estimated.".into();
    }
    let shown = |d: Decimal| money::exact(Money::new(d, sheet.currency));
    let maybe = |d: Option<Decimal>| d.map_or_else(|| "-".into(), shown);
    let mut rows: Vec<Vec<String>> = sheet
        .lines
        .iter()
        .map(|l| {
            let memo = if l.memo { " (memo: shown, not added)" } else { "" };
            let kind = if l.cash { "paid out" } else { "opportunity" };
            let month = l.booked_month.as_deref().map_or_else(|| "unknown".into(), text);
            let amount = format!("{}{memo}", shown(l.amount.amount));
            vec![name(l), amount, maybe(l.low), maybe(l.high), l.basis.name().into(), kind.into(), month]
        })
        .collect();
    let sum = sheet.total.map_or_else(|| money::NOT_ESTIMATED.into(), shown);
    let partial = if sheet.complete { "" } else { ", partial" };
    let blank = String::new;
    rows.push(vec![
        format!("**total{partial}**"),
        format!("**{sum}**"),
        maybe(sheet.low),
        maybe(sheet.high),
        blank(),
        blank(),
        blank(),
    ]);
    md::table(&["component", "amount", "low", "high", "basis", "kind", "booked in"], &rows)
}

fn name(line: &CostLine) -> String {
    let subject = line.subject.as_deref().map_or_else(String::new, |s| format!(" ({})", text(s)));
    let value = line.value_is.map_or_else(String::new, |v| format!(", valued as {}", v.name()));
    format!("{}{subject}{value}", text(&line.component.replace('_', " ")))
}

fn line(line: &CostLine) -> String {
    let rows: Vec<Vec<String>> =
        line.inputs.iter().map(|i| vec![text(&i.name), text(&i.value), i.basis.name().into(), text(&i.source)]).collect();
    let note = line.note.as_deref().map_or_else(String::new, text);
    md::join([format!("### {}", name(line)), code(&line.formula), md::table(&["input", "value", "basis", "source"], &rows), note])
}

fn missing(sheet: &CostSheet) -> String {
    if sheet.not_estimated.is_empty() {
        return "Nothing that applies is missing.".into();
    }
    md::join(["Not estimated (unknown, not zero):".into(), md::list(sheet.not_estimated.iter().map(|why| text(why)))])
}

/// What the figures rest on.
fn basis(sheet: &CostSheet) -> String {
    let unit = 10_u32.pow(sheet.currency.minor_units().min(6));
    let minor = if unit == 1 { "the whole unit".to_owned() } else { format!("1/{unit} of the unit") };
    let rounding = format!(
        "Rounding: each line once, half-even, to the currency's minor unit ({}, {minor}); the total adds the rounded lines. Low and high are bounds, not quantiles.",
        sheet.currency
    );
    let methods: Vec<String> = sheet.method_versions.iter().map(|m| code(m)).collect();
    let methods = (!methods.is_empty()).then(|| format!("Methods: {}.", methods.join(", ")));
    let assumptions = sheet.assumptions.iter().map(|a| format!("Assumption: {}.", text(a)));
    md::list(assumptions.chain([rounding]).chain(methods))
}

/// Earlier figures stay visible.
fn restated(facts: &PostmortemFacts) -> String {
    if facts.restated.len() < 2 {
        return String::new();
    }
    let rows: Vec<Vec<String>> =
        facts.restated.iter().map(|r| vec![r.seq.0.to_string(), instant(Some(r.at)), cost_words(Some(&r.sheet))]).collect();
    md::join([
        "Restated: earlier figures are kept, the last one is in force.".into(),
        md::table(&["entry", "recorded", "total"], &rows),
    ])
}
