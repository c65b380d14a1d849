//! Past incidents: when each was, how long it took, what it cost and spent. Below them the panels of times, stretches and costs.

use super::banners::tag;
use super::history_stretches as stretches;
use super::history_times as times;
use super::pen::{Pen, piece};
use crate::chart::bar;
use crate::domain::base::{Money, Span};
use crate::domain::cost::CostSheet;
use crate::domain::incident::Incident;
use crate::tui::model::history::{HistoryGroup, MOST, began};
use crate::tui::model::{Fetch, Model};
use crate::tui::theme::Role;
use crate::words::{money, time, units};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Groups named in the cost panel before the others are one.
const NAMED: usize = 4;
/// Rows of the list that panels leave it, where it needs them.
const LISTED: usize = 8;

/// How the screen shares its rows; panels are dropped from the bottom up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shares {
    /// Rows of the list without its two heads.
    list: usize,
    /// What happened by week.
    stretches: usize,
    /// Times.
    times: usize,
    /// Costs.
    costs: usize,
}

fn shares(model: &Model, columns: usize, height: usize) -> Shares {
    let (listed, groups) = (model.history.rows().len(), model.history.costs().1.len());
    let times = times::rows(model, columns, height);
    let named = if height >= times::FULL { NAMED + 1 } else { 3 };
    let costs = if times == 0 || height < 18 || groups == 0 { 0 } else { 1 + groups.min(named) };
    let left = height.saturating_sub(2 + times + costs);
    let stretches = if height >= times::FULL { stretches::rows(listed.min(LISTED), left, columns) } else { 0 };
    Shares { list: left - stretches, stretches, times, costs }
}

/// Rows of the list on a body of so many columns and rows.
pub(super) fn rows(model: &Model, columns: usize, height: usize) -> usize {
    shares(model, columns, height).list
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
    let suspected = model.history.suspected().len();
    if suspected > 0 {
        title.insert(1, piece(w.fill(", {} suspected", &[&suspected]), Role::Strong));
    }
    if !model.history.filter.is_empty() {
        title.push(piece(w.say("  filter: "), Role::Faint));
        title.push(piece(model.history.filter.clone(), Role::Strong));
    }
    pen.rule(0, &title, w.say("o sort   t range   / filter   g group"));
    if rows.is_empty() {
        return empty(model, &model.history.list, pen);
    }
    let shares = shares(model, pen.width(), pen.height());
    let columns = Columns::of(pen.width());
    heads(columns, pen);
    let most = rows.iter().filter_map(|i| model.history.cost_of(i)).map(|(a, _)| a).max().unwrap_or_default();
    let chosen = model.history.selected.or_else(|| rows.first().map(|i| i.id));
    for (y, incident) in rows.iter().skip(model.history.top).take(shares.list).enumerate() {
        let selected = chosen == Some(incident.id);
        line(model, incident, most, columns, y + 2, pen);
        if selected {
            pen.over_row(y + 2, pen.look.theme.selected());
            pen.put_styled(0, y + 2, ">", pen.look.theme.style(Role::Strong).patch(pen.look.theme.selected()));
        }
    }
    panels(model, shares, pen);
}

