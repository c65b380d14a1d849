//! The tree a document becomes: text scalars, lists and maps, each with the bytes it was read from.
//!
//! Scalars keep their text: numbers, money and ratios are read from it, never through a float. Aliased parts are shared,
//! not copied.

use crate::domain::base::Text;
use std::ops::Range;
use std::sync::Arc;

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'...'`
    Single,
    /// `"..."`
    Double,
    /// `|` or `>`
    Block,
}

/// One value with its bytes in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Bytes in the file; of an aliased value where it was defined.
    pub span: Range<usize>,
    /// What it is.
    pub value: Value,
    /// Nodes below and including this one, aliases written out.
    pub(super) weight: usize,
    /// Levels below this one.
    pub(super) height: usize,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing was written, or `~` or `null`.
    Null,
    /// Text.
    Scalar {
        /// The text after escapes and folding.
        text: Text,
        /// How it was written.
        style: Style,
    },
    /// A sequence.
    List(Vec<Arc<Node>>),
    /// A mapping in the order of the file.
    Map(Vec<Entry>),
}

/// One key of a map with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Text,
    /// Bytes of the key.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Arc<Node>,
}

impl Node {
    pub(super) fn new(span: Range<usize>, value: Value) -> Self {
        let (mut weight, mut height) = (1_usize, 0_usize);
        let mut add = |child: &Node| {
            weight = weight.saturating_add(child.weight);
            height = height.max(child.height + 1);
        };
        match &value {
            Value::List(items) => items.iter().for_each(|n| add(n)),
            Value::Map(entries) => entries.iter().for_each(|e| add(&e.value)),
            Value::Null | Value::Scalar { .. } => {}
        }
        Self { span, value, weight, height }
    }

    /// The value under a key, when this is a map.
    pub fn get(&self, key: &str) -> Option<&Arc<Self>> {
        match &self.value {
            Value::Map(entries) => entries.iter().find(|e| &*e.key == key).map(|e| &e.value),
            _ => None,
        }
    }

    /// The items of a list, or this value alone: for fields that take one or many.
    pub fn one_or_many(&self) -> Vec<&Self> {
        match &self.value {
            Value::List(items) => items.iter().map(|n| &**n).collect(),
            _ => vec![self],
        }
    }

    /// The text, when this is a scalar.
    pub fn text(&self) -> Option<&Text> {
        match &self.value {
            Value::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// What it is, in words.
    pub const fn what(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Scalar { .. } => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}
