//! Reads a tree into values and collects every problem on the way: wrong kinds, unknown fields with the nearest known one,
//! texts that are no duration, number, ratio or choice.
//!
//! Deliberately absent: which fields there are; readers of files bring them.

use super::node::{Entry, Node, Value};
use super::source::Source;
use super::suggest::suggest;
use crate::domain::base::{Place, Problem, ProblemLevel, Span, Text};
use rust_decimal::Decimal;
use std::ops::Range;
use std::sync::Arc;

/// Everything found wrong with one file so far.
#[derive(Debug)]
pub struct Findings<'s> {
    source: &'s Source,
    problems: Vec<Problem>,
    /// Errors told so far, so that a reader can see whether a part of the file had any.
    errors: usize,
}

impl<'s> Findings<'s> {
    /// Nothing found yet.
    pub const fn new(source: &'s Source) -> Self {
        Self { source, problems: Vec::new(), errors: 0 }
    }

    /// The file.
    pub const fn source(&self) -> &'s Source {
        self.source
    }

    /// The place of a byte range of the file.
    pub fn place(&self, span: Range<usize>) -> Place {
        self.source.place(span)
    }

    /// Errors told so far.
    pub const fn errors(&self) -> usize {
        self.errors
    }

    /// Adds a problem.
    pub fn push(&mut self, problem: Problem) {
        self.errors += usize::from(problem.level == ProblemLevel::Error);
        self.problems.push(problem);
    }

    /// Adds an error at a place.
    pub fn error(&mut self, code: &'static str, span: &Range<usize>, message: impl Into<String>) {
        self.push(Problem::error(code, message).at(self.place(span.clone())));
    }

    /// Adds an error at a place, with advice.
    pub fn error_hint(&mut self, code: &'static str, span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Problem::error(code, message).hint(hint).at(self.place(span.clone())));
    }

    /// Adds a warning at a place, with advice.
    pub fn warn(&mut self, code: &'static str, span: &Range<usize>, message: impl Into<String>, hint: impl Into<String>) {
        self.push(Problem::warning(code, message).hint(hint).at(self.place(span.clone())));
    }

    /// Everything found, in the order of the file, each once.
    pub fn finish(self) -> Vec<Problem> {
        let mut out: Vec<Problem> = Vec::with_capacity(self.problems.len());
        let mut seen = std::collections::HashSet::new();
        for problem in self.problems {
            let at = problem.place.as_ref().map(|p| (p.span.start, p.span.end));
            if seen.insert((problem.code, at, problem.message.clone())) {
                out.push(problem);
            }
        }
        out.sort_by_key(|p| p.place.as_ref().map_or(0, |place| place.span.start));
        out
    }

    /// Opens a mapping whose keys must be among `known`. `what` names it in messages: `an SLO`.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&'static str]) -> Option<Fields<'n>> {
        self.fields_and(node, what, known, &[])
    }

    /// The same with further keys that are understood, though nobody is told to use them: the caller refuses them itself.
    pub fn fields_and<'n>(&mut self, node: &'n Node, what: &str, known: &[&'static str], also: &[&str]) -> Option<Fields<'n>> {
        let Value::Map(entries) = &node.value else {
            let hint = format!("write its fields as `key: value`: {}", list(known));
            self.error_hint("wrong-kind", &node.span, format!("{what} must be a mapping, this is {}", node.what()), hint);
            return None;
        };
        let mut meant = Vec::new();
        for entry in entries.iter().filter(|e| !known.contains(&&*e.key) && !also.contains(&&*e.key)) {
            meant.extend(self.unknown("unknown-field", "field", &entry.key, &entry.key_span, known, what));
        }
        Some(Fields { span: node.span.clone(), entries, meant })
    }

    /// Tells of a word that is none of `known`, with the nearest one, which comes back.
    pub fn unknown<'k>(
        &mut self,
        code: &'static str,
        kind: &str,
        word: &str,
        span: &Range<usize>,
        known: &[&'k str],
        of: &str,
    ) -> Option<&'k str> {
        let of = if of.is_empty() { String::new() } else { format!(" of {of}") };
        let shown: String = word.chars().take(80).collect();
        let nearest = suggest(word, known);
        let message = match nearest {
            Some(near) => format!("unknown {kind} `{shown}`{of}, did you mean `{near}`?"),
            None => format!("unknown {kind} `{shown}`{of}"),
        };
        let mut problem = Problem::error(code, message).at(self.place(span.clone()));
        match nearest {
            Some(near) => problem.replacement = Some(near.to_owned()),
            None if known.is_empty() => {}
            None => problem.hint = Some(format!("known: {}", list(known))),
        }
        self.push(problem);
        nearest
    }

    /// The text of a scalar that is not empty.
    pub fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Text> {
        match &node.value {
            Value::Scalar { text, .. } if !text.trim().is_empty() => Some(text),
            Value::Scalar { .. } => {
                self.error("empty-value", &node.span, format!("{what} is empty"));
                None
            }
            _ => {
                self.error("wrong-kind", &node.span, format!("{what} must be text, this is {}", node.what()));
                None
            }
        }
    }

    /// The items of a list.
    pub fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Arc<Node>]> {
        if let Value::List(items) = &node.value {
            return Some(items);
        }
        let hint = "write it as a list: [a, b], or one `- item` a line";
        self.error_hint("wrong-kind", &node.span, format!("{what} must be a list, this is {}", node.what()), hint);
        None
    }

    /// The entries of a mapping with free keys.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Entry]> {
        if let Value::Map(entries) = &node.value {
            return Some(entries);
        }
        self.error("wrong-kind", &node.span, format!("{what} must be a mapping, this is {}", node.what()));
        None
    }

    /// A duration of Prometheus' grammar that is longer than nothing.
    pub fn span(&mut self, node: &Node, what: &str) -> Option<Span> {
        let text = self.text(node, what)?.clone();
        match Span::parse(text.trim()) {
            Ok(span) if span > Span::ZERO => Some(span),
            Ok(_) => {
                self.error("bad-duration", &node.span, format!("{what} must be longer than nothing"));
                None
            }
            Err(error) => {
                let lead = text.len() - text.trim_start().len();
                let at = super::locate(self.source, node, lead + error.at..text.trim_end().len());
                let span = if at.is_empty() { node.span.clone() } else { at };
                self.error_hint("bad-duration", &span, error.message, "durations look like 30d, 1h30m, 5m or 250ms");
                None
            }
        }
    }

    /// A number, read from its text.
    pub fn decimal(&mut self, node: &Node, what: &str) -> Option<Decimal> {
        let text = self.text(node, what)?.clone();
        let number = parse_decimal(text.trim());
        if number.is_none() {
            let message = format!("{what} must be a number, this is `{}`", short(&text));
            self.error_hint("bad-number", &node.span, message, "numbers look like 14.4, without units and thousands separators");
        }
        number
    }

    /// A share: `5%` or `0.05`, not negative, at most 1.
    pub fn share(&mut self, node: &Node, what: &str) -> Option<Decimal> {
        let text = self.text(node, what)?.clone();
        let share = parse_share(&text).filter(|s| *s >= Decimal::ZERO && *s <= Decimal::ONE);
        if share.is_none() {
            let message = format!("{what} must be a share from 0 to 1, this is `{}`", short(&text));
            self.error_hint("bad-share", &node.span, message, "shares look like 5% or 0.05");
        }
        share
    }

    /// A list of texts, or one text alone.
    pub fn texts(&mut self, node: &Node, what: &str) -> Vec<(Text, Range<usize>)> {
        if let Value::Map(_) = &node.value {
            self.error("wrong-kind", &node.span, format!("{what} must be text or a list, this is a mapping"));
            return Vec::new();
        }
        let items = node.one_or_many();
        items.into_iter().filter_map(|n| self.text(n, what).map(|t| (t.trim().into(), n.span.clone()))).collect()
    }

    /// Refuses fields that this version does not carry out: each with what to do instead.
    pub fn refuse(&mut self, fields: &Fields<'_>, later: &[(&str, &str)]) {
        for (name, instead) in later {
            if let Some(span) = fields.key_span(name) {
                let message = format!("`{name}` is not supported by this version");
                self.error_hint("not-supported", &span, message, *instead);
            }
        }
    }

    /// One of a few words.
    pub fn choice<T: Copy>(&mut self, node: &Node, what: &str, choices: &[(&str, T)]) -> Option<T> {
        let text = self.text(node, what)?.clone();
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text.trim()) {
            return Some(*value);
        }
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        self.unknown("unknown-word", what, text.trim(), &node.span, &names, "");
        None
    }
}

