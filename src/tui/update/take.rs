//! Taking things out of the dashboard: to the clipboard, into files; and what else concerns an incident's papers.

use super::tables::{self, past_cells, row_cells, row_names};
use super::{Effect, Written, say, tell};
use crate::domain::objective::Sli;
use crate::domain::view::{IncidentView, SloRow};
use crate::tui::export::{TITLE, cells, grid, plain, svg};
use crate::tui::keys::{Code, Key};
use crate::tui::model::{Model, Mood, Overlay, Sheet, Tab};
use crate::tui::pixels::{advice, few};
use crate::words::escape::terminal;
use crate::words::{Words, Zone, money, time};

/// The most that is handed to a clipboard: terminals drop what is longer.
const CLIPBOARD: usize = 16_000;

/// The incident on its screen as text, else the selected row.
pub(super) fn copy(model: &mut Model) -> Vec<Effect> {
    let (what, text) = match model.tab {
        Tab::Incident => match model.on_screen() {
            Some(view) => (view.incident.id.to_string(), incident_text(model, view)),
            None => return nothing(model),
        },
        Tab::History => match model.history.chosen() {
            Some(i) => {
                (i.id.to_string(), past_cells(model, i).into_iter().filter(|c| !c.is_empty()).collect::<Vec<_>>().join("  "))
            }
            None => return nothing(model),
        },
        Tab::Board => return nothing(model),
        Tab::Overview | Tab::Slo | Tab::Heat | Tab::Replay => {
            let row =
                if model.tab == Tab::Slo { model.slo_row() } else { model.shown().and_then(|s| model.list.selected_row(s)) };
            match row {
                Some(row) => (row.slo.id.to_string(), row_text(model.look.words, row)),
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

fn row_text(w: Words, row: &SloRow) -> String {
    let cells = row_cells(row);
    row_names()
        .iter()
        .map(|n| n.replace('_', " "))
        .zip(cells)
        .filter(|(_, v)| !v.is_empty())
        .map(|(n, v)| format!("{} {v}", w.known(&n)))
        .collect::<Vec<_>>()
        .join("  ")
}

/// The facts and the timeline, newest first, in UTC: what is pasted into a chat must not depend on whose clock it was.
fn incident_text(model: &Model, view: &IncidentView) -> String {
    let (incident, w) = (&view.incident, model.look.words);
    let zone = Zone::Utc;
    let mut lines = vec![format!("{} {} {}", incident.id, incident.severity.map_or("", |s| s.name()), incident.service)];
    if let Some(since) = Model::since(view) {
        let (at, open) = (zone.full(since), time::span(model.wall().since(since)));
        lines.push(w.fill("since {} ({}), {}", &[&at, &open, &w.phase(incident.phase)]));
    }
    if let Some(cost) = view.cost.as_ref().and_then(|c| c.so_far) {
        lines.push(w.fill("cost so far {}", &[&money::exact(cost)]));
    }
    lines.extend(view.runbook.iter().map(|r| w.fill("runbook {}", &[r])));
    let mut entries: Vec<_> = incident.entries.iter().collect();
    entries.sort_by(|a, b| b.at.cmp(&a.at).then(b.seq.cmp(&a.seq)));
    lines.extend(entries.iter().map(|e| format!("{}  {}", zone.full(e.at), w.sentence(e, zone))));
    lines.iter().map(|line| terminal(line)).collect::<Vec<_>>().join("\n")
}

pub(super) fn export_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let make: fn(String, &Model) -> Effect = match key.code {
        Code::Esc | Code::Char('q' | 'e') => {
            model.overlay = None;
            return Vec::new();
        }
        Code::Char('p') => |stem, m| Effect::Draw { stem, grid: grid(&cells(m), m.look.theme, TITLE) },
        Code::Char('s') => |stem, m| Effect::Save { stem, ending: "svg", text: svg(&cells(m), m.look.theme, TITLE) },
        Code::Char('t') => |stem, m| Effect::Save { stem, ending: "txt", text: plain(&cells(m)) },
        Code::Char('c') => |stem, m| Effect::Save { stem, ending: "csv", text: tables::csv(m) },
        Code::Char('j') => |stem, m| Effect::Save { stem, ending: "json", text: tables::json(m) },
        Code::Char('m') => |stem, m| Effect::Save { stem, ending: "md", text: tables::markdown(m) },
        _ => return Vec::new(),
    };
    // What is written is the screen behind this dialog.
    model.overlay = None;
    model.toast = None;
    let at: String = Zone::Utc.full(model.wall()).chars().filter(|c| c.is_ascii_digit()).take(14).collect();
    let tab = format!("{:?}", model.tab).to_lowercase();
    vec![make(format!("burnledger-{tab}-{at}"), model)]
}

/// The name of the file, or why there is none.
pub(super) fn saved(model: &mut Model, result: Result<Written, String>) {
    match result {
        Ok(Written { name, lacking }) if lacking.is_empty() => {
            let text = model.look.words.fill("written: {}", &[&name]);
            tell(model, Mood::Done, text);
        }
        Ok(Written { name, lacking }) => {
            let (some, advice) = (terminal(&few(&lacking)), advice(&lacking));
            let text = model.look.words.fill("written: {}, but no font here has {} (Debian: {})", &[&name, &some, &advice]);
            tell(model, Mood::Told, text);
        }
        Err(why) => {
            let text =
                model.look.words.fill("nothing was written: {}", &[&model.look.words.retold(model.look.words.known(&why))]);
            tell(model, Mood::Failed, text);
        }
    }
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
    let past = model.history.chosen().filter(|_| model.tab == Tab::History).map(|i| i.id);
    let Some(id) = past.or_else(|| model.target().map(|v| v.incident.id)) else {
        say(model, Mood::Told, "there is no incident to write about");
        return Vec::new();
    };
    let order = format!("burnledger report {id} --out {id}.md");
    let text = model.look.words.fill("copied: {}", &[&order]);
    tell(model, Mood::Told, text);
    vec![Effect::Copy(order)]
}

/// What is asked of the source for the SLO on the screen, shown and copied.
pub(super) fn promql(model: &mut Model) -> Vec<Effect> {
    let Some(row) = model.slo_row() else { return nothing(model) };
    let text: Vec<String> = expressions(&row.slo.sli).into_iter().map(|(_, expr)| terminal(&expr)).collect();
    model.overlay = Some(Overlay::Sheet { sheet: Sheet::Promql, scroll: 0 });
    if text.is_empty() { Vec::new() } else { vec![Effect::Copy(short(text.join("\n")))] }
}

/// The expressions of an indicator as its file has them, each with what it counts.
pub fn expressions(sli: &Sli) -> Vec<(&'static str, String)> {
    match sli {
        Sli::Events { bad, good, total } => {
            let parts = [("bad", bad.as_ref()), ("good", good.as_ref()), ("total", Some(total))];
            parts.into_iter().filter_map(|(name, expr)| Some((name, expr?.to_string()))).collect()
        }
        Sli::Latency { histogram, .. } => vec![("histogram", histogram.to_string())],
        Sli::Occurrences { count, .. } => vec![("occurrences", count.to_string())],
        Sli::Threshold { value, .. } => vec![("value", value.to_string())],
        Sli::Ratio { errors, total } => vec![("bad", errors.to_string()), ("total", total.to_string())],
        Sli::Composite(_) => Vec::new(),
    }
}
