//! What became of a request, as a value of the field: which address, in whose words, and whether trying again helps.

use super::matrix::Envelope;
use crate::domain::base::Ms;
use crate::kit::http::{HttpAnswer, HttpError};
use crate::ports::SourceError;

/// Longest text of a server that is repeated to people.
const WORDS: usize = 300;

/// Translates a failed exchange.
pub(super) fn exchange_error(url: &str, error: HttpError) -> SourceError {
    let url = url.to_owned();
    match error {
        HttpError::Timeout(after) => SourceError::Timeout { url, after },
        HttpError::Unreachable(why) => SourceError::Unreachable { url, why },
        HttpError::CutOff(why) => SourceError::Garbled { url, what: format!("an answer that was cut off ({why})") },
        HttpError::Redirected { .. } => SourceError::Refused { url, message: error.to_string() },
        HttpError::TooLarge(limit) => SourceError::TooMuch { url, what: "bytes", limit, selector: "this query".into() },
        HttpError::Address(_) | HttpError::Setup(_) | HttpError::Secret(_) => {
            SourceError::Unreachable { url, why: error.to_string() }
        }
    }
}

/// Translates an answer whose status is not 200.
pub(super) async fn status_error(url: &str, answer: &mut HttpAnswer, now: Ms) -> SourceError {
    let (status, url) = (answer.status(), url.to_owned());
    let retry_after = answer.retry_after(now);
    let body = answer.start(64 * 1024).await;
    let text = String::from_utf8_lossy(&body);
    let message = match error_of(&body) {
        Some(message) => answer.words(&message, WORDS),
        None if text.trim().is_empty() => "no reason given".into(),
        None => describe(answer, &text),
    };
    match status {
        401 | 403 => SourceError::Unauthorized { url, status },
        429 | 500..=599 => SourceError::Failed { url, status, message, retry_after },
        _ if is_html(&text) => SourceError::Garbled { url, what: format!("{message} with HTTP {status}") },
        400..=499 => SourceError::Refused { url, message: format!("{message} (HTTP {status})") },
        _ => SourceError::Garbled { url, what: format!("HTTP {status}") },
    }
}

/// Translates an answer of status 200 whose body cannot be read.
pub(super) fn body_error(url: &str, answer: &HttpAnswer, body: &[u8], error: &serde_json::Error) -> SourceError {
    let text = String::from_utf8_lossy(&body[..body.len().min(64 * 1024)]);
    let what = match () {
        () if text.trim().is_empty() => "an empty answer".into(),
        () if is_html(&text) => describe(answer, &text),
        () if error.is_eof() => "an answer that was cut off".into(),
        () if error.column() == 0 => answer.words(&plain(error), WORDS),
        () => format!("{} at byte {}", answer.words(&plain(error), WORDS), error.column()),
    };
    SourceError::Garbled { url: url.into(), what }
}

/// What the server says about itself in an answer that can be read.
pub(super) fn envelope_error(url: &str, answer: &HttpAnswer, envelope: &Envelope) -> Option<SourceError> {
    if envelope.status == "success" && envelope.has_data {
        return None;
    }
    let url = url.to_owned();
    Some(match &envelope.error {
        Some(message) => SourceError::Refused { url, message: answer.words(message, WORDS) },
        None => SourceError::Garbled { url, what: "JSON without a status and data".into() },
    })
}

/// The server's own error text in a JSON body.
fn error_of(body: &[u8]) -> Option<String> {
    struct Skip;
    impl<'de> serde::de::DeserializeSeed<'de> for Skip {
        type Value = ();
        fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
            <serde::de::IgnoredAny as serde::Deserialize>::deserialize(deserializer).map(drop)
        }
    }
    let envelope = super::matrix::read_answer(body, Skip).ok()?;
    let kind = envelope.error_type.map_or_else(String::new, |t| format!("{t}: "));
    envelope.error.map(|e| format!("{kind}{e}"))
}

fn is_html(text: &str) -> bool {
    let start = text.trim_start().get(..9).unwrap_or("").to_ascii_lowercase();
    text.trim_start().starts_with('<') && (start.starts_with("<!doctype") || start.starts_with("<htm") || text.contains("</"))
}

/// Names a body that is no JSON by its title or its first words.
fn describe(answer: &HttpAnswer, text: &str) -> String {
    if !is_html(text) {
        return answer.words(text, WORDS);
    }
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title").and_then(|i| Some((i + lower[i..].find('>')? + 1, i + lower[i..].find("</title")?)));
    match title.and_then(|(from, to)| text.get(from..to)).map(str::trim).filter(|t| !t.is_empty()) {
        Some(title) => format!("an HTML page (\"{}\")", answer.words(title, 80)),
        None => "an HTML page".into(),
    }
}

/// The library's message without its position, which counts lines that nobody sees.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |i| text[..i].to_owned())
}
