//! The overview: all SLOs with burn and budget, the selected one in detail, and what happened lately.

use super::columns::{Column, Placed, cell, name_in, plan, tag_of};
use super::layout;
use super::pen::{Pen, piece};
use super::{banners, detail};
use crate::domain::view::{RecentLine, SloRow, Snapshot, SourceState};
use crate::tui::model::{Link, Model, Tab};
use crate::tui::theme::Role;
use crate::words::{escape, time, width};

/// Columns before a name: cursor, tag and a space.
const BEFORE_NAME: usize = 5;

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) {
    let plan = layout::overview(model, pen.width(), pen.height());
    let Some(snapshot) = model.shown().filter(|s| !says_nothing(s)).cloned() else {
        return waiting(model, pen);
    };
    if model.cut_off && snapshot.slos.is_empty() && !snapshot.problems.is_empty() {
        return not_started(&snapshot, pen);
    }
    head(model, &snapshot, pen);
    list(model, &snapshot, &mut pen.part(0, 1, usize::MAX, plan.list + 1));
    let mut y = 2 + plan.list;
    if plan.detail > 0
        && let Some(row) = model.list.selected_row(&snapshot)
    {
        detail::draw(model, row, plan.full, &mut pen.part(0, y, usize::MAX, plan.detail));
    }
    y += plan.detail;
    if plan.recent > 1 {
        recent(model, &snapshot, &mut pen.part(0, y, usize::MAX, plan.recent));
    }
}

/// Before the first snapshot: what is being waited for, at once and without a spinner.
fn waiting(model: &Model, pen: &mut Pen<'_>) {
    let w = model.look.words;
    pen.rule(0, &[piece(w.say("SLOs"), Role::Title)], w.say("the first answer is being waited for"));
    let attached = model.live.as_ref().and_then(|s| s.attached.as_ref());
    let text = match attached {
        _ if model.cut_off => w.say("The engine ended before it had anything to show.").into(),
        Some(attached) => w.fill("Asking {} for its picture.", &[&attached.address]),
        None => w.say("Starting: reading SLOs and asking the source.").into(),
    };
    pen.put_cut(2, 2, pen.width().saturating_sub(3), &text, Role::Text);
    pen.put(2, 3, w.say("Keys work already: ? help, q quit."), Role::Faint);
}

/// Files, ledger and source are still being read behind the screen.
fn says_nothing(snapshot: &Snapshot) -> bool {
    snapshot.number == 0
        && snapshot.at.is_none()
        && snapshot.slos.is_empty()
        && snapshot.sources.is_empty()
        && snapshot.problems.is_empty()
}

/// Why there is nothing to look at, with advice; the same is told again when the screen is left.
fn not_started(snapshot: &Snapshot, pen: &mut Pen<'_>) {
    let w = pen.look.words;
    pen.rule(0, &[piece(w.say("it could not start"), Role::Problem)], w.say("q quits"));
    let mut y = 1;
    for problem in &snapshot.problems {
        let place = problem.place.as_ref().map(|p| format!("{}:{}:{} ", p.file, p.line, p.column)).unwrap_or_default();
        let width = pen.width().saturating_sub(3);
        y += 1;
        pen.put_cut(2, y, width, &format!("{place}{}", problem.message), Role::Strong);
        if let Some(hint) = &problem.hint {
            y += 1;
            pen.put_cut(4, y, width.saturating_sub(2), hint, Role::Faint);
        }
        if y + 1 >= pen.height() {
            return;
        }
    }
}

fn head(model: &Model, snapshot: &Snapshot, pen: &mut Pen<'_>) {
    let (all, shown) = (snapshot.slos.len(), model.list.order.len());
    let w = model.look.words;
    let count = match shown {
        _ if shown < all => w.fill("SLOs {} of {}", &[&shown, &all]),
        1 => w.say("SLO 1").into(),
        _ => w.fill("SLOs {}", &[&all]),
    };
    let mut title = vec![piece(count, Role::Title)];
    if pen.width() >= 80 || model.list.filter.is_empty() {
        let way = if model.list.reverse { w.say(", reversed") } else { "" };
        title.push(piece(w.fill("  sort: {}{}", &[&w.say(model.list.sort.name()), &way]), Role::Faint));
    }
    if !model.list.filter.is_empty() {
        title.push(piece(w.say("  filter: "), Role::Faint));
        title.push(piece(model.list.filter.clone(), Role::Strong));
    }
    pen.rule(0, &title, &remark(model, snapshot, pen.width()));
}

