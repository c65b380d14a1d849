//! Files of Sloth, OpenSLO and Pyrra, and rules that were generated from them, become SLO documents of ours. Whatever cannot
//! is refused at its place; whatever has no equal here is noted at its place.
//!
//! One way for both uses: a draft is written as YAML and read by the reader of SLO files, so that what `import` prints and
//! what is used in place are the same, and both are checked alike. Deliberately absent: writing files.

mod draft;
mod emit;
mod reader;

pub use draft::Note;
pub(super) use draft::{Doc, DocKind, DraftSlo, DraftTier, STANDARD, Val, standard_severity};
pub(super) use reader::{Reader, head, key_span, listed, present};

use super::files::{self, InputFile};
use super::kinds::Kind;
use super::policies::is_error;
use super::{LoadOptions, Parsed, native, policies};
use crate::domain::base::{Place, Problem, Span, Text, clean_line};
use crate::domain::objective::{Policy, Slo};
use crate::kit::yaml::{Node, Source, Value, compose};
use emit::Emitted;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Whose files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Sloth's specifications, also as Kubernetes resources.
    Sloth,
    /// OpenSLO v1 and v1alpha.
    OpenSlo,
    /// Pyrra's `ServiceLevelObjective`.
    Pyrra,
    /// Prometheus rules that Sloth or Pyrra generated.
    Rules,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sloth, Self::OpenSlo, Self::Pyrra, Self::Rules];

    /// The word of the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sloth => "sloth",
            Self::OpenSlo => "openslo",
            Self::Pyrra => "pyrra",
            Self::Rules => "rules",
        }
    }

    const fn what(self) -> &'static str {
        match self {
            Self::Sloth => "a Sloth document",
            Self::OpenSlo => "an OpenSLO document",
            Self::Pyrra => "a Pyrra document",
            Self::Rules => "a file of Prometheus rules",
        }
    }
}

/// What the files do not say.
#[derive(Clone, Debug)]
pub struct Options {
    /// The period of Sloth's SLOs, which is no part of its files; 30 days there unless it is told otherwise.
    pub period: Span,
    /// The service of SLOs whose format has none (Pyrra); otherwise it is guessed and noted.
    pub service: Option<Text>,
    /// What the configuration brings to reading SLO files.
    pub load: LoadOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self { period: Span::from_days(30), service: None, load: LoadOptions::default() }
    }
}

/// Said of what has burn-rate tiers of another tool.
pub(super) const EVIDENCE: &str = "tiers wait for evidence here (3 bad events, 95 % confidence) and have no hold time; `guards: none` follows the thresholds alone";

/// What came of an import.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// A text for each file that gave anything, in the order of the files.
    pub files: Vec<ImportedFile>,
    /// Every SLO.
    pub slos: Vec<ImportedSlo>,
    /// What has no equal here, in the order of the files.
    pub notes: Vec<Note>,
    /// Errors say what was refused; warnings are about what was imported.
    pub problems: Vec<Problem>,
    /// Files that were read.
    pub read: usize,
}

impl Imported {
    /// What was refused.
    pub fn refusals(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|p| is_error(p))
    }
}

/// The SLO file that another tool's file became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedFile {
    /// The other file as it was named.
    pub from: Text,
    /// Its path below the folder that was named, with `/`.
    pub id: Text,
    /// The documents.
    pub yaml: String,
}

/// An SLO that was imported.
#[derive(Clone, Debug)]
pub struct ImportedSlo {
    /// The SLO as it will be used.
    pub slo: Arc<Slo>,
    /// Where it stands in the other tool's file.
    pub place: Place,
}

/// Reads files and folders of one format (of any, when `format` is absent). Never fails: refusals are among the problems.
pub fn import(paths: &[PathBuf], format: Option<Format>, options: &Options) -> Imported {
    let (files, problems) = files::collect_foreign(paths);
    import_files(&files, problems, format, options)
}

/// Reads files that are in memory already.
pub fn import_files(files: &[InputFile], problems: Vec<Problem>, format: Option<Format>, options: &Options) -> Imported {
    let mut out = Imported { problems, read: files.len(), ..Imported::default() };
    let templates = |name: &str| std::path::Path::new(name).extension().is_some_and(|e| e == "tpl" || e == "tmpl");
    for file in files.iter().filter(|f| templates(&f.name)) {
        let message = format!("{} is a template: it holds no documents before it is rendered", clean_line(&file.name, 300));
        let source = Source::new(&file.name, String::new());
        out.problems.push(Problem::error("template", message).hint("render it, and import the result").at(source.place(0..0)));
    }
    let parsed: Vec<(Text, Parsed)> = files
        .iter()
        .filter(|f| !templates(&f.name))
        .filter_map(|f| super::parse_file(f, &mut out.problems).map(|p| (f.id.clone(), p)))
        .collect();
    let all: Vec<&Parsed> = parsed.iter().map(|(_, p)| p).collect();
    let converted = convert(&all, options, Scope::Only(format));
    out.problems.extend(converted.problems);
    let (policies, mut known) = (policies::all(&[], &mut Vec::new()), BTreeMap::new());
    for ((id, parsed), docs) in parsed.iter().zip(&converted.docs) {
        let mut emitted = Emitted::default();
        for doc in docs {
            take(&mut out, &mut emitted, doc, &policies, &mut known, options);
        }
        if !emitted.text.is_empty() {
            out.files.push(ImportedFile { from: parsed.source.name().clone(), id: id.clone(), yaml: emitted.text });
        }
    }
    out.notes.extend(converted.notes);
    out.notes = once(out.notes);
    super::sort_and_cap(&mut out.problems);
    out
}

