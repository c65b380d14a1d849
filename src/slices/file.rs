//! The file: one table of parts, one of feeds. One connection writes and one reads, each on blocking threads only.

use super::pack::{Packer, Unpacker};
use crate::domain::base::{Ms, Span, Text};
use crate::domain::measure::{PartKind, PartName};
use crate::ports::{FeedParts, FeedSave, FeedWish, Job, SliceStore, StoreError};
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::spawn_blocking;

/// `BLsl` in the file's head.
const APPLICATION_ID: i64 = 0x424C_736C;
const SCHEMA: i64 = 1;
/// How long a writer waits for another one. A save that comes too late is made again a little later.
const BUSY: Duration = Duration::from_secs(5);
/// Feeds that nobody kept for so long are forgotten: their SLOs are gone or measured otherwise.
const UNKEPT: Span = Span::from_days(35);

const TABLES: &str = "
CREATE TABLE feed (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, kept INTEGER NOT NULL) STRICT;
CREATE TABLE part (
  feed INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
  kind INTEGER NOT NULL, grouped TEXT NOT NULL, page INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX part_name ON part (feed, kind, grouped, page);
";

/// A handle on the file. Clones share it.
#[derive(Clone)]
pub struct SqliteSlices {
    shared: Arc<Shared>,
}

struct Shared {
    path: PathBuf,
    write: Mutex<Connection>,
    read: Mutex<Connection>,
}

/// What stops work on the file.
enum Fault {
    Sql(rusqlite::Error),
    Io(io::Error),
    Words(String),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl Fault {
    fn tell(self, path: &Path) -> StoreError {
        let why = match self {
            Self::Sql(error) => words(&error),
            Self::Io(error) => format!("it cannot be made ({error}); check that its folder may be written, or use --history"),
            Self::Words(why) => why,
        };
        StoreError { path: path.display().to_string(), why }
    }

    fn is_damage(&self) -> bool {
        let code = match self {
            Self::Sql(error) => error.sqlite_error_code(),
            _ => None,
        };
        matches!(code, Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
    }
}

fn words(error: &rusqlite::Error) -> String {
    let advice = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            "no room is left on the disk; free some: until then a restart reads history from the source again"
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            "it may not be written; check the permissions of the file and its folder"
        }
        Some(ErrorCode::CannotOpen) => "it cannot be opened; check that its folder exists and may be written",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another process kept it locked",
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            "it is damaged; remove it while nothing runs: history is read from the source again"
        }
        Some(ErrorCode::SystemIoFailure) => "the disk failed to read or write; check it",
        _ => "history on disk could not be used",
    };
    format!("{advice} ({error})")
}

impl SqliteSlices {
    /// Opens the file at `path` and makes it, with its folder, when there is none. One that is damaged beyond use is put aside
    /// under another name, and that name is given back. Blocks.
    ///
    /// # Errors
    /// It can neither be opened nor made, or it is another program's, or of a newer one.
    pub fn open(path: &Path) -> Result<(Self, Option<PathBuf>), StoreError> {
        match connect(path) {
            Ok(shared) => Ok((Self { shared: Arc::new(shared) }, None)),
            Err(fault) if fault.is_damage() => {
                let aside = put_aside(path).map_err(|e| Fault::Io(e).tell(path))?;
                let shared = connect(path).map_err(|fault| fault.tell(path))?;
                Ok((Self { shared: Arc::new(shared) }, Some(aside)))
            }
            Err(fault) => Err(fault.tell(path)),
        }
    }

    fn run<'a, T, W>(&self, work: W) -> Job<'a, Result<T, StoreError>>
    where
        T: Send + 'static,
        W: FnOnce(&Shared) -> Result<T, Fault> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let path = shared.path.clone();
            let done = spawn_blocking(move || work(&shared)).await;
            done.unwrap_or_else(|e| Err(Fault::Words(format!("the work on it was broken off ({e})")))).map_err(|f| f.tell(&path))
        })
    }
}

fn connect(path: &Path) -> Result<Shared, Fault> {
    make(path)?;
    let mut write = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    write.busy_timeout(BUSY)?;
    write.pragma_update(None, "foreign_keys", true)?;
    write.pragma_update(None, "trusted_schema", false)?;
    write.pragma_update(None, "cell_size_check", true)?;
    let mode: String = write.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(Fault::Words(format!(
            "its file system allows no write-ahead log (mode `{mode}`); name another with --history"
        )));
    }
    // What a power cut takes is read from the source again.
    write.pragma_update(None, "synchronous", "NORMAL")?;
    prepare(&mut write)?;
    let read = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    read.busy_timeout(BUSY)?;
    read.pragma_update(None, "query_only", true)?;
    Ok(Shared { path: path.to_owned(), write: Mutex::new(write), read: Mutex::new(read) })
}

/// Makes the folder and an empty file, for the owner only; SQLite gives its side files the same rights.
fn make(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map(|_| ()),
    }
}

