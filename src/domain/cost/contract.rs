//! `sla_credits` of an incident: downtime by calendar month of the contract, and what earlier incidents used up of it.

use super::estimate::{Component, Credits, Customer, Kind};
use super::question::minutes;
use super::record::{Priced, Trace};
use super::revenue::concerns;
use super::{Basis, CostQuestion};
use crate::domain::base::{Interval, Span, Text};
use crate::domain::objective::{Business, Contract};
use chrono::Datelike;
use rust_decimal::Decimal;

/// Component id.
pub(super) const COMPONENT: &str = "sla_credits";

/// The lines of one contract, one a month that the impact touches; or why there are none.
pub(super) fn priced(contract: &Contract, question: &CostQuestion, business: &Business) -> Result<Vec<Priced>, String> {
    if question.impact.is_empty() {
        return Err("no bad minute was measured".into());
    }
    let mut months: Vec<Interval> = Vec::new();
    for stretch in &question.impact {
        for at in [stretch.from, stretch.to] {
            let month = contract.zone.month(at).ok_or("its months cannot be told")?;
            if !months.contains(&month) {
                months.push(month);
            }
        }
    }
    months.sort();
    let one = |month: &Interval| line(contract, *month, question, business);
    Ok(months.iter().filter_map(one).collect())
}

/// Downtime that counts: within the month, not excluded, and long enough at a stretch.
fn counted(contract: &Contract, month: Interval, list: &[Interval]) -> Vec<Interval> {
    let mut left = Interval::without(Interval::within(list.iter().copied(), month), contract.exclude.iter().copied());
    if let Some(least) = contract.min_consecutive_minutes {
        left.retain(|i| minutes(i.span()) >= least);
    }
    left
}

fn sum(list: &[Interval]) -> Span {
    Interval::union_span(list.iter().copied())
}

/// `None` when nothing of the incident lies in the month.
fn line(contract: &Contract, month: Interval, question: &CostQuestion, business: &Business) -> Option<Priced> {
    if Interval::within(question.impact.iter().copied(), month).is_empty() {
        return None;
    }
    let own = counted(contract, month, &question.impact);
    let mine = |services: &[Text]| contract.services.is_empty() || services.iter().any(|s| contract.services.contains(s));
    let others: Vec<_> = question.earlier.iter().filter(|o| mine(&o.services)).collect();
    let before: Vec<Interval> = others.iter().flat_map(|o| counted(contract, month, &o.intervals)).collect();
    let all: Vec<Interval> = before.iter().chain(&own).copied().collect();
    // Minutes that an earlier incident covers too are its own.
    let (before, downtime) = (minutes(sum(&before)), minutes(Span(sum(&all).0 - sum(&before).0)));
    let customer = |(id, fee): &(Text, Decimal)| Customer {
        id: id.clone(),
        monthly_fee: *fee,
        month_minutes: minutes(month.span()),
        before,
        downtime,
        excluded: Decimal::ZERO,
    };
    let credits = Credits {
        tiers: contract.tiers.clone(),
        customers: contract.customers.iter().map(customer).collect(),
        min_consecutive_minutes: None,
        cap: contract.cap,
        claim_share: contract.claim_share,
    };
    let local = contract.zone.local(month.from)?;
    let booked: Text = format!("{:04}-{:02}", local.year(), local.month()).into();
    let known: Vec<&str> = others.iter().map(|o| &*o.incident).collect();
    let earlier = if known.is_empty() { String::new() } else { format!("; before it: {}", known.join(", ")) };
    let least = contract.min_consecutive_minutes.map_or_else(String::new, |m| format!(", stretches of at least {m} min"));
    let source = format!("bad minutes of the incident in {booked} ({}){least}{earlier}", contract.zone.name());
    let traces = contract.customers.iter().map(|(id, _)| Trace {
        input: format!("{id} downtime").into(),
        basis: Basis::Derived,
        source: source.clone().into(),
    });
    let terms = ["tiers", "cap"].map(|input| Trace {
        input: input.into(),
        basis: Basis::Declared,
        source: format!("{}: contract {}", business.file, contract.name).into(),
    });
    Some(Priced {
        subject: Some(contract.name.clone()),
        traces: traces.chain(terms).collect(),
        booked_month: Some(booked),
        ..Priced::new(Component { currency: contract.currency, value_is: None, kind: Kind::Credits(credits) })
    })
}

/// The contract covers a service of the incident.
pub(super) fn covers(contract: &Contract, question: &CostQuestion) -> bool {
    concerns(&contract.services, &question.services)
}
