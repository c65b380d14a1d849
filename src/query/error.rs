//! What is wrong with a PromQL text, and where in the text as its author wrote it.

use std::fmt;
use std::ops::Range;

/// A problem of one PromQL text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// What is wrong, in words.
    pub message: String,
    /// The bytes it is about, in the text as it was written; always on character borders, empty at the text's end when
    /// something is missing.
    pub at: Range<usize>,
    /// What to try.
    pub hint: Option<String>,
}

impl QueryError {
    /// A problem without a hint.
    pub fn new(message: impl Into<String>, at: Range<usize>) -> Self {
        Self { message: message.into(), at, hint: None }
    }

    /// The same problem with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// A problem of one field of an SLI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field of the SLO file: `bad`, `good`, `total`, `histogram`, `count`, `value` or `errors`.
    pub field: &'static str,
    /// What is wrong with its PromQL.
    pub error: QueryError,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.error)
    }
}

impl std::error::Error for FieldError {}
