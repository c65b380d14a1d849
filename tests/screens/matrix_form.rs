//! How the matrix tells a picture: its text, and for each cell a letter that stands for its look in every theme.

use burnledger::chart::Charset;
use burnledger::tui::theme::{Depth, Ground, Role, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier, Style};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

pub const SETS: [(&str, Charset); 3] = [("unicode", Charset::Unicode), ("narrow", Charset::Narrow), ("ascii", Charset::Ascii)];

const DARK: Theme = Theme { depth: Depth::TrueColor, ground: Ground::Dark };
const MONO: Theme = Theme { depth: Depth::Mono, ground: Ground::Dark };

/// All depths on all grounds.
fn all_themes() -> Vec<Theme> {
    let depths = [Depth::TrueColor, Depth::Ansi256, Depth::Ansi16, Depth::Mono];
    [Ground::Dark, Ground::Light, Ground::HighContrast]
        .into_iter()
        .flat_map(|ground| depths.map(|depth| Theme { depth, ground }))
        .collect()
}

/// The themes a character set is drawn in: all of them, and for the plainer sets colour and none.
pub fn themes(charset: Charset) -> Vec<Theme> {
    if charset == Charset::Unicode { all_themes() } else { vec![DARK, MONO] }
}

/// How a cell looks: letters, ground, and what is done to them.
type Look = (Color, Color, Modifier);

fn look(cell: &Cell) -> Look {
    // Letters that are not there have no colour; a ground and an underline are seen.
    let shows = Modifier::REVERSED | Modifier::UNDERLINED;
    match cell.symbol() {
        " " if cell.bg == Color::Reset && !cell.modifier.intersects(shows) => (Color::Reset, Color::Reset, Modifier::empty()),
        " " => (Color::Reset, cell.bg, cell.modifier & shows),
        _ => (cell.fg, cell.bg, cell.modifier),
    }
}

/// Each look in words: `#ff5f87 bold`.
fn words((fg, bg, modifier): Look) -> String {
    let color = |c: Color| match c {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        Color::Indexed(i) => i.to_string(),
        Color::Reset => "-".into(),
        named => format!("{named}").to_lowercase().replace(' ', ""),
    };
    let mut out = color(fg);
    if bg != Color::Reset {
        let _ = write!(out, " on {}", color(bg));
    }
    for (name, _) in modifier.iter_names() {
        let _ = write!(out, " {}", name.to_lowercase());
    }
    out
}

/// The letters: what they are named for, and their looks by theme.
pub struct Letters {
    names: Vec<(char, &'static str, Vec<Look>)>,
    by_look: BTreeMap<(bool, String), char>,
}

const ROLES: [(char, &str, Role); 9] = [
    ('f', "faint, rules, stale", Role::Faint),
    ('s', "strong, titles, keys", Role::Strong),
    ('p', "P0, problems", Role::P0),
    ('t', "the tag of P0", Role::P0Tag),
    ('y', "P1", Role::P1),
    ('w', "P2", Role::P2),
    ('g', "fine", Role::Good),
    ('x', "active", Role::Active),
    ('_', "text", Role::Text),
];

/// Letters of pictures and tags on the selected row, by the letter of their role.
const PICTURES: [(char, char); 6] = [('f', 'n'), ('p', 'q'), ('t', 'k'), ('y', 'z'), ('w', 'v'), ('g', 'h')];

/// Steps of the heatmap's glyphs.
const STEPS: usize = 9;

impl Letters {
    pub fn new() -> Self {
        let mut this = Self { names: Vec::new(), by_look: BTreeMap::new() };
        this.name('-', "text on the selected row", |theme| theme.style(Role::Text).patch(theme.selected()));
        for (letter, name, role) in ROLES {
            this.name(letter, name, |theme| theme.style(role));
            if role != Role::Text {
                this.name(letter.to_ascii_uppercase(), "the same on the selected row", |theme| {
                    theme.style(role).patch(theme.selected())
                });
            }
        }
        for (letter, _, role) in ROLES {
            let Some(letter) = PICTURES.iter().find(|(of, _)| *of == letter).map(|(_, own)| *own) else { continue };
            this.name(letter, "a picture or a tag of that look on the selected row", |theme| theme.on_selected(role));
        }
        for step in 0..STEPS {
            this.name(char::from(b'0' + step as u8), "step of a heatmap", |theme| theme.heat(step, STEPS));
        }
        this
    }

