//! The running house: engine, courier and HTTP side as tasks over one clock, source and ledger, stopped together.

use super::desk::{LedgerDesk, Studio};
use super::heartbeat::Heart;
use super::intake::LedgerIntake;
use super::reload::{self, Followed, Sizes};
use super::setup::{History, Setup, SetupError};
use crate::config::HeartbeatSettings;
use crate::domain::base::{Ms, Span, Text};
use crate::domain::objective::Rulebook;
use crate::domain::paging::{DispatchState, Routes};
use crate::domain::review::stats::Targets;
use crate::domain::view::{ReceiverHealth, Role, Snapshot};
use crate::engine::courier::{Courier, CourierPorts, Roster, WayOut};
use crate::engine::health::Health;
use crate::engine::live::{Asked, Emergency, Live, Options, World};
use crate::engine::state::{Settings, State};
use crate::ports::{Clock, Ledger, MetricSource, PAGES_NOBODY};
use crate::serve::{self, Served, Tokens};
use crate::telemetry::Metrics;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// How long a lease lasts without renewal: another process takes over after so long.
pub const LEASE: Span = Span::from_secs(30);

/// What kind of house is raised.
pub struct Plan {
    /// Rules in force at the start.
    pub book: Arc<Rulebook>,
    /// What the engine is told once.
    pub settings: Settings,
    /// Who is paged by a house that leads instead.
    pub expected: Routes,
    /// Where samples come from.
    pub source: Arc<dyn MetricSource>,
    /// Where facts go.
    pub ledger: Arc<dyn Ledger>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Receivers.
    pub roster: Roster,
    /// Who this program is while nobody else leads.
    pub role: Role,
    /// What it does while nobody else does it.
    pub duty: Duty,
    /// Feeds read at once.
    pub concurrency: usize,
    /// What shares of incidents are held against.
    pub targets: Targets,
    /// The end of a recording.
    pub until: Option<Ms>,
    /// Playing speed of a recording.
    pub speed: Option<f64>,
    /// The environment's name.
    pub environment: Text,
}

impl Plan {
    /// The plan of a screen's own house: it may record, so that an incident is kept also where no watch runs, but nobody is
    /// paged by it.
    ///
    /// # Errors
    /// Source or ledger cannot be used.
    pub async fn without_pages(setup: &Setup, duty: Duty) -> Result<Self, SetupError> {
        Ok(Self {
            book: Arc::clone(setup.rulebook()),
            settings: Settings { routes: Routes::default(), ..setup.settings("tui") },
            expected: setup.config.routes.clone(),
            source: setup.source()?,
            ledger: setup.ledger().await?,
            clock: setup.shared_clock(),
            roster: Roster::default(),
            role: if duty == Duty::Records { Role::Recording } else { Role::Watching },
            duty,
            concurrency: setup.config.prometheus.limits.concurrency,
            targets: setup.config.targets,
            until: None,
            speed: None,
            environment: setup.environment(),
        })
    }
}

/// What a house does beside looking, while it holds the lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Duty {
    /// Records and pages.
    Pages,
    /// Records, pages nobody, and gives way to a house that pages.
    Records,
    /// Nothing: it never asks for the lease.
    Looks,
}

