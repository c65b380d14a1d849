//! The note: words, two marks, and names of people that complete themselves.
//!
//! Enter saves from every field, so that a note is one key away from being kept; nothing in it can do harm.

use super::dialogs::{after_edit, edit};
use super::{Effect, orders, say, tell};
use crate::domain::base::Text;
use crate::domain::incident::{Actor, Note};
use crate::domain::view::Command;
use crate::tui::keys::{Code, Key};
use crate::tui::model::{Input, Model, Mood, NoteField, NoteForm, Overlay};
use std::collections::BTreeSet;

pub(super) fn open(model: &mut Model) {
    let Some(incident) = model.target().map(|v| v.incident.id) else {
        return say(model, Mood::Told, "there is no incident to note on");
    };
    let (field, input) = (NoteField::default(), Input::default());
    model.overlay = Some(Overlay::Note(NoteForm { incident, field, input, customer_visible: false, action_item: false }));
}

/// The input that has the keys.
pub(super) fn focused(form: &mut NoteForm) -> Option<&mut Input> {
    (form.field == NoteField::Words).then_some(&mut form.input)
}

pub(super) fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let mention = mentioned(model);
    let Some(Overlay::Note(form)) = &mut model.overlay else { return Vec::new() };
    match (key.code, form.field) {
        (Code::Enter, _) if !key.alt => return save(model),
        (Code::Char('e'), NoteField::Words) if key.ctrl => return vec![Effect::Edit(form.input.text())],
        (Code::Esc, _) => model.overlay = None,
        (Code::Tab, NoteField::Words) if mention.is_some() => {
            let rest = mention.unwrap_or_default();
            form.input.put_all(&rest);
            after_edit(model);
        }
        (Code::Tab, _) => form.field = turned(form.field, 1),
        (Code::BackTab, _) => form.field = turned(form.field, NoteField::ALL.len() - 1),
        (Code::Char(' '), NoteField::Customers) => form.customer_visible = !form.customer_visible,
        (Code::Char(' '), NoteField::Action) => form.action_item = !form.action_item,
        (_, NoteField::Words) => {
            edit(&mut form.input, key, true);
            after_edit(model);
        }
        _ => {}
    }
    Vec::new()
}

fn turned(field: NoteField, by: usize) -> NoteField {
    let at = NoteField::ALL.iter().position(|f| *f == field).unwrap_or(0);
    NoteField::ALL[(at + by) % NoteField::ALL.len()]
}

fn save(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Note(form)) = model.overlay.take() else { return Vec::new() };
    let text = form.input.text().trim().to_string();
    if text.is_empty() {
        say(model, Mood::Told, "an empty note was not saved");
        return Vec::new();
    }
    let (action_item, customer_visible) = (form.action_item, form.customer_visible);
    let note = Note { text: text.into(), action_item, customer_visible };
    orders::order(model, Command::Note { incident: form.incident, by: model.look.who.clone(), note })
}

/// The editor has ended: its text is the note's, which is not saved yet.
pub(super) fn edited(model: &mut Model, result: Result<String, String>) {
    match (&mut model.overlay, result) {
        (Some(Overlay::Note(form)), Ok(text)) => {
            form.input = Input::default();
            form.input.put_all(&text.trim_end().replace("\r\n", "\n").replace('\t', " "));
            model.leaving = false;
        }
        (_, Ok(_)) => {}
        (_, Err(why)) => {
            let text = model.look.words.fill("the editor failed: {}; the note is as it was", &[&model.look.words.retold(&why)]);
            tell(model, Mood::Failed, text);
        }
    }
}

/// People whose names the incidents on the screens hold, and whoever sits here.
fn people(model: &Model) -> BTreeSet<Text> {
    let of_entries = |v: &crate::domain::view::IncidentView| {
        let person = |e: &crate::domain::incident::Entry| match &e.actor {
            Actor::Person(name) => Some(name.clone()),
            Actor::Auto => None,
        };
        v.incident.entries.iter().filter_map(person).collect::<Vec<_>>()
    };
    let seen = model.live.iter().flat_map(|s| &s.incidents).chain(&model.opened).flat_map(of_entries);
    seen.chain([model.look.who.clone()]).collect()
}

/// The `@` and what was typed after it, when the cursor stands at its end.
fn begun(input: &Input) -> Option<String> {
    let before = input.before();
    let word = before.rsplit([' ', '\n']).next()?;
    Some(word.strip_prefix('@')?.to_lowercase())
}

/// Names that go on from what was typed after `@`.
pub(in crate::tui) fn mentions(model: &Model, form: &NoteForm) -> Vec<Text> {
    let Some(begun) = begun(&form.input).filter(|_| form.field == NoteField::Words) else { return Vec::new() };
    people(model).into_iter().filter(|name| name.to_lowercase().starts_with(&begun)).collect()
}

/// The rest of the first of those names; absent when nothing is left to complete.
fn mentioned(model: &Model) -> Option<String> {
    let Some(Overlay::Note(form)) = &model.overlay else { return None };
    let typed = begun(&form.input)?.chars().count();
    let rest: String = mentions(model, form).first()?.chars().skip(typed).collect();
    (!rest.is_empty()).then_some(rest)
}
