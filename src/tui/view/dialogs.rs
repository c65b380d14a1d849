//! Dialogs in front of a screen. Buttons and keys are laid out first, at the bottom, so that nothing can push them off.

use super::pen::{Pen, piece};
use super::{choices, help, layout, note, resolve, sheets};
use crate::domain::base::{IncidentId, Language};
use crate::tui::model::{Input, Model, Overlay, Sheet, Tab};
use crate::tui::theme::Role;
use crate::tui::update::{matching, told};
use crate::words::{Words, width};
use ratatui::layout::{Position, Rect};

/// Draws the dialog that is open; returns where the cursor stands.
pub(super) fn draw(model: &Model, pen: &mut Pen<'_>) -> Option<Position> {
    match model.overlay.as_ref()? {
        Overlay::Filter { input, .. } => filter(model, input, pen),
        Overlay::Palette { input, at, complaint } => palette(model, input, *at, complaint.as_deref(), pen),
        Overlay::Export => {
            export(pen);
            None
        }
        Overlay::Sheet { sheet, scroll } => {
            sheet_box(model, *sheet, *scroll, pen);
            None
        }
        Overlay::GoTo { input, complaint } => go_to(input, complaint.as_deref(), pen),
        Overlay::WhatIf { input } => what_if(input, pen),
        Overlay::Help { scroll, find, typing } => help_box(model, *scroll, (find, *typing), pen),
        Overlay::Reopen { incident, reason, complaint } => reopen_box(model, *incident, reason, *complaint, pen),
        Overlay::Note(form) => note::draw(model, form, pen),
        Overlay::Resolve(form) => resolve::draw(model, form, pen),
        severity @ Overlay::Severity { .. } => choices::severity(model, severity, pen),
        merge @ Overlay::Merge { .. } => choices::merge(model, merge, pen),
    }
}

/// An empty box in the middle with a title above and keys below; the pen of its inside.
pub(super) fn boxed<'a>(pen: &'a mut Pen<'_>, w: usize, h: usize, title: &str, keys: &str) -> Pen<'a> {
    let (w, h) = (w.min(pen.width()), h.min(pen.height()));
    let (x, y) = ((pen.width() - w) / 2, (pen.height() - h) / 2);
    let g = pen.look.glyphs;
    let mut frame = pen.part(x, y, w, h);
    frame.clear();
    let inner = w.saturating_sub(2);
    for (row, left, right) in [(0, g.box_corners[0], g.box_corners[1]), (h - 1, g.box_corners[2], g.box_corners[3])] {
        frame.put(0, row, left, Role::Strong);
        frame.put(1, row, &g.rule.repeat(inner), Role::Strong);
        frame.put(w - 1, row, right, Role::Strong);
    }
    for row in 1..h.saturating_sub(1) {
        frame.put(0, row, g.box_side, Role::Strong);
        frame.put(w - 1, row, g.box_side, Role::Strong);
    }
    let label = |text: &str| width::cut(&format!(" {text} "), inner.saturating_sub(2), g.ellipsis);
    frame.put(2, 0, &label(title), Role::Title);
    if !keys.is_empty() {
        frame.put(2, h - 1, &label(keys), Role::Text);
    }
    let area = Rect {
        x: frame.area.x + 2.min(frame.area.width),
        y: frame.area.y + 1.min(frame.area.height),
        width: frame.area.width.saturating_sub(4),
        height: frame.area.height.saturating_sub(2),
    };
    Pen { buf: pen.buf, area, look: pen.look }
}

