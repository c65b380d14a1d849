//! `gate`: may one deploy, did a load test hold, and what would changed SLO files have paged?
//!
//! Made for pipelines: the exit code is the answer, the reason is on stdout. Deliberately absent: judging (`domain/review`).

mod change;
mod test;

use super::backtest::instant;
use super::{Common, Exit, Format, Out, look, times};
use crate::app::{Inspected, Setup};
use crate::domain::base::{Ms, Severity};
use crate::domain::review::gate::{Answer, Finding, GateRules, Looked, answer};
use crate::wire::gate as wire;
use crate::words::{escape, plural, units};
use clap::Args;
use rust_decimal::prelude::ToPrimitive;
use std::path::PathBuf;

/// Arguments of `gate`.
#[derive(Clone, Debug, Args)]
pub struct GateArgs {
    /// The service to deploy; also an SLO's id (repeatable) [default: all SLOs]
    #[arg(long, value_name = "NAME")]
    pub service: Vec<String>,
    /// Least share of every budget that must be left
    #[arg(long, value_name = "SHARE", default_value = "10%", value_parser = share)]
    pub min_budget: f64,
    /// Severities of which no incident may be open: `P0,P1`, or `none` [default: P0,P1 where there is a ledger]
    #[arg(long, value_name = "LIST")]
    pub no_open: Option<String>,
    /// What to say when it cannot know
    #[arg(long, value_enum, default_value_t, value_name = "SAY")]
    pub unknown: Unknown,
    /// Judge a load test instead: where it began
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// Where it ended
    #[arg(long, value_name = "TIME", default_value = "now", allow_hyphen_values = true)]
    pub to: String,
    /// Compare changed SLO files with today's over the past instead (Markdown for a pull request)
    #[arg(long, value_name = "DIR|FILE")]
    pub change: Option<PathBuf>,
    /// With --change: shut when it would page for more than so many incidents more
    #[arg(long, value_name = "N", requires = "change")]
    pub max_more_pages: Option<usize>,
    /// When: RFC 3339, `now`, or a duration back from now (`2h`)
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, conflicts_with_all = ["from", "change"])]
    pub at: Option<String>,
    /// Read recorded samples (OpenMetrics text, plain, .gz or .zst) instead of Prometheus
    #[arg(long, value_name = "FILE")]
    pub samples: Option<PathBuf>,
}

/// What a gate says when it cannot know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Unknown {
    /// It stays shut
    #[default]
    Shut,
    /// It opens
    Pass,
}

fn share(text: &str) -> Result<f64, String> {
    let (number, unit) = text.trim().strip_suffix('%').map_or((text.trim(), 1), |percent| (percent.trim(), 100));
    let share = number.parse::<rust_decimal::Decimal>().ok().and_then(|n| (n / rust_decimal::Decimal::from(unit)).to_f64());
    share.filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| "a share is 0% to 100%".into())
}

/// Runs the verb.
pub async fn run(args: &GateArgs, common: &Common, out: &mut Out) -> Exit {
    let setup = super::setup(common, out).and_then(|s| s.keep(&args.service).map_err(|error| super::tell(&error, out)));
    let setup = match setup {
        Ok(setup) => setup,
        Err(exit) => return exit,
    };
    if let Some(path) = &args.change {
        return change::run(args, path, &setup, common.format, out).await;
    }
    match &args.from {
        Some(from) => test::run(args, from, &setup, common.format, out).await,
        None => now(args, &setup, common.format, out).await,
    }
}

/// The exit code of an answer. A source that could not be asked is told apart.
fn exit(answer: Answer, unknown: Unknown, reached: bool) -> Exit {
    match answer {
        Answer::Open => Exit::Fine,
        Answer::Unknown if unknown == Unknown::Pass => Exit::Fine,
        Answer::Unknown if !reached => Exit::Unreachable,
        Answer::Shut | Answer::Unknown => Exit::No,
    }
}

async fn now(args: &GateArgs, setup: &Setup, format: Format, out: &mut Out) -> Exit {
    let rules = match rules(args, setup, out) {
        Ok(rules) => rules,
        Err(exit) => return exit,
    };
    let wall = setup.clock().now().wall;
    let at = match args.at.as_deref().map(|text| instant("--at", text, wall, out)).transpose() {
        Ok(at) => at,
        Err(exit) => return exit,
    };
    let inspected = match setup.inspect(&rules, args.samples.as_ref(), at, args.no_open.is_some()).await {
        Ok(inspected) => inspected,
        Err(error) => return super::tell(&error, out),
    };
    for error in &inspected.errors {
        out.error(&error.to_string(), Some("budgets behind it are unknown; `--unknown pass` opens nevertheless"));
    }
    let answer = answer(&inspected.findings);
    let reasons = reasons(&inspected.findings, &rules);
    match format {
        Format::Json => look::print_json(out, &json(answer, &inspected, &rules, reasons)),
        _ => print(answer, &inspected, &reasons, args, out),
    }
    exit(answer, args.unknown, inspected.errors.is_empty())
}

