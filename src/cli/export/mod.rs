//! `export`: SLOs as other tools read them, on stdout or as files of a folder. What they cannot say goes to stderr.

use super::{Common, Exit, Format, Out, look};
use crate::domain::base::Span;
use crate::domain::objective::Rulebook;
use crate::formats::export::{Exported, Note, OutputFile, grafana, is_ours, openslo, rules, schema};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Arguments of `export`.
#[derive(Clone, Debug, Args)]
pub struct ExportArgs {
    #[command(subcommand)]
    what: What,
}

/// Into what.
#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Prometheus recording and alerting rules with Sloth's names, and promtool tests beside them
    Rules(RulesArgs),
    /// OpenSLO v1; what it cannot say stands in annotations and is told
    Openslo(Target),
    /// Dashboards for Grafana 10 and later, on the metrics that `watch` serves
    Grafana(FolderArgs),
    /// JSON Schema of the files, for editors; all of them with `--out`
    Schema(SchemaArgs),
}

/// Where it goes.
#[derive(Clone, Debug, Args)]
struct FolderArgs {
    /// Write files into this folder instead of to stdout
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Arguments of `export schema`.
#[derive(Clone, Debug, Args)]
struct SchemaArgs {
    /// Of which files [default: slo, or all with --out]
    #[arg(value_enum, value_name = "FILES")]
    kind: Option<SchemaKind>,
    #[command(flatten)]
    folder: FolderArgs,
}

/// The files that a schema describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SchemaKind {
    /// SLO files
    Slo,
    /// Severity policies
    Policy,
    /// Presets
    Preset,
    /// The business file
    Business,
    /// Files of `cost estimate`
    Cost,
    /// Files of `test`
    Test,
    /// Dashboards of one's own
    Dashboard,
    /// The configuration
    Config,
}

impl SchemaKind {
    const fn kind(self) -> schema::Kind {
        match self {
            Self::Slo => schema::Kind::Slo,
            Self::Policy => schema::Kind::Policy,
            Self::Preset => schema::Kind::Preset,
            Self::Business => schema::Kind::Business,
            Self::Cost => schema::Kind::Cost,
            Self::Test => schema::Kind::Test,
            Self::Dashboard => schema::Kind::Dashboard,
            Self::Config => schema::Kind::Config,
        }
    }
}

/// Where it goes, and which SLOs.
#[derive(Clone, Debug, Args)]
struct Target {
    /// Write files into this folder instead of to stdout
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Only this SLO or service (repeatable)
    #[arg(long, value_name = "NAME")]
    slo: Vec<String>,
}

/// Arguments of `export rules`.
#[derive(Clone, Debug, Args)]
struct RulesArgs {
    #[command(flatten)]
    target: Target,
    /// How often windows and alerts are evaluated [default: the server's own interval]
    #[arg(long, value_name = "DURATION", value_parser = interval)]
    interval: Option<Span>,
}

fn interval(text: &str) -> Result<Span, String> {
    let span = Span::parse(text).map_err(|e| e.to_string())?;
    // Beyond five minutes a recorded value is gone before the next one comes.
    let fits = span >= Span::from_secs(1) && span < Span::from_mins(5);
    if fits { Ok(span) } else { Err("an interval is 1s or more, and less than 5m".into()) }
}

/// Runs the verb: 0 when something was exported, 1 when nothing could be.
pub fn run(args: &ExportArgs, common: &Common, out: &mut Out) -> Exit {
    match &args.what {
        What::Rules(args) => {
            of_book(&args.target, common, out, &|book| rules::export(book, rules::RulesOptions { interval: args.interval }))
        }
        What::Openslo(target) => of_book(target, common, out, &openslo::export),
        What::Grafana(args) => deliver(&grafana::export(), args.out.as_deref(), common.format, out),
        What::Schema(args) => {
            let kinds = match (args.kind, &args.folder.out) {
                (Some(one), _) => vec![one.kind()],
                (None, None) => vec![schema::Kind::Slo],
                (None, Some(_)) => schema::Kind::ALL.to_vec(),
            };
            deliver(&schema::export(&kinds), args.folder.out.as_deref(), common.format, out)
        }
    }
}

fn of_book(target: &Target, common: &Common, out: &mut Out, make: &dyn Fn(&Rulebook) -> Exported) -> Exit {
    let setup = super::setup(common, out).and_then(|s| s.keep(&target.slo).map_err(|error| super::tell(&error, out)));
    let setup = match setup {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    let exported = make(setup.rulebook());
    deliver(&exported, target.out.as_deref(), common.format, out)
}

/// Prints or writes the files, and tells what they do not say.
fn deliver(exported: &Exported, folder: Option<&Path>, format: Format, out: &mut Out) -> Exit {
    if let Some(folder) = folder
        && let Err(exit) = write_all(&exported.files, folder, out)
    {
        return exit;
    }
    match (format, folder) {
        (Format::Json, _) => look::print_json(out, &as_json(exported, folder)),
        (_, Some(folder)) => exported.files.iter().for_each(|f| out.line(&folder.join(&f.name).display().to_string())),
        (_, None) => print(&exported.files, out),
    }
    if format != Format::Json {
        for note in &exported.notes {
            out.say(&format!("note: {}", crate::words::escape::terminal(&note.line())));
        }
    }
    if exported.files.is_empty() { Exit::No } else { Exit::Fine }
}

/// All files on stdout; several as documents, each with its name.
fn print(files: &[OutputFile], out: &mut Out) {
    for file in files {
        if files.len() > 1 {
            out.line("---");
            out.line(&format!("# {}", file.name));
        }
        out.text(&file.text);
    }
}

/// Writes the files. One that somebody else wrote stays as it is.
fn write_all(files: &[OutputFile], folder: &Path, out: &mut Out) -> Result<(), Exit> {
    let failed = |path: &Path, why: &str, hint: &str, out: &mut Out| {
        out.error(&format!("{} is not written: {why}", path.display()), Some(hint));
        Exit::Usage
    };
    let folder_hint = "`--out DIR` names a folder that can be written";
    if let Err(error) = std::fs::create_dir_all(folder) {
        return Err(failed(folder, &error.to_string(), folder_hint, out));
    }
    for file in files {
        let path = folder.join(&file.name);
        if std::fs::read(&path).is_ok_and(|bytes| !is_ours(&bytes)) {
            return Err(failed(&path, "there is a file of another origin", "move it, or name another folder", out));
        }
        if let Err(error) = std::fs::write(&path, &file.text) {
            return Err(failed(&path, &error.to_string(), folder_hint, out));
        }
    }
    Ok(())
}

fn as_json(exported: &Exported, folder: Option<&Path>) -> Value {
    let file = |f: &OutputFile| match folder {
        Some(folder) => json!({"name": f.name, "path": folder.join(&f.name)}),
        None => json!({"name": f.name, "text": f.text}),
    };
    let note = |n: &Note| json!({"slo": n.slo.as_ref().map(|s| s.as_str()), "left_out": n.left_out, "text": n.text});
    json!({
        "slos": exported.slos,
        "files": exported.files.iter().map(file).collect::<Vec<_>>(),
        "notes": exported.notes.iter().map(note).collect::<Vec<_>>(),
    })
}
