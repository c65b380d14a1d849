//! The panels of an incident as lines: cost, timeline, signals, next.

use crate::chart::{Scale, bar, spark};
use crate::domain::base::Ms;
use crate::domain::cost::{CostLine, CostSheet};
use crate::domain::incident::Entry;
use crate::domain::view::{IncidentView, Signal};
use crate::tui::model::{Model, Panel};
use crate::tui::theme::Role;
use crate::tui::view::pen::{Pen, piece};
use crate::words::{escape, money, time, timeline, units, width};
use rust_decimal::prelude::ToPrimitive;

/// A line: pieces from the left, and one at the right end.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    left: Vec<(String, Role)>,
    right: Option<(String, Role)>,
}

/// A note may be long; so many lines of one entry are shown.
const ENTRY_LINES: usize = 6;

pub(super) const fn title(panel: Panel) -> &'static str {
    match panel {
        Panel::Timeline => "TIMELINE",
        Panel::Cost => "COST",
        Panel::Signals => "SIGNALS",
        Panel::Next => "NEXT, if nothing changes",
    }
}

/// The lines of all panels, in the order of [`Panel::ALL`].
pub(super) fn all(model: &Model, view: &IncidentView, columns: usize) -> [Vec<Line>; 4] {
    [happened(model, view, columns), costs(view, columns), signals(model, view, columns), next(model, view)]
}

pub(super) fn remark(model: &Model, panel: Panel, columns: usize) -> String {
    let text = match panel {
        Panel::Cost if columns >= 100 => "estimates from the business file, not accounting",
        Panel::Cost => "estimates",
        Panel::Timeline => "newest first",
        Panel::Next if columns >= 100 => "projected at the present rates",
        _ => "",
    };
    if panel == Panel::Signals
        && let Some(signal) = model.on_screen().and_then(|v| v.signals.first())
    {
        return format!("{} - {}", model.look.zone.minute(signal.from), model.look.zone.minute(signal.to));
    }
    text.into()
}

pub(super) fn draw_line(line: &Line, y: usize, pen: &mut Pen<'_>) {
    let room = pen.width().saturating_sub(1);
    let right = line.right.as_ref().map_or(0, |(text, _)| width::columns(&escape::terminal(text)) + 2);
    let mut x = 0;
    for (text, role) in &line.left {
        x = pen.put_cut(x, y, room.saturating_sub(right).saturating_sub(x), text, *role);
    }
    if let Some((text, role)) = &line.right {
        pen.put_right(room, y, right, text, *role);
    }
}

fn happened(model: &Model, view: &IncidentView, columns: usize) -> Vec<Line> {
    let mut entries: Vec<&Entry> = view.incident.entries.iter().collect();
    entries.sort_by(|a, b| b.at.cmp(&a.at).then(b.seq.cmp(&a.seq)));
    let start = view.incident.milestones.impact_start;
    let mut out = Vec::new();
    let mut started = false;
    for entry in entries {
        if start.is_some_and(|s| !started && entry.at < s) {
            out.extend(start.map(|s| began(model, s)));
            started = true;
        }
        out.extend(entry_lines(model, entry, columns));
    }
    if !started {
        out.extend(start.map(|s| began(model, s)));
    }
    out
}

fn began(model: &Model, at: Ms) -> Line {
    Line { left: dated(model, at, "start", "first bad minute, from samples"), right: Some(piece("samples", Role::Faint)) }
}

fn dated(model: &Model, at: Ms, word: &str, text: &str) -> Vec<(String, Role)> {
    let zone = model.look.zone;
    let when = if zone.same_day(at, model.wall()) { zone.clock(at) } else { zone.day_minute(at) };
    vec![piece(format!("  {when}  "), Role::Faint), piece(width::left(word, 9, ""), Role::Strong), piece(text, Role::Text)]
}

fn entry_lines(model: &Model, entry: &Entry, columns: usize) -> Vec<Line> {
    let word = timeline::word(&entry.fact);
    let who = timeline::actor(entry).to_string();
    let sentence = timeline::sentence(entry, model.look.zone);
    let head = dated(model, entry.at, word, "");
    let indent: usize = head.iter().map(|(t, _)| width::columns(t)).sum();
    let room = columns.saturating_sub(indent + width::columns(&who) + 4).max(20);
    let mut lines: Vec<String> =
        escape::terminal_lines(&sentence).iter().flat_map(|line| width::wrap(line, room)).take(ENTRY_LINES + 1).collect();
    if lines.len() > ENTRY_LINES {
        lines.truncate(ENTRY_LINES);
        if let Some(last) = lines.last_mut() {
            *last = width::cut(&format!("{last} ..."), room, " ...");
        }
    }
    let mut lines = lines.into_iter();
    let mut first = head;
    first.push(piece(lines.next().unwrap_or_default(), Role::Text));
    let mut out = vec![Line { left: first, right: Some(piece(who, Role::Faint)) }];
    out.extend(
        lines.map(|text| Line { left: vec![piece(" ".repeat(indent), Role::Text), piece(text, Role::Text)], right: None }),
    );
    out
}

