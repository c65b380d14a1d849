//! Clocks, timeline, detection and pages.

use super::{UNKNOWN, instant, length};
use crate::domain::base::Ms;
use crate::domain::incident::{Entry, Outcome, PageRecord};
use crate::domain::review::{Clock, ClockKind, PostmortemFacts};
use crate::report::md::{self, text};
use crate::words::{Zone, time, timeline as sentences};

pub(in crate::report) fn clocks(facts: &PostmortemFacts) -> String {
    let rows: Vec<Vec<String>> =
        facts.clocks.iter().map(|c| vec![c.kind.name().into(), told(facts, *c), c.kind.definition().into()]).collect();
    md::table(&["clock", "value", "definition"], &rows)
}

fn told(facts: &PostmortemFacts, clock: Clock) -> String {
    match (clock.kind, clock.value) {
        (ClockKind::Detect, Some(_)) if facts.incident.is_proactive() => "0s (found before users were hurt)".into(),
        (ClockKind::Acknowledge, None) => "unknown: nobody acknowledged it".into(),
        (ClockKind::Mitigate | ClockKind::Resolve, None) if facts.phase().is_live() => "not yet".into(),
        (_, value) => length(value),
    }
}

/// Entries in the order in which things happened.
pub(in crate::report) fn timeline(facts: &PostmortemFacts, zone: Zone) -> String {
    let mut entries: Vec<&Entry> = facts.incident.entries.iter().collect();
    entries.sort_by_key(|e| (e.at, e.seq));
    let local = entries.iter().any(|e| zone.offset(e.at) != "UTC");
    let rows: Vec<Vec<String>> = entries.iter().map(|e| row(e, zone, local)).collect();
    if rows.is_empty() {
        return "Nothing is recorded.".into();
    }
    let head: &[&str] = if local { &["UTC", "local", "who", "what"] } else { &["UTC", "who", "what"] };
    md::table(head, &rows)
}

fn row(entry: &Entry, zone: Zone, local: bool) -> Vec<String> {
    let corrects = entry.corrects.map_or_else(String::new, |seq| format!(" (corrects entry {})", seq.0));
    let late = if entry.recorded_at.since(entry.at) > LATE {
        format!(" (recorded {})", instant(Some(entry.recorded_at)))
    } else {
        String::new()
    };
    let what = format!("{}{corrects}{late}", text(&sentences::sentence(entry, Zone::Utc)));
    let here = local.then(|| format!("{} {}", zone.clock(entry.at), zone.offset(entry.at)));
    let utc = Zone::Utc.full(entry.at).replace(" UTC", "");
    [Some(utc), here, Some(text(sentences::actor(entry))), Some(what)].into_iter().flatten().collect()
}

/// An entry recorded so much after the fact says when.
const LATE: crate::domain::base::Span = crate::domain::base::Span::from_mins(1);

pub(in crate::report) fn detection(facts: &PostmortemFacts) -> String {
    let m = facts.milestones();
    let rules: Vec<String> =
        facts.first_rules.iter().map(|r| format!("{} on {} ({})", text(&r.rule), text(r.slo.as_str()), r.severity)).collect();
    let rules = if rules.is_empty() { UNKNOWN.into() } else { rules.join("; ") };
    let person = facts.incident.acknowledged_by.as_ref().map(|(who, _)| format!(" by {}", text(who)));
    md::list([
        format!("Detected {} by the rule: {rules}.", instant(m.detected)),
        told_or(m.paged, "First page made", "No page was made."),
        told_or(m.delivered, "Accepted by a receiver", "No receiver accepted a page."),
        match m.acknowledged {
            Some(at) => format!("Acknowledged {}{}.", instant(Some(at)), person.unwrap_or_default()),
            None => "Nobody acknowledged it.".into(),
        },
        told_or(m.impact_end, "Users were served again", "The end of the impact is unknown."),
        told_or(m.resolved, "Resolved", "It is not resolved."),
    ])
}

fn told_or(at: Option<Ms>, what: &str, otherwise: &str) -> String {
    at.map_or_else(|| otherwise.into(), |at| format!("{what} {}.", instant(Some(at))))
}

pub(in crate::report) fn pages(facts: &PostmortemFacts) -> String {
    if facts.pages().is_empty() {
        return "No page has reached its end.".into();
    }
    let rows: Vec<Vec<String>> = facts.pages().iter().map(page).collect();
    md::table(&["page", "severity", "receiver", "made (UTC)", "accepted after", "tries", "outcome"], &rows)
}

fn page(p: &PageRecord) -> Vec<String> {
    let outcome = match p.outcome {
        Outcome::Delivered => "delivered",
        Outcome::Failed => "failed",
        Outcome::Dropped => "dropped",
    };
    let detail = if p.detail.is_empty() { String::new() } else { format!(": {}", text(&p.detail)) };
    vec![
        text(&p.kind.replace('_', " ")),
        p.severity.to_string(),
        text(&p.receiver),
        Zone::Utc.full(p.created).replace(" UTC", ""),
        p.delivered.map_or_else(|| "never".into(), |at| time::span(at.since(p.created))),
        p.attempts.to_string(),
        format!("{outcome}{detail}"),
    ]
}
