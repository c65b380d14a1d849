//! Ledgers: in memory and in SQLite.
