//! A supposed change of SLOs: another target, period, evidence or severity policy, to be tried over the past.
//!
//! Deliberately absent: how it is written, and what comes of it.

use super::{BreachRule, Guards, Level, Policy, Rulebook, Sli, Slo, Tier};
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
    /// Other thresholds: burn factors by those they take the place of, in tiers and breach rules.
    pub burns: Vec<(Decimal, Decimal)>,
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

    /// The rulebook with the change.
    ///
    /// # Errors
    /// It is for no SLO, or for a threshold that none has: in words.
    pub fn checked(&self, book: &Rulebook) -> Result<Rulebook, String> {
        let (changed, many) = self.to_book(book);
        if many == 0 {
            let names: Vec<&str> = self.slos.iter().map(|name| &**name).collect();
            return Err(format!("no SLO that is looked at is `{}`", names.join(", ")));
        }
        let plain = Self { burns: Vec::new(), ..self.clone() }.to_book(book).0;
        let has = |factor: Decimal| plain.slos.iter().any(|slo| self.is_for(slo) && burns_of(slo).any(|f| f == factor));
        match self.burns.iter().find(|(from, _)| !has(*from)) {
            Some((from, _)) => Err(format!("no rule that is looked at has the threshold {from}x")),
            None => Ok(changed),
        }
    }

    /// The factor that takes the place of this one.
    fn burn(&self, factor: Decimal) -> Decimal {
        self.burns.iter().find(|(from, _)| *from == factor).map_or(factor, |(_, to)| *to)
    }

    fn breach(&self, rule: BreachRule) -> BreachRule {
        match rule.level {
            Level::Burn(factor) => BreachRule { level: Level::Burn(self.burn(factor)), ..rule },
            _ => rule,
        }
    }

    fn to_slo(&self, slo: &Slo) -> Slo {
        let before = slo.period.span();
        let period = self.period.map_or_else(|| slo.period.clone(), Period::Rolling);
        let span = period.span();
        let (tiers, breach) = match &self.policy {
            Some(policy) => (scaled(&policy.tiers, span, policy.period), fitting(policy, &slo.sli)),
            None => (scaled(&slo.tiers, span, before), slo.breach.clone()),
        };
        let tiers = tiers.into_iter().map(|tier| Tier { factor: self.burn(tier.factor), ..tier }).collect();
        let breach = breach.into_iter().map(|rule| self.breach(rule)).collect();
        let target = slo.target.and(self.target).or(slo.target);
        Slo { target, period, tiers, breach, guards: self.guards.unwrap_or(slo.guards), ..slo.clone() }
    }
}

/// Factors of burn that its rules have.
fn burns_of(slo: &Slo) -> impl Iterator<Item = Decimal> {
    let breach = slo.breach.iter().filter_map(|rule| match rule.level {
        Level::Burn(factor) => Some(factor),
        _ => None,
    });
    slo.tiers.iter().map(|tier| tier.factor).chain(breach)
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
