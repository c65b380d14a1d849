//! Use cases, one a file.

pub mod backtest;

pub use backtest::{Backtested, Order, backtest};
