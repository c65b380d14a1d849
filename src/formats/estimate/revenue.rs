//! `lost_revenue` by its methods, and `recovered_revenue`.

use super::ask::{Ask, Home, Takes, buckets, known};
use super::components::rebound_of;
use crate::domain::cost::estimate::{Baseline, Beside, Component, Kind, Loss, Orders, Seasonal};
use crate::kit::yaml::{Findings, Node, Value};
use rust_decimal::Decimal;
use std::sync::Arc;

/// Methods with the fields of each.
const METHODS: [(&str, &[&str]); 6] = [
    ("failed_transactions", &["failed_transactions", "value", "recovered_fraction"]),
    (
        "failed_transactions_excess",
        &["failed_transactions", "success_rate_normal", "success_rate_incident", "value", "recovered_fraction"],
    ),
    ("shortfall_rate", &["baseline_per_minute", "minutes", "drop", "value", "recovered_fraction"]),
    ("shortfall_seasonal", &["bucket_minutes", "history", "baseline", "actual", "value", "before", "rebound"]),
    ("conversion_shortfall", &["sessions", "conversion_normal", "conversion_incident", "value", "recovered_fraction"]),
    ("given", &["amount"]),
];
const COMMON: [&str; 3] = ["method", "value_is", "currency"];
const WHAT: &str = "`lost_revenue`";

/// The lost revenue, and what came back by a rebound.
pub(super) fn lost(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Vec<Component>> {
    if !matches!(node.value, Value::Map(_)) {
        out.fields(node, WHAT, &COMMON)?;
    }
    let Some(method_node) = node.get("method").filter(|n| n.value != Value::Null) else {
        let names: Vec<&str> = METHODS.iter().map(|(name, _)| *name).collect();
        let hint = format!("methods are {}", names.join(", "));
        out.error_hint("missing-field", &node.span, format!("{WHAT} needs `method`"), hint);
        return None;
    };
    let choices: Vec<(&str, usize)> = METHODS.iter().enumerate().map(|(i, (name, _))| (*name, i)).collect();
    let (method, fields) = METHODS[out.choice(method_node, "method", &choices)?];
    let known: Vec<&'static str> = COMMON.iter().chain(fields).copied().collect();
    let mut ask = Ask::open(out, node, WHAT, &known)?;
    let (currency, value_is) = (ask.currency(home), ask.value_is());
    let loss = match method {
        "failed_transactions" => failed(&mut ask),
        "failed_transactions_excess" => excess(&mut ask),
        "shortfall_rate" => shortfall_rate(&mut ask),
        "shortfall_seasonal" => seasonal(&mut ask),
        "conversion_shortfall" => conversion(&mut ask),
        _ => ask.need("amount", Takes::Positive).map(|amount| Loss::Given { amount }),
    }?;
    let currency = currency?;
    let value = if let Loss::Seasonal(s) = &loss { s.value } else { Decimal::ZERO };
    let back = rebound_of(&loss).map(|orders| Component { currency, value_is, kind: Kind::Recovered { orders, value } });
    let lost = Component { currency, value_is, kind: Kind::Lost(loss) };
    Some([lost].into_iter().chain(back).collect())
}

pub(super) fn recovered(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Component> {
    let mut ask = Ask::open(out, node, "`recovered_revenue`", &["orders", "value", "value_is", "currency"])?;
    let (currency, value_is) = (ask.currency(home), ask.value_is());
    let (orders, value) = (ask.need("orders", Takes::Positive), ask.need("value", Takes::Positive));
    Some(Component { currency: currency?, value_is, kind: Kind::Recovered { orders: Orders::new(orders?), value: value? } })
}

/// v and r. A wrong r must not price the loss as if none came back.
fn value_and_recovered(ask: &mut Ask<'_, '_, '_>) -> Option<(Decimal, Decimal)> {
    let value = ask.need("value", Takes::Positive);
    let recovered = if ask.fields.has("recovered_fraction") { ask.maybe_share("recovered_fraction")? } else { Decimal::ZERO };
    Some((value?, recovered))
}

fn failed(ask: &mut Ask<'_, '_, '_>) -> Option<Loss> {
    let failed = ask.need("failed_transactions", Takes::Positive);
    let (value, recovered) = value_and_recovered(ask)?;
    Some(Loss::FailedTransactions { failed: failed?, value, recovered })
}

fn excess(ask: &mut Ask<'_, '_, '_>) -> Option<Loss> {
    let failed = ask.need("failed_transactions", Takes::Positive);
    let (normal, incident) = (ask.share("success_rate_normal"), ask.share("success_rate_incident"));
    let (value, recovered) = value_and_recovered(ask)?;
    let (failed, incident) = (failed?, incident?);
    if incident == Decimal::ONE && failed > Decimal::ZERO {
        let span = ask.span("success_rate_incident");
        ask.out.error("bad-share", &span, "transactions failed, so their success rate in the incident was below 1");
        return None;
    }
    Some(Loss::Excess { failed, normal: normal?, incident, value, recovered })
}

fn shortfall_rate(ask: &mut Ask<'_, '_, '_>) -> Option<Loss> {
    let (per_minute, minutes) = (ask.need("baseline_per_minute", Takes::Positive), ask.need("minutes", Takes::Positive));
    let drop = ask.share("drop");
    let (value, recovered) = value_and_recovered(ask)?;
    Some(Loss::ShortfallRate { per_minute: per_minute?, minutes: minutes?, drop: drop?, value, recovered })
}

fn conversion(ask: &mut Ask<'_, '_, '_>) -> Option<Loss> {
    let sessions = ask.need("sessions", Takes::Positive);
    let (normal, incident) = (ask.share("conversion_normal"), ask.share("conversion_incident"));
    let (value, recovered) = value_and_recovered(ask)?;
    Some(Loss::Conversion { sessions: sessions?, normal: normal?, incident: incident?, value, recovered })
}

/// Weeks that a median needs.
const LEAST_WEEKS: usize = 3;

fn seasonal(ask: &mut Ask<'_, '_, '_>) -> Option<Loss> {
    let bucket_minutes = ask.need("bucket_minutes", Takes::AboveZero);
    let value = ask.need("value", Takes::Positive);
    let actual_items = ask.list("actual")?;
    let actual = buckets(ask.out, actual_items, "`actual`");
    let baseline = baseline(ask, actual_items.len());
    let mut part = |name: &'static str| match ask.fields.get(ask.out, name) {
        Some(node) => beside(ask.out, node, name).map(Some),
        None => Some(None),
    };
    let (before, rebound) = (part("before"), part("rebound"));
    let (before, rebound) = (before?, rebound?);
    let (bucket_minutes, baseline, actual, value) = (bucket_minutes?, baseline?, actual?, value?);
    Some(Loss::Seasonal(Seasonal { bucket_minutes, baseline, actual, value, before, rebound }))
}

fn baseline(ask: &mut Ask<'_, '_, '_>, buckets: usize) -> Option<Baseline> {
    match (ask.fields.has("history"), ask.fields.has("baseline")) {
        (true, true) => {
            let span = ask.span("baseline");
            ask.out.error_hint("two-baselines", &span, "`baseline` together with `history`", "keep one of them");
            None
        }
        (false, false) => {
            let hint = "add `history`, a list of earlier weeks per bucket, or `baseline`, a number per bucket";
            ask.fields.missing(ask.out, &["history", "baseline"], &format!("{WHAT} needs `history` or `baseline`"), hint);
            None
        }
        (true, false) => history(ask, buckets),
        (false, true) => {
            let items = ask.list("baseline")?;
            same_length(ask, "baseline", items.len(), buckets)?;
            known(ask.out, items, "`baseline`").map(Baseline::Stated)
        }
    }
}

fn history(ask: &mut Ask<'_, '_, '_>, expected: usize) -> Option<Baseline> {
    let items = ask.list("history")?;
    same_length(ask, "history", items.len(), expected)?;
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        all.push(weeks(ask.out, item));
    }
    all.into_iter().collect::<Option<Vec<_>>>().map(Baseline::History)
}

