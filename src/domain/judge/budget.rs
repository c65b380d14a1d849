//! The error budget of the period (SEMANTICS 6): rolling or by the calendar, in events or in time slices.

use super::burn::Scale;
use super::kernel::burn;
use super::verdict::BudgetStatus;
use crate::domain::base::{Interval, Ms, Span};
use crate::domain::measure::{Counts, History, TimeSliceCounts, Track, Window};
use crate::domain::objective::{BudgetMethod, Period, Slo};

const HOUR: Span = Span::from_hours(1);
/// In the first part of a calendar period the last one tells how much traffic a whole one has.
const YOUNG: f64 = 0.1;
/// The last period tells only when so much of it is known.
const KNOWN: f64 = 0.5;

/// Reads the period's counts, instant after instant.
#[derive(Clone, Debug)]
pub(super) enum PeriodReader {
    /// One of the judge's windows.
    Rolling(usize),
    /// From the calendar's edge to now, and the whole unit before that.
    Calendar { whole: Option<Interval>, this: Box<Window>, last: Box<Window> },
}

/// The period at one instant.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OverPeriod {
    /// What was counted of it so far.
    pub(super) counts: Counts,
    /// The calendar's unit, for calendars.
    whole: Option<Interval>,
    /// Events of the unit before, where that is what tells how many there will be.
    last_total: Option<f64>,
}

impl PeriodReader {
    pub(super) fn new(period: &Period, at: usize) -> Self {
        match period {
            Period::Rolling(_) => Self::Rolling(at),
            Period::Calendar { unit, .. } => {
                let unit = || Box::new(Window::new(unit.longest()));
                Self::Calendar { whole: None, this: unit(), last: unit() }
            }
        }
    }

    /// The counts at `at`; `windows` are those of the judge's windows.
    pub(super) fn read(&mut self, period: &Period, windows: &[Counts], history: &History, at: Ms) -> OverPeriod {
        match self {
            Self::Rolling(i) => OverPeriod { counts: windows.get(*i).copied().unwrap_or_default(), ..OverPeriod::default() },
            Self::Calendar { whole, this, last } => {
                let now = whole.filter(|unit| unit.from < at && at <= unit.to).unwrap_or_else(|| period.around(at));
                *whole = Some(now);
                let counts = this.read_from(history, now.from, at);
                let young = (at.since(now.from).0 as f64) < YOUNG * now.span().0 as f64;
                let before = young.then(|| last.read_from(history, period.around(now.from).from, now.from));
                let known = before.filter(|c| c.coverage() >= KNOWN && c.total > 0.0);
                OverPeriod { counts, whole: Some(now), last_total: known.map(|c| c.total / c.coverage().min(1.0)) }
            }
        }
    }
}

impl OverPeriod {
    /// Its whole length.
    fn length(&self, period: &Period) -> Span {
        self.whole.map_or_else(|| period.span(), |whole| whole.span())
    }

    /// Share of a calendar's unit that has passed; 1 of a rolling period.
    fn passed(&self) -> f64 {
        self.whole.map_or(1.0, |whole| (self.counts.to.since(whole.from).0 as f64 / whole.span().0.max(1) as f64).min(1.0))
    }

    /// Events of a whole period: by the traffic of the slices that were observed, or the last period's while this one is young.
    pub(super) fn total_expected(&self) -> Option<f64> {
        let (total, seen) = (self.counts.total, self.counts.coverage().min(1.0) * self.passed());
        self.last_total.or_else(|| (total > 0.0 && seen > 0.0).then(|| total / seen))
    }

    /// Share of the period that has passed: of the calendar's unit, or how far back history reaches.
    fn elapsed(&self, period: &Period, track: &Track) -> f64 {
        if self.whole.is_some() {
            return self.passed();
        }
        let known = track.history.start().map_or(Span::ZERO, |start| self.counts.to.since(start));
        (known.0 as f64 / period.span().0.max(1) as f64).min(1.0)
    }
}

/// What a budget is made of, in its own unit: events, or time slices.
#[derive(Clone, Copy, Debug)]
struct Spending {
    bad: f64,
    total: Option<f64>,
    allowed: Option<f64>,
    total_expected: Option<f64>,
    allowed_expected: Option<f64>,
    burn: Option<f64>,
}

