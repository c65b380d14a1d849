//! A screen of one's own: its tiles in their places, each with a title and a body of its kind.
//!
//! What a tile cannot show it says: a query that failed with its reason beside the last good values, an expression without a
//! series, several series where one was meant. Deliberately absent: asking (see `update`).

mod series;

use super::banners::tag;
use super::burn_chart;
use super::columns::tag_of;
use super::detail::{budget_left, budget_words, exhaust_words};
use super::layout;
use super::pen::{Pen, piece};
use super::plot::{self, Axes, Curve, Mark};
use crate::chart::Scale;
use crate::domain::base::{ProblemLevel, SloId, Span};
use crate::domain::view::{Dashboard, SloRow, Tile, TileKind};
use crate::tui::model::{Fetch, Model};
use crate::tui::theme::Role;
use crate::words::width::{columns, wrap};
use crate::words::{escape, time, units};

/// Columns of a screen's first row that are neither its title nor its remarks.
const AROUND: usize = 10;

/// Where a tile stands, in columns and rows of the screen's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// First column.
    pub x: usize,
    /// First row.
    pub y: usize,
    /// Columns.
    pub width: usize,
    /// Rows, its title included; 0 where there is no room for it.
    pub height: usize,
}

/// The places of all tiles on a body of so many columns and rows that begins with row `top`, in the order of the tiles. Rows
/// that find no room have none.
pub fn places(dashboard: &Dashboard, top: usize, columns: usize, rows: usize) -> Vec<Place> {
    let (mut out, mut y) = (Vec::new(), 0);
    for (row, height) in dashboard.rows.iter().zip(dashboard.heights(top, rows)) {
        let mut x = 0;
        for width in row.widths(columns) {
            out.push(Place { x, y, width, height });
            x += width + crate::domain::view::dashboard::GAP;
        }
        y += height;
    }
    out
}

/// Rows above the tiles: one that names the screen, and one for what is wrong with the files.
pub(super) fn above(model: &Model) -> usize {
    1 + usize::from(wrong(model).is_some())
}

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let Some(dashboard) = model.board.shown() else { return none(model, pen) };
    let title = [piece(dashboard.title.to_string(), Role::Title), piece(stretch(model), Role::Faint)];
    let mut remarks = place(model, dashboard);
    let named: usize = title.iter().map(|(text, _)| columns(text)).sum();
    while remarks.len() > 1 && named + columns(&remarks.join("   ")) + AROUND > pen.width() {
        remarks.pop();
    }
    pen.rule(0, &title, &remarks.join("   "));
    if let Some(text) = wrong(model) {
        pen.put(1, 1, "! ", Role::Problem);
        pen.put_cut(3, 1, pen.width().saturating_sub(4), &text, Role::Text);
    }
    if model.is_replaying() {
        pen.put(2, 3, w.say("a dashboard shows the present; leave the replay with Esc on screen 5"), Role::Text);
        return;
    }
    let mut body = pen.part(0, above(model), usize::MAX, usize::MAX);
    let places = places(dashboard, top(model), body.width(), body.height());
    for ((tile, fetch), place) in model.board.tiles.iter().zip(&places).filter(|(_, place)| place.height > 0) {
        one(model, tile, fetch, &mut body.part(place.x, place.y, place.width, place.height));
    }
    if places.iter().all(|place| place.height == 0) {
        body.put_cut(2, 1, body.width().saturating_sub(3), w.say("this row needs a higher terminal"), Role::Faint);
    }
}

/// What of time is shown.
fn stretch(model: &Model) -> String {
    let (w, span) = (model.look.words, time::window(model.board.span()));
    match model.board.end {
        None => w.fill("  last {}", &[&span]),
        Some(end) => w.fill("  {} up to {}   0 back to now", &[&span, &model.look.zone.full(end)]),
    }
}

/// Rows that are not in view, and which of the dashboards it is; what is less worth knowing comes later.
fn place(model: &Model, dashboard: &Dashboard) -> Vec<String> {
    let w = model.look.words;
    let (many, rows, seen) = (model.board.all.all.len(), dashboard.rows.len(), rows_in_view(model));
    let mut parts = Vec::new();
    if seen < rows {
        let first = top(model) + 1;
        parts.push(w.fill("rows {}-{} of {}: j/k", &[&first, &(first + seen).saturating_sub(1).max(first), &rows]));
    }
    if many > 1 {
        parts.push(w.fill("{} of {}   Tab next", &[&(model.board.at + 1), &many]));
    }
    parts.push(w.say("Esc back").to_owned());
    parts
}

