//! Composite SLOs, judged from the SLOs they are made of (SEMANTICS 3 and 10).
//!
//! A composite has no target and no samples of its own. Its burn rate over a window is the worst of its members' burn rates,
//! or their mean by weight, each against its own target; so is the consumed share of its budget. A member without traffic in
//! a window is left out of the mean. A member that cannot be seen makes the whole unseen: no data never means fine.

use super::beside::{Beside, confirmed};
use super::budget::{OverPeriod, exhausts_in};
use super::burn::Scale;
use super::hold::Hold;
use super::kernel::{burn, window_spans};
use super::verdict::{
    BreachVerdict, BudgetStatus, HeldBack, Reason, ReasonCode, RuleRef, TierVerdict, TrackState, Verdict, WindowStatus,
};
use crate::domain::base::{Ms, Span};
use crate::domain::measure::{Counts, Track};
use crate::domain::objective::{Combine, Guards, Level, Mode, Slo, Tier};
use rust_decimal::prelude::ToPrimitive;

/// A composite's parts as they are at one instant.
#[derive(Clone, Debug)]
pub enum Part<'a> {
    /// An SLO with its tracks and their verdicts; of several groups the worst counts.
    One {
        /// The SLO.
        slo: &'a Slo,
        /// Its tracks.
        tracks: Vec<(&'a Track, &'a Verdict)>,
    },
    /// A composite of further parts, with their weights.
    Many {
        /// How they combine.
        how: Combine,
        /// The parts.
        parts: Vec<(f64, Part<'a>)>,
    },
}

/// What one tier reads of a part.
#[derive(Clone, Copy, Debug, Default)]
struct TierReading {
    long: Option<f64>,
    short: Option<f64>,
    is_true: bool,
    held_back_by: Option<HeldBack>,
}

impl<'a> Part<'a> {
    /// The burn rate over a window that ends at `at`; absent where no part had traffic.
    pub fn burn(&self, at: Ms, window: Span) -> Option<f64> {
        self.combined(&|slo, track, _| burn(Scale::of(slo), window, &counts(track, at, window)))
    }

    /// Combines one number of every track.
    fn combined(&self, read: &dyn Fn(&Slo, &Track, &Verdict) -> Option<f64>) -> Option<f64> {
        match self {
            Self::One { slo, tracks } => {
                tracks.iter().filter_map(|(track, verdict)| read(slo, track, verdict)).max_by(f64::total_cmp)
            }
            Self::Many { how: Combine::Worst, parts } => {
                parts.iter().filter_map(|(_, part)| part.combined(read)).max_by(f64::total_cmp)
            }
            Self::Many { how: Combine::Weighted, parts } => {
                let known = parts.iter().filter_map(|(weight, part)| Some((*weight, part.combined(read)?)));
                let (sum, weights) = known.fold((0.0, 0.0), |(sum, all), (weight, value)| (sum + weight * value, all + weight));
                (weights > 0.0).then(|| sum / weights)
            }
        }
    }

    /// Every track of every part.
    pub fn tracks(&self) -> Vec<(&'a Slo, &'a Track, &'a Verdict)> {
        match self {
            Self::One { slo, tracks } => tracks.iter().map(|(track, verdict)| (*slo, *track, *verdict)).collect(),
            Self::Many { parts, .. } => parts.iter().flat_map(|(_, part)| part.tracks()).collect(),
        }
    }

    /// A tier over this part: of the worst one part alone must be above in both windows and by its own evidence; of the mean
    /// the mean of the lower bounds must be.
    fn tier(&self, tier: &Tier, guards: &Guards, at: Ms) -> TierReading {
        match self {
            Self::Many { how: Combine::Worst, parts } => worst_of(parts.iter().map(|(_, part)| part.tier(tier, guards, at))),
            Self::One { slo, tracks } if tracks.len() > 1 => {
                let alone = |pair: &(&'a Track, &'a Verdict)| Self::One { slo, tracks: vec![*pair] };
                worst_of(tracks.iter().map(|pair| alone(pair).tier(tier, guards, at)))
            }
            _ => self.tier_of_mean(tier, guards, at),
        }
    }

