//! Verbs: arguments and printing only, one file per verb.
//!
//! A verb is `pub async fn run(args: &XArgs, common: &Common, out: &mut Out) -> Exit` (or without `async`).

mod attach;
pub mod backtest;
pub mod check;
pub mod common;
pub mod cost;
pub mod coverage;
pub mod demo;
pub mod doctor;
pub mod examples;
pub mod exit;
pub mod explain;
pub mod export;
pub mod gate;
pub mod import;
pub mod incidents;
pub mod init;
pub mod ledger;
pub mod look;
pub mod out;
pub mod page;
pub mod plain;
pub mod presets;
pub mod report;
pub mod shell;
pub mod stats;
pub mod silence;
pub mod status;
pub mod test;
pub mod times;
pub mod tui;
pub mod watch;

pub use common::{Common, Format};
pub use exit::Exit;
pub use out::Out;

use crate::app::{Setup, SetupError};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;

/// SLO burn-rate alerting, incidents and what they cost, from Prometheus samples.
#[derive(Debug, Parser)]
#[command(name = "burnledger", version, propagate_version = true, disable_help_subcommand = true, subcommand_required = true)]
pub struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Play a recorded incident through the real engine, ledger, pages and dashboard; needs nothing but this program
    Demo(demo::DemoArgs),
    /// Check SLO and business files: every problem with its place and advice
    Check(check::CheckArgs),
    /// Turn files of Sloth, OpenSLO and Pyrra, and rules generated from them, into SLO files; what has no equal is noted
    Import(import::ImportArgs),
    /// Collect, evaluate, page and record until stopped
    Watch(watch::WatchArgs),
    /// The dashboard
    Tui(tui::TuiArgs),
    /// Evaluate once and print
    Status(status::StatusArgs),
    /// How one SLO is measured and why it is judged so
    Explain(explain::ExplainArgs),
    /// What would have fired in the past, and what it would have cost
    Backtest(backtest::BacktestArgs),
    /// Unit tests of SLOs: samples in Prometheus' notation, and what is expected when
    Test(test::TestArgs),
    /// May one deploy? Did a load test hold? What would changed SLO files page? The exit code is the answer
    Gate(gate::GateArgs),
    /// SLOs as other tools read them
    Export(export::ExportArgs),
    /// The incidents of the ledger: look, take, end, correct, merge, split, declare
    Incidents(incidents::IncidentsArgs),
    /// The ledger's file: verify it, copy it while it is used
    Ledger(ledger::LedgerArgs),
    /// The postmortem of an incident, or the report on a period: Markdown, HTML, JSON, CSV; English or Chinese
    Report(report::ReportArgs),
    /// Recovery times, frequency, resilience and cost, with honest intervals; of the ledger or of another tool's records
    Stats(stats::StatsArgs),
    /// What incidents cost: the calculator, and the costs of the ledger explained, verified and restated
    Cost(cost::CostArgs),
    /// Try receivers
    Page(page::PageArgs),
    /// Look at everything a watch needs, and say what to try
    Doctor,
    /// Write first SLO files, never over others: an example, or with --discover what fits the source's services
    Init(init::InitArgs),
    /// Services that are scraped: which have SLOs, and which preset would fit the others
    Coverage(coverage::CoverageArgs),
    /// Indicators by name, which SLO files may use: list, show
    Presets(presets::PresetsArgs),
    /// Hold pages back for a while: add, list, expire
    Silence(silence::SilenceArgs),
    /// Completions for a shell, on stdout
    Completions(shell::CompletionsArgs),
    /// The manual page, on stdout
    Man(shell::ManArgs),
}

/// Parses arguments and runs the verb. Usage errors and `--help` are answered here.
pub async fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let command = command();
    let cli = match command.try_get_matches_from(args).and_then(|m| Cli::from_arg_matches(&m)) {
        Ok(cli) => cli,
        Err(error) => {
            let fine = !error.use_stderr();
            let _ = error.print();
            return if fine { Exit::Fine } else { Exit::Usage };
        }
    };
    let mut out = Out::process(cli.common.color);
    let exit = run(&cli.verb, &cli.common, &mut out).await;
    out.finish(exit)
}

