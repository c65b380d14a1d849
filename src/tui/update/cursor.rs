//! The cursor of a chart: one instant, whose values are told, moved by samples. The burn of an SLO has one, and the signals of
//! an incident.

use super::{navigate, say};
use crate::domain::base::{Ms, Span};
use crate::tui::model::{Model, Mood, Tab};

/// Shows the newest values, or takes the cursor away.
pub(super) fn toggle(model: &mut Model) {
    let shown = match model.tab {
        Tab::Incident => model.incident.cursor.take(),
        _ => model.slo.cursor.take(),
    };
    if shown.is_none() {
        place(model, |known| known.to);
    }
}

/// Moves by so many samples; beyond the edge of an SLO's chart the chart follows.
pub(super) fn step(model: &mut Model, by: i64) {
    let at = if model.tab == Tab::Incident { model.incident.cursor } else { model.slo.cursor };
    let Some(at) = at else { return place(model, |known| known.to) };
    let Some(known) = known(model) else { return };
    let moved = at + known.step * by;
    if model.tab == Tab::Incident {
        model.incident.cursor = Some(moved.clamp(known.from, known.to));
        return;
    }
    if moved <= known.from {
        navigate::act(model, crate::tui::keys::Action::PanBack);
    } else if moved > known.to {
        navigate::act(model, crate::tui::keys::Action::PanOn);
    }
    let newest = model.shown().and_then(|s| s.at).unwrap_or(known.to).max(known.to);
    model.slo.cursor = Some(moved.min(newest));
}

fn place(model: &mut Model, at: fn(&Known) -> Ms) {
    let Some(known) = known(model) else { return say(model, Mood::Told, "nothing is known of this stretch") };
    let at = Some(at(&known));
    if model.tab == Tab::Incident {
        model.incident.cursor = at;
    } else {
        model.slo.cursor = at;
    }
}

/// What of time is drawn, and the distance of its samples.
struct Known {
    from: Ms,
    to: Ms,
    step: Span,
}

fn known(model: &Model) -> Option<Known> {
    if model.tab == Tab::Incident {
        let signal = model.on_screen()?.signals.first()?;
        let steps = signal.values.len().checked_sub(1)? as i64;
        let step = Span((signal.to.since(signal.from).0 / steps.max(1)).max(1));
        return Some(Known { from: signal.from, to: signal.to, step });
    }
    let past = model.slo.burn.past()?;
    Some(Known { from: past.from, to: past.to, step: past.cell })
}
