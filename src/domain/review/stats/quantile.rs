//! Quantiles of few numbers: type 7, with intervals from order statistics, which assume nothing about the shape.

use statrs::distribution::{Binomial, DiscreteCDF};

/// Least numbers for a P90.
pub const P90_FROM: usize = 10;
/// Least numbers for a two-sided 95 % interval of a P90: 0.9^n must be at most 0.025.
pub const P90_INTERVAL_FROM: usize = 36;

/// The quantile `p` of ascending numbers, type 7 of Hyndman and Fan (1996): `h = (n-1)p`, linear between neighbours. `None`
/// without numbers.
pub fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let h = sorted.len().checked_sub(1)? as f64 * p.clamp(0.0, 1.0);
    let low = sorted[h.floor() as usize];
    let high = sorted[h.ceil() as usize];
    Some(low + (high - low) * h.fract())
}

/// The 95 % interval of the median, exact: `[x(j), x(n+1-j)]` with the largest j for which `1 - 2 BinCDF(j-1; n, 1/2)` is at
/// least 0.95. `None` under 6 numbers.
pub fn median_interval(sorted: &[f64]) -> Option<(f64, f64)> {
    let n = sorted.len();
    let below = Binomial::new(0.5, n as u64).ok()?;
    let j = (1..=n / 2).take_while(|j| 1.0 - 2.0 * below.cdf(*j as u64 - 1) >= 0.95).last()?;
    Some((sorted[j - 1], sorted[n - j]))
}

/// A two-sided 95 % interval of the quantile `p` from order statistics: at most 2.5 % lie beyond either end. `None` where n
/// is too small for an upper end (36 for P90).
pub fn interval(sorted: &[f64], p: f64) -> Option<(f64, f64)> {
    let n = sorted.len();
    let below = Binomial::new(p, n as u64).ok()?;
    let low = (1..=n).take_while(|l| below.cdf(*l as u64 - 1) <= 0.025).last()?;
    let high = (low..=n).find(|u| 1.0 - below.cdf(*u as u64 - 1) <= 0.025)?;
    Some((sorted[low - 1], sorted[high - 1]))
}
