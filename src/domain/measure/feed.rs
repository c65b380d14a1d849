//! What is asked of a source of samples, and how its answer arrives. Sources return samples, never counts.

use super::Selector;
use crate::domain::base::{Labels, Ms, Span, Text};
use std::sync::Arc;

/// One sample of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When it was taken.
    pub at: Ms,
    /// Its value; may be NaN or infinite, which the counter calls a data error.
    pub value: f64,
}

/// A question to a source. Spans are `(from, to]`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ask {
    /// Raw samples of the series that match.
    Raw {
        /// Which series.
        selector: Selector,
        /// Exclusive start.
        from: Ms,
        /// Inclusive end.
        to: Ms,
    },
    /// Values of a PromQL expression at every multiple of `step` in the span.
    Eval {
        /// The expression, without placeholders.
        expr: Text,
        /// Exclusive start.
        from: Ms,
        /// Inclusive end.
        to: Ms,
        /// Distance of the evaluations; they fall on multiples of it.
        step: Span,
    },
}

impl Ask {
    /// The same over its last `span` alone.
    #[must_use]
    pub fn ending(mut self, span: Span) -> Self {
        let (Self::Raw { from, to, .. } | Self::Eval { from, to, .. }) = &mut self;
        *from = (*from).max(*to - span);
        self
    }

    /// The span asked for, `(from, to]`.
    pub const fn span(&self) -> (Ms, Ms) {
        match self {
            Self::Raw { from, to, .. } | Self::Eval { from, to, .. } => (*from, *to),
        }
    }
}

/// Takes an answer as it is decoded. Stale markers and histogram samples never reach it.
pub trait Sink: Send {
    /// The samples that follow belong to this series. A series may come more than once in one answer (slices of time).
    fn series(&mut self, labels: &Labels);
    /// One sample of the series named last, in rising order of time within one `series` call.
    fn sample(&mut self, at: Ms, value: f64);
    /// Several samples of that series at once.
    fn samples(&mut self, samples: &[Sample]) {
        for sample in samples {
            self.sample(sample.at, sample.value);
        }
    }
}

/// How whole an answer is. Anything less than whole is named; it never reads as "no errors".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Series that came.
    pub series: usize,
    /// Samples that came.
    pub samples: usize,
    /// Warnings of the source, in its words (partial answers of Thanos, for instance).
    pub warnings: Vec<String>,
    /// The source said that parts are missing.
    pub partial: bool,
}

/// An answer held in memory: the plainest [`Sink`]. It may share series with another one instead of holding them.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    heads: Vec<(Labels, usize)>,
    samples: Vec<Sample>,
    shares: Option<(Arc<Self>, Arc<[u32]>)>,
}

impl Batch {
    /// Some of the series of another answer, by their places in it: nothing is copied.
    pub fn sharing(whole: &Arc<Self>, places: &Arc<[u32]>) -> Self {
        Self { shares: Some((Arc::clone(whole), Arc::clone(places))), ..Self::default() }
    }

    /// The series with their samples, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&Labels, &[Sample])> {
        let own = (0..self.heads.len()).filter_map(|at| self.series_at(at));
        let shared =
            self.shares.iter().flat_map(|(whole, places)| places.iter().filter_map(|place| whole.series_at(*place as usize)));
        own.chain(shared)
    }

    fn series_at(&self, at: usize) -> Option<(&Labels, &[Sample])> {
        let (labels, start) = self.heads.get(at)?;
        let end = self.heads.get(at + 1).map_or(self.samples.len(), |(_, start)| *start);
        Some((labels, &self.samples[*start..end]))
    }

    /// Number of series; one that came in parts counts for each.
    pub fn series_count(&self) -> usize {
        self.heads.len() + self.shares.as_ref().map_or(0, |(_, places)| places.len())
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        match &self.shares {
            None => self.samples.len(),
            Some(_) => self.iter().map(|(_, samples)| samples.len()).sum(),
        }
    }

    /// True when no sample came.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty() && self.iter().all(|(_, samples)| samples.is_empty())
    }

    /// One series with its samples, at once.
    pub fn append(&mut self, labels: &Labels, samples: &[Sample]) {
        self.own_all();
        self.heads.push((labels.clone(), self.samples.len()));
        self.samples.extend_from_slice(samples);
    }

    /// Empties the batch and keeps its memory for the next answer.
    pub fn clear(&mut self) {
        self.heads.clear();
        self.samples.clear();
        self.shares = None;
    }

    /// Copies what it shares, so that more can follow.
    fn own_all(&mut self) {
        if let Some((whole, places)) = self.shares.take() {
            for (labels, samples) in places.iter().filter_map(|place| whole.series_at(*place as usize)) {
                self.heads.push((labels.clone(), self.samples.len()));
                self.samples.extend_from_slice(samples);
            }
        }
    }
}

impl PartialEq for Batch {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Sink for Batch {
    fn series(&mut self, labels: &Labels) {
        self.own_all();
        self.heads.push((labels.clone(), self.samples.len()));
    }

    fn sample(&mut self, at: Ms, value: f64) {
        self.samples.push(Sample { at, value });
    }

    fn samples(&mut self, samples: &[Sample]) {
        self.samples.extend_from_slice(samples);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(batch: &Batch) -> String {
        let line = |(labels, samples): (&Labels, &[Sample])| {
            let values: Vec<String> = samples.iter().map(|s| s.value.to_string()).collect();
            format!("{labels} {}", values.join(" "))
        };
        batch.iter().map(line).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn a_batch_that_shares_series_reads_and_grows_like_one_that_holds_them() {
        let mut whole = Batch::default();
        for (name, values) in [("a", vec![1.0]), ("b", vec![]), ("c", vec![2.0, 3.0]), ("d", vec![4.0])] {
            whole.series(&Labels::new([("__name__", name)]));
            for value in values {
                whole.sample(Ms(7), value);
            }
        }
        let mut some = Batch::sharing(&Arc::new(whole), &[3, 1, 2, 99].into());
        assert_eq!((told(&some).as_str(), some.len(), some.is_empty()), ("d 4, b , c 2 3", 3, false));
        assert_eq!(some, some.clone());
        some.series(&Labels::new([("__name__", "e")]));
        some.sample(Ms(8), 5.0);
        some.append(&Labels::default(), &[]);
        assert_eq!((told(&some).as_str(), some.len()), ("d 4, b , c 2 3, e 5,  ", 4));
        some.clear();
        assert!(some.is_empty() && some == Batch::default());
        assert!(Batch::sharing(&Arc::new(Batch::default()), &[0].into()).is_empty());
    }
}
