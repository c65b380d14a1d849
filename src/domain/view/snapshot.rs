//! The snapshot: everything known at one instant, immutable, shared by every screen and answer.

use crate::domain::base::{IncidentId, Labels, Language, Money, Ms, Problem, Severity, Span, Text};
use crate::domain::cost::{CostSheet, PartRate};
use crate::domain::incident::{ChangeRecord, ImpactRecord, Incident};
use crate::domain::judge::Verdict;
use crate::domain::objective::Slo;
use std::sync::Arc;

/// Who this program is among those on the same ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// Evaluates and records.
    Leading,
    /// Evaluates and records, but pages nobody.
    Recording,
    /// Another process holds the lease: evaluates for show, records nothing by itself.
    Following {
        /// Who leads.
        leader: Text,
    },
    /// Evaluates for show only; pages nobody and records nothing by itself.
    #[default]
    Watching,
    /// Plays recorded samples.
    Replaying,
}

/// How a source does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SourceState {
    /// No answer yet.
    #[default]
    Connecting,
    /// Reading history; done and all, in reads.
    Filling {
        /// Reads done.
        done: usize,
        /// Reads in all.
        all: usize,
    },
    /// The last read came.
    Live,
    /// The last reads failed.
    Failing {
        /// Since when.
        since: Ms,
        /// The error, in words, without secrets.
        error: Text,
        /// Tries since then.
        tries: u32,
        /// Next try.
        next_try: Option<Ms>,
    },
}

/// A source and its state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceHealth {
    /// Its address without credentials, or the file it plays.
    pub name: Text,
    /// How it does.
    pub state: SourceState,
    /// Last time a read came.
    pub last_good: Option<Ms>,
    /// Warnings of its last answers.
    pub warnings: Vec<Text>,
}

/// One track as screens and answers show it.
#[derive(Clone, Debug)]
pub struct SloRow {
    /// The SLO.
    pub slo: Arc<Slo>,
    /// The group; empty without `group_by`.
    pub group: Labels,
    /// The verdict; absent until the first evaluation.
    pub verdict: Option<Arc<Verdict>>,
    /// Burn rate over 5 minutes at even steps over the last 6 hours, oldest first; NaN where unknown.
    pub spark: Arc<[f32]>,
    /// Burn rate over 1 hour at the same steps.
    pub spark_long: Arc<[f32]>,
    /// Data is older than it should be; the severity is the last one known.
    pub stale: bool,
    /// The open incident it belongs to.
    pub incident: Option<IncidentId>,
    /// The team that owns its service.
    pub owner: Option<Text>,
    /// What is odd about its data, in words: a selector that matches nothing, a bucket that is not there.
    pub doubts: Arc<[Text]>,
}

/// The cost of an open incident, to be told between samples.
#[derive(Clone, Debug, PartialEq)]
pub struct CostTicker {
    /// Cost so far at `at`, in the sheet's currency; absent when not estimated.
    pub so_far: Option<Money>,
    /// Added each minute at the present rate.
    pub per_minute: Option<Money>,
    /// The same line by line.
    pub rates: Vec<PartRate>,
    /// When this was computed.
    pub at: Ms,
    /// Lines behind it.
    pub sheet: Arc<CostSheet>,
}

/// A sentence in every language that screens speak: one snapshot is looked at by people of several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// In English.
    pub en: Text,
    /// In Chinese.
    pub zh: Text,
}

