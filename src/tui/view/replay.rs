//! The replay's own screen: the time line with its moments, the list as it stood, what was known at the cursor beside how it
//! ended, and the burn with the future dimmed.

use super::burn_chart;
use super::columns::name_of;
use super::overview;
use super::pen::{Pen, piece};
use super::plot::{self, Axes, Curve};
use super::what_if;
use crate::chart::{Scale, bar};
use crate::domain::base::{Money, Ms, Span};
use crate::domain::view::{Film, FilmAsk, IncidentView, Snapshot};
use crate::tui::model::{Model, Replay, ticker};
use crate::tui::theme::Role;
use crate::words::{money, time, units, width};
use rust_decimal::prelude::ToPrimitive;

/// Rows of the list at most.
const LISTED: usize = 6;
/// Pictures that are further apart say so: long films have fewer of them than instants were judged.
const USUAL: Span = Span::from_secs(15);
/// Rows of the timeline at most, with its rule.
const HAPPENED: usize = 6;
/// Rows of the burn at least: its rule, two of curve, axis and times.
const LEAST_CHART: usize = 5;

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let Some(replay) = &model.replay else { return };
    let Some(film) = replay.film() else { return waiting(model, replay, pen) };
    let Some(frame) = model.shown() else { return };
    head(model, replay, film, pen);
    time_line(model, replay, film, &mut pen.part(0, 1, usize::MAX, 2));
    let listed = frame.slos.len().clamp(1, LISTED);
    overview::list(model, frame, &mut pen.part(0, 3, usize::MAX, listed + 1));
    let mut y = 4 + listed;
    let about = about(frame, film);
    let outcome = outcome(model, film, frame, about);
    if pen.height() > y + outcome.len() + 8 && !outcome.is_empty() {
        pen.part(0, y, usize::MAX, 1).rule(0, &[piece(model.look.words.say("AT THE CURSOR, and how it ended"), Role::Title)], "");
        for (row, line) in outcome.iter().enumerate() {
            outcome_line(line, &mut pen.part(0, y + 1 + row, usize::MAX, 1));
        }
        y += outcome.len() + 1;
    }
    if let Some(told) = what_if::line(model, replay)
        && pen.height() > y + 6
    {
        pen.pieces(2, y, &told);
        y += 1;
    }
    let left = pen.height().saturating_sub(y);
    let happened = if left >= 16 { HAPPENED } else { left.saturating_sub(10).min(HAPPENED) };
    // Without room for a curve the timeline has it all.
    let happened = if left - happened < LEAST_CHART { left } else { happened };
    if left > happened {
        burn(model, replay, film, &mut pen.part(0, y, usize::MAX, left - happened));
    }
    if happened > 1 {
        said(model, about, &mut pen.part(0, y + left - happened, usize::MAX, happened));
    }
}

/// Where Esc leads from here; a replay without an engine behind it is all there is.
fn way_out(model: &Model) -> &'static str {
    model.look.words.say(if model.is_film_alone() { "q quits" } else { "Esc back to the present" })
}

fn waiting(model: &Model, replay: &Replay, pen: &mut Pen<'_>) {
    let w = pen.look.words;
    let what = match &replay.ask {
        FilmAsk::Incident(id) => id.to_string(),
        FilmAsk::Stretch { .. } => w.say("the last hours").into(),
    };
    let title = [piece(w.say("REPLAY"), Role::Title), piece(format!("  {what}"), Role::Faint)];
    pen.rule(0, &title, way_out(model));
    let text = replay.fetch.failed.as_ref().map_or_else(
        || w.say("Reading the samples of this stretch and judging every instant of it anew.").to_string(),
        |why| w.fill("Not shown: {}", &[&w.retold(why)]),
    );
    pen.put_cut(2, 2, pen.width().saturating_sub(3), &text, Role::Text);
}

