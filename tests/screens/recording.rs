//! The README's recording: the demo, played in a real terminal through one short story, as an SVG that moves.
//!
//! `UPDATE_RECORDING=1 cargo test --test all screens::recording` plays and writes it anew (about two minutes); look at it
//! in a browser afterwards. Without that word the recording that is kept is only examined: a recording has the clock of its
//! making in it and is never the same twice.

use super::terminal::Terminal;
use burnledger::chart::reel::{self, Frame};
use burnledger::tui::export::grid;
use burnledger::tui::{Depth, Ground, Theme};
use burnledger::words::width::columns;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use std::path::{Path, PathBuf};
use std::time::Duration;

const SIZE: (u16, u16) = (120, 34);
/// Times as fast as it was.
const SPEED: &str = "60";
const LIMIT: Duration = Duration::from_secs(100);
/// A recording that pages wait for must be small.
const MOST: usize = 400_000;
const THEME: Theme = Theme { depth: Depth::TrueColor, ground: Ground::Dark };

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards/demo.svg")
}

/// What is on a terminal, from what tmux tells of it: text with SGR sequences, which hold on over line ends.
fn screen(told: &str, (width, height): (u16, u16)) -> Buffer {
    let mut buf = Buffer::empty(Rect { x: 0, y: 0, width, height });
    let mut style = Style::default();
    for (y, line) in told.lines().take(usize::from(height)).enumerate() {
        let (mut x, mut rest) = (0, line);
        while let Some(c) = rest.chars().next() {
            if let Some((codes, after)) = rest.strip_prefix("\x1b[").and_then(|r| r.split_once('m')) {
                style = styled(style, codes);
                rest = after;
                continue;
            }
            rest = &rest[c.len_utf8()..];
            let place = (x, y as u16);
            if let Some(cell) = buf.cell_mut(place).filter(|_| !c.is_control()) {
                cell.set_char(c).set_style(style);
                x += columns(&c.to_string()).max(1) as u16;
            }
        }
    }
    buf
}

/// The style after the codes of one SGR sequence.
fn styled(mut style: Style, codes: &str) -> Style {
    let mut codes = codes.split([';', ':']).map(|c| c.parse::<u8>().unwrap_or(0));
    while let Some(code) = codes.next() {
        style = match code {
            0 => Style::default(),
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            4 => style.add_modifier(Modifier::UNDERLINED),
            7 => style.add_modifier(Modifier::REVERSED),
            22 => style.remove_modifier(Modifier::BOLD | Modifier::DIM),
            24 => style.remove_modifier(Modifier::UNDERLINED),
            27 => style.remove_modifier(Modifier::REVERSED),
            38 => Style { fg: color(&mut codes), ..style },
            48 => Style { bg: color(&mut codes), ..style },
            39 => Style { fg: None, ..style },
            49 => Style { bg: None, ..style },
            _ => style,
        };
    }
    style
}

fn color(codes: &mut impl Iterator<Item = u8>) -> Option<Color> {
    match codes.next()? {
        2 => Some(Color::Rgb(codes.next()?, codes.next()?, codes.next()?)),
        5 => Some(Color::Indexed(codes.next()?)),
        _ => None,
    }
}

/// A session that is filmed.
struct Filmed {
    terminal: Terminal,
    frames: Vec<Frame>,
}

impl Filmed {
    /// The screen once it stands still for a moment, so that no half of a frame is filmed.
    fn seen(&self) -> String {
        let mut last = self.terminal.styled();
        for _ in 0..20 {
            let next = self.terminal.styled();
            if next == last {
                break;
            }
            last = next;
        }
        last
    }

    /// One frame for so many milliseconds: which key led to it, and what is to be seen.
    fn shot(&mut self, millis: u32, key: &str, words: &str) {
        let (width, height) = SIZE;
        let mut buf = screen(&self.seen(), SIZE);
        buf.resize(Rect { x: 0, y: 0, width, height: height + 2 });
        let (mut x, y) = (1, height + 1);
        if !key.is_empty() {
            let pressed = Style::default().add_modifier(Modifier::REVERSED | Modifier::BOLD);
            x = buf.set_stringn(x, y, format!(" {key} "), usize::from(width), pressed).0 + 1;
        }
        buf.set_stringn(x, y, words, usize::from(width), Style::default().add_modifier(Modifier::BOLD));
        self.frames.push(Frame { grid: grid(&buf, THEME, "burnledger's dashboard during a recorded incident"), millis });
    }

    fn press(&self, key: &str, until: &str) {
        self.terminal.keys(&[key]);
        self.wait(until);
    }

    fn wait(&self, text: &str) {
        let found = crate::support::wait_until(LIMIT, || self.terminal.screen().contains(text));
        assert!(found, "waited for `{text}`, saw:\n{}", self.terminal.screen());
    }

    /// Waits until something else is on the screen.
    fn moved(&self) {
        let before = self.terminal.screen();
        assert!(crate::support::wait_until(LIMIT, || self.terminal.screen() != before), "nothing moves:\n{before}");
    }
}

