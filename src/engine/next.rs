//! What happens next to an incident if nothing changes: windows, escalation and budget turned into clock times.

use super::state::State;
use crate::domain::base::{Money, Ms, Span};
use crate::domain::incident::{Incident, Phase};
use crate::domain::judge::{BudgetStatus, TierVerdict, Verdict};
use crate::domain::objective::Slo;
use crate::domain::paging::{Acknowledgement, Audience, DispatchKind, PageContent, Whom, next_page_at};
use crate::domain::review::gate::LEAST_BUDGET;
use crate::domain::view::{CostTicker, NextEvent, Told};
use crate::words::{self, Words};
use rust_decimal::Decimal;

/// Projections further away than this say nothing useful.
const HORIZON: Span = Span::from_days(30);

/// Events to come, the nearest first.
pub fn events(
    state: &State,
    incident: &Incident,
    budget: Option<&BudgetStatus>,
    cost: Option<&CostTicker>,
    at: Ms,
) -> Vec<NextEvent> {
    let mut events: Vec<NextEvent> = Vec::new();
    if incident.phase == Phase::Mitigated {
        let end = incident.milestones.impact_end.unwrap_or(at);
        events.push(NextEvent { at: end + state.book.timing.resolve_after, text: said("resolves by itself if it stays good") });
        return events;
    }
    events.extend(next_page(state, incident));
    events.extend(crossings(state, incident, at));
    events.extend(gate_shuts(budget, at));
    events.extend(exhaustion(budget, cost, at));
    events.retain(|e| e.at >= at && e.at.since(at) <= HORIZON);
    events.sort_by_key(|e| e.at);
    events
}

/// How long after its first page somebody should have an incident: then its route goes on to the next level. Without a route it
/// is what the rules say.
pub fn acknowledge_within(state: &State, incident: &Incident) -> Option<Span> {
    let severity = incident.severity.filter(|severity| severity.pages())?;
    let usual = state.book.timing.escalate_after;
    let owner = state.book.service(&incident.service).owner;
    let whom = Whom { owner: owner.as_deref(), service: &incident.service };
    Some(state.settings.routes.route(whom, severity).map_or(usual, |route| route.delay_after(0, usual)))
}

fn said(text: &'static str) -> Told {
    Words::both(|w| w.say(text).into())
}

fn next_page(state: &State, incident: &Incident) -> Option<NextEvent> {
    if state.routes().routes.is_empty() {
        // Rows of an earlier process may be there, but nobody pages by them now.
        return None;
    }
    let (told, _) = state.told(incident.id)?;
    let owner = state.book.service(&incident.service).owner;
    let content = PageContent { service: incident.service.clone(), drill: incident.drill, ..PageContent::default() };
    let audience = Audience {
        incident: crate::domain::incident::IncidentRef::Known(incident.id),
        owner: owner.as_deref(),
        routes: state.routes(),
        timing: &state.book.timing,
        content: &content,
    };
    let acknowledged = incident.acknowledged_by.as_ref().zip(incident.acknowledged_severity);
    let acknowledged = acknowledged.map(|((_, at), severity)| Acknowledgement { severity, at: *at });
    let (at, kind) = next_page_at(incident.severity?, acknowledged, told, &audience)?;
    let held = acknowledged.is_some_and(|a| Some(a.severity) >= incident.severity);
    let text = match kind {
        DispatchKind::Escalated if held => "the acknowledgement ends: escalates to the next level",
        _ if held => "the acknowledgement ends: pages again",
        DispatchKind::Escalated => "still not acknowledged: escalates to the next level",
        _ => "still not acknowledged: pages again",
    };
    Some(NextEvent { at, text: said(text) })
}

/// When tiers that do not fire yet will, if the short window's burn goes on.
fn crossings(state: &State, incident: &Incident, at: Ms) -> Vec<NextEvent> {
    let mine = |id| incident.services.iter().any(|(_, slos)| slos.contains(id));
    let mut events = Vec::new();
    for feed in state.board.slos.iter().filter(|f| mine(&f.slo.id)) {
        for (_, verdict) in feed.judged() {
            events.extend(verdict.tiers.iter().filter_map(|t| crossing(&feed.slo, verdict, t, at)));
        }
    }
    events
}

/// The long window gains (short burn - long burn) / L a second while the past it forgets burned little.
fn crossing(slo: &Slo, verdict: &Verdict, tier: &TierVerdict, at: Ms) -> Option<NextEvent> {
    let rule = slo.tiers.get(tier.tier)?;
    let factor: f64 = rule.factor.to_string().parse().ok()?;
    let now = verdict.windows.iter().find(|w| w.window == Span::from_mins(5))?.burn_rate?;
    let long = tier.long_burn?;
    if tier.firing || long > factor || now <= factor || now <= long {
        return None;
    }
    let seconds = (factor - long) / (now - long) * rule.long.secs_f64();
    let text = Words::both(|w| w.fill("{} burn over {} crosses {}x: {}", &[&slo.name, &rule.long, &factor, &rule.severity]));
    Some(NextEvent { at: at + words::time::from_secs(seconds)?, text })
}

/// When so little budget is left that the gate stops deploys, as long as nobody asks it for less.
fn gate_shuts(budget: Option<&BudgetStatus>, at: Ms) -> Option<NextEvent> {
    let budget = budget?;
    let (left, seconds) = (budget.remaining?, budget.exhausts_in_seconds.filter(|s| *s > 0.0)?);
    if left <= LEAST_BUDGET {
        return None;
    }
    let after = words::time::from_secs(seconds * (left - LEAST_BUDGET) / left)?;
    let least = words::units::percent_level(LEAST_BUDGET);
    let text = Words::both(|w| w.fill("error budget left below {}: the gate stops deploys", &[&least]));
    Some(NextEvent { at: at + after, text })
}

fn exhaustion(budget: Option<&BudgetStatus>, cost: Option<&CostTicker>, at: Ms) -> Option<NextEvent> {
    let seconds = budget?.exhausts_in_seconds.filter(|s| *s > 0.0)?;
    let left = words::time::from_secs(seconds)?;
    let by_then = cost.and_then(|c| {
        let minutes = Decimal::try_from((at.since(c.at).secs_f64() + seconds) / 60.0).ok()?;
        let more = c.per_minute?.amount.checked_mul(minutes)?;
        let so_far = c.so_far?;
        let sum = so_far.amount.checked_add(more)?;
        Some((Money::new(sum, so_far.currency), range(c, sum)))
    });
    let text = Words::both(|w| {
        let cost = by_then.map(|(m, range)| {
            let range = range.map(|(low, high)| format!(" ({})", words::money::brief_range(low, high, m.currency)));
            w.fill("; cost by then {}", &[&format!("{}{}", words::money::brief(m), range.unwrap_or_default())])
        });
        let cost = cost.unwrap_or_default();
        w.fill("error budget exhausted at the 1h rate{}", &[&cost])
    });
    Some(NextEvent { at: at + left, text })
}

/// The bounds of a cost that grew to `sum`, as far apart in proportion as they are now.
fn range(cost: &CostTicker, sum: Decimal) -> Option<(Decimal, Decimal)> {
    let total = cost.sheet.total.filter(|total| *total > Decimal::ZERO)?;
    let grown = |bound: Decimal| sum.checked_mul(bound)?.checked_div(total);
    let (low, high) = cost.sheet.low.zip(cost.sheet.high).filter(|(low, high)| low != high)?;
    Some((grown(low)?, grown(high)?))
}

#[cfg(test)]
mod tests;
