//! Dispatches: rows of the outbox. Pages go out at least once, in order per incident and receiver.

use crate::domain::base::{IncidentId, Money, Ms, Severity, SloId, Span, Text};
use crate::domain::incident::{IncidentRef, ReasonText};

/// Number of a row in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DispatchId(pub u64);

/// Why a page is sent; quoted by pages and screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DispatchKind {
    /// The incident opened.
    First,
    /// Severity rose.
    Raised,
    /// Nobody acknowledged for `repeat`.
    Repeat,
    /// Nobody acknowledged for `escalate_after`.
    Escalated,
    /// It reopened.
    Reopened,
    /// Data stopped coming.
    NoData,
    /// It ended.
    Resolved,
    /// A marked test.
    Test,
    /// A response is run: at most once.
    Response,
    /// "I am alive": never in the outbox.
    Heartbeat,
}

impl DispatchKind {
    /// The contract's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Raised => "raised",
            Self::Repeat => "repeat",
            Self::Escalated => "escalated",
            Self::Reopened => "reopened",
            Self::NoData => "no_data",
            Self::Resolved => "resolved",
            Self::Test => "test",
            Self::Response => "response",
            Self::Heartbeat => "heartbeat",
        }
    }

    /// Every kind, for reading stored rows.
    pub const ALL: [Self; 10] = [
        Self::First,
        Self::Raised,
        Self::Repeat,
        Self::Escalated,
        Self::Reopened,
        Self::NoData,
        Self::Resolved,
        Self::Test,
        Self::Response,
        Self::Heartbeat,
    ];

    /// It tells people of an incident, as opposed to tests, responses and signs of life.
    pub const fn is_page(self) -> bool {
        !matches!(self, Self::Test | Self::Response | Self::Heartbeat)
    }
}

/// What a page says, in values; receivers and `words` give it form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageContent {
    /// The service.
    pub service: Text,
    /// SLOs that are bad.
    pub slos: Vec<SloId>,
    /// The service that seems to be the cause, where the incident has several and one was named.
    pub suspect: Option<Text>,
    /// Who is paged.
    pub owner: Option<Text>,
    /// Since when users are hurt.
    pub impact_start: Option<Ms>,
    /// When it was detected.
    pub detected: Option<Ms>,
    /// When it ended, for resolved pages.
    pub resolved: Option<Ms>,
    /// Why, in numbers and words.
    pub reasons: Vec<ReasonText>,
    /// Bad events so far.
    pub bad: Option<f64>,
    /// All events so far.
    pub total: Option<f64>,
    /// Share of the budget left of the worst SLO.
    pub budget_remaining: Option<f64>,
    /// Cost so far; absent when not estimated.
    pub cost_so_far: Option<Money>,
    /// Cost a minute now.
    pub cost_per_minute: Option<Money>,
    /// Where the runbook is.
    pub runbook: Option<Text>,
    /// Changes that were made shortly before it began, in words.
    pub changes: Vec<Text>,
    /// The environment's name.
    pub environment: Option<Text>,
    /// The ledger is down: nothing of this is recorded.
    pub not_recorded: bool,
    /// Practised, not real.
    pub drill: bool,
}

/// A page that wants to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct NewDispatch {
    /// Its incident.
    pub incident: IncidentRef,
    /// Why it is sent.
    pub kind: DispatchKind,
    /// Severity it tells.
    pub severity: Severity,
    /// Escalation level, from 0.
    pub level: u8,
    /// Receiver's name in the config.
    pub receiver: Text,
    /// Distinguishes repeats of one kind.
    pub number: u32,
    /// What it says.
    pub content: PageContent,
}

/// Where a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DispatchState {
    /// Waits for its time.
    Pending,
    /// Claimed by a courier; after a crash it is sent again.
    Sending,
    /// Accepted in the receiver's own terms.
    Delivered,
    /// Refused for good.
    Failed,
    /// Given up, or merged into a later page.
    Dropped,
}

/// A row of the outbox.
#[derive(Clone, Debug, PartialEq)]
pub struct Dispatch {
    /// Row number.
    pub id: DispatchId,
    /// Its incident.
    pub incident: IncidentId,
    /// Idempotency key: `burnledger/<ledger id>/<incident>`; the same for every page of an incident.
    pub key: Text,
    /// Why it is sent.
    pub kind: DispatchKind,
    /// Severity it tells.
    pub severity: Severity,
    /// Escalation level.
    pub level: u8,
    /// Receiver's name.
    pub receiver: Text,
    /// Distinguishes repeats of one kind.
    pub number: u32,
    /// What it says.
    pub content: PageContent,
    /// When the row was made.
    pub created: Ms,
    /// Tries so far.
    pub attempts: u32,
    /// Not before; of a sign of life, when the next one comes.
    pub next_at: Ms,
    /// Where it stands.
    pub state: DispatchState,
    /// It was being sent when the program died: the receiver may have it already.
    pub possible_repeat: bool,
    /// The last answer, cut and cleaned.
    pub detail: Text,
    /// When it reached its end.
    pub settled: Option<Ms>,
}

/// A receiver's answer, classified by its body and status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// Accepted.
    Delivered {
        /// The answer, cut and cleaned of control characters and secrets.
        detail: Text,
    },
    /// Try again.
    Retry {
        /// Not before so long, when the receiver said.
        after: Option<Span>,
        /// Why.
        why: Text,
    },
    /// Trying again makes no sense.
    Permanent {
        /// Why.
        why: Text,
    },
}

/// What the courier writes back.
#[derive(Clone, Debug, PartialEq)]
pub enum Settlement {
    /// Accepted.
    Delivered {
        /// The receiver's answer.
        detail: Text,
    },
    /// Try again at `at`.
    RetryAt {
        /// The try that failed, from 1. Said once more after a later try began, because the answer was lost, it changes nothing.
        attempt: u32,
        /// When.
        at: Ms,
        /// Why the last try failed.
        why: Text,
    },
    /// Refused for good.
    Failed {
        /// Why.
        why: Text,
        /// The same page for another receiver, when one is left.
        instead: Option<Box<NewDispatch>>,
    },
    /// Given up or replaced.
    Dropped {
        /// Why.
        why: Text,
    },
}
