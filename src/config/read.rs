//! Reads the fields of the configuration file; every problem in one run.

use super::mask;
use super::paging::{HeartbeatSettings, ResponseSettings, read_heartbeat, read_responses, read_silences};
use super::receivers::{ReceiverSettings, read_receivers, read_routes};
use super::screen::{ScreenSettings, read_screen};
use super::sources::{SourceSettings, WrittenSource, beside, read_source, read_sources};
use crate::domain::base::{Language, Problem, Span, Text};
use crate::domain::objective::Timing;
use crate::domain::paging::{PlannedSilence, Routes};
use crate::domain::review::stats::{ShareKind, Targets};
use crate::kit::yaml::{Fields, Findings, Node, Source, compose};
use rust_decimal::prelude::ToPrimitive;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// What the file says; absent where it says nothing.
#[derive(Default)]
pub(super) struct Written {
    pub(super) prometheus: WrittenSource,
    pub(super) sources: BTreeMap<Text, SourceSettings>,
    pub(super) slos: Option<PathBuf>,
    pub(super) dashboards: Option<PathBuf>,
    pub(super) ledger: Option<PathBuf>,
    pub(super) history: Option<PathBuf>,
    pub(super) timing: Timing,
    pub(super) min_bad: Option<f64>,
    pub(super) max_groups: Option<usize>,
    pub(super) count_up_to: Option<usize>,
    pub(super) environment: Option<Text>,
    pub(super) language: Option<Language>,
    pub(super) listen: Option<SocketAddr>,
    pub(super) receivers: BTreeMap<Text, ReceiverSettings>,
    pub(super) routes: Routes,
    pub(super) targets: Targets,
    pub(super) silences: Vec<PlannedSilence>,
    pub(super) responses: Vec<ResponseSettings>,
    pub(super) heartbeat: Option<HeartbeatSettings>,
    pub(super) api_tokens_file: Option<PathBuf>,
    pub(super) screen: ScreenSettings,
    pub(super) root_causes: Option<Vec<Text>>,
}

/// Every key of the file's first level.
pub(super) const FIELDS: [&str; 34] = [
    "prometheus",
    "sources",
    "slos",
    "dashboards",
    "ledger",
    "history",
    "listen",
    "environment",
    "language",
    "receivers",
    "routes",
    "fallback",
    "silences",
    "responses",
    "heartbeat",
    "api_tokens_file",
    "min_bad",
    "max_groups",
    "count_up_to",
    "root_causes",
    "step",
    "settle",
    "clear",
    "resolve_after",
    "reopen",
    "no_data_page",
    "escalate_after",
    "repeat",
    "targets",
    "theme",
    "glyphs",
    "mouse",
    "bell",
    "keys",
];

/// Reads a file. Relative paths in it start at `folder`.
pub(super) fn read(source: &Source, folder: &Path) -> (Written, Vec<Problem>) {
    let documents = compose(source);
    let mut out = Findings::new(source);
    documents.problems.into_iter().for_each(|p| out.push(p));
    let mut written = Written::default();
    if let Some(root) = documents.roots.first() {
        read_root(&mut out, root, folder, &mut written);
    }
    if let Some(second) = documents.roots.get(1) {
        let hint = "put everything into one document";
        out.error_hint("two-documents", &(second.span.start..second.span.start), "the configuration has one document", hint);
    }
    let mut problems = out.finish();
    mask::mask(&mut problems);
    (written, problems)
}

/// A limit: a whole number from 1 to `most`.
fn read_most(out: &mut Findings<'_>, fields: &Fields<'_>, name: &'static str, most: usize) -> Option<usize> {
    let node = fields.get(out, name)?;
    let number = out.decimal(node, &format!("`{name}`"))?;
    let limit = number.to_usize().filter(|limit| number.fract().is_zero() && (1..=most).contains(limit));
    if limit.is_none() {
        out.error("bad-number", &node.span, format!("`{name}` must be a whole number from 1 to {most}"));
    }
    limit
}

