//! What is asked of a source of samples, and how its answer arrives. Sources return samples, never counts.

use super::Selector;
use crate::domain::base::{Labels, Ms, Span, Text};

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

/// An answer held in memory: the plainest [`Sink`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    heads: Vec<(Labels, usize)>,
    samples: Vec<Sample>,
}

impl Batch {
    /// The series with their samples, in the order they came.
    pub fn iter(&self) -> impl Iterator<Item = (&Labels, &[Sample])> {
        self.heads.iter().enumerate().map(|(i, (labels, start))| {
            let end = self.heads.get(i + 1).map_or(self.samples.len(), |(_, s)| *s);
            (labels, &self.samples[*start..end])
        })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.samples.len()
    }

    /// True when no sample came.
    pub fn is_empty(&self) -> bool {
        self.samples.is_empty()
    }

    /// One series with its samples, at once.
    pub fn append(&mut self, labels: &Labels, samples: &[Sample]) {
        self.heads.push((labels.clone(), self.samples.len()));
        self.samples.extend_from_slice(samples);
    }

    /// Empties the batch and keeps its memory for the next answer.
    pub fn clear(&mut self) {
        self.heads.clear();
        self.samples.clear();
    }
}

impl Sink for Batch {
    fn series(&mut self, labels: &Labels) {
        self.heads.push((labels.clone(), self.samples.len()));
    }

    fn sample(&mut self, at: Ms, value: f64) {
        self.samples.push(Sample { at, value });
    }
}
