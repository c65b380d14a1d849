//! Looking back: the facts of a postmortem. Recovery statistics join here when they are built.

pub mod postmortem;

pub use postmortem::{Beside, BurnSeries, Clock, ClockKind, PostmortemFacts, Restated, SloQuery};
