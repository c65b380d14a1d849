//! Our evaluator against a real Prometheus: the same samples, the same queries, the same instants, equal at 1e-9.
//!
//! Debian's Prometheus 2.42 has closed windows, so that dialect is compared; the other differs in the left border alone.

use crate::support::{Prometheus, http, require};
use burnledger::domain::base::{Labels, Ms, Span};
use burnledger::domain::measure::Sample;
use burnledger::query::{Dialect, Evaluator, Memory, Rules, Value, parse};
use std::fmt::Write;

/// 2026-03-02T00:00:00Z.
const START: i64 = 1_772_409_600;
const STEP: i64 = 15;
const SAMPLES: i64 = 480;

/// A small generator with a fixed seed: the same samples in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

type One = (Vec<(&'static str, String)>, Vec<(i64, f64)>);
type Series = Vec<One>;

/// Counters with resets and gaps, classic histograms, gauges with odd values; two hours at 15 s with some jitter.
fn samples() -> Series {
    let mut dice = Dice(7);
    let mut out: Series = Vec::new();
    for (job, code) in [("api", "200"), ("api", "500"), ("web", "200"), ("web", "503")] {
        for instance in ["a", "b"] {
            out.push((labels("requests_total", &[("job", job), ("code", code), ("instance", instance)]), counter(&mut dice)));
        }
    }
    out.push((labels("late_total", &[("job", "api")]), counter(&mut dice).split_off(300)));
    out.push((labels("ended_total", &[("job", "api")]), counter(&mut dice).into_iter().take(200).collect()));
    for job in ["api", "web"] {
        out.push((labels("limit", &[("job", job), ("team", "blue")]), gauge(&mut dice, |d| 50.0 + d.below(20) as f64)));
        out.push((labels("temperature", &[("job", job)]), gauge(&mut dice, |d| d.below(2_000) as f64 / 10.0 - 100.0)));
        histogram(&mut dice, job, &mut out);
    }
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.5, 1e9];
    out.push((labels("odd", &[("job", "api")]), gauge(&mut dice, move |d| odd[d.below(6) as usize])));
    out
}

fn labels(name: &str, rest: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    let rest = rest.iter().map(|(k, v)| (*k, (*v).to_string()));
    std::iter::once(("__name__", name.to_string())).chain(rest).collect()
}

/// The instants of a series' samples: jitter below a second, some scrapes missed, one long gap.
fn instants(dice: &mut Dice) -> Vec<i64> {
    let gap = 100 + i64::try_from(dice.below(200)).unwrap();
    // Half the series have samples exactly on the borders of windows.
    let jitter = i64::try_from(dice.below(2) * dice.below(900)).unwrap();
    let mut at: Vec<i64> = (0..SAMPLES).filter(|i| !(gap..gap + 30).contains(i)).collect();
    at.retain(|_| dice.below(40) > 0);
    at.iter().map(|i| (START + i * STEP) * 1000 + jitter).collect()
}

fn counter(dice: &mut Dice) -> Vec<(i64, f64)> {
    let (start, pace) = (dice.below(500), 1 + dice.below(40));
    let mut value = start;
    let at = instants(dice);
    let grow = |at| {
        value = if dice.below(150) == 0 { dice.below(5) } else { value + dice.below(pace) };
        (at, value as f64)
    };
    at.into_iter().map(grow).collect()
}

fn gauge(dice: &mut Dice, next: impl Fn(&mut Dice) -> f64) -> Vec<(i64, f64)> {
    instants(dice).into_iter().map(|at| (at, next(dice))).collect()
}

fn histogram(dice: &mut Dice, job: &str, out: &mut Series) {
    let bounds = ["0.1", "0.25", "1", "+Inf"];
    let mut counts = [0_u64; 4];
    let mut columns = vec![Vec::new(); 4];
    for at in instants(dice) {
        for _ in 0..dice.below(6) {
            let from = dice.below(4) as usize;
            counts[from..].iter_mut().for_each(|c| *c += 1);
        }
        columns.iter_mut().zip(counts).for_each(|(column, c)| column.push((at, c as f64)));
    }
    for (le, column) in bounds.iter().zip(&columns) {
        out.push((labels("latency_seconds_bucket", &[("job", job), ("le", le)]), column.clone()));
    }
    out.push((labels("latency_seconds_count", &[("job", job)]), columns[3].clone()));
}

fn openmetrics(series: &Series) -> String {
    let mut out = String::new();
    for (labels, samples) in series {
        let rest: Vec<String> = labels[1..].iter().map(|(k, v)| format!("{k}=\"{v}\"")).collect();
        for (at, value) in samples {
            let value = if value.is_infinite() { format!("{value:+}").replace("inf", "Inf") } else { value.to_string() };
            writeln!(out, "{}{{{}}} {value} {}.{:03}", labels[0].1, rest.join(","), at / 1000, at % 1000).unwrap();
        }
    }
    out + "# EOF\n"
}

fn memory(series: &Series) -> Memory {
    let one = |(labels, samples): &One| {
        let samples = samples.iter().map(|(at, value)| Sample { at: Ms(*at), value: *value }).collect();
        (Labels::new(labels.iter().map(|(k, v)| (*k, v.as_str()))), samples)
    };
    Memory::new(series.iter().map(one))
}

fn ask(port: u16, path: &str, args: &[(&str, &str)]) -> serde_json::Value {
    let encoded = |text: &str| text.bytes().fold(String::new(), |out, b| out + &format!("%{b:02X}"));
    let query: Vec<String> = args.iter().map(|(k, v)| format!("{k}={}", encoded(v))).collect();
    let (_, body) = http("GET", port, &format!("{path}?{}", query.join("&")), b"").expect("Prometheus answers");
    serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {body}"))
}

fn number(value: &serde_json::Value) -> f64 {
    match value.as_str().unwrap() {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        text => text.parse().unwrap(),
    }
}

fn read_labels(metric: &serde_json::Value) -> Labels {
    Labels::new(metric.as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())))
}

