//! A cost sheet for people: the column that adds up, then how each line came about, what is missing and what it rests on.
//!
//! Text from outside is escaped here before it reaches the terminal.

use crate::cli::Out;
use crate::domain::base::{Language, Money};
use crate::domain::cost::estimate::{Dependence, QUANTILES, Range, Shares};
use crate::domain::cost::{CostLine, CostSheet, Estimate, Estimated};
use crate::domain::objective::ValueIs;
use crate::words::{escape, money, report, units, width};
use rust_decimal::Decimal;

/// Components that are taken off: without them the total says too much, not too little.
const TAKEN_OFF: [&str; 2] = ["recovered_revenue", "avoided_cost"];

pub(super) fn print(file: &Estimate, estimated: &Estimated, out: &mut Out) {
    let sheet = &estimated.sheet;
    out.line(&format!("COST  {}", escape::terminal(&file.file)));
    lines(file.headline, sheet, out);
    if let Some(shares) = &estimated.overlaps {
        overlaps(shares, sheet, out);
    }
    if let Some(range) = &estimated.range {
        quantiles(range, sheet, out);
    }
    rest(sheet, out);
}

/// A whole sheet, below a head that the caller writes.
pub(super) fn sheet(headline: Option<ValueIs>, sheet: &CostSheet, out: &mut Out) {
    lines(headline, sheet, out);
    rest(sheet, out);
}

fn lines(headline: Option<ValueIs>, sheet: &CostSheet, out: &mut Out) {
    column(headline, sheet, out);
    if !sheet.lines.is_empty() {
        out.line("\nHOW EACH LINE CAME ABOUT");
    }
    for line in &sheet.lines {
        explain(line, out);
    }
}

/// What is missing, and what the figures rest on.
fn rest(sheet: &CostSheet, out: &mut Out) {
    list("NOT ESTIMATED (unknown, not zero)", sheet.not_estimated.iter().map(|m| missing(m)).collect(), out);
    list("ASSUMPTIONS", sheet.assumptions.iter().map(|a| escape::terminal(a)).collect(), out);
    let rounding = format!(
        "each line is rounded once, half-even, to the minor unit of {}; the total adds the rounded lines",
        sheet.currency
    );
    list("ROUNDING", vec![rounding], out);
    list("METHODS", vec![escape::terminal(&sheet.method_versions.join(", "))], out);
}

fn column(headline: Option<ValueIs>, sheet: &CostSheet, out: &mut Out) {
    let shown = |d: Decimal| money::exact(Money::new(d, sheet.currency));
    let mut rows: Vec<(String, String, String)> =
        sheet.lines.iter().map(|l| (name(l), shown(l.amount.amount), remark(l, sheet))).collect();
    let total = sheet.total.map_or_else(|| money::NOT_ESTIMATED.to_owned(), shown);
    rows.push((total_name(headline, sheet), total, bounds(sheet.low, sheet.high, sheet)));
    let widest = |part: fn(&(String, String, String)) -> &str| rows.iter().map(|r| width::columns(part(r))).max().unwrap_or(0);
    let (left, right) = (widest(|r| &r.0), widest(|r| &r.1));
    let last = rows.len() - 1;
    for (i, (name, amount, remark)) in rows.iter().enumerate() {
        if i == last {
            out.line(&format!("  {}", "-".repeat(left + 2 + right)));
        }
        let line = format!("  {}  {}  {remark}", width::left(name, left, "…"), width::right(amount, right, "…"));
        out.line(line.trim_end());
    }
}

fn name(line: &CostLine) -> String {
    let subject = line.subject.as_deref().map_or_else(String::new, |s| format!(" ({})", escape::terminal(s)));
    format!("{}{subject}", line.component.replace('_', " "))
}

