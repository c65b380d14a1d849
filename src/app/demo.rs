//! The demo: a recorded incident played through the real engine, ledger, outbox and receivers.
//!
//! One recording is inside the program, so that it needs no files; the others are read from the sample data's folder.

use super::setup::SetupError;
use super::watch::{Duty, Frame, Plan, build};
use crate::clock::{ManualClock, ScaledClock};
use crate::collector::{Horizon, Recorded};
use crate::domain::base::{Labels, Ms, Now, Seq, Span, Text};
use crate::domain::incident::{Entry, Incident};
use crate::domain::measure::{Ask, Coverage, Selector, Sink};
use crate::domain::objective::Rulebook;
use crate::domain::paging::{DispatchState, Routes};
use crate::domain::review::BurnSeries;
use crate::domain::review::stats::Targets;
use crate::domain::view::{Role, Snapshot};
use crate::engine::courier::Roster;
use crate::engine::state::Settings;
use crate::formats::{self, InputFile, LoadOptions};
use crate::ledger::{MemoryLedger, SqliteLedger};
use crate::notify::Terminal;
use crate::ports::{Clock, Job, Ledger, MetricSource, SourceError};
use crate::words::Zone;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;

/// The scenario inside the program.
pub const BUILT_IN: &str = "connection-pool";
/// Every scenario, with a line about it.
pub const SCENARIOS: [(&str, &str); 3] = [
    (BUILT_IN, "a pool of database connections runs dry; payments fail for 74 minutes"),
    ("read-only-primary", "a wrong database target makes order writes fail for 47 minutes"),
    ("resize-storm", "map resizes stop the world; p99 rises from 186 ms to 3.2 s"),
];
/// How much of the end of a recording is played; the days before are history.
const PLAYED: Span = Span(140 * 60_000);
const SAMPLES: &[u8] = include_bytes!("../../sample-data/connection-pool/samples.om.zst");
const SLO_FILE: &str = include_str!("../../sample-data/connection-pool/slos/payments.yaml");
const BUSINESS_FILE: &str = include_str!("../../sample-data/connection-pool/slos/business.yaml");

/// A scenario, loaded.
pub struct Demo {
    /// Its name.
    pub name: Text,
    /// Its rules.
    pub book: Arc<Rulebook>,
    /// Where playing begins.
    pub from: Ms,
    /// Where it ends.
    pub to: Ms,
    recorded: Arc<Recorded>,
    horizon: Horizon,
}

/// What a step of the demo brought.
pub struct Happening<'a> {
    /// New entries, in order.
    pub entries: &'a [Entry],
    /// What pages said, as text.
    pub pages: &'a str,
    /// Everything as it stands after the step.
    pub snapshot: &'a Snapshot,
}

impl Demo {
    /// Loads a scenario: from the program itself, or from the folder `data`.
    ///
    /// # Errors
    /// There is no such scenario, or its files cannot be used.
    pub fn load(name: &str, data: &Path) -> Result<Self, SetupError> {
        if !SCENARIOS.iter().any(|(known, _)| *known == name) {
            let names: Vec<&str> = SCENARIOS.iter().map(|(known, _)| *known).collect();
            return Err(other(format!("there is no scenario `{name}`"), format!("scenarios are: {}", names.join(", "))));
        }
        let options = LoadOptions::default();
        let (loaded, recorded) = if name == BUILT_IN {
            let files = [InputFile::new("payments.yaml", SLO_FILE), InputFile::new("business.yaml", BUSINESS_FILE)];
            (formats::load_files(&files, &options), Recorded::from_bytes("connection-pool", SAMPLES))
        } else {
            let folder = data.join(name);
            let samples = folder.join("samples.om.zst");
            if !samples.is_file() {
                let hint =
                    "only `connection-pool` is inside the program; `--data DIR` names the folder `sample-data` of the sources";
                return Err(other(format!("{} is not there", samples.display()), hint.into()));
            }
            (formats::load(&[folder.join("slos")], &options), Recorded::open(&samples))
        };
        let recorded = recorded.map_err(|e| other(e.to_string(), "the recording may be cut off; get it anew".into()))?;
        if !loaded.rulebook.problems.is_empty() {
            return Err(SetupError::Problems(loaded.rulebook.problems));
        }
        let (_, to) = recorded.range().ok_or_else(|| other(format!("{name} holds no samples"), String::new()))?;
        let horizon = recorded.horizon();
        Ok(Self {
            name: name.into(),
            book: Arc::new(loaded.rulebook),
            from: (to - PLAYED).floor_to(Span::from_mins(1)),
            to,
            recorded: Arc::new(recorded),
            horizon,
        })
    }

    /// The ledger at `path`, or one in memory that ends with the demo.
    ///
    /// # Errors
    /// The ledger cannot be opened, or has entries already: an invented incident has no place among real ones, and the same
    /// recording cannot happen twice.
    pub async fn ledger(path: Option<&PathBuf>) -> Result<Arc<dyn Ledger>, SetupError> {
        let Some(path) = path else { return Ok(Arc::new(MemoryLedger::new(super::nonce()))) };
        let ledger = SqliteLedger::open(path)?;
        if ledger.since(Seq(0), 1).await?.is_empty() {
            return Ok(Arc::new(ledger));
        }
        let what = format!("{} holds incidents already, and a demo does not add to them", path.display());
        let hint = "leave --ledger (and BURNLEDGER_LEDGER) out or name a new file; `incidents list` shows what this one holds";
        Err(other(what, hint.into()))
    }

