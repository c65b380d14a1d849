//! What an incident did, at one instant: bad runs, impact, budget and cost, gathered from the board for the rest of the engine.
//!
//! Deliberately absent: deciding anything from it (`steer`, `pages`).

use super::board::{SloFeed, StreamFeed};
use super::state::State;
use crate::domain::base::{Interval, Money, Ms, Span, Text};
use crate::domain::cost::{
    CostQuestion, CostSheet, Counted, RateQuestion, Responder, StreamCount, month_of, price, rate_per_minute,
};
use crate::domain::incident::impact::{BucketTest, measure};
use crate::domain::incident::{Actor, Fact, ImpactRecord, Incident, Phase};
use crate::domain::judge::{BudgetStatus, RuleRef, Verdict};
use crate::domain::measure::{CountedPlan, Meter, Plan, Track};
use crate::domain::objective::{Business, Slo};
use crate::domain::view::CostTicker;
use rust_decimal::Decimal;
use std::sync::Arc;

/// The rate that live costs go on at is that of the last minutes.
const RATE_OVER: Span = Span::from_mins(5);
/// Ended incidents are looked at again for so long: a person may have ended them without an account.
const ACCOUNT_WITHIN: Span = Span::from_days(1);

/// How a track was hurt.
pub struct Harm {
    /// Start of the bad run.
    pub start: Ms,
}

/// The bad run behind what fires on a track, with a bad bucket after `after`; absent when only a long window remembers.
pub fn of_verdict(state: &State, slo: &Slo, verdict: &Verdict, at: Ms, after: Option<Ms>) -> Option<Harm> {
    let track = track_of(state, slo, verdict)?;
    let left_out = left_out(state, slo);
    let runs = verdict.reasons.iter().filter_map(|reason| {
        let test = BucketTest::new(slo, track, reason.rule, at, &left_out);
        Some((reason.severity, test.run(track, at, after).first()?.from))
    });
    // The gravest rule says when it began: buckets of slow tiers are hours wide, and begin before the first bad event.
    runs.min_by_key(|(severity, start)| (std::cmp::Reverse(*severity), *start)).map(|(_, start)| Harm { start })
}

/// The start of the bad run behind a rule that would page, is true and does not fire yet.
pub fn of_suspicion(state: &State, slo: &Slo, verdict: &Verdict, at: Ms, after: Option<Ms>) -> Option<Ms> {
    let track = track_of(state, slo, verdict)?;
    let left_out = left_out(state, slo);
    let tier_pages = |i: usize| slo.tiers.get(i).is_some_and(|tier| tier.severity.pages());
    let breach_pages = |i: usize| slo.breach.get(i).is_some_and(|rule| rule.severity.pages());
    let tiers = verdict.tiers.iter().filter(|t| t.is_true && tier_pages(t.tier)).map(|t| RuleRef::Tier(t.tier));
    let breaches = verdict.breaches.iter().filter(|b| b.is_true && breach_pages(b.rule)).map(|b| RuleRef::Breach(b.rule));
    let start = |rule| BucketTest::new(slo, track, rule, at, &left_out).run(track, at, after).first().map(|i| i.from);
    tiers.chain(breaches).filter_map(start).min()
}

fn track_of<'a>(state: &'a State, slo: &Slo, verdict: &Verdict) -> Option<&'a Track> {
    let feed = state.board.slo(slo.id.as_str())?;
    feed.meter.tracks().iter().find(|t| t.group == verdict.group)
}

/// Stretches of incidents that say nothing of how a track normally is.
fn left_out(state: &State, slo: &Slo) -> Vec<Interval> {
    let mine = state.incidents.iter().rev().filter(|i| i.services.iter().any(|(_, slos)| slos.contains(&slo.id)));
    mine.take(20).filter_map(|i| i.impact.as_ref()).flat_map(|impact| impact.intervals.iter().copied()).collect()
}

/// The live incident that a service belongs to, or would join: its own, one of a burning neighbour in `depends_on`, or its
/// own that is only suspected.
pub fn live_incident(state: &State, service: &Text) -> Option<Arc<Incident>> {
    let own = |i: &Incident| i.services.iter().any(|(name, _)| name == service);
    let open = || state.incidents.live().filter(|i| i.phase != Phase::Suspected);
    let found = open().find(|i| own(i)).or_else(|| open().find(|i| same_tree(state, i, service)));
    found.or_else(|| state.incidents.live().find(|i| own(i))).cloned()
}

/// The service is part of the incident, or an edge of `depends_on` links it to one that is.
pub fn same_tree(state: &State, incident: &Incident, service: &Text) -> bool {
    incident.services.iter().any(|(name, _)| name == service || linked(state, name, service))
}

fn linked(state: &State, a: &Text, b: &Text) -> bool {
    let needs = |x: &Text, y: &Text| state.book.services.get(x).is_some_and(|info| info.depends_on.contains(y));
    needs(a, b) || needs(b, a)
}

