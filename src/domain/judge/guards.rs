//! Guards: is the evidence enough to wake a person (SEMANTICS 4)?
//!
//! The Clopper-Pearson lower bound of k bad in n is above p exactly when k or more bad would be rarer than 1 - confidence at
//! p itself. So no quantile is searched: one tail probability is enough, and mostly a bound on it.

use statrs::function::beta::beta_reg;
use statrs::function::erf::erfc;
use statrs::function::gamma::gamma_lr;

/// From here on the tails are told by the normal distribution: the series of statrs would need too many terms.
const MANY: f64 = 2000.0;

/// True when the one-sided lower bound of `bad / total` at `confidence` is above `level`. Confidence 0 asks for nothing.
pub fn binomial_is_above(bad: f64, total: f64, level: f64, confidence: f64) -> bool {
    if confidence <= 0.0 {
        return true;
    }
    if bad <= 0.0 || total <= 0.0 || level >= 1.0 || bad <= level * total {
        return false;
    }
    let rare = 1.0 - confidence;
    // Chernoff: the tail is at most exp(-n KL(k/n, p)).
    if (-total * divergence((bad / total).min(1.0), level)).exp() < rare {
        return true;
    }
    let tail = if bad > MANY {
        normal_tail((bad - 0.5 - total * level) / (total * level * (1.0 - level)).sqrt())
    } else {
        beta_reg(bad, (total - bad).max(0.0) + 1.0, level)
    };
    tail < rare
}

/// True when the one-sided lower bound of a Poisson mean, given `count`, is above `expected`.
pub fn poisson_is_above(count: f64, expected: f64, confidence: f64) -> bool {
    if confidence <= 0.0 {
        return true;
    }
    if count <= 0.0 || count <= expected {
        return false;
    }
    if expected <= 0.0 {
        return true;
    }
    let rare = 1.0 - confidence;
    if (count - expected - count * (count / expected).ln()).exp() < rare {
        return true;
    }
    let tail = if count > MANY { normal_tail((count - 0.5 - expected) / expected.sqrt()) } else { gamma_lr(count, expected) };
    tail < rare
}

/// Kullback-Leibler divergence of two coins.
fn divergence(a: f64, p: f64) -> f64 {
    let part = |a: f64, p: f64| if a > 0.0 { a * (a / p).ln() } else { 0.0 };
    part(a, p) + part(1.0 - a, 1.0 - p)
}

fn normal_tail(z: f64) -> f64 {
    erfc(z / std::f64::consts::SQRT_2) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use statrs::distribution::{Beta, ContinuousCDF};

    /// The definition: the `1 - confidence` quantile of Beta(k, n - k + 1).
    fn clopper_pearson(bad: f64, total: f64, confidence: f64) -> f64 {
        Beta::new(bad, total - bad + 1.0).unwrap().inverse_cdf(1.0 - confidence)
    }

    /// P(X >= k) added up term by term.
    fn tail_by_adding(bad: u32, total: u32, p: f64) -> f64 {
        let mut term = (1.0 - p).ln() * f64::from(total);
        let mut below = 0.0;
        for k in 0..bad {
            below += term.exp();
            term += ((f64::from(total - k)) / f64::from(k + 1)).ln() + (p / (1.0 - p)).ln();
        }
        1.0 - below
    }

    #[test]
    fn known_bounds_decide() {
        // Lower 95 % bounds: 3 of 3: 0.3684; 3 of 100: 0.00823; 10 of 1000: 0.00543.
        for (bad, total, below, above) in [(3.0, 3.0, 0.36, 0.37), (3.0, 100.0, 0.0082, 0.0083), (10.0, 1000.0, 0.0054, 0.0055)] {
            assert!(binomial_is_above(bad, total, below, 0.95), "{bad} of {total} above {below}");
            assert!(!binomial_is_above(bad, total, above, 0.95), "{bad} of {total} not above {above}");
        }
        // Poisson: 3 seen, lower bound 0.8177; 10 seen, 5.425.
        assert!(poisson_is_above(3.0, 0.81, 0.95) && !poisson_is_above(3.0, 0.82, 0.95));
        assert!(poisson_is_above(10.0, 5.42, 0.95) && !poisson_is_above(10.0, 5.43, 0.95));
    }

    #[test]
    fn great_numbers_are_decided_as_by_adding_up() {
        for (total, p) in [(200_000_u32, 0.0144), (1_000_000, 0.003), (50_000, 0.06)] {
            let mean = f64::from(total) * p;
            for bad in (0..60).map(|i| (mean + f64::from(i) * mean.sqrt() / 20.0) as u32) {
                let tail = tail_by_adding(bad, total, p);
                if (tail - 0.05).abs() > 0.002 {
                    let said = binomial_is_above(f64::from(bad), f64::from(total), p, 0.95);
                    assert_eq!(said, tail < 0.05, "{bad} of {total} at {p}: tail {tail}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_shortcut_agrees_with_the_bound_itself(bad in 1_u32..60, more in 0_u32..20_000, level in 0.0001..0.9_f64) {
            let (bad, total) = (f64::from(bad), f64::from(bad + more));
            let bound = clopper_pearson(bad, total, 0.95);
            prop_assume!((bound - level).abs() > 1e-6 * level);
            prop_assert_eq!(binomial_is_above(bad, total, level, 0.95), bound > level);
        }
    }
}