/// What the numbers are, or why they are old.
fn remark(model: &Model, snapshot: &Snapshot, columns: usize) -> String {
    let w = model.look.words;
    if let Some(end) = model.sparks.stretch.end.filter(|_| model.sparks_moved()) {
        let end = model.look.zone.near(end, model.wall());
        return w.fill("charts {} up to {}   0 back to now", &[&time::window(model.sparks.stretch.span()), &end]);
    }
    if banners::is_stale(model)
        && let Some(at) = snapshot.at
    {
        let at = model.look.zone.clock(at);
        return if columns >= 110 {
            w.fill("values as of {}   ~ = stale: keeps its severity, never turns ok", &[&at])
        } else {
            w.fill("values as of {}, ~ = stale", &[&at])
        };
    }
    match (snapshot.at, snapshot.sources.first()) {
        (None, Some(source)) => match &source.state {
            SourceState::Filling { done, all } if columns < 100 => w.fill("reading history, {} of {}", &[done, all]),
            SourceState::Filling { done, all } => w.fill("reading history from {}: {} of {}", &[&source.name, done, all]),
            _ if columns < 100 => w.say("first evaluation pending").into(),
            _ => w.fill("first evaluation pending: {} has not answered yet", &[&source.name]),
        },
        _ if columns >= 110 => w.say("budget left of each SLO's period   burn in multiples of the sustainable rate").into(),
        _ => w.say("burn x of sustainable rate").into(),
    }
}

pub(super) fn list(model: &Model, snapshot: &Snapshot, pen: &mut Pen<'_>) {
    if snapshot.slos.is_empty() || model.list.order.is_empty() {
        return nothing(model, snapshot, pen);
    }
    let rows = pen.height().saturating_sub(1);
    let shown: Vec<&SloRow> =
        model.list.order.iter().skip(model.list.top).take(rows).filter_map(|i| snapshot.slos.get(*i)).collect();
    // The plan follows the whole list, so that columns do not jump while scrolling.
    let longest = snapshot.slos.iter().map(|row| width::columns(&row.slo.id.0) + group_width(row)).max().unwrap_or(0);
    let (name, columns) = plan(pen.width().saturating_sub(BEFORE_NAME + 1), longest);
    heads(model, name, &columns, pen);
    for (y, row) in shown.into_iter().enumerate() {
        let selected = model.list.selected.as_ref().is_some_and(|key| key.slo == row.slo.id && key.group == row.group);
        line(model, row, selected, name, &columns, y + 1, pen);
    }
}

fn group_width(row: &SloRow) -> usize {
    row.group.iter().map(|(_, value)| width::columns(value) + 1).sum()
}

/// The head of the burn over time: how far back it goes, and up to when where that is not the present.
fn sparked(model: &Model) -> String {
    let (w, stretch) = (model.look.words, model.sparks.stretch);
    let span = time::window(stretch.span());
    match stretch.end.filter(|_| model.sparks_moved()) {
        Some(end) => w.fill("{} TO {}", &[&span, &model.look.zone.near(end, model.wall())]),
        None if model.sparks_moved() => w.fill("LAST {}", &[&span]),
        None if model.tab == Tab::Replay => w.say("6h TO CURSOR").into(),
        None => w.say(Column::Spark.head()).into(),
    }
}

fn heads(model: &Model, name: usize, columns: &[Placed], pen: &mut Pen<'_>) {
    pen.put(BEFORE_NAME, 0, "SLO", Role::Faint);
    let mut x = BEFORE_NAME + name;
    for placed in columns {
        x += 1;
        let head = match placed.column {
            Column::Spark => sparked(model),
            column => pen.look.words.say(column.head()).into(),
        };
        if placed.column.at_left() {
            pen.put_cut(x, 0, placed.width, &head, Role::Faint);
        } else {
            pen.put_right(x + placed.width, 0, placed.width, &head, Role::Faint);
        }
        x += placed.width;
    }
}

