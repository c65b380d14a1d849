//! `check`: validates SLO, policy and business files. Problems on stdout, the summary on stderr.

use super::{Common, Exit, Format, Out};
use crate::app::{Setup, SetupError, load_options};
use crate::config::{self, Config};
use crate::domain::base::{Place, Problem, ProblemLevel, SloId, Text};
use crate::formats::dashboards::{unknown_slos, unknown_sources};
use crate::formats::{self, Loaded, render};
use crate::jobs::online::{Asked, online};
use clap::Args;
use serde_json::{Value, json};
use std::path::PathBuf;

/// Validate SLO files: every problem with its place, a code and a hint
#[derive(Clone, Debug, Default, Args)]
pub struct CheckArgs {
    /// Files and folders [default: the folders of --slos and --dashboards]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Ask the source too: selectors that match nothing, labels and buckets that are not there, history shorter than a period
    #[arg(long)]
    pub online: bool,
}

/// Runs the verb: 0 without errors (warnings are fine), 1 with errors, 2 when the configuration is wrong, 3 when the source was
/// to be asked and could not be.
pub async fn answer(args: &CheckArgs, common: &Common, out: &mut Out) -> Exit {
    let mut loaded = match load(args, common, out) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let mut reached = true;
    if args.online {
        match ask(&loaded, common).await {
            Ok(asked) => {
                loaded.rulebook.problems.extend(asked.problems);
                reached = asked.unreachable.is_empty();
                for error in asked.unreachable {
                    super::tell(&SetupError::Source(error), out);
                }
            }
            Err(error) => {
                reached = false;
                super::tell(&error, out);
            }
        }
    }
    let exit = tell(&loaded, common, out);
    if reached || exit == Exit::No { exit } else { Exit::Unreachable }
}

/// What the sources say of the files.
async fn ask(loaded: &Loaded, common: &Common) -> Result<Asked, SetupError> {
    let setup = Setup::load_config(&common.overrides())?;
    let now = setup.clock().now().wall;
    Ok(online(&setup.source()?, &loaded.rulebook, &loaded.places, now).await)
}

/// The verb without asking anybody.
pub fn run(args: &CheckArgs, common: &Common, out: &mut Out) -> Exit {
    match load(args, common, out) {
        Ok(loaded) => tell(&loaded, common, out),
        Err(exit) => exit,
    }
}

fn load(args: &CheckArgs, common: &Common, out: &mut Out) -> Result<Loaded, Exit> {
    let config = match config::load(&common.overrides(), &|name| std::env::var(name).ok()) {
        Ok(config) => config,
        Err(problems) => {
            say_problems(&problems, out);
            return Err(Exit::Usage);
        }
    };
    say_problems(&config.warnings, out);
    let options = load_options(&config);
    let paths = if args.paths.is_empty() { everything(&config) } else { args.paths.clone() };
    let mut loaded = formats::load(&paths, &options);
    let mut known: Vec<SloId> = loaded.rulebook.slos.iter().map(|slo| slo.id.clone()).collect();
    if !loaded.dashboards.is_empty() && !paths.contains(&config.slos) && config.slos.exists() {
        // A dashboard that is checked alone names SLOs of the usual folder.
        let book = formats::load(std::slice::from_ref(&config.slos), &options).rulebook;
        known.extend(book.slos.iter().map(|slo| slo.id.clone()));
    }
    loaded.rulebook.problems.extend(unknown_slos(&loaded.dashboards, &known));
    let sources: Vec<Text> = config.sources.keys().cloned().collect();
    loaded.rulebook.problems.extend(unknown_sources(&loaded.dashboards, &sources));
    Ok(loaded)
}

/// SLOs, and dashboards where there are some: the usual folder may be absent or hold other things.
fn everything(config: &Config) -> Vec<PathBuf> {
    let wanted = !formats::dashboards::load(&config.dashboards, config.has_named_dashboards()).is_empty();
    std::iter::once(config.slos.clone()).chain(wanted.then(|| config.dashboards.clone())).collect()
}

fn tell(loaded: &Loaded, common: &Common, out: &mut Out) -> Exit {
    if common.format == Format::Json {
        out.line(&format!("{:#}", as_json(loaded)));
    } else {
        for problem in &loaded.rulebook.problems {
            out.line(&render::problem(problem, out.color, out.width));
            out.line("");
        }
        for note in &loaded.notes {
            out.line(&super::import::note_line(note));
        }
    }
    out.say(&summary(loaded));
    if count(&loaded.rulebook.problems, ProblemLevel::Error) > 0 { Exit::No } else { Exit::Fine }
}

/// Problems of the configuration go to stderr: they are no answer to what was asked.
fn say_problems(problems: &[Problem], out: &mut Out) {
    for problem in problems {
        let text = render::problem(problem, out.talk_color, out.width);
        out.say(&text);
    }
}

fn count(problems: &[Problem], level: ProblemLevel) -> usize {
    problems.iter().filter(|p| p.level == level).count()
}

/// `3 SLOs in 2 files: 1 error, 2 warnings`
fn summary(loaded: &Loaded) -> String {
    let problems = &loaded.rulebook.problems;
    let many = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let (errors, warnings) = (count(problems, ProblemLevel::Error), count(problems, ProblemLevel::Warning));
    let found = format!("{} in {}", many(loaded.slos, "SLO"), many(loaded.files, "file"));
    match (errors, warnings) {
        (0, 0) => format!("{found}: no problems"),
        (0, _) => format!("{found}: {}", many(warnings, "warning")),
        (_, 0) => format!("{found}: {}", many(errors, "error")),
        _ => format!("{found}: {}, {}", many(errors, "error"), many(warnings, "warning")),
    }
}

fn as_json(loaded: &Loaded) -> Value {
    let problems: Vec<Value> = loaded.rulebook.problems.iter().map(problem_json).collect();
    let notes: Vec<Value> = loaded.notes.iter().map(super::import::note_json).collect();
    json!({"files": loaded.files, "slos": loaded.slos, "problems": problems, "notes": notes})
}

pub(super) fn problem_json(problem: &Problem) -> Value {
    let place = problem.place.as_ref();
    json!({
        "code": problem.code,
        "level": if problem.level == ProblemLevel::Error { "error" } else { "warning" },
        "message": problem.message,
        "file": place.map(|p| &*p.file),
        "line": place.map(|p| p.line),
        "column": place.map(|p| p.column),
        "end_column": place.and_then(end_column),
        "excerpt": place.map(|p| &*p.excerpt),
        "hint": problem.hint,
        "replacement": problem.replacement,
    })
}

/// The column after the offending part, where that ends on its line.
fn end_column(place: &Place) -> Option<usize> {
    let rest: String = place.excerpt.chars().skip(place.column - 1).collect();
    rest.get(..place.span.len()).map(|part| place.column + part.chars().count())
}
