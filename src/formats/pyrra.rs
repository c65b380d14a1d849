//! Pyrra's `ServiceLevelObjective`: its four indicators, and the alert windows it derives from the SLO's own window.
//!
//! Deliberately absent: the absent-metric alert. No data is a state of its own here.

use super::import::{Doc, DocKind, DraftSlo, DraftTier, EVIDENCE, Options, Reader, Val, head, key_span, listed, present};
use super::native::is_label_name;
use crate::domain::base::{Severity, Span, Target, Text, clean_line};
use crate::domain::measure::{MatchOp, Matcher, Selector};
use crate::kit::yaml::{Node, parse_decimal};
use crate::query::ast::Expr;
use crate::query::parse;
use crate::query::quote::quoted;
use rust_decimal::Decimal;
use std::ops::Range;

const TOOL: &str = "Pyrra";
const INDICATORS: [&str; 4] = ["ratio", "latency", "latencyNative", "bool_gauge"];
/// Names of `alerting.severities`, their tiers' severities here, and the factors: as in Pyrra's `slo.Windows`.
const TIERS: [(&str, Severity, i64); 4] = [
    ("fastBurn", Severity::P0, 14),
    ("mediumBurn", Severity::P1, 7),
    ("slowBurn", Severity::P2, 2),
    ("longTermBurn", Severity::P2, 1),
];

/// Pyrra's long and short windows: fractions of the SLO's window, rounded to minutes. Their parts of 28 days are
/// 1h and 5m, 6h and 30m, 1d and 2h, 4d and 6h.
pub(super) fn windows(period: Span) -> [(Span, Span); 4] {
    let part = |parts: i64| {
        let minute = Span::from_mins(1).0;
        // Go's `Duration.Round` takes halves up.
        Span((period.0 / parts + minute / 2) / minute * minute)
    };
    [(28 * 24, 28 * 24 * 12), (28 * 4, 28 * 48), (28, 28 * 12), (7, 28 * 4)].map(|(long, short)| (part(long), part(short)))
}

/// The tiers of Pyrra's four alerts, without those that could never fire.
pub(super) fn tiers(r: &mut Reader<'_>, at: &Range<usize>, target: Target, period: Span, of: [Severity; 4]) -> Val {
    let mut kept = Vec::new();
    for (((name, _, factor), severity), (long, short)) in TIERS.into_iter().zip(of).zip(windows(period)) {
        let tier = DraftTier { severity, share: None, factor: Decimal::from(factor), long, short };
        if !tier.reachable(target) {
            r.note(at, format!("`{name}` is left out: {factor} times the budget of {target} is more than every event"));
        } else if short < Span::from_mins(1) {
            r.note(at, format!("`{name}` is left out: of a window of {period} Pyrra makes a short window of {short}"));
        } else {
            kept.push(tier);
        }
    }
    Val::List(kept.iter().map(DraftTier::val).collect())
}