/// Rows of text for tiles on the model's terminal, and its columns.
fn room(model: &Model) -> (usize, usize) {
    let (columns, rows) = (usize::from(model.size.0), usize::from(model.size.1));
    (columns, layout::body(model, columns, rows).height.saturating_sub(above(model)))
}

/// The first row of tiles in view: where a person has scrolled to, as far as that still fills the screen.
pub(in crate::tui) fn top(model: &Model) -> usize {
    model.board.top.min(last_top(model))
}

/// The last row that can be the first in view.
pub(in crate::tui) fn last_top(model: &Model) -> usize {
    model.board.shown().map_or(0, |dashboard| dashboard.last_top(room(model).1))
}

/// Rows of tiles in view.
pub(in crate::tui) fn rows_in_view(model: &Model) -> usize {
    let heights = model.board.shown().map(|dashboard| dashboard.heights(top(model), room(model).1)).unwrap_or_default();
    heights.into_iter().filter(|height| *height > 0).count()
}

/// There is none of its own: how to write one.
fn none(model: &Model, pen: &mut Pen<'_>) {
    let w = model.look.words;
    pen.rule(0, &[piece(w.say("DASHBOARDS"), Role::Title)], w.say("Esc back"));
    pen.put(2, 2, w.say("There is no dashboard of your own."), Role::Strong);
    let hint = w.say("Write dashboards/NAME.yaml; docs/dashboard.md shows how, `burnledger check` tells what is wrong.");
    pen.put_cut(2, 3, pen.width().saturating_sub(3), hint, Role::Faint);
    if let Some(text) = wrong(model) {
        pen.put_cut(2, 5, pen.width().saturating_sub(3), &format!("! {text}"), Role::Problem);
    }
}

/// What is wrong with the files: the first error, with its place, and how many more.
fn wrong(model: &Model) -> Option<String> {
    let w = model.look.words;
    let mut errors = model.board.all.problems.iter().filter(|p| p.level == ProblemLevel::Error);
    let first = errors.next()?;
    let place = first.place.as_ref().map(|p| format!("{}:{}:{} ", p.file, p.line, p.column)).unwrap_or_default();
    let more = errors.count();
    let also = if more > 0 { format!("  +{}", w.counted(more, "problem", "problems")) } else { String::new() };
    Some(w.fill("{}{}; the former one stays{}", &[&place, &first.message, &also]))
}

/// A tile: its title as a rule, its body below.
fn one(model: &Model, tile: &Tile, fetch: &Fetch, pen: &mut Pen<'_>) {
    let row = tile.kind.slo().and_then(|slo| row_of(model, slo));
    let named = tile.title.as_ref().map_or_else(|| name(model, tile), ToString::to_string);
    let mut title = Vec::new();
    if let Some(row) = row {
        let (text, role) = tag_of(row);
        title.extend([piece(text.trim_end(), role), piece(" ", Role::Title)]);
    }
    title.push(piece(crate::words::width::cut(&named, pen.width().saturating_sub(8), pen.look.glyphs.ellipsis), Role::Title));
    let title = if named.is_empty() { Vec::new() } else { title };
    pen.rule(0, &title, "");
    let mut body = pen.part(0, 1, usize::MAX, usize::MAX);
    match (&tile.kind, row) {
        (TileKind::Text(text), _) => words(text, &mut body),
        (TileKind::Burn { slo, .. } | TileKind::Budget { slo }, None) => absent(model, slo, &mut body),
        (TileKind::Burn { .. }, Some(row)) => burn(model, row, fetch, &mut body),
        (TileKind::Budget { .. }, Some(row)) => budget(model, row, fetch, &mut body),
        _ => series::draw(model, tile, fetch, &mut body),
    }
}

/// The worst row of an SLO.
pub(in crate::tui) fn row_of<'a>(model: &'a Model, slo: &SloId) -> Option<&'a SloRow> {
    model.shown()?.slos.iter().find(|row| row.slo.id == *slo)
}

/// The title of a tile that has none.
fn name(model: &Model, tile: &Tile) -> String {
    let w = model.look.words;
    match &tile.kind {
        TileKind::Burn { slo, window } => w.fill("burn over {}  {}", &[&time::window(*window), &slo.as_str()]),
        TileKind::Budget { slo } => w.fill("budget  {}", &[&slo.as_str()]),
        TileKind::Sparkline { expr }
        | TileKind::Value { expr }
        | TileKind::Table { expr, .. }
        | TileKind::Heatmap { expr, .. } => expr.split_whitespace().collect::<Vec<_>>().join(" "),
        TileKind::Text(_) => String::new(),
    }
}

