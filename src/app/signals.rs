//! Signals: interrupt and terminate end a running house; hang-up ends one that has a terminal, and makes a daemon read its files.

use super::setup::SetupError;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for the first signal that ends the house.
pub struct Stop {
    interrupt: Signal,
    terminate: Signal,
    hangup: Option<Signal>,
}

/// Listens from now on; the terminal's end is ours, too.
///
/// # Errors
/// The system does not let us.
pub fn stop_signals() -> Result<Stop, SetupError> {
    Ok(Stop { hangup: Some(listen(SignalKind::hangup())?), ..daemon_signals()? })
}

/// The same for a program without a terminal: hang-up is left to those who read files again.
///
/// # Errors
/// The system does not let us.
pub fn daemon_signals() -> Result<Stop, SetupError> {
    Ok(Stop { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())?, hangup: None })
}

fn listen(kind: SignalKind) -> Result<Signal, SetupError> {
    signal(kind).map_err(|e| SetupError::Other { what: format!("signals cannot be heard: {e}"), hint: None })
}

impl Stop {
    /// Completes with the first signal; true when it was an interrupt from the keyboard.
    pub async fn wait(&mut self) -> bool {
        tokio::select! {
            _ = self.interrupt.recv() => true,
            _ = self.terminate.recv() => false,
            () = heard(&mut self.hangup) => false,
        }
    }
}

/// The next hang-up; never, where none is listened for.
async fn heard(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Hang-ups as a wish to read files again.
pub(super) struct Wishes(Option<Signal>);

impl Wishes {
    /// Listens from now on, where the system lets us and somebody `wants` to.
    pub(super) fn listen(wants: bool) -> Self {
        Self(wants.then(|| signal(SignalKind::hangup()).ok()).flatten())
    }

    /// Completes with the next one.
    pub(super) async fn next(&mut self) {
        heard(&mut self.0).await;
    }
}
