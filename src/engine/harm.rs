//! What an incident did, at one instant: bad runs, impact and budget, gathered from the board for the rest of the engine.
//!
//! Deliberately absent: deciding anything from it (`steer`, `pages`), and what it cost (`pricing`).

use super::board::SloFeed;
use super::state::State;
use crate::domain::base::{IncidentId, Interval, Labels, Ms, Seq, SloId, Span, Text};
use crate::domain::incident::impact::{BadSoFar, BucketTest, Stretches, measure};
use crate::domain::incident::{Fact, ImpactRecord, Incident, Onset, Phase};
use crate::domain::judge::{BudgetStatus, RuleRef, Verdict};
use crate::domain::measure::Track;
use crate::domain::objective::{BudgetMethod, Slo};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError};

/// Ended incidents are looked at again for so long: a person may have ended them without an account.
pub(super) const ACCOUNT_WITHIN: Span = Span::from_days(1);
/// Impacts of linked services that come so close together are one incident (SEMANTICS 7).
pub const TOGETHER: Span = Span::from_mins(10);
/// Incidents so far back among the newest ones say nothing of how a track was yesterday.
pub(super) const LATELY: usize = 500;

/// Entries carry the time of their making, a little after the instant that is judged. What lies further ahead was stamped by a
/// clock that ran ahead, and says nothing of what is bad now.
const AHEAD: Span = Span::from_mins(2);

/// What an incident did, and where.
#[derive(Debug, Default)]
pub struct Impact {
    /// Bad stretches of all its SLOs.
    bad: Arc<Stretches>,
    /// Tracks with a bad bucket in it, by SLO and group.
    pub tracks: Vec<(SloId, Labels)>,
    /// What was lost in them: steering asks for the stretches alone, so it is counted when somebody wants it.
    record: OnceLock<ImpactRecord>,
}

impl Impact {
    /// Bad stretches of all its SLOs, ascending and apart.
    pub fn intervals(&self) -> &[Interval] {
        self.bad.all()
    }

    /// The places of stretches after which a pause came that is long enough to end an incident.
    pub fn long_pauses(&self) -> impl Iterator<Item = usize> {
        self.bad.long_pauses()
    }

    /// As the ledger keeps it.
    pub fn record(&self, state: &State, incident: &Incident) -> &ImpactRecord {
        self.record.get_or_init(|| count(state, incident, self.intervals()))
    }
}

/// What is kept of the impacts of live incidents, from instant to instant.
pub type Runs = BTreeMap<IncidentId, Kept>;

/// Bad stretches so far, by place of SLO and track, and joined.
#[derive(Debug)]
pub struct Kept {
    runs: BTreeMap<(usize, Labels), Run>,
    joined: Arc<Stretches>,
    /// Nothing was joined but these runs.
    is_own: bool,
}

/// The bad stretches of one track, and what they were measured by: when that changes they are measured anew.
#[derive(Debug)]
pub struct Run {
    seq: Seq,
    rule: RuleRef,
    start: Ms,
    detected: Ms,
    through: Ms,
    bad: BadSoFar,
}

/// The bad run behind what fires on a track, with a bad bucket after `after`, from its first bucket to the end of its last;
/// absent when only a long window remembers. Where rules of wide and of narrow buckets fire together, the narrow ones know
/// better when it began; the width comes along for comparing tracks.
pub fn of_verdict(state: &State, slo: &Slo, verdict: &Verdict, at: Ms, after: Option<Ms>) -> Option<(Span, Interval)> {
    if slo.sli.composite().is_some() {
        return of_composite(state, slo, verdict, at, after);
    }
    let track = track_of(state, slo, verdict)?;
    let left_out = left_out(state, slo);
    let runs = verdict.reasons.iter().filter_map(|reason| {
        let track = state.board.bucket_track(slo, reason.rule, track);
        let test = BucketTest::new(slo, track, reason.rule, at, &left_out);
        let run = test.run(track, at, after);
        Some((test.width(), Interval { from: run.first()?.from, to: run.last()?.to }))
    });
    runs.reduce(finest)
}

