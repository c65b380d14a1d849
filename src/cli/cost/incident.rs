//! `cost explain|verify|restate ID`: the cost of an incident of the ledger.
//!
//! Deliberately absent: arithmetic (`domain/cost`), and reading samples (`app`).

use super::text;
use crate::app::Setup;
use crate::app::desk::{LedgerDesk, OrderError, open_existing_ledger};
use crate::app::pricing::Repriced;
use crate::cli::incidents::{By, cannot_use, number, unknown, warn_of_problems};
use crate::cli::{Common, Exit, Format, Out, look};
use crate::domain::base::{CommitId, IncidentId, Money, Ms, Seq, Text};
use crate::domain::cost::{CostSheet, Difference, differences};
use crate::domain::incident::{Fact, Incident, Incidents};
use crate::domain::view::{Command, Refusal};
use crate::report::cost_csv;
use crate::wire::cost::CostSheetJson;
use crate::words::{Zone, escape, money, plural};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// Data that is older than this many steps behind the settled time is stale.
const STALE_STEPS: i64 = 4;

/// Arguments of `cost explain`.
#[derive(Clone, Debug, Args)]
pub struct ExplainArgs {
    /// Its number: 17 or INC-0017
    #[arg(value_parser = number)]
    pub id: IncidentId,
    /// Count from recorded samples (OpenMetrics text, plain or .zst) instead of Prometheus, while it is live
    #[arg(long, value_name = "FILE")]
    pub samples: Option<PathBuf>,
}

/// Arguments of `cost verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// Its number: 17 or INC-0017
    #[arg(value_parser = number)]
    pub id: IncidentId,
    /// Count again from recorded samples (OpenMetrics text, plain or .zst) instead of Prometheus
    #[arg(long, value_name = "FILE")]
    pub samples: Option<PathBuf>,
    /// Ask no source: compute from the recorded inputs only
    #[arg(long, conflicts_with = "samples")]
    pub offline: bool,
}

/// Arguments of `cost restate`.
#[derive(Clone, Debug, Args)]
pub struct RestateArgs {
    /// Its number: 17 or INC-0017
    #[arg(value_parser = number)]
    pub id: IncidentId,
    /// Why, for the ledger
    #[arg(long, default_value = "restated by hand", value_name = "TEXT")]
    pub reason: String,
    /// Count from recorded samples (OpenMetrics text, plain or .zst) instead of Prometheus
    #[arg(long, value_name = "FILE")]
    pub samples: Option<PathBuf>,
    /// Who says so
    #[command(flatten)]
    pub by: By,
}

/// The ledger with its incidents, and the one that was named.
struct Found {
    setup: Setup,
    desk: LedgerDesk,
    all: Incidents,
    incident: Arc<Incident>,
}

async fn find(id: IncidentId, common: &Common, out: &mut Out) -> Result<Found, Exit> {
    let setup = Setup::load_config(&common.overrides()).map_err(|error| crate::cli::tell(&error, out))?;
    let ledger = open_existing_ledger(&setup.config.ledger).await.map_err(|error| cannot_use(&error, out))?;
    let desk = LedgerDesk::new(ledger, setup.shared_clock(), "cli");
    let all = desk.incidents().await.map_err(|error| cannot_use(&error, out))?;
    warn_of_problems(&all, out);
    match all.get(id).cloned() {
        Some(incident) => Ok(Found { setup, desk, all, incident }),
        None => Err(unknown(id, &all, out)),
    }
}

/// The instant as of which the cost of an incident that is over is computed: its end, or the end of what was provisional in
/// the figures before `seq`. What people record months later does not move it: its samples lie in no window of that day.
fn as_of(incident: &Incident, seq: Option<Seq>) -> Option<Ms> {
    let end = incident.milestones.resolved.filter(|_| !incident.phase.is_live())?;
    let before = incident.entries.iter().take_while(|e| seq.is_none_or(|seq| e.seq < seq));
    let provisional = before.filter_map(|e| match &e.fact {
        Fact::Costed(sheet) => sheet.provisional_until,
        _ => None,
    });
    provisional.max().max(Some(end))
}

/// The cost computed anew; errors of the source are told.
async fn reprice(found: &Found, samples: Option<&PathBuf>, at: Option<Ms>, out: &mut Out) -> Result<Repriced, Exit> {
    let priced = found.setup.reprice(&found.all, &found.incident, samples.map(PathBuf::as_path), at).await;
    let priced = priced.map_err(|error| crate::cli::tell(&error, out))?;
    for error in &priced.errors {
        let hint = "`--samples FILE` reads a recording, `cost verify --offline` asks no source";
        out.error(&escape::terminal(&error.to_string()), Some(hint));
    }
    Ok(priced)
}

