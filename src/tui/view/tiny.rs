//! Terminals too small for panels: the lines that matter, at any size, and the way out.

use super::banners::{cost, gravest_live, holder, is_stale, tag};
use super::columns::{name_of, tag_of};
use super::detail::{budget_words, exhaust_words};
use super::dialogs;
use super::pen::Pen;
use crate::domain::base::{Money, ProblemLevel};
use crate::domain::incident::Incident;
use crate::domain::view::SloRow;
use crate::tui::model::{Link, Model, Overlay, Tab, state};
use crate::tui::theme::Role;
use crate::words::{money, time, units};
use ratatui::layout::Position;

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) -> Option<Position> {
    let last = pen.height().saturating_sub(1);
    let lines = lines(model);
    for (y, (text, role)) in lines.into_iter().take(last.max(1)).enumerate() {
        pen.put_cut(0, y, pen.width(), &text, role);
    }
    if last > 0 {
        bottom(model, last, pen);
    }
    if is_form(model) && pen.width() >= FORM.0 && pen.height() >= FORM.1 { dialogs::draw(model, pen) } else { None }
}

/// From here on a dialog takes the whole screen; below it only its last line is told.
const FORM: (usize, usize) = (30, 8);

/// The dialog in front is one that people write in.
const fn is_form(model: &Model) -> bool {
    matches!(
        model.overlay,
        Some(Overlay::Note(_) | Overlay::Resolve(_) | Overlay::Reopen { .. } | Overlay::Severity { .. } | Overlay::Merge { .. })
    )
}

/// The last line: a message, the dialog that is open, or size and keys.
fn bottom(model: &Model, y: usize, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let takes = model.may_order() && model.target().is_some_and(|view| !Model::is_handled(view));
    let acks = pen.width() >= 24 && takes;
    let keys = w.say(if acks { "a ack  q quit" } else { "q quit" });
    let text = match (&model.toast, &model.overlay) {
        (Some(toast), _) => toast.title.as_ref().unwrap_or(&toast.text).clone(),
        (None, Some(Overlay::Note(form))) => w.fill("note {}: {}", &[&form.incident, &form.input.text()]),
        (None, Some(Overlay::Filter { input, .. })) => format!("/{}", input.text()),
        (None, Some(Overlay::Palette { input, .. })) => format!(":{}", input.text()),
        (None, Some(_)) => w.say("Esc closes; this needs 60x15").into(),
        (None, None) if pen.width() >= 48 => w.fill("{}x{} (panels need 60x15)  {}", &[&model.size.0, &model.size.1, &keys]),
        (None, None) => keys.into(),
    };
    pen.put_cut(0, y, pen.width(), &text, Role::Faint);
}

/// Incidents first, then what is wrong, then what the screen is about: past incidents, one SLO, or the worst ones.
fn lines(model: &Model) -> Vec<(String, Role)> {
    let mut out = state_lines(model);
    match (model.tab, model.slo_row()) {
        (Tab::History, _) => out.extend(model.history.rows().iter().map(|incident| past(model, incident))),
        (Tab::Slo, Some(row)) => out.extend(one(model, row)),
        _ => out.extend(worst(model)),
    }
    let nothing = model.shown().is_some_and(|s| s.slos.is_empty() && s.problems.is_empty() && s.number > 0);
    if nothing && model.tab != Tab::History {
        out.push((model.look.words.say("No SLOs are in force.").into(), Role::Strong));
    }
    out
}

/// What everybody should know on every screen.
fn state_lines(model: &Model) -> Vec<(String, Role)> {
    let w = model.look.words;
    // What began while the picture is held, or plays, is told before what the picture shows.
    let mut out: Vec<(String, Role)> = model
        .broke_through()
        .iter()
        .map(|view| {
            let (tag, role) = tag(view.incident.severity);
            (w.fill("{} new: {} {}", &[&tag, &view.incident.id, &view.incident.service]), role)
        })
        .collect();
    let live = model.live.as_ref().filter(|_| model.is_replaying()).and_then(|s| gravest_live(s));
    out.extend(live.map(|live| (w.fill("live: {} is open!", &[&live]), Role::Problem)));
    out.extend(model.live_incidents().map(|view| {
        let (tag, role) = tag(view.incident.severity);
        let since = Model::since(view).map(|at| format!(" {}", time::span(model.wall().since(at)))).unwrap_or_default();
        let cost = cost(model, view, true).map(|c| format!(" {c}")).unwrap_or_default();
        (format!("{tag} {}{since} {}{cost}", view.incident.service, holder(w, view).0), role)
    }));
    let link = Link::of(model);
    let age = state::age(model).map(|a| w.fill(" data {} old", &[&time::span(a)])).unwrap_or_default();
    let grave = is_stale(model);
    let at = if model.replay.is_some() { format!(" {}", model.look.zone.clock(model.wall())) } else { String::new() };
    out.push((format!("{}{at}{age}", link.words(model)), if grave { Role::Problem } else { Role::Faint }));
    let Some(snapshot) = model.shown() else { return out };
    if let Some(why) = &snapshot.ledger_error {
        out.push((w.fill("! ledger: {}", &[&w.retold(why)]), Role::Problem));
    }
    let errors = snapshot.problems.iter().filter(|p| p.level == ProblemLevel::Error).count();
    if errors > 0 {
        out.push((w.fill("! SLO files: {} in error", &[&errors]), Role::Problem));
    }
    out
}

/// An incident of the past: what it cost, or that nobody knows.
fn past(model: &Model, incident: &Incident) -> (String, Role) {
    let (tag, role) = tag(incident.peak_severity);
    let known = model.history.cost_of(incident);
    let cost = known.map_or_else(|| units::UNKNOWN.into(), |(amount, currency)| money::brief(Money { amount, currency }));
    (format!("{} {tag:<3} {} {cost}", incident.id, incident.service), if role == Role::P0Tag { Role::P0 } else { role })
}

/// One SLO: burn over its windows, what is left of its budget, and when that will be gone.
fn one(model: &Model, row: &SloRow) -> Vec<(String, Role)> {
    let (tag, role) = tag_of(row);
    let role = if role == Role::P0Tag { Role::P0 } else { role };
    let mut out = vec![(format!("{tag:<3} {}", name_of(row)), role)];
    let Some(verdict) = row.verdict.as_deref() else { return out };
    for pair in [[("5m", 300), ("1h", 3_600)], [("6h", 21_600), ("24h", 86_400)]] {
        let words = pair.map(|(name, seconds)| {
            let burn = crate::tui::model::list::burn_over(verdict, seconds).unwrap_or(f64::NAN);
            format!("{name} {}", units::burn_x(burn))
        });
        out.push((model.look.words.fill("burn {}", &[&words.join("  ")]), Role::Text));
    }
    out.push((budget_words(model.look.words, row, verdict), Role::Text));
    out.push((exhaust_words(model, row, verdict), Role::Text));
    out
}

/// The worst SLOs with their burn over an hour.
fn worst(model: &Model) -> Vec<(String, Role)> {
    let Some(snapshot) = model.shown() else { return Vec::new() };
    let line = |row: &SloRow| {
        let (tag, role) = tag_of(row);
        let burn = row.verdict.as_ref().and_then(|v| crate::tui::model::list::burn_over(v, 3600));
        let burn = burn.map(|b| format!(" {}", units::burn_x(b))).unwrap_or_default();
        (format!("{tag:<3} {}{burn}", name_of(row)), if role == Role::P0Tag { Role::P0 } else { role })
    };
    model.list.order.iter().filter_map(|i| snapshot.slos.get(*i)).map(line).collect()
}
