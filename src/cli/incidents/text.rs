//! Incidents for people: a table, and one incident with its timeline.
//!
//! Text from outside is escaped here, line by line, before it reaches the terminal.

use crate::app::Present;
use crate::cli::Out;
use crate::domain::base::{Interval, Money, Ms, Severity, Span, Text};
use crate::domain::cost::CostSheet;
use crate::domain::incident::{Actor, Correction, CorrectionRecord, Entry, EvidenceRecord, Incident, Outcome};
use crate::domain::paging::{Dispatch, DispatchState};
use crate::words::units::{UNKNOWN, count, percent_auto};
use crate::words::{Zone, escape, money, plural, time, timeline, width};
use std::sync::Arc;

/// Widths of the table's columns but the last.
const WIDE: [usize; 7] = [9, 4, 13, 20, 27, 9, 16];
/// The same for small terminals: who has it is left out, and the zone stands in the head only.
const NARROW: [usize; 7] = [9, 4, 13, 14, 16, 7, 0];
/// What the wide table needs, with an amount of money.
const WIDE_FROM: usize = 126;

/// Incidents, one a line.
pub(super) fn table(incidents: &[Arc<Incident>], now: Ms, zone: Zone, out: &mut Out) {
    let narrow = out.is_terminal && out.width < WIDE_FROM;
    let columns = if narrow { NARROW } else { WIDE };
    let began = if narrow { format!("BEGAN {}", zone.offset(now)) } else { "BEGAN".into() };
    let heads = ["ID", "SEV", "STATE", "SERVICE", &began, "LASTED", "TAKEN BY"].map(str::to_owned);
    out.line(&row(&heads, columns, "COST"));
    for incident in incidents {
        out.line(&row(&cells(incident, now, zone), columns, &cost(incident.cost.as_ref())));
    }
}

fn cells(incident: &Incident, now: Ms, zone: Zone) -> [String; 7] {
    let unknown = || UNKNOWN.to_owned();
    [
        incident.id.to_string(),
        incident.peak_severity.map_or(UNKNOWN, Severity::name).to_owned(),
        state(incident),
        escape::terminal(&incident.service),
        incident.milestones.impact_start.map_or_else(unknown, |at| zone.full(at)),
        lasted(incident, now).map_or_else(unknown, time::span),
        incident.acknowledged_by.as_ref().map_or_else(unknown, |(name, _)| escape::terminal(name)),
    ]
}

fn row(cells: &[String; 7], columns: [usize; 7], last: &str) -> String {
    let mut line = String::new();
    for (number, (cell, columns)) in cells.iter().zip(columns).enumerate().filter(|(_, (_, columns))| *columns > 0) {
        // A narrow table cuts seconds and zone off the time; that needs no mark.
        let mark = if number == 4 { "" } else { "…" };
        line.push_str(&width::left(cell, columns, mark));
        line.push(' ');
    }
    line.push_str(last);
    line
}

fn state(incident: &Incident) -> String {
    let drill = if incident.drill { "drill " } else { "" };
    let data = if incident.no_data_since.is_some() { ", no data" } else { "" };
    match incident.merged_into {
        Some(into) => format!("{drill}in {into}"),
        None => format!("{drill}{}{data}", incident.phase.name()),
    }
}

/// From the first bad minute to the end; to now while it is live.
fn lasted(incident: &Incident, now: Ms) -> Option<Span> {
    let end = incident.milestones.resolved.or(incident.milestones.closed).unwrap_or(now);
    Some(end.since(incident.milestones.impact_start?))
}

fn cost(sheet: Option<&CostSheet>) -> String {
    let Some((sheet, total)) = sheet.and_then(|s| Some((s, s.total?))) else { return UNKNOWN.into() };
    let amount = money::exact(Money::new(total, sheet.currency));
    if sheet.complete { amount } else { format!("at least {amount}") }
}

