//! Postmortem reports in Markdown and JSON.
//!
//! Facts are filled in; judgement is left to people in marked regions, which survive when a report is made again
//! ([`regions::keep`]). Everything that came from outside is escaped. Unknown is said as unknown.

pub mod markdown;
pub mod regions;
mod burn;
mod cost_csv;
mod md;
mod sections;
mod stats_csv;

pub use cost_csv::cost_csv;
pub use markdown::markdown;
pub use stats_csv::stats_csv;

use crate::domain::review::PostmortemFacts;
use crate::wire::report::ReportJson;
use crate::words::{Zone, timeline};

/// The report for programs: one JSON object, indented.
///
/// # Errors
/// Never for values this program made; serde's error otherwise.
pub fn json(facts: &PostmortemFacts) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&ReportJson::new(facts, &|entry| timeline::sentence(entry, Zone::Utc)))
}

#[cfg(test)]
mod tests;
