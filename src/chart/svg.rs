//! A grid of cells as SVG: a picture of a terminal's screen that looks the same everywhere.
//!
//! Letters are text (selectable, placed by run so that no font can shear the columns). Blocks, braille and box lines are
//! drawn as shapes, because fonts disagree about them; transparent text lies over them so that copying still works.

use super::shapes::{Area, CELL_H, CELL_W, is_shape, shape};
use std::fmt::Write;

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What is drawn: one character as the reader sees it, two columns wide for East Asian ones; empty for the second column.
    pub symbol: String,
    /// Its colour.
    pub fg: Rgb,
    /// Its ground, when it differs from the picture's.
    pub bg: Option<Rgb>,
    /// Bold.
    pub bold: bool,
    /// Underlined.
    pub underline: bool,
}

/// A screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Columns.
    pub width: usize,
    /// Cells, row by row; a row that is too short counts as blank there.
    pub cells: Vec<Cell>,
    /// The picture's ground.
    pub ground: Rgb,
    /// What the picture shows, for readers who cannot see it.
    pub title: String,
}

/// Distance from a row's top to its baseline, and the margin, in pixels.
const BASE: f64 = 13.4;
const MARGIN: f64 = 14.0;
/// [`FAINT`](super::shapes::FAINT), as SVG writes it.
const SHADE: &str = " fill-opacity=\"0.22\"";
/// Letters two columns wide are this large: they fill their columns without being stretched much.
const WIDE: &str = " style=\"font-size:16px\"";

/// The picture.
pub fn render(grid: &Grid) -> String {
    let mut out = head(grid, "");
    for row in 0..rows(grid) {
        for piece in pieces(grid, row) {
            piece.write(true, &mut out);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Rows of a grid.
pub(super) fn rows(grid: &Grid) -> usize {
    grid.cells.len().checked_div(grid.width).unwrap_or(0)
}

/// Everything before the first piece; `style` is added to the style sheet.
pub(super) fn head(grid: &Grid, style: &str) -> String {
    let (w, h) = (grid.width as f64 * CELL_W + 2.0 * MARGIN, rows(grid) as f64 * CELL_H + 2.0 * MARGIN);
    let title = xml(&grid.title);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.1} {h:.1}\" width=\"{w:.0}\" height=\"{h:.0}\" role=\"img\" \
         aria-label=\"{title}\">\n<title>{title}</title>\n<style>text{{font:14px ui-monospace,'SF Mono','JetBrains Mono',Menlo,\
         Consolas,'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace;white-space:pre}}.b{{font-weight:700}}.u{{text-decoration:\
         underline}}.t{{fill-opacity:0}}{style}</style>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>\n",
        color(grid.ground)
    )
}

/// The pieces of one row, in the order in which they lie over each other.
pub(super) fn pieces(grid: &Grid, row: usize) -> Vec<Piece> {
    let Some(cells) = grid.cells.chunks(grid.width.max(1)).nth(row) else { return Vec::new() };
    let mut out = Vec::new();
    grounds(&mut out, cells, row, grid.ground);
    for run in runs(cells) {
        draw(&mut out, &run, row);
    }
    out
}

/// One element of a picture.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    /// What it is; grounds lie under everything else.
    pub(super) layer: Layer,
    /// Its colour.
    pub(super) fill: Rgb,
    shape: String,
    look: &'static str,
    text: Option<String>,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Layer {
    /// A rectangle behind letters.
    Ground,
    /// Blocks, dots and lines.
    Shape,
    /// Letters.
    Letters,
    /// Letters that nobody sees, over shapes, for copying.
    Unseen,
}

impl Piece {
    /// The element; without its colour where what is around it has the same.
    pub(super) fn write(&self, coloured: bool, out: &mut String) {
        let tag = match self.layer {
            Layer::Ground => "rect",
            Layer::Shape => "path",
            Layer::Letters | Layer::Unseen => "text",
        };
        let fill = if coloured { format!(" fill=\"{}\"", color(self.fill)) } else { String::new() };
        let _ = match &self.text {
            None => writeln!(out, "<{tag} {}{fill}{}/>", self.shape, self.look),
            Some(text) => writeln!(out, "<{tag} {}{fill}{}>{}</{tag}>", self.shape, self.look, xml(text)),
        };
    }
}

/// Neighbouring cells of one look and one kind.
struct Run<'a> {
    x: usize,
    cells: &'a [Cell],
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Blank,
    Text,
    Shape,
    /// A letter of another script.
    Other,
    /// The second column of one.
    Second,
}

