//! The palette: every action that holds on this screen, by its name or by what the help says of it; `open N` by number.

use super::dialogs::{after_edit, edit, focused};
use super::{Effect, act, navigate, say, tell};
use crate::domain::base::IncidentId;
use crate::domain::view::{Answer, Question, Refusal};
use crate::tui::keys::{Action, Binding, Code, Key, TABLE};
use crate::tui::model::{Input, Model, Mood, Overlay};

pub(super) fn open(model: &mut Model) {
    model.overlay = Some(Overlay::Palette { input: Input::default(), at: 0, complaint: None });
}

/// Other names that people type.
const ALSO: [(&str, Action); 3] = [("keys", Action::Help), ("version", Action::About), ("colours", Action::Theme)];

/// Actions that hold on the screen and meet the words: names that begin so first, then names and helps that hold them.
pub fn matching(model: &Model, text: &str) -> Vec<&'static Binding> {
    let text = text.trim().to_lowercase();
    let mut found: Vec<(usize, &'static Binding)> = Vec::new();
    for scope in model.tab.scopes() {
        for binding in TABLE.iter().filter(|b| b.scope == *scope && b.action != Action::Palette) {
            let (name, said) = (binding.action.name(), told(model, binding).to_lowercase());
            let also = !text.is_empty() && ALSO.iter().any(|(word, of)| *of == binding.action && word.starts_with(&text));
            let rank =
                [name.starts_with(&text) || also, name.contains(&text), binding.help.contains(&text) || said.contains(&text)]
                    .iter()
                    .position(|m| *m);
            let listed = found.iter().any(|(_, b)| b.action == binding.action);
            if let Some(rank) = rank.filter(|_| !listed) {
                found.push((rank, binding));
            }
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, binding)| binding).collect()
}

/// What the palette and the help say of a binding: of a dashboard of one's own its title.
pub fn told(model: &Model, binding: &Binding) -> String {
    let title = binding.action.board().and_then(|at| model.board.all.all.get(at));
    title.map_or_else(|| model.look.words.say(binding.help).into(), |dashboard| dashboard.title.to_string())
}

pub(super) fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Palette { input, at, .. }) = &model.overlay else { return Vec::new() };
    let (text, at) = (input.text(), *at);
    match (key.code, key.ctrl) {
        (Code::Esc, _) => model.overlay = None,
        (Code::Backspace, _) if text.is_empty() => model.overlay = None,
        (Code::Enter, _) => return enter(model, &text, at),
        (Code::Down | Code::Tab, _) | (Code::Char('n'), true) => choose(model, &text, 1),
        (Code::Up | Code::BackTab, _) | (Code::Char('p'), true) => choose(model, &text, -1),
        _ => {
            if let Some(input) = focused(model) {
                edit(input, key, false);
            }
            after_edit(model);
        }
    }
    Vec::new()
}

fn choose(model: &mut Model, text: &str, by: i64) {
    let many = matching(model, text).len() as i64;
    if let Some(Overlay::Palette { at, .. }) = &mut model.overlay {
        *at = (*at as i64 + by).rem_euclid(many.max(1)) as usize;
    }
}

fn enter(model: &mut Model, text: &str, at: usize) -> Vec<Effect> {
    if let Some(number) = text.trim().strip_prefix("open ") {
        return match IncidentId::parse(number.trim()) {
            Some(id) => open_number(model, id),
            None => complain(model, "write `open` and an incident's number: open 17"),
        };
    }
    let Some(action) = matching(model, text).get(at).map(|b| b.action) else {
        return complain(model, "nothing here is called so");
    };
    model.overlay = None;
    act(model, action)
}

fn complain(model: &mut Model, what: &'static str) -> Vec<Effect> {
    let what = model.look.words.say(what);
    if let Some(Overlay::Palette { complaint, .. }) = &mut model.overlay {
        *complaint = Some(what.into());
    }
    Vec::new()
}

/// An incident by its number: at once where the snapshot has it, else the ledger is asked.
fn open_number(model: &mut Model, id: IncidentId) -> Vec<Effect> {
    model.overlay = None;
    if model.incident_of(id).is_some() {
        navigate::open_incident(model, Some(id));
        return Vec::new();
    }
    let ticket = model.next_ticket;
    model.next_ticket += 1;
    model.opening = Some(ticket);
    vec![Effect::Ask { ticket, question: Question::Incident(id) }]
}

/// What the ledger said of the incident that was named.
pub(super) fn opened(model: &mut Model, result: &Result<Answer, Refusal>) {
    match result {
        Ok(Answer::Incident(Some(incident))) => navigate::open_of_ledger(model, incident),
        Ok(_) => say(model, Mood::Told, "there is no incident of that number in this ledger"),
        Err(refusal) => {
            let text =
                model.look.words.fill("the incident could not be read: {}", &[&model.look.words.retold(&refusal.to_string())]);
            tell(model, Mood::Failed, text);
        }
    }
}