/// Prometheus' answer to an instant query, sorted; an error is its text.
fn theirs(port: u16, query: &str, at: i64) -> Result<Vec<(Labels, f64)>, String> {
    let answer = ask(port, "/api/v1/query", &[("query", query), ("time", &at.to_string())]);
    if let Some(error) = answer["error"].as_str() {
        return Err(error.to_string());
    }
    let result = &answer["data"]["result"];
    let mut out: Vec<_> = match answer["data"]["resultType"].as_str().unwrap() {
        "scalar" => vec![(Labels::default(), number(&result[1]))],
        _ => result.as_array().unwrap().iter().map(|e| (read_labels(&e["metric"]), number(&e["value"][1]))).collect(),
    };
    out.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(out)
}

fn ours(data: &Memory, query: &str, at: i64) -> Result<Vec<(Labels, f64)>, String> {
    let evaluator = Evaluator::parse(query, data, rules()).map_err(|e| e.to_string())?;
    let mut out = match evaluator.at(Ms::from_secs(at)).map_err(|e| e.to_string())? {
        Value::Scalar(n) => vec![(Labels::default(), n)],
        Value::Vector(v) => v,
    };
    out.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(out)
}

fn rules() -> Rules {
    Rules { dialect: Dialect::Closed, ..Rules::default() }
}

fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan()) || (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3)
}

fn differ(ours: &Result<Vec<(Labels, f64)>, String>, theirs: &Result<Vec<(Labels, f64)>, String>) -> bool {
    match (ours, theirs) {
        (Ok(a), Ok(b)) => a.len() != b.len() || a.iter().zip(b).any(|(x, y)| x.0 != y.0 || !same(x.1, y.1)),
        (Err(_), Err(_)) => false,
        _ => true,
    }
}

