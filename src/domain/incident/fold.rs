//! An incident's state, folded from its entries. Replaying the entries gives the same state.

use super::correction::{Correction, CorrectionRecord, Ruling};
use super::entry::{Actor, Entry, Evidence, Fact, ImpactRecord, Note, Outcome, ReasonText, RuleFired};
use super::notice::HeldPages;
use crate::domain::base::{IncidentId, Ms, Seq, Severity, SloId, Span, Text};
use crate::domain::cost::{CostSheet, Restates};

/// Where an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// A breach without a page.
    Suspected,
    /// A rule fired; nobody has it.
    Open,
    /// A person has it.
    Acknowledged,
    /// The bad run ended.
    Mitigated,
    /// Ended.
    Resolved,
    /// Done with.
    Closed,
}

impl Phase {
    /// The contract's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Suspected => "suspected",
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Mitigated => "mitigated",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }

    /// True until resolved: rules and pages still concern it.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Suspected | Self::Open | Self::Acknowledged | Self::Mitigated)
    }
}

/// The moments of an incident (SEMANTICS 7); unknown stays unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Milestones {
    /// Start of the first bad bucket.
    pub impact_start: Option<Ms>,
    /// First evaluation whose rule fired.
    pub detected: Option<Ms>,
    /// First page row.
    pub paged: Option<Ms>,
    /// First page accepted by a receiver.
    pub delivered: Option<Ms>,
    /// First human acknowledgement.
    pub acknowledged: Option<Ms>,
    /// Impact end that lasted for `clear`.
    pub mitigated: Option<Ms>,
    /// End of the last bad bucket.
    pub impact_end: Option<Ms>,
    /// End, by rule or person.
    pub resolved: Option<Ms>,
    /// Postmortem done, or never paged.
    pub closed: Option<Ms>,
}

/// One page of an incident as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRecord {
    /// Receiver's name.
    pub receiver: Text,
    /// `first`, `raised`, `repeat`, `resolved`, ...
    pub kind: Text,
    /// Severity told.
    pub severity: Severity,
    /// When its row was made.
    pub created: Ms,
    /// When it was accepted.
    pub delivered: Option<Ms>,
    /// Tries.
    pub attempts: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// The receiver's answer.
    pub detail: Text,
}

/// Something attached, with who attached it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceRecord {
    /// Its entry.
    pub seq: Seq,
    /// When what it shows happened.
    pub at: Ms,
    /// Who attached it.
    pub by: Actor,
    /// What it is.
    pub evidence: Evidence,
}

/// An incident: the fold of its entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// The service it began with.
    pub service: Text,
    /// Services of the tree with their SLOs, the first one first.
    pub services: Vec<(Text, Vec<SloId>)>,
    /// Where it stands.
    pub phase: Phase,
    /// Data is missing since then.
    pub no_data_since: Option<Ms>,
    /// Practised, not real.
    pub drill: bool,
    /// Severity now; the last one once it is resolved. Absent while only suspected.
    pub severity: Option<Severity>,
    /// Highest severity it had.
    pub peak_severity: Option<Severity>,
    /// Every change of severity.
    pub severity_history: Vec<(Ms, Severity)>,
    /// Moments.
    pub milestones: Milestones,
    /// Who acknowledged last, and when; absent when taken back.
    pub acknowledged_by: Option<(Text, Ms)>,
    /// The highest severity that was acknowledged.
    pub acknowledged_severity: Option<Severity>,
    /// How often it reopened.
    pub flaps: u32,
    /// Rules that fired last.
    pub rules: Vec<RuleFired>,
    /// Reasons told last.
    pub reasons: Vec<ReasonText>,
    /// Impact as recorded last; absent until it was measured.
    pub impact: Option<ImpactRecord>,
    /// Cost as recorded last.
    pub cost: Option<CostSheet>,
    /// Pages that reached their end.
    pub pages: Vec<PageRecord>,
    /// Pages that were held back, oldest first.
    pub held: Vec<(Ms, HeldPages)>,
    /// Alerts of other tools that fire, by their name for it.
    pub alerts: Vec<Text>,
    /// The older incident that goes on in its place.
    pub merged_into: Option<IncidentId>,
    /// Younger incidents that became part of it.
    pub absorbed: Vec<IncidentId>,
    /// Incidents that a person split it from: rules never join them again.
    pub apart_from: Vec<IncidentId>,
    /// The service that was named as the probable cause; see [`Incident::suspect`].
    pub named_suspect: Option<Text>,
    /// Class of the root cause; absent while nobody told it.
    pub root_cause: Option<Text>,
    /// What people attached.
    pub evidence: Vec<EvidenceRecord>,
    /// What people corrected, in order.
    pub corrections: Vec<CorrectionRecord>,
    /// Corrected times and figures that stand against later measurements.
    pub pinned: Vec<Correction>,
    /// A severity that a person set.
    pub ruling: Option<Ruling>,
    /// Its entries, in order.
    pub entries: Vec<Entry>,
    /// Hash of the rulebook it opened under.
    pub rulebook: Text,
    /// The last entry folded in.
    pub last_seq: Seq,
}

impl Incident {
    /// Clocks of SEMANTICS 7: detection after impact start; zero when found before.
    pub fn time_to_detect(&self) -> Option<Span> {
        Some(self.milestones.detected?.since(self.milestones.impact_start?))
    }

    /// Found before users were hurt.
    pub fn is_proactive(&self) -> bool {
        matches!((self.milestones.detected, self.milestones.impact_start), (Some(d), Some(s)) if d < s)
    }

    /// First human acknowledgement after the first page (after detection when nobody was paged).
    pub fn time_to_acknowledge(&self) -> Option<Span> {
        Some(self.milestones.acknowledged?.since(self.milestones.paged.or(self.milestones.detected)?))
    }

    /// Mitigation after impact start.
    pub fn time_to_mitigate(&self) -> Option<Span> {
        Some(self.milestones.mitigated?.since(self.milestones.impact_start?))
    }

    /// Resolution after impact start.
    pub fn time_to_resolve(&self) -> Option<Span> {
        Some(self.milestones.resolved?.since(self.milestones.impact_start?))
    }

    /// Notes with their entries, in the order in which they were recorded.
    pub fn notes(&self) -> impl Iterator<Item = (&Entry, &Note)> {
        self.entries.iter().filter_map(|e| match &e.fact {
            Fact::Note(note) => Some((e, note)),
            _ => None,
        })
    }

    /// The cost recorded last, and its entry.
    pub fn last_cost(&self) -> Option<(Seq, &CostSheet)> {
        self.entries.iter().rev().find_map(|e| match &e.fact {
            Fact::Costed(sheet) => Some((e.seq, sheet)),
            _ => None,
        })
    }

    /// What a new cost would replace, and why; absent when none is recorded.
    pub fn restates(&self, reason: &str) -> Option<Restates> {
        let (seq, sheet) = self.last_cost()?;
        Some(Restates { seq, total: sheet.total, reason: reason.into() })
    }
}
