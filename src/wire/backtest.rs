//! The answer of `backtest` as JSON (DESIGN section 6, SEMANTICS section 9).
//!
//! Deliberately absent: the timeline of each incident; a backtest writes no ledger.

use super::cost::CostSheetJson;
use super::number::Number;
use super::status::{Budget, budget, rule_name};
use crate::domain::base::{Labels, Ms, Severity, Span};
use crate::domain::incident::Incident;
use crate::domain::review::labels::median;
use crate::domain::review::{
    Backtest, Comparison, Firing, Score, Scored, TrackChange, TrackPast, TrackSide, TrailPoint, Withheld,
};
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
    /// Other rules over the same samples; empty when none were asked for.
    pub what_if: Vec<WhatIfJson>,
    /// Against labelled incidents; null when there were none.
    pub labels: Option<LabelsJson>,
}

/// Other rules beside today's.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct WhatIfJson {
    pub change: String,
    pub pages: BeforeAfter,
    pub tickets: BeforeAfter,
    pub tracks: Vec<ChangeJson>,
    /// Paging incidents that only the other rules have.
    pub gained: Vec<PastIncident>,
    /// Paging incidents that only today's rules have.
    pub lost: Vec<PastIncident>,
    pub slos: Vec<TrackJson>,
    pub incidents: Vec<PastIncident>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct BeforeAfter {
    pub before: usize,
    pub after: usize,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct ChangeJson {
    pub id: String,
    pub group: BTreeMap<String, String>,
    pub before: Option<SideJson>,
    pub after: Option<SideJson>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct SideJson {
    pub target: Option<f64>,
    pub budget_remaining: Option<Number>,
    pub firings: BTreeMap<&'static str, usize>,
    pub held_back: usize,
    pub coverage: Number,
}

/// How well rules found what was labelled.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct LabelsJson {
    pub labels: usize,
    pub left_out: usize,
    pub unknown: Vec<String>,
    /// Incidents that page.
    pub pages: Option<ScoreJson>,
    /// Rule by rule, worst severity first.
    pub rules: Vec<ScoreJson>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct ScoreJson {
    pub severity: Option<&'static str>,
    pub rule: Option<String>,
    pub fired: usize,
    pub right: usize,
    pub precision: Option<Number>,
    pub labels: usize,
    pub found: usize,
    pub recall: Option<Number>,
    pub detection_seconds: MedianJson,
    pub reset_seconds: MedianJson,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct MedianJson {
    pub median: Option<Number>,
    pub n: usize,
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
    /// Budget left, and the highest burn over an hour, part by part.
    pub through_time: Vec<TrailJson>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct TrailJson {
    pub at: String,
    pub budget_remaining: Option<Number>,
    pub burn_rate: Option<Number>,
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
        what_if: Vec::new(),
        labels: None,
    }
}

/// Makes the answer for other rules: what they are, what they gave, and the comparison.
pub fn what_if(change: &str, past: &Backtest, compared: &Comparison) -> WhatIfJson {
    WhatIfJson {
        change: change.to_owned(),
        pages: BeforeAfter { before: compared.pages.0, after: compared.pages.1 },
        tickets: BeforeAfter { before: compared.tickets.0, after: compared.tickets.1 },
        tracks: compared.tracks.iter().map(change_json).collect(),
        gained: compared.gained.iter().map(|i| incident(i)).collect(),
        lost: compared.lost.iter().map(|i| incident(i)).collect(),
        slos: past.tracks.iter().map(track).collect(),
        incidents: past.incidents.iter().map(|i| incident(i)).collect(),
    }
}

fn change_json(change: &TrackChange) -> ChangeJson {
    let side = |side: &TrackSide| SideJson {
        target: side.target.map(|t| t.as_f64()),
        budget_remaining: side.remaining.map(Number),
        firings: Severity::ALL.iter().zip(side.firings).map(|(s, n)| (s.name(), n)).collect(),
        held_back: side.held_back,
        coverage: Number(side.coverage),
    };
    ChangeJson {
        id: change.slo.to_string(),
        group: group(&change.group),
        before: change.before.as_ref().map(side),
        after: change.after.as_ref().map(side),
    }
}

/// Makes the answer for labels.
pub fn labels(scored: &Scored) -> LabelsJson {
    let of = |score: &Score| ScoreJson {
        severity: score.severity.map(Severity::name),
        rule: score.rule.as_ref().map(ToString::to_string),
        fired: score.fired,
        right: score.right,
        precision: score.precision().map(Number),
        labels: score.labels,
        found: score.found,
        recall: score.recall().map(Number),
        detection_seconds: median_json(&score.detection),
        reset_seconds: median_json(&score.reset),
    };
    LabelsJson {
        labels: scored.labels,
        left_out: scored.left_out,
        unknown: scored.unknown.iter().map(ToString::to_string).collect(),
        pages: scored.scores.iter().find(|s| s.rule.is_none()).map(of),
        rules: scored.scores.iter().filter(|s| s.rule.is_some()).map(of).collect(),
    }
}

fn median_json(sorted: &[Span]) -> MedianJson {
    MedianJson { median: median(sorted).map(|span| Number(span.secs_f64())), n: sorted.len() }
}

fn group(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}

fn track(past: &TrackPast) -> TrackJson {
    TrackJson {
        id: past.slo.id.to_string(),
        group: group(&past.group),
        budget: budget(&past.budget),
        coverage: Number(past.coverage),
        firings: past.firings.iter().map(|f| firing(past, f)).collect(),
        held_back: past.held_back.iter().map(|h| held_back(past, h)).collect(),
        through_time: past.trail.iter().map(trail).collect(),
    }
}

fn trail(point: &TrailPoint) -> TrailJson {
    TrailJson { at: point.at.rfc3339(), budget_remaining: point.remaining.map(Number), burn_rate: point.burn.map(Number) }
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
