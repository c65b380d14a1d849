//! OpenSLO v1 and v1alpha: SLOs with what they refer to, across documents and files.
//!
//! Keys that OpenSLO does not know refuse the document, as its own tools do. Deliberately absent: queries of anything but
//! Prometheus and its kin, and v2alpha, which still changes.

mod alerts;
mod metric;
mod slo;
mod window;

use super::export::openslo::ANNOTATION;
use super::import::{Doc, DocKind, Options, Reader, Root, Val, head, key_span, present};
use crate::domain::base::{Place, Text, clean_line};
use crate::kit::yaml::{Node, Source, Value, compose};

/// A part of a document and the file it is in.
#[derive(Clone, Copy)]
struct Part<'n> {
    file: usize,
    node: &'n Node,
}

impl<'n> Part<'n> {
    /// The value of a key, when it is something.
    fn get(self, key: &str) -> Option<Self> {
        present(self.node, key).map(|node| Part { node, ..self })
    }

    fn text(self) -> Option<&'n Text> {
        self.node.text()
    }
}

/// A document that others may name.
struct Object<'n> {
    kind: &'n str,
    name: &'n str,
    part: Part<'n>,
    used: bool,
}

/// All documents and what is said of their files.
struct World<'w, 's, 'n> {
    readers: &'w mut [Reader<'s>],
    objects: Vec<Object<'n>>,
}

const KINDS: [&str; 6] = ["Service", "DataSource", "SLI", "AlertPolicy", "AlertCondition", "AlertNotificationTarget"];

impl<'s, 'n> World<'_, 's, 'n> {
    /// The reader of a part's file.
    fn r(&mut self, part: Part<'_>) -> &mut Reader<'s> {
        &mut self.readers[part.file]
    }

    fn error(&mut self, part: Part<'_>, code: &'static str, message: impl Into<String>, hint: &str) {
        let span = part.node.span.clone();
        self.r(part).out.error_hint(code, &span, message, hint);
    }

    fn note(&mut self, part: Part<'_>, message: impl Into<String>) {
        let span = part.node.span.clone();
        self.r(part).note(&span, message);
    }

    fn warn(&mut self, part: Part<'_>, message: impl Into<String>) {
        let span = part.node.span.clone();
        self.r(part).warn(&span, message);
    }

    fn val(&mut self, text: impl Into<String>, part: Part<'_>) -> Val {
        self.r(part).val(text, part.node)
    }

    /// A key that must be there.
    fn need(&mut self, of: Part<'n>, key: &str, what: &str) -> Option<Part<'n>> {
        let found = of.get(key);
        if found.is_none() {
            let at = if of.node.get(key).is_some() { key_span(of.node, key) } else { head(of.node) };
            self.r(of).out.error("missing-field", &at, format!("{what} needs `{key}`"));
        }
        found
    }

    /// A text that must be there and not empty.
    fn need_text(&mut self, of: Part<'n>, key: &str, what: &str) -> Option<(&'n Text, Part<'n>)> {
        let part = self.need(of, key, what)?;
        let text = self.r(part).out.text(part.node, &format!("`{key}`"))?;
        Some((text, part))
    }

    /// Refuses keys that OpenSLO does not know.
    fn known(&mut self, part: Part<'_>, what: &str, known: &[&'static str]) -> Option<()> {
        let before = self.r(part).out.errors();
        self.r(part).out.fields(part.node, what, known)?;
        (self.r(part).out.errors() == before).then_some(())
    }

    /// A document by its kind and name; one that nobody has is told at the reference.
    fn find(&mut self, kind: &str, name: &str, from: Part<'_>) -> Option<Part<'n>> {
        let Some(object) = self.objects.iter_mut().find(|o| o.kind == kind && o.name == name.trim()) else {
            let message = format!("there is no {kind} `{}` among the files", clean_line(name, 100));
            self.error(from, "unknown-reference", message, "import it together with the documents it refers to");
            return None;
        };
        object.used = true;
        Some(object.part)
    }
}

/// Reads all documents; drafts come back with the numbers of their files.
pub(super) fn read_all(readers: &mut [Reader<'_>], roots: &[Root<'_>], options: &Options) -> Vec<(usize, Doc)> {
    let mut world = World { readers, objects: Vec::new() };
    let mut slos = Vec::new();
    for root in roots {
        let part = Part { file: root.file, node: root.node };
        let Some((kind, alpha)) = kind(&mut world, part) else { continue };
        if kind == "SLO" {
            slos.push((part, alpha));
            continue;
        }
        let name = part.get("metadata").and_then(|m| m.get("name")).and_then(Part::text).map_or("", |t| t.trim());
        world.objects.push(Object { kind, name, part, used: false });
    }
    let mut docs = Vec::new();
    for (part, alpha) in slos {
        let mark = world.readers[part.file].notes.len();
        let mut doc = slo::read(&mut world, part, alpha, options);
        if let Some(doc) = &mut doc {
            doc.notes = world.readers[part.file].notes.split_off(mark);
        }
        docs.extend(doc.map(|doc| (part.file, doc)));
    }
    unused(&mut world);
    docs
}

/// The kind of a document of a version that is read, and whether it is v1alpha.
fn kind<'n>(w: &mut World<'_, '_, 'n>, part: Part<'n>) -> Option<(&'n str, bool)> {
    let (version, at) = w.need_text(part, "apiVersion", "an OpenSLO document")?;
    let alpha = match version.trim() {
        "openslo/v1" => false,
        "openslo/v1alpha" => true,
        other => {
            let message = format!("OpenSLO `{}` is not read", clean_line(other, 60));
            w.error(at, "unknown-version", message, "`openslo/v1` and `openslo/v1alpha` are");
            return None;
        }
    };
    let (kind, at) = w.need_text(part, "kind", "an OpenSLO document")?;
    let kind = kind.trim();
    if kind != "SLO" && !KINDS.contains(&kind) {
        w.error(
            at,
            "no-slo-document",
            format!("OpenSLO has no kind `{}`", clean_line(kind, 60)),
            "kinds are SLO, SLI, Service, DataSource and those of alerts",
        );
        return None;
    }
    w.known(part, "the document", &["apiVersion", "kind", "metadata", "spec"])?;
    let meta = w.need(part, "metadata", "an OpenSLO document")?;
    w.known(meta, "`metadata`", &["name", "displayName", "labels", "annotations"])?;
    let (name, at) = w.need_text(meta, "name", "`metadata`")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.chars().all(plain) || name.len() > 63 || name.starts_with('-') || name.ends_with('-') {
        w.warn(at, format!("`{}` is no RFC 1123 label, as OpenSLO wants its names", clean_line(name, 80)));
    }
    if let (Some(spec), Some(known)) = (part.get("spec"), spec_keys(kind)) {
        w.known(spec, "`spec`", known)?;
    }
    Some((kind, alpha))
}

