//! What a backtest found: per track the budget, what fired and what was held back; and the incidents that followed.
//!
//! Deliberately absent: running it (`jobs`), and words.

use crate::domain::base::{Labels, Ms, Severity, Span};
use crate::domain::incident::Incident;
use crate::domain::judge::{BudgetStatus, HeldBack, LatencyStatus, Quantile, RuleRef, TrackState, Verdict};
use crate::domain::measure::{Counts, QuantileValue, Track};
use crate::domain::objective::Slo;
use std::sync::Arc;

/// The window whose burn the trail tells.
const TRAIL_WINDOW: Span = Span::from_hours(1);

/// Buckets are kept for so long (a meter's slack and an hour).
const KEPT: Span = Span::from_hours(2);

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
    /// Budget and burn through time; empty unless asked for.
    pub trail: Vec<TrailPoint>,
    /// Counts over the whole stretch, by today's rules; absent of rules beside them.
    pub over: Option<Counts>,
    /// Latency over the whole stretch, where that is kept (about two hours).
    pub latency: Option<LatencyStatus>,
}

/// Budget and burn over one part of the stretch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrailPoint {
    /// End of the part: the last evaluation in it.
    pub at: Ms,
    /// Share of the period's budget that was left at its end; absent when unknown.
    pub remaining: Option<f64>,
    /// The highest burn rate over an hour in it; absent when there was none.
    pub burn: Option<f64>,
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
    /// Width of the parts of the trail; zero for no trail.
    part: Span,
}

impl Chronicle {
    /// Of a track that nothing is known of.
    pub fn new(slo: Arc<Slo>, group: Labels) -> Self {
        let rules = slo.tiers.len() + slo.breach.len();
        let (firings, held_back) = (Vec::new(), Vec::new());
        Self {
            past: TrackPast {
                slo,
                group,
                budget: BudgetStatus::default(),
                coverage: 0.0,
                firings,
                held_back,
                trail: Vec::new(),
                over: None,
                latency: None,
            },
            firing: vec![None; rules],
            held: vec![None; rules],
            seen: 0,
            known: 0,
            part: Span::ZERO,
        }
    }

    /// Writes budget and burn down too, in parts of this width.
    #[must_use]
    pub fn with_trail(self, part: Span) -> Self {
        Self { part, ..self }
    }

    /// Takes the verdict of the next instant.
    pub fn see(&mut self, verdict: &Verdict) {
        self.seen += 1;
        self.past.budget = verdict.budget;
        self.known += u64::from(!matches!(verdict.state, TrackState::NoData | TrackState::DataError));
        self.follow(verdict);
        for told in &verdict.tiers {
            self.note(verdict, RuleRef::Tier(told.tier), told.firing, told.held_back_by);
        }
        for told in &verdict.breaches {
            self.note(verdict, RuleRef::Breach(told.rule), told.firing, told.held_back_by);
        }
    }

    /// Takes an instant at which the last verdict was left as it is: only time passed, and the burn rate over an hour moved.
    /// Budgets are taken from verdicts alone, so the last instant of every part needs one.
    pub fn rest(&mut self, at: Ms, state: TrackState, burn: Option<f64>) {
        self.rest_for(1, state);
        if self.part > Span::ZERO {
            self.point(TrailPoint { at, remaining: None, burn });
        }
    }

    /// Takes so many instants like that, where no trail is wanted.
    pub fn rest_for(&mut self, instants: u64, state: TrackState) {
        self.seen += instants;
        self.known += if matches!(state, TrackState::NoData | TrackState::DataError) { 0 } else { instants };
    }

    fn follow(&mut self, verdict: &Verdict) {
        if self.part > Span::ZERO {
            let burn = verdict.windows.iter().find(|w| w.window == TRAIL_WINDOW).and_then(|w| w.burn_rate);
            self.point(TrailPoint { at: verdict.at, remaining: verdict.budget.remaining, burn });
        }
    }