fn weeks(out: &mut Findings<'_>, node: &Arc<Node>) -> Option<Vec<Option<Decimal>>> {
    let items = out.list(node, "a bucket of `history`")?;
    let weeks = buckets(out, items, "`history`")?;
    let usable = weeks.iter().flatten().count();
    if usable < LEAST_WEEKS {
        let message = format!("a bucket has {usable} of the {LEAST_WEEKS} usable weeks that it needs");
        let hint = "give `baseline` instead, such as the median of the three hours before";
        out.error_hint("too-few-weeks", &node.span, message, hint);
        return None;
    }
    Some(weeks)
}

fn same_length(ask: &mut Ask<'_, '_, '_>, name: &str, found: usize, buckets: usize) -> Option<()> {
    if found == buckets {
        return Some(());
    }
    let span = ask.span(name);
    let message = format!("the numbers of buckets differ: `{name}` has {found}, `actual` has {buckets}");
    ask.out.error_hint("different-lengths", &span, message, "both need one entry a bucket; null in `actual` is a gap");
    None
}

/// Buckets before or after the impact: what would have come, and what came.
fn beside(out: &mut Findings<'_>, node: &Node, name: &str) -> Option<Beside> {
    let mut ask = Ask::open(out, node, &format!("`{name}`"), &["baseline", "actual"])?;
    let (baseline, actual) = (ask.list("baseline"), ask.list("actual"));
    let (baseline, actual) = (baseline?, actual?);
    same_length(&mut ask, "baseline", baseline.len(), actual.len())?;
    let (baseline, actual) = (known(ask.out, baseline, "`baseline`"), buckets(ask.out, actual, "`actual`"));
    Some(Beside { baseline: baseline?, actual: actual? })
}
