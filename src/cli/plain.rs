//! `tui --plain`: what changes, line by line, until it is told to stop or nobody reads any more.

use super::{Exit, Out};
use crate::app::{SetupError, signals};
use crate::domain::view::Snapshot;
use crate::tui::Plain;
use crate::words::Zone;
use std::sync::Arc;
use tokio::sync::watch;

/// Follows snapshots.
///
/// # Errors
/// Signals cannot be heard.
pub async fn follow(mut snapshots: watch::Receiver<Arc<Snapshot>>, ascii: bool, out: &mut Out) -> Result<Exit, SetupError> {
    let mut stop = signals::stop_signals()?;
    snapshots.mark_changed();
    let mut plain = Plain::new(Zone::Local, ascii);
    while !out.is_closed() {
        tokio::select! {
            interrupted = stop.wait() => return Ok(if interrupted { Exit::Interrupted } else { Exit::Fine }),
            changed = snapshots.changed() => {
                if changed.is_err() {
                    return Ok(Exit::Usage);
                }
                let snapshot = snapshots.borrow_and_update().clone();
                for line in plain.lines(&snapshot) {
                    out.line(&line);
                }
                out.flush();
            }
        }
    }
    Ok(Exit::Fine)
}
