//! Tests of composites: two services with known error ratios, combined by hand.

use super::*;
use crate::domain::base::{SloId, Target};
use crate::domain::judge::Judge;
use crate::domain::measure::{Ask, Batch, Births, Count, CountedPlan, Detail, MAX_TRACKS, Meter, Plan, Selector, Sink};
use crate::domain::objective::{BudgetMethod, Composite, Period, Sli};

const STEP: Span = Span::from_secs(15);
const T0: Ms = Ms::from_secs(900 * 2_000_000);
const NOW: Ms = Ms::from_secs(900 * 2_000_000 + 6 * 3600);

fn slo(name: &str, target: &str, sli: Sli) -> Slo {
    let count = |name: &str| Count { plus: vec![Selector::metric(name)], minus: Vec::new() };
    Slo {
        id: SloId::new("shop", name),
        service: "shop".into(),
        name: name.into(),
        description: None,
        target: Target::parse(target),
        period: Period::Rolling(Span::from_days(1)),
        budget: BudgetMethod::Occurrences,
        plan: Plan::Counted(CountedPlan::Events { bad: count("bad"), total: Some(count("total")) }),
        sli,
        source: None,
        group_by: Vec::new(),
        max_groups: MAX_TRACKS,
        count_up_to: crate::domain::measure::COUNT_UP_TO,
        series: None,
        exclude: Vec::new(),
        tiers: vec![Tier {
            severity: crate::domain::base::Severity::P1,
            factor: "2".parse().unwrap(),
            long: Span::from_hours(1),
            short: Span::from_mins(5),
        }],
        breach: Vec::new(),
        guards: Guards::NONE,
        births: Births::FromZero,
        dedupe: Vec::new(),
        target_labels: Vec::new(),
        mode: Mode::Page,
        file: "test.yaml".into(),
    }
}

fn events() -> Sli {
    Sli::Events { bad: Some("bad".into()), good: None, total: "total".into() }
}

/// An SLO whose every step had so many bad and all events from T0 to NOW, and its verdict; `None`: nothing was scraped.
fn member(name: &str, target: &str, a_step: Option<(f64, f64)>) -> (Slo, Meter, Verdict) {
    let slo = slo(name, target, events());
    let mut meter = Meter::new(slo.meter_spec(STEP));
    for (role, ask) in meter.asks(T0, NOW, Detail::Full) {
        let Ask::Raw { selector, .. } = &ask else { unreachable!() };
        let Some((bad, total)) = a_step else { continue };
        let by = if selector.name() == Some("bad") { bad } else { total };
        let mut batch = Batch::default();
        batch.series(&crate::domain::base::Labels::new([("__name__", selector.name().unwrap())]));
        (0..=6 * 240).for_each(|i| batch.sample(T0 + STEP * i, by * i as f64));
        meter.take(role, &batch);
    }
    meter.seal(NOW);
    let mut verdict = Verdict::default();
    Judge::new(&slo, STEP).evaluate(&slo, &meter.tracks()[0], NOW, &mut verdict);
    (slo, meter, verdict)
}

fn one((slo, meter, verdict): &(Slo, Meter, Verdict)) -> Part<'_> {
    Part::One { slo, tracks: meter.tracks().iter().map(|track| (track, verdict)).collect() }
}

fn judged(how: Combine, guards: Guards, members: &[(f64, &(Slo, Meter, Verdict))]) -> Verdict {
    let mut whole = slo("whole", "", Sli::Composite(Composite { of: Vec::new(), how }));
    whole.guards = guards;
    let part = Part::Many { how, parts: members.iter().map(|(weight, member)| (*weight, one(member))).collect() };
    let mut verdict = Verdict::default();
    CompositeJudge::new(&whole, STEP).evaluate(&whole, &part, NOW, &[], &mut verdict);
    verdict
}

fn hour(verdict: &Verdict) -> Option<f64> {
    verdict.windows.iter().find(|w| w.window == Span::from_hours(1)).unwrap().burn_rate
}

