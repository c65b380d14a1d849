//! Files of `burnledger test`: samples in, what is expected of SLOs out, with every problem at its place.
//!
//! SLOs come from files that the case file names or stand in it. Deliberately absent: running anything.

mod expect;
mod series;
mod wanted;

use super::kinds::{TEST_VERSION, check_version, kind_of};
use super::policies::is_error;
use super::{InputFile, LoadOptions, Parsed, assemble, files, parse};
use crate::domain::base::{Labels, Ms, Problem, Span, Text};
use crate::domain::measure::Sample;
use crate::domain::objective::{Rulebook, Timing};
use crate::domain::review::casefile::Case;
use crate::kit::openmetrics::SampleLine;
use crate::kit::yaml::{Documents, Entry, Fields, Findings, Node, Source, Value, compose, locate};
use expect::Home;
use std::path::{Path, PathBuf};

/// 2026-01-05T00:00:00Z, a Monday: where time begins unless the file says otherwise.
const START: Ms = Ms::from_secs(1_767_571_200);
/// Most samples of one case.
const MAX_SAMPLES: usize = 12_000_000;
/// Most cases of one file.
const MAX_CASES: usize = 1_000;
/// Longest stretch that is judged.
const LONGEST: Span = Span::from_days(92);

/// What was found in a file.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The rules under test.
    pub rulebook: Rulebook,
    /// The cases, in the order of the file; empty when anything is wrong.
    pub cases: Vec<Case>,
    /// Everything that is wrong with the file and the SLO files that it names.
    pub problems: Vec<Problem>,
}

const FIELDS: [&str; 11] =
    ["version", "slos", "inline", "start", "step", "scrape", "clear", "resolve_after", "reopen", "no_data_page", "cases"];
const CASE_FIELDS: [&str; 8] = ["name", "series", "scrape", "from", "until", "expect", "firings", "incidents"];
const SERIES_FIELDS: [&str; 3] = ["values", "scrape", "from"];

/// Advice for a file that is not there.
const WANTS: &str = "`test` takes files that begin with `version: burnledger-test/v1`";

/// Reads a file. Never fails: what is wrong is in the problems.
pub fn load(path: &Path) -> Loaded {
    match files::read(path) {
        Ok(bytes) => load_bytes(path, &bytes),
        Err(error) => broken(vec![files::unreadable(path, &error, WANTS)]),
    }
}

