//! Taking things out of the dashboard: to the clipboard, into files; and what else concerns an incident's papers.

use super::{Effect, say, tell};
use crate::domain::view::{IncidentView, SloRow};
use crate::tui::export::{cells, plain, svg};
use crate::tui::keys::{Code, Key};
use crate::tui::model::history::began;
use crate::tui::model::list::{burn_over, severity};
use crate::tui::model::{Model, Mood, Overlay, Sheet, Tab};
use crate::words::escape::{csv, terminal};
use crate::words::{Zone, money, time, timeline, units};

/// The most that is handed to a clipboard: terminals drop what is longer.
const CLIPBOARD: usize = 16_000;

/// The incident on its screen as text, else the selected row.
pub(super) fn copy(model: &mut Model) -> Vec<Effect> {
    let (what, text) = match model.tab {
        Tab::Incident => match model.on_screen() {
            Some(view) => (view.incident.id.to_string(), incident_text(model, view)),
            None => return nothing(model),
        },
        Tab::History => {
            let rows = model.history.rows(model.wall());
            let chosen = rows.iter().find(|i| Some(i.id) == model.history.selected).or(rows.first());
            match chosen {
                Some(i) => (i.id.to_string(), past_cells(i).join("  ")),
                None => return nothing(model),
            }
        }
        Tab::Overview | Tab::Slo | Tab::Heat | Tab::Replay => {
            let row =
                if model.tab == Tab::Slo { model.slo_row() } else { model.shown().and_then(|s| model.list.selected_row(s)) };
            match row {
                Some(row) => (row.slo.id.to_string(), row_text(row)),
                None => return nothing(model),
            }
        }
    };
    let told = model.look.words.fill("copied {} (if this terminal takes OSC 52)", &[&what]);
    tell(model, Mood::Done, told);
    vec![Effect::Copy(short(text))]
}

fn nothing(model: &mut Model) -> Vec<Effect> {
    say(model, Mood::Told, "nothing is selected to copy");
    Vec::new()
}

