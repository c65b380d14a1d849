//! `report`: the postmortem of an incident, or the report on a period; Markdown, HTML, JSON or CSV, on stdout or into a file.
//!
//! A file is made again without losing what people wrote into it. Deliberately absent: what a report says (`report`).

use super::incidents::{cannot_use, number, unknown, warn_of_problems};
use super::{Common, Exit, Format, Out, times};
use crate::app::Setup;
use crate::app::burn::Reread;
use crate::app::desk::{LedgerDesk, open_existing_ledger};
use crate::domain::base::{IncidentId, Language, Ms};
use crate::domain::incident::{Incident, Incidents};
use crate::domain::objective::Slo;
use crate::domain::review::stats::{Change, StatsQuestion};
use crate::domain::review::{Beside, PeriodFacts, PostmortemFacts};
use crate::report::{self, Subject, regions};
use crate::words::{Zone, escape};
use clap::Args;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Arguments of `report`.
#[derive(Clone, Debug, Default, Args)]
pub struct ReportArgs {
    /// Its number: 17 or INC-0017
    #[arg(value_parser = number, required_unless_present = "from", conflicts_with_all = ["from", "to"])]
    pub id: Option<IncidentId>,
    /// Report on all incidents detected from here on: RFC 3339, or a duration back from now
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// ... and before here [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, requires = "from")]
    pub to: Option<String>,
    /// The report's language: en or zh [default: `language` of the configuration, or en]
    #[arg(long, alias = "language", value_name = "LANG", value_parser = language)]
    pub lang: Option<Language>,
    /// Write into this file instead of stdout; what people wrote between its marks is kept
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// For HTML: take what people wrote from this Markdown report of the same incident
    #[arg(long, value_name = "FILE")]
    pub draft: Option<PathBuf>,
    /// Draw the burn rate from recorded samples (OpenMetrics text, plain, .gz or .zst) instead of Prometheus
    #[arg(long, value_name = "FILE")]
    pub samples: Option<PathBuf>,
    /// Ask no source; the burn rate is not drawn
    #[arg(long, conflicts_with = "samples")]
    pub offline: bool,
}

fn language(text: &str) -> Result<Language, String> {
    let known = Language::ALL.into_iter().find(|(name, _)| *name == text);
    known.map(|(_, language)| language).ok_or_else(|| "there are en and zh".into())
}

/// Runs the verb on the configured ledger.
pub async fn run(args: &ReportArgs, common: &Common, out: &mut Out) -> Exit {
    let setup = match Setup::load_config(&common.overrides()) {
        Ok(setup) => setup,
        Err(error) => return super::tell(&error, out),
    };
    let ledger = match open_existing_ledger(&setup.config.ledger).await {
        Ok(ledger) => ledger,
        Err(error) => return cannot_use(&error, out),
    };
    let all = match LedgerDesk::new(ledger, setup.shared_clock(), "cli").incidents().await {
        Ok(all) => all,
        Err(error) => return cannot_use(&error, out),
    };
    warn_of_problems(&all, out);
    let args = &ReportArgs { lang: args.lang.or(Some(setup.config.language)), ..args.clone() };
    let Some(id) = args.id else { return of_period(args, common.format, &setup, &all, out) };
    let Some(incident) = all.get(id) else { return unknown(id, &all, out) };
    let beside = beside(args, &setup, incident, out).await;
    print(args, common.format, Subject::Incident(&PostmortemFacts::of(incident, beside)), out)
}

fn of_period(args: &ReportArgs, format: Format, setup: &Setup, all: &Incidents, out: &mut Out) -> Exit {
    let now = setup.clock().now().wall;
    let time = |name: &str, text: &Option<String>| -> Result<Ms, String> {
        text.as_deref().map_or(Ok(now), |t| times::parse(t, now).map_err(|why| format!("--{name}: {why}")))
    };
    let (from, to) = match (time("from", &args.from), time("to", &args.to)) {
        (Ok(from), Ok(to)) if from < to => (from, to),
        (Ok(from), Ok(to)) => {
            out.error(&format!("the period ends before it begins: {} to {}", from.rfc3339(), to.rfc3339()), None);
            return Exit::Usage;
        }
        (Err(why), _) | (_, Err(why)) => {
            out.error(&why, Some("times are RFC 3339, `now`, or a duration back from now such as 90d"));
            return Exit::Usage;
        }
    };
    let changes = Change::recorded(all);
    let asked = StatsQuestion { from, to, targets: setup.config.targets, changes, ..StatsQuestion::default() };
    print(args, format, Subject::Period(&PeriodFacts::of(all, asked)), out)
}

