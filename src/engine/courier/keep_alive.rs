//! Reminds receivers that forget (Alertmanager) of what they were told, each at its own pace. Nobody is paged anew by it.

use super::Inner;
use crate::domain::base::{IncidentId, Mono, Now, Span, Text};
use crate::domain::paging::{Dispatch, SendOutcome, Standing, to_keep_alive};
use crate::ports::Notifier;
use std::sync::{Arc, PoisonError};
use tokio::task::JoinSet;

/// Incidents that ended longer ago need no reminder: resolved alerts are sent again for five minutes, after an hour of tries at most.
const RECENT: Span = Span::from_hours(2);

impl Inner {
    /// Starts the reminders that are due.
    pub(super) async fn keep_alive(self: &Arc<Self>, now: Now, sends: &mut JoinSet<()>) {
        for (name, notifier) in &self.roster().notifiers {
            let Some(every) = notifier.keep_alive_every() else { continue };
            if !self.is_due(name, every, now.mono) {
                continue;
            }
            for row in self.reminders(name, now).await {
                let (inner, notifier) = (self.clone(), notifier.clone());
                sends.spawn(async move { inner.remind(&notifier, &row).await });
            }
        }
    }

    fn is_due(&self, name: &Text, every: Span, now: Mono) -> bool {
        let mut kept = self.kept_alive.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.get(name).is_some_and(|last| now < *last + every) {
            return false;
        }
        kept.insert(name.clone(), now);
        true
    }

    async fn reminders(&self, receiver: &str, now: Now) -> Vec<Dispatch> {
        let recent = |s: &Standing| s.live || s.ended.is_some_and(|at| now.wall.since(at) < RECENT);
        let of: Vec<(IncidentId, Standing)> =
            self.standings().of.iter().filter(|(_, s)| recent(s)).map(|(id, s)| (*id, *s)).collect();
        let mut out = Vec::new();
        for (incident, standing) in of {
            let rows = self.ports.ledger.dispatches(Some(incident)).await.unwrap_or_default();
            out.extend(to_keep_alive(&rows, receiver, &standing, now.wall).into_iter().cloned());
        }
        out
    }

    /// A failed reminder is shown and comes again at the next turn; a good one clears the error it left.
    async fn remind(&self, notifier: &Arc<dyn Notifier>, row: &Dispatch) {
        let outcome = notifier.keep_alive(row, self.now()).await;
        let error = match outcome {
            SendOutcome::Delivered { .. } => None,
            SendOutcome::Retry { why, .. } | SendOutcome::Permanent { why } => Some(why),
        };
        self.publish(|all| {
            for health in all.iter_mut().filter(|h| h.name == row.receiver) {
                health.error.clone_from(&error);
            }
        });
    }
}