/// Notes in the order of the files, each once.
fn once(mut notes: Vec<Note>) -> Vec<Note> {
    notes.sort_by(|a, b| (&a.place.file, a.place.span.start, &a.text).cmp(&(&b.place.file, b.place.span.start, &b.text)));
    notes.dedup();
    notes
}

/// Adds the sound SLOs of a draft to the text; the others are refused.
fn take(
    out: &mut Imported,
    emitted: &mut Emitted,
    doc: &Doc,
    policies: &[Policy],
    known: &mut BTreeMap<Text, Place>,
    options: &Options,
) {
    let mut sound = Vec::new();
    for draft in &doc.slos {
        let (slos, problems) = judge(doc, draft, policies, &options.load);
        out.problems.extend(problems);
        let Some(slo) = slos.into_iter().next() else { continue };
        if let Some(first) = known.get(&slo.id.0) {
            let message = format!("the SLO `{}` is written twice", slo.id);
            let hint = format!("the first one is at {}:{}; rename one of them", first.file, first.line);
            out.problems.push(Problem::error("duplicate-slo", message).hint(hint).at(draft.place.clone()));
            continue;
        }
        known.insert(slo.id.0.clone(), draft.place.clone());
        out.notes.extend(draft.notes.iter().cloned());
        out.slos.push(ImportedSlo { slo, place: draft.place.clone() });
        sound.push(draft);
    }
    out.notes.extend(doc.notes.iter().cloned());
    if !sound.is_empty() || doc.kind == DocKind::Policy {
        emitted.document(doc, sound.into_iter());
    }
}

/// Reads one SLO of a draft as if it stood alone in a file of ours.
fn judge(doc: &Doc, draft: &DraftSlo, policies: &[Policy], options: &LoadOptions) -> (Vec<Arc<Slo>>, Vec<Problem>) {
    let mut emitted = Emitted::default();
    emitted.document(doc, std::iter::once(draft));
    let parsed = written(emitted, &doc.place.file);
    let mut problems = Vec::new();
    let known = native::Known { policies, presets: &[] };
    let drafts = native::read_all(&[parsed], known, options, &mut problems);
    (drafts.into_iter().flat_map(|d| d.slos).map(|(slo, _)| slo).collect(), problems)
}

/// A written text as a parsed file whose places are those of the other tool's file.
fn written(emitted: Emitted, name: &str) -> Parsed {
    let source = Source::derived(name, emitted.text, emitted.marks);
    let documents = compose(&source);
    let kinds = documents.roots.iter().map(|root| super::kind_of(root, name)).collect();
    Parsed { source, documents, kinds }
}

/// What other tools' files among those of a rulebook are in it.
pub(super) struct InPlace {
    /// Files of ours, to be read with the others.
    pub(super) parsed: Vec<Parsed>,
    /// Notes on them.
    pub(super) notes: Vec<Note>,
}

/// Converts the documents of other tools among files that are used in place.
pub(super) fn in_place(parsed: &[Parsed], load: &LoadOptions, problems: &mut Vec<Problem>) -> InPlace {
    let all: Vec<&Parsed> = parsed.iter().collect();
    let options = Options { load: load.clone(), ..Options::default() };
    let converted = convert(&all, &options, Scope::InPlace);
    problems.extend(converted.problems);
    let mut out = InPlace { parsed: Vec::new(), notes: converted.notes };
    for docs in converted.docs.into_iter().filter(|docs| !docs.is_empty()) {
        let mut emitted = Emitted::default();
        let mut name = Text::from("");
        for doc in &docs {
            name = doc.place.file.clone();
            out.notes.extend(doc.notes.iter().chain(doc.slos.iter().flat_map(|s| &s.notes)).cloned());
            if !doc.slos.is_empty() || doc.kind == DocKind::Policy {
                emitted.document(doc, doc.slos.iter());
            }
        }
        if !emitted.text.is_empty() {
            out.parsed.push(written(emitted, &name));
        }
    }
    out.notes = once(out.notes);
    out
}

/// Which documents are converted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    /// Those of a format, or of any; everything else is refused.
    Only(Option<Format>),
    /// Those of other tools; everything else is read elsewhere.
    InPlace,
}

/// Drafts of all files, one list for each file.
struct Converted {
    docs: Vec<Vec<Doc>>,
    notes: Vec<Note>,
    problems: Vec<Problem>,
}

/// A document of another tool and the file it is in.
pub(super) struct Root<'n> {
    /// The file's number.
    pub(super) file: usize,
    /// The document.
    pub(super) node: &'n Node,
}

