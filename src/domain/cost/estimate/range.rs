//! Ranges: low/mode/high or P5/P95 of a component, and the total's quantiles by simulation.
//!
//! Chance is a seeded SplitMix64 written out here, so that the same seed gives the same bytes whatever library is around.
//! Each component draws from a stream of its own: another component in the file does not change the draws of this one.
//! Draws are floating point; the amounts they stand around are not, and no line or total comes from here.

use super::component::IDS;
use crate::domain::base::Currency;
use crate::domain::cost::{CostLine, CostSheet};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use statrs::function::beta::inv_beta_reg;
use statrs::function::erf::erfc_inv;

/// How an amount may vary, in the currency of the total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spread {
    /// PERT with lambda 4: low <= mode <= high.
    Pert {
        /// Nothing lies below.
        low: Decimal,
        /// Most likely.
        mode: Decimal,
        /// Nothing lies above.
        high: Decimal,
    },
    /// Lognormal: one draw in twenty lies below p5, one above p95; 0 < p5 <= p95.
    Lognormal {
        /// P5.
        p5: Decimal,
        /// P95.
        p95: Decimal,
    },
}

/// The range of one component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranged {
    /// Component id.
    pub component: &'static str,
    /// How it varies.
    pub spread: Spread,
}

/// How components hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependence {
    /// Not at all.
    Independent,
    /// One severity drives all: what is high for one is high for all.
    Severity,
}

impl Dependence {
    /// The word in files and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Independent => "independent",
            Self::Severity => "severity",
        }
    }
}

/// What to simulate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// How components hang together.
    pub method: Dependence,
    /// Same seed, same bytes.
    pub seed: u64,
    /// How many draws, 20,000 or more.
    pub draws: u32,
    /// The sum whose chance of being exceeded is asked.
    pub exceeds: Option<Decimal>,
}

/// What came out: quantiles of the total, rounded to its minor unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Range {
    /// What was asked.
    pub asked: Simulation,
    /// P5, P10, P50, P90, P95 (type 7).
    pub quantiles: [Decimal; 5],
    /// The mean.
    pub mean: Decimal,
    /// Share of draws above `asked.exceeds`.
    pub chance: Option<f64>,
    /// Each component's share of the total's variance; they add up to 1.
    pub variance: Vec<(&'static str, f64)>,
    /// The inputs that move the total most, one at a time, widest first.
    pub sensitivity: Vec<super::Swing>,
}

/// The quantiles that are told.
pub const QUANTILES: [(&str, f64); 5] = [("p5", 0.05), ("p10", 0.10), ("p50", 0.50), ("p90", 0.90), ("p95", 0.95)];

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Chance(u64);

impl Chance {
    /// The stream of one component.
    const fn stream(seed: u64, number: u64) -> Self {
        let mut start = Self(seed);
        let mixed = start.next();
        Self(mixed ^ Self(number).next())
    }

    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Evenly within (0, 1), neither end included.
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }
}

/// z(0.95) - z(0.05).
const P5_TO_P95: f64 = 3.289_707_253_902_945;

/// The value below which a share `u` of draws lies.
struct Inverse {
    low: f64,
    width: f64,
    /// alpha, beta of PERT; or mu, sigma of the logarithm.
    shape: (f64, f64),
    lognormal: bool,
}

impl Inverse {
    fn of(spread: &Spread) -> Self {
        let float = |d: &Decimal| d.to_f64().unwrap_or(0.0);
        match spread {
            Spread::Pert { low, mode, high } => {
                let (a, m, b) = (float(low), float(mode), float(high));
                let width = b - a;
                let shape = (1.0 + 4.0 * (m - a) / width, 1.0 + 4.0 * (b - m) / width);
                Self { low: a, width, shape, lognormal: false }
            }
            Spread::Lognormal { p5, p95 } => {
                let (low, high) = (float(p5).ln(), float(p95).ln());
                Self { low: 0.0, width: 1.0, shape: (f64::midpoint(low, high), (high - low) / P5_TO_P95), lognormal: true }
            }
        }
    }