const QUERIES: &[&str] = &[
    "requests_total",
    "requests_total{code=~\"5..\"}",
    "requests_total{code!~\"5.*\", job!=\"web\"}",
    "{__name__=~\"requests.*|limit\", job=\"api\"}",
    "requests_total offset 7m",
    "requests_total offset -7m",
    "limit @ 1772412000",
    "limit @ start() - limit offset 5m @ end()",
    "late_total or ended_total",
    "rate(requests_total[5m])",
    "rate(requests_total[47s])",
    "rate(requests_total[10s])",
    "sum(rate(requests_total{code=~\"5..\"}[5m])) / sum(rate(requests_total[5m]))",
    "sum by (job) (rate(requests_total[1h]))",
    "sum without (instance, code) (increase(requests_total[30m]))",
    "increase(requests_total[17m] offset 3m)",
    "increase(late_total[1h])",
    "increase(ended_total[1h])",
    "rate(requests_total[5m] @ 1772412345)",
    "irate(requests_total[5m])",
    "idelta(temperature[5m])",
    "delta(temperature[11m])",
    "deriv(temperature[20m])",
    "predict_linear(temperature[20m], 600)",
    "predict_linear(temperature[20m] @ 1772412345, 600)",
    "predict_linear(temperature[20m] offset 5m, 600)",
    "deriv(temperature[20m] offset 5m)",
    "histogram_quantile(0.5, {__name__=~\"latency.*bucket|nope\"})",
    "changes(limit[10m])",
    "resets(requests_total[2h])",
    "sum_over_time(temperature[10m])",
    "avg_over_time(temperature[10m])",
    "min_over_time(temperature[10m])",
    "max_over_time(odd[10m])",
    "min_over_time(odd[3m])",
    "avg_over_time(odd[2m])",
    "count_over_time(requests_total[10m])",
    "last_over_time(ended_total[2h])",
    "present_over_time(late_total[10m])",
    "stddev_over_time(temperature[10m])",
    "stdvar_over_time(temperature[1h])",
    "quantile_over_time(0.9, temperature[10m])",
    "quantile_over_time(scalar(limit{job=\"nope\"}), temperature[10m])",
    "absent_over_time(late_total[5m])",
    "absent(late_total{job=\"api\", code=~\"5\"})",
    "absent(sum(nope))",
    "histogram_quantile(0.95, sum by (le) (rate(latency_seconds_bucket[5m])))",
    "histogram_quantile(0.5, rate(latency_seconds_bucket[10m]))",
    "histogram_quantile(0.99, latency_seconds_bucket)",
    "histogram_quantile(1.5, latency_seconds_bucket)",
    "histogram_quantile(0, latency_seconds_bucket{job=\"api\"})",
    "latency_seconds_count - on (job) latency_seconds_bucket{le=\"0.25\"}",
    "sum(rate(latency_seconds_count[5m])) - sum(rate(latency_seconds_bucket{le=\"0.25\"}[5m]))",
    "avg(temperature)",
    "min by (job) (requests_total)",
    "max without (code) (requests_total)",
    "count by (code) (requests_total)",
    "group by (job) (requests_total)",
    "stddev(requests_total)",
    "stdvar by (job) (requests_total)",
    "quantile(0.25, requests_total)",
    "topk(3, requests_total)",
    "bottomk by (job) (1, requests_total)",
    "count_values(\"v\", limit)",
    "count_values by (job) (\"v\", round(temperature, 50))",
    "sum(odd)",
    "max(odd)",
    "temperature > 0",
    "0 < temperature",
    "temperature > bool 0",
    "temperature == temperature",
    "odd != bool 0",
    "temperature % 7",
    "abs(temperature) ^ 0.5",
    "-temperature * 2 + 3 - -1",
    "temperature atan2 limit",
    "requests_total / on (job) group_left (team) limit",
    "limit * on (job) group_right () requests_total",
    "requests_total * ignoring (code, instance) group_left limit",
    "requests_total > on (job) group_left () limit",
    "limit / ignoring (team) temperature",
    "limit == on (job) limit",
    "limit + requests_total",
    "limit / on (job) requests_total",
    "requests_total / on (job) limit",
    "requests_total and on (job, instance) requests_total{code=\"503\"}",
    "requests_total unless on (job) requests_total{code=\"503\"}",
    "requests_total{job=\"api\"} or on (job) requests_total",
    "sum(rate(nope[5m])) or vector(0)",
    "ceil(temperature / 3) - floor(temperature / 3)",
    "round(temperature, 0.3)",
    "round(temperature)",
    "clamp(temperature, -10, 10)",
    "clamp_min(odd, 0)",
    "clamp_max(odd, 5)",
    "sgn(temperature) + sqrt(limit) + exp(limit / 100) + ln(limit) + log2(limit) + log10(limit)",
    "time() - timestamp(requests_total)",
    "timestamp(sum(limit))",
    "scalar(sum(limit)) + 1",
    "scalar(requests_total)",
    "vector(time())",
    "hour() * 60 + minute()",
    "day_of_week() + day_of_month() * 10 + day_of_year() * 1000 + days_in_month() * 1e6 + month() * 1e8 + year() * 1e10",
    "minute(timestamp(requests_total))",
    "day_of_week(temperature * 1e7) + month(temperature * 1e7)",
    "sum(rate(requests_total[5m])) and on () (hour() >= 0 < 24)",
    "label_replace(limit, \"tier\", \"$1-x\", \"team\", \"(b.*)e\")",
    "label_replace(limit, \"team\", \"\", \"team\", \".*\")",
    "label_join(limit, \"both\", \"/\", \"job\", \"team\")",
    "sort_desc(limit)",
    "max_over_time(sum(rate(requests_total[1m]))[10m:30s])",
    "avg_over_time(temperature[9m:1m])",
    "sum_over_time((temperature > bool 0)[7m:])",
    "rate(sum by (job) (requests_total)[10m:20s])",
    "increase(requests_total[10m:45s] offset 90s)",
    "max_over_time(deriv(temperature[2m])[10m:50s] @ 1772412345)",
    "(1 + 2) * 3 ^ 2 ^ 0.5 - -4 % 3",
    "1 > bool 2 or vector(1)",
    "1 == bool 1",
    "requests_total{job=~\"a.*|b\", instance=~`a|b`} > 100",
    "{job=\"api\", __name__=~\"requests_total|late_total\"} * 2",
    "sum by (job) (requests_total{code=\"500\"}) / sum by (job) (requests_total) > 0.1 or sum by (job) (limit)",
];

