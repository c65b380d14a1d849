//! Sources of samples: Prometheus over HTTP, and recordings.
