//! Incidents of one tree: when two that live become one, and which service seems to be the cause (SEMANTICS 7).
//!
//! Deliberately absent: services that join before they have an incident of their own (`steer`), and what merging changes
//! (`incident::union`).

use super::draft::Draft;
use super::harm;
use super::state::State;
use crate::domain::base::{IncidentId, Interval, Ms, Text};
use crate::domain::incident::impact::BucketTest;
use crate::domain::incident::order::joined;
use crate::domain::incident::{Fact, Incident, IncidentRef, Phase};
use std::sync::Arc;

/// Joins incidents whose services came to be linked: a `depends_on` edge between them and impacts within 10 minutes of each
/// other. The older one goes on. What a person split apart stays apart.
pub fn merge(state: &State, draft: &mut Draft, at: Ms) {
    let live: Vec<Arc<Incident>> = state.incidents.live().filter(|i| i.phase != Phase::Suspected).cloned().collect();
    let mut gone: Vec<IncidentId> = Vec::new();
    for (n, older) in live.iter().enumerate() {
        for younger in &live[n + 1..] {
            let free = !gone.contains(&older.id) && !gone.contains(&younger.id);
            if !free || !are_one(state, draft, older, younger, at) {
                continue;
            }
            let now = |i: &Arc<Incident>| draft.after(IncidentRef::Known(i.id)).cloned().unwrap_or_else(|| Arc::clone(i));
            let facts = joined(&now(older), &now(younger), Text::from(""));
            for ((reference, fact), known) in facts.into_iter().zip([older, younger]) {
                draft.add(reference, Some(known), fact, at);
            }
            gone.push(younger.id);
        }
    }
}

fn are_one(state: &State, draft: &Draft, a: &Arc<Incident>, b: &Arc<Incident>, at: Ms) -> bool {
    let now = |i: &Arc<Incident>| draft.after(IncidentRef::Known(i.id)).cloned().unwrap_or_else(|| Arc::clone(i));
    let (a, b) = (now(a), now(b));
    let apart = a.apart_from.contains(&b.id) || b.apart_from.contains(&a.id);
    if apart || a.drill != b.drill || !a.phase.is_live() || !b.phase.is_live() {
        return false;
    }
    let names = |i: &Incident| -> Vec<Text> { i.services.iter().map(|(name, _)| name.clone()).collect() };
    let (of_a, of_b) = (names(&a), names(&b));
    let link = of_a.iter().any(|x| of_b.iter().any(|y| x == y || harm::linked(state, x, y)));
    link && came_together(harm::impact(state, &a, at).intervals(), harm::impact(state, &b, at).intervals())
}

fn came_together(a: &[Interval], b: &[Interval]) -> bool {
    a.iter().any(|x| b.iter().any(|y| x.from <= y.to + harm::TOGETHER && y.from <= x.to + harm::TOGETHER))
}

/// Names the suspect of incidents of several services: the one that is in trouble and depends on none that is; between
/// several, the one whose trouble began first.
pub fn name_suspects(state: &State, draft: &mut Draft, at: Ms) {
    let known = state.incidents.live().map(|i| (IncidentRef::Known(i.id), Arc::clone(i)));
    let mut all: Vec<(IncidentRef, Arc<Incident>)> = known.filter(|(r, _)| draft.after(*r).is_none()).collect();
    all.extend(draft.changed().map(|(r, i)| (r, Arc::clone(i))));
    for (reference, incident) in all.iter().filter(|(_, i)| i.services.len() > 1 && i.phase.is_live()) {
        if let Some(service) = suspect(state, incident, at).filter(|s| incident.named_suspect.as_ref() != Some(s)) {
            draft.add(*reference, Some(incident), Fact::SuspectNamed { service }, at);
        }
    }
}

/// Members of an incident are those that burned in it; whether they still do makes them no less the cause.
fn suspect(state: &State, incident: &Incident, at: Ms) -> Option<Text> {
    let member = |name: &Text| incident.services.iter().any(|(service, _)| service == name);
    let is_free = |name: &Text| !state.book.service(name).depends_on.iter().any(|needed| needed != name && member(needed));
    let free = incident.services.iter().map(|(name, _)| name).filter(|name| is_free(name));
    free.min_by_key(|name| (began(state, incident, name, at).unwrap_or(Ms(i64::MAX)), (*name).clone())).cloned()
}

/// The first bad bucket of a service within the incident.
fn began(state: &State, incident: &Incident, service: &Text, at: Ms) -> Option<Ms> {
    let start = incident.milestones.impact_start?;
    let feeds = harm::members(state, incident).filter(|feed| feed.slo.service == *service);
    let first = feeds.filter_map(|feed| {
        let rule = harm::rule_of(&feed.slo, incident)?;
        let bad = |track| BucketTest::new(&feed.slo, track, rule, start, &[]).intervals(track, start, at).first().map(|i| i.from);
        feed.meter.tracks().iter().filter_map(bad).min()
    });
    first.min()
}
