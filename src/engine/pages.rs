//! Which pages go with a decision: each incident that lives, or ended with pages out, is looked at once a tick.
//!
//! Who is told, when it repeats and when it escalates is `paging`'s; here is only which occasion it is.

use super::draft::Draft;
use super::harm;
use super::hold::{self, hold};
use super::pricing;
use super::state::State;
use super::steer;
use crate::domain::base::{Ms, Now, Text};
use crate::domain::incident::{Fact, HeldPages, Incident, IncidentRef, Phase, ReasonText};
use crate::domain::paging::{
    Acknowledgement, Audience, DispatchKind, NewDispatch, Occasion, PageContent, ResponseRule, Told, plan_pages,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Adds to the draft every page that its facts, people's entries and the passing of time cause.
pub fn plan(state: &State, draft: &mut Draft, now: Now) {
    if state.settings.routes.routes.is_empty() && state.told_nobody() {
        return;
    }
    let mut all: BTreeMap<IncidentRef, Arc<Incident>> =
        state.incidents.iter().filter(|i| concerns(state, i)).map(|i| (IncidentRef::Known(i.id), Arc::clone(i))).collect();
    all.extend(draft.changed().map(|(r, i)| (r, Arc::clone(i))));
    for (reference, incident) in &all {
        let Planned { pages, held } = Pager { state, reference: *reference, incident, now }.plan();
        draft.dispatches.extend(pages);
        let known = match reference {
            IncidentRef::Known(id) => state.incidents.get(*id),
            IncidentRef::Opens(_) => None,
        };
        for held in held {
            draft.add(*reference, known, Fact::Held(held), now.wall);
        }
    }
}

/// Pages that go out, and facts about those that do not.
#[derive(Default)]
struct Planned {
    pages: Vec<NewDispatch>,
    held: Vec<HeldPages>,
}

/// Live, or ended while receivers still believe that it is not.
fn concerns(state: &State, incident: &Incident) -> bool {
    incident.phase.is_live() || state.told(incident.id).is_some()
}

struct Pager<'a> {
    state: &'a State,
    reference: IncidentRef,
    incident: &'a Arc<Incident>,
    now: Now,
}