fn words(text: &str, pen: &mut Pen<'_>) {
    let room = pen.width().saturating_sub(2).max(4);
    let lines = escape::terminal_lines(text);
    for (y, line) in lines.iter().flat_map(|line| wrap(line, room)).take(pen.height()).enumerate() {
        pen.put(1, y, &line, Role::Text);
    }
}

/// The SLO is not among those in force.
fn absent(model: &Model, slo: &SloId, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let text = if model.shown().is_none_or(|s| s.slos.is_empty()) {
        w.say("Nothing is known yet.").to_string()
    } else {
        w.fill("no SLO `{}` is in force", &[&slo.as_str()])
    };
    pen.put_cut(1, 0, pen.width().saturating_sub(2), &text, Role::P1);
}

/// Burn on a log scale with the levels of the tiers.
fn burn(model: &Model, row: &SloRow, fetch: &Fetch, pen: &mut Pen<'_>) {
    let Some(past) = fetch.past() else { return series::waits(model, fetch, pen) };
    let Some(values) = past.rows.first().map(|r| &r.values) else {
        pen.put(1, 0, model.look.words.say("nothing is known of this stretch"), Role::Faint);
        return;
    };
    let (timed, marks) = (plot::columns(pen), burn_chart::marks(&row.slo, Scale::BURN, true, pen));
    let axes = Axes { scale: Scale::BURN, marks, from: past.from, to: past.to, timed, events: burn_chart::events(model, row) };
    let curve = Curve { values, role: burn_chart::role(row), columns: 0..timed, sparse: false };
    plot::draw(&axes, &[curve], model.look.zone, pen);
    series::complain(model, fetch, pen);
}

/// What is left in words, and how it went.
fn budget(model: &Model, row: &SloRow, fetch: &Fetch, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let Some(verdict) = row.verdict.as_deref() else {
        pen.put(1, 0, w.say("Not evaluated yet."), Role::Faint);
        return;
    };
    let left = verdict.budget.remaining;
    let role = if left.is_some_and(|l| l <= 0.0) { tag(Some(crate::domain::base::Severity::P0)).1 } else { Role::Strong };
    let role = if role == Role::P0Tag { Role::P0 } else { role };
    let (room, whole) = (pen.width().saturating_sub(2), budget_words(w, row, verdict));
    let short = Some(budget_left(w, verdict)).filter(|short| !short.is_empty() && columns(&whole) > room);
    pen.put_cut(1, 0, room, short.as_ref().unwrap_or(&whole), role);
    pen.put_cut(1, 1, pen.width().saturating_sub(2), &exhaust_words(model, row, verdict), Role::Text);
    let mut chart = pen.part(0, 2, usize::MAX, usize::MAX);
    let Some(past) = fetch.past() else { return series::waits(model, fetch, &mut chart) };
    let Some(values) = past.rows.first().map(|r| &r.values) else { return };
    let low = left.filter(|l| *l < 0.0).map_or(0.0, |l| l.max(-2.0));
    let mark = |level: f64| Mark { level, name: units::percent(level, 0), sign: None };
    let zero = Mark { sign: Some(chart.look.glyphs.page_level), ..mark(0.0) };
    let axes = Axes {
        scale: Scale::Linear { low, high: 1.0 },
        marks: vec![zero, mark(1.0)],
        from: past.from,
        to: past.to,
        timed: plot::columns(&chart),
        events: Vec::new(),
    };
    let curve = Curve { values, role: Role::Good, columns: 0..plot::columns(&chart), sparse: false };
    plot::draw(&axes, &[curve], model.look.zone, &mut chart);
    series::complain(model, fetch, &mut chart);
}

/// The place of a tile on the model's terminal; absent where it is not drawn.
pub(in crate::tui) fn place_of(model: &Model, tile: usize) -> Option<Place> {
    let dashboard = model.board.shown()?;
    let (columns, rows) = room(model);
    let places = places(dashboard, top(model), columns, rows);
    places.get(tile).copied().filter(|place| place.height > 0)
}

/// The shortest cell that is asked for: more often nothing changes.
pub(in crate::tui) const SHORTEST: Span = Span::from_secs(15);
