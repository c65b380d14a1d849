//! History on disk: the parts of feeds, compressed and checksummed, in a SQLite file of its own beside the ledger.
//!
//! It only keeps bytes; what they mean is for `domain/measure`. Losing the file costs a refill and nothing else, so it is
//! written without waiting for the disk at every transaction, and one that is damaged beyond use is put aside.

mod file;
mod pack;

pub use file::SqliteSlices;

#[cfg(test)]
mod tests;
