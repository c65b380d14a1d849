//! Transactions of a revenue stream over an impact: its own counts, and what incidents that share minutes bear of them.

use super::super::board::{SloFeed, StreamFeed, StreamPart};
use super::super::harm::{self, LATELY};
use super::super::state::State;
use super::baseline::Baselines;
use super::{concerns, counts_with};
use crate::domain::base::{Interval, Ms, Span, Text};
use crate::domain::cost::{Amounts, Counted, ReboundCounts, Share, StreamCount, exact};
use crate::domain::incident::Incident;
use crate::domain::incident::impact::measure;
use crate::domain::measure::{CountedPlan, Meter, Plan};
use crate::domain::objective::{RevenueStream, StreamMethod};
use rust_decimal::Decimal;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a normal day is taken from: the 24 hours before.
const NORMAL: Span = Span::from_hours(24);

/// An incident's bad stretches.
type Member = (Text, Vec<Interval>);

/// What was counted of a stream over the impact of an incident, and of those that share it.
pub(super) fn count(state: &State, incident: &Incident, stream: &RevenueStream, own: &[Interval], at: Ms) -> StreamCount {
    let counted = counted(state, incident, stream, own, at);
    StreamCount { stream: stream.name.clone(), counted }
}

fn counted(state: &State, incident: &Incident, stream: &RevenueStream, own: &[Interval], at: Ms) -> Result<Counted, Text> {
    if own.is_empty() {
        return Err("no bad minute was measured".into());
    }
    let cluster = cluster(state, incident, stream, own, at);
    let all = Interval::union(cluster.iter().flat_map(|(_, list)| list.iter().copied()));
    let feed = feed(state, stream, StreamPart::Loss).ok_or("its counter is not read")?;
    let last = all.last().map_or(at, |i| i.to).min(at);
    if feed.meter.sealed().is_none_or(|sealed| sealed + Span::from_mins(1) < last) {
        return Err("its counter could not be read over the whole impact".into());
    }
    let samples = all.iter().map(|i| feed.observed(*i)).sum::<usize>();
    if samples == 0 {
        return Err("its counter has no samples in the impact".into());
    }
    let amounts = amounts(state, incident, feed, &all)?;
    Ok(Counted {
        amounts,
        series: feed.meter.series_count(),
        samples,
        source: state.source_name(stream.source.as_ref()),
        share: share(state, feed, incident, &cluster),
        rebound: rebound(state, incident, stream, &all, at),
        intervals: all,
    })
}

/// The same for the last minutes, for the rate of a live incident. Live incidents that share the stream share its rate.
pub(super) fn now(state: &State, incident: &Incident, stream: &RevenueStream, over: Span, at: Ms) -> StreamCount {
    let all = vec![Interval { from: at - over, to: at }];
    let counted = feed(state, stream, StreamPart::Loss).ok_or_else(|| "its counter is not read".into()).and_then(|feed| {
        let amounts = amounts(state, incident, feed, &all)?;
        let mut counted = Counted::failed(0.0, all.clone(), 0, 0, state.source_name(stream.source.as_ref()));
        counted.amounts = amounts;
        let others = state.incidents.live().filter(|i| i.id != incident.id && counts_with(i, incident));
        let hurt = |i: &&Arc<Incident>| harm::impact(state, i, at).intervals().last().is_some_and(|last| last.to > at - over);
        let sharing: Vec<Text> = others.filter(|i| concerns(stream, i)).filter(hurt).map(|i| i.id.to_string().into()).collect();
        if !sharing.is_empty() {
            let own: Text = incident.id.to_string().into();
            let ids = sharing.into_iter().chain([own.clone()]);
            let parts: Vec<(Text, Decimal)> = ids.map(|id| (id, Decimal::ONE)).collect();
            counted.share = Some(Share { own, whole: Decimal::from(parts.len()), parts });
        }
        Ok(counted)
    });
    StreamCount { stream: stream.name.clone(), counted }
}

