//! SLO files: documents of one service with its SLOs.
//!
//! A document's own problems do not spoil its SLOs; an SLO with an error is left out, its neighbours are kept.

mod breach;
mod composite;
mod exclude;
mod lint;
mod period;
mod preset;
pub(super) mod rules;
pub(super) mod sli;
mod slo;
mod target;

pub(super) use sli::query_problem;

use super::kinds::{Kind, SLO_VERSION, check_version};
use super::policies::is_error;
use super::{LoadOptions, Parsed};
use crate::domain::base::{Place, Problem, SloId, Text, clean_line};
use crate::domain::objective::{Policy, Preset, ServiceInfo, Slo};
use crate::kit::yaml::{Fields, Findings, Node, Value};
use std::ops::Range;
use std::sync::Arc;

/// What one document gave.
#[derive(Debug)]
pub(super) struct Draft {
    /// The service's name and where it stands.
    pub(super) service: Option<(Text, Place)>,
    /// What is said of the service, without its dependencies.
    pub(super) info: ServiceInfo,
    /// Services it needs, each with its place.
    pub(super) depends_on: Vec<(Text, Place)>,
    /// SLOs that rules or composites of this document look at, with their places.
    pub(super) looks_at: Vec<(SloId, Place)>,
    /// Sound SLOs with the place of their names.
    pub(super) slos: Vec<(Arc<Slo>, Place)>,
    /// SLOs that were written.
    pub(super) written: usize,
}

/// What SLOs may name.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// Severity policies.
    pub(super) policies: &'a [Policy],
    /// Indicators by name.
    pub(super) presets: &'a [&'a Preset],
}

/// What every SLO of a document is read with.
struct Context<'a> {
    policies: &'a [Policy],
    presets: &'a [&'a Preset],
    options: &'a LoadOptions,
    /// The document's own fields: SLOs inherit some of them.
    document: &'a Fields<'a>,
    service: Text,
    file: Text,
}

const FIELDS: [&str; 19] = [
    "version",
    "service",
    "owner",
    "runbook",
    "depends_on",
    "labels",
    "slos",
    "severity",
    "period",
    "guards",
    "mode",
    "dedupe",
    "target_labels",
    "births",
    "budget",
    "exclude",
    "max_groups",
    "count_up_to",
    "source",
];

/// Most SLOs of one document; each costs a plan, and a list of aliases could name millions.
const MAX_SLOS: usize = 5_000;

/// Reads all SLO documents of all files.
pub(super) fn read_all(parsed: &[Parsed], known: Known<'_>, options: &LoadOptions, problems: &mut Vec<Problem>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for file in parsed {
        let mut out = Findings::new(&file.source);
        for (root, _) in file.documents.roots.iter().zip(&file.kinds).filter(|(_, kind)| **kind == Kind::Slos) {
            let broken = broken_spots(&file.documents.problems);
            drafts.extend(read_document(&mut out, root, known, options, &broken));
        }
        let mut found = out.finish();
        if file.source.is_derived() {
            // What should stand in the text that was made is no advice for the file it was made from.
            for problem in &mut found {
                problem.replacement = None;
            }
        }
        problems.extend(found);
    }
    drafts
}

/// Bytes with errors of YAML itself, such as a key that is written twice.
pub(super) fn broken_spots(problems: &[Problem]) -> Vec<usize> {
    problems.iter().filter(|p| is_error(p)).filter_map(|p| p.place.as_ref().map(|place| place.span.start)).collect()
}

