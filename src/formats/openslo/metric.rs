//! Indicators: ratios of good or bad to all events, raw ratios and thresholds, of Prometheus and its kin alone.

use super::{Part, World};
use crate::domain::base::{Text, clean_line};
use crate::formats::import::Val;
use crate::query::scan::{Token, scan};

/// Kinds of sources that speak PromQL.
const PROMETHEUS: [&str; 8] =
    ["prometheus", "promql", "thanos", "mimir", "cortex", "victoriametrics", "amazon-managed-prometheus", "amp"];
/// Keys under which PromQL stands in the free part of a source.
const QUERIES: [&str; 4] = ["query", "promql", "expr", "expression"];

/// An indicator as it will be written.
pub(super) struct Indicator {
    pub(super) val: Val,
    /// A ratio without events.
    pub(super) raw: bool,
}

/// `ratioMetric` of v1, or `ratioMetrics` of v1alpha.
pub(super) fn ratio<'n>(w: &mut World<'_, '_, 'n>, node: Part<'n>) -> Option<Indicator> {
    w.known(node, "the ratio", &["counter", "incremental", "good", "bad", "total", "rawType", "raw"])?;
    if let Some(raw) = node.get("raw") {
        let success = node.get("rawType").and_then(Part::text).is_some_and(|t| t.trim() == "success");
        let (text, at) = query(w, raw)?;
        let errors = if success { format!("1 - ({})", text.trim()) } else { text.trim_end().to_owned() };
        w.note(at, "a raw ratio has no events to count: every minute weighs the same, and guards have nothing to look at");
        let pair = Val::map([("errors", w.val(errors, at)), ("total", Val::own("vector(1)"))]);
        return Some(Indicator { val: Val::map([("ratio", pair)]), raw: true });
    }
    let total = w.need(node, "total", "a ratio").and_then(|part| query(w, part));
    let side = if node.get("bad").is_some() && node.get("good").is_none() { "bad" } else { "good" };
    let events = w.need(node, side, "a ratio").and_then(|part| query(w, part));
    let ((events, events_at), (total, total_at)) = (events?, total?);
    let gauge =
        ["counter", "incremental"].iter().find_map(|key| node.get(key)).filter(|n| n.text().is_some_and(|t| t.trim() == "false"));
    let plain = |text: &str| scan(text).is_ok_and(|tokens| !tokens.iter().any(|l| l.token == Token::Sign("[")));
    if let Some(at) = gauge.filter(|_| plain(events) || plain(total)) {
        w.error(
            at,
            "no-counter",
            "the values are no counters: counts of each sample cannot be counted here",
            "write the counters, or sum_over_time(..[{{window}}])",
        );
        return None;
    }
    let pair = Val::Map(vec![
        (side.to_owned(), w.val(events.trim_end(), events_at)),
        ("total".to_owned(), w.val(total.trim_end(), total_at)),
    ]);
    Some(Indicator { val: Val::map([("events", pair)]), raw: false })
}

/// `thresholdMetric` with the objective's `op` and `value`.
pub(super) fn threshold<'n>(w: &mut World<'_, '_, 'n>, node: Part<'n>, objective: Part<'n>) -> Option<Indicator> {
    let found = query(w, node);
    let op = w.need_text(objective, "op", "an objective of a threshold");
    let value = w.need_text(objective, "value", "an objective of a threshold");
    let ((text, at), (op, op_at), (value, value_at)) = (found?, op?, value?);
    let side = match op.trim() {
        "lt" | "lte" => "below",
        "gt" | "gte" => "above",
        other => {
            w.error(
                op_at,
                "unknown-word",
                format!("`{}` is no comparison", clean_line(other, 40)),
                "they are lt, lte, gt and gte",
            );
            return None;
        }
    };
    if op.trim().ends_with('e') {
        w.note(op_at, format!("a value on the level itself is good there and bad here (`{side}`)"));
    }
    let body = Val::Map(vec![("value".to_owned(), w.val(text.trim_end(), at)), (side.to_owned(), w.val(value.trim(), value_at))]);
    Some(Indicator { val: Val::map([("threshold", body)]), raw: false })
}

/// The PromQL of a metric of either version.
fn query<'n>(w: &mut World<'_, '_, 'n>, metric: Part<'n>) -> Option<(&'n Text, Part<'n>)> {
    let Some(source) = metric.get("metricSource") else { return alpha(w, metric) };
    w.known(source, "`metricSource`", &["metricSourceRef", "type", "spec"])?;
    match (source.get("type"), source.get("metricSourceRef")) {
        (Some(kind), reference) => {
            // A reference beside a type says where, not what.
            if let Some(object) = reference
                .and_then(Part::text)
                .and_then(|t| w.objects.iter_mut().find(|o| o.kind == "DataSource" && o.name == t.trim()))
            {
                object.used = true;
            }
            speaks(w, kind)?;
        }
        (None, Some(reference)) => {
            let (name, _) = w.need_text(source, "metricSourceRef", "a source")?;
            let object = w.find("DataSource", name, reference)?;
            let spec = w.need(object, "spec", "a DataSource")?;
            let kind = w.need(spec, "type", "a DataSource")?;
            speaks(w, kind)?;
            w.note(
                reference,
                format!("the DataSource `{}` is not carried over: sources are in the configuration", clean_line(name, 100)),
            );
        }
        (None, None) => w.note(source, "the source says no type: it is taken for Prometheus"),
    }
    let spec = w.need(source, "spec", "a source")?;
    let Some(key) = QUERIES.into_iter().find(|key| spec.get(key).is_some()) else {
        w.error(
            spec,
            "missing-field",
            "no query is found in the source",
            "it is looked for under query, promql, expr and expression",
        );
        return None;
    };
    if let crate::kit::yaml::Value::Map(entries) = &spec.node.value {
        for entry in entries.iter().filter(|e| &*e.key != key) {
            let part = Part { node: &entry.value, ..spec };
            w.note(part, format!("`{}` of the source is not carried over", clean_line(&entry.key, 80)));
        }
    }
    w.need_text(spec, key, "a source")
}

/// `{source, queryType, query}` of v1alpha.
fn alpha<'n>(w: &mut World<'_, '_, 'n>, metric: Part<'n>) -> Option<(&'n Text, Part<'n>)> {
    w.known(metric, "a metric", &["source", "queryType", "query", "metricSource"])?;
    let source = w.need(metric, "source", "a metric")?;
    speaks(w, source)?;
    if let Some(kind) = metric.get("queryType") {
        speaks(w, kind)?;
    }
    w.need_text(metric, "query", "a metric")
}

/// Refuses sources that do not speak PromQL.
fn speaks(w: &mut World<'_, '_, '_>, kind: Part<'_>) -> Option<()> {
    let text = kind.text().map_or("", |t| t.trim());
    if PROMETHEUS.iter().any(|known| text.eq_ignore_ascii_case(known)) {
        return Some(());
    }
    let message = format!("queries of `{}` cannot be asked of Prometheus", clean_line(text, 60));
    w.error(kind, "other-source", message, "write them in PromQL, with the source `prometheus`");
    None
}
