//! Keeping a ledger's file: verified, and copied while others use it.
//!
//! Deliberately absent: what is looked at (`ledger`).

use crate::domain::base::Seq;
use crate::domain::incident::EntryHash;
use crate::ledger::SqliteLedger;
pub use crate::ledger::Verified;
use crate::ports::LedgerError;
use std::path::Path;

/// Recomputes the whole file; see [`SqliteLedger::verify`].
///
/// # Errors
/// It cannot be read, or is no ledger.
pub async fn verify(path: &Path, anchor: Option<(Seq, EntryHash)>) -> Result<Verified, LedgerError> {
    blocking(path, move |path| SqliteLedger::verify(path, anchor)).await
}

/// Copies the file, and verifies the copy.
///
/// # Errors
/// As [`SqliteLedger::backup`].
pub async fn backup(path: &Path, to: &Path) -> Result<Verified, LedgerError> {
    let to = to.to_owned();
    let copy = move |path: &Path| {
        SqliteLedger::backup(path, &to)?;
        SqliteLedger::verify(&to, None)
    };
    blocking(path, copy).await
}

async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce(&Path) -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    let owned = path.to_owned();
    let broken = |e| LedgerError::Unavailable { path: path.display().to_string(), why: format!("the work was broken off ({e})") };
    tokio::task::spawn_blocking(move || work(&owned)).await.map_err(broken)?
}
