//! A ledger in memory: for backtests, demos and tests. The same rules and the same bytes as the file's, gone at the end.

use super::append::{Head, Numbers, Prepared, prepare, touched};
use super::lease::Lease;
use super::outbox::{self, Row};
use crate::domain::base::{CommitId, IncidentId, Ms, Now, Seq, Span, Text};
use crate::domain::incident::{Entry, NewEntry};
use crate::domain::paging::{Commit, Dispatch, DispatchId, NewDispatch, Settlement};
use crate::ports::{Fence, Job, Lead, Ledger, LedgerError};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A handle on a ledger in memory.
#[derive(Clone)]
pub struct MemoryLedger {
    book: Arc<Mutex<Book>>,
    id: Text,
    session: Text,
    last: watch::Sender<Seq>,
}

/// Everything recorded.
struct Book {
    entries: Vec<Entry>,
    head: Head,
    /// Places of a commit's entries.
    commits: HashMap<CommitId, Range<usize>>,
    newest: BTreeMap<IncidentId, Seq>,
    rows: BTreeMap<u64, Row>,
    lease: Lease,
    sessions: u64,
}

impl MemoryLedger {
    /// An empty ledger of the given id.
    pub fn new(id: impl Into<Text>) -> Self {
        let book = Book {
            entries: Vec::new(),
            head: Head::EMPTY,
            commits: HashMap::new(),
            newest: BTreeMap::new(),
            rows: BTreeMap::new(),
            lease: Lease::default(),
            sessions: 0,
        };
        Self { book: Arc::new(Mutex::new(book)), id: id.into(), session: "0".into(), last: watch::Sender::new(Seq(0)) }
    }

    /// Another handle on the same ledger, as another process would have.
    #[must_use]
    pub fn handle(&self) -> Self {
        let mut book = self.book();
        book.sessions += 1;
        let session = book.sessions.to_string().into();
        drop(book);
        Self { session, ..self.clone() }
    }

    /// A panic while it was locked cannot leave it half changed: everything fallible comes before the first change.
    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `work` on the book and tells readers of new entries.
    fn with<T>(&self, work: impl FnOnce(&mut Book) -> T) -> T {
        let mut book = self.book();
        let out = work(&mut book);
        self.last.send_if_modified(|last| std::mem::replace(last, book.head.seq) != book.head.seq);
        out
    }
}

impl Book {
    fn commit(&mut self, ledger: &str, c: Commit, fence: Option<Fence>, now: Now) -> Result<Vec<Entry>, LedgerError> {
        if let Some(places) = self.commits.get(&c.id) {
            return Ok(self.entries[places.clone()].to_vec());
        }
        fence.map_or(Ok(()), |fence| self.lease.check(fence))?;
        let numbers = Numbers::of(&c, &self.head)?;
        if let Some(decided_at) = c.decided_at {
            self.check_fresh(&c, decided_at)?;
        }
        let dispatches =
            c.dispatches.into_iter().map(|d| Ok((numbers.get(d.incident)?, d))).collect::<Result<Vec<_>, LedgerError>>()?;
        let entries = self.append(&c.entries, &numbers, c.id, now.wall)?;
        for (incident, new) in dispatches {
            self.insert(ledger, incident, new, now.wall);
        }
        Ok(entries)
    }

    fn check_fresh(&self, c: &Commit, decided_at: Seq) -> Result<(), LedgerError> {
        let stale = |id: &IncidentId| self.newest.get(id).is_some_and(|seq| *seq > decided_at);
        touched(c).into_iter().find(stale).map_or(Ok(()), |incident| Err(LedgerError::Conflict { incident }))
    }

    fn append(&mut self, new: &[NewEntry], numbers: &Numbers, commit: CommitId, now: Ms) -> Result<Vec<Entry>, LedgerError> {
        let (prepared, head) = prepare(new, numbers, &commit, self.head, now)?;
        let first = self.entries.len();
        for Prepared { entry, .. } in prepared {
            self.newest.insert(entry.incident, entry.seq);
            self.entries.push(entry);
        }
        self.head = head;
        self.commits.insert(commit, first..self.entries.len());
        Ok(self.entries[first..].to_vec())
    }

    /// Adds a row unless there is one of the same incident, kind, level, receiver and number.
    fn insert(&mut self, ledger: &str, incident: IncidentId, new: NewDispatch, now: Ms) {
        let same = |d: &Dispatch| {
            (d.incident, d.kind, d.level, d.number) == (incident, new.kind, new.level, new.number) && d.receiver == new.receiver
        };
        if !self.rows.values().any(|row| same(&row.dispatch)) {
            let id = self.rows.last_key_value().map_or(1, |(id, _)| id + 1);
            self.rows.insert(id, outbox::row(DispatchId(id), new, incident, ledger, now));
        }
    }

