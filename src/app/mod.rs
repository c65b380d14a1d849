//! Puts the house together: builds, supervises, reloads.

pub mod attach;
mod backtest;
pub mod burn;
pub mod casefile;
pub mod dashboards;
pub mod demo;
pub mod desk;
mod gate;
pub mod doctor;
mod heartbeat;
pub mod late;
pub mod init;
pub mod intake;
pub mod keep;
pub mod logging;
pub mod notices;
pub mod pricing;
pub mod receivers;
mod reload;
mod present;
mod setup;
pub mod transfer;
pub mod signals;
pub mod watch;

pub use backtest::{Past, Wanted};
pub use gate::Inspected;
pub use present::Present;
pub use setup::{History, Setup, SetupError, load_options};

use crate::clock::SystemClock;
use crate::domain::base::Text;
use crate::ports::Clock;
use std::sync::Arc;

/// A random text that makes this process' commit ids unique.
pub fn nonce() -> Text {
    format!("{:016x}", rand::random::<u64>()).into()
}

/// The machine's own clock: for screens, whose messages and pauses are real time also while a replay runs faster.
pub fn machine_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock::new())
}

/// This process, for the lease: host name and process number.
pub fn who() -> Text {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    format!("{}:{}", if host.is_empty() { "localhost" } else { host }, std::process::id()).into()
}
