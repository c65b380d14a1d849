//! The error budget of the period (SEMANTICS 6).

use super::burn::Scale;
use super::kernel::burn;
use super::verdict::BudgetStatus;
use crate::domain::base::Span;
use crate::domain::measure::{Counts, Track};

/// The budget at the end of `over_period`, with the burn of the last hour telling when it will be gone.
pub(super) fn budget(scale: Scale, over_period: &Counts, over_hour: &Counts, period: Span, track: &Track) -> BudgetStatus {
    let allowed = scale.allowed(period, over_period.total);
    let seen = !scale.has_ratio() || over_period.total > 0.0;
    let share = |allowed: Option<f64>| allowed.filter(|a| seen && *a > 0.0).map(|a| over_period.bad / a);
    let consumed = share(allowed);
    let remaining = consumed.map(|consumed| 1.0 - consumed);
    let total_expected = if scale.has_ratio() { total_expected(over_period) } else { None };
    BudgetStatus {
        bad: over_period.bad,
        total: scale.has_ratio().then_some(over_period.total),
        allowed,
        consumed,
        remaining,
        exhausts_in_seconds: exhausts_in(remaining, burn(scale, Span::from_hours(1), over_hour), period),
        coverage: over_period.coverage(),
        from: over_period.from,
        period_elapsed: elapsed(over_period, period, track),
        total_expected,
        consumed_expected: if scale.has_ratio() { share(scale_allowed(scale, total_expected)) } else { consumed },
    }
}

fn scale_allowed(scale: Scale, total: Option<f64>) -> Option<f64> {
    scale.allowed(Span::ZERO, total?)
}

/// Events of a whole period with traffic as in the slices that were observed.
pub(super) fn total_expected(over_period: &Counts) -> Option<f64> {
    let coverage = over_period.coverage();
    (over_period.total > 0.0 && coverage > 0.0).then(|| over_period.total / coverage.min(1.0))
}

/// The share of the period that history reaches back, 0..=1.
fn elapsed(over_period: &Counts, period: Span, track: &Track) -> f64 {
    let known = track.history.start().map_or(Span::ZERO, |start| over_period.to.since(start));
    (known.0 as f64 / period.0.max(1) as f64).min(1.0)
}

fn exhausts_in(remaining: Option<f64>, burn: Option<f64>, period: Span) -> Option<f64> {
    let remaining = remaining?;
    if remaining <= 0.0 {
        return Some(0.0);
    }
    burn.filter(|burn| *burn > 0.0).map(|burn| remaining * period.secs_f64() / burn)
}
