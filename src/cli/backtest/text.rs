//! What people read of a backtest.

use crate::cli::Out;
use crate::domain::base::{Money, Ms, Severity, Span};
use crate::domain::incident::Incident;
use crate::domain::review::{Backtest, TrackPast};
use crate::words::units::{self, UNKNOWN};
use crate::words::{self, Zone, escape, plural, time};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// Rows of one table; a rule that flaps for a month has thousands.
const MOST_ROWS: usize = 200;

/// Prints the past: budgets, what fired, what was held back, incidents, and how often the pager would have rung.
pub(super) fn print(past: &Backtest, zone: Zone, out: &mut Out) {
    let span = time::span(past.to.since(past.from));
    out.line(&format!("{} to {} ({span}), every {}", zone.full(past.from), zone.full(past.to), past.step));
    out.line(&format!("history from {}; budgets as of the end", zone.full(past.warmup_from)));
    out.line("");
    summary(past, out);
    let firings = past.tracks.iter().flat_map(|t| t.firings.iter().map(move |f| (f.from, firing(past, t, f, zone))));
    let heads = ["SEV", "SLO", "RULE", "FROM", "LASTED", "BUDGET SPENT BEFORE"];
    section("Fired", &heads, firings.collect(), out);
    let held = past.tracks.iter().flat_map(|t| t.held_back.iter().map(move |h| (h.from, held_back(past, t, h, zone))));
    let heads = ["SEV", "SLO", "RULE", "FROM", "LASTED", "HELD BACK BY"];
    section("True, but held back", &heads, held.collect(), out);
    let heads = ["ID", "SEV", "SERVICE", "IMPACT", "DETECTED", "MITIGATED", "RESOLVED", "BAD EVENTS", "COST"];
    let incidents = past.incidents.iter().map(|i| (i.milestones.detected.unwrap_or(past.from), incident(i, zone)));
    section("Incidents", &heads, incidents.collect(), out);
    out.line("");
    out.line(&verdict(past));
}

/// What people want to know first and remember: how often the pager would have rung.
fn verdict(past: &Backtest) -> String {
    if past.tracks.iter().all(|t| t.coverage <= 0.0) {
        return "There are no data, so nothing can be said of pages.".into();
    }
    let [p0, p1, p2] = [Severity::P0, Severity::P1, Severity::P2].map(|severity| past.count(severity));
    let pages = plural::counted(p0 + p1, "incident", "incidents");
    let tickets = plural::counted(p2, "incident", "incidents");
    format!("Would have paged for {pages} (P0 {p0}, P1 {p1}) and made a ticket of {tickets} (P2 {p2}).")
}

fn summary(past: &Backtest, out: &mut Out) {
    let mut table = table(&["SLO", "TARGET", "BUDGET LEFT", "BAD", "TOTAL", "P0", "P1", "P2", "HELD BACK", "DATA"]);
    for track in &past.tracks {
        let fired = |severity| track.firings.iter().filter(|f| f.severity == severity).count().to_string();
        table.add_row(vec![
            name(track),
            track.slo.target.map_or_else(|| "-".into(), |t| t.to_string()),
            track.budget.remaining.map_or_else(|| UNKNOWN.into(), |r| units::percent(r, 1)),
            units::count(track.budget.bad),
            track.budget.total.map_or_else(|| UNKNOWN.into(), units::count),
            fired(Severity::P0),
            fired(Severity::P1),
            fired(Severity::P2),
            track.held_back.len().to_string(),
            units::percent(track.coverage, 1),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    show(&table, out);
}

fn firing(past: &Backtest, track: &TrackPast, f: &crate::domain::review::Firing, zone: Zone) -> Vec<String> {
    let consumed = f.consumed_at_start.map_or_else(|| UNKNOWN.into(), |share| units::percent(share, 1));
    rule_row(past, track, f.severity, &words::rule(&track.slo, f.rule), (f.from, f.to), consumed, zone)
}

fn held_back(past: &Backtest, track: &TrackPast, h: &crate::domain::review::Withheld, zone: Zone) -> Vec<String> {
    rule_row(past, track, h.severity, &words::rule(&track.slo, h.rule), (h.from, h.to), h.by.code().into(), zone)
}

fn rule_row(
    past: &Backtest,
    track: &TrackPast,
    severity: Severity,
    rule: &str,
    (from, to): (Ms, Option<Ms>),
    last: String,
    zone: Zone,
) -> Vec<String> {
    let lasted = to.map_or_else(|| format!("{}, still", lasted(past.to.since(from))), |to| lasted(to.since(from)));
    vec![severity.name().into(), name(track), escape::terminal(rule), zone.full(from), lasted, last]
}

fn lasted(span: Span) -> String {
    time::span(span)
}

fn incident(i: &Incident, zone: Zone) -> Vec<String> {
    let m = i.milestones;
    let after = |at: Option<Ms>| match (at, m.impact_start) {
        (Some(at), Some(start)) => format!("+{}", time::span(at.since(start))),
        _ => UNKNOWN.into(),
    };
    let bad = i.impact.as_ref().map(|impact| match impact.total.filter(|total| *total > 0.0) {
        Some(total) => format!("{} of {}", units::count(impact.bad), units::count(total)),
        None => units::count(impact.bad),
    });
    let cost = i.cost.as_ref().and_then(|sheet| {
        let amount = words::money::exact(Money::new(sheet.total?, sheet.currency));
        Some(if sheet.complete { amount } else { format!("at least {amount}") })
    });
    vec![
        i.id.to_string(),
        i.peak_severity.map_or(UNKNOWN, Severity::name).into(),
        escape::terminal(&i.service),
        m.impact_start.map_or_else(|| UNKNOWN.into(), |at| zone.full(at)),
        after(m.detected),
        after(m.mitigated),
        if m.resolved.is_some() { after(m.resolved) } else { i.phase.name().into() },
        bad.unwrap_or_else(|| UNKNOWN.into()),
        cost.unwrap_or_else(|| UNKNOWN.into()),
    ]
}

fn name(track: &TrackPast) -> String {
    let group = if track.group.is_empty() { String::new() } else { format!(" {}", track.group) };
    escape::terminal(&format!("{}{group}", track.slo.id))
}

/// A table with a title, by time; nothing when it has no row.
pub(super) fn section(title: &str, heads: &[&str], mut rows: Vec<(Ms, Vec<String>)>, out: &mut Out) {
    if rows.is_empty() {
        return;
    }
    rows.sort_by_key(|(at, _)| *at);
    out.line("");
    out.line(title);
    let mut table = table(heads);
    let more = rows.len().saturating_sub(MOST_ROWS);
    for (_, row) in rows.into_iter().take(MOST_ROWS) {
        table.add_row(row);
    }
    show(&table, out);
    if more > 0 {
        out.line(&format!("... and {more} more; `--format json` has all"));
    }
}

/// A table without lines.
pub(in crate::cli) fn table(heads: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(heads);
    table
}

/// Prints a table.
pub(in crate::cli) fn show(table: &Table, out: &mut Out) {
    for line in table.to_string().lines() {
        out.line(line.trim_end());
    }
}
