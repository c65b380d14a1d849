//! Tests of the meter: series as text in, slices as text out, and the laws as properties.

use super::*;
use crate::domain::base::{Interval, Text};
use crate::domain::measure::Exclude;
use crate::domain::measure::{
    AskedPlan, AskedUnit, Count, CountedPlan, HistogramPlan, MatchOp, Plan, Selector, Side, Sink, SliceState,
};
use proptest::prelude::*;

pub(super) const STEP: Span = Span::from_secs(15);
/// Any instant on a block's edge will do.
pub(super) const T0: Ms = Ms::from_secs(900 * 2_000_000);

pub(super) fn at(i: i64) -> Ms {
    T0 + STEP * i
}

pub(super) fn count(names: &[&str]) -> Count {
    Count { plus: names.iter().map(|n| Selector::metric(n)).collect(), minus: Vec::new() }
}

pub(super) fn events() -> MeterSpec {
    MeterSpec::new(Plan::Counted(CountedPlan::Events { bad: count(&["bad"]), total: Some(count(&["total"])) }))
}

pub(super) fn asked(ask: AskedPlan) -> MeterSpec {
    MeterSpec::new(Plan::Asked { ask, why: "a test".into() })
}

/// `name{a="b", ..}` without escapes.
pub(super) fn labels(text: &str) -> Labels {
    let (name, rest) = text.split_once('{').unwrap_or((text, ""));
    let pairs = rest.trim_end_matches('}').split(',').filter(|p| !p.is_empty()).map(|p| p.trim().split_once('=').unwrap());
    let pairs = pairs.map(|(k, v)| (Text::from(k), Text::from(v.trim_matches('"'))));
    Labels::new(pairs.chain([("__name__".into(), name.into())]))
}

/// One line a series: its labels, then its values every step from T0; `_` for a missing one, `a,b` for two in one slice.
pub(super) fn series(text: &str) -> Vec<(Labels, Vec<Sample>)> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(line).collect()
}

fn line(text: &str) -> (Labels, Vec<Sample>) {
    let (head, values) = text.split_once(": ").unwrap();
    let slot = |(i, slot): (usize, &str)| {
        let values: Vec<f64> = slot.split(',').filter(|v| *v != "_").map(|v| v.parse().unwrap()).collect();
        let late = values.len() as i64;
        let sample = move |(j, value)| Sample { at: at(i as i64) - Span(1000 * (late - 1 - j as i64)), value };
        values.into_iter().enumerate().map(sample).collect::<Vec<_>>()
    };
    (labels(head), values.split_whitespace().enumerate().flat_map(slot).collect())
}

/// Answers every ask of the meter from the series, by metric name (or expression), and seals.
pub(super) fn feed(meter: &mut Meter, series: &[(Labels, Vec<Sample>)], from: i64, to: i64, detail: Detail) {
    for (role, ask) in meter.asks(at(from), at(to), detail) {
        let mut batch = Batch::default();
        let (start, end) = ask.span();
        for (labels, samples) in series.iter().filter(|(labels, _)| matches(&ask, labels)) {
            batch.series(labels);
            samples.iter().filter(|s| start < s.at && s.at <= end).for_each(|s| batch.sample(s.at, s.value));
        }
        meter.take(role, &batch);
    }
    meter.seal(at(to));
}

fn matches(ask: &Ask, labels: &Labels) -> bool {
    match ask {
        Ask::Eval { expr, .. } => labels.get("__name__") == &**expr,
        Ask::Raw { selector, .. } => selector.matchers().iter().all(|m| match m.op {
            MatchOp::Equal => labels.get(&m.name) == &*m.value,
            MatchOp::Regex => regex::Regex::new(&format!("^(?:{})$", m.value)).unwrap().is_match(labels.get(&m.name)),
            _ => panic!("not used here"),
        }),
    }
}

/// `bad/total`, `=` between two scrapes, `.` no data, `!` data error; `~` bridged, `?` partial.
pub(super) fn told(track: &Track, slices: i64) -> String {
    let one = |i: i64| {
        let slice = track.history.slice_at(at(i));
        let counts = match slice.state {
            SliceState::NoData => ".".into(),
            SliceState::DataError => "!".into(),
            SliceState::Excluded => "x".into(),
            SliceState::Between => "=".into(),
            SliceState::Sampled => format!("{}/{}", slice.bad, slice.total),
        };
        format!("{counts}{}{}", if slice.bridged { "~" } else { "" }, if slice.partial { "?" } else { "" })
    };
    (1..=slices).map(one).collect::<Vec<_>>().join(" ")
}

