//! Runs a file of unit tests: each case over a recording of its own samples.

use crate::collector::Recorded;
use crate::domain::base::{Ms, Problem, Text};
use crate::domain::review::casefile::Case;
use crate::formats::casefile::{Loaded, load};
use crate::jobs::{CaseOutcome, run_case};
use std::path::Path;
use std::sync::Arc;

/// A file that was run.
#[derive(Debug)]
pub struct TestedFile {
    /// Everything wrong with the file; with errors no case was run.
    pub problems: Vec<Problem>,
    /// Cases that were run, in the order of the file.
    pub cases: Vec<TestedCase>,
}

/// A case that was run.
#[derive(Debug)]
pub struct TestedCase {
    /// What it shows.
    pub name: Text,
    /// Where it stands.
    pub line: usize,
    /// The instant that times count from.
    pub start: Ms,
    /// What came of it.
    pub outcome: CaseOutcome,
}

/// Reads a file and runs the cases whose name holds `only`.
pub async fn test_file(path: &Path, only: &str) -> TestedFile {
    let Loaded { rulebook, cases, problems } = load(path);
    let book = Arc::new(rulebook);
    let mut tested = Vec::with_capacity(cases.len());
    for mut case in cases.into_iter().filter(|case| case.name.contains(only)) {
        let recording = Recorded::from_series(&case.name, std::mem::take(&mut case.series));
        let outcome = run_case(&case, Arc::clone(&book), Arc::new(recording)).await;
        let Case { name, line, start, .. } = case;
        tested.push(TestedCase { name, line, start, outcome });
    }
    TestedFile { problems, cases: tested }
}
