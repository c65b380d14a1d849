//! The postmortem as JSON: the fields of `incidents show`, and beside them definitions, sentences, burn, restatements and
//! what anyone needs to check the figures.
//!
//! Deliberately absent: words. The caller says how an entry reads.

use super::cost::CostSheetJson;
use super::entry::kind;
use super::number::Number;
use crate::domain::base::{Interval, Ms, Span};
use crate::domain::incident::{Actor, Entry, ImpactRecord, Milestones, Outcome, PageRecord, ReasonText, RuleFired};
use crate::domain::review::{BurnSeries, PostmortemFacts, Restated, SloQuery};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The whole report.
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct ReportJson {
    pub id: u64,
    pub name: String,
    pub service: String,
    pub services: Vec<ServiceJson>,
    pub state: &'static str,
    pub no_data: bool,
    pub drill: bool,
    pub severity: Option<&'static str>,
    pub peak_severity: Option<&'static str>,
    pub severity_history: Vec<SeverityJson>,
    pub first_rules: Vec<RuleJson>,
    pub peak_reasons: Vec<ReasonJson>,
    pub milestones: MilestonesJson,
    pub seconds: BTreeMap<&'static str, Option<Number>>,
    pub definitions: BTreeMap<&'static str, &'static str>,
    pub proactive: bool,
    pub flaps: u32,
    pub impact: Option<ImpactJson>,
    pub pages: Vec<PageJson>,
    pub timeline: Vec<EntryJson>,
    pub burn: Option<BurnJson>,
    pub cost: Option<CostSheetJson>,
    pub restated: Vec<RestatedJson>,
    pub rulebook: Option<String>,
    pub rulebook_now: Option<String>,
    pub queries: Vec<QueriesJson>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct ServiceJson {
    pub service: String,
    pub slos: Vec<String>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct SeverityJson {
    pub at: String,
    pub severity: &'static str,
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
pub struct MilestonesJson {
    pub impact_start: Option<String>,
    pub detected: Option<String>,
    pub paged: Option<String>,
    pub delivered: Option<String>,
    pub acknowledged: Option<String>,
    pub mitigated: Option<String>,
    pub impact_end: Option<String>,
    pub resolved: Option<String>,
    pub closed: Option<String>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct IntervalJson {
    pub from: String,
    pub to: String,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct ImpactJson {
    pub bad: Number,
    pub total: Option<Number>,
    pub bad_low: Number,
    pub bad_high: Number,
    pub intervals: Vec<IntervalJson>,
    pub budget_spent: Vec<BudgetSpentJson>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct BudgetSpentJson {
    pub slo: String,
    pub share: Number,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct PageJson {
    pub receiver: String,
    pub kind: String,
    pub severity: &'static str,
    pub created: String,
    pub delivered: Option<String>,
    pub attempts: u32,
    pub outcome: &'static str,
    pub detail: String,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct EntryJson {
    pub seq: u64,
    pub at: String,
    pub recorded_at: String,
    pub kind: &'static str,
    pub actor: Option<String>,
    pub source: String,
    pub text: String,
    pub corrects: Option<u64>,
    pub hash: String,
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
}

impl ReportJson {
    /// The facts as JSON; `sentence` says how an entry reads.
    pub fn new(facts: &PostmortemFacts, sentence: impl Fn(&Entry) -> String) -> Self {
        let i = &facts.incident;
        Self {
            id: i.id.0,
            name: i.id.to_string(),
            service: i.service.to_string(),
            services: i.services.iter().map(|(service, slos)| service_json(service, slos)).collect(),
            state: i.phase.name(),
            no_data: i.no_data_since.is_some(),
            drill: i.drill,
            severity: i.severity.map(|s| s.name()),
            peak_severity: i.peak_severity.map(|s| s.name()),
            severity_history: i
                .severity_history
                .iter()
                .map(|(at, s)| SeverityJson { at: at.rfc3339(), severity: s.name() })
                .collect(),
            first_rules: facts.first_rules.iter().map(rule).collect(),
            peak_reasons: facts.peak_reasons.iter().map(reason).collect(),
            milestones: milestones(&i.milestones),
            seconds: seconds(facts),
            definitions: facts.clocks.iter().map(|c| (field(c.kind.name()), c.kind.definition())).collect(),
            proactive: i.is_proactive(),
            flaps: i.flaps,
            impact: i.impact.as_ref().map(impact),
            pages: i.pages.iter().map(page).collect(),
            timeline: i.entries.iter().map(|e| entry(e, sentence(e))).collect(),
            burn: facts.burn.as_ref().map(burn),
            cost: i.cost.as_ref().map(CostSheetJson::from),
            restated: facts.restated.iter().map(restated).collect(),
            rulebook: (!i.rulebook.is_empty()).then(|| i.rulebook.to_string()),
            rulebook_now: facts.rulebook_now.as_deref().map(String::from),
            queries: facts.queries.iter().map(queries).collect(),
        }
    }
}

fn service_json(service: &str, slos: &[crate::domain::base::SloId]) -> ServiceJson {
    ServiceJson { service: service.into(), slos: slos.iter().map(ToString::to_string).collect() }
}

fn rule(r: &RuleFired) -> RuleJson {
    RuleJson { slo: r.slo.to_string(), rule: r.rule.to_string(), severity: r.severity.name() }
}

fn reason(r: &ReasonText) -> ReasonJson {
    ReasonJson { code: r.code.to_string(), value: Number(r.value), threshold: Number(r.threshold), text: r.text.to_string() }
}

fn milestones(m: &Milestones) -> MilestonesJson {
    let at = |ms: Option<Ms>| ms.map(Ms::rfc3339);
    MilestonesJson {
        impact_start: at(m.impact_start),
        detected: at(m.detected),
        paged: at(m.paged),
        delivered: at(m.delivered),
        acknowledged: at(m.acknowledged),
        mitigated: at(m.mitigated),
        impact_end: at(m.impact_end),
        resolved: at(m.resolved),
        closed: at(m.closed),
    }
}

fn seconds(facts: &PostmortemFacts) -> BTreeMap<&'static str, Option<Number>> {
    let secs = |span: Option<Span>| span.map(|s| Number(s.secs_f64()));
    let clocks = facts.clocks.iter().map(|c| (field(c.kind.name()), secs(c.value)));
    clocks.chain([("impact", secs(facts.impact_span))]).collect()
}

/// The contract's field of a clock.
fn field(name: &'static str) -> &'static str {
    match name {
        "TTD" => "ttd",
        "TTA" => "tta",
        "TTM" => "ttm",
        _ => "ttr",
    }
}

fn interval(i: &Interval) -> IntervalJson {
    IntervalJson { from: i.from.rfc3339(), to: i.to.rfc3339() }
}

fn impact(i: &ImpactRecord) -> ImpactJson {
    let spent =
        |(slo, share): &(crate::domain::base::SloId, f64)| BudgetSpentJson { slo: slo.to_string(), share: Number(*share) };
    ImpactJson {
        bad: Number(i.bad),
        total: i.total.map(Number),
        bad_low: Number(i.bad_low),
        bad_high: Number(i.bad_high),
        intervals: i.intervals.iter().map(interval).collect(),
        budget_spent: i.budget_spent.iter().map(spent).collect(),
    }
}

fn page(p: &PageRecord) -> PageJson {
    PageJson {
        receiver: p.receiver.to_string(),
        kind: p.kind.to_string(),
        severity: p.severity.name(),
        created: p.created.rfc3339(),
        delivered: p.delivered.map(Ms::rfc3339),
        attempts: p.attempts,
        outcome: match p.outcome {
            Outcome::Delivered => "delivered",
            Outcome::Failed => "failed",
            Outcome::Dropped => "dropped",
        },
        detail: p.detail.to_string(),
    }
}

fn entry(e: &Entry, text: String) -> EntryJson {
    let actor = match &e.actor {
        Actor::Auto => None,
        Actor::Person(name) => Some(name.to_string()),
    };
    EntryJson {
        seq: e.seq.0,
        at: e.at.rfc3339(),
        recorded_at: e.recorded_at.rfc3339(),
        kind: kind(&e.fact),
        actor,
        source: e.source.to_string(),
        text,
        corrects: e.corrects.map(|s| s.0),
        hash: hex(&e.hash),
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
    QueriesJson { slo: q.slo.to_string(), queries: q.queries.iter().map(|(name, query)| (*name, query.to_string())).collect() }
}
