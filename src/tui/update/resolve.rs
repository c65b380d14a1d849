//! Saying that an incident is over: the target is captured, Cancel is where it opens, and only its typed number resolves.
//!
//! What is told with it (cause, people's hours) goes into the same order, so that all of it is recorded or nothing is.

use super::dialogs::{after_edit, edit};
use super::{Effect, orders, say};
use crate::domain::base::IncidentId;
use crate::domain::cost::Effort;
use crate::domain::incident::{Correction, Incident};
use crate::domain::view::Command;
use crate::tui::keys::{Code, Key};
use crate::tui::model::{Input, Model, Mood, Overlay, ResolveField, ResolveForm, Tab};

/// Resolving; of an incident that is over already, saying that it is not.
pub(super) fn open(model: &mut Model) {
    let past = model.history.chosen().filter(|_| model.tab == Tab::History).cloned();
    let of_past = past.map(|incident| (incident.id, incident.phase));
    let Some((incident, phase)) = of_past.or_else(|| model.target().map(|v| (v.incident.id, v.incident.phase))) else {
        return say(model, Mood::Told, "there is no open incident to resolve");
    };
    if !phase.is_live() {
        model.overlay = Some(Overlay::Reopen { incident, reason: Input::default(), complaint: None });
        return;
    }
    let Some(view) = model.incident_of(incident) else { return };
    let last_bad = view.impact.as_ref().and_then(|i| i.intervals.last()).map(|i| i.to).or(view.incident.milestones.impact_end);
    let form = ResolveForm { last_bad, causes: model.causes.clone(), ..known(&view.incident) };
    let cause = view.incident.root_cause.as_ref().and_then(|class| form.causes.iter().position(|c| c == class));
    model.overlay = Some(Overlay::Resolve(Box::new(ResolveForm { cause, ..form })));
}

/// What was said before stands in the fields.
fn known(incident: &Incident) -> ResolveForm {
    let effort = incident.effort();
    let said = |text: Option<String>| Input::new(&text.unwrap_or_default());
    ResolveForm {
        incident: incident.id,
        field: ResolveField::default(),
        reason: Input::default(),
        last_bad: None,
        at_last_bad: false,
        causes: Vec::new(),
        cause: None,
        people: said(effort.map(|e| e.people().to_string())),
        hours: said(effort.map(|e| e.hours_each().to_string())),
        confirm: Input::default(),
        complaint: None,
    }
}

/// The input that has the keys.
pub(super) fn focused(form: &mut ResolveForm) -> Option<&mut Input> {
    match form.field {
        ResolveField::Reason => Some(&mut form.reason),
        ResolveField::People => Some(&mut form.people),
        ResolveField::Hours => Some(&mut form.hours),
        ResolveField::Confirm => Some(&mut form.confirm),
        ResolveField::Cancel | ResolveField::Ended | ResolveField::Cause => None,
    }
}

pub(super) fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Resolve(form)) = &mut model.overlay else { return Vec::new() };
    let last = ResolveField::ALL.len() - 1;
    match (key.code, form.field) {
        (Code::Esc, _) => model.overlay = None,
        (Code::Tab | Code::Down, _) => form.turn(1),
        (Code::BackTab | Code::Up, _) => form.turn(last),
        (Code::Enter, _) => return enter(model),
        (Code::Char(' ') | Code::Left | Code::Right, ResolveField::Ended) => {
            form.at_last_bad = !form.at_last_bad && form.last_bad.is_some();
        }
        (Code::Char(' ') | Code::Right, ResolveField::Cause) => form.next_cause(1),
        (Code::Left, ResolveField::Cause) => form.next_cause(form.causes.len()),
        (Code::Backspace | Code::Delete, ResolveField::Cause) => form.cause = None,
        (Code::Char(c), ResolveField::Cause) => form.cause_beginning(c),
        _ => {
            if let Some(input) = focused(form) {
                edit(input, key, false);
            }
            after_edit(model);
        }
    }
    Vec::new()
}

impl ResolveForm {
    fn turn(&mut self, by: usize) {
        let all = ResolveField::ALL;
        let at = all.iter().position(|f| *f == self.field).unwrap_or(0);
        self.field = all[(at + by) % all.len()];
        if self.field == ResolveField::Cause && self.causes.is_empty() {
            self.turn(by);
        }
    }

    /// One of the classes after the other, and none of them in between.
    fn next_cause(&mut self, by: usize) {
        let places = self.causes.len() + 1;
        let at = (self.cause.map_or(0, |at| at + 1) + by) % places;
        self.cause = at.checked_sub(1);
    }

    /// The next class that begins with a letter.
    fn cause_beginning(&mut self, letter: char) {
        let begins = |at: &usize| {
            let first = self.causes.get(*at).and_then(|class| class.chars().next());
            first.is_some_and(|first| first.to_lowercase().eq(letter.to_lowercase()))
        };
        let (len, from) = (self.causes.len(), self.cause.map_or(0, |at| at + 1));
        let found = (0..len).map(|i| (from + i) % len.max(1)).find(begins);
        self.cause = found.or(self.cause);
    }

    /// What is told beside the end, or what is wrong with it.
    fn findings(&self) -> Result<Vec<Correction>, &'static str> {
        let cause = self.cause.and_then(|at| self.causes.get(at)).cloned().map(Correction::RootCause);
        let effort = match (self.people.is_blank(), self.hours.is_blank()) {
            (true, true) => None,
            (false, false) => Some(Correction::Effort(Effort::typed(&self.people.text(), &self.hours.text())?)),
            _ => return Err("say both: how many people, and hours of each"),
        };
        Ok(cause.into_iter().chain(effort).collect())
    }
}

/// Enter: Cancel cancels, a field goes on to the next one, and only the typed number resolves.
fn enter(model: &mut Model) -> Vec<Effect> {
    let by = model.look.who.clone();
    let Some(Overlay::Resolve(form)) = &mut model.overlay else { return Vec::new() };
    match form.field {
        ResolveField::Cancel => model.overlay = None,
        ResolveField::Confirm if IncidentId::parse(form.confirm.text().trim()) != Some(form.incident) => {
            form.complaint = Some("that is not this incident's number");
        }
        ResolveField::Confirm if form.reason.is_blank() => {
            (form.complaint, form.field) = (Some("say in a few words why it is over"), ResolveField::Reason);
        }
        ResolveField::Confirm => match form.findings() {
            Err(why) => (form.complaint, form.field) = (Some(why), ResolveField::People),
            Ok(findings) => {
                let at = if form.at_last_bad { form.last_bad } else { None };
                let (incident, reason) = (form.incident, form.reason.text().trim().into());
                model.overlay = None;
                return orders::order(model, Command::Resolve { incident, by, reason, at, findings });
            }
        },
        _ => form.turn(1),
    }
    Vec::new()
}
