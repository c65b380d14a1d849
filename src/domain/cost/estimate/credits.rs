//! `sla_credits`: what contracts give back, and only the part that this incident caused: tier(D + x) − tier(D).
//!
//! A tier holds when uptime is strictly below its bound; uptime is compared exactly, without a division.

use super::component::Component;
use super::draft::{Draft, inputs, product, sum};
use crate::domain::base::Text;
use crate::domain::cost::revenue::too_large;
use crate::domain::objective::CreditTier as Tier;
use rust_decimal::Decimal;
use std::collections::BTreeSet;

/// A contract's credits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credits {
    /// Bounds and credits, in any order; a lower bound never gives less.
    pub tiers: Vec<Tier>,
    /// Customers.
    pub customers: Vec<Customer>,
    /// Downtime shorter than this counts for nothing.
    pub min_consecutive_minutes: Option<Decimal>,
    /// Most that is credited in a month, as a share of the fee.
    pub cap: Option<Decimal>,
    /// Share of credits that customers claim.
    pub claim_share: Option<Decimal>,
}

/// A customer in the month of the incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Who.
    pub id: Text,
    /// The fee of the month.
    pub monthly_fee: Decimal,
    /// Minutes of the month.
    pub month_minutes: Decimal,
    /// Downtime of the month without this incident.
    pub before: Decimal,
    /// Downtime of this incident.
    pub downtime: Decimal,
    /// Part of it that the contract leaves out.
    pub excluded: Decimal,
}

impl Credits {
    /// The share of the fee at so many minutes of downtime; `None` on overflow.
    fn tier(&self, down: Decimal, month: Decimal) -> Option<Decimal> {
        let up = month.checked_sub(down)?.checked_mul(Decimal::ONE_HUNDRED)?;
        let mut credit = Decimal::ZERO;
        for tier in &self.tiers {
            if up < tier.below_percent.checked_mul(month)? {
                credit = credit.max(tier.credit);
            }
        }
        Some(self.cap.map_or(credit, |cap| credit.min(cap)))
    }

    /// Minutes of the incident that count.
    fn counted(&self, customer: &Customer) -> Decimal {
        let minutes = customer.downtime - customer.excluded;
        if self.min_consecutive_minutes.is_some_and(|least| customer.downtime < least) { Decimal::ZERO } else { minutes }
    }

    /// Shares of the fee with and without the incident.
    fn shares(&self, customer: &Customer) -> Option<(Decimal, Decimal)> {
        let with = self.tier(customer.before.checked_add(self.counted(customer))?, customer.month_minutes)?;
        Some((with, self.tier(customer.before, customer.month_minutes)?))
    }

    pub(super) fn draft(&self, c: &Component) -> Result<Draft, String> {
        let claim = self.claim_share.unwrap_or(Decimal::ONE);
        let (mut amounts, mut terms, mut list) = (Vec::new(), Vec::new(), self.contract());
        for customer in &self.customers {
            let (with, without) = self.shares(customer).ok_or_else(too_large)?;
            amounts.push(product(&[customer.monthly_fee, with - without, claim])?);
            let claimed = self.claim_share.map_or_else(String::new, |s| format!(" × {s} claimed"));
            let fee = customer.monthly_fee;
            terms.push(format!("{} {fee} {} × ({with} − {without}){claimed}", customer.id, c.currency));
            list.push((format!("{} downtime", customer.id), self.downtime(customer)));
        }
        let formula = format!("sum of fee × (tier(D + x) − tier(D)) = {}", terms.join(" + "));
        let assumption = Some(match self.claim_share {
            Some(_) => "Customers claim the stated share of their credits; a credit takes from revenue, it is no expense",
            None => "Every customer claims their credit in time; a credit takes from revenue, it is no expense",
        });
        Ok(Draft { amount: sum(amounts)?, formula, inputs: list, assumption, ..c.blank("sla_credits/1") })
    }

    fn contract(&self) -> Vec<(String, String)> {
        let tiers: BTreeSet<(Decimal, Decimal)> = self.tiers.iter().map(|t| (t.below_percent, t.credit)).collect();
        let tiers: Vec<String> = tiers.iter().rev().map(|(below, credit)| format!("below {below} %: {credit}")).collect();
        let mut list = inputs([("tiers", tiers.join(", "))]);
        let least = self.min_consecutive_minutes.map(|m| ("counted from".to_owned(), format!("{m} consecutive min")));
        let cap = self.cap.map(|cap| ("cap".to_owned(), format!("{cap} of the fee")));
        list.extend(least.into_iter().chain(cap));
        list
    }

    fn downtime(&self, customer: &Customer) -> String {
        let Customer { month_minutes, before, downtime, excluded, .. } = customer;
        let left_out = if excluded.is_zero() { String::new() } else { format!(", {excluded} of them excluded") };
        let short = if self.counted(customer).is_zero() && downtime > excluded { ", too short to count" } else { "" };
        format!("{before} min before, {downtime} min of the incident{left_out}{short}, of {month_minutes} min")
    }
}
