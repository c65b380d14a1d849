//! The ledger in a SQLite file, shared by any number of processes.
//!
//! One connection writes and one reads, each behind a lock that is taken only on blocking threads. Every write is one
//! immediate transaction: a deferred one would fail at once, despite the busy timeout, when it turned from reading to
//! writing. What others wrote is noticed by looking at the write-ahead log a few times a second: whoever commits writes there.
//! The last number is asked for when the log looks different, once more after that, and now and then in any case.

mod fault;
mod open;
mod read;
#[cfg(test)]
mod tests;
mod verify;
mod write;

pub use verify::Verified;

use crate::domain::base::{IncidentId, Now, Seq, Span, Text};
use crate::domain::incident::{Entry, EntryHash};
use crate::domain::paging::{Commit, Dispatch, DispatchId, Settlement};
use crate::ports::{Fence, Job, Lead, Ledger, LedgerError};
use fault::Fault;
use rusqlite::{Connection, TransactionBehavior};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio::task::spawn_blocking;

/// How often other processes' entries are looked for.
const POLL: Duration = Duration::from_millis(200);

/// After so many looks at a log that seems unchanged the ledger is asked in any case: not every disk keeps good time.
const TRUST: u32 = 25;

/// What is told when the file is not the one any more that was opened.
const GONE: &str = "the file was removed or replaced while it was in use, so nothing is recorded; put it back, or start again";

/// A handle on a ledger's file. Clones share it.
#[derive(Clone)]
pub struct SqliteLedger {
    shared: Arc<Shared>,
}

struct Shared {
    path: Text,
    id: Text,
    session: Text,
    write: Mutex<Connection>,
    read: Mutex<Connection>,
    /// Which file was opened, where the system tells files apart.
    place: Option<Place>,
    /// The last entry that this process wrote.
    wrote: watch::Sender<Seq>,
}

/// Device and number of a file: another one under the same name has others.
type Place = (u64, u64);

fn place_of(path: &Path) -> Option<Place> {
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

impl SqliteLedger {
    /// Opens the ledger at `path` and makes it, with its folder, when there is none. Blocks.
    ///
    /// # Errors
    /// The path is a folder, cannot be made, read or written; the file is no ledger, damaged, or of a newer program. Nothing
    /// is changed then.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Self::with(path, true)
    }

    /// Opens the ledger at `path`, which must be there. Blocks.
    ///
    /// # Errors
    /// As [`Self::open`], and when there is none.
    pub fn open_existing(path: &Path) -> Result<Self, LedgerError> {
        Self::with(path, false)
    }

    /// Reads the whole file at `path` and recomputes chain and fold, without changing anything. `anchor` is the number and
    /// hash of an entry that were kept elsewhere. Blocks.
    ///
    /// # Errors
    /// The file cannot be read, or is no ledger. What is wrong with its entries is no error but the answer.
    pub fn verify(path: &Path, anchor: Option<(Seq, EntryHash)>) -> Result<Verified, LedgerError> {
        verify::verify(path, anchor)
    }

    /// Copies the ledger at `path`, as it is at one instant, into the new file `to`, readable for its owner only; others go
    /// on writing meanwhile. A copy is a ledger: `--ledger` opens it. Blocks.
    ///
    /// # Errors
    /// `to` is there already or cannot be made, or the ledger cannot be read. Nothing is left behind then.
    pub fn backup(path: &Path, to: &Path) -> Result<(), LedgerError> {
        verify::backup(path, to)
    }

    fn with(path: &Path, make: bool) -> Result<Self, LedgerError> {
        let shown: Text = path.display().to_string().into();
        let opened = open::open(path, make).map_err(|fault| fault.tell(&shown))?;
        let shared = Shared {
            path: shown,
            id: opened.id,
            session: opened.session,
            write: Mutex::new(opened.write),
            read: Mutex::new(opened.read),
            place: place_of(path),
            wrote: watch::Sender::new(Seq(0)),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Runs `work` in one immediate transaction on a blocking thread.
    fn write<'a, T, W>(&self, work: W) -> Job<'a, Result<T, LedgerError>>
    where
        T: Send + 'static,
        W: FnOnce(&Connection, &Shared) -> Result<T, Fault> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { joined(&Arc::clone(&shared), spawn_blocking(move || shared.write(work)).await) })
    }

    /// Runs `work` on the reading connection on a blocking thread.
    fn read<'a, T, W>(&self, work: W) -> Job<'a, Result<T, LedgerError>>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move { joined(&Arc::clone(&shared), spawn_blocking(move || shared.read(work)).await) })
    }

    /// Like [`Self::write`], for work that adds entries: readers of this process are told.
    fn append<'a, W>(&self, work: W) -> Job<'a, Result<Vec<Entry>, LedgerError>>
    where
        W: FnOnce(&Connection, &Shared) -> Result<Vec<Entry>, Fault> + Send + 'static,
    {
        let (shared, job) = (Arc::clone(&self.shared), self.write(work));
        Box::pin(async move {
            let entries = job.await?;
            if let Some(last) = write::last(&entries) {
                shared.wrote.send_if_modified(|seq| std::mem::replace(seq, last.max(*seq)) < last);
            }
            Ok(entries)
        })
    }
}

