//! The evaluator on small data, by hand. `tests/sources/promql.rs` compares it with a real Prometheus.

use super::*;

/// Samples every 60 s from 0: `name{labels} v v _ v` with `_` for none and `S` for a stale marker.
fn memory(lines: &str) -> Memory {
    let stale = f64::from_bits(0x7ff0_0000_0000_0002);
    Memory::new(lines.lines().filter(|l| !l.trim().is_empty()).map(|line| {
        let (head, values) = line.trim().split_once("  ").unwrap();
        let crate::query::ast::Expr::Vector(pick) = parse(head).unwrap() else { panic!("{head}") };
        let labels = Labels::new(pick.selector.matchers().iter().map(|m| (m.name.clone(), m.value.clone())));
        let samples = values.split_whitespace().enumerate().filter(|(_, v)| *v != "_").map(|(i, v)| Sample {
            at: Ms::from_secs(60 * i64::try_from(i).unwrap()),
            value: if v == "S" { stale } else { v.parse().unwrap() },
        });
        (labels, samples.collect())
    }))
}

fn shown(data: &Memory, query: &str, secs: i64, rules: Rules) -> String {
    let run = || Evaluator::parse(query, data, rules)?.at(Ms::from_secs(secs));
    match run() {
        Ok(Value::Scalar(n)) => n.to_string(),
        Ok(Value::Vector(v)) => {
            let mut lines: Vec<String> = v.iter().map(|(l, n)| format!("{l} {n}").trim().to_string()).collect();
            lines.sort();
            lines.join("; ")
        }
        Err(e) => format!("error: {e}"),
    }
}

const DATA: &str = r#"
    c{i="1"}  0 60 120 180 0 60
    c{i="2"}  10 20 30 40 50 60
    gone{i="1"}  1 2 S
    g{i="1", z="a"}  1 2 3 4 5 6
    g{i="2", z="b"}  6 5 4 3 2 NaN
    b{le="0.1"}  0 1 2 3 4 5
    b{le="1"}  0 2 4 6 8 10
    b{le="+Inf"}  0 2 4 6 8 10
    d{i="1"}  7 7 7 7 7 7
"#;

