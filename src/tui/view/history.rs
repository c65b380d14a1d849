//! Past incidents: how long each took, what it cost, and where the money went.

use super::banners::tag;
use super::history_stretches as stretches;
use super::pen::{Pen, piece};
use crate::chart::bar;
use crate::domain::base::{Money, Span};
use crate::domain::cost::CostSheet;
use crate::domain::incident::Incident;
use crate::domain::review::ClockKind;
use crate::domain::review::stats::Group;
use crate::tui::model::history::{HistoryGroup, MOST, began};
use crate::tui::model::{Fetch, Model};
use crate::tui::theme::Role;
use crate::words::{money, time, units};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Services named in the cost panel.
const SERVICES: usize = 4;

/// Rows of the list on a body of so many rows.
pub(super) fn rows(model: &Model, height: usize) -> usize {
    height.saturating_sub(2 + below(model, height))
}

/// Rows of the panels below the list: times, then cost, as far as the list keeps most of the room.
fn below(model: &Model, height: usize) -> usize {
    let (times, costs) = under(model, height);
    times + costs
}

fn under(model: &Model, height: usize) -> (usize, usize) {
    let services = model.history.costs().1.len().min(SERVICES + 1);
    let times = if height < 16 || model.history.times.is_empty() { 0 } else { 2 + CLOCKS.len() };
    let costs = if height < 26 || services == 0 { 0 } else { services + 1 };
    (times, costs)
}

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let rows = model.history.rows();
    let range = time::window(model.history.range());
    let order = model.history.order.name();
    let w = model.look.words;
    let sorted = w.fill("  last {}   sort: {}", &[&range, &w.say(order)]);
    let all = model.history.unfiltered();
    let count =
        if rows.len() < all { w.fill("INCIDENTS {} of {}", &[&rows.len(), &all]) } else { w.fill("INCIDENTS {}", &[&all]) };
    let mut title = vec![piece(count, Role::Title), piece(sorted, Role::Faint)];
    if !model.history.filter.is_empty() {
        title.push(piece(w.say("  filter: "), Role::Faint));
        title.push(piece(model.history.filter.clone(), Role::Strong));
    }
    pen.rule(0, &title, w.say("o sort   t range   / filter   g group"));
    if rows.is_empty() {
        return empty(model, &model.history.list, pen);
    }
    let fit = self::rows(model, pen.height());
    let wide = pen.width() >= 100;
    heads(wide, pen);
    let most = rows.iter().filter_map(|i| model.history.cost_of(i)).map(|(a, _)| a).max().unwrap_or_default();
    let chosen = model.history.selected.or_else(|| rows.first().map(|i| i.id));
    for (y, incident) in rows.iter().skip(model.history.top).take(fit).enumerate() {
        let selected = chosen == Some(incident.id);
        line(model, incident, most, wide, y + 2, pen);
        if selected {
            pen.over_row(y + 2, pen.look.theme.selected());
            pen.put_styled(0, y + 2, ">", pen.look.theme.style(Role::Strong).patch(pen.look.theme.selected()));
        }
    }
    let (of_times, of_costs) = under(model, pen.height());
    let of_stretches = stretches::rows(rows.len(), pen.height().saturating_sub(of_times + of_costs), pen.width());
    let y = pen.height() - of_times - of_costs;
    if of_stretches > 0 {
        stretches::draw(model, &mut pen.part(0, y - of_stretches, usize::MAX, of_stretches));
    }
    if of_times > 0 {
        times_panel(model, &mut pen.part(0, y, usize::MAX, of_times));
    }
    if of_costs > 0 {
        cost_panel(model, &mut pen.part(0, y + of_times, usize::MAX, of_costs));
    }
}

fn empty(model: &Model, list: &Fetch, pen: &mut Pen<'_>) {
    let held = model.shown().map_or(0, |s| s.incident_count);
    let w = model.look.words;
    let text = match (&list.failed, list.answer()) {
        (Some(why), _) => w.fill("not shown: {}", &[&w.retold(why)]),
        (None, None) => w.say("reading the ledger").into(),
        (None, Some(_)) if model.history.unfiltered() > 0 => w.say("None of them meets the filter; Esc takes it away.").into(),
        (None, Some(_)) if held == 0 => w.say("The ledger holds no incident.").into(),
        (None, Some(_)) => {
            let held = w.counted(held, "incident", "incidents");
            w.fill("None in this range; the ledger holds {}. `t` widens it.", &[&held])
        }
    };
    pen.put_cut(2, 2, pen.width().saturating_sub(3), &text, Role::Text);
    if held > MOST {
        pen.put(2, 3, w.say("Only the newest 2,000 are looked at."), Role::Faint);
    }
}

