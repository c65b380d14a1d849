//! What `explain` prints for SLIs as people write them.

use super::*;
use crate::domain::base::{Labels, Ms};
use crate::domain::measure::Sample;
use crate::query::{Evaluator, Memory, Rules, Value};
use proptest::prelude::*;

const STEP: Span = Span::from_secs(15);

fn shown(plan: Planned<Plan>) -> String {
    match plan {
        Ok(plan) => plan_lines(&plan).join("\n"),
        Err(errors) => {
            let one = |e: &FieldError| {
                format!("{e} at {:?}{}", e.error.at, e.error.hint.as_ref().map(|h| format!("\n  {h}")).unwrap_or_default())
            };
            errors.iter().map(one).collect::<Vec<_>>().join("\n")
        }
    }
}

/// Plans `errors ; total` (or `good: good ; total` as events) and compares what `explain` would print.
fn check(input: &str, group_by: &[&str], expected: &str) {
    let group_by: Vec<Text> = group_by.iter().map(|l| (*l).into()).collect();
    let (kind, rest) = input.split_once(": ").unwrap();
    let (a, b) = rest.split_once(" ; ").unwrap_or((rest, ""));
    let plan = match kind {
        "ratio" => plan_ratio(a, b, &group_by, STEP),
        "bad" => plan_events(EventsText::Bad(a), b, &group_by, STEP),
        "good" => plan_events(EventsText::Good(a), b, &group_by, STEP),
        "count" => plan_occurrences(a, &group_by),
        "value" => plan_threshold(a, &group_by, STEP),
        "latency" => plan_latency(a, Decimal::new(250, 3), false),
        other => panic!("{other}"),
    };
    assert_eq!(shown(plan), expected.trim_matches('\n'), "{input}");
}

fn counted(input: &str, lines: &str) {
    check(input, &[], &format!("counted from raw counter samples\n{lines}"));
}

#[test]
fn sums_of_counters_are_counted() {
    counted(
        r#"bad: http_requests_total{job="checkout", code=~"5.."} ; http_requests_total{job="checkout"}"#,
        "bad   + http_requests_total{code=~\"5..\", job=\"checkout\"}\ntotal + http_requests_total{job=\"checkout\"}",
    );
    counted("ratio: sum(rate(e_total[{{window}}])) ; sum(rate(t_total[{{ .window }}]))", "bad   + e_total\ntotal + t_total");
    counted("ratio: sum(increase(e[$window])) ; sum(increase(t[$window]))", "bad   + e\ntotal + t");
    counted(
        "ratio: sum(rate(a[5m])) + sum(rate(b[1h])) ; sum(rate(t[5m]) + rate(u[5m]))",
        "bad   + a\n      + b\ntotal + t\n      + u",
    );
    counted("good: sum(rate(g[5m])) ; sum(rate(t[5m]))", "bad   + t\n      - g\ntotal + t");
    counted("good: t_total - e_total ; t_total", "bad   + e_total\ntotal + t_total");
    counted("ratio: sum by (code) (rate(e[5m])) ; sum without (pod) (rate(t[5m]))", "bad   + e\ntotal + t");
    counted(
        r#"bad: h_count - h_bucket{le="0.25"} ; h_count"#,
        "bad   + h_count\n      - h_bucket{le=\"0.25\"}   (up to 0.25 s)\ntotal + h_count",
    );
    counted("ratio: sum(rate(e[5m])) or vector(0) ; sum(rate(t[5m])) > 0", "bad   + e\ntotal + t");
    counted(
        "ratio: (sum(rate(e[5m])) or on() vector(0)) + sum(rate(f[5m])) ; sum(rate(t[5m]))",
        "bad   + e\n      + f\ntotal + t",
    );
    counted("ratio: sum(rate(e[5m])) or 0 * sum(rate(t[5m])) ; sum(rate(t[5m]))", "bad   + e\ntotal + t");
    counted("ratio: 100 * sum(rate(e[5m])) ; sum(rate(t[5m])) * (10 * 10)", "bad   + e\ntotal + t");
    counted("ratio: -(sum(rate(g[5m])) - sum(rate(t[5m]))) ; sum(rate(t[5m]))", "bad   + t\n      - g\ntotal + t");
    counted("ratio: e_total ; t_total", "bad   + e_total\ntotal + t_total");
    counted("count: sum(increase(map_resize_total[1h]))", "count + map_resize_total");
    counted("count: resizes{job=\"a\"}", "count + resizes{job=\"a\"}");
}

