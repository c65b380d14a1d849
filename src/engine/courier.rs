//! The courier: takes due rows from the outbox, hands them to their receivers, and writes back how it went.
//!
//! Receivers are served side by side, rows of one incident and receiver one after the other (the ledger hands out only the
//! oldest). What to do with a row is decided by `domain/paging/delivery`; how to talk to a receiver is the notifier's matter.
//! A courier that dies leaves its rows in `Sending`; the next leader sends them again, marked. Deliberately absent: deciding
//! who is paged and when, and reading any clock but the port's.

mod carry;
mod emergency;
mod keep_alive;

pub use emergency::{WayOut, emergency};

use crate::domain::base::{Mono, Ms, Now, Seq, Span, Text};
use crate::domain::paging::{Bucket, Dispatch, DispatchState, Routes, Standing};
use crate::domain::view::ReceiverHealth;
use crate::domain::{base::IncidentId, paging::SendOutcome};
use crate::ports::{Clock, Fence, Ledger, LedgerError, Notifier};
use crate::telemetry::Metrics;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Rows claimed at once.
const AT_ONCE: usize = 64;
/// The longest pause between two looks at the outbox: another process may have added rows.
const LONGEST_PAUSE: Span = Span::from_secs(2);
/// The shortest one, so that a row that cannot be claimed yet makes no busy loop.
const SHORTEST_PAUSE: Span = Span(50);
/// How long a stopping courier waits for sends under way: a little more than a notifier's time-outs.
const FAREWELL: Span = Span::from_secs(12);

/// Receivers and the way to them; swapped whole when the configuration changes.
#[derive(Default)]
pub struct Roster {
    /// Receivers by name.
    pub notifiers: BTreeMap<Text, Arc<dyn Notifier>>,
    /// Who is paged.
    pub routes: Routes,
}

impl Roster {
    /// From notifiers, each under its own name.
    pub fn new(notifiers: impl IntoIterator<Item = Arc<dyn Notifier>>, routes: Routes) -> Self {
        Self { notifiers: notifiers.into_iter().map(|n| (n.name(), n)).collect(), routes }
    }
}

/// What the courier is given.
pub struct CourierPorts {
    /// The outbox.
    pub ledger: Arc<dyn Ledger>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Receivers; the latest roster holds.
    pub roster: watch::Receiver<Arc<Roster>>,
    /// Chance: numbers in [0, 1) that spread retries.
    pub luck: Box<dyn Fn() -> f64 + Send + Sync>,
    /// Counters.
    pub metrics: Metrics,
}

/// The courier of one outbox. Clones share everything.
#[derive(Clone)]
pub struct Courier {
    inner: Arc<Inner>,
}

struct Inner {
    ports: CourierPorts,
    standings: Mutex<Standings>,
    buckets: Mutex<BTreeMap<Text, Bucket>>,
    kept_alive: Mutex<BTreeMap<Text, Mono>>,
    health: watch::Sender<Arc<[ReceiverHealth]>>,
    /// Set while stopping: what cannot be settled is left to the next leader.
    leaving: watch::Sender<bool>,
}

/// Incidents as far as pages care, and the last entry heard.
#[derive(Default)]
struct Standings {
    heard: Seq,
    of: BTreeMap<IncidentId, Standing>,
}

impl Courier {
    /// A courier that does nothing until [`Courier::run`].
    pub fn new(ports: CourierPorts) -> Self {
        let health: Vec<ReceiverHealth> = ports.roster.borrow().notifiers.keys().map(|name| unheard(name.clone())).collect();
        Self {
            inner: Arc::new(Inner {
                ports,
                standings: Mutex::default(),
                buckets: Mutex::default(),
                kept_alive: Mutex::default(),
                health: watch::Sender::new(health.into()),
                leaving: watch::Sender::new(false),
            }),
        }
    }

    /// How each receiver does, for snapshots; the latest wins.
    pub fn health(&self) -> watch::Receiver<Arc<[ReceiverHealth]>> {
        self.inner.health.subscribe()
    }

    /// Works while `lead` holds a fence, until `stop` turns true or either sender is gone. Then it claims nothing more, lets
    /// sends under way come to their end (12 s at most) and returns. Dropping the future instead is a crash: rows under way
    /// are sent again by the next leader.
    pub async fn run(&self, mut lead: watch::Receiver<Option<Fence>>, mut stop: watch::Receiver<bool>) {
        let _ = self.inner.leaving.send_replace(false);
        let mut sends = JoinSet::new();
        while !*stop.borrow_and_update() {
            let fence = *lead.borrow_and_update();
            let (wake, listening) = self.inner.round(fence, &mut sends).await;
            let heard = self.inner.standings().heard;
            // In a fixed order, so that a simulation runs the same again.
            tokio::select! {
                biased;
                Some(_) = sends.join_next(), if !sends.is_empty() => {}
                () = self.inner.ports.ledger.changed(heard), if listening => {}
                () = self.inner.ports.clock.sleep_until(wake) => {}
                changed = lead.changed() => if changed.is_err() { break },
                changed = stop.changed() => if changed.is_err() { break },
            }
        }
        self.inner.farewell(sends).await;
    }
}

impl Inner {
    fn now(&self) -> Now {
        self.ports.clock.now()
    }

    fn standings(&self) -> MutexGuard<'_, Standings> {
        self.standings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn standing(&self, incident: IncidentId) -> Standing {
        self.standings().of.get(&incident).copied().unwrap_or_default()
    }

    fn roster(&self) -> Arc<Roster> {
        self.ports.roster.borrow().clone()
    }

