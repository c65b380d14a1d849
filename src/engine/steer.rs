//! Steering: verdicts and incidents in, the facts and pages of one decision out (SEMANTICS 7).
//!
//! Every rule compares what is with what the ledger says, so a decision that could not be recorded is simply made again.
//! Deliberately absent: what people order (`incident::decide`), and delivery (the courier).

use super::draft::Draft;
use super::harm::{self, Harm};
use super::pages;
use super::state::{Memory, State};
use crate::domain::base::{Ms, Now, Severity, SloId, Span, Text};
use crate::domain::incident::{Fact, Incident, IncidentRef, Onset, Phase, ReasonText, RuleFired};
use crate::domain::judge::{HeldBack, TrackState, Verdict};
use crate::domain::objective::{Mode, Slo};
use crate::words;
use rust_decimal::prelude::ToPrimitive;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Data must be missing for so long before the ledger says so; a single late scrape is no fact.
const NO_DATA_AFTER: Span = Span::from_mins(1);

/// The tracks of one service that burn, and those that may soon.
#[derive(Default)]
struct Service<'a> {
    firing: Vec<(&'a Arc<Slo>, &'a Verdict)>,
    suspicious: Vec<(&'a Arc<Slo>, &'a Verdict)>,
}

/// What should be recorded and told now; `None` when nothing should.
pub fn steer(state: &mut State, now: Now) -> Option<Draft> {
    let at = state.board.at?;
    let mut draft = Draft::new(state.settings.source.clone(), now, state.incidents.last_seq());
    let mut memory = std::mem::take(&mut state.memory);
    let services = burning(state);
    for (name, service) in &services {
        begin(state, &mut draft, at, name, service);
    }
    let live: Vec<Arc<Incident>> = state.incidents.live().cloned().collect();
    for incident in &live {
        Progress { state, incident, at, services: &services }.run(&mut draft, &mut memory);
    }
    for incident in state.incidents.iter().filter(|i| harm::needs_account(state, i, at)) {
        account(state, &mut draft, incident, at);
    }
    memory.lower_since.retain(|id, _| live.iter().any(|i| i.id == *id));
    memory.quiet_since.retain(|id, _| live.iter().any(|i| i.id == *id));
    state.memory = memory;
    pages::plan(state, &mut draft, now);
    (!draft.is_empty()).then_some(draft)
}

/// Services with tracks that fire or are about to, by name.
fn burning(state: &State) -> BTreeMap<Text, Service<'_>> {
    let mut services: BTreeMap<Text, Service<'_>> = BTreeMap::new();
    for feed in state.board.slos.iter().filter(|f| f.slo.mode == Mode::Page) {
        for (_, verdict) in feed.judged() {
            if verdict.severity.is_some() {
                services.entry(feed.slo.service.clone()).or_default().firing.push((&feed.slo, verdict));
            } else if is_suspicious(&feed.slo, verdict) {
                services.entry(feed.slo.service.clone()).or_default().suspicious.push((&feed.slo, verdict));
            }
        }
    }
    services
}

/// A rule that would page is true and waits for its hold or for evidence.
fn is_suspicious(slo: &Slo, verdict: &Verdict) -> bool {
    let tier = verdict.tiers.iter().any(|t| {
        let waits = t.is_true && !t.firing && !t.undetermined && t.held_back_by != Some(HeldBack::ObserveMode);
        waits && slo.tiers.get(t.tier).is_some_and(|tier| tier.severity.pages())
    });
    let breach = verdict
        .breaches
        .iter()
        .any(|b| b.is_true && !b.firing && slo.breach.get(b.rule).is_some_and(|rule| rule.severity.pages()));
    tier || breach
}

/// Opens, reopens or suspects an incident for a service that has none that is live.
fn begin(state: &State, draft: &mut Draft, at: Ms, name: &Text, service: &Service<'_>) {
    let live = harm::live_incident(state, name);
    if live.as_ref().is_some_and(|i| i.phase != Phase::Suspected) {
        return;
    }
    // Another service of the same tree may have opened one in this very draft.
    let neighbour = draft.changed().find(|(_, i)| harm::same_tree(state, i, name)).map(|(reference, _)| reference);
    if let Some(reference) = neighbour {
        if !service.firing.is_empty() {
            join(draft, reference, None, name, service, at);
        }
        return;
    }
    let last = harm::last_ended(state, name);
    let after = last.as_ref().and_then(|i| i.milestones.impact_end.or(i.milestones.resolved));
    if let Some(onset) = onset(state, at, name, &service.firing, after) {
        match (live, last.filter(|i| may_reopen(state, i, at))) {
            (Some(suspected), _) => {
                draft.add(IncidentRef::Known(suspected.id), Some(&suspected), Fact::Opened(onset), at);
            }
            (None, Some(ended)) => {
                let fact = Fact::Reopened { impact_start: onset.impact_start, rules: onset.rules, reasons: onset.reasons };
                draft.add(IncidentRef::Known(ended.id), Some(&ended), fact, at);
            }
            (None, None) => {
                let reference = draft.open();
                draft.add(reference, None, Fact::Opened(onset), at);
            }
        }
    } else if live.is_none()
        && service.firing.is_empty()
        && let Some(onset) = onset_of_suspicion(state, at, name, &service.suspicious, after)
    {
        let reference = draft.open();
        draft.add(reference, None, Fact::Suspected(onset), at);
    }
}

