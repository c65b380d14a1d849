//! The kernel: one track judged at one instant, in numbers, without allocating.
//!
//! A judge keeps what must be remembered between instants: running sums, which tiers fire, how long breach rules have held.
//! Live runs, replays and `status` share it. Deliberately absent: words, incidents and pages.

mod calm;

pub use calm::Lull;
use calm::TierRoom;

use super::beside::{Beside, confirmed};
use super::breach::{BreachPlan, Sources};
use super::budget::{OverPeriod, PeriodReader, budget};
use super::burn::{Scale, TierPlan, thin_evidence};
use super::hold::Hold;
use super::verdict::{
    BreachVerdict, HeldBack, LatencyStatus, Quantile, Reason, ReasonCode, RuleRef, TierVerdict, TrackState, Verdict, WindowStatus,
};
use crate::domain::base::{Ms, Severity, Span};
use crate::domain::measure::{Counts, NearEdge, QuantileValue, Slice, SliceState, Track, Window};
use crate::domain::objective::{Mode, Period, Slo};

const FIVE_MINUTES: Span = Span::from_mins(5);
const HOUR: Span = Span::from_hours(1);
/// Below this coverage of its long window a tier must show the budget spent.
const THIN: f64 = 0.9;
/// How far back the first verdict looks for the start of the present state.
const STATE_LOOKBACK: Span = Span::from_days(1);

/// Judges one track of an SLO, instant after instant.
#[derive(Clone, Debug)]
pub struct Judge {
    step: Span,
    scale: Scale,
    windows: Vec<Window>,
    counts: Vec<Counts>,
    tiers: Vec<TierPlan>,
    breaches: Vec<BreachPlan>,
    /// Tiers that fired at the last instant, modes aside.
    firing: Vec<bool>,
    holds: Vec<Hold>,
    hour: usize,
    period: PeriodReader,
    over_period: OverPeriod,
    state: Option<(TrackState, Option<Ms>)>,
    /// At the last instant nothing fired, was held back or was true.
    idle: bool,
    /// Of each tier, what its windows bear.
    rooms: Vec<TierRoom>,
    scratch: Vec<f64>,
}

impl Judge {
    /// A judge without memory of earlier instants, for evaluations every `step`.
    pub fn new(slo: &Slo, step: Span) -> Self {
        let spans = window_spans(slo);
        let at = |span: Span| spans.binary_search(&span).unwrap_or(0);
        let scale = Scale::of(slo);
        let period = slo.period.span();
        Self {
            step,
            scale,
            windows: spans.iter().map(|span| Window::new(*span)).collect(),
            counts: Vec::with_capacity(spans.len()),
            tiers: slo.tiers.iter().map(|tier| TierPlan::new(tier, scale, period, at)).collect(),
            breaches: slo.breach.iter().map(|rule| BreachPlan::new(rule, slo, scale, at)).collect(),
            firing: vec![false; slo.tiers.len()],
            holds: vec![Hold::default(); slo.breach.len()],
            hour: at(HOUR),
            period: PeriodReader::new(&slo.period, at(period)),
            over_period: OverPeriod::default(),
            state: None,
            idle: false,
            rooms: vec![TierRoom::NONE; slo.tiers.len()],
            scratch: Vec::new(),
        }
    }

    /// How long before an instant evaluations must begin so that holds are known at it.
    pub fn memory(slo: &Slo) -> Span {
        slo.breach
            .iter()
            .map(|rule| (rule.hold + rule.over).max(Span::from_mins(1) * i64::from(rule.after)))
            .max()
            .unwrap_or(Span::ZERO)
    }

    /// Evaluates every step in `[from, to)` without telling, so that the next verdict knows its past.
    pub fn warm(&mut self, slo: &Slo, track: &Track, from: Ms, to: Ms) {
        let mut unread = Verdict::default();
        let mut at = from.floor_to(self.step);
        while at < to && self.step > Span::ZERO {
            self.evaluate(slo, track, at, &mut unread);
            at = at + self.step;
        }
    }

