//! The snapshot: what every screen and answer is made from, built once per change from state and health.
//!
//! Bounded by tracks plus live incidents; verdicts and small charts are shared, not copied.

use super::board::SloFeed;
use super::harm;
use super::health::Health;
use super::hold;
use super::next;
use super::pricing;
use super::signals;
use super::sparks::Spark;
use super::state::State;
use crate::domain::base::{Ms, Now, Seq, Severity, SloId, Span, Text};
use crate::domain::incident::{ChangeRecord, Correction, Entry, Fact, Incident, Incidents, Phase, SilenceRecord};
use crate::domain::judge::{HeldBack, TrackState, Verdict};
use crate::domain::measure::Track;
use crate::domain::view::{IncidentView, RecentLine, Role, SloRow, Snapshot};
use crate::words::{self, Words};
use std::collections::HashMap;
use std::sync::Arc;

/// Traffic that was lost longer ago is no news.
const REMEMBERED: Span = Span::from_days(2);
/// Ended incidents stay on screens for so long.
const KEEP_ENDED: Span = Span::from_days(1);
/// Lines of recent happenings.
const MOST_RECENT: usize = 20;
/// A track is stale when its data is older than so many steps beyond `settle`.
const STALE_STEPS: i64 = 4;

/// The snapshot of this instant.
pub fn snapshot(state: &State, health: &Health, now: Now) -> Snapshot {
    // An SLO whose source has never answered says so in its own row; the others are as old as the oldest of them.
    let sealed = state.board.slos.iter().filter_map(|feed| feed.meter.sealed()).min();
    let shared = Shared::of(state);
    Snapshot {
        at: state.board.at,
        data_through: sealed.map(|s| state.board.at.map_or(s, |at| s.min(at))),
        made: now.wall,
        number: health.number,
        environment: health.environment.clone(),
        role: health.leader.clone().map_or_else(|| health.role.clone(), |leader| Role::Following { leader }),
        sources: health.sources.iter().map(|(_, source)| source.clone()).collect(),
        slos: state.board.slos.iter().flat_map(|feed| rows(state, &shared, feed, now, health.ended)).collect(),
        incidents: incidents(state, now),
        incident_count: state.incidents.len(),
        recent: recent(&state.incidents),
        problems: state.book.problems.clone(),
        receivers: (health.receivers)(),
        ledger_error: health.ledger_error.clone(),
        history: health.history.clone(),
        speed: health.speed,
        ended: health.ended,
        attached: None,
    }
}

/// Between new rules and the first judgement by them, what was judged last stays: of every SLO that is as it was its rows, and
/// the instant they are of, by which their age is told. SLOs that are new or were changed wait for their own judgement.
pub(super) fn carried_over(mut new: Snapshot, last: &Snapshot) -> Snapshot {
    let Some(at) = last.at.filter(|at| new.at.is_none() && *at <= new.made) else { return new };
    let mut judged: HashMap<&SloId, Vec<&SloRow>> = HashMap::new();
    for old in last.slos.iter().filter(|old| old.verdict.is_some()) {
        judged.entry(&old.slo.id).or_default().push(old);
    }
    let mut carried = false;
    let mut slos = Vec::with_capacity(last.slos.len());
    for row in new.slos {
        let before = judged.get(&row.slo.id).filter(|old| row.verdict.is_none() && old.iter().all(|old| old.slo == row.slo));
        let Some(before) = before else {
            slos.push(row);
            continue;
        };
        carried = true;
        slos.extend(before.iter().map(|old| SloRow { slo: Arc::clone(&row.slo), owner: row.owner.clone(), ..(*old).clone() }));
    }
    new.slos = slos;
    if carried {
        (new.at, new.data_through) = (Some(at), last.data_through);
    }
    new
}

/// What the rows of a snapshot have in common.
struct Shared<'a> {
    live: Vec<&'a Arc<Incident>>,
    no_spark: Arc<[f32]>,
    no_doubts: Arc<[Text]>,
}

impl<'a> Shared<'a> {
    fn of(state: &'a State) -> Self {
        let live = state.incidents.live().filter(|i| i.phase != Phase::Suspected).collect();
        Self { live, no_spark: Arc::from([]), no_doubts: Arc::from([]) }
    }

    fn doubts(&self, feed: &SloFeed) -> Arc<[Text]> {
        let doubts = feed.meter.doubts();
        if doubts.is_empty() { Arc::clone(&self.no_doubts) } else { doubts.into_iter().map(Text::from).collect() }
    }
}

