//! From samples to exact counts: what to read, how increases are counted, and the history they are kept in.
//!
//! Deliberately absent: objectives and thresholds (see `objective`, `judge`), and every kind of IO.

pub mod feed;
pub mod plan;
pub mod selector;

pub use feed::{Ask, Batch, Coverage, Sample, Sink};
pub use plan::{AskedPlan, AskedUnit, Count, CountedPlan, HistogramPlan, Plan};
pub use selector::{MatchOp, Matcher, Selector};
