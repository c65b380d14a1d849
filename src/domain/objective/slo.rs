//! An SLO as it was written and as it will be measured.

use super::{BreachRule, Confirm, Exclusion, Level, Tier};
use crate::domain::base::{CalendarUnit, Interval, Ms, SloId, Span, Target, Text, Zone};
use crate::domain::measure::{Births, MeterSpec, Plan, Side, TimeSliceRule};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::fmt;

/// Values are kept for so long where a rule compares them with their past: the impact of its incidents is told from them.
pub const VALUES_KEPT: Span = Span::from_days(2);

/// The span an error budget is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Period {
    /// The last so many days, always.
    Rolling(Span),
    /// A calendar week, month or quarter in a zone: from its first midnight to now.
    Calendar {
        /// Of what.
        unit: CalendarUnit,
        /// Whose midnight.
        zone: Zone,
    },
}

impl Period {
    /// The period's length; for calendars the usual one (7, 30 or 90 days), which burn-rate factors are for.
    pub const fn span(&self) -> Span {
        match self {
            Self::Rolling(span) => *span,
            Self::Calendar { unit, .. } => unit.usual(),
        }
    }

    /// How far back its counts can reach.
    pub const fn reach(&self) -> Span {
        match self {
            Self::Rolling(span) => *span,
            Self::Calendar { unit, .. } => unit.longest(),
        }
    }

    /// The period that `at` belongs to, as `(from, to]`: the last days through `at`, or the calendar's whole unit.
    pub fn around(&self, at: Ms) -> Interval {
        let last = |span: Span| Interval { from: at - span, to: at };
        match self {
            Self::Rolling(span) => last(*span),
            Self::Calendar { unit, zone } => zone.unit(*unit, at).unwrap_or_else(|| last(unit.usual())),
        }
    }
}

impl fmt::Display for Period {
    /// `30d`, or `month in Asia/Shanghai`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rolling(span) => write!(f, "{span}"),
            Self::Calendar { unit, zone } => write!(f, "{} in {zone}", unit.name()),
        }
    }
}

/// What a budget counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BudgetMethod {
    /// Bad events of all events.
    #[default]
    Occurrences,
    /// Bad time slices of all time slices.
    Timeslices {
        /// Their width.
        slice: Span,
        /// A slice is good when at least this share of its events is, 0..=1.
        good: Decimal,
    },
    /// The mean of the slices' error ratios: every slice weighs the same, however much traffic it had.
    RatioTimeslices {
        /// Their width.
        slice: Span,
    },
}

impl BudgetMethod {
    /// The word in files and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Occurrences => "occurrences",
            Self::Timeslices { .. } => "timeslices",
            Self::RatioTimeslices { .. } => "ratio_timeslices",
        }
    }

    /// Width of its slices; absent where events are counted.
    pub const fn slice(self) -> Option<Span> {
        match self {
            Self::Occurrences => None,
            Self::Timeslices { slice, .. } | Self::RatioTimeslices { slice } => Some(slice),
        }
    }

    fn rule(self) -> Option<TimeSliceRule> {
        match self {
            Self::Occurrences => None,
            Self::Timeslices { slice, good } => {
                Some(TimeSliceRule { slice, bad_above: (Decimal::ONE - good).to_f64().unwrap_or(0.0) })
            }
            Self::RatioTimeslices { slice } => Some(TimeSliceRule { slice, bad_above: 1.0 }),
        }
    }
}

/// How the members of a composite combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// The highest burn rate, the budget with least left.
    Worst,
    /// The mean of burn rates and of consumed shares, by weight.
    Weighted,
}

impl Combine {
    /// The word in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worst => "worst",
            Self::Weighted => "weighted",
        }
    }
}

/// An SLO made of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composite {
    /// The members with their weights, which only a weighted one looks at.
    pub of: Vec<(SloId, Decimal)>,
    /// How they combine.
    pub how: Combine,
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
        /// A bound that is no bucket's is estimated between its neighbours.
        interpolate: bool,
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
    /// Other SLOs.
    Composite(Composite),
    /// Two PromQL expressions, errors over total, with a window placeholder.
    Ratio {
        /// PromQL of errors.
        errors: Text,
        /// PromQL of all.
        total: Text,
    },
}

impl Sli {
    /// What it is made of, for composites.
    pub const fn composite(&self) -> Option<&Composite> {
        match self {
            Self::Composite(composite) => Some(composite),
            _ => None,
        }
    }

    /// The contract's word for the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Events { .. } => "events",
            Self::Latency { .. } => "latency",
            Self::Occurrences { .. } => "occurrences",
            Self::Threshold { .. } => "threshold",
            Self::Ratio { .. } => "ratio",
            Self::Composite(_) => "composite",
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
    /// What the budget counts.
    pub budget: BudgetMethod,
    /// The indicator as written.
    pub sli: Sli,
    /// What will be done to measure it.
    pub plan: Plan,
    /// The source of its samples by name; the default one when absent.
    pub source: Option<Text>,
    /// Labels that split it into tracks.
    pub group_by: Vec<Text>,
    /// Most groups that are measured.
    pub max_groups: usize,
    /// Selectors of more series are added up by the server, if their events could be counted at all.
    pub count_up_to: usize,
    /// Series that its selectors match together, where the source was asked.
    pub series: Option<usize>,
    /// Time that does not count.
    pub exclude: Vec<Exclusion>,
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
    /// The other SLOs it is made of, or whose burn confirms its rules.
    pub fn looks_at(&self) -> Vec<SloId> {
        let members = self.sli.composite().into_iter().flat_map(|c| c.of.iter().map(|(id, _)| id.clone()));
        let confirming = self.breach.iter().filter_map(|rule| match &rule.confirm {
            Some(Confirm::Slo { id, .. }) => Some(id.clone()),
            _ => None,
        });
        members.chain(confirming).collect()
    }

    /// A rule compares its value with the value's own past.
    fn spikes_by_itself(&self) -> bool {
        self.breach.iter().any(|rule| matches!(&rule.level, Level::Spike(spike) if spike.of.is_none()))
    }

    /// What a meter is told to measure this SLO with slices of `step`: its plan, and history as long as its longest window.
    pub fn meter_spec(&self, step: Span) -> MeterSpec {
        let longest = self.tiers.iter().map(|tier| tier.long).max().unwrap_or(Span::ZERO);
        let good = match self.sli {
            Sli::Threshold { side, level, .. } => Some((side, level)),
            _ => None,
        };
        MeterSpec {
            source: self.source.clone(),
            group_by: self.group_by.clone(),
            dedupe: self.dedupe.clone(),
            target_labels: self.target_labels.clone(),
            births: self.births,
            step,
            period: self.period.reach().max(longest),
            good,
            exclude: self.exclude.iter().map(|e| e.when.clone()).collect(),
            time_slices: self.budget.rule(),
            max_tracks: self.max_groups,
            values_kept: if self.spikes_by_itself() { VALUES_KEPT } else { Span::ZERO },
            ..MeterSpec::new(self.plan.clone())
        }
    }
}
