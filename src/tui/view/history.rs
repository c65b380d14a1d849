//! Past incidents: how long each took, what it cost, and where the money went.

use super::banners::tag;
use super::pen::{Pen, piece};
use crate::chart::bar;
use crate::domain::base::{Currency, Money, Span};
use crate::domain::cost::CostSheet;
use crate::domain::incident::Incident;
use crate::tui::model::history::{MOST, began};
use crate::tui::model::{Fetch, Model};
use crate::tui::theme::Role;
use crate::words::plural::counted;
use crate::words::{money, time, units};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::sync::Arc;

/// Services named in the cost panel.
const SERVICES: usize = 4;

/// Rows of the list on a body of so many rows.
pub(super) fn rows(model: &Model, height: usize) -> usize {
    height.saturating_sub(2 + below(model, height))
}

/// Rows of the panels below the list.
fn below(model: &Model, height: usize) -> usize {
    let services = costs(&model.history.rows(model.wall())).1.len().min(SERVICES + 1);
    if height < 14 || services == 0 { 0 } else { services + 1 }
}

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let rows = model.history.rows(model.wall());
    let range = time::window(model.history.range());
    let order = model.history.order.name();
    let title =
        [piece(format!("INCIDENTS {}", rows.len()), Role::Title), piece(format!("  last {range}   sort: {order}"), Role::Faint)];
    pen.rule(0, &title, "o sort   t range   Enter open");
    if rows.is_empty() {
        return empty(model, &model.history.list, pen);
    }
    let fit = self::rows(model, pen.height());
    let wide = pen.width() >= 100;
    heads(wide, pen);
    let most = rows.iter().filter_map(|i| total(i)).map(|(a, _)| a).max().unwrap_or_default();
    let chosen = model.history.selected.or_else(|| rows.first().map(|i| i.id));
    for (y, incident) in rows.iter().skip(model.history.top).take(fit).enumerate() {
        let selected = chosen == Some(incident.id);
        line(model, incident, most, wide, y + 2, pen);
        if selected {
            pen.over_row(y + 2, pen.look.theme.selected());
            pen.put_styled(0, y + 2, ">", pen.look.theme.style(Role::Strong).patch(pen.look.theme.selected()));
        }
    }
    let under = below(model, pen.height());
    if under > 0 {
        let y = pen.height() - under;
        cost_panel(&rows, &mut pen.part(0, y, usize::MAX, under));
    }
}

