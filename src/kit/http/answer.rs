//! An answer as it arrives: status, headers, and a body read in pieces under a limit.

use super::error::clean;
use super::{HttpError, Secret};
use crate::domain::base::{Ms, Span};
use crate::kit::secrets::scrub;
use chrono::DateTime;

/// The longest wait that a `Retry-After` may ask for: a wrong clock must not silence a source for days.
const MAX_RETRY_AFTER: Span = Span::from_hours(1);

/// An answer whose head has come.
#[derive(Debug)]
pub struct HttpAnswer {
    inner: reqwest::Response,
    secrets: Vec<Secret>,
    total: Span,
}

impl HttpAnswer {
    pub(super) fn new(inner: reqwest::Response, secrets: Vec<Secret>, total: Span) -> Self {
        Self { inner, secrets, total }
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.inner.status().as_u16()
    }

    /// A header, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.inner.headers().get(name)?.to_str().ok()
    }

    /// How long the server asks to be left alone: `Retry-After` in seconds or as a date, at most an hour.
    pub fn retry_after(&self, now: Ms) -> Option<Span> {
        retry_after(self.header("retry-after")?, now)
    }

    /// Adds the next piece of the body to `into`; false at its end.
    ///
    /// # Errors
    /// The body stops before its end, or the time is over.
    pub async fn append(&mut self, into: &mut Vec<u8>) -> Result<bool, HttpError> {
        let piece = self.inner.chunk().await.map_err(|e| HttpError::of(e, self.total, self.total))?;
        if let Some(piece) = &piece {
            into.extend_from_slice(piece);
        }
        Ok(piece.is_some())
    }

    /// The whole body.
    ///
    /// # Errors
    /// As [`HttpAnswer::append`], and a body of more than `limit` bytes.
    pub async fn bytes(&mut self, limit: usize) -> Result<Vec<u8>, HttpError> {
        if self.inner.content_length().is_some_and(|n| n > limit as u64) {
            return Err(HttpError::TooLarge(limit));
        }
        let mut body = Vec::new();
        while self.append(&mut body).await? {
            if body.len() > limit {
                return Err(HttpError::TooLarge(limit));
            }
        }
        Ok(body)
    }

    /// The start of the body, at most `limit` bytes: for error pages, where a broken rest does not matter.
    pub async fn start(&mut self, limit: usize) -> Vec<u8> {
        let mut body = Vec::new();
        while body.len() < limit && matches!(self.append(&mut body).await, Ok(true)) {}
        body.truncate(limit);
        body
    }

    /// A server's words for people: cleaned, without the secrets we sent, at most `max` characters.
    pub fn words(&self, text: &str, max: usize) -> String {
        clean(&scrub(text, &self.secrets), max)
    }
}

/// Reads `Retry-After`.
fn retry_after(text: &str, now: Ms) -> Option<Span> {
    let text = text.trim();
    let wait = match text.parse::<i64>() {
        Ok(seconds) => Span(seconds.max(0).saturating_mul(1000)),
        Err(_) => Ms(DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis()).since(now),
    };
    Some(wait.min(MAX_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_and_never_days() {
        let now = Ms::parse_rfc3339("2026-03-02T10:00:00Z").unwrap();
        assert_eq!(retry_after("7", now), Some(Span::from_secs(7)));
        assert_eq!(retry_after("-7", now), Some(Span::ZERO));
        assert_eq!(retry_after("Mon, 02 Mar 2026 10:00:30 GMT", now), Some(Span::from_secs(30)));
        assert_eq!(retry_after("Mon, 02 Mar 2026 09:00:00 GMT", now), Some(Span::ZERO));
        assert_eq!(retry_after("999999999", now), Some(MAX_RETRY_AFTER));
        assert_eq!(retry_after("soon", now), None);
    }
}
