//! The facts of a postmortem, gathered from an incident's fold. Unknown stays unknown.
//!
//! Deliberately absent: words and layout (`report`), and judgement: what went well, what to change and who does it is for
//! people to write.

use crate::domain::base::{Interval, Ms, Seq, Severity, SloId, Span, Text};
use crate::domain::cost::CostSheet;
use crate::domain::incident::ImpactRecord;
use crate::domain::incident::{Entry, EntryHash, Fact, Incident, Milestones, PageRecord, Phase, ReasonText, RuleFired};
use crate::domain::measure::Plan;
use crate::domain::measure::meter::loss;
use crate::domain::objective::{Sli, Slo};
use std::sync::Arc;

/// Burn rate over time, for the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct BurnSeries {
    /// The SLO it is of.
    pub slo: SloId,
    /// The window of each value.
    pub window: Span,
    /// Instant of the first value.
    pub from: Ms,
    /// Instant of the last value.
    pub to: Ms,
    /// Burn rates at even steps, oldest first; NaN where unknown.
    pub values: Arc<[f32]>,
    /// Levels worth a line: what fires above them, and the burn rate.
    pub levels: Vec<(Text, f64)>,
}

/// The clocks of SEMANTICS 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// Time to detect.
    Detect,
    /// Time to acknowledge.
    Acknowledge,
    /// Time to mitigate.
    Mitigate,
    /// Time to resolve.
    Resolve,
}

impl ClockKind {
    /// All, in the order of an incident's life.
    pub const ALL: [Self; 4] = [Self::Detect, Self::Acknowledge, Self::Mitigate, Self::Resolve];

    /// The short name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Detect => "TTD",
            Self::Acknowledge => "TTA",
            Self::Mitigate => "TTM",
            Self::Resolve => "TTR",
        }
    }

    /// From what to what, printed beside every value because tools disagree.
    pub const fn definition(self) -> &'static str {
        match self {
            Self::Detect => "detected - impact start",
            Self::Acknowledge => "first human acknowledgement - first page (detection when nobody was paged)",
            Self::Mitigate => "mitigated - impact start",
            Self::Resolve => "resolved - impact start",
        }
    }
}

/// One clock of the incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Which.
    pub kind: ClockKind,
    /// How long; absent while unknown.
    pub value: Option<Span>,
}

/// What an SLO asks its source, as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SloQuery {
    /// The SLO.
    pub slo: SloId,
    /// `bad`, `total`, `value`, ... and the PromQL.
    pub queries: Vec<(&'static str, Text)>,
    /// That the server adds up instead of counting here, why, and what that loses.
    pub summed: Option<Text>,
}

/// What is known beside the ledger when a report is made; all of it may be missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// The burn rate over the incident.
    pub burn: Option<BurnSeries>,
    /// SLOs of the rules in force now.
    pub slos: Vec<Arc<Slo>>,
    /// Hash of the rules in force now; they may differ from those the incident opened under.
    pub rulebook: Option<Text>,
}

/// A cost as it was recorded at some time; the last one is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restated {
    /// Its entry.
    pub seq: Seq,
    /// When it was recorded.
    pub at: Ms,
    /// The sheet.
    pub sheet: CostSheet,
}

/// Everything a postmortem tells as fact.
#[derive(Clone, Debug, PartialEq)]
pub struct PostmortemFacts {
    /// The incident with all its entries.
    pub incident: Incident,
    /// SLOs that were bad, of every service.
    pub slos: Vec<SloId>,
    /// Rules that fired first.
    pub first_rules: Vec<RuleFired>,
    /// Reasons of the highest severity, as they were told when it was reached.
    pub peak_reasons: Vec<ReasonText>,
    /// When the highest severity was reached first.
    pub peak_at: Option<Ms>,
    /// Length of the bad intervals together; absent until impact was measured.
    pub impact_span: Option<Span>,
    /// The four clocks.
    pub clocks: [Clock; 4],
    /// Costs that were recorded, oldest first.
    pub restated: Vec<Restated>,
    /// Entries' numbers and hashes.
    pub hashes: Vec<(Seq, EntryHash)>,
    /// The burn rate over the incident, when it was handed in.
    pub burn: Option<BurnSeries>,
    /// Queries of the incident's SLOs, when the SLO files were at hand.
    pub queries: Vec<SloQuery>,
    /// Hash of the rules the queries come from.
    pub rulebook_now: Option<Text>,
}

