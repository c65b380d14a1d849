//! The replay's keys: playing, stepping, jumping, and going back to the present.

use super::{asks, navigate, refresh, say, tell};
use crate::domain::base::{Ms, Span};
use crate::domain::view::{Film, FilmAsk, SloRow, TrackId};
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
    let another = |ask: &FilmAsk| matches!(ask, FilmAsk::Incident(_)) && on != Some(ask);
    let chosen = wish.as_ref().is_some_and(|(ask, _)| model.tab == Tab::History && another(ask));
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
    if action == Action::Live && model.is_film_alone() {
        return say(model, Mood::Told, "no engine stands behind this replay, so there is no present to go back to; q quits");
    }
    if action == Action::Live {
        model.replay = None;
        model.tab = Tab::Overview;
        asks::forget(model);
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

/// The film is there. What it knows takes the place of what the engine knew, and the list begins at the SLO that the incident
/// hurt most, unless a person has chosen one.
pub(super) fn arrived(model: &mut Model) {
    asks::forget(model);
    refresh(model);
    let hurt = model.replay.as_ref().and_then(|r| r.film()).and_then(|film| most_hurt(film));
    if let Some(track) = hurt.filter(|_| !model.list.touched) {
        model.list.selected = Some(track);
        model.list.touched = true;
    }
}

/// The track that spends most of its budget while the film's incident is on.
fn most_hurt(film: &Film) -> Option<TrackId> {
    let (first, last) = (film.frames.first()?, film.frames.last()?);
    let incident = last.incidents.iter().find(|v| Some(v.incident.id) == film.incident)?;
    let mine = |row: &&SloRow| incident.incident.services.iter().any(|(_, slos)| slos.contains(&row.slo.id));
    let spent = |row: &SloRow| row.verdict.as_ref()?.budget.consumed;
    let before = |row: &SloRow| first.slos.iter().find(|o| TrackId::of(o) == TrackId::of(row)).and_then(spent);
    let by = |row: &SloRow| spent(row).unwrap_or(0.0) - before(row).unwrap_or(0.0);
    last.slos.iter().filter(mine).max_by(|a, b| by(a).total_cmp(&by(b))).map(TrackId::of)
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
    let Some((from, to, at)) = replay.film().map(|f| (f.from, f.to, replay.at(now))) else { return Ok(()) };
    let wanted =
        moment(text, (from, to), at, zone).ok_or_else(|| w.fill("`{}` is no time; write 02:31, -10m or RFC 3339", &[&text]))?;
    if !(from..=to).contains(&wanted) && !text.trim().starts_with(['+', '-']) {
        let (first, last) = (zone.near(from, wanted), zone.near(to, wanted));
        return Err(w.fill("{} is outside of this replay: {} - {}", &[&zone.near(wanted, from), &first, &last]));
    }
    replay.go(wanted, now);
    refresh(model);
    Ok(())
}

fn moment(text: &str, (from, to): (Ms, Ms), at: Ms, zone: Zone) -> Option<Ms> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('-') {
        return Some(at - Span::parse(rest).ok()?);
    }
    if let Some(rest) = text.strip_prefix('+') {
        return Some(at + Span::parse(rest).ok()?);
    }
    let clocks = zone.clock_near(text, at);
    Ms::parse_rfc3339(text).or_else(|| clocks.iter().find(|c| (from..=to).contains(c)).or(clocks.first()).copied())
}
