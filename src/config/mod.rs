//! The configuration: what the file says, what options and environment override, and the defaults.
//!
//! One function decides between them ([`load`]). Receivers and sources are described here in plain structs; the stairwell
//! hands them to the edges that need them. Deliberately absent: connecting to anything, and reading SLO files.

mod find;
mod mask;
mod paging;
mod read;
mod receivers;
mod screen;
mod services;
mod sources;

pub use find::{Environment, beside_ledger, default_ledger, find_file};
pub use paging::{HeartbeatSettings, ResponseSettings};
pub use receivers::{ReceiverSettings, Way};
pub use screen::{KeySetting, ScreenSettings};
pub use services::{CommandSettings, MailEncryption, MailSettings, ServiceSettings};
pub use sources::{SourceLimits, SourceSettings};

use crate::domain::base::{Language, Problem, ProblemLevel, Text};
use crate::domain::objective::{Guards, Timing};
use crate::domain::paging::Routes;
use crate::domain::review::stats::Targets;
use crate::kit::http::Address;
use crate::kit::yaml::{self, Source};
use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Where Prometheus is when nobody says.
pub const DEFAULT_PROMETHEUS: &str = "http://localhost:9090";
/// Where watch listens when nobody says.
pub const DEFAULT_LISTEN: &str = "127.0.0.1:9797";
/// In the place of a file: history is not kept on disk.
pub const HISTORY_OFF: &str = "off";
/// Where SLO files are when nobody says.
pub const DEFAULT_SLOS: &str = "./slos";

/// Where dashboards of one's own are when nobody says.
pub const DEFAULT_DASHBOARDS: &str = "./dashboards";

/// Classes of root causes when the file has no list of its own.
pub const ROOT_CAUSES: [&str; 9] = [
    "memory and concurrency",
    "dependency and network",
    "configuration and deploy",
    "capacity",
    "data",
    "security",
    "external",
    "human process",
    "unknown",
];

/// Every key of the file's first level, for the reference.
pub fn keys() -> &'static [&'static str] {
    &read::FIELDS
}

/// What options and the environment say; the command line has resolved each option before its twin in the environment.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--prometheus`
    pub prometheus: Option<String>,
    /// `--slos`
    pub slos: Option<PathBuf>,
    /// `--dashboards`
    pub dashboards: Option<PathBuf>,
    /// `--ledger`
    pub ledger: Option<PathBuf>,
    /// `--history`
    pub history: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
}

/// Everything settled.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that was read; absent when there is none.
    pub file: Option<PathBuf>,
    /// The source of samples that is asked when an SLO names none.
    pub prometheus: SourceSettings,
    /// The default source was written, or there is no other.
    pub default_source: bool,
    /// Further sources by name.
    pub sources: BTreeMap<Text, SourceSettings>,
    /// Folder or file with SLOs.
    pub slos: PathBuf,
    /// Folder or file with dashboards of one's own.
    pub dashboards: PathBuf,
    /// The ledger's file.
    pub ledger: PathBuf,
    /// The file of the history on disk; absent when it is off.
    pub history: Option<PathBuf>,
    /// Times of evaluation and incidents.
    pub timing: Timing,
    /// Evidence that tiers need unless an SLO says otherwise.
    pub guards: Guards,
    /// Most groups of an SLO unless it says otherwise.
    pub max_groups: usize,
    /// Selectors of more series are added up by the server, unless an SLO says otherwise.
    pub count_up_to: usize,
    /// Name of the environment, shown on pages.
    pub environment: Option<Text>,
    /// Language of pages, and of screens where no option names another.
    pub language: Language,
    /// Where health and metrics are served.
    pub listen: SocketAddr,
    /// Receivers by name, at least one: when the file names none, pages go to stderr.
    pub receivers: BTreeMap<Text, ReceiverSettings>,
    /// Who is paged.
    pub routes: Routes,
    /// Targets of shares in `stats`.
    pub targets: Targets,
    /// What is run when incidents rise to a severity.
    pub responses: Vec<ResponseSettings>,
    /// The sign of life.
    pub heartbeat: Option<HeartbeatSettings>,
    /// Who may change something over HTTP: a file of names and tokens.
    pub api_tokens_file: Option<PathBuf>,
    /// How the dashboard looks.
    pub screen: ScreenSettings,
    /// Classes of root causes that the team tells apart.
    pub root_causes: Vec<Text>,
    /// Warnings about the file.
    pub warnings: Vec<Problem>,
}

impl Config {
    /// Somebody said where dashboards are: they must be there then.
    pub fn has_named_dashboards(&self) -> bool {
        self.dashboards != Path::new(DEFAULT_DASHBOARDS)
    }
}

