//! Colours: what each role looks like at each depth. Meaning is always in the text too; colour only helps the eye.
//!
//! The severity colours are distinguishable under protan, deutan and tritan vision (smallest CIEDE2000 distance 16 on dark,
//! 18 on light ground) and each is a cell of the 256-colour cube, so that 256 and 24-bit terminals look the same. Without
//! colour nothing but bold, dim, underline and reverse is ever sent: crossterm 0.29 resets attributes when it is told to
//! write a colour under `NO_COLOR`.

use ratatui::style::{Color, Modifier, Style};

/// How many colours there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// 24 bits.
    TrueColor,
    /// The 256-colour cube.
    #[default]
    Ansi256,
    /// The 16 named ones, as the user's theme draws them.
    Ansi16,
    /// None.
    Mono,
}

/// When colour is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// As the environment says.
    #[default]
    Auto,
    /// In any case.
    Always,
    /// Not at all.
    Never,
}

impl Depth {
    /// What the environment says a terminal can do.
    pub fn detect(wanted: Wanted, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let set = |name: &str| env(name).is_some_and(|v| !v.is_empty());
        let term = env("TERM").unwrap_or_default();
        let refused = wanted == Wanted::Auto && (set("NO_COLOR") || term == "dumb");
        if wanted == Wanted::Never || refused {
            return Self::Mono;
        }
        let color = env("COLORTERM").unwrap_or_default();
        match &*term {
            _ if color == "truecolor" || color == "24bit" => Self::TrueColor,
            t if t.ends_with("-direct") => Self::TrueColor,
            t if t.contains("256color") => Self::Ansi256,
            "linux" | "xterm" | "screen" | "tmux" | "ansi" | "vt100" | "vt220" | "dumb" => Self::Ansi16,
            "" => Self::Mono,
            _ => Self::Ansi256,
        }
    }
}

/// The terminal's ground.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ground {
    /// Light letters on dark.
    #[default]
    Dark,
    /// Dark letters on light.
    Light,
    /// Dark, and nothing dim: less important words look like others, and what is selected is reversed.
    HighContrast,
}

impl Depth {
    /// As the program says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TrueColor => "truecolor",
            Self::Ansi256 => "256",
            Self::Ansi16 => "16",
            Self::Mono => "none",
        }
    }
}

impl Ground {
    /// As the configuration says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high-contrast",
        }
    }

    /// What the environment says of a terminal's ground: `COLORFGBG` ends in the number of its colour.
    pub fn told(env: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let number: u8 = env("COLORFGBG")?.rsplit(';').next()?.trim().parse().ok()?;
        (number < 16).then_some(if matches!(number, 7 | 15) { Self::Light } else { Self::Dark })
    }
}

/// Whether a terminal can be asked for its ground: those that would print the question, or hand it on to nobody, are not.
/// GNU screen and tmux may have the same `TERM`, but only tmux answers for itself.
pub fn answers(env: &dyn Fn(&str) -> Option<String>) -> bool {
    let term = env("TERM").unwrap_or_default();
    let silent = ["linux", "dumb", "ansi", "cons", "vt", "eterm", "sun", "unknown"].iter().any(|name| term.starts_with(name));
    let screen = term.starts_with("screen") && env("TMUX").is_none_or(|v| v.is_empty());
    !term.is_empty() && !silent && !screen
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Plain words and numbers.
    Text,
    /// Less important.
    Faint,
    /// More important.
    Strong,
    /// Rules and axes.
    Rule,
    /// A panel's title.
    Title,
    /// A key that can be pressed.
    Key,
    /// Something burns at P0.
    P0,
    /// The `P0!` tag itself.
    P0Tag,
    /// Something burns at P1.
    P1,
    /// Something burns at P2.
    P2,
    /// Fine.
    Good,
    /// Old or unknown.
    Stale,
    /// The program's name and the active tab.
    Active,
    /// A problem that is told on every screen.
    Problem,
}

/// A resolved theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    /// Colours there are.
    pub depth: Depth,
    /// The ground.
    pub ground: Ground,
}

/// A colour at each depth: 24 bits, cube, named.
struct Paint((u8, u8, u8), u8, Color);

/// Six steps of viridis, in 24 bits and in the cube of 256.
const HEAT: [((u8, u8, u8), u8); 6] = [
    ((0x44, 0x01, 0x54), 53),
    ((0x41, 0x44, 0x87), 61),
    ((0x2a, 0x78, 0x8e), 31),
    ((0x22, 0xa8, 0x84), 36),
    ((0x7a, 0xd1, 0x51), 113),
    ((0xfd, 0xe7, 0x25), 220),
];

const P0_DARK: Paint = Paint((0xff, 0x5f, 0x87), 204, Color::LightRed);
const P0_LIGHT: Paint = Paint((0x87, 0x00, 0x00), 88, Color::Red);
const P1_DARK: Paint = Paint((0xff, 0xaf, 0x5f), 215, Color::Yellow);
const P1_LIGHT: Paint = Paint((0xaf, 0x5f, 0x00), 130, Color::Yellow);
const P2_DARK: Paint = Paint((0xff, 0xff, 0xd7), 230, Color::Reset);
const GOOD_DARK: Paint = Paint((0x00, 0xaf, 0xd7), 38, Color::Cyan);
const GOOD_LIGHT: Paint = Paint((0x00, 0x00, 0x87), 18, Color::Blue);

