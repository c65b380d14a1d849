//! What the program says of its own workings: to standard error, or to a file while a dashboard owns the terminal.
//!
//! Warnings and worse unless `BURNLEDGER_LOG` says more (`info`, `burnledger::engine=debug`). Control characters are escaped
//! by the formatter; secrets never reach it.

use std::path::Path;
use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

const VARIABLE: &str = "BURNLEDGER_LOG";
/// Lines that may wait for the disk; further ones are lost. The places are reserved at once: the library's own 128,000 take 4 MB.
const WAITING: usize = 1024;

fn filter() -> EnvFilter {
    EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("warn"))
}

/// Logs to standard error. A second call changes nothing.
pub fn to_stderr(color: bool) {
    let made = tracing_subscriber::fmt().with_env_filter(filter()).with_ansi(color).with_writer(std::io::stderr).try_init();
    // Only embedding programs and tests have one already.
    drop(made);
}

/// Logs to `burnledger.log` in `folder`, a file a day, while the guard lives. Without a folder that can be written nothing
/// is logged: the dashboard works all the same.
pub fn to_file(folder: &Path) -> Option<WorkerGuard> {
    // The folder of a bare file name is empty, and no folder is called so.
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::fs::create_dir_all(folder).ok()?;
    let made = tracing_appender::rolling::Builder::new()
        .rotation(tracing_appender::rolling::Rotation::DAILY)
        .filename_prefix("burnledger.log")
        .max_log_files(7)
        .build(folder)
        .ok()?;
    let (writer, guard) = NonBlockingBuilder::default().buffered_lines_limit(WAITING).finish(made);
    let _ = tracing_subscriber::fmt().with_env_filter(filter()).with_ansi(false).with_writer(writer).try_init();
    Some(guard)
}