/// The story.
fn play() -> Option<Vec<Frame>> {
    let terminal = Terminal::open(SIZE.0, SIZE.1)?;
    let bin = env!("CARGO_BIN_EXE_burnledger");
    terminal.line(&format!("clear; TZ=UTC USER=mei COLORTERM=truecolor {bin} demo --speed {SPEED}"));
    let mut film = Filmed { terminal, frames: Vec::new() };
    film.wait("below 14.4x");
    film.shot(2600, "", "A recorded incident through the real engine, 60 times as fast. All is calm.");
    film.wait("first page at P1");
    film.shot(1400, "", "02:23: the first page, and an incident in the ledger.");
    film.press("Enter", "OPEN, UNACKED");
    film.shot(1600, "Enter", "How bad it is, since when, and what it costs each minute.");
    film.wait("rose from P1 to P0");
    film.shot(1800, "", "02:42: P0. Nobody has it yet; NEXT says what will happen if nothing changes.");
    for _ in 0..3 {
        film.moved();
        film.shot(500, "", "The cost counts on.");
    }
    film.press("a", "acknowledged INC-0001");
    film.shot(1800, "a", "Acknowledged at once; u would take it back.");
    film.press("n", "note on INC-0001");
    let note = "pool exhausted, raising its limit";
    for part in ["pool exhausted, ", "raising its limit"] {
        film.terminal.type_raw(part);
        film.wait(&note[..note.find(part).unwrap_or_default() + part.trim_end().len()]);
        film.shot(700, "n", "A note for the timeline and for the postmortem.");
    }
    film.press("Enter", "noted on INC-0001");
    film.shot(1200, "Enter", "It stands in the ledger, append-only and hash-chained.");
    film.press("c", "declared numbers, not accounting");
    film.shot(2600, "c", "Where the money comes from, line by line.");
    film.terminal.keys(&["Escape"]);
    film.wait("TIMELINE");
    film.press("1", "LAST 6h");
    film.shot(2000, "1", "All SLOs: budget, burn over four windows, when each runs dry.");
    film.press("d", "ERROR BUDGET");
    film.shot(2600, "d", "One SLO: its burn against the levels, and its budget's way.");
    film.press("2", "COST");
    film.wait("lasted");
    film.shot(2200, "2", "03:31: recovered, with what it cost.");
    film.press("5", "AT THE CURSOR");
    film.shot(1400, "5", "Replay: the incident to any second.");
    for _ in 0..3 {
        film.terminal.keys(&["]"]);
        film.moved();
        film.shot(1100, "]", "To its next moment: what was known then.");
    }
    film.press("Escape", "REPLAY 60x");
    film.press("3", "INCIDENTS 1");
    film.shot(2200, "3", "Past incidents: times, money, recovery.");
    film.terminal.keys(&["q"]);
    Some(film.frames)
}

/// The frame that stands for the recording where nothing moves: the incident, before anybody has it.
const STILL: usize = 3;

#[test]
fn the_recording_of_the_readme_is_small_moves_by_itself_and_runs_nothing() {
    if std::env::var_os("UPDATE_RECORDING").is_some() {
        let frames = play().expect("tmux is installed");
        std::fs::write(kept(), reel::render(&frames, STILL)).unwrap();
    }
    let svg = std::fs::read_to_string(kept()).unwrap();
    assert!(svg.len() < MOST, "{} bytes", svg.len());
    assert!(svg.contains("step-end infinite") && svg.contains("prefers-reduced-motion"), "nothing moves");
    for foreign in ["<script", "<foreignObject", "href=", "url(", "@import", "onload"] {
        assert!(!svg.contains(foreign), "{foreign}");
    }
    assert_eq!(svg.matches("http").count(), 1, "nothing but the name of SVG itself is an address");
    for words in ["[5] Replay", "UNACKED", "acknowledged INC-0001", "raising its limit", "AT THE CURSOR"] {
        assert!(svg.contains(words), "the story lacks `{words}`");
    }
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(readme.contains("](dashboards/demo.svg)"), "the README shows it");
}

#[test]
fn what_tmux_tells_of_a_screen_becomes_cells_again() {
    let told = "a\x1b[1m\x1b[38;2;255;95;135mP0\x1b[0m b\n\x1b[7m中x\n\x1b[27my\x1b[48;5;237mz";
    let buf = screen(told, (6, 4));
    assert_eq!(burnledger::tui::export::plain(&buf), "aP0 b\n中x\nyz\n\n");
    let (p, b, x, z) = (&buf[(1, 0)], &buf[(4, 0)], &buf[(2, 1)], &buf[(1, 2)]);
    assert_eq!((p.fg, p.modifier), (Color::Rgb(255, 95, 135), Modifier::BOLD));
    assert_eq!((b.fg, b.modifier), (Color::Reset, Modifier::empty()));
    assert_eq!((x.symbol(), x.modifier), ("x", Modifier::REVERSED), "a style holds on over the end of a line");
    assert_eq!((z.bg, z.modifier), (Color::Indexed(237), Modifier::empty()));
}