/// A blocking job's end; one that panicked is a ledger that cannot be used.
fn joined<T>(shared: &Shared, end: Result<Result<T, Fault>, tokio::task::JoinError>) -> Result<T, LedgerError> {
    end.unwrap_or_else(|e| Err(Fault::Words(format!("the work on it was broken off ({e})")))).map_err(|f| f.tell(&shared.path))
}

impl Shared {
    /// A transaction that is not committed is rolled back, so a broken lock guards a whole connection. Should rolling back
    /// have failed as well, it is done before the next one begins.
    fn write<T>(&self, work: impl FnOnce(&Connection, &Self) -> Result<T, Fault>) -> Result<T, Fault> {
        self.still_there()?;
        let mut connection = self.write.lock().unwrap_or_else(PoisonError::into_inner);
        if !connection.is_autocommit() {
            connection.execute_batch("ROLLBACK")?;
        }
        let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let out = work(&tx, self)?;
        tx.commit()?;
        Ok(out)
    }

    /// A file that was removed or replaced can still be written, but nobody would ever read it again.
    fn still_there(&self) -> Result<(), Fault> {
        if self.place.is_none() || place_of(Path::new(&*self.path)) == self.place {
            return Ok(());
        }
        Err(Fault::Words(GONE.into()))
    }

    /// Length and time of the last write of the write-ahead log; nothing when there is none to look at.
    fn look(&self) -> Option<(u64, SystemTime)> {
        let log = std::fs::metadata(format!("{}-wal", self.path)).ok()?;
        Some((log.len(), log.modified().ok()?))
    }

    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        work(&self.read.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Ledger for SqliteLedger {
    fn id(&self) -> Text {
        self.shared.id.clone()
    }

    fn name(&self) -> Text {
        self.shared.path.clone()
    }

    fn commit(&self, commit: Commit, fence: Option<Fence>, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        self.append(move |tx, shared| write::commit(tx, &shared.id, commit, fence, now))
    }

    fn since(&self, after: Seq, limit: usize) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        self.read(move |connection| read::entries(connection, after, limit))
    }

    fn changed(&self, after: Seq) -> Job<'_, ()> {
        let mut wrote = self.shared.wrote.subscribe();
        Box::pin(async move {
            // Trouble while looking is not told here: the reader that is waiting meets it when it reads.
            let (mut seen, mut fresh, mut unchanged) = (None, true, 0);
            loop {
                // Before asking, so that what is written meanwhile looks different next time.
                let look = self.shared.look();
                let again = fresh;
                fresh = look != seen || look.is_none();
                unchanged = if fresh { 0 } else { unchanged + 1 };
                seen = look;
                // Times of files are coarse: two writes within one tick of the disk's clock may look the same.
                let ask = fresh || again || unchanged >= TRUST;
                if ask {
                    unchanged = 0;
                    if self.read(read::last).await.unwrap_or_default() > after {
                        return;
                    }
                }
                tokio::select! {
                    _ = wrote.changed() => fresh = true,
                    () = tokio::time::sleep(POLL) => {}
                }
            }
        })
    }

    fn lead(&self, who: Text, ttl: Span, now: Now) -> Job<'_, Result<Lead, LedgerError>> {
        self.write(move |tx, shared| write::lead(tx, &who, &shared.session, ttl, now))
    }

    fn resign(&self, fence: Fence) -> Job<'_, Result<(), LedgerError>> {
        self.write(move |tx, _| write::resign(tx, fence))
    }

    fn claim(&self, fence: Fence, limit: usize, now: Now) -> Job<'_, Result<Vec<Dispatch>, LedgerError>> {
        self.write(move |tx, _| write::claim(tx, fence, limit, now))
    }

    fn settle(&self, id: DispatchId, settlement: Settlement, fence: Fence, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        self.append(move |tx, shared| write::settle(tx, &shared.id, id, settlement, fence, now))
    }

    fn dispatches(&self, incident: Option<IncidentId>) -> Job<'_, Result<Vec<Dispatch>, LedgerError>> {
        self.read(move |connection| {
            let rows = incident.map_or_else(|| read::open_rows(connection), |id| read::rows_of(connection, id))?;
            Ok(rows.into_iter().map(|row| row.dispatch).collect())
        })
    }
}
