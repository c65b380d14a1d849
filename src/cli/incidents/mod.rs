//! `incidents`: the ledger by hand.
//!
//! Works beside a running watch, which sees what is recorded here within a tick. Deliberately absent: what an order may do
//! (`domain/incident`), and reading arguments (`args`).

mod args;
mod text;
mod transfer;

pub(super) use args::number;
pub use args::{Beside, By, DeclareArgs, EditArgs, EffortArgs, IncidentsAction, IncidentsArgs, Told};

use super::{Common, Exit, Format, Out};
use crate::app::desk::{LedgerDesk, OrderError, open_existing_ledger, open_ledger};
use crate::app::{Present, Setup};
use crate::domain::base::{CommitId, IncidentId};
use crate::domain::incident::{Incident, Incidents};
use crate::domain::view::{Command, Refusal};
use crate::ports::LedgerError;
use crate::wire::incident;
use crate::words::{Zone, escape, timeline};
use serde_json::json;

/// Runs the verb on the configured ledger.
pub async fn run(args: &IncidentsArgs, common: &Common, out: &mut Out) -> Exit {
    let setup = match Setup::load_config(&common.overrides()) {
        Ok(setup) => setup,
        Err(error) => return super::tell(&error, out),
    };
    // The first incident of a ledger may be declared.
    let path = &setup.config.ledger;
    let ledger = match args.action {
        IncidentsAction::Declare(_) | IncidentsAction::Import { .. } => open_ledger(path).await,
        _ => open_existing_ledger(path).await,
    };
    let desk = match ledger {
        Ok(ledger) => LedgerDesk::new(ledger, setup.shared_clock(), "cli"),
        Err(error) => return cannot_use(&error, out),
    };
    if let IncidentsAction::Show { id, offline: false } = args.action {
        let done = show(&desk, id, Some(&setup), common.format, Zone::Local, out).await;
        return done.unwrap_or_else(|error| cannot_use(&error, out));
    }
    let book = setup.rulebook();
    let beside = Beside {
        slos: book.slos.iter().map(|slo| (slo.service.clone(), slo.id.clone())).collect(),
        rulebook: book.hash.clone(),
        root_causes: setup.config.root_causes.clone(),
    };
    run_beside(args, common.format, &desk, &beside, Zone::Local, out).await
}

/// Runs the verb at a desk; times of the text form are told in `zone`.
pub async fn run_at(args: &IncidentsArgs, format: Format, desk: &LedgerDesk, zone: Zone, out: &mut Out) -> Exit {
    run_beside(args, format, desk, &Beside::default(), zone, out).await
}

/// The same with what is known beside the ledger.
pub async fn run_beside(
    args: &IncidentsArgs,
    format: Format,
    desk: &LedgerDesk,
    beside: &Beside,
    zone: Zone,
    out: &mut Out,
) -> Exit {
    let done = match &args.action {
        IncidentsAction::List { limit } => list(desk, *limit, format, zone, out).await,
        IncidentsAction::Show { id, .. } => show(desk, *id, None, format, zone, out).await,
        IncidentsAction::Export { ids, out: file } => transfer::export(desk, ids, file.as_deref(), out).await,
        IncidentsAction::Import { file, columns, by } => transfer::import(desk, file, columns.as_ref(), by, format, out).await,
        action => match args::command(action, beside, desk.now()) {
            Ok(Some(command)) => order(desk, command, format, zone, out).await,
            Ok(None) => Ok(Exit::Fine),
            Err((what, hint)) => {
                out.error(&what, hint.as_deref());
                Ok(Exit::Usage)
            }
        },
    };
    done.unwrap_or_else(|error| cannot_use(&error, out))
}

async fn list(desk: &LedgerDesk, limit: usize, format: Format, zone: Zone, out: &mut Out) -> Result<Exit, LedgerError> {
    let all = desk.incidents().await?;
    warn_of_problems(&all, out);
    let newest = all.newest(limit);
    match format {
        Format::Json => {
            let summaries: Vec<_> = newest.iter().map(|i| incident::summary(i)).collect();
            print(&json!({ "incidents": summaries }), out);
        }
        _ if newest.is_empty() => out.say("no incidents yet"),
        _ => text::table(&newest, desk.now(), zone, out),
    }
    if all.len() > newest.len() {
        out.say(&format!("{} of {} incidents; --limit shows more", newest.len(), all.len()));
    }
    Ok(Exit::Fine)
}