    fn at(&self, u: f64) -> f64 {
        if self.lognormal {
            let z = -std::f64::consts::SQRT_2 * erfc_inv(2.0 * u);
            return (self.shape.0 + self.shape.1 * z).exp();
        }
        if self.width <= 0.0 { self.low } else { self.low + self.width * inv_beta_reg(self.shape.0, self.shape.1, u) }
    }
}

impl Spread {
    /// Bounds of the amount, where it has some.
    pub const fn bounds(&self) -> Option<(Decimal, Decimal)> {
        match self {
            Self::Pert { low, high, .. } => Some((*low, *high)),
            Self::Lognormal { .. } => None,
        }
    }
}

/// The line that a range belongs to: the component's own, not that of overlapping incidents.
fn is_of(line: &CostLine, ranged: &Ranged) -> bool {
    *line.component == *ranged.component && line.subject.is_none()
}

/// Gives lines their bounds. A lognormal has none, so a total with one has none either.
pub(super) fn bound(lines: &mut [CostLine], ranges: &[Ranged]) {
    for line in lines {
        let Some(ranged) = ranges.iter().find(|r| is_of(line, r)) else { continue };
        let rounded = |d| super::draft::rounded(d, line.amount.currency);
        (line.low, line.high) = ranged.spread.bounds().map(|(low, high)| (rounded(low), rounded(high))).unzip();
    }
}

/// A line that is added may lie anywhere above 0: sums of bounds would be none.
pub(super) fn is_unbounded(lines: &[CostLine], ranges: &[Ranged]) -> bool {
    let free = |r: &&Ranged| r.spread.bounds().is_none();
    lines.iter().any(|l| !l.memo && ranges.iter().filter(free).any(|r| is_of(l, r)))
}

/// Draws the total. Lines without a range stand as they are. `None` when there is no total.
pub(super) fn simulate(sheet: &CostSheet, ranges: &[Ranged], asked: Simulation) -> Option<Range> {
    sheet.total?;
    let added: Vec<&CostLine> = sheet.lines.iter().filter(|l| !l.memo).collect();
    let varied: Vec<&Ranged> = ranges.iter().filter(|r| added.iter().any(|l| is_of(l, r))).collect();
    let is_fixed = |l: &&&CostLine| !varied.iter().any(|r| is_of(l, r));
    let fixed: f64 = added.iter().filter(is_fixed).filter_map(|l| l.amount.amount.to_f64()).sum();
    let columns: Vec<Vec<f64>> = varied.iter().map(|r| draws(r, asked)).collect();
    let totals: Vec<f64> = (0..asked.draws as usize).map(|i| fixed + columns.iter().map(|c| c[i]).sum::<f64>()).collect();
    let mut sorted = totals.clone();
    sorted.sort_by(f64::total_cmp);
    let mean = mean(&totals);
    let above = |limit: Decimal| limit.to_f64().map_or(0.0, |l| share_above(&sorted, l));
    let shares = varied.iter().zip(&columns).map(|(r, column)| (r.component, share_of_variance(column, &totals, mean)));
    Some(Range {
        asked,
        quantiles: to_money(QUANTILES.map(|(_, p)| quantile(&sorted, p)), sheet.currency)?,
        mean: to_money([mean], sheet.currency)?[0],
        chance: asked.exceeds.map(above),
        variance: shares.collect(),
        sensitivity: Vec::new(),
    })
}