/// A composite has no samples of its own: what hurt is told from its members, by its own rules.
fn of_composite(state: &State, slo: &Slo, verdict: &Verdict, at: Ms, after: Option<Ms>) -> Option<(Span, Interval)> {
    let feed = state.board.slo(slo.id.as_str())?;
    let left_out = left_out(state, slo);
    let mut runs = Vec::new();
    for member in state.board.leaves(feed) {
        let stand_in = Slo { tiers: slo.tiers.clone(), breach: slo.breach.clone(), ..(*member.slo).clone() };
        for track in member.meter.tracks() {
            for reason in &verdict.reasons {
                let track = state.board.bucket_track(&stand_in, reason.rule, track);
                let test = BucketTest::new(&stand_in, track, reason.rule, at, &left_out);
                let run = test.run(track, at, after);
                runs.extend(run.first().zip(run.last()).map(|(a, b)| (test.width(), Interval { from: a.from, to: b.to })));
            }
        }
    }
    runs.into_iter().reduce(finest)
}

/// The SLOs that an incident of `slo` is about: itself, and those a composite is made of, whose events tell what was lost.
pub fn concerned(state: &State, slo: &Slo) -> Vec<SloId> {
    let leaves = state.board.slo(slo.id.as_str()).filter(|_| slo.sli.composite().is_some()).map(|feed| state.board.leaves(feed));
    let members = leaves.into_iter().flatten().map(|feed| feed.slo.id.clone());
    std::iter::once(slo.id.clone()).chain(members).collect()
}

/// Of two runs the one of narrower buckets, or both as one.
pub fn finest(a: (Span, Interval), b: (Span, Interval)) -> (Span, Interval) {
    match a.0.cmp(&b.0) {
        Ordering::Less => a,
        Ordering::Greater => b,
        Ordering::Equal => (a.0, Interval { from: a.1.from.min(b.1.from), to: a.1.to.max(b.1.to) }),
    }
}

/// The start of the bad run behind a rule that would page, is true and does not fire yet.
pub fn of_suspicion(state: &State, slo: &Slo, verdict: &Verdict, at: Ms, after: Option<Ms>) -> Option<Ms> {
    let track = track_of(state, slo, verdict)?;
    let left_out = left_out(state, slo);
    let tier_pages = |i: usize| slo.tiers.get(i).is_some_and(|tier| tier.severity.pages());
    let breach_pages = |i: usize| slo.breach.get(i).is_some_and(|rule| rule.severity.pages());
    let tiers = verdict.tiers.iter().filter(|t| t.is_true && tier_pages(t.tier)).map(|t| RuleRef::Tier(t.tier));
    let breaches = verdict.breaches.iter().filter(|b| b.is_true && breach_pages(b.rule)).map(|b| RuleRef::Breach(b.rule));
    let start = |rule| {
        let track = state.board.bucket_track(slo, rule, track);
        BucketTest::new(slo, track, rule, at, &left_out).run(track, at, after).first().map(|i| i.from)
    };
    tiers.chain(breaches).filter_map(start).min()
}

fn track_of<'a>(state: &'a State, slo: &Slo, verdict: &Verdict) -> Option<&'a Track> {
    let feed = state.board.slo(slo.id.as_str())?;
    feed.meter.tracks().iter().find(|t| t.group == verdict.group)
}

/// Stretches of incidents that say nothing of how a track normally is.
fn left_out(state: &State, slo: &Slo) -> Vec<Interval> {
    let mine = state.incidents.iter().rev().take(LATELY).filter(|i| i.services.iter().any(|(_, slos)| slos.contains(&slo.id)));
    mine.take(20).filter_map(|i| i.impact.as_ref()).flat_map(|impact| impact.intervals.iter().copied()).collect()
}

/// An end that may be believed at `at`.
pub fn is_believable(end: Ms, at: Ms) -> bool {
    end.since(at) <= AHEAD
}

/// The live incident that a service is part of.
pub fn own_incident(state: &State, service: &Text) -> Option<Arc<Incident>> {
    state.incidents.live().find(|i| has_service(i, service)).cloned()
}

/// True of services that are part of the incident.
pub fn has_service(incident: &Incident, service: &Text) -> bool {
    incident.services.iter().any(|(name, _)| name == service)
}