/// What is known beside the ledger. A report is made without it too: what is missing is told and left out.
async fn beside(args: &ReportArgs, setup: &Setup, incident: &Incident, out: &mut Out) -> Beside {
    let book = setup.rulebook();
    let rulebook = (!book.slos.is_empty()).then(|| book.hash.clone());
    let read = reread(args, setup, incident, out).await;
    let as_measured = |slo: &Arc<Slo>| read.slos.iter().find(|measured| measured.id == slo.id).unwrap_or(slo).clone();
    Beside { burn: read.burn, slos: book.slos.iter().map(as_measured).collect(), rulebook }
}

async fn reread(args: &ReportArgs, setup: &Setup, incident: &Incident, out: &mut Out) -> Reread {
    if args.offline {
        return Reread::default();
    }
    let (read, why) = match setup.reread(incident, args.samples.as_deref()).await {
        Ok(read) => {
            let why = read.errors.first().map(ToString::to_string);
            (read, why)
        }
        Err(error) => (Reread::default(), Some(error.to_string())),
    };
    if let Some(why) = why {
        let hint = "  hint: `--offline` asks no source, `--samples FILE` reads a recording";
        out.say(&format!("warning: the burn rate is not drawn: {}\n{hint}", escape::terminal(&why)));
    }
    read
}

fn print(args: &ReportArgs, format: Format, subject: Subject<'_>, out: &mut Out) -> Exit {
    let text = match render(args, format, subject) {
        Ok(text) => text,
        Err((why, hint)) => {
            out.error(&why, hint);
            return Exit::Usage;
        }
    };
    let Some(path) = &args.out else {
        out.text(&text);
        return Exit::Fine;
    };
    match renew(path, &text, format, &subject.name()) {
        Ok(()) => {
            out.say(&format!("{} is written", path.display()));
            Exit::Fine
        }
        Err(why) => {
            out.error(&format!("{}: {why}", path.display()), Some("nothing was overwritten; `--out` may name another file"));
            Exit::Usage
        }
    }
}

/// The report in its form, or what is in the way of it and what to try.
fn render(args: &ReportArgs, format: Format, subject: Subject<'_>) -> Result<String, (String, Option<&'static str>)> {
    let language = args.lang.unwrap_or_default();
    match format {
        Format::Text => Ok(report::markdown(subject, Zone::Local, language)),
        Format::Csv => Ok(report::csv(subject)),
        Format::Json => report::json(subject)
            .map(|text| text + "\n")
            .map_err(|error| (format!("the report could not be written as JSON: {error}"), None)),
        Format::Html => {
            let name = args.draft.as_deref().map(|path| path.display().to_string()).unwrap_or_default();
            let hint = Some("`--draft` names a Markdown report that `report --out` wrote");
            let draft = args.draft.as_deref().map(fs::read_to_string).transpose();
            let draft = draft.map_err(|error| (format!("{name}: {error}"), hint))?;
            report::html(subject, Zone::Local, language, draft.as_deref()).map_err(|error| (format!("{name}: {error}"), hint))
        }
    }
}

/// Writes the file, whole or not at all; of one that is there the words of people stay.
fn renew(path: &Path, text: &str, format: Format, name: &str) -> Result<(), String> {
    let text = match fs::read_to_string(path) {
        Ok(old) if format == Format::Text => regions::keep(&old, text).map_err(|e| e.to_string())?,
        Ok(old) if is_report(&old, format, text) => text.to_owned(),
        Ok(_) => return Err(format!("it is there already and is no report of {name}")),
        Err(error) if error.kind() == ErrorKind::NotFound => text.to_owned(),
        Err(error) => return Err(error.to_string()),
    };
    write(path, &text).map_err(|e| e.to_string())
}

/// Only a report of the same thing may be replaced, as none of these forms holds words of people.
fn is_report(old: &str, format: Format, new: &str) -> bool {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    match format {
        Format::Html => report::html_of(old).is_some_and(|of| report::html_of(new) == Some(of)),
        Format::Json => {
            let (old, new) = (json(old), json(new));
            let period = |v: &serde_json::Value| (v["stats"]["from"].clone(), v["stats"]["to"].clone());
            (old["entries"].is_array() && old["name"] == new["name"])
                || (old["stats"].is_object() && period(&old) == period(&new))
        }
        // The second line names the incident; a period's rows have another head.
        Format::Csv => old.lines().take(2).eq(new.lines().take(2)),
        Format::Text => false,
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let name = path.file_name().ok_or_else(|| std::io::Error::new(ErrorKind::InvalidInput, "it names no file"))?;
    let mut beside = name.to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = path.with_file_name(beside);
    let written = fs::File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
