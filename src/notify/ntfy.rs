//! ntfy, at ntfy.sh or on a machine of one's own: JSON to the server's root.
//!
//! Deliberately absent: attachments; a message longer than 4,096 bytes would become one, so it is cut before.

use super::provider::{Answered, Message, Provider, footer, open};
use crate::domain::base::{Now, Severity, Span};
use crate::domain::paging::{Dispatch, DispatchKind, Limit, SendOutcome};
use crate::kit::http::Address;
use crate::kit::secrets::SecretSource;
use crate::words::fit;
use crate::words::page::PageText;
use serde_json::{Value, json};

/// Longest message and title, in bytes of UTF-8.
const MESSAGE: usize = 4096;
const TITLE: usize = 250;

/// ntfy.
#[derive(Clone, Debug)]
pub struct Ntfy {
    /// The server.
    pub address: Address,
    /// The topic; whoever knows its name can read it, so it may come from a file.
    pub topic: SecretSource,
}

impl Ntfy {
    /// The public server.
    pub const URL: &str = "https://ntfy.sh";
}

impl Provider for Ntfy {
    fn limit(&self) -> Limit {
        // 60 at once, then one each five seconds; half of it leaves room for others on the same address.
        Limit { count: 30, per: Span::from_secs(150) }
    }

    fn message(&self, page: &Dispatch, text: &PageText, _: Now) -> Result<Message, SendOutcome> {
        let topic = open(&self.topic)?;
        let mut lines = text.lines.clone();
        lines.push(footer(page));
        let mut body = json!({
            "topic": topic.expose(),
            "title": fit::line(&text.title, TITLE, fit::Unit::Bytes, fit::plain),
            "message": fit::lines(&lines, "\n", MESSAGE, fit::Unit::Bytes, fit::plain),
            "priority": priority(page),
            "tags": [tag(page)],
        });
        if let Some(runbook) = &text.runbook {
            body["click"] = runbook.as_str().into();
        }
        Ok(Message { address: self.address.clone(), headers: Vec::new(), body, secrets: vec![topic] })
    }

    fn reads(&self, Answered(reply): &Answered<'_>) -> Option<SendOutcome> {
        if !(200..=299).contains(&reply.status) {
            return None;
        }
        let json = reply.json();
        let taken = json.as_ref().and_then(|v| v.get("id")).is_some_and(Value::is_string);
        Some(if taken { reply.yes() } else { reply.strange("ntfy") })
    }
}

const fn priority(page: &Dispatch) -> u8 {
    match (page.kind, page.severity) {
        (DispatchKind::Test | DispatchKind::Resolved, _) | (_, Severity::P2) => 3,
        (_, Severity::P0) => 5,
        (_, Severity::P1) => 4,
    }
}

fn tag(page: &Dispatch) -> &'static str {
    match page.kind {
        DispatchKind::Test => "test_tube",
        DispatchKind::Resolved => "white_check_mark",
        _ if page.is_combined() => "white_check_mark",
        _ => "rotating_light",
    }
}