#[test]
fn expressions_have_prometheus_values() {
    let data = memory(DATA);
    let closed = Rules { dialect: Dialect::Closed, ..Rules::default() };
    let cases = [
        ("c", 300, r#"c{i="1"} 60; c{i="2"} 60"#),
        ("sum(c)", 300, "120"),
        ("gone", 60, r#"gone{i="1"} 2"#),
        ("gone", 120, ""),
        ("g{i='1'}", 599, r#"g{i="1", z="a"} 6"#),
        ("g{i='1'}", 601, ""),
        ("g{i='1'} offset 2m", 300, r#"g{i="1", z="a"} 4"#),
        ("g{i='1'} @ 60", 300, r#"g{i="1", z="a"} 2"#),
        ("g{i='1'} @ end() - g{i='1'} offset 1m", 300, r#"{i="1", z="a"} 1"#),
        ("increase(c{i='1'}[5m])", 300, r#"{i="1"} 240"#),
        ("rate(c{i='2'}[5m])", 300, r#"{i="2"} 0.16666666666666669"#),
        ("irate(c[5m])", 240, r#"{i="1"} 0; {i="2"} 0.16666666666666666"#),
        ("delta(c{i='2'}[2m])", 120, r#"{i="2"} 20"#),
        ("resets(c[5m])", 300, r#"{i="1"} 1; {i="2"} 0"#),
        ("changes(d[5m])", 300, r#"{i="1"} 0"#),
        ("count_over_time(c{i='2'}[2m])", 300, r#"{i="2"} 3"#),
        ("sum_over_time(g{i='1'}[1m])", 120, r#"{i="1", z="a"} 5"#),
        ("quantile_over_time(0.5, g{i='1'}[4m])", 240, r#"{i="1", z="a"} 3"#),
        ("last_over_time(gone[10m])", 300, r#"gone{i="1"} 2"#),
        ("max_over_time(sum(c)[3m:1m])", 300, "220"),
        ("sum by (i) (g) + on (i) group_left (z) max by (i) (c)", 240, r#"{i="1"} 5; {i="2"} 52"#),
        ("g * on (i) group_right () (c > 0)", 300, r#"{i="1"} 360; {i="2"} NaN"#),
        ("c > 50", 300, r#"c{i="1"} 60; c{i="2"} 60"#),
        ("c > bool 60", 300, r#"{i="1"} 0; {i="2"} 0"#),
        ("50 < c", 300, r#"c{i="1"} 60; c{i="2"} 60"#),
        ("c and on (i) g{z='a'}", 300, r#"c{i="1"} 60"#),
        ("c unless on (i) g{z='a'}", 300, r#"c{i="2"} 60"#),
        ("c{i='1'} or g{i='1'} or vector(0)", 300, r#"0; c{i="1"} 60; g{i="1", z="a"} 6"#),
        ("topk(1, g) ", 240, r#"g{i="1", z="a"} 5"#),
        ("bottomk(1, g)", 300, r#"g{i="1", z="a"} 6"#),
        ("count_values('v', d)", 300, r#"{v="7"} 1"#),
        ("quantile(0.5, g)", 240, "3.5"),
        ("avg without (i) (g)", 240, r#"{z="a"} 5; {z="b"} 2"#),
        ("min(g)", 300, "6"),
        ("histogram_quantile(0.5, b)", 300, "0.1"),
        ("histogram_quantile(0.75, increase(b[5m]))", 300, "0.55"),
        ("-g{i='1'}", 60, r#"{i="1", z="a"} -2"#),
        ("-2 ^ 2", 0, "-4"),
        ("7 % 4 + 2 ^ 3 ^ 0", 0, "5"),
        ("1 > bool 2", 0, "0"),
        ("1 / 0", 0, "inf"),
        ("time()", 90, "90"),
        ("timestamp(d)", 310, r#"{i="1"} 300"#),
        ("scalar(d)", 300, "7"),
        ("scalar(c)", 300, "NaN"),
        ("vector(3)", 0, "3"),
        ("absent(nope{a='b', c=~'d'})", 0, r#"{a="b"} 1"#),
        ("absent(c)", 0, ""),
        ("absent_over_time(nope{a='b'}[5m])", 0, r#"{a="b"} 1"#),
        ("round(g{i='1'} / 4, 0.5)", 60, r#"{i="1", z="a"} 0.5"#),
        ("clamp(g, 2, 3)", 300, r#"{i="1", z="a"} 3; {i="2", z="b"} NaN"#),
        ("clamp(g, 3, 2)", 300, ""),
        ("label_replace(d, 'x', 'n$1', 'i', '(.)')", 0, r#"d{i="1", x="n1"} 7"#),
        ("label_join(g{i='1'}, 'x', '-', 'i', 'z')", 0, r#"g{i="1", x="1-a", z="a"} 1"#),
        ("predict_linear(g{i='1'}[5m], 60)", 300, r#"{i="1", z="a"} 7"#),
        ("deriv(g{i='1'}[5m]) * 60", 300, r#"{i="1", z="a"} 1"#),
        ("{i='1', __name__=~'c|d'} + 0", 0, r#"error: two results have the same labels {i="1"}"#),
        ("d + on () c", 300, r#"error: many elements match {} on the right side: c{i="1"} and c{i="2"}"#),
        ("c + on () d", 300, "error: many elements match {}: say group_left or group_right"),
        ("sin(c)", 0, "error: `sin` is not supported over recorded samples"),
        ("c[5m]", 0, "error: a range of samples as a result is not supported over recorded samples"),
        ("rate(c[{{window}}])", 0, "error: the placeholder {{window}} without a value is not supported over recorded samples"),
        ("limitk(1, c)", 0, "error: `limitk` and `limit_ratio` is not supported over recorded samples"),
        ("max_over_time(c[2d:1s])", 0, "error: a subquery of more than 11000 evaluations"),
        ("max_over_time(max_over_time(c[3h:1s])[3h:1s])", 0, "error: a subquery of more than 1000000 evaluations"),
        ("foo(", 0, "error: this is never closed: a `)` is missing"),
    ];
    let got = cases.map(|(query, secs, _)| format!("{query} @{secs}: {}", shown(&data, query, secs, closed)));
    let wanted = cases.map(|(query, secs, expected)| format!("{query} @{secs}: {expected}"));
    assert_eq!(got.join("\n"), wanted.join("\n"));
}

#[test]
fn the_left_border_is_in_or_out_by_dialect() {
    let data = memory(DATA);
    let open = Rules::default();
    assert_eq!(shown(&data, "count_over_time(d[2m])", 300, Rules { dialect: Dialect::Closed, ..open }), r#"{i="1"} 3"#);
    assert_eq!(shown(&data, "count_over_time(d[2m])", 300, open), r#"{i="1"} 2"#);
    assert_eq!(shown(&data, "d", 600, Rules { dialect: Dialect::Closed, ..open }), r#"d{i="1"} 7"#);
    assert_eq!(shown(&data, "d", 600, open), "");
    assert_eq!(shown(&data, "count_over_time(d[2m:1m])", 300, open), r#"{i="1"} 2"#);
    // A counter that began 45 s before its first sample, were it straight: Prometheus 3 goes back half an interval at most.
    let young = memory("n  180 420 660");
    assert_eq!(shown(&young, "increase(n[5m])", 150, Rules { dialect: Dialect::Closed, ..open }), "780");
    assert_eq!(shown(&young, "increase(n[5m])", 150, open), "720");
}

#[test]
fn a_range_has_the_values_of_its_instants() {
    let data = memory(DATA);
    let evaluator = Evaluator::parse("sum(rate(c[2m])) > 1", &data, Rules::default()).unwrap();
    let series = evaluator.range(Ms::from_secs(30), Ms::from_secs(300), Span::from_secs(30)).unwrap();
    let mut seen = 0;
    for at in (60..=300).step_by(30) {
        let expected = evaluator.at(Ms::from_secs(at)).unwrap();
        let got = series.first().and_then(|(_, s)| s.iter().find(|s| s.at == Ms::from_secs(at))).map(|s| s.value);
        assert_eq!(expected, Value::Vector(got.map(|v| (Labels::default(), v)).into_iter().collect()), "{at}");
        seen += usize::from(got.is_some());
    }
    assert!(seen > 2 && seen < 9, "{seen}");
    assert!(evaluator.range(Ms(0), Ms(1), Span(0)).is_err());
}

#[test]
fn the_deepest_text_runs_on_a_small_stack() {
    let data = memory(DATA);
    let text = format!("{}d{}", "-(1 + abs(".repeat(60), "))".repeat(60));
    let work = move || shown(&data, &text, 0, Rules::default());
    let shown = std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
    assert!(shown.starts_with("{i=\"1\"} "), "{shown}");
}
