//! An expression with its selectors resolved, and how it runs at an instant.

use super::maths::{Calendar, Elementwise, Replace};
use super::select::{Instant, Ranged, Selected};
use super::windows::OverTime;
use super::{EvalError, binary, fold, histogram, maths};
use crate::domain::base::Labels;
use crate::query::ast::{Fold, Grouping, Matching, Op};
use std::collections::HashSet;

/// The label of a metric's name.
pub(super) const NAME: &str = "__name__";

/// Label sets with their values.
pub(super) type Elements = Vec<(Labels, f64)>;

/// What a node yields.
pub(super) enum Yield {
    Scalar(f64),
    Vector(Elements),
}

/// A resolved expression.
pub(super) enum Node<'a> {
    Number(f64),
    Time,
    Neg(Box<Node<'a>>),
    Select(Selected<'a>),
    /// `timestamp(selector)`: the times of the samples.
    SampleTime(Selected<'a>),
    /// `timestamp(..)` of anything else: the time of the evaluation.
    NowOf(Box<Node<'a>>),
    OverTime {
        f: OverTime,
        of: Ranged<'a>,
        param: Option<Box<Node<'a>>>,
        keeps_name: bool,
    },
    AbsentOverTime(Ranged<'a>, Labels),
    Absent(Box<Node<'a>>, Labels),
    Map {
        f: Elementwise,
        of: Box<Node<'a>>,
        with: Vec<Node<'a>>,
        is_clamp: bool,
    },
    /// A part of the calendar; of the evaluation's time where nothing is given.
    Calendar(Calendar, Option<Box<Node<'a>>>),
    Replace(Box<Node<'a>>, Replace),
    Join {
        of: Box<Node<'a>>,
        to: String,
        by: String,
        from: Vec<String>,
    },
    Sort(Box<Node<'a>>, bool),
    Quantile(Box<Node<'a>>, Box<Node<'a>>),
    ToScalar(Box<Node<'a>>),
    ToVector(Box<Node<'a>>),
    Fold {
        op: Fold,
        grouping: Grouping,
        param: Option<Box<Node<'a>>>,
        text: String,
        of: Box<Node<'a>>,
    },
    Binary {
        op: Op,
        left: Box<Node<'a>>,
        right: Box<Node<'a>>,
        matching: Matching,
    },
}

/// What running gives.
pub(super) type Run<T> = Result<T, EvalError>;

impl Node<'_> {
    /// The value at an instant.
    pub(super) fn run(&self, now: Instant) -> Run<Yield> {
        match self {
            Self::Number(n) => Ok(Yield::Scalar(*n)),
            Self::Time => Ok(Yield::Scalar(now.at.0 as f64 / 1000.0)),
            Self::ToScalar(of) => {
                let elements = of.vector(now)?;
                Ok(Yield::Scalar(if elements.len() == 1 { elements[0].1 } else { f64::NAN }))
            }
            Self::Neg(of) => negated(of.run(now)?),
            Self::Binary { op, left, right, matching } => {
                let done = binary::apply(*op, matching, left.run(now)?, right.run(now)?)?;
                if let Yield::Vector(elements) = &done {
                    unique(elements)?;
                }
                Ok(done)
            }
            _ => self.elements(now).map(Yield::Vector),
        }
    }

    /// The number of a scalar node.
    fn scalar(&self, now: Instant) -> Run<f64> {
        match self.run(now)? {
            Yield::Scalar(n) => Ok(n),
            Yield::Vector(_) => Err(EvalError::Refused("a number was expected, and a vector came".into())),
        }
    }

    /// The elements of a vector node.
    fn vector(&self, now: Instant) -> Run<Elements> {
        match self.run(now)? {
            Yield::Vector(elements) => Ok(elements),
            Yield::Scalar(_) => Err(EvalError::Refused("a vector was expected, and a number came".into())),
        }
    }

    fn elements(&self, now: Instant) -> Run<Elements> {
        match self {
            Self::Select(s) => Ok(s.instants(now).map(|(i, sample)| (s.series[i].labels.clone(), sample.value)).collect()),
            Self::SampleTime(s) => Ok(s.instants(now).map(|(i, x)| (s.nameless[i].clone(), x.at.0 as f64 / 1000.0)).collect()),
            Self::NowOf(of) => {
                let secs = now.at.0 as f64 / 1000.0;
                Ok(of.vector(now)?.into_iter().map(|(l, _)| (nameless(&l), secs)).collect())
            }
            Self::OverTime { f, of, param, keeps_name } => over_time(*f, of, param.as_deref(), *keeps_name, now),
            Self::AbsentOverTime(of, labels) => {
                let mut any = false;
                of.each(now, &mut |_, _, w| any |= !w.samples.is_empty())?;
                Ok(if any { Vec::new() } else { vec![(labels.clone(), 1.0)] })
            }
            Self::Absent(of, labels) => Ok(if of.vector(now)?.is_empty() { vec![(labels.clone(), 1.0)] } else { Vec::new() }),
            Self::Map { f, of, with, is_clamp } => map(*f, of, with, *is_clamp, now),
            Self::Calendar(f, None) => Ok(vec![(Labels::default(), maths::on_calendar(*f, now.at.0 as f64 / 1000.0))]),
            Self::Calendar(f, Some(of)) => {
                checked(of.vector(now)?.into_iter().map(|(l, v)| (nameless(&l), maths::on_calendar(*f, v))).collect())
            }
            Self::Replace(of, replace) => checked(replace.apply(of.vector(now)?)),
            Self::Join { of, to, by, from } => checked(maths::join(of.vector(now)?, to, by, from)),
            Self::Sort(of, falling) => Ok(sorted(of.vector(now)?, *falling)),
            Self::Quantile(q, of) => checked(histogram::quantiles(q.scalar(now)?, of.vector(now)?)),
            Self::ToVector(of) => Ok(vec![(Labels::default(), of.scalar(now)?)]),
            Self::Fold { op, grouping, param, text, of } => {
                let param = param.as_ref().map_or(Ok(f64::NAN), |p| p.scalar(now))?;
                fold::fold(*op, grouping, param, text, of.vector(now)?)
            }
            Self::Number(_) | Self::Time | Self::ToScalar(_) | Self::Neg(_) | Self::Binary { .. } => self.vector(now),
        }
    }
}

fn negated(of: Yield) -> Run<Yield> {
    Ok(match of {
        Yield::Scalar(n) => Yield::Scalar(-n),
        Yield::Vector(v) => Yield::Vector(checked(v.into_iter().map(|(l, n)| (nameless(&l), -n)).collect())?),
    })
}

fn over_time(f: OverTime, of: &Ranged<'_>, param: Option<&Node<'_>>, keeps_name: bool, now: Instant) -> Run<Elements> {
    let param = param.map_or(Ok(f64::NAN), |p| p.scalar(now))?;
    let mut out = Vec::new();
    of.each(now, &mut |labels, nameless, window| {
        if !window.samples.is_empty()
            && let Some(value) = f(window, param)
        {
            out.push((if keeps_name { labels } else { nameless }.clone(), value));
        }
    })?;
    checked(out)
}

fn map(f: Elementwise, of: &Node<'_>, with: &[Node<'_>], is_clamp: bool, now: Instant) -> Run<Elements> {
    let with = with.iter().map(|n| n.scalar(now)).collect::<Run<Vec<f64>>>()?;
    let elements = of.vector(now)?;
    if is_clamp && with[0] > with[1] {
        return Ok(Vec::new());
    }
    checked(elements.into_iter().map(|(l, v)| (nameless(&l), f(v, &with))).collect())
}

fn sorted(mut elements: Elements, falling: bool) -> Elements {
    elements.sort_by(|(_, a), (_, b)| {
        let by_value = if falling { b.partial_cmp(a) } else { a.partial_cmp(b) };
        by_value.unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
    });
    elements
}

/// The labels without the metric's name.
pub(super) fn nameless(labels: &Labels) -> Labels {
    if labels.get(NAME).is_empty() { labels.clone() } else { labels.without(&[NAME.into()]) }
}

fn checked(elements: Elements) -> Run<Elements> {
    unique(&elements)?;
    Ok(elements)
}

/// Refuses two elements with the same labels.
fn unique(elements: &Elements) -> Run<()> {
    if elements.len() < 2 {
        return Ok(());
    }
    let mut seen = HashSet::with_capacity(elements.len());
    match elements.iter().find(|(l, _)| !seen.insert(l)) {
        None => Ok(()),
        Some((labels, _)) => {
            let shown = if labels.is_empty() { "{}".to_string() } else { labels.to_string() };
            Err(EvalError::Refused(format!("two results have the same labels {shown}")))
        }
    }
}
