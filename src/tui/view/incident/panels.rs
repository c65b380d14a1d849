//! The panels of an incident as lines: cost, timeline, signals, next.

use super::facts;
use crate::chart::{Charset, Scale, bar, spark};
use crate::domain::base::{Ms, Seq};
use crate::domain::cost::{CostLine, CostSheet};
use crate::domain::incident::{ChangeRecord, Entry};
use crate::domain::view::{CostTicker, IncidentView, Signal};
use crate::tui::model::{Model, Panel};
use crate::tui::theme::Role;
use crate::tui::view::pen::{Pen, piece};
use crate::words::screen::OfCost;
use crate::words::{Words, escape, money, time, timeline, units, width};
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
pub(super) fn all(model: &Model, view: &IncidentView, columns: usize, height: usize) -> [Vec<Line>; 4] {
    let (timeline, cost, next) = (happened(model, view, columns), costs(model, view, columns), next(model, view));
    // What nobody else needs makes the signals taller.
    let spare = height.saturating_sub(timeline.len() + cost.len() + next.len() + view.signals.len() + 4);
    let rows = 1 + spare.checked_div(view.signals.len()).unwrap_or(0).min(2);
    [timeline, cost, signals(model, view, columns, rows), next]
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
        if let Some(at) = model.incident.cursor {
            return model.look.words.fill("values at {}   , . sample   v off", &[&model.look.zone.clock(at)]);
        }
        return format!("{} - {}", model.look.zone.minute(signal.from), model.look.zone.minute(signal.to));
    }
    let until = model.on_screen().filter(|_| panel == Panel::Cost && columns >= 100).and_then(|v| facts::provisional(model, v));
    let w = model.look.words;
    until.map_or_else(|| w.say(text).into(), |until| w.fill("provisional until {}: orders may come back", &[&until]))
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
    // At the same instant what was recorded later stands above, and the start below everything.
    let mut all: Vec<(Ms, Option<Seq>, Vec<Line>)> = Vec::new();
    all.extend(view.incident.entries.iter().map(|e| (e.at, Some(e.seq), entry_lines(model, e, columns))));
    all.extend(view.changes.iter().map(|c| (c.at, Some(c.id), vec![changed(model, c)])));
    all.extend(view.incident.milestones.impact_start.map(|start| (start, None, vec![began(model, start)])));
    all.sort_by_key(|(at, seq, _)| std::cmp::Reverse((*at, *seq)));
    all.into_iter().flat_map(|(_, _, lines)| lines).collect()
}

/// Something that was changed beside the incident.
fn changed(model: &Model, record: &ChangeRecord) -> Line {
    let w = model.look.words;
    let left = dated(model, record.at, w.say("change"), &w.change(record));
    Line { left, right: Some(piece(record.by.to_string(), Role::Faint)) }
}

fn began(model: &Model, at: Ms) -> Line {
    let w = model.look.words;
    let left = dated(model, at, w.say("start"), w.say("first bad minute, from samples"));
    Line { left, right: Some(piece(w.say("samples"), Role::Faint)) }
}

fn dated(model: &Model, at: Ms, word: &str, text: &str) -> Vec<(String, Role)> {
    let zone = model.look.zone;
    let when = if zone.same_day(at, model.wall()) { zone.clock(at) } else { zone.day_minute(at) };
    vec![piece(format!("  {when}  "), Role::Faint), piece(width::left(word, 9, ""), Role::Strong), piece(text, Role::Text)]
}