    fn tier_of_mean(&self, tier: &Tier, guards: &Guards, at: Ms) -> TierReading {
        let factor = tier.factor.to_f64().unwrap_or(f64::INFINITY);
        let (long, short) = (self.burn(at, tier.long), self.burn(at, tier.short));
        let above = |value: Option<f64>| value.is_some_and(|value| value > factor);
        let is_true = above(long) && above(short);
        let held_back_by = if is_true { self.thin(tier.long, factor, guards, at) } else { None };
        TierReading { long, short, is_true, held_back_by }
    }

    fn thin(&self, window: Span, factor: f64, guards: &Guards, at: Ms) -> Option<HeldBack> {
        let bad: f64 = self.tracks().iter().map(|(_, track, _)| counts(track, at, window).bad).sum();
        if bad < guards.min_bad {
            return Some(HeldBack::MinBad);
        }
        let bound = self.combined(&|slo, track, _| {
            let counts = counts(track, at, window);
            lower_bound(Scale::of(slo), window, &counts, guards.confidence)
        });
        (guards.confidence > 0.0 && bound.is_none_or(|bound| bound <= factor)).then_some(HeldBack::Confidence)
    }
}

/// The reading of the part that fires, else of one that is true, with the highest burn rates of all.
fn worst_of(readings: impl Iterator<Item = TierReading>) -> TierReading {
    let all: Vec<TierReading> = readings.collect();
    let fires = all.iter().copied().find(|t| t.is_true && t.held_back_by.is_none());
    let shown = fires.or_else(|| all.iter().copied().find(|t| t.is_true)).unwrap_or_default();
    let max = |of: fn(&TierReading) -> Option<f64>| all.iter().filter_map(of).max_by(f64::total_cmp);
    TierReading { long: max(|t| t.long), short: max(|t| t.short), ..shown }
}

fn counts(track: &Track, at: Ms, window: Span) -> Counts {
    track.history.counts(at - window, at)
}

/// The one-sided lower bound of a burn rate, found by halving: [`Scale::confident`] falls with the level.
fn lower_bound(scale: Scale, window: Span, counts: &Counts, confidence: f64) -> Option<f64> {
    let measured = burn(scale, window, counts)?;
    if confidence <= 0.0 {
        return Some(measured);
    }
    let unit = if scale.has_ratio() { scale.budget() } else { scale.allowed(window, 0.0)? };
    let (mut low, mut high) = (0.0, measured);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if scale.confident(counts, middle * unit, confidence) { low = middle } else { high = middle }
    }
    Some(low)
}

/// Judges one composite, instant after instant.
#[derive(Clone, Debug)]
pub struct CompositeJudge {
    step: Span,
    spans: Vec<Span>,
    firing: Vec<bool>,
    holds: Vec<Hold>,
    state: Option<(TrackState, Option<Ms>)>,
}

impl CompositeJudge {
    /// A judge without memory of earlier instants, for evaluations every `step`.
    pub fn new(slo: &Slo, step: Span) -> Self {
        Self {
            step,
            spans: window_spans(slo),
            firing: vec![false; slo.tiers.len()],
            holds: vec![Hold::default(); slo.breach.len()],
            state: None,
        }
    }

