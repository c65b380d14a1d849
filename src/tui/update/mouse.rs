//! The mouse, for those who asked for it: the wheel moves, a click selects, a click on what is selected opens it.

use super::{Effect, navigate};
use crate::domain::view::TrackId;
use crate::tui::keys::{Action, Code, Key};
use crate::tui::model::{Model, Overlay, Tab};
use crate::tui::view::layout;

/// Moves like so many presses of `j` or `k`.
pub(super) fn wheel(model: &mut Model, rows: i64) {
    match &model.overlay {
        Some(Overlay::Help { .. } | Overlay::Sheet { .. }) => {
            let code = if rows > 0 { Code::Down } else { Code::Up };
            for _ in 0..rows.unsigned_abs().min(50) {
                super::dialogs::on_key(model, Key::plain(code));
            }
        }
        Some(_) => {}
        None => {
            for _ in 0..rows.unsigned_abs().min(50) {
                navigate::act(model, if rows > 0 { Action::Down } else { Action::Up });
            }
        }
    }
}

/// Selects the row under the pointer; opens it when it is selected already. A dialog is never acted on by a click.
pub(super) fn click(model: &mut Model, _column: u16, row: u16) -> Vec<Effect> {
    let (columns, rows) = (usize::from(model.size.0), usize::from(model.size.1));
    if model.overlay.is_some() || layout::is_tiny(model.size.0, model.size.1) {
        return Vec::new();
    }
    // Both lists begin below a rule and the names of their columns.
    let body = layout::body(model, columns, rows);
    let Some(line) = usize::from(row).checked_sub(body.top + 2) else { return Vec::new() };
    match model.tab {
        Tab::Overview if line < layout::list_rows(model) => click_row(model, line),
        Tab::History if line < layout::history_rows(model) => click_past(model, line),
        _ => {}
    }
    Vec::new()
}

fn click_row(model: &mut Model, line: usize) {
    let Some(snapshot) = model.shown().cloned() else { return };
    let place = model.list.top + line;
    let hit = model.list.order.get(place).and_then(|i| snapshot.slos.get(*i)).map(TrackId::of);
    if hit.is_none() {
        return;
    }
    if model.list.touched && hit == model.list.selected {
        return navigate::open_row(model);
    }
    model.list.touched = true;
    model.list.select(&snapshot, place);
}

fn click_past(model: &mut Model, line: usize) {
    let hit = model.history.rows().get(model.history.top + line).map(|i| i.id);
    if hit.is_some() && hit == model.history.selected {
        return navigate::open_past(model);
    }
    model.history.selected = hit.or(model.history.selected);
}
