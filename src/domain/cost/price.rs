//! Prices an incident: every component that applies becomes lines or is named as not estimated (SEMANTICS 8).

use super::record::{CostRecord, Priced};
use super::{CostLine, CostQuestion, CostSheet, contract, labour, revenue, side};
use crate::domain::base::{Currency, Text};
use crate::domain::objective::{Assumption, Business};
use rust_decimal::Decimal;

/// What an incident cost by the numbers of the business file. Pure: the same question gives the same sheet.
///
/// A component that the file leaves out does not apply. One that it gives as null, that lacks an input or whose amount
/// cannot be computed is listed in `not_estimated`, and the sheet is not complete.
pub fn price(question: &CostQuestion, business: &Business) -> CostSheet {
    record(question, business).sheet()
}

/// The inputs of every line, gathered: what a sheet is computed from and what the ledger keeps beside it.
pub fn record(question: &CostQuestion, business: &Business) -> CostRecord {
    let (mut priced, mut missing): (Vec<Priced>, Vec<String>) = (Vec::new(), Vec::new());
    for stream in revenue::streams_of(business, &question.services) {
        match revenue::priced(stream, question, business) {
            Ok(lines) => priced.extend(lines),
            Err(why) => missing.push(format!("{} ({}): {why}", revenue::COMPONENT, stream.name)),
        }
    }
    for contract in business.contracts.iter().filter(|c| contract::covers(c, question)) {
        match contract::priced(contract, question, business) {
            Ok(lines) => priced.extend(lines),
            Err(why) => missing.push(format!("{} ({}): {why}", contract::COMPONENT, contract.name)),
        }
    }
    if let Some(rates) = &business.labour {
        let (lines, reasons) = labour::priced(rates, question, business);
        priced.extend(lines);
        missing.extend(reasons.into_iter().map(|why| format!("{}: {why}", labour::COMPONENT)));
    }
    for price in business.capacity.iter().filter(|p| revenue::concerns(&p.services, &question.services)) {
        match side::capacity(price, question, business) {
            Ok(line) => priced.push(line),
            Err(why) => missing.push(format!("{} ({}): {why}", side::CAPACITY, price.name)),
        }
    }
    let concerns = |name: &Text| revenue::streams_of(business, &question.services).any(|s| s.name == *name);
    for what in business.consequences.iter().filter(|c| concerns(&c.stream)) {
        match side::consequence(what, &priced) {
            Ok(line) => priced.push(line),
            Err(why) => missing.push(format!("{}: {why}", what.kind.component())),
        }
    }
    missing.extend(business.nulls.iter().map(|id| format!("{id}: given as null in {}", business.file)));
    CostRecord {
        file: business.file.clone(),
        currency: business.currency,
        headline: business.headline,
        exchange: business.exchange.clone(),
        booked_month: question.booked_month.clone(),
        priced,
        not_estimated: missing.into_iter().map(Text::from).collect(),
        assumptions: question
            .assumptions
            .iter()
            .cloned()
            .chain(business.assumptions.iter().map(|a| sentence(a).into()))
            .collect(),
        provisional_until: question.provisional_until,
    }
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
        provisional_until: None,
        restates: None,
        record: None,
        lines,
    }
}

/// The sum over lines that count; absent when there is none, or on overflow.
fn sum(lines: &[CostLine], part: impl Fn(&CostLine) -> Decimal) -> Option<Decimal> {
    let mut added = lines.iter().filter(|l| !l.memo).map(part);
    let first = added.next()?;
    added.try_fold(first, Decimal::checked_add)
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