    /// Judges the composite at `at`, floored to the step, from its parts, which have been judged before.
    pub fn evaluate(&mut self, slo: &Slo, part: &Part<'_>, at: Ms, beside: &[Beside], verdict: &mut Verdict) {
        let at = at.floor_to(self.step);
        verdict.at = at;
        let tracks = part.tracks();
        let state = state(&tracks);
        let since = match self.state {
            Some((known, since)) if known == state => since,
            Some(_) => Some(at),
            None => tracks.iter().filter(|(_, _, v)| v.state == state).filter_map(|(_, _, v)| v.state_since).max(),
        };
        self.state = Some((state, since));
        (verdict.state, verdict.state_since) = (state, since);
        verdict.partial = tracks.iter().any(|(_, _, v)| v.partial || is_blind(v.state));
        verdict.windows = self.spans.iter().map(|span| window(part, &tracks, at, *span)).collect();
        verdict.tiers = (0..slo.tiers.len()).map(|i| self.judge_tier(slo, part, at, i)).collect();
        verdict.breaches = (0..slo.breach.len()).map(|i| self.judge_breach(slo, part, at, i, beside)).collect();
        verdict.budget = budget(slo, part, &tracks, at);
        tell_reasons(slo, verdict);
    }

    fn judge_tier(&mut self, slo: &Slo, part: &Part<'_>, at: Ms, i: usize) -> TierVerdict {
        let read = part.tier(&slo.tiers[i], &slo.guards, at);
        let undetermined = read.long.is_none() || read.short.is_none();
        let fires = if undetermined { self.firing[i] } else { read.is_true && read.held_back_by.is_none() };
        self.firing[i] = fires;
        let observed = fires && slo.mode == Mode::Observe;
        TierVerdict {
            tier: i,
            long_burn: read.long,
            short_burn: read.short,
            is_true: read.is_true,
            firing: fires && !observed,
            undetermined,
            held_back_by: if observed { Some(HeldBack::ObserveMode) } else { read.held_back_by },
        }
    }

    fn judge_breach(&mut self, slo: &Slo, part: &Part<'_>, at: Ms, i: usize, beside: &[Beside]) -> BreachVerdict {
        let (rule, beside) = (&slo.breach[i], beside.get(i).copied().unwrap_or_default());
        let number = |d: &rust_decimal::Decimal| d.to_f64().unwrap_or(f64::INFINITY);
        let (value, level) = match &rule.level {
            Level::Burn(factor) => (part.burn(at, rule.over), number(factor)),
            Level::Spike(spike) => (beside.value, beside.average.map_or(f64::NAN, |average| average * number(&spike.times))),
            _ => (None, f64::INFINITY),
        };
        let above = value.filter(|_| !level.is_nan()).map(|value| value > level);
        let is_true = if above == Some(true) { confirmed(rule, &beside) } else { above };
        self.holds[i].push(at, is_true, self.step);
        let hold = self.holds[i];
        let held = hold.is_met(rule.hold) && hold.in_a_row() >= rule.after;
        let thin = match (&rule.level, held && is_true.is_some()) {
            (Level::Burn(_), true) => part.thin(rule.over, level, &slo.guards, at),
            (_, false) if above == Some(true) && is_true != Some(true) => Some(HeldBack::Unconfirmed),
            _ => None,
        };
        let observed = held && thin.is_none() && slo.mode == Mode::Observe;
        BreachVerdict {
            rule: i,
            value,
            level,
            at_least: false,
            is_true: is_true == Some(true),
            true_since: hold.since(),
            in_a_row: hold.in_a_row(),
            confirming: beside.confirming,
            firing: held && thin.is_none() && !observed,
            held_back_by: if observed { Some(HeldBack::ObserveMode) } else { thin },
        }
    }
}

const fn is_blind(state: TrackState) -> bool {
    matches!(state, TrackState::NoData | TrackState::DataError)
}

/// What cannot be seen in a part cannot be seen of the whole; quiet or left out is the whole only when all parts are.
fn state(tracks: &[(&Slo, &Track, &Verdict)]) -> TrackState {
    let any = |state| tracks.iter().any(|(_, _, v)| v.state == state);
    let all = |state| tracks.iter().all(|(_, _, v)| v.state == state);
    [TrackState::DataError, TrackState::NoData].into_iter().find(|state| any(*state)).unwrap_or_else(|| {
        if tracks.is_empty() {
            TrackState::NoData
        } else if all(TrackState::Excluded) {
            TrackState::Excluded
        } else if any(TrackState::Ok) {
            TrackState::Ok
        } else {
            TrackState::NoTraffic
        }
    })
}

