//! What follows from an incident beside lost revenue: extra capacity, and churn, refunds and tickets by lost transaction.

use super::estimate::{Capacity, Churn, Component, Kind};
use super::question::minutes;
use super::record::{Priced, Trace};
use super::revenue::too_large;
use super::{Basis, CostQuestion};
use crate::domain::base::{Interval, Text};
use crate::domain::objective::{Business, CapacityHow, CapacityPrice, Consequence, ConsequenceKind};
use rust_decimal::Decimal;

/// Component id.
pub(super) const CAPACITY: &str = "extra_capacity";
/// Decimals of counts that are derived: what is printed is what is used.
const COUNT_DIGITS: u32 = 6;

/// The line of one capacity price, or why there is none.
pub(super) fn capacity(price: &CapacityPrice, question: &CostQuestion, business: &Business) -> Result<Priced, String> {
    let (kind, input, source) = match &price.how {
        CapacityHow::Assumed { per_hour, extra } => {
            if question.impact.is_empty() {
                return Err("no bad minute was measured".into());
            }
            let minutes = minutes(Interval::union_span(question.impact.iter().copied()));
            let kind = Capacity::During { per_hour: *per_hour, extra: *extra, minutes };
            (kind, "hours", Text::from("bad minutes of the incident"))
        }
        CapacityHow::Metered { replicas, baseline, price: each, .. } => {
            let found = question.replicas.iter().find(|r| r.name == price.name).ok_or("its replicas were not counted")?;
            let samples = found.samples.clone().map_err(|why| why.to_string())?;
            let kind = Capacity::Metered { price: *each, baseline: *baseline, samples };
            (kind, "replicas", format!("{replicas} over the impact from {}", found.source).into())
        }
    };
    let basis = if input == "replicas" { Basis::Measured } else { Basis::Derived };
    let component = Component { currency: price.currency, value_is: None, kind: Kind::Capacity(kind) };
    let names = ["base cost", "extra share", "baseline", "price"].map(|input| Trace {
        input: input.into(),
        basis: Basis::Declared,
        source: format!("{}: capacity {}", business.file, price.name).into(),
    });
    let traces = names.into_iter().chain([Trace { input: input.into(), basis, source }]).collect();
    Ok(Priced { subject: Some(price.name.clone()), traces, ..Priced::new(component) })
}

/// What follows from the lost transactions of a stream, or why it cannot be told.
pub(super) fn consequence(what: &Consequence, lost: &[Priced]) -> Result<Priced, String> {
    let stream = lost.iter().find(|p| p.subject.as_ref() == Some(&what.stream));
    let stream = stream.ok_or_else(|| format!("nothing is known of the stream {}", what.stream))?;
    let count = transactions(stream).and_then(|n| n.checked_mul(what.per_transaction)).ok_or_else(too_large)?;
    let count = count.round_dp(COUNT_DIGITS).normalize();
    let (kind, input) = match what.kind {
        ConsequenceKind::Churn { normal, after, lifetime_value } => {
            let churn = Churn { affected: count, normal, after, lifetime_value, already_counted: Decimal::ZERO };
            (Kind::Churn(churn), "N")
        }
        ConsequenceKind::Refunds { each } => (Kind::Times { id: "refunds", count, each }, "count"),
        ConsequenceKind::Support { each } => (Kind::Support { tickets: count, each }, "count"),
    };
    let source = format!("{} for each lost transaction of stream {}", what.per_transaction, what.stream);
    Ok(Priced {
        traces: vec![Trace { input: input.into(), basis: Basis::Derived, source: source.into() }],
        ..Priced::new(Component { currency: what.currency, value_is: None, kind })
    })
}

/// Lost transactions of a line before any came back, as far as this incident bears them.
fn transactions(priced: &Priced) -> Option<Decimal> {
    let Kind::Lost(loss) = &priced.component.kind else { return None };
    let orders = loss.orders()?;
    let all = orders.count.checked_div(orders.of)?;
    match &priced.share {
        Some(share) => share.exact(all),
        None => Some(all),
    }
}
