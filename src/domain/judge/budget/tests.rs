//! Tests of budgets: OpenSLO's worked example as the oracle of the three methods, calendars across summer time, exclusions.

use crate::domain::base::{CalendarUnit, Interval, Ms, SloId, Span, Target, Zone};
use crate::domain::judge::{BudgetStatus, Judge, TrackState, Verdict};
use crate::domain::measure::{
    Ask, Batch, Births, Count, CountedPlan, Detail, Exclude, MAX_TRACKS, Meter, Plan, Recurrence, Selector, Sink,
};
use crate::domain::objective::{BudgetMethod, Exclusion, Guards, Mode, Period, Sli, Slo};
use proptest::prelude::*;

const STEP: Span = Span::from_mins(1);

fn slo(target: &str, period: Period, budget: BudgetMethod) -> Slo {
    let count = |name: &str| Count { plus: vec![Selector::metric(name)], minus: Vec::new() };
    Slo {
        id: SloId::new("shop", "availability"),
        service: "shop".into(),
        name: "availability".into(),
        description: None,
        target: Target::parse(target),
        period,
        budget,
        sli: Sli::Events { bad: Some("bad".into()), good: None, total: "total".into() },
        plan: Plan::Counted(CountedPlan::Events { bad: count("bad"), total: Some(count("total")) }),
        source: None,
        group_by: Vec::new(),
        max_groups: MAX_TRACKS,
        count_up_to: crate::domain::measure::COUNT_UP_TO,
        series: None,
        exclude: Vec::new(),
        tiers: Vec::new(),
        breach: Vec::new(),
        guards: Guards::NONE,
        births: Births::FromZero,
        dedupe: Vec::new(),
        target_labels: Vec::new(),
        mode: Mode::Page,
        file: "test.yaml".into(),
    }
}

/// What the SLO's budget is at `to`, when each minute that ends in `(from, to]` had that many bad and all events; `None` for
/// a scrape that failed.
fn verdict(slo: &Slo, from: Ms, to: Ms, minute: impl Fn(Ms) -> Option<(f64, f64)>) -> Verdict {
    let mut meter = Meter::new(slo.meter_spec(STEP));
    let asks = meter.asks(from, to, Detail::Full);
    for (role, ask) in asks {
        let Ask::Raw { selector, .. } = &ask else { unreachable!() };
        let mut batch = Batch::default();
        batch.series(&crate::domain::base::Labels::new([("__name__", selector.name().unwrap())]));
        let (mut at, mut sum) = (from, 0.0);
        batch.sample(at, 0.0);
        while at < to {
            at = at + STEP;
            if let Some((bad, total)) = minute(at) {
                sum += if selector.name() == Some("bad") { bad } else { total };
                batch.sample(at, sum);
            }
        }
        meter.take(role, &batch);
    }
    meter.seal(to);
    let mut verdict = Verdict::default();
    Judge::new(slo, STEP).evaluate(slo, &meter.tracks()[0], to, &mut verdict);
    verdict
}

fn budget(slo: &Slo, from: Ms, to: Ms, minute: impl Fn(Ms) -> Option<(f64, f64)>) -> BudgetStatus {
    verdict(slo, from, to, minute).budget
}

fn at(text: &str) -> Ms {
    Ms::parse_rfc3339(text).unwrap()
}

/// Two weeks, aligned to blocks.
const FROM: Ms = Ms::from_secs(900 * 2_000_000);
const TWO_WEEKS: Span = Span::from_days(14);

/// 1,000 requests an hour, of which 1 % fail, over two weeks; in the last `attack` minutes 99 % of all requests fail.
fn attacked(attack: i64) -> impl Fn(Ms) -> Option<(f64, f64)> {
    let end = FROM + TWO_WEEKS;
    move |minute: Ms| {
        let total = 1000.0;
        let failing = if end.since(minute) < STEP * attack { 0.99 } else { 0.01 };
        Some((total * failing, total))
    }
}

fn two_weeks(method: BudgetMethod) -> Slo {
    slo("95%", Period::Rolling(TWO_WEEKS), method)
}