    /// A letter for these styles; where another one looks the same in every theme, that one stays. Blanks have the look of
    /// their ground alone.
    fn name(&mut self, letter: char, name: &'static str, style: impl Fn(Theme) -> Style) {
        for (blank, symbol) in [(false, "x"), (true, " ")] {
            let drawn = |theme: Theme| {
                let mut cell = Cell::EMPTY;
                cell.set_symbol(symbol).set_style(Style::reset().patch(style(theme)));
                look(&cell)
            };
            let looks: Vec<Look> = all_themes().into_iter().map(drawn).collect();
            for key in [key(&looks), key(&[DARK, MONO].map(drawn))] {
                self.by_look.entry((blank, key)).or_insert(letter);
            }
            if !blank {
                self.names.push((letter, name, looks));
            }
        }
    }

    fn of(&self, looks: &[Look], blank: bool) -> Option<char> {
        self.by_look.get(&(blank, key(looks))).copied()
    }

    /// Every letter in every theme.
    pub fn legend(&self) -> String {
        let mut out = String::new();
        for (letter, name, looks) in &self.names {
            let _ = writeln!(out, "{letter}  {name}");
            for (theme, look) in all_themes().iter().zip(looks) {
                let _ = writeln!(
                    out,
                    "   {:<12} {:<9} {}",
                    format!("{:?}", theme.ground),
                    format!("{:?}", theme.depth),
                    words(*look)
                );
            }
        }
        out
    }
}

fn key(looks: &[Look]) -> String {
    looks.iter().map(|look| words(*look)).collect::<Vec<_>>().join("|")
}

/// A picture: its rows, and the letters of each as runs.
pub struct Picture {
    pub text: Vec<String>,
    runs: Vec<String>,
}

/// The picture of the same model in several themes.
pub fn of(bufs: &[Buffer], themes: &[Theme], letters: &Letters) -> Result<Picture, String> {
    let texts: Vec<String> = bufs.iter().map(burnledger::tui::export::plain).collect();
    if let Some(i) = texts.iter().position(|text| *text != texts[0]) {
        return Err(format!("in {:?} the text is another one:\n{}\n{}", themes[i], texts[0], texts[i]));
    }
    let width = usize::from(bufs[0].area.width).max(1);
    let rows = bufs[0].content().len() / width;
    let runs: Result<Vec<String>, String> = (0..rows).map(|y| runs(bufs, themes, letters, y * width..(y + 1) * width)).collect();
    Ok(Picture { text: texts[0].lines().map(String::from).collect(), runs: runs? })
}

/// The looks of a row: column, letter, and how many cells if it is more than one; cells of plain text are left out.
fn runs(bufs: &[Buffer], themes: &[Theme], letters: &Letters, row: Range<usize>) -> Result<String, String> {
    let plain = (Color::Reset, Color::Reset, Modifier::empty());
    let mut runs: Vec<(usize, char, usize)> = Vec::new();
    for (x, at) in row.enumerate() {
        let looks: Vec<Look> = bufs.iter().map(|buf| look(&buf.content()[at])).collect();
        if looks.iter().all(|l| *l == plain) {
            continue;
        }
        let symbol = bufs[0].content()[at].symbol();
        let letter = letters.of(&looks, symbol == " ").ok_or_else(|| {
            let told: Vec<String> = themes.iter().zip(&looks).map(|(t, l)| format!("{t:?} {}", words(*l))).collect();
            format!("the look of {symbol:?} in column {x} is in no theme: {told:#?}")
        })?;
        match runs.last_mut() {
            Some((from, last, count)) if *last == letter && *from + *count == x => *count += 1,
            _ => runs.push((x, letter, 1)),
        }
    }
    let told = runs.into_iter().map(|(x, letter, count)| match count {
        1 => format!("{x}{letter}"),
        _ => format!("{x}{letter}{count}"),
    });
    Ok(told.collect::<Vec<_>>().join(" "))
}

impl Picture {
    /// Writes it down; what is as in `before` (the same picture in another set) is left out.
    pub fn tell(&self, before: Option<&Self>, out: &mut String) {
        let Some(before) = before else {
            for line in &self.text {
                let _ = writeln!(out, "{line}");
            }
            let mut y = 0;
            while y < self.runs.len() {
                let same = self.runs[y..].iter().take_while(|r| **r == self.runs[y]).count();
                let rows = if same > 1 { format!("{y}-{}", y + same - 1) } else { y.to_string() };
                if !self.runs[y].is_empty() {
                    let _ = writeln!(out, "{rows:>5}: {}", self.runs[y]);
                }
                y += same;
            }
            return;
        };
        for (y, (line, runs)) in self.text.iter().zip(&self.runs).enumerate() {
            let (text, looks) = (before.text.get(y) != Some(line), before.runs.get(y) != Some(runs));
            if text {
                let _ = writeln!(out, "{y:>5}| {line}");
            }
            if looks {
                let _ = writeln!(out, "{y:>5}: {runs}");
            }
        }
    }
}