#[test]
fn queries_have_the_values_a_real_prometheus_gives() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let series = samples();
    let server = Prometheus::backfill(&openmetrics(&series));
    let data = memory(&series);
    let times = [START + 100, START + 1_500, START + 2_700, START + 3_601, START + 5_237, START + 7_195, START + 7_420];
    let (mut wrong, mut filled) = (Vec::new(), 0);
    for query in QUERIES {
        for at in times {
            let (a, b) = (ours(&data, query, at), theirs(server.port, query, at));
            filled += usize::from(b.as_ref().is_ok_and(|v| !v.is_empty()));
            if differ(&a, &b) {
                wrong.push(format!("{query} at +{}\n  ours   {a:?}\n  theirs {b:?}", at - START));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong[..wrong.len().min(12)].join("\n"));
    assert!(filled > QUERIES.len() * 4, "only {filled} answers had values");
}

#[test]
fn ranges_have_the_values_a_real_prometheus_gives() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let series = samples();
    let server = Prometheus::backfill(&openmetrics(&series));
    let data = memory(&series);
    let (from, to) = (START + 1_200, START + 7_200);
    for query in [
        "sum by (job) (rate(requests_total[2m])) > 0.4",
        "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))",
        "temperature - temperature @ start() + temperature @ end()",
        "time() / 2",
    ] {
        // Ours leaves the start out and takes multiples of the step only.
        let args = [("query", query), ("start", &(from + 30).to_string()), ("end", &to.to_string()), ("step", "30")];
        let answer = ask(server.port, "/api/v1/query_range", &args);
        let mut theirs: Vec<(Labels, Vec<(f64, f64)>)> = answer["data"]["result"]
            .as_array()
            .unwrap_or_else(|| panic!("{query}: {answer}"))
            .iter()
            .map(|s| {
                (
                    read_labels(&s["metric"]),
                    s["values"].as_array().unwrap().iter().map(|v| (v[0].as_f64().unwrap(), number(&v[1]))).collect(),
                )
            })
            .collect();
        let evaluator = Evaluator::parse(query, &data, rules()).unwrap();
        let mut ours = evaluator.range(Ms::from_secs(from), Ms::from_secs(to), Span::from_secs(30)).unwrap();
        theirs.sort_by(|a, b| a.0.cmp(&b.0));
        ours.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(ours.len(), theirs.len(), "{query}");
        for ((labels, a), (their_labels, b)) in ours.iter().zip(&theirs) {
            assert_eq!((labels, a.len()), (their_labels, b.len()), "{query}");
            assert!(!a.is_empty());
            let wrong = a.iter().zip(b).find(|(x, y)| (x.at.0 as f64 / 1000.0 - y.0).abs() > 1e-6 || !same(x.value, y.1));
            assert_eq!(wrong, None, "{query} {labels}");
        }
    }
}

