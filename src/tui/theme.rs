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
    /// What the environment says a terminal can do; `direct` asks the terminal database, where nothing nearer tells.
    pub fn detect(wanted: Wanted, env: &dyn Fn(&str) -> Option<String>, direct: &dyn Fn() -> bool) -> Self {
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
            "" => Self::Mono,
            "linux" | "ansi" | "vt100" | "vt220" | "dumb" => Self::Ansi16,
            _ if direct() => Self::TrueColor,
            t if t.contains("256color") => Self::Ansi256,
            "xterm" | "screen" | "tmux" => Self::Ansi16,
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
/// A terminal's own yellow cannot be read on white.
const P1_LIGHT: Paint = Paint((0xaf, 0x5f, 0x00), 130, Color::Magenta);
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
            _ => Style::new().add_modifier(Modifier::REVERSED).remove_modifier(Modifier::DIM),
        }
    }

    /// The look of a picture or a tag on the selected row: turned round, a curve would show the opposite, and a tag would be lost.
    pub fn on_selected(self, role: Role) -> Style {
        let selected = self.selected();
        match role {
            _ if !selected.add_modifier.contains(Modifier::REVERSED) => self.style(role).patch(selected),
            Role::P0Tag => self.style(Role::P0),
            role => self.style(role),
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
        let env = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string());
        // The terminal database knows one name.
        Depth::detect(wanted, &env, &|| env("TERM").as_deref() == Some("foot-own"))
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
            (Wanted::Always, &[("TERM", "dumb")], Depth::Ansi16),
            (Wanted::Auto, &[], Depth::Mono),
            (Wanted::Auto, &[("TERM", "xterm")], Depth::Ansi16),
            (Wanted::Auto, &[("TERM", "screen")], Depth::Ansi16),
            (Wanted::Auto, &[("TERM", "screen"), ("COLORTERM", "24bit")], Depth::TrueColor),
            (Wanted::Auto, &[("TERM", "xterm"), ("COLORTERM", "yes")], Depth::Ansi16),
            (Wanted::Auto, &[("TERM", "xterm-direct")], Depth::TrueColor),
            (Wanted::Auto, &[("TERM", "foot-own")], Depth::TrueColor),
            (Wanted::Auto, &[("TERM", "foot-own"), ("NO_COLOR", "1")], Depth::Mono),
            (Wanted::Auto, &[("TERM", "foot-own"), ("CLICOLOR", "0")], Depth::TrueColor),
            (Wanted::Auto, &[("TERM", "alacritty")], Depth::Ansi256),
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
    fn no_picture_is_turned_round_where_it_is_selected() {
        use Role::*;
        for depth in [Depth::TrueColor, Depth::Ansi256, Depth::Ansi16, Depth::Mono] {
            for ground in [Ground::Dark, Ground::Light, Ground::HighContrast] {
                let theme = Theme { depth, ground };
                for role in [Text, Faint, P0, P1, P2, Good, Stale] {
                    assert!(!theme.on_selected(role).add_modifier.contains(Modifier::REVERSED), "{role:?} {theme:?}");
                }
                // What is selected looks like nothing else, and so does a tag on it.
                assert_ne!(theme.style(Text).patch(theme.selected()), theme.style(Text), "{theme:?}");
                assert_ne!(theme.on_selected(P0Tag), theme.style(Strong).patch(theme.selected()), "{theme:?}");
            }
        }
    }

    #[test]
    fn the_palette_is_the_measured_one() {
        use Role::*;
        let fg = |depth, ground, role| Theme { depth, ground }.style(role).fg;
        let rgb = |hex: u32| Some(Color::Rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8));
        let cube = |n| Some(Color::Indexed(n));
        for (role, dark, light, cubes, named) in [
            (P0, rgb(0xff_5f_87), rgb(0x87_00_00), (204, Some(88)), (Color::LightRed, Some(Color::Red))),
            (P1, rgb(0xff_af_5f), rgb(0xaf_5f_00), (215, Some(130)), (Color::Yellow, Some(Color::Magenta))),
            (P2, rgb(0xff_ff_d7), None, (230, None), (Color::Reset, None)),
            (Good, rgb(0x00_af_d7), rgb(0x00_00_87), (38, Some(18)), (Color::Cyan, Some(Color::Blue))),
        ] {
            assert_eq!(fg(Depth::TrueColor, Ground::Dark, role), dark, "{role:?}");
            assert_eq!(fg(Depth::TrueColor, Ground::Light, role), light, "{role:?}");
            assert_eq!(fg(Depth::Ansi256, Ground::Dark, role), cube(cubes.0), "{role:?}");
            assert_eq!(fg(Depth::Ansi256, Ground::Light, role), cubes.1.map(Color::Indexed), "{role:?}");
            assert_eq!(fg(Depth::Ansi16, Ground::Dark, role), Some(named.0), "{role:?}");
            assert_eq!(fg(Depth::Ansi16, Ground::Light, role), named.1, "{role:?}");
        }
        for depth in [Depth::TrueColor, Depth::Ansi256, Depth::Ansi16, Depth::Mono] {
            let tag = Theme { depth, ground: Ground::Dark }.style(P0Tag).add_modifier;
            assert!(tag.contains(Modifier::BOLD | Modifier::REVERSED), "{depth:?}");
            // DarkGray and the like are not seen on dark grounds: what is old has the terminal's own colour, dim.
            assert_eq!(Theme { depth, ground: Ground::Dark }.style(Stale).fg, None, "{depth:?}");
        }
    }

    #[test]
    fn the_heat_ramp_rises_in_lightness_and_is_not_needed_to_read_the_map() {
        let luma = |style: Style| match style.bg {
            Some(Color::Rgb(r, g, b)) => 2126 * u32::from(r) + 7152 * u32::from(g) + 722 * u32::from(b),
            other => panic!("{other:?}"),
        };
        let theme = Theme { depth: Depth::TrueColor, ground: Ground::Dark };
        let steps: Vec<u32> = (0..9).map(|step| luma(theme.heat(step, 9))).collect();
        assert!(steps.is_sorted() && steps.first() < steps.last(), "{steps:?}");
        let cubes: Vec<Option<Color>> = (0..6).map(|step| Theme { depth: Depth::Ansi256, ..theme }.heat(step, 6).bg).collect();
        assert_eq!(cubes, [53, 61, 31, 36, 113, 220].map(|n| Some(Color::Indexed(n))));
        for depth in [Depth::Ansi16, Depth::Mono] {
            for step in 0..9 {
                let style = Theme { depth, ..theme }.heat(step, 9);
                assert_eq!(
                    (style.fg, style.bg, style.add_modifier.contains(Modifier::BOLD)),
                    (None, None, step >= 5),
                    "{depth:?} {step}"
                );
            }
        }
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
