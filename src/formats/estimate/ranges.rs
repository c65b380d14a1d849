//! `ranges` and `range`: how components may vary, and how to simulate the total.

use super::ask::{Ask, Takes};
use crate::domain::cost::Estimate;
use crate::domain::cost::estimate::component::IDS;
use crate::domain::cost::estimate::{Dependence, Ranged, Simulation, Spread};
use crate::kit::yaml::{Entry, Fields, Findings, Node};
use rust_decimal::Decimal;

/// Fewest draws: with less the quantiles wobble from seed to seed.
const LEAST_DRAWS: u32 = 20_000;
const MOST_DRAWS: u32 = 1_000_000;
const METHODS: [(&str, Dependence); 2] = [("independent", Dependence::Independent), ("severity", Dependence::Severity)];
const DISTS: [(&str, bool); 2] = [("pert", false), ("lognormal", true)];

/// Reads both into the estimate, whose components are known already.
pub(super) fn read(out: &mut Findings<'_>, fields: &Fields<'_>, estimate: &mut Estimate) {
    if let Some(node) = fields.get(out, "ranges") {
        for entry in out.fields(node, "`ranges`", &IDS[..IDS.len() - 1]).map_or(&[][..], |f| f.entries()) {
            estimate.ranges.extend(ranged(out, entry, estimate));
        }
    }
    estimate.simulation = fields.get(out, "range").and_then(|n| simulation(out, n));
}

fn ranged(out: &mut Findings<'_>, entry: &Entry, estimate: &Estimate) -> Option<Ranged> {
    let component = IDS.into_iter().find(|id| *entry.key == **id)?;
    let Some(priced) = estimate.components.iter().find(|c| c.id() == component) else {
        if !estimate.nulls.iter().any(|n| **n == *component) && out.errors() == 0 {
            let hint = "a range belongs to a component; add it, or remove the range";
            out.error_hint("no-component", &entry.key_span, format!("there is no component `{component}`"), hint);
        }
        return None;
    };
    let spread = spread(out, &entry.value)?;
    let amount = estimate.line(priced).ok()?.amount;
    if let Some((low, high)) = spread.bounds()
        && !(low <= amount.amount && amount.amount <= high)
    {
        let message = format!("the amount {} {} is not within the range", amount.amount, amount.currency);
        let hint = "low <= amount <= high, in the currency of the total";
        out.error_hint("bad-range", &entry.value.span, message, hint);
        return None;
    }
    Some(Ranged { component, spread })
}

fn spread(out: &mut Findings<'_>, node: &Node) -> Option<Spread> {
    let dist = node.get("dist").and_then(|n| n.text()).map(|t| t.trim() == "lognormal");
    let known: &[&'static str] = match dist {
        Some(true) => &["dist", "p5", "p95"],
        _ => &["dist", "low", "mode", "high"],
    };
    let mut ask = Ask::open(out, node, "a range", known)?;
    let lognormal = match ask.fields.get(ask.out, "dist") {
        Some(node) => ask.out.choice(node, "dist", &DISTS)?,
        None => false,
    };
    if lognormal {
        let (p5, p95) = (ask.need("p5", Takes::AboveZero), ask.need("p95", Takes::AboveZero));
        let (p5, p95) = (p5?, p95?);
        return in_order(&mut ask, "p95", &[("p5", p5), ("p95", p95)]).map(|()| Spread::Lognormal { p5, p95 });
    }
    let [low, mode, high] = ["low", "mode", "high"].map(|f| ask.need(f, Takes::Any));
    let (low, mode, high) = (low?, mode?, high?);
    in_order(&mut ask, "mode", &[("low", low), ("mode", mode), ("high", high)]).map(|()| Spread::Pert { low, mode, high })
}

fn in_order(ask: &mut Ask<'_, '_, '_>, at: &str, values: &[(&str, Decimal)]) -> Option<()> {
    if values.windows(2).all(|w| w[0].1 <= w[1].1) {
        return Some(());
    }
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let span = ask.span(at);
    ask.out.error("bad-range", &span, format!("the range is out of order: {}", names.join(" <= ")));
    None
}

fn simulation(out: &mut Findings<'_>, node: &Node) -> Option<Simulation> {
    let mut ask = Ask::open(out, node, "`range`", &["method", "seed", "draws", "exceeds"])?;
    let method = match ask.fields.get(ask.out, "method") {
        Some(node) => ask.out.choice(node, "method", &METHODS),
        None => Some(Dependence::Independent),
    };
    let seed = whole(&mut ask, "seed", 1, 0..=u64::MAX, "a seed is a whole number from 0");
    let hint = format!("between {LEAST_DRAWS} and {MOST_DRAWS} draws");
    let draws = whole(&mut ask, "draws", LEAST_DRAWS.into(), LEAST_DRAWS.into()..=MOST_DRAWS.into(), &hint);
    let exceeds = ask.maybe("exceeds", Takes::Any);
    Some(Simulation { method: method?, seed: seed?, draws: u32::try_from(draws?).ok()?, exceeds })
}

fn whole(
    ask: &mut Ask<'_, '_, '_>,
    name: &str,
    otherwise: u64,
    allowed: std::ops::RangeInclusive<u64>,
    hint: &str,
) -> Option<u64> {
    if !ask.fields.has(name) {
        return Some(otherwise);
    }
    let node = ask.node(name)?;
    let text = ask.out.text(node, &format!("`{name}`"))?.clone();
    let value = text.trim().parse().ok().filter(|n| allowed.contains(n));
    if value.is_none() {
        ask.out.error_hint("bad-number", &node.span, format!("`{name}` is no such number"), hint);
    }
    value
}
