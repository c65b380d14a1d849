//! Ports that fail on order: a source that refuses, hangs until its time-out or answers some asks only, and a ledger whose
//! commits fail before or after they were recorded, meet other people's entries, or cannot be read.

use burnledger::collector::Recorded;
use burnledger::domain::base::{CommitId, IncidentId, Labels, Ms, Now, Seq, Span, Text};
use burnledger::domain::incident::{Actor, Entry, Fact, IncidentRef, NewEntry};
use burnledger::domain::measure::{Ask, Coverage, Selector, Sink};
use burnledger::domain::paging::{Commit, Dispatch, DispatchId, Settlement};
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Fence, Job, Lead, Ledger, LedgerError, MetricSource, SourceError};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How a source behaves in this tick.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    #[default]
    Well,
    Refuses,
    Hangs,
    /// Every n-th ask is answered.
    Answers(usize),
}

pub(crate) struct FaultySource {
    pub(crate) inner: Recorded,
    pub(crate) now: Mutex<Source>,
    pub(crate) asked: AtomicUsize,
}

impl MetricSource for FaultySource {
    fn name(&self) -> Text {
        self.inner.name()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        let (mode, asked) = (*self.now.lock().unwrap(), self.asked.fetch_add(1, Ordering::Relaxed));
        Box::pin(async move {
            let url = || "http://p".to_owned();
            match mode {
                Source::Refuses => Err(SourceError::Unreachable { url: url(), why: "refused".into() }),
                Source::Hangs => {
                    tokio::task::yield_now().await;
                    Err(SourceError::Timeout { url: url(), after: Span::from_secs(10) })
                }
                Source::Answers(n) if asked % n != 0 => {
                    // Some of it comes before the connection breaks off.
                    self.inner.read(ask, into).await?;
                    Err(SourceError::Garbled { url: url(), what: "cut off".into() })
                }
                _ => self.inner.read(ask, into).await,
            }
        })
    }

    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        self.inner.series(of, from, to)
    }
}

/// What goes wrong with the ledger in this tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trouble {
    /// Commits fail and leave nothing.
    pub(crate) fails: bool,
    /// Commits are recorded, the answer is lost.
    pub(crate) loses_answer: bool,
    /// A person is quicker: the first commit finds newer entries.
    pub(crate) note_first: bool,
    /// Entries cannot be read.
    pub(crate) blind: bool,
    /// The outbox cannot be read.
    pub(crate) no_rows: bool,
}

pub(crate) struct FaultyLedger {
    pub(crate) inner: MemoryLedger,
    pub(crate) now: Mutex<Trouble>,
    pub(crate) notes: AtomicUsize,
}

pub(crate) fn down<T>() -> Result<T, LedgerError> {
    Err(LedgerError::Unavailable { path: "memory".into(), why: "the simulation says so".into() })
}

/// A person is quicker than the commit: the `number`-th note on its incident.
pub(crate) async fn note_before(ledger: &MemoryLedger, commit: &Commit, number: usize, now: Now) {
    let known = commit.entries.iter().find_map(|e| match e.incident {
        IncidentRef::Known(id) => Some(id),
        IncidentRef::Opens(_) => None,
    });
    let Some(id) = known else { return };
    let (incident, actor, fact) = (IncidentRef::Known(id), Actor::Person("ann".into()), Fact::Note("looking".into()));
    let entry = NewEntry { incident, fact, at: now.wall, actor, source: "cli".into(), corrects: None };
    let id = CommitId(format!("note-{number}").into());
    let commit = Commit { id, entries: vec![entry], dispatches: Vec::new(), decided_at: None };
    ledger.commit(commit, None, now).await.unwrap();
}

impl FaultyLedger {
    fn trouble(&self) -> Trouble {
        *self.now.lock().unwrap()
    }
}

impl Ledger for FaultyLedger {
    fn id(&self) -> Text {
        self.inner.id()
    }
    fn name(&self) -> Text {
        self.inner.name()
    }
    fn commit(&self, commit: Commit, fence: Option<Fence>, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        Box::pin(async move {
            let trouble = self.trouble();
            if trouble.fails {
                return down();
            }
            if trouble.note_first {
                self.now.lock().unwrap().note_first = false;
                note_before(&self.inner, &commit, self.notes.fetch_add(1, Ordering::Relaxed), now).await;
            }
            let done = self.inner.commit(commit, fence, now).await;
            if trouble.loses_answer && done.is_ok() { down() } else { done }
        })
    }
    fn since(&self, after: Seq, limit: usize) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        if self.trouble().blind { Box::pin(async { down() }) } else { self.inner.since(after, limit) }
    }
    fn changed(&self, after: Seq) -> Job<'_, ()> {
        self.inner.changed(after)
    }
    fn lead(&self, who: Text, ttl: Span, now: Now) -> Job<'_, Result<Lead, LedgerError>> {
        if self.trouble().fails { Box::pin(async { down() }) } else { self.inner.lead(who, ttl, now) }
    }
    fn resign(&self, fence: Fence) -> Job<'_, Result<(), LedgerError>> {
        self.inner.resign(fence)
    }
    fn claim(&self, fence: Fence, limit: usize, now: Now) -> Job<'_, Result<Vec<Dispatch>, LedgerError>> {
        self.inner.claim(fence, limit, now)
    }
    fn settle(&self, id: DispatchId, settlement: Settlement, fence: Fence, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        self.inner.settle(id, settlement, fence, now)
    }
    fn dispatches(&self, incident: Option<IncidentId>) -> Job<'_, Result<Vec<Dispatch>, LedgerError>> {
        if self.trouble().no_rows { Box::pin(async { down() }) } else { self.inner.dispatches(incident) }
    }
}
