//! The box of a note: the marks are laid out first, at the bottom, and the words get the rest.

use super::dialogs::{boxed, keys, wrapped};
use super::pen::Pen;
use crate::tui::model::{Model, NoteField, NoteForm};
use crate::tui::theme::Role;
use crate::tui::update::mentions;
use crate::words::width;
use ratatui::layout::Position;

/// Names that are offered at most.
const OFFERED: usize = 5;

pub(super) fn draw(model: &Model, form: &NoteForm, pen: &mut Pen<'_>) -> Option<Position> {
    let (words, zone, now) = (model.look.words, model.look.zone, model.live_wall());
    let title = words.fill("note on {}   {} {}", &[&form.incident, &zone.clock(now), &zone.offset(now)]);
    let usual = "Enter save   A-Enter new line   Tab marks   C-e editor   Esc discard";
    let mut inside = boxed(pen, 76, 9, &title, keys(model, usual));
    let room = inside.height().saturating_sub(marks(form, &mut inside)).max(1);
    let w = inside.width().max(2);
    let (lines, at) = wrapped(&form.input.text(), form.input.before().chars().count(), w);
    let top = (at.0 + 1).saturating_sub(room);
    for (y, line) in lines.iter().skip(top).take(room).enumerate() {
        inside.put(0, y, line, Role::Strong);
    }
    offered(model, form, room, &mut inside);
    let cursor = Position { x: inside.area.x + at.1 as u16, y: inside.area.y + (at.0 - top) as u16 };
    (form.field == NoteField::Words).then_some(cursor)
}

/// The marks on the last row, or on the last two where they do not stand side by side; returns how many rows they take.
fn marks(form: &NoteForm, pen: &mut Pen<'_>) -> usize {
    let w = pen.look.words;
    let mark = |is: bool, words: &str| format!("{} {}", if is { "[x]" } else { "[ ]" }, w.known(words));
    let customers = mark(form.customer_visible, w.say("customer visible"));
    let action = mark(form.action_item, w.say("action item"));
    let role = |field| if form.field == field { Role::Active } else { Role::Text };
    let last = pen.height().saturating_sub(1);
    if width::columns(&customers) + 3 + width::columns(&action) <= pen.width() || last < 2 {
        let x = pen.put(0, last, &customers, role(NoteField::Customers));
        pen.put(x + 3, last, &action, role(NoteField::Action));
        return 1;
    }
    pen.put(0, last - 1, &customers, role(NoteField::Customers));
    pen.put(0, last, &action, role(NoteField::Action));
    2
}

/// Names that Tab completes, or how one is mentioned, where the marks leave room at their right.
fn offered(model: &Model, form: &NoteForm, row: usize, pen: &mut Pen<'_>) {
    let names = mentions(model, form);
    let text = if names.is_empty() {
        model.look.words.say("@ mentions a person").to_string()
    } else {
        let list: Vec<&str> = names.iter().take(OFFERED).map(|name| &**name).collect();
        model.look.words.fill("Tab: {}", &[&list.join(" ")])
    };
    let (end, w) = (pen.width(), pen.width().saturating_sub(46));
    if w >= 12 {
        pen.put_right(end, row, w, &text, Role::Faint);
    }
}