    fn point(&mut self, point: TrailPoint) {
        let (at, burn) = (point.at, point.burn);
        match self.past.trail.last_mut() {
            Some(last) if last.at.slice_end(self.part) == at.slice_end(self.part) => {
                let worst = last.burn.into_iter().chain(burn).reduce(f64::max);
                *last = TrailPoint { burn: worst, ..point };
            }
            _ => self.past.trail.push(point),
        }
    }

    /// The rule's place and severity; absent for one that the SLO does not have.
    fn rule(&self, rule: RuleRef) -> Option<(usize, Severity)> {
        let slo = &self.past.slo;
        match rule {
            RuleRef::Tier(i) => Some((i, slo.tiers.get(i)?.severity)),
            RuleRef::Breach(i) => Some((slo.tiers.len() + i, slo.breach.get(i)?.severity)),
        }
    }

    fn note(&mut self, verdict: &Verdict, rule: RuleRef, fires: bool, by: Option<HeldBack>) {
        let Some((place, severity)) = self.rule(rule) else { return };
        let (at, consumed_at_start) = (verdict.at, verdict.budget.consumed);
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

    /// Counts the whole stretch, and tells its latency where buckets are still kept.
    pub fn over(&mut self, track: &Track, (from, to): (Ms, Ms), scratch: &mut Vec<f64>) {
        let quantile = |q: QuantileValue| Quantile { seconds: q.seconds, at_least: q.at_least };
        self.past.over = Some(track.history.counts(from, to));
        let known = to.since(from) <= KEPT;
        let told = if known { track.quantiles([0.5, 0.95, 0.99], to, to.since(from), scratch) } else { None };
        self.past.latency = told.map(|told| told.map(quantile)).map(|[p50, p95, p99]| LatencyStatus { p50, p95, p99 });
    }

    /// The group's labels.
    pub const fn group(&self) -> &Labels {
        &self.past.group
    }

    /// The past as it was seen, with the budget of the last verdict.
    pub fn end(mut self) -> TrackPast {
        self.past.coverage = if self.seen == 0 { 0.0 } else { self.known as f64 / self.seen as f64 };
        self.past
    }
}

impl Backtest {
    /// A stretch of which nothing was judged.
    pub const fn nothing(from: Ms, to: Ms, step: Span) -> Self {
        Self { from, to, warmup_from: from, data_through: None, step, tracks: Vec::new(), incidents: Vec::new() }
    }

    /// Incidents that would have paged somebody: of P0 or P1.
    pub fn pages(&self) -> usize {
        self.count(Severity::P0) + self.count(Severity::P1)
    }