    /// Judges the track at `at`, floored to the step. What is not sealed by then reads as no data. Rules that look beside the
    /// track miss their samples; see [`Judge::evaluate_beside`].
    pub fn evaluate(&mut self, slo: &Slo, track: &Track, at: Ms, verdict: &mut Verdict) {
        self.evaluate_beside(slo, track, at, &[], verdict);
    }

    /// The same with what the breach rules need to know of the world beside the track, in their order.
    pub fn evaluate_beside(&mut self, slo: &Slo, track: &Track, at: Ms, beside: &[Beside], verdict: &mut Verdict) {
        let at = at.floor_to(self.step);
        let near = NearEdge::new(&track.history, at);
        self.read_windows(&near, verdict);
        self.over_period = self.period.read(&slo.period, &self.counts, &track.history, at);
        verdict.at = at;
        if verdict.group != track.group {
            verdict.group = track.group.clone();
        }
        (verdict.state, verdict.state_since) = self.state(track, &near, at);
        self.judge_tiers(slo, verdict);
        self.judge_breaches(slo, track, at, beside, verdict);
        verdict.budget = budget(slo, self.scale, &self.over_period, &self.counts[self.hour], track);
        verdict.latency = self.latency(track, at);
        verdict.value = track.value(at, self.step);
        verdict.errors_never_seen = track.errors_never_seen();
        verdict.interpolated = track.is_interpolated();
        verdict.partial = near.slice().partial;
        tell_reasons(slo, self.scale, verdict);
        self.idle = verdict.tiers.iter().all(|told| !told.is_true && !told.firing && told.held_back_by.is_none());
    }

    fn read_windows(&mut self, near: &NearEdge<'_>, verdict: &mut Verdict) {
        self.counts.clear();
        verdict.windows.clear();
        for window in &mut self.windows {
            let counts = window.read_at(near);
            self.counts.push(counts);
            verdict.windows.push(window_status(self.scale, window.span(), &counts));
        }
    }

    fn state(&mut self, track: &Track, near: &NearEdge<'_>, at: Ms) -> (TrackState, Option<Ms>) {
        let now = state_of(track.sampled_slice_at(near, at), track.has_total());
        let since = match self.state {
            Some((state, since)) if state == now => since,
            Some(_) => Some(at),
            None => start_of_state(track, now, at),
        };
        self.state = Some((now, since));
        (now, since)
    }

    fn judge_tiers(&mut self, slo: &Slo, verdict: &mut Verdict) {
        verdict.tiers.clear();
        for (i, plan) in self.tiers.iter().enumerate() {
            let mut told = self.judge_tier(slo, plan, &verdict.windows, self.firing[i]);
            self.firing[i] = told.firing;
            told.tier = i;
            if slo.mode == Mode::Observe && told.firing {
                (told.firing, told.held_back_by) = (false, Some(HeldBack::ObserveMode));
            }
            verdict.tiers.push(told);
        }
    }

    fn judge_tier(&self, slo: &Slo, plan: &TierPlan, windows: &[WindowStatus], was_firing: bool) -> TierVerdict {
        let (long, short) = (&windows[plan.long], &windows[plan.short]);
        let measured = |window: &WindowStatus, counts: &Counts| {
            if self.scale.has_ratio() { window.error_ratio } else { self.scale.measured(counts) }
        };
        let over_long = measured(long, &self.counts[plan.long]);
        let over_short = measured(short, &self.counts[plan.short]);
        let is_above = |measured: Option<f64>, level: f64| measured.is_some_and(|value| value > level);
        let (long_true, short_true) = (is_above(over_long, plan.long_level), is_above(over_short, plan.short_level));
        let is_true = long_true && short_true;
        let undetermined = over_long.is_none() || over_short.is_none();
        let held_back_by = if is_true { self.held_back(slo, plan) } else { None };
        let firing = if undetermined { was_firing } else { is_true && held_back_by.is_none() };
        let no_traffic = undetermined && !firing && (long_true || short_true);
        TierVerdict {
            tier: 0,
            long_burn: long.burn_rate,
            short_burn: short.burn_rate,
            is_true,
            firing,
            undetermined,
            held_back_by: if no_traffic { Some(HeldBack::NoTraffic) } else { held_back_by },
        }
    }

