//! What a page says, as the outbox stores it.
//!
//! Deliberately absent: what receivers get; each of them has its own form (`notify`).

use super::entry::{ReasonForm, StoredError};
use super::exact::{Exact, MoneyText};
use crate::domain::base::{Ms, SloId, Text};
use crate::domain::paging::PageContent;
use serde::{Deserialize, Serialize};

/// The newest version of a page's content that this program knows.
const VERSION: i64 = 1;

/// What is read first: a newer program may have added anything else.
#[derive(Deserialize)]
struct Label {
    version: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageForm {
    version: i64,
    service: Text,
    slos: Vec<Text>,
    owner: Option<Text>,
    impact_start: Option<i64>,
    detected: Option<i64>,
    resolved: Option<i64>,
    reasons: Vec<ReasonForm>,
    bad: Option<Exact>,
    total: Option<Exact>,
    budget_remaining: Option<Exact>,
    cost_so_far: Option<MoneyText>,
    cost_per_minute: Option<MoneyText>,
    runbook: Option<Text>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suspect: Option<Text>,
    environment: Option<Text>,
    not_recorded: bool,
    drill: bool,
}

/// The stored bytes of a page's content.
///
/// # Errors
/// It cannot be written as JSON (no such content is known).
pub fn encode(c: &PageContent) -> Result<String, StoredError> {
    let form = PageForm {
        version: VERSION,
        service: c.service.clone(),
        slos: c.slos.iter().map(|s| s.0.clone()).collect(),
        owner: c.owner.clone(),
        impact_start: c.impact_start.map(|t| t.0),
        detected: c.detected.map(|t| t.0),
        resolved: c.resolved.map(|t| t.0),
        reasons: c.reasons.iter().map(Into::into).collect(),
        bad: c.bad.map(Exact),
        total: c.total.map(Exact),
        budget_remaining: c.budget_remaining.map(Exact),
        cost_so_far: c.cost_so_far.map(Into::into),
        cost_per_minute: c.cost_per_minute.map(Into::into),
        runbook: c.runbook.clone(),
        changes: c.changes.clone(),
        suspect: c.suspect.clone(),
        environment: c.environment.clone(),
        not_recorded: c.not_recorded,
        drill: c.drill,
    };
    Ok(serde_json::to_string(&form)?)
}

/// The content of stored bytes.
///
/// # Errors
/// A newer program wrote it, or it is damaged.
pub fn decode(stored: &str) -> Result<PageContent, StoredError> {
    let Label { version } = serde_json::from_str(stored)?;
    if version > VERSION {
        return Err(StoredError::Newer { kind: "page".into(), version });
    }
    let f: PageForm = serde_json::from_str(stored)?;
    Ok(PageContent {
        service: f.service,
        slos: f.slos.into_iter().map(SloId).collect(),
        owner: f.owner,
        impact_start: f.impact_start.map(Ms),
        detected: f.detected.map(Ms),
        resolved: f.resolved.map(Ms),
        reasons: f.reasons.into_iter().map(Into::into).collect(),
        bad: f.bad.map(|x| x.0),
        total: f.total.map(|x| x.0),
        budget_remaining: f.budget_remaining.map(|x| x.0),
        cost_so_far: f.cost_so_far.map(Into::into),
        cost_per_minute: f.cost_per_minute.map(Into::into),
        runbook: f.runbook,
        changes: f.changes,
        suspect: f.suspect,
        environment: f.environment,
        not_recorded: f.not_recorded,
        drill: f.drill,
    })
}
