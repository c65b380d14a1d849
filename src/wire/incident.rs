//! JSON of `incidents show` and `incidents list`. Unknown is null, never 0 or absent; times are RFC 3339 UTC.
//!
//! Deliberately absent: the stored form of entries (`entry`), which must not change with this one, and sentences, which are
//! handed in.

use super::cost::CostSheetJson;
use super::entry::export::hex;
use super::entry::kind;
use super::number::Number;
use crate::domain::base::{Interval, Ms, Severity, SloId, Span, Text};
use crate::domain::cost::CostSheet;
use crate::domain::incident::{
    Actor, CorrectionRecord, Entry, EvidenceRecord, HeldPages, ImpactRecord, Incident, Milestones, Note, Outcome, PageRecord,
};
use crate::domain::paging::{Dispatch, DispatchState};
use serde::Serialize;

/// What `incidents list` says of one incident, and `incidents show` first.
#[derive(Debug, Serialize)]
pub struct IncidentJson {
    id: u64,
    service: String,
    services: Vec<ServiceJson>,
    state: &'static str,
    no_data: bool,
    drill: bool,
    severity: Option<&'static str>,
    peak_severity: Option<&'static str>,
    severity_history: Vec<SeverityAt>,
    merged_into: Option<u64>,
    merged: Vec<u64>,
    root_cause: Option<String>,
    /// People and their hours as a person declared them; null where only the entries tell.
    effort: Option<EffortJson>,
    milestones: MilestonesJson,
    seconds: Seconds,
    proactive: bool,
    flaps: u32,
    impact: Option<ImpactJson>,
    #[serde(flatten)]
    detail: Option<DetailJson>,
    cost: Option<CostSheetJson>,
}

/// What only `incidents show` says.
#[derive(Debug, Serialize)]
struct DetailJson {
    pages: Vec<PageJson>,
    /// Pages that were held back, with what held them.
    held: Vec<HeldJson>,
    evidence: Vec<EvidenceJson>,
    notes: Vec<NoteJson>,
    corrections: Vec<CorrectionJson>,
    entries: Vec<EntryJson>,
}

#[derive(Debug, Serialize)]
struct ServiceJson {
    service: String,
    /// `suspect` or `affected`; null while several burn and none was named the cause.
    role: Option<&'static str>,
    slos: Vec<String>,
}

#[derive(Debug, Serialize)]
struct SeverityAt {
    at: String,
    severity: &'static str,
}

#[derive(Debug, Serialize)]
struct MilestonesJson {
    impact_start: Option<String>,
    detected: Option<String>,
    paged: Option<String>,
    delivered: Option<String>,
    acknowledged: Option<String>,
    mitigated: Option<String>,
    impact_end: Option<String>,
    resolved: Option<String>,
    closed: Option<String>,
}

#[derive(Debug, Serialize)]
struct Seconds {
    ttd: Option<Number>,
    tta: Option<Number>,
    ttm: Option<Number>,
    ttr: Option<Number>,
    impact: Option<Number>,
}

#[derive(Debug, Serialize)]
struct ImpactJson {
    bad: Number,
    total: Option<Number>,
    bad_low: Number,
    bad_high: Number,
    intervals: Vec<IntervalJson>,
    budget_spent: Vec<BudgetJson>,
}

#[derive(Debug, Serialize)]
struct IntervalJson {
    from: String,
    to: String,
}

#[derive(Debug, Serialize)]
struct BudgetJson {
    slo: String,
    share: Number,
}

#[derive(Debug, Serialize)]
struct PageJson {
    receiver: String,
    kind: String,
    severity: &'static str,
    created: String,
    delivered: Option<String>,
    attempts: u32,
    /// `delivered`, `failed`, `dropped`; null while it is on its way.
    outcome: Option<&'static str>,
    detail: String,
}

#[derive(Debug, Serialize)]
struct HeldJson {
    at: String,
    owner: Option<String>,
    severity: &'static str,
    by: String,
    why: String,
    until: Option<String>,
}

#[derive(Debug, Serialize)]
struct EvidenceJson {
    seq: u64,
    at: String,
    by: String,
    kind: String,
    text: String,
    url: Option<String>,
}

#[derive(Debug, Serialize)]
struct EffortJson {
    people: u32,
    /// A decimal, as text.
    hours_each: String,
}

