//! The setup: configuration, rules and clock, and from them the edges that a verb needs.

use super::reload;
use crate::clock::SystemClock;
use crate::collector::{BreakerSettings, PrometheusSettings, Recorded, Sources, connect};
use crate::config::{self, Config, Overrides, SourceSettings};
use crate::domain::base::{Ms, Problem, ProblemLevel, SloId, Span, Text};
use crate::domain::objective::{Rulebook, Slo};
use crate::domain::view::Role;
use crate::engine::health::Health;
use crate::engine::look::{Looked, look};
use crate::engine::state::{Settings, State};
use crate::formats::{self, LoadOptions};
use crate::jobs::pushdown::{Chosen, choose, lately};
use crate::ledger::SqliteLedger;
use crate::ports::{Clock, Ledger, LedgerError, MetricSource, SliceStore, SourceError};
use crate::slices::SqliteSlices;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// How long a source is waited for when it is asked how many series there are.
const CHOICE: std::time::Duration = std::time::Duration::from_secs(5);

/// Why a verb cannot begin.
#[derive(Debug, Error)]
pub enum SetupError {
    /// The configuration or every SLO file is unusable.
    #[error("the configuration cannot be used")]
    Problems(Vec<Problem>),
    /// The source.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Something else, with advice.
    #[error("{what}")]
    Other {
        /// What is wrong.
        what: String,
        /// What to try.
        hint: Option<String>,
    },
}

/// The history on disk, as far as it can be used.
#[derive(Clone, Default)]
pub struct History {
    /// Where it is kept; absent when it is off or cannot be used.
    pub store: Option<Arc<dyn SliceStore>>,
    /// Why it cannot be used, or what happened to it.
    pub trouble: Option<Text>,
}

/// Configuration, rules and clock.
#[derive(Clone)]
pub struct Setup {
    /// Every setting, decided.
    pub config: Config,
    pub(super) book: Arc<Rulebook>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) overrides: Overrides,
    /// The configuration's file as it was read.
    pub(super) seen: Option<Arc<[u8]>>,
}

impl Setup {
    /// Reads configuration and rules. Broken SLOs do not stop the others; they are in the rulebook's problems.
    ///
    /// # Errors
    /// The configuration is broken, or no SLO can be used.
    pub fn load(overrides: &Overrides) -> Result<Self, SetupError> {
        let setup = Self::load_config(overrides)?;
        if setup.book.slos.is_empty() {
            return Err(no_slos(&setup));
        }
        Ok(setup)
    }

    /// The same for verbs that need no SLO: the ledger's, and `page test`.
    ///
    /// # Errors
    /// The configuration is broken.
    pub fn load_config(overrides: &Overrides) -> Result<Self, SetupError> {
        let config = config::load(overrides, &|name| std::env::var(name).ok()).map_err(SetupError::Problems)?;
        let seen = config.file.as_deref().and_then(reload::content);
        let book = Arc::new(load_rules(&config));
        Ok(Self { config, book, clock: Arc::new(SystemClock::new()), overrides: overrides.clone(), seen })
    }

    /// What options and environment said.
    pub(super) const fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    /// The rules as read at the start.
    pub const fn rulebook(&self) -> &Arc<Rulebook> {
        &self.book
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }

    /// The clock, shared.
    pub fn shared_clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The same setup with evaluations every `step`; the rules are read anew, because plans depend on it.
    #[must_use]
    pub(super) fn with_step(&self, step: Span) -> Self {
        let mut config = self.config.clone();
        config.timing.step = step;
        Self { book: Arc::new(load_rules(&config)), config, ..self.clone() }
    }

    /// The same setup with another rulebook.
    #[must_use]
    pub fn with_book(&self, book: Rulebook) -> Self {
        Self { book: Arc::new(book), ..self.clone() }
    }

    /// The same setup with the SLO of that id, or those of that service, and no revenue streams.
    #[must_use]
    pub fn only(&self, name: &str) -> Self {
        let mut book = (*self.book).clone();
        // With what they are made of and look at: a part that is missing would look fine.
        let named = |slo: &Slo| slo.id.as_str() == name || &*slo.service == name;
        let mut wanted: Vec<SloId> = book.slos.iter().filter(|slo| named(slo)).map(|slo| slo.id.clone()).collect();
        let mut next = 0;
        while let Some(id) = wanted.get(next).cloned() {
            let found = book.slos.iter().find(|slo| slo.id == id);
            let more: Vec<SloId> = found.iter().flat_map(|slo| slo.looks_at()).filter(|id| !wanted.contains(id)).collect();
            wanted.extend(more);
            next += 1;
        }
        book.slos.retain(|slo| wanted.contains(&slo.id));
        book.business = None;
        Self { book: Arc::new(book), ..self.clone() }
    }

