//! Problems as values: what is wrong, where, and what to try. Loading returns all of them, never only the first.

use super::Text;
use std::ops::Range;

/// How grave a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemLevel {
    /// Works, but probably not as meant.
    Warning,
    /// Cannot be used.
    Error,
}

/// A place in a file that a person wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's path as it was given.
    pub file: Text,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Byte range of the offending part within the file.
    pub span: Range<usize>,
    /// The offending line without its line break.
    pub excerpt: Text,
}

/// One thing wrong with what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// A stable code for machines and docs, in kebab case: `unknown-field`.
    pub code: &'static str,
    /// Error or warning.
    pub level: ProblemLevel,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// Where; absent for problems of a whole file.
    pub place: Option<Place>,
    /// What to try.
    pub hint: Option<String>,
    /// What should stand in the place of `place.span`, when that is known.
    pub replacement: Option<String>,
}

impl Problem {
    /// An error without a place.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, level: ProblemLevel::Error, message: message.into(), place: None, hint: None, replacement: None }
    }

    /// A warning without a place.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { level: ProblemLevel::Warning, ..Self::error(code, message) }
    }

    /// The same problem, at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same problem, with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