fn rows<'a>(
    state: &'a State,
    shared: &'a Shared<'_>,
    feed: &'a SloFeed,
    now: Now,
    ended: bool,
) -> impl Iterator<Item = SloRow> + 'a {
    let timing = &state.book.timing;
    let limit = timing.settle + timing.step * STALE_STEPS;
    // A recording that ended gets no older.
    let stale = !ended && feed.meter.sealed().is_some_and(|s| now.wall.since(s) > limit);
    let incident =
        shared.live.iter().find(|i| i.services.iter().any(|(_, slos)| slos.contains(&feed.slo.id))).map(|incident| incident.id);
    let doubts = shared.doubts(feed);
    let owner = state.book.owner(&feed.slo.service).cloned();
    let row = move |group, verdict: Option<Arc<Verdict>>, spark: Option<&Spark>| SloRow {
        slo: Arc::clone(&feed.slo),
        group,
        verdict,
        spark: Arc::clone(spark.map_or(&shared.no_spark, |s| &s.short)),
        spark_long: Arc::clone(spark.map_or(&shared.no_spark, |s| &s.long)),
        stale,
        incident,
        owner: owner.clone(),
        doubts: Arc::clone(&doubts),
    };
    // Before the first evaluation, and for a grouped SLO whose groups are not known yet, the name alone is shown.
    let judged = state.board.at.is_some() && !feed.verdicts.is_empty();
    let lone = (!judged).then(|| row(crate::domain::base::Labels::default(), None, None));
    let known = judged.then(|| {
        let mut all: Vec<SloRow> = feed
            .judged()
            .enumerate()
            .map(move |(i, (track, v))| {
                let mut row = row(track.group.clone(), Some(silenced(state, feed, v, now)), feed.sparks.get(i));
                if let Some(since) = traffic_lost(state, track, v) {
                    let more = Text::from(format!("traffic lost: no requests since {}", since.rfc3339()));
                    row.doubts = row.doubts.iter().cloned().chain([more]).collect();
                }
                row
            })
            .collect();
        all.sort_by(worst_first);
        all
    });
    lone.into_iter().chain(known.into_iter().flatten())
}

/// Since when a track that had traffic within the day has none, once that lasts as long as missing data is waited for: it says nothing
/// about users, and nothing is resolved by it.
fn traffic_lost(state: &State, track: &Track, verdict: &Verdict) -> Option<Ms> {
    let (at, step, least) = (state.board.at?, state.board.step(), state.book.timing.no_data_page);
    let quiet = |from: Ms| track.history.counts(from, at).total <= 0.0;
    if verdict.state != TrackState::NoTraffic || !quiet(at - least) {
        return None;
    }
    let mut far = least * 2;
    while quiet(at - far) {
        far = far * 2;
        if far > REMEMBERED {
            return None;
        }
    }
    // Between the two: not quiet from `far` back, quiet from half of it back.
    let (mut near, mut far) = (Span(far.0 / 2), far);
    while far.0 - near.0 > step.0 {
        let middle = Span(i64::midpoint(near.0, far.0));
        if quiet(at - middle) { near = middle } else { far = middle }
    }
    Some((at - near).floor_to(step))
}

/// Of the groups of one SLO those that fire stand first, then by how little of the budget is left; what cannot be judged comes
/// before what is fine.
fn worst_first(a: &SloRow, b: &SloRow) -> std::cmp::Ordering {
    let left = |row: &SloRow| row.verdict.as_ref().and_then(|v| v.budget.remaining).unwrap_or(f64::INFINITY);
    let blind =
        |row: &SloRow| row.verdict.as_ref().is_some_and(|v| matches!(v.state, TrackState::NoData | TrackState::DataError));
    let severity = |row: &SloRow| row.verdict.as_ref().and_then(|v| v.severity);
    (severity(b), blind(b)).cmp(&(severity(a), blind(a))).then(left(a).total_cmp(&left(b))).then_with(|| a.group.cmp(&b.group))
}

/// The verdict; rules that fire while a silence holds their pages back say so.
fn silenced(state: &State, feed: &SloFeed, verdict: &Arc<Verdict>, now: Now) -> Arc<Verdict> {
    let is = |severity| hold::is_silenced(state, &feed.slo.service, &feed.slo.id, severity, now.wall);
    if !verdict.severity.is_some_and(is) {
        return Arc::clone(verdict);
    }
    let mut verdict = Verdict::clone(verdict);
    for tier in verdict.tiers.iter_mut().filter(|t| t.firing) {
        tier.held_back_by = tier.held_back_by.or(Some(HeldBack::Silenced));
    }
    for rule in verdict.breaches.iter_mut().filter(|b| b.firing) {
        rule.held_back_by = rule.held_back_by.or(Some(HeldBack::Silenced));
    }
    Arc::new(verdict)
}

fn incidents(state: &State, now: Now) -> Vec<IncidentView> {
    let mut shown: Vec<&Arc<Incident>> = state.incidents.iter().filter(|i| is_shown(i, now.wall)).collect();
    shown.sort_by_key(|i| {
        let live = i.phase.is_live() && i.phase != Phase::Suspected;
        (std::cmp::Reverse(live), std::cmp::Reverse(i.severity), std::cmp::Reverse(i.id))
    });
    shown.into_iter().map(|i| view(state, i)).collect()
}

