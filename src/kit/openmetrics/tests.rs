//! Text in, samples out; and back.

use super::*;
use proptest::prelude::*;

fn samples(text: &str) -> String {
    let mut out = String::new();
    for line in read(text) {
        match line {
            Ok((n, Line::Sample(s))) => match s.labels() {
                Ok(labels) => writeln!(out, "{n} {labels} {} {:?}", s.value, s.at.map(|t| t.0)).unwrap(),
                Err(e) => writeln!(out, "{n} {e}").unwrap(),
            },
            Ok((n, other)) => writeln!(out, "{n} {other:?}").unwrap(),
            Err(e) => writeln!(out, "error: {e}").unwrap(),
        }
    }
    out
}

#[test]
fn a_whole_exposition_is_read() {
    let text = "# TYPE http_requests counter\n# HELP http_requests A \\\"text\\\"\n# UNIT lag seconds\n\n# a comment\n\
        http_requests_total{code=\"200\",path=\"a\\\"b\\\\c\\nd}\"} 17 1700000000.25\r\n\
        http_requests_created{code=\"200\"} 1.7e9\n\
        lag_bucket{le=\"+Inf\"} 3 1700000000 # {trace_id=\"x # y\"} 0.67 1700000000.1\n\
        up NaN 1700000000.0005\nup -Inf -1.5\nup{} +Inf\n{\"odd.name\", a=\"b\"} 1 1.5e3\nup{a=\"\",} 0\n# EOF\n";
    insta_like(
        &samples(text),
        r#"1 Type("http_requests", "counter")
2 Help("http_requests", "A \\\"text\\\"")
3 Unit("lag", "seconds")
6 http_requests_total{code="200", path="a\"b\\c\nd}"} 17 Some(1700000000250)
7 http_requests_created{code="200"} 1700000000 None
8 lag_bucket{le="+Inf"} 3 Some(1700000000000)
9 up NaN Some(1700000000001)
10 up -inf Some(-1500)
11 up inf None
12 odd.name{a="b"} 1 Some(1500000)
13 up 0 None
14 Eof
"#,
    );
}

fn insta_like(got: &str, want: &str) {
    assert!(got == want, "got:\n{got}\nwant:\n{want}");
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    for (line, message) in [
        ("up", "a value is missing"),
        ("up ", "a value is missing"),
        (" 1 2", "the metric's name is missing"),
        ("up x", "`x` is no value"),
        ("up 1 soon", "`soon` is no time in seconds"),
        ("up 1 99999999999999", "`99999999999999` is no time in seconds"),
        ("up 1 2 3", "`3` is too much"),
        ("up{a=\"b 1 2", "a quote is not closed"),
        ("up{a=\"b\" 1 2", "a brace is not closed"),
    ] {
        let text = format!("fine 1\n{line}\nnever 1\n");
        assert_eq!(samples(&text), format!("1 fine 1 None\nerror: line 2: {message}\n"), "{line}");
    }
    for (head, message) in [
        ("{a=\"b\"}", "the metric's name is missing"),
        ("up{a=b}", "the value of `a` has no quotes"),
        ("up{=\"b\"}", "a label has no name"),
        ("up{a=\"b\"c}", "a comma is missing between two labels"),
        ("up{c}", "the label `c` has no value"),
    ] {
        assert_eq!(SampleLine { head, value: 0.0, at: None }.labels().unwrap_err(), message, "{head}");
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        name in "[a-z_]{1,8}", key in "[a-z]{1,4}", text in "\\PC{0,12}|[\\\\\"\n{} #,=]{0,8}",
        value in prop_oneof![any::<f64>().prop_filter("NaN is never equal", |v| !v.is_nan()), (0_u64..1 << 50).prop_map(|n| n as f64)],
        at in proptest::option::of(-4_000_000_000_000_i64..9_000_000_000_000),
    ) {
        let labels = Labels::new([("__name__", name.as_str()), (&key, &text)]);
        let mut writer = Writer::new(String::new());
        writer.sample(&labels, value, at.map(Ms)).unwrap();
        let written = writer.finish().unwrap();
        let lines: Vec<_> = read(&written).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(lines.len(), 2);
        let Line::Sample(sample) = &lines[0].1 else { panic!("{written}") };
        prop_assert_eq!(sample.labels().unwrap(), labels);
        prop_assert_eq!(sample.value, value);
        prop_assert_eq!(sample.at, at.map(Ms));
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*|[a{}\"\\\\ #\n1.,=]{0,60}") {
        for (_, line) in read(&text).flatten() {
            if let Line::Sample(sample) = line {
                let _ = sample.labels();
            }
        }
    }
}
