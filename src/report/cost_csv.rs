//! A cost sheet for a spreadsheet: one row a line, the total, and what is not estimated. Amounts are plain decimals.
//!
//! Deliberately absent: adding up. The sheet's total stands in a row of its own, so that a reader can compare.

use crate::domain::cost::{CostLine, CostSheet};
use crate::words::escape::csv;
use rust_decimal::Decimal;

const HEAD: &str =
    "component,subject,amount,low,high,unrounded,currency,basis,value_is,cash,booked_month,memo,formula,inputs,note";

/// The sheet as CSV with a head, lines ended by CRLF as RFC 4180 has them.
pub fn cost_csv(sheet: &CostSheet) -> String {
    let mut rows = vec![HEAD.to_owned()];
    rows.extend(sheet.lines.iter().map(line));
    let state = if sheet.complete { "complete" } else { "partial: at least" };
    let total = [text("total"), String::new(), number(sheet.total), number(sheet.low), number(sheet.high), String::new()];
    let rest = [text(sheet.currency.code()), blanks(7), text(state)];
    rows.push(total.into_iter().chain(rest).collect::<Vec<_>>().join(","));
    rows.extend(sheet.not_estimated.iter().map(|why| missing(sheet, why)));
    rows.iter().fold(String::new(), |all, row| all + row + "\r\n")
}

fn line(line: &CostLine) -> String {
    let inputs: Vec<String> = line.inputs.iter().map(|i| format!("{} = {} ({})", i.name, i.value, i.basis.name())).collect();
    let maybe = |t: Option<&str>| t.map_or_else(String::new, text);
    let cells = [
        text(&line.component),
        maybe(line.subject.as_deref()),
        line.amount.amount.to_string(),
        number(line.low),
        number(line.high),
        line.unrounded.to_string(),
        text(line.amount.currency.code()),
        text(line.basis.name()),
        maybe(line.value_is.map(|v| v.name())),
        line.cash.to_string(),
        maybe(line.booked_month.as_deref()),
        line.memo.to_string(),
        text(&line.formula),
        text(&inputs.join("; ")),
        maybe(line.note.as_deref()),
    ];
    cells.join(",")
}

/// Known to be missing: no amount, and the reason as its note.
fn missing(sheet: &CostSheet, why: &str) -> String {
    let (component, reason) = why.split_once(": ").unwrap_or((why, "given as null"));
    let cells = [text(component), blanks(5), text(sheet.currency.code()), blanks(7), text(&format!("not estimated: {reason}"))];
    cells.join(",")
}

/// So many empty cells in a row.
fn blanks(count: usize) -> String {
    ",".repeat(count.saturating_sub(1))
}

fn text(text: &str) -> String {
    csv(text)
}

fn number(amount: Option<Decimal>) -> String {
    amount.map_or_else(String::new, |d| d.to_string())
}