/// The command line as clap knows it, with examples at the end of every verb's help and the exit codes at the end of its own.
pub fn command() -> clap::Command {
    let codes = Exit::TABLE.map(|(exit, what)| format!("  {:>3}  {what}", exit.code())).join("\n");
    let help = format!("`burnledger VERB --help` shows a verb's options with examples.\n\nExit codes:\n{codes}");
    examples::attach(Cli::command(), "").after_help(help)
}

impl Verb {
    /// Whether it answers in this form. Text and JSON are everybody's.
    const fn answers_in(&self, format: Format) -> bool {
        match format {
            Format::Text | Format::Json => true,
            Format::Html => matches!(self, Self::Report(_)),
            Format::Csv => matches!(self, Self::Cost(_) | Self::Stats(_) | Self::Report(_)),
        }
    }
}

async fn run(verb: &Verb, common: &Common, out: &mut Out) -> Exit {
    if !verb.answers_in(common.format) {
        out.error("this verb does not answer in that format", Some("`--format text` and `--format json` are everybody's"));
        return Exit::Usage;
    }
    match verb {
        Verb::Demo(args) => demo::run(args, common, out).await,
        Verb::Check(args) => check::answer(args, common, out).await,
        Verb::Import(args) => import::run(args, common, out),
        Verb::Watch(args) => watch::run(args, common, out).await,
        Verb::Tui(args) => tui::run(args, common, out).await,
        Verb::Incidents(args) => incidents::run(args, common, out).await,
        Verb::Status(args) => status::run(args, common, out).await,
        Verb::Explain(args) => explain::run(args, common, out).await,
        Verb::Backtest(args) => backtest::run(args, common, out).await,
        Verb::Test(args) => test::run(args, common, out).await,
        Verb::Gate(args) => gate::run(args, common, out).await,
        Verb::Export(args) => export::run(args, common, out),
        Verb::Report(args) => report::run(args, common, out).await,
        Verb::Stats(args) => stats::run(args, common, out).await,
        Verb::Ledger(args) => ledger::run(args, common, out).await,
        Verb::Cost(args) => cost::run(args, common, out).await,
        Verb::Page(args) => page_test(args, common, out).await,
        Verb::Doctor => doctor::run(common, out).await,
        Verb::Init(args) => init::run(args, common, out).await,
        Verb::Coverage(args) => coverage::run(args, common, out).await,
        Verb::Presets(args) => presets::run(args, common, out),
        Verb::Silence(args) => silence::run(args, common, out).await,
        Verb::Completions(args) => shell::completions(args, out),
        Verb::Man(args) => shell::man(args, out),
    }
}

async fn page_test(args: &page::PageArgs, common: &Common, out: &mut Out) -> Exit {
    let setup = match Setup::load_config(&common.overrides()) {
        Ok(setup) => setup,
        Err(error) => return tell(&error, out),
    };
    match crate::app::receivers::receivers(&setup) {
        Ok(receivers) => {
            let now = setup.clock().now();
            page::run(args, common, &receivers, setup.config.environment.clone(), now, out).await
        }
        Err(error) => tell(&error, out),
    }
}

/// The setup that the options name; what is wrong with it is told.
///
/// # Errors
/// The exit code.
pub fn setup(common: &Common, out: &mut Out) -> Result<Setup, Exit> {
    Setup::load(&common.overrides()).map_err(|error| tell(&error, out))
}

/// Tells what is wrong and gives its exit code.
pub fn tell(error: &SetupError, out: &mut Out) -> Exit {
    match error {
        SetupError::Problems(problems) => {
            for problem in problems {
                let text = crate::formats::render::problem(problem, out.talk_color, out.width);
                out.say(text.trim_end());
            }
            Exit::Usage
        }
        SetupError::Source(source) => {
            out.error(&source.to_string(), Some("`--prometheus URL` names the server, `--samples FILE` reads a recording"));
            Exit::Unreachable
        }
        SetupError::Ledger(ledger) => {
            out.error(&ledger.to_string(), Some("`--ledger PATH` names another file"));
            Exit::Ledger
        }
        SetupError::Other { what, hint } => {
            out.error(what, hint.as_deref());
            Exit::Usage
        }
    }
}
