//! Contracts, capacity, and what follows from lost transactions.

use super::read_currency;
use super::streams::zone;
use crate::domain::base::{Currency, Interval, Ms, Span, Text};
use crate::domain::objective::{Business, CapacityHow, CapacityPrice, Consequence, ConsequenceKind, Contract, DayZone};
use crate::formats::estimate::ask::{Ask, Takes};
use crate::formats::estimate::components::read_tiers;
use crate::formats::native::query_problem;
use crate::kit::yaml::{Findings, Node};
use crate::query;
use rust_decimal::Decimal;

/// What follows from lost transactions.
pub(super) const CONSEQUENCES: [&str; 3] = ["churn", "refunds", "support"];

const CONTRACT: [&str; 11] = [
    "name",
    "version",
    "services",
    "currency",
    "tiers",
    "customers",
    "zone",
    "min_consecutive_minutes",
    "exclude",
    "cap",
    "claim_share",
];

pub(super) fn contracts(out: &mut Findings<'_>, node: &Node, currency: Currency) -> Vec<Contract> {
    let items = out.list(node, "`contracts`").unwrap_or_default();
    items.iter().filter_map(|n| contract(out, n, currency)).collect()
}

/// Its own currency, else the file's.
fn own_currency(ask: &mut Ask<'_, '_, '_>, otherwise: Currency) -> Option<Currency> {
    match ask.fields.get(ask.out, "currency") {
        Some(node) => read_currency(ask.out, node),
        None => Some(otherwise),
    }
}

fn services(ask: &mut Ask<'_, '_, '_>) -> Vec<Text> {
    let Some(node) = ask.node("services") else { return Vec::new() };
    ask.out.texts(node, "`services`").into_iter().map(|(name, _)| name).collect()
}

fn name(ask: &mut Ask<'_, '_, '_>) -> Option<Text> {
    ask.node("name").and_then(|n| ask.out.text(n, "`name`").cloned())
}

fn contract(out: &mut Findings<'_>, node: &Node, currency: Currency) -> Option<Contract> {
    let mut ask = Ask::open(out, node, "a contract", &CONTRACT)?;
    let before = ask.out.errors();
    let (name, services) = (name(&mut ask), services(&mut ask));
    let version = ask.fields.get(ask.out, "version").and_then(|n| ask.out.text(n, "`version`").cloned());
    let currency = own_currency(&mut ask, currency);
    let tiers = read_tiers(&mut ask);
    let customers = ask.list("customers").map(|list| list.iter().filter_map(|n| customer(ask.out, n)).collect::<Vec<_>>());
    let zone = ask.fields.get(ask.out, "zone").map_or(Some(DayZone::UTC), |n| zone(ask.out, n));
    let min_consecutive_minutes = ask.maybe("min_consecutive_minutes", Takes::Positive);
    let (cap, claim_share) = (ask.maybe_share("cap"), ask.maybe_share("claim_share"));
    let exclude = ask.fields.get(ask.out, "exclude").and_then(|n| ask.out.list(n, "`exclude`")).unwrap_or_default();
    let exclude = exclude.iter().filter_map(|n| stretch(ask.out, n)).collect();
    let (name, version) = (name?, version.map_or_else(String::new, |v| format!(" ({v})")));
    let contract = Contract {
        name: format!("{name}{version}").into(),
        services,
        currency: currency?,
        tiers: tiers?,
        customers: customers?,
        zone: zone?,
        min_consecutive_minutes,
        exclude,
        cap,
        claim_share,
    };
    (ask.out.errors() == before).then_some(contract)
}

fn customer(out: &mut Findings<'_>, node: &Node) -> Option<(Text, Decimal)> {
    let mut ask = Ask::open(out, node, "a customer", &["id", "monthly_fee"])?;
    let id = ask.node("id").and_then(|n| ask.out.text(n, "`id`").cloned());
    let fee = ask.need("monthly_fee", Takes::Positive);
    Some((id?, fee?))
}

fn stretch(out: &mut Findings<'_>, node: &Node) -> Option<Interval> {
    let mut ask = Ask::open(out, node, "an exclusion", &["from", "to", "reason"])?;
    let mut at = |name: &'static str| {
        let node = ask.node(name)?;
        let at = Ms::parse_rfc3339(ask.out.text(node, &format!("`{name}`"))?);
        if at.is_none() {
            let hint = "times look like 2026-03-02T21:30:00+08:00 or 2026-03-02T13:30:00Z";
            ask.out.error_hint("bad-time", &node.span, format!("`{name}` must be a time with its zone"), hint);
        }
        at
    };
    let (from, to) = (at("from"), at("to"));
    Some(Interval { from: from?, to: to? })
}

