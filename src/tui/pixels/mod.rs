//! A screen as PNG: chats and tickets show PNG everywhere and SVG hardly anywhere.
//!
//! Blocks, braille and lines are drawn as shapes; letters with the fonts of this machine, cell by cell, so that no font can
//! shear the columns. Deliberately absent: a font of our own (where a machine has none, that is said, and what needs none),
//! shaping of scripts that join their letters, and pictures in colour that fonts have for some characters.

mod canvas;
mod encode;
mod fonts;

use crate::chart::shapes::{CELL_H, CELL_W, FAINT, is_shape, shape};
use crate::chart::svg::{Cell, Grid};
use canvas::Canvas;
use fontdb::Database;
use fonts::Fonts;
use std::collections::{BTreeMap, BTreeSet};

/// Beyond so many pixels a picture is drawn at half its size.
const MOST: usize = 40_000_000;

/// Said where nothing can be drawn.
const NO_FONTS: &str = "this machine has no fonts for a PNG (Debian: fonts-dejavu-core); an SVG needs none";

/// A picture in pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The file.
    pub bytes: Vec<u8>,
    /// Characters that no font of this machine has, in order; boxes stand for them.
    pub lacking: String,
}

/// The grid as PNG, with the fonts of this machine. Reads font files: not for the thread that decides.
///
/// # Errors
/// There is no font at all, or the picture cannot be packed. The words say what to try.
pub fn png(grid: &Grid) -> Result<Drawn, String> {
    let mut found = Database::new();
    found.load_system_fonts();
    draw(grid, found)
}

/// Which packages have the fonts that are lacking.
pub fn advice(lacking: &str) -> &'static str {
    let wide = lacking.chars().any(|c| matches!(c, '\u{2E80}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}'));
    if wide { "fonts-noto-cjk" } else { "fonts-dejavu" }
}

/// The first characters of what is lacking, for a message.
pub fn few(lacking: &str) -> String {
    let mut some: String = lacking.chars().take(NAMED).collect();
    if lacking.chars().nth(NAMED).is_some() {
        some.push_str("...");
    }
    some
}

/// So many lacking characters are named.
const NAMED: usize = 6;

fn draw(grid: &Grid, found: Database) -> Result<Drawn, String> {
    let fonts = Fonts::of(found).ok_or(NO_FONTS)?;
    let mut pen = Pen::new(grid, fonts);
    for (row, cells) in grid.cells.chunks(grid.width.max(1)).enumerate() {
        // Letters may reach over their cells a little, so all grounds lie under all letters.
        for (column, cell) in cells.iter().enumerate() {
            pen.ground(column, row, cell);
        }
        for (column, cell) in cells.iter().enumerate() {
            let wide = cells.get(column + 1).is_some_and(|next| next.symbol.is_empty());
            pen.cell(column, row, cell, if wide { 2 } else { 1 });
        }
    }
    let bytes = encode::png(&pen.canvas).map_err(|e| format!("the picture could not be packed: {e}; SVG and text still can"))?;
    Ok(Drawn { bytes, lacking: pen.lacking.into_iter().collect() })
}

/// Sizes in pixels.
#[derive(Clone, Copy)]
struct Sizes {
    cell: (usize, usize),
    margin: usize,
    /// From a row's top to its letters' feet.
    base: f32,
    /// Of letters, and of those two columns wide.
    font: [f32; 2],
}

/// Twice the SVG's size, for today's screens.
const SHARP: Sizes = Sizes { cell: (17, 36), margin: 28, base: 27.0, font: [28.0, 31.0] };
const PLAIN: Sizes = Sizes { cell: (9, 18), margin: 14, base: 13.5, font: [14.0, 15.5] };

impl Sizes {
    /// Width and height of a picture.
    fn of(self, columns: usize, rows: usize) -> (usize, usize) {
        (columns * self.cell.0 + 2 * self.margin, rows * self.cell.1 + 2 * self.margin)
    }
}

/// What a letter covers of its cells: how much of each pixel, row by row.
struct Stamp {
    /// Its upper left pixel, from its cell's.
    at: (i32, i32),
    width: usize,
    cover: Vec<u8>,
}

struct Pen {
    sizes: Sizes,
    canvas: Canvas,
    fonts: Fonts,
    stamps: BTreeMap<(String, bool, usize), Vec<Stamp>>,
    lacking: BTreeSet<char>,
}

impl Pen {
    fn new(grid: &Grid, fonts: Fonts) -> Self {
        let rows = grid.cells.len().div_ceil(grid.width.max(1));
        let whole = SHARP.of(grid.width, rows);
        let sizes = if whole.0 * whole.1 > MOST { PLAIN } else { SHARP };
        let canvas = Canvas::new(sizes.of(grid.width, rows), grid.ground);
        Self { sizes, canvas, fonts, stamps: BTreeMap::new(), lacking: BTreeSet::new() }
    }

    /// The upper left pixel of a cell.
    fn corner(&self, column: usize, row: usize) -> (usize, usize) {
        let Sizes { cell: (w, h), margin, .. } = self.sizes;
        (margin + column * w, margin + row * h)
    }

