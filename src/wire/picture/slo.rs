//! An SLO as a picture has it: what it promises and by which rules, so that screens can name and draw them.
//!
//! Deliberately absent: what only measuring and judging need (selectors, guards, births). A rule of an SLO that came over a wire
//! is never judged again; its plan keeps its kind alone, and of its exclusions the stretches around the picture.

use super::form::{Form, Num, Wrong, form, words};
use crate::domain::base::{CalendarUnit, Interval, Ms, Span, Text};
use crate::domain::measure::{AskedPlan, Count, CountedPlan, Exclude, MAX_TRACKS, Plan};
use crate::domain::objective::{
    Births, BreachRule, BudgetMethod, Combine, Composite, Confirm, Exclusion, Guards, Level, Mode, Percentile, Period, Side,
    Signal, Sli, Slo, Spike, Tier,
};
use crate::wire::exact::DecimalText;
use serde::{Deserialize, Serialize};

words!(UnitForm of CalendarUnit ("a unit of the calendar") { Week = "week", Month = "month", Quarter = "quarter" });
words!(SideForm of Side ("a side") { Below = "below", Above = "above" });
words!(ModeForm of Mode ("a mode") { Page = "page", Observe = "observe" });
words!(CombineForm of Combine ("a way to combine") { Worst = "worst", Weighted = "weighted" });
words!(PercentileForm of Percentile ("a percentile") { P50 = "p50", P95 = "p95", P99 = "p99" });

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PeriodForm {
    Rolling(i64),
    Calendar { unit: UnitForm, zone: Text },
}

