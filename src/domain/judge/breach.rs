//! Breach rules, read at one instant: the value over `over` against the rule's level, strictly greater (SEMANTICS 5).

use super::beside::Beside;
use super::burn::Scale;
use super::kernel::burn;
use super::verdict::ReasonCode;
use crate::domain::base::{Ms, Span};
use crate::domain::measure::{Counts, Side, Track};
use crate::domain::objective::{BreachRule, Level, Percentile, Sli, Slo};
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
    level: f64,
    /// What the measured value must be above: for burn the ratio or count behind it.
    pub(super) compared_level: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Test {
    Ratio,
    Burn,
    Quantile(Percentile),
    Value(Side),
    /// So many times the average over this; of the SLI's own value.
    OwnSpike(f64, Span),
    /// The same of another expression.
    Spike(f64),
    /// The level makes no sense for this SLI: never true.
    Never,
}

/// What a rule read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    pub(super) value: Option<f64>,
    pub(super) level: f64,
    pub(super) at_least: bool,
    /// `None` when the sample is missing.
    pub(super) is_true: Option<bool>,
}

/// What a rule is read from.
pub(super) struct Sources<'a> {
    pub(super) counts: &'a Counts,
    pub(super) track: &'a Track,
    pub(super) beside: Beside,
    pub(super) at: Ms,
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

    pub(super) fn read(&self, scale: Scale, from: &Sources<'_>, scratch: &mut Vec<f64>) -> Reading {
        let (counts, track) = (from.counts, from.track);
        match self.test {
            Test::Never => Reading { level: self.level, ..Reading::default() },
            Test::Ratio => self.read_counts(scale, counts, counts.ratio()),
            Test::Burn => self.read_counts(scale, counts, burn(scale, self.over, counts)),
            Test::Quantile(of) => {
                let regular = counts.total > counts.bridged_total;
                let read = track.quantiles([of.share()], from.at, self.over, scratch).filter(|_| regular).map(|[q]| q);
                Reading {
                    value: read.map(|q| q.seconds),
                    level: self.level,
                    at_least: read.is_some_and(|q| q.at_least),
                    is_true: read.map(|q| q.seconds > self.level),
                }
            }
            Test::Value(side) => {
                let value = track.value(from.at, self.over);
                let wrong = |value: f64| if side == Side::Below { value > self.level } else { value < self.level };
                Reading { value, level: self.level, at_least: false, is_true: value.map(wrong) }
            }
            Test::OwnSpike(times, average) => spike(track.value(from.at, self.over), track.average(from.at, average), times),
            Test::Spike(times) => spike(from.beside.value, from.beside.average, times),
        }
    }

    /// What came over a gap may confirm, but alone it is a missing sample.
    fn read_counts(&self, scale: Scale, counts: &Counts, value: Option<f64>) -> Reading {
        let is_above = |measured: Option<f64>| measured.map(|m| m > self.compared_level);
        let all = is_above(scale.measured(counts));
        let regular = is_above(scale.measured_without_bridges(counts));
        let is_true = if all == Some(true) && regular != Some(true) { None } else { all };
        Reading { value, level: self.level, at_least: false, is_true }
    }
}

/// Without a value or an average (too little of its span is known) the sample is missing.
fn spike(value: Option<f64>, average: Option<f64>, times: f64) -> Reading {
    let level = average.map(|average| average * times);
    let is_true = value.zip(level).map(|(value, level)| value > level);
    Reading { value, level: level.unwrap_or(f64::NAN), at_least: false, is_true }
}

fn parts(rule: &BreachRule, slo: &Slo, scale: Scale) -> (Test, f64, f64) {
    let number = |d: &Decimal| d.to_f64().unwrap_or(f64::INFINITY);
    match (&rule.level, &slo.sli) {
        (Level::ErrorRatio(ratio), _) if scale.has_ratio() => (Test::Ratio, number(ratio), number(ratio)),
        (Level::Burn(factor), _) => (Test::Burn, number(factor), scale.level(*factor, rule.over)),
        (Level::QuantileSeconds(of, seconds), _) => (Test::Quantile(*of), number(seconds), number(seconds)),
        (Level::QuantileTimes(of, factor), Sli::Latency { under_seconds, .. }) => {
            let level = factor.checked_mul(*under_seconds).map_or(f64::INFINITY, |d| number(&d));
            (Test::Quantile(*of), level, level)
        }
        (Level::Value(level), Sli::Threshold { side, .. }) => (Test::Value(*side), number(level), number(level)),
        (Level::Spike(spike), sli) => match (&spike.of, sli) {
            (Some(_), _) => (Test::Spike(number(&spike.times)), f64::NAN, f64::NAN),
            (None, Sli::Threshold { .. }) => (Test::OwnSpike(number(&spike.times), spike.average), f64::NAN, f64::NAN),
            (None, _) => (Test::Never, f64::INFINITY, f64::INFINITY),
        },
        _ => (Test::Never, f64::INFINITY, f64::INFINITY),
    }
}

/// The code of a rule's reasons.
pub(super) const fn code(level: &Level) -> ReasonCode {
    match level {
        Level::QuantileTimes(of, _) | Level::QuantileSeconds(of, _) => match of {
            Percentile::P50 => ReasonCode::LatencyP50,
            Percentile::P95 => ReasonCode::LatencyP95,
            Percentile::P99 => ReasonCode::LatencyP99,
        },
        Level::ErrorRatio(_) => ReasonCode::ErrorRatio,
        Level::Burn(_) => ReasonCode::Burn,
        Level::Value(_) => ReasonCode::Value,
        Level::Spike(_) => ReasonCode::Spike,
    }
}