    fn lead(&mut self, who: &Text, session: &Text, ttl: Span, now: Now) -> Lead {
        let (answer, lease) = self.lease.ask(who, session, ttl, now);
        if let Some(lease) = lease {
            self.lease = lease;
        }
        answer
    }

    fn resign(&mut self, fence: Fence) -> Result<(), LedgerError> {
        self.lease.check(fence)?;
        self.lease = self.lease.given_back();
        Ok(())
    }

    fn dispatches(&self, incident: Option<IncidentId>) -> Vec<Dispatch> {
        let wanted = |d: &&Dispatch| incident.map_or(!outbox::has_ended(d.state), |id| d.incident == id);
        self.rows.values().map(|row| &row.dispatch).filter(wanted).cloned().collect()
    }

    fn claim(&mut self, fence: Fence, limit: usize, now: Now) -> Result<Vec<Dispatch>, LedgerError> {
        self.lease.check(fence)?;
        let open = self.rows.values().filter(|row| !outbox::has_ended(row.dispatch.state));
        let rows = outbox::claim(open, fence.0, limit, now.wall);
        for row in &rows {
            self.rows.insert(row.dispatch.id.0, row.clone());
        }
        Ok(rows.into_iter().map(|row| row.dispatch).collect())
    }

    fn settle(
        &mut self,
        ledger: &str,
        id: DispatchId,
        settlement: Settlement,
        fence: Fence,
        now: Now,
    ) -> Result<Vec<Entry>, LedgerError> {
        self.lease.check(fence)?;
        let row = self.rows.get(&id.0).ok_or_else(|| LedgerError::Refused(format!("there is no page {}", id.0)))?;
        if outbox::is_late(&row.dispatch, &settlement) {
            return Ok(Vec::new());
        }
        let (incident, claimed) = (row.dispatch.incident, row.fence);
        let done = outbox::settle(row.dispatch.clone(), settlement, now.wall);
        let entries = match done.entry {
            Some(entry) => {
                let commit = Commit { id: outbox::commit_id(id), entries: vec![entry], dispatches: Vec::new(), decided_at: None };
                self.append(&commit.entries, &Numbers::of(&commit, &self.head)?, commit.id, now.wall)?
            }
            None => Vec::new(),
        };
        self.rows.insert(id.0, Row { dispatch: done.row, fence: claimed });
        if let Some(instead) = done.instead {
            self.insert(ledger, incident, instead, now.wall);
        }
        Ok(entries)
    }
}

impl Ledger for MemoryLedger {
    fn id(&self) -> Text {
        self.id.clone()
    }

    fn name(&self) -> Text {
        "memory".into()
    }

    fn commit(&self, commit: Commit, fence: Option<Fence>, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        Box::pin(async move { self.with(|book| book.commit(&self.id, commit, fence, now)) })
    }

    fn since(&self, after: Seq, limit: usize) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        let from = usize::try_from(after.0).unwrap_or(usize::MAX);
        Box::pin(async move { Ok(self.book().entries.iter().skip(from).take(limit).cloned().collect()) })
    }

    fn changed(&self, after: Seq) -> Job<'_, ()> {
        let mut last = self.last.subscribe();
        Box::pin(async move {
            // The sender lives in `self`, so waiting cannot fail.
            let _ = last.wait_for(|seq| *seq > after).await;
        })
    }

    fn lead(&self, who: Text, ttl: Span, now: Now) -> Job<'_, Result<Lead, LedgerError>> {
        Box::pin(async move { Ok(self.with(|book| book.lead(&who, &self.session, ttl, now))) })
    }

    fn resign(&self, fence: Fence) -> Job<'_, Result<(), LedgerError>> {
        Box::pin(async move { self.with(|book| book.resign(fence)) })
    }

    fn claim(&self, fence: Fence, limit: usize, now: Now) -> Job<'_, Result<Vec<Dispatch>, LedgerError>> {
        Box::pin(async move { self.with(|book| book.claim(fence, limit, now)) })
    }

    fn settle(&self, id: DispatchId, settlement: Settlement, fence: Fence, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        Box::pin(async move { self.with(|book| book.settle(&self.id, id, settlement, fence, now)) })
    }

    fn dispatches(&self, incident: Option<IncidentId>) -> Job<'_, Result<Vec<Dispatch>, LedgerError>> {
        Box::pin(async move { Ok(self.book().dispatches(incident)) })
    }
}
