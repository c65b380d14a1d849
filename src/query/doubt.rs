//! What is questionable about an SLI's PromQL, by the text alone: things that can be measured and do not mean what was meant.
//!
//! Only what is surely odd is told. Deliberately absent: errors (see `plan`), and looking at data (see `jobs::online`).

use super::ast::{Expr, Fold, Op};
use super::guard::parse;
use super::matcher::SelectorMatcher;
use crate::domain::base::Labels;
use crate::domain::measure::{Count, CountedPlan, MatchOp, Matcher, Plan, Selector};
use crate::domain::objective::Sli;

/// One doubt about a field's PromQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// `bad`, `total`, `value` and so on.
    pub field: &'static str,
    /// The problem's code.
    pub code: &'static str,
    /// What is odd.
    pub message: String,
    /// What to try.
    pub hint: &'static str,
}

/// Labels whose values are HTTP status codes.
const CODES: [&str; 7] =
    ["code", "status", "status_code", "http_status", "http_code", "response_code", "http_response_status_code"];
/// Endings of names that are gauges by every convention.
const GAUGES: [&str; 31] = [
    "_ratio",
    "_percent",
    "_celsius",
    "_temperature",
    "_info",
    "_current",
    "_in_progress",
    "_inflight",
    "_in_flight",
    "_queue_length",
    "_queue_size",
    "_utilization",
    "_usage_bytes",
    "_memory_bytes",
    "_heap_bytes",
    "_free_bytes",
    "_avail_bytes",
    "_available_bytes",
    "_limit_bytes",
    "_used_bytes",
    "_size_bytes",
    "_open_fds",
    "_max_fds",
    "_goroutines",
    "_threads",
    "queue_depth",
    "_active",
    "_load1",
    "_load5",
    "_load15",
    "_timestamp_seconds",
];
/// Endings of names that are counters by every convention.
const COUNTERS: [&str; 1] = ["_total"];

/// Everything odd about an SLI.
pub fn doubts(sli: &Sli, plan: &Plan) -> Vec<Doubt> {
    let mut found = Vec::new();
    for (field, text) in texts(sli) {
        if let Ok(expr) = parse(text) {
            of_expression(field, &expr, &mut found);
        }
    }
    if let Some(CountedPlan::Events { bad, total: Some(total) }) = plan.counted() {
        match sli {
            Sli::Events { good: Some(_), .. } => {
                found.extend(not_within("good", &bad.minus, total));
                found.extend(good_server_errors(&bad.minus));
            }
            Sli::Events { .. } => {
                found.extend(not_within("bad", &bad.plus, total));
                found.extend(bad_codes("bad", &bad.plus));
            }
            Sli::Ratio { .. } => {
                found.extend(not_within("errors", &bad.plus, total));
                found.extend(bad_codes("errors", &bad.plus));
            }
            _ => {}
        }
    }
    found
}

fn texts(sli: &Sli) -> Vec<(&'static str, &str)> {
    match sli {
        Sli::Events { bad, good, total } => {
            let bad = bad.as_deref().map(|t| ("bad", t));
            let good = good.as_deref().map(|t| ("good", t));
            bad.into_iter().chain(good).chain([("total", &**total)]).collect()
        }
        Sli::Latency { histogram, .. } => vec![("histogram", histogram)],
        Sli::Occurrences { count, .. } => vec![("count", count)],
        Sli::Threshold { value, .. } => vec![("value", value)],
        Sli::Ratio { errors, total } => vec![("errors", errors), ("total", total)],
        Sli::Composite(_) => Vec::new(),
    }
}

/// Rates of gauges, quantiles of averages, averages of quantiles.
fn of_expression(field: &'static str, expr: &Expr, found: &mut Vec<Doubt>) {
    let mut told = Vec::new();
    expr.walk(&mut |part| {
        told.extend(match part {
            Expr::Call { name, args, .. } => of_call(field, name, args),
            Expr::Fold { op: Fold::Avg, of, .. } if is_quantile(of) => Some(average_of_quantiles(field)),
            Expr::Fold { op: Fold::Quantile, of, .. } if averages(of) => Some(quantile_of_average(field)),
            _ => None,
        });
    });
    for doubt in told {
        if !found.contains(&doubt) {
            found.push(doubt);
        }
    }
}