fn may_reopen(state: &State, ended: &Incident, at: Ms) -> bool {
    ended.phase == Phase::Resolved
        && ended.milestones.resolved.is_some_and(|resolved| at.since(resolved) <= state.book.timing.reopen)
}

/// How an incident begins: from tracks that fire with a bad bucket after `after`. The tail of a long window that still
/// fires without one opens nothing.
fn onset(state: &State, at: Ms, name: &Text, firing: &[(&Arc<Slo>, &Verdict)], after: Option<Ms>) -> Option<Onset> {
    let hurt: Vec<(&Arc<Slo>, &Verdict, Harm)> = firing
        .iter()
        .filter_map(|(slo, verdict)| Some((*slo, *verdict, harm::of_verdict(state, slo, verdict, at, after)?)))
        .collect();
    let start = hurt.iter().map(|(_, _, harm)| harm.start).min()?;
    let severity = hurt.iter().filter_map(|(_, verdict, _)| verdict.severity).max();
    let verdicts: Vec<(&Arc<Slo>, &Verdict)> = hurt.iter().map(|(slo, verdict, _)| (*slo, *verdict)).collect();
    Some(Onset {
        service: name.clone(),
        slos: slo_ids(&verdicts),
        severity,
        rules: rules(&verdicts),
        reasons: reasons(&verdicts),
        impact_start: start,
        detected: at,
        rulebook: state.book.hash.clone(),
        drill: state.settings.drill,
    })
}

fn onset_of_suspicion(
    state: &State,
    at: Ms,
    name: &Text,
    suspicious: &[(&Arc<Slo>, &Verdict)],
    after: Option<Ms>,
) -> Option<Onset> {
    let starts = suspicious.iter().filter_map(|(slo, verdict)| harm::of_suspicion(state, slo, verdict, at, after));
    let start = starts.min()?;
    Some(Onset {
        service: name.clone(),
        slos: slo_ids(suspicious),
        severity: None,
        rules: Vec::new(),
        reasons: suspicious.iter().flat_map(|(slo, verdict)| suspicions(slo, verdict)).collect(),
        impact_start: start,
        detected: at,
        rulebook: state.book.hash.clone(),
        drill: state.settings.drill,
    })
}

/// What is true of a suspicious track, and what keeps it from firing.
fn suspicions(slo: &Slo, verdict: &Verdict) -> Vec<ReasonText> {
    let tell = |code: &str, value: Option<f64>, threshold: f64, rule: String, why: &str| ReasonText {
        code: code.into(),
        value: value.unwrap_or(0.0),
        threshold,
        text: format!("{}: {rule} is true, {why}", slo.name).into(),
    };
    // The gravest tier alone: milder ones are true with it and say nothing more.
    let tiers = verdict.tiers.iter().filter(|t| t.is_true && !t.firing).take(1).filter_map(|t| {
        let rule = slo.tiers.get(t.tier)?;
        let why = t.held_back_by.map_or("not firing yet".into(), |held| format!("held back: {}", words::reason::held(held)));
        Some(tell("burn_rate", t.long_burn, rule.factor.to_f64().unwrap_or(0.0), rule.to_string(), &why))
    });
    let breaches = verdict.breaches.iter().filter(|b| b.is_true && !b.firing).filter_map(|b| {
        let rule = slo.breach.get(b.rule)?;
        let why =
            b.held_back_by.map_or("waiting for its hold".into(), |held| format!("held back: {}", words::reason::held(held)));
        Some(tell("breach", b.value, b.level, rule.to_string(), &why))
    });
    tiers.chain(breaches).collect()
}