/// End columns of numbers.
struct Columns {
    started: usize,
    state: usize,
    detect: usize,
    ack: usize,
    mitigate: usize,
    resolve: usize,
    cost: usize,
}

const WIDE: Columns = Columns { started: 38, state: 51, detect: 72, ack: 81, mitigate: 90, resolve: 99, cost: 111 };
const NARROW: Columns = Columns { started: 32, state: 0, detect: 0, ack: 52, mitigate: 0, resolve: 62, cost: 75 };

fn heads(wide: bool, pen: &mut Pen<'_>) {
    let c = if wide { WIDE } else { NARROW };
    for (x, text) in [(1, "ID"), (10, "SEV"), (14, "SERVICE"), (c.started, "STARTED"), (c.state, "STATE")] {
        if x > 0 {
            pen.put(x, 1, pen.look.words.say(text), Role::Faint);
        }
    }
    let ends = [(c.detect, "DETECT"), (c.ack, "ACK"), (c.mitigate, "MITIGATE"), (c.resolve, "RESOLVE"), (c.cost, "COST")];
    for (end, text) in ends.into_iter().filter(|(end, _)| *end > 0) {
        pen.put_right(end, 1, 9, pen.look.words.say(text), Role::Faint);
    }
}

fn line(model: &Model, incident: &Incident, most: Decimal, wide: bool, y: usize, pen: &mut Pen<'_>) {
    let c = if wide { WIDE } else { NARROW };
    pen.put_cut(1, y, 8, &incident.id.to_string(), Role::Text);
    let (text, role) = tag(incident.peak_severity);
    pen.put(10, y, text, role);
    pen.put_cut(14, y, c.started - 15, &incident.service, Role::Text);
    let started = began(incident).map(|at| model.look.zone.day_minute(at)).unwrap_or_default();
    pen.put(c.started, y, &started, Role::Text);
    let live = incident.phase.is_live();
    if c.state > 0 {
        let w = model.look.words;
        let phase = w.phase(incident.phase);
        let words = if incident.drill { w.fill("drill, {}", &[&phase]) } else { phase.into() };
        pen.put_cut(c.state, y, 12, &words, if live { Role::Strong } else { Role::Faint });
    }
    let clocks = [
        (c.detect, incident.time_to_detect().map(|s| s.max(Span::ZERO))),
        (c.ack, incident.time_to_acknowledge()),
        (c.mitigate, incident.time_to_mitigate()),
        (c.resolve, incident.time_to_resolve()),
    ];
    for (end, clock) in clocks.into_iter().filter(|(end, _)| *end > 0) {
        let text = clock.map_or_else(|| units::UNKNOWN.into(), time::span);
        pen.put_right(end, y, 9, &text, Role::Text);
    }
    cost(model, incident, most, c.cost, y, pen);
}

/// Of an open incident what it costs by now, in bold because it grows; of the others what was recorded.
fn cost(model: &Model, incident: &Incident, most: Decimal, end: usize, y: usize, pen: &mut Pen<'_>) {
    let known = model.history.cost_of(incident);
    let role = if model.history.is_running(incident) { Role::Strong } else { Role::Text };
    match (known, &incident.cost) {
        (Some((amount, currency)), _) => pen.put_right(end, y, 11, &money::brief(Money { amount, currency }), role),
        (None, Some(sheet)) => pen.put_right(end, y, 11, &money_of(sheet), Role::Text),
        (None, None) => pen.put_right(end, y, 11, units::UNKNOWN, Role::Faint),
    }
    let room = pen.width().saturating_sub(end + 2);
    if room >= 4
        && let Some((amount, _)) = known
    {
        let share = (amount / most.max(Decimal::ONE)).to_f64().unwrap_or(0.0);
        let drawn = bar::bar(share, room.min(24), pen.look.glyphs.charset);
        pen.put(end + 1, y, drawn.trim_end_matches(['░', '-']), Role::Good);
    }
}

