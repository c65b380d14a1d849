//! Orders: acknowledging with a way back, and what the desk answered.

use super::{Effect, later, say, tell};
use crate::domain::base::{IncidentId, Span};
use crate::domain::incident::{Act, acknowledgement_lasts};
use crate::domain::view::{Command, Refusal};
use crate::tui::model::{Model, Mood, Toast, Undo};
use crate::words::time;

/// How long an acknowledgement can be taken back with one key.
pub(super) const UNDO_FOR: Span = Span::from_secs(10);

/// Acknowledges at once: it is frequent and can be taken back.
pub(super) fn acknowledge(model: &mut Model) -> Vec<Effect> {
    let Some(view) = model.target() else {
        say(model, Mood::Told, "there is no open incident to acknowledge");
        return Vec::new();
    };
    let (incident, w) = (view.incident.id, model.look.words);
    if Model::is_handled(view) {
        let text = match &view.incident.acknowledged_by {
            Some((who, at)) => w.fill("{} was acknowledged by {} at {}", &[&incident, who, &model.look.zone.clock(*at)]),
            None => w.fill("{} is {}: nothing to acknowledge", &[&incident, &w.phase(view.incident.phase)]),
        };
        tell(model, Mood::Told, text);
        return Vec::new();
    }
    model.list.touched = true;
    order(model, Command::Acknowledge { incident, by: model.look.who.clone() })
}

/// Takes the last acknowledgement back while that is possible.
pub(super) fn undo(model: &mut Model) -> Vec<Effect> {
    let Some(undo) = model.undo.take() else {
        say(model, Mood::Told, "nothing to take back");
        return Vec::new();
    };
    order(model, Command::Unacknowledge { incident: undo.incident, by: model.look.who.clone() })
}

/// Sends an order and remembers what it was.
pub(super) fn order(model: &mut Model, command: Command) -> Vec<Effect> {
    if model.pending.values().any(|under_way| *under_way == command) {
        return Vec::new();
    }
    let ticket = model.next_ticket;
    model.next_ticket += 1;
    model.pending.insert(ticket, command.clone());
    vec![Effect::Order { ticket, command }]
}

/// Tells how an order ended.
pub(super) fn reply(model: &mut Model, ticket: u64, result: Result<(), Refusal>) {
    let Some(command) = model.pending.remove(&ticket) else { return };
    let w = model.look.words;
    // This screen gives no order without an incident.
    let Some(incident) = command.incident() else { return };
    if let Err(refusal) = result {
        return tell(
            model,
            Mood::Failed,
            format!("{}: {}", w.fill(attempt(&command), &[&incident]), w.retold(&refusal.to_string())),
        );
    }
    match command {
        Command::Acknowledge { by, .. } => acknowledged(model, incident, &by),
        Command::Unacknowledge { .. } => tell(model, Mood::Done, w.fill("{} is not acknowledged any more", &[&incident])),
        Command::Note { .. } => tell(model, Mood::Done, w.fill("noted on {}", &[&incident])),
        Command::Resolve { .. } => tell(model, Mood::Done, w.fill("resolved {}", &[&incident])),
        Command::Merge { with, .. } => {
            let (older, younger) = (incident.min(with), incident.max(with));
            tell(model, Mood::Done, w.fill("{} is part of {} now", &[&younger, &older]));
        }
        Command::Act { act: Act::Correct { changes, .. }, .. } => {
            let told: Vec<String> =
                changes.iter().map(|c| format!("{} {}", w.known(c.field()), c.value().unwrap_or_default())).collect();
            tell(model, Mood::Done, format!("{incident}: {}", told.join(", ")));
        }
        Command::Restate { .. } => tell(model, Mood::Done, w.fill("restated the cost of {}", &[&incident])),
        Command::Act { .. } | Command::Split { .. } | Command::Declare { .. } => {
            tell(model, Mood::Done, w.fill("recorded on {}", &[&incident]));
        }
    }
}

fn attempt(command: &Command) -> &'static str {
    match command {
        Command::Acknowledge { .. } => "could not acknowledge {}",
        Command::Unacknowledge { .. } => "could not take back the acknowledgement of {}",
        Command::Note { .. } => "could not note on {}",
        Command::Resolve { .. } => "could not resolve {}",
        Command::Restate { .. } => "could not restate the cost of {}",
        Command::Merge { .. } => "could not merge {}",
        Command::Act { .. } | Command::Split { .. } | Command::Declare { .. } => "could not change {}",
    }
}

/// Who, when, how long after the first page, and the way back.
fn acknowledged(model: &mut Model, incident: IncidentId, by: &str) {
    let now = model.live_wall();
    let milestones = model.incident_of(incident).map(|v| v.incident.milestones);
    let paged = milestones.and_then(|m| m.paged.or(m.detected));
    let (w, clock) = (model.look.words, model.look.zone.clock(now));
    let mut told = vec![clock];
    told.extend(paged.map(|p| format!("TTA {}", time::span(now.since(p)))));
    told.push(match model.incident_of(incident).and_then(|v| acknowledgement_lasts(v.incident.severity?)) {
        Some(span) => w.fill("no pages for {}", &[&span]),
        None => w.say("no more pages").into(),
    });
    let title = w.fill("acknowledged {} as {}", &[&incident, &by]);
    let until = later(model, UNDO_FOR);
    model.undo = Some(Undo { incident, until });
    model.toast = Some(Toast { title: Some(title), text: told.join("   "), mood: Mood::Done, until: Some(until) });
}
