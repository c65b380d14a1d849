//! Everything that wakes the engine, and everything it answers with: one closed list each.

use super::board::FeedRef;
use crate::domain::base::{IncidentId, Interval, Ms, Text};
use crate::domain::incident::Entry;
use crate::domain::measure::{Batch, Meter, Role};
use crate::domain::objective::Rulebook;
use crate::domain::paging::{Commit, Dispatch};
use std::sync::Arc;

/// What wakes the engine.
#[derive(Clone, Debug)]
pub enum Event {
    /// A feed's reads were answered, every one of them.
    Answers {
        /// Whose they are.
        feed: FeedRef,
        /// Everything through here is known with them.
        through: Ms,
        /// Samples by term of the plan, in the order of the asks.
        answers: Vec<(Role, Arc<Batch>)>,
    },
    /// What was kept of a feed came back; it goes on from there.
    Restored {
        /// Whose it is.
        feed: FeedRef,
        /// The feed as it was.
        meter: Box<Meter>,
    },
    /// A damaged stretch of a feed was read again.
    Mended {
        /// Whose it is.
        feed: FeedRef,
        /// The stretch, counted.
        with: Box<Meter>,
        /// Which.
        span: Interval,
    },
    /// Reads for `at` are done, as far as they came: everything is judged and decided.
    Tick {
        /// The instant to judge, a multiple of the step.
        at: Ms,
    },
    /// Decide once more on what was judged: others recorded something meanwhile.
    Decide,
    /// Judge `at` without deciding anything: holds are warmed up this way after a start.
    Warm {
        /// The instant to judge.
        at: Ms,
    },
    /// Entries of the ledger, from whoever wrote them, in order. Ones that are known are passed over.
    Entries(Vec<Entry>),
    /// Rows of the outbox for one incident, all of them.
    Rows {
        /// The incident.
        incident: IncidentId,
        /// Its rows.
        rows: Vec<Dispatch>,
    },
    /// Other rules are in force.
    Rulebook(Arc<Rulebook>),
    /// Others are paged.
    Routes(Box<crate::domain::paging::Routes>),
    /// Whether this process leads the ledger.
    Lead(bool),
    /// The clock ran ahead and was set right: what was judged beyond the present was judged without samples.
    SetBack,
    /// Where samples come from, for the ledger's traces.
    Source(Text),
}

/// What the engine wants done.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    /// Facts and pages to record, together. When recording fails the same decision is made again at the next tick.
    pub commit: Option<Commit>,
}