/// An open incident of the service's tree stands for whatever is suspected of it.
pub fn tree_is_open(state: &State, service: &Text) -> bool {
    let mine = |i: &Incident| i.services.iter().any(|(name, _)| name == service || linked(state, name, service));
    state.incidents.live().any(|i| i.phase != Phase::Suspected && mine(i))
}

/// An edge of `depends_on` links the service to one of the incident, and its bad run came within 10 minutes of the
/// incident's impact.
pub fn belongs(state: &State, incident: &Incident, service: &Text, run: Interval, at: Ms) -> bool {
    // After so long without a bad minute the incident is over for itself, whether or not it was seen in time.
    let over = |i: &Interval| run.from.since(i.to) >= state.book.timing.resolve_after;
    let near = |i: &Interval| i.from <= run.to + TOGETHER && run.from <= i.to + TOGETHER && !over(i);
    let link = incident.services.iter().any(|(name, _)| linked(state, name, service));
    link && incident.phase != Phase::Suspected && impact(state, incident, at).intervals().iter().any(near)
}

/// An edge of `depends_on`, whichever way it points.
pub fn linked(state: &State, a: &Text, b: &Text) -> bool {
    let needs = |x: &Text, y: &Text| state.book.services.get(x).is_some_and(|info| info.depends_on.contains(y));
    needs(a, b) || needs(b, a)
}

/// The incident of a service that ended last.
pub fn last_ended(state: &State, service: &Text) -> Option<Arc<Incident>> {
    let ended = |i: &&Arc<Incident>| !i.phase.is_live() && i.severity.is_some() && i.merged_into.is_none();
    let mine = state.incidents.iter().rev().take(LATELY).filter(ended).filter(|i| has_service(i, service));
    mine.max_by_key(|i| (i.milestones.resolved, i.id)).cloned()
}

/// When the last suspicion of a service that came to nothing was closed.
pub fn last_suspicion(state: &State, service: &Text) -> Option<Ms> {
    let nothing = |i: &&Arc<Incident>| i.phase == Phase::Closed && i.severity.is_none() && has_service(i, service);
    state.incidents.iter().rev().take(LATELY).find(nothing)?.milestones.closed
}

/// The record without what came after `run`, its first stretches.
pub fn within(state: &State, incident: &Incident, impact: &Impact, run: &[Interval]) -> ImpactRecord {
    let counted = counted_members(state, incident);
    if counted.is_empty() || run.len() >= impact.intervals().len() {
        return impact.record(state, incident).clone();
    }
    let spent = members(state, incident).filter_map(|f| Some((f.slo.id.clone(), spent(f, run)?))).collect();
    ImpactRecord { budget_spent: spent, ..measure(counted.iter().flat_map(|feed| feed.meter.tracks()), run) }
}

/// An ended incident's own impact goes on after its end, or an SLO burns that was not part of it.
pub fn is_bad_again(state: &State, ended: &Incident, onset: &Onset, at: Ms) -> bool {
    let known = |id: &SloId| ended.services.iter().any(|(_, slos)| slos.contains(id));
    let end = ended.milestones.impact_end.or(ended.milestones.resolved).filter(|end| is_believable(*end, at));
    let later = |i: &Interval| end.is_none_or(|end| i.to > end);
    !onset.slos.iter().all(known) || impact(state, ended, at).intervals().last().is_some_and(later)
}

/// Feeds of an incident's SLOs.
pub fn members<'a>(state: &'a State, incident: &'a Incident) -> impl Iterator<Item = &'a SloFeed> {
    state.board.slos.iter().filter(|f| is_member(incident, f))
}

/// A composite has no events: its members stand beside it in the incident.
fn is_member(incident: &Incident, feed: &SloFeed) -> bool {
    feed.slo.sli.composite().is_none() && incident.services.iter().any(|(_, slos)| slos.contains(&feed.slo.id))
}

/// The first rule of an SLO that the incident's entries name, the SLO's worst one when they name none.
pub fn rule_of(slo: &Slo, incident: &Incident) -> Option<RuleRef> {
    let tiers = slo.tiers.iter().enumerate().map(|(i, t)| (RuleRef::Tier(i), t.to_string()));
    let breaches = slo.breach.iter().enumerate().map(|(i, b)| (RuleRef::Breach(i), b.to_string()));
    let all: Vec<(RuleRef, String)> = tiers.chain(breaches).collect();
    let named = |text: &Text| all.iter().find(|(_, name)| **name == **text).map(|(rule, _)| *rule);
    incident.fired().find_map(|r| named(&r.rule).filter(|_| r.slo == slo.id)).or_else(|| all.first().map(|(rule, _)| *rule))
}

