//! Files in: SLOs, severity policies and the business become one rulebook, with every problem of every file. Files out:
//! [`export`].
//!
//! A broken SLO leaves the others working; what is wrong stays in the rulebook as values. Files of other tools become ours
//! first (`import`). Deliberately absent: writing files, and asking a server whether the metrics exist.

mod across;
mod business;
pub mod casefile;
pub mod dashboards;
pub mod estimate;
pub mod export;
mod files;
pub mod import;
mod kinds;
pub mod labels;
mod native;
mod openslo;
mod policies;
mod presets;
mod pyrra;
pub mod records;
pub mod render;
mod rules;
mod sloth;
pub mod what_if;

pub use files::{InputFile, Sight, sight};
pub use policies::{find_policy, shipped_policies};
pub use presets::{KnownPreset, known_presets};

use crate::domain::base::{Problem, Text};
use crate::domain::objective::{Guards, Policy, Rulebook, Timing};
use crate::kit::yaml::{Documents, Source, compose};
use kinds::{Kind, kind_of, kind_of_name};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What the configuration brings to reading SLO files.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Times; lints need the step.
    pub timing: Timing,
    /// Evidence that tiers need unless an SLO says otherwise.
    pub guards: Guards,
    /// Most groups of an SLO unless it says otherwise.
    pub max_groups: usize,
    /// Selectors of more series are added up by the server, unless an SLO says otherwise.
    pub count_up_to: usize,
    /// Names of the sources there are; any name is taken where it is not known which there are.
    pub sources: Option<BTreeSet<Text>>,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            timing: Timing::default(),
            guards: Guards::default(),
            max_groups: crate::domain::measure::MAX_TRACKS,
            count_up_to: crate::domain::measure::COUNT_UP_TO,
            sources: None,
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The rules in force. `problems` holds everything wrong, of all files; broken SLOs are left out of `slos`.
    pub rulebook: Rulebook,
    /// Files that were read.
    pub files: usize,
    /// SLOs that were written, broken ones included.
    pub slos: usize,
    /// Where each sound SLO's name stands, by id.
    pub places: std::collections::BTreeMap<Text, crate::domain::base::Place>,
    /// What of other tools' files has no equal here.
    pub notes: Vec<import::Note>,
    /// Dashboards that lay among the files; whether the SLOs they name exist is asked by [`dashboards::unknown_slos`].
    pub dashboards: Vec<dashboards::ReadDashboard>,
}

/// Most problems that are kept; a broken generator can make millions.
const MAX_PROBLEMS: usize = 1_000;

/// Reads files and folders. A folder means every `*.yaml` and `*.yml` below it; beside a single file its folder's
/// `business.yaml` is read too. Never fails: problems are in the rulebook.
pub fn load(paths: &[PathBuf], options: &LoadOptions) -> Loaded {
    let (files, problems) = files::collect(paths);
    build(&files, problems, options)
}

/// Reads files that are in memory already, such as those of the demo.
pub fn load_files(files: &[InputFile], options: &LoadOptions) -> Loaded {
    build(files, Vec::new(), options)
}

/// A file's text and trees.
struct Parsed {
    source: Source,
    documents: Documents,
    kinds: Vec<Kind>,
}

fn build(files: &[InputFile], mut problems: Vec<Problem>, options: &LoadOptions) -> Loaded {
    let mut parsed = parse(files, &mut problems);
    let foreign = import::in_place(&parsed, options, &mut problems);
    parsed.extend(foreign.parsed);
    let loaded = assemble(files, &parsed, problems, options);
    Loaded { notes: foreign.notes, ..loaded }
}

/// Reads files as trees; what is no YAML is told.
fn parse(files: &[InputFile], problems: &mut Vec<Problem>) -> Vec<Parsed> {
    let mut parsed = Vec::with_capacity(files.len());
    for file in files {
        parsed.extend(parse_file(file, problems));
    }
    parsed
}