impl Theme {
    /// The look of a heatmap's cell, `step` of `steps` from the coolest: viridis as ground, whose lightness rises in every kind
    /// of colour vision; where there are no such colours the glyph alone tells, bold from the middle on.
    pub fn heat(self, step: usize, steps: usize) -> Style {
        let at = (step * HEAT.len() / steps.max(1)).min(HEAT.len() - 1);
        let ((r, g, b), cube) = HEAT[at];
        let ink = if at >= 3 { (Color::Rgb(0x10, 0x10, 0x14), 233) } else { (Color::Rgb(0xee, 0xee, 0xee), 255) };
        match self.depth {
            Depth::TrueColor => Style::new().bg(Color::Rgb(r, g, b)).fg(ink.0),
            Depth::Ansi256 => Style::new().bg(Color::Indexed(cube)).fg(Color::Indexed(ink.1)),
            _ if step * 2 >= steps => Style::new().add_modifier(Modifier::BOLD),
            _ => Style::new(),
        }
    }

    /// The look of a role.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let dark = self.ground != Ground::Light;
        match role {
            Role::Text => plain,
            Role::Faint | Role::Rule | Role::Stale if self.ground == Ground::HighContrast => plain,
            Role::Faint | Role::Rule | Role::Stale => plain.add_modifier(Modifier::DIM),
            Role::P0 | Role::Problem => self.paint(if dark { &P0_DARK } else { &P0_LIGHT }).add_modifier(Modifier::BOLD),
            Role::P0Tag => self.paint(if dark { &P0_DARK } else { &P0_LIGHT }).add_modifier(Modifier::BOLD | Modifier::REVERSED),
            Role::P1 => self.paint(if dark { &P1_DARK } else { &P1_LIGHT }).add_modifier(Modifier::BOLD),
            Role::P2 if dark => self.paint(&P2_DARK).add_modifier(Modifier::BOLD),
            Role::P2 | Role::Strong | Role::Title | Role::Key => plain.add_modifier(Modifier::BOLD),
            Role::Good => self.paint(if dark { &GOOD_DARK } else { &GOOD_LIGHT }),
            Role::Active => plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
        }
    }

    /// What is laid over the selected row: a ground where there are colours, else reverse.
    pub fn selected(self) -> Style {
        match (self.depth, self.ground) {
            (Depth::TrueColor | Depth::Ansi256, Ground::Dark) => Style::new().bg(Color::Indexed(237)),
            (Depth::TrueColor | Depth::Ansi256, Ground::Light) => Style::new().bg(Color::Indexed(253)),
            _ => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    fn paint(self, paint: &Paint) -> Style {
        match self.depth {
            Depth::TrueColor => Style::new().fg(Color::Rgb(paint.0.0, paint.0.1, paint.0.2)),
            Depth::Ansi256 => Style::new().fg(Color::Indexed(paint.1)),
            Depth::Ansi16 => Style::new().fg(paint.2),
            Depth::Mono => Style::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(wanted: Wanted, vars: &[(&str, &str)]) -> Depth {
        Depth::detect(wanted, &|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string()))
    }

    #[test]
    fn the_environment_decides_unless_told_otherwise() {
        for (wanted, vars, want) in [
            (Wanted::Auto, &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..], Depth::TrueColor),
            (Wanted::Auto, &[("TERM", "xterm-256color")], Depth::Ansi256),
            (Wanted::Auto, &[("TERM", "linux")], Depth::Ansi16),
            (Wanted::Auto, &[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Depth::Mono),
            (Wanted::Auto, &[("TERM", "xterm-256color"), ("NO_COLOR", "")], Depth::Ansi256),
            (Wanted::Always, &[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Depth::Ansi256),
            (Wanted::Never, &[("COLORTERM", "truecolor")], Depth::Mono),
            (Wanted::Auto, &[("TERM", "dumb")], Depth::Mono),
        ] {
            assert_eq!(depth(wanted, vars), want, "{vars:?}");
        }
    }

    #[test]
    fn the_ground_is_what_the_environment_says_of_it() {
        let ground = |text: &'static str| Ground::told(&move |name| (name == "COLORFGBG").then(|| text.to_string()));
        assert_eq!([ground("0;15"), ground("15;default;0")], [Some(Ground::Light), Some(Ground::Dark)]);
        assert_eq!([ground("?"), ground("0;default"), ground("99"), Ground::told(&|_| None)], [None; 4]);
    }

    #[test]
    fn only_terminals_that_can_answer_are_asked() {
        let asks = |term: &'static str, tmux: &'static str| {
            answers(&move |name| match name {
                "TERM" => Some(term.into()),
                "TMUX" => Some(tmux.into()),
                _ => None,
            })
        };
        for (term, tmux, want) in [
            ("xterm-256color", "", true),
            ("foot", "", true),
            ("tmux-256color", "/tmp/tmux-0/default,1,0", true),
            ("screen-256color", "/tmp/tmux-0/default,1,0", true),
            ("screen-256color", "", false),
            ("linux", "", false),
            ("dumb", "", false),
            ("vt220", "", false),
            ("", "", false),
        ] {
            assert_eq!(asks(term, tmux), want, "{term}");
        }
    }

    #[test]
    fn high_contrast_dims_nothing_and_reverses_what_is_selected() {
        use Role::*;
        let theme = Theme { depth: Depth::TrueColor, ground: Ground::HighContrast };
        for role in [Text, Faint, Strong, Rule, Title, Key, P0, P0Tag, P1, P2, Good, Stale, Active, Problem] {
            assert!(!theme.style(role).add_modifier.contains(Modifier::DIM), "{role:?}");
        }
        assert!(theme.selected().add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn without_colour_no_colour_is_ever_named_and_the_selection_is_seen() {
        use Role::*;
        let theme = Theme { depth: Depth::Mono, ground: Ground::Dark };
        for role in [Text, Faint, Strong, Rule, Title, Key, P0, P0Tag, P1, P2, Good, Stale, Active, Problem] {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert!(theme.selected().add_modifier.contains(Modifier::REVERSED));
    }
}
