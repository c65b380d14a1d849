//! The boxes for another severity and for merging. The line that decides is laid out first, at the bottom.

use super::banners;
use super::dialogs::{boxed, field, keys};
use super::pen::{Pen, piece};
use crate::domain::base::{IncidentId, Severity};
use crate::tui::model::{Input, Model, Overlay};
use crate::tui::theme::Role;
use ratatui::layout::Position;

/// What each severity means to a person.
const MEANING: [&str; 3] = ["wakes people, at once", "wakes people", "makes a ticket"];

pub(super) fn severity(model: &Model, overlay: &Overlay, pen: &mut Pen<'_>) -> Option<Position> {
    let Overlay::Severity { incident, was, choice, typing, reason, complaint } = overlay else { return None };
    let w = model.look.words;
    let usual = if *typing { "Enter sets it   Tab back   Esc cancel" } else { "0 1 2 or arrows choose   Enter on   Esc cancel" };
    let mut inside = boxed(pen, 76, 10, w.say("severity"), keys(model, usual));
    let cursor = reason_line(reason, *typing, &mut inside);
    target(model, *incident, &mut inside);
    for (i, one) in Severity::ALL.into_iter().enumerate() {
        let mark = if one == *choice { "(*)" } else { "( )" };
        let role = if one == *choice && !*typing { Role::Active } else { Role::Text };
        let x = inside.put(0, 2 + i, &format!("{mark} "), role);
        let (tag, tag_role) = banners::tag(Some(one));
        let x = inside.put(x, 2 + i, tag, tag_role);
        let x = inside.put(x + 1, 2 + i, w.say(MEANING[i]), Role::Text);
        if one == *was {
            inside.put(x + 2, 2 + i, w.say("as it is now"), Role::Faint);
        }
    }
    match complaint {
        Some(complaint) => inside.put(0, 6, &format!("! {}", w.say(complaint)), Role::Problem),
        None => inside.put(0, 6, w.say("stands against rules until one says worse than it says now"), Role::Faint),
    };
    cursor.filter(|_| *typing)
}

/// Rows of the choice of an incident at most.
const LISTED: usize = 8;

pub(super) fn merge(model: &Model, overlay: &Overlay, pen: &mut Pen<'_>) -> Option<Position> {
    let Overlay::Merge { incident, others, at, typing, reason } = overlay else { return None };
    let usual = match (*at, *typing) {
        (0, _) => "j/k choose   Enter leaves them apart   Esc cancel",
        (_, false) => "j/k choose   Enter on   Esc cancel",
        (_, true) => "Enter merges   Tab back   Esc cancel",
    };
    let rows = (others.len() + 1).min(LISTED).min(pen.height().saturating_sub(9)).max(1);
    let w = model.look.words;
    let mut inside = boxed(pen, 86, rows + 7, w.say("merge"), keys(model, usual));
    let cursor = reason_line(reason, *typing, &mut inside);
    target(model, *incident, &mut inside);
    let first = (at + 1).saturating_sub(rows);
    for (row, i) in (first..=others.len()).take(rows).enumerate() {
        let mark = if i == *at { "(*) " } else { "( ) " };
        let role = if i == *at && !*typing { Role::Active } else { Role::Text };
        let x = inside.put(0, 2 + row, mark, role);
        match i.checked_sub(1).and_then(|i| others.get(i)) {
            None => drop(inside.put(x, 2 + row, w.say("leave it apart"), role)),
            Some(other) => named(model, *other, x, 2 + row, &mut inside),
        }
    }
    if let Some(other) = at.checked_sub(1).and_then(|i| others.get(i)) {
        let (older, younger) = (incident.min(other), incident.max(other));
        let text = w.fill("{} goes on; {} becomes part of it", &[&older, &younger]);
        inside.put_cut(0, 3 + rows, inside.width(), &text, Role::P1);
    }
    cursor.filter(|_| *typing && *at > 0)
}

/// The last line: why.
fn reason_line(reason: &Input, typing: bool, pen: &mut Pen<'_>) -> Option<Position> {
    let y = pen.height().saturating_sub(1);
    let (words, w) = (pen.look.words, pen.width().saturating_sub(12));
    pen.put(0, y, words.say("reason"), if typing { Role::Active } else { Role::Text });
    pen.put(9, y, "[", Role::Text);
    let at = field(reason, 10, y, w.saturating_sub(1), pen);
    pen.put(10 + w, y, "]", Role::Text);
    at
}

fn target(model: &Model, incident: IncidentId, pen: &mut Pen<'_>) {
    named(model, incident, 0, 0, pen);
}

fn named(model: &Model, incident: IncidentId, x: usize, y: usize, pen: &mut Pen<'_>) {
    let Some(view) = model.incident_of(incident) else {
        pen.put(x, y, &incident.to_string(), Role::Strong);
        return;
    };
    let (tag, role) = banners::tag(view.incident.severity);
    let (who, who_role) = banners::holder(model.look.words, view);
    let name = format!(" {}  ", banners::name(model.look.words, view));
    pen.pieces(x, y, &[piece(tag, role), piece(name, Role::Strong), piece(who, who_role)]);
}
