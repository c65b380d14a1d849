//! `import`: files of other tools become SLO files. The YAML goes to stdout or into a folder, notes and refusals to stderr.
//!
//! Deliberately absent: how the formats are read (`formats::import`).

use super::check::problem_json;
use super::{Common, Exit, Format, Out};
use crate::app::load_options;
use crate::config;
use crate::domain::base::{Span, clean_line};
use crate::formats::import::{self, Imported, ImportedFile, ImportedSlo, Note, Options};
use crate::formats::render;
use clap::Args;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Import files of other tools
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Examples:\n  burnledger import sloth slos/ --out imported/\n  burnledger import openslo slo.yaml > slos/shop.yaml\n  \
                        burnledger import rules prometheus/generated.yaml --format json"
)]
pub struct ImportArgs {
    /// Whose files
    #[arg(value_enum)]
    pub tool: Tool,
    /// Files, and folders of *.yaml, *.yml and *.json
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Write a file for each into this folder [default: print them]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace files that are there already
    #[arg(long, requires = "out")]
    pub force: bool,
    /// The period of Sloth's SLOs, which its files do not say
    #[arg(long, value_name = "SPAN", default_value = "30d", value_parser = span)]
    pub period: Span,
    /// The service of SLOs whose files name none (Pyrra)
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
}

/// Whose files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Tool {
    /// Sloth: `prometheus/v1`, PrometheusServiceLevel and AlertWindows
    Sloth,
    /// OpenSLO v1 and v1alpha, with what the SLOs refer to
    Openslo,
    /// Pyrra's ServiceLevelObjective
    Pyrra,
    /// Prometheus rules that Sloth or Pyrra generated
    Rules,
}

impl Tool {
    const fn format(self) -> import::Format {
        match self {
            Self::Sloth => import::Format::Sloth,
            Self::Openslo => import::Format::OpenSlo,
            Self::Pyrra => import::Format::Pyrra,
            Self::Rules => import::Format::Rules,
        }
    }
}

fn span(text: &str) -> Result<Span, String> {
    Span::parse(text)
        .map_err(|error| error.to_string())
        .and_then(|s| if s > Span::ZERO { Ok(s) } else { Err("longer than nothing".into()) })
}

/// Runs the verb: 0 when everything was imported, 1 when something was refused, 2 when the files could not be written.
pub fn run(args: &ImportArgs, common: &Common, out: &mut Out) -> Exit {
    let config = match config::load(&common.overrides(), &|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(problems) => {
            for problem in &problems {
                out.say(&render::problem(problem, out.talk_color, out.width));
            }
            return Exit::Usage;
        }
    };
    let load = load_options(&config);
    let options = Options { period: args.period, service: args.service.as_deref().map(Into::into), load };
    let found = import::import(&args.paths, Some(args.tool.format()), &options);
    let written = match &args.out {
        Some(folder) => write_all(folder, &found.files, args.force, out),
        None => Ok(Vec::new()),
    };
    match (common.format, &written) {
        (Format::Json, _) => out.line(&format!("{:#}", as_json(&found, written.as_deref().unwrap_or_default()))),
        (_, Ok(paths)) if args.out.is_some() => paths.iter().for_each(|path| out.line(&path.display().to_string())),
        _ => print(&found.files, out),
    }
    tell(&found, common.format, out);
    match written {
        Err(()) => Exit::Usage,
        Ok(_) if found.refusals().next().is_some() => Exit::No,
        Ok(_) => Exit::Fine,
    }
}

/// All documents in one stream.
fn print(files: &[ImportedFile], out: &mut Out) {
    for (i, file) in files.iter().enumerate() {
        out.text(if i > 0 { "---\n" } else { "" });
        out.text(&file.yaml);
    }
}

/// Notes and refusals; in JSON they are part of the answer, so that only the sum is said.
fn tell(found: &Imported, format: Format, out: &mut Out) {
    if format != Format::Json {
        for note in &found.notes {
            out.say(&note_line(note));
        }
        for problem in &found.problems {
            out.say(&render::problem(problem, out.talk_color, out.width));
        }
    }
    let many = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (slos, files) = (many(found.slos.len(), "SLO"), many(found.read, "file"));
    out.say(&format!(
        "{slos} imported from {files}, {}, {}",
        many(found.refusals().count(), "refusal"),
        many(found.notes.len(), "note")
    ));
}

/// `note: file:3:5: what`
pub(super) fn note_line(note: &Note) -> String {
    let word = if note.warning { "warning" } else { "note" };
    let file = clean_line(&note.place.file, 400);
    format!("{word}: {file}:{}:{}: {}", note.place.line, note.place.column, clean_line(&note.text, 1_000))
}

pub(super) fn note_json(note: &Note) -> Value {
    json!({
        "level": if note.warning { "warning" } else { "note" },
        "file": &*note.place.file,
        "line": note.place.line,
        "column": note.place.column,
        "message": note.text,
    })
}

fn as_json(found: &Imported, written: &[PathBuf]) -> Value {
    let slos: Vec<Value> = found.slos.iter().map(slo_json).collect();
    let (refusals, warnings): (Vec<_>, Vec<_>) =
        found.problems.iter().partition(|p| p.level == crate::domain::base::ProblemLevel::Error);
    let list = |problems: Vec<_>| problems.into_iter().map(problem_json).collect::<Vec<Value>>();
    let documents: Vec<Value> = found
        .files
        .iter()
        .enumerate()
        .map(|(i, f)| json!({"from": &*f.from, "written": written.get(i).map(|p| p.display().to_string()), "yaml": f.yaml}))
        .collect();
    json!({
        "files": found.read,
        "slos": slos,
        "notes": found.notes.iter().map(note_json).collect::<Vec<_>>(),
        "refusals": list(refusals),
        "warnings": list(warnings),
        "documents": documents,
    })
}

fn slo_json(one: &ImportedSlo) -> Value {
    json!({
        "id": one.slo.id.to_string(),
        "service": &*one.slo.service,
        "name": &*one.slo.name,
        "target": one.slo.target.map(|t| t.to_string()),
        "period": one.slo.period.to_string(),
        "sli": one.slo.sli.kind(),
        "file": &*one.place.file,
        "line": one.place.line,
    })
}

/// Writes a file for each; nothing at all when one of them is in the way.
fn write_all(folder: &Path, files: &[ImportedFile], force: bool, out: &mut Out) -> Result<Vec<PathBuf>, ()> {
    let mut paths: Vec<PathBuf> = Vec::with_capacity(files.len());
    for file in files {
        let path = folder.join(Path::new(&*file.id).with_extension("yaml"));
        let path = free(path, &paths);
        if !force && path.exists() {
            out.error(&format!("{} is there already", path.display()), Some("nothing was written; `--force` replaces files"));
            return Err(());
        }
        paths.push(path);
    }
    for (path, file) in paths.iter().zip(files) {
        if let Err(error) = write(path, &file.yaml) {
            out.error(&format!("{} cannot be written: {error}", path.display()), Some("`--out DIR` names another folder"));
            return Err(());
        }
    }
    Ok(paths)
}

/// The path, or with a number where two folders held files of one name.
fn free(path: PathBuf, taken: &[PathBuf]) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let mut out = path;
    let mut number = 2;
    while taken.contains(&out) {
        out.set_file_name(format!("{stem}-{number}.yaml"));
        number += 1;
    }
    out
}

fn write(path: &Path, yaml: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = std::fs::File::create(path)?;
    file.write_all(yaml.as_bytes())
}
