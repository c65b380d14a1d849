//! The postmortem as JSON: what `incidents show` says, and beside it definitions, first rules, burn, restatements and what
//! anyone needs to check the figures.
//!
//! Deliberately absent: words. The caller says how an entry reads.

use super::cost::CostSheetJson;
use super::incident::{IncidentJson, show};
use super::number::Number;
use crate::domain::incident::{Entry, ReasonText, RuleFired};
use crate::domain::review::{BurnSeries, PeriodFacts, PostmortemFacts, Restated, SloQuery};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The whole report.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct ReportJson {
    #[serde(flatten)]
    pub incident: IncidentJson,
    pub name: String,
    pub definitions: BTreeMap<&'static str, &'static str>,
    pub first_rules: Vec<RuleJson>,
    pub peak_reasons: Vec<ReasonJson>,
    pub burn: Option<BurnJson>,
    pub restated: Vec<RestatedJson>,
    pub rulebook: Option<String>,
    pub rulebook_now: Option<String>,
    pub queries: Vec<QueriesJson>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct RuleJson {
    pub slo: String,
    pub rule: String,
    pub severity: &'static str,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct ReasonJson {
    pub code: String,
    pub value: Number,
    pub threshold: Number,
    pub text: String,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct BurnJson {
    pub slo: String,
    pub window: String,
    pub from: String,
    pub to: String,
    pub values: Vec<Number>,
    pub levels: Vec<LevelJson>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct LevelJson {
    pub name: String,
    pub burn_rate: Number,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct RestatedJson {
    pub seq: u64,
    pub at: String,
    pub cost: CostSheetJson,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct QueriesJson {
    pub slo: String,
    pub queries: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summed: Option<String>,
}

impl ReportJson {
    /// The facts as JSON; `tell` makes the sentence of an entry.
    pub fn new(facts: &PostmortemFacts, tell: &dyn Fn(&Entry) -> String) -> Self {
        let rulebook = &facts.incident.rulebook;
        Self {
            incident: show(&facts.incident, &[], &(None, None), tell),
            name: facts.incident.id.to_string(),
            definitions: facts.clocks.iter().map(|c| (super::stats::clock_name(c.kind), c.kind.definition())).collect(),
            first_rules: facts.first_rules.iter().map(rule).collect(),
            peak_reasons: facts.peak_reasons.iter().map(reason).collect(),
            burn: facts.burn.as_ref().map(burn),
            restated: facts.restated.iter().map(restated).collect(),
            rulebook: (!rulebook.is_empty()).then(|| rulebook.to_string()),
            rulebook_now: facts.rulebook_now.as_deref().map(String::from),
            queries: facts.queries.iter().map(queries).collect(),
        }
    }
}

fn rule(r: &RuleFired) -> RuleJson {
    RuleJson { slo: r.slo.to_string(), rule: r.rule.to_string(), severity: r.severity.name() }
}

fn reason(r: &ReasonText) -> ReasonJson {
    ReasonJson { code: r.code.to_string(), value: Number(r.value), threshold: Number(r.threshold), text: r.text.to_string() }
}

/// A period as JSON: its figures as `stats` gives them, and its incidents in short.
#[derive(Debug, Serialize)]
pub struct PeriodJson {
    /// As `stats --format json`.
    stats: serde_json::Value,
    /// As `incidents list --format json`.
    incidents: Vec<IncidentJson>,
}

impl PeriodJson {
    /// The facts as JSON.
    pub fn new(facts: &PeriodFacts) -> Self {
        let incidents = facts.incidents.iter().map(|i| super::incident::summary(i)).collect();
        Self { stats: super::stats::stats(&facts.stats), incidents }
    }
}

/// Bytes as lower-case hexadecimal text.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

fn burn(b: &BurnSeries) -> BurnJson {
    BurnJson {
        slo: b.slo.to_string(),
        window: b.window.to_string(),
        from: b.from.rfc3339(),
        to: b.to.rfc3339(),
        values: b.values.iter().map(|v| Number(f64::from(*v))).collect(),
        levels: b.levels.iter().map(|(name, v)| LevelJson { name: name.to_string(), burn_rate: Number(*v) }).collect(),
    }
}

fn restated(r: &Restated) -> RestatedJson {
    RestatedJson { seq: r.seq.0, at: r.at.rfc3339(), cost: CostSheetJson::from(&r.sheet) }
}

fn queries(q: &SloQuery) -> QueriesJson {
    QueriesJson {
        slo: q.slo.to_string(),
        queries: q.queries.iter().map(|(name, query)| (*name, query.to_string())).collect(),
        summed: q.summed.as_deref().map(String::from),
    }
}
