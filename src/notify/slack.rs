//! Slack's incoming webhooks, and what speaks their language (Mattermost, Rocket.Chat, Discord's `/slack`).
//!
//! They know no idempotency key, so a message ends with the page's own: people can tell a double. Success is the body `ok` and
//! nothing else. Deliberately absent: edits and threads, which need a bot's token.

use super::address::secrets_of;
use super::answer::Reply;
use super::provider::{Answered, Message, Provider, address, footer, idempotency, open};
use crate::domain::base::{Now, Span};
use crate::domain::paging::{Dispatch, Limit, SendOutcome};
use crate::kit::secrets::SecretSource;
use crate::words::page::PageText;
use crate::words::{escape, fit};
use serde_json::json;

/// Longest header and section, in characters.
const HEADER: usize = 150;
const SECTION: usize = 3000;
/// Longest fallback text, in characters: it counts towards the whole message.
const FALLBACK: usize = 3000;

/// Slack.
#[derive(Clone, Debug)]
pub struct Slack {
    /// The webhook's address, which is a secret.
    pub url: SecretSource,
}

impl Provider for Slack {
    fn limit(&self) -> Limit {
        Limit { count: 5, per: Span::from_secs(5) }
    }

    fn message(&self, page: &Dispatch, text: &PageText, _: Now) -> Result<Message, SendOutcome> {
        let url = open(&self.url)?;
        let fallback =
            fit::line(&format!("{}\n{}", text.title, text.lines.join("\n")), FALLBACK, fit::Unit::Chars, escape::slack);
        let header = fit::line(&text.title, HEADER, fit::Unit::Chars, fit::plain);
        let mut blocks = vec![json!({ "type": "header", "text": { "type": "plain_text", "text": header, "emoji": false } })];
        if !text.lines.is_empty() {
            let section = fit::lines(&text.lines, "\n", SECTION, fit::Unit::Chars, escape::slack);
            blocks.push(json!({ "type": "section", "text": { "type": "mrkdwn", "text": section, "verbatim": true } }));
        }
        if let Some(runbook) = &text.runbook {
            let button = json!({ "type": "button", "text": { "type": "plain_text", "text": "runbook" }, "url": runbook });
            blocks.push(json!({ "type": "actions", "elements": [button] }));
        }
        let small = fit::line(&footer(page), SECTION, fit::Unit::Chars, escape::slack);
        blocks.push(json!({ "type": "context", "elements": [{ "type": "mrkdwn", "text": small }] }));
        let body = json!({ "text": fallback, "blocks": blocks });
        let secrets = secrets_of(&url);
        Ok(Message { address: address(&url)?, headers: vec![idempotency(page)], body, secrets })
    }

    fn reads(&self, Answered(reply): &Answered<'_>) -> Option<SendOutcome> {
        // Mattermost and others say it in JSON, or with an empty 204.
        let ok = || reply.json().and_then(|v| v.get("ok")?.as_bool()) == Some(true);
        match reply.status {
            204 => Some(reply.yes()),
            200..=299 if reply.body.trim() == "ok" || ok() => Some(reply.yes()),
            200..=299 => Some(said_otherwise(reply)),
            404 | 410 => Some(reply.no_because("the webhook was removed or its address is wrong")),
            _ => None,
        }
    }
}

/// A 200 that is not `ok`: the words that Slack uses for a refusal are one, a page of something in between is tried again.
fn said_otherwise(reply: &Reply<'_>) -> SendOutcome {
    const NO: [&str; 9] = [
        "invalid_payload",
        "invalid_blocks",
        "no_text",
        "channel_not_found",
        "channel_is_archived",
        "action_prohibited",
        "no_service",
        "no_team",
        "invalid_token",
    ];
    if NO.iter().any(|word| reply.body.contains(word)) { reply.no() } else { reply.strange("Slack") }
}
