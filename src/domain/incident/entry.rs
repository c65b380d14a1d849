//! Entries: one fact each, append-only. `wire` gives them their versioned stored form.

use super::correction::Correction;
use super::notice::{HeardAlert, HeldPages, Notice};
use crate::domain::base::{CommitId, IncidentId, Interval, Ms, Seq, Severity, SloId, Text};
use crate::domain::cost::CostSheet;

/// SHA-256 of an entry's stored bytes and its predecessor's hash.
pub type EntryHash = [u8; 32];

/// Who caused an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// burnledger itself.
    Auto,
    /// A person, by the name they gave.
    Person(Text),
}

/// Which incident an entry belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IncidentRef {
    /// One that has a number.
    Known(IncidentId),
    /// The n-th incident that this commit opens; the ledger gives it a number.
    Opens(u8),
}

/// A reason as it was told when the entry was made: numbers and the words of that moment.
#[derive(Clone, Debug, PartialEq)]
pub struct ReasonText {
    /// The reason's code (`burn_rate`, `error_ratio`, ...).
    pub code: Text,
    /// Measured value.
    pub value: f64,
    /// Level.
    pub threshold: f64,
    /// In words.
    pub text: Text,
}

/// A rule that fired, by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleFired {
    /// The SLO.
    pub slo: SloId,
    /// The rule's name, as [`crate::domain::objective::Tier`] prints it.
    pub rule: Text,
    /// Its severity.
    pub severity: Severity,
}

/// How an incident began.
#[derive(Clone, Debug, PartialEq)]
pub struct Onset {
    /// The service.
    pub service: Text,
    /// SLOs that are bad.
    pub slos: Vec<SloId>,
    /// Severity at opening; absent while only suspected.
    pub severity: Option<Severity>,
    /// The rules.
    pub rules: Vec<RuleFired>,
    /// Why, in numbers and words.
    pub reasons: Vec<ReasonText>,
    /// Start of the bad run, from samples.
    pub impact_start: Ms,
    /// First evaluation whose rule fired.
    pub detected: Ms,
    /// Hash of the rulebook in force.
    pub rulebook: Text,
    /// Practised, not real: kept out of cost and statistics.
    pub drill: bool,
}

/// What users lost, as measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImpactRecord {
    /// Bad events within the intervals.
    pub bad: f64,
    /// All events within the intervals.
    pub total: Option<f64>,
    /// Least bad events.
    pub bad_low: f64,
    /// Most bad events.
    pub bad_high: f64,
    /// Bad intervals, ascending and apart.
    pub intervals: Vec<Interval>,
    /// Share of the period's budget spent within the intervals, per SLO.
    pub budget_spent: Vec<(SloId, f64)>,
}

/// The final outcome of a page, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver accepted, in its own terms.
    Delivered,
    /// The receiver refused for good.
    Failed,
    /// Given up or replaced by a later page.
    Dropped,
}

/// Something that a person attached: a link, words, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What it is: one of [`Evidence::KINDS`].
    pub kind: Text,
    /// In words.
    pub text: Text,
    /// Where it is; `http` or `https`.
    pub url: Option<Text>,
}

impl Evidence {
    /// Kinds of evidence.
    pub const KINDS: [&str; 8] = ["trace", "profile", "dashboard", "log", "deploy", "change", "ticket", "other"];
}

/// Words of a person for the timeline, and what they are beside that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note {
    /// The words.
    pub text: Text,
    /// Something that is to be done afterwards: it stands among the action items of the postmortem.
    pub action_item: bool,
    /// Customers may read it.
    pub customer_visible: bool,
}

impl From<Text> for Note {
    fn from(text: Text) -> Self {
        Self { text, ..Self::default() }
    }
}

impl From<&str> for Note {
    fn from(text: &str) -> Self {
        Text::from(text).into()
    }
}

impl From<String> for Note {
    fn from(text: String) -> Self {
        Text::from(text).into()
    }
}

/// What an incident brings into the older one that goes on in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Absorbed {
    /// The younger incident.
    pub from: IncidentId,
    /// Its services with their SLOs.
    pub services: Vec<(Text, Vec<SloId>)>,
    /// When its impact began.
    pub impact_start: Option<Ms>,
    /// When it was detected.
    pub detected: Option<Ms>,
    /// Its severity.
    pub severity: Option<Severity>,
    /// Every rule that fired in it.
    pub rules: Vec<RuleFired>,
    /// Its impact, when it had ended already: one that lives is measured anew with the new services.
    pub impact: Option<ImpactRecord>,
    /// Why, in a person's words; empty when by rule.
    pub reason: Text,
}

