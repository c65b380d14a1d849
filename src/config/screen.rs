//! How the dashboard looks and which keys it has: `theme`, `glyphs`, `mouse`, `bell`, `keys`.
//!
//! Deliberately absent: which actions and keys there are; the dashboard knows, and the stairs ask it.

use super::mask;
use crate::domain::base::{Language, Place, Problem, Text};
use crate::kit::yaml::{Fields, Findings};

/// A key that was given to an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySetting {
    /// The action's name: `acknowledge`.
    pub action: Text,
    /// The key as it was written: `C-a`.
    pub key: Text,
    /// Where that stands.
    pub place: Place,
}

/// What the file says of the dashboard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScreenSettings {
    /// The language, where the file names one.
    pub language: Option<Language>,
    /// `dark`, `light`, `high-contrast` or `auto`.
    pub theme: Option<&'static str>,
    /// `unicode`, `narrow` or `ascii`.
    pub glyphs: Option<&'static str>,
    /// The mouse selects and scrolls.
    pub mouse: bool,
    /// The terminal's bell rings for a new incident that pages; it does where nobody says otherwise.
    pub bell: Option<bool>,
    /// Keys other than the usual ones, in the order of the file.
    pub keys: Vec<KeySetting>,
}

const THEMES: [(&str, &str); 4] = [("dark", "dark"), ("light", "light"), ("high-contrast", "high-contrast"), ("auto", "auto")];
const GLYPHS: [(&str, &str); 3] = [("unicode", "unicode"), ("narrow", "narrow"), ("ascii", "ascii")];
const EITHER: [(&str, bool); 2] = [("true", true), ("false", false)];

/// The same place, its excerpt without what may be secret beside the key.
fn masked(place: Place) -> Option<Place> {
    let mut one = vec![Problem::error("bad-key", "").at(place)];
    mask::mask(&mut one);
    one.pop()?.place
}

pub(super) fn read_screen(out: &mut Findings<'_>, fields: &Fields<'_>) -> ScreenSettings {
    let theme = fields.get(out, "theme").and_then(|n| out.choice(n, "theme", &THEMES));
    let glyphs = fields.get(out, "glyphs").and_then(|n| out.choice(n, "glyphs", &GLYPHS));
    let mouse = fields.get(out, "mouse").and_then(|n| out.choice(n, "mouse", &EITHER)).unwrap_or_default();
    let bell = fields.get(out, "bell").and_then(|n| out.choice(n, "bell", &EITHER));
    let mut keys = Vec::new();
    if let Some(entries) = fields.get(out, "keys").and_then(|n| out.entries(n, "`keys`")) {
        for entry in entries {
            let place = masked(out.place(entry.value.span.clone()));
            if let (Some(key), Some(place)) = (out.text(&entry.value, "a key"), place) {
                keys.push(KeySetting { action: Text::from(&*entry.key), key: key.clone(), place });
            }
        }
    }
    ScreenSettings { language: None, theme, glyphs, mouse, bell, keys }
}
