//! A verdict: severity with its reasons at one instant, in numbers.

use crate::domain::base::{Labels, Ms, Severity, Span};

/// State of a track at its latest sealed slice. No data never means fine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrackState {
    /// Samples came and there was traffic.
    Ok,
    /// Samples came and nothing happened.
    NoTraffic,
    /// No samples came.
    #[default]
    NoData,
    /// Samples came and make no sense (bad > total, NaN, infinite).
    DataError,
    /// Left out by a declared exclusion.
    Excluded,
}

impl TrackState {
    /// The contract's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::NoTraffic => "no_traffic",
            Self::NoData => "no_data",
            Self::DataError => "data_error",
            Self::Excluded => "excluded",
        }
    }
}

/// What held a true tier back (SEMANTICS 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeldBack {
    /// Fewer bad events than `min_bad`.
    MinBad,
    /// The lower confidence bound is not above the level.
    Confidence,
    /// Coverage is thin and the budget actually spent is small.
    YoungHistory,
    /// A window had no traffic.
    NoTraffic,
    /// The SLO is only observed.
    ObserveMode,
    /// The second signal that must confirm the rule is not past its level.
    Unconfirmed,
    /// Silenced.
    Silenced,
}

impl HeldBack {
    /// The contract's code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::MinBad => "min_bad",
            Self::Confidence => "confidence",
            Self::YoungHistory => "young_history",
            Self::NoTraffic => "no_traffic",
            Self::ObserveMode => "observe_mode",
            Self::Unconfirmed => "unconfirmed",
            Self::Silenced => "silenced",
        }
    }
}

/// Counts and burn over one window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WindowStatus {
    /// The window's length.
    pub window: Span,
    /// Its far edge as used (exclusive).
    pub from: Ms,
    /// Bad events observed.
    pub bad: f64,
    /// Least bad events that can have happened.
    pub bad_low: f64,
    /// Most bad events that can have happened (restarts hide some).
    pub bad_high: f64,
    /// All events; absent for occurrences.
    pub total: Option<f64>,
    /// bad / total; absent without traffic and for occurrences.
    pub error_ratio: Option<f64>,
    /// Burn rate; absent when it cannot be known.
    pub burn_rate: Option<f64>,
    /// Observed share of the window's non-excluded slices, 0..=1.
    pub coverage: f64,
}

/// One tier, judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TierVerdict {
    /// Index into the SLO's tiers.
    pub tier: usize,
    /// Burn over the long window.
    pub long_burn: Option<f64>,
    /// Burn over the short window.
    pub short_burn: Option<f64>,
    /// Both windows are above the level.
    pub is_true: bool,
    /// True and not held back.
    pub firing: bool,
    /// A window without traffic: firing stays firing, idle stays idle.
    pub undetermined: bool,
    /// What held it back, when it is true and does not fire.
    pub held_back_by: Option<HeldBack>,
}

/// One breach rule, judged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BreachVerdict {
    /// Index into the SLO's breach rules.
    pub rule: usize,
    /// The value compared, in the level's unit (seconds, ratio, burn rate).
    pub value: Option<f64>,
    /// The level it was compared with, same unit.
    pub level: f64,
    /// The value is "at least" this (quantile above the top finite bucket).
    pub at_least: bool,
    /// Above the level now, and confirmed where it needs to be.
    pub is_true: bool,
    /// Since when it has been true without a false sample.
    pub true_since: Option<Ms>,
    /// How many evaluations in a row it has been true.
    pub in_a_row: u32,
    /// What confirms it as measured: the other SLO's burn rate or the expression's value; absent where nothing must, or it is
    /// not known.
    pub confirming: Option<f64>,
    /// True for the hold time and not held back.
    pub firing: bool,
    /// What held it back, when it held long enough and does not fire.
    pub held_back_by: Option<HeldBack>,
}

/// Which rule of an SLO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleRef {
    /// Index into its tiers.
    Tier(usize),
    /// Index into its breach rules.
    Breach(usize),
}

/// Why a severity was given; `words` makes the text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reason {
    /// The rule.
    pub rule: RuleRef,
    /// What kind of reason.
    pub code: ReasonCode,
    /// The severity it gives.
    pub severity: Severity,
    /// The measured value (long burn, ratio, seconds).
    pub value: f64,
    /// The level it is above.
    pub threshold: f64,
    /// The second measured value, for tiers: the short burn.
    pub short_value: Option<f64>,
    /// What confirmed the rule, where something must.
    pub confirming: Option<f64>,
}

/// Kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReasonCode {
    /// Burn over two windows.
    BurnRate,
    /// Error ratio above a level.
    ErrorRatio,
    /// Median latency above a level.
    LatencyP50,
    /// 95th percentile above a level.
    LatencyP95,
    /// 99th percentile above a level.
    LatencyP99,
    /// Single-window burn above a level.
    Burn,
    /// A value on the wrong side.
    Value,
    /// A value far above its own average.
    Spike,
    /// Too many occurrences.
    Occurrences,
}

impl ReasonCode {
    /// The contract's code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::BurnRate => "burn_rate",
            Self::ErrorRatio => "error_ratio",
            Self::LatencyP50 => "latency_p50",
            Self::LatencyP95 => "latency_p95",
            Self::LatencyP99 => "latency_p99",
            Self::Burn => "burn",
            Self::Value => "value",
            Self::Spike => "spike",
            Self::Occurrences => "occurrences",
        }
    }
}

/// The error budget of the period, in events or time slices and in shares (SEMANTICS 6).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BudgetStatus {
    /// Bad events in the period.
    pub bad: f64,
    /// All events in the period; absent for occurrences.
    pub total: Option<f64>,
    /// Events allowed: b * total(P), or N*P/U.
    pub allowed: Option<f64>,
    /// Share consumed (1 = all of it).
    pub consumed: Option<f64>,
    /// 1 - consumed; may be negative.
    pub remaining: Option<f64>,
    /// remaining * P / burn(1h); 0 when nothing is left; absent when the burn is 0 or unknown.
    pub exhausts_in_seconds: Option<f64>,
    /// Observed share of the period.
    pub coverage: f64,
    /// Far edge as used.
    pub from: Ms,
    /// Where a calendar's period ends; absent for rolling ones.
    pub until: Option<Ms>,
    /// Share of the period that has passed, 0..=1: of a calendar's unit, else how far back history reaches.
    pub period_elapsed: f64,
    /// Events (or time slices) of a whole period with traffic as it has been so far, or as in the last calendar period while
    /// this one is young; absent for occurrences.
    pub total_expected: Option<f64>,
    /// Share consumed of a whole period's budget: bad / (b * total_expected).
    pub consumed_expected: Option<f64>,
    /// Width of the time slices that `bad`, `total` and `allowed` count; absent where they count events.
    pub slice: Option<Span>,
    /// Time slices without traffic among `total`; they are good.
    pub no_traffic_slices: u32,
    /// Time of the period that is left out.
    pub excluded: Span,
}

/// One latency quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantile {
    /// Seconds.
    pub seconds: f64,
    /// It lies above the top finite bucket: at least so long.
    pub at_least: bool,
}

/// Latency quantiles over the last 5 minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyStatus {
    /// Median.
    pub p50: Quantile,
    /// 95th percentile.
    pub p95: Quantile,
    /// 99th percentile.
    pub p99: Quantile,
}

/// Everything known of one track at one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Verdict {
    /// The instant judged: windows end here.
    pub at: Ms,
    /// The group's labels; empty without `group_by`.
    pub group: Labels,
    /// State at the latest sealed slice.
    pub state: TrackState,
    /// Since when the state has been so.
    pub state_since: Option<Ms>,
    /// Highest severity that fires.
    pub severity: Option<Severity>,
    /// Windows, ascending and unique.
    pub windows: Vec<WindowStatus>,
    /// Tiers, in the SLO's order.
    pub tiers: Vec<TierVerdict>,
    /// Breach rules, in the SLO's order.
    pub breaches: Vec<BreachVerdict>,
    /// Budget.
    pub budget: BudgetStatus,
    /// Latency, for latency SLIs with traffic.
    pub latency: Option<LatencyStatus>,
    /// The SLI's own value, for threshold SLIs.
    pub value: Option<f64>,
    /// Reasons of what fires, worst first.
    pub reasons: Vec<Reason>,
    /// No error series has been seen yet: zero errors may mean a wrong selector.
    pub errors_never_seen: bool,
    /// Counts are estimates between two buckets: none has the threshold's value.
    pub interpolated: bool,
    /// Some targets of the SLI sent nothing in the latest slice.
    pub partial: bool,
}
