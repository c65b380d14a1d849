//! What an incident cost, gathered from the board and the ledger for `domain/cost`, which does the arithmetic.
//!
//! Deliberately absent: deciding when a cost is recorded (`steer`); here is only told whether one must be.

mod baseline;
mod streams;
#[cfg(test)]
mod tests;

use super::board::{ReplicaFeed, SloFeed};
use super::harm::{self, ACCOUNT_WITHIN, LATELY};
use super::state::State;
use crate::domain::base::{Interval, Money, Ms, Seq, Span, Text};
use crate::domain::cost::{
    self, CostQuestion, CostSheet, Effort, OtherImpact, PartRate, RateQuestion, ReplicaCount, Responder, exact, minutes,
    month_of, price, rates_per_minute,
};
use crate::domain::incident::{Actor, Fact, ImpactRecord, Incident, Phase};
use crate::domain::measure::meter::loss;
use crate::domain::objective::{Business, RevenueStream};
use crate::domain::view::CostTicker;
use rust_decimal::Decimal;
use std::sync::Arc;

/// The rate that live costs go on at is that of the last minutes.
const RATE_OVER: Span = Span::from_mins(5);
/// After the last bad bucket users go on being hurt for so long at most, as far as anybody can tell.
const STILL_HURT: Span = Span::from_mins(2);
/// Longest month, with its summer time: earlier downtime of the same month lies no further back.
const MONTH: Span = Span::from_hours(31 * 24 + 1);
/// A value of replicas is taken to hold for so many steps.
const VALUE_HOLDS: i64 = 4;
/// Stretches of equal numbers of replicas beyond this are told by their mean.
const MOST_STRETCHES: usize = 200;

/// What the incident cost so far; absent without a business file, and for drills only their own drill counts.
pub fn cost(state: &State, incident: &Incident, at: Ms) -> Option<CostSheet> {
    let business = state.book.business.as_deref()?;
    if incident.drill && !state.settings.drill || incident.merged_into.is_some() {
        return None;
    }
    let impact = match (&incident.impact, incident.phase.is_live()) {
        (Some(recorded), false) => recorded.clone(),
        _ => harm::impact(state, incident, at).record(state, incident).clone(),
    };
    let mut sheet = price(&question(state, incident, &impact, at), business);
    sheet.restates = incident.restates("impact or people changed");
    Some(sheet)
}

fn question(state: &State, incident: &Incident, impact: &ImpactRecord, at: Ms) -> CostQuestion {
    let services: Vec<Text> = incident.services.iter().map(|(name, _)| name.clone()).collect();
    let business = state.book.business.as_deref();
    let own = |b: &'_ &Business| b.streams.iter().filter(|s| concerns(s, incident)).cloned().collect::<Vec<_>>();
    let mine = business.as_ref().map(own).unwrap_or_default();
    CostQuestion {
        streams: mine.iter().map(|s| streams::count(state, incident, s, &impact.intervals, at)).collect(),
        earlier: earlier(state, incident),
        replicas: state.board.replicas.iter().map(|feed| replicas(state, feed, &impact.intervals)).collect(),
        responders: responders(incident, at),
        effort: effort(incident),
        booked_month: incident.milestones.impact_start.and_then(month_of),
        provisional_until: provisional_until(&mine, incident, at),
        assumptions: added_up(state, incident),
        impact: impact.intervals.clone(),
        services,
    }
}

/// SLOs of the incident whose events were not counted here, as assumptions.
fn added_up(state: &State, incident: &Incident) -> Vec<Text> {
    let told = |feed: &SloFeed| {
        let window = feed.slo.plan.pushed_down()?;
        Some(format!("events of {} were added up by the server: {}", feed.slo.id, loss(window)).into())
    };
    harm::members(state, incident).filter_map(told).collect()
}

/// The stream prices incidents of one of its services; one that names none prices all.
fn concerns(stream: &RevenueStream, incident: &Incident) -> bool {
    stream.services.is_empty() || incident.services.iter().any(|(name, _)| stream.services.contains(name))
}

/// Orders may come back until then; absent when that time has passed, and while the incident lasts.
fn provisional_until(streams: &[RevenueStream], incident: &Incident, at: Ms) -> Option<Ms> {
    let end = incident.milestones.impact_end.filter(|_| !matches!(incident.phase, Phase::Open | Phase::Acknowledged))?;
    streams.iter().filter_map(|s| Some(end + s.rebound?)).max().filter(|until| at < *until)
}

/// Real incidents that hurt somebody; drills are counted with drills. What was merged away is counted where it went.
fn counts_with(other: &Incident, incident: &Incident) -> bool {
    other.severity.is_some() && other.drill == incident.drill && other.merged_into.is_none()
}

