//! Ledgers: append-only entries, the outbox and the lease, in memory and in SQLite.
//!
//! What both must agree on is written once, in `append`, `lease` and `outbox`, as rules over plain values; the two only
//! store. Deliberately absent: what entries mean (`domain/incident`).

mod append;
mod lease;
mod memory;
mod migrations;
mod outbox;
mod sqlite;

pub use append::{ZERO_HASH, chain};
pub use memory::MemoryLedger;
pub use sqlite::{SqliteLedger, Verified};
