//! `incidents list|show|ack|resolve|note`: the ledger by hand.
//!
//! Works beside a running watch, which sees what is recorded here within a tick. Deliberately absent: what an order may do
//! (`domain/incident`).

mod text;

use super::{Common, Exit, Format, Out, times};
use crate::app::desk::{LedgerDesk, OrderError};
use crate::config;
use crate::domain::base::{CommitId, IncidentId, Ms, Text};
use crate::domain::incident::{Incident, Incidents};
use crate::domain::view::{Command, Refusal};
use crate::ports::LedgerError;
use crate::wire::incident;
use crate::words::{Zone, escape, timeline};
use clap::{Args, Subcommand};
use serde_json::json;

/// Arguments of `incidents`.
#[derive(Clone, Debug, Args)]
pub struct IncidentsArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: IncidentsAction,
}

/// What `incidents` does.
#[derive(Clone, Debug, Subcommand)]
pub enum IncidentsAction {
    /// The newest incidents, newest first
    List {
        /// How many at most
        #[arg(long, default_value_t = 50, value_name = "N")]
        limit: usize,
    },
    /// One incident: state, clocks, impact, pages and timeline
    Show {
        /// Its number: 17 or INC-0017
        #[arg(value_parser = number)]
        id: IncidentId,
    },
    /// Take an incident: repeats and escalation stop
    Ack {
        /// Its number: 17 or INC-0017
        #[arg(value_parser = number)]
        id: IncidentId,
        /// Who takes it
        #[command(flatten)]
        by: By,
    },
    /// Say that it is over
    Resolve {
        /// Its number: 17 or INC-0017
        #[arg(value_parser = number)]
        id: IncidentId,
        /// Why, for the timeline
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
        reason: String,
        /// When it ended: RFC 3339, or a duration back from now [default: now]
        #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
        at: Option<String>,
        /// Who says so
        #[command(flatten)]
        by: By,
    },
    /// Add words to its timeline
    Note {
        /// Its number: 17 or INC-0017
        #[arg(value_parser = number)]
        id: IncidentId,
        /// The words
        #[arg(required = true, num_args = 1.., value_name = "TEXT")]
        text: Vec<String>,
        /// Who writes
        #[command(flatten)]
        by: By,
    },
}

/// Who gives an order.
#[derive(Clone, Debug, Default, Args)]
pub struct By {
    /// Your name, as the timeline shows it [default: $USER]
    #[arg(long, env = "BURNLEDGER_BY", value_name = "NAME")]
    pub by: Option<String>,
}

impl By {
    /// The name as it was given; empty when nobody gave one.
    pub fn name(&self) -> Text {
        self.by.clone().or_else(|| std::env::var("USER").ok()).unwrap_or_default().into()
    }
}

pub(in crate::cli) fn number(text: &str) -> Result<IncidentId, String> {
    IncidentId::parse(text).ok_or_else(|| "incidents are numbered: 17 or INC-0017".into())
}

/// Runs the verb on the configured ledger.
pub async fn run(args: &IncidentsArgs, common: &Common, out: &mut Out) -> Exit {
    let config = match config::load(&common.overrides(), &|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(problems) => {
            for problem in &problems {
                out.say(&crate::formats::render::problem(problem, out.talk_color, out.width));
            }
            return Exit::Usage;
        }
    };
    match LedgerDesk::at_file(&config.ledger, "cli").await {
        Ok(desk) => run_at(args, common.format, &desk, Zone::Local, out).await,
        Err(error) => cannot_use(&error, out),
    }
}

/// Runs the verb at a desk; times of the text form are told in `zone`.
pub async fn run_at(args: &IncidentsArgs, format: Format, desk: &LedgerDesk, zone: Zone, out: &mut Out) -> Exit {
    let done = match &args.action {
        IncidentsAction::List { limit } => list(desk, *limit, format, zone, out).await,
        IncidentsAction::Show { id } => show(desk, *id, format, zone, out).await,
        IncidentsAction::Ack { id, by } => {
            order(desk, Command::Acknowledge { incident: *id, by: by.name() }, format, zone, out).await
        }
        IncidentsAction::Note { id, text, by } => {
            let command = Command::Note { incident: *id, by: by.name(), text: text.join(" ").into() };
            order(desk, command, format, zone, out).await
        }
        IncidentsAction::Resolve { id, reason, at, by } => {
            match at.as_deref().map(|text| times::parse(text, desk.now())).transpose() {
                Ok(at) => order(desk, resolve(*id, reason, at, by), format, zone, out).await,
                Err(why) => {
                    out.error(&format!("--at: {why}"), Some("write 2026-03-02T03:04:00Z, or 10m for ten minutes ago"));
                    Ok(Exit::Usage)
                }
            }
        }
    };
    done.unwrap_or_else(|error| cannot_use(&error, out))
}

fn resolve(incident: IncidentId, reason: &str, at: Option<Ms>, by: &By) -> Command {
    Command::Resolve { incident, by: by.name(), reason: reason.into(), at }
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

async fn show(desk: &LedgerDesk, id: IncidentId, format: Format, zone: Zone, out: &mut Out) -> Result<Exit, LedgerError> {
    let all = desk.incidents().await?;
    let Some(found) = all.get(id) else { return Ok(unknown(id, &all, out)) };
    warn_of_problems(&all, out);
    let pages = desk.pages(id).await?;
    let near = all.at_large().changes_near(found);
    if format == Format::Json {
        let mut value = json!(incident::show(found, &pages, &|e| timeline::sentence(e, Zone::Utc)));
        value["changes"] = near.iter().map(|c| json!({ "at": c.at.rfc3339(), "text": c.words() })).collect();
        print(&value, out);
        return Ok(Exit::Fine);
    }
    text::show(found, &pages, desk.now(), zone, out);
    for change in near {
        out.line(&format!("changed  {}  {}", zone.full(change.at), escape::terminal(&change.words())));
    }
    Ok(Exit::Fine)
}

async fn order(desk: &LedgerDesk, command: Command, format: Format, zone: Zone, out: &mut Out) -> Result<Exit, LedgerError> {
    let (id, by) = (command.incident(), command.by().clone());
    let commit = CommitId(format!("cli/{:032x}", rand::random::<u128>()).into());
    let entries = match desk.carry_out(commit, command).await {
        Ok(entries) => entries,
        Err(OrderError::Ledger(error)) => return Err(error),
        Err(OrderError::Refused(Refusal::Unknown(id))) => return Ok(unknown(id, &desk.incidents().await?, out)),
        Err(OrderError::Refused(refusal)) => {
            out.error(&escape::terminal(&refusal.to_string()), hint(&by));
            return Ok(Exit::No);
        }
    };
    match format {
        Format::Json => {
            let all = desk.incidents().await?;
            let state = all.get(id).map(|i| i.phase.name());
            let recorded: Vec<u64> = entries.iter().map(|e| e.seq.0).collect();
            print(&json!({ "id": id.0, "state": state, "recorded": recorded }), out);
        }
        _ if entries.is_empty() => out.line(&format!("{id} is acknowledged by {} already", escape::terminal(&by))),
        _ => {
            for entry in &entries {
                out.line(&format!("{id} {}", escape::terminal(&timeline::sentence(entry, zone))));
            }
        }
    }
    Ok(Exit::Fine)
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
