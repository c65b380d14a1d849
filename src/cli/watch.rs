//! `watch`: the daemon. It collects, evaluates, pages and records until it is told to stop.

use super::{Common, Exit, Format, Out};
use crate::app::watch::{Duty, House, LEASE, Plan, follow_later};
use crate::app::{Setup, logging, receivers, signals};
use crate::domain::base::{Language, ProblemLevel, Text};
use crate::domain::view::{Role, Snapshot, SourceState};
use crate::ports::MetricSource;
use crate::words;
use clap::Args;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Arguments of `watch`.
#[derive(Clone, Debug, Args)]
pub struct WatchArgs {
    /// Where health, metrics and status are served [default: 127.0.0.1:9797]
    #[arg(long, env = "BURNLEDGER_LISTEN", value_name = "ADDR")]
    pub listen: Option<String>,
    /// The file that history is kept in, or `off` [default: beside the ledger, such as ledger.history.db]
    #[arg(long, env = "BURNLEDGER_HISTORY", value_name = "PATH")]
    pub history: Option<std::path::PathBuf>,
    /// Evaluate once, record and page what that brings, and end
    #[arg(long)]
    pub once: bool,
}

/// Runs the verb.
pub async fn run(args: &WatchArgs, common: &Common, out: &mut Out) -> Exit {
    let mut overrides = common.overrides();
    overrides.listen.clone_from(&args.listen);
    overrides.history.clone_from(&args.history);
    let setup = match Setup::load(&overrides) {
        Ok(setup) => setup,
        Err(error) => return super::tell(&error, out),
    };
    logging::to_stderr(out.talk_color);
    tell_problems(&setup, out);
    match watch(&setup, args, common, out).await {
        Ok(exit) => exit,
        Err(error) => super::tell(&error, out),
    }
}

async fn watch(setup: &Setup, args: &WatchArgs, common: &Common, out: &mut Out) -> Result<Exit, crate::app::SetupError> {
    let source = setup.source()?;
    let setup = &setup.measured(&source).await;
    let plan = plan(setup, Arc::clone(&source)).await?;
    let (rules, follower) = follow_later(setup);
    let mut house = House::raise_keeping(plan, rules, setup.history(true).await).await?;
    let following = follower.looking(source, Some(&house)).start(Some(house.rosters()));
    if let Some(heartbeat) = setup.config.heartbeat.as_ref().filter(|_| !args.once) {
        house.beats(heartbeat);
    }
    if !args.once {
        let at = house.serve(setup.config.listen, setup.config.api_tokens_file.clone(), &setup.config.root_causes).await?;
        let slos = setup.rulebook().slos.len();
        out.say(&format!("burnledger watches {}; status on http://{at}", words::plural::counted(slos, "SLO", "SLOs")));
    }
    let mut snapshots = house.snapshots.clone();
    let mut talk = Talk { language: setup.config.language, ..Talk::default() };
    let mut stop = if out.has_terminal() { signals::stop_signals()? } else { signals::daemon_signals()? };
    let exit = loop {
        tokio::select! {
            changed = snapshots.changed() => {
                if changed.is_err() {
                    break Exit::Usage;
                }
                let snapshot = snapshots.borrow_and_update().clone();
                talk.tell(&snapshot, common.format, out);
                if args.once && snapshot.at.is_some() {
                    break if snapshot.sources.iter().all(|s| s.state == SourceState::Live) { Exit::Fine } else { Exit::Unreachable };
                }
            }
            interrupted = stop.wait() => break if interrupted { Exit::Interrupted } else { Exit::Fine },
        }
    };
    if args.once {
        house.pages_are_out().await;
    }
    following.abort();
    house.stop().await;
    Ok(exit)
}

async fn plan(setup: &Setup, source: Arc<dyn MetricSource>) -> Result<Plan, crate::app::SetupError> {
    Ok(Plan {
        book: Arc::clone(setup.rulebook()),
        settings: setup.settings("watch"),
        expected: setup.config.routes.clone(),
        source,
        ledger: setup.ledger().await?,
        clock: setup.shared_clock(),
        roster: receivers::roster(setup)?,
        role: Role::Leading,
        duty: Duty::Pages,
        concurrency: setup.config.prometheus.limits.concurrency,
        targets: setup.config.targets,
        until: None,
        speed: None,
        environment: setup.environment(),
    })
}

