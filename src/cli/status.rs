//! `status`: one evaluation, printed.

use super::look::{self, LookArgs};
use super::{Common, Exit, Format, Out};
use crate::domain::base::{Ms, Span, Text};
use crate::domain::judge::{TrackState, Verdict};
use crate::domain::view::{SloRow, Snapshot};
use crate::words::{self, units};
use clap::Args;
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

/// Arguments of `status`.
#[derive(Clone, Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    look: LookArgs,
    /// Only this service, or this SLO (service/name)
    #[arg(value_name = "SLO")]
    only: Option<String>,
}

/// Runs the verb.
pub async fn run(args: &StatusArgs, common: &Common, out: &mut Out) -> Exit {
    let mut setup = match super::setup(common, out) {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    if let Some(only) = &args.only {
        let slos = &setup.rulebook().slos;
        let known: Vec<Text> = slos.iter().flat_map(|slo| [slo.id.as_str().into(), slo.service.clone()]).collect();
        if !known.iter().any(|name| **name == **only) {
            let what = format!("no SLO or service is named `{}`", words::escape::terminal(only));
            out.error(&what, Some(&near(&known, only)));
            return Exit::Usage;
        }
        setup = setup.only(only);
    }
    let (mut snapshot, reached) = match look::look_with(&setup, &args.look, out).await {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    if let Some(only) = &args.only {
        // What it is made of was read with it, and was not asked for.
        snapshot.slos.retain(|row| row.slo.id.as_str() == only || *row.slo.service == **only);
    }
    match common.format {
        Format::Json => look::print_json(out, &crate::wire::status::status(&snapshot, &words::reason::reason)),
        _ => print(&snapshot, out),
    }
    if reached { Exit::Fine } else { Exit::Unreachable }
}

fn print(snapshot: &Snapshot, out: &mut Out) {
    if let Some(at) = snapshot.at {
        out.line(&format!("at {}  {}", words::Zone::Local.full(at), data_through(snapshot, at)));
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let heads = ["", "SLO", "TARGET", "STATE", "BUDGET LEFT", "5m", "1h", "6h", "24h", "EXHAUSTS"];
    table.set_header(heads);
    for row in &snapshot.slos {
        table.add_row(cells(row));
    }
    for column in table.column_iter_mut().skip(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for line in table.to_string().lines() {
        out.line(line.trim_end());
    }
    for row in &snapshot.slos {
        tell_reasons(row, out);
    }
    let mut told = None;
    for row in snapshot.slos.iter().filter(|row| !row.doubts.is_empty()) {
        // Groups of one SLO share their doubts.
        if told.replace(&row.slo.id) != Some(&row.slo.id) {
            row.doubts.iter().for_each(|doubt| out.line(&format!("?? {}: {}", row.slo.id, words::escape::terminal(doubt))));
        }
    }
}

/// What may have been meant.
fn near(known: &[Text], text: &str) -> String {
    let close = known.iter().max_by(|a, b| strsim::jaro_winkler(a, text).total_cmp(&strsim::jaro_winkler(b, text)));
    close.map_or_else(|| "no SLO is loaded; see `check`".into(), |id| format!("did you mean `{id}`? `status` alone lists all"))
}

fn data_through(snapshot: &Snapshot, at: Ms) -> String {
    match snapshot.data_through {
        Some(through) if through >= at => match snapshot.slos.iter().filter(|row| is_blind(row)).count() {
            0 => "data complete".into(),
            blind => format!("no data for {blind} of {}", words::plural::counted(snapshot.slos.len(), "line", "lines")),
        },
        Some(through) => format!("data only through {}", words::Zone::Local.full(through)),
        None => "no data".into(),
    }
}

fn is_blind(row: &SloRow) -> bool {
    row.verdict.as_ref().is_none_or(|v| matches!(v.state, TrackState::NoData | TrackState::DataError))
}

/// How a row is called: severity, exhausted, blind or fine.
fn mark(verdict: Option<&Verdict>) -> &'static str {
    let Some(verdict) = verdict else { return ".." };
    match (verdict.severity, verdict.state.name()) {
        (Some(severity), _) => severity.name(),
        (None, "no_data" | "data_error") => "??",
        (None, "excluded") => "--",
        _ if verdict.budget.remaining.is_some_and(|r| r <= 0.0) => "EX",
        _ => "ok",
    }
}

fn cells(row: &SloRow) -> Vec<String> {
    let verdict = row.verdict.as_deref();
    let burn = |window: Span| {
        let found = verdict.and_then(|v| v.windows.iter().find(|w| w.window == window));
        found.and_then(|w| w.burn_rate).map_or_else(|| units::UNKNOWN.into(), units::burn)
    };
    let budget = verdict.map(|v| v.budget);
    let exhausts = match budget.map(|b| (b.remaining, b.exhausts_in_seconds)) {
        Some((Some(left), _)) if left <= 0.0 => "exhausted".into(),
        Some((_, Some(seconds))) if seconds > 30.0 * 86_400.0 => ">30d".into(),
        Some((_, Some(seconds))) => words::time::from_secs(seconds).map_or_else(|| "-".into(), words::time::span),
        _ => units::UNKNOWN.into(),
    };
    vec![
        mark(verdict).into(),
        name(row),
        row.slo.target.map_or_else(|| "-".into(), |t| t.to_string()),
        verdict.map_or("unknown", |v| v.state.name()).into(),
        budget.and_then(|b| b.remaining).map_or_else(|| units::UNKNOWN.into(), |r| units::percent(r, 1)),
        burn(Span::from_mins(5)),
        burn(Span::from_hours(1)),
        burn(Span::from_hours(6)),
        burn(Span::from_days(1)),
        exhausts,
    ]
}

/// The row's name with its group.
pub(super) fn name(row: &SloRow) -> String {
    let group = if row.group.is_empty() { String::new() } else { format!(" {}", row.group) };
    words::escape::terminal(&format!("{}{group}", row.slo.id))
}

fn tell_reasons(row: &SloRow, out: &mut Out) {
    let Some(verdict) = row.verdict.as_deref() else { return };
    if let Some(line) = words::Words::default().excluded(&row.slo, verdict.at, words::Zone::Local) {
        out.line(&format!("-- {}: {}", name(row), words::escape::terminal(&line)));
    }
    for reason in &verdict.reasons {
        out.line(&format!("{} {}: {}", reason.severity, name(row), words::reason::reason(&row.slo, reason)));
    }
    for tier in verdict.tiers.iter().filter(|t| t.is_true && !t.firing) {
        if let (Some(rule), Some(held)) = (row.slo.tiers.get(tier.tier), tier.held_back_by) {
            out.line(&format!("   {}: {} {rule} is held back: {}", name(row), rule.severity, words::reason::held(held)));
        }
    }
    for breach in verdict.breaches.iter().filter(|b| !b.firing) {
        if let (Some(rule), Some(held)) = (row.slo.breach.get(breach.rule), breach.held_back_by) {
            let rule_name = words::escape::terminal(&rule.to_string());
            out.line(&format!("   {}: {} {rule_name} is held back: {}", name(row), rule.severity, words::reason::held(held)));
        }
    }
}
