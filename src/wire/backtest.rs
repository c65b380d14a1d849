//! The answer of `backtest` as JSON (DESIGN section 6, SEMANTICS section 9).
//!
//! Deliberately absent: the timeline of each incident; a backtest writes no ledger.

use super::cost::CostSheetJson;
use super::number::Number;
use super::status::{Budget, budget, rule_name};
use crate::domain::base::{Ms, Severity};
use crate::domain::incident::Incident;
use crate::domain::review::{Backtest, Firing, TrackPast, Withheld};
use serde::Serialize;
use std::collections::BTreeMap;

/// The whole answer.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct BacktestJson {
    pub from: String,
    pub to: String,
    pub warmup_from: String,
    pub at: String,
    pub data_through: Option<String>,
    pub step_seconds: Number,
    pub slos: Vec<TrackJson>,
    pub incidents: Vec<PastIncident>,
}

/// One track.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct TrackJson {
    pub id: String,
    pub group: BTreeMap<String, String>,
    pub budget: Budget,
    /// Share of the evaluations that had data.
    pub coverage: Number,
    pub firings: Vec<FiringJson>,
    pub held_back: Vec<HeldBackJson>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct FiringJson {
    pub severity: &'static str,
    pub rule: String,
    pub from: String,
    pub to: Option<String>,
    pub budget_consumed_at_start: Option<Number>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct HeldBackJson {
    pub severity: &'static str,
    pub rule: String,
    pub from: String,
    pub to: Option<String>,
    pub by: &'static str,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct PastIncident {
    pub id: u64,
    pub service: String,
    pub state: &'static str,
    pub severity: Option<&'static str>,
    pub peak_severity: Option<&'static str>,
    pub impact_start: Option<String>,
    pub detected: Option<String>,
    pub mitigated: Option<String>,
    pub impact_end: Option<String>,
    pub resolved: Option<String>,
    pub bad: Option<Number>,
    pub total: Option<Number>,
    pub slos: Vec<String>,
    pub cost: Option<CostSheetJson>,
}

/// Makes the answer.
pub fn backtest(past: &Backtest) -> BacktestJson {
    BacktestJson {
        from: past.from.rfc3339(),
        to: past.to.rfc3339(),
        warmup_from: past.warmup_from.rfc3339(),
        at: past.to.rfc3339(),
        data_through: past.data_through.map(Ms::rfc3339),
        step_seconds: Number(past.step.secs_f64()),
        slos: past.tracks.iter().map(track).collect(),
        incidents: past.incidents.iter().map(|i| incident(i)).collect(),
    }
}

fn track(past: &TrackPast) -> TrackJson {
    TrackJson {
        id: past.slo.id.to_string(),
        group: past.group.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
        budget: budget(&past.budget),
        coverage: Number(past.coverage),
        firings: past.firings.iter().map(|f| firing(past, f)).collect(),
        held_back: past.held_back.iter().map(|h| held_back(past, h)).collect(),
    }
}

fn firing(past: &TrackPast, firing: &Firing) -> FiringJson {
    FiringJson {
        severity: firing.severity.name(),
        rule: rule_name(&past.slo, firing.rule),
        from: firing.from.rfc3339(),
        to: firing.to.map(Ms::rfc3339),
        budget_consumed_at_start: firing.consumed_at_start.map(Number),
    }
}

fn held_back(past: &TrackPast, held: &Withheld) -> HeldBackJson {
    HeldBackJson {
        severity: held.severity.name(),
        rule: rule_name(&past.slo, held.rule),
        from: held.from.rfc3339(),
        to: held.to.map(Ms::rfc3339),
        by: held.by.code(),
    }
}

fn incident(i: &Incident) -> PastIncident {
    let (m, shown) = (i.milestones, |at: Option<Ms>| at.map(Ms::rfc3339));
    PastIncident {
        id: i.id.0,
        service: i.service.to_string(),
        state: i.phase.name(),
        severity: i.severity.map(Severity::name),
        peak_severity: i.peak_severity.map(Severity::name),
        impact_start: shown(m.impact_start),
        detected: shown(m.detected),
        mitigated: shown(m.mitigated),
        impact_end: shown(m.impact_end),
        resolved: shown(m.resolved),
        bad: i.impact.as_ref().map(|impact| Number(impact.bad)),
        total: i.impact.as_ref().and_then(|impact| impact.total).map(Number),
        slos: i.services.iter().flat_map(|(_, slos)| slos).map(ToString::to_string).collect(),
        cost: i.cost.as_ref().map(CostSheetJson::from),
    }
}