fn empty(model: &Model, list: &Fetch, pen: &mut Pen<'_>) {
    let held = model.shown().map_or(0, |s| s.incident_count);
    let text = match (&list.failed, list.answer()) {
        (Some(why), _) => format!("not shown: {why}"),
        (None, None) => "reading the ledger".into(),
        (None, Some(_)) if held == 0 => "The ledger holds no incident.".into(),
        (None, Some(_)) => {
            format!("None in this range; the ledger holds {}. `t` widens it.", counted(held, "incident", "incidents"))
        }
    };
    pen.put_cut(2, 2, pen.width().saturating_sub(3), &text, Role::Text);
    if held > MOST {
        pen.put(2, 3, "Only the newest 2,000 are looked at.", Role::Faint);
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

const WIDE: Columns = Columns { started: 40, state: 53, detect: 70, ack: 79, mitigate: 88, resolve: 97, cost: 109 };
const NARROW: Columns = Columns { started: 30, state: 0, detect: 0, ack: 49, mitigate: 0, resolve: 59, cost: 72 };

fn heads(wide: bool, pen: &mut Pen<'_>) {
    let c = if wide { WIDE } else { NARROW };
    for (x, text) in [(1, "ID"), (8, "SEV"), (12, "SERVICE"), (c.started, "STARTED"), (c.state, "STATE")] {
        if x > 0 {
            pen.put(x, 1, text, Role::Faint);
        }
    }
    let ends = [(c.detect, "DETECT"), (c.ack, "ACK"), (c.mitigate, "MITIGATE"), (c.resolve, "RESOLVE"), (c.cost, "COST")];
    for (end, text) in ends.into_iter().filter(|(end, _)| *end > 0) {
        pen.put_right(end, 1, 9, text, Role::Faint);
    }
}

fn line(model: &Model, incident: &Incident, most: Decimal, wide: bool, y: usize, pen: &mut Pen<'_>) {
    let c = if wide { WIDE } else { NARROW };
    pen.put_cut(1, y, 6, &incident.id.to_string(), Role::Text);
    let (text, role) = tag(incident.peak_severity);
    pen.put(8, y, text, role);
    pen.put_cut(12, y, c.started - 13, &incident.service, Role::Text);
    let started = began(incident).map(|at| model.look.zone.day_minute(at)).unwrap_or_default();
    pen.put(c.started, y, &started, Role::Text);
    let live = incident.phase.is_live();
    if c.state > 0 {
        let words = if incident.drill { format!("drill, {}", incident.phase.name()) } else { incident.phase.name().into() };
        pen.put_cut(c.state, y, 10, &words, if live { Role::Strong } else { Role::Faint });
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
    cost(incident, most, c.cost, y, pen);
}

fn cost(incident: &Incident, most: Decimal, end: usize, y: usize, pen: &mut Pen<'_>) {
    let Some(sheet) = &incident.cost else {
        pen.put_right(end, y, 11, units::UNKNOWN, Role::Faint);
        return;
    };
    pen.put_right(end, y, 11, &money_of(sheet), Role::Text);
    let room = pen.width().saturating_sub(end + 2);
    if room >= 4
        && let Some((amount, _)) = total(incident)
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

/// The recorded cost of an incident that is no drill.
fn total(incident: &Incident) -> Option<(Decimal, Currency)> {
    let sheet = incident.cost.as_ref().filter(|_| !incident.drill)?;
    Some((sheet.total?, sheet.currency))
}

/// The currency most incidents are priced in, and what each service cost in it, dearest first.
fn costs(rows: &[&Arc<Incident>]) -> (Option<Currency>, Vec<(String, Decimal)>) {
    let currency = rows.iter().find_map(|i| total(i)).map(|(_, c)| c);
    let mut by: Vec<(String, Decimal)> = Vec::new();
    for incident in rows {
        let Some((amount, _)) = total(incident).filter(|(_, c)| Some(*c) == currency) else { continue };
        match by.iter_mut().find(|(service, _)| *service == *incident.service) {
            Some((_, sum)) => *sum = sum.saturating_add(amount),
            None => by.push((incident.service.to_string(), amount)),
        }
    }
    by.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    (currency, by)
}

fn cost_panel(rows: &[&Arc<Incident>], pen: &mut Pen<'_>) {
    let (currency, mut by) = costs(rows);
    let Some(currency) = currency else { return };
    let all: Decimal = by.iter().map(|(_, a)| *a).fold(Decimal::ZERO, Decimal::saturating_add);
    let brief = |amount| money::brief(Money { amount, currency });
    if by.len() > SERVICES + 1 {
        let rest = by.split_off(SERVICES);
        let sum = rest.iter().map(|(_, a)| *a).fold(Decimal::ZERO, Decimal::saturating_add);
        by.push((format!("others ({})", rest.len()), sum));
    }
    pen.rule(0, &[piece("COST BY SERVICE", Role::Title), piece(format!("  {}", brief(all)), Role::Faint)], "drills left out");
    let width = pen.width().saturating_sub(48).clamp(4, 60);
    for (y, (service, amount)) in by.iter().enumerate() {
        let share = (amount / all.max(Decimal::ONE)).to_f64().unwrap_or(0.0);
        pen.put_cut(2, y + 1, 22, service, Role::Text);
        pen.put(25, y + 1, &bar::bar(share, width, pen.look.glyphs.charset), Role::Good);
        pen.put_right(25 + width + 12, y + 1, 11, &brief(*amount), Role::Text);
        pen.put_right(25 + width + 19, y + 1, 6, &units::percent(share, 0), Role::Faint);
    }
}