/// Feeds everything at once, and step by step; both must tell the same.
pub(super) fn run(spec: &MeterSpec, text: &str) -> Meter {
    let series = series(text);
    let last = series.iter().flat_map(|(_, s)| s).map(|s| s.at).max().unwrap();
    let slices = last.since(T0).0 / STEP.0 + i64::from(last.since(T0).0 % STEP.0 > 0);
    let mut whole = Meter::new(spec.clone());
    feed(&mut whole, &series, 0, slices, Detail::Full);
    let mut live = Meter::new(spec.clone());
    (0..slices).for_each(|i| feed(&mut live, &series, i, i + 1, Detail::Full));
    for (a, b) in whole.tracks().iter().zip(live.tracks()) {
        assert_eq!(told(a, slices), told(b, slices), "a fill and a live run differ");
    }
    assert_eq!(whole.tracks().len(), live.tracks().len());
    let late = live.tracks().iter().map(|t| t.late).sum::<u64>();
    assert!(late == 0 || !spec.dedupe.is_empty(), "only a standby replica tells of sealed slices");
    whole
}

fn check(spec: &MeterSpec, text: &str, expect: &str) {
    let meter = run(spec, text);
    let slices = expect.split_whitespace().count() as i64;
    assert_eq!(told(&meter.tracks()[0], slices), expect, "{text}");
}

#[test]
fn increases_belong_to_the_slice_of_the_later_sample() {
    check(
        &events(),
        r#"total{instance="a"}: 100 110 130 130 140
           bad{instance="a"}:   7   7   9   9   12"#,
        "0/10 2/20 0/0 3/10",
    );
}

#[test]
fn a_reset_counts_from_zero_and_widens_the_interval() {
    let text = r#"total{instance="a"}: 100 110 120 5 15
                  bad{instance="a"}:   7   9   11  1 2"#;
    check(&events(), text, "2/10 2/10 1/5 1/10");
    let counts = run(&events(), text).tracks()[0].history.counts(at(0), at(4));
    assert_eq!((counts.bad, counts.total, counts.hidden_bad), (6.0, 35.0, 2.0));
}

#[test]
fn a_series_that_a_restart_took_widens_the_interval_where_it_vanished() {
    let text = r#"total{instance="a"}: 100 110 120 5 15 25
                  bad{instance="a"}:   7   9   12  _ _  1"#;
    check(&events(), text, "2/10 3/10 0/5 0/10 1/10");
    let meter = run(&events(), text);
    let hidden = |from, to| meter.tracks()[0].history.counts(at(from), at(to)).hidden_bad;
    assert_eq!((hidden(0, 2), hidden(2, 3), hidden(3, 5)), (0.0, 3.0, 0.0), "once, in the slice after its last sample");
}

#[test]
fn a_new_series_of_a_known_target_counts_from_zero() {
    check(
        &events(),
        r#"total{instance="a"}: 100 110 120 130
           bad{instance="a"}:   _   _   8   9"#,
        "0/10 8/10 1/10",
    );
}

#[test]
fn a_new_target_counts_when_it_is_as_small_as_its_siblings_let_expect() {
    let siblings = |first: &str| {
        format!(
            r#"total{{instance="a"}}: 100 150 200 250 300
               bad{{instance="a"}}:   0   1   2   3   4
               total{{instance="b"}}: _   _   _   {first}"#
        )
    };
    check(&events(), &siblings("500 550"), "1/50 1/50 1/550 1/100");
    check(&events(), &siblings("501 551"), "1/50 1/50 1/50 1/100");
    let skipped = run(&events(), &siblings("501 551"));
    assert_eq!(skipped.tracks()[0].births_skipped, 1);
}

#[test]
fn a_new_target_counts_all_its_series_or_none() {
    check(
        &events(),
        r#"total{instance="a"}: 100 110 120 130 140
           total{instance="b"}: _   _   _   9000 9010
           bad{instance="b"}:   _   _   _   8   9"#,
        "0/10 0/10 0/10 1/20",
    );
}

