//! Which characters the screens are drawn with, by the terminal's abilities.

use crate::chart::Charset;

/// The signs of one character set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// For charts.
    pub charset: Charset,
    /// Stands for what was cut.
    pub ellipsis: &'static str,
    /// Rules between panels.
    pub rule: &'static str,
    /// Upright axis.
    pub axis: &'static str,
    /// Corner of both axes.
    pub corner: &'static str,
    /// Dialog corners: top left, top right, bottom left, bottom right.
    pub box_corners: [&'static str; 4],
    /// Dialog sides.
    pub box_side: &'static str,
    /// A level that pages.
    pub page_level: &'static str,
    /// A level that makes a ticket.
    pub ticket_level: &'static str,
}

impl Glyphs {
    /// The signs of a character set.
    pub const fn of(charset: Charset) -> Self {
        match charset {
            Charset::Unicode => Self {
                charset,
                ellipsis: "…",
                rule: "─",
                axis: "│",
                corner: "└",
                box_corners: ["╭", "╮", "╰", "╯"],
                box_side: "│",
                page_level: "┄",
                ticket_level: "·",
            },
            Charset::Narrow | Charset::Ascii => Self {
                charset,
                ellipsis: "..",
                rule: "-",
                axis: "|",
                corner: "+",
                box_corners: ["+", "+", "+", "+"],
                box_side: "|",
                page_level: "-",
                ticket_level: ".",
            },
        }
    }

    /// The set that a locale can show: ASCII unless it says UTF-8. The first of `LC_ALL`, `LC_CTYPE`, `LANG` that is set
    /// decides, as in C.
    pub fn detect(env: &dyn Fn(&str) -> Option<String>) -> Charset {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| env(name).filter(|v| !v.is_empty()));
        let locale = locale.unwrap_or_default().to_ascii_lowercase();
        let utf8 = locale.contains("utf-8") || locale.contains("utf8");
        if utf8 && env("TERM").as_deref() != Some("linux") { Charset::Unicode } else { Charset::Ascii }
    }

    /// Reads `unicode`, `narrow` or `ascii`.
    pub fn parse(text: &str) -> Option<Charset> {
        match text {
            "unicode" => Some(Charset::Unicode),
            "narrow" => Some(Charset::Narrow),
            "ascii" => Some(Charset::Ascii),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn under(vars: &[(&str, &str)]) -> Charset {
        Glyphs::detect(&|name| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_string()))
    }

    #[test]
    fn ascii_unless_the_locale_says_utf_8() {
        assert_eq!(under(&[("LANG", "de_DE.UTF-8")]), Charset::Unicode);
        assert_eq!(under(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]), Charset::Ascii);
        assert_eq!(under(&[("LC_ALL", ""), ("LANG", "C.utf8")]), Charset::Unicode);
        assert_eq!(under(&[("LANG", "C.UTF-8"), ("TERM", "linux")]), Charset::Ascii);
        assert_eq!(under(&[]), Charset::Ascii);
    }
}
