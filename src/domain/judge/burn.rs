//! What burn means for an SLO: errors over what the target leaves, or occurrences over what is allowed.

use crate::domain::base::{Span, Target};
use crate::domain::measure::Counts;
use crate::domain::objective::{Guards, Sli, Slo, Tier};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::guards::{binomial_is_above, poisson_is_above};

/// How an SLO's counts become burn rates.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scale {
    /// Error ratio over the budget b = 1 - target, which is kept as a float: it is needed for every window.
    Ratio(Target, f64),
    /// Count over N * W / U.
    Allowed { number: Decimal, per: Span },
    /// Neither: nothing burns.
    None,
}

impl Scale {
    pub(super) fn of(slo: &Slo) -> Self {
        match (&slo.sli, slo.target) {
            (Sli::Occurrences { allowed, per, .. }, _) if per.0 > 0 => Self::Allowed { number: *allowed, per: *per },
            (_, Some(target)) => Self::Ratio(target, target.budget()),
            _ => Self::None,
        }
    }

    pub(super) const fn has_ratio(self) -> bool {
        matches!(self, Self::Ratio(..))
    }

    /// b, or 1 where there is none.
    pub(super) fn budget(self) -> f64 {
        if let Self::Ratio(_, budget) = self { budget } else { 1.0 }
    }

    /// Events allowed in a window, of so many in all.
    pub(super) fn allowed(self, window: Span, total: f64) -> Option<f64> {
        match self {
            Self::Ratio(_, budget) => Some(budget * total),
            Self::Allowed { number, per } => times(number, window, per).to_f64(),
            Self::None => None,
        }
    }

    /// What the measured value must be above for a burn above `factor`: a ratio, or a count in the window.
    pub(super) fn level(self, factor: Decimal, window: Span) -> f64 {
        match self {
            Self::Ratio(target, _) => target.level(factor),
            Self::Allowed { number, per } => {
                factor.checked_mul(times(number, window, per)).and_then(|d| d.to_f64()).unwrap_or(f64::INFINITY)
            }
            Self::None => f64::INFINITY,
        }
    }

    /// The value that is compared with a level; absent where nothing was seen.
    pub(super) fn measured(self, counts: &Counts) -> Option<f64> {
        match self {
            Self::Ratio(..) => counts.ratio(),
            Self::Allowed { .. } => (counts.observed > 0 || counts.bad > 0.0).then_some(counts.bad),
            Self::None => None,
        }
    }

    /// The same without what came over a gap.
    pub(super) fn measured_without_bridges(self, counts: &Counts) -> Option<f64> {
        let (bad, total) = (counts.bad - counts.bridged_bad, counts.total - counts.bridged_total);
        self.measured(&Counts { bad, total, ..*counts })
    }

    pub(super) fn confident(self, counts: &Counts, level: f64, confidence: f64) -> bool {
        match self {
            Self::Ratio(..) => binomial_is_above(counts.bad, counts.total, level, confidence),
            Self::Allowed { .. } => poisson_is_above(counts.bad, level, confidence),
            Self::None => false,
        }
    }
}

/// number * window / per, in decimals.
fn times(number: Decimal, window: Span, per: Span) -> Decimal {
    number.checked_mul(Decimal::from(window.0)).and_then(|d| d.checked_div(Decimal::from(per.0))).unwrap_or(Decimal::MAX)
}

/// One tier with everything that can be computed once.
#[derive(Clone, Copy, Debug)]
pub(super) struct TierPlan {
    /// Indexes into the judge's windows.
    pub(super) long: usize,
    pub(super) short: usize,
    pub(super) long_span: Span,
    pub(super) short_span: Span,
    pub(super) long_level: f64,
    pub(super) short_level: f64,
    /// factor * L / P: the share of the budget that a full long window at the level spends.
    pub(super) share: f64,
}

impl TierPlan {
    pub(super) fn new(tier: &Tier, scale: Scale, period: Span, at: impl Fn(Span) -> usize) -> Self {
        let factor = tier.factor.to_f64().unwrap_or(f64::INFINITY);
        Self {
            long: at(tier.long),
            short: at(tier.short),
            long_span: tier.long,
            short_span: tier.short,
            long_level: scale.level(tier.factor, tier.long),
            short_level: scale.level(tier.factor, tier.short),
            share: factor * tier.long.0 as f64 / period.0.max(1) as f64,
        }
    }
}

/// What holds a rule back for want of evidence.
pub(super) fn thin_evidence(scale: Scale, counts: &Counts, level: f64, guards: &Guards) -> Option<super::HeldBack> {
    if counts.bad < guards.min_bad {
        return Some(super::HeldBack::MinBad);
    }
    (!scale.confident(counts, level, guards.confidence)).then_some(super::HeldBack::Confidence)
}