fn kind(cell: &Cell) -> Kind {
    match cell.symbol.chars().next() {
        None => Kind::Second,
        Some(' ') => Kind::Blank,
        Some(c) if is_shape(c) => Kind::Shape,
        Some(c) if c.is_ascii() => Kind::Text,
        Some(_) => Kind::Other,
    }
}

/// Splits a row. Single blanks join the words around them; letters of other scripts stand alone, because
/// their advance differs from the letters', but those two columns wide stand together.
fn runs(row: &[Cell]) -> Vec<Run<'_>> {
    let same = |a: &Cell, b: &Cell| a.fg == b.fg && a.bg == b.bg && a.bold == b.bold && a.underline == b.underline;
    let mut out: Vec<Run<'_>> = Vec::new();
    let mut from = 0;
    for i in 1..=row.len() {
        let next = row.get(i + 1).map_or(Kind::Blank, kind);
        let joins = i < row.len() && same(&row[i - 1], &row[i]) && joins(kind(&row[i - 1]), kind(&row[i]), next);
        if !joins {
            let cells = &row[from..i];
            let kind = cells.iter().map(kind).find(|k| *k != Kind::Blank).unwrap_or(Kind::Blank);
            out.push(Run { x: from, cells, kind });
            from = i;
        }
    }
    out
}

/// One blank between words is part of the text; a wider gap ends it, because not every reader of SVG keeps blanks.
const fn joins(a: Kind, b: Kind, next: Kind) -> bool {
    match (a, b) {
        (Kind::Text, Kind::Blank) => matches!(next, Kind::Text),
        (Kind::Second, Kind::Other) => matches!(next, Kind::Second),
        (Kind::Other, Kind::Second) => true,
        (a, b) => {
            matches!((a, b), (Kind::Text | Kind::Blank, Kind::Text) | (Kind::Blank, Kind::Blank) | (Kind::Shape, Kind::Shape))
        }
    }
}

/// One rectangle for each stretch of another ground, so that no seam shows between runs.
fn grounds(out: &mut Vec<Piece>, row: &[Cell], y: usize, ground: Rgb) {
    let mut x = 0;
    for stretch in row.chunk_by(|a, b| a.bg == b.bg) {
        if let Some(fill) = stretch[0].bg.filter(|bg| *bg != ground) {
            let (left, top) = (MARGIN + x as f64 * CELL_W, MARGIN + y as f64 * CELL_H);
            let width = stretch.len() as f64 * CELL_W;
            let shape = format!("x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{CELL_H}\"");
            out.push(Piece { layer: Layer::Ground, fill, shape, look: "", text: None });
        }
        x += stretch.len();
    }
}

fn draw(out: &mut Vec<Piece>, run: &Run<'_>, y: usize) {
    let (x, top) = (MARGIN + run.x as f64 * CELL_W, MARGIN + y as f64 * CELL_H);
    let Some(first) = run.cells.first().filter(|_| !matches!(run.kind, Kind::Blank | Kind::Second)) else { return };
    if run.kind == Kind::Shape {
        shapes(out, run.cells, x, top, first.fg);
    }
    text(out, run, x, top + BASE, first);
}

/// The run's letters, stretched to exactly their columns. Blanks at both ends are left out.
fn text(out: &mut Vec<Piece>, run: &Run<'_>, x: f64, base: f64, first: &Cell) {
    let lead = run.cells.iter().take_while(|c| kind(c) == Kind::Blank).count();
    let tail = run.cells.iter().rev().take_while(|c| kind(c) == Kind::Blank).count();
    let cells = &run.cells[lead..run.cells.len().saturating_sub(tail).max(lead)];
    let wide = if cells.get(1).is_some_and(|c| kind(c) == Kind::Second) { WIDE } else { "" };
    let shape = format!(
        "x=\"{:.1}\" y=\"{base:.1}\" textLength=\"{:.1}\" lengthAdjust=\"spacingAndGlyphs\"{wide}",
        x + lead as f64 * CELL_W,
        cells.len() as f64 * CELL_W,
    );
    let layer = if run.kind == Kind::Shape { Layer::Unseen } else { Layer::Letters };
    let look = match (first.bold, first.underline, layer == Layer::Unseen) {
        (false, false, false) => "",
        (true, false, false) => " class=\"b\"",
        (false, true, false) => " class=\"u\"",
        (true, true, false) => " class=\"b u\"",
        (false, false, true) => " class=\"t\"",
        (true, false, true) => " class=\"b t\"",
        (false, true, true) => " class=\"u t\"",
        (true, true, true) => " class=\"b u t\"",
    };
    let text = Some(cells.iter().map(|c| c.symbol.as_str()).collect());
    out.push(Piece { layer, fill: first.fg, shape, look, text });
}