fn of_call(field: &'static str, name: &str, args: &[Expr]) -> Option<Doubt> {
    let first = args.first()?;
    match name {
        "rate" | "irate" | "increase" => {
            let gauge = metric(first).filter(|metric| ends(metric, &GAUGES))?;
            Some(Doubt {
                field,
                code: "rate-of-gauge",
                message: format!("`{name}` of `{gauge}`, which is a gauge by its name: every fall looks like a restart"),
                hint: "use delta() or avg_over_time() for gauges, or name the counter",
            })
        }
        "delta" | "deriv" | "idelta" => {
            let counter = metric(first).filter(|metric| ends(metric, &COUNTERS))?;
            Some(Doubt {
                field,
                code: "delta-of-counter",
                message: format!("`{name}` of `{counter}`, which is a counter by its name: a restart looks like a great fall"),
                hint: "use increase() or rate() for counters",
            })
        }
        "histogram_quantile" | "quantile_over_time" if args.get(1).is_some_and(averages) => Some(quantile_of_average(field)),
        "avg_over_time" if is_quantile(first) => Some(average_of_quantiles(field)),
        _ => None,
    }
}

fn quantile_of_average(field: &'static str) -> Doubt {
    Doubt {
        field,
        code: "quantile-of-average",
        message: "a quantile of averages says nothing of single requests: the slow ones are gone already".into(),
        hint: "add the buckets up instead: histogram_quantile(0.99, sum by (le) (rate(..._bucket[5m])))",
    }
}

fn average_of_quantiles(field: &'static str) -> Doubt {
    Doubt {
        field,
        code: "average-of-quantiles",
        message: "an average of quantiles is no quantile of anything".into(),
        hint: "take the quantile of the sum: histogram_quantile(0.99, sum by (le) (rate(..._bucket[5m])))",
    }
}

/// An average stands in it where buckets or values should be.
fn averages(expr: &Expr) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        found |= match part {
            Expr::Fold { op: Fold::Avg, .. } => true,
            // A histogram's or summary's mean: seconds by requests.
            Expr::Binary { op: Op::Div, left, right, .. } => reads(left, "_sum") && reads(right, "_count"),
            _ => false,
        }
    });
    found
}

/// A metric with such an ending stands in it.
fn reads(expr: &Expr, ending: &str) -> bool {
    let mut found = false;
    expr.walk(&mut |part| {
        found |= matches!(part, Expr::Vector(_) | Expr::Matrix(..)) && metric(part).is_some_and(|m| m.ends_with(ending));
    });
    found
}

/// A quantile, or the series of a summary's quantile.
fn is_quantile(expr: &Expr) -> bool {
    match expr.bare() {
        Expr::Call { name, .. } => matches!(&**name, "histogram_quantile" | "quantile_over_time"),
        Expr::Vector(pick) | Expr::Matrix(pick, _) => {
            pick.selector.matchers().iter().any(|m| &*m.name == "quantile" && m.op == MatchOp::Equal)
        }
        Expr::Subquery { of, .. } | Expr::Neg(of) => is_quantile(of),
        Expr::Fold { op: Fold::Quantile, .. } => true,
        _ => false,
    }
}

fn metric(expr: &Expr) -> Option<&str> {
    match expr.bare() {
        Expr::Vector(pick) | Expr::Matrix(pick, _) => pick.selector.name(),
        _ => None,
    }
}

fn ends(name: &str, with: &[&str]) -> bool {
    with.iter().any(|end| name.ends_with(end))
}

/// Events that `total` leaves out: the ratio would be of two different things. Metrics of other names are not compared.
fn not_within(field: &'static str, events: &[Selector], total: &Count) -> Option<Doubt> {
    events.iter().find_map(|selector| {
        let same: Vec<&Selector> = total.plus.iter().filter(|t| t.name().is_some() && t.name() == selector.name()).collect();
        let lacks: Option<&Matcher> = same.iter().map(|t| lacking(selector, t)).min_by_key(Option::is_some)?;
        let lacks = lacks?;
        Some(Doubt {
            field,
            code: "total-is-no-superset",
            message: format!(
                "`{field}` counts events that `total` leaves out: `total` demands {}{}\"{}\", `{field}` does not",
                lacks.name,
                lacks.op.sign(),
                lacks.value
            ),
            hint: "give both the same conditions, but for the one that tells them apart",
        })
    })
}

/// The first condition of `total` that `events` does not keep to.
fn lacking<'t>(events: &Selector, total: &'t Selector) -> Option<&'t Matcher> {
    total.matchers().iter().find(|wanted| !implies(events, wanted))
}

