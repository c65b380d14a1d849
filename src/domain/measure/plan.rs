//! Plans: what will be done to measure an SLI. `query` makes them from PromQL; `measure` carries them out.

use super::Selector;
use crate::domain::base::{Span, Text};

/// A selector of more series is added up by the server unless an SLO says otherwise: so many are 0.95 MB of every tick, and
/// 864 million samples when 30 days are read anew.
pub const COUNT_UP_TO: usize = 5_000;

/// Counters to add up: the increases of every series of `plus`, less those of `minus`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Count {
    /// Counters that add.
    pub plus: Vec<Selector>,
    /// Counters that subtract (bad = total - good).
    pub minus: Vec<Selector>,
}

/// A classic histogram behind a latency SLI.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HistogramPlan {
    /// Selector of `<name>_bucket` without a condition on `le`.
    pub buckets: Selector,
    /// The latency threshold in seconds, as decimal text: the bucket whose `le` has this numeric value counts as good.
    pub under_seconds: rust_decimal::Decimal,
    /// Where no bucket has that value: estimate between its neighbours instead of refusing to count.
    pub interpolate: bool,
}

/// An SLI whose events are counted from raw counter samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CountedPlan {
    /// Bad and total events. `total` is absent for occurrences.
    Events {
        /// Bad events.
        bad: Count,
        /// All events.
        total: Option<Count>,
    },
    /// Good = bucket at the threshold, total = bucket `+Inf`; all buckets give quantiles.
    Histogram(HistogramPlan),
}

/// What the numbers of an asked ratio are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedUnit {
    /// Events a second (`rate`): times the step gives events.
    PerSecond,
    /// Events per window (`increase`): times step / window gives events.
    PerWindow(Span),
}

/// An SLI that the server evaluates per step because its PromQL cannot be counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AskedPlan {
    /// Two expressions, bad and all events.
    Ratio {
        /// Bad events, placeholders replaced.
        errors: Text,
        /// All events, placeholders replaced.
        total: Text,
        /// What the values mean.
        unit: AskedUnit,
    },
    /// One value, compared with a level by the SLI.
    Value {
        /// The expression.
        value: Text,
    },
    /// What could be counted here, added up by the server instead, because it is of too many series.
    Increases {
        /// How it would be counted.
        of: CountedPlan,
        /// The server's increases are over this long.
        window: Span,
    },
}

/// What will be done for an SLI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Exact counts from raw samples.
    Counted(CountedPlan),
    /// Evaluated by the server, step by step.
    Asked {
        /// What is asked.
        ask: AskedPlan,
        /// Why it cannot be counted, for `explain`: one sentence.
        why: Text,
    },
}

impl CountedPlan {
    /// Every selector that is read, each once.
    pub fn selectors(&self) -> Vec<&Selector> {
        let mut all: Vec<&Selector> = match self {
            Self::Histogram(plan) => vec![&plan.buckets],
            Self::Events { bad, total } => {
                let total = total.iter().flat_map(|t| t.plus.iter().chain(&t.minus));
                total.chain(&bad.plus).chain(&bad.minus).collect()
            }
        };
        let mut seen = std::collections::BTreeSet::new();
        all.retain(|selector| seen.insert(*selector));
        all
    }
}

impl Plan {
    /// How the events would be counted, also where the server adds them up at present; absent where they cannot be.
    pub const fn counted(&self) -> Option<&CountedPlan> {
        match self {
            Self::Counted(plan) | Self::Asked { ask: AskedPlan::Increases { of: plan, .. }, .. } => Some(plan),
            Self::Asked { .. } => None,
        }
    }

    /// Could be counted here and is added up by the server: the window of its increases.
    pub const fn pushed_down(&self) -> Option<Span> {
        match self {
            Self::Asked { ask: AskedPlan::Increases { window, .. }, .. } => Some(*window),
            _ => None,
        }
    }

    /// The contract's word: `counted` or `asked`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Counted(_) => "counted",
            Self::Asked { .. } => "asked",
        }
    }
}
