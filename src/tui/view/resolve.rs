//! The box in which an incident is resolved. Its last line, with the way out and the way through, is laid out first; the fields
//! above it scroll where there is no room for all, so that the one with the keys is always seen.

use super::banners;
use super::dialogs::{boxed, field, keys};
use super::pen::{Pen, piece};
use crate::domain::base::{IncidentId, Money};
use crate::domain::incident::{Actor, Incident, Phase};
use crate::tui::model::{Input, Model, ResolveField, ResolveForm, list};
use crate::tui::theme::Role;
use crate::words::{Words, money, time, units, width};
use ratatui::layout::Position;
use std::collections::BTreeSet;

/// Up to here the box takes the whole width, and all rows below the banners.
const NARROW: usize = 88;

/// A row of the box.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Row {
    Target,
    Gap,
    Reason,
    Ended,
    /// Classes from the first to before the second; the name of the field stands beside the first ones.
    Causes(usize, usize),
    People,
    Burns(String),
    Cost,
}

pub(super) fn draw(model: &Model, form: &ResolveForm, pen: &mut Pen<'_>) -> Option<Position> {
    let w = model.look.words;
    let whole = pen.width() <= NARROW;
    let labels = labels(w);
    let room = if whole { pen.width() } else { 86 }.saturating_sub(4);
    let rows = rows(model, form, room.saturating_sub(labels));
    let (columns, lines) = if whole { (pen.width(), pen.height()) } else { (86, rows.len() + 4) };
    let usual = "Tab next field   Esc cancel   Enter on Cancel does nothing";
    let mut inside = boxed(pen, columns, lines, w.say("resolve"), keys(model, usual));
    // The last line first, and above it what is missing.
    let bottom = inside.height().saturating_sub(1);
    let confirm = buttons(form, bottom, &mut inside);
    let above = bottom.saturating_sub(usize::from(bottom > rows.len() || form.complaint.is_some()));
    let focus = rows.iter().position(|row| row.has(form.field)).unwrap_or(0);
    let first = (focus + 1).saturating_sub(above.max(1));
    let drawing = Drawing { model, form, labels };
    let mut cursor = None;
    for (y, row) in rows.iter().skip(first).take(above).enumerate() {
        cursor = drawing.row(row, y, &mut inside).or(cursor);
    }
    if let Some(complaint) = form.complaint {
        inside.put_cut(0, above, inside.width(), &format!("! {}", w.say(complaint)), Role::Problem);
    }
    if form.field == ResolveField::Confirm { confirm } else { cursor }
}

/// What the names of the fields take.
fn labels(w: Words) -> usize {
    ["reason", "ended", "cause", "people"].iter().map(|name| width::columns(w.say(name))).max().unwrap_or(0) + 2
}

/// Cancel, and the number that is typed; returns where the cursor stands in it.
fn buttons(form: &ResolveForm, y: usize, pen: &mut Pen<'_>) -> Option<Position> {
    let w = pen.look.words;
    let role = if form.field == ResolveField::Cancel { Role::Active } else { Role::Text };
    let x = pen.put(0, y, w.say("[ Cancel ]"), role);
    let number = format!("{:04}", form.incident.0);
    let (ask, gap, most) = match pen.width() {
        0..44 => (format!("{number}? "), 1, 5),
        _ => (w.fill("resolve: type {} ", &[&number]), 4, 8),
    };
    let x = pen.put(x + gap, y, &ask, Role::Text);
    let typed = most.min(pen.width().saturating_sub(x + 2)).max(1);
    pen.put(x, y, "[", Role::Text);
    let at = field(&form.confirm, x + 1, y, typed, pen);
    pen.put(x + 1 + typed, y, "]", Role::Text);
    at
}

fn rows(model: &Model, form: &ResolveForm, room: usize) -> Vec<Row> {
    let mut rows = vec![Row::Target, Row::Gap, Row::Reason, Row::Ended];
    rows.extend(causes(form, room).into_iter().map(|(from, to)| Row::Causes(from, to)));
    rows.extend([Row::People, Row::Gap]);
    rows.extend(still_burning(model, form.incident).map(Row::Burns));
    rows.push(Row::Cost);
    rows
}

