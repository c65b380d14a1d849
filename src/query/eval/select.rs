//! Which samples an evaluation sees: instants with their lookback, windows, and the ticks of subqueries.

use super::node::{Node, Run, Yield, nameless};
use super::series::{SeriesRef, is_stale};
use super::windows::Window;
use super::{Dialect, Rules};
use crate::domain::base::{Labels, Ms};
use crate::domain::measure::Sample;
use crate::query::ast::At;
use std::collections::HashMap;

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

impl Selected<'_> {
    /// The newest sample of each series that is not too old and not a stale marker.
    pub(super) fn instants(&self, now: Instant) -> impl Iterator<Item = (usize, Sample)> + '_ {
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
    pub(super) fn each(&self, now: Instant, see: &mut dyn FnMut(&Labels, &Labels, Window<'_>)) -> Run<()> {
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

/// Evaluates a subquery's inside at every multiple of its step within the window.
fn ticks(of: &Node<'_>, end: i64, range: i64, step: i64, now: Instant) -> Run<Vec<(Labels, Vec<Sample>)>> {
    let oldest = oldest(end, range, now.rules.dialect);
    let mut at = oldest.div_euclid(step) * step;
    if at < oldest {
        at += step;
    }
    let mut parts = Vec::new();
    let mut index = HashMap::new();
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
