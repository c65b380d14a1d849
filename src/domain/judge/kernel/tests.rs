//! Tests of the kernel: traffic as text, firings as text, and the closed forms of the field as laws.

use super::*;
use crate::domain::base::{Labels, Severity, SloId, Target, Text};
use crate::domain::measure::{Batch, Births, Count, CountedPlan, Detail, HistogramPlan, Meter, Plan, Selector, Side, Sink};
use crate::domain::objective::{BreachRule, Guards, Level, Percentile, Period, Sli, Tier};
use proptest::prelude::*;
use rust_decimal::Decimal;

const STEP: Span = Span::from_secs(15);
const T0: Ms = Ms::from_secs(900 * 2_000_000);

fn span(text: &str) -> Span {
    Span::parse(text).unwrap()
}

fn tier(severity: Severity, factor: &str, long: &str, short: &str) -> Tier {
    Tier { severity, factor: factor.parse().unwrap(), long: span(long), short: span(short) }
}

/// The tiers of google-sre for 30 days.
fn google() -> Vec<Tier> {
    vec![
        tier(Severity::P0, "14.4", "1h", "5m"),
        tier(Severity::P1, "6", "6h", "30m"),
        tier(Severity::P2, "3", "1d", "2h"),
        tier(Severity::P2, "1", "3d", "6h"),
    ]
}

fn breach(severity: Severity, level: Level, hold: &str) -> BreachRule {
    BreachRule::new(severity, level, span(hold))
}

fn number(text: &str) -> Decimal {
    text.parse().unwrap()
}

fn count(name: &str) -> Count {
    Count { plus: vec![Selector::metric(name)], minus: Vec::new() }
}

fn slo(target: &str) -> Slo {
    Slo {
        id: SloId::new("shop", "availability"),
        service: "shop".into(),
        name: "availability".into(),
        description: None,
        target: Target::parse(target),
        period: Period::Rolling(span("30d")),
        sli: Sli::Events { bad: Some("bad".into()), good: None, total: "total".into() },
        plan: Plan::Counted(CountedPlan::Events { bad: count("bad"), total: Some(count("total")) }),
        source: None,
        group_by: Vec::new(),
        max_groups: crate::domain::measure::MAX_TRACKS,
        count_up_to: crate::domain::measure::COUNT_UP_TO,
        series: None,
        exclude: Vec::new(),
        budget: crate::domain::objective::BudgetMethod::Occurrences,
        tiers: google(),
        breach: Vec::new(),
        guards: Guards::NONE,
        births: Births::Auto,
        dedupe: Vec::new(),
        target_labels: Vec::new(),
        mode: Mode::Page,
        file: "test.yaml".into(),
    }
}

/// A service whose counters go up as told, judged every step.
struct Bed {
    slo: Slo,
    meter: Meter,
    judge: Judge,
    verdict: Verdict,
    now: Ms,
    counters: Vec<(Text, f64)>,
}

impl Bed {
    fn new(slo: Slo) -> Self {
        let mut meter = Meter::new(slo.meter_spec(STEP));
        meter.begin(T0);
        let mut bed =
            Self { meter, judge: Judge::new(&slo, STEP), verdict: Verdict::default(), now: T0, counters: Vec::new(), slo };
        bed.feed(&[], 0);
        bed
    }

    /// So many steps with these increases each; `None` for no scrape at all. Samples of one series by metric name.
    fn feed(&mut self, by: &[(&str, f64)], steps: i64) {
        let asks = self.meter.asks(self.now, self.now + STEP * steps, Detail::Full);
        for (name, _) in by {
            if !self.counters.iter().any(|(known, _)| **known == **name) {
                self.counters.push(((*name).into(), 0.0));
            }
        }
        for (role, ask) in asks {
            let wanted = format!("{ask:?}");
            let mut batch = Batch::default();
            for (name, value) in self.counters.iter().filter(|(name, _)| wanted.contains(&format!("\"{}\"", base(name)))) {
                let Some((_, by)) = by.iter().find(|(n, _)| **n == **name) else { continue };
                batch.series(&series(name));
                let first = i64::from(self.now > T0);
                (first..=steps).for_each(|i| batch.sample(self.now + STEP * i, value + by * i as f64));
            }
            self.meter.take(role, &batch);
        }
        for (name, value) in &mut self.counters {
            let by = by.iter().find(|(n, _)| **n == **name).map_or(0.0, |(_, by)| *by);
            *value += by * steps as f64;
        }
        self.now = self.now + STEP * steps;
        self.meter.seal(self.now);
    }

