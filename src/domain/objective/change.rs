//! A supposed change of SLOs: another target, period, evidence or severity policy, to be tried over the past.
//!
//! Deliberately absent: how it is written, and what comes of it.

use super::{Guards, Level, Policy, Rulebook, Sli, Slo, Tier};
use crate::domain::base::{Span, Target, Text};
use crate::domain::objective::Period;
use rust_decimal::Decimal;
use std::sync::Arc;

/// What is to be other than it is; everything absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// The change as it was written.
    pub text: Text,
    /// Ids or services of the SLOs it is for; empty for all.
    pub slos: Vec<Text>,
    /// Another target, of SLOs that have one.
    pub target: Option<Target>,
    /// Another rolling period. Tiers keep the share of the budget they stand for, so their factors follow.
    pub period: Option<Span>,
    /// Other evidence.
    pub guards: Option<Guards>,
    /// Another policy: its tiers and breach rules take the place of all the SLO has.
    pub policy: Option<Policy>,
}

impl Change {
    /// The change is meant for this SLO.
    pub fn is_for(&self, slo: &Slo) -> bool {
        self.slos.is_empty() || self.slos.iter().any(|name| slo.is_named(name))
    }

    /// The rulebook with the change, and how many SLOs it is for. The hash says that it is no file's.
    pub fn to_book(&self, book: &Rulebook) -> (Rulebook, usize) {
        let changed = book.slos.iter().filter(|slo| self.is_for(slo)).count();
        let slo = |slo: &Arc<Slo>| if self.is_for(slo) { Arc::new(self.to_slo(slo)) } else { Arc::clone(slo) };
        let hash = format!("{}+{}", book.hash, self.text).into();
        (Rulebook { slos: book.slos.iter().map(slo).collect(), hash, ..book.clone() }, changed)
    }

    fn to_slo(&self, slo: &Slo) -> Slo {
        let before = slo.period.span();
        let period = self.period.map_or_else(|| slo.period.clone(), Period::Rolling);
        let span = period.span();
        let (tiers, breach) = match &self.policy {
            Some(policy) => (scaled(&policy.tiers, span, policy.period), fitting(policy, &slo.sli)),
            None => (scaled(&slo.tiers, span, before), slo.breach.clone()),
        };
        let target = slo.target.and(self.target).or(slo.target);
        Slo { target, period, tiers, breach, guards: self.guards.unwrap_or(slo.guards), ..slo.clone() }
    }
}

/// Tiers for a budget of another period: factor = share * P / L, and the share stays.
fn scaled(tiers: &[Tier], period: Span, from: Span) -> Vec<Tier> {
    let factor = |tier: &Tier| {
        let scaled = tier.factor.checked_mul(Decimal::from(period.0))?.checked_div(Decimal::from(from.0))?;
        Some(scaled.normalize())
    };
    let mut tiers: Vec<Tier> =
        tiers.iter().map(|tier| Tier { factor: factor(tier).unwrap_or(tier.factor), ..tier.clone() }).collect();
    tiers.sort_by(|a, b| b.severity.cmp(&a.severity).then(a.long.cmp(&b.long)));
    tiers
}

fn fitting(policy: &Policy, sli: &Sli) -> Vec<super::BreachRule> {
    let mut rules: Vec<_> = policy.breach.iter().filter(|rule| rule.level.fits(sli)).cloned().collect();
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.severity));
    rules
}

impl Level {
    /// Whether a level can be measured for an SLI.
    pub fn fits(&self, sli: &Sli) -> bool {
        match self {
            Self::QuantileTimes(..) | Self::QuantileSeconds(..) => matches!(sli, Sli::Latency { .. }),
            Self::ErrorRatio(_) => !matches!(sli, Sli::Occurrences { .. } | Sli::Composite(_)),
            Self::Value(_) => matches!(sli, Sli::Threshold { .. }),
            Self::Spike(spike) => spike.of.is_some() || matches!(sli, Sli::Threshold { .. }),
            Self::Burn(_) => true,
        }
    }
}

impl Slo {
    /// The name is this SLO's id, its service's, or its own.
    pub fn is_named(&self, name: &str) -> bool {
        self.id.as_str() == name || &*self.service == name || &*self.name == name
    }
}