#[derive(Debug, Serialize)]
struct NoteJson {
    seq: u64,
    at: String,
    by: String,
    text: String,
    action_item: bool,
    customer_visible: bool,
}

#[derive(Debug, Serialize)]
struct CorrectionJson {
    seq: u64,
    at: String,
    by: String,
    field: &'static str,
    /// What was said before; null when it was unknown.
    was: Option<String>,
    /// What is said now; null when it is said to be unknown.
    value: Option<String>,
    reason: String,
    corrects: Option<u64>,
}

#[derive(Debug, Serialize)]
struct EntryJson {
    seq: u64,
    at: String,
    recorded_at: String,
    kind: &'static str,
    /// A person's name; `auto` when burnledger itself caused it.
    actor: String,
    source: String,
    corrects: Option<u64>,
    text: String,
    hash: String,
}

/// One incident in short.
pub fn summary(incident: &Incident) -> IncidentJson {
    make(incident, None, &(None, None))
}

/// What was counted now of an incident that lives: impact and cost so far.
pub type Now<'a> = (Option<&'a ImpactRecord>, Option<&'a CostSheet>);

/// One incident, whole. `outbox` are its pages as the outbox has them; `now` stands in for what the ledger cannot know yet;
/// `tell` makes the sentence of an entry.
pub fn show(incident: &Incident, outbox: &[Dispatch], now: &Now<'_>, tell: &dyn Fn(&Entry) -> String) -> IncidentJson {
    let open: Vec<&Dispatch> =
        outbox.iter().filter(|d| matches!(d.state, DispatchState::Pending | DispatchState::Sending)).collect();
    let pages = incident.pages.iter().map(page).chain(open.iter().map(|d| on_its_way(d))).collect();
    let entries = incident.entries.iter().map(|e| entry(e, tell)).collect();
    let mut known = incident.clone();
    for d in open {
        known.note_page_row(d.created, d.severity, d.kind.name());
    }
    let (evidence, notes, corrections) = (evidence(incident), notes(incident), corrections(incident));
    make(&known, Some(DetailJson { pages, held: held(incident), evidence, notes, corrections, entries }), now)
}

fn held(incident: &Incident) -> Vec<HeldJson> {
    let one = |(at, h): &(Ms, HeldPages)| HeldJson {
        at: at.rfc3339(),
        owner: h.owner.as_ref().map(ToString::to_string),
        severity: h.severity.name(),
        by: h.by.to_string(),
        why: h.why.to_string(),
        until: h.until.map(Ms::rfc3339),
    };
    incident.held.iter().map(one).collect()
}

fn evidence(incident: &Incident) -> Vec<EvidenceJson> {
    let one = |r: &EvidenceRecord| EvidenceJson {
        seq: r.seq.0,
        at: r.at.rfc3339(),
        by: actor(&r.by),
        kind: r.evidence.kind.to_string(),
        text: r.evidence.text.to_string(),
        url: r.evidence.url.as_ref().map(ToString::to_string),
    };
    incident.evidence.iter().map(one).collect()
}

fn notes(incident: &Incident) -> Vec<NoteJson> {
    let one = |(e, note): (&Entry, &Note)| NoteJson {
        seq: e.seq.0,
        at: e.at.rfc3339(),
        by: actor(&e.actor),
        text: note.text.to_string(),
        action_item: note.action_item,
        customer_visible: note.customer_visible,
    };
    incident.notes().map(one).collect()
}

fn corrections(incident: &Incident) -> Vec<CorrectionJson> {
    let one = |r: &CorrectionRecord| CorrectionJson {
        seq: r.seq.0,
        at: r.at.rfc3339(),
        by: actor(&r.by),
        field: r.change.field(),
        was: r.was.as_ref().map(ToString::to_string),
        value: r.change.value().map(|v| v.to_string()),
        reason: r.reason.to_string(),
        corrects: r.corrects.map(|s| s.0),
    };
    incident.corrections.iter().map(one).collect()
}

