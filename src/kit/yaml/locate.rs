//! From a byte of a scalar's text back to its byte in the file: through quotes, escapes, folding and the indentation of
//! block scalars.
//!
//! The parser tells where a scalar starts and what it says, not which byte became which character. So text and file are
//! walked side by side: white space may differ (folding, indentation), everything else must agree.

use super::node::{Node, Style, Value};
use super::source::Source;
use std::ops::Range;

/// The bytes of the file that hold the range `part` of a scalar's text. The scalar's whole span when that cannot be told.
pub fn locate(source: &Source, node: &Node, part: Range<usize>) -> Range<usize> {
    let Value::Scalar { text, style } = &node.value else { return node.span.clone() };
    let Some(raw) = source.text().get(node.span.clone()) else { return node.span.clone() };
    let start = part.start.min(text.len());
    let end = part.end.clamp(start, text.len());
    if raw == &**text {
        return node.span.start + start..node.span.start + end;
    }
    let walk = Walk { raw, style: *style };
    match (walk.find(text, start, false), walk.find(text, end, true)) {
        (Some(from), Some(to)) => node.span.start + from..node.span.start + to.max(from),
        _ => node.span.clone(),
    }
}

struct Walk<'a> {
    raw: &'a str,
    style: Style,
}

impl Walk<'_> {
    /// Where the character at byte `target` of `text` starts in the file, or with `after`, where the one before it ends.
    fn find(&self, text: &str, target: usize, after: bool) -> Option<usize> {
        let mut at = usize::from(matches!(self.style, Style::Single | Style::Double));
        for (offset, c) in text.char_indices() {
            if offset >= target && after {
                return Some(at);
            }
            let (from, to) = self.step(at, c)?;
            if offset >= target {
                return Some(from);
            }
            at = to;
        }
        Some(at.min(self.raw.len()))
    }

    /// Where the next character of the text stands: its start and end in the file.
    fn step(&self, at: usize, c: char) -> Option<(usize, usize)> {
        if c.is_whitespace() {
            return Some(self.white(at, c));
        }
        let mut from = at;
        loop {
            let rest = self.raw.get(from..)?;
            let next = rest.chars().next()?;
            if self.style == Style::Double && next == '\\' {
                let len = escape_len(rest);
                // An escaped line break joins lines and is no character.
                if rest[1..].starts_with(['\n', '\r']) {
                    from += len;
                    continue;
                }
                return Some((from, from + len));
            }
            if next == c {
                let doubled = self.style == Style::Single && rest.starts_with("''");
                return Some((from, from + if doubled { 2 } else { c.len_utf8() }));
            }
            if !next.is_whitespace() {
                return None;
            }
            from += next.len_utf8();
        }
    }

    /// White space of the text: the same in the file, an escape, or something folding made.
    fn white(&self, at: usize, c: char) -> (usize, usize) {
        let rest = &self.raw[at.min(self.raw.len())..];
        if self.style == Style::Double && rest.starts_with('\\') {
            return (at, at + escape_len(rest));
        }
        match rest.chars().next() {
            Some(next) if next == c => (at, at + c.len_utf8()),
            _ => (at, at),
        }
    }
}

/// Bytes of an escape in a double-quoted scalar.
fn escape_len(rest: &str) -> usize {
    let len = match rest.as_bytes().get(1) {
        Some(b'x') => 4,
        Some(b'u') => 6,
        Some(b'U') => 10,
        _ => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
    };
    len.min(rest.len())
}

#[cfg(test)]
mod tests {
    use super::super::compose;
    use super::*;

    /// Marks where `needle` of the scalar under `q` is found in the file: line:column, and what stands there.
    fn found(yaml: &str, needle: &str) -> String {
        let source = Source::new("f.yaml", yaml.into());
        let documents = compose(&source);
        let node = documents.roots[0].get("q").unwrap().clone();
        let text = node.text().unwrap();
        let at = text.find(needle).unwrap();
        let span = locate(&source, &node, at..at + needle.len());
        let place = source.place(span.clone());
        format!("{}:{} {}", place.line, place.column, &yaml[span])
    }

    #[test]
    fn a_part_of_a_scalar_is_found_in_the_file_however_it_is_written() {
        for (yaml, needle, wanted) in [
            ("q: sum(rate(x[5m]))", "x[", "1:13 x["),
            ("q: 'sum(x{a=\"it''s\"}) y'", "y", "1:23 y"),
            ("q: 'sum(x{a=\"it''s\"}) y'", "'", "1:16 ''"),
            ("q: \"x{a=\\\"b\\\"} + \\u0041 z\"", "z", "1:25 z"),
            ("q: \"x{a=\\\"b\\\"} + \\u0041 z\"", "A", "1:18 \\u0041"),
            ("q: |\n  sum(\n    bad\n  )\n", "bad", "3:5 bad"),
            ("q: |\r\n    sum(\r\n      bad\r\n    )\r\n", "bad", "3:7 bad"),
            ("q: |-\n  a\n\n\n  b\n", "b", "5:3 b"),
            ("q: >-\n  sum(\n  bad\n\n  )\n", "bad", "3:3 bad"),
            ("q: sum(\n  bad)\n", "bad", "2:3 bad"),
            ("q: \"sum( \\\n  bad)\"\n", "bad", "2:3 bad"),
            ("q: |\n  求和(错误)\n", "错误", "2:6 错误"),
        ] {
            assert_eq!(found(yaml, needle), wanted, "{yaml:?}");
        }
    }

    #[test]
    fn the_end_of_a_scalar_is_found_too() {
        let yaml = "q: |\n  sum(\n  x\n";
        let source = Source::new("f.yaml", yaml.into());
        let node = compose(&source).roots[0].get("q").unwrap().clone();
        let end = node.text().unwrap().trim_end().len();
        assert_eq!(source.place(locate(&source, &node, end..end)).line, 3);
        assert!(locate(&source, &node, 900..9999).end <= yaml.len());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_the_answer_lies_inside_the_scalar(text in "[ a-z'\"\\\\\n\t{}é]{0,40}", from in 0_usize..50, len in 0_usize..50) {
            let yaml = format!("q: \"{}\"\n", text.escape_debug());
            let source = Source::new("f.yaml", yaml);
            if let Some(node) = compose(&source).roots.first().and_then(|r| r.get("q").cloned()) {
                let span = locate(&source, &node, from..from + len);
                proptest::prop_assert!(span.start >= node.span.start && span.end <= node.span.end && span.start <= span.end);
            }
        }
    }
}