/// A house that runs.
pub struct House {
    /// Snapshots: the latest wins.
    pub snapshots: watch::Receiver<Arc<Snapshot>>,
    /// The ledger.
    pub ledger: Arc<dyn Ledger>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// What is counted of the program itself.
    pub metrics: Metrics,
    questions: mpsc::Sender<Asked>,
    fence: watch::Receiver<Option<crate::ports::Fence>>,
    crowded: watch::Receiver<u64>,
    rosters: watch::Sender<Arc<Roster>>,
    studio: Studio,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Everything but the tasks: an engine and a courier that have not begun.
pub struct Frame {
    /// The engine.
    pub live: Live,
    /// The courier.
    pub courier: Courier,
    /// Receivers, swapped whole when the configuration changes.
    pub rosters: watch::Sender<Arc<Roster>>,
    /// What is counted of the program itself.
    pub metrics: Metrics,
}

/// Builds engine and courier; nothing runs yet.
pub fn build(plan: Plan) -> Frame {
    let metrics = Metrics::default();
    let rosters = watch::Sender::new(Arc::new(plan.roster));
    let courier = Courier::new(CourierPorts {
        ledger: Arc::clone(&plan.ledger),
        clock: Arc::clone(&plan.clock),
        roster: rosters.subscribe(),
        luck: Box::new(rand::random::<f64>),
        metrics: metrics.clone(),
    });
    let told = courier.health();
    let receivers = Arc::new(move || -> Vec<ReceiverHealth> { told.borrow().to_vec() });
    let mut health = Health::new(plan.environment, plan.role, plan.source.name(), receivers);
    health.speed = plan.speed;
    let way_out = WayOut::new(rosters.subscribe(), rand::random::<f64>, metrics.clone());
    let world = World {
        source: plan.source,
        ledger: plan.ledger,
        clock: plan.clock,
        metrics: metrics.clone(),
        emergency: (plan.duty == Duty::Pages).then(|| Arc::new(way_out) as Arc<dyn Emergency>),
    };
    let who = match plan.duty {
        Duty::Pages | Duty::Looks => super::who(),
        Duty::Records => format!("{}{PAGES_NOBODY}", super::who()).into(),
    };
    let wants_to_lead = plan.duty != Duty::Looks;
    let options = Options { who, wants_to_lead, lease: LEASE, concurrency: plan.concurrency, until: plan.until };
    let live = Live::new(State::new(plan.book, plan.settings).expecting(plan.expected), world, options, health)
        .with_rosters(rosters.subscribe());
    Frame { live, courier, rosters, metrics }
}

impl House {
    /// Raises a house that keeps no history on disk.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn raise(plan: Plan, rules: watch::Receiver<Arc<Rulebook>>) -> Result<Self, SetupError> {
        Self::raise_keeping(plan, rules, History::default()).await
    }

    /// Raises a house: reads the ledger, then runs engine and courier until [`House::stop`].
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub async fn raise_keeping(plan: Plan, rules: watch::Receiver<Arc<Rulebook>>, history: History) -> Result<Self, SetupError> {
        let (ledger, clock) = (Arc::clone(&plan.ledger), Arc::clone(&plan.clock));
        let studio = Studio {
            rules: rules.clone(),
            settings: plan.settings.clone(),
            source: Arc::clone(&plan.source),
            concurrency: plan.concurrency,
            targets: plan.targets,
        };
        let pages = plan.duty == Duty::Pages;
        let Frame { mut live, courier, rosters, metrics } = build(plan);
        live = live.keeping(history.store, history.trouble);
        live.begin().await?;
        let stop = watch::Sender::new(false);
        let (snapshots, fence, questions) = (live.snapshots(), live.fence(), live.questions());
        let (held, crowded) = (fence.clone(), live.crowded());
        let engine_stop = stop.subscribe();
        let courier_stop = stop.subscribe();
        let mut tasks = vec![tokio::spawn(live.run(engine_stop, rules))];
        if pages {
            // A courier without receivers would give up what an earlier watch left to be sent.
            tasks.push(tokio::spawn(async move { courier.run(fence, courier_stop).await }));
        }
        Ok(Self { snapshots, ledger, clock, metrics, questions, studio, fence: held, crowded, rosters, stop, tasks })
    }

    /// A desk over this house: its snapshots, its ledger and its engine's history. Orders are marked as coming from `source`.
    pub fn desk(&self, source: &str) -> LedgerDesk {
        let (ledger, clock) = (Arc::clone(&self.ledger), Arc::clone(&self.clock));
        LedgerDesk::new(ledger, clock, source)
            .of_engine(self.snapshots.clone(), self.questions.clone())
            .with_studio(self.studio.clone())
    }

    /// Receivers, to be swapped when the configuration changes.
    pub fn rosters(&self) -> watch::Sender<Arc<Roster>> {
        self.rosters.clone()
    }

    /// Sends signs of life while this process leads.
    pub fn beats(&mut self, settings: &HeartbeatSettings) {
        let heart = Heart {
            every: settings.every,
            receivers: settings.receivers.clone(),
            roster: self.rosters.subscribe(),
            fence: self.fence.clone(),
            snapshots: self.snapshots.clone(),
            clock: Arc::clone(&self.clock),
            metrics: self.metrics.clone(),
            ledger: self.ledger.id(),
        };
        self.tasks.push(tokio::spawn(heart.beat(self.stop.subscribe())));
    }

