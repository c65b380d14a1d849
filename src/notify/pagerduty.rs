//! PagerDuty, Events API v2: `POST /v2/enqueue`.
//!
//! One incident is one `dedup_key` from its first page to its end, so that a rise of severity or a retry never makes a second
//! alert. Deliberately absent: acknowledgements from here to there; PagerDuty's own are the nearer ones.

use super::provider::{Answered, Message, Provider, open, short_key};
use crate::domain::base::{Ms, Now, Severity, SloId};
use crate::domain::paging::{Dispatch, DispatchKind, Limit, SendOutcome};
use crate::kit::http::Address;
use crate::kit::secrets::SecretSource;
use crate::words::page::PageText;
use crate::words::{fit, money, units};
use serde_json::{Value, json};

/// Longest summary, in characters.
const SUMMARY: usize = 1024;
/// Longest dedup key.
const KEY: usize = 255;

/// PagerDuty.
#[derive(Clone, Debug)]
pub struct PagerDuty {
    /// The integration's routing key.
    pub routing_key: SecretSource,
    /// Where its events API is.
    pub address: Address,
}

impl PagerDuty {
    /// The service's own address.
    pub const URL: &str = "https://events.pagerduty.com";
}

impl Provider for PagerDuty {
    fn limit(&self) -> Limit {
        Limit::per_minute(120)
    }

    fn message(&self, page: &Dispatch, text: &PageText, _: Now) -> Result<Message, SendOutcome> {
        let key = open(&self.routing_key)?;
        let resolves = page.kind == DispatchKind::Resolved;
        let mut body = json!({
            "routing_key": key.expose(),
            "event_action": if resolves { "resolve" } else { "trigger" },
            "dedup_key": short_key(&page.key, KEY),
        });
        if !resolves {
            body["payload"] = payload(page, text);
            body["client"] = "burnledger".into();
            if let Some(runbook) = &text.runbook {
                body["links"] = json!([{ "href": runbook, "text": "runbook" }]);
            }
        }
        Ok(Message { address: self.address.join("v2/enqueue"), headers: Vec::new(), body, secrets: vec![key] })
    }

    fn reads(&self, Answered(reply): &Answered<'_>) -> Option<SendOutcome> {
        if !(200..=299).contains(&reply.status) {
            return None;
        }
        let json = reply.json();
        let status = json.as_ref().and_then(|v| v.get("status")).and_then(Value::as_str);
        Some(match status {
            Some("success") => reply.yes(),
            Some(_) => reply.no(),
            None => reply.strange("PagerDuty"),
        })
    }
}

fn payload(page: &Dispatch, text: &PageText) -> Value {
    let c = &page.content;
    let severity = match (page.kind, page.severity) {
        (DispatchKind::Test, _) => "info",
        (_, Severity::P0) => "critical",
        (_, Severity::P1) => "error",
        (_, Severity::P2) => "warning",
    };
    let slos: Vec<&str> = c.slos.iter().map(SloId::as_str).collect();
    json!({
        "summary": fit::line(&text.title, SUMMARY, fit::Unit::Chars, fit::plain),
        "source": c.environment.as_deref().filter(|e| !e.is_empty()).unwrap_or("burnledger"),
        "severity": severity,
        "timestamp": c.impact_start.unwrap_or(page.created).rfc3339(),
        "component": &*c.service,
        "group": c.owner.as_deref(),
        "class": page.kind.name(),
        "custom_details": {
            "severity": page.severity.name(),
            "slos": slos.join(", "),
            "since": c.impact_start.map(Ms::rfc3339),
            "budget_left": c.budget_remaining.map(units::percent_auto),
            "cost_so_far": c.cost_so_far.map(money::exact),
            "cost_per_minute": c.cost_per_minute.map(money::exact),
            "text": text.lines.join("\n"),
        },
    })
}
