//! `cost`: the calculator for declared numbers, and the costs of incidents. Sheets on stdout, problems on stderr.
//!
//! Deliberately absent: arithmetic and reading (`domain/cost`, `formats/estimate`).

pub mod incident;
mod text;

use super::{Common, Exit, Format, Out};
use crate::domain::base::Problem;
use crate::domain::cost::{Estimated, estimate};
use crate::formats::estimate::{Loaded, load};
use crate::formats::render;
use crate::report::cost_csv;
use crate::wire::cost::CostSheetJson;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Arguments of `cost`.
#[derive(Clone, Debug, Args)]
pub struct CostArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Price the numbers of a file: every line with its formula, and a column that adds up
    Estimate(EstimateArgs),
    /// How the cost of an incident came about: every formula with its numbers, and where they come from
    Explain(incident::ExplainArgs),
    /// Compute a recorded cost again, from its recorded inputs and from samples, and compare
    Verify(incident::VerifyArgs),
    /// State the cost of an incident anew; the figures before stay in the ledger
    Restate(incident::RestateArgs),
}

/// Arguments of `cost estimate`.
#[derive(Clone, Debug, Args)]
pub struct EstimateArgs {
    /// The file: `version: burnledger-cost/v1`, a currency and components
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// Runs the verb.
pub async fn run(args: &CostArgs, common: &Common, out: &mut Out) -> Exit {
    match &args.what {
        What::Estimate(args) => estimate_file(args, common.format, out),
        What::Explain(args) => incident::explain(args, common, out).await,
        What::Verify(args) => incident::verify(args, common, out).await,
        What::Restate(args) => incident::restate(args, common, out).await,
    }
}

/// 0 with a sheet, 1 when the file has errors, 2 when it cannot be read.
pub fn estimate_file(args: &EstimateArgs, format: Format, out: &mut Out) -> Exit {
    let Loaded { estimate: file, problems } = load(&args.file);
    for problem in &problems {
        let text = render::problem(problem, out.talk_color, out.width);
        out.say(&text);
    }
    let Some(file) = file else { return if problems.iter().any(is_unreadable) { Exit::Usage } else { Exit::No } };
    let estimated = estimate(&file);
    match format {
        Format::Json => print_json(&estimated, out),
        Format::Csv => {
            out.text(&cost_csv(&estimated.sheet));
            Exit::Fine
        }
        Format::Text | Format::Html => {
            text::print(&file, &estimated, out);
            Exit::Fine
        }
    }
}

fn is_unreadable(problem: &Problem) -> bool {
    problem.place.is_none()
}

fn print_json(estimated: &Estimated, out: &mut Out) -> Exit {
    match serde_json::to_string_pretty(&CostSheetJson::from(estimated)) {
        Ok(text) => {
            out.line(&text);
            Exit::Fine
        }
        Err(error) => {
            out.error(&format!("the sheet could not be written as JSON: {error}"), None);
            Exit::No
        }
    }
}