#[test]
fn openslo_timeslices_allow_16_hours_and_48_minutes() {
    let method = BudgetMethod::Timeslices { slice: Span::from_mins(1), good: "0.95".parse().unwrap() };
    let told = |attack| budget(&two_weeks(method), FROM, FROM + TWO_WEEKS, attacked(attack));
    let status = told(16 * 60 + 48);
    assert_eq!((status.total, status.allowed, status.bad), (Some(20_160.0), Some(1008.0), 1008.0));
    assert!(status.remaining.unwrap().abs() < 1e-9, "{status:?}");
    assert!(told(16 * 60 + 47).remaining.unwrap() > 0.0 && told(16 * 60 + 49).remaining.unwrap() < 0.0);
    assert_eq!(status.slice, Some(Span::from_mins(1)));
}

#[test]
fn openslo_ratio_timeslices_are_spent_after_822_857_minutes() {
    let method = BudgetMethod::RatioTimeslices { slice: Span::from_mins(1) };
    let left = |attack| budget(&two_weeks(method), FROM, FROM + TWO_WEEKS, attacked(attack)).remaining.unwrap();
    let (before, after) = (left(822), left(823));
    assert!(before > 0.0 && after < 0.0, "{before} {after}");
    // Between the two the budget falls evenly: where it is 0 is the figure itself.
    let spent_after = 822.0 + before / (before - after);
    assert!((spent_after - 822.857_142_857).abs() < 1e-6, "{spent_after}");
}

#[test]
fn openslo_occurrences_are_spent_after_14_155_failed_requests_of_the_attack() {
    // 336,000 ordinary requests of which 1 % fail; the attack's come on top, in the last minute.
    let end = FROM + TWO_WEEKS;
    let with = |attack: f64, failed: f64| {
        let minute = move |minute: Ms| {
            let (bad, all) = (336_000.0 / 20_160.0 * 0.01, 336_000.0 / 20_160.0);
            Some(if minute == end { (bad + failed, all + attack) } else { (bad, all) })
        };
        budget(&two_weeks(BudgetMethod::Occurrences), FROM, end, minute).remaining.unwrap()
    };
    let exact = with(14_298.0, 14_155.0);
    assert!(exact.abs() < 1e-4, "{exact}");
    assert!(with(14_297.0, 14_154.0) > with(14_299.0, 14_157.0));
    assert!(with(14_200.0, 14_058.0) > 0.0 && with(14_400.0, 14_256.0) < 0.0);
}

#[test]
fn slices_without_traffic_are_good_and_those_without_data_do_not_count() {
    let method = BudgetMethod::Timeslices { slice: Span::from_mins(5), good: "0.9".parse().unwrap() };
    let of = slo("90%", Period::Rolling(Span::from_days(1)), method);
    let to = FROM + Span::from_hours(4);
    // An hour each: good, bad, quiet, without any scrape.
    let status = budget(&of, FROM, to, |minute| match minute.since(FROM).0 - 1 {
        t if t < 3_600_000 => Some((0.0, 10.0)),
        t if t < 7_200_000 => Some((5.0, 10.0)),
        t if t < 10_800_000 => Some((0.0, 0.0)),
        _ => None,
    });
    assert_eq!((status.bad, status.no_traffic_slices), (12.0, 12));
    let counted = status.total.unwrap();
    // A silence is told from a late scrape only after a while, which may count one slice more.
    assert!((36.0..=38.0).contains(&counted), "{counted}");
    assert_eq!(status.total_expected, Some(288.0));
    assert!((status.consumed_expected.unwrap() - 12.0 / 28.8).abs() < 1e-9);
}

#[test]
fn a_calendar_month_counts_from_its_first_midnight_in_its_zone_across_summer_time() {
    let berlin = Period::Calendar { unit: CalendarUnit::Month, zone: Zone::parse("Europe/Berlin").unwrap() };
    let of = slo("99%", berlin, BudgetMethod::Occurrences);
    let start = at("2026-02-28T23:00:00Z");
    let now = at("2026-03-20T12:00:00Z");
    let minute = |minute: Ms| Some(if minute > start { (0.5, 100.0) } else { (100.0, 100.0) });
    let status = budget(&of, at("2026-02-15T00:00:00Z"), now, minute);
    assert_eq!((status.from, status.until), (start, Some(at("2026-03-31T22:00:00Z"))));
    let minutes = now.since(start).0 as f64 / 60_000.0;
    assert_eq!((status.bad, status.total), (minutes * 0.5, Some(minutes * 100.0)));
    assert_eq!(status.remaining, Some(0.5));
    // March is an hour short there.
    let whole = 31.0 * 1440.0 - 60.0;
    assert!((status.period_elapsed - minutes / whole).abs() < 1e-12);
    assert!((status.total_expected.unwrap() - whole * 100.0).abs() < 1.0);
    assert!((status.consumed_expected.unwrap() - 0.5 * minutes / whole).abs() < 1e-9);
    // At half the budget's rate it lasts beyond the month's end: nothing to say.
    assert_eq!(status.exhausts_in_seconds, None);
}