/// Reads the file, if there is one, and decides every setting: option, then environment, then file, then default.
///
/// # Errors
/// All problems of the file and of the options, with places where they have one. No problem shows a secret.
pub fn load(overrides: &Overrides, environment: &Environment<'_>) -> Result<Config, Vec<Problem>> {
    let file = find_file(overrides.config.as_deref(), environment).map_err(|p| vec![*p])?;
    let mut problems = Vec::new();
    let written = file.as_deref().map_or_else(read::Written::default, |path| read_file(path, &mut problems));
    match decide(overrides, environment, file, written, &mut problems) {
        Some(config) if problems.iter().all(|p| p.level == ProblemLevel::Warning) => Ok(Config { warnings: problems, ..config }),
        _ => Err(problems),
    }
}

/// The one place where an option, the file and the default meet.
fn decide(
    overrides: &Overrides,
    environment: &Environment<'_>,
    file: Option<PathBuf>,
    written: read::Written,
    problems: &mut Vec<Problem>,
) -> Option<Config> {
    let default_source = overrides.prometheus.is_some() || written.prometheus.address.is_some() || written.sources.is_empty();
    let address = match (&overrides.prometheus, written.prometheus.address) {
        (None, Some(address)) => Ok(address),
        (Some(text), _) => Address::parse(text),
        (None, None) => Address::parse(DEFAULT_PROMETHEUS),
    };
    let address = address.map_err(|error| problems.push(Problem::error("bad-address", format!("--prometheus: {error}")))).ok()?;
    let mut listen = written.listen.unwrap_or_else(default_listen);
    if let Some(text) = &overrides.listen {
        match text.parse() {
            Ok(address) => listen = address,
            Err(_) => problems.push(
                Problem::error("bad-address", format!("--listen: `{text}` is no address"))
                    .hint(format!("addresses look like {DEFAULT_LISTEN}")),
            ),
        }
    }
    let ledger = overrides.ledger.clone().or(written.ledger).unwrap_or_else(|| default_ledger(environment));
    let history = overrides.history.clone().or(written.history).unwrap_or_else(|| beside_ledger(&ledger));
    let (receivers, routes) = receivers::or_stderr(written.receivers, written.routes);
    let defaults = Guards::default();
    Some(Config {
        file,
        prometheus: SourceSettings { address, http: written.prometheus.http, limits: written.prometheus.limits },
        default_source,
        sources: written.sources,
        slos: overrides.slos.clone().or(written.slos).unwrap_or_else(|| PathBuf::from(DEFAULT_SLOS)),
        dashboards: overrides.dashboards.clone().or(written.dashboards).unwrap_or_else(|| PathBuf::from(DEFAULT_DASHBOARDS)),
        ledger,
        history: (history != Path::new(HISTORY_OFF)).then_some(history),
        timing: written.timing,
        max_groups: written.max_groups.unwrap_or(crate::domain::measure::MAX_TRACKS),
        count_up_to: written.count_up_to.unwrap_or(crate::domain::measure::COUNT_UP_TO),
        guards: Guards { min_bad: written.min_bad.unwrap_or(defaults.min_bad), ..defaults },
        environment: written.environment,
        language: written.language.unwrap_or_default(),
        listen,
        receivers,
        targets: written.targets,
        routes: Routes {
            silences: written.silences,
            responses: written.responses.iter().map(|r| r.rule.clone()).collect(),
            ..routes
        },
        responses: written.responses,
        heartbeat: written.heartbeat,
        api_tokens_file: written.api_tokens_file,
        screen: ScreenSettings { language: written.language, ..written.screen },
        root_causes: written.root_causes.unwrap_or_else(|| ROOT_CAUSES.map(Text::from).to_vec()),
        warnings: Vec::new(),
    })
}

fn default_listen() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 9797))
}

fn read_file(path: &Path, problems: &mut Vec<Problem>) -> read::Written {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let limit = yaml::MAX_BYTES as u64 + 1;
    if let Err(error) = std::fs::File::open(path).and_then(|f| f.take(limit).read_to_end(&mut bytes)) {
        problems.push(Problem::error("unreadable-file", format!("{name} cannot be read: {error}")));
        return read::Written::default();
    }
    match Source::decode(&name, &bytes) {
        Ok(source) => {
            let folder = path.parent().unwrap_or(Path::new("."));
            let (written, found) = read::read(&source, folder);
            problems.extend(found);
            written
        }
        Err(problem) => {
            problems.push(*problem);
            read::Written::default()
        }
    }
}

#[cfg(test)]
mod tests;