fn panels(model: &Model, shares: Shares, pen: &mut Pen<'_>) {
    let mut y = 2 + shares.list;
    if shares.stretches > 0 {
        stretches::draw(model, &mut pen.part(0, y, usize::MAX, shares.stretches));
        y += shares.stretches;
    }
    if shares.times > 0 {
        times::draw(model, &mut pen.part(0, y, usize::MAX, shares.times));
        y += shares.times;
    }
    if shares.costs > 0 {
        cost_panel(model, &mut pen.part(0, y, usize::MAX, shares.costs));
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
    let mut below = Vec::new();
    match model.history.suspected() {
        [] => {}
        [one] => below.push(w.fill("{} is only suspected: nobody was paged, so it is not listed. 2 opens it.", &[one])),
        more => below.push(w.fill("{} are only suspected: nobody was paged, so they are not listed.", &[&more.len()])),
    }
    if held > MOST {
        below.push(w.say("Only the newest 2,000 are looked at.").into());
    }
    for (text, y) in below.iter().zip(3..) {
        pen.put_cut(2, y, pen.width().saturating_sub(3), text, Role::Faint);
    }
}

/// Where things stand: first columns of texts, end columns of numbers, 0 for what has no room.
#[derive(Clone, Copy, Debug)]
struct Columns {
    started: usize,
    state: usize,
    detect: usize,
    ack: usize,
    mitigate: usize,
    resolve: usize,
    cost: usize,
    budget: usize,
}

/// First column of the service.
const SERVICE: usize = 15;
const WIDE: Columns = Columns { started: 35, state: 48, detect: 67, ack: 75, mitigate: 84, resolve: 92, cost: 101, budget: 109 };
const MEDIUM: Columns = Columns { started: 37, state: 0, detect: 58, ack: 67, mitigate: 76, resolve: 84, cost: 92, budget: 99 };
const NARROW: Columns = Columns { started: 32, state: 0, detect: 0, ack: 52, mitigate: 0, resolve: 61, cost: 71, budget: 79 };
const SMALL: Columns = Columns { started: 28, state: 0, detect: 0, ack: 0, mitigate: 0, resolve: 48, cost: 59, budget: 0 };

impl Columns {
    fn of(width: usize) -> Self {
        match width {
            ..80 => SMALL,
            80..100 => NARROW,
            100..120 => MEDIUM,
            _ => WIDE.moved((width - 120).min(20)),
        }
    }

    /// With more room for the service.
    const fn moved(self, by: usize) -> Self {
        let Self { started, state, detect, ack, mitigate, resolve, cost, budget } = self;
        let (started, state, detect, ack) = (started + by, state + by, detect + by, ack + by);
        Self { started, state, detect, ack, mitigate: mitigate + by, resolve: resolve + by, cost: cost + by, budget: budget + by }
    }
}

fn heads(c: Columns, pen: &mut Pen<'_>) {
    for (x, text) in [(1, "ID"), (10, "SEV"), (SERVICE, "SERVICE"), (c.started, "STARTED"), (c.state, "STATE")] {
        if x > 0 {
            pen.put(x, 1, pen.look.words.say(text), Role::Faint);
        }
    }
    let ends = [
        (c.detect, "DETECT"),
        (c.ack, "ACK"),
        (c.mitigate, "MITIGATE"),
        (c.resolve, "RESOLVE"),
        (c.cost, "COST"),
        (c.budget, "BUDGET"),
    ];
    for (end, text) in ends.into_iter().filter(|(end, _)| *end > 0) {
        pen.put_right(end, 1, 9, pen.look.words.say(text), Role::Faint);
    }
}

fn line(model: &Model, incident: &Incident, most: Decimal, c: Columns, y: usize, pen: &mut Pen<'_>) {
    pen.put_cut(1, y, 8, &incident.id.to_string(), Role::Text);
    let (text, role) = tag(incident.peak_severity);
    pen.put(10, y, text, role);
    // Where nothing else says so.
    let drill = if incident.drill && c.state == 0 { model.look.words.say(" (drill)") } else { "" };
    pen.put_cut(SERVICE, y, c.started - SERVICE - 1, &format!("{}{drill}", incident.service), Role::Text);
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
    cost(model, incident, c.cost, y, pen);
    if c.budget > 0 {
        let spent = model.history.spent_of(incident);
        let text = spent.map_or_else(|| units::UNKNOWN.into(), units::percent_auto);
        pen.put_right(c.budget, y, 7, &text, if spent.is_some() { Role::Text } else { Role::Faint });
        cost_bar(model, incident, most, c.budget + 1, y, pen);
    }
}

/// Of an open incident what it costs by now, in bold because it grows; of the others what was recorded.
fn cost(model: &Model, incident: &Incident, end: usize, y: usize, pen: &mut Pen<'_>) {
    let role = if model.history.is_running(incident) { Role::Strong } else { Role::Text };
    match (model.history.cost_of(incident), &incident.cost) {
        (Some((amount, currency)), _) => pen.put_right(end, y, 8, &money::brief(Money { amount, currency }), role),
        (None, Some(sheet)) => pen.put_right(end, y, 8, &money_of(sheet), Role::Text),
        (None, None) => pen.put_right(end, y, 8, units::UNKNOWN, Role::Faint),
    }
}

/// Its cost beside that of the dearest one.
fn cost_bar(model: &Model, incident: &Incident, most: Decimal, x: usize, y: usize, pen: &mut Pen<'_>) {
    let room = pen.width().saturating_sub(x + 1);
    if room >= 4
        && let Some((amount, _)) = model.history.cost_of(incident)
    {
        let share = (amount / most.max(Decimal::ONE)).to_f64().unwrap_or(0.0);
        let drawn = bar::bar(share, room.min(24), pen.look.glyphs.charset);
        pen.put(x, y, drawn.trim_end_matches(['░', '-']), Role::Good);
    }
}

fn money_of(sheet: &CostSheet) -> String {
    let of = |amount| money::brief(Money { amount, currency: sheet.currency });
    sheet.total.map_or_else(|| units::UNKNOWN.into(), of)
}

fn cost_panel(model: &Model, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let (currency, mut by) = model.history.costs().clone();
    let Some(currency) = currency else { return };
    let all: Decimal = by.iter().map(|(_, a)| *a).fold(Decimal::ZERO, Decimal::saturating_add);
    let brief = |amount| money::brief(Money { amount, currency });
    let room = pen.height().saturating_sub(1);
    if by.len() > room {
        let rest = by.split_off(room.saturating_sub(1));
        let sum = rest.iter().map(|(_, a)| *a).fold(Decimal::ZERO, Decimal::saturating_add);
        by.push((w.fill("others ({})", &[&rest.len()]).into(), sum));
    }
    let by_what = match model.history.group {
        HistoryGroup::Severity | HistoryGroup::Service => "COST BY SERVICE",
        HistoryGroup::Slo => "COST BY SLO",
        HistoryGroup::Team => "COST BY TEAM",
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
