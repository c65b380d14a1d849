//! Tiles of expressions: one value, lines over time, a table, a map of series by time.

use crate::chart::{Scale, spark};
use crate::domain::base::{Labels, Ms, Text};
use crate::domain::view::{Bound, Tile, TileKind, Unit, Values, ValuesRow};
use crate::tui::model::{Fetch, Model};
use crate::tui::theme::Role;
use crate::tui::view::pen::{Pen, piece};
use crate::words::{units, width};
use std::collections::BTreeSet;

/// Glyphs of the map, from cool to hot.
const HEAT: [char; 9] = ['.', ':', '-', '=', '+', '*', '#', '%', '@'];

pub(super) fn draw(model: &Model, tile: &Tile, fetch: &Fetch, pen: &mut Pen<'_>) {
    let Some(values) = fetch.values() else { return waits(model, fetch, pen) };
    let w = model.look.words;
    if values.rows.is_empty() {
        // No series is no zero.
        pen.put_cut(1, 0, pen.width().saturating_sub(2), w.say("no data: the expression has no series now"), Role::Strong);
        return complain(model, fetch, pen);
    }
    match &tile.kind {
        TileKind::Value { .. } => value(model, tile, fetch, values, pen),
        TileKind::Table { by, .. } => table(model, tile, values, by, pen),
        TileKind::Heatmap { by, .. } => heat(model, tile, values, by, pen),
        _ => sparks(tile, values, pen),
    }
    complain(model, fetch, pen);
}

/// There is no answer yet: that it is waited for, or why it does not come.
pub(super) fn waits(model: &Model, fetch: &Fetch, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let Some(why) = &fetch.failed else {
        pen.put_cut(1, 0, pen.width().saturating_sub(2), w.say("asking"), Role::Faint);
        return;
    };
    let text = w.fill("not shown: {}", &[&w.retold(why)]);
    for (y, line) in width::wrap(&text, pen.width().saturating_sub(2).max(4)).iter().take(pen.height()).enumerate() {
        pen.put(1, y, line, Role::P1);
    }
}

/// The values are old because the last question failed: why, on the last row.
pub(super) fn complain(model: &Model, fetch: &Fetch, pen: &mut Pen<'_>) {
    let text = match (&fetch.failed, fetch.values().and_then(|v| v.warnings.first())) {
        (Some(why), _) => model.look.words.fill("~ stale: {}", &[&model.look.words.retold(why)]),
        (None, Some(warning)) => format!("! {warning}"),
        (None, None) => return,
    };
    let y = pen.height().saturating_sub(1);
    pen.part(0, y, usize::MAX, 1).clear();
    pen.put_cut(1, y, pen.width().saturating_sub(2), &text, Role::P1);
}

/// A level in the tile's unit: round numbers lose their decimals.
fn told_level(unit: Unit, level: f64) -> String {
    if unit == Unit::Ratio { units::percent_level(level) } else { told(unit, level) }
}

/// A number in the tile's unit. `-` is unknown, NaN is what the server said.
fn told(unit: Unit, value: f64) -> String {
    match unit {
        _ if value.is_nan() => "NaN".into(),
        _ if value.is_infinite() => if value > 0.0 { "+Inf" } else { "-Inf" }.into(),
        Unit::Number => units::number(value),
        Unit::Ratio => units::percent_auto(value),
        Unit::Seconds => units::latency(value),
        Unit::Bytes => format!("{}B", units::short(value)),
        Unit::PerSecond => format!("{}/s", units::number(value)),
        Unit::PerMinute => format!("{}/min", units::number(value)),
        Unit::Burn => units::burn_x(value),
    }
}

/// The number of a row's last instant, and its look.
fn last(row: &ValuesRow, tile: &Tile) -> (String, Role) {
    let value = row.values.last().copied().unwrap_or(f64::NAN);
    if !row.is_present {
        return (units::UNKNOWN.into(), Role::Faint);
    }
    let bad = tile.bad.is_some_and(|bound| bound.is_crossed(value));
    let text = told(tile.unit, value);
    if bad { (format!("! {text}"), Role::P0) } else { (text, Role::Strong) }
}