fn remark(line: &CostLine, sheet: &CostSheet) -> String {
    let cash = report::kind(line, Language::En);
    let value = line.value_is.map(|v| format!("valued as {}", v.name()));
    let memo = line.memo.then(|| "memo: shown, not added".to_owned());
    let bounds = Some(bounds(line.low, line.high, sheet)).filter(|b| !b.is_empty());
    let parts = [Some(line.basis.name().to_owned()), Some(cash.to_owned()), value, memo, bounds];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Low and high are bounds, no quantiles.
fn bounds(low: Option<Decimal>, high: Option<Decimal>, sheet: &CostSheet) -> String {
    let shown = |d: Decimal| money::exact(Money::new(d, sheet.currency));
    low.zip(high).map_or_else(String::new, |(low, high)| format!("bounds {} to {}", shown(low), shown(high)))
}

/// What the total is: of which value, and whether something is missing.
fn total_name(headline: Option<ValueIs>, sheet: &CostSheet) -> String {
    let kinds: Vec<&str> = sheet.value_kinds().into_iter().map(ValueIs::name).collect();
    let value = match (headline, kinds.len()) {
        (Some(headline), _) => format!(", revenue lines as {}", headline.name()),
        (None, 0) => String::new(),
        (None, 1) => format!(", revenue lines as {}", kinds[0]),
        (None, _) => format!(", revenue lines mixed: {}", kinds.join(" and ")),
    };
    format!("total{value}{}", completeness(sheet))
}

fn completeness(sheet: &CostSheet) -> &'static str {
    if sheet.complete || sheet.total.is_none() {
        ""
    } else if sheet.not_estimated.iter().any(|m| TAKEN_OFF.iter().any(|id| m.starts_with(id))) {
        ", partial: what is taken off is missing"
    } else {
        ", at least"
    }
}

fn explain(line: &CostLine, out: &mut Out) {
    out.line(&format!("  {}", name(line)));
    for text in width::wrap(&escape::terminal(&line.formula), out.width.saturating_sub(4).max(40)) {
        out.line(&format!("    {text}"));
    }
    for input in &line.inputs {
        let text = format!("{} = {}  ({}, {})", input.name, input.value, input.basis.name(), input.source);
        out.line(&format!("      {}", escape::terminal(&text)));
    }
    if let Some(note) = &line.note {
        out.line(&format!("    note: {}", escape::terminal(note)));
    }
}

fn overlaps(shares: &Shares, sheet: &CostSheet, out: &mut Out) {
    let shown = |d: Decimal| money::exact(Money::new(d, sheet.currency));
    out.line("\nOVERLAPPING INCIDENTS (their shares add up to the union)");
    for share in &shares.incidents {
        out.line(&format!("  {}  {}", escape::terminal(&share.id), shown(share.amount)));
    }
    out.line(&format!("  union  {}", shown(shares.union)));
}

fn quantiles(range: &Range, sheet: &CostSheet, out: &mut Out) {
    let shown = |d: Decimal| money::exact(Money::new(d, sheet.currency));
    let asked = &range.asked;
    let how = match asked.method {
        Dependence::Independent => "components vary independently",
        Dependence::Severity => "one severity drives all components",
    };
    out.line(&format!("\nRANGE OF THE TOTAL (simulated: {how}; {} draws, seed {})", asked.draws, asked.seed));
    for ((name, _), value) in QUANTILES.iter().zip(range.quantiles) {
        out.line(&format!("  {:<4}  {}", name.to_uppercase(), shown(value)));
    }
    out.line(&format!("  mean  {}", shown(range.mean)));
    if let Some((sum, chance)) = asked.exceeds.zip(range.chance) {
        out.line(&format!("  chance of more than {}: {}", shown(sum), units::percent(chance, 1)));
    }
    for (component, share) in &range.variance {
        out.line(&format!("  {} of the variance: {}", units::percent(*share, 1), component.replace('_', " ")));
    }
    for swing in range.sensitivity.iter().take(5) {
        let subject = swing.subject.as_deref().map_or_else(String::new, |s| format!(" ({})", escape::terminal(s)));
        let what = format!("{}{subject}, {}", swing.component.replace('_', " "), escape::terminal(&swing.input));
        let how = if &*swing.input == "range" { "from its low to its high" } else { "a fifth less to a fifth more" };
        out.line(&format!("  {what}, {how}: total {} to {}", shown(swing.low), shown(swing.high)));
    }
    out.line("  The total above adds the stated amounts; it is no quantile. Bounds are sums of lows and highs.");
}

/// A bare id was given as null; everything else says its reason itself.
fn missing(entry: &str) -> String {
    let reason = if entry.contains(": ") { "" } else { ": given as null" };
    format!("{}{reason}", escape::terminal(entry))
}

fn list(head: &str, entries: Vec<String>, out: &mut Out) {
    if entries.iter().all(String::is_empty) {
        return;
    }
    out.line(&format!("\n{head}"));
    for entry in entries {
        for (i, text) in width::wrap(&entry, out.width.saturating_sub(4).max(40)).into_iter().enumerate() {
            out.line(&format!("  {} {text}", if i == 0 { "-" } else { " " }));
        }
    }
}
