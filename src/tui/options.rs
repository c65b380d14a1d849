//! What a session is told when it starts.

use super::glyphs::Glyphs;
use super::kept::Kept;
use super::keymap::Keymap;
use super::model::Look;
use super::terminfo;
use super::theme::{Depth, Ground, Theme, Wanted, answers};
use crate::chart::Charset;
use crate::domain::base::{Language, Span, Text};
use crate::domain::view::{Dashboards, FilmAsk};
use crate::words::{Words, Zone};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// How a session looks and behaves.
#[derive(Clone, Debug)]
pub struct TuiOptions {
    /// Characters, colours, zone and the person's name.
    pub look: Look,
    /// Least time between two frames: 33 ms, 100 ms over ssh.
    pub frame_gap: Span,
    /// The mouse selects and scrolls; the terminal's own selection needs Shift then.
    pub mouse: bool,
    /// The terminal is asked whether its ground is light.
    pub ask_ground: bool,
    /// Begins in this state.
    pub kept: Kept,
    /// Where the state is kept for the next session, and where a crash leaves its last messages; nowhere when absent.
    pub state: Option<PathBuf>,
    /// Begins with a replay of this.
    pub replay: Option<FilmAsk>,
    /// Screens of one's own, as their files say; none when absent.
    pub dashboards: Option<watch::Receiver<Arc<Dashboards>>>,
    /// The person's editor as the shell runs it: `VISUAL`, `EDITOR`, else `vi`.
    pub editor: String,
    /// The terminal's bell rings for a new incident that pages.
    pub bell: bool,
    /// Classes of causes that the team tells apart.
    pub causes: Vec<Text>,
}

/// What the caller knows better than the environment.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// `--color`.
    pub color: Wanted,
    /// `--colors`; as the environment says when absent.
    pub depth: Option<Depth>,
    /// `glyphs:` of the configuration.
    pub charset: Option<Charset>,
    /// `theme:` of the configuration; as the environment or the terminal says when absent.
    pub ground: Option<Ground>,
    /// `--language`, else `language:` of the configuration; by the locale when absent.
    pub language: Option<Language>,
    /// The zone; the machine's own when absent.
    pub zone: Option<Zone>,
    /// `keys:` of the configuration.
    pub keys: Keymap,
    /// `--mouse`.
    pub mouse: bool,
    /// `bell:` of the configuration.
    pub bell: Option<bool>,
    /// The person's name; the login name when absent.
    pub who: Option<Text>,
}

impl TuiOptions {
    /// Options by wishes and, where those are silent, by the environment that `env` reads.
    pub fn resolve(wishes: Wishes, env: &dyn Fn(&str) -> Option<String>) -> Self {
        let login = || ["USER", "LOGNAME"].iter().find_map(|name| env(name).filter(|v| !v.is_empty()));
        let who = wishes.who.unwrap_or_else(|| login().unwrap_or_else(|| "someone".into()).into());
        let glyphs = Glyphs::of(wishes.charset.unwrap_or_else(|| Glyphs::detect(env)));
        // ASCII has no Chinese.
        let language = wishes.language.unwrap_or_else(|| locale_language(env));
        let words = if glyphs.charset == Charset::Ascii { Words::default() } else { Words::of(language) };
        let told = || Depth::detect(wishes.color, env, &|| terminfo::has_direct_colors(env));
        let depth = if wishes.color == Wanted::Never { Depth::Mono } else { wishes.depth.unwrap_or_else(told) };
        let known = wishes.ground.or_else(|| Ground::told(env));
        let theme = Theme { depth, ground: known.unwrap_or_default() };
        let ssh = env("SSH_CONNECTION").is_some_and(|v| !v.is_empty());
        let editor = ["VISUAL", "EDITOR"].iter().find_map(|name| env(name).filter(|v| !v.trim().is_empty()));
        Self {
            editor: editor.unwrap_or_else(|| "vi".into()),
            look: Look { glyphs, theme, words, zone: wishes.zone.unwrap_or(Zone::Local), who, keys: wishes.keys },
            frame_gap: Span(if ssh { 100 } else { 33 }),
            mouse: wishes.mouse,
            // Without colours there is nothing that a light ground would change.
            ask_ground: known.is_none() && depth != Depth::Mono && answers(env),
            bell: wishes.bell.unwrap_or(true),
            causes: Vec::new(),
            kept: Kept::default(),
            state: None,
            replay: None,
            dashboards: None,
        }
    }
}

/// The language that the locale names: Chinese where it begins with `zh`, else English. The first of `LC_ALL`, `LC_MESSAGES` and
/// `LANG` that is set decides, as in C.
fn locale_language(env: &dyn Fn(&str) -> Option<String>) -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| env(name).filter(|v| !v.is_empty()));
    if locale.is_some_and(|l| l.to_ascii_lowercase().starts_with("zh")) { Language::Zh } else { Language::En }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_win_over_the_environment() {
        let env = |name: &str| match name {
            "USER" => Some("wei".to_string()),
            "LANG" => Some("C".into()),
            "TERM" => Some("xterm-256color".into()),
            "SSH_CONNECTION" => Some("1 2 3 4".into()),
            _ => None,
        };
        let plain = TuiOptions::resolve(Wishes::default(), &env);
        assert_eq!((&*plain.look.who, plain.look.glyphs.charset, plain.frame_gap), ("wei", Charset::Ascii, Span(100)));
        let wished =
            Wishes { charset: Some(Charset::Narrow), who: Some("lin".into()), color: Wanted::Never, ..Wishes::default() };
        let told = TuiOptions::resolve(wished, &env);
        assert_eq!((&*told.look.who, told.look.glyphs.charset, told.look.theme.depth), ("lin", Charset::Narrow, Depth::Mono));
        let forced = |color| TuiOptions::resolve(Wishes { depth: Some(Depth::Ansi16), color, ..Wishes::default() }, &env);
        assert_eq!(plain.look.theme.depth, Depth::Ansi256);
        assert_eq!(forced(Wanted::Auto).look.theme.depth, Depth::Ansi16);
        assert_eq!(forced(Wanted::Never).look.theme.depth, Depth::Mono, "never is never");
    }
}
