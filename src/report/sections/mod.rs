//! The sections of a report, each from facts to blocks.

pub(super) mod audit;
pub(super) mod cost;
pub(super) mod data;
pub(super) mod head;
pub(super) mod impact;
pub(super) mod notes;
pub(super) mod times;

use super::doc::pick;
use crate::domain::base::{Language, Ms, Span};
use crate::domain::review::PostmortemFacts;
use crate::words::{Zone, time};

/// What is told, and how.
pub(super) struct Told<'a> {
    pub(super) facts: &'a PostmortemFacts,
    pub(super) zone: Zone,
    pub(super) language: Language,
}

impl Told<'_> {
    /// The words of the report's language.
    pub(super) fn say(&self, en: impl Into<String>, zh: impl Into<String>) -> String {
        pick(self.language, en, zh)
    }

    /// What stands where something is not known.
    pub(super) fn unknown(&self) -> String {
        self.say("unknown", "未知")
    }

    /// An instant in UTC, or that it is unknown.
    pub(super) fn instant(&self, at: Option<Ms>) -> String {
        at.map_or_else(|| self.unknown(), |at| Zone::Utc.full(at))
    }

    /// A span in words and, above a minute, in seconds; or that it is unknown.
    pub(super) fn length(&self, span: Option<Span>) -> String {
        match span {
            None => self.unknown(),
            Some(span) if span >= Span::from_mins(1) => format!("{} ({} s)", time::span(span), span.millis() / 1000),
            Some(span) => time::span(span),
        }
    }
}