    /// The same setup with other rules.
    #[must_use]
    pub(super) fn with_rules(&self, book: Arc<Rulebook>) -> Self {
        Self { book, ..self.clone() }
    }

    /// The sources as configured: the default one, and by their names those that SLO files name.
    ///
    /// # Errors
    /// TLS cannot be set up, or a secret's file cannot be read.
    pub fn source(&self) -> Result<Arc<dyn MetricSource>, SetupError> {
        let default = self.connected(None, &self.config.prometheus)?;
        let mut named = BTreeMap::new();
        for (name, settings) in &self.config.sources {
            named.insert(name.clone(), self.connected(Some(name), settings)?);
        }
        Ok(Arc::new(Sources::new(default, named)))
    }

    fn connected(&self, name: Option<&Text>, written: &SourceSettings) -> Result<Arc<dyn MetricSource>, SetupError> {
        let limits = &written.limits;
        let settings = PrometheusSettings {
            name: name.cloned(),
            url: written.address.to_secret().expose().to_owned(),
            timeout: written.http.total,
            history_timeout: limits.history_timeout,
            concurrency: limits.concurrency,
            bearer: written.http.bearer.clone(),
            basic: written.http.basic.clone(),
            headers: written.http.headers.clone(),
            remote_read: limits.remote_read,
            max_series: limits.max_series,
            max_samples: limits.max_samples,
            dedup: limits.dedup,
            partial_response: limits.partial_response,
            breaker: BreakerSettings {
                failures: limits.circuit_failures,
                open: limits.circuit_open,
                longest: limits.circuit_longest,
            },
            seed: rand::random(),
            ..PrometheusSettings::default()
        };
        Ok(Arc::new(connect(settings, self.shared_clock())?))
    }

    /// The sources that are in use, by name: the default one (without a name) when it was written or an SLO names no other.
    pub fn sources_in_use(&self) -> Vec<(Option<Text>, &SourceSettings)> {
        let unnamed = self.book.slos.iter().any(|slo| slo.source.is_none() && slo.sli.composite().is_none());
        let default = (self.config.default_source || unnamed).then_some((None, &self.config.prometheus));
        default.into_iter().chain(self.config.sources.iter().map(|(name, settings)| (Some(name.clone()), settings))).collect()
    }

