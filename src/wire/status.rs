//! The answer of `status`: the snapshot's tracks as JSON (DESIGN section 6, SEMANTICS section 9).
//!
//! Deliberately absent: words. The caller says how a reason reads.

use super::number::Number;
use crate::domain::judge::{BudgetStatus, LatencyStatus, Quantile, Reason, RuleRef, Verdict, WindowStatus};
use crate::domain::objective::{Mode, Slo, exclusion};
use crate::domain::view::{SloRow, Snapshot};
use rust_decimal::prelude::ToPrimitive;
use serde::Serialize;
use std::collections::BTreeMap;

/// Exclusions that an answer lists.
const MOST_EXCLUSIONS: usize = 100;

/// The whole answer.
#[derive(Debug, Serialize)]
pub struct Status {
    /// The instant evaluated, floored to the step.
    pub at: Option<String>,
    /// The latest sample time that is counted.
    pub data_through: Option<String>,
    /// Tracks.
    pub slos: Vec<SloStatus>,
}

/// One track.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct SloStatus {
    pub id: String,
    pub service: String,
    pub name: String,
    pub group: BTreeMap<String, String>,
    pub kind: &'static str,
    pub mode: &'static str,
    pub state: &'static str,
    pub severity: Option<&'static str>,
    pub target: Option<f64>,
    pub period: String,
    pub plan: &'static str,
    pub source: Option<String>,
    pub errors_never_seen: bool,
    pub interpolated: bool,
    pub partial: bool,
    pub value: Option<Number>,
    pub budget: Budget,
    pub windows: Vec<Window>,
    pub tiers: Vec<Tier>,
    pub breaches: Vec<Breach>,
    pub latency: Option<Latency>,
    pub reasons: Vec<ReasonJson>,
    pub doubts: Vec<String>,
    pub exclusions: Vec<ExclusionJson>,
}

#[derive(Debug, Default, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct Budget {
    pub bad: Option<Number>,
    pub total: Option<Number>,
    pub allowed: Option<Number>,
    pub consumed: Option<Number>,
    pub remaining: Option<Number>,
    pub exhausts_in_seconds: Option<Number>,
    pub coverage: Option<Number>,
    pub from: Option<String>,
    pub until: Option<String>,
    pub period_elapsed: Option<Number>,
    pub total_expected: Option<Number>,
    pub consumed_expected: Option<Number>,
    pub slice: Option<String>,
    pub no_traffic_slices: Option<u32>,
    pub excluded_seconds: Option<Number>,
}

