//! Use cases, one a file.

pub mod backtest;
pub mod casefile;
pub mod coverage;
pub mod discover;
pub mod film;
pub mod what_if;
pub mod online;
pub mod pushdown;
pub mod values;

pub use backtest::{Backtested, Order, backtest};
pub use casefile::{CaseOutcome, run_case};
