//! Prices an incident: every component that applies becomes lines or is named as not estimated (SEMANTICS 8).

use super::{CostLine, CostQuestion, CostSheet, labour, revenue};
use crate::domain::base::{Currency, Text};
use crate::domain::objective::{Assumption, Business};
use rust_decimal::Decimal;

/// What an incident cost by the numbers of the business file. Pure: the same question gives the same sheet.
///
/// A component that the file leaves out does not apply. One that it gives as null, that lacks an input or whose amount
/// cannot be computed is listed in `not_estimated`, and the sheet is not complete.
pub fn price(question: &CostQuestion, business: &Business) -> CostSheet {
    let (mut lines, mut missing) = (Vec::new(), Vec::new());
    for stream in revenue::streams_of(business, &question.services) {
        match revenue::line(stream, question, business) {
            Ok(line) => lines.push(line),
            Err(why) => missing.push(format!("{} ({}): {why}", revenue::COMPONENT, stream.name)),
        }
    }
    if let Some(rates) = &business.labour {
        let (line, reasons) = labour::line(rates, question, business);
        lines.extend(line);
        missing.extend(reasons.into_iter().map(|why| format!("{}: {why}", labour::COMPONENT)));
    }
    missing.extend(business.nulls.iter().map(|id| format!("{id}: given as null in {}", business.file)));
    let not_estimated = missing.into_iter().map(Text::from).collect();
    let (assumptions, method_versions) = (assumptions(&lines, business), methods(&lines));
    CostSheet { assumptions, method_versions, ..add_up(lines, not_estimated, business.currency) }
}

/// Totals add the rounded lines that are no memo, so the column adds up. What the figures rest on is the caller's to say.
pub(super) fn add_up(lines: Vec<CostLine>, mut not_estimated: Vec<Text>, currency: Currency) -> CostSheet {
    let total = sum(&lines, |l| l.amount.amount);
    let added = lines.iter().filter(|l| !l.memo).count();
    if total.is_none() && added > 0 {
        not_estimated.push("total: the sum is too large to compute".into());
    }
    let ranged = lines.iter().any(|l| !l.memo && (l.low.is_some() || l.high.is_some()));
    let bound = |part: fn(&CostLine) -> Decimal| if ranged { sum(&lines, part) } else { None };
    CostSheet {
        currency,
        total,
        low: bound(|l| l.low.unwrap_or(l.amount.amount)),
        high: bound(|l| l.high.unwrap_or(l.amount.amount)),
        complete: not_estimated.is_empty(),
        not_estimated,
        assumptions: Vec::new(),
        method_versions: Vec::new(),
        lines,
    }
}

/// The sum over lines that count; absent when there is none, or on overflow.
fn sum(lines: &[CostLine], part: impl Fn(&CostLine) -> Decimal) -> Option<Decimal> {
    let mut added = lines.iter().filter(|l| !l.memo).map(part);
    let first = added.next()?;
    added.try_fold(first, Decimal::checked_add)
}

fn methods(lines: &[CostLine]) -> Vec<Text> {
    [(revenue::COMPONENT, revenue::METHOD), (labour::COMPONENT, labour::METHOD)]
        .into_iter()
        .filter(|(component, _)| lines.iter().any(|l| &*l.component == *component))
        .map(|(_, method)| method.into())
        .collect()
}

/// What the figures rest on: the methods' own assumptions, then those of the file.
fn assumptions(lines: &[CostLine], business: &Business) -> Vec<Text> {
    let uses = |component: &str| lines.iter().any(|l| &*l.component == component);
    let mut list: Vec<Text> = Vec::new();
    if uses(revenue::COMPONENT) {
        list.push("Every failed transaction counts as one lost sale, but for the share that comes back (r)".into());
    }
    if uses(labour::COMPONENT) {
        list.push(
            "A responder works from their first entry on the incident to its mitigation; salaried time, not paid out".into(),
        );
    }
    list.extend(business.assumptions.iter().map(|a| sentence(a).into()));
    list
}

/// An assumption with who holds it, from where, since when.
pub(super) fn sentence(a: &Assumption) -> String {
    let owner = a.owner.as_ref().map(|o| format!("owner {o}"));
    let source = a.source.as_ref().map(|s| format!("source {s}"));
    let since = a.as_of.as_ref().map(|d| format!("as of {d}"));
    let details: Vec<String> = [owner, source, since].into_iter().flatten().collect();
    let tail = if details.is_empty() { String::new() } else { format!(" ({})", details.join("; ")) };
    format!("{}: {}{tail}", a.name, a.value)
}