#[test]
fn a_calendar_budget_that_goes_before_its_period_ends_says_when() {
    let utc = Period::Calendar { unit: CalendarUnit::Week, zone: Zone::UTC };
    let of = slo("99%", utc, BudgetMethod::Occurrences);
    let (monday, now) = (at("2026-03-02T00:00:00Z"), at("2026-03-03T00:00:00Z"));
    let burst = now - Span::from_hours(1);
    let minute = |minute: Ms| Some(if minute > burst { (10.0, 100.0) } else { (0.0, 100.0) });
    let status = budget(&of, monday, now, minute);
    let left = 1.0 - 600.0 / (0.01 * 144_000.0);
    assert!((status.remaining.unwrap() - left).abs() < 1e-12);
    // 10 times the rate that would last the week: remaining * P / burn.
    assert!((status.exhausts_in_seconds.unwrap() - left * 7.0 * 86_400.0 / 10.0).abs() < 1e-3);
    // The first second of a new week has nothing to divide by.
    let fresh = budget(&of, monday - Span::from_days(7), monday + STEP, |_| Some((0.0, 100.0)));
    assert_eq!((fresh.from, fresh.total), (monday, Some(100.0)));
    // The week before says how much traffic a week has.
    assert!((fresh.total_expected.unwrap() - 7.0 * 144_000.0).abs() < 7.0 * 1_440.0, "{:?}", fresh.total_expected);
}

#[test]
fn one_failure_at_the_start_of_a_month_is_not_the_months_budget() {
    let of = slo("99.9%", Period::Calendar { unit: CalendarUnit::Month, zone: Zone::UTC }, BudgetMethod::Occurrences);
    let start = at("2026-03-01T00:00:00Z");
    let minute = |minute: Ms| Some((if minute == start + STEP * 5 { 1.0 } else { 0.0 }, 10.0));
    let status = budget(&of, start - Span::from_days(28), start + STEP * 10, minute);
    assert!(status.consumed.unwrap() > 9.0);
    assert!(status.consumed_expected.unwrap() < 0.01, "{status:?}");
}

#[test]
fn a_whole_quarter_is_kept() {
    let of = slo("99%", Period::Calendar { unit: CalendarUnit::Quarter, zone: Zone::UTC }, BudgetMethod::Occurrences);
    let (start, end) = (at("2026-07-01T00:00:00Z"), at("2026-10-01T00:00:00Z"));
    let status = budget(&of, start, end, |_| Some((0.0, 1.0)));
    assert_eq!((status.from, status.until, status.total), (start, Some(end), Some(92.0 * 1440.0)));
    assert_eq!((status.coverage, status.period_elapsed), (1.0, 1.0));
}

fn once(from: Ms, to: Ms) -> Exclusion {
    Exclusion { when: Exclude::Once(Interval { from, to }), reason: "deploy".into(), author: None }
}

#[test]
fn an_exclusion_takes_its_time_out_of_both_sides_and_its_state_says_so() {
    let mut of = slo("99%", Period::Rolling(Span::from_days(7)), BudgetMethod::Occurrences);
    let (from, to) = (FROM, FROM + Span::from_days(1));
    let (broken, mended) = (to - Span::from_hours(2), to - Span::from_hours(1));
    let minute = |minute: Ms| Some(if minute > broken && minute <= mended { (100.0, 100.0) } else { (0.0, 100.0) });
    let before = budget(&of, from, to, minute);
    assert_eq!((before.bad, before.excluded), (6000.0, Span::ZERO));
    of.exclude = vec![once(broken, mended)];
    let forgiven = budget(&of, from, to, minute);
    assert_eq!((forgiven.bad, forgiven.total, forgiven.excluded), (0.0, Some(138_000.0), Span::from_hours(1)));
    // An hour less of what was seen, an hour less of what there was to see.
    assert_eq!((before.coverage, forgiven.coverage), (1440.0 / 10_080.0, 1380.0 / 10_020.0));
    let during = verdict(&of, from, mended, minute);
    assert_eq!((during.state, during.severity), (TrackState::Excluded, None));
    // Taken away again, everything reads as before.
    of.exclude.clear();
    assert_eq!(budget(&of, from, to, minute), before);
}

