//! Feishu and Lark custom bots: an interactive card, signed where the bot asks for it.
//!
//! The robot answers HTTP 200 whatever it thinks; `code` in the body says what. Only 11232 (too fast) is worth another try.
//! Deliberately absent: apps and their tokens, which are another interface.

use super::address::secrets_of;
use super::provider::{Answered, Message, Provider, address, footer, open};
use super::sign;
use crate::domain::base::{Now, Severity, Span};
use crate::domain::paging::{Dispatch, DispatchKind, Limit, SendOutcome};
use crate::kit::secrets::SecretSource;
use crate::words::page::PageText;
use crate::words::{escape, fit};
use serde_json::{Value, json};

/// A body may have 20 KB; what is not text in a card stays far below the rest.
const TEXT: usize = 16 * 1024;
const TITLE: usize = 600;
/// Too fast.
const TOO_FAST: i64 = 11_232;

/// Feishu, or Lark: the address says which.
#[derive(Clone, Debug)]
pub struct Feishu {
    /// The robot's address, which is a secret.
    pub url: SecretSource,
    /// The secret that signs, where the robot has one.
    pub secret: Option<SecretSource>,
    /// Whether a firing P0 or P1 mentions everybody in the group.
    pub mention_all: bool,
}

impl Provider for Feishu {
    fn limit(&self) -> Limit {
        // 5 a second and 100 a minute.
        Limit { count: 5, per: Span::from_secs(3) }
    }

    fn message(&self, page: &Dispatch, text: &PageText, now: Now) -> Result<Message, SendOutcome> {
        let url = open(&self.url)?;
        let mut secrets = secrets_of(&url);
        let mut body = json!({ "msg_type": "interactive", "card": self.card(page, text) });
        if let Some(secret) = &self.secret {
            let secret = open(secret)?;
            let seconds = now.wall.0.div_euclid(1000);
            body["timestamp"] = seconds.to_string().into();
            body["sign"] = sign::feishu(seconds, secret.expose()).into();
            secrets.push(secret);
        }
        Ok(Message { address: address(&url)?, headers: Vec::new(), body, secrets })
    }

    fn reads(&self, Answered(reply): &Answered<'_>) -> Option<SendOutcome> {
        let json = reply.json();
        let code = json.as_ref().and_then(|v| v.get("code").or_else(|| v.get("StatusCode"))).and_then(Value::as_i64);
        match code {
            Some(0) => Some(reply.yes()),
            Some(TOO_FAST) => Some(reply.later(None)),
            Some(19_021) => Some(reply.no_because("check the robot's secret and this machine's clock")),
            Some(19_022) => Some(reply.no_because("the robot does not allow this machine's address")),
            Some(19_024) => Some(reply.no_because("the robot wants a keyword that the page does not have")),
            Some(_) => Some(reply.no()),
            None if (200..=299).contains(&reply.status) => Some(reply.strange("Feishu")),
            None => None,
        }
    }
}

impl Feishu {
    fn card(&self, page: &Dispatch, text: &PageText) -> Value {
        let title = fit::line(&text.title, TITLE, fit::Unit::JsonBytes, fit::plain);
        let mut lines = fit::lines(&text.lines, "\n", TEXT, fit::Unit::JsonBytes, escape::lark);
        if self.mention_all && page.kind.is_firing() && page.severity.pages() && !page.is_combined() {
            lines.push_str("\n<at id=all></at>");
        }
        let mut elements = vec![json!({ "tag": "div", "text": { "tag": "lark_md", "content": lines } })];
        if let Some(runbook) = &text.runbook {
            let button = json!({ "tag": "button", "text": { "tag": "plain_text", "content": "runbook" }, "type": "primary",
                                 "url": runbook });
            elements.push(json!({ "tag": "action", "actions": [button] }));
        }
        elements.push(json!({ "tag": "note", "elements": [{ "tag": "plain_text", "content": footer(page) }] }));
        json!({
            "config": { "wide_screen_mode": true },
            "header": { "template": colour(page), "title": { "tag": "plain_text", "content": title } },
            "elements": elements,
        })
    }
}

/// Colour supports what the title says; it never says anything alone.
fn colour(page: &Dispatch) -> &'static str {
    match (page.kind, page.severity) {
        (DispatchKind::Test, _) => "blue",
        (DispatchKind::Resolved, _) => "green",
        _ if page.is_combined() => "green",
        (_, Severity::P0) => "red",
        (_, Severity::P1) => "orange",
        (_, Severity::P2) => "yellow",
    }
}
