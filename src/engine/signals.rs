//! Small series beside an incident: error ratio, latency and traffic minute by minute, from an hour before it began.

use super::board::{SloFeed, burn};
use super::harm;
use super::state::State;
use crate::domain::base::{Ms, Span, Text};
use crate::domain::incident::Incident;
use crate::domain::measure::Track;
use crate::domain::objective::{Level, Percentile, Slo};
use crate::domain::review::BurnSeries;
use crate::domain::view::{Signal, Told};
use crate::words::Words;
use rust_decimal::prelude::ToPrimitive;
use std::sync::Arc;

/// How much of the past before the incident is shown.
const BEFORE: Span = Span::from_hours(1);
/// Most points of a signal; longer incidents are told in wider steps.
const MOST_POINTS: i64 = 120;
/// Most signals of an incident.
const MOST_SIGNALS: usize = 6;

/// The signals of an incident's SLOs.
pub fn of(state: &State, incident: &Incident, at: Ms) -> Vec<Signal> {
    let Some(start) = incident.milestones.impact_start else { return Vec::new() };
    let end = incident.milestones.resolved.filter(|_| !incident.phase.is_live()).unwrap_or(at).min(at);
    let axis = Axis::new(start - BEFORE, end);
    let mine = |id| incident.services.iter().any(|(_, slos)| slos.contains(id));
    let feeds = state.board.slos.iter().filter(|f| mine(&f.slo.id));
    let mut signals: Vec<Signal> = feeds.flat_map(|f| of_feed(f, &axis)).collect();
    signals.truncate(MOST_SIGNALS);
    signals
}

/// Ends of equal windows, oldest first.
struct Axis {
    from: Ms,
    to: Ms,
    window: Span,
}

impl Axis {
    fn new(from: Ms, to: Ms) -> Self {
        let minute = Span::from_mins(1);
        let minutes = (to.since(from).0 / minute.0).max(1);
        let window = minute * ((minutes + MOST_POINTS - 1) / MOST_POINTS).max(1);
        Self { from: from.floor_to(window) + window, to: to.floor_to(window), window }
    }

    fn values(&self, read: impl Fn(Ms) -> Option<f64>) -> Arc<[f32]> {
        let mut values = Vec::new();
        let mut end = self.from;
        while end <= self.to {
            values.push(read(end).map_or(f32::NAN, |v| v as f32));
            end = end + self.window;
        }
        values.into()
    }

    fn signal(&self, name: Told, unit: &'static str, levels: Vec<(Text, f64)>, read: impl Fn(Ms) -> Option<f64>) -> Signal {
        Signal { name, unit, values: self.values(read), from: self.from, to: self.to, levels }
    }
}

fn of_feed(feed: &SloFeed, axis: &Axis) -> Vec<Signal> {
    let Some(track) = feed.meter.tracks().first() else { return Vec::new() };
    let slo = &feed.slo;
    let named = |template: &'static str| Words::both(|w| w.fill(template, &[&slo.name]));
    let window = axis.window;
    let mut out = Vec::new();
    if feed.meter.spec().has_total() && slo.sli.kind() != "threshold" {
        out.push(axis.signal(named("{} error ratio"), "ratio", ratio_levels(slo), |end| ratio(track, end, window)));
        out.push(axis.signal(named("{} requests"), "per_minute", Vec::new(), |end| per_minute(track, end, window, false)));
    } else if slo.sli.kind() == "occurrences" {
        out.push(axis.signal(named("{} count"), "per_minute", Vec::new(), |end| per_minute(track, end, window, true)));
    }
    if slo.sli.kind() == "latency" {
        let p99 = |end| track.quantiles([0.99], end, window, &mut Vec::new()).map(|[q]| q.seconds);
        out.insert(0, axis.signal(named("{} p99"), "seconds", latency_levels(slo), p99));
    }
    if slo.sli.kind() == "threshold" {
        out.push(axis.signal(named("{} value"), "value", Vec::new(), |end| track.value(end, window)));
    }
    out
}

fn ratio(track: &Track, end: Ms, window: Span) -> Option<f64> {
    track.history.counts(end - window, end).ratio()
}

fn per_minute(track: &Track, end: Ms, window: Span, bad: bool) -> Option<f64> {
    let counts = track.history.counts(end - window, end);
    let count = if bad { counts.bad } else { counts.total };
    (counts.observed > 0).then(|| count * 60.0 / window.secs_f64())
}

fn ratio_levels(slo: &Slo) -> Vec<(Text, f64)> {
    let of_rule = |rule: &crate::domain::objective::BreachRule| match &rule.level {
        Level::ErrorRatio(level) => Some((Text::from(rule.severity.name()), level.to_f64()?)),
        _ => None,
    };
    slo.breach.iter().filter_map(of_rule).collect()
}

fn latency_levels(slo: &Slo) -> Vec<(Text, f64)> {
    let crate::domain::objective::Sli::Latency { under_seconds, .. } = &slo.sli else { return Vec::new() };
    let Some(under) = under_seconds.to_f64() else { return Vec::new() };
    let of_rule = |rule: &crate::domain::objective::BreachRule| match &rule.level {
        Level::QuantileTimes(Percentile::P99, times) => Some((Text::from(rule.severity.name()), times.to_f64()? * under)),
        Level::QuantileSeconds(Percentile::P99, seconds) => Some((Text::from(rule.severity.name()), seconds.to_f64()?)),
        _ => None,
    };
    std::iter::once((Text::from("SLO"), under)).chain(slo.breach.iter().filter_map(of_rule)).collect()
}

/// Burn over 5 minutes of the SLO an incident began with, from half an hour before to a quarter after it.
pub fn burn_series(state: &State, incident: &Incident) -> Option<BurnSeries> {
    let at = state.board.at?;
    let feed = harm::first_member(state, incident)?;
    let track = feed.meter.tracks().first()?;
    let start = incident.milestones.impact_start? - Span::from_mins(30);
    let end = incident.milestones.resolved.map_or(at, |end| end + Span::from_mins(15)).min(at);
    let axis = Axis::new(start, end);
    let window = axis.window.max(Span::from_mins(5));
    let tiers = feed.slo.tiers.iter().filter(|t| t.severity.pages());
    let levels = tiers.filter_map(|t| Some((Text::from(t.severity.name()), t.factor.to_f64()?)));
    Some(BurnSeries {
        slo: feed.slo.id.clone(),
        window,
        from: axis.from,
        to: axis.to,
        values: axis.values(|end| burn(&feed.slo, track, end, window)),
        levels: levels.collect(),
    })
}
