//! Budgets and exclusions in words: what was spent of what, in events or in time, and which time does not count.

use super::{Zone, time, units};
use crate::domain::base::{Ms, Span};
use crate::domain::judge::BudgetStatus;
use crate::domain::objective::exclusion::{Excused, within};
use crate::domain::objective::{Period, Slo};

/// `1,204 bad of 2,080 allowed`, or `2h05m bad of 16h48m allowed in 1m slices`: the unit is the budget's own.
pub fn spent(budget: &BudgetStatus) -> Option<String> {
    let allowed = budget.allowed?;
    Some(match budget.slice {
        Some(slice) => {
            let (bad, allowed) = (lasting(budget.bad, slice), lasting(allowed, slice));
            format!("{bad} bad of {allowed} allowed in {slice} slices")
        }
        None => format!("{} bad of {} allowed", units::count(budget.bad), units::count(allowed)),
    })
}

/// So many slices as a length of time: `16h48m`.
pub fn lasting(slices: f64, slice: Span) -> String {
    time::from_secs(slices * slice.secs_f64()).map_or_else(|| units::UNKNOWN.into(), time::span)
}

/// What a calendar's period has behind it and what it comes to: `month in UTC: 37.2% passed, ends 2026-04-01 00:00:00 UTC; of
/// the whole month's budget 12.0% is spent`. Nothing for rolling periods.
pub fn calendar(slo: &Slo, budget: &BudgetStatus, zone: Zone) -> Option<String> {
    let (Period::Calendar { unit, .. }, Some(until)) = (&slo.period, budget.until) else { return None };
    let whole = budget
        .consumed_expected
        .map(|share| format!("; about {} of the whole {}'s budget is spent", units::percent_auto(share), unit.name()));
    let passed = units::percent(budget.period_elapsed, 1);
    Some(format!("{}: {passed} passed, ends {}{}", slo.period, zone.full(until), whole.unwrap_or_default()))
}

/// `deploy window (anna)`
pub fn excuse(excused: &Excused<'_>) -> String {
    let author = excused.exclusion.author.as_ref().map(|who| format!(" ({who})")).unwrap_or_default();
    format!("{}{author}", excused.exclusion.reason)
}

/// The exclusion that holds at `at`: until when, and why: `deploy window (anna)`.
pub fn excluded_now(slo: &Slo, at: Ms) -> Option<(Ms, String)> {
    let now = within(&slo.exclude, at - Span(1), at, 1);
    now.first().map(|e| (e.time.to, excuse(e)))
}

/// The exclusions of `(from, to]`, the newest first, one a line: `2026-03-01 02:00:00 UTC for 2h00m: deploy window (anna)`.
pub fn exclusions(slo: &Slo, from: Ms, to: Ms, zone: Zone, most: usize) -> Vec<String> {
    let line = |e: &Excused<'_>| format!("{} for {}: {}", zone.full(e.time.from), time::span(e.time.span()), excuse(e));
    within(&slo.exclude, from, to, most).iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn budgets_are_told_in_their_own_unit() {
        let budget = BudgetStatus { bad: 125.0, allowed: Some(1008.0), ..BudgetStatus::default() };
        assert_eq!(spent(&budget).unwrap(), "125 bad of 1,008 allowed");
        let slices = BudgetStatus { slice: Some(Span::from_mins(1)), ..budget };
        assert_eq!(spent(&slices).unwrap(), "2h05m bad of 16h48m allowed in 1m slices");
        assert_eq!(spent(&BudgetStatus::default()), None);
    }
}