impl Pager<'_> {
    fn plan(&self) -> Planned {
        let mut out = Planned::default();
        if self.incident.phase == Phase::Suspected {
            return out;
        }
        let services = &self.incident.services;
        let mut owners: BTreeSet<Option<Text>> = services.iter().map(|(name, _)| self.state.book.service(name).owner).collect();
        // Owners may share a receiver: what is planned for one counts for the numbers of the next.
        let mut told = self.told();
        if !self.incident.phase.is_live() {
            // Whose service was split off, or has another owner by now, hears of the end all the same.
            owners.extend(told.open_owners());
        }
        for owner in &owners {
            let pages = self.for_owner(owner.as_ref(), &mut told, &mut out.held);
            out.pages.extend(pages);
        }
        out.pages.extend(self.responses(&told, &mut out.held));
        out
    }

    /// What is run at the severity that was reached: each once, and none within its cool-down.
    fn responses(&self, told: &Told, held: &mut Vec<HeldPages>) -> Vec<NewDispatch> {
        let incident = self.incident;
        let active = matches!(incident.phase, Phase::Open | Phase::Acknowledged) && !incident.drill;
        let Some(severity) = incident.severity.filter(|_| active) else { return Vec::new() };
        let owner = self.state.book.service(&incident.service).owner;
        let mine = |r: &&ResponseRule| {
            let service = r.service.as_ref().is_none_or(|s| harm::has_service(incident, s));
            r.severities.contains(&severity) && service && (r.owner.is_none() || r.owner == owner)
        };
        let mut out = Vec::new();
        for rule in self.state.settings.routes.responses.iter().filter(mine) {
            let (receiver, level) = (rule.receiver(), ResponseRule::level(severity));
            let same = |p: &&crate::domain::paging::ToldPage| p.kind == DispatchKind::Response && p.receiver == receiver;
            if told.pages().iter().filter(same).any(|p| p.level == level) {
                continue;
            }
            if let Some(until) = self.cools_down(rule, &receiver) {
                let why = format!("it ran less than {} before", rule.cool_down).into();
                let by = format!("the cool-down of response {}", rule.name).into();
                let pages = HeldPages { owner: owner.clone(), severity, by, why, until: Some(until) };
                held.extend(Some(pages).filter(|pages| !hold::is_told(incident, pages)));
                continue;
            }
            let (incident, content) = (self.reference, self.content(owner.clone()));
            let (kind, number) = (DispatchKind::Response, 0);
            out.push(NewDispatch { incident, kind, severity, level, receiver, number, content });
        }
        out
    }

    /// Until when a response may not run again, for whatever incident it ran.
    fn cools_down(&self, rule: &ResponseRule, receiver: &str) -> Option<Ms> {
        let ran = self.state.incidents.iter().flat_map(|i| &i.pages);
        let last =
            ran.filter(|p| *p.kind == *DispatchKind::Response.name() && *p.receiver == *receiver).map(|p| p.created).max()?;
        Some(last + rule.cool_down).filter(|until| self.now.wall < *until)
    }

    fn told(&self) -> Told {
        match self.reference {
            IncidentRef::Known(id) => self.state.told(id).map(|(told, _)| told.clone()).unwrap_or_default(),
            IncidentRef::Opens(_) => Told::default(),
        }
    }

    fn waiting(&self) -> &[Text] {
        match self.reference {
            IncidentRef::Known(id) => self.state.told(id).map_or(&[], |(_, waiting)| waiting),
            IncidentRef::Opens(_) => &[],
        }
    }

    fn for_owner(&self, owner: Option<&Text>, told: &mut Told, held: &mut Vec<HeldPages>) -> Vec<NewDispatch> {
        let mut occasions = self.occasions(owner.map(|o| &**o), told);
        let severity = self.incident.severity.filter(|_| self.incident.phase.is_live());
        if let Some(pages) = severity.and_then(|s| hold(self.state, self.incident, owner.map(|o| &**o), s, self.now.wall)) {
            // That it ended is told whatever holds: somebody believes it goes on.
            occasions.retain(|o| matches!(o, Occasion::Resolved));
            held.extend(Some(pages).filter(|pages| !hold::is_told(self.incident, pages)));
        }
        if occasions.is_empty() {
            return Vec::new();
        }
        let content = self.content(owner.cloned());
        let audience = Audience {
            incident: self.reference,
            owner: owner.map(|o| &**o),
            routes: &self.state.settings.routes,
            timing: &self.state.book.timing,
            content: &content,
        };
        let mut pages = Vec::new();
        for occasion in occasions {
            let planned = plan_pages(occasion, told, &audience, self.now.wall);
            for page in &planned {
                told.note(page, self.now.wall);
            }
            pages.extend(planned);
        }
        pages
    }

    /// What happened, in the order it should be told.
    fn occasions(&self, owner: Option<&str>, told: &Told) -> Vec<Occasion<'_>> {
        let incident = self.incident;
        let Some(severity) = incident.severity else { return Vec::new() };
        if !incident.phase.is_live() {
            return if told.current(owner).is_empty() { Vec::new() } else { vec![Occasion::Resolved] };
        }
        let acknowledged = self.acknowledged();
        let before = self.before();
        let mut out = Vec::new();
        if before.is_some_and(|b| b.flaps < incident.flaps) {
            out.push(Occasion::Reopened { severity });
        } else if incident.phase != Phase::Mitigated {
            out.push(Occasion::Opened { severity });
        }
        // A rise that was held back when it came is told as soon as nothing holds it.
        let told_of = told.current(owner).iter().map(|p| p.severity).max();
        if before.and_then(|b| b.severity).is_some_and(|b| b < severity) || told_of.is_some_and(|t| t < severity) {
            out.push(Occasion::Raised { to: severity, acknowledged });
        }
        if self.no_data_is_due(owner, told) {
            out.push(Occasion::NoData { severity });
        }
        if incident.phase != Phase::Mitigated {
            out.push(Occasion::Passed { severity, acknowledged, waiting: self.waiting() });
        }
        out
    }

    fn before(&self) -> Option<&Arc<Incident>> {
        match self.reference {
            IncidentRef::Known(id) => self.state.incidents.get(id),
            IncidentRef::Opens(_) => None,
        }
    }

    fn acknowledged(&self) -> Option<Acknowledgement> {
        let (_, at) = self.incident.acknowledged_by.as_ref()?;
        Some(Acknowledgement { severity: self.incident.acknowledged_severity?, at: *at })
    }

    fn no_data_is_due(&self, owner: Option<&str>, told: &Told) -> bool {
        let told_since = |since: Ms| {
            let mine = told.pages().iter().filter(|p| p.owner.as_deref() == owner);
            mine.into_iter().any(|p| p.kind == DispatchKind::NoData && p.at >= since)
        };
        let at = self.state.board.at.unwrap_or_default();
        self.incident
            .no_data_since
            .is_some_and(|since| at.since(since) >= self.state.book.timing.no_data_page && !told_since(since))
    }

    /// Why it is bad now; what was recorded last when nothing fires any more.
    fn reasons(&self) -> Vec<ReasonText> {
        let now = if self.incident.phase.is_live() { steer::present_reasons(self.state, self.incident) } else { Vec::new() };
        if now.is_empty() { self.incident.reasons.clone() } else { now }
    }

    /// Changes shortly before it began, the latest first.
    fn changes(&self) -> Vec<Text> {
        let start = self.incident.milestones.impact_start.unwrap_or(self.now.wall);
        let near = self.state.incidents.at_large().changes_near(self.incident);
        let told = |c: &&crate::domain::incident::ChangeRecord| -> Text {
            let (word, span) = if c.at <= start { ("before", start.since(c.at)) } else { ("after it began", c.at.since(start)) };
            format!("{} {word}, {}", crate::words::time::span(span), c.words()).into()
        };
        near.iter().rev().map(told).collect()
    }

    fn content(&self, owner: Option<Text>) -> PageContent {
        let (incident, at) = (self.incident, self.state.board.at.unwrap_or_default());
        let impact = if incident.phase.is_live() {
            harm::impact(self.state, incident, at).record(self.state, incident).clone()
        } else {
            incident.impact.clone().unwrap_or_default()
        };
        let ticker = pricing::ticker(self.state, incident, at);
        let slos = incident.services.iter().flat_map(|(_, slos)| slos).cloned().collect();
        PageContent {
            service: incident.service.clone(),
            slos,
            suspect: incident.suspect().filter(|_| incident.services.len() > 1).cloned(),
            owner,
            impact_start: incident.milestones.impact_start,
            detected: incident.milestones.detected,
            resolved: incident.milestones.resolved.filter(|_| !incident.phase.is_live()),
            reasons: self.reasons(),
            bad: Some(impact.bad).filter(|_| !impact.intervals.is_empty()),
            total: impact.total.filter(|_| !impact.intervals.is_empty()),
            budget_remaining: harm::worst_budget(self.state, incident).and_then(|b| b.remaining),
            cost_so_far: ticker.as_ref().and_then(|t| t.so_far),
            cost_per_minute: ticker.as_ref().and_then(|t| t.per_minute),
            runbook: self.state.book.service(&incident.service).runbook,
            changes: self.changes(),
            environment: self.state.settings.environment.clone(),
            not_recorded: false,
            drill: incident.drill,
        }
    }
}