fn draws(ranged: &Ranged, asked: Simulation) -> Vec<f64> {
    let rank = IDS.iter().position(|id| *id == ranged.component).unwrap_or(IDS.len()) as u64;
    let mut chance = match asked.method {
        Dependence::Independent => Chance::stream(asked.seed, rank + 1),
        Dependence::Severity => Chance::stream(asked.seed, 0),
    };
    let inverse = Inverse::of(&ranged.spread);
    (0..asked.draws).map(|_| inverse.at(chance.uniform())).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn share_above(sorted: &[f64], limit: f64) -> f64 {
    let below = sorted.partition_point(|v| *v <= limit);
    (sorted.len() - below) as f64 / sorted.len() as f64
}

/// Cov(component, total) / Var(total): adds up to 1 however components hang together.
fn share_of_variance(column: &[f64], totals: &[f64], total_mean: f64) -> f64 {
    let own = mean(column);
    let cov: f64 = column.iter().zip(totals).map(|(x, t)| (x - own) * (t - total_mean)).sum();
    let var: f64 = totals.iter().map(|t| (t - total_mean).powi(2)).sum();
    if var > 0.0 { cov / var } else { 0.0 }
}

/// Type 7: linear between neighbours at (n - 1) p.
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = (sorted.len() - 1) as f64 * p;
    let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    low + (high - low) * at.fract()
}

/// `None` beyond decimals.
fn to_money<const N: usize>(values: [f64; N], currency: Currency) -> Option<[Decimal; N]> {
    let digits = currency.minor_units();
    let mut out = [Decimal::ZERO; N];
    for (slot, value) in out.iter_mut().zip(values) {
        *slot = format!("{value:.*}", digits as usize).parse().ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_generator_is_splitmix64() {
        // The reference implementation's first outputs for seed 1234567.
        let mut chance = Chance(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| chance.next()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn pert_has_the_published_mean_and_variance() {
        // Mean (a + 4m + b) / 6, variance (mean - a)(b - mean) / 7, over an even grid of quantiles.
        for (a, m, b) in [("10", "20", "60"), ("0", "0", "12"), ("5", "9", "9"), ("-30", "-20", "-10")] {
            let inverse = Inverse::of(&Spread::Pert { low: dec(a), mode: dec(m), high: dec(b) });
            let grid: Vec<f64> = (0..20_000).map(|i| inverse.at((f64::from(i) + 0.5) / 20_000.0)).collect();
            let [a, m, b] = [a, m, b].map(|t| t.parse::<f64>().unwrap());
            let wanted = (a + 4.0 * m + b) / 6.0;
            let var = grid.iter().map(|v| (v - wanted).powi(2)).sum::<f64>() / 20_000.0;
            assert!((mean(&grid) - wanted).abs() < 0.005, "{} {wanted}", mean(&grid));
            assert!((var - (wanted - a) * (b - wanted) / 7.0).abs() < 0.05, "{var}");
            assert!(grid.windows(2).all(|w| w[0] <= w[1]) && grid[0] >= a && grid[19_999] <= b);
        }
        let beta_1_5 = Inverse::of(&Spread::Pert { low: dec("0"), mode: dec("0"), high: dec("1") });
        assert!((beta_1_5.at(0.3) - (1.0 - 0.7_f64.powf(0.2))).abs() < 1e-9, "closed form of Beta(1, 5)");
        let constant = Inverse::of(&Spread::Pert { low: dec("7"), mode: dec("7"), high: dec("7") });
        assert_eq!((constant.at(0.01), constant.at(0.99)), (7.0, 7.0));
    }

    #[test]
    fn a_lognormal_meets_its_two_quantiles() {
        let inverse = Inverse::of(&Spread::Lognormal { p5: dec("100"), p95: dec("400") });
        for (u, wanted) in [(0.05, 100.0), (0.5, 200.0), (0.95, 400.0)] {
            assert!((inverse.at(u) - wanted).abs() < 1e-6, "{u}: {}", inverse.at(u));
        }
    }

    #[test]
    fn quantiles_are_linear_between_neighbours() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert_eq!(share_above(&[1.0, 2.0, 4.0, 8.0], 2.0), 0.5);
    }
}
