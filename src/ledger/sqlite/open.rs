//! Opening a ledger's file: made when there is none, checked before anything is changed, brought to the known schema.
//!
//! The file itself is never read past SQLite: closing such a reader would drop SQLite's locks of the whole process.

use super::fault::Fault;
use crate::domain::base::Text;
use crate::ledger::migrations::{self, APPLICATION_ID, KNOWN};
use crate::ports::LedgerError;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

/// How long a writer waits for another one before it gives up.
const BUSY: Duration = Duration::from_secs(10);

/// SQLite takes a shorter file for an empty one, and would write over it.
const SHORTEST: u64 = 512;

/// How often an opening is tried while other processes make the same file.
const TRIES: usize = 20;

/// An opened file.
pub(super) struct Opened {
    pub(super) write: Connection,
    pub(super) read: Connection,
    pub(super) id: Text,
    pub(super) session: Text,
}

/// Opens the file at `path`. `make`: an absent one is made, readable for its owner only.
pub(super) fn open(path: &Path, make: bool) -> Result<Opened, Fault> {
    if path.is_dir() {
        let example = path.join("ledger.db");
        return Err(Fault::Words(format!("it is a folder; name a file in it, such as {}", example.display())));
    }
    if make {
        create(path).map_err(|e| cannot_create(path, &e))?;
    } else if !path.exists() {
        return Err(Fault::Words("there is no ledger yet; `burnledger watch` makes one".into()));
    }
    if fs::metadata(path).is_ok_and(|m| (1..SHORTEST).contains(&m.len())) {
        return Err(Fault::Words("it is no burnledger ledger; name another file with --ledger".into()));
    }
    let mut write = connect(path)?;
    prepare(&mut write, path)?;
    let read = connect(path)?;
    read.pragma_update(None, "query_only", true)?;
    let id: String = write.query_row("SELECT value FROM meta WHERE name = 'id'", [], |row| row.get(0))?;
    let session: String = write.query_row("SELECT lower(hex(randomblob(8)))", [], |row| row.get(0))?;
    Ok(Opened { write, read, id: id.into(), session: session.into() })
}

/// Makes the folder and an empty file, for the owner only; SQLite gives its side files the same rights.
pub(super) fn create(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        other => other.map(|_| ()),
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn cannot_create(path: &Path, error: &io::Error) -> Fault {
    let folder = path.parent().map(|f| f.display().to_string()).unwrap_or_default();
    Fault::Words(format!("it cannot be made ({error}); check that the folder `{folder}` may be written, or use --ledger"))
}

/// A connection that changes nothing: no schema is brought up to date, no entry can be written.
pub(super) fn to_look(path: &Path) -> Result<Connection, Fault> {
    if path.is_dir() || !path.exists() {
        return Err(Fault::Words("there is no ledger; `--ledger PATH` names another file".into()));
    }
    let connection = connect(path)?;
    if check(&connection, path)? == 0 {
        return Err(Fault::Words("it is an empty file, no burnledger ledger".into()));
    }
    Ok(connection)
}

fn connect(path: &Path) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// Checks whose file it is, then sets the journal and the schema.
fn prepare(connection: &mut Connection, path: &Path) -> Result<(), Fault> {
    // In one transaction: another process may be making the same file between two questions.
    let seen = connection.transaction_with_behavior(TransactionBehavior::Deferred)?;
    let version = check(&seen, path)?;
    seen.commit()?;
    if version < KNOWN {
        may_write(connection)?;
    }
    keep_journal(connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version = check(&tx, path)?;
    if version < KNOWN {
        migrations::run(&tx, version)?;
    }
    tx.commit()?;
    Ok(())
}

/// A file that may only be read is told before the journal is touched.
fn may_write(connection: &Connection) -> Result<(), Fault> {
    if connection.is_readonly(rusqlite::MAIN_DB)? {
        return Err(Fault::Words("it may not be written; check the permissions of the file and its folder".into()));
    }
    Ok(())
}

/// The schema's version, when the file is ours or empty and not newer than we are.
fn check(connection: &Connection, path: &Path) -> Result<i64, Fault> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    match (application, version) {
        (0, 0) if tables == 0 => Ok(0),
        (APPLICATION_ID, found) if found > KNOWN => {
            Err(LedgerError::Newer { path: path.display().to_string(), found, known: KNOWN }.into())
        }
        (APPLICATION_ID, version) if version > 0 => Ok(version),
        _ => {
            Err(Fault::Words("it is another program's SQLite file, no burnledger ledger; name another file with --ledger".into()))
        }
    }
}

/// Write-ahead logging. Changing to it needs the file alone for a moment, and SQLite does not always wait for that.
fn keep_journal(connection: &Connection) -> Result<(), Fault> {
    let mut last = None;
    for _ in 0..TRIES {
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => return Err(Fault::Words(format!("its file system allows no write-ahead log (mode `{mode}`)"))),
            Err(e) if e.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => last = Some(e),
            Err(e) => return Err(e.into()),
        }
        std::thread::park_timeout(Duration::from_millis(20));
    }
    Err(last.map_or_else(|| Fault::Words("it stayed locked".into()), Fault::Sql))
}
