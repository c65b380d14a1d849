//! `histogram_quantile` over classic buckets, as Prometheus interpolates it (promql/quantile.go).

use super::node::{Elements, nameless};
use crate::domain::base::Labels;
use std::collections::HashMap;

/// The quantile of every histogram in a vector of buckets.
pub(super) fn quantiles(q: f64, elements: Elements) -> Elements {
    let drop = ["le".into()];
    let mut order: Vec<(Labels, Vec<(f64, f64)>)> = Vec::new();
    let mut index: HashMap<Labels, usize> = HashMap::new();
    for (labels, count) in elements {
        let Some(bound) = bound(labels.get("le")) else { continue };
        let i = *index.entry(labels.without(&drop)).or_insert_with_key(|key| {
            order.push((key.clone(), Vec::new()));
            order.len() - 1
        });
        order[i].1.push((bound, count));
    }
    order.into_iter().map(|(labels, buckets)| (nameless(&labels), quantile(q, buckets))).collect()
}

/// A bucket's upper bound.
fn bound(le: &str) -> Option<f64> {
    // Rust reads the same texts as Go here, `+Inf` included.
    le.parse::<f64>().ok().filter(|b| !b.is_nan())
}

fn quantile(q: f64, mut buckets: Vec<(f64, f64)>) -> f64 {
    if q.is_nan() {
        return f64::NAN;
    }
    if !(0.0..=1.0).contains(&q) {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let buckets = monotonic(buckets);
    let [.., (before_last, _), (last, total)] = buckets[..] else { return f64::NAN };
    if last != f64::INFINITY || total == 0.0 || total.is_nan() {
        return f64::NAN;
    }
    let rank = q * total;
    let b = buckets[..buckets.len() - 1].partition_point(|(_, count)| *count < rank);
    if b == buckets.len() - 1 {
        return before_last;
    }
    let (end, count) = buckets[b];
    match b.checked_sub(1).map(|i| buckets[i]) {
        None if end <= 0.0 => end,
        None => end * (rank / count),
        Some((start, below)) => start + (end - start) * ((rank - below) / (count - below)),
    }
}

/// Buckets of one bound added up, and counts never falling: scrapes and rates may break either a little.
fn monotonic(buckets: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::with_capacity(buckets.len());
    for (bound, count) in buckets {
        match out.last_mut() {
            Some(last) if last.0 == bound => last.1 += count,
            _ => out.push((bound, count)),
        }
    }
    let mut most = f64::NEG_INFINITY;
    for (_, count) in &mut out {
        most = most.max(*count);
        *count = most;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_within_a_bucket() {
        let buckets = || vec![(f64::INFINITY, 10.0), (0.1, 4.0), (0.5, 8.0)];
        for (q, expected) in
            [(0.0, 0.0), (0.4, 0.1), (0.6, 0.3), (0.9, 0.5), (1.0, 0.5), (-1.0, f64::NEG_INFINITY), (2.0, f64::INFINITY)]
        {
            let got = quantile(q, buckets());
            assert!(got == expected || (got - expected).abs() < 1e-12, "{q}: {got}");
        }
        assert!(quantile(0.5, vec![(0.1, 4.0), (0.5, 8.0)]).is_nan(), "no +Inf bucket");
        assert!(quantile(0.5, vec![(f64::INFINITY, 4.0)]).is_nan());
        assert!(quantile(0.5, vec![(0.1, 0.0), (f64::INFINITY, 0.0)]).is_nan());
        assert!((quantile(0.5, vec![(0.1, 4.0), (0.2, 3.0), (f64::INFINITY, 8.0)]) - 0.1).abs() < 1e-12);
    }
}
