//! What is written to a terminal so that it shows a picture: changed cells alone, with as few bytes for their looks as there can be,
//! and no frame longer than a slow link takes in a fifth of a second. A picture with more to write takes several frames, from the
//! top; what came in between goes first.
//!
//! Deliberately absent: the thread that writes (`painter`), and taking the terminal (`terminal`).

use super::painter::Picture;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};
use std::io::Write;

/// The longest frame, in bytes: a link of 1 Mbit/s carries it in 0.2 s.
pub(super) const LONGEST: usize = 25_000;
/// Left for what stands around the cells of a frame: its begin and end, the cursor, clearing.
const AROUND: usize = 64;

/// One synchronized update: terminals that know it show a frame at once.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// What a terminal shows.
pub(super) struct Frames {
    shown: Buffer,
    cursor: Cursor,
    /// Nothing is known of what it shows.
    unknown: bool,
}

/// What is known of its cursor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cursor {
    /// Others wrote.
    Unknown,
    Hidden,
    At(Position),
}

/// A frame that is to be written, and whether the picture is whole then.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) bytes: Vec<u8>,
    pub(super) is_last: bool,
}

impl Frames {
    /// Of a terminal that is blank and has no cursor.
    pub(super) fn blank() -> Self {
        Self { shown: Buffer::empty(Rect::ZERO), cursor: Cursor::Hidden, unknown: false }
    }

    /// Somebody else may have written: the next frame clears the screen.
    pub(super) const fn forget(&mut self) {
        (self.unknown, self.cursor) = (true, Cursor::Unknown);
    }

    /// The next frame on the way to a picture on a terminal of this size; what does not fit is left out. A terminal that shows it
    /// already gets no byte.
    pub(super) fn next(&mut self, picture: &Picture, size: (u16, u16)) -> Frame {
        let area = Rect { x: 0, y: 0, width: size.0, height: size.1 };
        let mut bytes = BEGIN.to_vec();
        if self.unknown || self.shown.area != area {
            // What was there before the first picture is the alternate screen, which is blank.
            if self.unknown || !self.shown.area.is_empty() {
                bytes.extend_from_slice(b"\x1b[2J");
            }
            (self.shown, self.unknown) = (Buffer::empty(area), false);
        }
        let fitted = fitted(picture, area);
        let wanted = fitted.as_ref().unwrap_or(&picture.cells);
        let until = self.rows(wanted, &mut bytes);
        let is_last = until.is_none();
        self.take(wanted, until.unwrap_or(area.height));
        if bytes.len() > BEGIN.len() && self.cursor != Cursor::Hidden {
            // A cursor that is seen goes along with what is written.
            self.cursor = Cursor::Unknown;
        }
        if is_last {
            self.point(picture.cursor.filter(|at| area.contains(*at)).map_or(Cursor::Hidden, Cursor::At), &mut bytes);
        }
        if bytes.len() == BEGIN.len() {
            return Frame { bytes: Vec::new(), is_last };
        }
        bytes.extend_from_slice(END);
        Frame { bytes, is_last }
    }

    /// Writes changed rows from the top as long as there is room; the first one that is left, if one is. A single row is written
    /// whatever it takes.
    fn rows(&self, wanted: &Buffer, bytes: &mut Vec<u8>) -> Option<u16> {
        let changes = self.shown.diff(wanted);
        let mut pen = Pen::default();
        let mut row = Vec::new();
        for of_row in changes.chunk_by(|a, b| a.1 == b.1) {
            let before = pen;
            row.clear();
            for (x, y, cell) in of_row {
                pen.write(*x, *y, cell, &mut row);
            }
            let is_first = bytes.len() <= AROUND / 2;
            if !is_first && bytes.len() + row.len() + AROUND > LONGEST {
                before.lift(bytes);
                return of_row.first().map(|(_, y, _)| *y);
            }
            bytes.extend_from_slice(&row);
        }
        pen.lift(bytes);
        None
    }

    /// The terminal shows the rows above `until` now.
    fn take(&mut self, wanted: &Buffer, until: u16) {
        let cells = usize::from(until) * usize::from(wanted.area.width);
        for (shown, cell) in self.shown.content.iter_mut().zip(&wanted.content).take(cells) {
            if shown != cell {
                shown.clone_from(cell);
            }
        }
    }