fn window(part: &Part<'_>, tracks: &[(&Slo, &Track, &Verdict)], at: Ms, span: Span) -> WindowStatus {
    let all: Vec<Counts> = tracks.iter().map(|(_, track, _)| counts(track, at, span)).collect();
    let bad = all.iter().map(|c| c.bad).sum();
    WindowStatus {
        window: span,
        from: all.iter().map(|c| c.from).min().unwrap_or(at - span),
        bad,
        bad_low: bad,
        bad_high: bad + all.iter().map(|c| c.hidden_bad).sum::<f64>(),
        total: None,
        error_ratio: None,
        burn_rate: part.burn(at, span),
        coverage: all.iter().map(Counts::coverage).min_by(f64::total_cmp).unwrap_or(0.0),
    }
}

/// The members' budgets, each over its own period, worst or by weight.
fn budget(slo: &Slo, part: &Part<'_>, tracks: &[(&Slo, &Track, &Verdict)], at: Ms) -> BudgetStatus {
    let consumed = part.combined(&|_, _, v| v.budget.consumed);
    let expected = part.combined(&|_, _, v| v.budget.consumed_expected);
    let least = |of: fn(&BudgetStatus) -> f64| tracks.iter().map(|(_, _, v)| of(&v.budget)).min_by(f64::total_cmp).unwrap_or(0.0);
    let soonest = tracks.iter().filter_map(|(_, _, v)| v.budget.exhausts_in_seconds).min_by(f64::total_cmp);
    let remaining = consumed.map(|consumed| 1.0 - consumed);
    let exhausts = match part {
        Part::Many { how: Combine::Weighted, .. } => {
            exhausts_in(remaining, part.burn(at, Span::from_hours(1)), slo.period.span(), &OverPeriod::default())
        }
        _ => soonest,
    };
    BudgetStatus {
        bad: tracks.iter().map(|(_, _, v)| v.budget.bad).sum(),
        consumed,
        remaining,
        exhausts_in_seconds: exhausts,
        coverage: least(|b| b.coverage),
        from: tracks.iter().map(|(_, _, v)| v.budget.from).min().unwrap_or(at),
        period_elapsed: least(|b| b.period_elapsed),
        consumed_expected: expected,
        ..BudgetStatus::default()
    }
}

fn tell_reasons(slo: &Slo, verdict: &mut Verdict) {
    let tiers = verdict.tiers.iter().filter(|t| t.firing).map(|t| Reason {
        rule: RuleRef::Tier(t.tier),
        code: ReasonCode::BurnRate,
        severity: slo.tiers[t.tier].severity,
        value: t.long_burn.unwrap_or(f64::NAN),
        threshold: slo.tiers[t.tier].factor.to_f64().unwrap_or(f64::NAN),
        short_value: t.short_burn,
        confirming: None,
    });
    let breaches = verdict.breaches.iter().filter(|b| b.firing).map(|b| Reason {
        rule: RuleRef::Breach(b.rule),
        code: super::breach::code(&slo.breach[b.rule].level),
        severity: slo.breach[b.rule].severity,
        value: b.value.unwrap_or(f64::NAN),
        threshold: b.level,
        short_value: None,
        confirming: b.confirming,
    });
    let mut reasons: Vec<Reason> = tiers.chain(breaches).collect();
    reasons.sort_unstable_by_key(|reason| (std::cmp::Reverse(reason.severity), reason.rule));
    verdict.severity = reasons.first().map(|reason| reason.severity);
    verdict.reasons = reasons;
}

#[cfg(test)]
mod tests;
