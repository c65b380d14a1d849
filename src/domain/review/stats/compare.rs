//! Before and after: whether clocks really changed, and how many incidents it would take to tell.

use super::geometric::{logs, t_975};
use super::trend::{ties, two_sided};

/// The normal points of a two-sided 5 % test with 80 % power: 1.96 + 0.84.
const POWER: f64 = 1.959_963_985 + 0.841_621_234;
/// Up to this size, without ties, the Mann-Whitney test is exact.
const EXACT_UP_TO: usize = 30;

/// What can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// Too few, or too much alike.
    CannotTell,
    /// Shorter, beyond chance.
    Shorter,
    /// Longer, beyond chance.
    Longer,
}

impl Finding {
    /// In a few words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CannotTell => "cannot tell",
            Self::Shorter => "shorter",
            Self::Longer => "longer",
        }
    }
}

/// Two sets of durations compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    /// Durations before.
    pub n_before: usize,
    /// Durations after.
    pub n_after: usize,
    /// Geometric mean after by before: 0.8 is a fifth shorter. Absent when one side has none above 0.
    pub ratio: Option<f64>,
    /// Its 95 % interval: Welch's t on logarithms.
    pub interval: Option<(f64, f64)>,
    /// Two-sided p of Mann and Whitney's test.
    pub p: Option<f64>,
    /// Durations that each side needs to see a change of the size that was seen, with 80 % power.
    pub needed: Option<u64>,
    /// What can be said.
    pub finding: Finding,
}

/// Compares durations. A change is told only when the interval of the ratio leaves 1 out, Mann and Whitney agree, and both
/// sides have the durations that a change of that size needs.
pub fn compare(before: &[f64], after: &[f64]) -> Compared {
    let ratio = ratio(before, after);
    let p = mann_whitney(before, after).map(|(_, p)| p);
    let needed = ratio.and_then(|r| needed(r.log_sd, change(r.ratio)));
    let enough = needed.is_some_and(|n| before.len().min(after.len()) as u64 >= n);
    let clear = |r: &Ratio| r.interval.is_some_and(|(low, high)| low > 1.0 || high < 1.0) && p.is_some_and(|p| p < 0.05);
    let finding = match ratio {
        Some(r) if enough && clear(&r) => {
            if r.ratio < 1.0 {
                Finding::Shorter
            } else {
                Finding::Longer
            }
        }
        _ => Finding::CannotTell,
    };
    let (n_before, n_after) = (before.len(), after.len());
    Compared { n_before, n_after, ratio: ratio.map(|r| r.ratio), interval: ratio.and_then(|r| r.interval), p, needed, finding }
}

/// A ratio of geometric means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// After by before.
    pub ratio: f64,
    /// Its 95 % interval; absent when a side has fewer than two.
    pub interval: Option<(f64, f64)>,
    /// Pooled standard deviation of the logarithms.
    pub log_sd: f64,
}

/// The ratio of geometric means with Welch's (1947) interval on logarithms. `None` when a side has none above 0.
pub fn ratio(before: &[f64], after: &[f64]) -> Option<Ratio> {
    let (a, b) = (logs(before)?, logs(after)?);
    let difference = b.mean - a.mean;
    let freedom_of = |n: usize| n.saturating_sub(1) as f64;
    let (fa, fb) = (freedom_of(a.n), freedom_of(b.n));
    let pooled = ((fa * a.sd * a.sd + fb * b.sd * b.sd) / (fa + fb)).sqrt();
    let (va, vb) = (a.sd * a.sd / a.n as f64, b.sd * b.sd / b.n as f64);
    let freedom = (va + vb).powi(2) / (va * va / fa + vb * vb / fb);
    let reach = (a.n > 1 && b.n > 1).then(|| t_975(freedom)).flatten().map(|t| t * (va + vb).sqrt());
    let interval = reach.map(|r| ((difference - r).exp(), (difference + r).exp()));
    Some(Ratio { ratio: difference.exp(), interval, log_sd: if pooled.is_finite() { pooled } else { 0.0 } })
}

/// The share by which the longer one would have to shrink.
fn change(ratio: f64) -> f64 {
    1.0 - ratio.min(1.0 / ratio)
}

/// Durations on each side to see a shrinking by the share `d`: `n = 2 (1.96 + 0.84)^2 s^2 / ln(1-d)^2`, rounded up, at least 2.
/// `None` for no change at all.
pub fn needed(log_sd: f64, d: f64) -> Option<u64> {
    let n = 2.0 * (POWER * log_sd / (1.0 - d).ln()).powi(2);
    n.is_finite().then(|| (n.ceil() as u64).max(2))
}

/// Mann and Whitney's test: U of the second sample, and the two-sided p: exact for few values without ties, else normal
/// with ties and continuity. `None` when a side is empty.
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Option<(f64, f64)> {
    let (m, n) = (first.len(), second.len());
    if m == 0 || n == 0 {
        return None;
    }
    let wins = |b: &f64| first.iter().map(|a| if b > a { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 }).sum::<f64>();
    let u: f64 = second.iter().map(wins).sum();
    let all: Vec<f64> = first.iter().chain(second).copied().collect();
    let tied = ties(&all);
    if m.max(n) <= EXACT_UP_TO && tied.iter().all(|t| *t == 1) {
        return Some((u, exact(u, m, n)));
    }
    let (m, n) = (m as f64, n as f64);
    let total = m + n;
    let lost: f64 = tied.iter().map(|t| (*t as f64).powi(3) - *t as f64).sum();
    let variance = m * n / 12.0 * (total + 1.0 - lost / (total * (total - 1.0)));
    let off = u - m * n / 2.0;
    let z = if variance > 0.0 { (off.abs() - 0.5).max(0.0) / variance.sqrt() } else { 0.0 };
    Some((u, two_sided(z)))
}

/// Twice the smaller tail of U when all orders are equally likely. Counts of orders by U follow
/// `c(m, n, u) = c(m-1, n, u-n) + c(m, n-1, u)`.
fn exact(u: f64, m: usize, n: usize) -> f64 {
    let most = m * n;
    // ways[j][u] for i of the first sample and j of the second; i grows row by row.
    let mut ways = vec![vec![0.0; most + 1]; n + 1];
    for row in &mut ways {
        row[0] = 1.0;
    }
    for _ in 1..=m {
        let mut next = vec![vec![0.0; most + 1]; n + 1];
        next[0][0] = 1.0;
        for j in 1..=n {
            for k in 0..=most {
                let shifted = if k >= j { ways[j][k - j] } else { 0.0 };
                next[j][k] = shifted + next[j - 1][k];
            }
        }
        ways = next;
    }
    let all: f64 = ways[n].iter().sum();
    let u = u.round() as usize;
    let low: f64 = ways[n][..=u].iter().sum();
    let high: f64 = ways[n][u..].iter().sum();
    (2.0 * low.min(high) / all).min(1.0)
}