/// Keys of the kinds that only others use.
fn spec_keys(kind: &str) -> Option<&'static [&'static str]> {
    match kind {
        "Service" => Some(&["description"]),
        "DataSource" => Some(&["description", "type", "connectionDetails"]),
        "AlertNotificationTarget" => Some(&["description", "target"]),
        _ => None,
    }
}

/// Documents that no SLO needed. One that stands in several files is needed in all when it is in one.
fn unused(w: &mut World<'_, '_, '_>) {
    let used: std::collections::BTreeSet<(&str, &str)> = w.objects.iter().filter(|o| o.used).map(|o| (o.kind, o.name)).collect();
    let rest: Vec<(Part<'_>, String)> = w
        .objects
        .iter()
        .filter(|o| !used.contains(&(o.kind, o.name)))
        .map(|o| {
            (
                o.part,
                format!("the {} `{}` is not used by any SLO here: nothing is written for it", o.kind, clean_line(o.name, 100)),
            )
        })
        .collect();
    for (part, text) in rest {
        let span = head(part.node);
        w.r(part).note(&span, text);
    }
}

/// What a service is called and labelled with.
fn service(w: &mut World<'_, '_, '_>, name: &str, at: Part<'_>) -> Vec<(&'static str, Val)> {
    let mut fields = vec![("service", w.val(name.trim(), at))];
    let Some(object) = w.objects.iter_mut().find(|o| o.kind == "Service" && o.name == name.trim()) else { return fields };
    object.used = true;
    let Some(meta) = object.part.get("metadata") else { return fields };
    let mut labels = Vec::new();
    if let Some(Part { file, node }) = meta.get("labels")
        && let Value::Map(entries) = &node.value
    {
        for entry in entries {
            let part = Part { file, node: &entry.value };
            let words: Vec<&str> = entry.value.one_or_many().into_iter().filter_map(|n| n.text().map(|t| t.trim())).collect();
            if super::native::is_label_name(&entry.key) && !words.is_empty() {
                labels.push((entry.key.to_string(), w.val(words.join(","), part)));
            } else {
                w.note(
                    part,
                    format!("the label `{}` of the service is left out: it is no label with a value", clean_line(&entry.key, 80)),
                );
            }
        }
    }
    if !labels.is_empty() {
        fields.push(("labels", Val::Map(labels)));
    }
    fields.extend(own(w, meta, &["owner", "runbook", "depends_on"]).0);
    fields
}

/// Fields of ours among the annotations of an object, which our own export put there; and whether there are others.
fn own<'n>(w: &mut World<'_, '_, 'n>, meta: Part<'n>, known: &[&'static str]) -> (Vec<(&'static str, Val)>, bool) {
    let (mut found, mut others) = (Vec::new(), false);
    let Some(Part { file, node }) = meta.get("annotations") else { return (found, others) };
    let Value::Map(entries) = &node.value else { return (found, true) };
    for entry in entries {
        let name = entry.key.strip_prefix(ANNOTATION).and_then(|name| known.iter().find(|k| **k == name));
        let (Some(name), Some(text)) = (name, entry.value.text()) else {
            others = true;
            continue;
        };
        let part = Part { file, node: &entry.value };
        let documents = compose(&Source::new("an annotation", text.to_string()));
        match (&documents.roots[..], documents.problems.is_empty()) {
            ([root], true) => {
                let place = w.r(part).out.place(entry.value.span.clone());
                found.push((*name, val_of(root, &place)));
            }
            _ => w.error(
                part,
                "bad-annotation",
                format!("the annotation `{}` is no value", entry.key),
                "export it again, or remove it",
            ),
        }
    }
    (found, others)
}

/// A tree as a value to be written, all of it from one place.
fn val_of(node: &Node, place: &Place) -> Val {
    match &node.value {
        Value::Null => Val::own("null"),
        Value::Scalar { text, .. } => Val::at(&**text, place.clone()),
        Value::List(items) => Val::List(items.iter().map(|n| val_of(n, place)).collect()),
        Value::Map(entries) => Val::Map(entries.iter().map(|e| (e.key.to_string(), val_of(&e.value, place))).collect()),
    }
}

/// A document with its SLOs.
fn document(
    w: &mut World<'_, '_, '_>,
    part: Part<'_>,
    fields: Vec<(&'static str, Val)>,
    slos: Vec<super::import::DraftSlo>,
) -> Doc {
    let span = head(part.node);
    Doc { kind: DocKind::Slos, place: w.r(part).out.place(span), head: fields, slos, notes: Vec::new() }
}
