//! From samples to exact counts: what to read, how increases are counted, and the history they are kept in.
//!
//! Deliberately absent: objectives and thresholds (see `objective`, `judge`), and every kind of IO.

mod buckets;
mod bytes;
mod cells;
pub mod counter;
pub mod exclude;
pub mod feed;
pub mod history;
pub mod image;
pub mod meter;
mod notes;
pub mod plan;
pub mod reads;
mod recent;
pub mod selector;
mod series;
pub mod spec;
pub mod time_slices;
pub mod track;
pub mod window;

pub use cells::SliceState;
pub use counter::Counter;
pub use exclude::{Exclude, Recurrence};
pub use feed::{Ask, Batch, Coverage, Sample, Sink};
pub use history::{Ceiling, Counts, EXACT, History, Room, Slice};
pub use image::{Part, PartKind, PartName, Restored};
pub use meter::{MAX_TRACKS, Meter, Seam};
pub use plan::{AskedPlan, AskedUnit, COUNT_UP_TO, Count, CountedPlan, HistogramPlan, Plan};
pub use reads::{Detail, Role};
pub use recent::QuantileValue;
pub use selector::{MatchOp, Matcher, Selector};
pub use spec::{Births, MeterSpec, Side};
pub use time_slices::{TimeSliceCounts, TimeSliceRule};
pub use track::Track;
pub use window::{NearEdge, Window};
