//! The pen: the only thing that puts text on the screen. It escapes, cuts to the area and keeps columns true.

use crate::chart::Charset;
use crate::tui::model::Look;
use crate::tui::theme::Role;
use crate::words::{escape, width};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A pen over an area. Places are relative to the area's corner; whatever lies outside is not drawn.
pub(super) struct Pen<'a> {
    pub(super) buf: &'a mut Buffer,
    pub(super) area: Rect,
    pub(super) look: &'a Look,
}

impl Pen<'_> {
    pub(super) const fn width(&self) -> usize {
        self.area.width as usize
    }

    pub(super) const fn height(&self) -> usize {
        self.area.height as usize
    }

    /// A pen over a part of this one's area, clipped to it.
    pub(super) fn part(&mut self, x: usize, y: usize, w: usize, h: usize) -> Pen<'_> {
        let (x, y) = (x.min(self.width()), y.min(self.height()));
        let area = Rect {
            x: self.area.x + x as u16,
            y: self.area.y + y as u16,
            width: w.min(self.width() - x) as u16,
            height: h.min(self.height() - y) as u16,
        };
        Pen { buf: self.buf, area, look: self.look }
    }

    /// The text escaped; outside of the Unicode set the signs of formulas have plain forms of the same width, and what the
    /// terminal cannot be trusted with is a question mark for each of its columns.
    fn clean(&self, text: &str) -> String {
        let (clean, charset) = (escape::terminal(text), self.look.glyphs.charset);
        if charset == Charset::Unicode || clean.is_ascii() {
            return clean;
        }
        let mut out = String::with_capacity(clean.len());
        for c in clean.chars().map(plain) {
            if c.is_ascii() || charset == Charset::Narrow && width::is_undisputed(c) {
                out.push(c);
            } else {
                out.extend(std::iter::repeat_n('?', width::of(c)));
            }
        }
        out
    }

    /// Writes from column `x`; returns the column after it.
    pub(super) fn put(&mut self, x: usize, y: usize, text: &str, role: Role) -> usize {
        self.put_styled(x, y, text, self.look.theme.style(role))
    }

    pub(super) fn put_styled(&mut self, x: usize, y: usize, text: &str, style: Style) -> usize {
        if x >= self.width() || y >= self.height() {
            return x;
        }
        let clean = self.clean(text);
        let room = self.width() - x;
        self.part_wide(x, y);
        // What was drawn here before (a rule, a level) leaves nothing of its look behind.
        let style = Style::reset().patch(style);
        let (end, _) = self.buf.set_stringn(self.area.x + x as u16, self.area.y + y as u16, &clean, room, style);
        usize::from(end - self.area.x)
    }

    /// A wide character that reaches over column `x` from the left goes whole: a terminal would draw it over what comes here.
    fn part_wide(&mut self, x: usize, y: usize) {
        let (x, y) = (self.area.x + x as u16, self.area.y + y as u16);
        let before = x.checked_sub(1).and_then(|x| self.buf.cell_mut((x, y)));
        if let Some(cell) = before.filter(|cell| width::columns(cell.symbol()) > 1) {
            cell.set_symbol(" ");
        }
    }

    /// Writes at most `w` columns and tells what was cut.
    pub(super) fn put_cut(&mut self, x: usize, y: usize, w: usize, text: &str, role: Role) -> usize {
        let text = width::cut(&self.clean(text), w, self.look.glyphs.ellipsis);
        self.put(x, y, &text, role)
    }

    /// Writes so that the text ends before column `end`; what does not fit is cut at its end.
    pub(super) fn put_right(&mut self, end: usize, y: usize, w: usize, text: &str, role: Role) {
        let text = width::cut(&self.clean(text), w, self.look.glyphs.ellipsis);
        self.put(end.saturating_sub(width::columns(&text)), y, &text, role);
    }

    /// Writes pieces one after the other; returns the column after the last.
    pub(super) fn pieces(&mut self, x: usize, y: usize, pieces: &[(String, Role)]) -> usize {
        pieces.iter().fold(x, |x, (text, role)| self.put(x, y, text, *role))
    }

    /// A rule across the area with a title at the left and a remark at the right; the remark goes first when there is no room.
    pub(super) fn rule(&mut self, y: usize, title: &[(String, Role)], remark: &str) {
        let sign = self.look.glyphs.rule;
        let line = sign.repeat(self.width());
        self.put(0, y, &line, Role::Rule);
        let x = if title.is_empty() { 0 } else { 3 };
        let space = " ".to_string();
        let end = if title.is_empty() {
            0
        } else {
            self.put(x - 1, y, &space, Role::Rule);
            let end = self.pieces(x, y, title);
            self.put(end, y, &space, Role::Rule)
        };
        let w = width::columns(&escape::terminal(remark));
        if w > 0 && end + w + 6 <= self.width() {
            let text = format!(" {remark} ");
            self.put(self.width() - w - 4, y, &text, Role::Faint);
        }
    }

    /// Lays a style over a whole row.
    pub(super) fn over_row(&mut self, y: usize, style: Style) {
        if y < self.height() {
            self.buf.set_style(Rect { y: self.area.y + y as u16, height: 1, ..self.area }, style);
        }
    }

    /// Empties the area.
    pub(super) fn clear(&mut self) {
        for y in self.area.y..self.area.bottom() {
            self.part_wide(0, usize::from(y - self.area.y));
            for x in self.area.x..self.area.right() {
                if let Some(cell) = self.buf.cell_mut((x, y)) {
                    cell.reset();
                }
            }
        }
    }
}

/// Signs that East Asian terminals may draw two columns wide, and what says the same in ASCII.
const fn plain(c: char) -> char {
    match c {
        '×' => 'x',
        '−' | '–' | '—' => '-',
        '·' | '…' => '.',
        '÷' => '/',
        '→' => '>',
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        other => other,
    }
}

/// A piece of text with its role.
pub(super) fn piece(text: impl Into<String>, role: Role) -> (String, Role) {
    (text.into(), role)
}
