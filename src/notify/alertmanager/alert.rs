//! A page as an alert of Alertmanager's API v2: labels that name it, annotations that tell it, times that keep it.

use super::AlertmanagerSettings;
use crate::domain::base::{Ms, Severity, Span};
use crate::domain::paging::{Dispatch, DispatchKind};
use crate::words::{money, page, units};
use serde::Serialize;
use std::collections::BTreeMap;

/// How long an alert that nobody will end stays: long enough for a `group_wait` to pass.
const LINGERS: Span = Span::from_mins(5);
/// How long an emergency page stays: the next one comes after half an hour.
const EMERGENCY: Span = Span::from_hours(1);

/// One element of the list that `POST /api/v2/alerts` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<&'static str, String>,
    pub(super) starts_at: String,
    pub(super) ends_at: String,
}

/// The alert of a page.
pub(super) fn alert(settings: &AlertmanagerSettings, page: &Dispatch, now: Ms) -> Alert {
    let starts = starts_at(page);
    let ends = match page.kind {
        // A reminder of the end repeats the end.
        DispatchKind::Resolved => page.settled.unwrap_or(now).min(now),
        DispatchKind::Test => now + LINGERS,
        // Three beats may be lost: then it ends, and its end is the page.
        DispatchKind::Heartbeat => now + page.next_at.since(page.created).max(Span::from_secs(1)) * 4,
        _ if page.is_combined() => now + LINGERS,
        _ if page.content.not_recorded => now + EMERGENCY,
        _ => now + settings.resend.max(Span::from_mins(1)) * 4,
    };
    Alert {
        labels: labels(settings, page, page.severity),
        annotations: annotations(settings, page),
        starts_at: starts.rfc3339(),
        // An end before the start is refused.
        ends_at: ends.max(starts).rfc3339(),
    }
}

/// The alerts of the severities that this page does not tell, as ended: with severity as a label, a rise makes a second alert,
/// and the first must not go on firing.
pub(super) fn other_severities(settings: &AlertmanagerSettings, page: &Dispatch, now: Ms) -> Vec<Alert> {
    let plain = alert(settings, page, now);
    let ended = |severity| Alert {
        labels: labels(settings, page, severity),
        ends_at: now.max(starts_at(page)).rfc3339(),
        ..plain.clone()
    };
    Severity::ALL.into_iter().filter(|s| *s != page.severity).map(ended).collect()
}

/// Start of the impact, not of the alert (D8).
fn starts_at(page: &Dispatch) -> Ms {
    page.content.impact_start.or(page.content.detected).unwrap_or(page.created)
}

fn labels(settings: &AlertmanagerSettings, page: &Dispatch, severity: Severity) -> BTreeMap<String, String> {
    // `burnledger/<ledger id>/<incident>`, or `burnledger/unrecorded/<service>/<impact start>`.
    let mut key = page.key.splitn(3, '/').skip(1);
    let (ledger, incident) = (key.next().unwrap_or_default(), key.next().unwrap_or_default());
    let name = match page.kind {
        DispatchKind::Test => "SLOBurnTest",
        DispatchKind::Heartbeat => "BurnledgerHeartbeat",
        _ => "SLOBurn",
    };
    let mut labels: BTreeMap<String, String> = settings.labels.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
    let own = [
        ("alertname", name),
        ("service", &page.content.service),
        ("burnledger_ledger", ledger),
        ("incident", incident),
        ("environment", page.content.environment.as_deref().unwrap_or("")),
        ("owner", page.content.owner.as_deref().unwrap_or("")),
    ];
    labels.extend(own.into_iter().filter(|(_, v)| !v.is_empty()).map(|(k, v)| (k.into(), v.to_owned())));
    if settings.severity_label {
        labels.insert("severity".into(), severity.name().into());
    }
    labels
}

fn annotations(settings: &AlertmanagerSettings, page: &Dispatch) -> BTreeMap<&'static str, String> {
    let c = &page.content;
    let words = page::page_in(page, settings.zone, settings.language);
    let slos: Vec<&str> = c.slos.iter().map(crate::domain::base::SloId::as_str).collect();
    let mut out = BTreeMap::from([
        ("summary", words.title),
        ("description", words.lines.join("\n")),
        ("severity", page.severity.name().into()),
        ("page", page.kind.name().into()),
        ("slos", slos.join(", ")),
        ("suspect", c.suspect.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("runbook_url", words.runbook.unwrap_or_default()),
        ("since", c.impact_start.map(Ms::rfc3339).unwrap_or_default()),
        ("detected", c.detected.map(Ms::rfc3339).unwrap_or_default()),
        ("cost_so_far", c.cost_so_far.map(money::exact).unwrap_or_default()),
        ("cost_per_minute", c.cost_per_minute.map(money::exact).unwrap_or_default()),
        ("budget_remaining", c.budget_remaining.map(units::percent_auto).unwrap_or_default()),
    ]);
    out.retain(|_, v| !v.is_empty());
    out
}