/// One incident, whole. `outbox` are its pages as the outbox has them.
pub(super) fn show(incident: &Incident, outbox: &[Dispatch], present: &Present, now: Ms, zone: Zone, out: &mut Out) {
    out.line(&head(incident));
    for (name, value) in facts(incident, present, now, zone) {
        out.line(&format!("  {name:<13} {}", escape::terminal(&value)));
    }
    section("Corrected", &corrections(incident, zone), out);
    section("Evidence", &evidence(incident, zone), out);
    section("Pages", &pages(incident, outbox, zone), out);
    out.line(&format!("\nTimeline ({})", incident.entries.last().map_or(String::new(), |e| zone.offset(e.at))));
    for entry in &incident.entries {
        out.line(&timeline_line(entry, zone));
    }
}

fn section(title: &str, lines: &[String], out: &mut Out) {
    if !lines.is_empty() {
        out.line(&format!("\n{title}"));
        for line in lines {
            out.line(line);
        }
    }
}

/// What people said was otherwise: `severity P1 -> P2, ann: users saw nothing (corrects entry 4)`.
fn corrections(incident: &Incident, zone: Zone) -> Vec<String> {
    let shown = |change: &Correction, value: Option<&str>| match (change, value) {
        (_, None) => "unknown".to_owned(),
        (Correction::Moment(..), Some(text)) => Ms::parse_rfc3339(text).map_or_else(|| text.into(), |at| zone.full(at)),
        (_, Some(text)) => text.to_owned(),
    };
    let line = |r: &CorrectionRecord| {
        let (was, is) = (shown(&r.change, r.was.as_deref()), shown(&r.change, r.change.value().as_deref()));
        let reason = if r.reason.is_empty() { String::new() } else { format!(": {}", r.reason) };
        let of = r.corrects.map_or_else(String::new, |seq| format!(" (corrects entry {})", seq.0));
        let what = r.change.field().replace('_', " ");
        format!("  {}", escape::terminal(&format!("{what} {was} -> {is}, {}{reason}{of}", name(&r.by))))
    };
    incident.corrections.iter().map(line).collect()
}

fn evidence(incident: &Incident, zone: Zone) -> Vec<String> {
    let line = |r: &EvidenceRecord| {
        let url = r.evidence.url.as_deref().unwrap_or_default();
        let words = [&*r.evidence.text, url].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join("  ");
        let told = escape::terminal(&format!("{:<9} {words}  [{}]", r.evidence.kind, name(&r.by)));
        format!("  {}  {told}", zone.full(r.at))
    };
    incident.evidence.iter().map(line).collect()
}

fn name(actor: &Actor) -> &str {
    match actor {
        Actor::Auto => "auto",
        Actor::Person(name) => name,
    }
}

fn head(incident: &Incident) -> String {
    let severity = match (incident.severity, incident.peak_severity) {
        (Some(now), Some(peak)) if now != peak => format!("{now} (was {peak})"),
        (Some(now), _) => now.to_string(),
        _ => "no severity".into(),
    };
    format!("{}  {severity}  {}  {}", incident.id, state(incident), escape::terminal(&incident.service))
}