/// One document; absent when it is refused.
pub(super) fn read(r: &mut Reader<'_>, root: &Node, options: &Options) -> Option<Doc> {
    let (before, mark) = (r.out.errors(), r.notes.len());
    r.known(root, "the resource", &["apiVersion", "kind", "metadata", "spec", "status"], TOOL)?;
    let (kind, node) = r.need(root, "kind", "a resource")?;
    if kind.trim() != "ServiceLevelObjective" {
        let message = format!("`{}` of Pyrra holds no SLO", clean_line(kind, 60));
        r.out.error("no-slo-document", &node.span, message);
        return None;
    }
    let Some((meta, spec)) = present(root, "metadata").zip(present(root, "spec")) else {
        r.out.error("missing-field", &head(root), "the resource needs `metadata` and `spec`");
        return None;
    };
    let (name, name_node) = r.need(meta, "name", "the metadata")?;
    let known = [
        "description",
        "target",
        "window",
        "indicator",
        "alerting",
        "partial_response_strategy",
        "performanceOverAccuracy",
        "ruleOutput",
    ];
    r.known(spec, "`spec`", &known, TOOL)?;
    let target = read_target(r, spec);
    let period = r.need(spec, "window", "an SLO").and_then(|(_, n)| Some((r.out.span(n, "`window`")?, n)));
    let description = spec.get("description").and_then(|n| Some((n.text().filter(|t| !t.trim().is_empty())?, n)));
    let indicator = indicator(r, spec);
    let labels = metadata(r, meta);
    for key in ["partial_response_strategy", "performanceOverAccuracy", "ruleOutput"] {
        if let Some(value) = present(spec, key) {
            r.note(&key_span(spec, key), format!("`{key}` is not carried over ({}): it is about Pyrra's rules", listed(value)));
        }
    }
    let (target, (period, period_node), indicator) = (target?, period?, indicator?);
    if r.out.errors() > before {
        return None;
    }
    let mut fields = vec![("name", r.val(name.trim(), name_node))];
    fields.extend(description.map(|(text, node)| ("description", r.val(&*clean_line(text, 500), node))));
    fields.push(("target", r.val(target.to_string(), present(spec, "target")?)));
    fields.push(("period", r.val(period.to_string(), period_node)));
    fields.push(("sli", indicator.val));
    if !indicator.group_by.is_empty() {
        fields.push(("group_by", Val::List(indicator.group_by)));
    }
    let (severities, quiet) = alerting(r, spec);
    fields.push(("severity", tiers(r, &period_node.span, target, period, severities)));
    if quiet {
        fields.push(("mode", Val::own("observe")));
    }
    r.note(&head(root), EVIDENCE);
    let service = service(r, name, name_node, indicator.selector.as_ref(), options);
    let place = r.out.place(name_node.span.clone());
    let slo = DraftSlo { place: place.clone(), fields, notes: r.notes.split_off(mark) };
    let mut head_fields = vec![("service", service)];
    head_fields.extend(labels);
    Some(Doc { kind: DocKind::Slos, place, head: head_fields, slos: vec![slo], notes: Vec::new() })
}

fn read_target(r: &mut Reader<'_>, spec: &Node) -> Option<Target> {
    let (text, node) = r.need(spec, "target", "an SLO")?;
    let target = parse_decimal(text.trim()).and_then(|p| p.checked_div(Decimal::ONE_HUNDRED)).and_then(Target::new);
    if target.is_none() {
        let message = format!("the target `{}` is no percentage between 0 and 100", clean_line(text, 40));
        r.out.error_hint("bad-target", &node.span, message, "targets look like '99.5'");
    }
    target
}

/// The service, which Pyrra does not know: as asked for, else the metrics' job, else the SLO's own name.
fn service(r: &mut Reader<'_>, name: &str, node: &Node, selector: Option<&Selector>, options: &Options) -> Val {
    if let Some(service) = &options.service {
        return Val::own(&**service);
    }
    let job = selector.and_then(|s| s.matchers().iter().find(|m| &*m.name == "job" && m.op == MatchOp::Equal));
    let (service, why) = match job {
        Some(job) => (job.value.to_string(), "the job of its metrics"),
        None => (name.trim().to_owned(), "its own name"),
    };
    r.note(&node.span, format!("Pyrra has no services: `{}` is {why} (`--service` names another)", clean_line(&service, 100)));
    r.val(service, node)
}

/// Labels that Pyrra copies to its rules are those of the service here.
fn metadata(r: &mut Reader<'_>, meta: &Node) -> Option<(&'static str, Val)> {
    for key in ["namespace", "annotations"] {
        if let Some(value) = present(meta, key) {
            r.note(&key_span(meta, key), format!("`{key}` is not carried over ({})", listed(value)));
        }
    }
    let labels = present(meta, "labels")?;
    let mut kept = Vec::new();
    for entry in r.out.entries(labels, "`labels`")? {
        let own = entry.key.strip_prefix("pyrra.dev/").filter(|name| is_label_name(name));
        match own.zip(entry.value.text()) {
            Some((name, value)) => kept.push((name.to_owned(), r.val(&**value, &entry.value))),
            None => r.note(
                &entry.key_span,
                format!("the label `{}` is about the resource and is left out", clean_line(&entry.key, 80)),
            ),
        }
    }
    (!kept.is_empty()).then_some(("labels", Val::Map(kept)))
}

