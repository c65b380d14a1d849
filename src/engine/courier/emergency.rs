//! Pages a P0 although the ledger cannot be written. The lead's loop calls this; nothing of it is recorded.

use super::{Roster, outcome_name};
use crate::domain::base::{Now, Severity, Text};
use crate::domain::paging::{DispatchKind, Emergencies, NewDispatch, PageContent, SendOutcome, Whom};
use crate::engine::live::Emergency;
use crate::ports::Job;
use crate::telemetry::{EmergencyLabels, Metrics};
use futures_util::future::join_all;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// Pages although the ledger is down, to the receivers of the latest roster.
pub struct WayOut {
    roster: watch::Receiver<Arc<Roster>>,
    luck: fn() -> f64,
    metrics: Metrics,
    all: Mutex<Emergencies>,
}

impl WayOut {
    /// `luck` gives numbers in [0, 1) that spread retries.
    pub fn new(roster: watch::Receiver<Arc<Roster>>, luck: fn() -> f64, metrics: Metrics) -> Self {
        Self { roster, luck, metrics, all: Mutex::default() }
    }
}

impl Emergency for WayOut {
    fn page(&self, dispatches: Vec<NewDispatch>, now: Now) -> Job<'_, ()> {
        Box::pin(async move {
            let mut all = self.all.lock().await;
            let roster = self.roster.borrow().clone();
            // Repeats and escalations are of incidents that are recorded already; their rows wait in the outbox.
            let news = |kind| matches!(kind, DispatchKind::First | DispatchKind::Raised | DispatchKind::Reopened);
            for page in dispatches.iter().filter(|page| news(page.kind)) {
                emergency(&mut all, &roster, page.severity, &page.content, now, (self.luck)(), &self.metrics).await;
            }
        })
    }
}

/// Sends an emergency page if one is due, to the receivers of the first level at once; level by level, then to the fallback,
/// while nobody takes it. Returns who was tried and what they said; empty when none was due.
pub async fn emergency(
    all: &mut Emergencies,
    roster: &Roster,
    severity: Severity,
    content: &PageContent,
    now: Now,
    luck: f64,
    metrics: &Metrics,
) -> Vec<(Text, SendOutcome)> {
    if !all.is_due(severity, content, now.wall) {
        return Vec::new();
    }
    let mut tried: Vec<(Text, SendOutcome)> = Vec::new();
    let routes = &roster.routes;
    let whom = Whom { owner: content.owner.as_deref(), service: &content.service };
    let levels = routes.levels(whom, severity).iter().chain([&routes.fallback]);
    for level in levels {
        let fresh: Vec<Text> = level.iter().filter(|name| !tried.iter().any(|(have, _)| have == *name)).cloned().collect();
        tried.extend(join_all(fresh.into_iter().map(|name| send(all, roster, severity, content, name, now))).await);
        if tried.iter().any(|(_, outcome)| is_taken(outcome)) {
            break;
        }
    }
    for (receiver, outcome) in &tried {
        let labels = EmergencyLabels { receiver: receiver.to_string(), outcome: outcome_name(outcome) };
        metrics.emergencies.get_or_create(&labels).inc();
    }
    all.sent(content, tried.iter().any(|(_, outcome)| is_taken(outcome)), luck, now.wall);
    tried
}

const fn is_taken(outcome: &SendOutcome) -> bool {
    matches!(outcome, SendOutcome::Delivered { .. })
}

async fn send(
    all: &Emergencies,
    roster: &Roster,
    severity: Severity,
    content: &PageContent,
    receiver: Text,
    now: Now,
) -> (Text, SendOutcome) {
    let page = all.page(severity, content, receiver.clone(), now.wall);
    let outcome = match roster.notifiers.get(&receiver) {
        Some(notifier) => notifier.deliver(&page, now).await,
        None => SendOutcome::Permanent { why: format!("no receiver is named {receiver}").into() },
    };
    (receiver, outcome)
}
