//! Functions of a window of samples: `rate` and its kin as Prometheus extrapolates them, and the `_over_time` family.
//!
//! These serve expressions that the server would evaluate; counting events never goes through here (see `domain::measure`).

use super::Dialect;
use crate::domain::measure::Sample;

/// A window as a function sees it: its borders in milliseconds, and at least one sample.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    /// Left border.
    pub(super) start: i64,
    /// Right border.
    pub(super) end: i64,
    /// The instant of the evaluation, which `offset` and `@` part from the right border.
    pub(super) now: i64,
    /// Samples without stale markers, in order of time.
    pub(super) samples: &'a [Sample],
    /// The rules in force.
    pub(super) dialect: Dialect,
}

/// A function of a window; `param` is the number some of them take first or second. `None` yields no element.
pub(super) type OverTime = fn(Window<'_>, param: f64) -> Option<f64>;

/// The function of a name, and whether it takes a number (`Some(true)`: before the range).
pub(super) fn named(name: &str) -> Option<(OverTime, Option<bool>)> {
    let plain = |f: OverTime| Some((f, None));
    match name {
        "rate" => plain(|w, _| extrapolated(w, true, true)),
        "increase" => plain(|w, _| extrapolated(w, true, false)),
        "delta" => plain(|w, _| extrapolated(w, false, false)),
        "irate" => plain(|w, _| last_two(w, true)),
        "idelta" => plain(|w, _| last_two(w, false)),
        "sum_over_time" => plain(|w, _| Some(sum(w.samples))),
        "avg_over_time" => plain(|w, _| Some(mean(w.samples))),
        "count_over_time" => plain(|w, _| Some(w.samples.len() as f64)),
        "min_over_time" => plain(|w, _| fold(w, |a, b| b < a)),
        "max_over_time" => plain(|w, _| fold(w, |a, b| b > a)),
        "last_over_time" => plain(|w, _| w.samples.last().map(|s| s.value)),
        "first_over_time" => plain(|w, _| w.samples.first().map(|s| s.value)),
        "present_over_time" => plain(|_, _| Some(1.0)),
        "stdvar_over_time" => plain(|w, _| Some(variance(w.samples.iter().map(|s| s.value)))),
        "stddev_over_time" => plain(|w, _| Some(variance(w.samples.iter().map(|s| s.value)).sqrt())),
        "changes" => plain(|w, _| Some(steps(w, |a, b| a != b && !(a.is_nan() && b.is_nan())))),
        "resets" => plain(|w, _| Some(steps(w, |a, b| b < a))),
        "deriv" => plain(|w, _| slope(w, w.samples.first()?.at.0).map(|(slope, _)| slope)),
        "quantile_over_time" => Some((|w, q| Some(quantile(q, w.samples.iter().map(|s| s.value).collect())), Some(true))),
        "predict_linear" => Some((|w, ahead| slope(w, w.now).map(|(slope, at)| slope * ahead + at), Some(false))),
        _ => None,
    }
}

/// Prometheus' `extrapolatedRate` (promql/functions.go): the increase between first and last sample, resets added, stretched
/// to the borders of the window unless the samples end clearly before them.
fn extrapolated(w: Window<'_>, is_counter: bool, is_rate: bool) -> Option<f64> {
    let [first, .., last] = w.samples else { return None };
    let mut value = last.value - first.value;
    if is_counter {
        value += w.samples.windows(2).filter(|p| p[1].value < p[0].value).map(|p| p[0].value).sum::<f64>();
    }
    let secs = |ms: i64| ms as f64 / 1000.0;
    let sampled = secs(last.at.0 - first.at.0);
    let average = sampled / (w.samples.len() - 1) as f64;
    let mut to_start = secs(first.at.0 - w.start);
    let mut to_end = secs(w.end - last.at.0);
    // A counter is not stretched below zero.
    let to_zero = if is_counter && value > 0.0 && first.value >= 0.0 { sampled * (first.value / value) } else { f64::INFINITY };
    let threshold = average * 1.1;
    let near = |gap: f64| if gap < threshold { gap } else { average / 2.0 };
    to_start = match w.dialect {
        Dialect::Closed => near(to_start.min(to_zero)),
        Dialect::LeftOpen => near(to_start).min(to_zero),
    };
    to_end = near(to_end);
    let factor = (sampled + to_start + to_end) / sampled;
    Some(value * if is_rate { factor / secs(w.end - w.start) } else { factor })
}

fn last_two(w: Window<'_>, is_rate: bool) -> Option<f64> {
    let [.., before, last] = w.samples else { return None };
    let value = if is_rate && last.value < before.value { last.value } else { last.value - before.value };
    Some(if is_rate { value / ((last.at.0 - before.at.0) as f64 / 1000.0) } else { value })
}

/// Sum with Kahan's compensation, as Neumaier improved it.
fn sum(samples: &[Sample]) -> f64 {
    compensated(samples.iter().map(|s| s.value))
}

/// See [`sum`]; of any numbers.
pub(super) fn compensated(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut lost) = (0.0_f64, 0.0_f64);
    for v in values {
        let next = sum + v;
        if next.is_infinite() {
            lost = 0.0;
        } else if sum.abs() >= v.abs() {
            lost += (sum - next) + v;
        } else {
            lost += (v - next) + sum;
        }
        sum = next;
    }
    if sum.is_infinite() { sum } else { sum + lost }
}