/// The stream's feed.
fn feed<'a>(state: &'a State, stream: &RevenueStream, part: StreamPart) -> Option<&'a StreamFeed> {
    state.board.streams.iter().find(|f| f.stream.name == stream.name && f.part == part)
}

/// Orders of every stream that may come back are known through `until`.
pub(super) fn known_through(state: &State, incident: &Incident, until: Ms) -> bool {
    let mut watched = state.board.streams.iter().filter(|f| f.stream.rebound.is_some() && concerns(&f.stream, incident));
    watched.all(|f| f.meter.sealed().is_some_and(|sealed| sealed >= until))
}

fn amounts(state: &State, incident: &Incident, feed: &StreamFeed, all: &[Interval]) -> Result<Amounts, Text> {
    let first = all.first().map_or(Ms(0), |i| i.from);
    let left_out = || others(state, incident).flat_map(|i| i.impact.iter().flat_map(|r| r.intervals.clone())).collect();
    match feed.stream.method {
        StreamMethod::FailedTransactions => {
            let record = measure(best_meter(state, feed, all.last().map_or(first, |i| i.to)).tracks().iter(), all);
            Ok(Amounts::Failed { failed: record.bad, low: record.bad_low, high: record.bad_high })
        }
        StreamMethod::Excess | StreamMethod::Conversion => {
            let left_out: Vec<Interval> = left_out();
            let before = Interval::without([Interval { from: first - NORMAL, to: first }], left_out);
            let (now, normal) = (measure(feed.meter.tracks().iter(), all), measure(feed.meter.tracks().iter(), &before));
            Ok(Amounts::Against {
                events: now.bad,
                total: now.total.unwrap_or(0.0),
                high: now.bad_high,
                normal_events: normal.bad,
                normal_total: normal.total.unwrap_or(0.0),
            })
        }
        StreamMethod::Seasonal => Baselines::new(feed, left_out()).against(all, first).map(Amounts::Seasonal),
    }
}

/// Where the failed transactions of a stream are counted best: an SLO whose bad events they are also watches the counters
/// of all events beside them. It sees restarts that took a failure counter away, and knows a process whose first failure
/// comes.
fn best_meter<'a>(state: &'a State, feed: &'a StreamFeed, through: Ms) -> &'a Meter {
    let same = |slo: &&SloFeed| match &slo.slo.plan {
        Plan::Counted(CountedPlan::Events { bad, total: Some(_) }) => {
            feed.stream.failed.as_ref().is_some_and(|failed| *bad == failed.count)
        }
        _ => false,
    };
    let known = |slo: &&SloFeed| slo.meter.sealed().is_some_and(|sealed| sealed + Span::from_mins(1) >= through);
    state.board.slos.iter().filter(same).find(known).map_or(&feed.meter, |slo| &slo.meter)
}

/// Orders that came after the impact of all sharing incidents; absent while it lasts.
fn rebound(state: &State, incident: &Incident, stream: &RevenueStream, all: &[Interval], at: Ms) -> Option<ReboundCounts> {
    let span = stream.rebound?;
    let (first, end) = (all.first()?.from, all.last()?.to);
    incident.milestones.impact_end?;
    let part = if stream.method == StreamMethod::Seasonal { StreamPart::Loss } else { StreamPart::Orders };
    let feed = feed(state, stream, part)?;
    let over = Interval { from: end, to: end + span };
    let known = feed.meter.sealed()?.min(at).min(over.to);
    let left_out = others(state, incident).flat_map(|i| i.impact.iter().flat_map(|r| r.intervals.clone())).collect();
    let counts = Baselines::new(feed, left_out).after(Interval { to: known, ..over }, first)?;
    Some(ReboundCounts { buckets: counts.0, before: counts.1, over, complete: known >= over.to })
}

/// Other incidents, the newest first.
fn others<'a>(state: &'a State, incident: &'a Incident) -> impl Iterator<Item = &'a Arc<Incident>> {
    let all = state.incidents.iter().rev().take(LATELY);
    all.filter(move |i| i.id != incident.id && counts_with(i, incident))
}

