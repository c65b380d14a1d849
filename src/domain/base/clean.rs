//! Text from outside, made harmless before it is kept: one line, no control characters, of a bounded length.
//!
//! Deliberately absent: escaping for a medium; `words` knows those.

use super::Text;

/// Characters that turn the direction of the text after them or cannot be seen: they let a note pretend to be something else.
const fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `text` on one line: control characters and runs of white space become one space, invisible and direction-turning
/// characters are left out, and after `most` characters it is cut with `…`.
pub fn clean_line(text: &str, most: usize) -> Text {
    let mut out = String::with_capacity(text.len().min(most.saturating_mul(4)));
    let (mut count, mut gap) = (0, false);
    for c in text.chars().filter(|c| !is_deceptive(*c)) {
        if c.is_whitespace() || c.is_control() {
            gap = !out.is_empty();
            continue;
        }
        let needed = if gap { 2 } else { 1 };
        if count + needed > most {
            cut(&mut out, count, most);
            break;
        }
        if gap {
            out.push(' ');
        }
        out.push(c);
        count += needed;
        gap = false;
    }
    out.into()
}

/// Ends a text of `count` characters with `…` within `most`.
fn cut(out: &mut String, count: usize, most: usize) {
    if count >= most {
        out.pop();
    }
    if most > 0 {
        out.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn notes_become_one_harmless_line() {
        for (text, shown) in [
            ("rolled back", "rolled back"),
            ("  two\n\tlines\r\n", "two lines"),
            ("\u{1b}[2Jgone", "[2Jgone"),
            ("a\u{202e}b\u{200b}c", "abc"),
            ("", ""),
            ("\n\n", ""),
            ("回滚 完成", "回滚 完成"),
        ] {
            assert_eq!(&*clean_line(text, 100), shown, "{text:?}");
        }
        assert_eq!(&*clean_line("abcdef", 4), "abc…");
        assert_eq!(&*clean_line("abc def", 4), "abc…");
        assert_eq!(&*clean_line("abcd", 4), "abcd");
        assert_eq!(&*clean_line("abcd", 0), "");
    }

    proptest! {
        #[test]
        fn never_longer_than_asked_and_cleaning_twice_changes_nothing(text in ".{0,60}", most in 0_usize..40) {
            let once = clean_line(&text, most);
            prop_assert!(once.chars().count() <= most);
            prop_assert!(!once.chars().any(char::is_control));
            prop_assert_eq!(clean_line(&once, most), once);
        }
    }
}
