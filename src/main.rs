//! Parses arguments and runs a verb; the rest is the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Drawing runs on the main thread, everything else on two workers: a slow terminal never stops the engine.
    let builder = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let Ok(runtime) = builder else { return ExitCode::from(burnledger::cli::Exit::Usage.code()) };
    let exit = runtime.block_on(burnledger::cli::main(std::env::args_os()));
    // Reads that are still under way must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    ExitCode::from(exit.code())
}
