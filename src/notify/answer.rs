//! What a receiver's answer means. HTTP 200 is not success: several receivers say "no" in the body of a 200 (D3), and a proxy
//! in front of them says "please log in".

mod body;

use crate::domain::base::{Ms, Span, Text};
use crate::domain::paging::SendOutcome;
use crate::kit::http::{HttpAnswer, HttpError};
use crate::kit::secrets::{Secret, scrub};

/// As much of an answer as is read; what matters stands at its start.
const BODY_MAX: usize = 64 * 1024;
/// As much of an answer as is told.
const WORDS_MAX: usize = 200;

/// An answer whose body is whole.
pub(super) struct Reply<'a> {
    /// HTTP's status.
    pub(super) status: u16,
    /// The body, at most 64 KiB of it.
    pub(super) body: &'a str,
    /// Its start, cleaned of secrets and of what acts on a screen.
    pub(super) words: &'a str,
    /// How long it asks to be left alone.
    pub(super) after: Option<Span>,
}

impl Reply<'_> {
    /// Accepted.
    pub(super) fn yes(&self) -> SendOutcome {
        SendOutcome::Delivered { detail: said(self.status, self.words).into() }
    }

    /// Refused for good.
    pub(super) fn no(&self) -> SendOutcome {
        SendOutcome::Permanent { why: said(self.status, self.words).into() }
    }

    /// Refused for good, with what to try.
    pub(super) fn no_because(&self, hint: &str) -> SendOutcome {
        SendOutcome::Permanent { why: format!("{} ({hint})", said(self.status, self.words)).into() }
    }

    /// Not now; `wait` holds where the answer itself asks for none.
    pub(super) fn later(&self, wait: Option<Span>) -> SendOutcome {
        retry(self.after.or(wait), said(self.status, self.words))
    }

    /// A success that is not said in the receiver's own terms: something in between may have answered. It is tried again; the
    /// page's key lets the receiver drop a double.
    pub(super) fn strange(&self, whose: &str) -> SendOutcome {
        retry(self.after, format!("{}, which is no answer of {whose}", said(self.status, self.words)))
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_str(self.body.trim_start_matches('\u{feff}').trim()).ok()
    }
}

/// A login form or an error page of something in between.
pub(super) fn is_web_page(body: &str) -> bool {
    body::judge(body) == body::Said::WebPage
}

/// How a receiver reads a whole answer in its own terms; `None` leaves it to HTTP's status and the general conventions.
pub(super) type Reading<'a> = &'a (dyn Fn(&Reply<'_>) -> Option<SendOutcome> + Sync);

/// Reads an answer and says what it means. `secrets` are parts of the address that may not be told.
pub(super) async fn outcome(answer: Result<HttpAnswer, HttpError>, secrets: &[Secret], now: Ms) -> SendOutcome {
    outcome_by(answer, secrets, now, &|_| None).await
}

/// The same, with the receiver's own reading of a whole answer first.
pub(super) async fn outcome_by(
    answer: Result<HttpAnswer, HttpError>,
    secrets: &[Secret],
    now: Ms,
    reading: Reading<'_>,
) -> SendOutcome {
    let mut answer = match answer {
        Ok(answer) => answer,
        Err(error) => return of_error(&error, secrets),
    };
    let (status, after) = (answer.status(), answer.retry_after(now));
    let (body, broken) = read(&mut answer).await;
    let body = String::from_utf8_lossy(&body);
    let words = scrub(&answer.words(&body, WORDS_MAX), secrets);
    let reply = Reply { status, body: &body, words: &words, after };
    if broken.is_none()
        && let Some(outcome) = reading(&reply)
    {
        return outcome;
    }
    match (status, broken) {
        (200..=299, None) => of_body(status, &body, &words, after),
        // It may have said "no" in the part that is missing. The page's key lets the receiver drop a double.
        (200..=299, Some(error)) => retry(after, format!("HTTP {status}, but {error}")),
        (408 | 421 | 425 | 429 | 500..=599, _) => retry(after, said(status, &words)),
        _ => SendOutcome::Permanent { why: said(status, &words).into() },
    }
}

/// Reads the body up to its limit; an error is the body's, not the answer's.
async fn read(answer: &mut HttpAnswer) -> (Vec<u8>, Option<HttpError>) {
    let mut body = Vec::new();
    loop {
        match answer.append(&mut body).await {
            Ok(true) if body.len() < BODY_MAX => {}
            Ok(_) => {
                body.truncate(BODY_MAX);
                return (body, None);
            }
            Err(error) => return (body, Some(error)),
        }
    }
}

fn of_body(status: u16, body: &str, words: &str, after: Option<Span>) -> SendOutcome {
    match body::judge(body) {
        body::Said::Yes => SendOutcome::Delivered { detail: said(status, words).into() },
        body::Said::Later(wait) => retry(after.or(wait), said(status, words)),
        body::Said::No => SendOutcome::Permanent { why: said(status, words).into() },
        body::Said::WebPage => SendOutcome::Permanent {
            why: format!("HTTP {status} with a web page, not a receiver's answer; is the address right?").into(),
        },
    }
}

fn of_error(error: &HttpError, secrets: &[Secret]) -> SendOutcome {
    let why: Text = scrub(&error.to_string(), secrets).into();
    match error {
        HttpError::Address(_) | HttpError::Setup(_) | HttpError::Redirected { .. } => SendOutcome::Permanent { why },
        // A secret's file may be missing for a moment while it is rotated.
        _ => SendOutcome::Retry { after: None, why },
    }
}

fn retry(after: Option<Span>, why: String) -> SendOutcome {
    SendOutcome::Retry { after, why: why.into() }
}

fn said(status: u16, words: &str) -> String {
    if words.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {words}") }
}
