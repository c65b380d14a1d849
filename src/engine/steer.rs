//! Steering: verdicts and incidents in, the facts and pages of one decision out (SEMANTICS 7).
//!
//! Every rule compares what is with what the ledger says, so a decision that could not be recorded is simply made again.
//! Deliberately absent: what people order (`incident::decide`), and delivery (the courier).

use super::draft::Draft;
use super::harm::{self, Impact};
use super::join;
use super::pages;
use super::pricing;
use super::state::{Memory, State};
use crate::domain::base::{Interval, Ms, Now, Severity, SloId, Span, Text};
use crate::domain::incident::{Actor, Fact, ImpactRecord, Incident, IncidentRef, Onset, Phase, ReasonText, RuleFired};
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
    let begun: Vec<(IncidentRef, Arc<Incident>)> = draft.changed().map(|(r, i)| (r, Arc::clone(i))).collect();
    for (reference, incident) in begun.iter().filter(|(_, i)| i.phase == Phase::Open) {
        Progress { state, reference: *reference, incident, at, services: &services }.end_what_is_over(&mut draft);
    }
    join::merge(state, &mut draft, at);
    let live: Vec<Arc<Incident>> = state.incidents.live().cloned().collect();
    for incident in &live {
        let reference = IncidentRef::Known(incident.id);
        Progress { state, reference, incident, at, services: &services }.run(&mut draft, &mut memory);
    }
    join::name_suspects(state, &mut draft, at);
    for incident in state.incidents.iter().filter(|i| harm::needs_account(state, i, at)) {
        account(state, &mut draft, incident, at);
    }
    for incident in state.incidents.iter().rev().take(harm::LATELY) {
        if let Some(why) = pricing::must_restate(state, incident, at) {
            restate(state, &mut draft, incident, why, at);
        }
    }
    memory.lower_since.retain(|(id, _), _| live.iter().any(|i| i.id == *id));
    memory.quiet_since.retain(|id, _| live.iter().any(|i| i.id == *id));
    harm::forget_ended(state, &live);
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

/// Opens, reopens or suspects an incident for a service that has none that is live, or adds it to its neighbour's.
fn begin(state: &State, draft: &mut Draft, at: Ms, name: &Text, service: &Service<'_>) {
    let own = harm::own_incident(state, name);
    if own.as_ref().is_some_and(|i| i.phase != Phase::Suspected) {
        return;
    }
    let last = harm::last_ended(state, name);
    let after = last.as_ref().and_then(|i| i.milestones.impact_end.or(i.milestones.resolved));
    let after = after.filter(|end| harm::is_believable(*end, at));
    let Some((onset, run)) = onset(state, at, name, &service.firing, after) else {
        if own.is_none() && service.firing.is_empty() {
            suspect(state, draft, at, name, service, after);
        }
        return;
    };
    if let Some((reference, known)) = neighbour(state, draft, name, run, at) {
        let Onset { slos, rules, .. } = onset;
        let fact = Fact::Joined { service: name.clone(), slos, impact_start: Some(run.from), rules };
        draft.add(reference, known.as_ref(), fact, at);
        if let Some(suspected) = own {
            draft.add(IncidentRef::Known(suspected.id), Some(&suspected), Fact::Closed { not_paged: true }, at);
        }
        return;
    }
    match (own, last.filter(|i| may_reopen(state, i, at))) {
        (Some(suspected), _) => {
            draft.add(IncidentRef::Known(suspected.id), Some(&suspected), Fact::Opened(onset), at);
        }
        // The present level of a bad bucket may differ from the incident's: what its own impact does not show as bad would
        // be resolved again at the next tick, and so on.
        (None, Some(ended)) if !harm::is_bad_again(state, &ended, &onset, at) => {}
        (None, Some(ended)) => {
            let fact = Fact::Reopened { impact_start: onset.impact_start, rules: onset.rules, reasons: onset.reasons };
            draft.add(IncidentRef::Known(ended.id), Some(&ended), fact, at);
        }
        (None, None) => {
            let reference = draft.open();
            draft.add(reference, None, Fact::Opened(onset), at);
        }
    }
}

