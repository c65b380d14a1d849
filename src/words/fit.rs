//! Cutting text to what a receiver takes, in the receiver's own unit, never inside a character.
//!
//! Escaping makes text longer, so the escaped text is measured while the plain text is cut: no mark of an escape is ever halved.

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Characters, as Unicode counts them.
    Chars,
    /// Bytes of UTF-8.
    Bytes,
    /// Bytes of the text inside a JSON document: quotes and backslashes count double.
    JsonBytes,
}

impl Unit {
    /// How long a text is.
    pub fn measure(self, text: &str) -> usize {
        match self {
            Self::Chars => text.chars().count(),
            Self::Bytes => text.len(),
            Self::JsonBytes => text.chars().map(json_bytes).sum(),
        }
    }
}

fn json_bytes(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' | '\r' | '\t' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    }
}

/// The text, escaped, when it fits; else the longest start of it that does, escaped, with an ellipsis.
pub fn line(text: &str, max: usize, unit: Unit, escape: fn(&str) -> String) -> String {
    let whole = escape(text);
    if unit.measure(&whole) <= max {
        return whole;
    }
    let ends: Vec<usize> = text.char_indices().map(|(i, _)| i).collect();
    let cut = |chars: usize| format!("{}…", escape(&text[..ends.get(chars).copied().unwrap_or(0)]));
    // A longer start is never shorter once escaped: the longest that fits is found by halving.
    let (mut fits, mut not) = (0, ends.len());
    while fits + 1 < not {
        let middle = usize::midpoint(fits, not);
        if unit.measure(&cut(middle)) <= max { fits = middle } else { not = middle }
    }
    let out = cut(fits);
    if unit.measure(&out) <= max { out } else { String::new() }
}

/// As many of the lines as fit, each escaped, joined by `join`; the first that does not is cut and the rest left out.
pub fn lines(lines: &[String], join: &str, max: usize, unit: Unit, escape: fn(&str) -> String) -> String {
    let mut out = String::new();
    for (n, text) in lines.iter().enumerate() {
        let before = if n == 0 { "" } else { join };
        let (room, between) = (max.saturating_sub(unit.measure(&out)), unit.measure(before));
        let whole = escape(text);
        if between + unit.measure(&whole) <= room {
            out.push_str(before);
            out.push_str(&whole);
            continue;
        }
        let cut = line(text, room.saturating_sub(between), unit, escape);
        if !cut.is_empty() {
            out.push_str(before);
            out.push_str(&cut);
        }
        break;
    }
    out
}

/// For places without any marks of their own.
pub fn plain(text: &str) -> String {
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::escape;
    use proptest::prelude::*;

    #[test]
    fn text_is_cut_in_the_unit_of_the_limit() {
        assert_eq!(line("订单服务", 4, Unit::Chars, plain), "订单服务");
        assert_eq!(line("订单服务", 3, Unit::Chars, plain), "订单…");
        assert_eq!(line("订单服务", 11, Unit::Bytes, plain), "订单…");
        assert_eq!(line("订单服务", 2, Unit::Bytes, plain), "");
        assert_eq!(line("a&b&c", 8, Unit::Chars, escape::slack), "a&amp;b…");
        assert_eq!(line("a\"b\"c", 6, Unit::JsonBytes, plain), "a\"…");
        let two = ["first".to_owned(), "second".to_owned()];
        assert_eq!(lines(&two, "\n", 12, Unit::Chars, plain), "first\nsecond");
        assert_eq!(lines(&two, "\n", 9, Unit::Chars, plain), "first\nse…");
        assert_eq!(lines(&two, "\n", 5, Unit::Chars, plain), "first");
        assert_eq!(lines(&["first".into(), String::new()], "\n", 5, Unit::Chars, plain), "first", "nor is a line break too much");
    }

    proptest! {
        #[test]
        fn nothing_is_ever_longer_than_allowed(texts in proptest::collection::vec("\\PC{0,40}", 0..6), max in 0_usize..120, unit in 0..3) {
            let unit = [Unit::Chars, Unit::Bytes, Unit::JsonBytes][unit as usize];
            for escape in [plain as fn(&str) -> String, escape::slack, escape::lark, escape::chat] {
                let out = lines(&texts, "\n", max, unit, escape);
                prop_assert!(unit.measure(&out) <= max, "{out}");
                if let Some(first) = texts.first().filter(|t| unit.measure(&escape(t)) <= max) {
                    prop_assert!(out.starts_with(&escape(first)));
                }
            }
        }
    }
}
