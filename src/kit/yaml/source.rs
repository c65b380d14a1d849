//! The text of a file, and places in it: lines, columns in characters, excerpts.
//!
//! Deliberately absent: what the text means (see `compose`) and reading the file (its caller does).

use crate::domain::base::{Place, Problem, Text};
use std::ops::Range;

/// Longest file that is read, in bytes. SLO files are kilobytes; a greater one is a mistake or an attack.
pub const MAX_BYTES: usize = 4 << 20;
/// Lines longer than this many characters are shown as a window around the place.
const EXCERPT_CHARS: usize = 400;
/// A window starts this many characters before the place.
const WINDOW_LEAD: usize = 100;
/// Columns up to this one are shown with the start of their line.
const WINDOW_FROM: usize = 300;
const BOM: char = '\u{feff}';

/// A file's text with the starts of its lines.
#[derive(Clone, Debug)]
pub struct Source {
    name: Text,
    text: String,
    starts: Vec<usize>,
    /// Where its parts were taken from, when it was made from another file.
    origin: Option<Vec<(Range<usize>, Place)>>,
}

impl Source {
    /// A source from text that is known to be text.
    pub fn new(name: &str, text: String) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (i, byte) in bytes.iter().enumerate() {
            // A lone carriage return ends a line in YAML too.
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(i + 1) != Some(&b'\n')) {
                starts.push(i + 1);
            }
        }
        Self { name: name.into(), text, starts, origin: None }
    }

    /// A text that was made from another file: places are those of the smallest part of it that a byte lies in.
    pub fn derived(name: &str, text: String, marks: Vec<(Range<usize>, Place)>) -> Self {
        Self { origin: Some(marks), ..Self::new(name, text) }
    }

    /// True when it was made from another file: what should stand in it says nothing about that file.
    pub const fn is_derived(&self) -> bool {
        self.origin.is_some()
    }

    /// A source from the bytes of a file.
    ///
    /// # Errors
    /// The file is longer than [`MAX_BYTES`], or is not UTF-8; the problem names the first wrong byte.
    pub fn decode(name: &str, bytes: &[u8]) -> Result<Self, Box<Problem>> {
        if bytes.len() > MAX_BYTES {
            let message = format!("{name} is larger than {} MiB", MAX_BYTES >> 20);
            let hint = "split it into several files in the same folder";
            return Err(Box::new(Problem::error("file-too-large", message).hint(hint)));
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self::new(name, text.to_owned())),
            Err(error) => {
                let at = error.valid_up_to();
                let source = Self::new(name, String::from_utf8_lossy(bytes).into_owned());
                let hint = match bytes {
                    [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the file is UTF-16; save it as UTF-8",
                    _ => "save the file as UTF-8",
                };
                let problem = Problem::error("not-utf8", "the file is not UTF-8 text").hint(hint);
                Err(Box::new(problem.at(source.place(at..at))))
            }
        }
    }

    /// The file's name as it was given.
    pub const fn name(&self) -> &Text {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The place of a byte range. Offsets beyond the text or inside a character are moved back to where they fit.
    pub fn place(&self, span: Range<usize>) -> Place {
        let around = self.origin.iter().flatten().filter(|(part, _)| part.start <= span.start && span.start < part.end);
        if let Some((_, place)) = around.min_by_key(|(part, _)| part.len()) {
            return place.clone();
        }
        let start = self.fit(span.start);
        let end = self.fit(span.end.max(start));
        let line = self.starts.partition_point(|s| *s <= start).max(1);
        let from = self.starts[line - 1];
        let to = self.starts.get(line).copied().unwrap_or(self.text.len());
        let whole = self.text[from..to].trim_end_matches(['\r', '\n']);
        let body = whole.trim_start_matches(BOM);
        let before = self.text[from..start.min(from + whole.len()).max(from)].trim_start_matches(BOM);
        let column = before.chars().count() + 1;
        Place { file: self.name.clone(), line, column, span: start..end, excerpt: window(body, column).into() }
    }

    fn fit(&self, offset: usize) -> usize {
        let mut at = offset.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// A line, or the part of a long line around a column.
fn window(line: &str, column: usize) -> String {
    if line.len() <= EXCERPT_CHARS || line.chars().nth(EXCERPT_CHARS).is_none() {
        return line.to_owned();
    }
    let skip = if column > WINDOW_FROM { column - 1 - WINDOW_LEAD } else { 0 };
    let mut rest = line.chars().skip(skip);
    let mut out = String::from(if skip > 0 { "…" } else { "" });
    out.extend(rest.by_ref().take(EXCERPT_CHARS));
    if rest.next().is_some() {
        out.push('…');
    }
    out
}

/// Where a place's column stands in its excerpt: characters before it. The counterpart of the window around long lines.
pub fn column_in_excerpt(place: &Place) -> usize {
    if place.column > WINDOW_FROM && place.excerpt.starts_with('…') { WINDOW_LEAD + 1 } else { place.column - 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_know_every_kind_of_line_break() {
        let text = "\u{feff}a: 1\r\n名字: x\rb: 2\nc";
        let source = Source::new("f.yaml", text.into());
        for (what, line, column, excerpt) in
            [("a:", 1, 1, "a: 1"), ("1", 1, 4, "a: 1"), ("x", 2, 5, "名字: x"), ("2", 3, 4, "b: 2"), ("c", 4, 1, "c")]
        {
            let at = text.find(what).unwrap();
            let place = source.place(at..at + what.len());
            assert_eq!((place.line, place.column, &*place.excerpt), (line, column, excerpt), "{what}");
        }
        assert_eq!(source.place(9999..10_000).line, 4);
    }

    #[test]
    fn a_text_made_from_another_file_has_its_places() {
        let other = Source::new("other.yaml", "one: 1\ntwo: 2\n".into());
        let marks = vec![(3..4, other.place(12..13)), (0..5, other.place(0..3))];
        let made = Source::derived("other.yaml", "b: 2\n".into(), marks);
        assert_eq!((made.place(3..4).line, made.place(3..4).column), (2, 6));
        assert_eq!(made.place(0..1).line, 1);
    }

    #[test]
    fn a_long_line_is_shown_around_the_place() {
        let text = format!("{}X{}", "a".repeat(1_000_000), "b".repeat(1_000));
        let source = Source::new("f.yaml", text);
        let place = source.place(1_000_000..1_000_001);
        assert_eq!(place.column, 1_000_001);
        assert!(place.excerpt.chars().count() <= EXCERPT_CHARS + 2);
        assert_eq!(place.excerpt.chars().nth(column_in_excerpt(&place)), Some('X'));
        let early = source.place(5..6);
        assert_eq!(column_in_excerpt(&early), 5);
        assert!(early.excerpt.ends_with('…'));
    }

    #[test]
    fn what_is_no_text_is_refused_with_the_place_of_its_first_wrong_byte() {
        let problem = Source::decode("f.yaml", b"a: 1\nb: \xff\xfe").unwrap_err();
        let place = problem.place.unwrap();
        assert_eq!((problem.code, place.line, place.column), ("not-utf8", 2, 4));
        let utf16 = Source::decode("f.yaml", b"\xff\xfea\0").unwrap_err();
        assert!(utf16.hint.unwrap().contains("UTF-16"));
        assert_eq!(Source::decode("f.yaml", &vec![b'a'; MAX_BYTES + 1]).unwrap_err().code, "file-too-large");
    }
}