    fn held_back(&self, slo: &Slo, plan: &TierPlan) -> Option<HeldBack> {
        let long = &self.counts[plan.long];
        thin_evidence(self.scale, long, plan.long_level, &slo.guards).or_else(|| {
            let young = slo.guards.young_history && self.scale.has_ratio() && long.coverage() < THIN;
            (young && !self.has_spent(long, plan.share)).then_some(HeldBack::YoungHistory)
        })
    }

    /// The bad events of the long window are that share of the budget of a whole period with traffic as it has been so far.
    fn has_spent(&self, long: &Counts, share: f64) -> bool {
        self.over_period.total_expected().is_some_and(|total| long.bad >= share * self.scale.budget() * total)
    }

    fn judge_breaches(&mut self, slo: &Slo, track: &Track, at: Ms, beside: &[Beside], verdict: &mut Verdict) {
        verdict.breaches.clear();
        for i in 0..self.breaches.len() {
            let told = self.judge_breach(slo, track, at, i, beside.get(i).copied().unwrap_or_default());
            verdict.breaches.push(told);
        }
    }

    fn judge_breach(&mut self, slo: &Slo, track: &Track, at: Ms, i: usize, beside: Beside) -> BreachVerdict {
        let (plan, rule) = (self.breaches[i], &slo.breach[i]);
        let counts = &self.counts[plan.window];
        let reading = plan.read(self.scale, &Sources { counts, track, beside, at }, &mut self.scratch);
        // A rule counts only while its second signal is past its level too.
        let is_true = match reading.is_true {
            Some(true) => confirmed(rule, &beside),
            other => other,
        };
        let hold = &mut self.holds[i];
        hold.push(at, is_true, self.step);
        let held = hold.is_met(rule.hold) && hold.in_a_row() >= rule.after;
        let held_back_by = match (held, is_true) {
            (true, Some(_)) if plan.is_guarded() => thin_evidence(self.scale, counts, plan.compared_level, &slo.guards),
            (false, _) if reading.is_true == Some(true) && is_true != Some(true) => Some(HeldBack::Unconfirmed),
            _ => None,
        };
        let observed = held && held_back_by.is_none() && slo.mode == Mode::Observe;
        BreachVerdict {
            rule: i,
            value: reading.value,
            level: reading.level,
            at_least: reading.at_least,
            is_true: is_true == Some(true),
            true_since: hold.since(),
            in_a_row: hold.in_a_row(),
            confirming: beside.confirming,
            firing: held && held_back_by.is_none() && !observed,
            held_back_by: if observed { Some(HeldBack::ObserveMode) } else { held_back_by },
        }
    }

    fn latency(&mut self, track: &Track, at: Ms) -> Option<LatencyStatus> {
        let quantile = |q: QuantileValue| Quantile { seconds: q.seconds, at_least: q.at_least };
        let [p50, p95, p99] = track.quantiles([0.5, 0.95, 0.99], at, FIVE_MINUTES, &mut self.scratch)?.map(quantile);
        Some(LatencyStatus { p50, p95, p99 })
    }
}

