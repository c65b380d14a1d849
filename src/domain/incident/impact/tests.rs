//! Tests of bad runs: minutes as text in, bad stretches as text out.

use super::*;
use crate::domain::base::{Labels, Severity, SloId, Target};
use crate::domain::measure::{Batch, Count, CountedPlan, Detail, Meter, Plan, Selector, Sink};
use crate::domain::objective::{Births, Guards, Mode, Period, Tier};

const STEP: Span = Span::from_secs(15);
/// A multiple of two hours, so that long buckets begin here.
const T0: Ms = Ms::from_secs(7200 * 250_000);

fn slo() -> Slo {
    let tier = |severity, factor: &str, long, short| Tier {
        severity,
        factor: factor.parse().unwrap(),
        long: Span::parse(long).unwrap(),
        short: Span::parse(short).unwrap(),
    };
    let count = |name| Count { plus: vec![Selector::metric(name)], minus: Vec::new() };
    Slo {
        id: SloId::new("shop", "availability"),
        service: "shop".into(),
        name: "availability".into(),
        description: None,
        target: Target::parse("99.9%"),
        period: Period::Rolling(Span::from_days(30)),
        sli: Sli::Events { bad: Some("bad".into()), good: None, total: "total".into() },
        plan: Plan::Counted(CountedPlan::Events { bad: count("bad"), total: Some(count("total")) }),
        source: None,
        group_by: Vec::new(),
        max_groups: crate::domain::measure::MAX_TRACKS,
        count_up_to: crate::domain::measure::COUNT_UP_TO,
        series: None,
        exclude: Vec::new(),
        budget: crate::domain::objective::BudgetMethod::Occurrences,
        tiers: vec![tier(Severity::P0, "14.4", "1h", "5m"), tier(Severity::P2, "3", "1d", "2h")],
        breach: vec![BreachRule {
            severity: Severity::P1,
            level: Level::ErrorRatio("0.3".parse().unwrap()),
            over: Span::from_mins(1),
            hold: Span::ZERO,
            after: 1,
            confirm: None,
        }],
        guards: Guards::NONE,
        births: Births::Auto,
        dedupe: Vec::new(),
        target_labels: Vec::new(),
        mode: Mode::Page,
        file: "test.yaml".into(),
    }
}

/// A character a minute, of 1,000 events a slice: `0` to `9` tens of percent are bad, `a` to `i` 1 to 9 of them; `-` no
/// traffic, `_` no scrape, while half of what goes on is bad.
fn play(slo: &Slo, minutes: &str) -> (Meter, Ms) {
    let (mut meter, batches) = played(slo, minutes);
    for (role, batch) in batches {
        meter.take(role, &batch);
    }
    let end = T0 + Span::from_mins(minutes.len() as i64);
    meter.seal(end);
    (meter, end)
}

/// A meter that was asked, and the answers.
fn played(slo: &Slo, minutes: &str) -> (Meter, Vec<(crate::domain::measure::Role, Batch)>) {
    let mut meter = Meter::new(slo.meter_spec(STEP));
    let slices = minutes.len() as i64 * 4;
    let mut batches = Vec::new();
    let (mut bad, mut total, mut points) = (0.0, 0.0, vec![Some((0.0, 0.0))]);
    for c in minutes.chars() {
        for _ in 0..4 {
            let (by, of) = match c {
                '0'..='9' => (f64::from(c as u32 - '0' as u32) * 100.0, 1000.0),
                'a'..='i' => (f64::from(c as u32 - 'a' as u32 + 1), 1000.0),
                '_' => (500.0, 1000.0),
                _ => (0.0, 0.0),
            };
            bad += by;
            total += of;
            points.push((c != '_').then_some((bad, total)));
        }
    }
    for (i, (role, _)) in meter.asks(T0, T0 + STEP * slices, Detail::Full).into_iter().enumerate() {
        let mut batch = Batch::default();
        batch.series(&Labels::new([("__name__", if i == 0 { "bad" } else { "total" }), ("instance", "a")]));
        for (k, point) in points.iter().enumerate() {
            if let Some((bad, total)) = point {
                batch.sample(T0 + STEP * k as i64, if i == 0 { *bad } else { *total });
            }
        }
        batches.push((role, batch));
    }
    (meter, batches)
}

/// Bad stretches in minutes from the first one.
fn told(intervals: &[Interval]) -> String {
    let minute = |at: Ms| at.since(T0).0 / 60_000;
    intervals.iter().map(|i| format!("{}..{}", minute(i.from), minute(i.to))).collect::<Vec<_>>().join(" ")
}

/// The run that a detection at the end belongs to.
fn check(rule: RuleRef, minutes: &str, expect: &str) {
    let slo = slo();
    let (meter, end) = play(&slo, minutes);
    let track = &meter.tracks()[0];
    let test = BucketTest::new(&slo, track, rule, end, &[]);
    assert_eq!(told(&test.run(track, end, None)), expect, "{minutes}");
}

const FAST: RuleRef = RuleRef::Tier(0);

#[test]
fn a_run_reaches_back_over_buckets_at_most_five_minutes_apart() {
    check(FAST, "00005550055", "4..7 9..11");
    check(FAST, "0550000055", "1..3 8..10");
    check(FAST, "05500000055", "9..11");
    check(FAST, "0000", "");
}

#[test]
fn a_run_never_begins_before_the_long_window() {
    check(FAST, &"5".repeat(90), "30..90");
}

#[test]
fn a_budget_that_is_spent_evenly_is_no_harm() {
    // b is one in a thousand: exactly that is not above it, two are.
    check(FAST, "aaaabbaa", "4..6");
    // A breach rule waits for 30 %, but users are hurt from b on.
    check(RuleRef::Breach(0), "0003450", "3..6");
}

