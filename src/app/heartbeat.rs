//! The sign of life: sent while this process leads and its loop turns, so that its absence can page somebody.
//!
//! Alertmanager gets an alert that fires for as long as it is renewed: route its *end* to people (`send_resolved`). A webhook
//! that watches for silence gets one POST a beat. Deliberately absent: the outbox; a beat that was lost is made good by the next.

use crate::domain::base::{Ms, Span, Text};
use crate::domain::paging::{Dispatch, DispatchKind, SendOutcome, test_page};
use crate::domain::view::Snapshot;
use crate::engine::courier::Roster;
use crate::ports::{Clock, Fence};
use crate::telemetry::{Metrics, PageLabels};
use std::sync::Arc;
use tokio::sync::watch;

/// A loop that has published nothing for so long hangs, and no longer counts as alive.
const HANGS_AFTER: Span = Span::from_mins(5);

/// What the heart beats with.
pub(super) struct Heart {
    pub(super) every: Span,
    pub(super) receivers: Vec<Text>,
    pub(super) roster: watch::Receiver<Arc<Roster>>,
    pub(super) fence: watch::Receiver<Option<Fence>>,
    pub(super) snapshots: watch::Receiver<Arc<Snapshot>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) metrics: Metrics,
    pub(super) ledger: Text,
}

impl Heart {
    /// Beats until `stop` says so.
    pub(super) async fn beat(self, mut stop: watch::Receiver<bool>) {
        loop {
            let next = self.clock.now().mono + self.every;
            if self.lives() {
                self.once().await;
            }
            tokio::select! {
                () = self.clock.sleep_until(next) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    fn lives(&self) -> bool {
        let age = self.clock.now().wall.since(self.snapshots.borrow().made);
        self.fence.borrow().is_some() && age <= HANGS_AFTER
    }

    async fn once(&self) {
        let roster = self.roster.borrow().clone();
        for name in &self.receivers {
            let Some(notifier) = roster.notifiers.get(name) else { continue };
            let now = self.clock.now();
            let outcome = notifier.deliver(&beat(name.clone(), &self.ledger, now.wall, self.every), now).await;
            let word = match &outcome {
                SendOutcome::Delivered { .. } => "delivered",
                SendOutcome::Retry { why, .. } | SendOutcome::Permanent { why } => {
                    tracing::warn!(receiver = %name, %why, "the sign of life was not taken");
                    "retry"
                }
            };
            let labels = PageLabels { receiver: name.to_string(), kind: DispatchKind::Heartbeat.name(), outcome: word };
            self.metrics.pages.get_or_create(&labels).inc();
        }
    }
}

/// One beat; its key is the same as long as the ledger is. `next_at` tells when to expect the next one.
fn beat(receiver: Text, ledger: &str, now: Ms, every: Span) -> Dispatch {
    let mut page = test_page(receiver, None, now);
    page.next_at = now + every;
    page.kind = DispatchKind::Heartbeat;
    page.key = format!("burnledger/heartbeat/{ledger}").into();
    page.content.service = "burnledger".into();
    page
}
