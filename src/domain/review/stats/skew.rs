//! Whether a mean hangs on one incident: few long ones carry most of the time, so a mean says little without their names.

use crate::domain::base::Text;

/// Least numbers of which one can be told to carry the mean.
pub const SKEW_FROM: usize = 3;
/// A mean that falls by this share without its longest hangs on it.
pub const SKEWED: f64 = 0.1;

/// The one that a mean hangs on.
#[derive(Clone, Debug, PartialEq)]
pub struct Skew {
    /// Its name in the ledger.
    pub id: Text,
    /// How long it was, in seconds.
    pub seconds: f64,
    /// The mean of the others, in seconds.
    pub mean_without: f64,
}

/// The longest of these seconds, when the mean of the others is lower by [`SKEWED`] or more. `None` under [`SKEW_FROM`] numbers.
pub fn skew(timed: &[(&Text, f64)]) -> Option<Skew> {
    if timed.len() < SKEW_FROM {
        return None;
    }
    let (id, seconds) = timed.iter().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let total: f64 = timed.iter().map(|(_, seconds)| seconds).sum();
    let mean_without = (total - seconds) / (timed.len() - 1) as f64;
    let mean = total / timed.len() as f64;
    (mean_without <= mean * (1.0 - SKEWED)).then(|| Skew { id: (*id).clone(), seconds: *seconds, mean_without })
}
