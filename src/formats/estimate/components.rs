//! The components of a cost file, one reader each.

use super::ask::{Ask, Home, Takes, number};
use super::{check_recovered, labour, revenue};
use crate::domain::base::{Currency, Text};
use crate::domain::cost::estimate::component::IDS;
use crate::domain::cost::estimate::{Capacity, Churn, Component, Credits, Customer, Kind, Loss, Orders, Tier};
use crate::kit::yaml::{Findings, Node, Value};
use rust_decimal::Decimal;
use std::ops::Range;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) components: Vec<Component>,
    pub(super) nulls: Vec<Text>,
}

/// What is known of revenue that came back, for the checks across components.
#[derive(Debug, Default)]
pub(super) struct Entries {
    /// Where `recovered_revenue` stands, and its orders.
    pub(super) recovered: Option<(Range<usize>, Option<Orders>)>,
    /// `lost_revenue` is written, with or without numbers.
    pub(super) lost_given: bool,
}

pub(super) fn read_components(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Read> {
    out.fields(node, "`components`", &IDS)?;
    let mut read = Read::default();
    let mut entries = Entries { lost_given: node.get("lost_revenue").is_some(), ..Entries::default() };
    for entry in out.entries(node, "`components`")?.iter().filter(|e| IDS.contains(&&*e.key)) {
        if entry.value.value == Value::Null {
            read.nulls.push(entry.key.clone());
            continue;
        }
        let new = component(out, &entry.key, &entry.value, home).unwrap_or_default();
        if &*entry.key == "recovered_revenue" {
            let orders = new.iter().find_map(|c| match &c.kind {
                Kind::Recovered { orders, .. } => Some(*orders),
                _ => None,
            });
            entries.recovered = Some((entry.key_span.clone(), orders));
        }
        read.components.extend(new);
    }
    let loss = read.components.iter().find_map(|c| match &c.kind {
        Kind::Lost(loss) => Some(loss),
        _ => None,
    });
    check_recovered(out, &entries, loss);
    same_value(&mut read.components);
    Some(read)
}

/// What came back is valued as what was lost, unless the file says otherwise: it must stand on the same side of the total.
fn same_value(components: &mut [Component]) {
    let lost = components.iter().find(|c| matches!(c.kind, Kind::Lost(_))).and_then(|c| c.value_is);
    for back in components.iter_mut().filter(|c| matches!(c.kind, Kind::Recovered { .. })) {
        back.value_is = back.value_is.or(lost);
    }
}

fn component(out: &mut Findings<'_>, id: &str, node: &Node, home: &Home<'_>) -> Option<Vec<Component>> {
    let one = match id {
        "lost_revenue" => return revenue::lost(out, node, home),
        "recovered_revenue" => revenue::recovered(out, node, home),
        "sla_credits" => credits(out, node, home),
        "responder_labour" => labour::read(out, node, home),
        "extra_capacity" => capacity(out, node, home),
        "churn" => churn(out, node, home),
        "refunds" => refunds(out, node, home),
        "support" => support(out, node, home),
        "penalties" => given(out, node, home, "penalties", Takes::Positive),
        "avoided_cost" => given(out, node, home, "avoided_cost", Takes::Negative),
        _ => return items(out, node, home),
    };
    one.map(|c| vec![c])
}

pub(super) const fn plain(currency: Currency, kind: Kind) -> Component {
    Component { currency, value_is: None, kind }
}

/// `{amount, currency}` alone.
fn given(out: &mut Findings<'_>, node: &Node, home: &Home<'_>, id: &'static str, takes: Takes) -> Option<Component> {
    let mut ask = Ask::open(out, node, &format!("`{id}`"), &["amount", "currency"])?;
    let (currency, amount) = (ask.currency(home), ask.need("amount", takes));
    Some(plain(currency?, Kind::Given { id, amount: amount? }))
}

/// The component is given instead of computed: `{amount, currency}`.
fn is_given(node: &Node) -> bool {
    node.get("amount").is_some()
}

fn refunds(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Component> {
    let mut ask = Ask::open(out, node, "`refunds`", &["amount", "count", "currency"])?;
    let (currency, amount) = (ask.currency(home), ask.need("amount", Takes::Positive));
    if !ask.fields.has("count") {
        return Some(plain(currency?, Kind::Given { id: "refunds", amount: amount? }));
    }
    let count = ask.need("count", Takes::Positive)?;
    Some(plain(currency?, Kind::Times { id: "refunds", count, each: amount? }))
}

fn support(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Component> {
    if is_given(node) {
        return given(out, node, home, "support", Takes::Positive);
    }
    let mut ask = Ask::open(out, node, "`support`", &["extra_tickets", "cost_per_ticket", "currency"])?;
    let currency = ask.currency(home);
    let (tickets, each) = (ask.need("extra_tickets", Takes::Positive), ask.need("cost_per_ticket", Takes::Positive));
    Some(plain(currency?, Kind::Support { tickets: tickets?, each: each? }))
}

fn churn(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Component> {
    if is_given(node) {
        return given(out, node, home, "churn", Takes::Positive);
    }
    let known = ["affected_customers", "churn_normal", "churn_after", "lifetime_value", "already_counted", "currency"];
    let mut ask = Ask::open(out, node, "`churn`", &known)?;
    let currency = ask.currency(home);
    let affected = ask.need("affected_customers", Takes::Positive);
    let (normal, after) = (ask.share("churn_normal"), ask.share("churn_after"));
    let lifetime_value = ask.need("lifetime_value", Takes::Positive);
    let already_counted =
        if ask.fields.has("already_counted") { ask.maybe("already_counted", Takes::Positive)? } else { Decimal::ZERO };
    let churn = Churn { affected: affected?, normal: normal?, after: after?, lifetime_value: lifetime_value?, already_counted };
    if churn.gross().is_some_and(|gross| already_counted > gross) {
        let span = ask.span("already_counted");
        ask.out.error("bad-number", &span, "more is counted already than the churn costs");
        return None;
    }
    Some(plain(currency?, Kind::Churn(churn)))
}

fn capacity(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Component> {
    let metered = ["price_per_replica_hour", "baseline_replicas", "samples"];
    let assumed = ["base_cost_per_hour", "extra_fraction", "hours"];
    if assumed.iter().any(|f| node.get(f).is_some()) && !metered.iter().any(|f| node.get(f).is_some()) {
        let known = ["base_cost_per_hour", "extra_fraction", "hours", "currency"];
        let mut ask = Ask::open(out, node, "`extra_capacity`", &known)?;
        let currency = ask.currency(home);
        let [per_hour, extra, hours] = assumed.map(|f| ask.need(f, Takes::Positive));
        return Some(plain(currency?, Kind::Capacity(Capacity::Assumed { per_hour: per_hour?, extra: extra?, hours: hours? })));
    }
    let known = ["price_per_replica_hour", "baseline_replicas", "samples", "currency"];
    let mut ask = Ask::open(out, node, "`extra_capacity`", &known)?;
    let currency = ask.currency(home);
    let (price, baseline) = (ask.need("price_per_replica_hour", Takes::Positive), ask.need("baseline_replicas", Takes::Positive));
    let mut samples = Vec::new();
    for item in ask.list("samples")? {
        let Some(mut one) = Ask::open(ask.out, item, "a sample", &["replicas", "minutes"]) else { continue };
        let (replicas, minutes) = (one.need("replicas", Takes::Positive), one.need("minutes", Takes::Positive));
        samples.extend(replicas.zip(minutes));
    }
    Some(plain(currency?, Kind::Capacity(Capacity::Metered { price: price?, baseline: baseline?, samples })))
}

fn items(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Vec<Component>> {
    let mut all = Vec::new();
    for item in out.list(node, "`items`")? {
        let Some(mut ask) = Ask::open(out, item, "an item", &["name", "amount", "currency"]) else { continue };
        let name = ask.node("name").and_then(|n| ask.out.text(n, "`name`").cloned());
        let (currency, amount) = (ask.currency(home), ask.need("amount", Takes::Any));
        if let (Some(name), Some(currency), Some(amount)) = (name, currency, amount) {
            all.push(plain(currency, Kind::Item { name, amount }));
        }
    }
    Some(all)
}

const CREDIT_FIELDS: [&str; 6] = ["tiers", "customers", "min_consecutive_minutes", "cap", "claim_share", "currency"];

fn credits(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Component> {
    if is_given(node) {
        return given(out, node, home, "sla_credits", Takes::Positive);
    }
    let mut ask = Ask::open(out, node, "`sla_credits`", &CREDIT_FIELDS)?;
    let before = ask.out.errors();
    let currency = ask.currency(home);
    let tiers = read_tiers(&mut ask);
    let customers = ask.list("customers").map(|list| list.iter().filter_map(|n| customer(ask.out, n)).collect::<Vec<_>>());
    let least = ask.maybe("min_consecutive_minutes", Takes::Positive);
    let (cap, claim_share) = (ask.maybe_share("cap"), ask.maybe_share("claim_share"));
    let credits = Credits { tiers: tiers?, customers: customers?, min_consecutive_minutes: least, cap, claim_share };
    (ask.out.errors() == before).then_some(plain(currency?, Kind::Credits(credits)))
}

/// `tiers` of a contract; a lower bound never gives less.
pub(in crate::formats) fn read_tiers(ask: &mut Ask<'_, '_, '_>) -> Option<Vec<Tier>> {
    let tiers: Vec<Tier> = ask.list("tiers")?.iter().filter_map(|n| tier(ask.out, n)).collect();
    if let Some((low, high)) = out_of_order(&tiers) {
        let span = ask.span("tiers");
        let message = format!("below {low} % gives less than below {high} %");
        ask.out.error_hint("bad-tiers", &span, message, "a lower bound gives at least as much as a higher one");
    }
    Some(tiers)
}

/// Two bounds of which the lower gives less.
fn out_of_order(tiers: &[Tier]) -> Option<(Decimal, Decimal)> {
    let mut sorted: Vec<&Tier> = tiers.iter().collect();
    sorted.sort_by_key(|t| t.below_percent);
    let pair = sorted.windows(2).find(|w| w[0].credit < w[1].credit)?;
    Some((pair[0].below_percent, pair[1].below_percent))
}

fn tier(out: &mut Findings<'_>, node: &Node) -> Option<Tier> {
    let mut ask = Ask::open(out, node, "a tier", &["below_percent", "credit"])?;
    let (below, credit) = (ask.need("below_percent", Takes::AboveZero), ask.share("credit"));
    let below_percent = below?;
    if below_percent > Decimal::ONE_HUNDRED {
        let span = ask.span("below_percent");
        ask.out.error("bad-number", &span, "`below_percent` may not be above 100");
        return None;
    }
    Some(Tier { below_percent, credit: credit? })
}

/// Minutes of the shortest and of the longest month, with an hour for summer time.
const MONTH: (i64, i64) = (28 * 1440 - 60, 31 * 1440 + 60);
const CUSTOMER_FIELDS: [&str; 6] =
    ["id", "monthly_fee", "month_minutes", "downtime_before_minutes", "downtime_minutes", "excluded_minutes"];

fn customer(out: &mut Findings<'_>, node: &Node) -> Option<Customer> {
    let mut ask = Ask::open(out, node, "a customer", &CUSTOMER_FIELDS)?;
    let id = ask.node("id").and_then(|n| ask.out.text(n, "`id`").cloned());
    let fee = ask.need("monthly_fee", Takes::Positive);
    let month = ask.need("month_minutes", Takes::AboveZero);
    let before = ask.need("downtime_before_minutes", Takes::Positive);
    let downtime = ask.need("downtime_minutes", Takes::Positive);
    let excluded = match ask.fields.get(ask.out, "excluded_minutes") {
        Some(node) => number(ask.out, node, "`excluded_minutes`", Takes::Positive)?,
        None => Decimal::ZERO,
    };
    let (month, before, downtime) = (month?, before?, downtime?);
    let wrong = |ask: &mut Ask<'_, '_, '_>, name: &str, message: String, hint: &str| {
        let span = ask.span(name);
        ask.out.error_hint("bad-number", &span, message, hint);
    };
    if month < Decimal::from(MONTH.0) || month > Decimal::from(MONTH.1) {
        let hint = "a month of 30 days has 43200 minutes, one of 31 days 44640";
        wrong(&mut ask, "month_minutes", format!("no month has {month} minutes"), hint);
        return None;
    }
    if before + downtime > month {
        let message = "more downtime than the month has minutes".to_owned();
        wrong(&mut ask, "downtime_minutes", message, "`downtime_before_minutes` and `downtime_minutes` are added");
        return None;
    }
    if excluded > downtime {
        wrong(&mut ask, "excluded_minutes", "more is excluded than the downtime has".to_owned(), "at most `downtime_minutes`");
        return None;
    }
    Some(Customer { id: id?, monthly_fee: fee?, month_minutes: month, before, downtime, excluded })
}

/// The orders of a loss, for the check of what came back.
pub(super) fn rebound_of(loss: &Loss) -> Option<Orders> {
    match loss {
        Loss::Seasonal(seasonal) => seasonal.recovered(),
        _ => None,
    }
}