/// Classes that stand side by side in so many columns.
fn causes(form: &ResolveForm, room: usize) -> Vec<(usize, usize)> {
    let (mut out, mut from, mut used): (Vec<(usize, usize)>, usize, usize) = (Vec::new(), 0, 0);
    for (i, class) in form.causes.iter().enumerate() {
        let wide = width::columns(class) + 6;
        if i > from && used + wide > room {
            out.push((from, i));
            (from, used) = (i, 0);
        }
        used += wide;
    }
    if from < form.causes.len() {
        out.push((from, form.causes.len()));
    }
    out
}

impl Row {
    fn has(&self, field: ResolveField) -> bool {
        match (self, field) {
            (Self::Target, ResolveField::Cancel)
            | (Self::Reason, ResolveField::Reason)
            | (Self::Ended, ResolveField::Ended)
            | (Self::People, ResolveField::People | ResolveField::Hours)
            | (Self::Cost, ResolveField::Confirm) => true,
            (Self::Causes(from, _), ResolveField::Cause) => *from == 0,
            _ => false,
        }
    }
}

/// What rows are drawn from.
struct Drawing<'a> {
    model: &'a Model,
    form: &'a ResolveForm,
    labels: usize,
}

impl Drawing<'_> {
    /// Draws a row; returns where the cursor stands when it is in it.
    fn row(&self, row: &Row, y: usize, pen: &mut Pen<'_>) -> Option<Position> {
        let (w, form) = (self.model.look.words, self.form);
        match row {
            Row::Gap => {}
            Row::Target => target(self.model, form.incident, y, pen),
            Row::Reason => {
                self.label("reason", ResolveField::Reason, y, pen);
                let wide = pen.width().saturating_sub(self.labels + 2);
                return self.input(&form.reason, ResolveField::Reason, (self.labels, y), wide, pen);
            }
            Row::Ended => {
                self.label("ended", ResolveField::Ended, y, pen);
                pen.put_cut(self.labels, y, pen.width().saturating_sub(self.labels), &self.ended(), Role::Text);
            }
            Row::Causes(from, to) => self.causes(*from, *to, y, pen),
            Row::People => return self.people(y, pen),
            Row::Burns(text) => drop(pen.put_cut(0, y, pen.width(), text, Role::P1)),
            Row::Cost => drop(pen.put_cut(0, y, pen.width(), &cost(w, self.model, form.incident), Role::Text)),
        }
        None
    }

    fn label(&self, name: &'static str, field: ResolveField, y: usize, pen: &mut Pen<'_>) {
        let role = if self.form.field == field { Role::Active } else { Role::Text };
        pen.put(0, y, self.model.look.words.say(name), role);
    }

    /// A text in brackets, `wide` columns between them.
    fn input(&self, input: &Input, of: ResolveField, (x, y): (usize, usize), wide: usize, pen: &mut Pen<'_>) -> Option<Position> {
        pen.put(x, y, "[", Role::Text);
        let at = field(input, x + 1, y, wide.max(1), pen);
        pen.put(x + 1 + wide.max(1), y, "]", Role::Text);
        at.filter(|_| self.form.field == of)
    }

    fn ended(&self) -> String {
        let (model, form) = (self.model, self.form);
        let (a, b) = if form.at_last_bad { ("( )", "(*)") } else { ("(*)", "( )") };
        match form.last_bad {
            Some(at) => {
                let when = model.look.zone.near(at, model.live_wall());
                model.look.words.fill("{} now   {} {} end of the last bad minute   Space switches", &[&a, &b, &when])
            }
            None => model.look.words.say("(*) now").into(),
        }
    }

    fn causes(&self, from: usize, to: usize, y: usize, pen: &mut Pen<'_>) {
        if from == 0 {
            self.label("cause", ResolveField::Cause, y, pen);
        }
        let mut x = self.labels;
        for (i, class) in self.form.causes.iter().enumerate().take(to).skip(from) {
            let chosen = self.form.cause == Some(i);
            let on = chosen && self.form.field == ResolveField::Cause;
            let mark = if chosen { "(*)" } else { "( )" };
            let text = format!("{mark} {}", self.model.look.words.known(class));
            x = pen.put(x, y, &text, if on { Role::Active } else { Role::Text }) + 2;
        }
    }

    /// How many people and hours of each; without both, the timeline tells it.
    fn people(&self, y: usize, pen: &mut Pen<'_>) -> Option<Position> {
        let (w, form) = (self.model.look.words, self.form);
        self.label("people", ResolveField::People, y, pen);
        let people = self.input(&form.people, ResolveField::People, (self.labels, y), 5, pen);
        let role = if form.field == ResolveField::Hours { Role::Active } else { Role::Text };
        let x = pen.put(self.labels + 9, y, w.say("hours each"), role) + 1;
        let hours = self.input(&form.hours, ResolveField::Hours, (x, y), 6, pen);
        if form.people.is_blank() && form.hours.is_blank() {
            let known = self.model.incident_of(form.incident).map_or(0, |v| known_people(&v.incident));
            let text = w.fill("empty: {}, by the timeline", &[&w.counted(known, "person", "people")]);
            pen.put_cut(x + 10, y, pen.width().saturating_sub(x + 10), &text, Role::Faint);
        }
        people.or(hours)
    }
}