fn head(model: &Model, replay: &Replay, film: &Film, pen: &mut Pen<'_>) {
    let (at, w) = (replay.at(model.now.mono), model.look.words);
    let began = film.marks.iter().find(|m| m.sign == 'S').map(|m| m.at);
    let into = began
        .map(|b| if at >= b { format!("  +{}", time::span(at.since(b))) } else { format!("  -{}", time::span(b.since(at))) });
    let run = if replay.is_running() { ">" } else { "||" };
    let mut title = vec![
        piece(w.fill("REPLAY {}", &[&model.look.zone.clock(at)]), Role::Active),
        piece(into.unwrap_or_default(), Role::Strong),
    ];
    let live = model.live.as_ref().and_then(|s| super::banners::gravest_live(s));
    let live = live.map(|live| piece(w.fill("  live: {} is open!", &[&live]), Role::Problem));
    let speed = piece(format!("  {}x {run}", units::number(replay.times())), Role::Strong);
    let step = (film.step > USUAL).then(|| piece(w.fill("  a picture every {}", &[&time::window(film.step)]), Role::Faint));
    let about = film.incident.map(|id| piece(format!("  {id}"), Role::Faint));
    // With little room the number goes first, then the speed; that something burns now is never left out.
    let used = |title: &[(String, Role)]| title.iter().map(|(text, _)| width::columns(text)).sum::<usize>() + 5;
    let mut room = pen.width().saturating_sub(used(&title) + live.as_ref().map_or(0, |(text, _)| width::columns(text)));
    for more in std::iter::once(speed).chain(step).chain(about) {
        if width::columns(&more.0) <= room {
            room -= width::columns(&more.0);
            title.push(more);
        }
    }
    title.extend(live);
    let remark = film.errors.first();
    let remark = remark.map_or_else(|| way_out(model).to_string(), |e| w.fill("incomplete: {}", &[&w.retold(e)]));
    pen.rule(0, &title, &remark);
}

/// From the first to the last instant, with a letter for each moment and a mark where the cursor is.
fn time_line(model: &Model, replay: &Replay, film: &Film, pen: &mut Pen<'_>) {
    let (zone, glyphs) = (model.look.zone, pen.look.glyphs);
    let (from, to) = (zone.minute(film.from), zone.minute(film.to));
    let x = 2 + from.len() + 1;
    let w = pen.width().saturating_sub(x + to.len() + 2);
    pen.put(2, 0, &from, Role::Faint);
    pen.put(x, 0, &glyphs.rule.repeat(w), Role::Rule);
    pen.put(x + w + 1, 0, &to, Role::Faint);
    for mark in &film.marks {
        pen.put(x + place(film, mark.at, w), 0, &mark.sign.to_string(), Role::Strong);
    }
    let at = replay.at(model.now.mono);
    let cursor = x + place(film, at, w);
    pen.put(cursor, 0, "v", Role::Active);
    // The last moment before the cursor in words, the next one after it.
    let before = film.marks.iter().rev().find(|m| m.at <= at);
    let after = film.marks.iter().find(|m| m.at > at);
    let words =
        |m: &crate::domain::view::FilmMark| format!("{} {} {}", m.sign, zone.clock(m.at), model.look.words.known(&m.text));
    let before = before.map(words).unwrap_or_default();
    pen.put_cut(x, 1, w / 2, &before, Role::Faint);
    if let Some(after) = after.map(|m| model.look.words.fill("next: {}", &[&words(m)])) {
        pen.put_right(x + w, 1, w / 2, &after, Role::Faint);
    }
}

fn place(film: &Film, at: Ms, w: usize) -> usize {
    let share = at.since(film.from).0 as f64 / film.to.since(film.from).0.max(1) as f64;
    ((share.clamp(0.0, 1.0) * w as f64) as usize).min(w.saturating_sub(1))
}

/// The film's incident as it stood in a frame.
fn about<'a>(frame: &'a Snapshot, film: &Film) -> Option<&'a IncidentView> {
    let of_film = frame.incidents.iter().find(|v| Some(v.incident.id) == film.incident);
    of_film.or_else(|| frame.incidents.first())
}

/// A figure at the cursor, its share of the final one, and the final one.
struct Outcome {
    name: &'static str,
    now: String,
    share: f64,
    end: String,
}

fn outcome(model: &Model, film: &Film, frame: &Snapshot, now: Option<&IncidentView>) -> Vec<Outcome> {
    let end = film.frames.last().and_then(|last| about(last, film));
    let mut out = Vec::new();
    if let Some(end) = end {
        let so_far = |view: &IncidentView, at: Ms| ticker::tick(view, at, false).and_then(|t| t.so_far);
        let (a, b) = (now.and_then(|v| so_far(v, model.wall())), so_far(end, film.to));
        if let Some(b) = b {
            out.push(Outcome {
                name: "cost",
                share: share_of(a, b),
                now: a.map_or_else(|| units::UNKNOWN.into(), money::brief),
                end: money::brief(b),
            });
        }
        let bad = |view: Option<&IncidentView>| view.and_then(|v| v.impact.as_ref()).map_or(0.0, |i| i.bad);
        let (a, b) = (bad(now), bad(Some(end)));
        if b > 0.0 {
            out.push(Outcome { name: "bad events", share: a / b, now: units::count(a), end: units::count(b) });
        }
    }
    let selected = model.list.selected.as_ref().and_then(|t| model.row_of(t)).or_else(|| frame.slos.first());
    let spent = |s: &Snapshot| {
        let row = selected.and_then(|r| s.slos.iter().find(|o| o.slo.id == r.slo.id && o.group == r.group));
        row.and_then(|r| r.verdict.as_ref()).and_then(|v| v.budget.consumed)
    };
    if let (Some(first), Some(a), Some(b)) =
        (film.frames.first().and_then(|f| spent(f)), spent(frame), film.frames.last().and_then(|f| spent(f)))
        && b > first
    {
        // What was bad before the film leaves a rolling period while it runs: less than nothing is spent by nobody.
        let since = |v: f64| (v - first).max(0.0);
        let words = |v: f64| units::percent_auto(since(v));
        out.push(Outcome { name: "budget spent", share: since(a) / since(b), now: words(a), end: words(b) });
    }
    out
}