fn is_shown(incident: &Incident, now: Ms) -> bool {
    match incident.phase {
        Phase::Resolved => incident.milestones.resolved.is_some_and(|r| now.since(r) <= KEEP_ENDED),
        Phase::Closed => incident.severity.is_some() && incident.milestones.closed.is_some_and(|c| now.since(c) <= KEEP_ENDED),
        _ => true,
    }
}

/// Changes beside an incident at most: a service is not deployed more often while people look at it.
const MOST_CHANGES: usize = 20;

/// One incident as screens show it, measured by the histories of `state`.
pub fn view(state: &State, incident: &Arc<Incident>) -> IncidentView {
    let at = state.board.at.unwrap_or_default();
    let live = incident.phase.is_live();
    let budget = harm::worst_budget(state, incident);
    let service = state.book.service(&incident.service);
    // Before the first evaluation (after a start, or under new rules) only what was recorded is known.
    let measured = live && state.board.at.is_some();
    let impact =
        if measured { Some(harm::impact(state, incident, at).record(state, incident).clone()) } else { incident.impact.clone() };
    let cost = pricing::ticker(state, incident, at);
    IncidentView {
        next: if live { next::events(state, incident, budget.as_ref(), cost.as_ref(), at) } else { Vec::new() },
        signals: signals::of(state, incident, at),
        impact: impact.map(Arc::new),
        cost,
        budget_remaining: budget.as_ref().and_then(|b| b.remaining),
        exhausts_in_seconds: budget.as_ref().and_then(|b| b.exhausts_in_seconds),
        runbook: service.runbook,
        owner: service.owner,
        acknowledge_within: next::acknowledge_within(state, incident),
        changes: changes(state, incident),
        incident: Arc::clone(incident),
    }
}

/// The last changes near it.
fn changes(state: &State, incident: &Incident) -> Vec<ChangeRecord> {
    let near = state.incidents.at_large().changes_near(incident);
    let skip = near.len().saturating_sub(MOST_CHANGES);
    near.into_iter().skip(skip).cloned().collect()
}

/// Something to be told among the recent happenings.
enum Happened<'a> {
    Entry(&'a Incident, &'a Entry),
    Silence(&'a SilenceRecord),
    Change(&'a ChangeRecord),
}

impl Happened<'_> {
    const fn seq(&self) -> Seq {
        match self {
            Self::Entry(_, entry) => entry.seq,
            Self::Silence(record) => record.id,
            Self::Change(record) => record.id,
        }
    }

    fn line(self) -> RecentLine {
        let at_large = |at, text| RecentLine { at, severity: None, text, incident: None };
        match self {
            Self::Entry(incident, entry) => RecentLine {
                at: entry.at,
                severity: severity_after(incident, entry),
                text: Words::both(|w| format!("{} {}", incident.id, w.sentence(entry, words::Zone::Local))),
                incident: Some(incident.id),
            },
            Self::Silence(record) => at_large(record.silence.from, Words::both(|w| w.silence(record))),
            Self::Change(record) => at_large(record.at, Words::both(|w| w.change(record))),
        }
    }
}

fn news(incident: &Incident) -> impl Iterator<Item = Happened<'_>> {
    let entries = incident.entries.iter().rev().filter(|e| is_news(e)).take(MOST_RECENT);
    entries.map(move |entry| Happened::Entry(incident, entry))
}

/// The newest entries of all incidents, and silences and changes beside them, newest first.
pub fn recent(incidents: &Incidents) -> Vec<RecentLine> {
    let at_large = incidents.at_large();
    let changes = at_large.changes().iter().rev().take(MOST_RECENT).map(Happened::Change);
    let silences = at_large.silences().iter().rev().take(MOST_RECENT).map(Happened::Silence);
    let newest = incidents.iter().rev().take(MOST_RECENT);
    let mut all: Vec<Happened<'_>> = newest.flat_map(|i| news(i)).chain(changes).chain(silences).collect();
    // Sentences are made of those alone that are shown.
    all.sort_by_key(|happened| std::cmp::Reverse(happened.seq()));
    all.truncate(MOST_RECENT);
    all.into_iter().map(Happened::line).collect()
}

/// The incident's severity as that entry left it.
fn severity_after(incident: &Incident, entry: &Entry) -> Option<Severity> {
    let told = incident.entries.iter().rev().filter(|e| e.seq <= entry.seq).find_map(|e| match &e.fact {
        Fact::Suspected(onset) | Fact::Opened(onset) => Some(onset.severity),
        Fact::SeverityChanged { to, .. } => Some(Some(*to)),
        Fact::Reopened { rules, .. } => rules.iter().map(|r| r.severity).max().map(Some),
        Fact::Corrected { change: Correction::Severity(severity), .. } => Some(Some(*severity)),
        _ => None,
    });
    told.flatten()
}

const fn is_news(entry: &Entry) -> bool {
    !matches!(entry.fact, Fact::Costed(_) | Fact::Measured(_))
}
