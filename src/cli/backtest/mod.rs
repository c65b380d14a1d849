//! `backtest`: what would have fired in the past, by today's rules and by others, and what it would have cost.
//!
//! Deliberately absent: judging (`jobs`), and what a comparison or a score is (`domain/review`).

pub(super) mod beside;
mod plot;
mod progress;
pub(super) mod text;
mod what_if;

use super::{Common, Exit, Format, Out, look, times};
use crate::app::desk::LedgerDesk;
use crate::app::{Past, Setup, Wanted};
use crate::domain::base::{Interval, Ms, Problem, Span};
use crate::domain::incident::Incident;
use crate::domain::objective::Change;
use crate::domain::review::{Backtest, Comparison, Label, Scored, compare, score};
use crate::formats;
use crate::jobs::Backtested;
use crate::wire::backtest as wire;
use crate::words::{Zone, escape};
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
pub use what_if::WhatIfs;

/// Parts in which budgets are told through time.
const PARTS: u32 = 120;
/// Parts of a plot: two dots a column of a wide terminal.
const PLOT_PARTS: u32 = 480;

/// Arguments of `backtest`.
#[derive(Clone, Debug, Args)]
pub struct BacktestArgs {
    /// Where to begin: RFC 3339, or a duration back from now, with --samples from the end of the recording (`30d`)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: String,
    /// Where to end, in the same words
    #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
    pub to: String,
    /// Read recorded samples (OpenMetrics text, plain, .gz or .zst; repeatable) instead of Prometheus
    #[arg(long, value_name = "FILE")]
    pub samples: Vec<PathBuf>,
    /// Only the SLOs of this id, service or name (repeatable)
    #[arg(long, value_name = "NAME")]
    pub slo: Vec<String>,
    /// Evaluate so often instead of every `step` of the configuration
    #[arg(long, value_name = "SPAN", value_parser = span)]
    pub step: Option<Span>,
    /// Other rules beside today's.
    #[command(flatten)]
    pub what_if: WhatIfs,
    /// Compare with what is known to have happened: a CSV file (`service,from,to`), or `ledger` for recorded incidents
    #[arg(long, value_name = "FILE|ledger")]
    pub labels: Option<String>,
    /// Draw burn, budget and firings
    #[arg(long)]
    pub plot: bool,
    /// Draw them into a picture
    #[arg(long, value_name = "FILE.svg")]
    pub plot_out: Option<PathBuf>,
}

fn span(text: &str) -> Result<Span, String> {
    Span::parse(text).map_err(|error| error.to_string())
}

/// Everything that was found.
struct Found {
    done: Backtested,
    beside: Vec<(Change, Comparison)>,
    labels: Option<Scored>,
}

/// Runs the verb.
pub async fn run(args: &BacktestArgs, common: &Common, out: &mut Out) -> Exit {
    match found(args, common, out).await {
        Ok(found) => {
            match common.format {
                Format::Json => look::print_json(out, &json(&found)),
                _ => print(&found, out),
            }
            let reached = if found.done.errors.is_empty() { Exit::Fine } else { Exit::Unreachable };
            plot::run(args, &found.done.backtest, common.format != Format::Json, out).unwrap_or(reached)
        }
        Err(exit) => exit,
    }
}

/// Everything asked for. What is wrong is told.
async fn found(args: &BacktestArgs, common: &Common, out: &mut Out) -> Result<Found, Exit> {
    let setup = setup(args, common, out)?;
    let changes = changes(args, &setup, out)?;
    let labels = labels(args, &setup, out).await?;
    let past = setup.past(&args.samples).map_err(|error| super::tell(&error, out))?;
    let from = instant("--from", &args.from, past.end, out)?;
    let to = instant("--to", &args.to, past.end, out)?;
    let beside: Result<Vec<_>, _> = changes.iter().map(|change| setup.changed(change)).collect();
    let beside = beside.map_err(|error| super::tell(&error, out))?;
    let drawn = args.plot || args.plot_out.is_some();
    let bar = progress::bar(out);
    let wanted = Wanted {
        from,
        to,
        beside,
        trail_parts: if drawn { PLOT_PARTS } else { PARTS },
        progress: bar.as_ref().map(progress::hears),
    };
    let done = setup.backtest(&past, wanted).await;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    let done = done.map_err(|error| super::tell(&error, out))?;
    for error in &done.errors {
        out.error(&error.to_string(), Some("tracks that need this read have no data; `--prometheus URL` names another source"));
    }
    warn(&setup, &past, &done.backtest, out);
    let beside = changes.into_iter().zip(&done.beside).map(|(change, after)| (change, compare(&done.backtest, after)));
    Ok(Found { beside: beside.collect(), labels: labels.map(|labels| score(&done.backtest, &labels)), done })
}

