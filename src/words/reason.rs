//! Why a severity was given, in words. The judge gives numbers only; every page, screen and answer quotes the sentence made
//! here.

pub(super) mod zh;

use super::{plural, time, units};
use crate::domain::base::{Span, clean_line};
use crate::domain::judge::{HeldBack, Reason, ReasonCode, RuleRef};
use crate::domain::objective::{BreachRule, Confirm, Level, Side, Sli, Slo, Tier};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The sentence for one reason, without a full stop: `burn 28.0x over 1h and 58.0x over 5m, above 14.4x`.
///
/// A reason whose rule the SLO no longer has is told from its numbers alone.
pub fn reason(slo: &Slo, reason: &Reason) -> String {
    match reason.rule {
        RuleRef::Tier(i) => by_tier(reason, slo.tiers.get(i)),
        RuleRef::Breach(i) => by_breach(slo, reason, slo.breach.get(i)),
    }
}

/// The name of a rule as pages and entries print it; empty when the SLO has no such rule.
pub fn rule(slo: &Slo, rule: RuleRef) -> String {
    match rule {
        RuleRef::Tier(i) => slo.tiers.get(i).map(ToString::to_string).unwrap_or_default(),
        RuleRef::Breach(i) => slo.breach.get(i).map(ToString::to_string).unwrap_or_default(),
    }
}

/// What held a true rule back, to stand behind `held back: `.
pub const fn held(by: HeldBack) -> &'static str {
    match by {
        HeldBack::MinBad => "too few bad events",
        HeldBack::Confidence => "too few events to be sure",
        HeldBack::YoungHistory => "short history, and little of the whole budget is spent",
        HeldBack::NoTraffic => "no traffic",
        HeldBack::ObserveMode => "the SLO is only observed",
        HeldBack::Unconfirmed => "the second signal is not past its level",
        HeldBack::Silenced => "silenced",
    }
}

fn by_tier(reason: &Reason, tier: Option<&Tier>) -> String {
    let what = if reason.code == ReasonCode::Occurrences { "occurrences" } else { "burn" };
    let factor = tier.map_or(reason.threshold, |t| t.factor.to_f64().unwrap_or(reason.threshold));
    let long = format!("{what} {}{}", units::burn_x(reason.value), over(tier.map(|t| t.long)));
    let short = reason.short_value.map(|v| format!(" and {}{}", units::burn_x(v), over(tier.map(|t| t.short))));
    let unit = if reason.code == ReasonCode::Occurrences { " of what is allowed" } else { "" };
    format!("{long}{}{unit}, above {}x", short.unwrap_or_default(), units::number(factor))
}

fn by_breach(slo: &Slo, reason: &Reason, rule: Option<&BreachRule>) -> String {
    let over = over(rule.map(|r| r.over));
    let hold = rule.map(lasting).unwrap_or_default();
    let confirmed = rule.and_then(|r| confirmation(r, reason)).unwrap_or_default();
    let measured = match reason.code {
        ReasonCode::ErrorRatio => {
            format!("error ratio {}{over}, above {}", units::percent_auto(reason.value), units::percent_level(reason.threshold))
        }
        ReasonCode::LatencyP50 | ReasonCode::LatencyP95 | ReasonCode::LatencyP99 => format!(
            "{} latency {}{over}, above {}{}",
            quantile(reason.code),
            units::latency(reason.value),
            units::latency(reason.threshold),
            multiple(slo, rule)
        ),
        ReasonCode::Burn | ReasonCode::BurnRate => {
            format!("burn {}{over}, above {}x", units::burn_x(reason.value), units::number(reason.threshold))
        }
        ReasonCode::Value => {
            format!("value {}, {} {}", units::number(reason.value), wrong_side(slo), units::number(reason.threshold))
        }
        ReasonCode::Spike => spike(rule, reason),
        ReasonCode::Occurrences => {
            let many = plural::noun_of(reason.value, "occurrence", "occurrences");
            format!("{} {many}{over}, above {}", units::count(reason.value), units::number(reason.threshold))
        }
    };
    format!("{measured}{hold}{confirmed}")
}

const fn quantile(code: ReasonCode) -> &'static str {
    match code {
        ReasonCode::LatencyP50 => "p50",
        ReasonCode::LatencyP95 => "p95",
        _ => "p99",
    }
}

/// ` for 3m` and ` 3 times in a row`, as the rule waits.
fn lasting(rule: &BreachRule) -> String {
    let hold = if rule.hold > Span::ZERO { format!(" for {}", rule.hold) } else { String::new() };
    if rule.after > 1 { format!("{hold} {} times in a row", rule.after) } else { hold }
}

/// `value 31, above 10 (2.5x its 1h average of 4)`
fn spike(rule: Option<&BreachRule>, reason: &Reason) -> String {
    let above = format!("{}, above {}", units::number(reason.value), units::number(reason.threshold));
    match rule.map(|r| &r.level) {
        Some(Level::Spike(spike)) => {
            let what = spike.of.as_ref().map_or_else(|| "value".into(), |signal| clean_line(&signal.text, 60));
            let times = spike.times.to_f64().unwrap_or(f64::NAN);
            let average = units::number(reason.threshold / times);
            format!("{what} {above} ({}x its {} average of {average})", spike.times.normalize(), time::window(spike.average))
        }
        _ => format!("value {above}"),
    }
}

