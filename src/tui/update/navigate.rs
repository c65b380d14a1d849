//! Moving about: tabs, rows, sorting, incidents.

use super::{Effect, refresh, tell};
use crate::domain::base::IncidentId;
use crate::tui::keys::Action;
use crate::tui::model::{Model, Mood, Panel, Tab};
use crate::tui::view::layout;

pub(super) fn act(model: &mut Model, action: Action) {
    match action {
        Action::Overview => model.tab = Tab::Overview,
        Action::Incident => open_incident(model, None),
        Action::Open => open_row(model),
        Action::Back => back(model),
        Action::NextPanel => turn_panel(model, 1),
        Action::PrevPanel => turn_panel(model, Panel::ALL.len() - 1),
        Action::Sort => sort(model),
        Action::Reverse => reverse(model),
        Action::NextIncident => step_incident(model, 1),
        Action::PrevIncident => step_incident(model, -1),
        Action::Down => shift(model, 1),
        Action::Up => shift(model, -1),
        Action::PageDown => shift(model, half_page(model)),
        Action::PageUp => shift(model, -half_page(model)),
        Action::First => shift(model, i64::MIN / 2),
        Action::Last => shift(model, i64::MAX / 2),
        _ => {}
    }
}

/// Lets the picture go and opens what broke through.
pub(super) fn jump(model: &mut Model) -> Vec<Effect> {
    let id = model.broke_through().first().map(|v| v.incident.id);
    model.frozen = None;
    refresh(model);
    open_incident(model, id);
    Vec::new()
}

fn open_incident(model: &mut Model, id: Option<IncidentId>) {
    if id.is_some() && id != model.incident.chosen {
        model.incident.scroll = 0;
    }
    model.incident.chosen = id.or(model.incident.chosen);
    model.tab = Tab::Incident;
}

fn open_row(model: &mut Model) {
    model.list.touched = true;
    if let Some(id) = model.row_incident().map(|v| v.incident.id) {
        return open_incident(model, Some(id));
    }
    let name = model.list.selected.as_ref().map(|k| k.slo.to_string());
    tell(model, Mood::Told, name.map_or("no SLO is selected".into(), |n| format!("no open incident of {n}")));
}

/// One step back: the filter goes first, then the screen.
fn back(model: &mut Model) {
    if model.tab == Tab::Incident {
        model.tab = Tab::Overview;
    } else if !model.list.filter.is_empty() {
        model.list.filter.clear();
        refresh(model);
    }
}

fn turn_panel(model: &mut Model, by: usize) {
    let at = Panel::ALL.iter().position(|p| *p == model.incident.panel).unwrap_or(0);
    model.incident.panel = Panel::ALL[(at + by) % Panel::ALL.len()];
    model.incident.scroll = 0;
}

fn sort(model: &mut Model) {
    model.list.sort = model.list.sort.next();
    model.list.reverse = false;
    refresh(model);
}

fn reverse(model: &mut Model) {
    model.list.reverse = !model.list.reverse;
    refresh(model);
}

/// The incident after or before the one on the screen, in the order of the snapshot, around the end.
fn step_incident(model: &mut Model, by: i64) {
    let Some(snapshot) = model.shown().cloned() else { return };
    let ids: Vec<IncidentId> = snapshot.incidents.iter().map(|v| v.incident.id).collect();
    let Some(at) = model.on_screen().and_then(|v| ids.iter().position(|id| *id == v.incident.id)) else { return };
    let next = (at as i64 + by).rem_euclid(ids.len() as i64) as usize;
    open_incident(model, ids.get(next).copied());
}

fn half_page(model: &Model) -> i64 {
    match model.tab {
        Tab::Overview => (layout::list_rows(model) / 2).max(1) as i64,
        Tab::Incident => (layout::panel_rows(model) / 2).max(1) as i64,
    }
}

/// Moves the selection, or scrolls the panel, by so many lines; both stop at the ends.
fn shift(model: &mut Model, by: i64) {
    if model.tab == Tab::Incident {
        let most = layout::panel_lines(model).saturating_sub(layout::panel_rows(model)) as i64;
        model.incident.scroll = (model.incident.scroll as i64).saturating_add(by).clamp(0, most) as usize;
        return;
    }
    model.list.touched = true;
    let Some(snapshot) = model.shown().cloned() else { return };
    let last = model.list.order.len().saturating_sub(1) as i64;
    let place = model.list.place(&snapshot).unwrap_or(0) as i64;
    model.list.select(&snapshot, place.saturating_add(by).clamp(0, last) as usize);
}