fn value(model: &Model, tile: &Tile, fetch: &Fetch, values: &Values, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let [row] = values.rows.as_slice() else {
        let many = values.rows.len() + values.more;
        let text = w.fill("{} series: aggregate them, or use a table", &[&many]);
        pen.put_cut(1, 0, pen.width().saturating_sub(2), &text, Role::P1);
        return;
    };
    let (text, role) = last(row, tile);
    let stale = if fetch.failed.is_some() { "~" } else { "" };
    let x = pen.put_cut(1, 0, pen.width().saturating_sub(2), &format!("{stale}{text}"), role);
    let bound = match tile.bad {
        Some(Bound::Above(level)) => w.fill("bad above {}", &[&told_level(tile.unit, level)]),
        Some(Bound::Below(level)) => w.fill("bad below {}", &[&told_level(tile.unit, level)]),
        None => String::new(),
    };
    if x + 2 + width::columns(&bound) < pen.width() {
        pen.put(x + 2, 0, &bound, Role::Faint);
    } else if pen.height() > 1 {
        pen.put_cut(1, 1, pen.width().saturating_sub(2), &bound, Role::Faint);
    }
}

/// As 32-bit numbers, for drawing.
fn drawn(row: &ValuesRow) -> Vec<f32> {
    row.values.iter().map(|v| *v as f32).collect()
}

/// What names each row: the labels asked for, else those that differ.
fn names(values: &Values, by: &[Text]) -> Vec<Vec<String>> {
    let keys: Vec<Text> = if by.is_empty() { differing(values) } else { by.to_vec() };
    values.rows.iter().map(|row| keys.iter().map(|key| row.labels.get(key).to_string()).collect()).collect()
}

/// Labels whose values are not the same everywhere; all of them when there is one row.
fn differing(values: &Values) -> Vec<Text> {
    let all: BTreeSet<Text> = values.rows.iter().flat_map(|r| r.labels.iter()).map(|(k, _)| Text::from(k)).collect();
    let differs = |key: &Text| {
        let mut seen = values.rows.iter().map(|r: &ValuesRow| -> &Labels { &r.labels }).map(|labels| labels.get(key));
        let first = seen.next();
        seen.any(|value| Some(value) != first)
    };
    let some: Vec<Text> = all.iter().filter(|key| differs(key)).cloned().collect();
    if some.is_empty() && values.rows.len() == 1 { all.into_iter().collect() } else { some }
}

/// A line for each series: name, its course, its last value.
fn sparks(tile: &Tile, values: &Values, pen: &mut Pen<'_>) {
    let (charset, height) = (pen.look.glyphs.charset, pen.height());
    let names: Vec<String> = names(values, &[]).into_iter().map(|parts| parts.join(" ")).collect();
    let single = values.rows.len() == 1;
    // The last row tells of those that find no room.
    let all = values.rows.len() + values.more;
    let shown = if all > height && height > 1 { height - 1 } else { values.rows.len().min(height) };
    let name =
        if single { 0 } else { names.iter().take(shown).map(|n| width::columns(n)).max().unwrap_or(0).min(pen.width() / 3) };
    let told: Vec<(String, Role)> = values.rows.iter().take(shown).map(|row| last(row, tile)).collect();
    let tail = told.iter().map(|(text, _)| width::columns(text)).max().unwrap_or(0);
    let x = if name > 0 { name + 2 } else { 1 };
    let room = pen.width().saturating_sub(x + tail + 2);
    let all: Vec<f32> = values.rows.iter().take(shown).flat_map(drawn).collect();
    let scale = Scale::fit(&all);
    for (y, ((row, words), (text, role))) in values.rows.iter().zip(&names).zip(&told).take(shown).enumerate() {
        let lines = if single {
            spark::tall(&drawn(row), room, height, scale, charset)
        } else {
            vec![spark::spark(&drawn(row), room, scale, charset)]
        };
        let last_line = lines.len().saturating_sub(1);
        for (i, line) in lines.iter().enumerate() {
            pen.put(x, y + i, line, if *role == Role::P0 { Role::P0 } else { Role::Good });
        }
        if name > 0 {
            pen.put_cut(1, y, name, words, Role::Text);
        }
        pen.put_right(pen.width().saturating_sub(1), y + last_line, tail, text, *role);
    }
    more(values, shown, pen.width().saturating_sub(1), shown, pen);
}

