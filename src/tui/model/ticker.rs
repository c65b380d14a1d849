//! The cost of an open incident between two samples: moved on by its rate, and honest about it when data is old.

use crate::domain::base::{Money, Ms};
use crate::domain::incident::Phase;
use crate::domain::view::IncidentView;
use rust_decimal::Decimal;

/// What is shown of a cost now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticked {
    /// Cost so far; absent when not estimated.
    pub so_far: Option<Money>,
    /// Added each minute; absent when unknown or over.
    pub per_minute: Option<Money>,
    /// The rate has been assumed since then because data is old.
    pub projected_since: Option<Ms>,
}

/// The cost at `now`. While users are hurt it grows by the rate of the last computation; later it stands still.
pub fn tick(view: &IncidentView, now: Ms, stale: bool) -> Option<Ticked> {
    let cost = view.cost.as_ref()?;
    let hurts = matches!(view.incident.phase, Phase::Suspected | Phase::Open | Phase::Acknowledged);
    let Some(rate) = cost.per_minute.filter(|_| hurts) else {
        return Some(Ticked { so_far: cost.so_far, per_minute: None, projected_since: None });
    };
    let minutes = Decimal::new(now.since(cost.at).0, 0) / Decimal::from(60_000);
    let so_far = cost.so_far.map(|m| match rate.amount.checked_mul(minutes).and_then(|d| d.checked_add(m.amount)) {
        Some(amount) if rate.currency == m.currency => Money { amount, ..m },
        _ => m,
    });
    let projected_since = (stale && cost.so_far.is_some() && !minutes.is_zero()).then_some(cost.at);
    Some(Ticked { so_far, per_minute: Some(rate), projected_since })
}
