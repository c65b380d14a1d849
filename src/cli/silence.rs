//! `silence add|list|expire`: holds pages back for a while; incidents are recorded all the same.
//!
//! Works beside a running watch, which heeds it within a tick. Deliberately absent: silences of the configuration, which that file
//! names and `list` shows.

use super::incidents::By;
use super::{Common, Exit, Format, Out, times};
use crate::app::desk::{open_existing_ledger, open_ledger};
use crate::app::notices::{Author, NoticeError, at_large, end_silence, silence};
use crate::app::{Setup, SetupError};
use crate::config::Config;
use crate::domain::base::{Ms, Seq, Severity, Span};
use crate::domain::incident::{Scope, Silence, SilenceRecord};
use crate::wire::silence::{planned_json, silence_json, state};
use crate::words::{Zone, escape};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// Arguments of `silence`.
#[derive(Clone, Debug, Args)]
pub struct SilenceArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: SilenceAction,
}

/// What `silence` does.
#[derive(Clone, Debug, Subcommand)]
pub enum SilenceAction {
    /// Hold pages back for a while
    Add {
        /// Of this service
        #[arg(long, value_name = "NAME")]
        service: Option<String>,
        /// Of this SLO: its name, or service/name
        #[arg(long, value_name = "NAME")]
        slo: Option<String>,
        /// To this owner
        #[arg(long, value_name = "NAME")]
        owner: Option<String>,
        /// Of these severities, such as P1,P2 [default: all]
        #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = severity)]
        severity: Vec<Severity>,
        /// Everything, of every service
        #[arg(long)]
        all: bool,
        /// How long: 2h, 45m
        #[arg(long = "for", value_name = "DURATION", value_parser = span)]
        length: Span,
        /// From when: RFC 3339 [default: now]
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// Why; whoever wonders why nobody was paged will read it
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// Who says so
        #[command(flatten)]
        by: By,
    },
    /// Silences that hold or will, and those of the configuration
    List {
        /// Those that are over as well
        #[arg(long)]
        all: bool,
    },
    /// End a silence before its time
    Expire {
        /// Its number, as `silence list` shows it
        id: u64,
        /// Why
        #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
        reason: String,
        /// Who says so
        #[command(flatten)]
        by: By,
    },
}

fn severity(text: &str) -> Result<Severity, String> {
    Severity::parse(text).ok_or_else(|| "severities are P0, P1 and P2".into())
}

fn span(text: &str) -> Result<Span, String> {
    Span::parse(text).map_err(|_| "durations look like 30d, 1h30m, 5m".into())
}

/// Runs the verb on the configured ledger.
pub async fn run(args: &SilenceArgs, common: &Common, out: &mut Out) -> Exit {
    let setup = match Setup::load_config(&common.overrides()) {
        Ok(setup) => setup,
        Err(error) => return super::tell(&error, out),
    };
    match act(args, &setup, common.format, out).await {
        Ok(()) => Exit::Fine,
        Err(NoticeError::Refused(why)) => {
            out.error(&escape::terminal(&why), None);
            Exit::No
        }
        Err(NoticeError::Ledger(error)) => super::tell(&SetupError::Ledger(error), out),
    }
}

async fn act(args: &SilenceArgs, setup: &Setup, format: Format, out: &mut Out) -> Result<(), NoticeError> {
    let (path, now) = (&setup.config.ledger, setup.clock().now());
    let author = |by: &By| Author { by: by.name(), source: "cli".into(), now, once: None };
    match &args.action {
        SilenceAction::Add { service, slo, owner, severity, all, length, from, reason, by } => {
            let text = |t: &Option<String>| t.as_deref().map(Into::into);
            let scope = Scope { service: text(service), slo: text(slo), owner: text(owner), severities: severity.clone() };
            let from = from.as_deref().map(|t| times::parse(t, now.wall)).transpose().map_err(NoticeError::Refused)?;
            let from = from.unwrap_or(now.wall);
            let wanted = Silence { scope, from, until: from + *length, reason: reason.as_str().into() };
            let ledger = open_ledger(path).await?;
            let entry = silence(&*ledger, wanted.clone(), *all, &author(by)).await?;
            let record = SilenceRecord { id: entry.seq, silence: wanted, author: by.name(), ended: None };
            tell(&record, now.wall, format, out);
        }
        SilenceAction::List { all } => {
            let known = at_large(&*open_existing_ledger(path).await?).await?;
            list(&setup.config, known.silences(), *all, now.wall, format, out);
        }
        SilenceAction::Expire { id, reason, by } => {
            let ledger = open_existing_ledger(path).await?;
            end_silence(&*ledger, Seq(*id), reason, &author(by)).await?;
            match format {
                Format::Json => out.line(&json!({ "id": id, "ended": now.wall.rfc3339() }).to_string()),
                _ => out.line(&format!("silence {id} has ended")),
            }
        }
    }
    Ok(())
}

fn tell(record: &SilenceRecord, now: Ms, format: Format, out: &mut Out) {
    match format {
        Format::Json => out.line(&silence_json(record, now).to_string()),
        _ => out.line(&line(record, now)),
    }
}

fn list(config: &Config, silences: &[SilenceRecord], all: bool, now: Ms, format: Format, out: &mut Out) {
    let shown: Vec<&SilenceRecord> = silences.iter().filter(|s| all || !s.is_over(now)).collect();
    let planned = &config.routes.silences;
    if format == Format::Json {
        let list: Vec<Value> = shown.iter().map(|s| silence_json(s, now)).collect();
        let ours: Vec<Value> = planned.iter().map(|s| planned_json(s, now)).collect();
        out.line(&json!({ "silences": list, "configured": ours }).to_string());
        return;
    }
    for record in &shown {
        out.line(&line(record, now));
    }
    for s in planned {
        let state = match s.time.active_until(now) {
            Some(until) => format!("holds until {}", Zone::Local.full(until)),
            None => "does not hold now".into(),
        };
        let text = format!("configured: {} {state}, by {}: {}", s.scope, s.author, s.reason);
        out.line(&escape::terminal(&text));
    }
    if shown.is_empty() && planned.is_empty() {
        out.say("no pages are held back");
    }
}

fn line(record: &SilenceRecord, now: Ms) -> String {
    let s = &record.silence;
    let (from, until) = (Zone::Local.full(s.from), Zone::Local.full(s.until));
    let state = state(record, now);
    escape::terminal(&format!(
        "silence {} ({state}): {}, {from} to {until}, by {}: {}",
        record.id.0, s.scope, record.author, s.reason
    ))
}
