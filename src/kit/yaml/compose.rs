//! From a file's text to its documents, within limits: depth, size, and the weight of aliases written out.
//!
//! The events come from the parser beneath serde-saphyr. Its own deserializer stops at the first problem; here a broken
//! document costs only itself, and duplicate keys are told all at once.

use super::node::{Entry, Node, Style, Value};
use super::source::Source;
use crate::domain::base::{Problem, Text};
use serde_saphyr::granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use std::collections::hash_map::Entry as Slot;
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

/// Deepest nesting, aliases written out.
pub const MAX_DEPTH: usize = 64;
/// Most nodes of a file, aliases written out.
pub const MAX_NODES: usize = 400_000;
/// Most syntax errors told of one file.
const MAX_BROKEN: usize = 20;

/// The documents of a file that could be read, and everything wrong with the file as YAML.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// Roots in the order of the file; empty documents are left out.
    pub roots: Vec<Arc<Node>>,
    /// Problems with places. Duplicate keys keep the first value in the tree.
    pub problems: Vec<Problem>,
}

/// Reads all documents of a source. Never fails, never panics; what is wrong is in `problems`.
pub fn compose(source: &Source) -> Documents {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.emit_unresolved_aliases = true;
    let mut parser = Parser::new_from_str_with_options(source.text(), options);
    let mut composer = Composer { source, out: Documents::default(), spent: 0, stack: Vec::new(), anchors: HashMap::new() };
    composer.run(&mut parser);
    composer.out
}

struct Composer<'s> {
    source: &'s Source,
    out: Documents,
    spent: usize,
    stack: Vec<Frame>,
    anchors: HashMap<usize, Arc<Node>>,
}

/// A collection that is still open.
struct Frame {
    start: usize,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Arc<Node>>),
    Map { entries: Vec<Entry>, seen: HashMap<Text, usize>, key: Option<Key>, merges: Vec<Arc<Node>> },
}

/// A key that waits for its value.
enum Key {
    Plain(Text, Range<usize>),
    Merge,
    /// Told already; its value is dropped.
    Unusable,
}

/// The file is too heavy to go on.
struct TooHeavy;

impl Composer<'_> {
    fn run<'a>(&mut self, parser: &mut Parser<'a, StrInput<'a>>) {
        let mut broken = 0;
        while let Some(next) = parser.next_event() {
            match next {
                Ok((Event::StreamEnd, _)) => break,
                Ok((event, span)) => {
                    if self.event(event, &span).is_err() {
                        break;
                    }
                }
                Err(error) => {
                    self.out.problems.push(syntax(self.source, &error));
                    self.stack.clear();
                    self.anchors.clear();
                    broken += 1;
                    if broken >= MAX_BROKEN || !parser.proceed_next_document().unwrap_or(false) {
                        break;
                    }
                }
            }
        }
    }

    fn event(&mut self, event: Event<'_>, span: &Span) -> Result<(), TooHeavy> {
        let bytes = span.byte_range().unwrap_or(0..0);
        match event {
            Event::DocumentStart(..) => {
                self.stack.clear();
                self.anchors.clear();
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), &bytes);
                let node = Node::new(bytes, scalar(&text, style));
                return self.finish(Arc::new(node), anchor, true);
            }
            Event::SequenceStart(_, anchor, tag) => self.open(Kind::List(Vec::new()), anchor, tag.as_deref(), &bytes),
            Event::MappingStart(_, anchor, tag) => {
                let kind = Kind::Map { entries: Vec::new(), seen: HashMap::new(), key: None, merges: Vec::new() };
                self.open(kind, anchor, tag.as_deref(), &bytes);
            }
            Event::SequenceEnd | Event::MappingEnd => return self.close(&bytes),
            Event::Alias(id) => return self.alias(id, bytes),
            Event::UnresolvedAlias(name) => {
                let message = format!("unknown anchor `{name}`");
                self.tell("unknown-anchor", bytes.clone(), message, "an anchor (&name) must stand before its aliases (*name)");
                return self.finish(Arc::new(Node::new(bytes, Value::Null)), 0, false);
            }
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, kind: Kind, anchor: usize, tag: Option<&Tag>, bytes: &Range<usize>) {
        self.refuse_tag(tag, bytes);
        self.stack.push(Frame { start: bytes.start, anchor, kind });
    }

    fn close(&mut self, bytes: &Range<usize>) -> Result<(), TooHeavy> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let (value, last) = match frame.kind {
            Kind::List(items) => {
                let last = items.last().map_or(frame.start, |n| n.span.end);
                (Value::List(items), last)
            }
            Kind::Map { mut entries, merges, .. } => {
                let last = entries.last().map_or(frame.start, |e| e.value.span.end.max(e.key_span.end));
                self.merge(&mut entries, &merges)?;
                (Value::Map(entries), last)
            }
        };
        // Block collections end where their last value ends; the parser says where the next thing starts.
        let end = if bytes.is_empty() { last.max(frame.start) } else { bytes.end };
        self.finish(Arc::new(Node::new(frame.start..end.max(frame.start), value)), frame.anchor, true)
    }

    fn alias(&mut self, id: usize, bytes: Range<usize>) -> Result<(), TooHeavy> {
        let Some(node) = self.anchors.get(&id).cloned() else {
            self.tell("recursive-alias", bytes.clone(), "this alias stands inside its own anchor", "write the value out");
            return self.finish(Arc::new(Node::new(bytes, Value::Null)), 0, false);
        };
        if self.stack.len() + node.height > MAX_DEPTH {
            self.tell("too-deep", bytes.clone(), format!("nested deeper than {MAX_DEPTH} levels"), "write it flatter");
            return self.finish(Arc::new(Node::new(bytes, Value::Null)), 0, false);
        }
        self.spend(node.weight, &bytes)?;
        self.finish(node, 0, false)
    }

    /// Hands a complete node to what is open, or makes it a document.
    fn finish(&mut self, node: Arc<Node>, anchor: usize, counts: bool) -> Result<(), TooHeavy> {
        if counts {
            self.spend(1, &node.span)?;
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let source = self.source;
        match self.stack.last_mut().map(|f| &mut f.kind) {
            None if node.value != Value::Null => self.out.roots.push(node),
            None => {}
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Map { entries, seen, key, merges }) => match key.take() {
                None => *key = Some(as_key(&node, source, &mut self.out.problems)),
                Some(Key::Plain(name, span)) => match seen.entry(name.clone()) {
                    Slot::Vacant(slot) => {
                        slot.insert(span.start);
                        entries.push(Entry { key: name, key_span: span, value: node });
                    }
                    Slot::Occupied(first) => self.out.problems.push(twice(source, &name, *first.get(), span)),
                },
                Some(Key::Merge) => merges.push(node),
                Some(Key::Unusable) => {}
            },
        }
        Ok(())
    }

    /// `<<: *base`: keys of the base that the map itself does not have.
    fn merge(&mut self, entries: &mut Vec<Entry>, merges: &[Arc<Node>]) -> Result<(), TooHeavy> {
        if merges.is_empty() {
            return Ok(());
        }
        let mut own: HashSet<Text> = entries.iter().map(|e| e.key.clone()).collect();
        for node in merges {
            let bases: &[Arc<Node>] = match &node.value {
                Value::List(items) => items,
                _ => std::slice::from_ref(node),
            };
            for base in bases {
                let Value::Map(more) = &base.value else {
                    self.tell("bad-merge", base.span.clone(), "`<<` merges mappings only", "name an anchor of a mapping");
                    continue;
                };
                self.spend(base.weight, &base.span)?;
                entries.extend(more.iter().filter(|e| own.insert(e.key.clone())).cloned());
            }
        }
        Ok(())
    }

    fn spend(&mut self, nodes: usize, at: &Range<usize>) -> Result<(), TooHeavy> {
        self.spent = self.spent.saturating_add(nodes);
        if self.spent <= MAX_NODES {
            return Ok(());
        }
        let message = format!("the file has more than {MAX_NODES} values, aliases written out");
        self.tell("too-many-values", at.clone(), message, "split it, or use fewer aliases");
        Err(TooHeavy)
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, bytes: &Range<usize>) {
        if let Some(tag) = tag.filter(|t| !t.is_yaml_core_schema()) {
            let message = format!("the tag `{}` is not understood", tag.original());
            self.tell("unknown-tag", bytes.clone(), message, "remove the tag");
        }
    }

    fn tell(&mut self, code: &'static str, span: Range<usize>, message: impl Into<String>, hint: &str) {
        self.out.problems.push(Problem::error(code, message).hint(hint).at(self.source.place(span)));
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    let style = match style {
        ScalarStyle::SingleQuoted => Style::Single,
        ScalarStyle::DoubleQuoted => Style::Double,
        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
        ScalarStyle::Plain => Style::Plain,
    };
    if style == Style::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    Value::Scalar { text: text.into(), style }
}

