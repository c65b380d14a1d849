//! DingTalk group robots: Markdown, signed in the address where the robot asks for it.
//!
//! The robot answers HTTP 200 whatever it thinks; `errcode` in the body says what. More than 20 messages a minute and it is
//! silent for ten, so the courier's bucket holds. Deliberately absent: the other kinds of messages.

use super::address::secrets_of;
use super::provider::{Answered, Message, Provider, address, footer, open};
use super::sign;
use crate::domain::base::{Now, Span, Text};
use crate::domain::paging::{Dispatch, Limit, SendOutcome};
use crate::kit::secrets::SecretSource;
use crate::words::page::PageText;
use crate::words::{escape, fit};
use serde_json::{Value, json};

/// A body may have 20,000 bytes.
const TEXT: usize = 18_000;
const TITLE: usize = 400;

/// DingTalk.
#[derive(Clone, Debug)]
pub struct DingTalk {
    /// The robot's address with its token.
    pub url: SecretSource,
    /// The secret that signs (`SEC...`), where the robot has one.
    pub secret: Option<SecretSource>,
    /// Telephone numbers of members that firing P0 and P1 mention.
    pub mobiles: Vec<Text>,
    /// Whether they mention everybody.
    pub mention_all: bool,
}

impl Provider for DingTalk {
    fn limit(&self) -> Limit {
        Limit::per_minute(20)
    }

    fn message(&self, page: &Dispatch, text: &PageText, now: Now) -> Result<Message, SendOutcome> {
        let url = open(&self.url)?;
        let (mut target, mut secrets) = (address(&url)?, secrets_of(&url));
        if let Some(secret) = &self.secret {
            let secret = open(secret)?;
            let sign = sign::dingtalk(now.wall.0, secret.expose());
            target = target.with_query("timestamp", &now.wall.0.to_string()).with_query("sign", &sign);
            secrets.push(secret);
        }
        Ok(Message { address: target, headers: Vec::new(), body: self.body(page, text), secrets })
    }

    fn reads(&self, Answered(reply): &Answered<'_>) -> Option<SendOutcome> {
        let json = reply.json();
        let code = json.as_ref().and_then(|v| v.get("errcode")).and_then(Value::as_i64);
        match code {
            Some(0) => Some(reply.yes()),
            Some(-1) => Some(reply.later(None)),
            Some(130_101 | 410_100) => Some(reply.later(Some(Span::from_mins(1)))),
            Some(310_000) => Some(reply.no_because(security(reply.body))),
            Some(300_001) => Some(reply.no_because("the robot's token does not exist")),
            Some(_) => Some(reply.no()),
            None if (200..=299).contains(&reply.status) => Some(reply.strange("DingTalk")),
            None => None,
        }
    }
}

/// 310000 has three meanings, told apart by the words beside it.
fn security(body: &str) -> &'static str {
    if body.contains("keyword") {
        "the robot wants a keyword that the page does not have"
    } else if body.contains("sign") || body.contains("timestamp") {
        "check the robot's secret and this machine's clock"
    } else {
        "the robot does not allow this machine's address"
    }
}

impl DingTalk {
    fn body(&self, page: &Dispatch, text: &PageText) -> Value {
        let title = fit::line(&text.title, TITLE, fit::Unit::JsonBytes, escape::chat);
        let mut lines = text.lines.clone();
        lines.push(footer(page));
        let mut whole =
            format!("### {title}\n\n{}", fit::lines(&lines, "\n\n", TEXT - TITLE, fit::Unit::JsonBytes, escape::chat));
        if let Some(runbook) = &text.runbook {
            whole.extend(["\n\n[runbook](", &runbook.replace(['(', ')'], ""), ")"]);
        }
        let loud = page.kind.is_firing() && page.severity.pages() && !page.is_combined();
        let mobiles: Vec<&str> = if loud { self.mobiles.iter().map(|m| &**m).collect() } else { Vec::new() };
        // A mention shows only where the text has it, too.
        for mobile in &mobiles {
            whole.extend([" @", *mobile]);
        }
        json!({
            "msgtype": "markdown",
            "markdown": { "title": title, "text": whole },
            "at": { "atMobiles": mobiles, "isAtAll": loud && self.mention_all },
        })
    }
}