    /// Serves health, metrics and the API; returns where. `tokens` is the file of names and tokens, `root_causes` the classes
    /// that orders may name.
    ///
    /// # Errors
    /// The address cannot be listened on, or is open to other machines and there are no tokens.
    pub async fn serve(
        &mut self,
        address: SocketAddr,
        tokens: Option<PathBuf>,
        root_causes: &[Text],
    ) -> Result<SocketAddr, SetupError> {
        let open = !address.ip().is_loopback();
        if open && tokens.is_none() {
            return Err(SetupError::Other {
                what: format!("{address} is open to other machines, which needs tokens"),
                hint: Some("write `api_tokens_file: FILE` (a name and a token on each line), or listen on 127.0.0.1".into()),
            });
        }
        let (listener, at) = serve::listen(&address.to_string()).await.map_err(|error| SetupError::Other {
            what: format!("{address} cannot be listened on: {error}"),
            hint: Some("`--listen ADDR` names another address; port 0 takes a free one".into()),
        })?;
        let served = Served {
            snapshots: self.snapshots.clone(),
            metrics: self.metrics.clone(),
            clock: Arc::clone(&self.clock),
            desk: Arc::new(self.desk("api")),
            intake: Arc::new(
                LedgerIntake::new(Arc::clone(&self.ledger), Arc::clone(&self.clock)).with_rosters(self.rosters.subscribe()),
            ),
            tokens: Tokens { file: tokens, for_reading: open },
            root_causes: root_causes.into(),
        };
        let stop = self.stop.subscribe();
        self.tasks.push(tokio::spawn(async move {
            if let Err(error) = serve::serve(listener, served, stop).await {
                tracing::error!(%error, "the HTTP side has ended");
            }
        }));
        Ok(at)
    }

    /// Waits until every page that is due has reached its end, a minute at most: for a run that ends by itself.
    pub async fn pages_are_out(&self) {
        let limit = self.clock.now().mono + Span::from_mins(1);
        while self.clock.now().mono < limit {
            match self.ledger.dispatches(None).await {
                Ok(rows) if rows.iter().any(|r| matches!(r.state, DispatchState::Pending | DispatchState::Sending)) => {
                    self.clock.sleep_until(self.clock.now().mono + Span(100)).await;
                }
                _ => return,
            }
        }
    }

    /// Says stop and waits until all have. The courier lets sends under way come to their end.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            let _ = task.await;
        }
    }
}

/// Follows configuration and rules, once it is started.
pub struct Follower {
    setup: Setup,
    rules: watch::Sender<Arc<Rulebook>>,
    sizes: Option<Sizes>,
}

impl Follower {
    /// Looks now and then how many series there are, and who adds up; at once when a tick of `house` brought too many. Its
    /// ledger hears of changes while it leads.
    #[must_use]
    pub fn looking(self, source: Arc<dyn MetricSource>, house: Option<&House>) -> Self {
        let (ledger, lead) = house.map(|house| (Arc::clone(&house.ledger), house.fence.clone())).unzip();
        let crowded = house.map(|house| house.crowded.clone());
        Self { sizes: Some(Sizes { source, ledger, lead, crowded }), ..self }
    }

    /// Begins to follow, with the receivers of a house or without.
    pub fn start(self, rosters: Option<watch::Sender<Arc<Roster>>>) -> JoinHandle<()> {
        tokio::spawn(reload::follow(self.setup, Followed { rules: self.rules, rosters, sizes: self.sizes }))
    }
}

/// Rules that will follow their files: for a house whose receivers follow the configuration too.
pub fn follow_later(setup: &Setup) -> (watch::Receiver<Arc<Rulebook>>, Follower) {
    let rules = watch::Sender::new(Arc::clone(setup.rulebook()));
    (rules.subscribe(), Follower { setup: setup.clone(), rules, sizes: None })
}

/// Rules that stay as they are. The sender must live as long as they are used.
pub fn fixed_rules(book: &Arc<Rulebook>) -> watch::Sender<Arc<Rulebook>> {
    watch::Sender::new(Arc::clone(book))
}
