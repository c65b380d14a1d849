//! Text in columns: how wide it is drawn, and cutting it without breaking a character.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a terminal gives the text.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Columns that a terminal gives one character.
pub fn of(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Every terminal gives the character as many columns; East Asian ones draw Greek, Cyrillic, accents and many signs wide.
pub fn is_undisputed(c: char) -> bool {
    c.width() == c.width_cjk()
}

/// The text in at most `max` columns; what was cut is told by `mark` (`…` or `..`) at the end.
pub fn cut(text: &str, max: usize, mark: &str) -> String {
    if columns(text) <= max {
        return text.into();
    }
    // Where the mark would take most of the room, the text's own start says more.
    if max < 2 + columns(mark) {
        return head(text, max);
    }
    let mut out = head(text, max - columns(mark));
    out.push_str(mark);
    out
}

/// Parts of a name in at most `max` columns, each with what stands before it. Where there is no room for all of them the longest
/// are cut, so that two names that differ in any part can still differ; a whole name that is cut at its end loses its last part.
pub fn fair(parts: &[(&str, &str)], max: usize, mark: &str) -> String {
    let written = |most: &[usize]| -> String {
        parts.iter().zip(most).flat_map(|((before, part), most)| [(*before).to_owned(), cut(part, *most, mark)]).collect()
    };
    let fits = |most: &[usize]| columns(&written(most)) <= max;
    let long: Vec<usize> = parts.iter().map(|(_, part)| columns(part)).collect();
    let (least, longest) = (columns(mark) + 1, long.iter().copied().max().unwrap_or(0));
    let even = (least..=longest.max(least)).rev().map(|most| vec![most; parts.len()]).find(|most| fits(most));
    let Some(mut most) = even else { return cut(&written(&long), max, mark) };
    // What is left over goes to the first ones.
    for part in 0..parts.len() {
        while most[part] < long[part] {
            most[part] += 1;
            if !fits(&most) {
                most[part] -= 1;
                break;
            }
        }
    }
    written(&most)
}

/// As many characters from the start as fit into `max` columns.
pub fn head(text: &str, max: usize) -> String {
    let mut used = 0;
    text.chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= max
        })
        .collect()
}

/// Cut and filled with spaces at the right to exactly `width` columns.
pub fn left(text: &str, width: usize, mark: &str) -> String {
    let mut out = cut(text, width, mark);
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(columns(&out))));
    out
}

/// Cut and filled with spaces at the left to exactly `width` columns.
pub fn right(text: &str, width: usize, mark: &str) -> String {
    let text = cut(text, width, mark);
    let mut out = " ".repeat(width.saturating_sub(columns(&text)));
    out.push_str(&text);
    out
}

/// Breaks text at spaces into lines of at most `width` columns; a longer word is broken.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word = word;
        loop {
            let gap = usize::from(!line.is_empty());
            if columns(&line) + gap + columns(word) <= width {
                line.extend(std::iter::repeat_n(' ', gap));
                line.push_str(word);
                break;
            }
            if line.is_empty() {
                let part = head(word, width);
                word = &word[part.len()..];
                lines.push(part);
            } else {
                lines.push(std::mem::take(&mut line));
            }
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_parts_stay_told_apart() {
        let name = |slo: &str, max| fair(&[("", "payment-gateway-of-the-east"), ("/", slo)], max, "..");
        assert_eq!(name("availability", 60), "payment-gateway-of-the-east/availability");
        assert_eq!(name("availability", 30), "payment-gateway../availability");
        assert_eq!(name("slo-001-with-a-long-name", 24), "payment-ga../slo-001-w..");
        assert_eq!(fair(&[("", "checkout-api"), ("/", "availability")], 24, "…"), "checkout-api/availabili…");
        assert_ne!(name("slo-001-with-a-long-name", 24), name("slo-002-with-a-long-name", 24));
        assert_eq!(fair(&[("", "支付网关服务"), ("/", "可用性"), (" ", "eu-west-1")], 20, "…"), "支付…/可用性 eu-wes…");
        for max in 0..80 {
            assert!(columns(&name("slo-001-with-a-long-name", max)) <= max.max(2), "{max}");
        }
    }
    use proptest::prelude::*;

    #[test]
    fn cutting_counts_columns_and_tells_that_it_cut() {
        assert_eq!(cut("checkout/availability", 10, "…"), "checkout/…");
        assert_eq!(cut("checkout/availability", 10, ".."), "checkout..");
        assert_eq!(cut("short", 10, "…"), "short");
        assert_eq!(cut("订单服务", 5, "…"), "订单…");
        assert_eq!(left("ab", 4, "…"), "ab  ");
        assert_eq!(right("ab", 4, "…"), "  ab");
        assert_eq!(wrap("the quick brown fox", 9), ["the quick", "brown fox"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_asked(text in "\\PC{0,40}", max in 0_usize..30) {
            prop_assert!(columns(&cut(&text, max, "…")) <= max);
            prop_assert!(columns(&left(&text, max, "..")) <= max);
            prop_assert!(wrap(&text, max).iter().all(|l| columns(l) <= max.max(2)));
        }
    }
}
