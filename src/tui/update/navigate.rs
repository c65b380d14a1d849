//! Moving about: tabs, rows, sorting, incidents.

use super::{Effect, refresh, say};
use crate::domain::base::{IncidentId, Ms, Span};
use crate::domain::incident::Incident;
use crate::domain::view::IncidentView;
use crate::tui::keys::Action;
use crate::tui::model::history::{Present, RANGES, most_spent};
use crate::tui::model::slo::{Stretch, WINDOWS};
use crate::tui::model::{HeatKind, Model, Mood, Panel, SloPanel, Tab, ticker};
use crate::tui::view::{board, layout};
use std::sync::Arc;

pub(super) fn act(model: &mut Model, action: Action) {
    match action {
        Action::Overview => model.tab = Tab::Overview,
        Action::Incident => show_incident(model),
        Action::Slo if model.tab == Tab::Heat => open_cell(model),
        Action::Slo => open_slo(model),
        Action::History => model.tab = Tab::History,
        Action::Heat => model.tab = Tab::Heat,
        Action::Board1 | Action::Board2 | Action::Board3 | Action::Board4 => open_board(model, action.board().unwrap_or(0)),
        Action::NextBoard => step_board(model, 1),
        Action::PrevBoard => step_board(model, -1),
        Action::Range => next_range(model),
        Action::CellBack => move_cell(model, 1),
        Action::CellOn => move_cell(model, -1),
        Action::ZoomCell => zoom_cell(model),
        Action::Group => next_group(model),
        Action::OtherMap => model.heat.kind = if model.heat.kind == HeatKind::Burn { HeatKind::Latency } else { HeatKind::Burn },
        Action::IncidentHere => incident_here(model),
        Action::Open if model.tab == Tab::History => open_past(model),
        Action::Open => open_row(model),
        Action::Back => back(model),
        Action::NextPanel => turn_panel(model, 1),
        Action::PrevPanel => turn_panel(model, -1),
        Action::Window => model.slo.window = (model.slo.window + 1) % WINDOWS.len(),
        Action::Scale => model.slo.linear = !model.slo.linear,
        Action::Levels => model.slo.levels = !model.slo.levels,
        Action::NextSlo => step_slo(model, 1),
        Action::PrevSlo => step_slo(model, -1),
        Action::PanBack => pan(model, -1),
        Action::PanOn => pan(model, 1),
        Action::ZoomIn => zoom(model, -1),
        Action::ZoomOut => zoom(model, 1),
        Action::ToNow => to_now(model),
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

/// The incident screen: from an SLO's screen with that SLO's incident, else with the worst one that is open, which is the one
/// that stands at the top of every other screen.
fn show_incident(model: &mut Model) {
    let of_slo = (model.tab == Tab::Slo).then(|| model.target().map(|v| v.incident.id)).flatten();
    let worst = model.live_incidents().next().map(|v| v.incident.id);
    open_incident(model, of_slo.or(worst));
}

/// A dashboard of one's own. The first place is always there, as it tells how to write one.
fn open_board(model: &mut Model, at: usize) {
    if at > 0 && at >= model.board.all.all.len() {
        return say(model, Mood::Told, "there is no such dashboard; each file of the folder `dashboards` makes one");
    }
    if model.board.at != at || model.board.tiles.is_empty() {
        model.board.open(at);
    }
    model.tab = Tab::Board;
}

/// The next dashboard, around the end.
fn step_board(model: &mut Model, by: i64) {
    let many = model.board.all.all.len() as i64;
    if many > 1 {
        model.board.open((model.board.at as i64 + by).rem_euclid(many) as usize);
    }
}

/// The selected SLO in detail.
fn open_slo(model: &mut Model) {
    let Some(track) = model.list.selected.clone() else {
        return say(model, Mood::Told, "no SLO is selected");
    };
    model.list.touched = true;
    model.slo.open(track);
    model.tab = Tab::Slo;
}

/// The next SLO in the order of the list, which follows.
fn step_slo(model: &mut Model, by: i64) {
    shift_list(model, by);
    if let Some(track) = model.list.selected.clone() {
        model.slo.open(track);
    }
}

/// Its frames carry six hours each, and there is no other past behind them.
const IN_A_REPLAY: &str = "in a replay time is moved on screen 5";

fn pan(model: &mut Model, quarters: i64) {
    let Some(now) = model.shown().and_then(|s| s.at) else { return };
    match model.tab {
        Tab::Overview if model.is_replaying() => say(model, Mood::Told, IN_A_REPLAY),
        Tab::Board => model.board.pan(quarters, now),
        _ => stretch(model).pan(quarters, now),
    }
}

fn zoom(model: &mut Model, by: i64) {
    match model.tab {
        Tab::Overview if model.is_replaying() => say(model, Mood::Told, IN_A_REPLAY),
        Tab::Board => model.board.widen(by),
        _ => stretch(model).widen(by),
    }
}

/// Another past, and its times.
fn next_range(model: &mut Model) {
    model.history.range = (model.history.range + 1) % RANGES.len();
    model.history.top = 0;
    model.history.recount(model.wall());
}

/// The stretch of time that the screen in front shows.
fn stretch(model: &mut Model) -> &mut Stretch {
    match model.tab {
        Tab::Heat => &mut model.heat.stretch,
        Tab::Overview => &mut model.sparks.stretch,
        _ => &mut model.slo.stretch,
    }
}

fn to_now(model: &mut Model) {
    if model.tab == Tab::Board {
        model.board.end = None;
        return;
    }
    stretch(model).end = None;
    if model.tab == Tab::Heat {
        model.heat.back = 0;
    }
}

fn move_cell(model: &mut Model, by: i64) {
    // A replay's map is as long as its film.
    let known = model.heat.burn.past().and_then(|p| p.rows.first()).map(|r| r.values.len());
    let most = known.unwrap_or_else(|| layout::heat_columns(model)).saturating_sub(1) as i64;
    model.heat.back = (model.heat.back as i64 + by).clamp(0, most) as usize;
}

/// The span of the cell under the cursor, where the map is known.
pub(super) fn cell(model: &Model) -> Option<(Ms, Ms)> {
    let past = model.heat.burn.past()?;
    let end = past.to - past.cell * model.heat.back as i64;
    Some((end - past.cell, end))
}

/// A shorter stretch with the cell in its middle, the cursor still on that time; from the shortest one on the SLO itself.
fn zoom_cell(model: &mut Model) {
    let (Some((from, to)), Some(now)) = (cell(model), model.shown().and_then(|s| s.at)) else { return };
    if model.heat.stretch.zoom == 0 || model.heat.kind == HeatKind::Latency {
        return open_cell(model);
    }
    let middle = Ms(i64::midpoint(from.0, to.0));
    model.heat.stretch.widen(-1);
    let end = middle + Span(model.heat.stretch.span().0 / 2);
    model.heat.stretch.end = (end < now).then_some(end);
    let columns = layout::heat_columns(model);
    let cell = Span((model.heat.stretch.span().0 / columns.max(1) as i64).max(1000));
    let back = model.heat.stretch.end(now).floor_to(cell).since(middle).0.max(0) / cell.0;
    model.heat.back = (back as usize).min(columns.saturating_sub(1));
}

/// Times and costs of past incidents by something else.
fn next_group(model: &mut Model) {
    model.history.group = model.history.group.next();
    model.history.recount(model.wall());
}

/// The selected SLO with the cell in the middle of its chart.
fn open_cell(model: &mut Model) {
    let cell = cell(model);
    open_slo(model);
    if let (Some((from, to)), Some(now)) = (cell, model.shown().and_then(|s| s.at)) {
        let half = Span(model.slo.stretch.span().0 / 2);
        let end = Ms(i64::midpoint(from.0, to.0)) + half;
        model.slo.stretch.end = (end < now).then_some(end);
    }
}

/// The incident of the selected SLO that overlaps the cell.
fn incident_here(model: &mut Model) {
    let (Some((from, to)), Some(track)) = (cell(model), model.list.selected.clone()) else { return };
    let hit = model.shown().into_iter().flat_map(|s| s.incidents.iter()).find(|v| {
        let mine = v.incident.services.iter().any(|(_, slos)| slos.contains(&track.slo));
        let end = v.incident.milestones.impact_end.filter(|_| !v.incident.phase.is_live()).unwrap_or(to);
        mine && Model::since(v).is_some_and(|since| since < to && end > from)
    });
    match hit.map(|v| v.incident.id) {
        Some(id) => open_incident(model, Some(id)),
        None => say(model, Mood::Told, "no incident of this SLO in that cell; 3 shows older ones"),
    }
}

/// The selected incident of the past on the incident screen, whether a snapshot still shows it or not.
pub(super) fn open_past(model: &mut Model) {
    let Some(incident) = model.history.chosen().cloned() else { return };
    open_of_ledger(model, &incident);
}

/// The screen before this one, as long as there is still something on it.
pub(super) fn last_view(model: &mut Model) {
    let there = match model.last {
        Tab::Slo => model.slo.track.is_some(),
        Tab::Replay => model.replay.is_some(),
        Tab::Overview | Tab::Incident | Tab::History | Tab::Heat | Tab::Board => true,
    };
    model.tab = if there { model.last } else { Tab::Overview };
}

/// Shows an incident of the ledger that no snapshot may hold any more.
pub(super) fn open_of_ledger(model: &mut Model, incident: &Arc<Incident>) {
    let (id, incident) = (incident.id, Arc::clone(incident));
    if model.incident_of(id).is_none() {
        let impact = incident.impact.clone().map(Arc::new);
        model.opened = Some(IncidentView {
            incident,
            impact,
            cost: None,
            signals: Vec::new(),
            next: Vec::new(),
            budget_remaining: None,
            exhausts_in_seconds: None,
            runbook: None,
            owner: None,
            acknowledge_within: None,
            changes: Vec::new(),
        });
    }
    open_incident(model, Some(id));
}

/// Lets the picture go and opens what broke through.
pub(super) fn jump(model: &mut Model) -> Vec<Effect> {
    let id = model.broke_through().first().map(|v| v.incident.id);
    model.frozen = None;
    refresh(model);
    open_incident(model, id);
    Vec::new()
}

pub(super) fn open_incident(model: &mut Model, id: Option<IncidentId>) {
    if id.is_some() && id != model.incident.chosen {
        model.incident.scroll = 0;
        model.incident.cursor = None;
    }
    model.incident.chosen = id.or(model.incident.chosen);
    model.tab = Tab::Incident;
}

pub(super) fn open_row(model: &mut Model) {
    model.list.touched = true;
    if let Some(id) = model.row_incident().map(|v| v.incident.id) {
        return open_incident(model, Some(id));
    }
    open_slo(model);
}

/// One step back: the filter goes first, then the screen.
fn back(model: &mut Model) {
    if model.tab == Tab::Incident && model.opened.take().is_some_and(|v| Some(v.incident.id) == model.incident.chosen) {
        model.incident.chosen = None;
        model.tab = Tab::History;
    } else if model.tab == Tab::History && !model.history.filter.is_empty() {
        model.history.filter.clear();
        model.history.recount(model.wall());
    } else if model.tab != Tab::Overview {
        model.tab = Tab::Overview;
    } else if !model.list.filter.is_empty() {
        model.list.filter.clear();
        refresh(model);
    }
}

fn turn_panel(model: &mut Model, by: i64) {
    if model.tab == Tab::Slo {
        model.slo.panel = turned(&SloPanel::ALL, model.slo.panel, by);
        return;
    }
    model.incident.panel = turned(&Panel::ALL, model.incident.panel, by);
    model.incident.scroll = 0;
}

/// The one so many places further, around the end.
fn turned<T: Copy + PartialEq>(all: &[T], from: T, by: i64) -> T {
    let at = all.iter().position(|p| *p == from).unwrap_or(0) as i64;
    all[(at + by).rem_euclid(all.len() as i64) as usize]
}

fn sort(model: &mut Model) {
    if model.tab == Tab::History {
        model.history.order = model.history.order.next();
        return;
    }
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
        Tab::Overview | Tab::Slo | Tab::Replay => (layout::list_rows(model) / 2).max(1) as i64,
        Tab::Heat => (layout::heat_rows(model) / 2).max(1) as i64,
        Tab::History => (layout::history_rows(model) / 2).max(1) as i64,
        Tab::Incident => (layout::panel_rows(model) / 2).max(1) as i64,
        Tab::Board => (board::rows_in_view(model) as i64 - 1).max(1),
    }
}

/// Moves the selection, or scrolls the panel, by so many lines; both stop at the ends.
fn shift(model: &mut Model, by: i64) {
    if model.tab == Tab::Incident {
        let most = layout::panel_lines(model).saturating_sub(layout::panel_rows(model)) as i64;
        model.incident.scroll = (model.incident.scroll as i64).saturating_add(by).clamp(0, most) as usize;
        return;
    }
    if model.tab == Tab::History {
        return shift_past(model, by);
    }
    if model.tab == Tab::Board {
        model.board.top = (board::top(model) as i64).saturating_add(by).clamp(0, board::last_top(model) as i64) as usize;
        return;
    }
    shift_list(model, by);
}

/// What open incidents cost by now, as the ticker has it, nothing of drills; what they have spent; and who owns which service.
pub(super) fn known_of_the_present(model: &Model) -> Present {
    let live = model.live_incidents().filter(|v| !v.incident.drill);
    let running = live.filter_map(|v| Some((v.incident.id, ticker::tick(v, model.wall(), false)?.so_far?))).collect();
    let spent = model.live_incidents().filter_map(|v| Some((v.incident.id, most_spent(v.impact.as_deref()?)?))).collect();
    let rows = model.shown().map(|s| s.slos.as_slice()).unwrap_or_default();
    let owners = rows.iter().filter_map(|row| Some((row.slo.service.clone(), row.owner.clone()?))).collect();
    Present { running, spent, owners }
}

/// Moves the selection among past incidents and keeps it in view.
fn shift_past(model: &mut Model, by: i64) {
    let rows = model.history.rows();
    let at = rows.iter().position(|i| Some(i.id) == model.history.selected).unwrap_or(0) as i64;
    let to = at.saturating_add(by).clamp(0, rows.len().saturating_sub(1) as i64) as usize;
    let selected = rows.get(to).map(|i| i.id);
    let fit = layout::history_rows(model).max(1);
    model.history.selected = selected;
    model.history.top = model.history.top.clamp((to + 1).saturating_sub(fit), to);
}

fn shift_list(model: &mut Model, by: i64) {
    model.list.touched = true;
    let Some(snapshot) = model.shown().cloned() else { return };
    let last = model.list.order.len().saturating_sub(1) as i64;
    let place = model.list.place(&snapshot).unwrap_or(0) as i64;
    model.list.select(&snapshot, place.saturating_add(by).clamp(0, last) as usize);
}
