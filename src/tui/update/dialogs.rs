//! Dialogs: they own the keys while they are open, and act on the target they were opened for.

use super::{Effect, choices, note, orders, palette, refresh, replay, resolve, take, what_if};
use crate::domain::incident::Act;
use crate::domain::view::Command;
use crate::tui::keys::{Code, Key};
use crate::tui::model::{Input, Model, Overlay, Tab};
use crate::tui::view::layout;

/// The filter of the screen in front: past incidents have their own.
const fn filter_of(model: &mut Model) -> &mut String {
    if matches!(model.tab, Tab::History) { &mut model.history.filter } else { &mut model.list.filter }
}

/// Another filter is in force.
fn filtered(model: &mut Model, words: String) {
    *filter_of(model) = words;
    if model.tab == Tab::History {
        model.history.top = 0;
        model.history.recount(model.wall());
    }
    refresh(model);
}

pub(super) fn open_filter(model: &mut Model) {
    let before = filter_of(model).clone();
    model.overlay = Some(Overlay::Filter { input: Input::new(&before), before });
}

pub(super) fn open_goto(model: &mut Model) {
    if model.is_replaying() {
        model.overlay = Some(Overlay::GoTo { input: Input::default(), complaint: None });
    }
}

pub(super) fn open_help(model: &mut Model) {
    model.overlay = Some(Overlay::Help { scroll: 0, find: Input::default(), typing: false });
}

/// Pasted text goes into the field that has the keys; line breaks only where lines are meant.
pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let clean = text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ");
    let one_line = !matches!(model.overlay, Some(Overlay::Note(_)));
    let Some(input) = focused(model) else { return Vec::new() };
    for c in clean.chars() {
        input.put(if one_line && c == '\n' { ' ' } else { c });
    }
    after_edit(model);
    Vec::new()
}

/// The input that has the keys.
pub(super) fn focused(model: &mut Model) -> Option<&mut Input> {
    match model.overlay.as_mut()? {
        Overlay::Filter { input, .. }
        | Overlay::GoTo { input, .. }
        | Overlay::WhatIf { input }
        | Overlay::Help { find: input, typing: true, .. }
        | Overlay::Reopen { reason: input, .. }
        | Overlay::Palette { input, .. } => Some(input),
        Overlay::Severity { typing: true, reason, .. } | Overlay::Merge { typing: true, reason, .. } => Some(reason),
        Overlay::Note(form) => note::focused(form),
        Overlay::Resolve(form) => resolve::focused(form),
        _ => None,
    }
}

/// Esc closes; words that would be lost are asked for once. True when the key was Esc in a dialog that people write in.
fn escapes(model: &mut Model, key: Key) -> bool {
    let asks = !model.leaving && model.overlay.as_ref().is_some_and(Overlay::has_text);
    model.leaving = key.code == Code::Esc && asks;
    model.leaving
}

pub(super) fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    if escapes(model, key) {
        return Vec::new();
    }
    match model.overlay {
        Some(Overlay::Help { .. } | Overlay::Sheet { .. }) => help_key(model, key),
        Some(Overlay::Palette { .. }) => return palette::on_key(model, key),
        Some(Overlay::Export) => return take::export_key(model, key),
        Some(Overlay::Filter { .. }) => filter_key(model, key),
        Some(Overlay::GoTo { .. }) => goto_key(model, key),
        Some(Overlay::WhatIf { .. }) => return what_if::on_key(model, key),
        Some(Overlay::Note(_)) => return note::on_key(model, key),
        Some(Overlay::Resolve(_)) => return resolve::on_key(model, key),
        Some(Overlay::Reopen { .. }) => return reopen_key(model, key),
        Some(Overlay::Severity { .. }) => return choices::severity_key(model, key),
        Some(Overlay::Merge { .. }) => return choices::merge_key(model, key),
        None => {}
    }
    Vec::new()
}

/// Words that lines of the help must have are typed; Enter keeps them, Esc shows all again. True when the key was for them.
fn find_key(model: &mut Model, key: Key) -> bool {
    let Some(Overlay::Help { scroll, find, typing }) = &mut model.overlay else { return false };
    match (key.code, *typing) {
        (Code::Char('/'), false) => *typing = true,
        (Code::Esc, false) if !find.is_blank() => *find = Input::default(),
        (Code::Esc, true) => (*typing, *find) = (false, Input::default()),
        (Code::Enter, true) => *typing = false,
        (_, true) => edit(find, key, false),
        (_, false) => return false,
    }
    *scroll = 0;
    true
}