/// The live incident of a linked service whose impact came together with this run, the oldest one: known before, or begun in
/// this very draft.
fn neighbour(state: &State, draft: &Draft, name: &Text, run: Interval, at: Ms) -> Option<(IncidentRef, Option<Arc<Incident>>)> {
    let known = state.incidents.live().map(|i| {
        let reference = IncidentRef::Known(i.id);
        (reference, draft.after(reference).unwrap_or(i), Some(Arc::clone(i)))
    });
    let begun = draft.changed().map(|(reference, i)| (reference, i, None));
    let mut all = known.chain(begun).filter(|(_, i, _)| i.phase.is_live());
    all.find(|(_, i, _)| harm::has_service(i, name) && i.phase != Phase::Suspected || harm::belongs(state, i, name, run, at))
        .map(|(reference, _, known)| (reference, known))
}

/// Suspects an incident where a breach shows that no rule pages for yet. A suspicion that came to nothing is not raised again
/// for the same bad minutes, nor within the reopen window: a flickering rule would use up a number every few minutes.
fn suspect(state: &State, draft: &mut Draft, at: Ms, name: &Text, service: &Service<'_>, after: Option<Ms>) {
    let begun = draft.changed().any(|(_, i)| i.phase.is_live() && harm::has_service(i, name));
    let taken = begun || harm::tree_is_open(state, name);
    let closed = harm::last_suspicion(state, name);
    if taken || closed.is_some_and(|closed| at.since(closed) <= state.book.timing.reopen) {
        return;
    }
    if let Some(onset) = onset_of_suspicion(state, at, name, &service.suspicious, after.max(closed)) {
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
fn onset(state: &State, at: Ms, name: &Text, firing: &[(&Arc<Slo>, &Verdict)], after: Option<Ms>) -> Option<(Onset, Interval)> {
    let hurt: Vec<(&Arc<Slo>, &Verdict, (Span, Interval))> = firing
        .iter()
        .filter_map(|(slo, verdict)| Some((*slo, *verdict, harm::of_verdict(state, slo, verdict, at, after)?)))
        .collect();
    let (_, run) = hurt.iter().map(|(_, _, run)| *run).reduce(harm::finest)?;
    let severity = hurt.iter().filter_map(|(_, verdict, _)| verdict.severity).max();
    let verdicts: Vec<(&Arc<Slo>, &Verdict)> = hurt.iter().map(|(slo, verdict, _)| (*slo, *verdict)).collect();
    let onset = Onset {
        service: name.clone(),
        slos: concerned(state, &verdicts),
        severity,
        rules: rules(&verdicts),
        reasons: reasons(&verdicts),
        impact_start: run.from,
        detected: at,
        rulebook: state.book.hash.clone(),
        drill: state.settings.drill,
    };
    Some((onset, run))
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

/// The SLOs of an incident's onset, with the members of composites.
fn concerned(state: &State, verdicts: &[(&Arc<Slo>, &Verdict)]) -> Vec<SloId> {
    let mut ids: Vec<SloId> = verdicts.iter().flat_map(|(slo, _)| harm::concerned(state, slo)).collect();
    ids.sort();
    ids.dedup();
    ids
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

/// Counts and costs an incident that ended, when that has not been done since it ended.
fn account(state: &State, draft: &mut Draft, incident: &Arc<Incident>, at: Ms) {
    let reference = IncidentRef::Known(incident.id);
    // Through its end, not through now: what went wrong later is another story.
    let impact = harm::impact(state, incident, incident.milestones.resolved.unwrap_or(at));
    if !impact.intervals().is_empty() && incident.impact.as_ref() != Some(impact.record(state, incident)) {
        draft.add(reference, Some(incident), Fact::Measured(impact.record(state, incident).clone()), at);
    }
    let now = draft.after(reference).cloned().unwrap_or_else(|| Arc::clone(incident));
    if let Some(sheet) = pricing::cost(state, &now, at) {
        draft.add(reference, Some(incident), Fact::Costed(sheet), at);
    }
}

/// Writes a new version of a recorded cost; the old one stays.
fn restate(state: &State, draft: &mut Draft, incident: &Arc<Incident>, why: &str, at: Ms) {
    let reference = IncidentRef::Known(incident.id);
    if draft.after(reference).is_some() {
        return;
    }
    if let Some(mut sheet) = pricing::cost(state, incident, at) {
        sheet.restates = incident.restates(why);
        draft.add(reference, Some(incident), Fact::Costed(sheet), at);
    }
}

/// One live incident at one instant.
struct Progress<'a> {
    state: &'a State,
    reference: IncidentRef,
    incident: &'a Arc<Incident>,
    at: Ms,
    services: &'a BTreeMap<Text, Service<'a>>,
}

impl Progress<'_> {
    fn run(&self, draft: &mut Draft, memory: &mut Memory) {
        if self.incident.phase == Phase::Suspected {
            // Opening a suspected incident is `begin`'s; here it only ends.
            let drafted = draft.after(self.reference).is_some();
            if !drafted && harm::tree_is_open(self.state, &self.incident.service) {
                self.add(draft, Fact::Closed { not_paged: true }, self.at);
            } else if !drafted {
                self.close_when_quiet(draft, memory);
            }
            return;
        }
        // What ended, or became one, in this very decision is followed from the next one on.
        let changed = |i: &Arc<Incident>| !i.phase.is_live() || i.absorbed.len() != self.incident.absorbed.len();
        if let Some(after) = draft.after(self.reference).filter(|i| changed(i)).cloned() {
            // What it took in may be worse than all that it knew, which does not wait for the next instant.
            if matches!(after.phase, Phase::Open | Phase::Acknowledged) {
                Progress { incident: &after, ..*self }.rise(draft);
            }
            return;
        }
        self.join_new(draft);
        let now = draft.after(self.reference).cloned().unwrap_or_else(|| Arc::clone(self.incident));
        let firing: Vec<(&Arc<Slo>, &Verdict)> = self.of(&now).flat_map(|(_, s)| s.firing.iter().copied()).collect();
        self.watch_data(draft);
        if self.incident.phase != Phase::Mitigated {
            self.follow_severity(draft, memory, &firing);
        }
        // With what has just joined: without it the incident could seem to be over.
        Progress { incident: &now, ..*self }.follow_impact(draft, &firing);
    }

    /// Services of the incident that burn.
    fn of<'b>(&'b self, incident: &'b Incident) -> impl Iterator<Item = (&'b Text, &'b Service<'b>)> {
        self.services.iter().filter(|(name, _)| harm::has_service(incident, name))
    }

    fn add(&self, draft: &mut Draft, fact: Fact, at: Ms) {
        draft.add(self.reference, Some(self.incident), fact, at);
    }

    fn close_when_quiet(&self, draft: &mut Draft, memory: &mut Memory) {
        if self.of(self.incident).next().is_some() {
            memory.quiet_since.remove(&self.incident.id);
            return;
        }
        let since = *memory.quiet_since.entry(self.incident.id).or_insert(self.at);
        let gone = !harm::is_whole(self.state, self.incident);
        if self.at.since(since) >= self.state.book.timing.clear && (gone || self.has_data()) {
            self.add(draft, Fact::Closed { not_paged: true }, self.at);
        }
    }

    /// SLOs of its services that fire with a bad bucket in the incident's time and are not part of it yet.
    fn join_new(&self, draft: &mut Draft) {
        let start = self.incident.milestones.impact_start;
        for (name, service) in self.of(self.incident) {
            let known = |id: &SloId| self.incident.services.iter().any(|(_, slos)| slos.contains(id));
            let run = |slo, verdict| harm::of_verdict(self.state, slo, verdict, self.at, start);
            let new: Vec<(&Arc<Slo>, &Verdict)> =
                service.firing.iter().copied().filter(|(slo, v)| !known(&slo.id) && run(slo, v).is_some()).collect();
            if !new.is_empty() {
                let began = new.iter().filter_map(|(slo, v)| run(slo, v)).reduce(harm::finest).map(|(_, run)| run.from);
                let (service, slos) = (name.clone(), slo_ids(&new));
                self.add(draft, Fact::Joined { service, slos, impact_start: began, rules: rules(&new) }, self.at);
            }
        }
    }

    fn impact(&self) -> Arc<Impact> {
        harm::impact(self.state, self.incident, self.at)
    }

    /// Every track that was hurt has data now. Groups that were not may come and go.
    fn has_data(&self) -> bool {
        let impact = self.impact();
        harm::hurt_tracks(self.state, self.incident, &impact).iter().all(|(_, v)| !is_blind(v.state))
    }

    fn watch_data(&self, draft: &mut Draft) {
        let impact = self.impact();
        let tracks = harm::hurt_tracks(self.state, self.incident, &impact);
        let blind = tracks.iter().filter(|(_, v)| is_blind(v.state));
        let since = blind.map(|(_, v)| v.state_since.unwrap_or(self.at)).min();
        match (since, self.incident.no_data_since) {
            (Some(since), None) if self.at.since(since) >= NO_DATA_AFTER => {
                self.add(draft, Fact::NoData { since }, self.at);
            }
            (None, Some(_)) => self.add(draft, Fact::DataBack, self.at),
            _ => {}
        }
    }

    /// Severity rises at once.
    fn rise(&self, draft: &mut Draft) {
        let firing: Vec<(&Arc<Slo>, &Verdict)> = self.of(self.incident).flat_map(|(_, s)| s.firing.iter().copied()).collect();
        let worst = firing.iter().filter_map(|(_, v)| v.severity).max().map(|worst| self.incident.ruled(worst));
        if let Some((from, to)) = self.incident.severity.zip(worst).filter(|(from, to)| to > from) {
            let fact = Fact::SeverityChanged { from, to, rules: rules(&firing), reasons: reasons(&firing) };
            self.add(draft, fact, self.at);
        }
    }

    /// Severity rises at once and falls only after `clear` at the lower level with data: to the worst of that time.
    fn follow_severity(&self, draft: &mut Draft, memory: &mut Memory, firing: &[(&Arc<Slo>, &Verdict)]) {
        let (id, Some(from)) = (self.incident.id, self.incident.severity) else { return };
        let worst = firing.iter().filter_map(|(_, v)| v.severity).max().map(|worst| self.incident.ruled(worst));
        for level in [Severity::P2, Severity::P1].into_iter().filter(|level| *level < from) {
            if worst > Some(level) {
                memory.lower_since.remove(&(id, level));
                continue;
            }
            let since = memory.lower_since.entry((id, level)).or_insert(self.at);
            if !self.has_data() {
                *since = (*since + self.state.board.step()).min(self.at);
            }
        }
        let Some(worst) = worst else { return };
        let clear = |level: &Severity| {
            let since = memory.lower_since.get(&(id, *level));
            since.is_some_and(|since| self.at.since(*since) >= self.state.book.timing.clear)
        };
        let fallen = [Severity::P2, Severity::P1].into_iter().find(|level| *level < from && clear(level));
        let to = worst.max(fallen.unwrap_or(from));
        if to != from && self.has_data() || to > from {
            let fact = Fact::SeverityChanged { from, to, rules: rules(firing), reasons: reasons(firing) };
            self.add(draft, fact, self.at);
        }
    }

    /// Mitigated, bad again, resolved: by buckets, never by windows that still remember.
    fn follow_impact(&self, draft: &mut Draft, firing: &[(&Arc<Slo>, &Verdict)]) {
        let impact = self.impact();
        let Some((end, run)) = self.run_so_far(&impact) else { return };
        let clear = self.least_clear();
        let known = self.incident.milestones.impact_end.filter(|_| self.incident.phase == Phase::Mitigated);
        let known = known.map(|known| if harm::is_believable(known, self.at) { known } else { self.at - clear });
        let again = known.and_then(|known| run.get(run.partition_point(|i| i.to <= known)));
        if let Some(again) = again
            && !firing.is_empty()
            && self.at.since(end) < clear
        {
            let start = known.map_or(again.from, |known| again.from.max(known));
            let fact = Fact::Reopened { impact_start: start, rules: rules(firing), reasons: reasons(firing) };
            self.add(draft, fact, self.at);
            return;
        }
        self.follow_calm(draft, &impact, end, run, known.is_none() || again.is_some());
    }

    /// The present run of bad stretches and its end: those up to a pause that is long enough to have ended the incident.
    /// Whoever was away meanwhile finds the same end as one who watched.
    fn run_so_far<'b>(&self, impact: &'b Impact) -> Option<(Ms, &'b [Interval])> {
        let all = impact.intervals();
        let last = self.incident.entries.iter().rev().find_map(|e| match &e.fact {
            Fact::Reopened { impact_start, .. } => Some((*impact_start, &e.actor)),
            _ => None,
        });
        let mut gone_on = last.map(|(start, _)| start).max(self.last_joined());
        // What a person says goes on ends by them, or by a bad run of its own, however long that took to come.
        if let Some((start, Actor::Person(_))) = last {
            gone_on = gone_on.max(Some(all.get(all.partition_point(|i| i.to <= start))?.from));
        }
        let tracks = harm::hurt_tracks(self.state, self.incident, impact);
        let pause = |pair: &[Interval]| {
            // A pause before it was told to go on does not count.
            let (end, next) = (pair[0].to.max(gone_on.unwrap_or(pair[0].to)), pair[1].from);
            next > end
                && next.since(end) >= self.state.book.timing.resolve_after
                && harm::seen_since(&tracks, end, next) >= self.state.book.timing.resolve_after
        };
        let ends = impact.long_pauses().find(|i| all.get(*i..i + 2).is_some_and(pause));
        let through = ends.map_or(all.len(), |i| i + 1);
        Some((all.get(..through)?.last()?.to, &all[..through]))
    }

    /// When a service or another incident came to it last: it went on then, whatever pauses were before.
    fn last_joined(&self) -> Option<Ms> {
        let joins = |fact: &Fact| matches!(fact, Fact::Joined { .. } | Fact::Absorbed(_));
        let at = self.incident.entries.iter().rev().find(|e| joins(&e.fact)).map(|e| e.at)?;
        Some(at).filter(|at| harm::is_believable(*at, self.at))
    }

    /// With `clear: 0` a step must be seen without anything bad: an incident that is bad now is not over.
    fn least_clear(&self) -> Span {
        self.state.book.timing.clear.max(self.state.board.step())
    }

    /// Nothing bad since `end`: mitigated after `clear`, resolved after `resolve_after`, of time that was seen.
    fn follow_calm(&self, draft: &mut Draft, impact: &Impact, end: Ms, run: &[Interval], mitigates: bool) {
        let timing = &self.state.book.timing;
        let tracks = harm::hurt_tracks(self.state, self.incident, impact);
        let seen = harm::seen_since(&tracks, end, self.at);
        if seen < self.least_clear() || !self.has_data() || !harm::is_whole(self.state, self.incident) {
            return;
        }
        let record = harm::within(self.state, self.incident, impact, run);
        if mitigates {
            self.add(draft, mitigated(record.clone()), end);
        }
        if seen >= timing.resolve_after {
            let mut at = end + timing.resolve_after;
            while at < self.at && harm::seen_since(&tracks, end, at) < timing.resolve_after {
                at = at + self.state.board.step();
            }
            self.add(draft, Fact::Resolved { reason: Text::from(""), impact: Some(record) }, at);
            self.add_cost(draft);
        }
    }

    /// What ended long before it was found (nobody watched, or the evidence came late) is recorded whole, in one commit, and
    /// wakes nobody: the tail of a window that still fires is no news (SEMANTICS 7).
    fn end_what_is_over(&self, draft: &mut Draft) {
        let impact = self.impact();
        let Some(end) = impact.intervals().last().map(|i| i.to) else { return };
        let tracks = harm::hurt_tracks(self.state, self.incident, &impact);
        let over = harm::seen_since(&tracks, end, self.at) >= self.state.book.timing.resolve_after;
        if over && self.has_data() && harm::is_whole(self.state, self.incident) {
            let record = impact.record(self.state, self.incident);
            self.add(draft, mitigated(record.clone()), end);
            self.add(draft, Fact::Resolved { reason: Text::from(""), impact: Some(record.clone()) }, self.at);
            self.add_cost(draft);
        }
    }

    fn add_cost(&self, draft: &mut Draft) {
        let after = draft.after(self.reference).cloned();
        if let Some(sheet) = after.and_then(|incident| pricing::cost(self.state, &incident, self.at)) {
            self.add(draft, Fact::Costed(sheet), self.at);
        }
    }
}

fn mitigated(impact: ImpactRecord) -> Fact {
    Fact::Mitigated { reason: Text::from(""), impact: Some(impact) }
}

/// Nothing can be said from this state.
const fn is_blind(state: TrackState) -> bool {
    matches!(state, TrackState::NoData | TrackState::DataError)
}
