//! Title, the table of facts and the sentence that sums them up.

use super::{UNKNOWN, instant, length};
use crate::domain::base::Money;
use crate::domain::cost::CostSheet;
use crate::domain::incident::{ImpactRecord, Phase};
use crate::domain::review::PostmortemFacts;
use crate::report::md::{self, text};
use crate::words::{money, time, units};

/// `INC-0001: payments, P0`.
pub(in crate::report) fn title(facts: &PostmortemFacts) -> String {
    let incident = &facts.incident;
    let severity = incident.peak_severity.map_or_else(|| "suspected".into(), |s| s.to_string());
    let drill = if incident.drill { " (drill)" } else { "" };
    format!("{}: {}, {severity}{drill}", incident.id, text(&incident.service))
}

pub(in crate::report) fn table(facts: &PostmortemFacts) -> String {
    let m = facts.milestones();
    let row = |name: &str, value: String| vec![name.to_owned(), value];
    let mut rows = vec![
        row("Status", status(facts)),
        row("Severity", severity(facts)),
        row("Services", services(facts)),
        row("Impact", format!("{} to {}", instant(m.impact_start), instant(m.impact_end))),
        row("Impact lasted", length(facts.impact_span)),
        row("Detected", instant(m.detected)),
        row("Cost", cost_words(facts.incident.cost.as_ref())),
    ];
    if facts.incident.flaps > 0 {
        rows.push(row("Reopened", format!("{} times", facts.incident.flaps)));
    }
    if facts.incident.drill {
        rows.push(row("Drill", "practised, not real: no part of cost or statistics".into()));
    }
    md::table(&["", ""], &rows)
}

/// Facts in one sentence.
pub(in crate::report) fn summary(facts: &PostmortemFacts) -> String {
    let incident = &facts.incident;
    let what = match &incident.impact {
        Some(impact) => failed(impact),
        None => "what users lost has not been measured".into(),
    };
    let long = facts.impact_span.map_or_else(String::new, |s| format!(" within {}", time::span(s)));
    let open = if incident.phase.is_live() { " It is not over." } else { "" };
    format!("{}: {what}{long}. Cost: {}.{open}", text(&incident.service), cost_words(incident.cost.as_ref()))
}

/// `83,419 of 861,382 events failed (9.68%)`.
pub(super) fn failed(impact: &ImpactRecord) -> String {
    let bad = units::count(impact.bad);
    match impact.total.filter(|t| *t > 0.0) {
        Some(total) => format!("{bad} of {} events failed ({})", units::count(total), units::percent_auto(impact.bad / total)),
        None => format!("{bad} bad events"),
    }
}

/// The total in words: exact, "at least" when parts are missing, or not estimated.
pub(super) fn cost_words(sheet: Option<&CostSheet>) -> String {
    let Some(sheet) = sheet else { return money::NOT_ESTIMATED.into() };
    let Some(total) = sheet.total else { return money::NOT_ESTIMATED.into() };
    let amount = money::exact(Money::new(total, sheet.currency));
    let kinds: Vec<&str> = sheet.value_kinds().iter().map(|k| k.name()).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(", lost revenue valued as {}", kinds.join(" and ")) };
    if sheet.complete { format!("{amount}{kinds}") } else { format!("at least {amount} (partial{kinds})") }
}

fn status(facts: &PostmortemFacts) -> String {
    let no_data = facts.incident.no_data_since.map_or_else(String::new, |at| format!("; no data since {}", instant(Some(at))));
    let hint = if facts.phase() == Phase::Suspected { " (no rule pages for it)" } else { "" };
    format!("{}{hint}{no_data}", facts.phase().name())
}

fn severity(facts: &PostmortemFacts) -> String {
    let Some(peak) = facts.incident.peak_severity else { return "none".into() };
    let since = facts.peak_at.map_or_else(String::new, |at| format!(" since {}", instant(Some(at))));
    let reasons: Vec<String> = facts.peak_reasons.iter().map(|r| text(&r.text)).collect();
    let why = if reasons.is_empty() { format!("reason {UNKNOWN}") } else { reasons.join("; ") };
    format!("{peak}{since}: {why}")
}

fn services(facts: &PostmortemFacts) -> String {
    let told = facts.incident.services.iter().map(|(service, slos)| {
        let names: Vec<String> = slos.iter().map(|s| text(s.as_str())).collect();
        if names.is_empty() { text(service) } else { names.join(", ") }
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { text(&facts.incident.service) } else { told.join("; ") }
}