    fn ground(&mut self, column: usize, row: usize, cell: &Cell) {
        if let Some(bg) = cell.bg {
            let corner = self.corner(column, row);
            self.canvas.fill(corner, self.sizes.cell, bg, 255);
        }
    }

    fn cell(&mut self, column: usize, row: usize, cell: &Cell, columns: usize) {
        let (x, y) = self.corner(column, row);
        let (w, h) = self.sizes.cell;
        if cell.underline && !cell.symbol.is_empty() {
            let line = h / 18;
            self.canvas.fill((x, y + self.sizes.base as usize + 2 * line), (w * columns, line), cell.fg, 255);
        }
        match cell.symbol.chars().next() {
            Some(c) if is_shape(c) => self.shape(c, x, y, cell),
            Some(c) if !c.is_whitespace() => self.letters(cell, x, y, columns),
            _ => {}
        }
    }

    /// Edges lie on whole pixels, so that neighbours touch without a seam.
    fn shape(&mut self, c: char, x: usize, y: usize, cell: &Cell) {
        let (across, down) = (self.sizes.cell.0 as f64 / CELL_W, self.sizes.cell.1 as f64 / CELL_H);
        let drawn = shape(c);
        let strength = if drawn.faint { (FAINT * 255.0) as u8 } else { 255 };
        for area in drawn.areas {
            let (left, top) = ((area.x * across).round(), (area.y * down).round());
            let (right, bottom) = (((area.x + area.w) * across).round(), ((area.y + area.h) * down).round());
            let size = ((right - left).max(1.0) as usize, (bottom - top).max(1.0) as usize);
            self.canvas.fill((x + left as usize, y + top as usize), size, cell.fg, strength);
        }
    }

    fn letters(&mut self, cell: &Cell, x: usize, y: usize, columns: usize) {
        let key = (cell.symbol.clone(), cell.bold, columns);
        if !self.stamps.contains_key(&key) {
            let stamps = self.stamps_of(&cell.symbol, cell.bold, columns);
            self.stamps.insert(key.clone(), stamps);
        }
        for stamp in self.stamps.get(&key).into_iter().flatten() {
            self.canvas.stamp((x as i32 + stamp.at.0, y as i32 + stamp.at.1), stamp.width, &stamp.cover, cell.fg);
        }
    }

    /// The characters of one cell: a letter, and marks that stand over it.
    fn stamps_of(&mut self, symbol: &str, bold: bool, columns: usize) -> Vec<Stamp> {
        let room = (self.sizes.cell.0 * columns) as f32;
        let size = self.sizes.font[usize::from(columns > 1)];
        let mut stamps = Vec::new();
        let mut pen: Option<f32> = None;
        for c in symbol.chars().filter(|c| !is_unseen(*c)) {
            let Some(glyph) = self.fonts.glyph(c, bold, size) else {
                self.lacking.insert(c);
                stamps.extend(pen.is_none().then(|| self.empty_box(columns)));
                pen.get_or_insert(room);
                continue;
            };
            // A letter is put into the middle of its columns, and made narrower where it is too wide; marks follow it.
            let narrower = if glyph.advance > room { room / glyph.advance } else { 1.0 };
            let left = pen.unwrap_or((room - glyph.advance * narrower) / 2.0);
            stamps.extend(glyph.stamp(left, self.sizes.base, narrower));
            pen = Some(left + glyph.advance * narrower);
        }
        stamps
    }

    /// What stands for a character that no font has: an empty box.
    fn empty_box(&self, columns: usize) -> Stamp {
        let (w, h) = (self.sizes.cell.0 * columns, self.sizes.cell.1);
        let line = h / 18;
        let (left, right, top, bottom) = (2 * line, w - 2 * line, 3 * line, h - 3 * line);
        let inside = |x: usize, y: usize| (left..right).contains(&x) && (top..bottom).contains(&y);
        let middle = |x: usize, y: usize| {
            (left + line..right.saturating_sub(line)).contains(&x) && (top + line..bottom.saturating_sub(line)).contains(&y)
        };
        let cover = (0..w * h).map(|i| (i % w, i / w)).map(|(x, y)| if inside(x, y) && !middle(x, y) { 255 } else { 0 });
        Stamp { at: (0, 0), width: w, cover: cover.collect() }
    }
}

