//! Reads: what a plan needs from a source, and what each answer means.

use super::buckets::{Bound, counting_selector};
use super::{Ask, AskedPlan, AskedUnit, Count, CountedPlan, MeterSpec, Plan, Selector};
use crate::domain::base::{Ms, Span, Text};
use rust_decimal::Decimal;

/// Which term of its plan an answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
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
    /// Increases that the server added up, times these, over a window of which a slice is this share.
    Sums { bad: i8, total: i8, share: f64 },
    /// The same of buckets, each by its `le`.
    BucketSums { under: Decimal, interpolate: bool, share: f64 },
}

impl Adds {
    /// What an increase of a series counts for: (bad, total). `share` of a bucket's events are under the threshold.
    pub(super) fn factors(self, bound: Option<Bound>, share: f64) -> (f64, f64) {
        match (self, bound) {
            (Self::Events { bad, total } | Self::Sums { bad, total, .. }, _) => (f64::from(bad), f64::from(total)),
            (Self::Buckets { .. } | Self::BucketSums { .. }, Some(Bound::Infinite)) => (1.0, 1.0),
            (Self::Buckets { .. } | Self::BucketSums { .. }, Some(Bound::Finite(_))) => (0.0 - share, 0.0),
            _ => (0.0, 0.0),
        }
    }

    /// Of buckets: the threshold, and whether it is interpolated where it has none.
    pub(super) const fn threshold(self) -> Option<(Decimal, bool)> {
        match self {
            Self::Buckets { under, interpolate } | Self::BucketSums { under, interpolate, .. } => Some((under, interpolate)),
            _ => None,
        }
    }

    /// Its samples are raw counters, which are counted here.
    pub(super) const fn is_counter(self) -> bool {
        matches!(self, Self::Events { .. } | Self::Buckets { .. })
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
            Self::Sums { bad, total, share } => format!("sums {bad:+}{total:+} x {share}"),
            Self::BucketSums { under, interpolate: false, share } => format!("sums of buckets under {under} x {share}"),
            Self::BucketSums { under, interpolate: true, share } => format!("sums of buckets about {under} x {share}"),
        }
    }

    /// Without it nothing is known: all events, buckets, or the value. Occurrences have errors alone.
    pub(super) const fn is_total(self) -> bool {
        match self {
            Self::Events { total, .. } | Self::Sums { total, .. } => total != 0,
            Self::Buckets { .. } | Self::BucketSums { .. } | Self::Total { .. } | Self::Value => true,
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
        Plan::Asked { ask: AskedPlan::Increases { of, window }, .. } => increases(of, *window, spec),
        Plan::Asked { ask, .. } => asked(ask, spec.step),
    }
}

/// The reads that would count `of`, with the adding up left to the server.
fn increases(of: &CountedPlan, window: Span, spec: &MeterSpec) -> Vec<Read> {
    let share = spec.step.0 as f64 / window.0.max(1) as f64;
    let counted = MeterSpec { plan: Plan::Counted(of.clone()), ..spec.clone() };
    let sum = |read: Read| {
        let adds = match read.adds {
            Adds::Events { bad, total } => Adds::Sums { bad, total, share },
            Adds::Buckets { under, interpolate } => Adds::BucketSums { under, interpolate, share },
            other => other,
        };
        let what = match &read.what {
            What::Raw(selector) => What::Eval(sum_of(selector, window, spec, matches!(adds, Adds::BucketSums { .. }))),
            What::Eval(expr) => What::Eval(expr.clone()),
        };
        Read { what, adds, ..read }
    };
    reads_of(&counted).into_iter().map(sum).collect()
}

/// `sum by (le, group) (increase(selector[window]))`; of replicas the one that tells most.
fn sum_of(selector: &Selector, window: Span, spec: &MeterSpec, buckets: bool) -> Text {
    let le = Text::from("le");
    let kept: Vec<&str> = buckets.then_some(&le).into_iter().chain(&spec.group_by).map(|label| &**label).collect();
    let by = if kept.is_empty() { String::new() } else { format!(" by ({}) ", kept.join(", ")) };
    let increase = format!("increase({selector}[{window}])");
    let once = if spec.dedupe.is_empty() { increase } else { format!("max without ({}) ({increase})", spec.dedupe.join(", ")) };
    format!("sum{by}({once})").into()
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
        AskedPlan::Increases { .. } => Vec::new(),
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
