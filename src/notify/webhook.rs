//! A generic webhook: one JSON document a page, by POST.
//!
//! The document's form is [`payload`]'s; `Idempotency-Key` names the page and is the same at every try, so that a receiver can
//! drop doubles. The address may itself be a secret (chat systems put tokens into it), so only its host is ever told.
//! Deliberately absent: the forms of particular chat systems, which get receivers of their own.

pub mod payload;

use super::answer;
use crate::domain::base::{Now, Text};
use crate::domain::paging::{Dispatch, Limit, SendOutcome};
use crate::kit::http::{Address, Http, HttpBody, HttpError, HttpRequest, HttpSettings};
use crate::kit::secrets::{Secret, SecretSource};
use crate::ports::{Job, Notifier};
use crate::words::Zone;

/// What a webhook is made from.
#[derive(Clone, Debug)]
pub struct WebhookSettings {
    /// Its name in the configuration.
    pub name: Text,
    /// Where to; a secret, as many carry a token.
    pub url: SecretSource,
    /// Time-outs (5 s to connect, 10 s in all), bearer token, further headers.
    pub http: HttpSettings,
    /// How many messages it takes.
    pub limit: Limit,
    /// Zone of the times in its text.
    pub zone: Zone,
}

impl WebhookSettings {
    /// Default limits and times in UTC.
    pub fn new(name: impl Into<Text>, url: SecretSource) -> Self {
        Self { name: name.into(), url, http: HttpSettings::default(), limit: Limit::per_minute(60), zone: Zone::Utc }
    }
}

/// The receiver.
#[derive(Debug)]
pub struct Webhook {
    settings: WebhookSettings,
    http: Http,
}

impl Webhook {
    /// A receiver with these settings.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn new(settings: WebhookSettings) -> Result<Self, HttpError> {
        let http = Http::new(settings.http.clone())?;
        Ok(Self { settings, http })
    }

    async fn send(&self, dispatch: &Dispatch, now: Now) -> SendOutcome {
        let url = match self.settings.url.get() {
            Ok(url) => url,
            Err(error) => return SendOutcome::Retry { after: None, why: error.to_string().into() },
        };
        let address = match Address::parse(url.expose()) {
            Ok(address) => address,
            Err(error) => return SendOutcome::Permanent { why: error.to_string().into() },
        };
        let data = match serde_json::to_vec(&payload::payload(dispatch, self.settings.zone, now.wall)) {
            Ok(data) => data,
            Err(error) => return SendOutcome::Permanent { why: format!("the page has no JSON form: {error}").into() },
        };
        let body = HttpBody::Bytes { content_type: "application/json", data };
        let request =
            HttpRequest::post(address.clone(), body).header("Idempotency-Key", &header_text(&dispatch.idempotency_key()));
        let outcome = answer::outcome(self.http.send(request).await, &secrets_of(&url), now.wall).await;
        at(&address.origin(), outcome)
    }
}

impl Notifier for Webhook {
    fn name(&self) -> Text {
        self.settings.name.clone()
    }

    fn deliver<'a>(&'a self, dispatch: &'a Dispatch, now: Now) -> Job<'a, SendOutcome> {
        Box::pin(self.send(dispatch, now))
    }

    fn limit(&self) -> Limit {
        self.settings.limit
    }
}

/// Names the host in an outcome.
fn at(origin: &str, outcome: SendOutcome) -> SendOutcome {
    let told = |text: Text| Text::from(format!("{origin}: {text}"));
    match outcome {
        SendOutcome::Delivered { detail } => SendOutcome::Delivered { detail: told(detail) },
        SendOutcome::Retry { after, why } => SendOutcome::Retry { after, why: told(why) },
        SendOutcome::Permanent { why } => SendOutcome::Permanent { why: told(why) },
    }
}

/// Header values are ASCII; a service's name in an emergency key may be anything.
fn header_text(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).collect()
}

/// Parts of the address that an answer may repeat and that may not be told: what looks like a token, and the whole path.
fn secrets_of(url: &Secret) -> Vec<Secret> {
    let rest = url.expose().split_once("://").map_or(url.expose(), |(_, rest)| rest);
    let Some((_, path)) = rest.split_once('/') else { return Vec::new() };
    let token = |part: &&str| part.len() >= 12 || (part.len() >= 6 && part.bytes().any(|b| b.is_ascii_digit()));
    let parts = path.split(['/', '?', '&', '=', '#']).filter(token);
    std::iter::once(path).filter(|p| p.len() >= 12).chain(parts).map(Secret::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_in_an_address_are_known_as_secrets() {
        let list = |url: &str| secrets_of(&Secret::new(url)).iter().map(|s| s.expose().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            list("https://hooks.example/services/T00/B1234567/xyzxyzxyzxyz?token=abc123"),
            ["services/T00/B1234567/xyzxyzxyzxyz?token=abc123", "B1234567", "xyzxyzxyzxyz", "abc123"]
        );
        assert_eq!(list("http://localhost:8080/hook"), Vec::<String>::new());
        assert_eq!(header_text("burnledger/unrecorded/订单 x/1"), "burnledger/unrecorded/___x/1");
    }
}
