//! What a case expects: of tracks at instants, of everything that fires, and of incidents.

use super::wanted;
use crate::domain::base::{Labels, Ms, Span, Text};
use crate::domain::judge::{HeldBack, RuleRef, TrackState, window_spans};
use crate::domain::objective::{Rulebook, Slo};
use crate::domain::review::casefile::{
    BudgetPart, Field, FiringField, FiringWanted, IncidentField, IncidentWanted, Moment, PHASES, Want, Wanted, WindowPart,
    rule_name,
};
use crate::kit::yaml::{Entry, Fields, Findings, Node, Value};
use std::sync::Arc;

/// What expectations are read with.
pub(super) struct Home<'a> {
    pub(super) start: Ms,
    pub(super) step: Span,
    pub(super) book: &'a Rulebook,
}

const MOMENT_FIELDS: [&str; 16] = [
    "at",
    "slo",
    "group",
    "state",
    "severity",
    "value",
    "errors_never_seen",
    "interpolated",
    "partial",
    "burn",
    "windows",
    "budget",
    "latency",
    "firing",
    "held_back",
    "incident",
];
const FIRING_FIELDS: [&str; 7] = ["slo", "group", "rule", "severity", "from", "to", "budget_consumed"];
const INCIDENT_FIELDS: [&str; 15] = [
    "service",
    "state",
    "severity",
    "impact_start",
    "detected",
    "mitigated",
    "impact_end",
    "resolved",
    "bad",
    "total",
    "flaps",
    "slos",
    "cost",
    "currency",
    "cost_complete",
];
const STATES: [TrackState; 5] =
    [TrackState::Ok, TrackState::NoTraffic, TrackState::NoData, TrackState::DataError, TrackState::Excluded];
const CAUSES: [HeldBack; 6] = [
    HeldBack::MinBad,
    HeldBack::Confidence,
    HeldBack::YoungHistory,
    HeldBack::NoTraffic,
    HeldBack::ObserveMode,
    HeldBack::Silenced,
];