fn short(mut text: String) -> String {
    let mut end = text.len().min(CLIPBOARD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

fn row_text(row: &SloRow) -> String {
    let names =
        ["slo", "group", "team", "severity", "state", "sli 5m", "budget left", "burn 5m", "burn 1h", "burn 6h", "burn 24h"];
    let cells = row_cells(row);
    names.iter().zip(cells).filter(|(_, v)| !v.is_empty()).map(|(n, v)| format!("{n} {v}")).collect::<Vec<_>>().join("  ")
}

/// The facts and the timeline, newest first, in UTC: what is pasted into a chat must not depend on whose clock it was.
fn incident_text(model: &Model, view: &IncidentView) -> String {
    let incident = &view.incident;
    let zone = Zone::Utc;
    let mut lines = vec![format!("{} {} {}", incident.id, incident.severity.map_or("", |s| s.name()), incident.service)];
    if let Some(since) = Model::since(view) {
        lines.push(format!("since {} ({}), {}", zone.full(since), time::span(model.wall().since(since)), incident.phase.name()));
    }
    if let Some(cost) = view.cost.as_ref().and_then(|c| c.so_far) {
        lines.push(format!("cost so far {}", money::exact(cost)));
    }
    lines.extend(view.runbook.iter().map(|r| format!("runbook {r}")));
    let mut entries: Vec<_> = incident.entries.iter().collect();
    entries.sort_by(|a, b| b.at.cmp(&a.at).then(b.seq.cmp(&a.seq)));
    lines.extend(entries.iter().map(|e| format!("{}  {}", zone.full(e.at), timeline::sentence(e, zone))));
    lines.iter().map(|line| terminal(line)).collect::<Vec<_>>().join("\n")
}

pub(super) fn export_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let (ending, text): (&'static str, fn(&Model) -> String) = match key.code {
        Code::Esc | Code::Char('q' | 'e') => {
            model.overlay = None;
            return Vec::new();
        }
        Code::Char('s') => ("svg", |m| svg(&cells(m), m.look.theme, "burnledger's dashboard")),
        Code::Char('t') => ("txt", |m| plain(&cells(m))),
        Code::Char('c') => ("csv", table),
        _ => return Vec::new(),
    };
    // What is written is the screen behind this dialog.
    model.overlay = None;
    model.toast = None;
    let at: String = Zone::Utc.full(model.wall()).chars().filter(|c| c.is_ascii_digit()).take(14).collect();
    let tab = format!("{:?}", model.tab).to_lowercase();
    vec![Effect::Save { stem: format!("burnledger-{tab}-{at}"), ending, text: text(model) }]
}

/// The name of the file, or why there is none.
pub(super) fn saved(model: &mut Model, result: Result<String, String>) {
    match result {
        Ok(name) => {
            let text = model.look.words.fill("written: {}", &[&name]);
            tell(model, Mood::Done, text);
        }
        Err(why) => {
            let text = model.look.words.fill("nothing was written: {}", &[&why]);
            tell(model, Mood::Failed, text);
        }
    }
}

/// The table behind the screen, every row of it and not only those in view; lines ended as RFC 4180 has them.
fn table(model: &Model) -> String {
    let (head, rows): (&str, Vec<Vec<String>>) = if model.tab == Tab::History {
        let rows = model.history.rows(model.wall()).into_iter().map(|i| past_cells(i)).collect();
        ("incident,severity,service,phase,began,detected,acknowledged,resolved,cost", rows)
    } else {
        let slos = model.shown().map(|s| s.slos.as_slice()).unwrap_or_default();
        let rows = model.list.order.iter().filter_map(|i| slos.get(*i)).map(row_cells).collect();
        ("slo,group,team,severity,state,sli_5m,budget_left,burn_5m,burn_1h,burn_6h,burn_24h", rows)
    };
    let lines = rows.into_iter().map(|cells| cells.iter().map(|c| cell(c)).collect::<Vec<_>>().join(","));
    std::iter::once(head.to_string()).chain(lines).map(|line| line + "\r\n").collect()
}

/// Numbers stay numbers, a minus included; everything else is text.
fn cell(text: &str) -> String {
    if text.parse::<f64>().is_ok() { text.into() } else { csv(text) }
}

fn row_cells(row: &SloRow) -> Vec<String> {
    let group: Vec<String> = row.group.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let verdict = row.verdict.as_deref();
    let number = |n: Option<f64>| n.filter(|n| n.is_finite()).map(units::number).unwrap_or_default();
    let burn = |seconds| number(verdict.and_then(|v| burn_over(v, seconds)));
    vec![
        row.slo.id.to_string(),
        group.join(" "),
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

fn past_cells(incident: &crate::domain::incident::Incident) -> Vec<String> {
    let at = |at: Option<crate::domain::base::Ms>| at.map(|at| at.rfc3339()).unwrap_or_default();
    let milestones = &incident.milestones;
    let cost = incident.cost.as_ref().and_then(|s| Some(format!("{} {}", s.total?, s.currency.code())));
    vec![
        incident.id.to_string(),
        incident.peak_severity.map_or("", |s| s.name()).into(),
        incident.service.to_string(),
        incident.phase.name().into(),
        at(began(incident)),
        at(milestones.detected),
        at(milestones.acknowledged),
        at(milestones.resolved),
        cost.unwrap_or_default(),
    ]
}

pub(super) fn open_cost(model: &mut Model) {
    match model.target().map(|v| v.incident.id) {
        Some(id) => model.overlay = Some(Overlay::Sheet { sheet: Sheet::Cost(id), scroll: 0 }),
        None => say(model, Mood::Told, "there is no incident whose cost could be shown"),
    }
}

pub(super) fn runbook(model: &mut Model) -> Vec<Effect> {
    let Some(view) = model.target() else {
        say(model, Mood::Told, "there is no incident with a runbook");
        return Vec::new();
    };
    let Some(runbook) = view.runbook.clone() else {
        let text = model.look.words.fill("{} has no runbook; `runbook:` of an SLO names one", &[&view.incident.id]);
        tell(model, Mood::Told, text);
        return Vec::new();
    };
    let text = model.look.words.fill("runbook (copied): {}", &[&runbook]);
    tell(model, Mood::Told, text);
    vec![Effect::Copy(short(terminal(&runbook)))]
}

/// The report is made by its own verb, which keeps what people wrote into it.
pub(super) fn postmortem(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.target().map(|v| v.incident.id) else {
        say(model, Mood::Told, "there is no incident to write about");
        return Vec::new();
    };
    let order = format!("burnledger report {id} --out {id}.md");
    let text = model.look.words.fill("copied: {}", &[&order]);
    tell(model, Mood::Told, text);
    vec![Effect::Copy(order)]
}