#[test]
fn groups_split_what_is_counted() {
    check(
        "ratio: sum(rate(e[{{window}}])) ; sum by (region, code) (rate(t[{{window}}]))",
        &["region"],
        "counted from raw counter samples\nbad   + e\ntotal + t",
    );
    check(
        "ratio: sum by (code) (rate(e[5m])) ; sum without (region) (rate(t[5m]))",
        &["region"],
        "errors: `group_by` names `region`, which this query sums away at 0..27\n  write `sum by (region) (..)` or plain `sum(..)`\n\
         total: `group_by` names `region`, which this query sums away at 0..34\n  write `sum by (region) (..)` or plain `sum(..)`",
    );
    check(
        "value: histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))",
        &["region"],
        "value: `group_by` names `region`, which this query's result does not have at 0..57\n  keep it in every aggregation: sum by (region) (..)",
    );
    check(
        "value: label_replace(max by (a) (x), \"region\", \"$1\", \"a\", \"(.*)\") / on (region) group_left y",
        &["region"],
        "asked of the server at every step: a threshold compares a value and counts no events\n\
         value   label_replace(max by (a) (x), \"region\", \"$1\", \"a\", \"(.*)\") / on (region) group_left () y",
    );
}

#[test]
fn everything_else_is_asked_and_says_why() {
    for (input, why, errors, total, unit) in [
        (
            "ratio: sum(irate(e[5m])) ; sum(rate(t[5m]))",
            "`errors` uses `irate`, which sees two samples only",
            "sum(irate(e[5m]))",
            "sum(rate(t[5m]))",
            "a second",
        ),
        ("bad: sum(up == 0) ; count(up)", "`bad` compares with `==`", "sum(up == 0)", "count(up)", "a second"),
        (
            "ratio: sum(rate(e[{{window}}] offset 5m)) ; sum(rate(t[{{window}}]))",
            "`errors` reads `e` with an offset; {{window}} is 1m",
            "sum(rate(e[1m] offset 5m))",
            "sum(rate(t[1m]))",
            "a second",
        ),
        (
            "ratio: 2 * sum(rate(e[5m])) ; sum(rate(t[5m]))",
            "`errors` is multiplied by 2 and `total` by 1",
            "2 * sum(rate(e[5m]))",
            "sum(rate(t[5m]))",
            "a second",
        ),
        (
            "ratio: 2 * rate(e[5m]) + rate(f[5m]) ; rate(t[5m])",
            "`errors` weighs its terms differently",
            "2 * rate(e[5m]) + rate(f[5m])",
            "rate(t[5m])",
            "a second",
        ),
        (
            "ratio: rate(e[5m] @ 100) ; rate(t[5m])",
            "`errors` reads `e` at a fixed time",
            "rate(e[5m] @ 100.000)",
            "rate(t[5m])",
            "a second",
        ),
        (
            "ratio: avg(rate(e[5m])) ; avg(rate(t[5m]))",
            "`errors` uses `avg`, which is no sum",
            "avg(rate(e[5m]))",
            "avg(rate(t[5m]))",
            "a second",
        ),
        (
            "ratio: queue_bad ; queue_all",
            "`errors` reads `queue_bad` without `rate` or `increase`, and its name is no counter's",
            "queue_bad",
            "queue_all",
            "a second",
        ),
        (
            "ratio: sum(increase(e[1h]) + increase(f[5m])) ; sum(increase(t[1h]))",
            "`errors` adds terms of different units or ranges",
            "sum(increase(e[1h]) + increase(f[5m]))",
            "sum(increase(t[1h]))",
            "in 1h",
        ),
        (
            "ratio: sum_over_time((count(u < 0.5))[{{.window}}:]) OR on() vector(0) ; sum_over_time((count(u))[{{.window}}:])",
            "`errors` uses `sum_over_time`, which is no sum of counters; {{window}} is 1m",
            "sum_over_time((count(u < 0.5))[1m:]) or on () vector(0)",
            "sum_over_time((count(u))[1m:])",
            "in 1m",
        ),
        (
            "good: sum(rate(g[5m])) and on() x ; sum(rate(t[5m])) # all",
            "`good` uses `and`, which makes no sum of counters",
            "(sum(rate(t[5m]))) - ((sum(rate(g[5m])) and on () x) or (sum(rate(t[5m]))) * 0)",
            "sum(rate(t[5m]))",
            "a second",
        ),
        (
            "ratio: rate(e[5m]) + on (a) rate(f[5m]) ; rate(t[5m])",
            "`errors` matches its terms by chosen labels",
            "rate(e[5m]) + on (a) rate(f[5m])",
            "rate(t[5m])",
            "a second",
        ),
        ("ratio: rate(e[5m]) + 1 ; rate(t[5m])", "`errors` adds a constant", "rate(e[5m]) + 1", "rate(t[5m])", "a second"),
        (
            "ratio: rate(e[5m]) + rate(e[5m]) ; rate(t[5m])",
            "`errors` counts `e` twice",
            "rate(e[5m]) + rate(e[5m])",
            "rate(t[5m])",
            "a second",
        ),
        (
            "ratio: -rate(e[5m]) ; rate(t[5m])",
            "`errors` adds no counter, it only subtracts",
            "-rate(e[5m])",
            "rate(t[5m])",
            "a second",
        ),
        (
            "ratio: rate(sum(e)[5m:]) ; rate(t[5m])",
            "`errors` takes `rate` of a subquery",
            "rate(sum(e)[5m:])",
            "rate(t[5m])",
            "a second",
        ),
    ] {
        let expected =
            format!("asked of the server at every step: {why}\nerrors  {errors}\ntotal   {total}\nvalues are events {unit}");
        check(input, &[], &expected);
    }
}