impl PostmortemFacts {
    /// Gathers the facts of an incident, and what is known beside the ledger.
    pub fn of(incident: &Incident, beside: Beside) -> Self {
        let peak = incident.peak_severity;
        let reached = peak.and_then(|p| reached(&incident.entries, p));
        Self {
            slos: incident.services.iter().flat_map(|(_, slos)| slos.iter().cloned()).collect(),
            first_rules: incident.entries.iter().find_map(opening_rules).unwrap_or_default(),
            peak_reasons: reached.map(|(_, reasons)| reasons.to_vec()).unwrap_or_default(),
            peak_at: reached.map(|(at, _)| at),
            impact_span: incident.impact.as_ref().map(impact_span),
            clocks: clocks(incident),
            restated: incident.entries.iter().filter_map(restated).collect(),
            hashes: incident.entries.iter().map(|e| (e.seq, e.hash)).collect(),
            queries: queries(incident, &beside.slos),
            burn: beside.burn,
            rulebook_now: beside.rulebook,
            incident: incident.clone(),
        }
    }

    /// The moments of the incident.
    pub const fn milestones(&self) -> &Milestones {
        &self.incident.milestones
    }

    /// Where it stands.
    pub const fn phase(&self) -> Phase {
        self.incident.phase
    }

    /// Pages that reached their end.
    pub fn pages(&self) -> &[PageRecord] {
        &self.incident.pages
    }
}

fn impact_span(impact: &ImpactRecord) -> Span {
    Interval::union_span(impact.intervals.iter().copied())
}

fn clocks(incident: &Incident) -> [Clock; 4] {
    let clock = |kind, value| Clock { kind, value };
    [
        clock(ClockKind::Detect, incident.time_to_detect()),
        clock(ClockKind::Acknowledge, incident.time_to_acknowledge()),
        clock(ClockKind::Mitigate, incident.time_to_mitigate()),
        clock(ClockKind::Resolve, incident.time_to_resolve()),
    ]
}

/// Queries of those SLOs that were bad.
fn queries(incident: &Incident, known: &[Arc<Slo>]) -> Vec<SloQuery> {
    let bad = |id: &SloId| incident.services.iter().any(|(_, slos)| slos.contains(id));
    let told = |s: &Arc<Slo>| SloQuery { slo: s.id.clone(), queries: written(&s.sli), summed: summed(s) };
    known.iter().filter(|s| bad(&s.id)).map(told).collect()
}

fn summed(slo: &Slo) -> Option<Text> {
    let (Plan::Asked { why, .. }, Some(window)) = (&slo.plan, slo.plan.pushed_down()) else { return None };
    Some(format!("added up by the server, not counted: {why}; {}", loss(window)).into())
}

fn written(sli: &Sli) -> Vec<(&'static str, Text)> {
    let some = |name, query: &Option<Text>| query.clone().map(|q| (name, q));
    match sli {
        Sli::Events { bad, good, total } => {
            [some("bad", bad), some("good", good), Some(("total", total.clone()))].into_iter().flatten().collect()
        }
        Sli::Latency { histogram, under_seconds, .. } => {
            vec![("histogram", histogram.clone()), ("under", format!("{under_seconds}s").into())]
        }
        Sli::Occurrences { count, .. } => vec![("count", count.clone())],
        Sli::Threshold { value, .. } => vec![("value", value.clone())],
        Sli::Ratio { errors, total } => vec![("errors", errors.clone()), ("total", total.clone())],
        Sli::Composite(composite) => composite.of.iter().map(|(id, _)| ("member", id.0.clone())).collect(),
    }
}

fn opening_rules(entry: &Entry) -> Option<Vec<RuleFired>> {
    match &entry.fact {
        Fact::Opened(onset) => Some(onset.rules.clone()),
        _ => None,
    }
}

/// When a severity was reached first, and why.
fn reached(entries: &[Entry], severity: Severity) -> Option<(Ms, &[ReasonText])> {
    entries.iter().find_map(|e| match &e.fact {
        Fact::Opened(onset) if onset.severity == Some(severity) => Some((e.at, &*onset.reasons)),
        Fact::SeverityChanged { to, reasons, .. } if *to == severity => Some((e.at, &**reasons)),
        _ => None,
    })
}

fn restated(entry: &Entry) -> Option<Restated> {
    match &entry.fact {
        Fact::Costed(sheet) => Some(Restated { seq: entry.seq, at: entry.recorded_at, sheet: sheet.clone() }),
        _ => None,
    }
}
