//! Scales: from a value to its place between 0 and 1.

/// A scale with clamped ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// Equal steps for equal differences.
    Linear {
        /// Value at 0.
        low: f64,
        /// Value at 1.
        high: f64,
    },
    /// Equal steps for equal ratios; `low` is above 0.
    Log {
        /// Value at 0.
        low: f64,
        /// Value at 1.
        high: f64,
    },
}

impl Scale {
    /// Burn rates from 0.1x to 100x: 1x, 6x, 14.4x and 58x are all readable at once.
    pub const BURN: Self = Self::Log { low: 0.1, high: 100.0 };

    /// A linear scale around the values, with a tenth of room on both sides; a flat series lies in the middle. Unknown
    /// values are left out; without any the scale is 0..1.
    pub fn fit(values: &[f32]) -> Self {
        let known = || values.iter().copied().filter(|v| v.is_finite()).map(f64::from);
        let (low, high) = known().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return Self::Linear { low: 0.0, high: 1.0 };
        }
        let room = if high > low { (high - low) / 10.0 } else { low.abs().max(1.0) };
        let floor = if low >= 0.0 { 0.0_f64.max(low - room) } else { low - room };
        Self::Linear { low: floor, high: high + room }
    }

    /// The value's place, 0 at the low end and 1 at the high end, clamped; NaN stays NaN.
    pub fn place(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear { low, high } => (value - low) / (high - low),
            Self::Log { low, high } => (value.max(low) / low).ln() / (high / low).ln(),
        };
        if value.is_nan() { f64::NAN } else { share.clamp(0.0, 1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_scale_gives_each_decade_the_same_room() {
        for (value, place) in [(0.0, 0.0), (0.1, 0.0), (1.0, 1.0 / 3.0), (10.0, 2.0 / 3.0), (100.0, 1.0), (1e9, 1.0)] {
            assert!((Scale::BURN.place(value) - place).abs() < 1e-12, "{value}");
        }
        assert!(Scale::BURN.place(f64::NAN).is_nan());
    }

    #[test]
    fn a_fitted_scale_shows_small_changes_and_survives_nothing() {
        assert_eq!(Scale::fit(&[]), Scale::Linear { low: 0.0, high: 1.0 });
        assert_eq!(Scale::fit(&[f32::NAN]), Scale::Linear { low: 0.0, high: 1.0 });
        let flat = Scale::fit(&[5.0, 5.0]);
        assert!(flat.place(5.0) > 0.2 && flat.place(5.0) < 0.8);
    }
}