/// Time of the period that does not count.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct ExclusionJson {
    pub from: String,
    pub to: String,
    pub reason: String,
    pub author: Option<String>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct Window {
    pub window: String,
    pub from: String,
    pub bad: Number,
    pub bad_low: Number,
    pub bad_high: Number,
    pub total: Option<Number>,
    pub error_ratio: Option<Number>,
    pub burn_rate: Option<Number>,
    pub coverage: Number,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct Tier {
    pub severity: &'static str,
    pub rule: String,
    pub long: String,
    pub short: String,
    pub factor: Number,
    pub long_burn: Option<Number>,
    pub short_burn: Option<Number>,
    pub firing: bool,
    pub undetermined: bool,
    pub held_back_by: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct Breach {
    pub severity: &'static str,
    pub rule: String,
    pub value: Option<Number>,
    pub at_least: bool,
    pub level: Number,
    pub firing: bool,
    pub true_since: Option<String>,
    pub in_a_row: u32,
    pub confirming: Option<Number>,
    pub held_back_by: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct Latency {
    pub p50: QuantileJson,
    pub p95: QuantileJson,
    pub p99: QuantileJson,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct QuantileJson {
    pub seconds: Number,
    pub at_least: bool,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct ReasonJson {
    pub code: &'static str,
    pub severity: &'static str,
    pub value: Number,
    pub threshold: Number,
    pub text: String,
}

/// Makes the answer from a snapshot; `tell` says how a reason reads.
pub fn status(snapshot: &Snapshot, tell: &dyn Fn(&Slo, &Reason) -> String) -> Status {
    Status {
        at: snapshot.at.map(|t| t.rfc3339()),
        data_through: snapshot.data_through.map(|t| t.rfc3339()),
        slos: snapshot.slos.iter().map(|row| slo_status(row, tell)).collect(),
    }
}

fn slo_status(row: &SloRow, tell: &dyn Fn(&Slo, &Reason) -> String) -> SloStatus {
    let (slo, unknown) = (&*row.slo, Verdict::default());
    let known = row.verdict.as_deref();
    let verdict = known.unwrap_or(&unknown);
    SloStatus {
        id: slo.id.to_string(),
        service: slo.service.to_string(),
        name: slo.name.to_string(),
        group: row.group.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        kind: slo.sli.kind(),
        mode: if slo.mode == Mode::Observe { "observe" } else { "page" },
        state: verdict.state.name(),
        severity: verdict.severity.map(|s| s.name()),
        target: slo.target.map(|t| t.as_f64()),
        period: slo.period.to_string(),
        plan: slo.plan.name(),
        source: slo.source.as_ref().map(ToString::to_string),
        errors_never_seen: verdict.errors_never_seen,
        interpolated: verdict.interpolated,
        partial: verdict.partial,
        value: verdict.value.map(Number),
        budget: known.map(|v| budget(&v.budget)).unwrap_or_default(),
        windows: verdict.windows.iter().map(window).collect(),
        tiers: verdict.tiers.iter().filter_map(|t| tier(slo, t)).collect(),
        breaches: verdict.breaches.iter().filter_map(|b| breach(slo, b)).collect(),
        latency: verdict.latency.as_ref().map(latency),
        reasons: verdict.reasons.iter().map(|r| reason(slo, r, tell)).collect(),
        doubts: row.doubts.iter().map(ToString::to_string).collect(),
        exclusions: known.map(|v| exclusions(slo, v)).unwrap_or_default(),
    }
}

/// A budget, field by field.
pub(super) fn budget(b: &BudgetStatus) -> Budget {
    Budget {
        bad: Some(Number(b.bad)),
        total: b.total.map(Number),
        allowed: b.allowed.map(Number),
        consumed: b.consumed.map(Number),
        remaining: b.remaining.map(Number),
        exhausts_in_seconds: b.exhausts_in_seconds.map(Number),
        coverage: Some(Number(b.coverage)),
        from: Some(b.from.rfc3339()),
        until: b.until.map(|t| t.rfc3339()),
        period_elapsed: Some(Number(b.period_elapsed)),
        total_expected: b.total_expected.map(Number),
        consumed_expected: b.consumed_expected.map(Number),
        slice: b.slice.map(|s| s.to_string()),
        no_traffic_slices: b.slice.map(|_| b.no_traffic_slices),
        excluded_seconds: Some(Number(b.excluded.secs_f64())),
    }
}

/// Exclusions within the budget's period, the newest first, at most [`MOST_EXCLUSIONS`].
fn exclusions(slo: &Slo, verdict: &Verdict) -> Vec<ExclusionJson> {
    let all = exclusion::within(&slo.exclude, verdict.budget.from, verdict.at, MOST_EXCLUSIONS);
    let one = |e: exclusion::Excused<'_>| ExclusionJson {
        from: e.time.from.rfc3339(),
        to: e.time.to.rfc3339(),
        reason: e.exclusion.reason.to_string(),
        author: e.exclusion.author.as_ref().map(ToString::to_string),
    };
    all.into_iter().map(one).collect()
}

fn window(w: &WindowStatus) -> Window {
    Window {
        window: w.window.to_string(),
        from: w.from.rfc3339(),
        bad: Number(w.bad),
        bad_low: Number(w.bad_low),
        bad_high: Number(w.bad_high),
        total: w.total.map(Number),
        error_ratio: w.error_ratio.map(Number),
        burn_rate: w.burn_rate.map(Number),
        coverage: Number(w.coverage),
    }
}

fn tier(slo: &Slo, verdict: &crate::domain::judge::TierVerdict) -> Option<Tier> {
    let tier = slo.tiers.get(verdict.tier)?;
    Some(Tier {
        severity: tier.severity.name(),
        rule: tier.to_string(),
        long: tier.long.to_string(),
        short: tier.short.to_string(),
        factor: Number(tier.factor.to_f64().unwrap_or(f64::NAN)),
        long_burn: verdict.long_burn.map(Number),
        short_burn: verdict.short_burn.map(Number),
        firing: verdict.firing,
        undetermined: verdict.undetermined,
        held_back_by: verdict.held_back_by.map(|h| h.code()),
    })
}

fn breach(slo: &Slo, verdict: &crate::domain::judge::BreachVerdict) -> Option<Breach> {
    let rule = slo.breach.get(verdict.rule)?;
    Some(Breach {
        severity: rule.severity.name(),
        rule: rule.to_string(),
        value: verdict.value.map(Number),
        at_least: verdict.at_least,
        level: Number(verdict.level),
        firing: verdict.firing,
        true_since: verdict.true_since.map(|t| t.rfc3339()),
        in_a_row: verdict.in_a_row,
        confirming: verdict.confirming.map(Number),
        held_back_by: verdict.held_back_by.map(|h| h.code()),
    })
}

/// Quantiles, field by field.
pub(super) fn latency(l: &LatencyStatus) -> Latency {
    let quantile = |q: &Quantile| QuantileJson { seconds: Number(q.seconds), at_least: q.at_least };
    Latency { p50: quantile(&l.p50), p95: quantile(&l.p95), p99: quantile(&l.p99) }
}

fn reason(slo: &Slo, reason: &Reason, tell: &dyn Fn(&Slo, &Reason) -> String) -> ReasonJson {
    ReasonJson {
        code: reason.code.code(),
        severity: reason.severity.name(),
        value: Number(reason.value),
        threshold: Number(reason.threshold),
        text: tell(slo, reason),
    }
}

/// The name of the rule behind a reason, as the SLO's policy prints it.
pub fn rule_name(slo: &Slo, rule: RuleRef) -> String {
    match rule {
        RuleRef::Tier(i) => slo.tiers.get(i).map(ToString::to_string),
        RuleRef::Breach(i) => slo.breach.get(i).map(ToString::to_string),
    }
    .unwrap_or_default()
}
