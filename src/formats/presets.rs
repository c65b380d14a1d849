//! Preset files: the shipped ones are data files inside the program, a user's stand beside the SLO files and may replace them.

use super::kinds::{Kind, PRESET_VERSION};
use super::native::sli::{query_problem, read_allowed};
use super::{InputFile, Parsed};
use crate::domain::base::{Problem, Text, clean_line};
use crate::domain::objective::{Convention, Form, Indicator, Preset, Side};
use crate::kit::yaml::{Entry, Fields, Findings, Node, Source, compose};
use crate::query::preset::{Wish, expand, selectors};
use rust_decimal::Decimal;
use std::path::PathBuf;

/// The shipped presets: their files' names and texts.
const SHIPPED: [(&str, &str); 11] = [
    ("presets/http.yaml", include_str!("../../slos/presets/http.yaml")),
    ("presets/otel-http.yaml", include_str!("../../slos/presets/otel-http.yaml")),
    ("presets/grpc.yaml", include_str!("../../slos/presets/grpc.yaml")),
    ("presets/envoy.yaml", include_str!("../../slos/presets/envoy.yaml")),
    ("presets/istio.yaml", include_str!("../../slos/presets/istio.yaml")),
    ("presets/nginx-ingress.yaml", include_str!("../../slos/presets/nginx-ingress.yaml")),
    ("presets/traefik.yaml", include_str!("../../slos/presets/traefik.yaml")),
    ("presets/kubernetes-apiserver.yaml", include_str!("../../slos/presets/kubernetes-apiserver.yaml")),
    ("presets/go-sql-pool.yaml", include_str!("../../slos/presets/go-sql-pool.yaml")),
    ("presets/map-operations.yaml", include_str!("../../slos/presets/map-operations.yaml")),
    ("presets/probe.yaml", include_str!("../../slos/presets/probe.yaml")),
];

const FIELDS: [&str; 4] = ["version", "name", "description", "conventions"];
const CONVENTION: [&str; 5] = ["name", "about", "service", "needs", "indicators"];
const FORMS: [&str; 4] = ["events", "latency", "threshold", "occurrences"];

/// A preset with the file it stands in.
#[derive(Clone, Debug)]
pub struct KnownPreset {
    /// The preset.
    pub preset: Preset,
    /// The file's name.
    pub file: Text,
    /// The file's text: written beside the SLOs and changed, it takes the preset's place.
    pub text: Text,
    /// It comes with the program.
    pub shipped: bool,
}

/// The shipped presets and those of the user's files, which replace shipped ones of the same name; with what is wrong with the files.
pub fn known_presets(slos: &[PathBuf]) -> (Vec<KnownPreset>, Vec<Problem>) {
    let mut problems = Vec::new();
    // Files that cannot be read or are no YAML are `check`'s to tell.
    let files: Vec<InputFile> = super::files::collect(slos).0;
    let parsed = super::parse(&files, &mut Vec::new());
    let known = all(&parsed, &mut problems);
    (known, problems)
}

/// The shipped presets, then those of the files.
pub(super) fn all(parsed: &[Parsed], problems: &mut Vec<Problem>) -> Vec<KnownPreset> {
    let mut known = Vec::new();
    for (name, text) in SHIPPED {
        let source = Source::new(name, text.to_owned());
        let mut out = Findings::new(&source);
        for root in compose(&source).roots {
            known.extend(read(&mut out, &root).map(|preset| found(preset, &source, true)));
        }
        problems.extend(out.finish());
    }
    for file in parsed {
        let mut out = Findings::new(&file.source);
        for (root, _) in file.documents.roots.iter().zip(&file.kinds).filter(|(_, kind)| **kind == Kind::Preset) {
            let Some(preset) = read(&mut out, root) else { continue };
            let new = found(preset, &file.source, false);
            match known.iter_mut().find(|k| k.preset.name == new.preset.name) {
                Some(old) if old.shipped => *old = new,
                Some(_) => {
                    let span = root.get("name").map_or_else(|| root.span.clone(), |n| n.span.clone());
                    let message = format!("two presets are named `{}`", new.preset.name);
                    out.error_hint("duplicate-preset", &span, message, "rename one of them");
                }
                None => known.push(new),
            }
        }
        problems.extend(out.finish());
    }
    known
}