/// `, while gateway/availability burns 3.1x over 5m`: the second signal as it was measured.
fn confirmation(rule: &BreachRule, reason: &Reason) -> Option<String> {
    let value = reason.confirming?;
    Some(match rule.confirm.as_ref()? {
        Confirm::Slo { id, over, .. } => format!(", while {id} burns {} over {}", units::burn_x(value), time::window(*over)),
        Confirm::Value { signal, level, .. } => {
            let side = if signal.side == Side::Below { "above" } else { "below" };
            let level = units::number(level.to_f64().unwrap_or(f64::NAN));
            format!(", while {} is {}, {side} {level}", clean_line(&signal.text, 60), units::number(value))
        }
    })
}

/// ` over 5m`, or nothing when the window is not known any more.
fn over(window: Option<Span>) -> String {
    window.map(|w| format!(" over {}", time::window(w))).unwrap_or_default()
}

/// ` (3x of 250 ms)` for rules that are written as a multiple of the SLO's own bound.
fn multiple(slo: &Slo, rule: Option<&BreachRule>) -> String {
    match (rule.map(|r| &r.level), &slo.sli) {
        (Some(Level::QuantileTimes(_, times)), Sli::Latency { under_seconds, .. }) => {
            format!(" ({}x of {})", times.normalize(), units::latency(seconds(*under_seconds)))
        }
        _ => String::new(),
    }
}

fn seconds(bound: Decimal) -> f64 {
    bound.to_f64().unwrap_or(f64::NAN)
}

/// The word for the bad side of a threshold SLI.
fn wrong_side(slo: &Slo) -> &'static str {
    match slo.sli {
        Sli::Threshold { side: Side::Above, .. } => "below",
        _ => "above",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::{Severity, SloId, Target};
    use crate::domain::measure::{Count, CountedPlan, Plan};
    use crate::domain::objective::{Births, Guards, Mode, Percentile, Period};

    fn slo() -> Slo {
        Slo {
            id: SloId::new("checkout", "latency"),
            service: "checkout".into(),
            name: "latency".into(),
            description: None,
            target: Target::parse("99%"),
            period: Period::Rolling(Span::from_days(30)),
            sli: Sli::Latency { histogram: "h".into(), under_seconds: "0.25".parse().unwrap(), interpolate: false },
            plan: Plan::Counted(CountedPlan::Events { bad: Count::default(), total: None }),
            source: None,
            group_by: vec![],
            max_groups: crate::domain::measure::MAX_TRACKS,
            count_up_to: crate::domain::measure::COUNT_UP_TO,
            series: None,
            exclude: Vec::new(),
            budget: crate::domain::objective::BudgetMethod::Occurrences,
            tiers: vec![Tier {
                severity: Severity::P0,
                factor: "14.4".parse().unwrap(),
                long: Span::from_hours(1),
                short: Span::from_mins(5),
            }],
            breach: vec![
                BreachRule {
                    severity: Severity::P0,
                    level: Level::QuantileTimes(Percentile::P99, "3".parse().unwrap()),
                    over: Span::from_mins(1),
                    hold: Span::from_secs(30),
                    after: 1,
                    confirm: None,
                },
                BreachRule {
                    severity: Severity::P0,
                    level: Level::ErrorRatio("0.05".parse().unwrap()),
                    over: Span::from_mins(1),
                    hold: Span::from_secs(30),
                    after: 1,
                    confirm: None,
                },
                BreachRule {
                    severity: Severity::P1,
                    level: Level::Burn("2.5".parse().unwrap()),
                    over: Span::from_mins(5),
                    hold: Span::from_mins(3),
                    after: 1,
                    confirm: None,
                },
            ],
            guards: Guards::default(),
            births: Births::Auto,
            dedupe: vec![],
            target_labels: vec![],
            mode: Mode::Page,
            file: "slos/checkout.yaml".into(),
        }
    }

    fn told(rule: RuleRef, code: ReasonCode, value: f64, threshold: f64, short_value: Option<f64>) -> String {
        reason(&slo(), &Reason { rule, code, severity: Severity::P0, value, threshold, short_value, confirming: None })
    }

    #[test]
    fn every_kind_of_reason_is_a_sentence_with_its_numbers() {
        for (got, want) in [
            (
                told(RuleRef::Tier(0), ReasonCode::BurnRate, 28.0, 14.4, Some(58.0)),
                "burn 28.0x over 1h and 58.0x over 5m, above 14.4x",
            ),
            (
                told(RuleRef::Tier(0), ReasonCode::Occurrences, 20.0, 14.4, Some(30.0)),
                "occurrences 20.0x over 1h and 30.0x over 5m of what is allowed, above 14.4x",
            ),
            (
                told(RuleRef::Breach(0), ReasonCode::LatencyP99, 3.2, 0.75, None),
                "p99 latency 3.20 s over 1m, above 750 ms (3x of 250 ms) for 30s",
            ),
            (told(RuleRef::Breach(1), ReasonCode::ErrorRatio, 0.0531, 0.05, None), "error ratio 5.31% over 1m, above 5% for 30s"),
            (told(RuleRef::Breach(2), ReasonCode::Burn, 3.12, 2.5, None), "burn 3.1x over 5m, above 2.5x for 3m"),
            (told(RuleRef::Breach(9), ReasonCode::Value, 0.31, 0.25, None), "value 0.31, above 0.25"),
            (told(RuleRef::Tier(9), ReasonCode::BurnRate, 7.0, 6.0, None), "burn 7.0x, above 6x"),
        ] {
            assert_eq!(got, want);
        }
        assert_eq!(rule(&slo(), RuleRef::Tier(0)), "burn 14.4x over 1h and 5m");
        assert_eq!(rule(&slo(), RuleRef::Breach(7)), "");
    }
}
