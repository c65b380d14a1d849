//! Where an evaluation finds its samples.

use super::super::matcher::SelectorMatcher;
use super::EvalError;
use crate::domain::base::Labels;
use crate::domain::measure::{Batch, Sample, Selector};
use std::collections::HashMap;

/// A series: its labels and its samples in rising order of time, one per instant.
#[derive(Clone, Copy, Debug)]
pub struct SeriesRef<'a> {
    /// Its labels, name included.
    pub labels: &'a Labels,
    /// Its samples; stale markers (Prometheus' special NaN) are understood.
    pub samples: &'a [Sample],
}

/// A set of series.
pub trait SeriesSet {
    /// The series that a selector means.
    ///
    /// # Errors
    /// A regular expression of the selector is broken.
    fn select(&self, selector: &Selector) -> Result<Vec<SeriesRef<'_>>, EvalError>;
}

/// Series held in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    series: Vec<(Labels, Vec<Sample>)>,
}

impl Memory {
    /// Takes series in any order. Parts of one series are joined and sorted; of two samples at one instant the later given stays.
    pub fn new(parts: impl IntoIterator<Item = (Labels, Vec<Sample>)>) -> Self {
        let mut out = Self::default();
        let mut index: HashMap<Labels, usize> = HashMap::new();
        for (labels, samples) in parts {
            let i = *index.entry(labels).or_insert_with_key(|labels| {
                out.series.push((labels.clone(), Vec::new()));
                out.series.len() - 1
            });
            out.series[i].1.extend(samples);
        }
        for (_, samples) in &mut out.series {
            tidy(samples);
        }
        out
    }
}

impl From<&Batch> for Memory {
    fn from(batch: &Batch) -> Self {
        Self::new(batch.iter().map(|(labels, samples)| (labels.clone(), samples.to_vec())))
    }
}

/// Sorts by time and keeps the last of samples at one instant.
fn tidy(samples: &mut Vec<Sample>) {
    if samples.windows(2).all(|w| w[0].at < w[1].at) {
        return;
    }
    samples.reverse();
    samples.sort_by_key(|s| s.at);
    samples.dedup_by_key(|s| s.at);
}

impl SeriesSet for Memory {
    fn select(&self, selector: &Selector) -> Result<Vec<SeriesRef<'_>>, EvalError> {
        let matcher = SelectorMatcher::new(selector)?;
        let hits = self.series.iter().filter(|(labels, _)| matcher.matches(labels));
        Ok(hits.map(|(labels, samples)| SeriesRef { labels, samples }).collect())
    }
}

/// The bits of the NaN by which Prometheus marks the end of a series (prometheus/model/value).
pub const STALE: u64 = 0x7ff0_0000_0000_0002;

/// True for the NaN by which Prometheus marks the end of a series.
pub fn is_stale(value: f64) -> bool {
    value.to_bits() == STALE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::Ms;

    #[test]
    fn parts_are_joined_sorted_and_the_later_given_sample_stays() {
        let sample = |at, value| Sample { at: Ms(at), value };
        let labels = || Labels::new([("__name__", "x")]);
        let memory =
            Memory::new([(labels(), vec![sample(3, 1.0), sample(1, 2.0)]), (labels(), vec![sample(3, 9.0), sample(2, 4.0)])]);
        let found = memory.select(&Selector::metric("x")).unwrap();
        assert_eq!(found[0].samples, [sample(1, 2.0), sample(2, 4.0), sample(3, 9.0)]);
        assert!(memory.select(&Selector::metric("y")).unwrap().is_empty());
    }
}
