//! Signals: expressions that rules ask beside their SLIs, each read once however many rules look at it.
//!
//! Deliberately absent: what a rule makes of them (see `judge`).

use super::board::{SloFeed, burn};
use crate::domain::base::{Labels, Ms, Span, Text};
use crate::domain::judge::Beside;
use crate::domain::measure::{Meter, MeterSpec, Side, Track};
use crate::domain::objective::slo::VALUES_KEPT;
use crate::domain::objective::{BreachRule, Confirm, Level, Signal, Slo};
use std::sync::Arc;

/// An expression with its recent values.
#[derive(Debug)]
pub struct SignalFeed {
    /// The expression.
    pub signal: Signal,
    /// Its values.
    pub meter: Meter,
}

impl SignalFeed {
    fn new(signal: &Signal, source: Option<&Text>, average: Span, step: Span) -> Self {
        // Every value is on the good side: only the values are wanted. Infinity is a data error, so nothing reaches it.
        let level = if signal.side == Side::Below { f64::INFINITY } else { f64::NEG_INFINITY };
        let spec = MeterSpec {
            source: source.cloned(),
            step,
            period: average + Span::from_hours(1),
            good: Some((signal.side, level)),
            values_kept: VALUES_KEPT,
            ..MeterSpec::new(signal.plan.clone())
        };
        Self { signal: signal.clone(), meter: Meter::new(spec) }
    }

    /// Its one track.
    pub fn track(&self) -> Option<&Track> {
        self.meter.tracks().first()
    }
}

/// The expressions of all rules, each once, with the longest average that is asked of it.
pub(super) fn feeds(slos: &[Arc<Slo>], step: Span) -> Vec<SignalFeed> {
    let mut wanted: Vec<(&Signal, Option<&Text>, Span)> = Vec::new();
    for (slo, rule) in slos.iter().flat_map(|slo| slo.breach.iter().map(move |rule| (slo, rule))) {
        for signal in rule.signals() {
            let average = match &rule.level {
                Level::Spike(spike) if spike.of.as_ref() == Some(signal) => spike.average,
                _ => Span::ZERO,
            };
            let source = slo.source.as_ref();
            match wanted.iter_mut().find(|(known, of, _)| is_same(known, signal) && *of == source) {
                Some((.., longest)) => *longest = (*longest).max(average),
                None => wanted.push((signal, source, average)),
            }
        }
    }
    wanted.into_iter().map(|(signal, source, average)| SignalFeed::new(signal, source, average, step)).collect()
}

fn is_same(a: &Signal, b: &Signal) -> bool {
    a.plan == b.plan && a.side == b.side
}

/// The track of an expression that a rule of `slo` asks of the SLO's source.
pub(super) fn track_of<'a>(signals: &'a [SignalFeed], slo: &Slo, signal: &Signal) -> Option<&'a Track> {
    signals.iter().find(|feed| is_same(&feed.signal, signal) && feed.meter.spec().source == slo.source)?.track()
}

/// What the rules of a track look at beside it, at `at`.
pub(super) fn beside(slo: &Slo, group: &Labels, signals: &[SignalFeed], slos: &[SloFeed], at: Ms) -> Vec<Beside> {
    slo.breach.iter().map(|rule| of_rule(rule, (slo, group), signals, slos, at)).collect()
}

fn of_rule(rule: &BreachRule, (slo, group): (&Slo, &Labels), signals: &[SignalFeed], slos: &[SloFeed], at: Ms) -> Beside {
    let mut beside = Beside::default();
    if let Level::Spike(spike) = &rule.level
        && let Some(track) = spike.of.as_ref().and_then(|signal| track_of(signals, slo, signal))
    {
        beside.value = track.value(at, rule.over);
        beside.average = track.average(at, spike.average);
    }
    beside.confirming = match &rule.confirm {
        None => None,
        Some(Confirm::Value { signal, over, .. }) => track_of(signals, slo, signal).and_then(|track| track.value(at, *over)),
        Some(Confirm::Slo { id, over, .. }) => {
            slos.iter().find(|feed| feed.slo.id == *id).and_then(|feed| worst_burn(feed, group, at, *over))
        }
    };
    beside
}

/// The burn of the other SLO's track of the same group, else of its worst one.
fn worst_burn(feed: &SloFeed, group: &Labels, at: Ms, over: Span) -> Option<f64> {
    let tracks = feed.meter.tracks();
    let same = tracks.iter().find(|track| !group.is_empty() && track.group == *group);
    if let Some(track) = same {
        return burn(&feed.slo, track, at, over);
    }
    tracks.iter().filter_map(|track| burn(&feed.slo, track, at, over)).max_by(f64::total_cmp)
}
