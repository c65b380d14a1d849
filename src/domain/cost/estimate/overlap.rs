//! Incidents that overlap on one stream: a minute that k of them cover is split between them, so that their costs add up to
//! the cost of the union.

use super::draft::{Draft, inputs, over, product};
use super::{Estimate, NoLine};
use crate::domain::base::{Currency, Interval, Ms, Span, Text};
use crate::domain::cost::share::hand_out;
use crate::domain::objective::ValueIs;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// Incidents on one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Orders a minute on other days.
    pub per_minute: Decimal,
    /// Value of one.
    pub value: Decimal,
    /// Share of orders that did not come, 0..=1.
    pub drop: Decimal,
    /// Currency of the value.
    pub currency: Currency,
    /// What the value is.
    pub value_is: Option<ValueIs>,
    /// The incidents.
    pub incidents: Vec<Overlapping>,
}

/// One of the incidents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlapping {
    /// Its name.
    pub id: Text,
    /// When.
    pub time: Interval,
}

/// What each incident bears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Cost of the union, rounded; the shares add up to it.
    pub union: Decimal,
    /// Shares in the order of the file.
    pub incidents: Vec<OverlapShare>,
}

/// One incident's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverlapShare {
    /// Its name.
    pub id: Text,
    /// Its part of the union.
    pub amount: Decimal,
}

const COMPONENT: &str = "lost_revenue";
const MILLIS_A_MINUTE: i64 = 60_000;

impl Overlap {
    fn union(&self) -> Span {
        Interval::union_span(self.incidents.iter().map(|i| i.time))
    }

    /// Loss of so many milliseconds.
    fn loss(&self, millis: Decimal) -> Result<Decimal, String> {
        over(product(&[millis, self.per_minute, self.value, self.drop])?, Decimal::from(MILLIS_A_MINUTE))
    }

    /// The union as one line of lost revenue.
    pub(super) fn draft(&self) -> Result<Draft, NoLine> {
        let union = self.union();
        let minutes = (Decimal::from(union.0) / Decimal::from(MILLIS_A_MINUTE)).normalize();
        let Self { per_minute, value, drop, currency, value_is, incidents } = self;
        let formula = format!(
            "baseline × minutes of the union × drop × v = {per_minute}/min × {} min × {drop} × {value} {currency}",
            minutes.round_dp(6)
        );
        let names: Vec<&str> = incidents.iter().map(|i| &*i.id).collect();
        Ok(Draft {
            component: COMPONENT,
            method: "overlaps/1",
            subject: Some(format!("union of {}", names.join(", ")).into()),
            currency: *currency,
            value_is: *value_is,
            amount: self.loss(Decimal::from(union.0)).map_err(|why| (COMPONENT, why))?,
            bounds: None,
            formula,
            inputs: inputs([
                ("baseline", format!("{per_minute}/min")),
                ("union", format!("{} s", Decimal::new(union.0, 3).normalize())),
                ("drop", drop.to_string()),
                ("v", format!("{value} {currency}")),
            ]),
            cash: false,
            note: None,
            assumption: Some("Minutes that several incidents cover are counted once and split evenly between them"),
        })
    }

    /// Milliseconds that each incident bears: those it shares with others are split.
    fn weights(&self) -> Vec<Decimal> {
        let bounds: BTreeSet<Ms> = self.incidents.iter().flat_map(|i| [i.time.from, i.time.to]).collect();
        let bounds: Vec<Ms> = bounds.into_iter().collect();
        let mut weights = vec![Decimal::ZERO; self.incidents.len()];
        for pair in bounds.windows(2) {
            let covers = |i: &Overlapping| i.time.from <= pair[0] && pair[1] <= i.time.to;
            let count = self.incidents.iter().filter(|i| covers(i)).count();
            let Some(part) = Decimal::from(pair[1].since(pair[0]).0).checked_div(Decimal::from(count)) else { continue };
            for (weight, _) in weights.iter_mut().zip(&self.incidents).filter(|(_, i)| covers(i)) {
                *weight += part;
            }
        }
        weights
    }

    /// The union's rounded cost, handed out by largest remainder, ties to the lowest id. `None` when it is too large.
    pub(super) fn shares(&self, e: &Estimate) -> Option<Shares> {
        let line = self.draft().ok()?.line(&e.frame()).ok()?;
        let parts: Vec<(Text, Decimal)> = self.incidents.iter().map(|i| i.id.clone()).zip(self.weights()).collect();
        let amounts = hand_out(line.unrounded, e.currency, &parts, self.union().0.into())?;
        let share = |(i, amount): (&Overlapping, Decimal)| OverlapShare { id: i.id.clone(), amount };
        Some(Shares { union: line.amount.amount, incidents: self.incidents.iter().zip(amounts).map(share).collect() })
    }
}