#[test]
fn thresholds_are_asked_with_a_small_window() {
    check(
        "value: max(rate(x[{{window}}]))",
        &[],
        "asked of the server at every step: a threshold compares a value and counts no events; {{window}} is 1m\nvalue   max(rate(x[1m]))",
    );
    let slow = plan_threshold("rate(x[$window])", &[], Span::from_mins(1)).unwrap();
    assert_eq!(plan_lines(&slow)[1], "value   rate(x[4m])");
}

#[test]
fn histograms_are_named_without_their_suffix() {
    check(
        "latency: http_request_duration_seconds{job=\"checkout\"}",
        &[],
        "counted from raw histogram buckets\n\
         good  + the bucket le=0.25 of http_request_duration_seconds_bucket{job=\"checkout\"}\n\
         total + the bucket le=+Inf of http_request_duration_seconds_bucket{job=\"checkout\"}",
    );
    check("latency: h_bucket{a=\"b\"}", &[], "histogram: the histogram is named without `_bucket` at 1..8\n  write `h`");
    check("latency: h{le=\"1\"}", &[], "histogram: `le` is chosen by `under`, not by the selector at 0..9");
    let hint = "name the histogram by a plain selector, such as http_request_duration_seconds{job=\"api\"}";
    check("latency: rate(h[5m])", &[], &format!("histogram: this is no plain selector at 0..11\n  {hint}"));
    check("latency: {job=\"a\"}", &[], &format!("histogram: the histogram's name is missing at 0..9\n  {hint}"));
    check(
        "latency: h offset 5m",
        &[],
        &format!("histogram: a histogram's selector takes no offset, `@` or `or` at 0..11\n  {hint}"),
    );
}