fn mean(samples: &[Sample]) -> f64 {
    let total = sum(samples);
    if total.is_infinite() && samples.iter().all(|s| s.value.is_finite()) {
        // The sum overflows though the mean does not.
        return samples.iter().zip(1_u32..).fold(0.0, |mean, (s, n)| mean + (s.value / f64::from(n) - mean / f64::from(n)));
    }
    total / samples.len() as f64
}

/// The extreme by `better`; a NaN is replaced by any number.
fn fold(w: Window<'_>, better: fn(f64, f64) -> bool) -> Option<f64> {
    w.samples.iter().map(|s| s.value).reduce(|a, b| if a.is_nan() || better(a, b) { b } else { a })
}

/// Population variance in one pass (Welford): equal values give exactly 0.
pub(super) fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for v in values {
        n += 1.0;
        let delta = v - mean;
        mean += delta / n;
        squares += delta * (v - mean);
    }
    squares / n
}

fn steps(w: Window<'_>, differs: fn(f64, f64) -> bool) -> f64 {
    w.samples.windows(2).filter(|p| differs(p[0].value, p[1].value)).count() as f64
}

/// Least squares: the slope per second, and the line's value at `origin` (milliseconds).
fn slope(w: Window<'_>, origin: i64) -> Option<(f64, f64)> {
    if w.samples.len() < 2 {
        return None;
    }
    let first = w.samples[0].value;
    if w.samples.iter().all(|s| s.value == first) {
        return Some(if first.is_infinite() { (f64::NAN, f64::NAN) } else { (0.0, first) });
    }
    let n = w.samples.len() as f64;
    let x = |s: &Sample| (s.at.0 - origin) as f64 / 1000.0;
    let total = |f: &dyn Fn(&Sample) -> f64| compensated(w.samples.iter().map(f));
    let (sx, sy) = (total(&x), total(&|s| s.value));
    let covariance = total(&|s| x(s) * s.value) - sx * sy / n;
    let variance = total(&|s| x(s) * x(s)) - sx * sx / n;
    let slope = covariance / variance;
    Some((slope, sy / n - slope * sx / n))
}

/// The quantile of plain numbers with linear interpolation, as `quantile` and `quantile_over_time` have it.
pub(super) fn quantile(q: f64, mut values: Vec<f64>) -> f64 {
    if values.is_empty() || q.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&q) {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    // NaN sorts first.
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan())));
    let rank = q * (values.len() - 1) as f64;
    let low = rank.floor() as usize;
    let high = (low + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    values[low] * (1.0 - weight) + values[high] * weight
}