/// How many series are not shown, before column `end` of a row where nothing else stands.
fn more(values: &Values, shown: usize, end: usize, y: usize, pen: &mut Pen<'_>) {
    let hidden = values.rows.len() + values.more - shown.min(values.rows.len());
    if hidden > 0 && y < pen.height() {
        let text = pen.look.words.fill("+{} more", &[&hidden]);
        pen.put_right(end, y, end, &text, Role::Faint);
    }
}

/// Names and values, greatest first.
fn table(model: &Model, tile: &Tile, values: &Values, by: &[Text], pen: &mut Pen<'_>) {
    let keys: Vec<Text> = if by.is_empty() { differing(values) } else { by.to_vec() };
    let names = names(values, &keys);
    let heads = pen.height() > 2 || values.rows.len() < pen.height();
    let top = usize::from(heads && !keys.is_empty());
    let shown = values.rows.len().min(pen.height().saturating_sub(top));
    let told: Vec<(String, Role)> = values.rows.iter().take(shown).map(|row| last(row, tile)).collect();
    let tail = told.iter().map(|(text, _)| width::columns(text)).max().unwrap_or(0).max(5);
    let room = pen.width().saturating_sub(tail + 3);
    let share = room / keys.len().max(1);
    for (i, key) in keys.iter().enumerate().filter(|_| top > 0) {
        pen.put_cut(1 + i * share, 0, share.saturating_sub(1), key, Role::Faint);
    }
    if top > 0 {
        pen.put_right(pen.width().saturating_sub(1), 0, tail, model.look.words.say("value"), Role::Faint);
    }
    for (y, (parts, (text, role))) in names.iter().zip(&told).enumerate() {
        for (i, part) in parts.iter().enumerate() {
            pen.put_cut(1 + i * share, y + top, share.saturating_sub(1), part, Role::Text);
        }
        pen.put_right(pen.width().saturating_sub(1), y + top, tail, text, *role);
    }
    let end = if top > 0 { pen.width().saturating_sub(tail + 2) } else { pen.width() };
    more(values, shown, end, if top > 0 { 0 } else { pen.height().saturating_sub(1) }, pen);
}

/// A row for each series, cooler and hotter cells between the least and the greatest value; a question mark where there is none.
fn heat(model: &Model, tile: &Tile, values: &Values, by: &[Text], pen: &mut Pen<'_>) {
    let names: Vec<String> = names(values, by).into_iter().map(|parts| parts.join(" ")).collect();
    let below = usize::from(pen.height() > 1);
    let shown = values.rows.len().min(pen.height().saturating_sub(below));
    let known = || values.rows.iter().flat_map(|row| row.values.iter().copied()).filter(|v| v.is_finite());
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    let name = names.iter().take(shown).map(|n| width::columns(n)).max().unwrap_or(0).clamp(4, (pen.width() / 3).max(4));
    let room = pen.width().saturating_sub(name + 3);
    for (y, (row, words)) in values.rows.iter().zip(&names).take(shown).enumerate() {
        pen.put_cut(1, y, name, words, Role::Text);
        let cells = pooled(&row.values, room);
        for (x, cell) in cells.into_iter().enumerate() {
            let (sign, style) = match cell {
                None => ('?', pen.look.theme.style(Role::Stale)),
                Some(v) => {
                    let share = if high > low { (v - low) / (high - low) } else { 0.0 };
                    let step = ((share * HEAT.len() as f64) as usize).min(HEAT.len() - 1);
                    (HEAT[step], pen.look.theme.heat(step, HEAT.len()))
                }
            };
            pen.put_styled(name + 2 + x, y, &sign.to_string(), style);
        }
    }
    if below > 0 && low.is_finite() {
        let clock = |at: Ms| model.look.zone.minute(at);
        let legend = [
            piece(format!("{} - {}", clock(values.from), clock(values.to)), Role::Faint),
            piece(format!("   . {}   @ {}", told(tile.unit, low), told(tile.unit, high)), Role::Faint),
        ];
        pen.pieces(name + 2, shown, &legend);
    }
    more(values, shown, pen.width().saturating_sub(1), shown, pen);
}

/// The greatest value of each column; none where nothing is known.
fn pooled(values: &[f64], columns: usize) -> Vec<Option<f64>> {
    let columns = columns.min(values.len().max(1));
    (0..columns)
        .map(|x| {
            let part = &values[values.len() * x / columns..values.len() * (x + 1) / columns];
            part.iter().copied().filter(|v| v.is_finite()).reduce(f64::max)
        })
        .collect()
}