/// Blocks, braille dots and lines of a run as one path, shades as faint rectangles.
fn shapes(out: &mut Vec<Piece>, cells: &[Cell], x: f64, top: f64, fill: Rgb) {
    let (mut full, mut faint) = (Vec::new(), Vec::new());
    for (i, c) in cells.iter().enumerate().filter_map(|(i, cell)| Some((i, cell.symbol.chars().next()?))) {
        let (at, drawn) = (x + i as f64 * CELL_W, shape(c));
        let path = if drawn.faint { &mut faint } else { &mut full };
        for area in drawn.areas {
            add(path, Area { x: at + area.x, y: top + area.y, ..area });
        }
    }
    for (areas, look) in [(faint, SHADE), (full, "")] {
        if !areas.is_empty() {
            let d: String = areas.iter().map(path).collect();
            out.push(Piece { layer: Layer::Shape, fill, shape: format!("d=\"{d}\""), look, text: None });
        }
    }
}

/// A rectangle as a part of a path.
fn path(area: &Area) -> String {
    let (x, y, w, h) = (short(area.x), short(area.y), short(area.w), short(area.h));
    format!("M{x} {y}h{w}v{h}h-{w}z")
}

/// With one decimal, where there is one.
fn short(n: f64) -> String {
    let text = format!("{n:.1}");
    text.strip_suffix(".0").map(String::from).unwrap_or(text)
}

/// Adds a rectangle; one that goes on where the last one ends makes that one longer, so that rules and areas are one piece.
fn add(path: &mut Vec<Area>, new: Area) {
    let touches = |last: &&mut Area| last.y == new.y && last.h == new.h && last.x <= new.x && new.x <= last.x + last.w + 0.05;
    match path.last_mut().filter(touches) {
        Some(last) => last.w = last.w.max(new.x + new.w - last.x),
        None => path.push(new),
    }
}

/// Text for XML; characters that XML cannot hold become `?`.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

fn color((r, g, b): Rgb) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(text: &str) -> Grid {
        let cell = |c: char| Cell { symbol: c.to_string(), fg: (208, 208, 208), bg: None, bold: false, underline: false };
        Grid { width: text.chars().count(), cells: text.chars().map(cell).collect(), ground: (16, 16, 20), title: "a & b".into() }
    }

    #[test]
    fn words_stay_text_and_are_escaped() {
        let svg = render(&grid(" p99 <250ms "));
        assert!(svg.contains(">p99 &lt;250ms</text>"), "{svg}");
        assert!(svg.contains("textLength=\"84.0\""), "{svg}");
        assert!(svg.contains("<title>a &amp; b</title>"));
    }

    #[test]
    fn blocks_and_dots_are_shapes_that_can_still_be_copied() {
        let svg = render(&grid("█▏⣿─░"));
        assert_eq!(svg.matches("<path").count(), 2, "{svg}");
        assert!(svg.contains("class=\"t\">█▏⣿─░</text>"), "{svg}");
        assert!(svg.contains(&format!("{}", super::super::shapes::FAINT)), "{svg}");
        let rule = render(&grid("────────"));
        let drawn = rule.split(" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert_eq!(drawn.matches('M').count(), 1, "a rule is one piece: {rule}");
    }

    #[test]
    fn letters_two_columns_wide_take_both_and_stand_together() {
        let mut wide = grid("a预.算.·b═");
        for i in [2, 4] {
            wide.cells[i].symbol.clear();
        }
        let svg = render(&wide);
        let run = "textLength=\"33.6\" lengthAdjust=\"spacingAndGlyphs\" style=\"font-size:16px\" fill=\"#d0d0d0\">预算</text>";
        assert!(svg.contains(run), "{svg}");
        assert!(svg.contains(">·</text>") && svg.contains(">═</text>"), "what is no shape here is a letter: {svg}");
    }

    #[test]
    fn an_empty_grid_is_still_a_picture() {
        assert!(render(&Grid { width: 0, cells: vec![], ground: (0, 0, 0), title: String::new() }).ends_with("</svg>\n"));
    }
}