/// Severities of the four alerts, and whether nobody is to be told.
fn alerting(r: &mut Reader<'_>, spec: &Node) -> ([Severity; 4], bool) {
    let mut severities = TIERS.map(|(_, severity, _)| severity);
    let Some(node) = present(spec, "alerting") else { return (severities, false) };
    r.known(node, "`alerting`", &["disabled", "burnrates", "absent", "name", "absentName", "severities"], TOOL);
    let is = |key: &str, word: &str| present(node, key).and_then(Node::text).is_some_and(|t| t.trim() == word);
    for (key, why) in [
        ("absent", "missing data is a state of its own here, `no_data`"),
        ("absentName", "missing data is a state of its own here, `no_data`"),
        ("name", "pages carry the SLO's name"),
    ] {
        if let Some(value) = present(node, key) {
            r.note(&key_span(node, key), format!("`alerting.{key}` is not carried over ({}): {why}", listed(value)));
        }
    }
    for (i, (key, ..)) in TIERS.iter().enumerate() {
        let Some(word) = present(node, "severities").and_then(|s| present(s, key)) else { continue };
        let text = word.text().map_or_else(String::new, |t| t.trim().to_lowercase());
        severities[i] = match (text.as_str(), i) {
            ("critical" | "page", 0) => Severity::P0,
            ("critical" | "page", _) => Severity::P1,
            _ => Severity::P2,
        };
        r.note(&word.span, format!("the severity `{}` of `{key}` is {} here", clean_line(&text, 60), severities[i].name()));
    }
    let quiet = is("disabled", "true") || is("burnrates", "false");
    if quiet {
        r.note(&key_span(spec, "alerting"), "its alerts are off: it is judged and recorded, and pages nobody (`mode: observe`)");
    }
    (severities, quiet)
}

struct Indicator {
    val: Val,
    group_by: Vec<Val>,
    /// Of all events.
    selector: Option<Selector>,
}

fn indicator(r: &mut Reader<'_>, spec: &Node) -> Option<Indicator> {
    let Some(node) = present(spec, "indicator") else {
        r.out.error("missing-field", &head(spec), "an SLO needs `indicator`");
        return None;
    };
    r.known(node, "`indicator`", &INDICATORS, TOOL)?;
    let kinds: Vec<&str> = INDICATORS.into_iter().filter(|kind| present(node, kind).is_some()).collect();
    let [kind] = kinds[..] else {
        let message = format!("`indicator` needs exactly one of {}; this has {}", INDICATORS.join(", "), kinds.len());
        r.out.error("one-sli-kind", &node.span, message);
        return None;
    };
    let one = present(node, kind)?;
    let group_by = grouping(r, one);
    let (val, selector) = match kind {
        "ratio" => ratio(r, one)?,
        "latency" => latency(r, one)?,
        "latencyNative" => native(r, one)?,
        _ => gauge(r, one, &group_by)?,
    };
    Some(Indicator { val, group_by, selector: Some(selector) })
}

fn grouping(r: &mut Reader<'_>, node: &Node) -> Vec<Val> {
    let Some(list) = present(node, "grouping") else { return Vec::new() };
    let labels = r.out.texts(list, "`grouping`");
    labels.into_iter().map(|(label, span)| Val::at(&*label, r.out.place(span))).collect()
}

/// A metric: a plain selector.
fn metric<'n>(r: &mut Reader<'_>, node: &'n Node, of: &str) -> Option<(&'n Text, &'n Node, Selector)> {
    let part = if of.is_empty() { Some(node) } else { present(node, of) };
    let Some(part) = part else {
        r.out.error("missing-field", &head(node), format!("the indicator needs `{of}`"));
        return None;
    };
    let (text, at) = r.need(part, "metric", "the indicator")?;
    match parse(text) {
        Ok(tree) => match tree.bare() {
            Expr::Vector(pick) if pick.or.is_empty() && pick.shift.is_none() => Some((text, at, pick.selector.clone())),
            _ => {
                r.out.error("bad-query", &at.span, "Pyrra's metrics are plain selectors, this is none");
                None
            }
        },
        Err(error) => {
            let problem = super::native::query_problem(&r.out, at, error);
            r.out.push(problem);
            None
        }
    }
}

fn ratio(r: &mut Reader<'_>, node: &Node) -> Option<(Val, Selector)> {
    r.known(node, "`ratio`", &["errors", "total", "grouping"], TOOL)?;
    let (bad, total) = (metric(r, node, "errors"), metric(r, node, "total"));
    let ((bad, bad_at, _), (total, total_at, selector)) = (bad?, total?);
    let events = Val::map([("bad", r.val(bad.trim(), bad_at)), ("total", r.val(total.trim(), total_at))]);
    Some((Val::map([("events", events)]), selector))
}