    /// Feeds and judges every step; calls back after each.
    fn run(&mut self, by: &[(&str, f64)], steps: i64, mut each: impl FnMut(&Verdict)) {
        let (mut left, mut at) = (steps, self.now);
        while left > 0 {
            let chunk = left.min(240);
            self.feed(by, chunk);
            for _ in 0..chunk {
                at = at + STEP;
                self.judge.evaluate(&self.slo, &self.meter.tracks()[0], at, &mut self.verdict);
                each(&self.verdict);
            }
            left -= chunk;
        }
    }

    fn errors(&mut self, bad: f64, total: f64, steps: i64, each: impl FnMut(&Verdict)) {
        self.run(&[("bad", bad), ("total", total)], steps, each);
    }

    /// The steps, from 1, at which the tier fired for the first time and stopped firing again.
    fn fires(&mut self, tier: usize, bad: f64, total: f64, steps: i64) -> (Option<i64>, Option<i64>) {
        let (mut i, mut first, mut end) = (0, None, None);
        self.errors(bad, total, steps, |verdict| {
            i += 1;
            if verdict.tiers[tier].firing {
                first.get_or_insert(i);
            } else if first.is_some() {
                end.get_or_insert(i);
            }
        });
        (first, end)
    }
}

fn base(name: &str) -> &str {
    name.split('{').next().unwrap()
}

fn series(name: &str) -> Labels {
    let le = name.split_once('{').map_or("", |(_, le)| le.trim_end_matches('}'));
    Labels::new([("__name__", base(name)), ("instance", "a"), ("le", le)])
}

/// Four days without errors, then: the closed forms.
fn clean(slo: Slo) -> Bed {
    let mut bed = Bed::new(slo);
    bed.feed(&[("bad", 0.0), ("total", 2000.0)], 4 * 5760);
    bed
}

#[test]
fn detection_follows_the_closed_form_within_a_step() {
    for (percent, tiers) in
        [(100.0, [0.86, 2.16, 4.32, 4.32]), (50.0, [1.73, 4.32, 8.64, 8.64]), (15.0, [5.76, 14.4, 28.8, 28.8])]
    {
        let mut bed = clean(slo("99.9%"));
        let mut first = [None; 4];
        let mut step = 0;
        bed.errors(20.0 * percent, 2000.0, 150, |verdict| {
            step += 1;
            verdict.tiers.iter().filter(|t| t.firing).for_each(|t| {
                first[t.tier].get_or_insert(step);
            });
        });
        for (i, minutes) in tiers.into_iter().enumerate() {
            let told = f64::from(first[i].unwrap()) * 0.25;
            assert!(told > minutes - 0.005 && told <= minutes + 0.255, "{percent} %: tier {i} at {told} min, not {minutes}");
        }
    }
}