/// Reads a file that is in memory already. `path` is its name; the files that it names lie beside it.
pub fn load_bytes(path: &Path, bytes: &[u8]) -> Loaded {
    let source = match Source::decode(&path.display().to_string(), bytes) {
        Ok(source) => source,
        Err(problem) => return broken(vec![*problem]),
    };
    let documents = compose(&source);
    let mut out = Findings::new(&source);
    for problem in documents.problems {
        out.push(problem);
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let read = match &documents.roots[..] {
        [root] => read(&mut out, root, folder, bytes),
        [] => {
            if out.errors() == 0 {
                out.error_hint("empty-file", &(0..0), "the file is empty", format!("start it with `version: {TEST_VERSION}`"));
            }
            None
        }
        [_, second, ..] => {
            let at = second.span.start..second.span.start;
            out.error_hint("two-documents", &at, "there is a second document", "put its cases into a file of their own");
            None
        }
    };
    let (rulebook, cases) = read.unwrap_or_else(|| (no_rules(), Vec::new()));
    let mut problems = out.finish();
    problems.extend(rulebook.problems.iter().cloned());
    let sound = !problems.iter().any(is_error);
    Loaded { rulebook, cases: if sound { cases } else { Vec::new() }, problems }
}

fn broken(problems: Vec<Problem>) -> Loaded {
    Loaded { rulebook: no_rules(), cases: Vec::new(), problems }
}

fn no_rules() -> Rulebook {
    assemble(&[], &[], Vec::new(), &LoadOptions::default()).rulebook
}

fn read(out: &mut Findings<'_>, root: &Node, folder: &Path, bytes: &[u8]) -> Option<(Rulebook, Vec<Case>)> {
    let what = "a test file";
    let fields = out.fields(root, what, &FIELDS)?;
    check_version(out, &fields, TEST_VERSION);
    let timing = read_timing(out, &fields);
    let start = fields.get(out, "start").and_then(|n| read_start(out, n, timing.step)).unwrap_or(START);
    let scrape = fields.get(out, "scrape").and_then(|n| out.span(n, "`scrape`")).unwrap_or(timing.step);
    let rulebook = read_rules(out, &fields, timing, folder, bytes)?;
    let home = Home { start, step: timing.step, book: &rulebook };
    let nodes = fields.need(out, "cases", what).and_then(|n| out.list(n, "`cases`")).unwrap_or_default();
    if nodes.len() > MAX_CASES {
        out.error("too-many-cases", &fields.head(), format!("more than {MAX_CASES} cases in one file"));
    }
    let cases = nodes.iter().take(MAX_CASES).filter_map(|node| read_case(out, node, &home, scrape)).collect();
    Some((rulebook, cases))
}

fn read_timing(out: &mut Findings<'_>, fields: &Fields<'_>) -> Timing {
    let mut timing = Timing::default();
    let slots: [(&str, &mut Span); 5] = [
        ("step", &mut timing.step),
        ("clear", &mut timing.clear),
        ("resolve_after", &mut timing.resolve_after),
        ("reopen", &mut timing.reopen),
        ("no_data_page", &mut timing.no_data_page),
    ];
    for (name, slot) in slots {
        let Some(node) = fields.get(out, name) else { continue };
        let (what, may_be_zero) = (format!("`{name}`"), matches!(name, "clear" | "resolve_after" | "reopen"));
        let span = if may_be_zero { wanted::span(out, node, &what) } else { out.span(node, &what) };
        *slot = span.unwrap_or(*slot);
    }
    timing
}

fn read_start(out: &mut Findings<'_>, node: &Node, step: Span) -> Option<Ms> {
    let text = out.text(node, "`start`")?.clone();
    let at = Ms::parse_rfc3339(&text).filter(|at| *at == at.floor_to(step));
    if at.is_none() {
        let message = format!("`start` must be a time in RFC 3339, a multiple of the step ({step})");
        out.error_hint("bad-time", &node.span, message, "it looks like 2026-03-02T00:00:00Z");
    }
    at
}

/// The rules: files that are named, and documents that stand in this file.
fn read_rules(out: &mut Findings<'_>, fields: &Fields<'_>, timing: Timing, folder: &Path, bytes: &[u8]) -> Option<Rulebook> {
    if !fields.has("slos") && !fields.has("inline") {
        let hint = "add `slos: FILE`, beside this file, or `inline:` with an SLO document";
        fields.missing(out, &["slos", "inline"], "a test file needs `slos` or `inline`: the rules under test", hint);
        return None;
    }
    let named = fields.get(out, "slos").map(|n| out.texts(n, "`slos`")).unwrap_or_default();
    let paths: Vec<PathBuf> = named.iter().map(|(text, _)| folder.join(&**text)).collect();
    let (mut inputs, mut problems) = files::collect(&paths);
    let mut parsed = parse(&inputs, &mut problems);
    if let Some(node) = fields.get(out, "inline") {
        let roots = match &node.value {
            Value::List(items) => items.clone(),
            _ => vec![node.clone()],
        };
        let kinds = roots.iter().map(|root| kind_of(root, "inline.yaml")).collect();
        let documents = Documents { roots, problems: Vec::new() };
        inputs.push(InputFile::new(out.source().name(), bytes));
        parsed.push(Parsed { source: out.source().clone(), documents, kinds });
    }
    let options = LoadOptions { timing, ..LoadOptions::default() };
    let loaded = assemble(&inputs, &parsed, problems, &options);
    if loaded.rulebook.slos.is_empty() && !loaded.rulebook.problems.iter().any(is_error) {
        out.error("no-slos", &fields.head(), "there is no SLO to test");
    }
    Some(loaded.rulebook)
}

fn read_case(out: &mut Findings<'_>, node: &Node, home: &Home<'_>, scrape: Span) -> Option<Case> {
    let (what, before) = ("a case", out.errors());
    let fields = out.fields(node, what, &CASE_FIELDS)?;
    let line = out.place(fields.head()).line;
    let name: Option<Text> = fields.need(out, "name", what).and_then(|n| out.text(n, "`name`").map(|t| t.trim().into()));
    let scrape = fields.get(out, "scrape").and_then(|n| out.span(n, "`scrape`")).unwrap_or(scrape);
    let series = fields.need(out, "series", what).map(|n| read_all_series(out, n, home.start, scrape)).unwrap_or_default();
    let from = fields.get(out, "from").and_then(|n| home.instant(out, n, "`from`")).unwrap_or(home.start);
    let moments = fields.get(out, "expect").map(|n| expect::moments(out, n, home)).unwrap_or_default();
    let firings = fields.get(out, "firings").map(|n| expect::firings(out, n, home));
    let incidents = fields.get(out, "incidents").map(|n| expect::incidents(out, n, home));
    if moments.is_empty() && firings.is_none() && incidents.is_none() && out.errors() == before {
        let hint = "add `expect:` with at least one `at:`, or `firings:` or `incidents:` (an empty list means none)";
        out.error_hint("nothing-expected", &fields.head(), "this case expects nothing", hint);
    }
    let until = fields.get(out, "until").and_then(|n| home.instant(out, n, "`until`"));
    let last_sample = series.iter().filter_map(|(_, samples)| samples.last()).map(|s| s.at.slice_end(home.step)).max();
    let last_moment = moments.iter().map(|m| m.at).max();
    let to = until.max(last_moment).or(last_sample).unwrap_or(home.start);
    let to = if until.is_none() { to.max(last_sample.unwrap_or(to)) } else { to };
    if out.errors() == before {
        check_span(out, &fields, from, to, moments.iter().map(|m| m.at).min());
    }
    let line_of = |name: &str| fields.key_span(name).map_or(line, |span| out.place(span).line);
    let lists_at = (line_of("firings"), line_of("incidents"));
    Some(Case { name: name?, line, start: home.start, from, to, series, moments, firings, incidents, lists_at })
}

fn check_span(out: &mut Findings<'_>, fields: &Fields<'_>, from: Ms, to: Ms, first: Option<Ms>) {
    if to.since(from) > LONGEST {
        let message = format!("{} would be judged, more than {LONGEST}", to.since(from));
        out.error_hint("too-long", &fields.head(), message, "`from: 30d` makes what is before it history");
    }
    if from >= to {
        out.error_hint("empty-span", &fields.head(), "nothing is judged: `from` is not before the end", "make `from` smaller");
    }
    if first.is_some_and(|at| at < from) {
        let message = "something is expected before `from`, where nothing is judged";
        out.error_hint("before-from", &fields.head(), message, "make `from` smaller");
    }
}

fn read_all_series(out: &mut Findings<'_>, node: &Node, start: Ms, scrape: Span) -> Vec<(Labels, Vec<Sample>)> {
    let mut all: Vec<(Labels, Vec<Sample>)> = Vec::new();
    let mut count = 0;
    for entry in out.entries(node, "`series`").unwrap_or_default() {
        let Some((labels, samples)) = read_series(out, entry, start, scrape) else { continue };
        count += samples.len();
        if count > MAX_SAMPLES {
            out.error("too-many-samples", &entry.key_span, format!("the case has more than {MAX_SAMPLES} samples"));
            break;
        }
        if all.iter().any(|(known, _)| *known == labels) {
            let hint = "write all its values in one place";
            out.error_hint("duplicate-series", &entry.key_span, format!("{labels} is written twice"), hint);
            continue;
        }
        all.push((labels, samples));
    }
    all
}

/// One series: `'name{a="b"}': values`, or a mapping with a scrape distance and a first instant of its own.
fn read_series(out: &mut Findings<'_>, entry: &Entry, start: Ms, scrape: Span) -> Option<(Labels, Vec<Sample>)> {
    let head = entry.key.trim();
    let closed = head.contains('{') == head.ends_with('}');
    let labels = SampleLine { head, value: 0.0, at: None }.labels();
    let labels = if closed { labels } else { Err("a brace is missing".into()) };
    if let Err(why) = &labels {
        let hint = "a series looks like http_requests_total{code=\"500\"}";
        out.error_hint("bad-series", &entry.key_span, format!("this is no series: {why}"), hint);
    }
    let (mut node, mut scrape, mut first) = (&entry.value, scrape, start);
    if let Value::Map(_) = &entry.value.value {
        let fields = out.fields(&entry.value, "a series", &SERIES_FIELDS)?;
        scrape = fields.get(out, "scrape").and_then(|n| out.span(n, "`scrape`")).unwrap_or(scrape);
        first = fields.get(out, "from").and_then(|n| wanted::span(out, n, "`from`")).map_or(start, |span| start + span);
        node = fields.need(out, "values", "a series")?;
    }
    let text = match &node.value {
        Value::List(items) => items.iter().filter_map(|n| n.text().map(|t| &**t)).collect::<Vec<_>>().join(" ").into(),
        _ => out.text(node, "a series")?.clone(),
    };
    match series::values(&text) {
        Ok(values) => Some((labels.ok()?, samples(&values, first, scrape))),
        Err(error) => {
            let hint = "values are written as in Prometheus' rule tests: 0+10x60, 5x3, 7, _, _x4, stale; ..+10x60 goes on";
            out.error_hint("bad-values", &locate(out.source(), node, error.at), error.message, hint);
            None
        }
    }
}

fn samples(values: &[Option<f64>], first: Ms, scrape: Span) -> Vec<Sample> {
    let one = |(i, value): (usize, &Option<f64>)| value.map(|value| Sample { at: first + scrape * i as i64, value });
    values.iter().enumerate().filter_map(one).collect()
}

#[cfg(test)]
mod tests;