impl Told {
    /// The sentence in a language.
    pub const fn in_language(&self, language: Language) -> &Text {
        match language {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}

impl From<&str> for Told {
    /// A text that is the same in every language: a name, somebody's own words.
    fn from(text: &str) -> Self {
        Self { en: text.into(), zh: text.into() }
    }
}

/// A small series beside an incident.
#[derive(Clone, Debug)]
pub struct Signal {
    /// `availability error ratio`, `search p99`.
    pub name: Told,
    /// Unit: `ratio`, `seconds`, `per_minute`, `burn`.
    pub unit: &'static str,
    /// Values at even steps, oldest first; NaN where unknown.
    pub values: Arc<[f32]>,
    /// Instant of the first value.
    pub from: Ms,
    /// Instant of the last value.
    pub to: Ms,
    /// Levels worth showing: name and value.
    pub levels: Vec<(Text, f64)>,
}

/// What happens next if nothing changes.
#[derive(Clone, Debug, PartialEq)]
pub struct NextEvent {
    /// When.
    pub at: Ms,
    /// What, in words without the time.
    pub text: Told,
}

/// An incident as screens show it.
#[derive(Clone, Debug)]
pub struct IncidentView {
    /// Its folded state.
    pub incident: Arc<Incident>,
    /// Impact as measured now; the recorded one once it is over.
    pub impact: Option<Arc<ImpactRecord>>,
    /// Cost now.
    pub cost: Option<CostTicker>,
    /// Signals from an hour before its start to now.
    pub signals: Vec<Signal>,
    /// What comes next.
    pub next: Vec<NextEvent>,
    /// Least share of budget left among its SLOs.
    pub budget_remaining: Option<f64>,
    /// Seconds until that budget is exhausted.
    pub exhausts_in_seconds: Option<f64>,
    /// Where the runbook is.
    pub runbook: Option<Text>,
    /// Who owns it.
    pub owner: Option<Text>,
    /// How long after its first page somebody should have it: from then on the page goes to the next level, or again.
    pub acknowledge_within: Option<Span>,
    /// What was changed shortly before it and while it went on, oldest first.
    pub changes: Vec<ChangeRecord>,
}

/// A line of recent happenings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecentLine {
    /// When.
    pub at: Ms,
    /// Severity, where there is one.
    pub severity: Option<Severity>,
    /// What, in words.
    pub text: Told,
    /// The incident it belongs to.
    pub incident: Option<IncidentId>,
}

/// How a receiver does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverHealth {
    /// Its name.
    pub name: Text,
    /// Pages that wait for it.
    pub waiting: usize,
    /// Last accepted page.
    pub last_delivered: Option<Ms>,
    /// The last error, when it came after the last accepted page.
    pub error: Option<Text>,
}

/// Another program whose snapshots these are, and how the link to it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Its address without credentials.
    pub address: Text,
    /// Its version of burnledger, once it has answered.
    pub program: Option<Text>,
    /// The name it knows us by, under which orders are recorded.
    pub who: Option<Text>,
    /// Why nothing can be ordered here.
    pub read_only: Option<Text>,
    /// The link is broken: what is shown is what came last.
    pub lost: Option<LostLink>,
    /// How far its clock is ahead of ours, in milliseconds; negative when it is behind.
    pub clock_ahead: i64,
}

/// A link that broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostLink {
    /// Since when.
    pub since: Ms,
    /// Why, in words, without secrets.
    pub error: Text,
    /// Tries since then.
    pub tries: u32,
    /// The next try.
    pub next_try: Ms,
}

/// Everything known at one instant.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    /// The instant evaluated; absent before the first evaluation.
    pub at: Option<Ms>,
    /// The latest sample time that is counted.
    pub data_through: Option<Ms>,
    /// Wall time when this was made.
    pub made: Ms,
    /// Counts snapshots, so that a reader can tell what it missed.
    pub number: u64,
    /// The environment's name.
    pub environment: Text,
    /// Who this program is.
    pub role: Role,
    /// Sources.
    pub sources: Vec<SourceHealth>,
    /// Tracks by SLO id; the groups of one SLO worst first.
    pub slos: Vec<SloRow>,
    /// Live incidents, worst first, then those that ended in the last day.
    pub incidents: Vec<IncidentView>,
    /// How many incidents the ledger holds.
    pub incident_count: usize,
    /// Recent happenings, newest first.
    pub recent: Vec<RecentLine>,
    /// What is wrong with the files in force.
    pub problems: Vec<Problem>,
    /// Receivers.
    pub receivers: Vec<ReceiverHealth>,
    /// The ledger cannot be written: why.
    pub ledger_error: Option<Text>,
    /// What is wrong with the history on disk, in words: nothing depends on it but how much a restart must read.
    pub history: Vec<Text>,
    /// The playing speed when replaying (1 = real time).
    pub speed: Option<f64>,
    /// The recording has ended.
    pub ended: bool,
    /// The program that made this, where it is not this one.
    pub attached: Option<Arc<Attachment>>,
}
