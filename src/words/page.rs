//! The text of a page: one title and a few lines, from values.
//!
//! Everything that came from outside is cleaned and cut here, so that the result is safe as plain text on a terminal and
//! inside JSON; receivers that render Markdown or HTML escape it once more for their medium. Deliberately absent: how a
//! receiver packs it.

mod zh;

use super::{Zone, escape, money, plural, time, units};
use crate::domain::base::{Language, Money, Ms, SloId, Text};
use crate::domain::paging::{Dispatch, DispatchKind, PageContent};

/// Longest title in characters: receivers cut at 130 and more.
const TITLE_MAX: usize = 130;
/// Longest line in characters.
const LINE_MAX: usize = 400;
/// Reasons told by name; the rest is counted.
const REASONS_MAX: usize = 6;
/// Changes told by name.
const CHANGES_MAX: usize = 3;

/// A page in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageText {
    /// What is wrong and how bad, in one line.
    pub title: String,
    /// Why, since when, what it costs, where to look.
    pub lines: Vec<String>,
    /// Where the runbook is, when it is a web address.
    pub runbook: Option<String>,
}

impl PageText {
    /// Title and lines as one text.
    pub fn whole(&self) -> String {
        let lines = self.lines.iter().map(|l| format!("\n{l}"));
        std::iter::once(self.title.clone()).chain(lines).collect()
    }
}

/// Puts a page into English words.
pub fn page(page: &Dispatch, zone: Zone) -> PageText {
    page_in(page, zone, Language::En)
}

/// Puts a page into the words of a language.
pub fn page_in(page: &Dispatch, zone: Zone, language: Language) -> PageText {
    let (title, lines) = match language {
        Language::En => (title(page), lines(page, zone)),
        Language::Zh => (zh::title(page), zh::lines(page, zone)),
    };
    let runbook = page.content.runbook.as_deref().and_then(web_address);
    PageText { title, lines: lines.iter().map(|line| cut(line, LINE_MAX)).collect(), runbook }
}

/// `[P0] checkout: availability is failing (INC-0017)`.
fn title(page: &Dispatch) -> String {
    let c = &page.content;
    let mark = match (c.not_recorded, c.drill) {
        (true, _) => "NOT RECORDED ",
        (false, true) => "DRILL ",
        (false, false) => "",
    };
    let place = c.environment.as_deref().filter(|e| !e.is_empty()).map(|e| format!(" in {}", cut(e, 30))).unwrap_or_default();
    let number = if page.incident.0 == 0 { String::new() } else { format!(" ({})", page.incident) };
    cut(&format!("{mark}{}{place}{number}", headline(page)), TITLE_MAX)
}

fn headline(page: &Dispatch) -> String {
    let (severity, service) = (page.severity, cut(&page.content.service, 40));
    let slos = cut(&slo_names(&page.content.slos), 40);
    let ended = || page.content.impact_start.zip(page.content.resolved).map(|(from, to)| time::span(to.since(from)));
    if page.is_combined() {
        let after = ended().map(|s| format!(" for {s}")).unwrap_or_default();
        return format!("[{severity}, over] {service}: {slos} was failing{after} and has ended before this could be delivered");
    }
    match page.kind {
        DispatchKind::First => format!("[{severity}] {service}: {slos} is failing"),
        DispatchKind::Raised => format!("[{severity}] {service}: raised to {severity}, {slos} is failing"),
        DispatchKind::Repeat => format!("[{severity}] {service}: {slos} is still failing, nobody acknowledged"),
        DispatchKind::Escalated => format!("[{severity}] {service}: {slos} is failing and nobody acknowledged, escalated"),
        DispatchKind::Reopened => format!("[{severity}] {service}: {slos} is failing again"),
        DispatchKind::NoData => format!("[{severity}] {service}: data stopped coming for {slos}"),
        DispatchKind::Resolved => {
            format!("[resolved] {service}: {slos} recovered{}", ended().map(|s| format!(" after {s}")).unwrap_or_default())
        }
        DispatchKind::Test => "[TEST] burnledger can reach you; nothing is wrong".into(),
        DispatchKind::Response => format!("[{severity}] {service}: a response is run, {slos} is failing"),
        DispatchKind::Heartbeat => "burnledger is alive; when this stops coming, nobody watches".into(),
    }
}

/// `availability, latency`: the names without the service, which stands before them.
fn slo_names(slos: &[SloId]) -> String {
    match slo_list(slos) {
        (names, _) if names.is_empty() => "an objective".into(),
        (names, 0) => names.join(", "),
        (names, more) => format!("{} and {more} more", names.join(", ")),
    }
}