fn costs(view: &IncidentView, columns: usize) -> Vec<Line> {
    let Some(cost) = &view.cost else {
        let none = "not estimated: no business file names this service";
        return vec![Line { left: vec![piece("  ", Role::Text), piece(none, Role::Faint)], right: None }];
    };
    let sheet = &cost.sheet;
    let mut out: Vec<Line> = sheet.lines.iter().map(|line| cost_line(line, sheet, columns)).collect();
    for missing in &sheet.not_estimated {
        let (what, why) = missing.split_once(": ").unwrap_or((missing, ""));
        let what = width::left(&what.replace('_', " "), NAME, "..");
        let left = vec![
            piece(format!("  {what}"), Role::Text),
            piece(width::right(money::NOT_ESTIMATED, AMOUNT, ""), Role::Strong),
            piece(format!("  {why}"), Role::Faint),
        ];
        out.push(Line { left, right: None });
    }
    out
}

/// Columns of a cost line's name and amount.
const NAME: usize = 22;
const AMOUNT: usize = 14;

fn cost_line(line: &CostLine, sheet: &CostSheet, columns: usize) -> Line {
    let subject = line.subject.as_ref().map(|s| format!(" {s}")).unwrap_or_default();
    let name = format!("{}{subject}", line.component.replace('_', " "));
    let mut left = vec![
        piece(format!("  {}", width::left(&name, NAME, "..")), Role::Text),
        piece(width::right(&money::whole(line.amount), AMOUNT, ".."), Role::Strong),
        piece("  ", Role::Text),
    ];
    if columns >= 100 {
        left.push(piece(share_bar(line, sheet), Role::P1));
        left.push(piece("  ", Role::Text));
    }
    let memo = if line.memo { "memo, not added: " } else { "" };
    left.push(piece(format!("{memo}{}", line.formula), Role::Faint));
    Line { left, right: Some(piece(line.basis.name(), Role::Faint)) }
}

/// The line's share of the total; drawn with `#` so that it reads in every character set.
fn share_bar(line: &CostLine, sheet: &CostSheet) -> String {
    let total = sheet.total.and_then(|t| t.to_f64()).filter(|t| *t > 0.0);
    let share = line.amount.amount.to_f64().zip(total).map_or(0.0, |(a, t)| a / t);
    bar::bar(if line.memo { 0.0 } else { share }, 16, crate::chart::Charset::Ascii).replace('-', " ")
}

fn signals(model: &Model, view: &IncidentView, columns: usize) -> Vec<Line> {
    let names = view.signals.iter().map(|s| width::columns(&s.name)).max().unwrap_or(0).min(16);
    let levels: Vec<String> = view.signals.iter().map(level_words).collect();
    let tail = levels.iter().map(|l| width::columns(l)).max().unwrap_or(0).min(columns / 3);
    let room = columns.saturating_sub(names + 12 + tail + 8).clamp(8, 120);
    view.signals
        .iter()
        .zip(levels)
        .map(|(signal, levels)| {
            let drawn = spark::spark(&signal.values, room, scale(signal), model.look.glyphs.charset);
            let last = signal.values.iter().rev().copied().find(|v| v.is_finite()).map(f64::from);
            let value = last.map_or_else(|| units::UNKNOWN.into(), |v| value(signal.unit, v));
            let left = vec![
                piece(format!("  {}  ", width::left(&signal.name, names, "..")), Role::Text),
                piece(drawn, over(signal, last)),
                piece(format!("  {}", width::left(&value, 9, "")), Role::Strong),
                piece(format!(" {levels}"), Role::Faint),
            ];
            Line { left, right: None }
        })
        .collect()
}

/// Rates and latencies have a band of their own, or a small drop would not be seen; burn has its fixed scale.
fn scale(signal: &Signal) -> Scale {
    if signal.unit == "burn" { Scale::BURN } else { Scale::fit(&signal.values) }
}

/// Above its highest level, above another, or below all.
fn over(signal: &Signal, last: Option<f64>) -> Role {
    let Some(last) = last else { return Role::Good };
    let above = signal.levels.iter().filter(|(_, level)| last > *level).count();
    match (above, signal.levels.len()) {
        (0, _) => Role::Good,
        (n, all) if n == all => Role::P0,
        _ => Role::P1,
    }
}

fn level_words(signal: &Signal) -> String {
    signal.levels.iter().map(|(name, level)| format!("{name} > {}", value(signal.unit, *level))).collect::<Vec<_>>().join("  ")
}

fn value(unit: &str, v: f64) -> String {
    match unit {
        "ratio" => units::percent_auto(v),
        "seconds" => units::latency(v),
        "per_minute" => format!("{}/min", units::short(v)),
        "burn" => units::burn_x(v),
        _ => units::number(v),
    }
}

fn next(model: &Model, view: &IncidentView) -> Vec<Line> {
    if view.next.is_empty() {
        return vec![Line { left: vec![piece("  nothing is scheduled", Role::Faint)], right: None }];
    }
    let now = model.wall();
    view.next
        .iter()
        .map(|event| {
            let in_words = if event.at > now { format!("in {}", time::span(event.at.since(now))) } else { "now".into() };
            let when = width::left(&model.look.zone.near(event.at, now), 12, "");
            let left = vec![
                piece(format!("  {when}"), Role::Strong),
                piece(format!("{} ", width::left(&in_words, 10, "")), Role::Faint),
                piece(event.text.to_string(), Role::Text),
            ];
            Line { left, right: None }
        })
        .collect()
}