/// The windows of an SLO's verdicts, ascending and unique: the usual ones within the period, a rolling period itself, and
/// whatever tiers and breach rules look at.
pub fn window_spans(slo: &Slo) -> Vec<Span> {
    let period = slo.period.span();
    let usual = ["5m", "30m", "1h", "6h", "1d", "3d"].into_iter().filter_map(|text| Span::parse(text).ok());
    let mut spans: Vec<Span> = usual.filter(|span| *span <= period).chain([FIVE_MINUTES, HOUR]).collect();
    spans.extend(Some(period).filter(|_| matches!(slo.period, Period::Rolling(_))));
    spans.extend(slo.tiers.iter().flat_map(|tier| [tier.long, tier.short]));
    spans.extend(slo.breach.iter().map(|rule| rule.over));
    spans.retain(|span| *span > Span::ZERO);
    spans.sort_unstable();
    spans.dedup();
    spans
}

fn window_status(scale: Scale, window: Span, counts: &Counts) -> WindowStatus {
    WindowStatus {
        window,
        from: counts.from,
        bad: counts.bad,
        bad_low: counts.bad,
        bad_high: counts.bad + counts.hidden_bad,
        total: scale.has_ratio().then_some(counts.total),
        error_ratio: if scale.has_ratio() { counts.ratio() } else { None },
        burn_rate: burn(scale, window, counts),
        coverage: counts.coverage(),
    }
}

/// The burn rate over a window; absent without traffic, and for occurrences while nothing was observed.
pub(super) fn burn(scale: Scale, window: Span, counts: &Counts) -> Option<f64> {
    let measured = scale.measured(counts)?;
    match scale {
        Scale::Ratio(_, budget) => Some(measured / budget),
        _ => scale.allowed(window, 0.0).filter(|allowed| *allowed > 0.0).map(|allowed| measured / allowed),
    }
}

/// The state of a slice. Occurrences know no traffic: nothing happening is fine.
pub fn state_of(slice: Slice, has_total: bool) -> TrackState {
    match slice.state {
        SliceState::NoData => TrackState::NoData,
        SliceState::DataError => TrackState::DataError,
        SliceState::Excluded => TrackState::Excluded,
        SliceState::Sampled | SliceState::Between if has_total && slice.total <= 0.0 => TrackState::NoTraffic,
        SliceState::Sampled | SliceState::Between => TrackState::Ok,
    }
}

fn start_of_state(track: &Track, now: TrackState, at: Ms) -> Option<Ms> {
    let step = track.history.step();
    let mut since = at;
    while at.since(since) < STATE_LOOKBACK {
        let before = since - step;
        if state_of(track.sampled_slice(before), track.has_total()) != now {
            return Some(since);
        }
        since = before;
    }
    None
}

/// Reasons of what fires, worst first, and the severity they add up to.
fn tell_reasons(slo: &Slo, scale: Scale, verdict: &mut Verdict) {
    verdict.reasons.clear();
    for told in verdict.tiers.iter().filter(|told| told.firing) {
        let tier = &slo.tiers[told.tier];
        verdict.reasons.push(Reason {
            rule: RuleRef::Tier(told.tier),
            code: if scale.has_ratio() { ReasonCode::BurnRate } else { ReasonCode::Occurrences },
            severity: tier.severity,
            value: told.long_burn.unwrap_or(f64::NAN),
            threshold: rust_decimal::prelude::ToPrimitive::to_f64(&tier.factor).unwrap_or(f64::NAN),
            short_value: told.short_burn,
            confirming: None,
        });
    }
    for told in verdict.breaches.iter().filter(|told| told.firing) {
        let rule = &slo.breach[told.rule];
        verdict.reasons.push(Reason {
            rule: RuleRef::Breach(told.rule),
            code: super::breach::code(&rule.level),
            severity: rule.severity,
            value: told.value.unwrap_or(f64::NAN),
            threshold: told.level,
            short_value: None,
            confirming: told.confirming,
        });
    }
    verdict.reasons.sort_unstable_by_key(|reason| (std::cmp::Reverse(reason.severity), reason.rule));
    verdict.severity = verdict.reasons.first().map(|reason: &Reason| -> Severity { reason.severity });
}

#[cfg(test)]
mod tests;
