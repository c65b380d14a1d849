//! The ports of one process as the simulation has them: every call may be the last thing that the process ever does, and
//! source and ledger fail on order. What the ledger acknowledged is written down for the auditor.

use super::far::Far;
use crate::sim::faulty::{Source, Trouble, down, note_before};
use burnledger::collector::Recorded;
use burnledger::domain::base::{IncidentId, Labels, Ms, Now, Seq, Span, Text};
use burnledger::domain::incident::Entry;
use burnledger::domain::measure::{Ask, Coverage, Selector, Sink};
use burnledger::domain::paging::{Commit, Dispatch, DispatchId, SendOutcome, Settlement};
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Fence, Job, Lead, Ledger, LedgerError, MetricSource, Notifier, SourceError};
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// When a process dies: after so many more calls to the world, before or after the call did its work.
pub(super) struct Doom {
    left: AtomicI64,
    works_first: AtomicBool,
    dead: watch::Sender<bool>,
    /// Calls so far: when nobody calls any more, everything waits for time to pass.
    pub(super) calls: AtomicU64,
}

impl Doom {
    pub(super) fn new() -> Arc<Self> {
        let (left, calls) = (AtomicI64::new(i64::MAX), AtomicU64::new(0));
        Arc::new(Self { left, works_first: AtomicBool::new(false), dead: watch::Sender::new(false), calls })
    }

    /// It dies at the n-th call from now.
    pub(super) fn set(&self, calls: i64, works_first: bool) {
        self.left.store(calls, Ordering::Relaxed);
        self.works_first.store(works_first, Ordering::Relaxed);
    }

    pub(super) fn is_dead(&self) -> bool {
        *self.dead.borrow()
    }

    /// Completes when it dies.
    pub(super) async fn died(&self) {
        let _ = self.dead.subscribe().wait_for(|dead| *dead).await;
    }

    /// One call. Whoever is dead never comes back from it.
    async fn call<T>(&self, work: impl Future<Output = T>) -> T {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if self.is_dead() {
            return std::future::pending().await;
        }
        if self.left.fetch_sub(1, Ordering::Relaxed) > 1 {
            let out = work.await;
            return if self.is_dead() { std::future::pending().await } else { out };
        }
        if self.works_first.load(Ordering::Relaxed) {
            work.await;
        }
        self.dead.send_replace(true);
        std::future::pending().await
    }
}

/// What the world does to a process, and what it acknowledged.
#[derive(Default)]
pub(super) struct Weather {
    pub(super) source: Mutex<Source>,
    pub(super) ledger: Mutex<Trouble>,
    pub(super) acknowledged: Mutex<Vec<Entry>>,
    asked: AtomicU64,
    notes: AtomicUsize,
}

impl Weather {
    pub(super) fn clear(&self) {
        *self.source.lock().unwrap() = Source::Well;
        *self.ledger.lock().unwrap() = Trouble::default();
    }

    pub(super) fn is_fine(&self) -> bool {
        let trouble = *self.ledger.lock().unwrap();
        let ledger = !(trouble.fails || trouble.loses_answer || trouble.blind || trouble.no_rows);
        *self.source.lock().unwrap() == Source::Well && ledger
    }
}

pub(super) struct DoomedSource {
    pub(super) inner: Arc<Recorded>,
    pub(super) doom: Arc<Doom>,
    pub(super) weather: Arc<Weather>,
}

impl MetricSource for DoomedSource {
    fn name(&self) -> Text {
        self.inner.name()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        let mode = *self.weather.source.lock().unwrap();
        let asked = self.weather.asked.fetch_add(1, Ordering::Relaxed) as usize;
        let url = || "http://p".to_owned();
        Box::pin(self.doom.call(async move {
            match mode {
                Source::Refuses => Err(SourceError::Unreachable { url: url(), why: "refused".into() }),
                Source::Hangs => Err(SourceError::Timeout { url: url(), after: Span::from_secs(10) }),
                Source::Answers(n) if !asked.is_multiple_of(n) => {
                    // Some of it comes before the connection breaks off.
                    self.inner.read(ask, into).await?;
                    Err(SourceError::Garbled { url: url(), what: "cut off".into() })
                }
                _ => self.inner.read(ask, into).await,
            }
        }))
    }

    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        self.inner.series(of, from, to)
    }
}