#[test]
fn the_worst_member_is_the_whole_and_a_mean_is_by_weight_of_burn_rates() {
    // Burn rates 3 (of 99 %) and 0.5 (of 90 %), whatever their traffic.
    let (a, b) = (member("a", "99%", Some((3.0, 100.0))), member("b", "90%", Some((50.0, 1000.0))));
    let worst = judged(Combine::Worst, Guards::NONE, &[(1.0, &a), (1.0, &b)]);
    let near = |got: Option<f64>, want: f64| assert!((got.unwrap() - want).abs() < 1e-9, "{got:?} is not {want}");
    near(hour(&worst), 3.0);
    near(worst.budget.consumed, 3.0);
    near(worst.budget.remaining, -2.0);
    assert_eq!((worst.state, worst.tiers[0].firing), (TrackState::Ok, true));
    assert_eq!((worst.reasons[0].code, worst.severity), (ReasonCode::BurnRate, Some(crate::domain::base::Severity::P1)));

    let mean = judged(Combine::Weighted, Guards::NONE, &[(1.0, &a), (3.0, &b)]);
    near(hour(&mean), (3.0 + 3.0 * 0.5) / 4.0);
    near(mean.budget.consumed, 1.125);
    assert!(!mean.tiers[0].firing, "1.125 is not above 2");
    assert!(judged(Combine::Weighted, Guards::NONE, &[(3.0, &a), (1.0, &b)]).tiers[0].firing, "2.375 is");
    assert_eq!((mean.windows[0].error_ratio, mean.windows[0].total), (None, None));
}

#[test]
fn a_member_without_traffic_is_left_out_and_one_without_data_is_told() {
    let a = member("a", "99%", Some((3.0, 100.0)));
    let quiet = member("b", "99%", Some((0.0, 0.0)));
    let blind = member("c", "99%", None);
    let with_quiet = judged(Combine::Weighted, Guards::NONE, &[(1.0, &a), (9.0, &quiet)]);
    assert!((hour(&with_quiet).unwrap() - 3.0).abs() < 1e-9);
    assert_eq!((with_quiet.state, with_quiet.partial), (TrackState::Ok, false));
    let with_blind = judged(Combine::Worst, Guards::NONE, &[(1.0, &a), (1.0, &blind)]);
    assert_eq!((with_blind.state, with_blind.partial), (TrackState::NoData, true));
    assert!(with_blind.tiers[0].firing, "what is known still fires");
    let none = judged(Combine::Worst, Guards::NONE, &[(1.0, &quiet)]);
    assert_eq!((none.state, hour(&none), none.budget.remaining), (TrackState::NoTraffic, None, None));
}

#[test]
fn guards_hold_back_a_mean_that_stands_on_few_events() {
    // 1 bad of 20 each 15 s is sure after an hour; 4 bad of 20 within the hour are not.
    let busy = member("a", "99%", Some((1.0, 20.0)));
    let sure = judged(Combine::Weighted, Guards::default(), &[(1.0, &busy)]);
    assert_eq!((sure.tiers[0].firing, sure.tiers[0].held_back_by), (true, None));
    let thin = member("b", "99%", Some((1.0 / 240.0, 20.0 / 240.0)));
    let held = judged(Combine::Weighted, Guards::default(), &[(1.0, &thin)]);
    assert_eq!((held.tiers[0].is_true, held.tiers[0].held_back_by), (true, Some(HeldBack::MinBad)));
    let held = judged(Combine::Worst, Guards::default(), &[(1.0, &thin)]);
    assert_eq!((held.tiers[0].firing, held.tiers[0].held_back_by), (false, Some(HeldBack::MinBad)));
}

#[test]
fn a_composite_may_be_a_part_of_another_one() {
    let (a, b, c) =
        (member("a", "99%", Some((3.0, 100.0))), member("b", "99%", Some((1.0, 100.0))), member("c", "99%", Some((0.5, 100.0))));
    let inner = Part::Many { how: Combine::Worst, parts: vec![(1.0, one(&a)), (1.0, one(&b))] };
    let outer = Part::Many { how: Combine::Weighted, parts: vec![(1.0, inner), (1.0, one(&c))] };
    assert!((outer.burn(NOW, Span::from_hours(1)).unwrap() - 1.75).abs() < 1e-9);
    assert_eq!(outer.tracks().len(), 3);
}
