//! Looking back: the facts of a postmortem, and what a backtest found. Recovery statistics join here when they are built.

pub mod backtest;
pub mod postmortem;

pub use backtest::{Backtest, Chronicle, Firing, TrackPast, Withheld};
pub use postmortem::{Beside, BurnSeries, Clock, ClockKind, PostmortemFacts, Restated, SloQuery};