fn convert(parsed: &[&Parsed], options: &Options, scope: Scope) -> Converted {
    let mut readers: Vec<Reader<'_>> = parsed.iter().map(|p| Reader::new(&p.source)).collect();
    let mut docs: Vec<Vec<Doc>> = parsed.iter().map(|_| Vec::new()).collect();
    let mut open = Vec::new();
    let all = parsed.iter().flat_map(|p| p.documents.roots.iter().map(|root| (&p.source, &**root)));
    let how = super::sloth::How::of(options.period, all);
    for (file, one) in parsed.iter().enumerate() {
        let broken = native::broken_spots(&one.documents.problems);
        for root in one.documents.roots.iter().flat_map(|root| documents_of(root)) {
            // What is wrong with the YAML itself has been told.
            if broken.iter().any(|at| root.span.contains(at)) {
                continue;
            }
            let found = foreign(root);
            let Some(format) = wanted(&mut readers[file], root, found, scope) else { continue };
            let reader = &mut readers[file];
            match format {
                Format::Sloth => docs[file].extend(super::sloth::read(reader, root, &how)),
                Format::Pyrra => docs[file].extend(super::pyrra::read(reader, root, options)),
                Format::Rules => docs[file].extend(super::rules::read(reader, root)),
                Format::OpenSlo => open.push(Root { file, node: root }),
            }
        }
    }
    for (file, mut doc) in super::openslo::read_all(&mut readers, &open, options) {
        // Objectives share what is said of the whole SLO.
        doc.notes = once(doc.notes);
        docs[file].push(doc);
    }
    let (mut notes, mut problems) = (Vec::new(), Vec::new());
    for reader in readers {
        notes.extend(reader.notes);
        problems.extend(reader.out.finish());
    }
    Converted { docs, notes, problems }
}

/// A document, or the documents of a list of them.
fn documents_of(root: &Arc<Node>) -> Vec<&Node> {
    match &root.value {
        Value::List(items) if items.iter().any(|item| foreign(item).is_some()) => items.iter().map(|item| &**item).collect(),
        _ => vec![root],
    }
}

/// The format to read a document in; a document that is not asked for is refused by its name.
fn wanted(reader: &mut Reader<'_>, root: &Node, found: Option<Format>, scope: Scope) -> Option<Format> {
    match (scope, found) {
        (Scope::InPlace, found) => found,
        (Scope::Only(Some(asked)), Some(found)) if asked != found => {
            let hint = format!("`burnledger import {}` reads it", found.name());
            let message = format!("this is {}, not {}", found.what(), asked.what());
            reader.out.error_hint("other-format", &head(root), message, hint);
            None
        }
        (Scope::Only(_), Some(found)) => Some(found),
        (Scope::Only(_), None) => {
            let (message, at) = unknown(root);
            let hint = "Sloth, OpenSLO and Pyrra documents are imported, and the rules that Sloth and Pyrra generate";
            reader.out.error_hint("no-slo-document", &at, message, hint);
            None
        }
    }
}

/// What a document that holds no SLOs is, and where it says so.
fn unknown(root: &Node) -> (String, std::ops::Range<usize>) {
    let of = |key: &str| root.get(key).and_then(|n| n.text()).map(|t| clean_line(t, 100));
    let at = |key: &str| root.get(key).map_or_else(|| head(root), |n| n.span.clone());
    match (of("kind"), of("apiVersion"), of("version")) {
        (Some(kind), Some(api), _) => (format!("`{kind}` of `{api}` is no SLO document"), at("kind")),
        (_, Some(api), _) => (format!("documents of `{api}` are no SLO documents"), at("apiVersion")),
        (_, _, Some(version)) if *version == *super::kinds::SLO_VERSION => {
            ("this is an SLO file of ours already".into(), at("version"))
        }
        (_, _, Some(version)) => {
            (format!("documents of version `{version}` are no SLO documents of a known tool"), at("version"))
        }
        _ => (
            format!("this is {} and no SLO document: it has neither `version`, `apiVersion` nor `groups`", root.what()),
            head(root),
        ),
    }
}

/// The other tool whose document this is.
pub(super) fn foreign(root: &Node) -> Option<Format> {
    let text = |key: &str| root.get(key).and_then(|n| n.text()).map_or("", |t| t.trim());
    let (version, api) = (text("version"), text("apiVersion"));
    if version.starts_with("prometheus/") || api.starts_with("sloth.slok.dev/") {
        Some(Format::Sloth)
    } else if api.starts_with("openslo/") || api.starts_with("openslo.com/") {
        Some(Format::OpenSlo)
    } else if api.starts_with("pyrra.dev/") {
        Some(Format::Pyrra)
    } else if root.get("groups").is_some() || matches!(text("kind"), "PrometheusRule" | "VMRule") {
        Some(Format::Rules)
    } else {
        None
    }
}

/// The kind of a document of another tool, among files that are used in place.
pub(super) fn kind_in_place(root: &Arc<Node>) -> Option<Kind> {
    documents_of(root).into_iter().any(|node| foreign(node).is_some()).then_some(Kind::Foreign)
}

#[cfg(test)]
mod tests;