fn implies(events: &Selector, wanted: &Matcher) -> bool {
    let own: Vec<&Matcher> = events.matchers().iter().filter(|m| m.name == wanted.name).collect();
    if own.contains(&wanted) {
        return true;
    }
    let Some(test) = alone(wanted) else { return true };
    let matches = |value: &str| test.matches(&Labels::new([(&*wanted.name, value)]));
    if let Some(equal) = own.iter().find(|m| m.op == MatchOp::Equal) {
        return matches(&equal.value);
    }
    // Patterns are compared by what they say of every status code; of other labels nothing is claimed.
    let probes = codes(&wanted.name);
    if own.is_empty() {
        // Everything passes only a condition that takes everything.
        return matches("") && matches("some value");
    }
    let own: Vec<SelectorMatcher> = own.iter().filter_map(|m| alone(m)).collect();
    let passes = |value: &str| own.iter().all(|m| m.matches(&Labels::new([(&*wanted.name, value)])));
    probes.iter().all(|value| !passes(value) || matches(value))
}

fn alone(matcher: &Matcher) -> Option<SelectorMatcher> {
    SelectorMatcher::new(&Selector::new(vec![matcher.clone()])).ok()
}

/// Every status code, for labels that hold one.
fn codes(label: &str) -> Vec<String> {
    if CODES.contains(&label) { (100..600).map(|code| code.to_string()).collect() } else { Vec::new() }
}

/// Whether a selector takes a status code; `None` when it has no condition on codes: `status="failed"` is a word.
fn takes(selector: &Selector, code: &str) -> Option<bool> {
    let own: Vec<&Matcher> = selector.matchers().iter().filter(|m| CODES.contains(&&*m.name)).collect();
    let label = own.first()?.name.clone();
    let test = SelectorMatcher::new(&Selector::new(own.into_iter().cloned().collect())).ok()?;
    let matches = |code: &str| test.matches(&Labels::new([(&*label, code)]));
    codes(&label).iter().any(|code| matches(code)).then(|| matches(code))
}

fn good_server_errors(good: &[Selector]) -> Option<Doubt> {
    let found = good.iter().find(|s| takes(s, "500") == Some(true) || takes(s, "503") == Some(true))?;
    Some(Doubt {
        field: "good",
        code: "server-errors-are-good",
        message: format!("`good` counts server errors (5xx) as good: {found}"),
        hint: "leave them out, such as code!~\"5..\"",
    })
}

