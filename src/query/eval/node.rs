//! An expression with its selectors resolved, and how it runs at an instant.

use super::maths::{Elementwise, Replace};
use super::series::{SeriesRef, is_stale};
use super::windows::{OverTime, Window};
use super::{Dialect, EvalError, Rules, binary, fold, histogram, maths};
use crate::domain::base::{Labels, Ms};
use crate::domain::measure::Sample;
use crate::query::ast::{At, Fold, Grouping, Matching, Op};
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

/// When an evaluation happens, and under which rules.
#[derive(Clone, Copy)]
pub(super) struct Instant {
    pub(super) at: Ms,
    pub(super) start: Ms,
    pub(super) end: Ms,
    pub(super) rules: Rules,
}

/// `offset` and `@`, resolved to milliseconds.
#[derive(Clone, Copy, Default)]
pub(super) struct When {
    pub(super) offset: i64,
    pub(super) at: Option<At>,
}

impl When {
    /// The instant a selector looks back from.
    fn reference(self, now: Instant) -> i64 {
        let base = match self.at {
            None => now.at,
            Some(At::Start) => now.start,
            Some(At::End) => now.end,
            Some(At::Time(at)) => at,
        };
        base.0.saturating_sub(self.offset)
    }
}

/// The series of a selector.
pub(super) struct Selected<'a> {
    pub(super) series: Vec<SeriesRef<'a>>,
    /// Their labels without the name, made once.
    pub(super) nameless: Vec<Labels>,
    pub(super) when: When,
}

/// A range of samples for each label set.
pub(super) enum Ranged<'a> {
    Series(Selected<'a>, i64),
    Sub { of: Box<Node<'a>>, range: i64, step: i64, when: When },
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

type Run<T> = Result<T, EvalError>;

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

impl Selected<'_> {
    /// The newest sample of each series that is not too old and not a stale marker.
    fn instants(&self, now: Instant) -> impl Iterator<Item = (usize, Sample)> + '_ {
        let reference = self.when.reference(now);
        let oldest = oldest(reference, now.rules.lookback.0, now.rules.dialect);
        let newest = move |samples: &[Sample]| {
            let end = samples.partition_point(|s| s.at.0 <= reference);
            let last = *samples.get(end.checked_sub(1)?)?;
            (last.at.0 >= oldest && !is_stale(last.value)).then_some(last)
        };
        self.series.iter().enumerate().filter_map(move |(i, s)| newest(s.samples).map(|x| (i, x)))
    }
}

/// The oldest instant that a window of this length holds.
fn oldest(end: i64, range: i64, dialect: Dialect) -> i64 {
    let start = end.saturating_sub(range);
    if dialect == Dialect::LeftOpen { start.saturating_add(1) } else { start }
}

impl Ranged<'_> {
    /// Calls `see` with every label set (with and without its name) and its window.
    fn each(&self, now: Instant, see: &mut dyn FnMut(&Labels, &Labels, Window<'_>)) -> Run<()> {
        match self {
            Self::Series(selected, range) => {
                let end = selected.when.reference(now);
                let oldest = oldest(end, *range, now.rules.dialect);
                for (series, nameless) in selected.series.iter().zip(&selected.nameless) {
                    let from = series.samples.partition_point(|s| s.at.0 < oldest);
                    let len = series.samples[from..].partition_point(|s| s.at.0 <= end);
                    let within = &series.samples[from..from + len];
                    let window = |samples| Window {
                        start: end.saturating_sub(*range),
                        end,
                        now: now.at.0,
                        samples,
                        dialect: now.rules.dialect,
                    };
                    if within.iter().any(|s| is_stale(s.value)) {
                        let live: Vec<Sample> = within.iter().filter(|s| !is_stale(s.value)).copied().collect();
                        see(series.labels, nameless, window(&live));
                    } else {
                        see(series.labels, nameless, window(within));
                    }
                }
                Ok(())
            }
            Self::Sub { of, range, step, when } => {
                let end = when.reference(now);
                for (labels, samples) in ticks(of, end, *range, *step, now)? {
                    let window = Window {
                        start: end.saturating_sub(*range),
                        end,
                        now: now.at.0,
                        samples: &samples,
                        dialect: now.rules.dialect,
                    };
                    see(&labels, &nameless(&labels), window);
                }
                Ok(())
            }
        }
    }
}

/// Most evaluations of one subquery at one instant, as Prometheus limits a range.
const MAX_TICKS: i64 = 11_000;

/// Evaluates a subquery's inside at every multiple of its step within the window.
fn ticks(of: &Node<'_>, end: i64, range: i64, step: i64, now: Instant) -> Run<Vec<(Labels, Vec<Sample>)>> {
    let oldest = oldest(end, range, now.rules.dialect);
    let mut at = oldest.div_euclid(step) * step;
    if at < oldest {
        at += step;
    }
    if (end - at) / step > MAX_TICKS {
        return Err(EvalError::Refused(format!("a subquery of more than {MAX_TICKS} steps")));
    }
    let mut parts = Vec::new();
    let mut index = std::collections::HashMap::new();
    while at <= end {
        let elements = match of.run(Instant { at: Ms(at), ..now })? {
            Yield::Scalar(value) => vec![(Labels::default(), value)],
            Yield::Vector(elements) => elements,
        };
        for (labels, value) in elements {
            let i = *index.entry(labels).or_insert_with_key(|labels: &Labels| {
                parts.push((labels.clone(), Vec::new()));
                parts.len() - 1
            });
            parts[i].1.push(Sample { at: Ms(at), value });
        }
        at += step;
    }
    Ok(parts)
}