/// The incident of a service that ended last.
pub fn last_ended(state: &State, service: &Text) -> Option<Arc<Incident>> {
    let mine = |i: &&Arc<Incident>| i.services.iter().any(|(name, _)| name == service);
    state.incidents.iter().rev().filter(|i| !i.phase.is_live() && i.severity.is_some()).find(mine).cloned()
}

/// Feeds of an incident's SLOs.
pub fn members<'a>(state: &'a State, incident: &'a Incident) -> impl Iterator<Item = &'a SloFeed> {
    state.board.slos.iter().filter(|f| incident.services.iter().any(|(_, slos)| slos.contains(&f.slo.id)))
}

/// Every rule of an SLO that the incident's entries name, the worst one when they name none.
fn rules_of(slo: &Slo, incident: &Incident) -> Vec<RuleRef> {
    let fired = incident.entries.iter().flat_map(|e| match &e.fact {
        Fact::Opened(onset) => onset.rules.as_slice(),
        Fact::Reopened { rules, .. } | Fact::SeverityChanged { rules, .. } => rules.as_slice(),
        _ => &[],
    });
    let tiers = slo.tiers.iter().enumerate().map(|(i, t)| (RuleRef::Tier(i), t.to_string()));
    let breaches = slo.breach.iter().enumerate().map(|(i, b)| (RuleRef::Breach(i), b.to_string()));
    let all: Vec<(RuleRef, String)> = tiers.chain(breaches).collect();
    let mut named: Vec<RuleRef> = Vec::new();
    for rule in fired.filter(|r| r.slo == slo.id) {
        if let Some((found, _)) = all.iter().find(|(_, name)| **name == *rule.rule) {
            named.push(*found);
        }
    }
    named.dedup();
    if named.is_empty() { all.first().map(|(rule, _)| *rule).into_iter().collect() } else { named }
}

/// The impact of an incident from its start through `at`: bad buckets of all its SLOs by the first rule that fired on
/// each, events of the SLO it began with (the same requests stand behind several SLOs and are not counted twice).
pub fn impact(state: &State, incident: &Incident, at: Ms) -> ImpactRecord {
    let Some(start) = incident.milestones.impact_start else { return ImpactRecord::default() };
    let detected = incident.milestones.detected.unwrap_or(at);
    let left_out = left_out_before(state, incident);
    let mut bad = Vec::new();
    for feed in members(state, incident) {
        let Some(rule) = rules_of(&feed.slo, incident).first().copied() else { continue };
        for track in feed.meter.tracks() {
            let test = BucketTest::new(&feed.slo, track, rule, detected, &left_out);
            bad.extend(test.intervals(track, start, at));
        }
    }
    let intervals = Interval::union(bad);
    let mut record = match first_member(state, incident) {
        Some(feed) => measure(feed.meter.tracks().iter(), &intervals),
        None => ImpactRecord { intervals: intervals.clone(), ..ImpactRecord::default() },
    };
    record.budget_spent = members(state, incident).filter_map(|f| Some((f.slo.id.clone(), spent(f, &intervals)?))).collect();
    record
}

/// Intervals of earlier incidents only: those of this one must not change what was normal before it.
fn left_out_before(state: &State, incident: &Incident) -> Vec<Interval> {
    let earlier = state.incidents.iter().filter(|i| i.id < incident.id).rev().take(20);
    earlier.filter_map(|i| i.impact.as_ref()).flat_map(|impact| impact.intervals.iter().copied()).collect()
}

/// The SLO that the incident began with.
pub fn first_member<'a>(state: &'a State, incident: &'a Incident) -> Option<&'a SloFeed> {
    let by_rule = incident.entries.iter().find_map(|e| match &e.fact {
        Fact::Opened(onset) => onset.rules.first().map(|r| &r.slo),
        _ => None,
    });
    let first = by_rule.or_else(|| incident.services.first().and_then(|(_, slos)| slos.first()))?;
    state.board.slo(first.as_str())
}

/// Share of the period's budget spent within the intervals.
fn spent(feed: &SloFeed, intervals: &[Interval]) -> Option<f64> {
    let allowed = feed.verdicts.iter().filter_map(|v| v.budget.allowed).sum::<f64>();
    let bad = measure(feed.meter.tracks().iter(), intervals).bad;
    (allowed > 0.0).then(|| bad / allowed)
}

/// There were events on every counted track of the incident since `from`.
pub fn had_traffic(state: &State, incident: &Incident, from: Ms, at: Ms) -> bool {
    members(state, incident).all(|feed| {
        let counts = |t: &Track| t.history.counts(from, at);
        let tracks = feed.meter.tracks();
        !feed.meter.spec().has_total() || tracks.is_empty() || tracks.iter().any(|t| counts(t).total > 0.0)
    })
}

/// The budget that has least left among the incident's SLOs.
pub fn worst_budget(state: &State, incident: &Incident) -> Option<BudgetStatus> {
    let budgets = members(state, incident).flat_map(|f| f.verdicts.iter().map(|v| v.budget));
    budgets.filter(|b| b.remaining.is_some()).min_by(|a, b| a.remaining.unwrap_or(0.0).total_cmp(&b.remaining.unwrap_or(0.0)))
}