/// A bucket and the count of the same histogram are its threshold; anything else is good and all events.
fn latency(r: &mut Reader<'_>, node: &Node) -> Option<(Val, Selector)> {
    r.known(node, "`latency`", &["success", "total", "grouping"], TOOL)?;
    let (good, total) = (metric(r, node, "success"), metric(r, node, "total"));
    let ((good, good_at, bucket), (total, total_at, count)) = (good?, total?);
    for m in bucket.matchers().iter().filter(|m| &*m.name != "le" && !count.matchers().contains(m)) {
        if &*m.name == "__name__" {
            continue;
        }
        let shown = shown(m);
        let message = if matches!(m.op, MatchOp::Equal | MatchOp::Regex) && m.value.starts_with('5') {
            format!("`success` counts only server errors ({shown}): they would be the good events of all")
        } else {
            format!("`success` has the condition {shown} and `total` does not: events without it are always bad")
        };
        r.warn(&good_at.span, message);
    }
    if let Some((histogram, under)) = threshold(&bucket, &count) {
        let val = Val::map([("histogram", r.val(histogram, total_at)), ("under", r.val(under, good_at))]);
        return Some((Val::map([("latency", val)]), count));
    }
    let events = Val::map([("good", r.val(good.trim(), good_at)), ("total", r.val(total.trim(), total_at))]);
    Some((Val::map([("events", events)]), count))
}

/// The histogram without its suffix and the bound, where bucket and count are of one histogram under the same conditions.
fn threshold(bucket: &Selector, count: &Selector) -> Option<(String, String)> {
    let stem = count.name()?.strip_suffix("_count")?;
    (bucket.name()? == format!("{stem}_bucket")).then_some(())?;
    let le = bucket.matchers().iter().find(|m| &*m.name == "le" && m.op == MatchOp::Equal)?;
    let seconds = parse_decimal(le.value.trim())?.checked_mul(Decimal::ONE_THOUSAND)?;
    let millis = seconds.normalize().to_string().parse::<i64>().ok().filter(|m| *m > 0)?;
    let rest = |s: &Selector| {
        let mut list: Vec<String> = s.matchers().iter().filter(|m| !matches!(&*m.name, "le" | "__name__")).map(shown).collect();
        list.sort();
        list
    };
    (rest(bucket) == rest(count)).then(|| (count.renamed(stem).to_string(), Span(millis).to_string()))
}

/// A condition as PromQL writes it.
fn shown(m: &Matcher) -> String {
    format!("{}{}{}", m.name, m.op.sign(), quoted(&m.value))
}

fn native(r: &mut Reader<'_>, node: &Node) -> Option<(Val, Selector)> {
    r.known(node, "`latencyNative`", &["latency", "total", "grouping"], TOOL)?;
    let under = r.need(node, "latency", "the indicator").and_then(|(_, n)| Some((r.out.span(n, "`latency`")?, n)));
    let total = metric(r, node, "total");
    let ((under, at), (text, total_at, selector)) = (under?, total?);
    let val = Val::map([
        ("histogram", r.val(text.trim(), total_at)),
        ("under", r.val(under.to_string(), at)),
        ("native", Val::own("true")),
    ]);
    Some((Val::map([("latency", val)]), selector))
}

/// A gauge of 0 and 1: every sample is an event, and a 1 is a good one.
fn gauge(r: &mut Reader<'_>, node: &Node, group_by: &[Val]) -> Option<(Val, Selector)> {
    r.known(node, "`bool_gauge`", &["metric", "grouping"], TOOL)?;
    let (text, at, selector) = metric(r, node, "")?;
    r.note(&at.span, "samples of the gauge are the events, a 1 is a good one: they are asked of the server, not counted here");
    let labels: Vec<&str> =
        group_by.iter().filter_map(|l| if let Val::Text(t, _) = l { Some(t.as_str()) } else { None }).collect();
    let by = if labels.is_empty() { String::new() } else { format!(" by ({})", labels.join(", ")) };
    let over = |function: &str| format!("sum{by} ({function}({}[{{{{window}}}}]))", text.trim());
    let total = over("count_over_time");
    let errors = format!("{total} - {}", over("sum_over_time"));
    let val = Val::map([("errors", r.val(errors, at)), ("total", r.val(total, at))]);
    Some((Val::map([("ratio", val)]), selector))
}