/// People who did something about it, as the timeline has them.
fn known_people(incident: &Incident) -> usize {
    let names: BTreeSet<&str> = incident
        .entries
        .iter()
        .filter_map(|e| match &e.actor {
            Actor::Person(name) => Some(&**name),
            Actor::Auto => None,
        })
        .collect();
    names.len()
}

fn target(model: &Model, incident: IncidentId, y: usize, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let Some(view) = model.incident_of(incident) else {
        pen.put(0, y, &w.fill("Resolve {}", &[&incident]), Role::Strong);
        return;
    };
    let (tag, role) = banners::tag(view.incident.severity);
    let since = Model::since(view).map(|at| w.fill("open {}", &[&time::span(model.live_wall().since(at))]));
    let since = since.map(|open| format!("  {open}")).unwrap_or_default();
    let name = w.fill("Resolve {}", &[&banners::name(w, view)]);
    pen.pieces(0, y, &[piece(name, Role::Strong), piece("  ", Role::Text), piece(tag, role), piece(since, Role::Text)]);
}

/// What it cost as far as it is known now; it is recorded once its last minutes are counted.
fn cost(w: Words, model: &Model, incident: IncidentId) -> String {
    let sheet = model.incident_of(incident).and_then(|v| v.cost.as_ref()).map(|c| &c.sheet);
    let Some((sheet, total)) = sheet.and_then(|s| Some((s, s.total?))) else {
        return w.fill("final cost estimate: {}", &[&w.say(money::NOT_ESTIMATED)]);
    };
    let amount = money::whole(Money::new(total, sheet.currency));
    let amount = if sheet.complete { amount } else { w.fill("at least {}", &[&amount]) };
    let range = sheet.low.zip(sheet.high).filter(|(low, high)| low != high);
    let range = range.map(|(low, high)| format!(" ({})", money::brief_range(low, high, sheet.currency))).unwrap_or_default();
    w.fill("final cost estimate: {}; counted at the end", &[&format!("{amount}{range}")])
}

/// A warning when resolving now would reopen at once.
fn still_burning(model: &Model, incident: IncidentId) -> Option<String> {
    let view = model.incident_of(incident)?;
    if view.incident.phase == Phase::Mitigated {
        return None;
    }
    let snapshot = model.shown()?;
    let burn = snapshot
        .slos
        .iter()
        .filter(|row| row.incident == Some(incident))
        .filter_map(|row| row.verdict.as_ref().and_then(|v| list::burn_over(v, 300)))
        .reduce(f64::max)
        .filter(|b| *b > 1.0)?;
    Some(model.look.words.fill("! burn is still {} over 5m; a new breach reopens it", &[&units::burn_x(burn)]))
}