#[test]
fn births_can_be_told_to_count_or_not() {
    let text = r#"total{instance="a"}: 100 110 120 130
                  total{instance="b"}: _   _   900 910"#;
    check(&MeterSpec { births: Births::FromZero, ..events() }, text, "0/10 0/910 0/20");
    check(&MeterSpec { births: Births::Baseline, ..events() }, text, "0/10 0/10 0/20");
}

#[test]
fn a_gap_has_no_data_and_what_came_over_it_is_bridged() {
    check(&events(), r#"total{instance="a"}: 0 10 20 _ _ _ _ 70 80"#, "0/10 0/10 . . . . 0/50~ 0/10");
    let meter = run(&events(), r#"total{instance="a"}: 0 10 20 _ _ _ _ 70 80"#);
    let counts = meter.tracks()[0].history.counts(at(0), at(8));
    assert_eq!((counts.total, counts.bridged_total, counts.observed), (80.0, 50.0, 3));
}

#[test]
fn one_missed_scrape_is_no_gap() {
    check(&events(), r#"total{instance="a"}: 0 10 20 _ 40 50"#, "0/10 0/10 = 0/20 0/10");
}

#[test]
fn scrapes_rarer_than_slices_leave_no_holes() {
    check(&events(), r#"total{instance="a"}: 0 _ 10 _ 20 _ 30"#, "= 0/10 = 0/10 = 0/10");
    let minutely = r#"total{instance="a"}: 0 _ _ _ 10 _ _ _ 20 _ _ _ 30 _ _ _ 40"#;
    // Only before the distance is known does a minute look like a gap.
    check(&events(), minutely, ". . . 0/10~ = = = 0/10 = = = 0/10 = = = 0/10");
}

#[test]
fn silence_is_no_data_from_the_last_sample_on() {
    let series = series(r#"total{instance="a"}: 0 10 20 30"#);
    let mut meter = Meter::new(events());
    feed(&mut meter, &series, 0, 5, Detail::Full);
    assert_eq!(told(&meter.tracks()[0], 6), "0/10 0/10 0/10 = = .");
    feed(&mut meter, &series, 5, 6, Detail::Full);
    assert_eq!(told(&meter.tracks()[0], 6), "0/10 0/10 0/10 . . .");
    assert_eq!(meter.data_through(), Some(at(3)));
}

#[test]
fn what_makes_no_sense_is_a_data_error_and_not_added() {
    check(
        &events(),
        r#"total{instance="a"}: 0 10 NaN 30 40 50
           bad{instance="a"}:   0 1  1   2  22 22"#,
        "1/10 ! 1/20 ! 0/10",
    );
}

#[test]
fn good_events_leave_bad_ones() {
    let bad = Count { plus: vec![Selector::metric("total")], minus: vec![Selector::metric("good")] };
    let spec = MeterSpec::new(Plan::Counted(CountedPlan::Events { bad, total: Some(count(&["total"])) }));
    check(
        &spec,
        r#"total{instance="a"}: 0 10 20 30
           good{instance="a"}:  0 9  19 25"#,
        "1/10 0/10 4/10",
    );
    let mut meter = Meter::new(spec);
    assert_eq!(meter.asks(at(0), at(1), Detail::Full).len(), 2, "the total is read once");
}

#[test]
fn occurrences_have_no_total_and_quiet_is_fine() {
    let spec = MeterSpec::new(Plan::Counted(CountedPlan::Events { bad: count(&["resizes"]), total: None }));
    check(&spec, r#"resizes{instance="a"}: 3 3 5 5 _ _ _ 6"#, "0/0 2/0 0/0 . . . 1/0~");
}

#[test]
fn a_target_missing_among_several_is_partial_for_a_while() {
    check(
        &events(),
        r#"total{instance="a"}: 0 10 20 30 40 50 60
           total{instance="b"}: 0 1  2  _  _  _  9"#,
        "0/11 0/11 0/10 0/10 0/10? 0/17",
    );
    let text = format!(r#"total{{instance="a"}}: {}"#, (0..=70).map(|i| i.to_string()).collect::<Vec<_>>().join(" "));
    let meter = run(&events(), &format!("{text}\ntotal{{instance=\"b\"}}: 0 1 2"));
    let track = &meter.tracks()[0];
    assert!(track.history.slice_at(at(60)).partial, "15 minutes");
    assert!(!track.history.slice_at(at(63)).partial, "then it is gone, not missing");
}

#[test]
fn replicas_are_counted_once_and_relieve_each_other() {
    let spec = MeterSpec { dedupe: vec!["replica".into()], ..events() };
    check(
        &spec,
        r#"total{instance="a", replica="x"}: 0 10 20 30 _  _  _  _  80
           total{instance="a", replica="y"}: 0 10 20 30 40 50 60 70 80"#,
        "0/10 0/10 0/10 0/10 0/10 0/10 0/10 0/10",
    );
    check(
        &MeterSpec { dedupe: Vec::new(), ..spec },
        r#"total{instance="a", replica="x"}: 0 10
           total{instance="a", replica="y"}: 0 10"#,
        "0/20",
    );
}

/// A standby replica of the same series is no sibling of it (found by the law of fills and live runs).
#[test]
fn a_replica_is_no_sibling() {
    let spec = MeterSpec { dedupe: vec!["instance".into()], ..events() };
    check(
        &spec,
        r#"total{instance="1"}: _ 30,33 _ _
           total{instance="0"}: _ _     _ _ 90"#,
        "0/3 = = 0/57~?",
    );
}

#[test]
fn groups_are_tracks_sorted_by_their_labels() {
    let spec = MeterSpec { group_by: vec!["region".into()], ..events() };
    let meter = run(
        &spec,
        r#"total{instance="a", region="us"}: 0 10 20
           bad{instance="a", region="us"}:   0 1  1
           total{instance="a", region="eu"}: 0 20 40"#,
    );
    let told: Vec<_> = meter.tracks().iter().map(|t| format!("{} {}", t.group, told(t, 2))).collect();
    assert_eq!(told, [r#"{region="eu"} 0/20 0/20"#, r#"{region="us"} 1/10 0/10"#]);
    assert!(meter.tracks()[0].errors_never_seen() && !meter.tracks()[1].errors_never_seen());
}

#[test]
fn more_groups_than_can_be_kept_are_counted() {
    let spec = MeterSpec { group_by: vec!["user".into()], ..events() };
    let text: Vec<String> = (0..MAX_TRACKS + 7).map(|i| format!("total{{user=\"{i:04}\"}}: 0 1")).collect();
    let meter = run(&spec, &text.join("\n"));
    assert_eq!((meter.tracks().len(), meter.groups_left_out()), (MAX_TRACKS, 7));
    assert!(meter.tracks().is_sorted_by(|a, b| a.group < b.group));
}

#[test]
fn without_groups_there_is_one_track_even_before_the_first_sample() {
    let mut meter = Meter::new(events());
    assert_eq!(meter.tracks().len(), 1);
    feed(&mut meter, &[], 0, 3, Detail::Full);
    assert_eq!(told(&meter.tracks()[0], 3), ". . .");
    assert_eq!((meter.sealed(), meter.data_through()), (Some(at(3)), None));
}

pub(super) fn histogram(under: &str) -> MeterSpec {
    buckets_at(under, false)
}

fn buckets_at(under: &str, interpolate: bool) -> MeterSpec {
    let plan = HistogramPlan { buckets: Selector::metric("t_bucket"), under_seconds: under.parse().unwrap(), interpolate };
    MeterSpec::new(Plan::Counted(CountedPlan::Histogram(plan)))
}

const BUCKETS: &str = r#"t_bucket{instance="a", le="0.1"}:    0 50 100
                         t_bucket{instance="a", le="2.50e-1"}: 0 90 180
                         t_bucket{instance="a", le="1"}:      0 95 195
                         t_bucket{instance="a", le="+Inf"}:   0 100 200"#;

#[test]
fn a_histogram_counts_what_is_above_the_bucket_of_the_threshold() {
    check(&histogram("0.25"), BUCKETS, "10/100 10/100");
    let meter = run(&histogram("0.25"), BUCKETS);
    let [p50, p99] = meter.tracks()[0].quantiles([0.5, 0.99], at(1), Span::from_mins(5), &mut Vec::new()).unwrap();
    assert_eq!((p50.seconds, p50.at_least), (0.1, false));
    assert_eq!((p99.seconds, p99.at_least), (1.0, true));
    assert_eq!((meter.doubts(), meter.tracks()[0].errors_never_seen()), (vec![], false));
}

#[test]
fn history_of_a_histogram_needs_two_buckets_only() {
    let mut meter = Meter::new(histogram("0.25"));
    feed(&mut meter, &series(BUCKETS), 0, 1, Detail::Counts);
    assert_eq!(meter.roll.series.len(), 2);
    feed(&mut meter, &series(BUCKETS), 1, 2, Detail::Full);
    assert_eq!((told(&meter.tracks()[0], 2).as_str(), meter.roll.series.len()), ("10/100 10/100", 4));
}

/// A bucket that was not read before is no new bucket: its whole past would stand in one slice of the quantiles.
#[test]
fn buckets_that_are_read_later_than_the_counted_ones_are_no_births() {
    let values = |per: i64| (0..=20).map(|i| (1_000_000 + i * per).to_string()).collect::<Vec<_>>().join(" ");
    let text: Vec<String> = [("0.1", 50), ("0.25", 90), ("1", 95), ("+Inf", 100)]
        .map(|(le, per)| format!("t_bucket{{le=\"{le}\"}}: {}", values(per)))
        .into();
    let mut meter = Meter::new(histogram("0.25"));
    feed(&mut meter, &series(&text.join("\n")), 0, 10, Detail::Counts);
    feed(&mut meter, &series(&text.join("\n")), 10, 20, Detail::Full);
    let track = &meter.tracks()[0];
    assert_eq!(track.history.counts(at(0), at(20)).bad, 200.0);
    let [p50] = track.quantiles([0.5], at(20), STEP * 15, &mut Vec::new()).unwrap();
    // 0.1 by all slices; two of them lack the bucket. Its past, a million, would make it 0.05.
    assert!((0.1..0.13).contains(&p50.seconds), "{p50:?}");
}

#[test]
fn a_sample_from_long_ago_costs_no_walk_through_time() {
    let mut meter = Meter::new(events());
    let (role, _) = meter.asks(at(0), at(3), Detail::Full).remove(1);
    let old = [Sample { at: Ms(i64::MIN), value: 1.0 }, Sample { at: Ms(0), value: 5.0 }, Sample { at: at(2), value: 9.0 }];
    meter.take(role, &batch(&labels("total"), &old));
    meter.seal(at(3));
    assert_eq!(told(&meter.tracks()[0], 3), ". 0/9 =", "the series came back after more than a day: a new one");
}

#[test]
fn a_threshold_without_a_bucket_is_a_data_error_never_a_guess() {
    check(&histogram("0.3"), BUCKETS, "! !");
    assert_eq!(
        run(&histogram("0.3"), BUCKETS).doubts(),
        [
            "a histogram has no bucket le=\"0.3\", so what is under the threshold cannot be counted; the nearest are le=\"0.25\" and le=\"1\"; `interpolate: true` would estimate it"
        ]
    );
}

#[test]
fn a_threshold_between_buckets_is_interpolated_when_asked_for_and_says_so() {
    // 90 of 100 within 0.25 s, 95 and then 100 within 1 s: a third of the way is 91 2/3 and 93 1/3.
    let meter = run(&buckets_at("0.5", true), BUCKETS);
    let counts = meter.tracks()[0].history.counts(at(0), at(2));
    assert!((counts.bad - 15.0).abs() < 0.01 && counts.total == 200.0, "{counts:?}");
    assert_eq!(
        meter.doubts(),
        ["what is under 0.5 s is interpolated between the buckets le=\"0.25\" and le=\"1\": an estimate, no count"]
    );
    assert!(meter.tracks()[0].is_interpolated());
    // Below the first bucket: between nothing and it.
    let below = run(&buckets_at("0.05", true), BUCKETS).tracks()[0].history.counts(at(0), at(1));
    assert!((below.bad - 75.0).abs() < 0.01, "{below:?}");
    // A bucket of that very value is counted, and says nothing.
    check(&buckets_at("0.25", true), BUCKETS, "10/100 10/100");
    let exact = run(&buckets_at("0.25", true), BUCKETS);
    assert!(exact.doubts().is_empty() && !exact.tracks()[0].is_interpolated());
    // Above the top finite bucket nothing is known.
    check(&buckets_at("2", true), BUCKETS, "! !");
}

#[test]
fn interpolation_of_no_errors_is_no_error() {
    let text = "t_bucket{le=\"0.1\"}: 0 7 14\nt_bucket{le=\"0.7\"}: 0 7 14\nt_bucket{le=\"+Inf\"}: 0 7 14";
    for under in ["0.2", "0.3", "0.4", "0.5", "0.6"] {
        check(&buckets_at(under, true), text, "0/7 0/7");
    }
}

#[test]
fn what_matches_nothing_is_named_and_zero_errors_are_no_doubt() {
    let nothing =
        |what: &str| format!("no series matched `{what}` in the last day: is it spelled right, and does the source scrape it?");
    assert!(Meter::new(events()).doubts().is_empty(), "nothing was answered yet");
    assert_eq!(run(&events(), "other: 1 2").doubts(), [nothing("bad"), nothing("total")]);
    assert_eq!(run(&events(), "bad: 1 2").doubts(), [nothing("total")]);
    assert!(run(&events(), "total: 1 2").doubts().is_empty());
    assert_eq!(run(&histogram("0.25"), "other: 1 2").doubts(), [nothing("t_bucket")]);
    assert_eq!(run(&asked(AskedPlan::Value { value: "v".into() }), "other: 1 2").doubts(), [nothing("v")]);
}

#[test]
fn asked_ratios_become_events_and_absent_is_no_data() {
    let ratio = |unit| asked(AskedPlan::Ratio { errors: "e".into(), total: "t".into(), unit });
    check(
        &ratio(AskedUnit::PerSecond),
        "e: 0 1 NaN _ 0.5 NaN 3
         t: 0 4 NaN 2 _   2   2",
        "15/60 . 0/30 ! ! !",
    );
    check(
        &ratio(AskedUnit::PerWindow(Span::from_mins(5))),
        "e: 0 20 _ 0
         t: 0 40 _ 0",
        "1/2 . 0/0",
    );
    let meter = run(&ratio(AskedUnit::PerSecond), "t: 0 4 2");
    assert!(meter.tracks()[0].errors_never_seen());
}

#[test]
fn fractions_of_events_add_up() {
    let spec = asked(AskedPlan::Ratio { errors: "e".into(), total: "t".into(), unit: AskedUnit::PerSecond });
    let text = format!("e: {}\nt: {}", "0.001 ".repeat(1001), "0.1 ".repeat(1001));
    let counts = run(&spec, &text).tracks()[0].history.counts(at(0), at(1000));
    assert!((counts.bad - 15.0).abs() < 1e-3 && (counts.total - 1500.0).abs() < 1e-3, "{counts:?}");
}

#[test]
fn values_are_good_on_the_right_side_only() {
    let below = MeterSpec { good: Some((Side::Below, 0.25)), ..asked(AskedPlan::Value { value: "v".into() }) };
    check(&below, "v: 0 0.2 0.25 0.3 NaN _ 0.1 inf", "0/1 1/1 1/1 . . 0/1 !");
    let meter = run(&below, "v: 0 0.2 0.25 0.3 NaN");
    assert_eq!(meter.tracks()[0].value(at(3), STEP), Some(0.3));
    assert_eq!(meter.tracks()[0].value(at(4), STEP), None);
    assert_eq!(meter.tracks()[0].value(at(4), Span::from_mins(1)), Some(0.3));
    let above = MeterSpec { good: Some((Side::Above, 0.25)), ..below };
    check(&above, "v: 0 0.2 0.25 0.3", "1/1 1/1 0/1");
}

#[test]
fn late_samples_change_counts_of_sealed_slices() {
    let mut meter = Meter::new(events());
    let all = series(
        r#"total{instance="a"}: 0 10 20 30 40
           total{instance="b"}: 0 1 2 3 4"#,
    );
    let early: Vec<_> = all.iter().take(1).cloned().chain([(all[1].0.clone(), all[1].1[..2].to_vec())]).collect();
    feed(&mut meter, &early, 0, 3, Detail::Full);
    assert_eq!(told(&meter.tracks()[0], 3), "0/11 0/10 0/10");
    feed(&mut meter, &all, 3, 4, Detail::Full);
    assert_eq!(told(&meter.tracks()[0], 4), "0/11 0/11 0/11 0/11");
    assert_eq!(meter.tracks()[0].late, 2);
}

#[test]
fn a_failed_read_is_filled_by_a_later_one() {
    let text = r#"total{instance="a"}: 0 10 20 30 40
                  bad{instance="a"}:   0 1 2 3 4"#;
    let all = series(text);
    let mut meter = Meter::new(events());
    feed(&mut meter, &all, 0, 1, Detail::Full);
    let (role, _) = meter.asks(at(1), at(2), Detail::Full).remove(1);
    let mut batch = Batch::default();
    batch.series(&all[0].0);
    all[0].1[..3].iter().for_each(|s| batch.sample(s.at, s.value));
    meter.take(role, &batch);
    assert_eq!(meter.sealed(), Some(at(1)), "the errors did not come: nothing is sealed");
    feed(&mut meter, &all, 1, 4, Detail::Full);
    assert_eq!(told(&meter.tracks()[0], 4), "1/10 1/10 1/10 1/10");
}

#[test]
fn excluded_stretches_are_not_counted() {
    let spec = MeterSpec { exclude: vec![Exclude::Once(Interval { from: at(1), to: at(3) })], ..events() };
    check(&spec, r#"total{instance="a"}: 0 10 20 30 40"#, "0/10 x x 0/10");
    let counts = run(&spec, r#"total{instance="a"}: 0 10 20 30 40"#).tracks()[0].history.counts(at(0), at(4));
    assert_eq!((counts.total, counts.excluded, counts.coverage()), (20.0, 2, 1.0));
}

#[test]
fn reads_reach_back_for_births_only_where_they_must() {
    let mut meter = Meter::new(events());
    let from = |meter: &mut Meter, i: i64| meter.asks(at(i), at(i + 1), Detail::Full)[0].1.span().0;
    assert_eq!(from(&mut meter, 0), at(0) - Span::from_mins(5));
    let all = series(r#"total{instance="a"}: 0 10 20 30 40"#);
    feed(&mut meter, &all, 0, 4, Detail::Full);
    assert_eq!(from(&mut meter, 4), at(4) - Span::from_mins(1));
    feed(&mut meter, &all, 4, 16, Detail::Full);
    assert_eq!(from(&mut meter, 16), at(16) - Span::from_mins(5), "a target is missing: its samples may come late");
}

#[test]
fn series_that_are_gone_are_forgotten() {
    let mut meter = Meter::new(events());
    for day in 0..4_i64 {
        let name = format!(r#"total{{instance="{day}"}}"#);
        let samples = (0..5760).map(|i| Sample { at: at(day * 5760 + i), value: i as f64 }).collect();
        feed(&mut meter, &[(labels(&name), samples)], day * 5760, (day + 1) * 5760, Detail::Full);
    }
    assert!(meter.roll.series.len() <= 3, "{} series are kept", meter.roll.series.len());
    let total = meter.tracks()[0].history.counts(at(0), at(4 * 5760)).total;
    assert_eq!(total, 4.0 * 5759.0, "each day's first value is 0 and its last 5759");
}

// ---- laws ----

/// A made-up series: values or holes, resets included, some samples twice or too late.
pub(super) fn any_series() -> impl Strategy<Value = Vec<Sample>> {
    let moment = (0_i64..3, -7_000_i64..7_000, prop_oneof![6 => 0_i64..20, 1 => -40_i64..0], 0_u8..12);
    (prop::collection::vec(moment, 1..120), 0_i64..40).prop_map(|(moments, first)| {
        let (mut slot, mut value, mut out) = (first, 30_i64, Vec::<Sample>::new());
        for (pause, jitter, by, odd) in moments {
            slot += match (pause, odd) {
                (2, 0) => 9,
                (_, 1) => 2,
                _ => 1,
            };
            value = if value + by < 0 { by.rem_euclid(7) } else { value + by };
            let at = at(slot) + Span(jitter / 4);
            out.push(Sample { at, value: value as f64 });
            match odd {
                2 => out.push(Sample { at, value: 999.0 }),
                3 => out.push(Sample { at: at - Span(20_000), value: 5.0 }),
                _ => {}
            }
        }
        out
    })
}

/// The naive recount: increases by definition, into slices by arithmetic. First values count as told.
fn recount(samples: &[Sample], from_zero: bool) -> Vec<(i64, f64)> {
    let mut last: Option<Sample> = None;
    let mut out = Vec::new();
    for sample in samples {
        let by = match last {
            Some(last) if sample.at <= last.at => continue,
            Some(last) if sample.value < last.value => sample.value,
            Some(last) => sample.value - last.value,
            None if from_zero => sample.value,
            None => 0.0,
        };
        last = Some(*sample);
        let slice = (sample.at.0 - T0.0 + STEP.0 - 1).div_euclid(STEP.0);
        if slice > 0 {
            out.push((slice, by));
        }
    }
    out
}

fn batch(labels: &Labels, samples: &[Sample]) -> Batch {
    let mut batch = Batch::default();
    batch.series(labels);
    for s in samples {
        batch.sample(s.at, s.value);
    }
    batch
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_window_equals_a_naive_recount(
        all in prop::collection::vec(any_series(), 1..4),
        from_zero: bool,
        windows in prop::collection::vec((1_i64..400, 1_i64..500), 1..20),
    ) {
        let births = if from_zero { Births::FromZero } else { Births::Baseline };
        let spec = MeterSpec { births, ..events() };
        let mut meter = Meter::new(spec);
        let (role, _) = meter.asks(at(0), at(600), Detail::Full).remove(1);
        for (i, samples) in all.iter().enumerate() {
            meter.take(role, &batch(&labels(&format!("total{{instance=\"{i}\"}}")), samples));
        }
        meter.seal(at(600));
        let naive: Vec<(i64, f64)> = all.iter().flat_map(|samples| recount(samples, from_zero)).collect();
        for (length, end) in windows {
            let expect: f64 = naive.iter().filter(|(k, _)| *k > end - length && *k <= end).map(|(_, by)| by).sum();
            let told = meter.tracks()[0].history.counts(at(end - length), at(end)).total;
            prop_assert_eq!(told, expect, "{} slices to {}", length, end);
        }
    }

    #[test]
    fn a_fill_and_a_live_run_give_the_same(
        all in prop::collection::vec((any_series(), any_series()), 1..4),
        cuts in prop::collection::vec(1_i64..60, 1..30),
        errors_first: bool,
        dedupe: bool,
    ) {
        let dedupe = if dedupe { vec!["instance".into()] } else { Vec::new() };
        let spec = MeterSpec { dedupe, ..events() };
        let rising = |samples: &[Sample]| {
            let mut kept: Vec<Sample> = Vec::new();
            samples.iter().filter(|s| s.at.0 >= T0.0).for_each(|s| if kept.last().is_none_or(|l| l.at < s.at) { kept.push(*s) });
            kept
        };
        let named = |name: &str, i: usize, samples: &[Sample]| {
            (labels(&format!("{name}{{job=\"j\", instance=\"{i}\"}}")), rising(samples))
        };
        let series: Vec<_> = all
            .iter()
            .enumerate()
            .flat_map(|(i, (total, bad))| [named("total", i, total), named("bad", i, bad)])
            .collect();
        let mut whole = Meter::new(spec.clone());
        feed(&mut whole, &series, 0, 600, Detail::Full);
        let mut live = Meter::new(spec);
        let mut from = 0;
        for step in cuts.iter().cycle() {
            let to = (from + step).min(600);
            let mut asks = live.asks(at(from), at(to), Detail::Full);
            if errors_first { asks.reverse(); }
            for (role, ask) in asks {
                let (start, end) = ask.span();
                for (labels, samples) in series.iter().filter(|(labels, _)| matches(&ask, labels)) {
                    let within: Vec<Sample> = samples.iter().filter(|s| start < s.at && s.at <= end).copied().collect();
                    live.take(role, &batch(labels, &within));
                }
            }
            live.seal(at(to));
            from = to;
            if from == 600 { break; }
        }
        prop_assert_eq!(told(&whole.tracks()[0], 600), told(&live.tracks()[0], 600));
        let counts = |meter: &Meter| meter.tracks()[0].history.counts(at(0), at(600));
        prop_assert_eq!(counts(&whole), counts(&live));
    }
}
