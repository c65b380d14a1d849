//! Stopping as a job of the shell, as Ctrl-Z asks. Raw mode takes the key's own meaning away, so it is done by hand.

use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
use std::io;

/// There is a shell that could bring us back: our group is not the session's own. A program that a terminal was opened for
/// would hang for ever.
pub(super) fn possible() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Stops the whole job, as the terminal itself would; returns when it goes on.
pub(super) fn stop() -> io::Result<()> {
    Ok(kill_current_process_group(Signal::STOP)?)
}
