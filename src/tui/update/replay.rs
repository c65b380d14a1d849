//! The replay's keys: playing, stepping, jumping, and going back to the present.

use super::{navigate, refresh, say, tell};
use crate::domain::base::{Ms, Span};
use crate::domain::view::FilmAsk;
use crate::tui::keys::Action;
use crate::tui::model::{Model, Mood, Replay, Tab};
use crate::words::Zone;

/// What is replayed where there is no incident.
const LAST: Span = Span::from_hours(6);

/// How much is replayed before and after a cursor.
const AROUND: Span = Span::from_mins(30);

/// Screen 5: the replay that is on, else one around the cursor, of the incident on the screen, or of the last hours. While one is
/// on, only another choice among past incidents means another one.
pub(super) fn open(model: &mut Model) {
    let wish = wish(model);
    let on = model.replay.as_ref().map(|r| &r.ask);
    let chosen = wish.as_ref().is_some_and(|(ask, _)| model.tab == Tab::History && on != Some(ask));
    if on.is_none() || chosen {
        let Some((ask, at)) = wish else {
            return say(model, Mood::Told, "nothing has been evaluated yet, so there is nothing to replay");
        };
        model.replay = Some(at.map_or_else(|| Replay::new(ask.clone()), |at| Replay::at_moment(ask.clone(), at)));
    }
    model.frozen = None;
    model.tab = Tab::Replay;
}

/// What the screen asks to be replayed, and at which moment it begins.
fn wish(model: &Model) -> Option<(FilmAsk, Option<Ms>)> {
    let now = model.shown().and_then(|s| s.at)?;
    let pointed = match model.tab {
        Tab::Slo => model.slo.cursor,
        Tab::Heat if model.heat.back > 0 => navigate::cell(model).map(|(from, to)| Ms(i64::midpoint(from.0, to.0))),
        _ => None,
    };
    if let Some(at) = pointed {
        return Some((FilmAsk::Stretch { from: at - AROUND, to: (at + AROUND).min(now) }, Some(at)));
    }
    let ask = subject(model).map_or(FilmAsk::Stretch { from: now - LAST, to: now }, FilmAsk::Incident);
    Some((ask, None))
}

/// The incident that the screen is about.
fn subject(model: &Model) -> Option<crate::domain::base::IncidentId> {
    match model.tab {
        Tab::History => model.history.selected.or_else(|| model.history.rows().first().map(|i| i.id)),
        Tab::Incident => model.on_screen().map(|v| v.incident.id),
        _ => model.target().map(|v| v.incident.id),
    }
}

/// Whether a key of the replay's screen is for the replay.
pub(super) const fn is_ours(action: Action) -> bool {
    matches!(
        action,
        Action::Play
            | Action::StepOn
            | Action::StepBack
            | Action::Faster
            | Action::Slower
            | Action::NextMark
            | Action::PrevMark
            | Action::First
            | Action::Last
            | Action::Live
    )
}

pub(super) fn act(model: &mut Model, action: Action) {
    let now = model.now.mono;
    if action == Action::Live {
        model.replay = None;
        model.tab = Tab::Overview;
        return refresh(model);
    }
    let Some(replay) = &mut model.replay else { return };
    let bounds = replay.film().map(|f| (f.from, f.to));
    match (action, bounds) {
        (Action::Play, _) => replay.toggle(now),
        (Action::StepOn, _) => replay.step(1, now),
        (Action::StepBack, _) => replay.step(-1, now),
        (Action::Faster, _) => replay.faster(1, now),
        (Action::Slower, _) => replay.faster(-1, now),
        (Action::First, Some((from, _))) => replay.go(from, now),
        (Action::Last, Some((_, to))) => replay.go(to, now),
        (Action::NextMark | Action::PrevMark, _) => jump(model, action == Action::NextMark),
        _ => {}
    }
    refresh(model);
}

fn jump(model: &mut Model, on: bool) {
    let (now, w) = (model.now.mono, model.look.words);
    let mark = model.replay.as_mut().and_then(|r| r.jump(on, now));
    let text = match mark {
        Some(mark) => format!("{} {}", model.look.zone.clock(mark.at), w.known(&mark.text)),
        None if on => w.say("no later moment").into(),
        None => w.say("no earlier moment").into(),
    };
    tell(model, Mood::Told, text);
}

/// Goes to a time as a person writes it: `02:31`, `02:31:15`, `-10m`, `+90s`, RFC 3339.
pub(super) fn go_to(model: &mut Model, text: &str) -> Result<(), String> {
    let now = model.now.mono;
    let (zone, w) = (model.look.zone, model.look.words);
    let Some(replay) = &mut model.replay else { return Ok(()) };
    let Some((from, at)) = replay.film().map(|f| (f.from, replay.at(now))) else { return Ok(()) };
    let wanted =
        moment(text, from, at, zone).ok_or_else(|| w.fill("`{}` is no time; write 02:31, -10m or RFC 3339", &[&text]))?;
    replay.go(wanted, now);
    refresh(model);
    Ok(())
}

fn moment(text: &str, from: Ms, at: Ms, zone: Zone) -> Option<Ms> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('-') {
        return Some(at - Span::parse(rest).ok()?);
    }
    if let Some(rest) = text.strip_prefix('+') {
        return Some(at + Span::parse(rest).ok()?);
    }
    Ms::parse_rfc3339(text).or_else(|| zone.next_clock(text, from))
}