/// The fields of an opened mapping.
#[derive(Clone, Debug)]
pub struct Fields<'n> {
    /// Bytes of the mapping.
    pub span: Range<usize>,
    entries: &'n [Entry],
    /// Fields that unknown ones were probably meant to be; nobody needs to hear that they are missing too.
    meant: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// The value of a field, unless it is absent. A field without a value is told as a problem.
    pub fn get(&self, out: &mut Findings<'_>, name: &str) -> Option<&'n Arc<Node>> {
        let entry = self.entries.iter().find(|e| &*e.key == name)?;
        if entry.value.value == Value::Null {
            let message = format!("`{name}` has no value");
            out.error_hint("empty-value", &entry.key_span, message, "write a value or remove the line");
            return None;
        }
        Some(&entry.value)
    }

    /// The value of a field as it stands, nothing included.
    pub fn raw(&self, name: &str) -> Option<&'n Arc<Node>> {
        self.entries.iter().find(|e| &*e.key == name).map(|e| &e.value)
    }

    /// The value of a field that must be there. `what` names the mapping: `an SLO`.
    pub fn need(&self, out: &mut Findings<'_>, name: &str, what: &str) -> Option<&'n Arc<Node>> {
        if !self.has(name) {
            self.missing(out, &[name], &format!("{what} needs `{name}`"), &format!("add `{name}: ...` here"));
        }
        self.get(out, name)
    }

    /// Tells that one of `names` is missing, unless an unknown field was probably meant to be it.
    pub fn missing(&self, out: &mut Findings<'_>, names: &[&str], message: &str, hint: &str) {
        if !names.iter().any(|name| self.meant.contains(name)) {
            out.error_hint("missing-field", &self.head(), message, hint);
        }
    }

    /// True when the field is written, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|e| &*e.key == name)
    }

    /// Bytes of the key of a field.
    pub fn key_span(&self, name: &str) -> Option<Range<usize>> {
        self.entries.iter().find(|e| &*e.key == name).map(|e| e.key_span.clone())
    }

    /// Keys and values in the order of the file.
    pub const fn entries(&self) -> &'n [Entry] {
        self.entries
    }

    /// Where to point when something is missing: the first key, or the mapping itself.
    pub fn head(&self) -> Range<usize> {
        self.entries.first().map_or_else(|| self.span.clone(), |e| e.key_span.clone())
    }
}

/// A decimal number of at most 28 digits: `12`, `-0.5`, `1_000` is none.
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain { Decimal::from_str_exact(text).ok() } else { None }
}

/// `5%`, `5 %` or `0.05` as a share.
pub(crate) fn parse_share(text: &str) -> Option<Decimal> {
    let text = text.trim();
    match text.strip_suffix('%') {
        Some(percent) => parse_decimal(percent.trim_end())?.checked_div(Decimal::ONE_HUNDRED),
        None => parse_decimal(text),
    }
}

fn short(text: &str) -> String {
    let mut out: String = text.trim().chars().take(60).collect();
    if out.len() < text.trim().len() {
        out.push('…');
    }
    out
}

fn list(words: &[&str]) -> String {
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_their_text() {
        assert_eq!(parse_decimal("123456789.123456789").unwrap().to_string(), "123456789.123456789");
        assert_eq!(parse_share("0.1%").unwrap().to_string(), "0.001");
        for text in ["", "1e3", "1_000", "1,5", ".nan", "inf", "0x10", "1.2.3", "99999999999999999999999999999999"] {
            assert_eq!(parse_decimal(text), None, "{text}");
        }
    }
}
