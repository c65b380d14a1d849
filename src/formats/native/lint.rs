//! Rules that could never fire, or would fire while everything is fine, are told when they are read (SEMANTICS 4 and 5).

use super::rules::RuleItem;
use crate::domain::base::{Span, Target, Text};
use crate::domain::objective::{BreachRule, Level, Sli, Tier};
use crate::kit::yaml::Findings;
use rust_decimal::Decimal;
use std::ops::Range;

/// What rules are checked against.
pub(super) struct Kind<'a> {
    /// The indicator, when it could be read.
    pub(super) sli: Option<&'a Sli>,
    /// The target, when there is a sound one.
    pub(super) target: Option<Target>,
    /// The period, when there is a sound one.
    pub(super) period: Option<Span>,
    /// Where the period is written.
    pub(super) period_span: Option<Range<usize>>,
    /// The step of evaluations.
    pub(super) step: Span,
}

/// A tier with its place, and the policy it comes from.
pub(super) struct RuledTier {
    /// The tier, scaled to the SLO's period.
    pub(super) tier: Tier,
    /// Where it, or its policy, was named.
    pub(super) span: Range<usize>,
    /// The policy's name.
    pub(super) policy: Option<Text>,
}

impl RuledTier {
    /// Where to point when the period does not suit the tier: at the period for tiers of a policy, which nobody wrote here.
    fn period_span<'s>(&'s self, kind: &'s Kind<'_>) -> &'s Range<usize> {
        self.policy.as_ref().and(kind.period_span.as_ref()).unwrap_or(&self.span)
    }

    fn name(&self) -> String {
        match &self.policy {
            Some(policy) => format!("{} `{}` of {policy}", self.tier.severity, self.tier),
            None => format!("{} `{}`", self.tier.severity, self.tier),
        }
    }
}

/// Checks all tiers of an SLO.
pub(super) fn tiers(out: &mut Findings<'_>, tiers: &[RuledTier], kind: &Kind<'_>) {
    for tier in tiers {
        windows(out, tier, kind);
        reach(out, tier, kind);
    }
}

fn windows(out: &mut Findings<'_>, ruled: &RuledTier, kind: &Kind<'_>) {
    let (tier, step) = (&ruled.tier, kind.step);
    let name = ruled.name();
    if tier.short >= tier.long {
        let message = format!("{name}: the short window is not shorter than the long one");
        out.error_hint("windows-swapped", &ruled.span, message, "a twelfth of the long window is usual, such as 1h and 5m");
    }
    if tier.short < step * 2 {
        let message = format!("{name}: the short window is less than two steps of {step}");
        out.error_hint("window-too-short", &ruled.span, message, format!("use at least {}", step * 2));
    }
    for window in [tier.long, tier.short] {
        if window.0 % step.0.max(1) != 0 {
            out.error("window-off-step", &ruled.span, format!("{name}: {window} is no multiple of the step, {step}"));
        }
    }
    if let Some(period) = kind.period.filter(|p| tier.long > *p) {
        let message = format!("{name}: the long window is longer than the period, {period}");
        out.error_hint(
            "window-longer-than-period",
            ruled.period_span(kind),
            message,
            "write tiers of shorter windows under `severity:`",
        );
    }
}

fn reach(out: &mut Findings<'_>, ruled: &RuledTier, kind: &Kind<'_>) {
    let factor = ruled.tier.factor;
    if let Some(target) = kind.target {
        let budget = Decimal::ONE - target.share();
        let needed = factor.checked_mul(budget);
        if needed.is_none_or(|n| n >= Decimal::ONE) {
            let percent = needed
                .and_then(|n| n.checked_mul(Decimal::ONE_HUNDRED))
                .map_or_else(|| "far more than 100".to_owned(), |p| p.round_dp(2).normalize().to_string());
            let most = Decimal::ONE.checked_div(budget).unwrap_or_default().round_dp(2).normalize();
            let message = format!(
                "{} can never fire: with target {target} more than {percent}% of events would have to fail",
                ruled.name()
            );
            let hint = format!(
                "with this target burn rates end at {most}; write tiers below that under `severity:`, or raise the target"
            );
            out.error_hint("tier-never-fires", &ruled.span, message, hint);
        }
    }
    if factor < Decimal::ONE {
        let message = format!("{} fires while the budget would last the whole period", ruled.name());
        let hint = "burn rates below 1 are sustainable; write tiers for this period under `severity:`";
        out.warn("tier-while-sustainable", ruled.period_span(kind), message, hint);
    }
}

/// Checks a breach rule that an SLO wrote itself.
pub(super) fn breach(out: &mut Findings<'_>, item: &RuleItem<BreachRule>, kind: &Kind<'_>) {
    let rule = &item.rule;
    let hint = "raise the level, or watch it with a burn-rate tier";
    let within = match (&rule.level, kind.target) {
        (Level::ErrorRatio(ratio), Some(target)) => *ratio <= Decimal::ONE - target.share(),
        (Level::Burn(factor), _) => *factor <= Decimal::ONE,
        _ => false,
    };
    if within {
        out.warn("breach-within-budget", &item.span, format!("`{rule}` fires within the error budget"), hint);
    }
    if let (Level::Burn(factor), Some(target)) = (&rule.level, kind.target)
        && factor.checked_mul(Decimal::ONE - target.share()).is_none_or(|n| n >= Decimal::ONE)
    {
        let most = Decimal::ONE.checked_div(Decimal::ONE - target.share()).unwrap_or_default().round_dp(2).normalize();
        let hint = format!("with target {target} burn rates end at {most}");
        out.error_hint("level-never-reached", &item.span, format!("`{rule}` can never fire"), hint);
    }
    if rule.over < kind.step || rule.over.0 % kind.step.0.max(1) != 0 {
        let message = format!("`over` is {}, it must be a multiple of the step, {}", rule.over, kind.step);
        out.error("window-off-step", &item.span, message);
    }
    if let Some(period) = kind.period.filter(|p| rule.over > *p) {
        out.error("window-longer-than-period", &item.span, format!("`over` is longer than the period, {period}"));
    }
}
