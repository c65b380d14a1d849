//! Tools every edge shares: YAML with places, HTTP, secrets, OpenMetrics text.

pub mod yaml;
pub mod http;
pub mod secrets;
pub mod openmetrics;