    fn point(&mut self, cursor: Cursor, bytes: &mut Vec<u8>) {
        if self.cursor == cursor && cursor != Cursor::Unknown {
            return;
        }
        match cursor {
            Cursor::At(Position { x, y }) => put(bytes, format_args!("\x1b[?25h\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1)),
            Cursor::Hidden | Cursor::Unknown => bytes.extend_from_slice(b"\x1b[?25l"),
        }
        self.cursor = cursor;
    }
}

/// The picture's cells on another area; absent where it is the same one. A terminal that has another size by now gets its own
/// picture soon.
fn fitted(picture: &Picture, area: Rect) -> Option<Buffer> {
    if picture.cells.area == area {
        return None;
    }
    let mut out = Buffer::empty(area);
    let both = picture.cells.area.intersection(area);
    for y in both.y..both.bottom() {
        for x in both.x..both.right() {
            if let (Some(from), Some(to)) = (picture.cells.cell((x, y)), out.cell_mut((x, y))) {
                to.clone_from(from);
            }
        }
    }
    Some(out)
}

/// How the terminal would write the next character, and where.
#[derive(Clone, Copy, Default)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
    /// Behind the last character, if it is one column wide: a wider one's neighbour is another cell.
    at: Option<(u16, u16)>,
}

impl Pen {
    fn write(&mut self, x: u16, y: u16, cell: &Cell, bytes: &mut Vec<u8>) {
        if self.at != Some((x, y)) {
            put(bytes, format_args!("\x1b[{};{}H", u32::from(y) + 1, u32::from(x) + 1));
        }
        self.look(cell, bytes);
        bytes.extend_from_slice(cell.symbol().as_bytes());
        self.at = Some((x + 1, y));
    }

    /// One sequence for everything that is different; none where nothing is.
    fn look(&mut self, cell: &Cell, bytes: &mut Vec<u8>) {
        let mut codes = Codes::begin(bytes);
        if !(self.modifier - cell.modifier).is_empty() {
            codes.put(format_args!("0"));
            (self.fg, self.bg, self.modifier) = (Color::Reset, Color::Reset, Modifier::empty());
        }
        for (flag, code) in MODIFIERS {
            if (cell.modifier - self.modifier).contains(flag) {
                codes.put(format_args!("{code}"));
            }
        }
        if cell.fg != self.fg {
            codes.color(cell.fg, 30);
        }
        if cell.bg != self.bg {
            codes.color(cell.bg, 40);
        }
        codes.end();
        (self.fg, self.bg, self.modifier) = (cell.fg, cell.bg, cell.modifier);
    }

    /// Leaves nothing behind.
    fn lift(self, bytes: &mut Vec<u8>) {
        if self.fg != Color::Reset || self.bg != Color::Reset || !self.modifier.is_empty() {
            bytes.extend_from_slice(b"\x1b[0m");
        }
    }
}

const MODIFIERS: [(Modifier, u8); 9] = [
    (Modifier::BOLD, 1),
    (Modifier::DIM, 2),
    (Modifier::ITALIC, 3),
    (Modifier::UNDERLINED, 4),
    (Modifier::SLOW_BLINK, 5),
    (Modifier::RAPID_BLINK, 6),
    (Modifier::REVERSED, 7),
    (Modifier::HIDDEN, 8),
    (Modifier::CROSSED_OUT, 9),
];

/// The codes of one SGR sequence.
struct Codes<'a> {
    bytes: &'a mut Vec<u8>,
    any: bool,
}

impl<'a> Codes<'a> {
    const fn begin(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes, any: false }
    }

    fn put(&mut self, code: std::fmt::Arguments<'_>) {
        self.bytes.extend_from_slice(if self.any { b";" } else { b"\x1b[" });
        put(self.bytes, code);
        self.any = true;
    }

    /// `base` is 30 for letters and 40 for the ground.
    fn color(&mut self, color: Color, base: u8) {
        let named = |n: u8| if n < 8 { base + n } else { base + 60 + n - 8 };
        let number = match color {
            Color::Reset => return self.put(format_args!("{}", base + 9)),
            Color::Rgb(r, g, b) => return self.put(format_args!("{};2;{r};{g};{b}", base + 8)),
            Color::Indexed(n) => return self.put(format_args!("{};5;{n}", base + 8)),
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
        };
        self.put(format_args!("{}", named(number)));
    }

    fn end(self) {
        if self.any {
            self.bytes.push(b'm');
        }
    }
}

