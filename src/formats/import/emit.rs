//! Writes drafts as YAML of ours: notes as comments, and for every value where in the text it came to stand, so that what is
//! wrong with it can be told at its place in the other tool's file.
//!
//! Texts are from outside: whatever is not plainly harmless is quoted, and comments stay on their line.

use super::draft::{Doc, DocKind, DraftSlo, Note, Val};
use crate::domain::base::{Place, clean_line};
use crate::formats::kinds::{POLICY_VERSION, SLO_VERSION};
use std::fmt::Write;
use std::ops::Range;

/// A text and where its parts came from.
#[derive(Debug, Default)]
pub(in crate::formats) struct Emitted {
    /// The YAML.
    pub(in crate::formats) text: String,
    /// Bytes of the text and their origin; inner parts before the parts they are in.
    pub(in crate::formats) marks: Vec<(Range<usize>, Place)>,
}

impl Emitted {
    /// Adds a document with some of its SLOs.
    pub(in crate::formats) fn document<'d>(&mut self, doc: &Doc, slos: impl Iterator<Item = &'d DraftSlo>) {
        if !self.text.is_empty() {
            self.text.push_str("---\n");
        }
        let start = self.text.len();
        let from = format!("{}:{}", doc.place.file, doc.place.line);
        let _ = writeln!(self.text, "# imported from {}", clean_line(&from, 300));
        self.notes(&doc.notes, 0);
        let version = if doc.kind == DocKind::Slos { SLO_VERSION } else { POLICY_VERSION };
        let _ = writeln!(self.text, "version: {version}");
        for (key, value) in &doc.head {
            self.entry(key, value, 0);
        }
        if doc.kind == DocKind::Slos {
            self.text.push_str("slos:\n");
            for slo in slos {
                self.slo(slo);
            }
        }
        self.marks.push((start..self.text.len(), doc.place.clone()));
    }

    fn slo(&mut self, slo: &DraftSlo) {
        self.notes(&slo.notes, 2);
        let start = self.text.len();
        self.text.push_str("  - ");
        for (i, (key, value)) in slo.fields.iter().enumerate() {
            if i > 0 {
                self.indent(4);
            }
            self.pair(key, value, 4);
        }
        self.marks.push((start..self.text.len(), slo.place.clone()));
    }

    /// Notes as comments.
    pub(in crate::formats) fn notes(&mut self, notes: &[Note], indent: usize) {
        for note in notes {
            self.indent(indent);
            let word = if note.warning { "warning" } else { "note" };
            let _ = writeln!(self.text, "# {word} (line {}): {}", note.place.line, clean_line(&note.text, 600));
        }
    }

    fn indent(&mut self, spaces: usize) {
        self.text.extend(std::iter::repeat_n(' ', spaces));
    }

    fn entry(&mut self, key: &str, value: &Val, indent: usize) {
        self.indent(indent);
        self.pair(key, value, indent);
    }

    /// `key: value` where the line has been indented already.
    fn pair(&mut self, key: &str, value: &Val, indent: usize) {
        self.scalar_on_a_line(key);
        self.text.push(':');
        match value {
            Val::Text(text, place) => {
                self.text.push(' ');
                self.text(text, place.as_ref(), indent + 2);
            }
            Val::List(items) if items.is_empty() => self.text.push_str(" []\n"),
            Val::List(items) if items.iter().all(|i| matches!(i, Val::Text(t, _) if plain(t))) => {
                self.text.push_str(" [");
                self.row(items);
                self.text.push_str("]\n");
            }
            Val::List(items) => {
                self.text.push('\n');
                for item in items {
                    self.item(item, indent + 2);
                }
            }
            Val::Map(entries) => {
                self.text.push('\n');
                for (key, value) in entries {
                    self.entry(key, value, indent + 2);
                }
            }
        }
    }

    fn item(&mut self, item: &Val, indent: usize) {
        self.indent(indent);
        self.text.push_str("- ");
        match item {
            Val::Text(text, place) => self.text(text, place.as_ref(), indent + 2),
            Val::Map(entries) => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    if i > 0 {
                        self.indent(indent + 2);
                    }
                    self.pair(key, value, indent + 2);
                }
            }
            Val::List(items) => {
                self.text.push('[');
                self.row(items);
                self.text.push_str("]\n");
            }
        }
    }

    /// Texts in a row; anything else has no place there.
    fn row(&mut self, items: &[Val]) {
        let texts = items.iter().filter_map(|item| if let Val::Text(text, place) = item { Some((text, place)) } else { None });
        for (i, (text, place)) in texts.enumerate() {
            self.text.push_str(if i > 0 { ", " } else { "" });
            let start = self.text.len();
            self.scalar_on_a_line(text);
            self.mark(start, place.as_ref());
        }
    }

    /// A value and the line's end. Several lines become a block where that reads back as the same text.
    fn text(&mut self, text: &str, place: Option<&Place>, indent: usize) {
        let start = self.text.len();
        if is_block(text) {
            self.text.push_str("|-\n");
            for line in text.trim_end_matches('\n').split('\n') {
                if !line.is_empty() {
                    self.indent(indent);
                    self.text.push_str(line);
                }
                self.text.push('\n');
            }
        } else {
            self.scalar_on_a_line(text);
            self.text.push('\n');
        }
        self.mark(start, place);
    }

    fn mark(&mut self, start: usize, place: Option<&Place>) {
        if let Some(place) = place {
            self.marks.push((start..self.text.len(), place.clone()));
        }
    }

    fn scalar_on_a_line(&mut self, text: &str) {
        if plain(text) {
            self.text.push_str(text);
        } else if text.chars().all(visible) {
            let _ = write!(self.text, "'{}'", text.replace('\'', "''"));
        } else {
            self.text.push('"');
            for c in text.chars() {
                match c {
                    '"' | '\\' => self.text.extend(['\\', c]),
                    '\n' => self.text.push_str("\\n"),
                    c if visible(c) => self.text.push(c),
                    c => {
                        let _ = write!(self.text, "\\U{:08X}", u32::from(c));
                    }
                }
            }
            self.text.push('"');
        }
    }
}

