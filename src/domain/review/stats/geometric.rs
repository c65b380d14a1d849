//! The geometric mean: the middle of durations that are spread by factors, with Student's t on their logarithms.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Mean and spread of logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Logs {
    /// How many.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their sample standard deviation (n - 1); 0 for a single one.
    pub sd: f64,
}

/// The logarithms of the numbers above 0; others have none and are left out. `None` when nothing is left.
pub fn logs(numbers: &[f64]) -> Option<Logs> {
    let logs: Vec<f64> = numbers.iter().filter(|x| **x > 0.0).map(|x| x.ln()).collect();
    let n = logs.len();
    if n == 0 {
        return None;
    }
    let mean = logs.iter().sum::<f64>() / n as f64;
    let squares: f64 = logs.iter().map(|x| (x - mean).powi(2)).sum();
    Some(Logs { n, mean, sd: if n > 1 { (squares / (n - 1) as f64).sqrt() } else { 0.0 } })
}

impl Logs {
    /// `exp(mean ln x)`.
    pub fn mean(&self) -> f64 {
        self.mean.exp()
    }

    /// The 95 % interval `exp(mean ln x +- t(n-1; 0.975) s / sqrt n)`. `None` for a single number.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let reach = t_975((self.n.checked_sub(1)?) as f64)? * self.sd / (self.n as f64).sqrt();
        Some(((self.mean - reach).exp(), (self.mean + reach).exp()))
    }
}

/// The 97.5 % point of Student's t. `None` below one degree of freedom.
pub(super) fn t_975(freedom: f64) -> Option<f64> {
    (freedom >= 1.0).then(|| StudentsT::new(0.0, 1.0, freedom).ok().map(|t| t.inverse_cdf(0.975))).flatten()
}
