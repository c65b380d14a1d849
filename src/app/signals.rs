//! Signals that end a running house: interrupt, terminate, hang-up.

use super::setup::SetupError;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Waits for the first of them.
pub struct Stop([Signal; 3]);

/// Listens from now on.
///
/// # Errors
/// The system does not let us.
pub fn stop_signals() -> Result<Stop, SetupError> {
    let listen = |kind| signal(kind).map_err(|e| SetupError::Other { what: format!("signals cannot be heard: {e}"), hint: None });
    Ok(Stop([listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?, listen(SignalKind::hangup())?]))
}

impl Stop {
    /// Completes with the first signal; true when it was an interrupt from the keyboard.
    pub async fn wait(&mut self) -> bool {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => true,
            _ = terminate.recv() => false,
            _ = hangup.recv() => false,
        }
    }
}