fn as_key(node: &Node, source: &Source, problems: &mut Vec<Problem>) -> Key {
    match &node.value {
        Value::Scalar { text, style: Style::Plain } if &**text == "<<" => Key::Merge,
        Value::Scalar { text, .. } => Key::Plain(text.clone(), node.span.clone()),
        _ => {
            let message = format!("a key must be text, this is {}", node.what());
            problems.push(Problem::error("bad-key", message).at(source.place(node.span.clone())));
            Key::Unusable
        }
    }
}

fn twice(source: &Source, key: &str, first: usize, span: Range<usize>) -> Problem {
    let line = source.place(first..first).line;
    Problem::error("duplicate-key", format!("`{key}` is written twice"))
        .hint(format!("the first one is on line {line}; keep one of them"))
        .at(source.place(span))
}

fn syntax(source: &Source, error: &ScanError) -> Problem {
    let text = source.text();
    let mut at = error.marker().byte_offset().unwrap_or(0).min(text.len());
    if matches!(error.kind(), ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation) {
        at = text[..at].trim_end_matches('\t').len();
    }
    let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    let (code, message, hint) = match error.kind() {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation => {
            ("yaml-tab", "a tab cannot indent YAML".to_owned(), Some("use spaces"))
        }
        ErrorKind::RecursionLimitExceeded => {
            ("too-deep", format!("nested deeper than {MAX_DEPTH} levels"), Some("write it flatter"))
        }
        ErrorKind::MappingValueNotAllowed => (
            "yaml-syntax",
            "`: ` is not allowed here".to_owned(),
            Some("put text that holds `: ` in quotes, or check the indentation of this line"),
        ),
        ErrorKind::UnexpectedCharacter { character } => {
            ("yaml-syntax", format!("the character `{}` is not allowed here", character.escape_default()), None)
        }
        ErrorKind::UnclosedFlowCollection { open } => ("yaml-syntax", format!("`{open}` is never closed"), None),
        _ => ("yaml-syntax", error.info(), Some("check indentation, quotes and brackets around this line")),
    };
    let problem = Problem::error(code, message).at(source.place(at..end));
    match hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

#[cfg(test)]
mod tests;