impl Home<'_> {
    /// An instant that is judged: a multiple of the step.
    pub(super) fn instant(&self, out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Ms> {
        let at = wanted::instant(out, node, what, self.start)?;
        if at != at.floor_to(self.step) {
            let message = format!("{what} must be a multiple of the step, {}", self.step);
            out.error_hint("between-steps", &node.span, message, format!("{} is one", at.floor_to(self.step).since(self.start)));
            return None;
        }
        Some(at)
    }

    /// The SLO that is meant: by id, by a name that is unique, or the only one there is.
    fn slo(&self, out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<Arc<Slo>> {
        let all = &self.book.slos;
        if !fields.has("slo") {
            if let [only] = &all[..] {
                return Some(only.clone());
            }
            if !all.is_empty() {
                let message = "there are several SLOs: say which one is meant";
                fields.missing(out, &["slo"], message, &format!("add `slo: {}`", all[0].id));
            }
            return None;
        }
        let node = fields.get(out, "slo")?;
        let text = out.text(node, "`slo`")?.clone();
        let mut named = all.iter().filter(|slo| slo.id.as_str() == text.trim() || &*slo.name == text.trim());
        if let (Some(slo), None) = (named.next(), named.next()) {
            return Some(slo.clone());
        }
        let ids: Vec<&str> = all.iter().map(|slo| slo.id.as_str()).collect();
        if !ids.is_empty() {
            out.unknown("unknown-slo", "SLO", text.trim(), &node.span, &ids, "");
        }
        None
    }
}

/// The labels of a group.
fn group(out: &mut Findings<'_>, fields: &Fields<'_>) -> Labels {
    let node = fields.get(out, "group");
    let entries = node.and_then(|n| out.entries(n, "`group`")).unwrap_or_default();
    let pairs: Vec<(Text, Text)> =
        entries.iter().filter_map(|e| Some((e.key.clone(), out.text(&e.value, "a label's value")?.clone()))).collect();
    Labels::new(pairs)
}

/// The rule that is meant: its whole name, or a part of it that no other rule of the SLO has.
fn rule(out: &mut Findings<'_>, text: &str, span: &std::ops::Range<usize>, slo: &Slo) -> Option<RuleRef> {
    let tiers = (0..slo.tiers.len()).map(RuleRef::Tier);
    let all: Vec<(RuleRef, Text)> =
        tiers.chain((0..slo.breach.len()).map(RuleRef::Breach)).map(|r| (r, rule_name(slo, r))).collect();
    if let Some((found, _)) = all.iter().find(|(_, name)| **name == *text) {
        return Some(*found);
    }
    let mut holding = all.iter().filter(|(_, name)| format!(" {name} ").contains(&format!(" {text} ")));
    if let (Some((found, _)), None) = (holding.next(), holding.next()) {
        return Some(*found);
    }
    let names: Vec<&str> = all.iter().map(|(_, name)| &**name).collect();
    out.unknown("unknown-rule", "rule", text, span, &names, &format!("`{}`", slo.id));
    None
}

/// Reads `expect:`. One item may name several instants.
pub(super) fn moments(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Vec<Moment> {
    let mut moments = Vec::new();
    for item in out.list(node, "`expect`").unwrap_or_default() {
        moments.extend(read_moments(out, item, home).unwrap_or_default());
    }
    moments
}

fn read_moments(out: &mut Findings<'_>, item: &Node, home: &Home<'_>) -> Option<Vec<Moment>> {
    let what = "an expectation";
    let fields = out.fields(item, what, &MOMENT_FIELDS)?;
    let times = fields.need(out, "at", what)?;
    let slo = home.slo(out, &fields)?;
    let group = group(out, &fields);
    let (mut wants, before) = (Vec::new(), out.errors());
    for entry in fields.entries() {
        read_field(out, entry, &slo, &mut wants);
    }
    if wants.is_empty() && out.errors() == before {
        out.error("nothing-expected", &fields.head(), "nothing is expected at this instant");
    }
    let line = out.place(fields.head()).line;
    let instants: Vec<Ms> = times.one_or_many().into_iter().filter_map(|n| home.instant(out, n, "`at`")).collect();
    let moment = |at| Moment { at, slo: slo.id.clone(), group: group.clone(), line, wants: wants.clone() };
    Some(instants.into_iter().map(moment).collect())
}

fn read_field(out: &mut Findings<'_>, entry: &Entry, slo: &Slo, wants: &mut Vec<Want<Field>>) {
    let node = &*entry.value;
    let name = &*entry.key;
    let one = |out: &mut Findings<'_>, field, wanted: Option<Wanted>, wants: &mut Vec<Want<Field>>| {
        wants.extend(wanted.map(|wanted| want(out, field, name.into(), wanted, node)));
    };
    match name {
        "state" => {
            let wanted = wanted::word(out, node, "state", &STATES.map(TrackState::name), false);
            one(out, Field::State, wanted, wants);
        }
        "severity" => {
            let wanted = wanted::severity(out, node);
            one(out, Field::Severity, wanted, wants);
        }
        "value" => {
            let wanted = wanted::number(out, node, "`value`", false);
            one(out, Field::Value, wanted, wants);
        }
        "errors_never_seen" => {
            let wanted = wanted::yes(out, node, "errors_never_seen");
            one(out, Field::ErrorsNeverSeen, wanted, wants);
        }
        "interpolated" => {
            let wanted = wanted::yes(out, node, "interpolated");
            one(out, Field::Interpolated, wanted, wants);
        }
        "partial" => {
            let wanted = wanted::yes(out, node, "partial");
            one(out, Field::Partial, wanted, wants);
        }
        "incident" => {
            let wanted = wanted::word(out, node, "incident", &PHASES.map(|p| p.name()), true);
            one(out, Field::Incident, wanted, wants);
        }
        "firing" => {
            let wanted = read_firing(out, node, slo);
            one(out, Field::Firing, wanted, wants);
        }
        "burn" => read_burns(out, node, slo, wants),
        "windows" => read_windows(out, node, slo, wants),
        "budget" => read_budget(out, node, wants),
        "latency" => read_latency(out, node, wants),
        "held_back" => read_held(out, node, slo, wants),
        _ => {}
    }
}

fn want<F>(out: &Findings<'_>, field: F, name: Text, wanted: Wanted, node: &Node) -> Want<F> {
    let text = match &wanted {
        Wanted::Words(words) if words.is_empty() => "none".into(),
        Wanted::Words(words) => words.join(", ").into(),
        _ => node.text().map_or_else(|| "none".into(), |t| t.trim().into()),
    };
    Want { field, name, wanted, text, line: out.place(node.span.clone()).line }
}

fn read_firing(out: &mut Findings<'_>, node: &Node, slo: &Slo) -> Option<Wanted> {
    if matches!(&node.value, Value::Null) || node.text().is_some_and(|t| t.trim() == "none") {
        return Some(Wanted::Words(Vec::new()));
    }
    let named = out.texts(node, "`firing`");
    let rules: Vec<Option<RuleRef>> = named.iter().map(|(text, span)| rule(out, text, span, slo)).collect();
    let names: Option<Vec<Text>> = rules.into_iter().map(|r| r.map(|r| rule_name(slo, r))).collect();
    names.map(Wanted::Words)
}

/// A window by its length; it must be one that the SLO's verdicts have.
fn window(out: &mut Findings<'_>, entry: &Entry, slo: &Slo) -> Option<Span> {
    let known = window_spans(slo);
    if let Some(span) = Span::parse(entry.key.trim()).ok().filter(|span| known.contains(span)) {
        return Some(span);
    }
    let names: Vec<String> = known.iter().map(ToString::to_string).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    out.unknown("unknown-window", "window", &entry.key, &entry.key_span, &names, &format!("`{}`", slo.id));
    None
}

fn read_burns(out: &mut Findings<'_>, node: &Node, slo: &Slo, wants: &mut Vec<Want<Field>>) {
    for entry in out.entries(node, "`burn`").unwrap_or_default() {
        let Some(span) = window(out, entry, slo) else { continue };
        let wanted = wanted::number(out, &entry.value, "a burn rate", false);
        let name: Text = format!("burn.{span}").into();
        wants.extend(wanted.map(|w| want(out, Field::Window(span, WindowPart::BurnRate), name, w, &entry.value)));
    }
}

fn read_windows(out: &mut Findings<'_>, node: &Node, slo: &Slo, wants: &mut Vec<Want<Field>>) {
    let names = WindowPart::ALL.map(|(name, _)| name);
    for entry in out.entries(node, "`windows`").unwrap_or_default() {
        let Some(span) = window(out, entry, slo) else { continue };
        let Some(fields) = out.fields(&entry.value, "a window", &names) else { continue };
        for (name, part) in WindowPart::ALL {
            let Some(node) = fields.raw(name) else { continue };
            let wanted = wanted::number(out, node, &format!("`{name}`"), part.is_count());
            let name = format!("windows.{span}.{name}").into();
            wants.extend(wanted.map(|w| want(out, Field::Window(span, part), name, w, node)));
        }
    }
}

fn read_budget(out: &mut Findings<'_>, node: &Node, wants: &mut Vec<Want<Field>>) {
    let Some(fields) = out.fields(node, "`budget`", &BudgetPart::ALL.map(|(name, _)| name)) else { return };
    for (name, part) in BudgetPart::ALL {
        let Some(node) = fields.raw(name) else { continue };
        let wanted = match part {
            BudgetPart::ExhaustsIn | BudgetPart::Excluded => wanted::seconds(out, node, &format!("`{name}`")),
            _ => wanted::number(out, node, &format!("`{name}`"), part.is_count()),
        };
        wants.extend(wanted.map(|w| want(out, Field::Budget(part), format!("budget.{name}").into(), w, node)));
    }
}

fn read_latency(out: &mut Findings<'_>, node: &Node, wants: &mut Vec<Want<Field>>) {
    let Some(fields) = out.fields(node, "`latency`", &["p50", "p95", "p99"]) else { return };
    for (name, q) in [("p50", 50), ("p95", 95), ("p99", 99)] {
        let Some(node) = fields.raw(name) else { continue };
        let wanted = wanted::seconds(out, node, name);
        wants.extend(wanted.map(|w| want(out, Field::Latency(q), format!("latency.{name}").into(), w, node)));
    }
}

fn read_held(out: &mut Findings<'_>, node: &Node, slo: &Slo, wants: &mut Vec<Want<Field>>) {
    for entry in out.entries(node, "`held_back`").unwrap_or_default() {
        let Some(found) = rule(out, entry.key.trim(), &entry.key_span, slo) else { continue };
        let wanted = wanted::word(out, &entry.value, "cause", &CAUSES.map(HeldBack::code), true);
        let name: Text = format!("held_back.{}", rule_name(slo, found)).into();
        wants.extend(wanted.map(|w| want(out, Field::HeldBack(found), name, w, &entry.value)));
    }
}

/// Reads `firings:`, the whole list of what fires.
pub(super) fn firings(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Vec<FiringWanted> {
    let mut all = Vec::new();
    for item in out.list(node, "`firings`").unwrap_or_default() {
        all.extend(read_one_firing(out, item, home));
    }
    all
}

fn read_one_firing(out: &mut Findings<'_>, item: &Node, home: &Home<'_>) -> Option<FiringWanted> {
    let what = "a firing";
    let fields = out.fields(item, what, &FIRING_FIELDS)?;
    let slo = home.slo(out, &fields)?;
    let group = group(out, &fields);
    let named = fields.need(out, "rule", what)?;
    let text = out.text(named, "`rule`")?.clone();
    let found = rule(out, text.trim(), &named.span, &slo)?;
    let mut wants = Vec::new();
    for entry in fields.entries() {
        let node = &*entry.value;
        let read = match &*entry.key {
            "from" => Some((FiringField::From, wanted::time(out, node, "`from`", home.start))),
            "to" => Some((FiringField::To, wanted::time(out, node, "`to`", home.start))),
            "severity" => Some((FiringField::Severity, wanted::severity(out, node))),
            "budget_consumed" => Some((FiringField::Consumed, wanted::number(out, node, "`budget_consumed`", false))),
            _ => None,
        };
        let Some((field, Some(wanted))) = read else { continue };
        let name = format!("{}: {}", rule_name(&slo, found), entry.key).into();
        wants.push(want(out, field, name, wanted, node));
    }
    let line = out.place(fields.head()).line;
    Some(FiringWanted { slo: slo.id.clone(), group, rule: found, text: rule_name(&slo, found), line, wants })
}

/// Reads `incidents:`, the whole list of those with a severity.
pub(super) fn incidents(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Vec<IncidentWanted> {
    let mut all = Vec::new();
    for item in out.list(node, "`incidents`").unwrap_or_default() {
        all.extend(read_incident(out, item, home));
    }
    all
}

fn read_incident(out: &mut Findings<'_>, item: &Node, home: &Home<'_>) -> Option<IncidentWanted> {
    let fields = out.fields(item, "an incident", &INCIDENT_FIELDS)?;
    let service = service(out, &fields, home)?;
    let mut wants = Vec::new();
    for entry in fields.entries() {
        let node = &*entry.value;
        let time = |out: &mut Findings<'_>| wanted::time(out, node, &format!("`{}`", entry.key), home.start);
        let count = |out: &mut Findings<'_>| wanted::number(out, node, &format!("`{}`", entry.key), true);
        let read = match &*entry.key {
            "state" => (IncidentField::State, wanted::word(out, node, "state", &PHASES.map(|p| p.name()), false)),
            "severity" => (IncidentField::Severity, wanted::severity(out, node)),
            "impact_start" => (IncidentField::ImpactStart, time(out)),
            "detected" => (IncidentField::Detected, time(out)),
            "mitigated" => (IncidentField::Mitigated, time(out)),
            "impact_end" => (IncidentField::ImpactEnd, time(out)),
            "resolved" => (IncidentField::Resolved, time(out)),
            "bad" => (IncidentField::Bad, count(out)),
            "total" => (IncidentField::Total, count(out)),
            "flaps" => (IncidentField::Flaps, count(out)),
            // To the cent: a cost is no measurement.
            "cost" => (IncidentField::Cost, count(out)),
            "currency" => (IncidentField::Currency, wanted::code(out, node, "`currency`")),
            "cost_complete" => (IncidentField::CostComplete, wanted::yes(out, node, "`cost_complete`")),
            "slos" => {
                let ids = out.texts(node, "`slos`").into_iter().map(|(text, _)| text).collect();
                (IncidentField::Slos, Some(Wanted::Words(ids)))
            }
            _ => continue,
        };
        let (field, Some(wanted)) = read else { continue };
        wants.push(want(out, field, format!("incident: {}", entry.key).into(), wanted, node));
    }
    Some(IncidentWanted { service, line: out.place(fields.head()).line, wants })
}

/// The service that is named, or the only one there is.
fn service(out: &mut Findings<'_>, fields: &Fields<'_>, home: &Home<'_>) -> Option<Text> {
    let names: Vec<&str> = home.book.services.keys().map(|name| &**name).collect();
    if !fields.has("service") {
        if let [only] = names[..] {
            return Some(only.into());
        }
        if !names.is_empty() {
            fields.missing(out, &["service"], "there are several services: say which one is meant", "add `service: ...`");
        }
        return None;
    }
    let node = fields.get(out, "service")?;
    let text: Text = out.text(node, "`service`")?.trim().into();
    if !names.contains(&&*text) {
        out.unknown("unknown-service", "service", &text, &node.span, &names, "");
        return None;
    }
    Some(text)
}