fn share_of(now: Option<Money>, end: Money) -> f64 {
    now.and_then(|n| (n.amount.checked_div(end.amount)?).to_f64()).unwrap_or(0.0)
}

fn outcome_line(line: &Outcome, pen: &mut Pen<'_>) {
    let words = pen.look.words;
    pen.put(2, 0, words.say(line.name), Role::Text);
    pen.put_right(28, 0, 12, &line.now, Role::Strong);
    let w = pen.width().saturating_sub(30 + 20).clamp(4, 60);
    pen.put(30, 0, &bar::bar(line.share, w, pen.look.glyphs.charset), Role::Good);
    pen.put_cut(32 + w, 0, 18, &words.fill("end {}", &[&line.end]), Role::Faint);
}

/// Burn over 5 minutes of the selected SLO through the whole film; what lies after the cursor is dimmed.
fn burn(model: &Model, replay: &Replay, film: &Film, pen: &mut Pen<'_>) {
    let Some(row) = model.list.selected.as_ref().and_then(|t| model.row_of(t)).or_else(|| model.shown()?.slos.first()) else {
        return;
    };
    let w = model.look.words;
    pen.rule(0, &[piece(w.fill("BURN over 5m  {}", &[&name_of(row)]), Role::Title)], w.say("what came later is dimmed"));
    let mut chart = pen.part(0, 1, usize::MAX, usize::MAX);
    let value = |s: &Snapshot| {
        let row = s.slos.iter().find(|o| o.slo.id == row.slo.id && o.group == row.group)?;
        let window = row.verdict.as_ref()?.windows.iter().find(|w| w.window == Span::from_mins(5))?;
        window.burn_rate.map(|b| b as f32)
    };
    let values: Vec<f32> = film.frames.iter().map(|f| value(f).unwrap_or(f32::NAN)).collect();
    let columns = plot::columns(&chart);
    let known = place(film, replay.at(model.now.mono), columns) + 1;
    let cut = (values.len() * known).div_ceil(columns.max(1)).min(values.len());
    let axes = Axes {
        scale: Scale::BURN,
        marks: burn_chart::marks(&row.slo, Scale::BURN, true, &chart),
        from: film.from,
        to: film.to,
        timed: columns,
        events: Vec::new(),
    };
    let past = Curve { values: &values[..cut], role: burn_chart::role(row), columns: 0..known.min(columns), sparse: false };
    let later = Curve { values: &values[cut..], role: Role::Faint, columns: known.min(columns)..columns, sparse: true };
    plot::draw(&axes, &[past, later], model.look.zone, &mut chart);
    let axis = chart.look.glyphs.axis;
    for y in 0..chart.height().saturating_sub(2) {
        chart.put(plot::LABELS + known.min(columns), y, axis, Role::Strong);
    }
}

/// What had been recorded by the cursor, newest first.
fn said(model: &Model, about: Option<&IncidentView>, pen: &mut Pen<'_>) {
    let entries = about.map_or(&[][..], |v| &v.incident.entries);
    let w = model.look.words;
    let count = w.counted(entries.len(), "entry", "entries");
    let title = [piece(w.say("TIMELINE to the cursor"), Role::Title), piece(format!("  {count}"), Role::Faint)];
    pen.rule(0, &title, w.say("2 opens the incident as it stood"));
    for (y, entry) in entries.iter().rev().take(pen.height().saturating_sub(1)).enumerate() {
        let x = pen.put(2, y + 1, &model.look.zone.clock(entry.at), Role::Faint);
        let x = pen.put(x + 2, y + 1, &width::left(w.entry(&entry.fact), 9, ""), Role::Strong);
        pen.put_cut(x, y + 1, pen.width().saturating_sub(x + 1), &w.sentence(entry, model.look.zone), Role::Text);
    }
}