fn help_key(model: &mut Model, key: Key) {
    if find_key(model, key) {
        return;
    }
    let lines = match &model.overlay {
        Some(Overlay::Sheet { sheet, .. }) => layout::sheet_lines(model, *sheet),
        _ => layout::help_lines(model),
    };
    let most = lines.saturating_sub(layout::help_rows(model));
    let Some(Overlay::Help { scroll, .. } | Overlay::Sheet { scroll, .. }) = &mut model.overlay else { return };
    match key.code {
        Code::Esc | Code::Enter | Code::Char('?' | 'q') => model.overlay = None,
        Code::Down | Code::Char('j') => *scroll = (*scroll + 1).min(most),
        Code::Up | Code::Char('k') => *scroll = scroll.saturating_sub(1).min(most),
        Code::PageDown | Code::Char(' ' | 'd') => *scroll = (*scroll + 10).min(most),
        Code::PageUp | Code::Char('u') => *scroll = scroll.saturating_sub(10).min(most),
        _ => {}
    }
}

/// The list is filtered as one types; Esc brings the old filter back.
fn filter_key(model: &mut Model, key: Key) {
    match key.code {
        Code::Enter => model.overlay = None,
        Code::Esc => {
            if let Some(Overlay::Filter { before, .. }) = model.overlay.take() {
                filtered(model, before);
            }
        }
        _ => {
            if let Some(input) = focused(model) {
                edit(input, key, false);
            }
            after_edit(model);
        }
    }
}

fn goto_key(model: &mut Model, key: Key) {
    let Some(Overlay::GoTo { input, .. }) = &model.overlay else { return };
    match key.code {
        Code::Esc => model.overlay = None,
        Code::Enter => {
            let text = input.text();
            match replay::go_to(model, &text) {
                Ok(()) => model.overlay = None,
                Err(why) => model.overlay = Some(Overlay::GoTo { input: Input::new(&text), complaint: Some(why) }),
            }
        }
        _ => {
            if let Some(input) = focused(model) {
                edit(input, key, false);
            }
            after_edit(model);
        }
    }
}

/// What follows an edit: the list follows the filter as it is typed; a dialog forgets its complaint.
pub(super) fn after_edit(model: &mut Model) {
    model.leaving = false;
    match &mut model.overlay {
        Some(Overlay::Filter { input, .. }) => {
            let words = input.text().trim().into();
            filtered(model, words);
        }
        Some(Overlay::Resolve(form)) => form.complaint = None,
        Some(Overlay::Reopen { complaint, .. } | Overlay::Severity { complaint, .. }) => *complaint = None,
        Some(Overlay::GoTo { complaint, .. }) => *complaint = None,
        Some(Overlay::Palette { complaint, at, .. }) => {
            *complaint = None;
            *at = 0;
        }
        _ => {}
    }
}

/// Edits a text with the keys that shells have.
pub(super) fn edit(input: &mut Input, key: Key, lines: bool) {
    match (key.code, key.ctrl) {
        (Code::Char('a'), true) | (Code::Home, _) => input.home(),
        (Code::Char('e'), true) | (Code::End, _) => input.end(),
        (Code::Char('u'), true) => input.clear_before(),
        (Code::Char('w'), true) => input.back_word(),
        (Code::Char('h'), true) | (Code::Backspace, _) => input.back(),
        (Code::Delete, _) => input.delete(),
        (Code::Left, _) => input.left(),
        (Code::Right, _) => input.right(),
        (Code::Enter, _) if lines => input.put('\n'),
        (Code::Char(c), false) if !key.alt => input.put(c),
        _ => {}
    }
}

/// A reason and Enter reopen; without words nothing happens.
fn reopen_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let who = model.look.who.clone();
    let Some(Overlay::Reopen { incident, reason, complaint }) = &mut model.overlay else { return Vec::new() };
    match key.code {
        Code::Esc => model.overlay = None,
        Code::Enter if reason.is_blank() => *complaint = Some("say in a few words why"),
        Code::Enter => {
            let act = Act::Reopen { reason: reason.text().trim().into(), at: None };
            let command = Command::Act { incident: *incident, by: who, act };
            model.overlay = None;
            return orders::order(model, command);
        }
        _ => {
            edit(reason, key, false);
            after_edit(model);
        }
    }
    Vec::new()
}