fn slo_ids(verdicts: &[(&Arc<Slo>, &Verdict)]) -> Vec<SloId> {
    let mut ids: Vec<SloId> = verdicts.iter().map(|(slo, _)| slo.id.clone()).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The rules that fire, worst first.
fn rules(verdicts: &[(&Arc<Slo>, &Verdict)]) -> Vec<RuleFired> {
    let fired = verdicts.iter().flat_map(|(slo, verdict)| {
        verdict.reasons.iter().map(|r| RuleFired {
            slo: slo.id.clone(),
            rule: words::reason::rule(slo, r.rule).into(),
            severity: r.severity,
        })
    });
    let mut list: Vec<RuleFired> = fired.collect();
    list.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
    list.dedup();
    list
}

fn reasons(verdicts: &[(&Arc<Slo>, &Verdict)]) -> Vec<ReasonText> {
    let mut list: Vec<(Severity, ReasonText)> = verdicts
        .iter()
        .flat_map(|(slo, verdict)| verdict.reasons.iter().map(|r| (r.severity, reason_text(slo, verdict, r))))
        .collect();
    list.sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
    list.into_iter().map(|(_, text)| text).collect()
}

/// Why an incident's SLOs fire now, worst first; empty when none does.
pub fn present_reasons(state: &State, incident: &Incident) -> Vec<ReasonText> {
    let judged = harm::members(state, incident).flat_map(|feed| feed.verdicts.iter().map(move |v| (&feed.slo, &**v)));
    let firing: Vec<(&Arc<Slo>, &Verdict)> = judged.filter(|(_, v)| v.severity.is_some()).collect();
    reasons(&firing)
}

fn reason_text(slo: &Slo, verdict: &Verdict, reason: &crate::domain::judge::Reason) -> ReasonText {
    let group = if verdict.group.is_empty() { String::new() } else { format!(" {}", verdict.group) };
    ReasonText {
        code: reason.code.code().into(),
        value: reason.value,
        threshold: reason.threshold,
        text: format!("{}{group}: {}", slo.name, words::reason::reason(slo, reason)).into(),
    }
}

fn join(draft: &mut Draft, reference: IncidentRef, known: Option<&Arc<Incident>>, name: &Text, service: &Service<'_>, at: Ms) {
    draft.add(reference, known, Fact::Joined { service: name.clone(), slos: slo_ids(&service.firing) }, at);
}

/// Counts and costs an incident that ended, when that has not been done since it ended.
fn account(state: &State, draft: &mut Draft, incident: &Arc<Incident>, at: Ms) {
    let reference = IncidentRef::Known(incident.id);
    let impact = harm::impact(state, incident, at);
    if !impact.intervals.is_empty() && incident.impact.as_ref() != Some(&impact) {
        draft.add(reference, Some(incident), Fact::Measured(impact), at);
    }
    let now = draft.after(reference).cloned().unwrap_or_else(|| Arc::clone(incident));
    if let Some(sheet) = harm::cost(state, &now, at) {
        draft.add(reference, Some(incident), Fact::Costed(sheet), at);
    }
}

/// One live incident at one instant.
struct Progress<'a> {
    state: &'a State,
    incident: &'a Arc<Incident>,
    at: Ms,
    services: &'a BTreeMap<Text, Service<'a>>,
}

