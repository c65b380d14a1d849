//! Looking back: the facts of a postmortem, what a backtest found, and recovery statistics.

pub mod backtest;
pub mod casefile;
pub mod compare;
pub mod gate;
pub mod labels;
pub mod period;
pub mod postmortem;
pub mod stats;

pub use backtest::{Backtest, Chronicle, Firing, TrackPast, TrailPoint, Withheld};
pub use compare::{Comparison, TrackChange, TrackSide, compare};
pub use labels::{Label, Score, Scored, score};
pub use period::PeriodFacts;
pub use postmortem::{Beside, BurnSeries, Clock, ClockKind, PostmortemFacts, Restated, SloQuery};