/// Files that are broken are named at the start and whenever they change; they stop nothing.
fn tell_problems(setup: &Setup, out: &mut Out) {
    for problem in setup.config.warnings.iter().chain(&setup.rulebook().problems) {
        let text = crate::formats::render::problem(problem, out.talk_color, out.width);
        out.say(text.trim_end());
    }
    let errors = setup.rulebook().problems.iter().filter(|p| p.level == ProblemLevel::Error).count();
    if errors > 0 {
        let many = words::plural::counted(errors, "error", "errors");
        out.say(&format!("{many} in the SLO files; what is whole is watched all the same"));
    }
}

/// What has been said, so that only changes are said.
#[derive(Default)]
struct Talk {
    /// Of the lines about incidents, as of pages.
    language: Language,
    state: BTreeMap<Text, &'static str>,
    ledger_error: Option<Text>,
    history: Vec<Text>,
    leader: Option<Role>,
    recent: Option<crate::domain::view::RecentLine>,
    rules: Option<usize>,
}

impl Talk {
    fn tell(&mut self, snapshot: &Snapshot, format: Format, out: &mut Out) {
        self.tell_source(snapshot, out);
        if self.ledger_error != snapshot.ledger_error {
            if let Some(error) = &snapshot.ledger_error {
                out.error(
                    &words::escape::terminal(error),
                    Some("nothing is recorded until this is mended; P0 pages go out all the same"),
                );
            }
            self.ledger_error.clone_from(&snapshot.ledger_error);
        }
        for text in snapshot.history.iter().filter(|text| !self.history.contains(text)) {
            out.say(&words::escape::terminal(text));
        }
        self.history.clone_from(&snapshot.history);
        if self.leader.as_ref() != Some(&snapshot.role) {
            match (&snapshot.role, &self.leader) {
                (Role::Following { leader }, _) => out.say(&format!(
                    "{} leads this ledger; this process only looks, and takes over within {LEASE} of that one's end",
                    words::escape::terminal(leader)
                )),
                (Role::Leading, Some(Role::Following { .. })) => {
                    out.say("this process leads the ledger now: it records and pages");
                }
                _ => {}
            }
            self.leader = Some(snapshot.role.clone());
        }
        if self.rules.replace(snapshot.problems.len()).is_some_and(|n| n != snapshot.problems.len()) {
            for problem in &snapshot.problems {
                out.say(crate::formats::render::problem(problem, out.talk_color, out.width).trim_end());
            }
        }
        self.tell_news(snapshot, format, out);
    }

    fn tell_source(&mut self, snapshot: &Snapshot, out: &mut Out) {
        for source in &snapshot.sources {
            let (state, text) = match &source.state {
                SourceState::Connecting => ("connecting", String::new()),
                SourceState::Filling { done, all } if *done < *all => ("filling", format!("reading history of {}", source.name)),
                SourceState::Filling { .. } => continue,
                SourceState::Live => ("live", format!("{} answers", source.name)),
                SourceState::Failing { error, .. } => ("failing", error.to_string()),
            };
            if self.state.insert(source.name.clone(), state) != Some(state) && !text.is_empty() {
                out.say(&words::escape::terminal(&text));
            }
        }
    }

    /// Entries, newest last, as lines of data.
    fn tell_news(&mut self, snapshot: &Snapshot, format: Format, out: &mut Out) {
        let known = self.recent.clone();
        let news: Vec<_> = snapshot.recent.iter().take_while(|line| Some(*line) != known.as_ref()).collect();
        for line in news.iter().rev() {
            let severity = line.severity.map_or("--", |s| s.name());
            if format == Format::Json {
                let value = serde_json::json!({
                    "at": line.at.rfc3339(), "severity": line.severity.map(|s| s.name()),
                    "incident": line.incident.map(|i| i.0), "text": &*line.text.en,
                });
                out.line(&value.to_string());
            } else {
                let text = words::escape::terminal(line.text.in_language(self.language));
                out.line(&format!("{}  {severity}  {text}", words::Zone::Local.full(line.at)));
            }
        }
        if !news.is_empty() {
            out.flush();
        }
        self.recent = snapshot.recent.first().cloned();
    }
}
