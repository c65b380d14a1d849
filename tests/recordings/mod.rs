//! Sample data: the recordings agree with their truth files, their SLO and business files, and their generator.
//!
//! Counting here is done anew in the plainest way, from the text of the recordings; the product is compared with the truth
//! files where it replays them.

#[path = "../../sample-data/generator/main.rs"]
#[allow(dead_code, reason = "the tests use the check, the example all of it")]
mod generator;
mod backtest;
mod calm;
mod laws;
mod made;
mod film;
mod month;
mod naive;
mod past;
mod replay;
mod truths;

use serde_json::Value;
use std::path::{Path, PathBuf};

/// Scenarios by folder.
const SCENARIOS: [&str; 3] = ["connection-pool", "read-only-primary", "resize-storm"];

/// The folder of a scenario.
pub(crate) fn folder(scenario: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample-data").join(scenario)
}

/// Its truth file.
pub(crate) fn truth(scenario: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder(scenario).join("truth.json")).unwrap()).unwrap()
}