/// Ended lately, and not accounted for since it ended.
pub fn needs_account(state: &State, incident: &Incident, at: Ms) -> bool {
    let fresh = incident.milestones.resolved.is_some_and(|r| at.since(r) <= ACCOUNT_WITHIN);
    if incident.phase != Phase::Resolved || !fresh {
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

/// The people who worked on an incident: from their first entry to its mitigation, or `until`.
fn responders(incident: &Incident, until: Ms) -> Vec<Responder> {
    let end = incident.milestones.mitigated.unwrap_or(until);
    let mut found: Vec<Responder> = Vec::new();
    for entry in &incident.entries {
        let Actor::Person(name) = &entry.actor else { continue };
        if entry.at < end && !found.iter().any(|r| r.person == *name) {
            found.push(Responder { person: name.clone(), time: Interval { from: entry.at, to: end }, declared: false });
        }
    }
    found
}

/// What the incident cost so far; absent without a business file, and for drills only their own drill counts.
pub fn cost(state: &State, incident: &Incident, at: Ms) -> Option<CostSheet> {
    let business = state.book.business.as_deref()?;
    let impact = match (&incident.impact, incident.phase.is_live()) {
        (Some(recorded), false) => recorded.clone(),
        _ => impact(state, incident, at),
    };
    Some(price(&question(state, incident, &impact, at), business))
}

fn question(state: &State, incident: &Incident, impact: &ImpactRecord, at: Ms) -> CostQuestion {
    let count = |feed: &StreamFeed| StreamCount { stream: feed.stream.name.clone(), counted: count_stream(state, feed, impact) };
    CostQuestion {
        services: incident.services.iter().map(|(name, _)| name.clone()).collect(),
        streams: state.board.streams.iter().map(count).collect(),
        responders: responders(incident, at),
        booked_month: incident.milestones.impact_start.and_then(month_of),
    }
}

fn count_stream(state: &State, feed: &StreamFeed, impact: &ImpactRecord) -> Result<Counted, Text> {
    let last = impact.intervals.last().ok_or("no bad minute was measured")?;
    match feed.meter.sealed() {
        Some(sealed) if sealed + Span::from_mins(1) >= last.to => {}
        _ => return Err("its counter could not be read over the whole impact".into()),
    }
    let record = measure(best_meter(state, feed, last.to).tracks().iter(), &impact.intervals);
    let observed = impact.intervals.iter().map(|i| feed.observed(*i)).sum::<usize>();
    if observed == 0 {
        return Err("its counter has no samples in the impact".into());
    }
    Ok(Counted {
        failed: record.bad,
        low: record.bad_low,
        high: record.bad_high,
        intervals: impact.intervals.clone(),
        series: feed.meter.series_count(),
        samples: observed,
        source: state.metric_source.clone(),
    })
}

/// Where the failed transactions of a stream are counted best: an SLO whose bad events they are also watches the counters
/// of all events beside them. It sees restarts that took a failure counter away, and knows a process whose first failure
/// comes.
fn best_meter<'a>(state: &'a State, feed: &'a StreamFeed, through: Ms) -> &'a Meter {
    let same = |slo: &&SloFeed| match &slo.slo.plan {
        Plan::Counted(CountedPlan::Events { bad, total: Some(_) }) => *bad == feed.stream.failed,
        _ => false,
    };
    let known = |slo: &&SloFeed| slo.meter.sealed().is_some_and(|sealed| sealed + Span::from_mins(1) >= through);
    state.board.slos.iter().filter(same).find(known).map_or(&feed.meter, |slo| &slo.meter)
}

/// The cost of an incident as it runs: so far, and a minute at the present rate.
pub fn ticker(state: &State, incident: &Incident, at: Ms) -> Option<CostTicker> {
    let business = state.book.business.as_deref()?;
    let live = incident.phase.is_live();
    let sheet = if live { cost(state, incident, at)? } else { incident.cost.clone()? };
    let so_far = sheet.total.map(|total| Money::new(total, sheet.currency));
    let running = matches!(incident.phase, Phase::Open | Phase::Acknowledged);
    let per_minute =
        if running { rate(state, incident, business, at) } else { Some(Money::new(Decimal::ZERO, business.currency)) };
    Some(CostTicker { so_far, per_minute: per_minute.filter(|_| so_far.is_some()), at, sheet: Arc::new(sheet) })
}

fn rate(state: &State, incident: &Incident, business: &Business, at: Ms) -> Option<Money> {
    let failed = state.board.streams.iter().map(|f| {
        let bad = f.meter.tracks().iter().map(|t| t.history.counts(at - RATE_OVER, at).bad).sum();
        (f.stream.name.clone(), bad)
    });
    let question = RateQuestion {
        services: incident.services.iter().map(|(name, _)| name.clone()).collect(),
        failed: failed.collect(),
        over: RATE_OVER,
        responders: responders(incident, at).into_iter().map(|r| r.person).collect(),
    };
    rate_per_minute(&question, business)
}
