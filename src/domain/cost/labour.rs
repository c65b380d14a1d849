//! `responder_labour`: the time of people known to have responded, at the rate of their role.
//!
//! A person's stretches are joined before they are priced, so nobody is paid twice for one minute.
//! Deliberately absent: premium hours and review meetings.

use super::exchange::Exchange;
use super::revenue::{result, too_large};
use super::{Basis, CostInput, CostLine, CostQuestion, Responder};
use crate::domain::base::{Interval, Money, Span, Text};
use crate::domain::objective::{Business, Labour};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Component id.
pub(super) const COMPONENT: &str = "responder_labour";
/// Method and version.
pub(super) const METHOD: &str = "responder_labour/1";

const MILLIS_AN_HOUR: Decimal = Decimal::from_parts(3_600_000, 0, 0, false, 0);

/// One person's time, priced.
struct Share<'a> {
    person: &'a Text,
    role: &'a Text,
    rate: Money,
    span: Span,
    declared: bool,
    exchange: Exchange<'a>,
    amount: Decimal,
}

/// The line, where anything of it is known, and what is missing of it.
pub(super) fn line(labour: &Labour, question: &CostQuestion, business: &Business) -> (Option<CostLine>, Vec<String>) {
    if question.responders.is_empty() {
        return (None, vec!["nobody is known to have responded".into()]);
    }
    let (mut shares, mut missing) = (Vec::new(), Vec::new());
    for (person, stretches) in by_person(&question.responders) {
        match share(person, &stretches, labour, business) {
            Ok(share) => shares.push(share),
            Err(why) => missing.push(format!("{person}: {why}")),
        }
    }
    match total(&shares) {
        Some(sum) if !shares.is_empty() => (Some(to_line(&shares, sum, question, business)), missing),
        Some(_) => (None, missing),
        None => (None, vec![too_large()]),
    }
}

/// The rate of a person by their role, and the role. The error says what is missing.
pub(super) fn rate_of<'a>(labour: &'a Labour, person: &str) -> Result<(&'a Text, Money), String> {
    let role = labour.people.get(person).or(labour.default_role.as_ref());
    let role = role.ok_or_else(|| "has no role and there is no default role".to_string())?;
    let rate = labour.rates.get(role).ok_or_else(|| format!("the role {role} has no rate"))?;
    Ok((role, *rate))
}

fn by_person(responders: &[Responder]) -> BTreeMap<&Text, Vec<&Responder>> {
    let mut map: BTreeMap<&Text, Vec<&Responder>> = BTreeMap::new();
    for responder in responders {
        map.entry(&responder.person).or_default().push(responder);
    }
    map
}

fn share<'a>(
    person: &'a Text,
    stretches: &[&Responder],
    labour: &'a Labour,
    business: &'a Business,
) -> Result<Share<'a>, String> {
    let (role, rate) = rate_of(labour, person)?;
    let exchange = Exchange::find(&business.exchange, rate.currency, business.currency)?;
    let span = Interval::union_span(stretches.iter().map(|r| r.time));
    let priced = Decimal::from(span.millis()).checked_mul(rate.amount).and_then(|a| a.checked_div(MILLIS_AN_HOUR));
    let amount = priced.and_then(|a| exchange.convert(a)).ok_or_else(too_large)?;
    Ok(Share { person, role, rate, span, declared: stretches.iter().all(|r| r.declared), exchange, amount })
}

fn total(shares: &[Share]) -> Option<Decimal> {
    shares.iter().try_fold(Decimal::ZERO, |sum, s| sum.checked_add(s.amount))
}

fn to_line(shares: &[Share], unrounded: Decimal, question: &CostQuestion, business: &Business) -> CostLine {
    let declared = shares.iter().all(|s| s.declared);
    CostLine {
        component: COMPONENT.into(),
        subject: None,
        amount: Money::new(unrounded, business.currency).rounded(),
        low: None,
        high: None,
        unrounded,
        basis: if declared { Basis::Declared } else { Basis::Derived },
        value_is: None,
        cash: false,
        booked_month: question.booked_month.clone(),
        formula: formula(shares, unrounded, business).into(),
        inputs: shares.iter().flat_map(|s| inputs(s, business)).fold(Vec::new(), once_each),
        memo: false,
        note: None,
    }
}

fn formula(shares: &[Share], sum: Decimal, business: &Business) -> String {
    let terms: Vec<String> = shares
        .iter()
        .map(|s| {
            let (secs, rate) = (seconds(s.span), s.rate);
            format!("{} ({}) {secs} s × {} {}/h ÷ 3600{}", s.person, s.role, rate.amount, rate.currency, s.exchange.term())
        })
        .collect();
    format!("sum of time × rate = {} {} {}", terms.join(" + "), result(sum), business.currency)
}

/// Exact seconds: milliseconds are kept where there are some.
fn seconds(span: Span) -> Decimal {
    Decimal::new(span.0, 3).normalize()
}

fn inputs(share: &Share, business: &Business) -> Vec<CostInput> {
    let (basis, source) = if share.declared {
        (Basis::Declared, "declared by a person")
    } else {
        (Basis::Derived, "ledger: from the person's first entry on the incident to its mitigation, stretches joined")
    };
    let time = CostInput {
        name: format!("time ({})", share.person).into(),
        value: format!("{} s", seconds(share.span)).into(),
        basis,
        source: source.into(),
    };
    let rate = CostInput {
        name: format!("rate ({})", share.role).into(),
        value: format!("{} {}/h", share.rate.amount, share.rate.currency).into(),
        basis: Basis::Declared,
        source: format!("{}: labour rate of {}", business.file, share.role).into(),
    };
    [time, rate].into_iter().chain(share.exchange.input(&business.file)).collect()
}

fn once_each(mut list: Vec<CostInput>, next: CostInput) -> Vec<CostInput> {
    if !list.contains(&next) {
        list.push(next);
    }
    list
}