#[test]
fn a_service_that_lives_near_its_budget_has_a_higher_level() {
    // Three in a thousand for a day: three times that is normal, 14.4 would page.
    let day = "c".repeat(26 * 60);
    check(FAST, &format!("{day}{}", "iicii1"), "1565..1566");
    check(FAST, &format!("{day}{}", "c1c2c"), "1561..1562 1563..1564");
}

#[test]
fn earlier_incidents_say_nothing_of_how_a_track_normally_is() {
    let slo = slo();
    let day = "0".repeat(24 * 60);
    let (meter, end) = play(&slo, &format!("5555555555{day}{}bb", "0".repeat(70)));
    let track = &meter.tracks()[0];
    let run = |left_out: &[Interval], at| told(&BucketTest::new(&slo, track, FAST, at, left_out).run(track, at, None));
    assert_eq!(run(&[], end), "1520..1522", "the incident is more than a day and the long window ago");
    let (meter, end) = play(&slo, &format!("{}5555555555{}bb", "0".repeat(23 * 60), "0".repeat(80)));
    let track = &meter.tracks()[0];
    let first = T0 + Span::from_hours(23);
    let run = |left_out: &[Interval]| told(&BucketTest::new(&slo, track, FAST, end, left_out).run(track, end, None));
    assert_eq!(run(&[]), "", "five percent in ten minutes of a day");
    assert_eq!(run(&[Interval { from: first, to: first + Span::from_mins(10) }]), "1470..1472");
}

#[test]
fn what_came_over_a_gap_makes_no_bucket_bad() {
    check(FAST, "000____000", "");
    check(FAST, "000____055", "8..10");
}

#[test]
fn without_traffic_a_bucket_is_not_bad() {
    check(FAST, "55--------", "0..2");
    check(FAST, "--------", "");
}

#[test]
fn slow_tiers_use_buckets_of_their_short_window() {
    let hours = |percent: &str, n: usize| percent.repeat(n * 60);
    // 3 b is three in a thousand, strictly.
    check(RuleRef::Tier(1), &[hours("0", 4), hours("c", 2), hours("d", 4)].concat(), "360..600");
}

#[test]
fn occurrences_are_bad_above_what_a_minute_allows() {
    let sli = Sli::Occurrences { count: "bad".into(), allowed: "6".parse().unwrap(), per: Span::from_hours(1) };
    let plan = CountedPlan::Events { bad: Count { plus: vec![Selector::metric("bad")], minus: Vec::new() }, total: None };
    let slo = Slo { target: None, sli, plan: Plan::Counted(plan), ..slo() };
    let (meter, end) = play(&slo, "00a0");
    let track = &meter.tracks()[0];
    let test = BucketTest::new(&slo, track, FAST, end, &[]);
    assert_eq!(told(&test.run(track, end, None)), "2..3", "four in a minute, of one");
}

#[test]
fn impact_is_counted_within_its_intervals_only() {
    let slo = slo();
    let (meter, end) = play(&slo, "a05500a");
    let track = &meter.tracks()[0];
    let test = BucketTest::new(&slo, track, RuleRef::Breach(0), end, &[]);
    let intervals = test.intervals(track, T0, end);
    assert_eq!(told(&intervals), "2..4");
    let record = measure(meter.tracks().iter(), &intervals);
    assert_eq!((record.bad, record.total, record.bad_low, record.bad_high), (4000.0, Some(8000.0), 4000.0, 4000.0));
    assert_eq!(record.intervals, intervals);
}

/// What is kept from call to call, against what is found from the beginning.
fn same_from_the_beginning(rule: RuleRef, minutes: &str, from: Span, every: Span) {
    let slo = slo();
    let (whole, end) = play(&slo, minutes);
    let test = BucketTest::new(&slo, &whole.tracks()[0], rule, T0 + from, &[]);
    let (mut far, mut kept) = (BadSoFar::new(test, T0 + from), Stretches::new(Span::from_mins(15)));
    let mut at = T0 + from;
    let (mut meter, batches) = played(&slo, minutes);
    for (role, batch) in batches {
        meter.take(role, &batch);
    }
    while at < end {
        at = at + every;
        meter.seal(at.min(end));
        let track = &meter.tracks()[0];
        let same = far.advance(track, at);
        kept.renew(same, far.since(same));
        assert_eq!(far.is_empty(), kept.all().is_empty());
        assert_eq!(told(kept.all()), told(&test.intervals(track, T0 + from, at)), "{rule:?} {} {minutes}", at.since(T0));
    }
}

#[test]
fn stretches_kept_from_call_to_call_are_those_found_from_the_beginning() {
    for rule in [FAST, RuleRef::Tier(1), RuleRef::Breach(0)] {
        same_from_the_beginning(rule, &"0055505a_5500--5".repeat(20), Span::from_mins(3), STEP);
    }
    // Longer than slices are kept: the oldest quarters of an hour are judged as wholes.
    let days = format!("{}{}{}", "5".repeat(200), "0005".repeat(900), "0000005500".repeat(120));
    same_from_the_beginning(FAST, &days, Span::from_mins(7), Span::from_mins(41));
}

proptest::proptest! {
    #[test]
    fn kept_or_found_anew_makes_no_difference(
        minutes in "[0159ab_-]{20,120}",
        from in 0_i64..20,
        every in 1_i64..40,
    ) {
        same_from_the_beginning(FAST, &minutes, Span::from_mins(from), STEP * every);
    }
}
