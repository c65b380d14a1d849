//! The heatmap: each cell is the burn of one SLO over a stretch of time, or the share of requests in a latency bucket. A
//! glyph says the same as the colour; a cell without data is a question mark and never looks calm.

use super::columns::{name_in, name_of, tag_of};
use super::overview;
use super::pen::{Pen, piece};
use crate::domain::base::{Ms, SloId, Span};
use crate::domain::objective::Sli;
use crate::domain::view::{IncidentView, Past, PastRow, SloRow};
use crate::tui::model::{Fetch, HeatKind, Model};
use crate::tui::theme::Role;
use crate::words::{time, units, width};
use rust_decimal::prelude::ToPrimitive;

/// Columns of names in front of the cells, with the axis, on a screen of so many.
pub(super) const fn names(columns: usize) -> usize {
    match columns {
        140.. => 44,
        110.. => 34,
        70.. => 30,
        _ => 24,
    }
}

/// Rows below the map: axis, times, and two of the cursor with their rule.
const BELOW: usize = 5;

/// From which burn on a glyph stands.
const BURN_STEPS: [(f32, char); 9] =
    [(0.1, '.'), (0.2, ':'), (0.5, '-'), (1.0, '='), (2.0, '+'), (5.0, '*'), (14.4, '#'), (30.0, '%'), (60.0, '@')];
/// From which share of the requests on a glyph stands.
const SHARE_STEPS: [(f32, char); 9] =
    [(1e-9, '.'), (0.001, ':'), (0.01, '-'), (0.03, '='), (0.1, '+'), (0.2, '*'), (0.35, '#'), (0.6, '%'), (0.9, '@')];

/// Rows for SLOs on a body of so many rows.
pub(super) const fn rows(height: usize) -> usize {
    height.saturating_sub(2 + BELOW)
}

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) {
    match model.heat.kind {
        HeatKind::Burn => burn(model, pen),
        HeatKind::Latency => latency(model, model.look.words.say("Tab burn of all SLOs   j/k next SLO"), pen),
    }
}

fn burn(model: &Model, pen: &mut Pen<'_>) {
    let (stretch, w) = (model.heat.stretch, model.look.words);
    let filmed = model.heat.burn.past().filter(|_| model.is_replaying()).map(|p| time::span(p.to.since(p.from)));
    let span = filmed.unwrap_or_else(|| time::window(stretch.span()));
    let cell = model.heat.burn.past().map(|p| w.fill(", {} a cell", &[&cell_words(p.cell)])).unwrap_or_default();
    let text = [piece(w.say("HEATMAP"), Role::Title), piece(w.fill("  burn of each SLO, {}{}", &[&span, &cell]), Role::Faint)];
    pen.rule(0, &text, w.say("Tab latency   +/- zoom   [ ] pan   h/l cell"));
    legend(&BURN_STEPS, "x", pen);
    if let Some(snapshot) = model.shown().filter(|_| model.list.order.is_empty()) {
        return overview::nothing(model, snapshot, &mut pen.part(0, 3, usize::MAX, usize::MAX));
    }
    let Some(past) = ready(&model.heat.burn, pen) else { return };
    let Some(snapshot) = model.shown() else { return };
    let fit = rows(pen.height());
    let place = model.list.place(snapshot).unwrap_or(0);
    let top = (place + 1).saturating_sub(fit);
    let order: Vec<&SloRow> = model.list.order.iter().skip(top).take(fit).filter_map(|i| snapshot.slos.get(*i)).collect();
    let column = past.rows.first().map_or(0, |r| r.values.len()).saturating_sub(1 + model.heat.back);
    for (y, row) in order.iter().enumerate() {
        let chosen = y + top == place;
        name(row, chosen, y + 2, pen);
        let cells = past.rows.iter().find(|r| r.track.slo == row.slo.id && r.track.group == row.group);
        let values = cells.map_or(&[][..], |c| &c.values);
        line(values, &BURN_STEPS, chosen.then_some(column), y + 2, pen);
    }
    let y = 2 + order.len();
    axis(model, (past, &began(model, None)), y, pen);
    if let Some(row) = order.get(place - top) {
        let cells = past.rows.iter().find(|r| r.track.slo == row.slo.id && r.track.group == row.group);
        cursor(model, row, past, cells, column, &mut pen.part(0, y + 2, usize::MAX, 2));
    }
    // What is left shows where the requests of the selected SLO lie, if that is known at all.
    let rest = pen.height().saturating_sub(y + 5);
    let known = model.heat.latency.past().is_some_and(|p| !p.rows.is_empty() && p.rows.len() + 4 <= rest);
    if known && selected_latency(model) {
        latency(model, w.say("Tab alone"), &mut pen.part(0, y + 5, usize::MAX, rest));
    }
}

