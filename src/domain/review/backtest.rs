//! What a backtest found: per track the budget, what fired and what was held back; and the incidents that followed.
//!
//! Deliberately absent: running it (`jobs`), and words.

use crate::domain::base::{Labels, Ms, Severity, Span};
use crate::domain::incident::Incident;
use crate::domain::judge::{BudgetStatus, HeldBack, RuleRef, TrackState, Verdict};
use crate::domain::objective::Slo;
use std::sync::Arc;

/// A stretch of the past, judged as a watch would have judged it.
#[derive(Clone, Debug)]
pub struct Backtest {
    /// First instant judged.
    pub from: Ms,
    /// Last instant judged.
    pub to: Ms,
    /// History was read from here, so that every window was as full at `from` as the data allow.
    pub warmup_from: Ms,
    /// Everything through here is known of every SLO; absent when one of them has no sample at all.
    pub data_through: Option<Ms>,
    /// Distance of evaluations.
    pub step: Span,
    /// Tracks, in the order of SLOs and groups.
    pub tracks: Vec<TrackPast>,
    /// Incidents that had a severity, by number. Those that were live at `to` hold what was measured until then.
    pub incidents: Vec<Arc<Incident>>,
}

/// One track over the whole stretch.
#[derive(Clone, Debug)]
pub struct TrackPast {
    /// Its SLO.
    pub slo: Arc<Slo>,
    /// The group's labels; empty without `group_by`.
    pub group: Labels,
    /// Its budget as of the last instant.
    pub budget: BudgetStatus,
    /// Share of the evaluations that had data, 0..=1.
    pub coverage: f64,
    /// What fired, by time.
    pub firings: Vec<Firing>,
    /// What was true and did not fire, by time.
    pub held_back: Vec<Withheld>,
}

/// A rule that fired from one instant to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firing {
    /// The rule.
    pub rule: RuleRef,
    /// Its severity.
    pub severity: Severity,
    /// First evaluation at which it fired.
    pub from: Ms,
    /// First evaluation at which it fired no more; absent while it still fires.
    pub to: Option<Ms>,
    /// Share of the period's budget that was consumed when it began; absent when unknown.
    pub consumed_at_start: Option<f64>,
}

/// A rule that was true and was held back from one instant to another, by one cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// The rule.
    pub rule: RuleRef,
    /// Its severity.
    pub severity: Severity,
    /// First evaluation.
    pub from: Ms,
    /// First evaluation at which it was so no more; absent while it still is.
    pub to: Option<Ms>,
    /// What held it back.
    pub by: HeldBack,
}

/// Writes a track's past down, verdict by verdict. Allocates only when something begins.
#[derive(Debug)]
pub struct Chronicle {
    past: TrackPast,
    /// Places of what goes on now in `firings` and `held_back`, by rule: tiers first, breach rules after them.
    firing: Vec<Option<usize>>,
    held: Vec<Option<usize>>,
    seen: u64,
    known: u64,
}

impl Chronicle {
    /// Of a track that nothing is known of.
    pub fn new(slo: Arc<Slo>, group: Labels) -> Self {
        let rules = slo.tiers.len() + slo.breach.len();
        let (firings, held_back) = (Vec::new(), Vec::new());
        Self {
            past: TrackPast { slo, group, budget: BudgetStatus::default(), coverage: 0.0, firings, held_back },
            firing: vec![None; rules],
            held: vec![None; rules],
            seen: 0,
            known: 0,
        }
    }

    /// Takes the verdict of the next instant.
    pub fn see(&mut self, verdict: &Verdict) {
        self.seen += 1;
        self.known += u64::from(!matches!(verdict.state, TrackState::NoData | TrackState::DataError));
        let (at, consumed) = (verdict.at, verdict.budget.consumed);
        for told in &verdict.tiers {
            let severity = self.past.slo.tiers.get(told.tier).map(|t| t.severity);
            self.note(told.tier, RuleRef::Tier(told.tier), severity, told.firing, told.held_back_by, at, consumed);
        }
        let tiers = self.past.slo.tiers.len();
        for told in &verdict.breaches {
            let severity = self.past.slo.breach.get(told.rule).map(|b| b.severity);
            self.note(tiers + told.rule, RuleRef::Breach(told.rule), severity, told.firing, told.held_back_by, at, consumed);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what tiers and breach rules have in common is no type of its own")]
    fn note(
        &mut self,
        place: usize,
        rule: RuleRef,
        severity: Option<Severity>,
        fires: bool,
        by: Option<HeldBack>,
        at: Ms,
        consumed_at_start: Option<f64>,
    ) {
        let Some(severity) = severity else { return };
        match (self.firing[place], fires) {
            (None, true) => {
                self.firing[place] = Some(self.past.firings.len());
                self.past.firings.push(Firing { rule, severity, from: at, to: None, consumed_at_start });
            }
            (Some(open), false) => {
                self.past.firings[open].to = Some(at);
                self.firing[place] = None;
            }
            _ => {}
        }
        let was = self.held[place].map(|open| self.past.held_back[open].by);
        if was == by {
            return;
        }
        if let Some(open) = self.held[place].take() {
            self.past.held_back[open].to = Some(at);
        }
        if let Some(by) = by {
            self.held[place] = Some(self.past.held_back.len());
            self.past.held_back.push(Withheld { rule, severity, from: at, to: None, by });
        }
    }

    /// The past as it was seen, with the budget of the last verdict.
    pub fn end(mut self, last: &Verdict) -> TrackPast {
        self.past.budget = last.budget;
        self.past.coverage = if self.seen == 0 { 0.0 } else { self.known as f64 / self.seen as f64 };
        self.past
    }
}

impl Backtest {
    /// How many incidents reached this severity and no higher one.
    pub fn count(&self, severity: Severity) -> usize {
        self.incidents.iter().filter(|i| i.peak_severity == Some(severity)).count()
    }
}