fn facts(incident: &Incident, present: &Present, now: Ms, zone: Zone) -> Vec<(&'static str, String)> {
    let m = &incident.milestones;
    let slos = incident.services.iter().flat_map(|(_, slos)| slos).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let at = |at: Option<Ms>| at.map_or(UNKNOWN.into(), |at| zone.full(at));
    let after = |moment: Option<Ms>, span: Option<Span>, of: &str| match (moment, span) {
        (Some(moment), Some(span)) => format!("{}, {} after {of}", zone.full(moment), time::span(span)),
        _ => at(moment),
    };
    let detected = if incident.is_proactive() {
        format!("{}, before users were hurt", at(m.detected))
    } else {
        after(m.detected, incident.time_to_detect(), "impact began")
    };
    let taken = after(m.acknowledged, incident.time_to_acknowledge(), "the first page");
    let mut out = vec![
        ("objectives", slos),
        ("impact began", at(m.impact_start)),
        ("detected", detected),
        ("first page", at(m.paged)),
        ("acknowledged", acknowledged(incident, &taken)),
        ("mitigated", after(m.mitigated, incident.time_to_mitigate(), "impact began")),
        ("resolved", after(m.resolved, incident.time_to_resolve(), "impact began")),
        ("lasted", lasted(incident, now).map_or(UNKNOWN.into(), time::span)),
        ("impact", impact(incident, present)),
        ("cost", present.cost.as_ref().map_or_else(|| cost(incident.cost.as_ref()), |sheet| cost(Some(sheet)) + " so far")),
    ];
    if let Some(suspect) = incident.suspect().filter(|_| incident.services.len() > 1) {
        out.insert(1, ("suspect", suspect.to_string()));
    }
    if !incident.absorbed.is_empty() {
        let ids = incident.absorbed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        out.push(("took in", ids));
    }
    if let Some(class) = &incident.root_cause {
        out.push(("root cause", class.to_string()));
    }
    if let Some(effort) = incident.effort() {
        out.push(("people", format!("{} for {} h each, as declared", effort.people(), effort.hours_each())));
    }
    if incident.flaps > 0 {
        out.push(("reopened", plural::counted(incident.flaps as usize, "time", "times")));
    }
    out
}

fn acknowledged(incident: &Incident, told: &str) -> String {
    match &incident.acknowledged_by {
        Some((name, _)) => format!("{told}; {name} has it"),
        None => told.into(),
    }
}

fn impact(incident: &Incident, present: &Present) -> String {
    let Some(impact) = present.impact.as_ref().or(incident.impact.as_ref()) else {
        return if incident.phase.is_live() { "counted when it ends; `burnledger tui` shows it now" } else { "not counted" }
            .into();
    };
    let span = time::span(Interval::union_span(impact.intervals.iter().copied()));
    let bad = count(impact.bad);
    match impact.total.filter(|total| *total > 0.0) {
        Some(total) => {
            let events = plural::noun_of(total, "event", "events");
            format!("{bad} bad of {} {events} ({}) in {span} of bad minutes", count(total), percent_auto(impact.bad / total))
        }
        None => format!("{bad} bad {} in {span} of bad minutes", plural::noun_of(impact.bad, "event", "events")),
    }
}

fn pages(incident: &Incident, outbox: &[Dispatch], zone: Zone) -> Vec<String> {
    let line = |created: Ms, receiver: &str, kind: &str, severity: Severity, end: String| {
        let what = format!("{receiver}: {} at {severity}, {end}", kind.replace('_', " "));
        format!("  {}  {}", zone.clock(created), escape::terminal(&what))
    };
    let ended = incident.pages.iter().map(|p| {
        let end = match (&p.outcome, p.delivered) {
            (Outcome::Delivered, Some(at)) => format!("accepted {}", zone.clock(at)),
            (Outcome::Delivered, None) => "accepted".into(),
            (Outcome::Failed, _) => told("refused", &p.detail),
            (Outcome::Dropped, _) => told("not sent", &p.detail),
        };
        line(p.created, &p.receiver, &p.kind, p.severity, end)
    });
    let waiting = outbox.iter().filter_map(|d| {
        let end = match d.state {
            DispatchState::Pending => told("waiting to be sent", &d.detail),
            DispatchState::Sending => told("being sent", &d.detail),
            _ => return None,
        };
        Some(line(d.created, &d.receiver, d.kind.name(), d.severity, end))
    });
    ended.chain(waiting).collect()
}

fn told(what: &str, detail: &Text) -> String {
    if detail.is_empty() { what.into() } else { format!("{what}: {detail}") }
}

fn timeline_line(entry: &Entry, zone: Zone) -> String {
    let (word, sentence) = (timeline::word(&entry.fact), escape::terminal(&timeline::sentence(entry, zone)));
    let actor = escape::terminal(timeline::actor(entry));
    format!("  {}  {word:<9} {sentence}  [{actor}]", zone.clock(entry.at))
}