    /// Hears what is new, claims what is due, starts sending it; returns when to look again, and whether an entry should wake us
    /// before: not while we do not lead or cannot read, as we would not hear it and be woken for ever.
    async fn round(self: &Arc<Self>, fence: Option<Fence>, sends: &mut JoinSet<()>) -> (Mono, bool) {
        let now = self.now();
        let later = (now.mono + LONGEST_PAUSE, false);
        let Some(fence) = fence else { return later };
        match self.claim(fence, now).await {
            Ok(rows) => {
                for row in rows {
                    let inner = self.clone();
                    sends.spawn(async move { inner.carry(row, fence).await });
                }
                self.keep_alive(now, sends).await;
                (self.look_ahead(now).await, true)
            }
            Err(error) => {
                tracing::warn!(%error, "the outbox cannot be read");
                later
            }
        }
    }

    async fn claim(&self, fence: Fence, now: Now) -> Result<Vec<Dispatch>, LedgerError> {
        self.hear().await?;
        let mut rows = self.ports.ledger.claim(fence, AT_ONCE, now).await?;
        rows.sort_by_key(|row| (!row.is_urgent(), row.id));
        Ok(rows)
    }

    /// Folds entries that are new since the last look.
    async fn hear(&self) -> Result<(), LedgerError> {
        loop {
            let heard = self.standings().heard;
            let entries = self.ports.ledger.since(heard, 1000).await?;
            let Some(last) = entries.last().map(|e| e.seq) else { return Ok(()) };
            let mut standings = self.standings();
            for entry in &entries {
                standings.of.entry(entry.incident).or_default().hear(&entry.fact, entry.at);
            }
            standings.heard = last;
        }
    }

    /// Publishes how many pages wait, and returns when the next of them is due.
    async fn look_ahead(&self, now: Now) -> Mono {
        let rows = self.ports.ledger.dispatches(None).await.unwrap_or_default();
        let mut waiting: BTreeMap<Text, usize> = BTreeMap::new();
        for row in rows.iter().filter(|r| matches!(r.state, DispatchState::Pending | DispatchState::Sending)) {
            *waiting.entry(row.receiver.clone()).or_default() += 1;
        }
        self.publish(|all| {
            for health in all.iter_mut() {
                health.waiting = waiting.remove(&health.name).unwrap_or(0);
            }
            all.extend(waiting.into_iter().map(|(name, waiting)| ReceiverHealth { waiting, ..unheard(name) }));
        });
        let pause = next_due(&rows).map_or(LONGEST_PAUSE, |at| at.since(now.wall)).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
        now.mono + pause
    }

    /// Takes down a receiver's answer for screens and metrics.
    fn note(&self, row: &Dispatch, outcome: &SendOutcome, now: Ms) {
        self.count(row, outcome, now);
        self.publish(|all| {
            if !all.iter().any(|h| h.name == row.receiver) {
                all.push(unheard(row.receiver.clone()));
            }
            for health in all.iter_mut().filter(|h| h.name == row.receiver) {
                match outcome {
                    SendOutcome::Delivered { .. } => (health.last_delivered, health.error) = (Some(now), None),
                    SendOutcome::Retry { why, .. } | SendOutcome::Permanent { why } => health.error = Some(why.clone()),
                }
            }
        });
    }

    fn count(&self, row: &Dispatch, outcome: &SendOutcome, now: Ms) {
        use crate::telemetry::{PageLabels, ReceiverLabels};
        let (receiver, kind) = (row.receiver.to_string(), row.kind.name());
        if matches!(outcome, SendOutcome::Delivered { .. }) {
            let delays = self.ports.metrics.delivery.get_or_create(&ReceiverLabels { receiver: receiver.clone() }).clone();
            delays.observe(now.since(row.created).secs_f64());
        }
        self.ports.metrics.pages.get_or_create(&PageLabels { receiver, kind, outcome: outcome_name(outcome) }).inc();
    }

    /// Changes the published health; receivers that left the roster and have nothing to say any more leave the list.
    fn publish(&self, change: impl FnOnce(&mut Vec<ReceiverHealth>)) {
        let roster = self.roster();
        self.health.send_if_modified(|all| {
            let mut next = all.to_vec();
            for name in roster.notifiers.keys() {
                if !next.iter().any(|h| h.name == *name) {
                    next.push(unheard(name.clone()));
                }
            }
            change(&mut next);
            next.retain(|h| h.waiting > 0 || roster.notifiers.contains_key(&h.name));
            next.sort_by(|a, b| a.name.cmp(&b.name));
            let changed = next != **all;
            *all = next.into();
            changed
        });
    }

    /// Lets sends under way end, and leaves after a while whatever they do.
    async fn farewell(&self, mut sends: JoinSet<()>) {
        let _ = self.leaving.send_replace(true);
        let limit = self.now().mono + FAREWELL;
        tokio::select! {
            () = async { while sends.join_next().await.is_some() {} } => {}
            () = self.ports.clock.sleep_until(limit) => {}
        }
    }
}

fn unheard(name: Text) -> ReceiverHealth {
    ReceiverHealth { name, waiting: 0, last_delivered: None, error: None }
}

const fn outcome_name(outcome: &SendOutcome) -> &'static str {
    match outcome {
        SendOutcome::Delivered { .. } => "delivered",
        SendOutcome::Retry { .. } => "retry",
        SendOutcome::Permanent { .. } => "refused",
    }
}

/// When the next row may be claimed: only the oldest of each incident and receiver counts, and none that is under way.
fn next_due(rows: &[Dispatch]) -> Option<Ms> {
    let mut rows: Vec<&Dispatch> = rows.iter().collect();
    rows.sort_by_key(|r| r.id);
    let mut heads = HashSet::new();
    let first = rows.into_iter().filter(|r| heads.insert((r.incident, &r.receiver)));
    first.filter(|r| r.state == DispatchState::Pending).map(|r| r.next_at).min()
}
