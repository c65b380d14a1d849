//! Whether clocks grow or shrink from incident to incident: Mann and Kendall's test with Sen's slope. Neither assumes a shape.

use super::quantile::quantile;
use statrs::distribution::{ContinuousCDF, Normal};

/// Least numbers for a trend.
pub const TREND_FROM: usize = 5;

/// A test of trend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// How many values.
    pub n: usize,
    /// Pairs that rise less pairs that fall.
    pub s: i64,
    /// Its normal score with continuity.
    pub z: f64,
    /// Two-sided p.
    pub p: f64,
    /// Sen's slope, in units of the values per incident.
    pub sen_slope: f64,
}

/// The trend of values in their order: `var S = (n(n-1)(2n+5) - sum t(t-1)(2t+5)) / 18` with t the sizes of ties; z is
/// `(S -+ 1) / sqrt(var S)`. `None` under [`TREND_FROM`] values.
pub fn trend(values: &[f64]) -> Option<Trend> {
    let n = values.len();
    if n < TREND_FROM {
        return None;
    }
    let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j)));
    let s: i64 = pairs
        .map(|(i, j)| match values[j].total_cmp(&values[i]) {
            std::cmp::Ordering::Greater => 1,
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
        })
        .sum();
    let term = |k: f64| k * (k - 1.0) * (2.0 * k + 5.0);
    let variance = (term(n as f64) - ties(values).into_iter().map(|t| term(t as f64)).sum::<f64>()) / 18.0;
    let z = if variance > 0.0 { (s - s.signum()) as f64 / variance.sqrt() } else { 0.0 };
    let points: Vec<(f64, f64)> = values.iter().enumerate().map(|(i, v)| (i as f64, *v)).collect();
    Some(Trend { n, s, z, p: two_sided(z), sen_slope: sen(&points)? })
}

/// Sen's slope (1968): the median of the slopes between all pairs with different x. `None` when there is no such pair.
pub fn sen(points: &[(f64, f64)]) -> Option<f64> {
    let pairs = points.iter().enumerate().flat_map(|(i, a)| points[i + 1..].iter().map(move |b| (a, b)));
    let mut slopes: Vec<f64> = pairs.filter(|(a, b)| a.0 != b.0).map(|(a, b)| (b.1 - a.1) / (b.0 - a.0)).collect();
    slopes.sort_by(f64::total_cmp);
    quantile(&slopes, 0.5)
}

/// Sizes of the groups of equal values.
pub(super) fn ties(values: &[f64]) -> Vec<usize> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).collect()
}

/// The two-sided p of a normal score.
pub(super) fn two_sided(z: f64) -> f64 {
    Normal::new(0.0, 1.0).map_or(f64::NAN, |normal| 2.0 * normal.cdf(-z.abs())).min(1.0)
}
