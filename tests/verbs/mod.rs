//! Verbs run as a user runs them: arguments in; text, JSON and exit codes out.

mod backtest;
mod budgets;
mod by_hand;
mod cases;
mod check;
mod cost;
mod demo;
mod estimate;
pub(crate) mod export;
mod gate;
mod house;
mod import;
mod incidents;
mod packaging;
mod presets;
mod report;
mod stats;
mod status;
mod test;
mod timeline;
mod what_if;