fn money_of(sheet: &CostSheet) -> String {
    let of = |amount| money::brief(Money { amount, currency: sheet.currency });
    sheet.total.map_or_else(|| units::UNKNOWN.into(), of)
}

/// Median and 90th percentile of each clock, by severity and over all; what is too few for a figure stays unknown.
fn times_panel(model: &Model, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let by = match model.history.group {
        HistoryGroup::Severity => "TIMES BY SEVERITY",
        HistoryGroup::Service => "TIMES BY SERVICE",
        HistoryGroup::Cause => "TIMES BY CAUSE",
        HistoryGroup::Month => "TIMES BY MONTH",
    };
    let title = [piece(w.say(by), Role::Title), piece(w.say("  median / p90 of those that ended"), Role::Faint)];
    pen.rule(0, &title, w.say("`stats` has the intervals"));
    let columns = pen.width().saturating_sub(13) / COLUMN;
    // All of them last; with little room the gravest severities before it.
    let times = &model.history.times;
    let (all, severities) = times.split_last().map_or((None, &[][..]), |(all, rest)| (Some(all), rest));
    let shown = severities.iter().take(columns.saturating_sub(1)).chain(all);
    for (name, y) in CLOCKS.iter().map(|c| c.0).zip(2..) {
        pen.put(2, y, w.say(name), Role::Text);
    }
    for (i, (name, group)) in shown.enumerate() {
        let x = 12 + i * COLUMN;
        let open = if group.n_open > 0 { w.fill(", {} open", &[&group.n_open]) } else { String::new() };
        pen.put_cut(x, 1, COLUMN - 1, &format!("{} n={}{open}", w.known(name), group.n), Role::Faint);
        for (y, (_, clock)) in CLOCKS.iter().enumerate() {
            pen.put_cut(x, y + 2, COLUMN - 1, &clock_words(group, *clock), Role::Text);
        }
    }
}

/// Clocks of the panel with their names.
const CLOCKS: [(&str, ClockKind); 4] = [
    ("detect", ClockKind::Detect),
    ("ack", ClockKind::Acknowledge),
    ("mitigate", ClockKind::Mitigate),
    ("resolve", ClockKind::Resolve),
];
/// Columns of a group.
const COLUMN: usize = 25;

fn clock_words(group: &Group, kind: ClockKind) -> String {
    let Some(clock) = group.clocks.iter().find(|c| c.kind == kind) else { return units::UNKNOWN.into() };
    let words = |seconds: Option<f64>| seconds.and_then(time::from_secs).map_or_else(|| units::UNKNOWN.to_string(), time::span);
    format!("{} / {}", words(clock.median), words(clock.p90))
}

fn cost_panel(model: &Model, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let (currency, mut by) = model.history.costs().clone();
    let Some(currency) = currency else { return };
    let all: Decimal = by.iter().map(|(_, a)| *a).fold(Decimal::ZERO, Decimal::saturating_add);
    let brief = |amount| money::brief(Money { amount, currency });
    if by.len() > SERVICES + 1 {
        let rest = by.split_off(SERVICES);
        let sum = rest.iter().map(|(_, a)| *a).fold(Decimal::ZERO, Decimal::saturating_add);
        by.push((w.fill("others ({})", &[&rest.len()]).into(), sum));
    }
    let by_what = match model.history.group {
        HistoryGroup::Severity | HistoryGroup::Service => "COST BY SERVICE",
        HistoryGroup::Cause => "COST BY CAUSE",
        HistoryGroup::Month => "COST BY MONTH",
    };
    let title = [piece(w.say(by_what), Role::Title), piece(format!("  {}", brief(all)), Role::Faint)];
    pen.rule(0, &title, w.say("drills left out"));
    let width = pen.width().saturating_sub(48).clamp(4, 60);
    for (y, (service, amount)) in by.iter().enumerate() {
        let share = (amount / all.max(Decimal::ONE)).to_f64().unwrap_or(0.0);
        pen.put_cut(2, y + 1, 22, w.known(service), Role::Text);
        pen.put(25, y + 1, &bar::bar(share, width, pen.look.glyphs.charset), Role::Good);
        pen.put_right(25 + width + 12, y + 1, 11, &brief(*amount), Role::Text);
        pen.put_right(25 + width + 19, y + 1, 6, &units::percent(share, 0), Role::Faint);
    }
}