fn entry_lines(model: &Model, entry: &Entry, columns: usize) -> Vec<Line> {
    let w = model.look.words;
    let word = w.entry(&entry.fact);
    let who = w.known(timeline::actor(entry)).to_string();
    let sentence = w.sentence(entry, model.look.zone);
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

fn costs(model: &Model, view: &IncidentView, columns: usize) -> Vec<Line> {
    let (w, charset) = (model.look.words, model.look.glyphs.charset);
    let Some(cost) = &view.cost else {
        let none = w.say("not estimated: no business file names this service");
        return vec![Line { left: vec![piece("  ", Role::Text), piece(none, Role::Faint)], right: None }];
    };
    let sheet = &cost.sheet;
    let mut out: Vec<Line> = sheet.lines.iter().map(|line| cost_line(w, line, cost, columns, charset)).collect();
    for missing in &sheet.not_estimated {
        let (what, why) = w.missing(missing);
        let what = width::left(&what, NAME, "..");
        let left = vec![
            piece(format!("  {what}"), Role::Text),
            piece(width::right(w.say(money::NOT_ESTIMATED), AMOUNT, ""), Role::Strong),
            piece(format!("  {why}"), Role::Faint),
        ];
        out.push(Line { left, right: None });
    }
    out
}

/// Columns of a cost line's name and amount.
const NAME: usize = 22;
const AMOUNT: usize = 14;

fn cost_line(w: Words, line: &CostLine, cost: &CostTicker, columns: usize, charset: Charset) -> Line {
    let subject = line.subject.as_ref().map(|s| format!(" {s}")).unwrap_or_default();
    let name = format!("{}{subject}", w.component(&line.component));
    let mut left = vec![
        piece(format!("  {}", width::left(&name, NAME, "..")), Role::Text),
        piece(width::right(&money::whole(line.amount), AMOUNT, ".."), Role::Strong),
        piece("  ", Role::Text),
    ];
    if columns >= 100 {
        left.push(piece(share_bar(line, &cost.sheet, charset), Role::P1));
        left.push(piece("  ", Role::Text));
    }
    if columns >= 110 && !cost.rates.is_empty() {
        let widest = cost.sheet.lines.iter().map(|l| width::columns(&grows(w, l, cost))).max().unwrap_or(0);
        left.push(piece(width::left(&grows(w, line, cost), widest + 2, ".."), Role::Text));
    }
    let memo = if line.memo { w.say("memo, not added: ") } else { "" };
    left.push(piece(format!("{memo}{}", w.of_cost(&line.formula, OfCost::Formula)), Role::Faint));
    Line { left, right: Some(piece(w.basis(line.basis), Role::Faint)) }
}

/// What a line grows by each minute; nothing where it is told once, at the end.
fn grows(w: Words, line: &CostLine, cost: &CostTicker) -> String {
    let part = cost.rates.iter().find(|p| p.component == line.component && (p.subject.is_none() || p.subject == line.subject));
    part.filter(|_| !line.memo).map(|p| w.fill("+{}/min", &[&money::brief(p.per_minute)])).unwrap_or_default()
}

/// The line's share of the total, its rest left blank.
fn share_bar(line: &CostLine, sheet: &CostSheet, charset: Charset) -> String {
    let total = sheet.total.and_then(|t| t.to_f64()).filter(|t| *t > 0.0);
    let share = line.amount.amount.to_f64().zip(total).map_or(0.0, |(a, t)| a / t);
    bar::bar(if line.memo { 0.0 } else { share }, 16, charset).replace(['-', '░'], " ")
}

fn signals(model: &Model, view: &IncidentView, columns: usize, rows: usize) -> Vec<Line> {
    let w = model.look.words;
    let names =
        view.signals.iter().map(|s| width::columns(w.told(&s.name))).max().unwrap_or(0).min(if columns >= 100 { 24 } else { 14 });
    let levels: Vec<String> = view.signals.iter().map(|s| level_words(w, s)).collect();
    let tail = levels.iter().map(|l| width::columns(l)).max().unwrap_or(0).min(columns / 3);
    let room = columns.saturating_sub(names + 12 + tail + 8).clamp(8, 120);
    let charset = model.look.glyphs.charset;
    let each = view.signals.iter().zip(levels).flat_map(|(signal, levels)| {
        let pointed = model.incident.cursor.map(|at| place_of(signal, at));
        let newest = || signal.values.iter().rev().copied().find(|v| v.is_finite());
        let last = pointed.map_or_else(newest, |i| signal.values.get(i).copied().filter(|v| v.is_finite())).map(f64::from);
        let column = pointed.map(|i| i * room / signal.values.len().max(1));
        let drawn = spark::tall(&signal.values, room, rows, scale(signal), charset);
        drawn.into_iter().enumerate().map(move |(row, drawn)| {
            // Name and value stand on the lowest row, beside the base line.
            let words = row + 1 == rows;
            let (name, value) = if words { (w.told(&signal.name), told(w, signal, last)) } else { ("", String::new()) };
            let mut left = vec![piece(format!("  {}  ", width::left(&ending(name, names), names, "..")), Role::Text)];
            left.extend(marked(&drawn, column, over(signal, last)));
            left.push(piece(format!("  {}", width::left(&value, 9, "")), Role::Strong));
            left.extend(words.then(|| piece(format!(" {levels}"), Role::Faint)));
            Line { left, right: None }
        })
    });
    each.collect()
}

/// The sample at an instant, or the one nearest to it.
fn place_of(signal: &Signal, at: Ms) -> usize {
    let last = signal.values.len().saturating_sub(1);
    let share = at.since(signal.from).0 as f64 / signal.to.since(signal.from).0.max(1) as f64;
    ((share.clamp(0.0, 1.0) * last as f64).round() as usize).min(last)
}

/// A drawn series with the cursor's column turned round.
fn marked(drawn: &str, column: Option<usize>, role: Role) -> Vec<(String, Role)> {
    let Some(at) = column.filter(|at| *at < drawn.chars().count()) else { return vec![piece(drawn, role)] };
    let part = |skip: usize, take: usize| drawn.chars().skip(skip).take(take).collect::<String>();
    vec![piece(part(0, at), role), piece(part(at, 1), Role::Active), piece(part(at + 1, usize::MAX), role)]
}

/// A name that finds no room keeps its end, which tells what it is of the SLO.
fn ending(name: &str, room: usize) -> String {
    if width::columns(name) <= room {
        return name.into();
    }
    let mut cut = name;
    while width::columns(cut) + 2 > room {
        let mut rest = cut.chars();
        rest.next();
        cut = rest.as_str();
    }
    format!("..{cut}")
}

fn told(w: Words, signal: &Signal, last: Option<f64>) -> String {
    last.map_or_else(|| units::UNKNOWN.into(), |v| value(w, signal.unit, v))
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

fn level_words(w: Words, signal: &Signal) -> String {
    signal
        .levels
        .iter()
        .map(|(name, level)| format!("{name} > {}", level_value(w, signal.unit, *level)))
        .collect::<Vec<_>>()
        .join("  ")
}

fn value(w: Words, unit: &str, v: f64) -> String {
    match unit {
        "ratio" => units::percent_auto(v),
        "seconds" => units::latency(v),
        "per_minute" => w.fill("{}/min", &[&units::short(v)]),
        "burn" => units::burn_x(v),
        _ => units::number(v),
    }
}

/// Levels are round numbers.
fn level_value(w: Words, unit: &str, v: f64) -> String {
    match unit {
        "ratio" => units::percent_level(v),
        "burn" => format!("{}x", units::number(v)),
        _ => value(w, unit, v),
    }
}

fn next(model: &Model, view: &IncidentView) -> Vec<Line> {
    if view.next.is_empty() {
        return vec![Line { left: vec![piece(model.look.words.say("  nothing is scheduled"), Role::Faint)], right: None }];
    }
    let (now, w) = (model.wall(), model.look.words);
    view.next
        .iter()
        .map(|event| {
            let in_words =
                if event.at > now { w.fill("in {}", &[&time::span(event.at.since(now))]) } else { w.say("now").into() };
            let when = width::left(&model.look.zone.near(event.at, now), 12, "");
            let left = vec![
                piece(format!("  {when}"), Role::Strong),
                piece(format!("{} ", width::left(&in_words, 10, "")), Role::Faint),
                piece(w.told(&event.text), Role::Text),
            ];
            Line { left, right: None }
        })
        .collect()
}