    /// How many incidents reached this severity and no higher one.
    pub fn count(&self, severity: Severity) -> usize {
        self.incidents.iter().filter(|i| i.peak_severity == Some(severity)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::{SloId, Target};
    use crate::domain::judge::TierVerdict;
    use crate::domain::measure::{Births, Count, CountedPlan, Plan};
    use crate::domain::objective::{Guards, Mode, Period, Sli, Tier};
    use rust_decimal::Decimal;

    fn slo() -> Arc<Slo> {
        let count = || Count { plus: Vec::new(), minus: Vec::new() };
        let tier =
            Tier { severity: Severity::P1, factor: Decimal::from(6), long: Span::from_hours(6), short: Span::from_mins(30) };
        Arc::new(Slo {
            id: SloId::new("shop", "answers"),
            service: "shop".into(),
            name: "answers".into(),
            description: None,
            target: Target::parse("99.9%"),
            period: Period::Rolling(Span::from_days(30)),
            sli: Sli::Events { bad: None, good: None, total: "total".into() },
            plan: Plan::Counted(CountedPlan::Events { bad: count(), total: Some(count()) }),
            source: None,
            group_by: Vec::new(),
            max_groups: crate::domain::measure::MAX_TRACKS,
            count_up_to: crate::domain::measure::COUNT_UP_TO,
            series: None,
            exclude: Vec::new(),
            budget: crate::domain::objective::BudgetMethod::Occurrences,
            tiers: vec![tier],
            breach: Vec::new(),
            guards: Guards::default(),
            births: Births::Auto,
            dedupe: Vec::new(),
            target_labels: Vec::new(),
            mode: Mode::Page,
            file: "shop.yaml".into(),
        })
    }

    /// A verdict a minute from letters: f fires, m and c are held back by `min_bad` and `confidence`, - is quiet, x has no
    /// data. The budget goes by a hundredth a minute.
    fn past(letters: &str) -> TrackPast {
        let mut chronicle = Chronicle::new(slo(), Labels::default());
        for (minute, letter) in letters.chars().enumerate() {
            let held_back_by = match letter {
                'm' => Some(HeldBack::MinBad),
                'c' => Some(HeldBack::Confidence),
                _ => None,
            };
            let firing = letter == 'f';
            let is_true = firing || held_back_by.is_some();
            let (long_burn, short_burn, undetermined) = (None, None, false);
            let tier = TierVerdict { tier: 0, long_burn, short_burn, is_true, firing, undetermined, held_back_by };
            chronicle.see(&Verdict {
                at: Ms(minute as i64 * 60_000),
                state: if letter == 'x' { TrackState::NoData } else { TrackState::Ok },
                tiers: vec![tier],
                budget: BudgetStatus { consumed: Some(minute as f64 / 100.0), ..BudgetStatus::default() },
                ..Verdict::default()
            });
        }
        chronicle.end()
    }

    fn minutes(from: Ms, to: Option<Ms>) -> (i64, Option<i64>) {
        (from.0 / 60_000, to.map(|to| to.0 / 60_000))
    }

    #[test]
    fn firings_begin_and_end_at_the_evaluations_that_show_it() {
        let past = past("-ff-f--ff");
        let told: Vec<_> = past.firings.iter().map(|f| (minutes(f.from, f.to), f.consumed_at_start)).collect();
        assert_eq!(told, [((1, Some(3)), Some(0.01)), ((4, Some(5)), Some(0.04)), ((7, None), Some(0.07))]);
        assert!(past.firings.iter().all(|f| f.severity == Severity::P1 && f.rule == RuleRef::Tier(0)));
        assert_eq!(past.budget.consumed, Some(0.08), "the last one");
    }

    #[test]
    fn another_cause_of_holding_back_is_another_stretch() {
        let past = past("mmcf-c");
        let told: Vec<_> = past.held_back.iter().map(|h| (minutes(h.from, h.to), h.by)).collect();
        let expected =
            [((0, Some(2)), HeldBack::MinBad), ((2, Some(3)), HeldBack::Confidence), ((5, None), HeldBack::Confidence)];
        assert_eq!(told, expected);
        assert_eq!(past.firings.len(), 1);
    }

    #[test]
    fn a_trail_keeps_the_peak_and_the_last_budget_of_each_part() {
        let mut chronicle = Chronicle::new(slo(), Labels::default()).with_trail(Span::from_mins(2));
        for (minute, burn) in [(1, Some(5.0)), (2, Some(3.0)), (3, None), (4, None), (5, Some(1.0))] {
            let window = crate::domain::judge::WindowStatus { window: TRAIL_WINDOW, burn_rate: burn, ..Default::default() };
            let budget = BudgetStatus { remaining: Some(1.0 - f64::from(minute) / 10.0), ..BudgetStatus::default() };
            let at = Ms(i64::from(minute) * 60_000);
            chronicle.see(&Verdict { at, windows: vec![window], budget, ..Verdict::default() });
        }
        let told: Vec<_> = chronicle.end().trail.iter().map(|p| (p.at.0 / 60_000, p.remaining, p.burn)).collect();
        assert_eq!(told, [(2, Some(0.8), Some(5.0)), (4, Some(0.6), None), (5, Some(0.5), Some(1.0))]);
    }

    #[test]
    fn evaluations_without_data_are_no_coverage() {
        assert!((past("--xx").coverage - 0.5).abs() < 1e-12);
        assert!(past("").coverage.abs() < 1e-12);
    }
}
