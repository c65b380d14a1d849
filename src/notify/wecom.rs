//! WeCom (WeChat Work) group robots: Markdown of at most 4,096 bytes.
//!
//! The robot answers HTTP 200 whatever it thinks; `errcode` in the body says what. Deliberately absent: applications.

use super::address::secrets_of;
use super::provider::{Answered, Message, Provider, address, footer, open};
use crate::domain::base::{Now, Severity, Span, Text};
use crate::domain::paging::{Dispatch, DispatchKind, Limit, SendOutcome};
use crate::kit::secrets::SecretSource;
use crate::words::page::PageText;
use crate::words::{escape, fit};
use serde_json::{Value, json};

/// Longest content, in bytes of UTF-8.
const CONTENT: usize = 4096;
const TITLE: usize = 600;

/// WeCom.
#[derive(Clone, Debug)]
pub struct WeCom {
    /// The robot's address with its key.
    pub url: SecretSource,
    /// Ids of members that firing P0 and P1 mention.
    pub mention: Vec<Text>,
}

impl Provider for WeCom {
    fn limit(&self) -> Limit {
        Limit::per_minute(20)
    }

    fn message(&self, page: &Dispatch, text: &PageText, _: Now) -> Result<Message, SendOutcome> {
        let url = open(&self.url)?;
        let body = json!({ "msgtype": "markdown", "markdown": { "content": self.content(page, text) } });
        let secrets = secrets_of(&url);
        Ok(Message { address: address(&url)?, headers: Vec::new(), body, secrets })
    }

    fn reads(&self, Answered(reply): &Answered<'_>) -> Option<SendOutcome> {
        let json = reply.json();
        let code = json.as_ref().and_then(|v| v.get("errcode")).and_then(Value::as_i64);
        match code {
            Some(0) => Some(reply.yes()),
            Some(-1) => Some(reply.later(None)),
            Some(45_009) => Some(reply.later(Some(Span::from_mins(1)))),
            Some(93_000) => Some(reply.no_because("the robot was removed or its key is wrong")),
            Some(_) => Some(reply.no()),
            None if (200..=299).contains(&reply.status) => Some(reply.strange("WeCom")),
            None => None,
        }
    }
}

impl WeCom {
    fn content(&self, page: &Dispatch, text: &PageText) -> String {
        let loud = page.kind.is_firing() && page.severity.pages() && !page.is_combined();
        let mut tail = text.runbook.as_ref().map(|r| format!("\n[runbook]({})", r.replace(['(', ')'], ""))).unwrap_or_default();
        for id in self.mention.iter().filter(|_| loud) {
            tail.extend([" <@", &escape::chat(id), ">"]);
        }
        // What acts is never cut; a tail that leaves no room for words is left out.
        if tail.len() > CONTENT / 2 {
            tail.clear();
        }
        let title = fit::line(&text.title, TITLE, fit::Unit::Bytes, escape::chat);
        let head = format!("**<font color=\"{}\">{title}</font>**\n", colour(page));
        let mut lines = text.lines.clone();
        lines.push(footer(page));
        let left = CONTENT.saturating_sub(head.len() + tail.len());
        format!("{head}{}{tail}", fit::lines(&lines, "\n", left, fit::Unit::Bytes, escape::chat))
    }
}

fn colour(page: &Dispatch) -> &'static str {
    match (page.kind, page.severity) {
        (DispatchKind::Test, _) => "comment",
        (DispatchKind::Resolved, _) => "info",
        _ if page.is_combined() => "info",
        (_, Severity::P0 | Severity::P1) => "warning",
        _ => "comment",
    }
}
