//! One row's way: look around, keep to the receiver's limit, send, write back.

use super::Inner;
use crate::domain::base::{Now, Span, Text};
use crate::domain::paging::{
    Before, Bucket, Dispatch, Manner, PageContent, SendOutcome, Settlement, Standing, Whom, after_sending, backoff,
    before_sending,
};
use crate::ports::{Fence, LedgerError, Notifier};
use std::sync::{Arc, PoisonError};

impl Inner {
    /// Carries one claimed row to its receiver.
    pub(super) async fn carry(&self, row: Dispatch, fence: Fence) {
        // When the neighbours cannot be read, the row is sent as it stands: a page too many is better than one too few.
        let rows = self.ports.ledger.dispatches(Some(row.incident)).await.unwrap_or_else(|_| vec![row.clone()]);
        let (now, standing) = (self.now(), self.standing(row.incident));
        let settlement = match self.decide(&row, &rows, &standing, now) {
            Before::Settle(settlement) => settlement,
            Before::Send(manner) => self.send(&row, &rows, &standing, manner).await,
        };
        self.settle(&row, settlement, fence).await;
    }

    /// What delivery's rules say, with the receiver's bucket asked only for rows that want to leave.
    fn decide(&self, row: &Dispatch, rows: &[Dispatch], standing: &Standing, now: Now) -> Before {
        let first = before_sending(row, rows, standing, now.wall, false);
        let Before::Send(_) = first else { return first };
        let Err(wait) = self.take_token(row, now) else { return first };
        match before_sending(row, rows, standing, now.wall, true) {
            Before::Send(_) => {
                let why: Text = format!("kept back to stay within what {} takes", row.receiver).into();
                Before::Settle(Settlement::RetryAt { attempt: row.attempts, at: now.wall + wait, why })
            }
            settled @ Before::Settle(_) => settled,
        }
    }

    fn take_token(&self, row: &Dispatch, now: Now) -> Result<(), Span> {
        let Some(notifier) = self.roster().notifiers.get(&row.receiver).cloned() else { return Ok(()) };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(row.receiver.clone()).or_insert_with(|| Bucket::new(notifier.limit(), now.mono));
        bucket.take(now.mono, row.is_urgent())
    }

    async fn send(&self, row: &Dispatch, rows: &[Dispatch], standing: &Standing, manner: Manner) -> Settlement {
        let told = if manner == Manner::Combined { row.combined() } else { row.clone() };
        let outcome = match self.roster().notifiers.get(&row.receiver).cloned() {
            Some(notifier) => self.deliver(&notifier, &told).await,
            None => SendOutcome::Permanent { why: format!("no receiver is named {} any more", row.receiver).into() },
        };
        let now = self.now().wall;
        self.note(row, &outcome, now);
        after_sending(row, manner, outcome, standing, now, (self.ports.luck)(), self.instead(row, rows))
    }

    /// Delivers with a limit of our own beside the notifier's.
    pub(super) async fn deliver(&self, notifier: &Arc<dyn Notifier>, row: &Dispatch) -> SendOutcome {
        let (now, patience) = (self.now(), notifier.patience());
        tokio::select! {
            biased;
            outcome = notifier.deliver(row, now) => outcome,
            () = self.ports.clock.sleep_until(now.mono + patience) => {
                SendOutcome::Retry { after: None, why: format!("no outcome within {patience}").into() }
            }
        }
    }

    /// Who would take the page if this receiver refuses it: the next of its route that has no page of this incident yet.
    fn instead(&self, row: &Dispatch, rows: &[Dispatch]) -> Option<Text> {
        let have: Vec<Text> = rows.iter().map(|r| r.receiver.clone()).chain([row.receiver.clone()]).collect();
        self.roster().routes.instead(whom(&row.content), row.severity, &have)
    }

    /// Writes back until the ledger took it, another process leads, or we are leaving: an outcome that is not written would
    /// leave the row in `Sending` for as long as this process leads.
    async fn settle(&self, row: &Dispatch, settlement: Settlement, fence: Fence) {
        let mut leaving = self.leaving.subscribe();
        let mut tries = 0;
        loop {
            match self.ports.ledger.settle(row.id, settlement.clone(), fence, self.now()).await {
                Ok(_) => return,
                Err(LedgerError::Unavailable { .. } | LedgerError::Conflict { .. }) if !*leaving.borrow_and_update() => {}
                Err(error) => {
                    tracing::warn!(%error, incident = %row.incident, "the outcome of a page could not be written down");
                    return;
                }
            }
            tries += 1;
            let wake = self.now().mono + backoff(tries, (self.ports.luck)());
            tokio::select! {
                biased;
                () = self.ports.clock.sleep_until(wake) => {}
                _ = leaving.changed() => {}
            }
        }
    }
}

fn whom(content: &PageContent) -> Whom<'_> {
    Whom { owner: content.owner.as_deref(), service: &content.service }
}