/// One file as trees.
fn parse_file(file: &InputFile, problems: &mut Vec<Problem>) -> Option<Parsed> {
    match Source::decode(&file.name, &file.bytes) {
        Ok(source) => {
            let documents = compose(&source);
            problems.extend(documents.problems.iter().cloned());
            problems.extend(empty_file(&source, &documents));
            let kind = |root| import::kind_in_place(root).unwrap_or_else(|| kind_of(root, &file.name));
            let kinds = documents.roots.iter().map(kind).collect();
            Some(Parsed { source, documents, kinds })
        }
        Err(problem) => {
            problems.push(*problem);
            None
        }
    }
}

/// From trees to rules.
fn assemble(files: &[InputFile], parsed: &[Parsed], mut problems: Vec<Problem>, options: &LoadOptions) -> Loaded {
    let policies = policies::all(parsed, &mut problems);
    let business = business::read_all(parsed, options, &mut problems);
    for file in parsed.iter().filter(|f| f.kinds.contains(&Kind::Cost)) {
        // What is wrong with the YAML itself was told above.
        let documents = Documents { problems: Vec::new(), ..file.documents.clone() };
        problems.extend(estimate::read_documents(&file.source, documents).problems);
    }
    let presets = presets::all(parsed, &mut problems);
    let presets: Vec<_> = presets.iter().map(|known| &known.preset).collect();
    let known = native::Known { policies: &policies, presets: &presets };
    let drafts = native::read_all(parsed, known, options, &mut problems);
    let dashboards = dashboards::read_all(parsed, &mut problems);
    Loaded { dashboards, ..finish(files, drafts, business, problems, options) }
}

fn finish(
    files: &[InputFile],
    drafts: Vec<native::Draft>,
    business: business::BusinessDraft,
    mut problems: Vec<Problem>,
    options: &LoadOptions,
) -> Loaded {
    let written = drafts.iter().map(|d| d.written).sum();
    let services = across::services(&drafts, &mut problems);
    let mut drafts = drafts;
    across::known_slos(&drafts, &mut problems);
    across::sound_composites(&mut drafts, &mut problems);
    let places = drafts.iter().flat_map(|d| &d.slos).map(|(slo, place)| (slo.id.0.clone(), place.clone())).collect();
    let slos = across::unique_slos(drafts, &mut problems);
    across::known_streams(&business, &services, &mut problems);
    sort_and_cap(&mut problems);
    let business = business.business;
    let rulebook = Rulebook { slos, services, business, timing: options.timing, problems, hash: hash(files) };
    Loaded { rulebook, files: files.len(), slos: written, places, notes: Vec::new(), dashboards: Vec::new() }
}

/// Problems by file, then by place, at most [`MAX_PROBLEMS`].
fn sort_and_cap(problems: &mut Vec<Problem>) {
    problems.sort_by(|a, b| {
        let key = |p: &Problem| p.place.as_ref().map(|place| (place.file.clone(), place.span.start));
        key(a).cmp(&key(b))
    });
    if problems.len() > MAX_PROBLEMS {
        let more = problems.len() - MAX_PROBLEMS;
        problems.truncate(MAX_PROBLEMS);
        problems.push(Problem::error("too-many-problems", format!("problems that are not shown: {more}")));
    }
}

/// SHA-256 of names and bytes, each with its length before it, so that no two sets of files look alike.
fn hash(files: &[InputFile]) -> Text {
    let mut hasher = Sha256::new();
    for file in files {
        for part in [file.id.as_bytes(), &file.bytes] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
    }
    let hex: String = hasher.finalize().iter().flat_map(|b| [b >> 4, b & 15]).map(hex_digit).collect();
    hex.into()
}

fn hex_digit(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0')
}

/// A file without any document.
fn empty_file(source: &Source, documents: &Documents) -> Option<Problem> {
    if !documents.roots.is_empty() || !documents.problems.is_empty() {
        return None;
    }
    let hint = format!("start it with `version: {}`, or delete it", kind_of_name(source.name()).version());
    Some(Problem::error("empty-file", "the file is empty").hint(hint).at(source.place(0..0)))
}

/// A policy by name.
fn policy<'p>(policies: &'p [Policy], name: &str) -> Option<&'p Policy> {
    policies.iter().find(|p| &*p.name == name)
}

#[cfg(test)]
mod tests;