/// Other incidents whose recorded impact covers minutes of this one's on a stream of both.
pub(super) fn neighbours<'a>(state: &'a State, incident: &'a Incident) -> impl Iterator<Item = &'a Arc<Incident>> {
    let own = incident.impact.as_ref().map_or(&[][..], |r| r.intervals.as_slice());
    let streams = state.book.business.iter().flat_map(|b| &b.streams).filter(|s| concerns(s, incident)).collect::<Vec<_>>();
    others(state, incident).filter(move |i| {
        let theirs = i.impact.as_ref().map_or(&[][..], |r| r.intervals.as_slice());
        meet(own, theirs) && streams.iter().any(|s| concerns(s, i))
    })
}

fn meet(a: &[Interval], b: &[Interval]) -> bool {
    a.iter().any(|x| b.iter().any(|y| x.from < y.to && y.from < x.to))
}

/// The incident and all those that share minutes of the stream with it or with one another, by number.
fn cluster(state: &State, incident: &Incident, stream: &RevenueStream, own: &[Interval], at: Ms) -> Vec<Member> {
    let stretches = |i: &Arc<Incident>| match (&i.impact, i.phase.is_live()) {
        (Some(recorded), false) => recorded.intervals.clone(),
        _ => harm::impact(state, i, at).intervals().to_vec(),
    };
    let name = |i: &Incident| -> Text { i.id.to_string().into() };
    let near = others(state, incident).filter(|i| concerns(stream, i));
    let mut left: Vec<Member> = near.map(|i| (name(i), stretches(i))).collect();
    let mut found: Vec<Member> = vec![(name(incident), own.to_vec())];
    while let Some(i) = left.iter().position(|(_, list)| found.iter().any(|(_, known)| meet(list, known))) {
        found.push(left.swap_remove(i));
    }
    found.sort();
    found
}

/// What each of a cluster bears: what it lost, minutes that several cover split between them. Absent without company.
fn share(state: &State, feed: &StreamFeed, incident: &Incident, cluster: &[Member]) -> Option<Share> {
    if cluster.len() < 2 {
        return None;
    }
    let bounds: BTreeSet<Ms> = cluster.iter().flat_map(|(_, list)| list.iter().flat_map(|i| [i.from, i.to])).collect();
    let bounds: Vec<Ms> = bounds.into_iter().collect();
    let mut parts: Vec<(Text, Decimal)> = cluster.iter().map(|(id, _)| (id.clone(), Decimal::ZERO)).collect();
    let mut whole = Decimal::ZERO;
    for pair in bounds.windows(2) {
        let stretch = Interval { from: pair[0], to: pair[1] };
        let covers = |(_, list): &Member| list.iter().any(|i| i.from <= stretch.from && stretch.to <= i.to);
        let members: Vec<usize> = (0..cluster.len()).filter(|i| covers(&cluster[*i])).collect();
        if members.is_empty() {
            continue;
        }
        let lost = weight(state, feed, stretch)?;
        whole += lost;
        for i in &members {
            parts[*i].1 += lost / Decimal::from(members.len());
        }
    }
    Some(Share { own: incident.id.to_string().into(), parts, whole })
}

/// How much of a loss a stretch stands for: its failed transactions, its sessions, or (against a baseline) its length.
fn weight(state: &State, feed: &StreamFeed, stretch: Interval) -> Option<Decimal> {
    let counted = |meter: &Meter| measure(meter.tracks().iter(), &[stretch]);
    match feed.stream.method {
        StreamMethod::FailedTransactions => exact(counted(best_meter(state, feed, stretch.to)).bad),
        StreamMethod::Excess => exact(counted(&feed.meter).bad),
        StreamMethod::Conversion => exact(counted(&feed.meter).total?),
        StreamMethod::Seasonal => Some(Decimal::from(stretch.span().0)),
    }
}