/// The first three names without the service, and how many more there are.
fn slo_list(slos: &[SloId]) -> (Vec<&str>, usize) {
    let names = slos.iter().take(3).map(|s| s.as_str().split_once('/').map_or(s.as_str(), |(_, name)| name)).collect();
    (names, slos.len().saturating_sub(3))
}

/// The command that takes an incident; absent where there is nothing to take.
fn take_command(page: &Dispatch) -> Option<String> {
    let asks = page.kind.is_firing() && !page.is_combined() && page.incident.0 > 0 && !page.content.not_recorded;
    asks.then(|| format!("burnledger incidents ack {}", page.incident.0))
}

fn lines(page: &Dispatch, zone: Zone) -> Vec<String> {
    let c = &page.content;
    let mut out: Vec<String> = Vec::new();
    out.extend(warnings(page));
    out.extend(c.reasons.iter().take(REASONS_MAX).map(|r| format!("why: {}", r.text)));
    if c.reasons.len() > REASONS_MAX {
        out.push(format!("why: {}", plural::counted(c.reasons.len() - REASONS_MAX, "more reason", "more reasons")));
    }
    out.extend(labelled("suspected cause", c.suspect.as_ref()));
    out.extend(when(c, zone));
    out.extend(impact(c));
    out.extend(cost(c.cost_so_far, c.cost_per_minute));
    out.extend(labelled("runbook", c.runbook.as_ref()));
    out.extend(labelled("owner", c.owner.as_ref()));
    out.extend(c.changes.iter().take(CHANGES_MAX).map(|change| format!("change: {change}")));
    out.extend(take_command(page).map(|command| format!("acknowledge: {command}")));
    out
}

fn warnings(page: &Dispatch) -> Vec<String> {
    let mut out = Vec::new();
    if page.content.not_recorded {
        out.push(
            "The ledger cannot be written: this incident is not recorded. Mend the ledger, then declare the incident.".into(),
        );
    }
    if page.content.drill {
        out.push("This is a drill.".into());
    }
    if page.possible_repeat {
        out.push("You may have this page already: burnledger stopped while it was being sent.".into());
    }
    out
}

fn when(c: &PageContent, zone: Zone) -> Option<String> {
    let at = |ms: Ms| zone.full(ms);
    let since = c.impact_start.map(|s| format!("since {}", at(s)));
    let until = c.resolved.map(|s| format!("until {}", at(s)));
    let detected = c.detected.map(|s| format!("detected {}", at(s)));
    let parts: Vec<String> = [since, until, detected].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn impact(c: &PageContent) -> Option<String> {
    let failed = c.bad.map(|bad| match c.total {
        Some(total) if total > 0.0 => {
            let events = plural::noun_of(total, "event", "events");
            format!("{} of {} {events} bad ({})", units::count(bad), units::count(total), units::percent_auto(bad / total))
        }
        _ => format!("{} bad {}", units::count(bad), plural::noun_of(bad, "event", "events")),
    });
    let budget = c.budget_remaining.map(|left| match left {
        left if left < 0.0 => format!("error budget exhausted, {} of it spent", units::percent_auto(1.0 - left)),
        left => format!("{} of the error budget left", units::percent_auto(left)),
    });
    let parts: Vec<String> = [failed, budget].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("impact: {}", parts.join(", ")))
}

fn cost(so_far: Option<Money>, per_minute: Option<Money>) -> Option<String> {
    match (so_far, per_minute) {
        (None, None) => None,
        (Some(sum), None) => Some(format!("cost so far: {}", money::exact(sum))),
        (None, Some(rate)) => Some(format!("cost: {} a minute", money::exact(rate))),
        (Some(sum), Some(rate)) => Some(format!("cost so far: {}, {} a minute now", money::exact(sum), money::exact(rate))),
    }
}

fn labelled(label: &str, value: Option<&Text>) -> Option<String> {
    value.filter(|v| !v.is_empty()).map(|v| format!("{label}: {v}"))
}

/// A runbook that a receiver may turn into a link: never `javascript:` and the like, nothing that breaks out of a link.
fn web_address(text: &str) -> Option<String> {
    let text = text.trim();
    let is_web = text.starts_with("https://") || text.starts_with("http://");
    let harmless = escape::terminal(text) == text && !text.contains([' ', '<', '>', '"', '\\', '`']);
    (is_web && harmless && text.len() <= 2000).then(|| text.to_owned())
}

/// Cleaned for a terminal and cut to `max` characters.
fn cut(text: &str, max: usize) -> String {
    let clean = escape::terminal(text);
    if clean.chars().count() <= max {
        return clean;
    }
    clean.chars().take(max.saturating_sub(1)).chain(std::iter::once('…')).collect()
}

#[cfg(test)]
mod tests;
