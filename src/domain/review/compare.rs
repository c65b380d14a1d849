//! Two backtests of the same stretch side by side: budgets, firings and incidents by today's rules and by others.
//!
//! Deliberately absent: words.

use super::{Backtest, TrackPast};
use crate::domain::base::{Labels, Severity, SloId, Target};
use crate::domain::incident::Incident;
use std::sync::Arc;

/// What other rules would have changed.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// Tracks of either, in the order of SLOs and groups.
    pub tracks: Vec<TrackChange>,
    /// Incidents that page (P0 or P1), before and after.
    pub pages: (usize, usize),
    /// Incidents that make a ticket (P2), before and after.
    pub tickets: (usize, usize),
    /// Paging incidents of the other rules that overlap none of today's on the same service.
    pub gained: Vec<Arc<Incident>>,
    /// Paging incidents of today's rules that overlap none of the others'.
    pub lost: Vec<Arc<Incident>>,
}

/// One track by both rulebooks.
#[derive(Clone, Debug)]
pub struct TrackChange {
    /// Its SLO.
    pub slo: SloId,
    /// The group's labels.
    pub group: Labels,
    /// By today's rules; absent when they do not have it.
    pub before: Option<TrackSide>,
    /// By the other rules; absent when they do not have it.
    pub after: Option<TrackSide>,
}

/// A track by one rulebook.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackSide {
    /// The target; absent for occurrences.
    pub target: Option<Target>,
    /// Share of the budget left at the end; absent when unknown.
    pub remaining: Option<f64>,
    /// Firings of P0, P1 and P2.
    pub firings: [usize; 3],
    /// Stretches in which a true rule was held back.
    pub held_back: usize,
    /// Share of the evaluations that had data, 0..=1.
    pub coverage: f64,
}

impl TrackSide {
    fn of(past: &TrackPast) -> Self {
        let fired = |severity| past.firings.iter().filter(|f| f.severity == severity).count();
        Self {
            target: past.slo.target,
            remaining: past.budget.remaining,
            firings: Severity::ALL.map(fired),
            held_back: past.held_back.len(),
            coverage: past.coverage,
        }
    }
}

impl TrackChange {
    /// Both rulebooks give the same.
    pub fn is_same(&self) -> bool {
        self.before == self.after
    }
}

/// Compares two backtests of the same stretch.
pub fn compare(before: &Backtest, after: &Backtest) -> Comparison {
    let side = |past: &Backtest, slo: &SloId, group: &Labels| {
        past.tracks.iter().find(|t| t.slo.id == *slo && t.group == *group).map(TrackSide::of)
    };
    let mut keys: Vec<(&SloId, &Labels)> = before.tracks.iter().chain(&after.tracks).map(|t| (&t.slo.id, &t.group)).collect();
    keys.sort();
    keys.dedup();
    let tracks = keys.into_iter().map(|(slo, group)| TrackChange {
        slo: slo.clone(),
        group: group.clone(),
        before: side(before, slo, group),
        after: side(after, slo, group),
    });
    Comparison {
        tracks: tracks.collect(),
        pages: (before.pages(), after.pages()),
        tickets: (before.count(Severity::P2), after.count(Severity::P2)),
        gained: only_in(after, before),
        lost: only_in(before, after),
    }
}

/// Paging incidents of one backtest that overlap none of the other's on a service they share.
fn only_in(one: &Backtest, other: &Backtest) -> Vec<Arc<Incident>> {
    let pages = |i: &&Arc<Incident>| i.peak_severity.is_some_and(Severity::pages);
    let has = |i: &Arc<Incident>| other.incidents.iter().filter(pages).any(|o| overlap(i, o, one));
    one.incidents.iter().filter(pages).filter(|i| !has(i)).cloned().collect()
}

fn overlap(a: &Incident, b: &Incident, past: &Backtest) -> bool {
    let from = |i: &Incident| i.milestones.impact_start.or(i.milestones.detected).unwrap_or(past.from);
    let to = |i: &Incident| i.milestones.resolved.unwrap_or(past.to);
    let shared = a.services.iter().any(|(name, _)| b.services.iter().any(|(other, _)| name == other));
    shared && from(a) < to(b) && from(b) < to(a)
}