pub(super) struct DoomedLedger {
    pub(super) inner: MemoryLedger,
    pub(super) doom: Arc<Doom>,
    pub(super) weather: Arc<Weather>,
}

impl DoomedLedger {
    fn trouble(&self) -> Trouble {
        *self.weather.ledger.lock().unwrap()
    }

    fn acknowledge(&self, done: &Result<Vec<Entry>, LedgerError>) {
        self.weather.acknowledged.lock().unwrap().extend(done.iter().flatten().cloned());
    }
}

impl Ledger for DoomedLedger {
    fn id(&self) -> Text {
        self.inner.id()
    }

    fn name(&self) -> Text {
        self.inner.name()
    }

    fn commit(&self, commit: Commit, fence: Option<Fence>, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        Box::pin(self.doom.call(async move {
            let trouble = self.trouble();
            if trouble.fails {
                return down();
            }
            if trouble.note_first {
                self.weather.ledger.lock().unwrap().note_first = false;
                let number = self.weather.notes.fetch_add(1, Ordering::Relaxed);
                note_before(&self.inner, &commit, number, now).await;
            }
            let done = self.inner.commit(commit, fence, now).await;
            self.acknowledge(&done);
            if trouble.loses_answer && done.is_ok() { down() } else { done }
        }))
    }

    fn since(&self, after: Seq, limit: usize) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        Box::pin(self.doom.call(async move { if self.trouble().blind { down() } else { self.inner.since(after, limit).await } }))
    }

    fn changed(&self, after: Seq) -> Job<'_, ()> {
        self.inner.changed(after)
    }

    fn lead(&self, who: Text, ttl: Span, now: Now) -> Job<'_, Result<Lead, LedgerError>> {
        Box::pin(self.doom.call(async move { if self.trouble().fails { down() } else { self.inner.lead(who, ttl, now).await } }))
    }

    fn resign(&self, fence: Fence) -> Job<'_, Result<(), LedgerError>> {
        Box::pin(self.doom.call(self.inner.resign(fence)))
    }

    fn claim(&self, fence: Fence, limit: usize, now: Now) -> Job<'_, Result<Vec<Dispatch>, LedgerError>> {
        Box::pin(
            self.doom.call(async move { if self.trouble().fails { down() } else { self.inner.claim(fence, limit, now).await } }),
        )
    }

    fn settle(&self, id: DispatchId, settlement: Settlement, fence: Fence, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        Box::pin(self.doom.call(async move {
            let trouble = self.trouble();
            if trouble.fails {
                return down();
            }
            let done = self.inner.settle(id, settlement, fence, now).await;
            self.acknowledge(&done);
            if trouble.loses_answer && done.is_ok() { down() } else { done }
        }))
    }

    fn dispatches(&self, incident: Option<IncidentId>) -> Job<'_, Result<Vec<Dispatch>, LedgerError>> {
        Box::pin(
            self.doom.call(async move { if self.trouble().no_rows { down() } else { self.inner.dispatches(incident).await } }),
        )
    }
}

/// The way of one process to a receiver.
pub(super) struct DoomedNotifier {
    pub(super) name: Text,
    pub(super) far: Arc<Far>,
    pub(super) doom: Arc<Doom>,
}

impl Notifier for DoomedNotifier {
    fn name(&self) -> Text {
        self.name.clone()
    }

    fn deliver<'a>(&'a self, dispatch: &'a Dispatch, _: Now) -> Job<'a, SendOutcome> {
        Box::pin(self.doom.call(self.far.hear(&self.name, dispatch)))
    }
}
