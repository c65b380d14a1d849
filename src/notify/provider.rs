//! What all chat and paging services share: one request a page, and an answer that is read in the service's own terms.
//!
//! A service says what it wants sent ([`Provider::message`]) and what an answer means ([`Provider::reads`]); sending, time-outs,
//! secrets and the general reading of HTTP are done here once. Deliberately absent: retries and rates, which the courier keeps.

use super::address::{at, header_text};
use super::answer::{self, Reply};
use crate::domain::base::{Language, Now, Text};
use crate::domain::paging::{Dispatch, Limit, SendOutcome};
use crate::kit::http::{Address, Http, HttpBody, HttpError, HttpRequest, HttpSettings};
use crate::kit::secrets::{Secret, SecretSource};
use crate::ports::{Job, Notifier};
use crate::words::page::{PageText, page_in};
use crate::words::{Zone, fit};
use std::fmt::Debug;

/// What every service's receiver is made from.
#[derive(Clone, Debug)]
pub struct Basics {
    /// Its name in the configuration.
    pub name: Text,
    /// Time-outs (5 s to connect, 10 s in all) and credentials.
    pub http: HttpSettings,
    /// How many messages it takes; the service's own limit when absent.
    pub limit: Option<Limit>,
    /// Zone of the times in its text.
    pub zone: Zone,
    /// Language of its text.
    pub language: Language,
}

impl Basics {
    /// Default time-outs and limits, English, UTC.
    pub fn new(name: impl Into<Text>) -> Self {
        Self { name: name.into(), http: HttpSettings::default(), limit: None, zone: Zone::Utc, language: Language::En }
    }

    /// The page in words.
    pub(super) fn words(&self, page: &Dispatch) -> PageText {
        page_in(page, self.zone, self.language)
    }
}

/// One request that tells a page.
#[derive(Debug)]
pub struct Message {
    pub(super) address: Address,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: serde_json::Value,
    /// What an answer may repeat and nobody may be told.
    pub(super) secrets: Vec<Secret>,
}

/// A service.
pub trait Provider: Send + Sync + Debug {
    /// How many messages it takes.
    fn limit(&self) -> Limit;
    /// The request that tells `page`.
    ///
    /// # Errors
    /// It cannot be made: a secret's file is missing (tried again), an address is none.
    fn message(&self, page: &Dispatch, text: &PageText, now: Now) -> Result<Message, SendOutcome>;
    /// What a whole answer means; `None` leaves it to HTTP's status and the general conventions.
    #[doc(hidden)]
    fn reads(&self, reply: &Answered<'_>) -> Option<SendOutcome>;
}

/// A whole answer, for services to read.
pub struct Answered<'a>(pub(super) Reply<'a>);

/// A receiver that is a service.
#[derive(Debug)]
pub struct Service {
    basics: Basics,
    provider: Box<dyn Provider>,
    http: Http,
}

impl Service {
    /// A receiver of this service.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn new(basics: Basics, provider: impl Provider + 'static) -> Result<Self, HttpError> {
        let http = Http::new(basics.http.clone())?;
        Ok(Self { basics, provider: Box::new(provider), http })
    }

    async fn send(&self, page: &Dispatch, now: Now) -> SendOutcome {
        let message = match self.provider.message(page, &self.basics.words(page), now) {
            Ok(message) => message,
            Err(outcome) => return outcome,
        };
        let data = message.body.to_string().into_bytes();
        let body = HttpBody::Bytes { content_type: "application/json", data };
        let mut request = HttpRequest::post(message.address.clone(), body);
        for (name, value) in &message.headers {
            request = request.header(name, value);
        }
        let reading = |reply: &Reply<'_>| {
            let reply = Reply { status: reply.status, body: reply.body, words: reply.words, after: reply.after };
            if answer::is_web_page(reply.body) { None } else { self.provider.reads(&Answered(reply)) }
        };
        let sent = self.http.send(request).await;
        at(&message.address.origin(), answer::outcome_by(sent, &message.secrets, now.wall, &reading).await)
    }
}

impl Notifier for Service {
    fn name(&self) -> Text {
        self.basics.name.clone()
    }

    fn deliver<'a>(&'a self, dispatch: &'a Dispatch, now: Now) -> Job<'a, SendOutcome> {
        Box::pin(self.send(dispatch, now))
    }

    fn limit(&self) -> Limit {
        self.basics.limit.unwrap_or_else(|| self.provider.limit())
    }
}

/// A secret as it is now; a file may be missing for a moment while it is rotated.
pub(super) fn open(source: &SecretSource) -> Result<Secret, SendOutcome> {
    source.get().map_err(|error| SendOutcome::Retry { after: None, why: error.to_string().into() })
}

/// An address as it is now.
pub(super) fn address(secret: &Secret) -> Result<Address, SendOutcome> {
    Address::parse(secret.expose()).map_err(|error| SendOutcome::Permanent { why: error.to_string().into() })
}

/// The page's key cut to what a service takes as one: the same key gives the same name, different keys different ones.
pub(super) fn short_key(key: &str, max: usize) -> String {
    if key.len() <= max {
        return key.to_owned();
    }
    format!("{}~{}", fit::line(key, max.saturating_sub(33 + 3), fit::Unit::Bytes, fit::plain), digest(key))
}

/// The first half of a text's SHA-256, in hexadecimal.
pub(super) fn digest(text: &str) -> String {
    use sha2::{Digest, Sha256};
    use std::fmt::Write;
    let mut out = String::with_capacity(32);
    for byte in Sha256::digest(text.as_bytes()).iter().take(16) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// The page's own key for receivers that know `Idempotency-Key`.
pub(super) fn idempotency(page: &Dispatch) -> (&'static str, String) {
    ("Idempotency-Key", header_text(&page.idempotency_key()))
}

/// `burnledger/lab/17 first #0`: what names a message where the service has no key of its own, so that people see doubles.
pub(super) fn footer(page: &Dispatch) -> String {
    format!("{} {} #{}", page.key, page.kind.name(), page.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_too_long_stay_apart() {
        assert_eq!(short_key("burnledger/lab/17", 255), "burnledger/lab/17");
        let long = |end: &str| format!("burnledger/unrecorded/{}{end}", "订".repeat(200));
        let (a, b) = (short_key(&long("a"), 255), short_key(&long("b"), 255));
        assert!(a != b && a == short_key(&long("a"), 255) && a.len() <= 255, "{a}");
    }
}
