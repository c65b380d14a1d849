//! Firings and labels in minutes in, scores out.

use super::*;
use crate::domain::base::{Labels, SloId, Target};
use crate::domain::judge::BudgetStatus;
use crate::domain::measure::{Births, Count, CountedPlan, Plan};
use crate::domain::objective::{BudgetMethod, Guards, Mode, Period, Sli, Tier};
use crate::domain::review::{Firing, TrackPast};
use rust_decimal::Decimal;
use std::sync::Arc;

fn at(minute: i64) -> Ms {
    Ms(minute * 60_000)
}

fn slo(name: &str) -> Arc<Slo> {
    let count = || Count { plus: Vec::new(), minus: Vec::new() };
    let tier = |severity, factor: u32, hours| Tier {
        severity,
        factor: Decimal::from(factor),
        long: Span::from_hours(hours),
        short: Span::from_mins(5),
    };
    Arc::new(Slo {
        id: SloId::new("shop", name),
        service: "shop".into(),
        name: name.into(),
        description: None,
        target: Target::parse("99.9%"),
        period: Period::Rolling(Span::from_days(30)),
        budget: BudgetMethod::Occurrences,
        sli: Sli::Events { bad: None, good: None, total: "total".into() },
        plan: Plan::Counted(CountedPlan::Events { bad: count(), total: Some(count()) }),
        source: None,
        group_by: Vec::new(),
        max_groups: crate::domain::measure::MAX_TRACKS,
        count_up_to: crate::domain::measure::COUNT_UP_TO,
        series: None,
        exclude: Vec::new(),
        tiers: vec![tier(Severity::P0, 14, 1), tier(Severity::P2, 1, 72)],
        breach: Vec::new(),
        guards: Guards::default(),
        births: Births::Auto,
        dedupe: Vec::new(),
        target_labels: Vec::new(),
        mode: Mode::Page,
        file: "shop.yaml".into(),
    })
}

/// A track's name and its firings: (rule, from, to) in minutes.
type Fires<'a> = (&'a str, &'a [(usize, i64, Option<i64>)]);

fn past(tracks: &[Fires<'_>]) -> Backtest {
    let track = |(name, firings): &Fires<'_>| {
        let slo = slo(name);
        let firing = |(rule, from, to): &(usize, i64, Option<i64>)| Firing {
            rule: RuleRef::Tier(*rule),
            severity: slo.tiers[*rule].severity,
            from: at(*from),
            to: to.map(at),
            consumed_at_start: None,
        };
        TrackPast {
            firings: firings.iter().map(firing).collect(),
            slo: Arc::clone(&slo),
            group: Labels::default(),
            budget: BudgetStatus::default(),
            coverage: 1.0,
            held_back: Vec::new(),
            trail: Vec::new(),
            over: None,
            latency: None,
        }
    };
    let nothing = Backtest::nothing(at(0), at(1000), Span::from_secs(15));
    Backtest { tracks: tracks.iter().map(track).collect(), ..nothing }
}

fn label(of: &str, from: i64, to: i64) -> Label {
    Label { of: of.into(), time: Interval { from: at(from), to: at(to) } }
}

fn told(score: &Score) -> String {
    let minutes = |list: &[Span]| list.iter().map(|s| (s.0 / 60_000).to_string()).collect::<Vec<_>>().join(",");
    let name = score.severity.map_or("pages", Severity::name);
    let (right, fired, found, labels) = (score.right, score.fired, score.found, score.labels);
    format!("{name} {right}/{fired} {found}/{labels} d={} r={}", minutes(&score.detection), minutes(&score.reset))
}

#[test]
fn each_rule_is_right_where_it_meets_a_label_and_finds_labels_once() {
    let fired = [(0, 103, Some(112)), (0, 116, Some(133)), (0, 500, Some(510)), (1, 150, Some(400))];
    let scored = score(&past(&[("answers", &fired)]), &[label("shop", 100, 130), label("shop", 700, 705)]);
    let lines: Vec<String> = scored.scores.iter().map(told).collect();
    assert_eq!(lines, ["pages 0/0 0/2 d= r=", "P0 2/3 1/2 d=3 r=3", "P2 0/1 0/2 d= r="]);
    assert_eq!(scored.scores[1].precision(), Some(2.0 / 3.0));
    assert_eq!(scored.scores[1].recall(), Some(0.5));
    assert_eq!((scored.scores[0].precision(), scored.scores[2].recall()), (None, Some(0.0)));
}

#[test]
fn a_label_may_name_one_slo_and_times_may_be_off_by_a_quarter_of_an_hour() {
    let tracks: [Fires<'_>; 2] = [("answers", &[(0, 90, Some(99))]), ("latency", &[(0, 110, None)])];
    let scored = score(&past(&tracks), &[label("shop/answers", 110, 120)]);
    assert_eq!(told(&scored.scores[1]), "P0 1/2 1/1 d=0 r=0", "the other SLO's firing is not what was labelled");
    let scored = score(&past(&tracks), &[label("shop", 110, 120)]);
    assert_eq!(told(&scored.scores[1]), "P0 2/2 1/1 d=0 r=", "it still fires: nobody knows when it lets go");
}

#[test]
fn labels_elsewhere_and_of_nobody_are_told() {
    let scored = score(&past(&[("answers", &[])]), &[label("shop", 2000, 2010), label("shopp", 5, 6)]);
    assert_eq!((scored.labels, scored.left_out, scored.unknown), (1, 1, vec![Text::from("shopp")]));
}

#[test]
fn the_median_of_an_even_number_is_the_mean_of_the_middle() {
    assert_eq!(median(&[Span(1), Span(3), Span(8), Span(9)]), Some(Span(5)));
    assert_eq!((median(&[Span(4)]), median(&[])), (Some(Span(4)), None));
}
