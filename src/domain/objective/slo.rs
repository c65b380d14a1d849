//! An SLO as it was written and as it will be measured.

use super::{BreachRule, Tier};
use crate::domain::base::{SloId, Span, Target, Text};
use crate::domain::measure::{Births, MeterSpec, Plan, Side};
use rust_decimal::Decimal;

/// The span an error budget is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// The last so many days, always.
    Rolling(Span),
    /// A calendar month, week or quarter in a zone (issue of its own; the file reader refuses it until it is measured).
    Calendar {
        /// `week`, `month` or `quarter`.
        unit: Text,
        /// IANA zone.
        zone: Text,
    },
}

impl Period {
    /// The period's length; for calendars the longest it can be.
    pub fn span(&self) -> Span {
        match self {
            Self::Rolling(span) => *span,
            Self::Calendar { unit, .. } => match &**unit {
                "week" => Span::from_days(7),
                "quarter" => Span::from_days(92),
                _ => Span::from_days(31),
            },
        }
    }
}

/// The indicator as the user wrote it. What will be done for it is the [`Plan`].
#[derive(Clone, Debug, PartialEq)]
pub enum Sli {
    /// Bad (or good) and total event counters.
    Events {
        /// PromQL of bad events, when written.
        bad: Option<Text>,
        /// PromQL of good events, when written instead.
        good: Option<Text>,
        /// PromQL of all events.
        total: Text,
    },
    /// A classic histogram and a bound.
    Latency {
        /// The histogram's name and matchers, without `_bucket`.
        histogram: Text,
        /// Requests under this are good, seconds.
        under_seconds: Decimal,
    },
    /// Things that may happen only so often.
    Occurrences {
        /// PromQL of the counter.
        count: Text,
        /// N of "N per U".
        allowed: Decimal,
        /// U of "N per U".
        per: Span,
    },
    /// Any PromQL value compared with a level.
    Threshold {
        /// The PromQL.
        value: Text,
        /// Which side is good.
        side: Side,
        /// The level.
        level: f64,
    },
    /// Two PromQL expressions, errors over total, with a window placeholder.
    Ratio {
        /// PromQL of errors.
        errors: Text,
        /// PromQL of all.
        total: Text,
    },
}

impl Sli {
    /// The contract's word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Events { .. } => "events",
            Self::Latency { .. } => "latency",
            Self::Occurrences { .. } => "occurrences",
            Self::Threshold { .. } => "threshold",
            Self::Ratio { .. } => "ratio",
        }
    }
}

/// What holds a tier back when evidence is thin (SEMANTICS 4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guards {
    /// Least number of bad events in the long window.
    pub min_bad: f64,
    /// One-sided confidence of the lower bound, 0.95 by default; 0 switches the bound off.
    pub confidence: f64,
    /// Whether a young history must show the budget actually spent.
    pub young_history: bool,
}

impl Default for Guards {
    fn default() -> Self {
        Self { min_bad: 3.0, confidence: 0.95, young_history: true }
    }
}

impl Guards {
    /// `guards: none`: tiers follow the closed forms of the field exactly.
    pub const NONE: Self = Self { min_bad: 0.0, confidence: 0.0, young_history: false };
}

/// Whether an SLO pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Verdicts page.
    #[default]
    Page,
    /// Verdicts are recorded and shown, nobody is paged.
    Observe,
}

/// One objective of one service.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    /// `service/name`.
    pub id: SloId,
    /// The service.
    pub service: Text,
    /// The SLO's own name.
    pub name: Text,
    /// Free words about it.
    pub description: Option<Text>,
    /// Target; absent for occurrences.
    pub target: Option<Target>,
    /// What the budget is for.
    pub period: Period,
    /// The indicator as written.
    pub sli: Sli,
    /// What will be done to measure it.
    pub plan: Plan,
    /// Labels that split it into tracks.
    pub group_by: Vec<Text>,
    /// Burn-rate tiers, worst severity first.
    pub tiers: Vec<Tier>,
    /// Rules beside the tiers.
    pub breach: Vec<BreachRule>,
    /// Evidence needed before a tier fires.
    pub guards: Guards,
    /// First values of series.
    pub births: Births,
    /// Labels of duplicate replicas, counted once.
    pub dedupe: Vec<Text>,
    /// Labels that name a target; `job` and `instance` when empty.
    pub target_labels: Vec<Text>,
    /// Whether it pages.
    pub mode: Mode,
    /// The file it was read from.
    pub file: Text,
}

impl Slo {
    /// What a meter is told to measure this SLO with slices of `step`: its plan, and history as long as its longest window.
    pub fn meter_spec(&self, step: Span) -> MeterSpec {
        let longest = self.tiers.iter().map(|tier| tier.long).max().unwrap_or(Span::ZERO);
        let good = match self.sli {
            Sli::Threshold { side, level, .. } => Some((side, level)),
            _ => None,
        };
        MeterSpec {
            group_by: self.group_by.clone(),
            dedupe: self.dedupe.clone(),
            target_labels: self.target_labels.clone(),
            births: self.births,
            step,
            period: self.period.span().max(longest),
            good,
            ..MeterSpec::new(self.plan.clone())
        }
    }
}
