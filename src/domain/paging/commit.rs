//! A commit: facts and the pages they cause, recorded together or not at all.

use super::NewDispatch;
use crate::domain::base::{CommitId, Seq};
use crate::domain::incident::NewEntry;

/// Entries and pages of one decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Commit {
    /// Names it: a repeated id returns the first result.
    pub id: CommitId,
    /// Facts, in order.
    pub entries: Vec<NewEntry>,
    /// Pages that these facts cause.
    pub dispatches: Vec<NewDispatch>,
    /// The last entry the caller had read when it decided; absent when it does not matter. A ledger that has newer entries
    /// of a touched incident refuses with `Conflict`, so that nothing is decided on stale state.
    pub decided_at: Option<Seq>,
}
