//! The integration tests, linked once. `tests/tidy.rs` checks that every file beside this one is named here or below.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test says no by panicking"
)]
#![allow(clippy::disallowed_methods, reason = "tests wait for real servers with a limit")]
#![allow(missing_docs, unreachable_pub, reason = "nobody links tests")]

mod book;
mod ledger;
mod live;
mod receivers;
mod recordings;
mod screens;
mod sim;
mod sources;
mod support;
mod verbs;
