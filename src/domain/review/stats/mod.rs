//! Recovery statistics: how long, how often, how costly, and how sure one can be of it.
//!
//! Every figure is a function from numbers to numbers with its formula and source in its comment; `summary` puts them
//! together for a set of incidents. Durations are seconds. Deliberately absent: an interval of the arithmetic mean (none that
//! is simple covers for skewed durations) and words for people.

pub mod compare;
pub mod drills;
pub mod geometric;
pub mod money;
pub mod quantile;
pub mod rate;
pub mod record;
pub mod share;
pub mod skew;
pub mod standards;
pub mod summary;
pub mod survival;
pub mod trend;

pub use drills::{DrillRow, Drills, drills};
pub use money::CostStats;
pub use record::{Backwards, Record, RecordedCost, Timed, Times};
pub use share::{ShareKind, ShareStats, Targets};
pub use skew::Skew;
pub use standards::Standards;
pub use summary::{Change, ClockStats, Dimension, Group, Key, Stats, StatsQuestion, stats};

#[cfg(test)]
mod tests;
