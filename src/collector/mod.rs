//! Sources of samples: Prometheus over HTTP, several of them by name, and recordings.
//!
//! They return samples, never counts: counting is the same for live, replayed and refetched samples because it happens elsewhere.

pub mod breaker;
pub mod guarded;
mod native_export;
pub mod prometheus;
pub mod recorded;
mod remote_read;
mod sources;

pub use breaker::BreakerSettings;
pub use guarded::{GuardSettings, Guarded};
pub use prometheus::{Prometheus, PrometheusSettings};
pub use recorded::{Horizon, Recorded, RecordingError};
pub use sources::Sources;

use crate::ports::{Clock, SourceError};
use std::sync::Arc;

/// A Prometheus behind its guard: what `watch`, `status` and `tui` read from.
///
/// # Errors
/// The address is none, or TLS cannot be set up.
pub fn connect(settings: PrometheusSettings, clock: Arc<dyn Clock>) -> Result<Guarded<Prometheus>, SourceError> {
    let guard = GuardSettings {
        concurrency: settings.concurrency,
        budget: settings.timeout,
        seed: settings.seed,
        breaker: settings.breaker,
        ..GuardSettings::default()
    };
    Ok(Guarded::new(Prometheus::new(settings, clock.clone())?, guard, clock))
}
