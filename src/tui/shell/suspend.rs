//! Stopping as a job of the shell, as Ctrl-Z asks. Raw mode takes the key's own meaning away, so it is done by hand.

use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
use std::io;

/// There is a shell that could bring us back: our group is not the session's own. A program that a terminal was opened for
/// would hang for ever.
pub(super) fn possible() -> bool {
    getsid(None).is_ok_and(|session| session != getpgrp())
}

/// Asks for the whole job to be stopped, as the terminal itself would. It may return before the stop takes hold: the kernel
/// stops each thread when it next runs. SIGCONT tells that the job goes on.
pub(super) fn stop() -> io::Result<()> {
    Ok(kill_current_process_group(Signal::STOP)?)
}