fn bad_codes(field: &'static str, bad: &[Selector]) -> Option<Doubt> {
    let with_codes: Vec<&Selector> = bad.iter().filter(|s| takes(s, "500").is_some()).collect();
    if with_codes.is_empty() || with_codes.len() < bad.len() {
        return None;
    }
    if let Some(found) = with_codes.iter().find(|s| takes(s, "200") == Some(true)) {
        return Some(Doubt {
            field,
            code: "success-is-bad",
            message: format!("`{field}` counts status 200 as bad: {found}"),
            hint: "leave successes out, such as code=~\"5..\"",
        });
    }
    let some = |code: &str| with_codes.iter().any(|s| takes(s, code) == Some(true));
    (!some("500") && !some("502") && !some("503")).then(|| Doubt {
        field,
        code: "server-errors-are-good",
        message: format!("`{field}` has no server errors (5xx) in it, so they count as good"),
        hint: "add them, such as code=~\"5..\"",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::Span;
    use crate::query::plan;

    fn told(sli: &Sli) -> Vec<&'static str> {
        let plan = plan::plan(sli, &[], Span::from_secs(15)).unwrap();
        doubts(sli, &plan).into_iter().map(|d| d.code).collect()
    }

    fn bad(bad: &str, total: &str) -> Vec<&'static str> {
        told(&Sli::Events { bad: Some(bad.into()), good: None, total: total.into() })
    }

    fn good(good: &str, total: &str) -> Vec<&'static str> {
        told(&Sli::Events { bad: None, good: Some(good.into()), total: total.into() })
    }

    fn value(value: &str) -> Vec<&'static str> {
        told(&Sli::Threshold { value: value.into(), side: crate::domain::measure::Side::Below, level: 1.0 })
    }

    #[test]
    fn a_total_that_leaves_out_bad_events_is_told() {
        let none: [&str; 0] = [];
        assert_eq!(bad("r_total{code=~\"5..\"}", "r_total"), none);
        assert_eq!(bad("r_total{job=\"a\", code=~\"5..\"}", "r_total{job=\"a\"}"), none);
        assert_eq!(bad("r_total{job=\"a\", code=~\"5..\"}", "r_total{job=~\"a|b\"}"), none);
        assert_eq!(bad("e_total{job=\"a\"}", "r_total{job=\"b\"}"), none, "other metrics are not compared");
        assert_eq!(bad("r_total{code=~\"5..\"}", "r_total{job=\"a\"}"), ["total-is-no-superset"]);
        assert_eq!(bad("r_total{job=\"b\", code=~\"5..\"}", "r_total{job=\"a\"}"), ["total-is-no-superset"]);
        assert_eq!(bad("r_total{code=~\"5..\"}", "r_total{code=~\"2..|3..\"}"), ["total-is-no-superset"]);
        assert_eq!(bad("r_total{code=~\"5..\"}", "r_total{code!~\"4..\"}"), none);
        assert_eq!(good("r_total{code!~\"5..\"}", "r_total{code!~\"4..\"}"), ["total-is-no-superset"]);
        assert_eq!(bad("r_total{code=~\"5..\"}", "r_total{code=~\"2..\"} + r_total{code=~\"5..\"}"), none);
    }

    #[test]
    fn a_ratio_of_counters_is_looked_at_like_events() {
        let ratio = |errors: &str, total: &str| told(&Sli::Ratio { errors: errors.into(), total: total.into() });
        let sum = |selector: &str| format!("sum(rate({selector}[{{{{window}}}}]))");
        assert!(ratio(&sum("r_total{code=~\"5..\"}"), &sum("r_total")).is_empty());
        assert_eq!(ratio(&sum("r_total{code=~\"5..\"}"), &sum("r_total{code!~\"5..\"}")), ["total-is-no-superset"]);
        assert_eq!(ratio(&sum("r_total{code=~\"4..\"}"), &sum("r_total")), ["server-errors-are-good"]);
    }

    #[test]
    fn server_errors_that_count_as_good_are_told() {
        let none: [&str; 0] = [];
        assert_eq!(good("r_total{code!~\"5..\"}", "r_total"), none);
        assert_eq!(good("r_total{code=~\"2..|3..|4..\"}", "r_total"), none);
        assert_eq!(good("r_total{code!~\"4..\"}", "r_total"), ["server-errors-are-good"]);
        assert_eq!(bad("r_total{code=~\"4..\"}", "r_total"), ["server-errors-are-good"]);
        assert_eq!(bad("r_total{code=~\"4..\"} + r_total{code=~\"5..\"}", "r_total"), none);
        assert_eq!(bad("r_total{code!~\"5..\"}", "r_total"), ["success-is-bad"]);
        assert_eq!(bad("r_total{result=\"error\"}", "r_total"), none);
        assert_eq!(bad("r_total{status=\"failed\"}", "r_total"), none, "a word is no code");
        assert_eq!(bad("r_total{status=\"404\"}", "r_total"), ["server-errors-are-good"]);
    }

    #[test]
    fn averages_and_gauges_are_told_by_their_names() {
        let none: [&str; 0] = [];
        assert_eq!(value("histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))"), none);
        assert_eq!(value("histogram_quantile(0.95, avg by (le) (rate(x_bucket[5m])))"), ["quantile-of-average"]);
        assert_eq!(value("avg(histogram_quantile(0.95, sum by (le, pod) (rate(x_bucket[5m]))))"), ["average-of-quantiles"]);
        assert_eq!(value("avg(rpc_seconds{quantile=\"0.99\"})"), ["average-of-quantiles"]);
        assert_eq!(value("rate(queue_utilization[5m])"), ["rate-of-gauge"]);
        assert_eq!(value("delta(r_total[5m])"), ["delta-of-counter"]);
        assert_eq!(value("avg(rate(r_total[5m]))"), none);
        assert_eq!(value("quantile(0.95, rate(x_sum[5m]) / rate(x_count[5m]))"), ["quantile-of-average"]);
        assert_eq!(value("quantile_over_time(0.95, (rate(x_sum[5m]) / rate(x_count[5m]))[1h:])"), ["quantile-of-average"]);
        assert_eq!(value("sum(rate(x_sum[5m])) / sum(rate(x_count[5m]))"), none, "a mean that says it is one");
        for gauge in ["queue_depth", "worker_queue_depth", "process_open_fds", "go_goroutines", "node_load5", "jvm_memory_bytes"]
        {
            let told = value(&format!("rate({gauge}[5m])"));
            assert_eq!(told, ["rate-of-gauge"], "{gauge}");
        }
    }
}