fn prepare(write: &mut Connection) -> Result<(), Fault> {
    let tx = write.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let number = |name| tx.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let tables: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (number("application_id")?, number("user_version")?) {
        (0, 0) if tables == 0 => {
            tx.execute_batch(TABLES)?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", SCHEMA)?;
        }
        (APPLICATION_ID, SCHEMA) => {}
        (APPLICATION_ID, found) => {
            return Err(Fault::Words(format!(
                "a newer burnledger wrote it (schema {found}, this program knows {SCHEMA}); name another file with --history"
            )));
        }
        _ => return Err(Fault::Words("it is another program's SQLite file; name another one with --history".into())),
    }
    tx.commit()?;
    Ok(())
}

/// Renames the file, and its side files with it, to the first name that is free.
fn put_aside(path: &Path) -> io::Result<PathBuf> {
    let with = |path: &Path, suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let aside = (1..=1000).map(|n| with(path, &format!(".damaged-{n}"))).find(|aside| !aside.exists());
    let aside = aside.unwrap_or_else(|| with(path, ".damaged"));
    fs::rename(path, &aside)?;
    for suffix in ["-wal", "-shm"] {
        match fs::rename(with(path, suffix), with(&aside, suffix)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(aside)
}

impl SliceStore for SqliteSlices {
    fn name(&self) -> Text {
        self.shared.path.display().to_string().into()
    }

    fn append(&self, saves: Vec<FeedSave>, now: Ms) -> Job<'_, Result<(), StoreError>> {
        self.run(move |shared| {
            let mut write = shared.write.lock().unwrap_or_else(PoisonError::into_inner);
            if !write.is_autocommit() {
                write.execute_batch("ROLLBACK")?;
            }
            // Packed before the file is locked: other writers wait for the bytes alone.
            let mut packer = Packer::new()?;
            let mut packed = Vec::new();
            for save in &saves {
                for part in &save.parts {
                    packed.push(packer.pack(&save.feed, part)?);
                }
            }
            let tx = write.transaction_with_behavior(TransactionBehavior::Immediate)?;
            put(&tx, &saves, packed, now)?;
            tx.commit()?;
            Ok(())
        })
    }

    fn scan(&self, wishes: Vec<FeedWish>) -> Job<'_, Result<Vec<FeedParts>, StoreError>> {
        self.run(move |shared| {
            let read = shared.read.lock().unwrap_or_else(PoisonError::into_inner);
            let mut unpacker = Unpacker::new()?;
            let mut found = Vec::new();
            for wish in wishes {
                found.extend(take(&read, &mut unpacker, wish)?);
            }
            Ok(found)
        })
    }
}

fn put(tx: &Connection, saves: &[FeedSave], packed: Vec<Vec<u8>>, now: Ms) -> Result<(), Fault> {
    let mut enter = tx.prepare_cached(
        "INSERT INTO feed (key, kept) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET kept = excluded.kept RETURNING id",
    )?;
    let mut insert =
        tx.prepare_cached("INSERT OR REPLACE INTO part (feed, kind, grouped, page, body) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut forget = tx.prepare_cached("DELETE FROM part WHERE feed = ?1 AND kind >= 2 AND page < ?2")?;
    let mut packed = packed.into_iter();
    for save in saves {
        let feed: i64 = enter.query_row(params![&*save.feed.0, now.0], |row| row.get(0))?;
        for (part, body) in save.parts.iter().zip(packed.by_ref()) {
            let PartName { kind, group, page } = &part.name;
            insert.execute(params![feed, kind.number(), &**group, page, body])?;
        }
        forget.execute(params![feed, save.forget_before])?;
    }
    tx.execute("DELETE FROM feed WHERE kept < ?1", [(now - UNKEPT).0])?;
    Ok(())
}

fn take(read: &Connection, unpacker: &mut Unpacker, wish: FeedWish) -> Result<Option<FeedParts>, Fault> {
    let mut parts = read.prepare_cached(
        "SELECT kind, grouped, page, body FROM part WHERE feed = (SELECT id FROM feed WHERE key = ?1) AND (kind <> 3 OR page >= ?2)",
    )?;
    let mut rows = parts.query(params![&*wish.feed.0, wish.slices_from])?;
    let mut found = FeedParts { feed: wish.feed, parts: Vec::new(), damaged: Vec::new() };
    loop {
        let row = match rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            // What could be read so far is used; the rest is missed by whoever knows what there should be.
            Err(error) => match Fault::from(error) {
                fault if fault.is_damage() => break,
                fault => return Err(fault),
            },
        };
        let Some(kind) = PartKind::of_number(row.get(0)?) else { continue };
        let name = PartName { kind, group: row.get::<_, String>(1)?.into(), page: row.get(2)? };
        match unpacker.unpack(&found.feed, name.clone(), row.get_ref(3)?.as_blob().unwrap_or_default()) {
            Some(part) => found.parts.push(part),
            None => found.damaged.push(name),
        }
    }
    let known = !found.parts.is_empty() || !found.damaged.is_empty();
    Ok(known.then_some(found))
}