/// The setup with the step and the SLOs that were asked for.
fn setup(args: &BacktestArgs, common: &Common, out: &mut Out) -> Result<Setup, Exit> {
    let setup = super::setup(common, out)?;
    let stepped = args.step.map_or(Ok(setup.clone()), |step| setup.every(step));
    stepped.and_then(|setup| setup.keep(&args.slo)).map_err(|error| super::tell(&error, out))
}

fn changes(args: &BacktestArgs, setup: &Setup, out: &mut Out) -> Result<Vec<Change>, Exit> {
    let slos = std::slice::from_ref(&setup.config.slos);
    let read = |words: &Vec<String>| formats::what_if::read(words, slos);
    args.what_if.0.iter().map(read).collect::<Result<_, _>>().map_err(|problems| refuse(&problems, out))
}

/// Tells problems; the exit code of a usage error.
fn refuse(problems: &[Problem], out: &mut Out) -> Exit {
    for problem in problems {
        out.say(formats::render::problem(problem, out.talk_color, out.width).trim_end());
    }
    Exit::Usage
}

async fn labels(args: &BacktestArgs, setup: &Setup, out: &mut Out) -> Result<Option<Vec<Label>>, Exit> {
    match args.labels.as_deref() {
        None => Ok(None),
        Some("ledger") => {
            let desk = LedgerDesk::at_file(&setup.config.ledger, "cli").await;
            let incidents = match desk {
                Ok(desk) => desk.incidents().await,
                Err(error) => Err(error),
            };
            let incidents = incidents.map_err(|error| super::tell(&error.into(), out))?;
            Ok(Some(incidents.iter().flat_map(labels_of).collect()))
        }
        Some(path) => formats::labels::read_file(Path::new(path)).map(Some).map_err(|problems| refuse(&problems, out)),
    }
}

/// What an incident of the ledger says of each of its services. Drills and suspicions that came to nothing say nothing.
fn labels_of(incident: &Arc<Incident>) -> Vec<Label> {
    let m = incident.milestones;
    let end = m.impact_end.or(m.resolved);
    let real = incident.severity.is_some() && !incident.drill;
    let Some((from, to)) = m.impact_start.zip(end).filter(|(from, to)| real && from < to) else { return Vec::new() };
    incident.services.iter().map(|(name, _)| Label { of: name.clone(), time: Interval { from, to } }).collect()
}

/// A time of an option; what is wrong with it is told.
///
/// # Errors
/// The exit code of a usage error.
pub(super) fn instant(option: &str, text: &str, now: Ms, out: &mut Out) -> Result<Ms, Exit> {
    times::parse(text, now).map_err(|why| {
        out.error(
            &format!("{option}: {why}"),
            Some("times are RFC 3339 (2026-03-02T02:17:00Z), `now`, or a duration back from now (2h, 30d)"),
        );
        Exit::Usage
    })
}

/// Says where the data end before the stretch does.
fn warn(setup: &Setup, past: &Past, found: &Backtest, out: &mut Out) {
    if let Some((first, _)) = past.range.filter(|(first, _)| *first > found.from + found.step) {
        out.say(&format!("note: samples begin at {first}; before that nothing is known"));
    }
    if past.range.is_some() && found.data_through.is_some_and(|through| through < found.to) {
        let through = found.data_through.unwrap_or(found.to);
        out.say(&format!("note: samples of every SLO end at {through}; after that nothing is known"));
    }
    let without = |id: &str| found.tracks.iter().filter(|t| t.slo.id.as_str() == id).all(|t| t.coverage <= 0.0);
    for slo in setup.rulebook().slos.iter().filter(|slo| without(slo.id.as_str())) {
        let name = escape::terminal(slo.id.as_str());
        out.say(&format!("note: {name} has no data in this stretch; `burnledger explain {name}` shows what it reads"));
    }
}

fn json(found: &Found) -> wire::BacktestJson {
    let beside = found.beside.iter().zip(&found.done.beside);
    wire::BacktestJson {
        what_if: beside.map(|((change, compared), past)| wire::what_if(&change.text, past, compared)).collect(),
        labels: found.labels.as_ref().map(wire::labels),
        ..wire::backtest(&found.done.backtest)
    }
}

fn print(found: &Found, out: &mut Out) {
    text::print(&found.done.backtest, Zone::Local, out);
    for (change, compared) in &found.beside {
        beside::change(&format!("What if {}", change.text), compared, Zone::Local, out);
    }
    if let Some(scored) = &found.labels {
        beside::labels(scored, out);
    }
}