fn line(model: &Model, row: &SloRow, selected: bool, name: usize, columns: &[Placed], y: usize, pen: &mut Pen<'_>) {
    let (tag, role) = tag_of(row);
    pen.put(1, y, &tag, role);
    let written = name_in(row, name, pen.look.glyphs.ellipsis);
    pen.put_cut(BEFORE_NAME, y, name, &written, if selected { Role::Strong } else { Role::Text });
    let (mut x, mut pictures) = (BEFORE_NAME + name, Vec::new());
    for placed in columns {
        x += 1;
        let (text, role) = cell((row, model.spark_of(row)), *placed, model.wall(), &model.look);
        let role = if row.stale && role == Role::Good { Role::Stale } else { role };
        if placed.column.at_left() {
            pen.put_cut(x, y, placed.width, &text, role);
            pictures.push((x, text, role));
        } else {
            pen.put_right(x + placed.width, y, placed.width, &text, role);
        }
        x += placed.width;
    }
    if selected {
        let theme = pen.look.theme;
        pen.over_row(y, theme.selected());
        pictures.extend((role == Role::P0Tag).then_some((1, tag, role)));
        for (x, text, role) in pictures {
            pen.put_styled(x, y, &text, theme.on_selected(role));
        }
        pen.put_styled(0, y, ">", pen.look.theme.style(Role::Strong).patch(pen.look.theme.selected()));
    }
}

/// An empty list says why, and what to try.
pub(super) fn nothing(model: &Model, snapshot: &Snapshot, pen: &mut Pen<'_>) {
    let w = model.look.words;
    let (what, hint) = if snapshot.slos.is_empty() && snapshot.problems.is_empty() {
        (
            w.say("No SLOs are in force.").to_string(),
            "Write one into the SLO folder; `burnledger check` tells what is wrong with it.",
        )
    } else if snapshot.slos.is_empty() {
        (w.say("No SLO is in force: the files have errors.").into(), "`burnledger check` shows each of them with its place.")
    } else {
        (w.fill("No SLO matches `{}`.", &[&model.list.filter]), "Esc shows all of them again.")
    };
    pen.put(2, 0, &what, Role::Strong);
    pen.put(2, 1, w.say(hint), Role::Faint);
}

fn recent(model: &Model, snapshot: &Snapshot, pen: &mut Pen<'_>) {
    let w = model.look.words;
    pen.rule(0, &[piece(w.say("recent"), Role::Title)], "");
    if snapshot.recent.is_empty() {
        let none = match (snapshot.incident_count, Link::of(model)) {
            (_, Link::Connecting(_) | Link::Filling(..)) => "Nothing yet.",
            (0, _) => "Nothing has happened; the ledger holds no incident.",
            _ => "Nothing has happened since this began.",
        };
        pen.put(1, 1, w.say(none), Role::Faint);
    }
    // Rows that nothing else needs go to what does not fit into one.
    let room = pen.height().saturating_sub(1);
    let (mut y, mut spare) = (1, room.saturating_sub(snapshot.recent.len()));
    for happened in snapshot.recent.iter().take(room) {
        let used = recent_line(model, happened, (y, 1 + spare), pen);
        (y, spare) = (y + used, spare + 1 - used);
    }
}

/// One happening on at most so many rows from `y` on; returns how many it took.
fn recent_line(model: &Model, happened: &RecentLine, (y, most): (usize, usize), pen: &mut Pen<'_>) -> usize {
    let zone = model.look.zone;
    let same_day = zone.same_day(happened.at, model.wall());
    let when = if same_day { zone.clock(happened.at) } else { zone.day_minute(happened.at) };
    let x = pen.put(1, y, &when, Role::Faint);
    let (tag, role) = happened.severity.map_or(("   ", Role::Faint), |s| banners::tag(Some(s)));
    let x = pen.put(x.max(9) + 2, y, tag, role);
    let text = model.look.words.told(&happened.text);
    let named = happened.incident.filter(|id| !text.contains(&id.to_string()));
    let text = named.map_or_else(|| text.to_owned(), |id| format!("{id} {text}"));
    let room = pen.width().saturating_sub(x + 2);
    let mut lines = width::wrap(&escape::terminal(&text), room);
    if lines.len() > most {
        let rest = lines.split_off(most - 1).join(" ");
        lines.push(rest);
    }
    for (row, line) in lines.iter().enumerate() {
        pen.put_cut(x + 1, y + row, room, line, Role::Text);
    }
    lines.len().max(1)
}
