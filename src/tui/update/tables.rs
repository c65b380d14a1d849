//! The table behind each screen as CSV, JSON or Markdown: every row of it and not only those in view; times in RFC 3339, UTC; what
//! is unknown is empty (null in JSON), never 0.
//!
//! Deliberately absent: units and separators within numbers. Who wants a table wants to count with it.

use crate::domain::base::{Labels, Money, Ms, Span};
use crate::domain::incident::Incident;
use crate::domain::view::{IncidentView, Past, PastRow, SloRow, Tile, ValuesRow};
use crate::tui::model::heat::HeatKind;
use crate::tui::model::history::began;
use crate::tui::model::list::{burn_over, severity};
use crate::tui::model::{Fetch, Model, Tab};
use crate::words::escape::{csv as quoted, markdown as markdown_of};
use crate::words::{Zone, timeline};

const SLOS: &str = "slo,group,team,severity,state,sli_5m,budget_left,burn_5m,burn_1h,burn_6h,burn_24h";
const INCIDENTS: &str = "incident,severity,service,phase,began,detected,acknowledged,resolved,cost,currency,mitigated,\
                         ttd_seconds,tta_seconds,ttm_seconds,ttr_seconds,budget_spent,root_cause,drill";
const ENTRIES: &str = "incident,at,kind,text,who";
const BURN: &str = "slo,group,from,to,burn,bad,total";
const VALUES: &str = "panel,series,at,value";
const LATENCY: &str = "slo,group,from,to,bucket_seconds,share";

type Rows = Vec<Vec<String>>;

/// Columns that hold numbers; all others are text, also where a name looks like a number.
const NUMBERS: [&str; 18] = [
    "sli_5m",
    "budget_left",
    "burn_5m",
    "burn_1h",
    "burn_6h",
    "burn_24h",
    "cost",
    "ttd_seconds",
    "tta_seconds",
    "ttm_seconds",
    "ttr_seconds",
    "budget_spent",
    "drill",
    "burn",
    "bad",
    "total",
    "value",
    "share",
];

/// What the screen shows; lines are ended as RFC 4180 has them.
pub(super) fn csv(model: &Model) -> String {
    let (head, rows) = table(model);
    let lines = rows.into_iter().map(|cells| cells.iter().map(|c| cell(c)).collect::<Vec<_>>().join(","));
    std::iter::once(head.to_string()).chain(lines).map(|line| line + "\r\n").collect()
}

/// An array with an object for each row.
pub(super) fn json(model: &Model) -> String {
    let (head, rows) = table(model);
    let value = |name: &str, cell: &str| match (NUMBERS.contains(&name), cell) {
        (_, "") => "null".into(),
        // Written as it stands: an amount keeps its digits.
        (true, number) if number.parse::<f64>().is_ok_and(f64::is_finite) || matches!(number, "true" | "false") => number.into(),
        (_, text) => serde_json::Value::from(text).to_string(),
    };
    let object = |cells: Vec<String>| {
        let fields: Vec<String> =
            head.split(',').zip(&cells).map(|(name, c)| format!("\"{name}\": {}", value(name, c))).collect();
        format!("  {{{}}}", fields.join(", "))
    };
    let objects: Vec<String> = rows.into_iter().map(object).collect();
    if objects.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", objects.join(",\n")) }
}

/// A table for a report or an issue.
pub(super) fn markdown(model: &Model) -> String {
    let (head, rows) = table(model);
    let names: Vec<&str> = head.split(',').collect();
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rule = names.iter().map(|name| if NUMBERS.contains(name) { "---:".into() } else { "---".to_owned() }).collect::<Vec<_>>();
    let head = names.iter().map(|name| name.replace('_', " ")).collect::<Vec<_>>();
    let body = rows.into_iter().map(|cells| line(&cells.iter().map(|c| markdown_cell(c)).collect::<Vec<_>>()));
    [line(&head), line(&rule)].into_iter().chain(body).collect()
}

fn table(model: &Model) -> (&'static str, Rows) {
    match model.tab {
        Tab::History => (INCIDENTS, model.history.rows().iter().map(|i| past_cells(model, i)).collect()),
        Tab::Incident => (ENTRIES, model.on_screen().map(entries).unwrap_or_default()),
        Tab::Slo => (BURN, model.slo.burn.past().map(|p| burn(p)).unwrap_or_default()),
        Tab::Heat if model.heat.kind == HeatKind::Latency => {
            (LATENCY, model.heat.latency.past().map(|p| latency(p)).unwrap_or_default())
        }
        Tab::Heat => (BURN, model.heat.burn.past().map(|p| burn(p)).unwrap_or_default()),
        Tab::Board => (VALUES, model.board.tiles.iter().flat_map(|(tile, fetch)| values(tile, fetch)).collect()),
        Tab::Overview | Tab::Replay => {
            let slos = model.shown().map(|s| s.slos.as_slice()).unwrap_or_default();
            (SLOS, model.list.order.iter().filter_map(|i| slos.get(*i)).map(row_cells).collect())
        }
    }
}

/// The last value of each series of a tile.
fn values(tile: &Tile, fetch: &Fetch) -> Rows {
    let Some(values) = fetch.values() else { return Rows::new() };
    let name = tile.title.as_deref().unwrap_or_else(|| tile.kind.name());
    let number = |v: Option<&f64>| v.filter(|v| v.is_finite()).map(|v| v.to_string()).unwrap_or_default();
    let row = |row: &ValuesRow| vec![name.into(), row.labels.to_string(), values.to.rfc3339(), number(row.values.last())];
    values.rows.iter().map(row).collect()
}

