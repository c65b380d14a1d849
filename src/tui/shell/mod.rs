//! The shell around the pure parts: it owns the terminal, the signals and the clock, and carries effects out.
//!
//! Two threads of its own: one waits for keys, signals, snapshots and time and never writes; the other writes to the
//! terminal and may block there (a slow link, a stopped terminal) without keys, orders or the engine noticing.

mod answers;
mod editor;
mod files;
mod frames;
mod input;
mod painter;
mod session;
mod suspend;
mod terminal;

use super::options::TuiOptions;
use crate::ports::{Clock, Desk};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// The file of a session's state in its folder.
pub const STATE: &str = "screen";

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// A person left.
    Quit,
    /// A signal asked for it: SIGTERM, SIGINT, SIGQUIT or SIGHUP.
    Interrupted,
    /// The terminal has gone.
    TerminalGone,
}

/// Why there is no dashboard.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TuiError {
    /// Standard input or output is no terminal.
    #[error("the dashboard needs a terminal on standard input and output")]
    NotATerminal,
    /// The terminal refused.
    #[error("the terminal could not be used: {0}")]
    Terminal(String),
    /// The screen's own code failed; the terminal was given back.
    #[error("the dashboard failed inside: {0}")]
    Failed(String),
}

/// Shows the dashboard until a person leaves, a signal asks for it or the terminal goes.
///
/// Runs on threads of its own, so that neither a slow terminal nor a busy engine stops the other; orders run on the caller's
/// runtime. Dropping the future gives the terminal back before it returns. The clock is the machine's own: a replay's time
/// comes with its snapshots, while messages and pauses on the screen are real time.
///
/// # Errors
/// No terminal, or one that cannot be used.
pub async fn run(desk: Arc<dyn Desk>, clock: Arc<dyn Clock>, options: TuiOptions) -> Result<Ended, TuiError> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(TuiError::NotATerminal);
    }
    terminal::with_mouse(options.mouse);
    terminal::crashes_into(options.state.clone());
    let (done, result) = oneshot::channel();
    let (gone, left) = mpsc::channel::<()>();
    let (stop, stopped) = oneshot::channel::<()>();
    let caller = Handle::current();
    let body = move || {
        let ended = in_thread(session::Session { desk, clock, options, caller }, stopped);
        let _ = done.send(ended);
        drop(gone);
    };
    std::thread::Builder::new().name(terminal::SCREEN.into()).spawn(body).map_err(|e| TuiError::Terminal(e.to_string()))?;
    let guard = Guard { stop: Some(stop), left };
    let ended = result.await.unwrap_or_else(|_| Err(TuiError::Failed("see the message above".into())));
    drop(guard);
    ended
}

fn in_thread(session: session::Session, stopped: oneshot::Receiver<()>) -> Result<Ended, TuiError> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|e| TuiError::Terminal(e.to_string()))?;
    runtime.block_on(session.run(stopped))
}

/// Dropping it tells the session to stop and waits a moment until the terminal is given back.
struct Guard {
    stop: Option<oneshot::Sender<()>>,
    left: mpsc::Receiver<()>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.left.recv_timeout(Duration::from_millis(400));
    }
}