/// Characters that only change how others look.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUND: (u8, u8, u8) = (16, 16, 20);
    const INK: (u8, u8, u8) = (255, 95, 135);

    /// Every character in a cell; one that is followed by `_` takes two.
    fn grid(text: &str) -> Grid {
        let symbol = |c: char| if c == '_' { String::new() } else { c.to_string() };
        let cell = |c: char| Cell { symbol: symbol(c), fg: INK, bg: None, bold: false, underline: false };
        Grid { width: text.chars().count(), cells: text.chars().map(cell).collect(), ground: GROUND, title: "t".into() }
    }

    fn machine() -> Database {
        let mut found = Database::new();
        found.load_system_fonts();
        found
    }

    /// Says so where there are none; a machine that must run everything must have some.
    fn has_fonts() -> bool {
        let required = std::env::var("BURNLEDGER_REQUIRE_SERVERS").is_ok_and(|v| v == "1");
        assert!(!required || !machine().is_empty(), "this machine has no fonts, and BURNLEDGER_REQUIRE_SERVERS=1 demands some");
        if machine().is_empty() {
            eprintln!("skipped: this machine has no fonts");
        }
        !machine().is_empty()
    }

    /// Width, height and pixels of a file.
    fn read(file: &[u8]) -> (usize, usize, Vec<[u8; 3]>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let told = reader.next_frame(&mut bytes).unwrap();
        assert_eq!((told.color_type, told.bit_depth), (png::ColorType::Rgb, png::BitDepth::Eight));
        (told.width as usize, told.height as usize, bytes.chunks(3).map(|p| [p[0], p[1], p[2]]).collect())
    }

    /// Pixels of a cell that are not the ground's.
    fn inked(png: &[u8], column: usize) -> usize {
        let (width, _, pixels) = read(png);
        let (w, h) = SHARP.cell;
        let left = SHARP.margin + column * w;
        (SHARP.margin..SHARP.margin + h)
            .flat_map(|y| (left..left + w).map(move |x| y * width + x))
            .filter(|i| pixels[*i] != [GROUND.0, GROUND.1, GROUND.2])
            .count()
    }

    #[test]
    fn without_a_font_it_says_so_and_what_needs_none() {
        let why = draw(&grid("P0!"), Database::new()).unwrap_err();
        assert!(why.contains("no fonts") && why.contains("fonts-dejavu-core") && why.contains("SVG"), "{why}");
    }

    #[test]
    fn letters_and_shapes_are_drawn_in_their_own_cells() {
        if !has_fonts() {
            return;
        }
        let drawn = draw(&grid("P █⣿─ ░."), machine()).unwrap();
        let (width, height, pixels) = read(&drawn.bytes);
        assert_eq!((width, height), SHARP.of(8, 1));
        let ink = |column| inked(&drawn.bytes, column);
        let whole = SHARP.cell.0 * SHARP.cell.1;
        assert!((60..whole / 2).contains(&ink(0)), "a letter: {}", ink(0));
        assert_eq!([ink(1), ink(5)], [0, 0], "blanks are blank");
        assert!(ink(2) > whole * 9 / 10 && (100..whole).contains(&ink(3)) && (17..60).contains(&ink(4)) && ink(7) < 40);
        let block = pixels[(SHARP.margin + 20) * width + SHARP.margin + 2 * SHARP.cell.0 + 8];
        assert_eq!(block, [INK.0, INK.1, INK.2], "blocks have their colour whole");
        assert_eq!(drawn.lacking, "");
    }

    #[test]
    fn what_no_font_has_is_a_box_and_is_told_but_shapes_need_no_font() {
        if !has_fonts() {
            return;
        }
        // A character of the private area that fonts for text leave alone, in one column and in two.
        let drawn = draw(&grid("a\u{10F0F0}b\u{10F0F1}_"), machine()).unwrap();
        assert_eq!(drawn.lacking, "\u{10F0F0}\u{10F0F1}");
        let ink = |column| inked(&drawn.bytes, column);
        assert!(ink(1) > 60 && ink(3) > 40 && ink(4) > 40, "boxes: {} {} {}", ink(1), ink(3), ink(4));
        let shapes = draw(&grid("⠀⡇▁▏│╭░"), machine()).unwrap();
        assert_eq!(shapes.lacking, "");
    }

    #[test]
    fn chinese_takes_two_columns_or_is_told() {
        if !has_fonts() {
            return;
        }
        let drawn = draw(&grid("预_算_."), machine()).unwrap();
        let ink = |column| inked(&drawn.bytes, column);
        assert!((0..4).all(|column| ink(column) > 40), "{:?}", (0..4).map(ink).collect::<Vec<_>>());
        assert!(drawn.lacking.is_empty() || drawn.lacking == "算预", "{}", drawn.lacking);
        assert_eq!(advice("算"), "fonts-noto-cjk");
        assert_eq!(advice("\u{e000}"), "fonts-dejavu");
    }

    #[test]
    fn any_size_is_a_picture() {
        if !has_fonts() {
            return;
        }
        let empty = Grid { width: 0, cells: vec![], ground: GROUND, title: String::new() };
        let (width, height, _) = read(&draw(&empty, machine()).unwrap().bytes);
        assert_eq!((width, height), SHARP.of(0, 0));
        let blank = Cell { symbol: " ".into(), fg: INK, bg: None, bold: false, underline: true };
        let large = Grid { width: 500, cells: vec![blank; 500 * 200], ground: GROUND, title: String::new() };
        let (width, height, _) = read(&draw(&large, machine()).unwrap().bytes);
        assert_eq!((width, height), PLAIN.of(500, 200));
    }
}