/// Incidents before this one whose downtime may lie in the same month.
fn earlier(state: &State, incident: &Incident) -> Vec<OtherImpact> {
    let Some(start) = incident.milestones.impact_start else { return Vec::new() };
    let before = state.incidents.iter().rev().filter(|i| i.id < incident.id).take(LATELY);
    let told = before.filter(|i| counts_with(i, incident)).filter_map(|i| {
        let impact = i.impact.as_ref()?;
        impact.intervals.last().filter(|last| last.to >= start - MONTH)?;
        Some(OtherImpact {
            incident: i.id.to_string().into(),
            services: i.services.iter().map(|(name, _)| name.clone()).collect(),
            intervals: impact.intervals.clone(),
        })
    });
    let mut all: Vec<OtherImpact> = told.collect();
    all.reverse();
    all
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

fn people_of(incident: &Incident, at: Ms) -> Vec<Text> {
    responders(incident, at).into_iter().map(|r| r.person).collect()
}

/// What a person said of the people and their hours.
fn effort(incident: &Incident) -> Option<(Effort, Text)> {
    let (_, by) = incident.effort_told()?;
    let by = match by {
        Actor::Person(name) => name.clone(),
        Actor::Auto => "auto".into(),
    };
    Some((incident.effort()?, by))
}

/// Replicas over the impact, in stretches of equal numbers.
fn replicas(state: &State, feed: &ReplicaFeed, impact: &[Interval]) -> ReplicaCount {
    let step = state.board.step();
    let mut runs: Vec<(f64, Span)> = Vec::new();
    for track in feed.meter.tracks() {
        for stretch in impact {
            let mut at = stretch.from + step;
            while at <= stretch.to {
                let value = track.value(at, step * VALUE_HOLDS);
                match (value, runs.last_mut()) {
                    (Some(value), Some((last, span))) if *last == value => *span = *span + step,
                    (Some(value), _) => runs.push((value, step)),
                    (None, _) => {}
                }
                at = at + step;
            }
        }
    }
    if runs.len() > MOST_STRETCHES {
        let whole: f64 = runs.iter().map(|(_, span)| span.secs_f64()).sum();
        let mean = runs.iter().map(|(n, span)| n * span.secs_f64()).sum::<f64>() / whole;
        runs = vec![((mean * 1e6).round() / 1e6, Span(runs.iter().map(|(_, span)| span.0).sum()))];
    }
    let told: Option<Vec<(Decimal, Decimal)>> = runs.iter().map(|(n, span)| Some((exact(*n)?, minutes(*span)))).collect();
    let samples = told.filter(|list| !list.is_empty()).ok_or_else(|| "its replicas have no samples in the impact".into());
    ReplicaCount { name: feed.name.clone(), samples, source: state.source_name(feed.meter.spec().source.as_ref()) }
}

/// A recorded cost no longer says what is known, and why: the time in which orders may come back has passed, a person told
/// people's hours, or an incident that covers minutes of it, too, was recorded later.
pub fn must_restate(state: &State, incident: &Incident, at: Ms) -> Option<&'static str> {
    if incident.phase.is_live() || incident.merged_into.is_some() || state.book.business.is_none() {
        return None;
    }
    let provisional = incident.cost.as_ref()?.provisional_until;
    if provisional.is_some_and(|until| at >= until && streams::known_through(state, incident, until)) {
        return Some("the time in which orders may come back has passed");
    }
    let fresh = incident.milestones.resolved.is_some_and(|r| at.since(r) <= ACCOUNT_WITHIN);
    if !fresh {
        return None;
    }
    let (seq, _) = incident.last_cost()?;
    if incident.effort().and(incident.effort_told()).is_some_and(|(told, _)| told > seq) {
        return Some("people's hours were declared");
    }
    let newer = streams::neighbours(state, incident).any(|i| impact_seq(i).is_some_and(|s| s > seq));
    newer.then_some("another incident covers minutes of it, too")
}

/// The entry that told an incident's impact last.
fn impact_seq(incident: &Incident) -> Option<Seq> {
    incident.entries.iter().rev().find_map(|e| match &e.fact {
        Fact::Mitigated { .. } | Fact::Measured(_) | Fact::Resolved { impact: Some(_), .. } => Some(e.seq),
        _ => None,
    })
}

/// The last instant at or before `at` that samples of a live incident's SLOs tell of: beyond it the rate is only projected.
pub fn told_through(state: &State, incident: &Incident, at: Ms) -> Ms {
    let newest = harm::members(state, incident).filter_map(|feed| feed.meter.data_through()).max();
    newest
        .filter(|newest| incident.phase.is_live() && at.since(*newest) > STILL_HURT)
        .map_or(at, |n| n.floor_to(state.board.step()))
}

/// The cost of an incident as it runs: so far, and a minute at the present rate. Where samples stopped coming both are those
/// of the last instant that is known: silence is no end of the trouble.
pub fn ticker(state: &State, incident: &Incident, at: Ms) -> Option<CostTicker> {
    let at = told_through(state, incident, at);
    let business = state.book.business.as_deref()?;
    let live = incident.phase.is_live();
    let sheet = if live { cost(state, incident, at)? } else { incident.cost.clone()? };
    let so_far = sheet.total.map(|total| Money::new(total, sheet.currency));
    let hurt = || harm::impact(state, incident, at).intervals().last().is_some_and(|i| at.since(i.to) < STILL_HURT);
    let running = matches!(incident.phase, Phase::Open | Phase::Acknowledged) && hurt();
    let rates = if running && so_far.is_some() { rates(state, incident, business, at) } else { Vec::new() };
    let still = (!running).then(|| Money::new(Decimal::ZERO, business.currency));
    let per_minute = cost::rate::total(&rates, business.currency).or(still).filter(|_| so_far.is_some());
    Some(CostTicker { so_far, per_minute, rates, at, sheet: Arc::new(sheet) })
}

fn rates(state: &State, incident: &Incident, business: &Business, at: Ms) -> Vec<PartRate> {
    let mine = business.streams.iter().filter(|s| concerns(s, incident));
    let question = RateQuestion {
        services: incident.services.iter().map(|(name, _)| name.clone()).collect(),
        streams: mine.map(|s| streams::now(state, incident, s, RATE_OVER, at)).collect(),
        over: RATE_OVER,
        // Declared hours are those of the whole incident: time adds nothing to them.
        responders: if incident.effort().is_some() { Vec::new() } else { people_of(incident, at) },
    };
    rates_per_minute(&question, business)
}