impl Form<Period> for PeriodForm {
    fn of(value: &Period) -> Self {
        match value {
            Period::Rolling(span) => Self::Rolling(span.0),
            Period::Calendar { unit, zone } => Self::Calendar { unit: Form::of(unit), zone: Form::of(zone) },
        }
    }
    fn back(self) -> Result<Period, Wrong> {
        Ok(match self {
            Self::Rolling(span) => Period::Rolling(span.back()?),
            Self::Calendar { unit, zone } => Period::Calendar { unit: unit.back()?, zone: zone.back()? },
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BudgetForm {
    Occurrences,
    Timeslices { slice: i64, good: DecimalText },
    RatioTimeslices { slice: i64 },
}

impl Form<BudgetMethod> for BudgetForm {
    fn of(value: &BudgetMethod) -> Self {
        match value {
            BudgetMethod::Occurrences => Self::Occurrences,
            BudgetMethod::Timeslices { slice, good } => Self::Timeslices { slice: slice.0, good: Form::of(good) },
            BudgetMethod::RatioTimeslices { slice } => Self::RatioTimeslices { slice: slice.0 },
        }
    }
    fn back(self) -> Result<BudgetMethod, Wrong> {
        Ok(match self {
            Self::Occurrences => BudgetMethod::Occurrences,
            Self::Timeslices { slice, good } => BudgetMethod::Timeslices { slice: slice.back()?, good: good.back()? },
            Self::RatioTimeslices { slice } => BudgetMethod::RatioTimeslices { slice: slice.back()? },
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SliForm {
    Events { bad: Option<Text>, good: Option<Text>, total: Text },
    Latency { histogram: Text, under_seconds: DecimalText, interpolate: bool },
    Occurrences { count: Text, allowed: DecimalText, per: i64 },
    Threshold { value: Text, side: SideForm, level: Num },
    Composite { of: Vec<(Text, DecimalText)>, how: CombineForm },
    Ratio { errors: Text, total: Text },
}

impl Form<Sli> for SliForm {
    fn of(value: &Sli) -> Self {
        match value {
            Sli::Events { bad, good, total } => Self::Events { bad: bad.clone(), good: good.clone(), total: total.clone() },
            Sli::Latency { histogram, under_seconds, interpolate } => {
                Self::Latency { histogram: histogram.clone(), under_seconds: Form::of(under_seconds), interpolate: *interpolate }
            }
            Sli::Occurrences { count, allowed, per } => {
                Self::Occurrences { count: count.clone(), allowed: Form::of(allowed), per: per.0 }
            }
            Sli::Threshold { value, side, level } => {
                Self::Threshold { value: value.clone(), side: Form::of(side), level: Form::of(level) }
            }
            Sli::Composite(c) => Self::Composite { of: Form::of(&c.of), how: Form::of(&c.how) },
            Sli::Ratio { errors, total } => Self::Ratio { errors: errors.clone(), total: total.clone() },
        }
    }
    fn back(self) -> Result<Sli, Wrong> {
        Ok(match self {
            Self::Events { bad, good, total } => Sli::Events { bad, good, total },
            Self::Latency { histogram, under_seconds, interpolate } => {
                Sli::Latency { histogram, under_seconds: under_seconds.back()?, interpolate }
            }
            Self::Occurrences { count, allowed, per } => Sli::Occurrences { count, allowed: allowed.back()?, per: per.back()? },
            Self::Threshold { value, side, level } => Sli::Threshold { value, side: side.back()?, level: level.back()? },
            Self::Composite { of, how } => Sli::Composite(Composite { of: of.back()?, how: how.back()? }),
            Self::Ratio { errors, total } => Sli::Ratio { errors, total },
        })
    }
}

form!(TierForm of Tier { severity: Text, factor: DecimalText, long: i64, short: i64 });

/// A second expression: its text and which side is good.
#[derive(Debug, Serialize, Deserialize)]
struct SignalForm {
    text: Text,
    side: SideForm,
}

impl Form<Signal> for SignalForm {
    fn of(value: &Signal) -> Self {
        Self { text: value.text.clone(), side: Form::of(&value.side) }
    }
    fn back(self) -> Result<Signal, Wrong> {
        Ok(Signal { plan: not_measured(&self.text), text: self.text, side: self.side.back()? })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum LevelForm {
    QuantileTimes(PercentileForm, DecimalText),
    QuantileSeconds(PercentileForm, DecimalText),
    ErrorRatio(DecimalText),
    Burn(DecimalText),
    Value(DecimalText),
    Spike { times: DecimalText, average: i64, of: Option<SignalForm> },
}

impl Form<Level> for LevelForm {
    fn of(value: &Level) -> Self {
        match value {
            Level::QuantileTimes(p, times) => Self::QuantileTimes(Form::of(p), Form::of(times)),
            Level::QuantileSeconds(p, seconds) => Self::QuantileSeconds(Form::of(p), Form::of(seconds)),
            Level::ErrorRatio(ratio) => Self::ErrorRatio(Form::of(ratio)),
            Level::Burn(factor) => Self::Burn(Form::of(factor)),
            Level::Value(level) => Self::Value(Form::of(level)),
            Level::Spike(s) => Self::Spike { times: Form::of(&s.times), average: s.average.0, of: Form::of(&s.of) },
        }
    }
    fn back(self) -> Result<Level, Wrong> {
        Ok(match self {
            Self::QuantileTimes(p, times) => Level::QuantileTimes(p.back()?, times.back()?),
            Self::QuantileSeconds(p, seconds) => Level::QuantileSeconds(p.back()?, seconds.back()?),
            Self::ErrorRatio(ratio) => Level::ErrorRatio(ratio.back()?),
            Self::Burn(factor) => Level::Burn(factor.back()?),
            Self::Value(level) => Level::Value(level.back()?),
            Self::Spike { times, average, of } => {
                Level::Spike(Box::new(Spike { times: times.back()?, average: average.back()?, of: of.back()? }))
            }
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ConfirmForm {
    Slo { id: Text, burn: DecimalText, over: i64 },
    Value { signal: SignalForm, level: DecimalText, over: i64 },
}

impl Form<Confirm> for ConfirmForm {
    fn of(value: &Confirm) -> Self {
        match value {
            Confirm::Slo { id, burn, over } => Self::Slo { id: Form::of(id), burn: Form::of(burn), over: over.0 },
            Confirm::Value { signal, level, over } => {
                Self::Value { signal: Form::of(signal), level: Form::of(level), over: over.0 }
            }
        }
    }
    fn back(self) -> Result<Confirm, Wrong> {
        Ok(match self {
            Self::Slo { id, burn, over } => Confirm::Slo { id: id.back()?, burn: burn.back()?, over: over.back()? },
            Self::Value { signal, level, over } => {
                Confirm::Value { signal: signal.back()?, level: level.back()?, over: over.back()? }
            }
        })
    }
}

form!(BreachForm of BreachRule {
    severity: Text, level: LevelForm, over: i64, hold: i64, after: u32, confirm: Option<ConfirmForm>,
});

/// Time that does not count, unfolded.
#[derive(Debug, Serialize, Deserialize)]
struct ExclusionForm {
    from: i64,
    to: i64,
    reason: Text,
    author: Option<Text>,
}

impl Form<Exclusion> for ExclusionForm {
    fn of(value: &Exclusion) -> Self {
        // Unfolded before: see `unfolded`.
        let (from, to) = match &value.when {
            Exclude::Once(once) => (once.from.0, once.to.0),
            Exclude::Recurring(_) => (0, 0),
        };
        Self { from, to, reason: value.reason.clone(), author: value.author.clone() }
    }
    fn back(self) -> Result<Exclusion, Wrong> {
        let when = Exclude::Once(Interval { from: self.from.back()?, to: self.to.back()? });
        Ok(Exclusion { when, reason: self.reason, author: self.author })
    }
}

/// The most stretches of excluded time of one SLO.
const MOST_EXCLUSIONS: usize = 200;
/// What is known ahead of a picture.
const AHEAD: Span = Span::from_days(8);

/// The stretches of the exclusions around `at`, each once. The day of `at` alone matters, so that the form stays the same for a
/// day.
fn unfolded(slo: &Slo, at: Ms) -> Vec<Exclusion> {
    let day = at.floor_to(Span::from_days(1));
    let (from, to) = (day - slo.period.reach() - Span::from_days(1), day + AHEAD);
    let all = slo
        .exclude
        .iter()
        .flat_map(|e| e.when.within(from, to).into_iter().map(|time| Exclusion { when: Exclude::Once(time), ..e.clone() }));
    all.take(MOST_EXCLUSIONS).collect()
}

/// The SLO.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SloForm {
    id: Text,
    service: Text,
    name: Text,
    description: Option<Text>,
    target: Option<DecimalText>,
    period: PeriodForm,
    budget: BudgetForm,
    sli: SliForm,
    counted: bool,
    /// Why it is not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<Text>,
    /// The window of the sums that a server makes of what could be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    summed_over: Option<i64>,
    #[serde(default)]
    source: Option<Text>,
    group_by: Vec<Text>,
    exclude: Vec<ExclusionForm>,
    tiers: Vec<TierForm>,
    breach: Vec<BreachForm>,
    mode: ModeForm,
    file: Text,
}

impl SloForm {
    /// The form, as of a picture made at `at`.
    pub(super) fn of(slo: &Slo, at: Ms) -> Self {
        Self {
            id: Form::of(&slo.id),
            service: slo.service.clone(),
            name: slo.name.clone(),
            description: slo.description.clone(),
            target: Form::of(&slo.target),
            period: Form::of(&slo.period),
            budget: Form::of(&slo.budget),
            sli: Form::of(&slo.sli),
            counted: matches!(slo.plan, Plan::Counted(_)),
            why: why(&slo.plan).cloned(),
            summed_over: Form::of(&slo.plan.pushed_down()),
            source: slo.source.clone(),
            group_by: slo.group_by.clone(),
            exclude: Form::of(&unfolded(slo, at)),
            tiers: Form::of(&slo.tiers),
            breach: Form::of(&slo.breach),
            mode: Form::of(&slo.mode),
            file: slo.file.clone(),
        }
    }

    /// The SLO as far as screens need it.
    ///
    /// # Errors
    /// A value that is none.
    pub(super) fn back(self) -> Result<Slo, Wrong> {
        let nothing = CountedPlan::Events { bad: Count::default(), total: None };
        let plan = match (self.counted, self.summed_over.back()?, self.why) {
            (true, ..) => Plan::Counted(nothing),
            (false, Some(window), Some(why)) => Plan::Asked { ask: AskedPlan::Increases { of: nothing, window }, why },
            (false, _, Some(why)) => Plan::Asked { ask: AskedPlan::Value { value: "".into() }, why },
            (false, _, None) => not_measured(""),
        };
        Ok(Slo {
            plan,
            id: self.id.back()?,
            service: self.service,
            name: self.name,
            description: self.description,
            target: self.target.back()?,
            period: self.period.back()?,
            budget: self.budget.back()?,
            sli: self.sli.back()?,
            source: self.source,
            group_by: self.group_by,
            max_groups: MAX_TRACKS,
            count_up_to: crate::domain::measure::COUNT_UP_TO,
            series: None,
            exclude: self.exclude.back()?,
            tiers: self.tiers.back()?,
            breach: self.breach.back()?,
            guards: Guards::default(),
            births: Births::default(),
            dedupe: Vec::new(),
            target_labels: Vec::new(),
            mode: self.mode.back()?,
            file: self.file,
        })
    }
}

const fn why(plan: &Plan) -> Option<&Text> {
    match plan {
        Plan::Asked { why, .. } => Some(why),
        Plan::Counted(_) => None,
    }
}

/// The plan of what is measured elsewhere.
fn not_measured(value: &str) -> Plan {
    Plan::Asked { ask: AskedPlan::Value { value: value.into() }, why: "it is measured by the server behind this view".into() }
}