fn read_root(out: &mut Findings<'_>, root: &Node, folder: &Path, written: &mut Written) {
    let Some(fields) = out.fields(root, "the configuration", &FIELDS) else { return };
    let path = |out: &mut Findings<'_>, name: &str| {
        let node = fields.get(out, name)?;
        Some(beside(folder, out.text(node, &format!("`{name}`"))?))
    };
    written.slos = path(out, "slos");
    written.dashboards = path(out, "dashboards");
    written.ledger = path(out, "ledger");
    written.history = match fields.get(out, "history") {
        Some(node) if node.text().is_some_and(|text| text.trim() == super::HISTORY_OFF) => Some(super::HISTORY_OFF.into()),
        _ => path(out, "history"),
    };
    if let Some(node) = fields.get(out, "prometheus") {
        written.prometheus = read_source(out, node, "`prometheus`", folder);
    }
    written.sources = fields.get(out, "sources").map(|n| read_sources(out, n, folder)).unwrap_or_default();
    written.environment = fields.get(out, "environment").and_then(|n| out.text(n, "`environment`").cloned());
    written.language = fields.get(out, "language").and_then(|n| out.choice(n, "language", &Language::ALL));
    written.listen = fields.get(out, "listen").and_then(|n| read_listen(out, n));
    written.min_bad = fields.get(out, "min_bad").and_then(|n| {
        let number = out.decimal(n, "`min_bad`")?;
        if number.is_sign_negative() {
            out.error("bad-number", &n.span, "`min_bad` may not be negative");
        }
        number.to_f64()
    });
    written.max_groups = read_most(out, &fields, "max_groups", 10_000);
    written.count_up_to = read_most(out, &fields, "count_up_to", 1_000_000);
    written.root_causes = fields.get(out, "root_causes").map(|n| read_root_causes(out, n));
    read_timing(out, &fields, &mut written.timing);
    if let Some(node) = fields.get(out, "targets") {
        written.targets = read_targets(out, node);
    }
    if let Some(node) = fields.get(out, "receivers") {
        written.receivers = read_receivers(out, node, folder);
    }
    let names: Vec<&str> = match fields.get(out, "receivers").map(|n| &n.value) {
        Some(crate::kit::yaml::Value::Map(entries)) => entries.iter().map(|e| &*e.key).collect(),
        _ => Vec::new(),
    };
    let (routes, fallback) = (fields.get(out, "routes"), fields.get(out, "fallback"));
    written.routes = read_routes(out, routes.map(|n| &**n), fallback.map(|n| &**n), &written.receivers, &names);
    written.silences = fields.get(out, "silences").map(|n| read_silences(out, n)).unwrap_or_default();
    written.responses = fields.get(out, "responses").map(|n| read_responses(out, n, folder)).unwrap_or_default();
    written.heartbeat = fields.get(out, "heartbeat").and_then(|n| read_heartbeat(out, n, &written.receivers, &names));
    written.api_tokens_file = path(out, "api_tokens_file");
    written.screen = read_screen(out, &fields);
}

/// A list of names, each once.
fn read_root_causes(out: &mut Findings<'_>, node: &Node) -> Vec<Text> {
    let mut classes: Vec<Text> = Vec::new();
    for (text, span) in out.texts(node, "`root_causes`") {
        let class = Text::from(text.trim());
        if classes.contains(&class) {
            out.error("twice", &span, format!("`{class}` stands in the list twice"));
        } else {
            classes.push(class);
        }
    }
    if classes.is_empty() {
        out.error_hint("empty-list", &node.span, "`root_causes` names no class", "remove it to get the usual list");
    }
    classes
}

/// Shares that `stats` is held against: `targets: {found_proactively: 60%}`.
fn read_targets(out: &mut Findings<'_>, node: &Node) -> Targets {
    let mut targets = Targets::default();
    let names = ShareKind::ALL.map(ShareKind::name);
    let Some(fields) = out.fields(node, "`targets`", &names) else { return targets };
    for kind in ShareKind::ALL {
        let share = fields.get(out, kind.name()).and_then(|n| out.share(n, &format!("`{}`", kind.name())));
        if let Some(share) = share.and_then(|s| s.to_f64()) {
            targets.set(kind, share);
        }
    }
    targets
}

fn read_listen(out: &mut Findings<'_>, node: &Node) -> Option<SocketAddr> {
    let text = out.text(node, "`listen`")?.clone();
    let address = text.trim().parse().ok();
    if address.is_none() {
        let hint = format!("addresses look like {}", super::DEFAULT_LISTEN);
        out.error_hint("bad-address", &node.span, "`listen` must be an IP address and a port", hint);
    }
    address
}

fn read_timing(out: &mut Findings<'_>, fields: &Fields<'_>, timing: &mut Timing) {
    let targets: [(&str, &mut Span, bool); 8] = [
        ("step", &mut timing.step, false),
        ("settle", &mut timing.settle, true),
        ("clear", &mut timing.clear, true),
        ("resolve_after", &mut timing.resolve_after, true),
        ("reopen", &mut timing.reopen, true),
        ("no_data_page", &mut timing.no_data_page, false),
        ("escalate_after", &mut timing.escalate_after, false),
        ("repeat", &mut timing.repeat, false),
    ];
    for (name, target, may_be_zero) in targets {
        let Some(node) = fields.get(out, name) else { continue };
        if may_be_zero && node.text().is_some_and(|t| matches!(t.trim(), "0" | "0s")) {
            *target = Span::ZERO;
        } else if let Some(span) = out.span(node, &format!("`{name}`")) {
            *target = span;
        }
    }
    let minute = Span::from_mins(1);
    if timing.step.0 < 1_000 || timing.step > minute || minute.0 % timing.step.0 != 0 {
        let span = fields.get(out, "step").map_or_else(|| fields.head(), |n| n.span.clone());
        let message = format!("`step` is {}, it must divide a minute evenly and be at least 1s", timing.step);
        out.error_hint("bad-step", &span, message, "use 5s, 10s, 15s, 20s, 30s or 1m");
    }
}
