//! Breach rules, read at one instant: the value over `over` against the rule's level, strictly greater (SEMANTICS 5).

use super::burn::Scale;
use super::kernel::burn;
use super::verdict::ReasonCode;
use crate::domain::base::{Ms, Span};
use crate::domain::measure::{Counts, Side, Track};
use crate::domain::objective::{BreachRule, Level, Sli, Slo};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// A rule with everything that can be computed once.
#[derive(Clone, Copy, Debug)]
pub(super) struct BreachPlan {
    /// Index into the judge's windows.
    pub(super) window: usize,
    over: Span,
    test: Test,
    /// The level as told, in the value's unit.
    pub(super) level: f64,
    /// What the measured value must be above: for burn the ratio or count behind it.
    pub(super) compared_level: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Test {
    Ratio,
    Burn,
    P99,
    Value(Side),
    /// The level makes no sense for this SLI: never true.
    Never,
}

/// What a rule read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    pub(super) value: Option<f64>,
    pub(super) at_least: bool,
    /// `None` when the sample is missing.
    pub(super) is_true: Option<bool>,
}

impl BreachPlan {
    pub(super) fn new(rule: &BreachRule, slo: &Slo, scale: Scale, at: impl Fn(Span) -> usize) -> Self {
        let (test, level, compared_level) = parts(rule, slo, scale);
        Self { window: at(rule.over), over: rule.over, test, level, compared_level }
    }

    /// The guards of section 4 apply to error ratios only.
    pub(super) fn is_guarded(&self) -> bool {
        matches!(self.test, Test::Ratio | Test::Burn)
    }

    pub(super) fn read(&self, scale: Scale, counts: &Counts, track: &Track, at: Ms, scratch: &mut Vec<f64>) -> Reading {
        match self.test {
            Test::Never => Reading::default(),
            Test::Ratio => self.read_counts(scale, counts, counts.ratio()),
            Test::Burn => self.read_counts(scale, counts, burn(scale, self.over, counts)),
            Test::P99 => {
                let regular = counts.total > counts.bridged_total;
                let p99 = track.quantiles([0.99], at, self.over, scratch).filter(|_| regular).map(|[p99]| p99);
                Reading {
                    value: p99.map(|p| p.seconds),
                    at_least: p99.is_some_and(|p| p.at_least),
                    is_true: p99.map(|p| p.seconds > self.level),
                }
            }
            Test::Value(side) => {
                let value = track.value(at, self.over);
                let wrong = |value: f64| if side == Side::Below { value > self.level } else { value < self.level };
                Reading { value, at_least: false, is_true: value.map(wrong) }
            }
        }
    }

    /// What came over a gap may confirm, but alone it is a missing sample.
    fn read_counts(&self, scale: Scale, counts: &Counts, value: Option<f64>) -> Reading {
        let is_above = |measured: Option<f64>| measured.map(|m| m > self.compared_level);
        let all = is_above(scale.measured(counts));
        let regular = is_above(scale.measured_without_bridges(counts));
        let is_true = if all == Some(true) && regular != Some(true) { None } else { all };
        Reading { value, at_least: false, is_true }
    }
}

fn parts(rule: &BreachRule, slo: &Slo, scale: Scale) -> (Test, f64, f64) {
    let number = |d: &Decimal| d.to_f64().unwrap_or(f64::INFINITY);
    match (&rule.level, &slo.sli) {
        (Level::ErrorRatio(ratio), _) if scale.has_ratio() => (Test::Ratio, number(ratio), number(ratio)),
        (Level::Burn(factor), _) => (Test::Burn, number(factor), scale.level(*factor, rule.over)),
        (Level::P99Seconds(seconds), _) => (Test::P99, number(seconds), number(seconds)),
        (Level::P99Times(factor), Sli::Latency { under_seconds, .. }) => {
            let level = factor.checked_mul(*under_seconds).map_or(f64::INFINITY, |d| number(&d));
            (Test::P99, level, level)
        }
        (Level::Value(level), Sli::Threshold { side, .. }) => (Test::Value(*side), number(level), number(level)),
        _ => (Test::Never, f64::INFINITY, f64::INFINITY),
    }
}

/// The code of a rule's reasons.
pub(super) const fn code(level: &Level) -> ReasonCode {
    match level {
        Level::P99Times(_) | Level::P99Seconds(_) => ReasonCode::LatencyP99,
        Level::ErrorRatio(_) => ReasonCode::ErrorRatio,
        Level::Burn(_) => ReasonCode::Burn,
        Level::Value(_) => ReasonCode::Value,
    }
}