fn found(preset: Preset, source: &Source, shipped: bool) -> KnownPreset {
    KnownPreset { preset, file: source.name().clone(), text: source.text().into(), shipped }
}

/// One preset; absent when anything is wrong with it.
fn read(out: &mut Findings<'_>, root: &Node) -> Option<Preset> {
    let (before, what) = (out.errors(), "a preset");
    let fields = out.fields(root, what, &FIELDS)?;
    super::kinds::check_version(out, &fields, PRESET_VERSION);
    let name = fields.need(out, "name", what).and_then(|n| name(out, n));
    let description = line(out, &fields, "description");
    let node = fields.need(out, "conventions", what)?;
    let items = out.list(node, "`conventions`")?;
    let conventions: Vec<Convention> = items.iter().filter_map(|item| convention(out, item)).collect();
    if items.is_empty() {
        out.error("empty-value", &node.span, "`conventions` is empty");
    }
    twice(out, items);
    (out.errors() == before).then_some(Preset { name: name?, description, conventions })
}

/// Conventions of one name.
fn twice(out: &mut Findings<'_>, items: &[std::sync::Arc<Node>]) {
    let mut seen: Vec<&str> = Vec::new();
    for node in items.iter().filter_map(|item| item.get("name")) {
        let Some(name) = node.text() else { continue };
        if seen.contains(&&**name) {
            out.error_hint("duplicate-name", &node.span, format!("two conventions are named `{name}`"), "rename one of them");
        }
        seen.push(name);
    }
}

/// A name that can stand in files, commands and pages.
fn name(out: &mut Findings<'_>, node: &Node) -> Option<Text> {
    let text: Text = out.text(node, "`name`")?.trim().into();
    let fine = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.')) && text.chars().count() <= 60;
    if !fine {
        out.error_hint(
            "bad-name",
            &node.span,
            "this is no usable name",
            "use letters and digits with `-`, `_` and `.`, at most 60",
        );
    }
    fine.then_some(text)
}

fn line(out: &mut Findings<'_>, fields: &Fields<'_>, field: &str) -> Text {
    let text = fields.get(out, field).and_then(|n| out.text(n, &format!("`{field}`")).cloned());
    text.map_or_else(|| "".into(), |text| clean_line(&text, 300))
}

fn convention(out: &mut Findings<'_>, node: &Node) -> Option<Convention> {
    let what = "a convention";
    let fields = out.fields(node, what, &CONVENTION)?;
    let name = fields.need(out, "name", what).and_then(|n| name(out, n));
    let about = line(out, &fields, "about");
    let words = |out: &mut Findings<'_>, node: &Node, field: &str| {
        out.texts(node, field).into_iter().map(|(text, _)| text).collect::<Vec<_>>()
    };
    let service = fields.get(out, "service").map_or_else(|| vec!["job".into()], |n| words(out, n, "`service`"));
    let needs = fields.get(out, "needs").map_or_else(Vec::new, |n| words(out, n, "`needs`"));
    let node = fields.need(out, "indicators", what)?;
    let entries = out.entries(node, "`indicators`")?;
    if entries.is_empty() {
        out.error("empty-value", &node.span, "`indicators` is empty");
    }
    let indicators = entries.iter().filter_map(|entry| indicator(out, entry)).collect();
    Some(Convention { name: name?, about, service, needs, indicators })
}

