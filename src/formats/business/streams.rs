//! Revenue streams: counters, what one transaction is worth, and how a loss is found.

use super::{VALUES, read_currency, read_money};
use crate::domain::base::{Currency, Span, Text};
use crate::domain::objective::{Counter, DayZone, RevenueStream, SeasonalRules, StreamMethod};
use crate::formats::native::query_problem;
use crate::kit::yaml::{Fields, Findings, Node, Value};
use crate::query;
use chrono::NaiveDate;
use rust_decimal::Decimal;

const FIELDS: [&str; 14] = [
    "name",
    "services",
    "source",
    "method",
    "failed",
    "total",
    "orders",
    "sessions",
    "baseline",
    "rebound",
    "value",
    "value_is",
    "recovered_fraction",
    "currency",
];
/// Longest time in which orders are taken to come back.
const LONGEST_REBOUND: Span = Span::from_days(2);

pub(super) fn read(out: &mut Findings<'_>, node: &Node, currency: Currency, nulls: &mut Vec<Text>) -> Vec<RevenueStream> {
    let mut streams: Vec<RevenueStream> = Vec::new();
    for item in out.list(node, "`streams`").unwrap_or_default() {
        let Some(stream) = one(out, item, currency, nulls) else { continue };
        if streams.iter().any(|s| s.name == stream.name) {
            let span = item.get("name").map_or_else(|| item.span.clone(), |n| n.span.clone());
            out.error_hint("duplicate-stream", &span, format!("two streams are named `{}`", stream.name), "rename one of them");
        }
        streams.push(stream);
    }
    streams
}

/// The counters that a method needs.
const fn needs(method: StreamMethod) -> &'static [&'static str] {
    match method {
        StreamMethod::FailedTransactions => &["failed"],
        StreamMethod::Excess => &["failed", "total"],
        StreamMethod::Seasonal => &["orders"],
        StreamMethod::Conversion => &["sessions", "orders"],
    }
}

fn one(out: &mut Findings<'_>, node: &Node, currency: Currency, nulls: &mut Vec<Text>) -> Option<RevenueStream> {
    let what = "a stream";
    let fields = out.fields(node, what, &FIELDS)?;
    let name = fields.need(out, "name", what).and_then(|n| out.text(n, "`name`").cloned());
    let services: Vec<Text> = match fields.need(out, "services", what) {
        Some(n) => out.texts(n, "`services`").into_iter().map(|(name, _)| name).collect(),
        None => Vec::new(),
    };
    let source = fields.get(out, "source").and_then(|n| out.text(n, "`source`").map(|t| t.trim().into()));
    let currency = fields.get(out, "currency").map_or(Some(currency), |n| read_currency(out, n));
    let value_is = fields.need(out, "value_is", what).and_then(|n| out.choice(n, "value_is", &VALUES));
    let recovered = fields.get(out, "recovered_fraction").map_or(Some(Decimal::ZERO), |n| out.share(n, "`recovered_fraction`"));
    let before = out.errors();
    let method = match fields.get(out, "method") {
        Some(n) => out.choice(n, "method", &StreamMethod::ALL)?,
        None => StreamMethod::default(),
    };
    let [failed, total, orders, sessions] =
        ["failed", "total", "orders", "sessions"].map(|name| counter(out, &fields, name, method));
    let seasonal = fields.get(out, "baseline").map_or(Some(SeasonalRules::default()), |n| baseline(out, n));
    let rebound = rebound(out, &fields, recovered, orders.is_some());
    let sound = out.errors() == before;
    if fields.raw("value").is_some_and(|n| n.value == Value::Null) {
        nulls.push(format!("lost_revenue ({})", name?).into());
        return None;
    }
    let value = fields.need(out, "value", what).and_then(|n| read_money(out, n, "`value`", currency?));
    let stream = RevenueStream {
        name: name?,
        services,
        source,
        method,
        failed,
        total,
        orders,
        sessions,
        seasonal: seasonal?,
        rebound,
        value: value?,
        value_is: value_is?,
        recovered_fraction: recovered?,
    };
    sound.then_some(stream)
}

/// A counter that the method needs, or one that may be there (`orders`, to see orders come back).
fn counter(out: &mut Findings<'_>, fields: &Fields<'_>, name: &'static str, method: StreamMethod) -> Option<Counter> {
    let needed = needs(method).contains(&name);
    if !needed && fields.has(name) && name != "orders" {
        let span = fields.key_span(name).unwrap_or_else(|| fields.head());
        let method = StreamMethod::ALL.iter().find(|(_, m)| *m == method).map_or("", |(word, _)| word);
        let hint = "name the method that needs it: `method: failed_transactions_excess`, `method: conversion_shortfall`";
        out.error_hint("not-used", &span, format!("`{name}` is not used by the method {method}"), hint);
    }
    let node = if needed { fields.need(out, name, "a stream") } else { fields.get(out, name) }?;
    let text = out.text(node, &format!("`{name}`"))?.trim_end().to_owned();
    match query::plan_count(&text) {
        Ok(count) => Some(Counter { query: text.into(), count }),
        Err(error) => {
            let problem = query_problem(out, node, error);
            out.push(problem);
            None
        }
    }
}

fn rebound(out: &mut Findings<'_>, fields: &Fields<'_>, recovered: Option<Decimal>, orders: bool) -> Option<Span> {
    let node = fields.get(out, "rebound")?;
    let span = out.span(node, "`rebound`")?;
    if span > LONGEST_REBOUND {
        let message = format!("`rebound` is longer than {LONGEST_REBOUND}");
        out.error_hint("bad-number", &node.span, message, "later orders cannot be told from a good day");
        return None;
    }
    if !orders {
        let hint = "add `orders: ...`, the counter of orders that came";
        out.error_hint("missing-field", &node.span, "`rebound` needs `orders`", hint);
    }
    if recovered.is_some_and(|r| !r.is_zero()) {
        let hint = "keep one of them: the share that is assumed to come back, or the orders that are seen to";
        out.error_hint("recovered-twice", &node.span, "`rebound` together with a `recovered_fraction` above 0", hint);
    }
    Some(span)
}

fn baseline(out: &mut Findings<'_>, node: &Node) -> Option<SeasonalRules> {
    let fields = out.fields(node, "`baseline`", &["weeks", "zone", "holidays"])?;
    let mut rules = SeasonalRules::default();
    if let Some(n) = fields.get(out, "weeks") {
        let weeks = out.text(n, "`weeks`").and_then(|t| t.trim().parse().ok()).filter(|w| (3..=5).contains(w));
        let Some(weeks) = weeks else {
            out.error_hint("bad-number", &n.span, "`weeks` must be 3, 4 or 5", "4 earlier weeks are usual");
            return None;
        };
        rules.weeks = weeks;
    }
    if let Some(n) = fields.get(out, "zone") {
        rules.zone = zone(out, n)?;
    }
    for item in fields.get(out, "holidays").map(|n| n.one_or_many()).unwrap_or_default() {
        let text = out.text(item, "a holiday")?;
        let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") else {
            out.error_hint("bad-date", &item.span, "a holiday must be a date", "dates look like 2026-03-02");
            return None;
        };
        rules.holidays.push(day);
    }
    Some(rules)
}

pub(super) fn zone(out: &mut Findings<'_>, node: &Node) -> Option<DayZone> {
    let text = out.text(node, "`zone`")?.clone();
    let zone = DayZone::parse(text.trim());
    if zone.is_none() {
        out.error_hint("unknown-zone", &node.span, "`zone` is no time zone", "zones look like +08:00, UTC or Asia/Shanghai");
    }
    zone
}
