//! Stored and sent forms: entries with versions, status, incidents, cost.

pub mod backtest;
pub mod cost;
pub mod number;
pub mod status;

pub mod entry;
mod exact;
pub mod gate;
pub mod incident;
pub mod page;
pub mod picture;
pub mod report;
pub mod silence;
pub mod stats;
