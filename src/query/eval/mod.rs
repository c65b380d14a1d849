//! PromQL over recorded samples in memory, for a stated subset: what it cannot do is an error that names it, never a guess.
//!
//! In the subset: instant and range selectors with `offset` and `@`, staleness, subqueries, `rate` and its kin with
//! Prometheus' extrapolation, the `_over_time` family, aggregations, `histogram_quantile` over classic buckets, all binary
//! operators with their vector matching, and the common functions of numbers, labels, time and the calendar. Out of it: native
//! histograms, `fill`, `or` between labels, `limitk`, smoothing, `info` and trigonometry.
//! Selectors are resolved once; an evaluation finds its window by binary search.

mod binary;
mod compile;
mod fold;
mod histogram;
mod maths;
mod node;
mod select;
mod series;
mod windows;

pub use series::{Memory, STALE, SeriesRef, SeriesSet, is_stale};

use super::ast::Expr;
use super::error::QueryError;
use super::guard::parse;
use crate::domain::base::{Labels, Ms, Span};
use crate::domain::measure::Sample;
use node::{Node, Yield};
use select::Instant;
use std::cell::Cell;
use std::collections::HashMap;
use thiserror::Error;

/// Which Prometheus' rules for windows hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Prometheus 2: windows are closed, `[t-r, t]`.
    Closed,
    /// Prometheus 3: windows are open on the left, `(t-r, t]`, as burnledger's own are.
    #[default]
    LeftOpen,
}

/// What an evaluation assumes of the server it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Rules for windows.
    pub dialect: Dialect,
    /// How old a sample may be that an instant selector takes; 5m in Prometheus.
    pub lookback: Span,
    /// Step of a subquery that states none; the evaluation interval of Prometheus, 1m.
    pub subquery_step: Span,
}

impl Default for Rules {
    fn default() -> Self {
        Self { dialect: Dialect::LeftOpen, lookback: Span::from_mins(5), subquery_step: Span::from_mins(1) }
    }
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EvalError {
    /// The text is no valid PromQL.
    #[error("{0}")]
    Invalid(#[from] QueryError),
    /// Outside the subset.
    #[error("{0} is not supported over recorded samples")]
    Unsupported(String),
    /// Prometheus would refuse it too, for this data.
    #[error("{0}")]
    Refused(String),
}

/// What an expression yields at an instant.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// One number.
    Scalar(f64),
    /// A number for each label set, in no particular order.
    Vector(Vec<(Labels, f64)>),
}

/// An expression made ready over a set of series.
pub struct Evaluator<'a> {
    root: Node<'a>,
    rules: Rules,
}

impl<'a> Evaluator<'a> {
    /// Resolves an expression's selectors and checks that it lies within the subset.
    ///
    /// # Errors
    /// Something in it is outside the subset.
    pub fn new(expr: &Expr, data: &'a dyn SeriesSet, rules: Rules) -> Result<Self, EvalError> {
        let root = compile::Compiler { data, rules, runs: Cell::new(1) }.root(expr)?;
        Ok(Self { root, rules })
    }

    /// Reads and resolves a text without placeholders.
    ///
    /// # Errors
    /// The text is invalid or outside the subset.
    pub fn parse(text: &str, data: &'a dyn SeriesSet, rules: Rules) -> Result<Self, EvalError> {
        Self::new(&parse(text)?, data, rules)
    }

    /// The value at an instant.
    ///
    /// # Errors
    /// The data do not allow it: ambiguous matching, or two results with the same labels.
    pub fn at(&self, at: Ms) -> Result<Value, EvalError> {
        self.instant(Instant { at, start: at, end: at, rules: self.rules })
    }

    /// The values at every multiple of `step` in `(from, to]`, by label set (a scalar has none), each in order of time.
    ///
    /// # Errors
    /// As [`Evaluator::at`]; also for a step that is not positive.
    pub fn range(&self, from: Ms, to: Ms, step: Span) -> Result<Vec<(Labels, Vec<Sample>)>, EvalError> {
        if step.0 <= 0 {
            return Err(EvalError::Refused("the step must be longer than 0".into()));
        }
        let mut series: Vec<(Labels, Vec<Sample>)> = Vec::new();
        let mut index: HashMap<Labels, usize> = HashMap::new();
        let (start, end) = (from.floor_to(step) + step, to.floor_to(step));
        let mut at = start;
        while at <= end {
            let elements = match self.instant(Instant { at, start, end, rules: self.rules })? {
                Value::Scalar(value) => vec![(Labels::default(), value)],
                Value::Vector(elements) => elements,
            };
            for (labels, value) in elements {
                let i = *index.entry(labels).or_insert_with_key(|labels| {
                    series.push((labels.clone(), Vec::new()));
                    series.len() - 1
                });
                series[i].1.push(Sample { at, value });
            }
            at = at + step;
        }
        Ok(series)
    }

    fn instant(&self, now: Instant) -> Result<Value, EvalError> {
        Ok(match self.root.run(now)? {
            Yield::Scalar(value) => Value::Scalar(value),
            Yield::Vector(elements) => Value::Vector(elements),
        })
    }
}

#[cfg(test)]
mod tests;