#[test]
fn the_guards_cost_a_busy_service_nothing() {
    let mut guarded = clean(Slo { guards: Guards::default(), ..slo("99.9%") });
    let mut bare = clean(slo("99.9%"));
    for tier in 0..2 {
        assert_eq!(guarded.fires(tier, 300.0, 2000.0, 100).0, bare.fires(tier, 300.0, 2000.0, 100).0, "tier {tier}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn firing_and_letting_go_follow_the_closed_forms(
        tier in 0_usize..2,
        bad in prop::sample::select(vec![40.0, 50.0, 100.0, 300.0, 1000.0, 2000.0]),
        background in prop::sample::select(vec![0.0, 1.0, 5.0]),
        burst in 1_i64..1600,
    ) {
        let mut bed = Bed::new(slo("99.9%"));
        bed.feed(&[("bad", background), ("total", 2000.0)], 4 * 240 * 7);
        let plan = &google()[tier];
        let steps = |span: Span| span.0 as f64 / STEP.0 as f64;
        let level = plan.level(Target::parse("99.9%").unwrap());
        let (long, short) = (steps(plan.long), steps(plan.short));
        let (e, e0) = (bad / 2000.0, background / 2000.0);
        prop_assume!(e > level && e0 < level);
        let (first, _) = bed.fires(tier, bad, 2000.0, burst);
        let expected = long * (level - e0) / (e - e0);
        if (burst as f64) <= expected {
            prop_assert_eq!(first, None, "a burst of {} steps fires from {} on", burst, expected);
            return Ok(());
        }
        let told = first.unwrap() as f64;
        prop_assert!(told > expected - 1e-6 && told <= expected + 1.0 + 1e-6, "fired at {}, not {}", told, expected);
        if burst as f64 >= short {
            let (_, reset) = bed.fires(tier, background, 2000.0, short as i64 + 1);
            let expected = short * (1.0 - (level - e0) / (e - e0));
            let told = reset.unwrap() as f64;
            prop_assert!(told >= expected - 1e-6 && told <= expected + 1.0 + 1e-6, "reset at {}, not {}", told, expected);
        }
    }
}

#[test]
fn exactly_at_the_level_nothing_fires() {
    for (target, factor, bad, total) in [
        ("99.9%", "14.4", 144.0, 10_000.0),
        ("99.9%", "6", 6.0, 1_000.0),
        ("99.5%", "14.4", 72.0, 1_000.0),
        ("99.95%", "1", 1.0, 2_000.0),
    ] {
        let tiers = vec![tier(Severity::P0, factor, "1h", "5m")];
        let fires = |bad: f64| {
            let mut bed = Bed::new(Slo { tiers: tiers.clone(), ..slo(target) });
            bed.fires(0, bad, total, 300).0
        };
        assert_eq!(fires(bad), None, "{target} {factor}x");
        assert_eq!(fires(bad + 1.0), Some(1), "one more in each slice fires at once without guards");
    }
}

#[test]
fn one_failure_on_ten_requests_an_hour_pages_nobody() {
    let run = |guards: Guards| {
        let mut bed = Bed::new(Slo { guards, ..slo("99.9%") });
        let mut worst = None;
        let mut hour = |bed: &mut Bed, bad: f64| {
            for i in 0..10 {
                bed.errors(if i == 0 { bad } else { 0.0 }, 1.0, 1, |v| worst = worst.max(v.severity));
                bed.errors(0.0, 0.0, 23, |v| worst = worst.max(v.severity));
            }
        };
        (0..80).for_each(|_| hour(&mut bed, 0.0));
        hour(&mut bed, 1.0);
        (0..8).for_each(|_| hour(&mut bed, 0.0));
        worst
    };
    assert_eq!(run(Guards::NONE), Some(Severity::P0), "without guards it does");
    assert_eq!(run(Guards::default()), None);
}

/// The table of the docs: how long a total outage goes unseen by the P0 tier, with the default guards.
#[test]
fn delay_of_a_total_outage_by_traffic() {
    let told = |every: i64, each: f64, guards: Guards| {
        let mut bed = Bed::new(Slo { guards, ..slo("99.9%") });
        let mut first = None;
        let mut step = 0;
        let mut go = |bed: &mut Bed, broken: bool, times: i64| {
            for _ in 0..times {
                let bad = if broken { each } else { 0.0 };
                let mut see = |v: &Verdict| {
                    step += i64::from(broken);
                    if v.tiers[0].firing && broken {
                        first.get_or_insert(step);
                    }
                };
                if every > 1 {
                    bed.errors(0.0, 0.0, every - 1, &mut see);
                }
                bed.errors(bad, each, 1, &mut see);
            }
        };
        go(&mut bed, false, 4 * 5760 / every);
        go(&mut bed, true, 480 / every);
        first.map_or("never".into(), |step| format!("{}s", step * 15))
    };
    let rows: Vec<String> = [(24, 1.0, "10/h"), (4, 1.0, "1/min"), (2, 5.0, "20/min"), (1, 15.0, "1/s"), (1, 1500.0, "100/s")]
        .into_iter()
        .map(|(every, each, name)| {
            format!("{name}: {} (without guards {})", told(every, each, Guards::default()), told(every, each, Guards::NONE))
        })
        .collect();
    insta::assert_snapshot!(rows.join("\n"), @r"
    10/h: 1080s (without guards 360s)
    1/min: 240s (without guards 60s)
    20/min: 90s (without guards 60s)
    1/s: 75s (without guards 60s)
    100/s: 60s (without guards 60s)
    ");
}

#[test]
fn a_young_history_must_show_the_budget_spent() {
    let mut bed = Bed::new(Slo { guards: Guards::default(), ..slo("99.9%") });
    let mut held = Vec::new();
    let mut step = 0;
    bed.errors(300.0, 2000.0, 60, |verdict| {
        step += 1;
        let by = verdict.tiers[0].held_back_by;
        if held.last().is_none_or(|(_, last)| *last != by) {
            held.push((step, by));
        }
    });
    // At 15 % the closed form says 5.76 min after a clean hour; a history of no length at all must not be quicker.
    assert_eq!(held, [(1, Some(HeldBack::YoungHistory)), (24, None)]);
}

#[test]
fn without_traffic_firing_stays_firing_and_idle_stays_idle() {
    let mut bed = clean(Slo { tiers: vec![tier(Severity::P0, "14.4", "1h", "5m")], ..slo("99.9%") });
    bed.errors(0.0, 0.0, 600, |v| assert!(!v.tiers[0].firing));
    assert!(bed.verdict.tiers[0].undetermined && bed.verdict.state == TrackState::NoTraffic);
    bed.errors(1000.0, 1000.0, 20, |_| {});
    assert!(bed.verdict.tiers[0].firing);
    bed.errors(0.0, 0.0, 600, |v| assert!(v.tiers[0].firing));
    bed.errors(0.0, 1000.0, 1, |_| {});
    assert!(!bed.verdict.tiers[0].firing, "good events end it");
}

#[test]
fn no_data_is_told_and_never_reads_as_fine() {
    let mut bed = clean(slo("99.9%"));
    bed.errors(1000.0, 2000.0, 40, |_| {});
    let since = bed.now + STEP;
    bed.run(&[], 400, |_| {});
    assert_eq!((bed.verdict.state, bed.verdict.tiers[0].firing), (TrackState::NoData, true), "a burning track stays so");
    assert!(bed.verdict.state_since.unwrap() <= since + STEP * 3);
    assert_eq!(bed.verdict.windows[0].coverage, 0.0);
    assert_eq!(bed.verdict.windows[0].error_ratio, None);
}

#[test]
fn observe_mode_says_what_would_fire() {
    let mut bed = clean(Slo {
        mode: Mode::Observe,
        breach: vec![breach(Severity::P0, Level::ErrorRatio(number("0.05")), "30s")],
        ..slo("99.9%")
    });
    bed.errors(2000.0, 2000.0, 20, |_| {});
    assert_eq!((bed.verdict.severity, bed.verdict.tiers[0].held_back_by), (None, Some(HeldBack::ObserveMode)));
    assert_eq!(bed.verdict.breaches[0].held_back_by, Some(HeldBack::ObserveMode));
    assert!(bed.verdict.reasons.is_empty());
}

#[test]
fn severity_is_the_highest_that_fires_and_reasons_are_worst_first() {
    let mut bed = clean(slo("99.9%"));
    bed.errors(2000.0, 2000.0, 40, |_| {});
    assert_eq!(bed.verdict.severity, Some(Severity::P0));
    let told: Vec<_> = bed.verdict.reasons.iter().map(|r| (r.severity, r.code.code(), r.threshold)).collect();
    assert_eq!(
        told,
        [
            (Severity::P0, "burn_rate", 14.4),
            (Severity::P1, "burn_rate", 6.0),
            (Severity::P2, "burn_rate", 3.0),
            (Severity::P2, "burn_rate", 1.0)
        ]
    );
    let reason = &bed.verdict.reasons[0];
    assert!((reason.value - 1000.0 * 40.0 / 240.0).abs() < 1e-6 && (reason.short_value.unwrap() - 1000.0).abs() < 1e-6);
}

#[test]
fn windows_are_the_usual_ones_and_those_of_the_rules() {
    let spans = |slo: &Slo| window_spans(slo).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    assert_eq!(spans(&slo("99.9%")), "5m 30m 1h 2h 6h 1d 3d 30d");
    let rules = vec![breach(Severity::P0, Level::ErrorRatio(number("0.05")), "30s")];
    let week = Slo { period: Period::Rolling(span("1d")), tiers: Vec::new(), breach: rules, ..slo("99.9%") };
    assert_eq!(spans(&week), "1m 5m 30m 1h 6h 1d");
}

#[test]
fn breach_rules_fire_after_their_hold_and_with_evidence_only() {
    let rules = vec![
        breach(Severity::P0, Level::ErrorRatio(number("0.05")), "30s"),
        breach(Severity::P1, Level::Burn(number("2.5")), "3m"),
    ];
    let slo = Slo { tiers: Vec::new(), breach: rules, guards: Guards::default(), ..slo("99.9%") };
    let mut bed = clean(slo.clone());
    let mut told = String::new();
    bed.errors(200.0, 2000.0, 16, |v| {
        told.push(match (v.breaches[0].is_true, v.breaches[0].firing) {
            (false, false) => '-',
            (true, false) => 't',
            (true, true) => '!',
            (false, true) => '?',
        });
    });
    // 10 % of one slice is 2.5 % of the minute, of two 5 %, which is not above it.
    assert_eq!(told, "--tt!!!!!!!!!!!!");
    assert!(bed.verdict.breaches[1].firing);
    assert_eq!(bed.verdict.severity, Some(Severity::P0));
    assert_eq!(bed.verdict.reasons[0].code, ReasonCode::ErrorRatio);
    bed.errors(0.0, 2000.0, 4, |_| {});
    assert!(!bed.verdict.breaches[0].firing && bed.verdict.breaches[0].true_since.is_none());

    let mut quiet = Bed::new(slo);
    quiet.errors(0.0, 1.0, 480, |_| {});
    quiet.errors(1.0, 1.0, 1, |_| {});
    quiet.errors(0.0, 1.0, 3, |_| {});
    assert_eq!((quiet.verdict.breaches[0].firing, quiet.verdict.breaches[0].held_back_by), (false, Some(HeldBack::MinBad)));
}

#[test]
fn what_came_over_a_gap_makes_no_hold_true() {
    let rules = vec![breach(Severity::P0, Level::ErrorRatio(number("0.05")), "0s")];
    let mut bed = Bed::new(Slo { tiers: Vec::new(), breach: rules, ..slo("99.9%") });
    bed.errors(0.0, 100.0, 400, |_| {});
    bed.run(&[], 20, |_| {});
    bed.counters[0].1 += 500.0;
    bed.counters[1].1 += 2000.0;
    bed.errors(0.0, 100.0, 1, |_| {});
    let minute = bed.verdict.windows[0];
    assert_eq!((minute.bad, minute.coverage), (500.0, 0.0), "counted, at the later sample");
    assert!(!bed.verdict.breaches[0].is_true && !bed.verdict.breaches[0].firing);
    bed.errors(50.0, 100.0, 1, |_| {});
    assert!(bed.verdict.breaches[0].firing, "what came regularly is enough by itself");
}

#[test]
fn a_single_instant_needs_the_minutes_before_it() {
    let rules = vec![breach(Severity::P1, Level::ErrorRatio(number("0.01")), "2m")];
    let slo = Slo { breach: rules, ..slo("99.9%") };
    let mut bed = clean(slo.clone());
    bed.errors(100.0, 2000.0, 20, |_| {});
    let track = &bed.meter.tracks()[0];
    let mut alone = Judge::new(&slo, STEP);
    let mut verdict = Verdict::default();
    alone.evaluate(&slo, track, bed.now, &mut verdict);
    assert!(!verdict.breaches[0].firing);
    let mut warmed = Judge::new(&slo, STEP);
    warmed.warm(&slo, track, bed.now - Judge::memory(&slo), bed.now);
    warmed.evaluate(&slo, track, bed.now, &mut verdict);
    assert!(verdict.breaches[0].firing);
    assert_eq!(verdict.severity, bed.verdict.severity);
}

#[test]
fn the_budget_is_counted_in_events() {
    let mut bed = Bed::new(Slo { period: Period::Rolling(span("1d")), ..slo("99.9%") });
    bed.errors(0.0, 100.0, 5520, |_| {});
    bed.errors(1.2, 100.0, 240, |_| {});
    let budget = &bed.verdict.budget;
    // 576,000 events leave 576; 288 are gone. The last hour burnt 12 times, so the other half lasts a 24th of a day.
    assert_eq!(budget.total, Some(576_000.0));
    assert!((budget.bad - 288.0).abs() < 1e-2 && (budget.allowed.unwrap() - 576.0).abs() < 1e-9);
    assert!((budget.consumed.unwrap() - 0.5).abs() < 1e-4 && (budget.remaining.unwrap() - 0.5).abs() < 1e-4);
    assert!((budget.exhausts_in_seconds.unwrap() - 3600.0).abs() < 1.0);
    assert_eq!((budget.coverage, budget.period_elapsed), (1.0, 1.0));
    bed.errors(100.0, 100.0, 4, |_| {});
    assert!(bed.verdict.budget.remaining.unwrap() < 0.5);
    bed.errors(100.0, 100.0, 40, |_| {});
    assert!(bed.verdict.budget.remaining.unwrap() < 0.0);
    assert_eq!(bed.verdict.budget.exhausts_in_seconds, Some(0.0));
}

#[test]
fn a_budget_without_traffic_or_burn_is_unknown_not_zero() {
    let mut bed = Bed::new(slo("99.9%"));
    bed.errors(0.0, 0.0, 100, |_| {});
    let budget = &bed.verdict.budget;
    assert_eq!((budget.consumed, budget.remaining, budget.exhausts_in_seconds, budget.total_expected), (None, None, None, None));
    bed.errors(0.0, 10.0, 100, |_| {});
    let budget = &bed.verdict.budget;
    assert_eq!((budget.consumed, budget.exhausts_in_seconds), (Some(0.0), None));
    bed.errors(1.0, 10.0, 1, |_| {});
    let budget = &bed.verdict.budget;
    // 1 of 1,010 in 201 of 172,800 slices: a whole period would see 868,298, so one failure spends 0.115 % of
    // its 868 (the far edge of the period is floored to a quarter of an hour, which is 0.035 % of it at most).
    assert!((budget.total_expected.unwrap() - 1010.0 * 172_800.0 / 201.0).abs() < 869.0, "{budget:?}");
    assert!((budget.consumed_expected.unwrap() - 1.0 / 868.298).abs() < 1e-6, "{budget:?}");
    assert!(budget.consumed.unwrap() > 0.9);
}

#[test]
fn occurrences_burn_what_is_allowed() {
    let sli = Sli::Occurrences { count: "resizes".into(), allowed: number("6"), per: span("1h") };
    let plan = Plan::Counted(CountedPlan::Events { bad: count("resizes"), total: None });
    let tiers = vec![tier(Severity::P1, "2", "1h", "5m")];
    let guards = Guards { young_history: false, ..Guards::default() };
    let mut bed = Bed::new(Slo { target: None, sli, plan, tiers, guards, ..slo("99%") });
    bed.run(&[("resizes", 0.0)], 480, |v| assert_eq!(v.state, TrackState::Ok));
    let verdict = &bed.verdict;
    assert_eq!((verdict.budget.allowed, verdict.budget.total, verdict.budget.consumed), (Some(4320.0), None, Some(0.0)));
    // 12 an hour is burn 2; the Poisson bound of 19 (12.4) is the first above 12.
    let mut seen = Vec::new();
    bed.run(&[("resizes", 1.0)], 24, |v| seen.push((v.tiers[0].is_true, v.tiers[0].firing, v.tiers[0].held_back_by)));
    let first = |what: fn(&(bool, bool, Option<HeldBack>)) -> bool| seen.iter().position(what).map(|i| i + 1);
    assert_eq!(first(|s| s.0), Some(13));
    assert_eq!(first(|s| s.1), Some(19));
    assert_eq!(seen[12].2, Some(HeldBack::Confidence));
    assert_eq!(bed.verdict.windows[2].burn_rate, Some(4.0));
    assert_eq!((bed.verdict.windows[2].error_ratio, bed.verdict.windows[2].total), (None, None));
    assert_eq!(bed.verdict.reasons[0].code, ReasonCode::Occurrences);
}

#[test]
fn latency_quantiles_and_their_breach_rules() {
    let sli = Sli::Latency { histogram: "t".into(), under_seconds: number("0.25"), interpolate: false };
    let plan = HistogramPlan { buckets: Selector::metric("t_bucket"), under_seconds: number("0.25"), interpolate: false };
    let rules = vec![
        breach(Severity::P0, Level::QuantileTimes(Percentile::P99, number("3")), "30s"),
        breach(Severity::P1, Level::QuantileSeconds(Percentile::P99, number("1")), "0s"),
    ];
    let plan = Plan::Counted(CountedPlan::Histogram(plan));
    let mut bed = Bed::new(Slo { sli, plan, breach: rules, tiers: Vec::new(), ..slo("99%") });
    let traffic = |quick: f64, slow: f64, all: f64| {
        [("t_bucket{0.1}", quick), ("t_bucket{0.25}", quick), ("t_bucket{1}", slow), ("t_bucket{+Inf}", all)]
    };
    bed.run(&traffic(100.0, 100.0, 100.0), 40, |_| {});
    assert_eq!((bed.verdict.latency.unwrap().p50.seconds, bed.verdict.breaches[0].is_true), (0.05, false));
    bed.run(&traffic(95.0, 100.0, 100.0), 1, |_| {});
    bed.run(&traffic(95.0, 100.0, 100.0), 6, |_| {});
    let p99 = bed.verdict.breaches[0].value.unwrap();
    assert!((p99 - (0.25 + 0.75 * 0.8)).abs() < 1e-6, "{p99}");
    assert!(bed.verdict.breaches[0].firing && !bed.verdict.breaches[1].is_true);
    bed.run(&traffic(0.0, 0.0, 100.0), 4, |_| {});
    assert_eq!((bed.verdict.breaches[0].value, bed.verdict.breaches[0].at_least), (Some(1.0), true));
    assert!(!bed.verdict.breaches[1].is_true, "at least 1 s is not above 1 s");
    assert_eq!(bed.verdict.reasons[0].code, ReasonCode::LatencyP99);
}

#[test]
fn threshold_values_are_judged_by_side() {
    let sli = |side| Sli::Threshold { value: "v".into(), side, level: 0.25 };
    let ask = crate::domain::measure::AskedPlan::Value { value: "v".into() };
    let plan = Plan::Asked { ask, why: "a test".into() };
    let rules = vec![breach(Severity::P1, Level::Value(number("0.3")), "0s")];
    for (side, value, fires, bad) in [
        (Side::Below, 0.31, true, 1.0),
        (Side::Below, 0.3, false, 1.0),
        (Side::Above, 0.29, true, 0.0),
        (Side::Above, 0.2, true, 1.0),
    ] {
        let mut bed =
            Bed::new(Slo { sli: sli(side), plan: plan.clone(), breach: rules.clone(), tiers: Vec::new(), ..slo("99%") });
        let (role, _) = bed.meter.asks(T0, T0 + STEP, Detail::Full).remove(0);
        let mut batch = Batch::default();
        batch.series(&Labels::new([("__name__", "v")]));
        batch.sample(T0 + STEP, value);
        bed.meter.take(role, &batch);
        bed.meter.seal(T0 + STEP);
        bed.judge.evaluate(&bed.slo, &bed.meter.tracks()[0], T0 + STEP, &mut bed.verdict);
        assert_eq!(bed.verdict.breaches[0].firing, fires, "{side:?} {value}");
        assert_eq!((bed.verdict.budget.bad, bed.verdict.value), (bad, Some(value)), "{side:?} {value}");
    }
}

#[test]
fn a_restart_widens_the_count_not_the_verdict() {
    let mut bed = clean(slo("99.9%"));
    bed.errors(10.0, 2000.0, 8, |_| {});
    bed.counters.iter_mut().for_each(|(_, value)| *value = 0.0);
    bed.errors(10.0, 2000.0, 4, |_| {});
    let window = bed.verdict.windows[0];
    assert_eq!((window.bad, window.bad_low, window.bad_high), (120.0, 120.0, 130.0));
}

#[test]
fn judging_every_step_remembers_nothing_that_judging_anew_does_not_find() {
    let mut bed = clean(slo("99.9%"));
    bed.errors(7.0, 2000.0, 1000, |_| {});
    bed.run(&[], 30, |_| {});
    bed.errors(9.0, 2000.0, 300, |_| {});
    let mut anew = Judge::new(&bed.slo, STEP);
    let mut verdict = Verdict::default();
    anew.evaluate(&bed.slo, &bed.meter.tracks()[0], bed.now, &mut verdict);
    assert_eq!(verdict.windows, bed.verdict.windows);
    assert_eq!((verdict.budget, &verdict.tiers), (bed.verdict.budget, &bed.verdict.tiers));
    assert_eq!(verdict.state_since, bed.verdict.state_since);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn where_it_is_calm_a_verdict_says_nothing_new(
        background in prop::sample::select(vec![0.0, 0.1, 1.0, 5.0]),
        acts in prop::collection::vec(
            (prop::sample::select(vec![None, Some(0.0), Some(1.0), Some(3.0), Some(40.0), Some(900.0)]), 0.0..3.0_f64, 1_i64..90),
            1..14,
        ),
        guarded: bool,
        counted: bool,
    ) {
        let sli = Sli::Occurrences { count: "bad".into(), allowed: number("3000"), per: span("1d") };
        let plan = Plan::Counted(CountedPlan::Events { bad: count("bad"), total: None });
        let whole = slo("99.9%");
        let slo = if counted { Slo { target: None, sli, plan, ..whole } } else { whole };
        let mut bed = Bed::new(Slo { guards: if guarded { Guards::default() } else { Guards::NONE }, ..slo });
        bed.feed(&[("bad", background), ("total", 2000.0)], 2 * 5760);
        let (mut calm, mut state) = (0, TrackState::NoData);
        for (bad, traffic, steps) in acts {
            let by = bad.map_or(Vec::new(), |bad| vec![("bad", bad * traffic), ("total", 1000.0 * traffic.floor())]);
            for _ in 0..steps {
                bed.feed(&by, 1);
                let track = &bed.meter.tracks()[0];
                let told = bed.judge.is_calm(track, bed.now);
                let before = bed.judge.clone().hour_burn(track, bed.now);
                bed.judge.evaluate(&bed.slo, track, bed.now, &mut bed.verdict);
                let hour = bed.verdict.windows.iter().find(|w| w.window == HOUR).unwrap();
                prop_assert_eq!(before, hour.burn_rate);
                let nothing = bed.verdict.tiers.iter().all(|t| !t.is_true && !t.firing && t.held_back_by.is_none());
                prop_assert!(!told || nothing && bed.verdict.state == state, "{:?}", bed.verdict);
                (calm, state) = (calm + i64::from(told), bed.verdict.state);
            }
        }
        // After an hour with nothing but traffic it is calm, and stays so.
        bed.errors(0.0, 2000.0, 4 * 5760, |_| {});
        bed.feed(&[("bad", 0.0), ("total", 2000.0)], 1);
        prop_assert!(bed.judge.is_calm(&bed.meter.tracks()[0], bed.now));
    }
}
