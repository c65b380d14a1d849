//! The integration tests, linked once. `tests/tidy.rs` checks that every file beside this one is named here or below.

mod ledger;
mod live;
mod receivers;
mod recordings;
mod screens;
mod sim;
mod sources;
mod verbs;
