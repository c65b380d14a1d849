//! The JSON document that a webhook gets, version `burnledger/page/v1`. Fields are added, never renamed; unknown is null.
//!
//! | field | meaning |
//! |---|---|
//! | `version` | `burnledger/page/v1` |
//! | `key` | the same for every page of one incident; differs between ledgers |
//! | `idempotency_key` | the same at every try of one page; drop what you have seen |
//! | `kind` | `first`, `raised`, `repeat`, `escalated`, `reopened`, `no_data`, `resolved`, `test`, `response`, `heartbeat` |
//! | `status` | `firing`, `resolved` (also of a combined message: it fired and ended before it could be delivered), `test`, `heartbeat` |
//! | `severity` | `P0`, `P1` or `P2` |
//! | `incident` | number and name, null when the page is not recorded |
//! | `suspect` | the service that seems to be the cause, where the incident has several; null when nobody knows |
//! | `reasons` | code, value, threshold and words of each rule that fired |
//! | `changes` | what was changed within half an hour before it began, in words |
//! | `times` | RFC 3339 in UTC |
//! | `numbers` | bad and total events, share of the budget left, cost as decimal text with its currency |
//! | `text` | title and body for people, without control characters; escape it once more for HTML or Markdown |
//! | `links` | the runbook, when it is a web address |

use crate::domain::base::{Language, Money, Ms};
use crate::domain::paging::{Dispatch, DispatchKind};
use crate::wire::number::Number;
use crate::words::{Zone, page};
use serde::Serialize;

/// The document.
#[derive(Clone, Debug, Serialize)]
pub struct Payload {
    version: &'static str,
    key: String,
    idempotency_key: String,
    number: u32,
    level: u8,
    kind: &'static str,
    status: &'static str,
    severity: &'static str,
    incident: Option<Incident>,
    environment: Option<String>,
    service: String,
    slos: Vec<String>,
    suspect: Option<String>,
    owner: Option<String>,
    drill: bool,
    not_recorded: bool,
    possible_repeat: bool,
    combined: bool,
    attempt: u32,
    reasons: Vec<Reason>,
    changes: Vec<String>,
    times: Times,
    numbers: Numbers,
    text: Words,
    links: Links,
}

#[derive(Clone, Debug, Serialize)]
struct Incident {
    id: u64,
    name: String,
}

#[derive(Clone, Debug, Serialize)]
struct Reason {
    code: String,
    value: Number,
    threshold: Number,
    text: String,
}

#[derive(Clone, Debug, Serialize)]
struct Times {
    impact_start: Option<String>,
    detected: Option<String>,
    resolved: Option<String>,
    created: String,
    sent: String,
}

#[derive(Clone, Debug, Serialize)]
struct Numbers {
    bad: Option<Number>,
    total: Option<Number>,
    budget_remaining: Option<Number>,
    cost_so_far: Option<Amount>,
    cost_per_minute: Option<Amount>,
}

#[derive(Clone, Debug, Serialize)]
struct Amount {
    amount: String,
    currency: String,
}

#[derive(Clone, Debug, Serialize)]
struct Words {
    title: String,
    body: String,
}

#[derive(Clone, Debug, Serialize)]
struct Links {
    runbook: Option<String>,
}

/// The document of one page.
pub fn payload(page: &Dispatch, zone: Zone, language: Language, now: Ms) -> Payload {
    let c = &page.content;
    let words = page::page_in(page, zone, language);
    let text = |t: &Option<crate::domain::base::Text>| t.as_ref().map(ToString::to_string);
    Payload {
        version: "burnledger/page/v1",
        key: page.key.to_string(),
        idempotency_key: page.idempotency_key(),
        number: page.number,
        level: page.level,
        kind: page.kind.name(),
        status: status(page),
        severity: page.severity.name(),
        incident: (page.incident.0 > 0).then(|| Incident { id: page.incident.0, name: page.incident.to_string() }),
        environment: text(&c.environment),
        service: c.service.to_string(),
        slos: c.slos.iter().map(ToString::to_string).collect(),
        suspect: text(&c.suspect),
        owner: text(&c.owner),
        drill: c.drill,
        not_recorded: c.not_recorded,
        possible_repeat: page.possible_repeat,
        combined: page.is_combined(),
        attempt: page.attempts,
        reasons: reasons(page),
        changes: c.changes.iter().map(ToString::to_string).collect(),
        times: Times {
            impact_start: c.impact_start.map(Ms::rfc3339),
            detected: c.detected.map(Ms::rfc3339),
            resolved: c.resolved.map(Ms::rfc3339),
            created: page.created.rfc3339(),
            sent: now.rfc3339(),
        },
        numbers: Numbers {
            bad: c.bad.map(Number),
            total: c.total.map(Number),
            budget_remaining: c.budget_remaining.map(Number),
            cost_so_far: c.cost_so_far.map(amount),
            cost_per_minute: c.cost_per_minute.map(amount),
        },
        text: Words { title: words.title, body: words.lines.join("\n") },
        links: Links { runbook: words.runbook },
    }
}

fn status(page: &Dispatch) -> &'static str {
    match page.kind {
        DispatchKind::Test => "test",
        DispatchKind::Heartbeat => "heartbeat",
        DispatchKind::Resolved => "resolved",
        _ if page.is_combined() => "resolved",
        _ => "firing",
    }
}

fn reasons(page: &Dispatch) -> Vec<Reason> {
    let reason = |r: &crate::domain::incident::ReasonText| Reason {
        code: r.code.to_string(),
        value: Number(r.value),
        threshold: Number(r.threshold),
        text: r.text.to_string(),
    };
    page.content.reasons.iter().map(reason).collect()
}

fn amount(money: Money) -> Amount {
    Amount { amount: money.rounded().amount.to_string(), currency: money.currency.to_string() }
}
