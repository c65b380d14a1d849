//! The mouse, for those who asked for it: the wheel moves; a click on a tab, a key of the footer or a banner does what it says, one
//! on a row selects it, one on what is selected opens it. What changes an incident at once, and quitting, need a key.

use super::{Effect, navigate, tell};
use crate::domain::view::TrackId;
use crate::tui::keys::{Action, Code, Key};
use crate::tui::model::{Model, Mood, Overlay, Tab};
use crate::tui::view::banners::Opens;
use crate::tui::view::layout::{self, Spot};

/// Moves like so many presses of the arrows; the screen of one SLO has nothing to scroll.
pub(super) fn wheel(model: &mut Model, rows: i64) {
    match &model.overlay {
        Some(Overlay::Help { .. } | Overlay::Sheet { .. }) => {
            let code = if rows > 0 { Code::Down } else { Code::Up };
            for _ in 0..rows.unsigned_abs().min(50) {
                super::dialogs::on_key(model, Key::plain(code));
            }
        }
        None if model.tab != Tab::Slo => {
            for _ in 0..rows.unsigned_abs().min(50) {
                navigate::act(model, if rows > 0 { Action::Down } else { Action::Up });
            }
        }
        _ => {}
    }
}

/// Does what stands under the pointer. A dialog is never acted on by a click.
pub(super) fn click(model: &mut Model, column: u16, row: u16) -> Vec<Effect> {
    if model.overlay.is_some() {
        return Vec::new();
    }
    match layout::spot(model, column, row) {
        Some(Spot::Tab(action)) => super::act(model, action),
        Some(Spot::Key(key)) => press(model, key),
        Some(Spot::Banner(Opens::BrokeThrough)) => navigate::jump(model),
        Some(Spot::Banner(Opens::Incident)) => super::act(model, Action::Incident),
        Some(Spot::Body(line, column)) => {
            body(model, line, column);
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// A key of the footer, as if it were pressed; a hand that slips neither acknowledges nor leaves.
fn press(model: &mut Model, key: Key) -> Vec<Effect> {
    let action = model.look.keys.lookup(model.tab.scopes(), key);
    if matches!(action, Some(Action::Acknowledge | Action::Undo | Action::Quit | Action::Suspend)) {
        let text = model.look.words.fill("the mouse does not do this: press {}", &[&key]);
        tell(model, Mood::Told, text);
        return Vec::new();
    }
    super::on_key(model, key)
}

fn body(model: &mut Model, line: usize, column: usize) {
    // Both lists begin below a rule and the names of their columns.
    let below = line.checked_sub(2);
    match (model.tab, below) {
        (Tab::Overview, Some(line)) if line < layout::list_rows(model) => click_row(model, line),
        (Tab::History, Some(line)) if line < layout::history_rows(model) => click_past(model, line),
        (Tab::Heat, _) => click_cell(model, line, column),
        _ => {}
    }
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

/// A cell of the map: its SLO and its time; the one under the cursor is looked at closer.
fn click_cell(model: &mut Model, line: usize, column: usize) {
    let (Some((place, back)), Some(snapshot)) = (layout::heat_cell(model, line, column), model.shown().cloned()) else { return };
    let same = model.list.place(&snapshot) == Some(place);
    if same && back == Some(model.heat.back) {
        return navigate::act(model, Action::ZoomCell);
    }
    model.list.touched = true;
    model.list.select(&snapshot, place);
    model.heat.back = back.unwrap_or(model.heat.back);
}
