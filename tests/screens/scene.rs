//! A session without a terminal: worlds come, keys are pressed, time passes, and the picture is told as text with its styles.

use super::fixture;
use burnledger::chart::Charset;
use burnledger::domain::base::{Mono, Now, Span};
use burnledger::domain::view::{Question, Snapshot};
use burnledger::tui::export::{cells, svg};
use burnledger::tui::theme::Depth;
use burnledger::tui::{Code, Effect, Ground, Key, Model, Msg, update};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;
use std::sync::Arc;

/// A session.
pub struct Scene {
    pub model: Model,
    pub now: Now,
    pub effects: Vec<Effect>,
}

impl Scene {
    pub fn new(size: (u16, u16), charset: Charset, depth: Depth) -> Self {
        let now = fixture::now();
        let mut model = Model::new(fixture::look(charset, depth), size, now);
        model.causes = burnledger::config::ROOT_CAUSES.map(Into::into).to_vec();
        Self { model, now, effects: Vec::new() }
    }

    /// The usual one: Unicode in 24 bits.
    pub fn of(world: Snapshot, size: (u16, u16)) -> Self {
        Self::new(size, Charset::Unicode, Depth::TrueColor).world(world)
    }

    /// On another ground.
    pub fn on(mut self, ground: Ground) -> Self {
        self.model.look.theme.ground = ground;
        self
    }

    pub fn tell(&mut self, msg: Msg) {
        self.effects.extend(update(&mut self.model, self.now, msg));
    }

    pub fn world(mut self, world: Snapshot) -> Self {
        self.tell(Msg::Snapshot(Arc::new(world)));
        self
    }

    pub fn later(mut self, seconds: i64) -> Self {
        let span = Span::from_secs(seconds);
        self.now = Now { wall: self.now.wall + span, mono: Mono(self.now.mono.0) + span };
        self.tell(Msg::Tick);
        self
    }

    /// Presses keys written as people write them, apart by spaces: `j Enter C-d Esc`.
    pub fn press(mut self, keys: &str) -> Self {
        for name in keys.split(' ').filter(|k| !k.is_empty()) {
            self.tell(Msg::Key(key(name)));
        }
        self
    }

    /// Types a text, character by character.
    pub fn write(mut self, text: &str) -> Self {
        for c in text.chars() {
            self.tell(Msg::Key(Key::char(c)));
        }
        self
    }

    /// The last order answered well.
    pub fn answered(mut self) -> Self {
        let ticket = *self.model.pending.keys().last().expect("an order under way");
        self.tell(Msg::Reply { ticket, result: Ok(()) });
        self
    }

    /// Questions of the screen are answered by a past made up from the world's rows, and by the incidents it shows.
    pub fn told_past(mut self) -> Self {
        for _ in 0..4 {
            let asked: Vec<(u64, Question)> = std::mem::take(&mut self.effects)
                .into_iter()
                .filter_map(|e| match e {
                    Effect::Ask { ticket, question } => Some((ticket, question)),
                    _ => None,
                })
                .collect();
            for (ticket, question) in asked {
                let world = self.model.live.clone().expect("a world");
                self.tell(Msg::Answer { ticket, result: Ok(super::fixture::answer(&world, &question)) });
            }
        }
        self
    }

    pub fn text(&self) -> String {
        burnledger::tui::export::plain(&cells(&self.model))
    }

    /// Compares with the accepted picture of this name. `BURNLEDGER_SVG_DIR` also gets it as SVG, for the eye.
    pub fn check(&self, name: &str) {
        let buf = cells(&self.model);
        if let Ok(dir) = std::env::var("BURNLEDGER_SVG_DIR") {
            std::fs::write(format!("{dir}/{name}.svg"), svg(&buf, self.model.look.theme, name)).expect("the folder is writable");
        }
        insta::with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, told(&buf));
        });
    }
}

fn key(name: &str) -> Key {
    let (ctrl, rest) = name.strip_prefix("C-").map_or((false, name), |r| (true, r));
    let (alt, rest) = rest.strip_prefix("A-").map_or((false, rest), |r| (true, r));
    let code = match rest {
        "Enter" => Code::Enter,
        "Esc" => Code::Esc,
        "Tab" => Code::Tab,
        "S-Tab" => Code::BackTab,
        "Space" => Code::Char(' '),
        "Up" => Code::Up,
        "Down" => Code::Down,
        "Left" => Code::Left,
        "Right" => Code::Right,
        "Home" => Code::Home,
        "End" => Code::End,
        "Backspace" => Code::Backspace,
        c => Code::Char(c.chars().next().expect("a key")),
    };
    Key { code, ctrl, alt }
}

/// The text, and below it a letter for each cell's style with a legend; plain cells have none.
fn told(buf: &Buffer) -> String {
    let width = usize::from(buf.area.width).max(1);
    let mut legend: Vec<String> = Vec::new();
    let mut out = String::new();
    for line in burnledger::tui::export::plain(buf).lines() {
        let _ = writeln!(out, "{line}");
    }
    let _ = writeln!(out, "=== styles");
    for row in buf.content().chunks(width) {
        let letters: String = row.iter().map(|cell| letter(cell, &mut legend)).collect();
        let _ = writeln!(out, "{}", letters.trim_end());
    }
    for (i, style) in legend.iter().enumerate() {
        let _ = writeln!(out, "{} {style}", char::from(b'a' + i as u8));
    }
    out
}

fn letter(cell: &Cell, legend: &mut Vec<String>) -> char {
    let blank = cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.contains(Modifier::REVERSED);
    if blank || (cell.fg == Color::Reset && cell.bg == Color::Reset && cell.modifier.is_empty()) {
        return ' ';
    }
    let style = format!("{:?} on {:?} {:?}", cell.fg, cell.bg, cell.modifier);
    let at = legend.iter().position(|s| *s == style).unwrap_or_else(|| {
        legend.push(style);
        legend.len() - 1
    });
    char::from(b'a' + at as u8)
}
