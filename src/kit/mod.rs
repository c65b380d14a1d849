//! Tools every edge shares: YAML with places, HTTP, gzip in pieces, secrets, OpenMetrics text.

pub mod yaml;
pub mod http;
pub mod gzip;
pub mod secrets;
pub mod openmetrics;
