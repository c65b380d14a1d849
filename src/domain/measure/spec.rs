//! What a meter is told to measure: a plan and the rules of counting around it.
//!
//! Deliberately absent: targets and tiers. A spec says how events are counted, never how many are too many.

use super::{Exclude, Plan, TimeSliceRule};
use crate::domain::base::{Span, Text};
use std::fmt::Write;

/// How the first value of a new series is counted (SEMANTICS 2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Births {
    /// By what is known of the target.
    #[default]
    Auto,
    /// Always from zero.
    FromZero,
    /// Never: the first value is a baseline.
    Baseline,
}

/// Which side of a level is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Good when value < level.
    Below,
    /// Good when value > level.
    Above,
}

impl Side {
    /// True when `value` lies on the good side of `level`; a value on the level is not good.
    pub fn is_good(self, value: f64, level: f64) -> bool {
        match self {
            Self::Below => value < level,
            Self::Above => value > level,
        }
    }

    /// The worse of two values: the greater one where below is good.
    pub(crate) fn worse(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Below => a.max(b),
            Self::Above => a.min(b),
        }
    }
}

/// Everything a meter needs to know.
#[derive(Clone, Debug, PartialEq)]
pub struct MeterSpec {
    /// What is read and added up.
    pub plan: Plan,
    /// The source by its name in the configuration; the default one when absent.
    pub source: Option<Text>,
    /// Labels that split it into tracks; without them there is exactly one track.
    pub group_by: Vec<Text>,
    /// Labels of duplicate replicas, counted once.
    pub dedupe: Vec<Text>,
    /// Labels that name a target; `job` and `instance` when empty.
    pub target_labels: Vec<Text>,
    /// First values of series.
    pub births: Births,
    /// Width of slices. Blocks of 15 minutes want a step that divides them; another step makes them a little longer.
    pub step: Span,
    /// How far back windows reach.
    pub period: Span,
    /// How far behind the newest slice a verdict may be asked with every window still exact (1 h covers `settle` and
    /// replays that seal at most an hour at a time). Quantiles and values are kept for this long and an hour more.
    pub slack: Span,
    /// For value plans: which side is good, and the level.
    pub good: Option<(Side, f64)>,
    /// Stretches left out of every count.
    pub exclude: Vec<Exclude>,
    /// Time slices to tell, for budgets that count time.
    pub time_slices: Option<TimeSliceRule>,
    /// Values are kept for at least so long (an hour more than `slack` in any case).
    pub values_kept: Span,
    /// Most groups that become tracks; the rest is counted and named as left out.
    pub max_tracks: usize,
}

impl MeterSpec {
    /// A spec with the defaults of SEMANTICS: no groups, births `auto`, step 15 s, period 30 d, slack 1 h.
    pub fn new(plan: Plan) -> Self {
        Self {
            plan,
            source: None,
            group_by: Vec::new(),
            dedupe: Vec::new(),
            target_labels: Vec::new(),
            births: Births::Auto,
            step: Span::from_secs(15),
            period: Span::from_days(30),
            slack: Span::from_hours(1),
            good: None,
            exclude: Vec::new(),
            time_slices: None,
            values_kept: Span::ZERO,
            max_tracks: super::MAX_TRACKS,
        }
    }

    /// True when the plan has a total, so that an error ratio exists; occurrences have none.
    pub fn has_total(&self) -> bool {
        !matches!(self.plan.counted(), Some(super::CountedPlan::Events { total: None, .. }))
    }

    /// The same events are measured in the same way, but for who adds them up: here, or the server.
    pub fn measures_like(&self, other: &Self) -> bool {
        let plan = &other.plan;
        let same = plan.counted().is_some() && plan.counted() == self.plan.counted();
        same && Self { plan: plan.clone(), ..self.clone() } == *other
    }

    /// What is measured and how it is counted, as text: two specs of the same identity and source count the same slices. The
    /// period is no part of it, nor whatever has its default, so that a later version may add fields without losing history.
    pub fn identity(&self) -> String {
        let Self { group_by, dedupe, target_labels, births, step, good, exclude, time_slices, .. } = self;
        // The plan is told by its reads, the source by whoever knows its address; how far back and how many groups are kept
        // makes no difference to a slice.
        let Self { plan: _, source: _, period: _, slack: _, max_tracks: _, .. } = self;
        let mut out = format!("step {step}");
        for read in super::reads::reads_of(self) {
            let _ = write!(out, "; {} of {}", read.adds.words(), read.text());
        }
        let lists = [("by", group_by), ("without", dedupe), ("targets", target_labels)];
        for (word, labels) in lists.into_iter().filter(|(_, labels)| !labels.is_empty()) {
            let _ = write!(out, "; {word} {}", labels.join(","));
        }
        match births {
            Births::Auto => {}
            Births::FromZero => out.push_str("; births from zero"),
            Births::Baseline => out.push_str("; births baseline"),
        }
        if let Some((side, level)) = good {
            let word = if *side == Side::Below { "below" } else { "above" };
            let _ = write!(out, "; good {word} {level}");
        }
        for left_out in exclude {
            let _ = match left_out {
                Exclude::Once(span) => write!(out, "; not {}..{}", span.from.0, span.to.0),
                Exclude::Recurring(rule) => write!(out, "; not {rule}"),
            };
        }
        if let Some(TimeSliceRule { slice, bad_above }) = time_slices {
            let _ = write!(out, "; slices of {slice} bad above {bad_above}");
        }
        out
    }
}
