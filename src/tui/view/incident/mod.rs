//! The incident: its facts with the cost ticking, its cost lines, timeline, signals, and what comes next.

mod facts;
mod panels;

use super::banners;
use super::pen::{Pen, piece};
use crate::domain::incident::Phase;
use crate::domain::view::IncidentView;
use crate::tui::model::{Model, Panel};
use crate::tui::theme::Role;
use crate::words::width;
use panels::Line;

/// A panel with its rows, the rule included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    panel: Panel,
    rows: usize,
}

/// The order in which panels stand.
const STAND: [Panel; 4] = [Panel::Cost, Panel::Timeline, Panel::Signals, Panel::Next];
/// The order in which they get room: what each gets at first, without its rule.
const FIRST: [(Panel, usize); 4] = [(Panel::Timeline, 4), (Panel::Cost, 4), (Panel::Signals, 4), (Panel::Next, 3)];

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let Some(view) = model.on_screen() else { return none(model, pen) };
    title(model, view, pen);
    let facts = facts::rows(pen.width(), pen.height());
    facts::draw(model, view, &mut pen.part(0, 1, usize::MAX, facts));
    let mut y = 1 + facts;
    let height = pen.height().saturating_sub(y);
    let lines = panels::all(model, view, pen.width(), height);
    for share in shares(model, &lines, height) {
        let of = &lines[place(share.panel)];
        panel(model, share.panel, of, &mut pen.part(0, y, usize::MAX, share.rows));
        y += share.rows;
    }
}

fn place(panel: Panel) -> usize {
    Panel::ALL.iter().position(|p| *p == panel).unwrap_or(0)
}

/// No incident: say so, and what the ledger knows.
fn none(model: &Model, pen: &mut Pen<'_>) {
    let w = model.look.words;
    pen.rule(0, &[piece(w.say("INCIDENT"), Role::Title)], w.say("Esc back"));
    let held = model.shown().map_or(0, |s| s.incident_count);
    let text = match model.shown() {
        None => "Nothing is known yet.",
        Some(snapshot) if snapshot.at.is_none() => "No open incident is known; nothing has been evaluated yet.",
        Some(_) => "No open incident.",
    };
    pen.put(2, 2, w.say(text), Role::Strong);
    if held > 0 {
        let held = w.counted(held, "incident", "incidents");
        let text = w.fill("The ledger holds {}; 3 shows them.", &[&held]);
        pen.put(2, 3, &text, Role::Faint);
    }
}

fn title(model: &Model, view: &IncidentView, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let (tag, role) = banners::tag(view.incident.severity);
    let mut title = vec![piece(tag, role), piece(format!(" {}", banners::name(w, view)), Role::Title), piece("  ", Role::Text)];
    title.push(piece(w.phase(view.incident.phase).to_uppercase(), Role::Strong));
    if matches!(view.incident.phase, Phase::Open | Phase::Acknowledged) {
        let (who, role) = banners::holder(w, view);
        title.push(piece(", ", Role::Text));
        title.push(piece(who, role));
    }
    if let Some(since) = view.incident.no_data_since {
        title.push(piece(w.fill("  NO DATA since {}", &[&model.look.zone.clock(since)]), Role::Problem));
    }
    if let Some(held) = banners::held_back(view, model.wall()) {
        let until = held.until.map(|until| model.look.zone.near(until, model.wall()));
        let until = until.map(|until| w.fill(" until {}", &[&until])).unwrap_or_default();
        title.push(piece(w.fill("  PAGES HELD BACK by {}{}", &[&w.retold(&held.by), &until]), Role::Problem));
    }
    // A long name gives way to what is going on.
    let others: usize = title.iter().enumerate().filter(|(i, _)| *i != 1).map(|(_, (text, _))| width::columns(text)).sum();
    let room = pen.width().saturating_sub(others + 4).max(12);
    title[1].0 = width::cut(&title[1].0, room, pen.look.glyphs.ellipsis);
    pen.rule(0, &title, &which(model, view));
}

/// Its place among the incidents that can be leafed through.
fn which(model: &Model, view: &IncidentView) -> String {
    let Some(snapshot) = model.shown() else { return String::new() };
    let at = snapshot.incidents.iter().position(|v| v.incident.id == view.incident.id).unwrap_or(0);
    match snapshot.incidents.len() {
        0 | 1 => model.look.words.say("Esc back").into(),
        n => model.look.words.fill("{} of {}, h/l   Esc back", &[&(at + 1), &n]),
    }
}

/// Shares the rows: first a little for each, then what the panel with the keys wants, then the timeline, then the others.
fn shares(model: &Model, lines: &[Vec<Line>; 4], height: usize) -> Vec<Share> {
    let focus = model.incident.panel;
    let mut order: Vec<(Panel, usize)> = FIRST.to_vec();
    order.sort_by_key(|(p, _)| *p != focus);
    let mut left = height;
    let mut got = [0_usize; 4];
    for (panel, first) in &order {
        let wanted = 1 + lines[place(*panel)].len().min(*first);
        if left >= wanted.min(3) {
            got[place(*panel)] = wanted.min(left);
            left -= wanted.min(left);
        }
    }
    for (panel, _) in &order {
        let wanted = 1 + lines[place(*panel)].len();
        if got[place(*panel)] > 0 {
            let more = wanted.saturating_sub(got[place(*panel)]).min(left);
            got[place(*panel)] += more;
            left -= more;
        }
    }
    STAND.iter().map(|p| Share { panel: *p, rows: got[place(*p)] }).filter(|s| s.rows > 1).collect()
}

fn panel(model: &Model, panel: Panel, lines: &[Line], pen: &mut Pen<'_>) {
    let focused = model.incident.panel == panel;
    let rows = pen.height().saturating_sub(1);
    let most = lines.len().saturating_sub(rows);
    let top = if focused { model.incident.scroll.min(most) } else { 0 };
    let w = model.look.words;
    let mut title = vec![piece(w.say(panels::title(panel)), if focused { Role::Active } else { Role::Title })];
    if most > 0 {
        let keys = if focused { " j/k" } else { "" };
        title.push(piece(w.fill("  {}-{} of {}{}", &[&(top + 1), &(top + rows), &lines.len(), &keys]), Role::Faint));
    }
    let remark = panels::remark(model, panel, pen.width());
    pen.rule(0, &title, &remark);
    for (y, line) in lines.iter().skip(top).take(rows).enumerate() {
        panels::draw_line(line, y + 1, pen);
    }
}

/// Rows of the panel that has the keys, for the keys that scroll it.
pub(super) fn focused_rows(model: &Model, columns: usize, height: usize) -> usize {
    let Some(view) = model.on_screen() else { return 0 };
    let height = height.saturating_sub(1 + facts::rows(columns, height));
    let lines = panels::all(model, view, columns, height);
    let shares = shares(model, &lines, height);
    shares.iter().find(|s| s.panel == model.incident.panel).map_or(0, |s| s.rows - 1)
}

/// Lines of the panel that has the keys.
pub(super) fn focused_lines(model: &Model, columns: usize, height: usize) -> usize {
    let height = height.saturating_sub(1 + facts::rows(columns, height));
    model.on_screen().map_or(0, |view| panels::all(model, view, columns, height)[place(model.incident.panel)].len())
}
