//! What holds pages back although an incident burns: a silence, or an incident upstream that the same people have already.
//!
//! Pure. Nothing is lost by it: the incident is recorded all the same, what was held back is a fact of its timeline, and once
//! nothing holds it any more whoever has no page gets one. Deliberately absent: the guards of rules (`judge`).

use super::state::State;
use crate::domain::base::{Ms, Severity, SloId, Text};
use crate::domain::incident::{HeldPages, Incident, Phase};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What holds back the pages to `owner` about `incident` now; `None` lets them go.
pub fn hold(state: &State, incident: &Incident, owner: Option<&str>, severity: Severity, now: Ms) -> Option<HeldPages> {
    let (by, why, until) =
        silenced(state, incident, owner, severity, now).or_else(|| inhibited(state, incident, owner, severity))?;
    Some(HeldPages { owner: owner.map(Text::from), severity, by, why, until })
}

/// A fact that was told before is not told again.
pub fn is_told(incident: &Incident, held: &HeldPages) -> bool {
    let same = |h: &HeldPages| h.owner == held.owner && h.by == held.by && h.severity >= held.severity;
    incident.held.iter().any(|(_, h)| same(h))
}

/// A silence that covers one SLO alone at a severity, for screens.
pub fn is_silenced(state: &State, service: &str, slo: &SloId, severity: Severity, now: Ms) -> bool {
    let owner = state.book.owner(service);
    let parts = [(Text::from(service), vec![slo.clone()])];
    covering(state, &parts, owner.map(|owner| &**owner), severity, now).is_some()
}

type Holding = (Text, Text, Option<Ms>);

fn silenced(state: &State, incident: &Incident, owner: Option<&str>, severity: Severity, now: Ms) -> Option<Holding> {
    let mine: Vec<(Text, Vec<SloId>)> =
        incident.services.iter().filter(|(name, _)| state.book.service(name).owner.as_deref() == owner).cloned().collect();
    covering(state, &mine, owner, severity, now)
}

/// The first silence that covers every part: one part that it does not cover must page.
fn covering(state: &State, parts: &[(Text, Vec<SloId>)], owner: Option<&str>, severity: Severity, now: Ms) -> Option<Holding> {
    if parts.is_empty() {
        return None;
    }
    let people = state.incidents.at_large().silences().iter().filter(|s| s.is_active(now)).map(|s| {
        let why = format!("silenced by {}: {}", s.author, s.silence.reason);
        (&s.silence.scope, format!("silence {}", s.id.0), why, s.silence.until)
    });
    let planned = state.routes().silences.iter().filter_map(|s| {
        let until = s.time.active_until(now)?;
        let why = format!("silenced by {}: {}", s.author, s.reason);
        Some((&s.scope, "the configuration's silence".to_owned(), why, until))
    });
    let mut all = people.chain(planned);
    let covers =
        |scope: &crate::domain::incident::Scope| parts.iter().all(|(service, slos)| scope.covers(service, slos, owner, severity));
    all.find(|(scope, ..)| covers(scope)).map(|(_, by, why, until)| (by.into(), why.into(), Some(until)))
}

/// An incident of something this one needs, at least as bad, which the same people were paged for: its page is the one that helps.
fn inhibited(state: &State, incident: &Incident, owner: Option<&str>, severity: Severity) -> Option<Holding> {
    let needs = upstream(state, incident);
    if needs.is_empty() {
        return None;
    }
    let burns = |other: &&Arc<Incident>| {
        let live = matches!(other.phase, Phase::Open | Phase::Acknowledged);
        let worse = other.severity.is_some_and(|s| s >= severity && s.pages());
        let told = state.told(other.id).is_some_and(|(told, _)| !told.current(owner).is_empty());
        other.id != incident.id && live && worse && told && other.services.iter().any(|(name, _)| needs.contains(name))
    };
    let other = state.incidents.live().find(burns)?;
    let service = other.services.iter().map(|(name, _)| name).find(|name| needs.contains(*name))?;
    let why = format!("{} needs {service}, whose incident was paged to the same people", incident.service);
    Some((other.id.to_string().into(), why.into(), None))
}

/// Everything that the incident's services need, directly or not, without themselves.
fn upstream(state: &State, incident: &Incident) -> BTreeSet<Text> {
    let mut needs = BTreeSet::new();
    let mut todo: Vec<Text> = incident.services.iter().map(|(name, _)| name.clone()).collect();
    while let Some(service) = todo.pop() {
        for need in state.book.service(&service).depends_on {
            if needs.insert(need.clone()) {
                todo.push(need);
            }
        }
    }
    for (name, _) in &incident.services {
        needs.remove(name);
    }
    needs
}
