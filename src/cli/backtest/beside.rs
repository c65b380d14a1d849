//! What people read beside a backtest: other rules compared with today's, and how well rules found what was labelled.

use super::text::{section, show, table};
use crate::cli::Out;
use crate::domain::base::{Ms, Severity, Span};
use crate::domain::incident::Incident;
use crate::domain::review::labels::median;
use crate::domain::review::{Comparison, Score, Scored, TrackChange, TrackSide};
use crate::words::units::{self, UNKNOWN};
use crate::words::{Zone, escape, plural, time};
use comfy_table::CellAlignment;
use std::sync::Arc;

/// Most rows of a comparison; unchanged ones are left out first.
const MOST_ROWS: usize = 200;

/// Other rules: `before -> after`, track by track, and the incidents that only one of them has.
pub(super) fn change(title: &str, compared: &Comparison, zone: Zone, out: &mut Out) {
    out.line("");
    out.line(&escape::terminal(title));
    let mut table = table(&["SLO", "TARGET", "BUDGET LEFT", "P0", "P1", "P2", "HELD BACK"]);
    let all = compared.tracks.len();
    let rows: Vec<&TrackChange> = compared.tracks.iter().filter(|t| all <= MOST_ROWS || !t.is_same()).collect();
    for track in rows.iter().take(MOST_ROWS) {
        table.add_row(row(track));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    show(&table, out);
    if rows.len() < all {
        out.line(&format!("... and {} without a change", all - rows.len()));
    }
    let only = |list: &[Arc<Incident>]| list.iter().map(|i| (detected(i), incident(i, zone))).collect::<Vec<_>>();
    let heads = ["SEV", "SERVICE", "IMPACT", "DETECTED", "BAD EVENTS"];
    section("Would page beside today's", &heads, only(&compared.gained), out);
    section("Would page no more", &heads, only(&compared.lost), out);
    out.line(&outcome(compared));
}

/// The change in one sentence.
pub(in crate::cli) fn outcome(compared: &Comparison) -> String {
    let (before, after) = compared.pages;
    let more = match after.cmp(&before) {
        std::cmp::Ordering::Greater => format!("{} more", after - before),
        std::cmp::Ordering::Less => format!("{} fewer", before - after),
        std::cmp::Ordering::Equal => "as many".into(),
    };
    let tickets = format!("{} -> {}", compared.tickets.0, compared.tickets.1);
    let incidents = plural::counted(after, "incident", "incidents");
    format!("Would page for {incidents} instead of {before} ({more}); tickets {tickets}.")
}

fn detected(i: &Incident) -> Ms {
    i.milestones.detected.unwrap_or_default()
}

fn incident(i: &Incident, zone: Zone) -> Vec<String> {
    let shown = |at: Option<Ms>| at.map_or_else(|| UNKNOWN.into(), |at| zone.full(at));
    vec![
        i.peak_severity.map_or(UNKNOWN, Severity::name).into(),
        escape::terminal(&i.service),
        shown(i.milestones.impact_start),
        shown(i.milestones.detected),
        i.impact.as_ref().map_or_else(|| UNKNOWN.into(), |impact| units::count(impact.bad)),
    ]
}

fn row(track: &TrackChange) -> Vec<String> {
    let group = if track.group.is_empty() { String::new() } else { format!(" {}", track.group) };
    let both = |tell: &dyn Fn(&TrackSide) -> String| {
        let [before, after] = [&track.before, &track.after].map(|side| side.as_ref().map_or_else(|| UNKNOWN.into(), tell));
        if before == after { before } else { format!("{before} -> {after}") }
    };
    vec![
        escape::terminal(&format!("{}{group}", track.slo)),
        both(&|side| side.target.map_or_else(|| UNKNOWN.into(), |t| t.to_string())),
        both(&|side| side.remaining.map_or_else(|| UNKNOWN.into(), |r| units::percent(r, 1))),
        both(&|side| side.firings[0].to_string()),
        both(&|side| side.firings[1].to_string()),
        both(&|side| side.firings[2].to_string()),
        both(&|side| side.held_back.to_string()),
    ]
}

/// Precision and recall, rule by rule.
pub(super) fn labels(scored: &Scored, out: &mut Out) {
    out.line("");
    let labelled = plural::counted(scored.labels, "labelled incident", "labelled incidents");
    out.line(&format!("Against {labelled}"));
    let heads = ["SEV", "RULE", "FIRED", "RIGHT", "PRECISION", "FOUND", "RECALL", "DETECTED AFTER", "LET GO AFTER"];
    let mut table = table(&heads);
    for score in &scored.scores {
        table.add_row(score_row(score));
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    show(&table, out);
    out.line("right: meets a label within 15 minutes; times are medians from the label's start and end");
    if scored.left_out > 0 {
        out.say(&format!(
            "note: {} begin outside the stretch and do not count",
            plural::counted(scored.left_out, "label", "labels")
        ));
    }
    for name in &scored.unknown {
        out.say(&format!("note: no SLO and no service is `{}`; its labels can be found by no rule", escape::terminal(name)));
    }
}

fn score_row(score: &Score) -> Vec<String> {
    let share = |share: Option<f64>| share.map_or_else(|| UNKNOWN.into(), |s| units::percent(s, 0));
    let after =
        |list: &[Span]| median(list).map_or_else(|| UNKNOWN.into(), |span| format!("{} (n={})", time::span(span), list.len()));
    vec![
        score.severity.map_or("page", Severity::name).into(),
        score.rule.as_ref().map_or_else(|| "incidents of P0 and P1".into(), |rule| escape::terminal(rule)),
        score.fired.to_string(),
        score.right.to_string(),
        share(score.precision()),
        format!("{} of {}", score.found, score.labels),
        share(score.recall()),
        after(&score.detection),
        after(&score.reset),
    ]
}
