//! What a person orders that concerns more than one incident, or none yet: declare, merge, split.
//!
//! Deliberately absent: what concerns one incident alone (`decide`), and recording.

use super::collection::Incidents;
use super::decide::{MOST_NAME, NotPossible, line, past, person, refuse};
use super::entry::{Actor, Fact, IncidentRef, NewEntry, Onset, ReasonText};
use super::fold::{Incident, Phase};
use crate::domain::base::{IncidentId, Ms, Severity, SloId, Text, clean_line};
use std::sync::Arc;

/// An incident that a person saw before any rule did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    /// The service in trouble.
    pub service: Text,
    /// Its objectives that are measured; empty: a person ends the incident.
    pub slos: Vec<SloId>,
    /// How bad it is.
    pub severity: Severity,
    /// What is seen.
    pub title: Text,
    /// Since when; now when absent.
    pub since: Option<Ms>,
    /// Practised, not real.
    pub drill: bool,
    /// Hash of the rules in force; empty when none were read.
    pub rulebook: Text,
}

/// The entries that open a declared incident.
///
/// # Errors
/// The service has an incident already, or words are missing.
pub fn declare(all: &Incidents, what: &Declaration, by: &str, source: &Text, now: Ms) -> Result<Vec<NewEntry>, NotPossible> {
    let name = person(by)?;
    let (service, title) = (clean_line(&what.service, MOST_NAME), line(&what.title));
    if service.is_empty() || title.is_empty() {
        return refuse("say which service is in trouble, and what is seen");
    }
    let own = all.live().find(|i| i.services.iter().any(|(name, _)| *name == service));
    if let Some(open) = own.filter(|i| i.phase != Phase::Suspected) {
        return refuse(format!("{} is {} for {service} already; add to that one", open.id, open.phase.name()));
    }
    let onset = Onset {
        service,
        slos: what.slos.clone(),
        severity: Some(what.severity),
        rules: Vec::new(),
        reasons: vec![ReasonText { code: "declared".into(), value: 0.0, threshold: 0.0, text: title }],
        impact_start: past(what.since, now)?,
        detected: now,
        rulebook: what.rulebook.clone(),
        drill: what.drill,
    };
    let incident = own.map_or(IncidentRef::Opens(0), |suspected| IncidentRef::Known(suspected.id));
    Ok(vec![Order { name, source, now }.entry(incident, Fact::Opened(onset), now)])
}

/// The entries that make one incident of two; the older one goes on.
///
/// # Errors
/// They are one already, one of them was only suspected, or one has ended and the other has not.
pub fn merge(
    all: &Incidents,
    pair: [IncidentId; 2],
    reason: &str,
    by: &str,
    source: &Text,
    now: Ms,
) -> Result<Vec<NewEntry>, NotPossible> {
    let order = Order { name: person(by)?, source, now };
    let [a, b] =
        pair.map(|id| all.get(id).ok_or_else(|| NotPossible(format!("there is no incident {id} in this ledger").into())));
    let (a, b) = (a?, b?);
    if a.id == b.id {
        return refuse(format!("{} is one incident already", a.id));
    }
    let (older, younger) = if a.id < b.id { (a, b) } else { (b, a) };
    for one in [older, younger] {
        if one.merged_into.is_some() {
            return refuse(one.over());
        }
        if one.severity.is_none() {
            return refuse(format!("{} was only suspected; there is nothing to merge", one.id));
        }
    }
    if older.phase.is_live() != younger.phase.is_live() {
        let (over, live) = if older.phase.is_live() { (younger, older) } else { (older, younger) };
        return refuse(format!(
            "{} is {} and {} is {}; reopen or resolve one first",
            over.id,
            over.phase.name(),
            live.id,
            live.phase.name()
        ));
    }
    let reason = line(reason);
    Ok(order.entries(joined(older, younger, reason)))
}

/// The facts that make one of two incidents, for the older and for the younger.
pub fn joined(older: &Incident, younger: &Incident, reason: Text) -> Vec<(IncidentRef, Fact)> {
    vec![
        (IncidentRef::Known(older.id), Fact::Absorbed(younger.as_absorbed(reason.clone()))),
        (IncidentRef::Known(younger.id), Fact::Merged { into: older.id, reason }),
    ]
}