fn make(incident: &Incident, detail: Option<DetailJson>, now: &Now<'_>) -> IncidentJson {
    IncidentJson {
        id: incident.id.0,
        service: incident.service.to_string(),
        services: services(incident),
        state: incident.phase.name(),
        no_data: incident.no_data_since.is_some(),
        drill: incident.drill,
        severity: incident.severity.map(Severity::name),
        peak_severity: incident.peak_severity.map(Severity::name),
        severity_history: incident
            .severity_history
            .iter()
            .map(|(at, severity)| SeverityAt { at: at.rfc3339(), severity: severity.name() })
            .collect(),
        merged_into: incident.merged_into.map(|id| id.0),
        merged: incident.absorbed.iter().map(|id| id.0).collect(),
        root_cause: incident.root_cause.as_ref().map(ToString::to_string),
        effort: incident.effort().map(|e| EffortJson { people: e.people(), hours_each: e.hours_each().to_string() }),
        milestones: milestones(&incident.milestones),
        seconds: seconds(incident),
        proactive: incident.is_proactive(),
        flaps: incident.flaps,
        impact: now.0.or(incident.impact.as_ref()).map(impact),
        detail,
        cost: now.1.or(incident.cost.as_ref()).map(CostSheetJson::from),
    }
}

fn services(incident: &Incident) -> Vec<ServiceJson> {
    let suspect = incident.suspect();
    let one = |(service, slos): &(Text, Vec<SloId>)| ServiceJson {
        service: service.to_string(),
        role: suspect.map(|name| if name == service { "suspect" } else { "affected" }),
        slos: slos.iter().map(ToString::to_string).collect(),
    };
    incident.services.iter().map(one).collect()
}

fn milestones(m: &Milestones) -> MilestonesJson {
    let shown = |at: Option<Ms>| at.map(Ms::rfc3339);
    MilestonesJson {
        impact_start: shown(m.impact_start),
        detected: shown(m.detected),
        paged: shown(m.paged),
        delivered: shown(m.delivered),
        acknowledged: shown(m.acknowledged),
        mitigated: shown(m.mitigated),
        impact_end: shown(m.impact_end),
        resolved: shown(m.resolved),
        closed: shown(m.closed),
    }
}

fn seconds(incident: &Incident) -> Seconds {
    let shown = |span: Option<Span>| span.map(|s| Number(s.secs_f64()));
    let impact = incident.impact.as_ref().map(|i| Interval::union_span(i.intervals.iter().copied()));
    Seconds {
        ttd: shown(incident.time_to_detect()),
        tta: shown(incident.time_to_acknowledge()),
        ttm: shown(incident.time_to_mitigate()),
        ttr: shown(incident.time_to_resolve()),
        impact: shown(impact),
    }
}

fn impact(i: &ImpactRecord) -> ImpactJson {
    ImpactJson {
        bad: Number(i.bad),
        total: i.total.map(Number),
        bad_low: Number(i.bad_low),
        bad_high: Number(i.bad_high),
        intervals: i.intervals.iter().map(|s| IntervalJson { from: s.from.rfc3339(), to: s.to.rfc3339() }).collect(),
        budget_spent: i
            .budget_spent
            .iter()
            .map(|(slo, share)| BudgetJson { slo: slo.to_string(), share: Number(*share) })
            .collect(),
    }
}

fn page(p: &PageRecord) -> PageJson {
    let outcome = match p.outcome {
        Outcome::Delivered => "delivered",
        Outcome::Failed => "failed",
        Outcome::Dropped => "dropped",
    };
    PageJson {
        receiver: p.receiver.to_string(),
        kind: p.kind.to_string(),
        severity: p.severity.name(),
        created: p.created.rfc3339(),
        delivered: p.delivered.map(Ms::rfc3339),
        attempts: p.attempts,
        outcome: Some(outcome),
        detail: p.detail.to_string(),
    }
}

fn on_its_way(d: &Dispatch) -> PageJson {
    PageJson {
        receiver: d.receiver.to_string(),
        kind: d.kind.name().into(),
        severity: d.severity.name(),
        created: d.created.rfc3339(),
        delivered: None,
        attempts: d.attempts,
        outcome: None,
        detail: d.detail.to_string(),
    }
}

fn entry(e: &Entry, tell: &dyn Fn(&Entry) -> String) -> EntryJson {
    EntryJson {
        seq: e.seq.0,
        at: e.at.rfc3339(),
        recorded_at: e.recorded_at.rfc3339(),
        kind: kind(&e.fact),
        actor: actor(&e.actor),
        source: e.source.to_string(),
        corrects: e.corrects.map(|s| s.0),
        text: tell(e),
        hash: hex(&e.hash),
    }
}

fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Auto => "auto".into(),
        Actor::Person(name) => name.to_string(),
    }
}
