//! Use cases, one a file.

pub mod backtest;
pub mod casefile;

pub use backtest::{Backtested, Order, backtest};
pub use casefile::{CaseOutcome, run_case};