/// Texts with Prometheus' verdict on them, where the guard's is the same.
const TEXTS: &[&str] = &[
    "",
    "x",
    "x{",
    "x{}",
    "{}",
    "{a=~\".*\"}",
    "{a=~\".+\"}",
    "{a!=\"\"}",
    "{a!~\".*\"}",
    "{a!~\".+\"}",
    "{a!~\"x|\", b=\"\"}",
    "x{a=\"b\",}",
    "x{a=\"b\" b=\"c\"}",
    "x{a=~\"(\"}",
    "x{a=~\"a)b(\"}",
    "x{a=~`\\Qa.b\\E\\d{2}`}",
    "x{a=~\"/v{id}\"}",
    "x[5m]",
    "x[5m",
    "x[]",
    "x[0s]",
    "x[5x]",
    "x[1m1h]",
    "rate(x)",
    "rate(x[5m]) offset 5m",
    "rate(x[5m] offset 5m)",
    "rate(x[5m:])",
    "rate(sum(x)[5m:1m])",
    "sum(x[5m])",
    "sum(x) by (a,)",
    "sum by (a) (x) by (b)",
    "sum(x, y)",
    "topk(x)",
    "topk(1, x)",
    "nope(x)",
    "abs()",
    "abs(x, y)",
    "abs(x,)",
    "x + ",
    "+ x",
    "x + + y",
    "x y",
    "x == y",
    "1 == 1",
    "1 == bool 1",
    "x + bool y",
    "x and 1",
    "x and on (a) group_left y",
    "x + on (a) group_left (a) y",
    "x + group_left y",
    "x @ 5",
    "x @ start()",
    "x @ x",
    "x offset -5m",
    "x offset 5m offset 5m",
    "-x[5m]",
    "\"text\"",
    "'it\\'s'",
    "\"bad \\d escape\"",
    "\"\\u4e16\"",
    "\"open",
    "0x1F + 017 + 1e3 + .5",
    "1.2.3",
    "Inf + NaN",
    "x # comment",
    "# only a comment",
    "offset offset 5m",
    "by",
    "sum",
    "sum{a=\"b\"}",
    "x{a='b'}",
    "x{1=\"b\"}",
    "(((x)))",
    "((x)",
    "(x))",
    "x;y",
    "ünicode",
    "x{__name__=\"y\"}",
    "label_replace(x, \"a\", \"b\", \"c\", \"d\")",
    "histogram_quantile(\"a\", x)",
    "vector(x)",
    "scalar(1)",
    "x ^ y ^ z",
    "1 - -1",
    "x[5m] + 1",
];

#[test]
fn the_guard_accepts_and_refuses_what_prometheus_does() {
    if !require("prometheus") {
        return;
    }
    let server = Prometheus::start("global: {scrape_interval: 1m}\n");
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for text in TEXTS {
        let answer = ask(server.port, "/api/v1/format_query", &[("query", text)]);
        let theirs = answer["status"] == "success";
        refused += usize::from(!theirs);
        let ours = parse(text);
        if ours.is_ok() != theirs {
            wrong.push(format!("{text}\n  ours {ours:?}\n  theirs {}", answer["error"]));
        }
        // A sign that does nothing is not kept.
        if let (Ok(tree), false) = (ours, text.contains("+ x") || text.contains("+ y")) {
            let again = ask(server.port, "/api/v1/format_query", &[("query", &tree.to_string())]);
            if again["data"] != answer["data"] {
                wrong.push(format!(
                    "{text} is printed as {tree}, which Prometheus reads as {} instead of {}",
                    again["data"], answer["data"]
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused > 20 && refused < TEXTS.len() - 20, "{refused}");
}
