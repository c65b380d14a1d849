//! Incidents: facts in a ledger, the state they add up to, and what may be done next.
//!
//! An incident changes only by applying committed entries; its state is a fold over them.

pub mod correction;
pub mod entry;
pub mod fold;
pub mod transition;
pub mod union;
pub mod collection;
pub mod decide;
pub mod order;
pub mod transfer;
pub mod impact;
pub mod notice;

pub use collection::Incidents;
pub use correction::{Correction, CorrectionRecord, Moment, Ruling};
pub use decide::{Act, NotPossible, acknowledgement_lasts};
pub use entry::{
    Absorbed, Actor, Entry, EntryHash, Evidence, Fact, ImpactRecord, IncidentRef, NewEntry, Note, Onset, Outcome, ReasonText,
    RuleFired,
};
pub use fold::{EvidenceRecord, Incident, Milestones, PageRecord, Phase};
pub use impact::{BadSoFar, BucketTest};
pub use notice::{
    AtLarge, CHANGE_BEFORE, Change, ChangeRecord, HeardAlert, HeldPages, LONGEST_SILENCE, Notice, Scope, Silence, SilenceRecord,
};
pub use order::{Declaration, declare, merge, split};
pub use transition::FoldProblem;

#[cfg(test)]
mod tests;
