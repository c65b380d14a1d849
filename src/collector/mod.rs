//! Sources of samples: Prometheus over HTTP, and recordings.
//!
//! They return samples, never counts: counting is the same for live, replayed and refetched samples because it happens elsewhere.

pub mod recorded;

pub use recorded::{Horizon, Recorded, RecordingError};
