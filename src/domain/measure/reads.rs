//! Reads: what a plan needs from a source, and what each answer means.

use super::buckets::{Bound, counting_selector};
use super::{Ask, AskedPlan, AskedUnit, Count, CountedPlan, MeterSpec, Plan, Selector};
use crate::domain::base::{Ms, Span, Text};
use rust_decimal::Decimal;

/// Which term of its plan an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(pub(super) u16);

/// How much a read is to bring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// What counting needs: of histograms the threshold's bucket and the last one.
    Counts,
    /// Everything: of histograms all buckets, for quantiles.
    #[default]
    Full,
}

/// What a series' numbers are added to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Adds {
    /// Increases, times these.
    Events { bad: i8, total: i8 },
    /// Increases of the bucket that its `le` names; with `interpolate` of the two beside it where there is none.
    Buckets { under: Decimal, interpolate: bool },
    /// Asked values, times this: bad events.
    Errors { times: f64 },
    /// Asked values, times this: all events.
    Total { times: f64 },
    /// The SLI's own value.
    Value,
}

impl Adds {
    /// What an increase of a series counts for: (bad, total). `share` of a bucket's events are under the threshold.
    pub(super) fn factors(self, bound: Option<Bound>, share: f64) -> (f64, f64) {
        match (self, bound) {
            (Self::Events { bad, total }, _) => (f64::from(bad), f64::from(total)),
            (Self::Buckets { .. }, Some(Bound::Infinite)) => (1.0, 1.0),
            (Self::Buckets { .. }, Some(Bound::Finite(_))) => (0.0 - share, 0.0),
            _ => (0.0, 0.0),
        }
    }

    /// For a feed's identity.
    pub(super) fn words(self) -> String {
        match self {
            Self::Events { bad, total } => format!("events {bad:+}{total:+}"),
            Self::Buckets { under, interpolate: false } => format!("buckets under {under}"),
            Self::Buckets { under, interpolate: true } => format!("buckets about {under}"),
            Self::Errors { times } => format!("errors x {times}"),
            Self::Total { times } => format!("total x {times}"),
            Self::Value => "value".into(),
        }
    }

    /// Without it nothing is known: all events, buckets, or the value. Occurrences have errors alone.
    pub(super) const fn is_total(self) -> bool {
        match self {
            Self::Events { total, .. } => total != 0,
            Self::Buckets { .. } | Self::Total { .. } | Self::Value => true,
            Self::Errors { .. } => false,
        }
    }
}

/// One term of a plan.
#[derive(Clone, Debug)]
pub(super) struct Read {
    what: What,
    pub adds: Adds,
    /// Series of one class are the same series, whichever read brings them.
    pub class: u16,
    /// Only for this detail; both when absent.
    detail: Option<Detail>,
}

#[derive(Clone, Debug)]
enum What {
    Raw(Selector),
    Eval(Text),
}

/// The reads of a plan. The same selector in several terms is read once.
pub(super) fn reads_of(spec: &MeterSpec) -> Vec<Read> {
    match &spec.plan {
        Plan::Counted(CountedPlan::Events { bad, total }) => events(bad, total.as_ref()),
        Plan::Counted(CountedPlan::Histogram(plan)) => {
            let (under, interpolate) = (plan.under_seconds.normalize(), plan.interpolate);
            let adds = Adds::Buckets { under, interpolate };
            let read = |selector, detail| Read { what: What::Raw(selector), adds, class: 0, detail };
            if interpolate {
                // Which buckets are the neighbours is known only when all have been seen.
                return vec![read(plan.buckets.clone(), None)];
            }
            let counted = read(counting_selector(&plan.buckets, under), Some(Detail::Counts));
            vec![counted, read(plan.buckets.clone(), Some(Detail::Full))]
        }
        Plan::Asked { ask, .. } => asked(ask, spec.step),
    }
}

fn events(bad: &Count, total: Option<&Count>) -> Vec<Read> {
    let none = Count::default();
    let total = total.unwrap_or(&none);
    let terms = [(&bad.plus, 1, 0), (&bad.minus, -1, 0), (&total.plus, 0, 1), (&total.minus, 0, -1)];
    let mut sums: Vec<(&Selector, i8, i8)> = Vec::new();
    for (selector, bad, total) in terms.into_iter().flat_map(|(list, bad, total)| list.iter().map(move |s| (s, bad, total))) {
        match sums.iter_mut().find(|(known, ..)| *known == selector) {
            Some((_, b, t)) => (*b, *t) = (b.saturating_add(bad), t.saturating_add(total)),
            None => sums.push((selector, bad, total)),
        }
    }
    let read = |(class, (selector, bad, total)): (usize, (&Selector, i8, i8))| Read {
        what: What::Raw(selector.clone()),
        adds: Adds::Events { bad, total },
        class: class as u16,
        detail: None,
    };
    sums.into_iter().enumerate().map(read).collect()
}

fn asked(ask: &AskedPlan, step: Span) -> Vec<Read> {
    let read = |class, expr: &Text, adds| Read { what: What::Eval(expr.clone()), adds, class, detail: None };
    match ask {
        AskedPlan::Ratio { errors, total, unit } => {
            let times = match unit {
                AskedUnit::PerSecond => step.secs_f64(),
                AskedUnit::PerWindow(window) => step.0 as f64 / window.0.max(1) as f64,
            };
            vec![read(0, errors, Adds::Errors { times }), read(1, total, Adds::Total { times })]
        }
        AskedPlan::Value { value } => vec![read(0, value, Adds::Value)],
    }
}

impl Read {
    /// The question for the slices in `(from, to]`; raw samples from `lead` earlier.
    pub(super) fn ask(&self, from: Ms, to: Ms, lead: Span, step: Span) -> Ask {
        match &self.what {
            What::Raw(selector) => Ask::Raw { selector: selector.clone(), from: from - lead, to },
            What::Eval(expr) => Ask::Eval { expr: expr.clone(), from, to, step },
        }
    }

    /// Its selector or expression, as PromQL.
    pub(super) fn text(&self) -> String {
        match &self.what {
            What::Raw(selector) => selector.to_string(),
            What::Eval(expr) => expr.to_string(),
        }
    }

    pub(super) fn is_for(&self, detail: Detail) -> bool {
        self.detail.is_none_or(|own| own == detail)
    }
}