/// Characters that can be seen and do not turn the direction of others.
fn visible(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{85}' | '\u{a0}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Text that YAML reads as itself without quotes, in a flow list too.
fn plain(text: &str) -> bool {
    let nothing = ["null", "true", "false", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word));
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !nothing
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '%' | '-'))
}

/// Several lines that a literal block keeps as they are.
fn is_block(text: &str) -> bool {
    let body = text.trim_end_matches('\n');
    body.contains('\n')
        && !text.starts_with([' ', '\t', '\n'])
        && body.split('\n').all(|line| line.chars().all(|c| c == '\t' || visible(c)) && !line.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::yaml::{Source, compose};

    fn written(text: &str) -> String {
        let mut out = Emitted::default();
        out.entry("k", &Val::own(text), 0);
        out.text
    }

    #[test]
    fn texts_are_quoted_where_they_need_it() {
        for (text, shown) in [
            ("99.9%", "k: 99.9%\n"),
            ("sum(a{b=\"c\"})", "k: 'sum(a{b=\"c\"})'\n"),
            ("it's: #1", "k: 'it''s: #1'\n"),
            ("null", "k: 'null'\n"),
            ("a\nb", "k: |-\n  a\n  b\n"),
            (" a\nb", "k: \" a\\nb\"\n"),
            ("a\u{1b}[2J", "k: \"a\\U0000001B[2J\"\n"),
        ] {
            assert_eq!(written(text), shown, "{text:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_written_reads_back_as_itself(text in "[ -~\n\t\u{1b}\u{202e}é名:#'\"|>-]{1,40}") {
            let yaml = written(&text);
            let source = Source::new("f.yaml", yaml.clone());
            let documents = compose(&source);
            proptest::prop_assert!(documents.problems.is_empty(), "{yaml}");
            let read = documents.roots[0].get("k").and_then(|n| n.text().cloned());
            let wanted = if is_block(&text) { text.trim_end_matches('\n') } else { &text };
            proptest::prop_assert_eq!(read.as_deref(), Some(wanted), "{}", yaml);
        }
    }
}
