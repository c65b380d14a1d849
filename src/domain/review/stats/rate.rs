//! How often: counts as Poisson, apart from how long.

use statrs::distribution::{Binomial, ChiSquared, ContinuousCDF, Discrete};

/// The 95 % interval of an expected count (Garwood 1936): `chi2(0.025; 2k)/2` to `chi2(0.975; 2k+2)/2`.
pub fn garwood(count: u64) -> (f64, f64) {
    let chi = |p: f64, freedom: u64| ChiSquared::new(freedom as f64).map_or(f64::NAN, |c| c.inverse_cdf(p) / 2.0);
    (if count == 0 { 0.0 } else { chi(0.025, 2 * count) }, chi(0.975, 2 * count + 2))
}

/// The two-sided p that two counts over two spans have one rate, exact: given their sum, the second is binomial with the
/// second span's share. Twice the smaller tail, at most 1. `None` without a span.
pub fn same_rate(before: (u64, f64), after: (u64, f64)) -> Option<f64> {
    let (n, days) = (before.0 + after.0, before.1 + after.1);
    if !(before.1 > 0.0 && after.1 > 0.0) {
        return None;
    }
    let second = Binomial::new(after.1 / days, n).ok()?;
    let low: f64 = (0..=after.0).map(|k| second.pmf(k)).sum();
    let high: f64 = (after.0..=n).map(|k| second.pmf(k)).sum();
    Some((2.0 * low.min(high)).min(1.0))
}