impl Progress<'_> {
    fn run(&self, draft: &mut Draft, memory: &mut Memory) {
        let mine: Vec<(&Text, &Service<'_>)> =
            self.services.iter().filter(|(name, _)| harm::same_tree(self.state, self.incident, name)).collect();
        if self.incident.phase == Phase::Suspected {
            // Opening a suspected incident is `begin`'s; here it only ends.
            if self.is_taken_over() {
                self.add(draft, Fact::Closed { not_paged: true }, self.at);
            } else if draft.after(self.reference()).is_none() {
                self.close_when_quiet(draft, memory, mine.is_empty());
            }
            return;
        }
        let firing: Vec<(&Arc<Slo>, &Verdict)> = mine.iter().flat_map(|(_, s)| s.firing.iter().copied()).collect();
        self.join_new(draft, &mine);
        self.watch_data(draft);
        if self.incident.phase != Phase::Mitigated {
            self.follow_severity(draft, memory, &firing);
        }
        self.follow_impact(draft, &firing);
    }

    fn reference(&self) -> IncidentRef {
        IncidentRef::Known(self.incident.id)
    }

    fn add(&self, draft: &mut Draft, fact: Fact, at: Ms) {
        draft.add(self.reference(), Some(self.incident), fact, at);
    }

    /// An open incident of the same tree stands for what was suspected here.
    fn is_taken_over(&self) -> bool {
        let live = harm::live_incident(self.state, &self.incident.service);
        live.is_some_and(|live| live.id != self.incident.id && live.phase != Phase::Suspected)
    }

    fn close_when_quiet(&self, draft: &mut Draft, memory: &mut Memory, quiet: bool) {
        if !quiet {
            memory.quiet_since.remove(&self.incident.id);
            return;
        }
        let since = *memory.quiet_since.entry(self.incident.id).or_insert(self.at);
        if self.at.since(since) >= self.state.book.timing.clear && self.has_data() {
            self.add(draft, Fact::Closed { not_paged: true }, self.at);
        }
    }

    /// SLOs that fire with a bad bucket of their own and are not part of the incident yet.
    fn join_new(&self, draft: &mut Draft, mine: &[(&Text, &Service<'_>)]) {
        for (name, service) in mine {
            let known = |id: &SloId| self.incident.services.iter().any(|(_, slos)| slos.contains(id));
            let new: Vec<SloId> = service
                .firing
                .iter()
                .filter(|(slo, verdict)| !known(&slo.id) && harm::of_verdict(self.state, slo, verdict, self.at, None).is_some())
                .map(|(slo, _)| slo.id.clone())
                .collect();
            if !new.is_empty() {
                self.add(draft, Fact::Joined { service: (*name).clone(), slos: new }, self.at);
            }
        }
    }

    fn members(&self) -> impl Iterator<Item = &super::board::SloFeed> {
        let ids: Vec<&SloId> = self.incident.services.iter().flat_map(|(_, slos)| slos).collect();
        self.state.board.slos.iter().filter(move |f| ids.contains(&&f.slo.id))
    }

    /// Every track of the incident has data now.
    fn has_data(&self) -> bool {
        self.members().flat_map(|f| f.judged()).all(|(_, v)| !is_blind(v.state))
    }

    fn watch_data(&self, draft: &mut Draft) {
        let blind = self.members().flat_map(|f| f.judged()).filter(|(_, v)| is_blind(v.state));
        let since = blind.map(|(_, v)| v.state_since.unwrap_or(self.at)).min();
        match (since, self.incident.no_data_since) {
            (Some(since), None) if self.at.since(since) >= NO_DATA_AFTER => {
                self.add(draft, Fact::NoData { since }, self.at);
            }
            (None, Some(_)) => self.add(draft, Fact::DataBack, self.at),
            _ => {}
        }
    }

    /// Severity rises at once and falls only after `clear` at the lower level with data.
    fn follow_severity(&self, draft: &mut Draft, memory: &mut Memory, firing: &[(&Arc<Slo>, &Verdict)]) {
        let (id, Some(from)) = (self.incident.id, self.incident.severity) else { return };
        let Some(to) = firing.iter().filter_map(|(_, v)| v.severity).max() else {
            memory.lower_since.remove(&id);
            return;
        };
        let falls = to < from;
        if falls {
            let entry = memory.lower_since.entry(id).or_insert((to, self.at));
            if to > entry.0 {
                *entry = (to, self.at);
            }
            entry.0 = to;
            if self.at.since(entry.1) < self.state.book.timing.clear || !self.has_data() {
                return;
            }
        }
        memory.lower_since.remove(&id);
        if to != from {
            let fact = Fact::SeverityChanged { from, to, rules: rules(firing), reasons: reasons(firing) };
            self.add(draft, fact, self.at);
        }
    }

    /// Mitigated, bad again, resolved: by buckets, never by windows that still remember.
    fn follow_impact(&self, draft: &mut Draft, firing: &[(&Arc<Slo>, &Verdict)]) {
        let timing = &self.state.book.timing;
        let impact = harm::impact(self.state, self.incident, self.at);
        let Some(end) = impact.intervals.last().map(|i| i.to) else { return };
        let quiet = self.at.since(end);
        let calm = self.has_data() && harm::had_traffic(self.state, self.incident, end, self.at);
        let bad_again = self.incident.milestones.impact_end.is_some_and(|known| end > known);
        if self.incident.phase == Phase::Mitigated {
            if bad_again && !firing.is_empty() {
                let start = impact.intervals.last().map_or(self.at, |i| i.from);
                let fact = Fact::Reopened { impact_start: start, rules: rules(firing), reasons: reasons(firing) };
                self.add(draft, fact, self.at);
            } else if quiet >= timing.resolve_after && calm {
                self.add(draft, Fact::Resolved { reason: Text::from(""), impact: Some(impact) }, end + timing.resolve_after);
                self.add_cost(draft);
            }
        } else if quiet >= timing.clear && calm {
            self.add(draft, Fact::Mitigated { impact: impact.clone() }, end);
            if quiet >= timing.resolve_after {
                self.add(draft, Fact::Resolved { reason: Text::from(""), impact: Some(impact) }, end + timing.resolve_after);
                self.add_cost(draft);
            }
        }
    }

    fn add_cost(&self, draft: &mut Draft) {
        let after = draft.after(self.reference()).cloned();
        if let Some(sheet) = after.and_then(|incident| harm::cost(self.state, &incident, self.at)) {
            self.add(draft, Fact::Costed(sheet), self.at);
        }
    }
}

/// Nothing can be said from this state.
const fn is_blind(state: TrackState) -> bool {
    matches!(state, TrackState::NoData | TrackState::DataError)
}