/// The budget at the end of the period, with the burn of the last hour telling when it will be gone.
pub(super) fn budget(slo: &Slo, scale: Scale, over: &OverPeriod, over_hour: &Counts, track: &Track) -> BudgetStatus {
    let counts = &over.counts;
    let length = over.length(&slo.period);
    let slices = slo.budget.slice().and_then(|_| track.time_slices(counts.from, counts.to));
    let spent = match slices {
        Some(slices) if scale.has_ratio() => in_slices(slo, scale, &slices, length, track, counts.to),
        _ => in_events(scale, over, over_hour, length),
    };
    // What nobody saw is not spent and not left: a count that was never read is no reason to call its budget whole.
    let seen = counts.coverage() > 0.0;
    let consumed = share(spent.bad, spent.allowed).filter(|_| seen);
    let remaining = consumed.map(|consumed| 1.0 - consumed);
    BudgetStatus {
        bad: spent.bad,
        total: spent.total,
        allowed: spent.allowed,
        consumed,
        remaining,
        exhausts_in_seconds: exhausts_in(remaining, spent.burn, length, over),
        coverage: counts.coverage(),
        from: counts.from,
        until: over.whole.map(|whole| whole.to),
        period_elapsed: over.elapsed(&slo.period, track),
        total_expected: spent.total_expected,
        consumed_expected: share(spent.bad, spent.allowed_expected).filter(|_| seen),
        slice: slo.budget.slice(),
        no_traffic_slices: slices.map_or(0, |slices| slices.no_traffic),
        excluded: Span(track.history.step().0 * i64::from(counts.excluded)),
    }
}

fn in_events(scale: Scale, over: &OverPeriod, over_hour: &Counts, length: Span) -> Spending {
    let counts = &over.counts;
    let has_ratio = scale.has_ratio();
    let total_expected = if has_ratio { over.total_expected() } else { None };
    let allowed = scale.allowed(length, counts.total);
    let for_whole = total_expected.and_then(|total| scale.allowed(length, total));
    Spending {
        bad: counts.bad,
        total: has_ratio.then_some(counts.total),
        allowed,
        total_expected,
        allowed_expected: if has_ratio { for_whole } else { allowed },
        burn: burn(scale, HOUR, over_hour),
    }
}

/// The same in time slices: as many are to come as the period is long, whatever the traffic.
fn in_slices(slo: &Slo, scale: Scale, over: &TimeSliceCounts, length: Span, track: &Track, at: Ms) -> Spending {
    let bad = |slices: &TimeSliceCounts| match slo.budget {
        BudgetMethod::RatioTimeslices { .. } => slices.ratios,
        _ => f64::from(slices.bad),
    };
    let whole = slo.budget.slice().map(|slice| length.0 as f64 / slice.0.max(1) as f64);
    let hour = track.time_slices(at - HOUR, at).unwrap_or_default();
    let counted = f64::from(over.counted);
    let spent_in_hour = (hour.counted > 0).then(|| bad(&hour) / (scale.budget() * f64::from(hour.counted)));
    Spending {
        bad: bad(over),
        total: Some(counted),
        allowed: Some(scale.budget() * counted),
        total_expected: whole,
        allowed_expected: whole.map(|whole| scale.budget() * whole),
        burn: spent_in_hour,
    }
}

/// Share of a budget that is there at all.
fn share(bad: f64, allowed: Option<f64>) -> Option<f64> {
    allowed.filter(|allowed| *allowed > 0.0).map(|allowed| bad / allowed)
}

/// When nothing is left, at the burn of the last hour; absent when a calendar's unit ends before that.
pub(super) fn exhausts_in(remaining: Option<f64>, burn: Option<f64>, length: Span, over: &OverPeriod) -> Option<f64> {
    let remaining = remaining?;
    if remaining <= 0.0 {
        return Some(0.0);
    }
    let seconds = burn.filter(|burn| *burn > 0.0).map(|burn| remaining * length.secs_f64() / burn)?;
    let left = over.whole.map_or(f64::INFINITY, |whole| whole.to.since(over.counts.to).secs_f64());
    (seconds <= left).then_some(seconds)
}

#[cfg(test)]
mod tests;