/// `cost explain`: the figures in force, or those of this moment while it is live.
pub async fn explain(args: &ExplainArgs, common: &Common, out: &mut Out) -> Exit {
    let found = match find(args.id, common, out).await {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let incident = &found.incident;
    if !incident.phase.is_live() {
        let Some(sheet) = &incident.cost else { return not_recorded(incident, out) };
        show(incident, sheet, None, common.format, out);
        return Exit::Fine;
    }
    let priced = match reprice(&found, args.samples.as_ref(), None, out).await {
        Ok(priced) => priced,
        Err(exit) => return exit,
    };
    let Some(sheet) = &priced.sheet else { return no_business(out) };
    let live = Live::of(&priced, &found.setup);
    show(incident, sheet, Some(&live), common.format, out);
    if priced.errors.is_empty() { Exit::Fine } else { Exit::Unreachable }
}

/// The rate of a live incident, and since when it is only projected.
struct Live {
    per_minute: Option<Money>,
    at: Option<Ms>,
    projected_since: Option<Ms>,
}

impl Live {
    fn of(priced: &Repriced, setup: &Setup) -> Self {
        let timing = &setup.rulebook().timing;
        let limit = timing.settle + timing.step * STALE_STEPS;
        let at = priced.ticker.as_ref().map(|t| t.at);
        let old = |through: &Ms| priced.at.since(*through) > limit;
        let per_minute = priced.ticker.as_ref().and_then(|t| t.per_minute);
        Self { per_minute, at, projected_since: priced.data_through.filter(old) }
    }

    fn json(&self) -> Value {
        json!({
            "at": self.at.map(Ms::rfc3339),
            "per_minute": self.per_minute.map(|m| m.rounded().amount.to_string()),
            "projected_since": self.projected_since.map(Ms::rfc3339),
        })
    }
}

fn show(incident: &Incident, sheet: &CostSheet, live: Option<&Live>, format: Format, out: &mut Out) {
    match format {
        Format::Json => {
            let mut value = json!(CostSheetJson::from(sheet));
            value["incident"] = json!(incident.id.0);
            value["live"] = live.map_or(Value::Null, Live::json);
            look::print_json(out, &value);
        }
        Format::Csv => out.text(&cost_csv(sheet)),
        Format::Text | Format::Html => {
            let service = escape::terminal(&incident.service);
            out.line(&format!("COST  {} {service} ({})", incident.id, incident.phase.name()));
            if let Some(live) = live {
                say_live(live, out);
            }
            if let Some(until) = sheet.provisional_until {
                out.line(&format!("  provisional: orders may come back until {}", Zone::Local.full(until)));
            }
            if let Some(replaced) = &sheet.restates {
                let shown = |d| money::exact(Money::new(d, sheet.currency));
                let was = replaced.total.map_or_else(|| money::NOT_ESTIMATED.to_owned(), shown);
                let by = sheet.difference().map_or_else(String::new, |d| format!(", a difference of {}", shown(d)));
                let why = escape::terminal(&replaced.reason);
                out.line(&format!("  restated: {why}; entry {} said {was}{by}", replaced.seq.0));
            }
            text::sheet(sheet.record.as_ref().and_then(|r| r.headline), sheet, out);
        }
    }
}

fn say_live(live: &Live, out: &mut Out) {
    let rate = live.per_minute.map_or_else(|| money::NOT_ESTIMATED.to_owned(), |m| format!("+{}/min", money::exact(m)));
    let at = live.at.map_or_else(String::new, |at| format!(" at {}", Zone::Local.full(at)));
    out.line(&format!("  rate: {rate}{at}"));
    if let Some(since) = live.projected_since {
        out.line(&format!("  projected since {}: no newer samples have come", Zone::Local.full(since)));
    }
}

fn not_recorded(incident: &Incident, out: &mut Out) -> Exit {
    let what = format!("no cost is recorded for {}: not estimated, which does not mean that it was free", incident.id);
    out.error(&what, Some("`cost restate` computes one where a business file says what things are worth"));
    Exit::No
}

fn no_business(out: &mut Out) -> Exit {
    out.error("no business file says what things are worth", Some("write business.yaml beside the SLOs; docs/cost.md shows how"));
    Exit::Usage
}

/// `cost verify`: 0 when everything is equal, 1 when something differs.
pub async fn verify(args: &VerifyArgs, common: &Common, out: &mut Out) -> Exit {
    let found = match find(args.id, common, out).await {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let Some((seq, sheet)) = found.incident.last_cost() else { return not_recorded(&found.incident, out) };
    let recorded_at = found.incident.entries.iter().find(|e| e.seq == seq).map(|e| e.at);
    let at = as_of(&found.incident, Some(seq)).or(recorded_at);
    let recorded = sheet.record.as_ref().map(|record| differences(sheet, &record.sheet()));
    let mut exit = if recorded.as_ref().is_some_and(Vec::is_empty) { Exit::Fine } else { Exit::No };
    let mut counted = None;
    if !args.offline {
        let priced = match reprice(&found, args.samples.as_ref(), at, out).await {
            Ok(priced) => priced,
            Err(exit) => return exit,
        };
        if !priced.errors.is_empty() {
            exit = Exit::Unreachable;
        } else if let Some(again) = &priced.sheet {
            let found = differences(sheet, again);
            if found.iter().any(|d| !d.declared) && exit == Exit::Fine {
                exit = Exit::No;
            }
            counted = Some(found);
        }
    }
    if common.format == Format::Json {
        let list = |d: &Option<Vec<Difference>>| d.as_ref().map(|d| d.iter().map(difference_json).collect::<Vec<_>>());
        let total = sheet.total.map(|t| t.to_string());
        let value = json!({
            "incident": found.incident.id.0, "entry": seq.0, "currency": sheet.currency.code(), "total": total,
            "equal": exit == Exit::Fine, "from_inputs": list(&recorded), "from_samples": list(&counted),
        });
        look::print_json(out, &value);
    } else {
        let total = sheet.total.map_or_else(|| money::NOT_ESTIMATED.into(), |t| money::exact(Money::new(t, sheet.currency)));
        out.line(&format!("{} entry {}: {total}", found.incident.id, seq.0));
        told("from the recorded inputs", recorded.as_deref(), "the entry is older than recorded inputs", out);
        let why = if args.offline { "not asked" } else { "the source could not be read, or no business file is there" };
        told("from samples", counted.as_deref(), why, out);
    }
    exit
}

fn difference_json(d: &Difference) -> Value {
    json!({"what": &*d.what, "was": d.was.as_deref(), "now": d.now.as_deref(), "declared": d.declared})
}

fn told(how: &str, differ: Option<&[Difference]>, unknown: &str, out: &mut Out) {
    match differ {
        None => out.line(&format!("  {how}: not computed ({unknown})")),
        Some([]) => out.line(&format!("  {how}: equal")),
        Some(list) => {
            out.line(&format!(
                "  {how}: {} {}",
                plural::counted(list.len(), "figure", "figures"),
                plural::noun(list.len(), "differs", "differ")
            ));
            print_differences(list, out);
        }
    }
}

fn print_differences(list: &[Difference], out: &mut Out) {
    let shown = |t: &Option<Text>| t.as_deref().map_or_else(|| "-".to_owned(), escape::terminal);
    for d in list {
        let declared = if d.declared { " (declared: the file changed)" } else { "" };
        out.line(&format!("    {}: {}, now {}{declared}", escape::terminal(&d.what), shown(&d.was), shown(&d.now)));
    }
}

/// `cost restate`: a new version as an entry, when anything differs.
pub async fn restate(args: &RestateArgs, common: &Common, out: &mut Out) -> Exit {
    let found = match find(args.id, common, out).await {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    let last = found.incident.last_cost();
    let at = as_of(&found.incident, None).filter(|at| *at <= found.desk.now());
    let priced = match reprice(&found, args.samples.as_ref(), at, out).await {
        Ok(priced) => priced,
        Err(exit) => return exit,
    };
    if !priced.errors.is_empty() {
        return Exit::Unreachable;
    }
    let Some(mut sheet) = priced.sheet else { return no_business(out) };
    let changes = last.map(|(_, old)| differences(old, &sheet));
    if changes.as_ref().is_some_and(Vec::is_empty) {
        out.line(&format!("{}: nothing changed, nothing is recorded", found.incident.id));
        return Exit::Fine;
    }
    sheet.restates = found.incident.restates(&args.reason);
    let command = Command::Restate { incident: args.id, by: args.by.name(), sheet: Box::new(sheet.clone()) };
    let commit = CommitId(format!("cli/{:032x}", rand::random::<u128>()).into());
    match found.desk.carry_out(commit, command).await {
        Ok(_) => {
            show(&found.incident, &sheet, None, common.format, out);
            if let (Some(changes), Format::Text) = (changes, common.format) {
                out.line("\nWHAT CHANGED (the earlier figures stay in the ledger)");
                print_differences(&changes, out);
            }
            Exit::Fine
        }
        Err(OrderError::Ledger(error)) => cannot_use(&error, out),
        Err(OrderError::Refused(refusal)) => refused(&refusal, out),
    }
}

fn refused(refusal: &Refusal, out: &mut Out) -> Exit {
    out.error(&escape::terminal(&refusal.to_string()), Some("`--by NAME` says who you are"));
    Exit::No
}