pub(super) fn capacity(out: &mut Findings<'_>, node: &Node, currency: Currency, step: Span) -> Vec<CapacityPrice> {
    let items = out.list(node, "`capacity`").unwrap_or_default();
    items.iter().filter_map(|n| capacity_price(out, n, currency, step)).collect()
}

fn capacity_price(out: &mut Findings<'_>, node: &Node, currency: Currency, step: Span) -> Option<CapacityPrice> {
    let assumed = node.get("base_cost_per_hour").is_some() || node.get("extra_fraction").is_some();
    let known: &[&str] = if assumed {
        &["name", "services", "currency", "base_cost_per_hour", "extra_fraction"]
    } else {
        &["name", "services", "source", "currency", "replicas", "baseline_replicas", "price_per_replica_hour"]
    };
    let mut ask = Ask::open(out, node, "capacity", known)?;
    let (name, services) = (name(&mut ask), services(&mut ask));
    let source = ask.fields.get(ask.out, "source").and_then(|n| ask.out.text(n, "`source`").map(|t| t.trim().into()));
    let currency = own_currency(&mut ask, currency);
    let how = if assumed {
        let (per_hour, extra) = (ask.need("base_cost_per_hour", Takes::Positive), ask.need("extra_fraction", Takes::Positive));
        CapacityHow::Assumed { per_hour: per_hour?, extra: extra? }
    } else {
        metered(&mut ask, step)?
    };
    Some(CapacityPrice { name: name?, services, source, currency: currency?, how })
}

fn metered(ask: &mut Ask<'_, '_, '_>, step: Span) -> Option<CapacityHow> {
    let baseline = ask.need("baseline_replicas", Takes::Positive);
    let price = ask.need("price_per_replica_hour", Takes::Positive);
    let node = ask.node("replicas")?;
    let text: Text = ask.out.text(node, "`replicas`")?.trim_end().into();
    match query::plan_threshold(&text, &[], step) {
        Ok(plan) => Some(CapacityHow::Metered { replicas: text, plan, baseline: baseline?, price: price? }),
        Err(errors) => {
            for found in errors {
                let problem = query_problem(ask.out, node, found.error);
                ask.out.push(problem);
            }
            None
        }
    }
}

/// `churn`, `refunds` or `support`, told per lost transaction of a stream.
pub(super) fn consequence(out: &mut Findings<'_>, node: &Node, what: &str, business: &Business) -> Option<Consequence> {
    let known: &[&str] = match what {
        "churn" => &["stream", "customers_per_transaction", "churn_normal", "churn_after", "lifetime_value", "currency"],
        "refunds" => &["stream", "refunds_per_transaction", "amount", "currency"],
        _ => &["stream", "tickets_per_transaction", "cost_per_ticket", "currency"],
    };
    let mut ask = Ask::open(out, node, &format!("`{what}`"), known)?;
    let currency = own_currency(&mut ask, business.currency);
    let stream = ask.node("stream").and_then(|n| stream(&mut ask, n, business));
    let (per_transaction, kind) = match what {
        "churn" => {
            let per = ask.need("customers_per_transaction", Takes::Positive);
            let (normal, after) = (ask.share("churn_normal"), ask.share("churn_after"));
            let value = ask.need("lifetime_value", Takes::Positive);
            (per, ConsequenceKind::Churn { normal: normal?, after: after?, lifetime_value: value? })
        }
        "refunds" => {
            let per = ask.need("refunds_per_transaction", Takes::Positive);
            (per, ConsequenceKind::Refunds { each: ask.need("amount", Takes::Positive)? })
        }
        _ => {
            let per = ask.need("tickets_per_transaction", Takes::Positive);
            (per, ConsequenceKind::Support { each: ask.need("cost_per_ticket", Takes::Positive)? })
        }
    };
    Some(Consequence { stream: stream?, per_transaction: per_transaction?, currency: currency?, kind })
}

fn stream(ask: &mut Ask<'_, '_, '_>, node: &Node, business: &Business) -> Option<Text> {
    let name = ask.out.text(node, "`stream`")?.clone();
    if business.streams.iter().any(|s| s.name == name) {
        return Some(name);
    }
    let known: Vec<&str> = business.streams.iter().map(|s| &*s.name).collect();
    ask.out.unknown("unknown-stream", "stream", &name, &node.span, &known, "`streams`");
    None
}
