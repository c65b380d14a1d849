//! A report before it has a form: sections of paragraphs, lists, tables and pictures, which Markdown and HTML render.
//!
//! Our own words and text from outside are kept apart, so that each renderer escapes what needs it in its medium.

use crate::domain::base::Language;

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inline {
    /// Our own words.
    Say(String),
    /// Our own words, emphasised.
    Strong(String),
    /// Text from outside.
    Text(String),
    /// Text from outside that is shown letter by letter: a query, a hash.
    Code(String),
}

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line(pub(super) Vec<Inline>);

impl Line {
    pub(super) fn say(words: impl Into<String>) -> Self {
        Self::default().and(words)
    }

    pub(super) fn text(outside: &str) -> Self {
        Self::default().and_text(outside)
    }

    pub(super) fn code(outside: &str) -> Self {
        Self::default().and_code(outside)
    }

    pub(super) fn strong(words: impl Into<String>) -> Self {
        Self(vec![Inline::Strong(words.into())])
    }

    pub(super) fn and(mut self, words: impl Into<String>) -> Self {
        let words = words.into();
        if !words.is_empty() {
            self.0.push(Inline::Say(words));
        }
        self
    }

    pub(super) fn and_text(mut self, outside: &str) -> Self {
        if !outside.is_empty() {
            self.0.push(Inline::Text(outside.to_owned()));
        }
        self
    }

    pub(super) fn and_code(mut self, outside: &str) -> Self {
        self.0.push(Inline::Code(outside.to_owned()));
        self
    }

    pub(super) fn and_strong(mut self, words: impl Into<String>) -> Self {
        self.0.push(Inline::Strong(words.into()));
        self
    }

    pub(super) fn and_line(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Lines in a row, with our words between them.
    pub(super) fn joined(lines: impl IntoIterator<Item = Self>, between: &str) -> Self {
        let mut out = Self::default();
        for (i, line) in lines.into_iter().enumerate() {
            out = if i > 0 { out.and(between) } else { out }.and_line(line);
        }
        out
    }
}

/// A table. Its first column names the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// What it shows, for readers who hear it.
    pub(super) caption: String,
    pub(super) head: Vec<String>,
    pub(super) rows: Vec<Vec<Line>>,
    /// Columns of numbers, aligned at the right.
    pub(super) numbers: &'static [usize],
}

impl Table {
    pub(super) fn new(caption: impl Into<String>, head: &[&str], rows: Vec<Vec<Line>>) -> Self {
        Self { caption: caption.into(), head: head.iter().map(|h| (*h).to_owned()).collect(), rows, numbers: &[] }
    }

    pub(super) const fn numbers(mut self, columns: &'static [usize]) -> Self {
        self.numbers = columns;
        self
    }
}

/// What follows another downwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading within a section.
    Sub(Line),
    Paragraph(Line),
    List(Vec<Line>),
    Table(Table),
    /// A formula, which may be long.
    Formula(String),
    /// A picture: SVG for browsers, lines of characters for text; either may be empty.
    Picture {
        caption: Line,
        svg: String,
        text: Vec<String>,
    },
    /// Words of people: what stands there until someone writes.
    Yours {
        name: &'static str,
        todo: String,
    },
}

impl Block {
    pub(super) fn say(words: impl Into<String>) -> Self {
        Self::Paragraph(Line::say(words))
    }
}

/// A section with its place in the table of contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) heading: String,
    pub(super) blocks: Vec<Block>,
}

/// A whole report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Doc {
    /// What it is of: `INC-0001`, or a period.
    pub(super) of: String,
    pub(super) title: Line,
    pub(super) language: Language,
    /// Before the first heading.
    pub(super) lead: Vec<Block>,
    pub(super) sections: Vec<Section>,
}

/// The words of the report's language.
pub(super) fn pick(language: Language, en: impl Into<String>, zh: impl Into<String>) -> String {
    match language {
        Language::En => en.into(),
        Language::Zh => zh.into(),
    }
}
