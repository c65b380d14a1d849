//! `stats`: recovery times, frequency, resilience figures and cost of the ledger's incidents, or of another tool's records.
//!
//! Deliberately absent: arithmetic (`domain/review/stats`) and reading foreign records (`formats/records`).

mod text;

use super::incidents::{cannot_use, warn_of_problems};
use super::{Common, Exit, Format, Out, times};
use crate::app::Setup;
use crate::app::desk::{LedgerDesk, open_existing_ledger};
use crate::domain::base::{Ms, ProblemLevel, Span};
use crate::domain::review::stats::{Change, Dimension, Record, Stats, StatsQuestion, Targets, stats};
use crate::formats::records::{Columns, FIELDS, load};
use crate::formats::render;
use crate::wire;
use crate::words::{Zone, escape};
use clap::Args;
use std::path::{Path, PathBuf};

/// Arguments of `stats`.
#[derive(Clone, Debug, Default, Args)]
pub struct StatsArgs {
    /// Count incidents detected from here on: RFC 3339, or a duration back from now [default: the first incident]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// ... and before here; what was not over by then is censored [default: now; of a file its latest instant]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// One group for each: service, slo, team, severity, root_cause, month
    #[arg(long, value_name = "WHAT,...", value_delimiter = ',', value_parser = dimension)]
    pub by: Vec<Dimension>,
    /// Compare before and after this moment
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub split: Option<String>,
    /// Read another tool's records (CSV with a header, or JSON lines) instead of the ledger
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// What the file's columns are called, where they differ from ours: resolved=closed_at,...
    #[arg(long, value_name = "NAME=COLUMN,...", requires = "file", value_parser = Columns::parse, long_help = columns_help())]
    pub columns: Option<Columns>,
}

fn columns_help() -> String {
    format!("What the file's columns are called, where they differ from ours: resolved=closed_at,... Ours: {}", FIELDS.join(", "))
}

fn dimension(text: &str) -> Result<Dimension, String> {
    let known = Dimension::ALL.into_iter().find(|d| d.name() == text.trim());
    known.ok_or_else(|| format!("there are {}", Dimension::ALL.map(Dimension::name).join(", ")))
}

/// Records and what goes with them.
struct Gathered {
    records: Vec<Record>,
    changes: Vec<Change>,
    targets: Targets,
    /// End of the period unless it was asked for.
    to: Ms,
    /// Something in a file could not be read.
    problems: bool,
}

/// Runs the verb: 0 with figures; 1 when a file had errors, which are told beside the figures of the rest.
pub async fn run(args: &StatsArgs, common: &Common, out: &mut Out) -> Exit {
    let setup = match Setup::load_config(&common.overrides()) {
        Ok(setup) => setup,
        Err(error) => return super::tell(&error, out),
    };
    let now = setup.clock().now().wall;
    let gathered = match &args.file {
        Some(path) => of_file(path, &args.columns.clone().unwrap_or_default(), now, out),
        None => of_ledger(&setup, now, out).await,
    };
    let gathered = match gathered {
        Ok(gathered) => Gathered { targets: setup.config.targets, ..gathered },
        Err(exit) => return exit,
    };
    let asked = match question(args, &gathered, now) {
        Ok(asked) => asked,
        Err(why) => {
            out.error(&why, Some("times are RFC 3339, `now`, or a duration back from now such as 30d"));
            return Exit::Usage;
        }
    };
    let problems = gathered.problems;
    let exit = print(&stats(&gathered.records, asked), common.format, out);
    if exit == Exit::Fine && problems { Exit::No } else { exit }
}

async fn of_ledger(setup: &Setup, now: Ms, out: &mut Out) -> Result<Gathered, Exit> {
    let ledger = open_existing_ledger(&setup.config.ledger).await.map_err(|error| cannot_use(&error, out))?;
    let all = LedgerDesk::new(ledger, setup.shared_clock(), "cli").incidents().await.map_err(|error| cannot_use(&error, out))?;
    warn_of_problems(&all, out);
    let book = setup.rulebook();
    let owned = |record: Record| Record { team: book.owner(&record.service).cloned(), ..record };
    let records = all.iter().filter_map(|incident| Some(owned(Record::of(incident)?))).collect();
    let changes = Change::recorded(&all);
    Ok(Gathered { records, changes, targets: Targets::default(), to: now, problems: false })
}

fn of_file(path: &Path, columns: &Columns, now: Ms, out: &mut Out) -> Result<Gathered, Exit> {
    let loaded = load(path, columns);
    for problem in &loaded.problems {
        let text = render::problem(problem, out.talk_color, out.width);
        out.say(text.trim_end());
    }
    let errors = loaded.problems.iter().filter(|p| p.level == ProblemLevel::Error);
    let whole = errors.clone().any(|p| p.place.is_none() && matches!(p.code, "unreadable-file" | "file-too-large" | "not-utf8"));
    if whole {
        return Err(Exit::Usage);
    }
    // Just after the last thing that happened, so that it is within the period.
    let to = loaded.latest.map_or(now, |at| at + Span::from_secs(1));
    let problems = errors.count() > 0;
    let records = loaded.rows.into_iter().map(|(_, record)| record).collect();
    Ok(Gathered { records, changes: Vec::new(), targets: Targets::default(), to, problems })
}

fn question(args: &StatsArgs, gathered: &Gathered, now: Ms) -> Result<StatsQuestion, String> {
    let time = |name: &str, text: &Option<String>| match text {
        Some(text) => times::parse(text, now).map(Some).map_err(|why| format!("--{name}: {why}")),
        None => Ok(None),
    };
    let to = time("to", &args.to)?.unwrap_or(gathered.to);
    let first = gathered.records.iter().filter_map(Record::placed).min().map_or(to, |at| at.min(to));
    let from = time("from", &args.from)?.unwrap_or(first);
    if from > to {
        return Err(format!("the period ends before it begins: {} to {}", from.rfc3339(), to.rfc3339()));
    }
    let split = time("split", &args.split)?;
    if let Some(split) = split.filter(|s| *s <= from || *s >= to) {
        return Err(format!("--split {} is not within {} to {}", split.rfc3339(), from.rfc3339(), to.rfc3339()));
    }
    let (by, changes) = (args.by.clone(), gathered.changes.clone());
    Ok(StatsQuestion { from, to, by, split, targets: gathered.targets, changes, ..StatsQuestion::default() })
}

fn print(found: &Stats, format: Format, out: &mut Out) -> Exit {
    match format {
        Format::Json => match serde_json::to_string_pretty(&wire::stats::stats(found)) {
            Ok(json) => out.line(&json),
            Err(error) => {
                out.error(&format!("the figures could not be written as JSON: {}", escape::terminal(&error.to_string())), None);
                return Exit::No;
            }
        },
        Format::Csv => out.text(&crate::report::stats_csv(found)),
        Format::Text | Format::Html => text::print(found, Zone::Utc, out),
    }
    Exit::Fine
}
