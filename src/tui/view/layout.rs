//! Where things go: one plan, read by the drawing and by the keys that move within it.
//!
//! Breakpoints: wide from 160 columns, normal from 100, narrow from 80; below 60x15 only the lines that matter. Heights drop
//! panels from the bottom up.

use super::{banners, frame, heat, help, history, incident, sheets};
use crate::tui::keys::{Action, Key};
use crate::tui::model::{Model, Sheet, Tab};

/// Below 60x15 there is no room for panels.
pub const fn is_tiny(columns: u16, rows: u16) -> bool {
    columns < 60 || rows < 15
}

/// Rows between the banners and the footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body {
    /// First row.
    pub top: usize,
    /// Rows.
    pub height: usize,
}

/// The rows that a screen has for itself: all but header, banners and footer.
pub fn body(model: &Model, columns: usize, rows: usize) -> Body {
    let top = 1 + banners::of(model, columns).len();
    Body { top, height: rows.saturating_sub(top + 2) }
}

/// What stands under the pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A tab.
    Tab(Action),
    /// A key of the footer.
    Key(Key),
    /// A banner that opens an incident.
    Banner(banners::Opens),
    /// A line of the body, counted from its top, and the column.
    Body(usize, usize),
}

/// What stands in a cell of the model's terminal; nothing outside of it and on lines that do nothing.
pub fn spot(model: &Model, column: u16, row: u16) -> Option<Spot> {
    let (columns, rows) = (usize::from(model.size.0), usize::from(model.size.1));
    let (x, y) = (usize::from(column), usize::from(row));
    if x >= columns || y >= rows || is_tiny(model.size.0, model.size.1) {
        return None;
    }
    let body = body(model, columns, rows);
    match y {
        0 => frame::tab_at(model, columns, x).map(Spot::Tab),
        _ if y < body.top => banners::opens(model, y - 1).map(Spot::Banner),
        _ if y < body.top + body.height => Some(Spot::Body(y - body.top, x)),
        _ if y + 1 == rows => frame::key_at(model, columns, x).map(Spot::Key),
        _ => None,
    }
}

/// The place in the list and, where it is one, the cell (counted back from the newest) under the pointer on the heatmap.
pub fn heat_cell(model: &Model, line: usize, column: usize) -> Option<(usize, Option<usize>)> {
    heat::hit(model, heat_rows(model), line, column)
}

/// How the overview shares its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Rows of the list without its two heads.
    pub list: usize,
    /// Rows of the detail with its rule; 0 when there is none.
    pub detail: usize,
    /// The detail has its charts.
    pub full: bool,
    /// Rows of the recent lines with their rule; 0 when there are none.
    pub recent: usize,
}

/// Rows the full detail needs at least and uses at most, with its rule.
const DETAIL: (usize, usize) = (10, 26);

/// Shares `height` rows of a screen `columns` wide among list, detail and recent lines.
pub fn overview(model: &Model, columns: usize, height: usize) -> Overview {
    let wanted = model.list.order.len().max(1);
    let happened = model.shown().map_or(0, |s| s.recent.len()).clamp(1, 12);
    let full = columns >= 100 && height >= 22;
    let least = if full { DETAIL.0 + 3 } else { [0, 4, 6][usize::from(height >= 12) + usize::from(height >= 17)] };
    let list = wanted.min(height.saturating_sub(2 + least)).max(1);
    let left = height.saturating_sub(2 + list);
    if full {
        // A third for what happened, the rest for the charts, and what those do not need again for what happened.
        let recent = (1 + happened).min(left.saturating_sub(DETAIL.0)).min(4.max(left / 3));
        let detail = (left - recent).min(DETAIL.1);
        return Overview { list, detail, full, recent: left - detail };
    }
    let detail = if height >= 12 { 4.min(left) } else { 0 };
    Overview { list, detail, full, recent: if height >= 17 { left - detail } else { 0 } }
}

/// Rows of the overview's list on the model's terminal.
pub fn list_rows(model: &Model) -> usize {
    let (columns, rows) = (usize::from(model.size.0), usize::from(model.size.1));
    overview(model, columns, body(model, columns, rows).height).list
}

/// Cells of the burn over another stretch on the overview, for the widest picture of it.
pub fn spark_cells(model: &Model) -> usize {
    usize::from(model.size.0).clamp(40, 240)
}

/// Columns of the chart on an SLO's screen.
pub fn chart_columns(model: &Model) -> usize {
    usize::from(model.size.0).saturating_sub(super::plot::LABELS + 3).max(10)
}

/// Columns of the budget's past and of its future on a chart of so many columns.
pub const fn budget_columns(columns: usize) -> (usize, usize) {
    let future = columns / 3;
    (columns - future, future)
}

/// Columns of a chart within a tile of so many.
pub fn tile_columns(columns: usize) -> usize {
    columns.saturating_sub(super::plot::LABELS + 1).max(10)
}

/// Columns of the heatmap's cells.
pub fn heat_columns(model: &Model) -> usize {
    let columns = usize::from(model.size.0);
    columns.saturating_sub(heat::names(columns) + 2).max(1)
}

/// Rows of the heatmap's SLOs.
pub fn heat_rows(model: &Model) -> usize {
    let (columns, rows) = (usize::from(model.size.0), usize::from(model.size.1));
    heat::rows(body(model, columns, rows).height)
}

/// Rows of the list of past incidents.
pub fn history_rows(model: &Model) -> usize {
    let (columns, rows) = (usize::from(model.size.0), usize::from(model.size.1));
    history::rows(model, columns, body(model, columns, rows).height)
}

/// Rows of the incident screen's panel that has the keys.
pub fn panel_rows(model: &Model) -> usize {
    let (columns, rows) = (usize::from(model.size.0), usize::from(model.size.1));
    let height = body(model, columns, rows).height;
    incident::focused_rows(model, columns, height)
}

/// Lines of that panel.
pub fn panel_lines(model: &Model) -> usize {
    let (columns, rows) = (usize::from(model.size.0), usize::from(model.size.1));
    let height = body(model, columns, rows).height;
    if model.tab == Tab::Incident { incident::focused_lines(model, columns, height) } else { 0 }
}

/// Lines of the help at the model's width.
pub fn help_lines(model: &Model) -> usize {
    help::of(model).len()
}

/// Lines of the help that fit at once.
pub fn help_rows(model: &Model) -> usize {
    help::rows(usize::from(model.size.1))
}

/// Lines of a text to be read at the model's width.
pub fn sheet_lines(model: &Model, sheet: Sheet) -> usize {
    sheets::lines(model, sheet, sheets::width(usize::from(model.size.0))).len()
}
