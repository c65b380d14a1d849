//! Tools every edge shares: YAML with places, HTTP, secrets, OpenMetrics text.

pub mod yaml;