    /// The plan of a house that plays this. Pages go to `pages`.
    pub fn plan(
        &self,
        ledger: Arc<dyn Ledger>,
        clock: Arc<dyn Clock>,
        speed: Option<f64>,
        pages: impl Write + Send + 'static,
    ) -> Plan {
        let pager = Text::from("pager");
        let routes = Routes::to_all([pager.clone()]);
        let source = Played { recorded: Arc::clone(&self.recorded), horizon: self.horizon.clone(), clock: Arc::clone(&clock) };
        self.horizon.set(self.from);
        Plan {
            book: Arc::clone(&self.book),
            settings: Settings {
                routes: routes.clone(),
                environment: Some("demo".into()),
                source: "demo".into(),
                nonce: super::nonce(),
                drill: false,
            },
            expected: Routes::default(),
            source: Arc::new(source),
            ledger,
            clock,
            roster: Roster::new([Arc::new(Terminal::new(pager, Zone::Utc, pages)) as Arc<_>], routes),
            role: Role::Replaying,
            duty: Duty::Pages,
            concurrency: 4,
            targets: Targets::default(),
            until: Some(self.to),
            speed,
            environment: "demo".into(),
        }
    }

    /// The plan of a house whose clock runs `times` as fast as it was, and stands still where the recording ends: otherwise
    /// ages would grow and budgets run out over a present that nobody recorded. Its pages are seen in the timeline.
    pub fn scaled(&self, ledger: Arc<dyn Ledger>, times: f64) -> Plan {
        let clock = Arc::new(ScaledClock::new(self.from, times).until(self.end()));
        self.plan(ledger, clock, Some(times), std::io::sink())
    }

    /// When the last instant of the recording can be judged.
    fn end(&self) -> Ms {
        let timing = self.book.timing;
        self.to.slice_end(timing.step) + timing.settle
    }

    /// Plays step by step to `until` or the end, as fast as it goes or waiting `pause` between steps; `tell` hears what
    /// each step brought and says whether to go on.
    ///
    /// # Errors
    /// The ledger fails.
    pub async fn play(
        &self,
        ledger: Arc<dyn Ledger>,
        until: Option<Ms>,
        pause: Option<std::time::Duration>,
        mut tell: impl FnMut(Happening<'_>) -> bool,
    ) -> Result<PlayedDemo, SetupError> {
        let clock = Arc::new(ManualClock::new(self.from));
        let pages = Pages::default();
        let plan = self.plan(Arc::clone(&ledger), Arc::clone(&clock) as Arc<dyn Clock>, None, pages.clone());
        let (step, settle) = (plan.book.timing.step, plan.book.timing.settle);
        let Frame { mut live, courier, .. } = build(plan);
        live.begin().await?;
        let mut told = live.state().incidents.last_seq();
        let stop = watch::Sender::new(false);
        let (fence, stopped) = (live.fence(), stop.subscribe());
        let sending = tokio::spawn(async move { courier.run(fence, stopped).await });
        let end = until.map_or_else(|| self.end(), |until| until.slice_end(step) + settle);
        while clock.now().wall < end {
            live.advance().await;
            delivered(&*ledger, clock.now().wall).await?;
            let news = ledger.since(told, 1000).await?;
            told = news.last().map_or(told, |e| e.seq);
            let snapshot = live.snapshots().borrow().clone();
            if !tell(Happening { entries: &news, pages: &pages.take(), snapshot: &snapshot }) {
                break;
            }
            if let Some(pause) = pause {
                tokio::time::sleep(pause).await;
            }
            clock.advance(step);
        }
        live.advance().await;
        let now = clock.now();
        stop.send_replace(true);
        clock.advance(Span::from_mins(1));
        let _ = sending.await;
        let snapshot = live.snapshots().borrow().clone();
        let incidents: Vec<Arc<Incident>> = live.state().incidents.iter().filter(|i| i.severity.is_some()).cloned().collect();
        let burn = worst(&incidents).and_then(|i| live.burn_series(i.id));
        live.stop().await;
        Ok(PlayedDemo { incidents, snapshot, now, burn })
    }
}

/// What came of playing.
pub struct PlayedDemo {
    /// Incidents of the ledger that had a severity.
    pub incidents: Vec<Arc<Incident>>,
    /// The last snapshot.
    pub snapshot: Arc<Snapshot>,
    /// The clock at the end.
    pub now: Now,
    /// Burn over the worst incident.
    pub burn: Option<BurnSeries>,
}

/// Waits until no page is due any more: deliveries belong to the step that caused them.
async fn delivered(ledger: &dyn Ledger, now: Ms) -> Result<(), SetupError> {
    for _ in 0..2000 {
        let rows = ledger.dispatches(None).await?;
        let due = |state| matches!(state, DispatchState::Pending | DispatchState::Sending);
        if !rows.iter().any(|r| due(r.state) && r.next_at <= now) {
            return Ok(());
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    Ok(())
}

/// The worst incident of a demo: what its report is about.
pub fn worst(incidents: &[Arc<Incident>]) -> Option<Arc<Incident>> {
    incidents.iter().max_by_key(|i| (i.peak_severity, std::cmp::Reverse(i.id))).cloned()
}

fn other(what: String, hint: String) -> SetupError {
    SetupError::Other { what, hint: Some(hint).filter(|h| !h.is_empty()) }
}

/// What pages said, collected for whoever prints.
#[derive(Clone, Default)]
struct Pages(Arc<Mutex<Vec<u8>>>);

impl Pages {
    fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A recording that shows only what has happened by the clock that plays it.
struct Played {
    recorded: Arc<Recorded>,
    horizon: Horizon,
    clock: Arc<dyn Clock>,
}

impl MetricSource for Played {
    fn name(&self) -> Text {
        self.recorded.name()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        self.horizon.set(self.clock.now().wall);
        self.recorded.read(ask, into)
    }

    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        self.horizon.set(self.clock.now().wall);
        self.recorded.series(of, from, to)
    }
}