/// The place in the list, and the cell counted back from the newest, that a line and a column of the body show; `fit` rows have
/// room.
pub(super) fn hit(model: &Model, fit: usize, line: usize, column: usize) -> Option<(usize, Option<usize>)> {
    let snapshot = model.shown().filter(|_| model.heat.kind == HeatKind::Burn)?;
    let cells = model.heat.burn.past()?.rows.first().map_or(0, |r| r.values.len());
    let row = line.checked_sub(2).filter(|row| *row < fit)?;
    let place = row + (model.list.place(snapshot).unwrap_or(0) + 1).saturating_sub(fit);
    let back = column.checked_sub(names(usize::from(model.size.0))).and_then(|x| cells.checked_sub(x + 1));
    (place < model.list.order.len()).then_some((place, back))
}

/// The selected SLO has a histogram.
fn selected_latency(model: &Model) -> bool {
    let row = model.list.selected.as_ref().and_then(|t| model.row_of(t));
    row.is_some_and(|r| matches!(r.slo.sli, Sli::Latency { .. }))
}

fn name(row: &SloRow, chosen: bool, y: usize, pen: &mut Pen<'_>) {
    let (tag, role) = tag_of(row);
    pen.put(0, y, if chosen { ">" } else { " " }, Role::Strong);
    pen.put(1, y, &tag, role);
    let room = names(pen.width()) - 6;
    let written = name_in(row, room, pen.look.glyphs.ellipsis);
    pen.put_cut(5, y, room, &written, if chosen { Role::Strong } else { Role::Text });
}

/// What each glyph begins at.
fn legend(steps: &[(f32, char)], unit: &str, pen: &mut Pen<'_>) {
    let mut x = pen.put(1, 1, pen.look.words.say("legend"), Role::Faint) + 2;
    for (i, (from, sign)) in steps.iter().enumerate() {
        let words = if unit == "x" { units::number(f64::from(*from)) } else { units::percent_level(f64::from(*from)) };
        x = pen.put_styled(x, 1, &sign.to_string(), pen.look.theme.heat(i, steps.len()));
        x = pen.put(x, 1, &format!("{words}{}", if unit == "x" { unit } else { "" }), Role::Faint) + 1;
    }
    for sign in ["? no data", "! incident began"] {
        let words = pen.look.words.say(sign);
        if x + 1 + width::columns(words) < pen.width() {
            x = pen.put(x + 1, 1, words, Role::Faint) + 1;
        }
    }
}

/// The length of a cell, without the seconds of whole minutes.
fn cell_words(cell: Span) -> String {
    if cell.0 % 60_000 == 0 { time::window(cell) } else { time::span(cell) }
}

/// Stands on the axis where an incident began.
const BEGAN: &str = "!";

/// When incidents began, of all SLOs or of one, as far as the snapshot knows them.
fn began(model: &Model, slo: Option<&SloId>) -> Vec<Ms> {
    let all = model.shown().into_iter().flat_map(|s| s.incidents.iter());
    let about = |v: &&IncidentView| slo.is_none_or(|slo| v.incident.services.iter().any(|(_, slos)| slos.contains(slo)));
    all.filter(about).filter_map(Model::since).collect()
}

/// One row of cells; the cursor's cell is turned round.
fn line(values: &[f32], steps: &[(f32, char)], cursor: Option<usize>, y: usize, pen: &mut Pen<'_>) {
    let first = names(pen.width());
    pen.put(first - 1, y, pen.look.glyphs.axis, Role::Rule);
    for (x, value) in values.iter().enumerate() {
        let step = steps.iter().rposition(|(from, _)| value >= from);
        let (sign, style) = match step {
            _ if value.is_nan() => ('?', pen.look.theme.style(Role::Stale)),
            None => (' ', pen.look.theme.style(Role::Text)),
            Some(i) => (steps[i].1, pen.look.theme.heat(i, steps.len())),
        };
        let style = if cursor == Some(x) { pen.look.theme.style(Role::Active) } else { style };
        pen.put_styled(first + x, y, &sign.to_string(), style);
    }
}

/// Time under a map, and a mark where incidents began.
fn axis(model: &Model, (past, began): (&Past, &[Ms]), y: usize, pen: &mut Pen<'_>) {
    let glyphs = pen.look.glyphs;
    let cells = past.rows.first().map_or(0, |r| r.values.len());
    let first = names(pen.width());
    pen.put(first - 1, y, glyphs.corner, Role::Rule);
    pen.put(first, y, &glyphs.rule.repeat(cells), Role::Rule);
    for at in began {
        let cell = at.since(past.from).0.div_euclid(past.cell.0.max(1));
        if let Some(cell) = usize::try_from(cell).ok().filter(|cell| *cell < cells) {
            pen.put(first + cell, y, BEGAN, Role::P0);
        }
    }
    let long = past.to.since(past.from) > Span::from_hours(24);
    let name = |at: Ms| if long { model.look.zone.day_minute(at) } else { model.look.zone.minute(at) };
    let count = (cells / if long { 18 } else { 12 }).clamp(1, 8);
    for i in 0..count {
        let cell = cells * i / count;
        pen.put(first + cell, y + 1, &name(past.from + past.cell * cell as i64), Role::Faint);
    }
}

