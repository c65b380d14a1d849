//! A generic webhook: one JSON document a page, by POST.
//!
//! The document's form is [`payload`]'s; `Idempotency-Key` names the page and is the same at every try, so that a receiver can
//! drop doubles. A template puts it into any other form. The address may itself be a secret (chat systems put tokens into it), so only its host is ever told.
//! Deliberately absent: the forms of particular chat systems, which get receivers of their own.

pub mod payload;
mod template;

pub use template::{Template, TemplateError};

use super::address::{at, header_text, secrets_of};
use super::answer;
use crate::domain::base::{Language, Now, Text};
use crate::domain::paging::{Dispatch, Limit, SendOutcome};
use crate::kit::http::{Address, Http, HttpBody, HttpError, HttpRequest, HttpSettings};
use crate::kit::secrets::SecretSource;
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
    /// Language of its text.
    pub language: Language,
    /// Another form than [`payload`]'s.
    pub template: Option<Template>,
}

impl WebhookSettings {
    /// Default limits and times in UTC.
    pub fn new(name: impl Into<Text>, url: SecretSource) -> Self {
        Self {
            name: name.into(),
            url,
            http: HttpSettings::default(),
            limit: Limit::per_minute(60),
            zone: Zone::Utc,
            language: Language::En,
            template: None,
        }
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
        let body = match self.body(dispatch, now) {
            Ok(body) => body,
            Err(why) => return SendOutcome::Permanent { why: why.into() },
        };
        let request =
            HttpRequest::post(address.clone(), body).header("Idempotency-Key", &header_text(&dispatch.idempotency_key()));
        let outcome = answer::outcome(self.http.send(request).await, &secrets_of(&url), now.wall).await;
        at(&address.origin(), outcome)
    }
}

impl Webhook {
    fn body(&self, dispatch: &Dispatch, now: Now) -> Result<HttpBody, String> {
        let document = payload::payload(dispatch, self.settings.zone, self.settings.language, now.wall);
        if let Some(template) = &self.settings.template {
            let text = template.render(&document).map_err(|error| error.to_string())?;
            return Ok(HttpBody::Bytes { content_type: template.content_type(), data: text.into_bytes() });
        }
        let data = serde_json::to_vec(&document).map_err(|error| format!("the page has no JSON form: {error}"))?;
        Ok(HttpBody::Bytes { content_type: "application/json", data })
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