/// One fact. Later facts extend this list; stored forms carry kind and version (`wire`).
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// A breach was seen that no rule pages for yet.
    Suspected(Onset),
    /// A rule fired (or a person declared it).
    Opened(Onset),
    /// Another SLO or service of the same tree joined.
    Joined {
        /// Its service.
        service: Text,
        /// SLOs that joined.
        slos: Vec<SloId>,
        /// Start of their bad run, when samples told it.
        impact_start: Option<Ms>,
        /// The rules of these SLOs that fired.
        rules: Vec<RuleFired>,
    },
    /// Severity rose or fell.
    SeverityChanged {
        /// Before.
        from: Severity,
        /// After.
        to: Severity,
        /// Rules that fire now.
        rules: Vec<RuleFired>,
        /// Why.
        reasons: Vec<ReasonText>,
    },
    /// A person has it.
    Acknowledged,
    /// An acknowledgement was taken back.
    Unacknowledged,
    /// The bad run ended; `at` is the impact end, or when a person said that users are served again.
    Mitigated {
        /// Why, in a person's words; empty when by rule.
        reason: Text,
        /// Impact so far, when measured at that moment.
        impact: Option<ImpactRecord>,
    },
    /// Ended, by rule or by a person.
    Resolved {
        /// Why, in a person's words; empty when by rule.
        reason: Text,
        /// Impact, when measured at that moment.
        impact: Option<ImpactRecord>,
    },
    /// Bad again within the reopen window.
    Reopened {
        /// Start of the new bad run.
        impact_start: Ms,
        /// Rules that fire.
        rules: Vec<RuleFired>,
        /// Why.
        reasons: Vec<ReasonText>,
    },
    /// Nothing more will happen: the postmortem is done, or it cleared before anyone was paged.
    Closed {
        /// It was only suspected and nobody was paged.
        not_paged: bool,
    },
    /// Data stopped coming.
    NoData {
        /// Since when.
        since: Ms,
    },
    /// Data came back.
    DataBack,
    /// Words of a person.
    Note(Note),
    /// A page reached its end, in the receiver's own terms.
    Paged {
        /// Receiver's name.
        receiver: Text,
        /// `first`, `raised`, `repeat`, ...
        kind: Text,
        /// Severity it told.
        severity: Severity,
        /// When the row was made.
        created: Ms,
        /// How often it was tried.
        attempts: u32,
        /// How it ended.
        outcome: Outcome,
        /// The receiver's answer, cut and cleaned.
        detail: Text,
    },
    /// Impact measured again (after a person resolved it, or after late data).
    Measured(ImpactRecord),
    /// What it cost, as computed at that moment; restating adds another.
    Costed(CostSheet),
    /// A fact about the ledger at large; its entry stands under [`IncidentId::LEDGER`].
    Notice(Notice),
    /// Pages are held back: silenced, inhibited, cooling down.
    Held(HeldPages),
    /// Another tool's alert about the same trouble.
    Alerted(HeardAlert),
    /// A younger incident turned out to be part of this one.
    Absorbed(Absorbed),
    /// It is part of an older incident, which goes on in its place.
    Merged {
        /// The older one.
        into: IncidentId,
        /// Why, in a person's words; empty when by rule.
        reason: Text,
    },
    /// Services were taken out into an incident of their own.
    SplitOff {
        /// The new incident; the ledger puts its number in.
        into: IncidentRef,
        /// The services that left.
        services: Vec<Text>,
        /// Why.
        reason: Text,
    },
    /// It was split off another incident, which rules never join it with again.
    SplitFrom {
        /// The other one.
        from: IncidentId,
    },
    /// The service that seems to be the cause, by what depends on what.
    SuspectNamed {
        /// The service.
        service: Text,
    },
    /// Something was attached.
    Evidence(Evidence),
    /// A time, severity, figure or tag is said to be otherwise; the entry names the one it corrects.
    Corrected {
        /// What.
        change: Correction,
        /// Why.
        reason: Text,
    },
}

/// A fact that wants to be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    /// The incident.
    pub incident: IncidentRef,
    /// What happened.
    pub fact: Fact,
    /// When it happened.
    pub at: Ms,
    /// Who caused it.
    pub actor: Actor,
    /// Where it came from: `watch`, `cli`, `tui`, `api`, `demo`.
    pub source: Text,
    /// The entry it corrects.
    pub corrects: Option<Seq>,
}

/// A fact as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Position in the ledger.
    pub seq: Seq,
    /// The incident.
    pub incident: IncidentId,
    /// What happened.
    pub fact: Fact,
    /// When it happened.
    pub at: Ms,
    /// When it was recorded.
    pub recorded_at: Ms,
    /// Who caused it.
    pub actor: Actor,
    /// Where it came from.
    pub source: Text,
    /// The entry it corrects.
    pub corrects: Option<Seq>,
    /// The commit it came with.
    pub commit: CommitId,
    /// Hash over its stored bytes and the previous entry's hash.
    pub hash: EntryHash,
}
