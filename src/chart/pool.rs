//! Pooling: many values into few columns, keeping the greatest of each, so that a peak never disappears.

/// The greatest known value of each of `columns` even parts; NaN where a part has none. Fewer values than columns are
/// repeated, so that every column has one.
pub fn pool_max(values: &[f32], columns: usize) -> Vec<f32> {
    let n = values.len();
    (0..columns)
        .map(|c| {
            let from = c * n / columns;
            let to = ((c + 1) * n).div_ceil(columns).clamp(from, n);
            values[from..to].iter().copied().filter(|v| v.is_finite()).fold(f32::NAN, f32::max)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_greatest_value_of_each_part_stays() {
        assert_eq!(pool_max(&[1.0, 9.0, 2.0, 3.0], 2), [9.0, 3.0]);
        assert_eq!(pool_max(&[1.0, 2.0], 4), [1.0, 1.0, 2.0, 2.0]);
        assert!(pool_max(&[f32::NAN, f32::NAN, 1.0], 3)[0].is_nan());
        assert!(pool_max(&[], 3).iter().all(|v| v.is_nan()));
        assert!(pool_max(&[1.0], 0).is_empty());
    }

    proptest! {
        #[test]
        fn no_peak_is_lost(values in prop::collection::vec(0.0_f32..100.0, 1..200), columns in 1_usize..80) {
            let pooled = pool_max(&values, columns);
            prop_assert_eq!(pooled.len(), columns);
            let peak = |v: &[f32]| v.iter().copied().fold(f32::NAN, f32::max);
            prop_assert_eq!(peak(&pooled), peak(&values));
        }
    }
}