async fn show(
    desk: &LedgerDesk,
    id: IncidentId,
    setup: Option<&Setup>,
    format: Format,
    zone: Zone,
    out: &mut Out,
) -> Result<Exit, LedgerError> {
    let all = desk.incidents().await?;
    let Some(found) = all.get(id) else { return Ok(unknown(id, &all, out)) };
    warn_of_problems(&all, out);
    let pages = desk.pages(id).await?;
    let present = match setup {
        Some(setup) if found.phase.is_live() && found.severity.is_some() => present(setup, &all, found, out).await,
        _ => Present::default(),
    };
    let near = all.at_large().changes_near(found);
    if format == Format::Json {
        let mut value = json!(incident::show(found, &pages, &present.parts(), &|e| timeline::sentence(e, Zone::Utc)));
        value["changes"] = near.iter().map(|c| json!({ "at": c.at.rfc3339(), "text": c.words() })).collect();
        print(&value, out);
        return Ok(Exit::Fine);
    }
    text::show(found, &pages, &present, desk.now(), zone, out);
    for change in near {
        out.line(&format!("changed  {}  {}", zone.full(change.at), escape::terminal(&change.words())));
    }
    Ok(Exit::Fine)
}

/// Impact and cost of an incident that lives, counted now. Without a source the rest is shown all the same.
async fn present(setup: &Setup, all: &Incidents, found: &Incident, out: &mut Out) -> Present {
    let why = match setup.present(all, found).await {
        Ok((present, errors)) if errors.is_empty() => return present,
        Ok((_, errors)) => errors.first().map(ToString::to_string).unwrap_or_default(),
        Err(error) => error.to_string(),
    };
    let hint = "  hint: `--offline` asks no source";
    out.say(&format!("warning: impact and cost so far are not counted: {}\n{hint}", escape::terminal(&why)));
    Present::default()
}

async fn order(desk: &LedgerDesk, command: Command, format: Format, zone: Zone, out: &mut Out) -> Result<Exit, LedgerError> {
    let (named, by) = (command.incident(), command.by().clone());
    let commit = CommitId(format!("cli/{:032x}", rand::random::<u128>()).into());
    let entries = match desk.carry_out(commit, command.clone()).await {
        Ok(entries) => entries,
        Err(OrderError::Ledger(error)) => return Err(error),
        Err(OrderError::Refused(Refusal::Unknown(id))) => return Ok(unknown(id, &desk.incidents().await?, out)),
        Err(OrderError::Refused(refusal)) => {
            out.error(&escape::terminal(&refusal.to_string()), hint(&by));
            return Ok(Exit::No);
        }
    };
    let Some(id) = named.or(entries.first().map(|e| e.incident)) else { return Ok(Exit::Fine) };
    match format {
        Format::Json => {
            let all = desk.incidents().await?;
            let state = all.get(id).map(|i| i.phase.name());
            let recorded: Vec<u64> = entries.iter().map(|e| e.seq.0).collect();
            print(&json!({ "id": id.0, "state": state, "recorded": recorded }), out);
        }
        _ if entries.is_empty() => out.line(&nothing_new(&command, id)),
        _ => {
            for entry in &entries {
                out.line(&format!("{} {}", entry.incident, escape::terminal(&timeline::sentence(entry, zone))));
            }
        }
    }
    Ok(Exit::Fine)
}

/// What is so already.
fn nothing_new(command: &Command, id: IncidentId) -> String {
    match command {
        Command::Acknowledge { by, .. } => format!("{id} is acknowledged by {} already", escape::terminal(by)),
        _ => format!("{id} says so already"),
    }
}

fn hint(by: &str) -> Option<&'static str> {
    by.trim().is_empty().then_some("--by NAME says who you are")
}

pub(in crate::cli) fn unknown(id: IncidentId, all: &Incidents, out: &mut Out) -> Exit {
    let recent: Vec<String> = all.newest(5).iter().map(|i| short(i)).collect();
    let hint = if recent.is_empty() {
        "the ledger holds no incidents yet".to_owned()
    } else {
        format!("the newest ones are {}", recent.join(", "))
    };
    out.error(&Refusal::Unknown(id).to_string(), Some(&hint));
    Exit::No
}

fn short(incident: &Incident) -> String {
    format!("{} ({}, {})", incident.id, escape::terminal(&incident.service), incident.phase.name())
}

/// Entries that cannot be true are told, not hidden: someone or something wrote them.
pub(in crate::cli) fn warn_of_problems(all: &Incidents, out: &mut Out) {
    for problem in all.problems() {
        out.say(&format!("warning: {}", escape::terminal(&problem.to_string())));
    }
}

pub(in crate::cli) fn cannot_use(error: &LedgerError, out: &mut Out) -> Exit {
    out.error(&escape::terminal(&error.to_string()), Some("`--ledger PATH` names another file"));
    Exit::Ledger
}

fn print(value: &serde_json::Value, out: &mut Out) {
    out.line(&format!("{value:#}"));
}