#[test]
fn contradictions_are_errors_and_every_field_is_told() {
    check(
        "ratio: sum(rate(e[5m]) ; foo(t)",
        &[],
        "errors: this is never closed: a `)` is missing at 3..4\ntotal: unknown function `foo` at 0..3",
    );
    check("ratio: rate(x[5m]) ; (rate(x[5m]))", &[], "errors: `errors` and `total` are the same query at 0..11");
    check(
        "good: sum(x_total) ; sum(sum(x_total))",
        &[],
        "good: `good` and `total` are the same counters, so nothing could ever be bad at 0..12",
    );
    let unequal = "`errors` and `total` count in different units: one per second (rate), one per window (increase)";
    let hint = "use rate, or increase over the same range, in both";
    check("ratio: increase(e[1h]) ; rate(t[1h])", &[], &format!("total: {unequal} at 0..11\n  {hint}"));
    check("ratio: sum(increase(e[1h] offset 1m)) ; rate(t[1h])", &[], &format!("total: {unequal} at 0..11\n  {hint}"));
    check(
        "bad: sum(e_total) * 2 ; t_total",
        &[],
        "bad: `e_total` cannot be counted here, and asked as it stands it would be the counter's whole life at 0..16\n  write rate(e_total[{{window}}])\n\
         total: `t_total` cannot be counted here, and asked as it stands it would be the counter's whole life at 0..7\n  write rate(t_total[{{window}}])",
    );
    check("value: x[5m]", &[], "value: this is a range of samples, not a value at 0..5\n  wrap it: rate(..) or increase(..)");
    check("bad: \"x\" ; y", &[], "bad: this is text, not a value at 0..3");
    check(
        "count: max(x)",
        &[],
        "count: this cannot be counted: it uses `max`, which is no sum at 0..6\n  write counters, or sums and differences of them: sum(increase(x_total[{{window}}])) + y_total",
    );
    assert_eq!(plan_count("orders_total - refunds_total").unwrap().minus, [Selector::metric("refunds_total")]);
    assert!(plan_count("2 * orders_total").unwrap_err().message.contains("multiplied by 2"));
}

#[test]
fn every_sum_has_one_meaning_however_it_is_written() {
    let same = ["a_total + b_total - c_total", "-(c_total - (b_total)) + a_total", "sum(a_total) - sum(c_total - b_total)"];
    let sets = same.map(|text| {
        let mut count = plan_count(text).unwrap();
        count.plus.sort();
        count
    });
    assert!(sets.iter().all(|s| *s == sets[0]), "{sets:?}");
}

/// Sums and differences of four counters, as people nest them.
fn sums() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["a_total", "b_total", "c_total", "d_total"]).prop_map(str::to_string);
    leaf.prop_recursive(4, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), prop::sample::select(vec!["+", "-"]), inner.clone()).prop_map(|(l, op, r)| format!("{l} {op} {r}")),
            inner.clone().prop_map(|e| format!("({e})")),
            inner.clone().prop_map(|e| format!("sum({e})")),
            inner.clone().prop_map(|e| format!("-({e})")),
            inner.clone().prop_map(|e| format!("(({e}) or vector(0))")),
            inner.prop_map(|e| format!("({e}) * 4 / (2 + 2)")),
        ]
    })
}

proptest! {
    #[test]
    fn a_counted_plan_adds_up_to_what_the_query_says(text in sums()) {
        let value = |name: &str| match name { "a_total" => 1.0, "b_total" => 10.0, "c_total" => 100.0, _ => 1000.0 };
        let one = |name: &'static str| (Labels::new([("__name__", name)]), vec![Sample { at: Ms(0), value: value(name) }]);
        let data = Memory::new(["a_total", "b_total", "c_total", "d_total"].map(one));
        let total = |list: &[Selector]| list.iter().map(|s| value(s.name().unwrap())).sum::<f64>();
        match plan_count(&text) {
            Ok(count) => {
                let Ok(Value::Vector(got)) = Evaluator::parse(&text, &data, Rules::default()).unwrap().at(Ms(0)) else { panic!("{text}") };
                prop_assert_eq!(got[0].1, total(&count.plus) - total(&count.minus), "{}", text);
            }
            Err(e) => prop_assert!(e.message.contains("twice") || e.message.contains("only subtracts"), "{} {:?}", text, e),
        }
    }
}
