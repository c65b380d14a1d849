//! The lease: one process leads a ledger, under a fence that grows with every change of leader.

use crate::domain::base::{Ms, Now, Span, Text};
use crate::ports::{Fence, Lead, LedgerError, PAGES_NOBODY};

/// Who leads, as stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lease {
    /// The newest fence given out; 0 before the first.
    pub(super) fence: u64,
    /// Who holds it; absent when it was given back.
    pub(super) holder: Option<Text>,
    /// The handle that holds it.
    pub(super) session: Text,
    /// Until when unless renewed.
    pub(super) until: Ms,
}

impl Lease {
    /// Answers a wish to lead, with the lease to store when it changed. A holder of the same name but another handle is
    /// the same process before its restart.
    pub(super) fn ask(&self, who: &Text, session: &Text, ttl: Span, now: Now) -> (Lead, Option<Self>) {
        let until = now.wall + ttl;
        let same = self.holder.as_ref() == Some(who);
        let fence = match &self.holder {
            Some(_) if same && self.session == *session => self.fence,
            Some(by) if !same && self.runs(ttl, now.wall) && !gives_way(by, who) => {
                return (Lead::Taken { by: by.clone(), until: self.until }, None);
            }
            _ => self.fence + 1,
        };
        let lease = Self { fence, holder: Some(who.clone()), session: session.clone(), until };
        (Lead::Held { fence: Fence(fence), until }, Some(lease))
    }

    /// Not over yet, and not of a clock that ran ahead: a holder that lives renews in time, and would not be ahead for long.
    fn runs(&self, ttl: Span, now: Ms) -> bool {
        now < self.until && self.until.since(now) <= ttl * 2
    }

    /// Given back: nobody leads, and the old fence is worth nothing.
    pub(super) fn given_back(&self) -> Self {
        Self { holder: None, ..self.clone() }
    }

    /// Only the newest fence may act, until someone takes over. That its time ran out alone does no harm.
    ///
    /// # Errors
    /// `Fenced` with who leads by now.
    pub(super) fn check(&self, fence: Fence) -> Result<(), LedgerError> {
        match &self.holder {
            Some(_) if self.fence == fence.0 => Ok(()),
            Some(by) => Err(LedgerError::Fenced { by: by.to_string() }),
            None => Err(LedgerError::Fenced { by: "nobody: the lease was given back".into() }),
        }
    }
}

/// Who only records gives way to who pages: an incident that nobody is paged for must not stay so because a dashboard is open.
fn gives_way(holder: &str, asker: &str) -> bool {
    holder.ends_with(PAGES_NOBODY) && !asker.ends_with(PAGES_NOBODY)
}