    /// The ledger's file, opened or made.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn ledger(&self) -> Result<Arc<dyn Ledger>, SetupError> {
        let path = self.config.ledger.clone();
        let opened = tokio::task::spawn_blocking(move || SqliteLedger::open(&path)).await;
        let ledger =
            opened.map_err(|e| SetupError::Other { what: format!("the ledger could not be opened: {e}"), hint: None })?;
        Ok(Arc::new(ledger?))
    }

    /// The history on disk. `make`: an absent file is made. Whatever is wrong with it stops nothing.
    pub async fn history(&self, make: bool) -> History {
        let Some(path) = self.config.history.clone().filter(|path| make || path.exists()) else { return History::default() };
        let opened = tokio::task::spawn_blocking(move || SqliteSlices::open(&path)).await;
        let trouble = |why: String| Some(Text::from(format!("history is not kept on disk: {why}")));
        match opened {
            Ok(Ok((store, None))) => History { store: Some(Arc::new(store)), trouble: None },
            Ok(Ok((store, Some(aside)))) => {
                let why = format!("history on disk was damaged and starts anew; what there was is now {}", aside.display());
                History { store: Some(Arc::new(store)), trouble: Some(why.into()) }
            }
            Ok(Err(error)) => History { store: None, trouble: trouble(error.to_string()) },
            Err(error) => History { store: None, trouble: trouble(error.to_string()) },
        }
    }

    /// Everything read and judged once: from Prometheus, or from a recording.
    ///
    /// # Errors
    /// The recording cannot be read, or the source cannot be made. Reads that fail are in the answer.
    pub async fn look(&self, samples: Option<&Path>, at: Option<Ms>) -> Result<Looked, SetupError> {
        Ok(self.look_into(samples, at).await?.1)
    }

    /// The same, with the state that was looked at.
    pub(super) async fn look_into(&self, samples: Option<&Path>, at: Option<Ms>) -> Result<(State, Looked), SetupError> {
        let (source, last) = self.opened(samples)?;
        Ok(self.look_from(source, last, at).await)
    }

    /// The source, or a recording with its last instant.
    pub(super) fn opened(&self, samples: Option<&Path>) -> Result<(Arc<dyn MetricSource>, Option<Ms>), SetupError> {
        let Some(path) = samples else { return Ok((self.source()?, None)) };
        let recorded = open_recording(path)?;
        let last = recorded.range().map(|(_, last)| last);
        Ok((Arc::new(recorded), last))
    }

    /// Everything read and judged once, from a source whose last instant may be known.
    pub(super) async fn look_from(&self, source: Arc<dyn MetricSource>, last: Option<Ms>, at: Option<Ms>) -> (State, Looked) {
        let settled = self.clock.now().wall - self.book.timing.settle;
        let at = at.or(last).unwrap_or(settled);
        let chosen = self.chosen(&source, at).await;
        let mut state = State::new(chosen.book, self.settings("status"));
        state.metric_source = source.name();
        let health = Health::new(self.environment(), Role::Watching, source.name(), Arc::new(Vec::new));
        let concurrency = self.config.prometheus.limits.concurrency;
        let looked = look(&mut state, health, &source, at, concurrency, |_, _| {}).await;
        (state, looked)
    }

    /// The rules with who adds up chosen by what the source has. One that is silent is not waited for: it changes nothing then.
    pub(super) async fn chosen(&self, source: &Arc<dyn MetricSource>, at: Ms) -> Chosen {
        let choice = choose(source, &self.book, None, lately(at));
        tokio::time::timeout(CHOICE, choice).await.unwrap_or_else(|_| Chosen {
            book: Arc::clone(&self.book),
            switches: Vec::new(),
            errors: Vec::new(),
        })
    }

    /// The same setup with rules chosen like that, now; what the server adds up is logged.
    #[must_use]
    pub async fn measured(&self, source: &Arc<dyn MetricSource>) -> Self {
        let chosen = self.chosen(source, self.clock.now().wall - self.book.timing.settle).await;
        for switch in &chosen.switches {
            tracing::warn!("{}", switch.text);
        }
        self.with_rules(chosen.book)
    }

    /// What the engine is told once.
    pub fn settings(&self, source: &str) -> Settings {
        Settings {
            routes: self.config.routes.clone(),
            environment: self.config.environment.clone(),
            source: source.into(),
            nonce: super::nonce(),
            drill: false,
        }
    }

    /// The environment's name, empty when there is none.
    pub fn environment(&self) -> Text {
        self.config.environment.clone().unwrap_or_else(|| Text::from(""))
    }
}

/// What a configuration brings to reading SLO files.
pub fn load_options(config: &Config) -> LoadOptions {
    LoadOptions {
        timing: config.timing,
        guards: config.guards,
        max_groups: config.max_groups,
        count_up_to: config.count_up_to,
        sources: Some(config.sources.keys().cloned().collect()),
    }
}

/// Reads the rules that a configuration names.
pub(super) fn load_rules(config: &Config) -> Rulebook {
    formats::load(std::slice::from_ref(&config.slos), &load_options(config)).rulebook
}

pub(super) fn open_recording(path: &Path) -> Result<Recorded, SetupError> {
    open_recordings(&[path.to_owned()])
}

/// Several files as one recording.
pub(super) fn open_recordings(paths: &[PathBuf]) -> Result<Recorded, SetupError> {
    Recorded::open_all(paths).map_err(|error| SetupError::Other {
        what: error.to_string(),
        hint: Some("recordings are OpenMetrics text with timestamps, plain, .gz or .zst".into()),
    })
}

fn no_slos(setup: &Setup) -> SetupError {
    let errors: Vec<Problem> = setup.book.problems.iter().filter(|p| p.level == ProblemLevel::Error).cloned().collect();
    if errors.is_empty() {
        let folder = setup.config.slos.display();
        return SetupError::Other {
            what: format!("there are no SLOs in {folder}"),
            hint: Some("`--slos DIR` names another folder; the README shows an SLO of ten lines".into()),
        };
    }
    SetupError::Problems(errors)
}