/// The impact of an incident from its start through `at`: bad buckets of all its SLOs by the first rule that fired on
/// each, events of one SLO a service (the same requests stand behind several SLOs and are not counted twice).
///
/// Worked out once an instant; whoever asks again gets the same.
pub fn impact(state: &State, incident: &Incident, at: Ms) -> Arc<Impact> {
    let key = (incident.id, incident.last_seq, at);
    let known = state.impacts.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    known.unwrap_or_else(|| {
        let found = Arc::new(work_out(state, incident, at));
        state.impacts.lock().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&found));
        found
    })
}

fn work_out(state: &State, incident: &Incident, at: Ms) -> Impact {
    let Some(start) = incident.milestones.impact_start else { return Impact::default() };
    let pause = state.book.timing.resolve_after;
    let tracks = state.board.slos.iter().enumerate().filter(|(_, f)| is_member(incident, f));
    let tracks = tracks.flat_map(|(place, feed)| feed.meter.tracks().iter().map(move |track| (place, feed, track)));
    if incident.phase.is_live() {
        let mut all = state.runs.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Kept { runs: BTreeMap::new(), joined: Arc::new(Stretches::new(pause)), is_own: true };
        return go_on(state, incident, tracks, (start, at), all.entry(incident.id).or_insert_with(fresh));
    }
    let (mut bad, mut hurt) = (Vec::new(), Vec::new());
    for (_, feed, track) in tracks {
        let found = from_the_beginning(state, incident, (feed, track), (start, at));
        if !found.is_empty() {
            hurt.push((feed.slo.id.clone(), track.group.clone()));
        }
        bad.extend(found);
    }
    bad.extend(recorded_elsewhere(state, incident).iter().flat_map(|r| r.intervals.iter().copied()));
    let mut joined = Stretches::new(pause);
    joined.renew(Ms(i64::MIN), bad);
    Impact { bad: Arc::new(joined), tracks: hurt, record: OnceLock::new() }
}

/// Bad stretches of a track, by the rule that the incident names first.
fn from_the_beginning(
    state: &State,
    incident: &Incident,
    (feed, track): (&SloFeed, &Track),
    (start, at): (Ms, Ms),
) -> Vec<Interval> {
    let Some(rule) = rule_of(&feed.slo, incident) else { return Vec::new() };
    let track = state.board.bucket_track(&feed.slo, rule, track);
    let detected = incident.milestones.detected.unwrap_or(at);
    BucketTest::new(&feed.slo, track, rule, detected, &left_out_before(state, incident)).intervals(track, start, at)
}

/// The impact of a live incident: what is kept of each track goes on to `at`, and only what changed is joined anew.
fn go_on<'a>(
    state: &'a State,
    incident: &Incident,
    tracks: impl Iterator<Item = (usize, &'a SloFeed, &'a Track)>,
    (start, at): (Ms, Ms),
    kept: &mut Kept,
) -> Impact {
    let mut before = std::mem::take(&mut kept.runs);
    let (mut same, mut hurt) = (Ms(i64::MAX), Vec::new());
    for (place, feed, track) in tracks {
        let key = (place, track.group.clone());
        let known = before.remove(&key);
        let Some(mut run) = Run::go_on(state, incident, (feed, track), (start, at), known) else { continue };
        same = same.min(run.bad.advance(state.board.bucket_track(&feed.slo, run.rule, track), at));
        if !run.bad.is_empty() {
            hurt.push((feed.slo.id.clone(), track.group.clone()));
        }
        kept.runs.insert(key, run);
    }
    let elsewhere = recorded_elsewhere(state, incident).map_or(&[][..], |r| &r.intervals);
    // A track that is gone, or a record that may say anything: all of it is joined anew.
    if !before.is_empty() || !elsewhere.is_empty() || !kept.is_own {
        same = Ms(i64::MIN);
    }
    kept.is_own = elsewhere.is_empty();
    let later = kept.runs.values().flat_map(|run| run.bad.since(same)).chain(elsewhere.iter().copied());
    Arc::make_mut(&mut kept.joined).renew(same, later);
    Impact { bad: Arc::clone(&kept.joined), tracks: hurt, record: OnceLock::new() }
}