fn rules(args: &GateArgs, setup: &Setup, out: &mut Out) -> Result<GateRules, Exit> {
    let text = args.no_open.as_deref().unwrap_or("P0,P1");
    let names = text.split(',').map(str::trim).filter(|name| *name != "none");
    let severities: Option<Vec<Severity>> = names.map(Severity::parse).collect();
    let Some(no_open) = severities else {
        out.error(&format!("--no-open: `{}` names no severities", escape::terminal(text)), Some("write P0,P1 or none"));
        return Err(Exit::Usage);
    };
    Ok(GateRules { min_budget: args.min_budget, no_open, blind_after: setup.rulebook().timing.no_data_page })
}

/// What shuts the gate or keeps it from knowing, in words.
fn reasons(findings: &[Finding], rules: &GateRules) -> Vec<String> {
    findings.iter().filter(|f| f.answer != Answer::Open).map(|f| reason(f, rules)).collect()
}

fn reason(finding: &Finding, rules: &GateRules) -> String {
    match &finding.what {
        Looked::Budget { slo, group, left: Some(left), .. } if finding.answer == Answer::Shut => {
            let (left, least) = (units::percent(*left, 1), units::percent_level(rules.min_budget));
            format!("{}: {left} of the budget is left, less than {least}", named(slo.as_str(), group))
        }
        Looked::Budget { slo, group, state, .. } => {
            format!("{}: its budget is not known ({})", named(slo.as_str(), group), state.name())
        }
        Looked::Incident { id, severity, service, phase } => {
            format!("{id} is {} on {} ({severity})", phase.name(), escape::terminal(service))
        }
    }
}

fn named(slo: &str, group: &crate::domain::base::Labels) -> String {
    let group = if group.is_empty() { String::new() } else { format!(" {group}") };
    escape::terminal(&format!("{slo}{group}"))
}

fn json(answer: Answer, inspected: &Inspected, rules: &GateRules, reasons: Vec<String>) -> wire::GateJson {
    wire::GateJson {
        answer: answer.name(),
        at: inspected.at.map(Ms::rfc3339),
        min_budget: crate::wire::number::Number(rules.min_budget),
        no_open: rules.no_open.iter().map(|s| s.name()).collect(),
        ledger_read: inspected.ledger,
        budgets: wire::budgets(&inspected.findings),
        incidents: wire::incidents(&inspected.findings),
        reasons,
    }
}

fn print(answer: Answer, inspected: &Inspected, reasons: &[String], args: &GateArgs, out: &mut Out) {
    out.line(&verdict(answer, args.unknown));
    for reason in reasons {
        out.line(&format!("  {reason}"));
    }
    let budgets: Vec<f64> = inspected.findings.iter().filter_map(left).collect();
    if let Some(least) = budgets.iter().copied().reduce(f64::min) {
        out.line(&format!(
            "  least budget left: {} of {}",
            units::percent(least, 1),
            plural::counted(budgets.len(), "SLO", "SLOs")
        ));
    }
    if !inspected.ledger {
        out.say("note: no ledger was read, so open incidents are not known; `--ledger PATH` names one");
    }
}

/// The answer as a headline.
fn verdict(answer: Answer, unknown: Unknown) -> String {
    match (answer, unknown) {
        (Answer::Open, _) => "gate: open".into(),
        (Answer::Shut, _) => "gate: SHUT".into(),
        (Answer::Unknown, Unknown::Shut) => "gate: SHUT, because it cannot know".into(),
        (Answer::Unknown, Unknown::Pass) => "gate: open, although it cannot know (--unknown pass)".into(),
    }
}

fn left(finding: &Finding) -> Option<f64> {
    match &finding.what {
        Looked::Budget { left, .. } => *left,
        Looked::Incident { .. } => None,
    }
}

/// A time of an option against the end of what is known.
fn time(option: &str, text: &str, end: Ms, out: &mut Out) -> Result<Ms, Exit> {
    times::parse(text, end).map_err(|_| instant(option, text, end, out).err().unwrap_or(Exit::Usage))
}
