//! `report`: the postmortem of an incident, as Markdown or JSON, on stdout or into a file.
//!
//! A file is made again without losing what people wrote into it. Deliberately absent: what a report says (`report`).

use super::incidents::{cannot_use, number, unknown, warn_of_problems};
use super::{Common, Exit, Format, Out};
use crate::app::Setup;
use crate::app::desk::{LedgerDesk, open_existing_ledger};
use crate::domain::base::IncidentId;
use crate::domain::incident::Incident;
use crate::domain::review::{Beside, BurnSeries, PostmortemFacts};
use crate::report::{self, regions};
use crate::words::{Zone, escape};
use clap::Args;
use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// Arguments of `report`.
#[derive(Clone, Debug, Args)]
pub struct ReportArgs {
    /// Its number: 17 or INC-0017
    #[arg(value_parser = number)]
    pub id: IncidentId,
    /// Write into this file instead of stdout; what people wrote between its marks is kept
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Draw the burn rate from recorded samples (OpenMetrics text, plain, .gz or .zst) instead of Prometheus
    #[arg(long, value_name = "FILE")]
    pub samples: Option<PathBuf>,
    /// Ask no source; the burn rate is not drawn
    #[arg(long, conflicts_with = "samples")]
    pub offline: bool,
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
    let Some(incident) = all.get(args.id) else { return unknown(args.id, &all, out) };
    let beside = beside(args, &setup, incident, out).await;
    print(args, common.format, &PostmortemFacts::of(incident, beside), out)
}

/// What is known beside the ledger. A report is made without it too: what is missing is told and left out.
async fn beside(args: &ReportArgs, setup: &Setup, incident: &Incident, out: &mut Out) -> Beside {
    let book = setup.rulebook();
    let rulebook = (!book.slos.is_empty()).then(|| book.hash.clone());
    Beside { burn: burn(args, setup, incident, out).await, slos: book.slos.clone(), rulebook }
}

async fn burn(args: &ReportArgs, setup: &Setup, incident: &Incident, out: &mut Out) -> Option<BurnSeries> {
    if args.offline {
        return None;
    }
    let (burn, why) = match setup.burn(incident, args.samples.as_deref()).await {
        Ok((burn, errors)) => (burn, errors.first().map(ToString::to_string)),
        Err(error) => (None, Some(error.to_string())),
    };
    if let Some(why) = why {
        let hint = "  hint: `--offline` asks no source, `--samples FILE` reads a recording";
        out.say(&format!("warning: the burn rate is not drawn: {}\n{hint}", escape::terminal(&why)));
    }
    burn
}

fn print(args: &ReportArgs, format: Format, facts: &PostmortemFacts, out: &mut Out) -> Exit {
    let text = match format {
        Format::Json => match report::json(facts) {
            Ok(text) => text + "\n",
            Err(error) => {
                out.error(&format!("the report could not be written as JSON: {error}"), None);
                return Exit::No;
            }
        },
        _ => report::markdown(facts, Zone::Local),
    };
    let Some(path) = &args.out else {
        out.text(&text);
        return Exit::Fine;
    };
    match renew(path, &text, format, facts) {
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

/// Writes the file, whole or not at all; of one that is there the words of people stay.
fn renew(path: &Path, text: &str, format: Format, facts: &PostmortemFacts) -> Result<(), String> {
    let text = match fs::read_to_string(path) {
        Ok(old) => match format {
            Format::Json if is_report(&old, facts.incident.id) => text.to_owned(),
            Format::Json => return Err(format!("it is there already and is no report of {}", facts.incident.id)),
            _ => regions::keep(&old, text).map_err(|e| e.to_string())?,
        },
        Err(error) if error.kind() == ErrorKind::NotFound => text.to_owned(),
        Err(error) => return Err(error.to_string()),
    };
    write(path, &text).map_err(|e| e.to_string())
}

/// Only a report of the same incident may be replaced: its JSON holds no words of people.
fn is_report(text: &str, id: IncidentId) -> bool {
    serde_json::from_str::<serde_json::Value>(text).is_ok_and(|v| v["name"] == id.to_string() && v["entries"].is_array())
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
