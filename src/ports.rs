//! The traits between the ground and the world. Edges implement them; the engine, jobs and screens know only these.
//!
//! Futures are boxed so that the traits stay object-safe. Errors are values of the field (which address, which row, what to
//! try), never of a library.

use crate::domain::base::{CommitId, IncidentId, Labels, Mono, Ms, Now, Seq, Span, Text};
use crate::domain::incident::{Change, Entry, Silence, SilenceRecord};
use crate::domain::measure::{Ask, Batch, Coverage, Part, PartName, Selector, Sink};
use crate::domain::paging::{Commit, Dispatch, DispatchId, Limit, PlannedSilence, SendOutcome, Settlement};
use crate::domain::view::{Answer, Command, InboundAlert, Question, Refusal, Snapshot};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::watch;

/// A boxed future.
pub type Job<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Reads both clocks and sleeps. The only source of time.
pub trait Clock: Send + Sync {
    /// Both readings, taken together.
    fn now(&self) -> Now;
    /// Completes when the monotonic clock reaches `at`.
    fn sleep_until(&self, at: Mono) -> Job<'_, ()>;
}

/// Why a source did not answer. Texts carry no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SourceError {
    /// No connection.
    #[error("{url} could not be reached: {why}")]
    Unreachable {
        /// Address without credentials.
        url: String,
        /// In words.
        why: String,
    },
    /// Accepted and did not answer in time.
    #[error("{url} did not answer within {}s", after.secs_f64())]
    Timeout {
        /// Address.
        url: String,
        /// How long was waited.
        after: Span,
    },
    /// Credentials missing or refused.
    #[error("{url} refused the credentials (HTTP {status})")]
    Unauthorized {
        /// Address.
        url: String,
        /// 401 or 403.
        status: u16,
    },
    /// The server understood and refused: bad query, too many samples, not found.
    #[error("{url} refused the query: {message}")]
    Refused {
        /// Address.
        url: String,
        /// The server's words, cut and cleaned.
        message: String,
    },
    /// The server failed (5xx, 429).
    #[error("{url} failed (HTTP {status}): {message}")]
    Failed {
        /// Address.
        url: String,
        /// Status.
        status: u16,
        /// Its words, cut and cleaned.
        message: String,
        /// When the server asked to come back.
        retry_after: Option<Span>,
    },
    /// The answer is no Prometheus answer (HTML of a proxy, cut off, not JSON).
    #[error("{url} sent something that is no Prometheus answer: {what}")]
    Garbled {
        /// Address.
        url: String,
        /// What came.
        what: String,
    },
    /// More series or samples than allowed.
    #[error("{url} has more than {limit} {what} for {selector}; narrow the selector")]
    TooMuch {
        /// Address.
        url: String,
        /// `series` or `samples`.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// The selector.
        selector: String,
    },
    /// The circuit is open: not asked.
    #[error("{url} is not asked until {until}: {why}")]
    CircuitOpen {
        /// Address.
        url: String,
        /// Next try.
        until: Ms,
        /// The last error.
        why: String,
    },
    /// A recorded source cannot evaluate this.
    #[error("recorded samples cannot answer this: {0}")]
    Unsupported(String),
}

impl SourceError {
    /// What is wrong at the source, for who asks once and goes: a source that is left alone for a while is told by what made it
    /// so, not by when a program that has ended would ask it again.
    pub fn plainly(&self) -> String {
        match self {
            Self::CircuitOpen { why, .. } => why.clone(),
            other => other.to_string(),
        }
    }

    /// Asking the same again later may help.
    pub const fn is_transient(&self) -> bool {
        !matches!(self, Self::Unauthorized { .. } | Self::Refused { .. } | Self::TooMuch { .. } | Self::Unsupported(_))
    }
}

/// Where samples come from. It returns samples, never counts.
pub trait MetricSource: Send + Sync {
    /// The address without credentials, or the file.
    fn name(&self) -> Text;
    /// Reads what is asked into `into`. Samples outside the span asked for never reach it.
    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>>;
    /// Reads several questions of one tick; answers come in their order, each with its own end. A source that can answer many
    /// by one request does so.
    fn read_many<'a>(&'a self, asks: &'a [Ask]) -> Job<'a, Vec<Result<(Batch, Coverage), SourceError>>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(asks.len());
            for ask in asks {
                let mut batch = Batch::default();
                answers.push(self.read(ask, &mut batch).await.map(|coverage| (batch, coverage)));
            }
            answers
        })
    }
    /// The source of that name, where this one stands for several. One that is the only one, such as a recording, answers for
    /// every name.
    fn of(&self, _name: &str) -> Option<Arc<dyn MetricSource>> {
        None
    }
    /// A person does not want to wait: a source that is left alone for a while because it failed is asked again with the next
    /// question.
    fn hurry(&self) {}
    /// Whether there is a source of that name.
    fn has(&self, _name: &str) -> bool {
        true
    }
    /// Label sets that match any of the selectors within the span.
    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>>;
}

