//! The sections of a report, each from facts to Markdown.

pub(super) mod cost;
pub(super) mod data;
pub(super) mod head;
pub(super) mod impact;
pub(super) mod times;

use crate::domain::base::{Ms, Span};
use crate::words::{Zone, time};

/// What stands where something is not known.
const UNKNOWN: &str = "unknown";

/// An instant in UTC, or that it is unknown.
fn instant(at: Option<Ms>) -> String {
    at.map_or_else(|| UNKNOWN.into(), |at| Zone::Utc.full(at))
}

/// A span in words and, above a minute, in seconds; or that it is unknown.
fn length(span: Option<Span>) -> String {
    match span {
        None => UNKNOWN.into(),
        Some(span) if span >= Span::from_mins(1) => format!("{} ({} s)", time::span(span), span.millis() / 1000),
        Some(span) => time::span(span),
    }
}
