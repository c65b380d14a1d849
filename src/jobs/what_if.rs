//! A stretch judged by the rules in force and, beside them, by others: the backtest's run, told as a replay's screen asks for it.
//!
//! Deliberately absent: which stretch, and how a change is read.

use super::backtest::{Backtested, Order, backtest};
use crate::domain::base::Text;
use crate::domain::judge::RuleRef;
use crate::domain::objective::{Rulebook, Slo};
use crate::domain::review::{Backtest, TrackPast, compare};
use crate::domain::view::{Fired, WhatIf, WhatIfTrack};
use std::sync::Arc;

/// Judges the order's stretch by its rules and by `other`.
pub async fn what_if(order: Order, change: Text, other: Arc<Rulebook>) -> WhatIf {
    let done = backtest(Order { beside: vec![other], ..order }).await;
    let Backtested { backtest: now, beside, errors } = done;
    let then = beside.into_iter().next().unwrap_or_else(|| Backtest::nothing(now.from, now.to, now.step));
    let sums = compare(&now, &then);
    WhatIf {
        change,
        from: now.from,
        to: now.to,
        tracks: tracks(&now, &then),
        pages: sums.pages,
        tickets: sums.tickets,
        errors: errors.iter().map(|e| e.to_string().into()).collect(),
    }
}

fn tracks(now: &Backtest, then: &Backtest) -> Vec<WhatIfTrack> {
    let of = |past: &Backtest, like: &TrackPast| {
        let found = past.tracks.iter().find(|t| t.slo.id == like.slo.id && t.group == like.group);
        found.map(fired).unwrap_or_default()
    };
    let only_then = then.tracks.iter().filter(|t| !now.tracks.iter().any(|o| o.slo.id == t.slo.id && o.group == t.group));
    let all = now.tracks.iter().chain(only_then);
    let mut tracks: Vec<WhatIfTrack> = all
        .map(|t| WhatIfTrack { slo: t.slo.id.clone(), group: t.group.clone(), now: of(now, t), then: of(then, t) })
        .filter(|t| !t.now.is_empty() || !t.then.is_empty())
        .collect();
    tracks.sort_by(|a, b| a.slo.cmp(&b.slo).then_with(|| a.group.cmp(&b.group)));
    tracks
}

fn fired(past: &TrackPast) -> Vec<Fired> {
    let one =
        |f: &crate::domain::review::Firing| Fired { severity: f.severity, rule: name(&past.slo, f.rule), from: f.from, to: f.to };
    past.firings.iter().map(one).collect()
}

fn name(slo: &Slo, rule: RuleRef) -> Text {
    match rule {
        RuleRef::Tier(i) => slo.tiers.get(i).map(ToString::to_string),
        RuleRef::Breach(i) => slo.breach.get(i).map(ToString::to_string),
    }
    .unwrap_or_default()
    .into()
}