fn indicator(out: &mut Findings<'_>, entry: &Entry) -> Option<Indicator> {
    let fields = out.fields(&entry.value, "an indicator", &FORMS)?;
    let [one] = fields.entries() else {
        let hint = format!("kinds are {}", FORMS.join(", "));
        out.error_hint("one-sli-kind", &fields.head(), "an indicator needs exactly one kind", hint);
        return None;
    };
    let form = match &*one.key {
        "events" => events(out, &one.value),
        "latency" => latency(out, &one.value),
        "threshold" => threshold(out, &one.value),
        "occurrences" => occurrences(out, &one.value),
        _ => None,
    }?;
    Some(Indicator { name: entry.key.clone(), form })
}

/// The PromQL of a field that makes `form` sound; what is wrong with it is told in its place.
fn promql(out: &mut Findings<'_>, fields: &Fields<'_>, field: &str, form: impl Fn(Text) -> Form) -> Option<Text> {
    let node = fields.need(out, field, "an indicator")?;
    let text: Text = out.text(node, &format!("`{field}`"))?.trim_end().into();
    let form = form(text.clone());
    let wish = Wish { under: Some(crate::domain::base::Span::from_secs(1)), ..Wish::default() };
    let wrong = selectors(&form).and_then(|found| expand(&form, &wish).map(|_| found));
    match wrong {
        Ok(found) if found.is_empty() => {
            out.error("bad-query", &node.span, format!("`{field}` looks at no metric"));
            None
        }
        Ok(_) => Some(text),
        Err(error) => {
            let problem = query_problem(out, node, error);
            out.push(problem);
            None
        }
    }
}

fn events(out: &mut Findings<'_>, node: &Node) -> Option<Form> {
    let fields = out.fields(node, "`events`", &["bad", "total"])?;
    let alone = |text: Text| Form::Events { bad: text.clone(), total: text };
    let (bad, total) = (promql(out, &fields, "bad", alone), promql(out, &fields, "total", alone));
    Some(Form::Events { bad: bad?, total: total? })
}

fn latency(out: &mut Findings<'_>, node: &Node) -> Option<Form> {
    let fields = out.fields(node, "`latency`", &["histogram", "unit", "bounds"])?;
    let histogram = promql(out, &fields, "histogram", |histogram| Form::Seconds { histogram });
    let millis = fields.get(out, "unit").is_some_and(|n| out.choice(n, "unit", &[("s", false), ("ms", true)]) == Some(true));
    let mut bounds = Vec::new();
    if let Some(node) = fields.get(out, "bounds") {
        for item in out.list(node, "`bounds`").unwrap_or_default() {
            bounds.extend(out.decimal(item, "a bound").filter(|b| *b > Decimal::ZERO));
        }
    }
    let histogram = histogram?;
    Some(if millis { Form::Millis { histogram, bounds } } else { Form::Seconds { histogram } })
}

fn threshold(out: &mut Findings<'_>, node: &Node) -> Option<Form> {
    let fields = out.fields(node, "`threshold`", &["value", "below", "above"])?;
    let value = promql(out, &fields, "value", |value| Form::Threshold { value, side: Side::Below, level: None });
    let (side, field) = match (fields.has("below"), fields.has("above")) {
        (true, false) => (Side::Below, "below"),
        (false, true) => (Side::Above, "above"),
        _ => {
            out.error("missing-field", &fields.head(), "`threshold` needs one of `below` and `above`");
            return None;
        }
    };
    let node = fields.get(out, field)?;
    let level = match node.text() {
        Some(text) if side == Side::Below && text.trim() == "under" => None,
        _ => Some(out.decimal(node, &format!("`{field}`"))?),
    };
    Some(Form::Threshold { value: value?, side, level })
}

fn occurrences(out: &mut Findings<'_>, node: &Node) -> Option<Form> {
    let fields = out.fields(node, "`occurrences`", &["count", "allowed"])?;
    let make = |count| Form::Occurrences { count, allowed: Decimal::ONE, per: crate::domain::base::Span::from_hours(1) };
    let count = promql(out, &fields, "count", make);
    let (allowed, per) = fields.need(out, "allowed", "`occurrences`").and_then(|n| read_allowed(out, n))?;
    Some(Form::Occurrences { count: count?, allowed, per })
}