impl Run {
    /// What is known of a track, or a new beginning where it was measured by something else. The rule is looked up again
    /// only when there are new entries, which may name another one.
    fn go_on(
        state: &State,
        incident: &Incident,
        (feed, track): (&SloFeed, &Track),
        (start, at): (Ms, Ms),
        known: Option<Self>,
    ) -> Option<Self> {
        let (seq, detected) = (incident.last_seq, incident.milestones.detected.unwrap_or(at));
        let known = known.filter(|run| run.through <= at && run.start == start && run.detected == detected);
        let known = known.filter(|run| run.seq == seq || rule_of(&feed.slo, incident) == Some(run.rule));
        if let Some(run) = known {
            return Some(Self { seq, through: at, ..run });
        }
        let rule = rule_of(&feed.slo, incident)?;
        let track = state.board.bucket_track(&feed.slo, rule, track);
        let test = BucketTest::new(&feed.slo, track, rule, detected, &left_out_before(state, incident));
        Some(Self { seq, rule, start, detected, through: at, bad: BadSoFar::new(test, start) })
    }
}

/// Forgets the stretches of incidents that live no more.
pub fn forget_ended(state: &mut State, live: &[Arc<Incident>]) {
    let runs = state.runs.get_mut().unwrap_or_else(PoisonError::into_inner);
    runs.retain(|id, _| live.iter().any(|i| i.id == *id));
}

/// What was recorded, where some SLO of the incident is measured no more.
fn recorded_elsewhere<'a>(state: &State, incident: &'a Incident) -> Option<&'a ImpactRecord> {
    incident.impact.as_ref().filter(|_| !is_whole(state, incident))
}

/// What was lost within the bad stretches of an incident.
fn count(state: &State, incident: &Incident, intervals: &[Interval]) -> ImpactRecord {
    let counted = counted_members(state, incident);
    let mut record = match recorded_elsewhere(state, incident) {
        Some(recorded) if counted.is_empty() => ImpactRecord { intervals: intervals.to_vec(), ..recorded.clone() },
        _ => measure(counted.iter().flat_map(|feed| feed.meter.tracks()), intervals),
    };
    record.budget_spent = members(state, incident).filter_map(|f| Some((f.slo.id.clone(), spent(f, intervals)?))).collect();
    record
}

/// Every SLO of the incident is still measured: rules that changed meanwhile may have taken one away, and then nobody can
/// say that it is over.
pub fn is_whole(state: &State, incident: &Incident) -> bool {
    incident.services.iter().flat_map(|(_, slos)| slos).all(|id| state.board.slo(id.as_str()).is_some())
}

/// The feeds and tracks that were hurt; all of them as long as none was.
pub fn hurt_tracks<'a>(state: &'a State, incident: &'a Incident, impact: &'a Impact) -> Vec<(&'a Track, &'a Verdict)> {
    let mine = |slo: &SloId, group: &Labels| impact.tracks.iter().any(|(s, g)| s == slo && g == group);
    let all = members(state, incident).flat_map(|f| f.judged().map(move |(t, v)| (f, t, &**v)));
    all.filter(|(f, t, _)| impact.tracks.is_empty() || mine(&f.slo.id, &t.group)).map(|(_, t, v)| (t, v)).collect()
}

/// Intervals of earlier incidents only: those of this one must not change what was normal before it.
fn left_out_before(state: &State, incident: &Incident) -> Vec<Interval> {
    let mine = |i: &&Arc<Incident>| i.services.iter().any(|(name, _)| has_service(incident, name));
    let earlier = state.incidents.iter().rev().filter(|i| i.id < incident.id).take(LATELY).filter(mine).take(20);
    earlier.filter_map(|i| i.impact.as_ref()).flat_map(|impact| impact.intervals.iter().copied()).collect()
}