fn put(bytes: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = bytes.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::width::columns;
    use proptest::prelude::*;
    use ratatui::style::Style;

    /// A terminal that takes what is written.
    struct Terminal {
        cells: Buffer,
        at: (u16, u16),
        style: Style,
        cursor: Option<(u16, u16)>,
    }

    impl Terminal {
        fn new(size: (u16, u16)) -> Self {
            let cells = Buffer::empty(Rect { x: 0, y: 0, width: size.0, height: size.1 });
            Self { cells, at: (0, 0), style: Style::reset(), cursor: None }
        }

        fn take(&mut self, bytes: &[u8]) {
            let mut rest = std::str::from_utf8(bytes).unwrap();
            while let Some(c) = rest.chars().next() {
                if let Some(sequence) = rest.strip_prefix("\x1b[") {
                    let end = sequence.find(|c: char| c.is_ascii_alphabetic()).unwrap();
                    self.sequence(&sequence[..end], &sequence[end..=end]);
                    rest = &sequence[end + 1..];
                    continue;
                }
                let wide = columns(&c.to_string()) as u16;
                self.cells[self.at].set_char(c).set_style(self.style);
                if wide == 2 {
                    self.cells[(self.at.0 + 1, self.at.1)].reset();
                }
                self.at.0 += wide;
                rest = &rest[c.len_utf8()..];
            }
        }

        fn sequence(&mut self, numbers: &str, end: &str) {
            let list: Vec<u16> = numbers.split(';').filter_map(|n| n.parse().ok()).collect();
            match (end, numbers) {
                ("H", _) => self.at = (list[1] - 1, list[0] - 1),
                ("J", _) => self.cells.reset(),
                ("h", "?25") => self.cursor = Some(self.at),
                ("l", "?25") => self.cursor = None,
                ("m", _) => self.sgr(&list),
                ("h" | "l", "?2026") => {}
                other => panic!("what is {other:?}?"),
            }
            if self.cursor.is_some() {
                self.cursor = Some(self.at);
            }
        }

        fn sgr(&mut self, codes: &[u16]) {
            let mut codes = codes.iter().copied();
            let color = |codes: &mut dyn Iterator<Item = u16>| match codes.next().unwrap() {
                5 => Color::Indexed(codes.next().unwrap() as u8),
                _ => Color::Rgb(codes.next().unwrap() as u8, codes.next().unwrap() as u8, codes.next().unwrap() as u8),
            };
            while let Some(code) = codes.next() {
                let style = self.style;
                self.style = match code {
                    0 => Style::reset(),
                    1..=9 => style.add_modifier(MODIFIERS[usize::from(code) - 1].0),
                    38 => style.fg(color(&mut codes)),
                    48 => style.bg(color(&mut codes)),
                    39 => style.fg(Color::Reset),
                    49 => style.bg(Color::Reset),
                    31 => style.fg(Color::Red),
                    103 => style.bg(Color::LightYellow),
                    other => panic!("what is {other}?"),
                };
            }
        }
    }

    fn style() -> impl Strategy<Value = Style> {
        let ink = prop_oneof![
            Just(Color::Reset),
            Just(Color::Red),
            any::<u8>().prop_map(Color::Indexed),
            any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
        ];
        let ground = prop_oneof![Just(Color::Reset), Just(Color::LightYellow), any::<u8>().prop_map(Color::Indexed)];
        (ink, ground, 0..512_u16)
            .prop_map(|(fg, bg, bits)| Style::reset().fg(fg).bg(bg).add_modifier(Modifier::from_bits_truncate(bits)))
    }

    fn picture(size: (u16, u16), cursor: Option<(u16, u16)>, runs: &[(Style, &str)]) -> Picture {
        let mut cells = Buffer::empty(Rect { x: 0, y: 0, width: size.0, height: size.1 });
        let mut all = runs.iter().cycle();
        for y in 0..size.1 {
            let mut x = 0;
            while x < size.0 {
                let Some((style, text)) = all.next() else { break };
                let wide = columns(text) as u16;
                if x + wide > size.0 {
                    break;
                }
                cells.set_string(x, y, text, *style);
                x += wide.max(1);
            }
        }
        Picture { cells, cursor: cursor.map(Position::from) }
    }

    fn runs() -> impl Strategy<Value = Vec<(Style, &'static str)>> {
        let text = prop_oneof![Just("a"), Just("#"), Just(" "), Just("é"), Just("字"), Just("▅"), Just("hello")];
        prop::collection::vec((style(), text), 1..40)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn no_frame_is_longer_than_a_slow_link_takes_and_the_terminal_shows_the_last_picture(
            pictures in prop::collection::vec((runs(), prop::option::of((0..40_u16, 0..20_u16)), any::<bool>()), 1..4),
            size in (1..200_u16, 1..60_u16),
            stop in 0..3_usize,
        ) {
            let (mut frames, mut terminal) = (Frames::blank(), Terminal::new(size));
            for (n, (runs, cursor, forgotten)) in pictures.iter().enumerate() {
                let picture = picture(size, *cursor, runs);
                if *forgotten {
                    terminal.cells.set_string(0, 0, "something else", Style::reset());
                    frames.forget();
                }
                // A newer picture may come before this one is whole.
                let most = if n + 1 < pictures.len() { stop } else { usize::MAX };
                for k in 0.. {
                    let frame = frames.next(&picture, size);
                    prop_assert!(frame.bytes.len() <= LONGEST, "{} bytes", frame.bytes.len());
                    prop_assert!(k < 100, "it never ends");
                    terminal.take(&frame.bytes);
                    if frame.is_last {
                        prop_assert_eq!(&terminal.cells, &picture.cells);
                        let cursor = cursor.filter(|at| at.0 < size.0 && at.1 < size.1);
                        prop_assert_eq!(terminal.cursor, cursor);
                        prop_assert_eq!(frames.next(&picture, size), Frame { bytes: vec![], is_last: true }, "nothing more to say");
                    }
                    if frame.is_last || k >= most {
                        break;
                    }
                }
            }
        }
    }

    #[test]
    fn a_heatmap_that_moves_takes_few_bytes_and_one_that_is_all_new_takes_several_frames() {
        let theme = crate::tui::theme::Theme { depth: crate::tui::theme::Depth::TrueColor, ..Default::default() };
        // 90 columns of cells in 29 rows, each another colour than the one beside it: no map is worse.
        let map = |shift: usize, calm: usize| {
            let mut cells = Buffer::empty(Rect { x: 0, y: 0, width: 120, height: 36 });
            for y in 0..29_usize {
                for x in 0..90_usize {
                    let step = (x / calm + y + shift) % 9;
                    let sign = [".", ":", "-", "=", "+", "*", "#", "%", "@"][step];
                    cells.set_string(30 + x as u16, 2 + y as u16, sign, theme.heat(step, 9));
                }
            }
            Picture { cells, cursor: None }
        };
        let written = |from: &Picture, to: &Picture| {
            let mut frames = Frames::blank();
            while !frames.next(from, (120, 36)).is_last {}
            let mut out = Vec::new();
            loop {
                let frame = frames.next(to, (120, 36));
                out.push(frame.bytes.len());
                if frame.is_last {
                    return out;
                }
            }
        };
        let worst = written(&map(0, 1), &map(1, 1));
        assert!(worst.len() > 1 && worst.iter().all(|bytes| *bytes <= LONGEST), "{worst:?}");
        // Weather that lasts three cells, moved by one.
        let usual = written(&map(0, 3), &map(1, 3));
        assert!(usual.len() == 1, "{usual:?}");
    }

    #[test]
    fn a_terminal_of_another_size_is_cleared_and_shows_what_fits() {
        let runs = [(Style::reset(), "hello")];
        let (mut frames, mut small) = (Frames::blank(), Terminal::new((7, 2)));
        let large = picture((20, 4), Some((15, 3)), &runs);
        assert!(frames.next(&large, (20, 4)).is_last);
        let frame = frames.next(&large, (7, 2));
        assert!(String::from_utf8(frame.bytes.clone()).unwrap().contains("\x1b[2J"));
        small.take(&frame.bytes);
        assert_eq!(small.cells, Buffer::with_lines(["hellohe", "hellohe"]));
        assert_eq!(small.cursor, None, "it would stand outside");
    }
}