/// The keys of a dialog that people write in, or that Esc was pressed once although there are words in it.
pub(super) fn keys(model: &Model, usual: &'static str) -> &'static str {
    model.look.words.say(if model.leaving { "Esc again discards the text" } else { usual })
}

/// The filter stands where the footer is; the list above follows it as one types.
fn filter(model: &Model, input: &Input, pen: &mut Pen<'_>) -> Option<Position> {
    let w = pen.look.words;
    let help = if model.tab == Tab::History {
        w.say("words, sev:p0, team:x, state:resolved, cause:x, !not   Enter keeps  Esc takes back")
    } else {
        w.say("words, sev:p0, team:x, state:no_data, !not   Enter keeps  Esc takes back")
    };
    last_line(w.say("filter:"), input, (help, Role::Faint), pen)
}

/// A line typed where the footer is, with advice beside it.
fn last_line(label: &str, input: &Input, advice: (&str, Role), pen: &mut Pen<'_>) -> Option<Position> {
    let y = pen.height().saturating_sub(1);
    pen.part(0, y, usize::MAX, 1).clear();
    let x = pen.put(1, y, label, Role::Title) + 1;
    let at = field(input, x, y, pen.width().saturating_sub(x + 1), pen);
    beside_input(input, x, y, advice, pen);
    at
}

/// Advice at the right of a line that is typed from column `x` on, as long as there is room.
fn beside_input(input: &Input, x: usize, y: usize, (text, role): (&str, Role), pen: &mut Pen<'_>) {
    let used = x + width::columns(&input.text()) + 3;
    if used + width::columns(text) < pen.width() {
        pen.put_right(pen.width() - 1, y, width::columns(text), text, role);
    }
}

/// Matches of the palette that are shown at once.
const MATCHES: usize = 8;

/// Actions by name: the matches stand above the line that is typed.
fn palette(model: &Model, input: &Input, at: usize, complaint: Option<&str>, pen: &mut Pen<'_>) -> Option<Position> {
    let found = matching(model, &input.text());
    let rows = found.len().min(MATCHES).min(pen.height().saturating_sub(4));
    let y = pen.height().saturating_sub(1);
    let top = y.saturating_sub(rows + 1);
    let first = (at + 1).saturating_sub(rows);
    pen.part(0, top, usize::MAX, rows + 2).clear();
    let w = model.look.words;
    pen.rule(top, &[piece(w.say("actions here"), Role::Title)], w.say("Enter does it   Up Down choose   Esc closes"));
    for (row, binding) in found.iter().enumerate().skip(first).take(rows) {
        let line = top + 1 + row - first;
        let (name, said) = (binding.action.name(), told(model, binding));
        // People read what it does; the name is what is typed here and written under `keys:`.
        let (first, last) = if w.language() == Language::En { (name, said) } else { (said, name) };
        let column = if w.language() == Language::En { 21 } else { 36 };
        pen.put_cut(2, line, column - 3, &first, Role::Strong);
        pen.put_cut(column, line, 12, &model.look.keys.written(binding), Role::Key);
        pen.put_cut(column + 13, line, pen.width().saturating_sub(column + 14), &last, Role::Text);
        if row == at {
            pen.over_row(line, pen.look.theme.selected());
        }
    }
    pen.put(1, y, ":", Role::Title);
    let cursor = field(input, 2, y, pen.width().saturating_sub(3), pen);
    let help = w.say("open 17 opens an incident");
    beside_input(input, 2, y, complaint.map_or((help, Role::Faint), |c| (c, Role::P1)), pen);
    cursor
}

fn export(pen: &mut Pen<'_>) {
    let w = pen.look.words;
    let (title, keys) = (w.say("into a file in the current folder"), w.say("Esc closes   no file is ever overwritten"));
    let mut inside = boxed(pen, 60, 9, title, keys);
    let choices = [
        ("s", "this screen as a picture (SVG)"),
        ("p", "this screen as a picture in pixels (PNG)"),
        ("t", "this screen as text"),
        ("c", "the table behind it as CSV"),
        ("j", "the table behind it as JSON"),
        ("m", "the table behind it as Markdown"),
    ];
    for (y, (key, words)) in choices.into_iter().enumerate() {
        inside.put(0, y, key, Role::Key);
        inside.put(3, y, w.say(words), Role::Text);
    }
}

/// Keys of a text that does not fit, and what of it is seen.
fn scrolling(w: Words, scroll: usize, room: usize, lines: usize) -> String {
    w.fill("j/k scroll   {}-{} of {}", &[&(scroll + 1), &(scroll + room).min(lines), &lines])
}

fn sheet_box(model: &Model, sheet: Sheet, scroll: usize, pen: &mut Pen<'_>) {
    let words = model.look.words;
    let w = sheets::width(usize::from(model.size.0));
    let lines = sheets::lines(model, sheet, w);
    let room = layout::help_rows(model).min(pen.height().saturating_sub(2));
    let more = if lines.len() > room { format!("   {}", scrolling(words, scroll, room, lines.len())) } else { String::new() };
    let keys = words.say("Esc close").to_string() + &more;
    let mut inside = boxed(pen, w + 4, lines.len().min(room) + 2, &sheets::title(words, sheet), &keys);
    for (y, line) in lines.iter().skip(scroll).take(inside.height()).enumerate() {
        inside.pieces(0, y, line);
    }
}

/// A time to go to, typed where the footer is.
fn go_to(input: &Input, complaint: Option<&str>, pen: &mut Pen<'_>) -> Option<Position> {
    let w = pen.look.words;
    let help = w.say("02:31, -10m, +90s or RFC 3339   Enter goes  Esc stays");
    last_line(w.say("go to:"), input, complaint.map_or((help, Role::Faint), |c| (c, Role::P1)), pen)
}

/// A change to suppose, typed where the footer is.
fn what_if(input: &Input, pen: &mut Pen<'_>) -> Option<Position> {
    let w = pen.look.words;
    let help = w.say("target=99.5%  burn=14.4:10  period=28d  guards=none  slo=NAME   Enter judges  Esc stays");
    last_line(w.say("what if:"), input, (help, Role::Faint), pen)
}

/// A text field of one line; the cursor stays in view. Returns where it stands.
pub(super) fn field(input: &Input, x: usize, y: usize, w: usize, pen: &mut Pen<'_>) -> Option<Position> {
    let before = input.before();
    let skip = width::columns(&before).saturating_sub(w.saturating_sub(1));
    let mut cut = String::new();
    let mut seen = 0;
    for c in input.text().chars() {
        if seen >= skip {
            cut.push(c);
        }
        seen += width::columns(&c.to_string());
    }
    let text = width::head(&cut, w);
    pen.put(x, y, &text, Role::Strong);
    let column = x + width::columns(&before) - skip.min(width::columns(&before));
    (y < pen.height()).then(|| Position { x: pen.area.x + column as u16, y: pen.area.y + y as u16 })
}

/// The keys of the screen behind it first, then all others; with words only the lines that have them.
fn help_box(model: &Model, scroll: usize, (find, typing): (&Input, bool), pen: &mut Pen<'_>) -> Option<Position> {
    let w = model.look.words;
    let lines = layout::help_lines(model);
    let room = layout::help_rows(model).min(pen.height().saturating_sub(2));
    let more = if lines > room { format!("   {}", scrolling(w, scroll, room, lines)) } else { String::new() };
    let keys = match (typing, find.is_blank()) {
        (true, _) => w.say("Enter keeps the words   Esc all keys").to_string(),
        (false, false) => w.say("Esc all keys   / other words").to_string() + &more,
        (false, true) => w.say("Esc close   / find a key").to_string() + &more,
    };
    let searches = typing || !find.is_blank();
    let h = lines.min(room).max(usize::from(searches)) + 2;
    let title = if searches { format!("{}: {}", w.say("help"), find.text()) } else { w.say("help").into() };
    let mut inside = boxed(pen, pen.width().min(116), h, &title, &keys);
    help::draw(model, scroll, &mut inside);
    if lines == 0 {
        inside.put(0, 0, w.say("no key is told with these words"), Role::Text);
    }
    let x = inside.area.x + (width::columns(w.say("help")) + width::columns(&find.before()) + 3) as u16;
    typing.then(|| Position { x, y: inside.area.y.saturating_sub(1) })
}

/// Why an incident is not over after all.
fn reopen_box(
    model: &Model,
    incident: IncidentId,
    reason: &Input,
    complaint: Option<&'static str>,
    pen: &mut Pen<'_>,
) -> Option<Position> {
    let w = model.look.words;
    let mut inside = boxed(pen, 76, 6, w.say("reopen"), keys(model, "Enter reopens it   Esc leaves it as it is"));
    inside.put(0, 0, &w.fill("{} is not over after all", &[&incident]), Role::Strong);
    inside.put(0, 3, w.say("reason"), Role::Active);
    let room = inside.width().saturating_sub(12);
    inside.put(9, 3, "[", Role::Text);
    let at = field(reason, 10, 3, room.saturating_sub(1), &mut inside);
    inside.put(10 + room, 3, "]", Role::Text);
    match complaint {
        Some(complaint) => inside.put(0, 1, &format!("! {}", w.say(complaint)), Role::Problem),
        None => inside.put(0, 1, w.say("people are paged for it again while a rule fires"), Role::Faint),
    };
    at
}

/// A text in lines of at most `w` columns, broken at spaces where there are some, and the row and column of its `cursor`th
/// character.
pub(super) fn wrapped(text: &str, cursor: usize, w: usize) -> (Vec<String>, (usize, usize)) {
    let (mut lines, mut at) = (vec![String::new()], (0, 0));
    for (i, c) in text.chars().chain(['\n']).enumerate() {
        let row = lines.len() - 1;
        if c != '\n' && width::columns(&lines[row]) + width::columns(&c.to_string()) > w {
            // The word that does not fit goes to the next line, and the cursor with it.
            let keep = lines[row].rfind(' ').map_or(lines[row].len(), |space| space + 1);
            let moved = lines[row].split_off(keep);
            let kept = width::columns(&lines[row]);
            if at.0 == row && i > cursor && at.1 >= kept {
                at = (row + 1, at.1 - kept);
            }
            lines.push(moved);
        }
        let row = lines.len() - 1;
        if i == cursor {
            at = (row, width::columns(&lines[row]).min(w.saturating_sub(1)));
        }
        if c == '\n' { lines.push(String::new()) } else { lines[row].push(c) }
    }
    lines.pop();
    (lines, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_text_breaks_at_spaces_and_keeps_its_cursor() {
        let (lines, at) = wrapped("the quick brown", 15, 10);
        assert_eq!((lines, at), (vec!["the quick ".to_string(), "brown".into()], (1, 5)));
        assert_eq!(wrapped("the quick brown", 12, 10).1, (1, 2));
        assert_eq!(wrapped("abcdefghijkl", 12, 10), (vec!["abcdefghij".into(), "kl".into()], (1, 2)));
        assert_eq!(wrapped("a\nb", 3, 10), (vec!["a".into(), "b".into()], (1, 1)));
        assert_eq!(wrapped("", 0, 10), (vec![String::new()], (0, 0)));
    }
}
