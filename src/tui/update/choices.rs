//! Two decisions that need a choice and a reason: another severity, and which incident this one is part of.
//!
//! Both were opened for an incident that does not change under them, and both begin where Enter does no harm: at the severity
//! it has, and at leaving the incidents apart.

use super::dialogs::{after_edit, edit, focused};
use super::{Effect, orders, say, tell};
use crate::domain::base::{IncidentId, Severity};
use crate::domain::incident::{Act, Correction};
use crate::domain::view::Command;
use crate::tui::keys::{Code, Key};
use crate::tui::model::{Input, Model, Mood, Overlay};

/// Opens the choice of a severity.
pub(super) fn open_severity(model: &mut Model) {
    let Some(view) = model.target() else {
        return say(model, Mood::Told, "there is no incident whose severity could be set");
    };
    let incident = view.incident.id;
    let Some(was) = view.incident.severity else {
        return told(model, "{} was only suspected, nothing fired", incident);
    };
    let reason = Input::default();
    model.overlay = Some(Overlay::Severity { incident, was, choice: was, typing: false, reason, complaint: None });
}

fn told(model: &mut Model, text: &'static str, incident: IncidentId) {
    let text = model.look.words.fill(text, &[&incident]);
    tell(model, Mood::Told, text);
}

/// Opens the choice of another incident.
pub(super) fn open_merge(model: &mut Model) {
    let Some(view) = model.target().filter(|v| v.incident.phase.is_live()) else {
        return say(model, Mood::Told, "there is no open incident to merge");
    };
    let incident = view.incident.id;
    if view.incident.severity.is_none() {
        return told(model, "{} was only suspected; there is nothing to merge", incident);
    }
    let can = |id: IncidentId, severity: Option<Severity>| id != incident && severity.is_some();
    let others: Vec<IncidentId> =
        model.live_incidents().filter(|v| can(v.incident.id, v.incident.severity)).map(|v| v.incident.id).collect();
    if others.is_empty() {
        return told(model, "{} is the only open incident: there is none to merge it with", incident);
    }
    model.overlay = Some(Overlay::Merge { incident, others, at: 0, typing: false, reason: Input::default() });
}

pub(super) fn severity_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Severity { choice, typing, complaint, .. }) = &mut model.overlay else { return Vec::new() };
    let turned = |by: usize| {
        let at = Severity::ALL.iter().position(|s| s == choice).unwrap_or(0);
        Severity::ALL[(at + by) % Severity::ALL.len()]
    };
    match key.code {
        Code::Esc => model.overlay = None,
        Code::Enter if *typing => return set_severity(model),
        Code::Enter | Code::Tab | Code::BackTab => *typing = !*typing,
        Code::Char(c @ '0'..='2') if !*typing => (*choice, *complaint) = (Severity::ALL[c as usize - '0' as usize], None),
        Code::Right | Code::Down | Code::Char(' ' | 'j' | 'l') if !*typing => (*choice, *complaint) = (turned(1), None),
        Code::Left | Code::Up | Code::Char('k' | 'h') if !*typing => (*choice, *complaint) = (turned(2), None),
        _ => typed(model, key),
    }
    Vec::new()
}

fn set_severity(model: &mut Model) -> Vec<Effect> {
    let by = model.look.who.clone();
    let Some(Overlay::Severity { incident, was, choice, typing, reason, complaint }) = &mut model.overlay else {
        return Vec::new();
    };
    if choice == was {
        (*typing, *complaint) = (false, Some("that is its severity already; choose another one"));
        return Vec::new();
    }
    if reason.is_blank() {
        *complaint = Some("say in a few words why");
        return Vec::new();
    }
    let (incident, changes) = (*incident, vec![Correction::Severity(*choice)]);
    let act = Act::Correct { changes, reason: reason.text().trim().into() };
    model.overlay = None;
    orders::order(model, Command::Act { incident, by, act })
}

pub(super) fn merge_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Merge { others, at, typing, .. }) = &mut model.overlay else { return Vec::new() };
    let last = others.len();
    match key.code {
        Code::Esc => model.overlay = None,
        Code::Enter if *at == 0 => model.overlay = None,
        Code::Enter if *typing => return merge(model),
        Code::Enter | Code::Tab | Code::BackTab => *typing = *at > 0 && !*typing,
        Code::Down | Code::Char('j') if !*typing => *at = (*at + 1).min(last),
        Code::Up | Code::Char('k') if !*typing => *at = at.saturating_sub(1),
        _ => typed(model, key),
    }
    Vec::new()
}

fn merge(model: &mut Model) -> Vec<Effect> {
    let by = model.look.who.clone();
    let Some(Overlay::Merge { incident, others, at, reason, .. }) = &model.overlay else { return Vec::new() };
    let chosen = at.checked_sub(1).and_then(|i| others.get(i));
    let command = chosen.map(|with| Command::Merge { incident: *incident, with: *with, by, reason: reason.text().trim().into() });
    model.overlay = None;
    command.map(|command| orders::order(model, command)).unwrap_or_default()
}

fn typed(model: &mut Model, key: Key) {
    if let Some(input) = focused(model) {
        edit(input, key, false);
        after_edit(model);
    }
}
