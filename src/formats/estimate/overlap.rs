//! `overlaps`: incidents that share one stream.

use super::ask::{Ask, Home, Takes};
use super::labour::stretch;
use crate::domain::cost::estimate::{Overlap, Overlapping};
use crate::kit::yaml::{Findings, Node};

/// Most incidents of one file.
const MOST: usize = 1_000;

pub(super) fn read(out: &mut Findings<'_>, node: &Node, home: &Home<'_>) -> Option<Overlap> {
    let known = ["baseline_per_minute", "value", "drop", "value_is", "currency", "incidents"];
    let mut ask = Ask::open(out, node, "`overlaps`", &known)?;
    let (currency, value_is) = (ask.currency(home), ask.value_is());
    let (per_minute, value) = (ask.need("baseline_per_minute", Takes::Positive), ask.need("value", Takes::Positive));
    let drop = ask.share("drop");
    let items = ask.list("incidents")?;
    if items.len() > MOST {
        let span = ask.span("incidents");
        ask.out.error("too-many", &span, format!("`incidents` has {} entries, at most {MOST} are read", items.len()));
        return None;
    }
    let mut incidents: Vec<Overlapping> = Vec::new();
    for item in items {
        let Some(incident) = one(ask.out, item) else { continue };
        if incidents.iter().any(|i| i.id == incident.id) {
            let span = item.get("id").map_or_else(|| item.span.clone(), |n| n.span.clone());
            let message = format!("two incidents are named `{}`", incident.id);
            ask.out.error_hint("duplicate-incident", &span, message, "rename one of them");
        }
        incidents.push(incident);
    }
    Some(Overlap { per_minute: per_minute?, value: value?, drop: drop?, currency: currency?, value_is, incidents })
}

fn one(out: &mut Findings<'_>, node: &Node) -> Option<Overlapping> {
    let mut ask = Ask::open(out, node, "an incident", &["id", "start", "end"])?;
    let id = ask.node("id").and_then(|n| ask.out.text(n, "`id`").cloned());
    let time = stretch(&mut ask);
    Some(Overlapping { id: id?, time: time? })
}