fn read_document(
    out: &mut Findings<'_>,
    root: &Node,
    known: Known<'_>,
    options: &LoadOptions,
    broken: &[usize],
) -> Option<Draft> {
    let fields = out.fields(root, "an SLO document", &FIELDS)?;
    check_version(out, &fields, SLO_VERSION);
    let service = read_service(out, &fields);
    let info = read_info(out, &fields);
    let mut depends_on = Vec::new();
    if let Some(node) = fields.get(out, "depends_on") {
        for (name, span) in out.texts(node, "`depends_on`") {
            depends_on.push((name, out.place(span)));
        }
    }
    let items = fields.need(out, "slos", "an SLO document").and_then(|n| {
        let items = out.list(n, "`slos`")?;
        if items.is_empty() {
            out.error_hint("empty-value", &n.span, "`slos` is empty", "write at least one SLO: `- name: ...`");
        }
        Some(items)
    });
    let mut draft = Draft { service, info, depends_on, looks_at: Vec::new(), slos: Vec::new(), written: 0 };
    for item in items.unwrap_or_default() {
        draft.written += 1;
        if draft.written > MAX_SLOS {
            out.error("too-many-slos", &item.span, format!("more than {MAX_SLOS} SLOs in one document"));
            break;
        }
        let name = draft.service.as_ref().map_or_else(|| "?".into(), |(name, _)| name.clone());
        let Known { policies, presets } = known;
        let file = out.source().name().clone();
        let context = Context { policies, presets, options, document: &fields, service: name, file };
        draft.looks_at.extend(breach::confirming(out, item.get("breach").map(|n| &**n)));
        draft.looks_at.extend(composite::members(out, item, &context.service));
        let sound = read_slo(out, item, &context, broken);
        draft.slos.extend(sound.filter(|_| draft.service.is_some()));
    }
    Some(draft)
}

/// An SLO without any error, and where its name stands.
fn read_slo(out: &mut Findings<'_>, item: &Node, context: &Context<'_>, broken: &[usize]) -> Option<(Arc<Slo>, Place)> {
    let before = out.errors();
    let slo = slo::read(out, item, context)?;
    let sound = out.errors() == before && !broken.iter().any(|at| contains(&item.span, *at));
    let name = item.get("name").map_or_else(|| item.span.clone(), |n| n.span.clone());
    sound.then(|| (Arc::new(slo), out.place(name)))
}

fn contains(span: &Range<usize>, at: usize) -> bool {
    span.start <= at && at < span.end
}

fn read_service(out: &mut Findings<'_>, fields: &Fields<'_>) -> Option<(Text, Place)> {
    let node = fields.need(out, "service", "an SLO document")?;
    let name = read_name(out, node, "`service`")?;
    Some((name, out.place(node.span.clone())))
}

/// A name: letters and digits of any script, `-`, `_` and `.` between them. It becomes part of ids, commands and addresses.
fn read_name(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Text> {
    let text: Text = out.text(node, what)?.trim().into();
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let ends = text.starts_with(char::is_alphanumeric) && text.ends_with(char::is_alphanumeric);
    if ends && text.chars().all(inner) && text.chars().count() <= 100 {
        return Some(text);
    }
    let shown: String = text.chars().take(60).collect();
    let hint = "use letters and digits with `-`, `_` and `.` between them, at most 100";
    out.error_hint("bad-name", &node.span, format!("{what} `{shown}` is no usable name"), hint);
    None
}

fn read_info(out: &mut Findings<'_>, fields: &Fields<'_>) -> ServiceInfo {
    let mut info = ServiceInfo {
        owner: fields.get(out, "owner").and_then(|n| words(out, n, "`owner`")),
        runbook: fields.get(out, "runbook").and_then(|n| words(out, n, "`runbook`")),
        ..ServiceInfo::default()
    };
    for entry in fields.get(out, "labels").and_then(|n| out.entries(n, "`labels`")).unwrap_or_default() {
        if !is_label_name(&entry.key) {
            let hint = "label names are letters, digits and `_`, and do not start with a digit";
            out.error_hint("bad-label", &entry.key_span, format!("`{}` is no label name", entry.key), hint);
        } else if entry.value.value == Value::Null {
            out.error("empty-value", &entry.key_span, format!("the label `{}` has no value", entry.key));
        } else if let Some(value) = words(out, &entry.value, "a label's value") {
            info.labels.insert(entry.key.clone(), value);
        }
    }
    info
}

/// Words for people on one line: they reach terminals and pages.
fn words(out: &mut Findings<'_>, node: &Node, what: &str) -> Option<Text> {
    out.text(node, what).map(|text| clean_line(text, 500))
}

/// Prometheus' rule for label names.
pub(super) fn is_label_name(name: &str) -> bool {
    let ok = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.starts_with(|c: char| ok(c) && !c.is_ascii_digit()) && name.chars().all(ok)
}
