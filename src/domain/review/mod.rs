//! Looking back: the facts of a postmortem, what a backtest found, and recovery statistics.

pub mod backtest;
pub mod casefile;
pub mod postmortem;
pub mod stats;

pub use backtest::{Backtest, Chronicle, Firing, TrackPast, Withheld};
pub use postmortem::{Beside, BurnSeries, Clock, ClockKind, PostmortemFacts, Restated, SloQuery};