#[test]
fn a_recurring_exclusion_forgives_every_night() {
    let mut of = slo("99%", Period::Rolling(Span::from_days(7)), BudgetMethod::Occurrences);
    let rule = "DTSTART;TZID=Europe/Berlin:20260101T030000 RRULE:FREQ=DAILY";
    let rule = Recurrence::parse(rule, None, None, Span::from_hours(1)).unwrap();
    of.exclude = vec![Exclusion { when: Exclude::Recurring(Box::new(rule)), reason: "backup".into(), author: None }];
    // Everything fails between 02:00Z and 03:00Z: winter time's 3 o'clock; summer time begins on the 29th.
    let minute = |minute: Ms| {
        let of_day = (minute.0 - 1).rem_euclid(86_400_000) / 3_600_000;
        Some((if of_day == 2 { 1.0 } else { 0.0 }, 1.0))
    };
    let status = budget(&of, at("2026-03-20T00:00:00Z"), at("2026-03-28T00:00:00Z"), minute);
    assert_eq!((status.bad, status.excluded), (0.0, Span::from_hours(7)));
    let shifted = budget(&of, at("2026-03-22T00:00:00Z"), at("2026-03-31T00:00:00Z"), minute);
    assert_eq!((shifted.bad, shifted.excluded), (120.0, Span::from_hours(7)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A budget with an exclusion is the budget of the same events without that time; by every method.
    #[test]
    fn excluded_time_is_as_if_it_had_never_been(
        first in 0_i64..600, lasts in 1_i64..600, every in 1_i64..20, method in 0..3_u8
    ) {
        let slice = Span::from_mins(5);
        let method = match method {
            0 => BudgetMethod::Occurrences,
            1 => BudgetMethod::Timeslices { slice, good: "0.8".parse().unwrap() },
            _ => BudgetMethod::RatioTimeslices { slice },
        };
        let mut of = slo("90%", Period::Rolling(Span::from_days(1)), method);
        let to = FROM + Span::from_hours(20);
        // Whole slices, so that what is left out of time slices is the same as out of minutes.
        let out = Interval { from: FROM + slice * (first / 5), to: FROM + slice * (first / 5 + lasts / 5 + 1) };
        of.exclude = vec![once(out.from, out.to)];
        let events = |minute: Ms| {
            let n = minute.since(FROM).0 / 60_000;
            (if n % every == 0 { 2.0 } else { 0.0 }, 4.0)
        };
        let told = budget(&of, FROM, to, |minute| Some(events(minute)));
        let kept = || (1..=1200).map(|i| FROM + STEP * i).filter(|at| !(*at > out.from && *at <= out.to));
        if method == BudgetMethod::Occurrences {
            let (bad, total) = kept().map(events).fold((0.0, 0.0), |(b, t), (bad, total)| (b + bad, t + total));
            prop_assert_eq!((told.bad, told.total), (bad, Some(total)));
        } else {
            prop_assert_eq!(told.total, Some(kept().count() as f64 / 5.0));
        }
    }
}

#[test]
fn a_count_that_was_never_read_has_no_budget_to_tell() {
    let count = Count { plus: vec![Selector::metric("bad")], minus: Vec::new() };
    let sli = Sli::Occurrences { count: "bad".into(), allowed: "6".parse().unwrap(), per: Span::from_hours(1) };
    let plan = Plan::Counted(CountedPlan::Events { bad: count, total: None });
    let slo = Slo { sli, plan, ..slo("99%", Period::Rolling(Span::from_days(1)), BudgetMethod::Occurrences) };
    let (from, to) = (Ms(0), Ms(0) + Span::from_days(1));
    let unseen = verdict(&slo, from, to, |_| None).budget;
    assert_eq!((unseen.remaining, unseen.consumed, unseen.consumed_expected), (None, None, None));
    let seen = verdict(&slo, from, to, |_| Some((0.0, 0.0))).budget;
    assert_eq!((seen.remaining, seen.consumed), (Some(1.0), Some(0.0)));
}
