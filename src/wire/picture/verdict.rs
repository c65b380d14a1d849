//! A verdict as a picture has it, number by number.

use super::form::{Form, Num, Wrong, form, words};
use crate::domain::base::Text;
use crate::domain::judge::{
    BreachVerdict, BudgetStatus, HeldBack, LatencyStatus, Quantile, Reason, ReasonCode, RuleRef, TierVerdict, TrackState,
    Verdict, WindowStatus,
};
use serde::{Deserialize, Serialize};

words!(StateForm of TrackState ("a state") {
    Ok = "ok", NoTraffic = "no_traffic", NoData = "no_data", DataError = "data_error", Excluded = "excluded",
});

words!(HeldBackForm of HeldBack ("what holds a rule back") {
    MinBad = "min_bad", Confidence = "confidence", YoungHistory = "young_history", NoTraffic = "no_traffic",
    ObserveMode = "observe_mode", Unconfirmed = "unconfirmed", Silenced = "silenced",
});

words!(CodeForm of ReasonCode ("a reason") {
    BurnRate = "burn_rate", ErrorRatio = "error_ratio", LatencyP50 = "latency_p50", LatencyP95 = "latency_p95",
    LatencyP99 = "latency_p99", Burn = "burn", Value = "value", Spike = "spike", Occurrences = "occurrences",
});

form!(WindowForm of WindowStatus {
    window: i64, from: i64, bad: Num, bad_low: Num, bad_high: Num, total: Option<Num>, error_ratio: Option<Num>,
    burn_rate: Option<Num>, coverage: Num,
});

form!(TierForm of TierVerdict {
    tier: usize, long_burn: Option<Num>, short_burn: Option<Num>, is_true: bool, firing: bool, undetermined: bool,
    held_back_by: Option<HeldBackForm>,
});

form!(BreachForm of BreachVerdict {
    rule: usize, value: Option<Num>, level: Num, at_least: bool, is_true: bool, true_since: Option<i64>, in_a_row: u32,
    confirming: Option<Num>, firing: bool, held_back_by: Option<HeldBackForm>,
});

form!(BudgetForm of BudgetStatus {
    bad: Num, total: Option<Num>, allowed: Option<Num>, consumed: Option<Num>, remaining: Option<Num>,
    exhausts_in_seconds: Option<Num>, coverage: Num, from: i64, until: Option<i64>, period_elapsed: Num,
    total_expected: Option<Num>, consumed_expected: Option<Num>, slice: Option<i64>, no_traffic_slices: u32, excluded: i64,
});

form!(QuantileForm of Quantile { seconds: Num, at_least: bool });

form!(LatencyForm of LatencyStatus { p50: QuantileForm, p95: QuantileForm, p99: QuantileForm });

/// Which rule, by its place.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RuleForm {
    Tier(usize),
    Breach(usize),
}

impl Form<RuleRef> for RuleForm {
    fn of(value: &RuleRef) -> Self {
        match value {
            RuleRef::Tier(i) => Self::Tier(*i),
            RuleRef::Breach(i) => Self::Breach(*i),
        }
    }
    fn back(self) -> Result<RuleRef, Wrong> {
        Ok(match self {
            Self::Tier(i) => RuleRef::Tier(i),
            Self::Breach(i) => RuleRef::Breach(i),
        })
    }
}

form!(ReasonForm of Reason {
    rule: RuleForm, code: CodeForm, severity: Text, value: Num, threshold: Num, short_value: Option<Num>,
    confirming: Option<Num>,
});

form!(VerdictForm of Verdict {
    at: i64, group: Vec<(Text, Text)>, state: StateForm, state_since: Option<i64>, severity: Option<Text>,
    windows: Vec<WindowForm>, tiers: Vec<TierForm>, breaches: Vec<BreachForm>, budget: BudgetForm,
    latency: Option<LatencyForm>, value: Option<Num>, reasons: Vec<ReasonForm>, errors_never_seen: bool, interpolated: bool,
    partial: bool,
});
