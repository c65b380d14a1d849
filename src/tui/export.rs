//! Pictures of a screen without a terminal: as cells, as SVG and as text.

use super::glyphs::Glyphs;
use super::model::{Look, Model};
use super::theme::{Depth, Ground, Theme};
use super::update::{Msg, update};
use super::view;
use crate::chart::Charset;
use crate::chart::svg::{Cell as SvgCell, Grid, Rgb, render as render_svg};
use crate::domain::base::Now;
use crate::domain::view::Snapshot;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};
use std::sync::Arc;

/// Which screen is pictured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// All SLOs.
    #[default]
    Overview,
    /// The worst incident.
    Incident,
}

/// A model that shows a snapshot as a session would at `now`.
pub fn posed(snapshot: &Arc<Snapshot>, screen: Screen, now: Now, size: (u16, u16), look: Look) -> Model {
    let mut model = Model::new(look, size, now);
    update(&mut model, now, Msg::Snapshot(Arc::clone(snapshot)));
    let tab = match screen {
        Screen::Overview => super::model::Tab::Overview,
        Screen::Incident => super::model::Tab::Incident,
    };
    model.tab = tab;
    update(&mut model, now, Msg::Tick);
    model
}

/// The cells of a model's screen.
pub fn cells(model: &Model) -> Buffer {
    let area = Rect { x: 0, y: 0, width: model.size.0, height: model.size.1 };
    let mut buf = Buffer::empty(area);
    view::render(model, area, &mut buf);
    buf
}

/// What every picture shows.
pub const TITLE: &str = "burnledger's dashboard";

/// The screen as a picture's cells. A picture has every character and all colours, whatever the terminal has that it was made in.
pub fn pictured(snapshot: &Arc<Snapshot>, screen: Screen, now: Now, size: (u16, u16), look: Look) -> Grid {
    let theme = Theme { depth: Depth::TrueColor, ..look.theme };
    let look = Look { glyphs: Glyphs::of(Charset::Unicode), theme, ..look };
    grid(&cells(&posed(snapshot, screen, now, size, look)), theme, TITLE)
}

/// The screen as SVG.
pub fn picture(snapshot: &Arc<Snapshot>, screen: Screen, now: Now, size: (u16, u16), look: Look) -> String {
    render_svg(&pictured(snapshot, screen, now, size, look))
}

/// The screen as plain text, without blanks at the ends of lines.
pub fn text(snapshot: &Arc<Snapshot>, screen: Screen, now: Now, size: (u16, u16), look: Look) -> String {
    plain(&cells(&posed(snapshot, screen, now, size, look)))
}

/// Cells as plain text.
pub fn plain(buf: &Buffer) -> String {
    let mut out = String::new();
    for row in rows(buf) {
        let line: String = row.iter().map(|c| c.symbol.as_str()).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Cells as SVG.
pub fn svg(buf: &Buffer, theme: Theme, title: &str) -> String {
    render_svg(&grid(buf, theme, title))
}

/// Cells with the colours that a theme's ground gives them.
pub fn grid(buf: &Buffer, theme: Theme, title: &str) -> Grid {
    let (ground, ink) = grounds(theme);
    let cells = rows(buf).into_iter().flatten().map(|seen| seen.into_svg(ground, ink)).collect();
    Grid { width: usize::from(buf.area.width), cells, ground, title: title.into() }
}

/// A cell as it is seen: the second column of a wide character is empty.
struct Seen {
    symbol: String,
    cell: Cell,
}

fn rows(buf: &Buffer) -> Vec<Vec<Seen>> {
    let width = usize::from(buf.area.width).max(1);
    buf.content()
        .chunks(width)
        .map(|row| {
            let mut covered = 0;
            let mut wide: Option<&Cell> = None;
            row.iter()
                .map(|cell| {
                    let hidden = covered > 0;
                    covered = if hidden { covered - 1 } else { crate::words::width::columns(cell.symbol()).saturating_sub(1) };
                    // A wide character has one look over both of its columns.
                    wide = if hidden { wide } else { Some(cell) };
                    let look = wide.filter(|_| hidden).unwrap_or(cell).clone();
                    Seen { symbol: if hidden { String::new() } else { cell.symbol().into() }, cell: look }
                })
                .collect()
        })
        .collect()
}

impl Seen {
    fn into_svg(self, ground: Rgb, ink: Rgb) -> SvgCell {
        let has = |m| self.cell.modifier.contains(m);
        let (mut fg, mut bg) = (rgb(self.cell.fg).unwrap_or(ink), rgb(self.cell.bg));
        if has(Modifier::DIM) {
            fg = blend(fg, bg.unwrap_or(ground));
        }
        if has(Modifier::REVERSED) {
            (fg, bg) = (bg.unwrap_or(ground), Some(fg));
        }
        SvgCell { symbol: self.symbol, fg, bg, bold: has(Modifier::BOLD), underline: has(Modifier::UNDERLINED) }
    }
}

const fn grounds(theme: Theme) -> (Rgb, Rgb) {
    match theme.ground {
        Ground::Dark => ((0x10, 0x10, 0x14), (0xd8, 0xd8, 0xdc)),
        Ground::HighContrast => ((0, 0, 0), (0xff, 0xff, 0xff)),
        Ground::Light => ((0xff, 0xff, 0xff), (0x20, 0x20, 0x24)),
    }
}

/// Dim is half way to the ground.
fn blend(a: Rgb, b: Rgb) -> Rgb {
    let mix = |a: u8, b: u8| u8::try_from((u16::from(a) * 11 + u16::from(b) * 9) / 20).unwrap_or(a);
    (mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2))
}

/// The colour's value: as given, from the 256-colour cube, or the usual one of a named colour.
fn rgb(color: Color) -> Option<Rgb> {
    Some(match color {
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(i) => cube(i),
        Color::Red | Color::LightRed => (0xff, 0x5f, 0x5f),
        Color::Yellow | Color::LightYellow => (0xd7, 0xaf, 0x00),
        Color::Cyan | Color::LightCyan => (0x00, 0xaf, 0xd7),
        Color::Magenta | Color::LightMagenta => (0xd7, 0x5f, 0xd7),
        Color::Blue | Color::LightBlue => (0x5f, 0x87, 0xff),
        _ => return None,
    })
}

/// xterm's palette: 16 named ones, a cube of six steps, 24 greys.
fn cube(i: u8) -> Rgb {
    const STEPS: [u8; 6] = [0, 0x5f, 0x87, 0xaf, 0xd7, 0xff];
    match i {
        232..=255 => {
            let grey = 8 + 10 * (i - 232);
            (grey, grey, grey)
        }
        16..=231 => {
            let n = usize::from(i - 16);
            (STEPS[n / 36], STEPS[n / 6 % 6], STEPS[n % 6])
        }
        _ => (0x80, 0x80, 0x80),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cube_has_xterms_values() {
        assert_eq!(cube(204), (0xff, 0x5f, 0x87));
        assert_eq!(cube(38), (0x00, 0xaf, 0xd7));
        assert_eq!(cube(237), (58, 58, 58));
    }
}
