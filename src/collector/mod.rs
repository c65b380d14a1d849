//! Sources of samples: Prometheus over HTTP, and recordings.
//!
//! They return samples, never counts: counting is the same for live, replayed and refetched samples because it happens elsewhere.

pub mod prometheus;
pub mod recorded;
mod remote_read;

pub use prometheus::{Prometheus, PrometheusSettings};
pub use recorded::{Horizon, Recorded, RecordingError};
