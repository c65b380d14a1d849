//! Reading other tools' documents: problems and notes together, and mappings whose unknown keys are no errors.

use super::draft::{Note, Val};
use crate::domain::base::{Text, clean_line};
use crate::kit::yaml::{Entry, Findings, Node, Source, Value, suggest};
use std::ops::Range;

/// Everything said about one file while it is read.
pub(in crate::formats) struct Reader<'s> {
    /// What refuses a part of the file.
    pub(in crate::formats) out: Findings<'s>,
    /// What else should be known.
    pub(in crate::formats) notes: Vec<Note>,
}

impl<'s> Reader<'s> {
    pub(in crate::formats) const fn new(source: &'s Source) -> Self {
        Self { out: Findings::new(source), notes: Vec::new() }
    }

    /// Says that something has no equal, or reads differently, here.
    pub(in crate::formats) fn note(&mut self, span: &Range<usize>, text: impl Into<String>) {
        let place = self.out.place(span.clone());
        self.notes.push(Note { place, text: text.into(), warning: false });
    }

    /// The same of something that is probably a mistake.
    pub(in crate::formats) fn warn(&mut self, span: &Range<usize>, text: impl Into<String>) {
        let place = self.out.place(span.clone());
        self.notes.push(Note { place, text: text.into(), warning: true });
    }

    /// The entries of a mapping; keys that `tool` does not know, and therefore ignores, are told.
    pub(in crate::formats) fn known<'n>(
        &mut self,
        node: &'n Node,
        what: &str,
        known: &[&str],
        tool: &str,
    ) -> Option<&'n [Entry]> {
        let entries = self.out.entries(node, what)?;
        for entry in entries.iter().filter(|e| !known.contains(&&*e.key)) {
            let meant = suggest(&entry.key, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let shown = clean_line(&entry.key, 80);
            self.warn(
                &entry.key_span,
                format!("{tool} ignores the unknown key `{shown}` of {what}, and so does the import{meant}"),
            );
        }
        Some(entries)
    }

    /// A text of a mapping that is there and not empty; nothing is said when it is absent.
    pub(in crate::formats) fn text<'n>(&mut self, node: &'n Node, key: &str) -> Option<(&'n Text, &'n Node)> {
        let value = node.get(key).filter(|v| v.value != Value::Null)?;
        Some((self.out.text(value, &format!("`{key}`"))?, value))
    }

    /// A text that must be there.
    pub(in crate::formats) fn need<'n>(&mut self, node: &'n Node, key: &str, what: &str) -> Option<(&'n Text, &'n Node)> {
        if present(node, key).is_none() {
            let at = node.get(key).map_or_else(|| head(node), |_| key_span(node, key));
            self.out.error("missing-field", &at, format!("{what} needs `{key}`"));
            return None;
        }
        self.text(node, key)
    }

    /// A text with its place.
    pub(in crate::formats) fn val(&self, text: impl Into<String>, node: &Node) -> Val {
        Val::at(text, self.out.place(node.span.clone()))
    }
}

/// A value that is written and is something.
pub(in crate::formats) fn present<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.get(key).map(|n| &**n).filter(|n| n.value != Value::Null)
}

/// Bytes of a key of a mapping, or of the mapping's head.
pub(in crate::formats) fn key_span(node: &Node, key: &str) -> Range<usize> {
    match &node.value {
        Value::Map(entries) => entries.iter().find(|e| &*e.key == key).map_or_else(|| head(node), |e| e.key_span.clone()),
        _ => head(node),
    }
}

/// Where to point when something is missing.
pub(in crate::formats) fn head(node: &Node) -> Range<usize> {
    match &node.value {
        Value::Map(entries) => entries.first().map_or_else(|| node.span.clone(), |e| e.key_span.clone()),
        _ => node.span.clone(),
    }
}

/// The scalars of a mapping as `key: value`, in one line: for notes that repeat what is not carried over.
pub(in crate::formats) fn listed(node: &Node) -> String {
    let Value::Map(entries) = &node.value else { return node.text().map(|t| clean_line(t, 120).to_string()).unwrap_or_default() };
    let one = |e: &Entry| match e.value.text() {
        Some(text) => format!("{}: {}", clean_line(&e.key, 80), clean_line(text, 120)),
        None => clean_line(&e.key, 80).to_string(),
    };
    entries.iter().take(20).map(one).collect::<Vec<_>>().join(", ")
}