/// The entries that take services out of an incident into one of their own, which stands where the old one stands.
///
/// # Errors
/// The incident is over for good, has no such service, or would be left without any.
pub fn split(
    all: &Incidents,
    id: IncidentId,
    services: &[Text],
    reason: &str,
    by: &str,
    source: &Text,
    now: Ms,
) -> Result<Vec<NewEntry>, NotPossible> {
    let order = Order { name: person(by)?, source, now };
    let Some(incident) = all.get(id) else { return refuse(format!("there is no incident {id} in this ledger")) };
    if incident.merged_into.is_some() || incident.severity.is_none() {
        return refuse(format!("{id} has nothing to split: it was only suspected, or became part of another one"));
    }
    let named = |service: &Text| incident.services.iter().any(|(name, _)| name == service);
    let known: Vec<&str> = incident.services.iter().map(|(name, _)| &**name).collect();
    if let Some(unknown) = services.iter().find(|s| !named(s)) {
        return refuse(format!("{unknown} is no part of {id}; its services are {}", known.join(", ")));
    }
    if services.is_empty() || incident.services.iter().all(|(name, _)| services.contains(name)) {
        return refuse(format!("name some of {id}'s services, not all: {}", known.join(", ")));
    }
    Ok(order.entries(parted(incident, services, line(reason))))
}

/// The facts that part an incident. What has ended has ended for both.
fn parted(incident: &Arc<Incident>, services: &[Text], reason: Text) -> Vec<(IncidentRef, Fact)> {
    let (own, new) = (IncidentRef::Known(incident.id), IncidentRef::Opens(0));
    let gone: Vec<&(Text, Vec<SloId>)> = incident.services.iter().filter(|(name, _)| services.contains(name)).collect();
    let slos_of = |name: &Text| gone.iter().find(|(n, _)| n == name).map(|(_, slos)| slos.clone()).unwrap_or_default();
    let all = incident.as_absorbed(Text::from(""));
    let slos: Vec<&SloId> = gone.iter().flat_map(|(_, slos)| slos).collect();
    let m = incident.milestones;
    let start = m.impact_start.unwrap_or_default();
    let onset = Onset {
        service: services[0].clone(),
        slos: slos_of(&services[0]),
        severity: incident.severity,
        rules: all.rules.into_iter().filter(|r| slos.contains(&&r.slo)).collect(),
        reasons: vec![ReasonText {
            code: "split".into(),
            value: 0.0,
            threshold: 0.0,
            text: format!("split off {}", incident.id).into(),
        }],
        impact_start: start,
        detected: m.detected.unwrap_or(start),
        rulebook: incident.rulebook.clone(),
        drill: incident.drill,
    };
    let mut facts = vec![
        (new, Fact::Opened(onset)),
        (own, Fact::SplitOff { into: new, services: services.to_vec(), reason }),
        (new, Fact::SplitFrom { from: incident.id }),
    ];
    facts.extend(
        services
            .iter()
            .skip(1)
            .map(|s| (new, Fact::Joined { service: s.clone(), slos: slos_of(s), impact_start: None, rules: Vec::new() })),
    );
    if !incident.phase.is_live() {
        facts.push((new, Fact::Resolved { reason: "it had ended when it was split off".into(), impact: None }));
    }
    facts
}

/// Who orders, from where and when.
struct Order<'a> {
    name: Text,
    source: &'a Text,
    now: Ms,
}

impl Order<'_> {
    fn entry(&self, incident: IncidentRef, fact: Fact, at: Ms) -> NewEntry {
        NewEntry { incident, fact, at, actor: Actor::Person(self.name.clone()), source: self.source.clone(), corrects: None }
    }

    fn entries(&self, facts: Vec<(IncidentRef, Fact)>) -> Vec<NewEntry> {
        facts.into_iter().map(|(incident, fact)| self.entry(incident, fact, self.now)).collect()
    }
}
