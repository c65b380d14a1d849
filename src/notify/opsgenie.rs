//! Opsgenie, alert API v2 (the service ends in April 2027): create by alias, close by alias.
//!
//! An accepted request is carried out later, so `202` says that it was taken, not that it rang. Deliberately absent: asking for
//! the request's own outcome; a key that is wrong is refused at once.

use super::provider::{Answered, Message, Provider, open, short_key};
use crate::domain::base::{Ms, Now, Severity, SloId, Text};
use crate::domain::paging::{Dispatch, DispatchKind, Limit, SendOutcome};
use crate::kit::http::Address;
use crate::kit::secrets::SecretSource;
use crate::words::page::PageText;
use crate::words::{fit, money, units};
use serde_json::{Value, json};

/// Longest message and description in characters, alias in bytes.
const MESSAGE: usize = 130;
const DESCRIPTION: usize = 15_000;
const ALIAS: usize = 512;

/// Opsgenie.
#[derive(Clone, Debug)]
pub struct Opsgenie {
    /// The integration's key.
    pub api_key: SecretSource,
    /// Where its API is; `https://api.eu.opsgenie.com` for Europe.
    pub address: Address,
    /// Teams that answer; the integration's own when empty.
    pub teams: Vec<Text>,
    /// Tags of every alert.
    pub tags: Vec<Text>,
}

impl Opsgenie {
    /// The service's own address.
    pub const URL: &str = "https://api.opsgenie.com";
}

impl Provider for Opsgenie {
    fn limit(&self) -> Limit {
        Limit::per_minute(60)
    }

    fn message(&self, page: &Dispatch, text: &PageText, _: Now) -> Result<Message, SendOutcome> {
        let key = open(&self.api_key)?;
        let alias = short_key(&page.key, ALIAS);
        let (address, body) = if page.kind == DispatchKind::Resolved {
            // The alias stands in the path: its slashes must not.
            let closing = self.address.join(&format!("v2/alerts/{}/close", encoded(&alias)));
            let note = fit::line(&text.title, MESSAGE, fit::Unit::Chars, fit::plain);
            (closing.with_query("identifierType", "alias"), json!({ "source": "burnledger", "note": note }))
        } else {
            (self.address.join("v2/alerts"), self.alert(page, text, &alias))
        };
        let authorization = ("Authorization", format!("GenieKey {}", key.expose()));
        Ok(Message { address, headers: vec![authorization], body, secrets: vec![key] })
    }

    fn reads(&self, Answered(reply): &Answered<'_>) -> Option<SendOutcome> {
        match reply.status {
            200..=299 => {
                let json = reply.json();
                let taken = json.as_ref().is_some_and(|v| v.get("requestId").or_else(|| v.get("result")).is_some());
                Some(if taken { reply.yes() } else { reply.strange("Opsgenie") })
            }
            // Its limits are told by 429; 422 is a form it does not like.
            _ => None,
        }
    }
}

impl Opsgenie {
    fn alert(&self, page: &Dispatch, text: &PageText, alias: &str) -> Value {
        let c = &page.content;
        let slos: Vec<&str> = c.slos.iter().map(SloId::as_str).collect();
        let mut details = serde_json::Map::new();
        let told = [
            ("severity", Some(page.severity.name().to_owned())),
            ("page", Some(page.kind.name().to_owned())),
            ("slos", Some(slos.join(", "))),
            ("since", c.impact_start.map(Ms::rfc3339)),
            ("budget_left", c.budget_remaining.map(units::percent_auto)),
            ("cost_so_far", c.cost_so_far.map(money::exact)),
            ("cost_per_minute", c.cost_per_minute.map(money::exact)),
            ("runbook", text.runbook.clone()),
        ];
        details.extend(told.into_iter().filter_map(|(k, v)| Some((k.to_owned(), Value::from(v.filter(|v| !v.is_empty())?)))));
        let priority = match (page.kind, page.severity) {
            (DispatchKind::Test, _) => "P5",
            (_, Severity::P0) => "P1",
            (_, Severity::P1) => "P2",
            (_, Severity::P2) => "P3",
        };
        let teams: Vec<Value> = self.teams.iter().map(|t| json!({ "name": &**t, "type": "team" })).collect();
        let tags: Vec<&str> = self.tags.iter().map(|t| &**t).collect();
        json!({
            "message": fit::line(&text.title, MESSAGE, fit::Unit::Chars, fit::plain),
            "alias": alias,
            "description": fit::lines(&text.lines, "\n", DESCRIPTION, fit::Unit::Chars, fit::plain),
            "responders": teams,
            "tags": tags,
            "details": details,
            "entity": &*c.service,
            "source": "burnledger",
            "priority": priority,
        })
    }
}

/// Percent encoding of everything that is not plain in a path.
fn encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