/// The SLOs whose events the incident counts: of each service the one that it began or joined with.
fn counted_members<'a>(state: &'a State, incident: &'a Incident) -> Vec<&'a SloFeed> {
    let first = first_member(state, incident);
    let of_service = |(name, slos): &'a (Text, Vec<SloId>)| {
        let began = first.filter(|feed| feed.slo.service == *name);
        began.or_else(|| slos.iter().find_map(|id| state.board.slo(id.as_str())))
    };
    incident.services.iter().filter_map(of_service).collect()
}

/// The SLO that the incident began with.
pub fn first_member<'a>(state: &'a State, incident: &'a Incident) -> Option<&'a SloFeed> {
    let by_rule = incident.entries.iter().find_map(|e| match &e.fact {
        Fact::Opened(onset) => onset.rules.first().map(|r| &r.slo),
        _ => None,
    });
    let first =
        by_rule.filter(|id| incident.has_slo(id)).or_else(|| incident.services.first().and_then(|(_, slos)| slos.first()))?;
    let feed = state.board.slo(first.as_str())?;
    if feed.slo.sli.composite().is_none() { Some(feed) } else { members(state, incident).next() }
}

/// Share of the period's budget spent within the intervals.
fn spent(feed: &SloFeed, intervals: &[Interval]) -> Option<f64> {
    let allowed = feed.verdicts.iter().filter_map(|v| v.budget.allowed).sum::<f64>();
    let slices = |t: &Track, i: &Interval| t.time_slices(i.from, i.to).unwrap_or_default();
    let in_slices = |t: &Track| -> f64 {
        let each = intervals.iter().map(|i| slices(t, i));
        match feed.slo.budget {
            BudgetMethod::RatioTimeslices { .. } => each.map(|s| s.ratios).sum(),
            _ => each.map(|s| f64::from(s.bad)).sum(),
        }
    };
    let bad = match feed.slo.budget {
        BudgetMethod::Occurrences => measure(feed.meter.tracks().iter(), intervals).bad,
        _ => feed.meter.tracks().iter().map(in_slices).sum(),
    };
    (allowed > 0.0).then(|| bad / allowed)
}

/// How long hurt tracks have been seen since `from`, the one that was seen least; zero as long as one of them had no
/// traffic. Gaps, and what came over them, say nothing.
pub fn seen_since(tracks: &[(&Track, &Verdict)], from: Ms, to: Ms) -> Span {
    let seen = tracks.iter().map(|(track, _)| {
        let counts = track.history.counts(from, to);
        let traffic = !track.has_total() || counts.total > counts.bridged_total;
        if traffic { track.history.step() * i64::from(counts.observed) } else { Span::ZERO }
    });
    seen.min().unwrap_or_default()
}

/// The budget that has least left among the incident's SLOs.
pub fn worst_budget(state: &State, incident: &Incident) -> Option<BudgetStatus> {
    let budgets = members(state, incident).flat_map(|f| f.verdicts.iter().map(|v| v.budget));
    budgets.filter(|b| b.remaining.is_some()).min_by(|a, b| a.remaining.unwrap_or(0.0).total_cmp(&b.remaining.unwrap_or(0.0)))
}

/// Ended lately, and not accounted for since it ended.
pub fn needs_account(state: &State, incident: &Incident, at: Ms) -> bool {
    let fresh = incident.milestones.resolved.is_some_and(|r| at.since(r) <= ACCOUNT_WITHIN);
    // The minute in which a person ended it must be over: it is counted whole.
    let over = incident.milestones.resolved.is_some_and(|r| at >= r.slice_end(Span::from_mins(1)));
    if incident.phase != Phase::Resolved || !fresh || !over {
        return false;
    }
    // A source that is late has not told all of it yet.
    let known = |feed: &SloFeed| feed.meter.sealed() >= incident.milestones.resolved;
    if !members(state, incident).all(known) {
        return false;
    }
    let mut since_end = incident.entries.iter().rev().take_while(|e| !matches!(e.fact, Fact::Resolved { .. }));
    let counted = since_end.any(|e| matches!(e.fact, Fact::Costed(_) | Fact::Measured(_)));
    let by_rule = incident.entries.iter().rev().find_map(|e| match &e.fact {
        Fact::Resolved { impact, .. } => Some(impact.is_some()),
        _ => None,
    });
    !counted && (by_rule == Some(false) || state.book.business.is_some())
}