/// Names of what a row of the overview says.
pub(super) fn row_names() -> Vec<&'static str> {
    SLOS.split(',').collect()
}

fn entries(view: &IncidentView) -> Rows {
    let mut entries: Vec<_> = view.incident.entries.iter().collect();
    entries.sort_by_key(|e| (e.at, e.seq));
    let row = |e: &&crate::domain::incident::Entry| {
        let text = timeline::sentence(e, Zone::Utc);
        vec![view.incident.id.to_string(), e.at.rfc3339(), timeline::word(&e.fact).into(), text, timeline::actor(e).to_string()]
    };
    entries.iter().map(row).collect()
}

/// Cells of a track by time: name, group, begin and end.
fn cells<'a>(past: &'a Past, row: &'a PastRow) -> impl Iterator<Item = (usize, Vec<String>)> + 'a {
    let head = [row.track.slo.to_string(), group(&row.track.group)];
    (0..row.values.len()).map(move |i| {
        let from = past.from + past.cell * i as i64;
        (i, [&head[..], &[from.rfc3339(), (from + past.cell).rfc3339()]].concat())
    })
}

fn burn(past: &Past) -> Rows {
    let of = |values: &[f32], i: usize| number(values.get(i).copied().map(f64::from));
    let row = |row| {
        cells(past, row).map(move |(i, head)| [head, [&row.values, &row.bad, &row.total].map(|v| of(v, i)).to_vec()].concat())
    };
    past.rows.iter().flat_map(row).collect()
}

fn latency(past: &Past) -> Rows {
    let bound = |row: &PastRow| row.bucket.filter(|b| b.is_finite()).map_or_else(|| "+Inf".into(), |b| b.to_string());
    let share = |row: &PastRow, i: usize| number(row.values.get(i).copied().map(f64::from));
    let row = |row| cells(past, row).map(move |(i, head)| [head, vec![bound(row), share(row, i)]].concat());
    past.rows.iter().flat_map(row).collect()
}

fn group(labels: &Labels) -> String {
    labels.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" ")
}

/// Six figures, which is all that a counted value in 32 bits has, without separators.
fn number(n: Option<f64>) -> String {
    let Some(n) = n.filter(|n| n.is_finite()) else { return String::new() };
    let size = if n == 0.0 { 0.0 } else { n.abs().log10().floor() };
    let text = format!("{n:.*}", (5.0 - size).clamp(0.0, 12.0) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text }
}

/// On one line, with nothing in it that Markdown would take for a sign of its own.
fn markdown_cell(text: &str) -> String {
    let is_plain = text.parse::<f64>().is_ok() || Ms::parse_rfc3339(text).is_some();
    if is_plain { text.into() } else { markdown_of(text) }
}

/// Numbers stay numbers, a minus included; everything else is text.
fn cell(text: &str) -> String {
    if text.parse::<f64>().is_ok() { text.into() } else { quoted(text) }
}

pub(super) fn row_cells(row: &SloRow) -> Vec<String> {
    let verdict = row.verdict.as_deref();
    let burn = |seconds| number(verdict.and_then(|v| burn_over(v, seconds)));
    vec![
        row.slo.id.to_string(),
        group(&row.group),
        row.owner.as_deref().unwrap_or_default().into(),
        severity(row).map_or("", |s| s.name()).into(),
        verdict.map_or("pending", |v| v.state.name()).into(),
        number(verdict.and_then(|v| v.windows.iter().find(|w| w.window.0 == 300_000)?.error_ratio).map(|e| 1.0 - e)),
        number(verdict.and_then(|v| v.budget.remaining)),
        burn(300),
        burn(3_600),
        burn(21_600),
        burn(86_400),
    ]
}

/// An incident of the past; what an open one costs and has spent by now is what the screen tells.
pub(super) fn past_cells(model: &Model, incident: &Incident) -> Vec<String> {
    let at = |at: Option<Ms>| at.map(|at| at.rfc3339()).unwrap_or_default();
    let seconds = |span: Option<Span>| span.map(|s| s.secs_f64().to_string()).unwrap_or_default();
    let milestones = &incident.milestones;
    let recorded = || incident.cost.as_ref().and_then(|sheet| Some((sheet.total?, sheet.currency)));
    let cost = model.history.cost_of(incident).or_else(recorded);
    vec![
        incident.id.to_string(),
        incident.peak_severity.map_or("", |s| s.name()).into(),
        incident.service.to_string(),
        incident.phase.name().into(),
        at(began(incident)),
        at(milestones.detected),
        at(milestones.acknowledged),
        at(milestones.resolved),
        cost.map(|(amount, currency)| Money { amount, currency }.rounded().amount.to_string()).unwrap_or_default(),
        cost.map(|(_, currency)| currency.code().to_owned()).unwrap_or_default(),
        at(milestones.mitigated),
        seconds(incident.time_to_detect().map(|s| s.max(Span::ZERO))),
        seconds(incident.time_to_acknowledge()),
        seconds(incident.time_to_mitigate()),
        seconds(incident.time_to_resolve()),
        model.history.spent_of(incident).map(|share| share.to_string()).unwrap_or_default(),
        incident.root_cause.as_deref().unwrap_or_default().into(),
        incident.drill.to_string(),
    ]
}