/// The source of a name among `all`; the default one without a name, and where there is only one.
pub fn source_of(all: &Arc<dyn MetricSource>, name: Option<&str>) -> Arc<dyn MetricSource> {
    name.and_then(|name| all.of(name)).unwrap_or_else(|| Arc::clone(all))
}

/// Why a ledger did not do it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LedgerError {
    /// Cannot be opened, read or written.
    #[error("{path}: {why}")]
    Unavailable {
        /// The file.
        path: String,
        /// In words, with what to try.
        why: String,
    },
    /// Another process leads by now; the fence is old.
    #[error("another process ({by}) leads this ledger now")]
    Fenced {
        /// Who.
        by: String,
    },
    /// The incident has newer entries than the decision knew of.
    #[error("{incident} changed meanwhile; read it again and decide anew")]
    Conflict {
        /// Which.
        incident: IncidentId,
    },
    /// A stored entry cannot be read or its hash is wrong.
    #[error("{path}: entry {} is damaged: {why}", seq.0)]
    Damaged {
        /// The file.
        path: String,
        /// Which entry.
        seq: Seq,
        /// In words.
        why: String,
    },
    /// Made by a newer burnledger.
    #[error("{path} was written by a newer burnledger (schema {found}, this program knows {known}); nothing was changed")]
    Newer {
        /// The file.
        path: String,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// What was asked makes no sense on this ledger; nothing was recorded. A mistake of the caller, not of the file.
    #[error("the ledger refused this: {0}")]
    Refused(String),
}

/// Right to lead: grows with every change of leader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub u64);

/// Ends the names under which a lease is held by a process that records but pages nobody, such as a dashboard: it gives way
/// at once to a process that pages.
pub const PAGES_NOBODY: &str = " (pages nobody)";

/// Answer to a wish to lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// We lead until the time given unless renewed.
    Held {
        /// The fence to commit under.
        fence: Fence,
        /// Until when.
        until: Ms,
    },
    /// Someone else leads.
    Taken {
        /// Who.
        by: Text,
        /// Until when unless renewed.
        until: Ms,
    },
}

/// The append-only ledger with its outbox and lease. Two processes on one ledger are the normal case.
pub trait Ledger: Send + Sync {
    /// The ledger's own random id, made when it was created; part of every page's key.
    fn id(&self) -> Text;
    /// The file, or `memory`.
    fn name(&self) -> Text;
    /// Records entries and dispatches in one transaction. With a fence, only while that fence leads. A repeated commit id
    /// returns the entries of the first. `now` becomes `recorded_at`, of dispatches `created`.
    fn commit(&self, commit: Commit, fence: Option<Fence>, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>>;
    /// Entries after `after`, in order, at most `limit`.
    fn since(&self, after: Seq, limit: usize) -> Job<'_, Result<Vec<Entry>, LedgerError>>;
    /// Completes when there is an entry after `after`, from this process or another.
    fn changed(&self, after: Seq) -> Job<'_, ()>;
    /// Asks for or renews the lease. `who` tells living processes apart (host and process id); the same `who` from a new
    /// handle is a restart: it takes over at once under a new fence. A holder whose name ends in [`PAGES_NOBODY`] gives way
    /// to any other name that does not.
    fn lead(&self, who: Text, ttl: Span, now: Now) -> Job<'_, Result<Lead, LedgerError>>;
    /// Gives the lease back.
    fn resign(&self, fence: Fence) -> Job<'_, Result<(), LedgerError>>;
    /// Takes due rows of the outbox for sending: pending ones whose time has come, and ones that an older fence left in
    /// `Sending` (marked `possible_repeat`). At most one row per incident and receiver, the oldest, so that order is kept.
    fn claim(&self, fence: Fence, limit: usize, now: Now) -> Job<'_, Result<Vec<Dispatch>, LedgerError>>;
    /// Writes back how a claimed row ended; a final outcome adds a `Paged` entry in the same transaction. A row that has
    /// ended already, or is being tried once more since, is left as it is and adds nothing.
    fn settle(&self, id: DispatchId, settlement: Settlement, fence: Fence, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>>;
    /// Rows of the outbox: of one incident, or all that have not reached their end.
    fn dispatches(&self, incident: Option<IncidentId>) -> Job<'_, Result<Vec<Dispatch>, LedgerError>>;
}

/// A feed in the history on disk: the same measuring of the same source has the same key in every process.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedKey(pub Text);

/// What is to be kept of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSave {
    /// Whose.
    pub feed: FeedKey,
    /// Parts that take the place of those of the same name.
    pub parts: Vec<Part>,
    /// Pages before this number are forgotten.
    pub forget_before: i64,
}

/// What is wanted back of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedWish {
    /// Whose.
    pub feed: FeedKey,
    /// Slices one by one are wanted from this page on.
    pub slices_from: i64,
}