/// What the cell under the cursor holds.
fn cursor(model: &Model, row: &SloRow, past: &Past, cells: Option<&PastRow>, column: usize, pen: &mut Pen<'_>) {
    let from = past.from + past.cell * column as i64;
    let zone = model.look.zone;
    let stretch = format!("  {} - {}", zone.day_minute(from), zone.minute(from + past.cell));
    let w = model.look.words;
    pen.rule(
        0,
        &[piece(name_of(row), Role::Title), piece(stretch, Role::Faint)],
        w.say("Enter zooms in   d opens it   i its incident"),
    );
    let value = |of: &[f32]| of.get(column).copied().filter(|v| v.is_finite()).map(f64::from);
    let Some((cells, burn)) = cells.and_then(|c| Some((c, value(&c.values)?))) else {
        pen.put(2, 1, w.say("no data, which never means fine"), Role::Strong);
        return;
    };
    let (bad, total) = (value(&cells.bad).unwrap_or(0.0), value(&cells.total).unwrap_or(0.0));
    let (events, ratio) = if total > 0.0 {
        let events = w.fill("{} bad of {}", &[&units::count(bad), &units::count(total)]);
        (events, w.fill("   {} of the events", &[&units::percent_auto(bad / total)]))
    } else {
        (units::count(bad), String::new())
    };
    let text = w.fill("burn {}   {}{}", &[&units::burn_x(burn), &events, &ratio]);
    pen.put_cut(2, 1, pen.width() - 3, &text, Role::Text);
}

/// The answer, or words for why there is none yet.
fn ready<'a>(fetch: &'a Fetch, pen: &mut Pen<'_>) -> Option<&'a Past> {
    let past = fetch.past();
    if past.is_none() {
        let w = pen.look.words;
        let text =
            fetch.failed.as_ref().map_or(w.say("reading history").into(), |why| w.fill("not shown: {}", &[&w.retold(why)]));
        pen.put_cut(2, 3, pen.width().saturating_sub(3), &text, Role::Faint);
    }
    past.map(|p| &**p)
}

/// Buckets by time, the slowest at the top; the SLO's threshold lies between two of them.
fn latency(model: &Model, remark: &str, pen: &mut Pen<'_>) {
    let row = model.list.selected.as_ref().and_then(|t| model.row_of(t));
    let w = model.look.words;
    let about = row.map(|row| w.fill("  {}, the last hour by bucket", &[&name_of(row)])).unwrap_or_default();
    let text = [piece(w.say("LATENCY"), Role::Title), piece(about, Role::Faint)];
    pen.rule(0, &text, remark);
    legend(&SHARE_STEPS, "%", pen);
    if let Some(snapshot) = model.shown().filter(|_| model.list.order.is_empty()) {
        return overview::nothing(model, snapshot, &mut pen.part(0, 3, usize::MAX, usize::MAX));
    }
    let Some(Sli::Latency { under_seconds, .. }) = row.map(|r| &r.slo.sli) else {
        pen.put(2, 3, w.say("This SLO has no histogram; j and k go to another one."), Role::Text);
        return;
    };
    let Some(past) = ready(&model.heat.latency, pen) else { return };
    if past.rows.is_empty() {
        pen.put(2, 3, w.say("No bucket has been seen yet."), Role::Text);
        return;
    }
    let under = under_seconds.to_f64().unwrap_or(f64::NAN);
    let fit = pen.height().saturating_sub(4);
    for (y, bucket) in past.rows.iter().rev().take(fit).enumerate() {
        let bound = bucket.bucket.unwrap_or(f64::INFINITY);
        let name = if bound.is_finite() { format!("<= {}", units::latency(bound)) } else { w.say("slower").into() };
        let good = bound <= under;
        let first = names(pen.width());
        pen.put_right(first - 8, y + 2, first - 8, &name, if good { Role::Text } else { Role::Strong });
        pen.put(first - 6, y + 2, w.say(if good { "good" } else { "bad" }), if good { Role::Good } else { Role::P1 });
        line(&bucket.values, &SHARE_STEPS, None, y + 2, pen);
    }
    let began = row.map(|row| began(model, Some(&row.slo.id))).unwrap_or_default();
    axis(model, (past, &began), 2 + past.rows.len().min(fit), pen);
}