/// A feed as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedParts {
    /// Whose.
    pub feed: FeedKey,
    /// Parts that are whole.
    pub parts: Vec<Part>,
    /// Parts that are damaged, by name; they are not among the others.
    pub damaged: Vec<PartName>,
}

/// Why the history on disk did not do it. Nothing depends on it but how much a restart must read again.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{path}: {why}")]
pub struct StoreError {
    /// The file.
    pub path: String,
    /// In words, with what to try.
    pub why: String,
}

/// The history on disk, a file of its own beside the ledger.
pub trait SliceStore: Send + Sync {
    /// The file.
    fn name(&self) -> Text;
    /// Keeps parts of feeds: of each feed all or none. `now` tells which feeds nobody has kept for long; those are forgotten.
    fn append(&self, saves: Vec<FeedSave>, now: Ms) -> Job<'_, Result<(), StoreError>>;
    /// What is kept of feeds; ones that are not known are left out.
    fn scan(&self, wishes: Vec<FeedWish>) -> Job<'_, Result<Vec<FeedParts>, StoreError>>;
}

/// A receiver of pages.
pub trait Notifier: Send + Sync {
    /// Its name in the config.
    fn name(&self) -> Text;
    /// Sends one page and classifies the answer by its body. Never panics, never blocks beyond its time-outs (10 s).
    fn deliver<'a>(&'a self, dispatch: &'a Dispatch, now: Now) -> Job<'a, SendOutcome>;
    /// How many messages it takes; the courier keeps to it.
    fn limit(&self) -> Limit {
        Limit::per_minute(60)
    }
    /// How long the courier waits for it: a little more than its own time-outs.
    fn patience(&self) -> Span {
        Span::from_secs(15)
    }
    /// How often it must hear of a live incident so as not to forget it; absent for receivers that remember.
    fn keep_alive_every(&self) -> Option<Span> {
        None
    }
    /// Tells it again what it was told last, without paging anybody anew. Only asked of receivers that forget.
    fn keep_alive<'a>(&'a self, last: &'a Dispatch, now: Now) -> Job<'a, SendOutcome> {
        self.deliver(last, now)
    }
}

/// What screens and the API talk to.
pub trait Desk: Send + Sync {
    /// Snapshots: the latest wins.
    fn snapshots(&self) -> watch::Receiver<Arc<Snapshot>>;
    /// Answers a question from the ledger.
    fn ask(&self, question: Question) -> Job<'_, Result<Answer, Refusal>>;
    /// A person does not want to wait: sources and links that are left alone for a while because they failed are tried again
    /// without waiting for that to end.
    fn hurry(&self) {}
    /// Carries out an order once; a repeated id returns the first result.
    fn order(&self, id: CommitId, command: Command) -> Job<'_, Result<Vec<Entry>, Refusal>>;
}

/// Silences that people made, and those of the configuration.
pub type Silences = (Vec<SilenceRecord>, Vec<PlannedSilence>);

/// Takes in what other tools tell, and what people say of the ledger at large.
pub trait Intake: Send + Sync {
    /// Every silence that people made and that is remembered, and those of the configuration.
    fn silences(&self) -> Job<'_, Result<Silences, Refusal>>;
    /// Holds pages back. `everything`: a scope that names nothing is meant so. `once`: a request of the same name is carried out
    /// once.
    fn silence(
        &self,
        silence: Silence,
        everything: bool,
        by: Text,
        once: Option<CommitId>,
    ) -> Job<'_, Result<SilenceRecord, Refusal>>;
    /// Ends a silence before its time.
    fn end_silence(&self, id: Seq, reason: Text, by: Text, once: Option<CommitId>) -> Job<'_, Result<Seq, Refusal>>;
    /// Records a change that somebody made, now or at `at`. Returns its entry.
    fn change(&self, change: Change, at: Option<Ms>, by: Text) -> Job<'_, Result<Seq, Refusal>>;
    /// Gives each alert its place: the incident that it belongs to, or none when it says nothing new.
    fn alerts(&self, alerts: Vec<InboundAlert>) -> Job<'_, Result<Vec<Option<IncidentId>>, Refusal>>;
}
