//! The house that is watched: rules in three versions, routes with levels, and one process of the watch with its courier,
//! put together from the real parts over doomed ports.

use super::doom::{Doom, DoomedLedger, DoomedNotifier, DoomedSource, Weather};
use super::far::{Far, NAMES};
use super::truth::STEP;
use crate::sim::town;
use burnledger::clock::ManualClock;
use burnledger::collector::Recorded;
use burnledger::domain::base::Severity::{P0, P1, P2};
use burnledger::domain::base::{SloId, Span, Text};
use burnledger::domain::objective::{Period, Rulebook, ServiceInfo, Sli, Slo, Tier, Timing};
use burnledger::domain::paging::{Route, Routes};
use burnledger::domain::view::Role;
use burnledger::engine::courier::{Courier, CourierPorts, Roster, WayOut};
use burnledger::engine::health::Health;
use burnledger::engine::live::{Live, Options, World};
use burnledger::engine::state::{Settings, State};
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Clock, Ledger, MetricSource, Notifier};
use burnledger::query;
use burnledger::telemetry::Metrics;
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Lives of incidents are short here, so that a past of an hour holds several.
pub(crate) const TIMING: Timing = Timing {
    step: Span::from_secs(STEP),
    settle: Span::from_secs(15),
    clear: Span::from_mins(2),
    resolve_after: Span::from_mins(5),
    reopen: Span::from_mins(10),
    no_data_page: Span::from_mins(3),
    escalate_after: Span::from_mins(2),
    repeat: Span::from_mins(6),
};

/// Severities that page.
pub(crate) const PAGING: [burnledger::domain::base::Severity; 2] = [P0, P1];

/// How long a lease lasts.
const LEASE: Span = Span::from_secs(30);

/// Services with their owners and what they need.
const SERVICES: [(&str, &str, &[&str]); 4] =
    [("web", "shop", &["api"]), ("api", "core", &["db"]), ("db", "core", &[]), ("mail", "shop", &[])];

/// Who owns a service.
pub(crate) fn owner_of(service: &str) -> &'static str {
    SERVICES.iter().find(|(name, ..)| *name == service).map_or("", |(_, owner, _)| owner)
}

/// Everything that a service needs, directly or not.
pub(crate) fn needs(service: &str) -> Vec<&'static str> {
    let own = SERVICES.iter().find(|(name, ..)| *name == service).map_or(&[][..], |(.., needs)| needs);
    own.iter().flat_map(|need| std::iter::once(*need).chain(needs(need))).collect()
}

fn slo(service: &str) -> Slo {
    let sli = Sli::Events {
        bad: Some(format!("requests_total{{job=\"{service}\",code=~\"5..\"}}").into()),
        good: None,
        total: format!("requests_total{{job=\"{service}\"}}").into(),
    };
    let group_by: Vec<Text> = if service == "db" { vec!["zone".into()] } else { Vec::new() };
    let plan = query::plan(&sli, &group_by, Span::from_secs(STEP)).unwrap();
    let tier = |severity, factor: &str, long, short| {
        let (long, short) = (Span::from_mins(long), Span::from_mins(short));
        Tier { severity, factor: factor.parse().unwrap(), long, short }
    };
    let tiers = vec![tier(P0, "14.4", 10, 2), tier(P1, "6", 20, 3), tier(P2, "3", 40, 10)];
    let (id, service) = (SloId::new(service, "availability"), service.into());
    Slo { id, service, sli, plan, group_by, period: Period::Rolling(Span::from_hours(2)), tiers, ..town::slo(Vec::new()) }
}

/// The rules in their versions: all of them; without the mildest rule; without the service `mail`.
pub(super) fn books() -> [Arc<Rulebook>; 3] {
    let all: Vec<Slo> = ["api", "db", "mail", "web"].into_iter().map(slo).collect();
    let mild = all.iter().cloned().map(|slo| Slo { tiers: slo.tiers[..2].to_vec(), ..slo }).collect();
    let few = all.iter().filter(|slo| *slo.service != *"mail").cloned().collect();
    let info = |owner: &str, needs: &[&str]| ServiceInfo {
        owner: Some(owner.into()),
        depends_on: needs.iter().map(|n| Text::from(*n)).collect(),
        ..ServiceInfo::default()
    };
    let book = |slos: Vec<Slo>, hash: &str| {
        Arc::new(Rulebook {
            slos: slos.into_iter().map(Arc::new).collect(),
            services: SERVICES.iter().map(|(name, owner, needs)| (Text::from(*name), info(owner, needs))).collect(),
            business: None,
            timing: TIMING,
            problems: Vec::new(),
            hash: hash.into(),
        })
    };
    [book(all, "all"), book(mild, "milder"), book(few, "fewer")]
}

/// True of rules that measure a service.
pub(crate) fn measures(book: usize, service: &str) -> bool {
    book != 2 || service != "mail"
}

pub(super) fn routes() -> Routes {
    let levels = vec![vec![NAMES[0].into(), NAMES[1].into()], vec![NAMES[2].into()]];
    let routes = vec![Route { levels, ..Route::default() }];
    Routes { routes, fallback: vec![NAMES[3].into()], ..Routes::default() }
}

/// What all processes share.
pub(super) struct Ground {
    pub(super) recorded: Arc<Recorded>,
    pub(super) ledger: MemoryLedger,
    pub(super) clock: Arc<ManualClock>,
    pub(super) far: Arc<Far>,
    pub(super) weather: Arc<Weather>,
}

/// A process that runs.
pub(super) struct Process {
    pub(super) live: Live,
    pub(super) doom: Arc<Doom>,
    courier: JoinHandle<()>,
    rosters: watch::Sender<Arc<Roster>>,
    _stop: watch::Sender<bool>,
}

impl Process {
    /// Starts the n-th process. Under the same name it takes over at once, under another when the lease is over.
    pub(super) async fn start(ground: &Ground, number: u64, name: String, book: &Arc<Rulebook>) -> Option<Self> {
        let doom = Doom::new();
        let port = DoomedLedger { inner: ground.ledger.handle(), doom: Arc::clone(&doom), weather: Arc::clone(&ground.weather) };
        let ledger: Arc<dyn Ledger> = Arc::new(port);
        let clock = Arc::clone(&ground.clock) as Arc<dyn Clock>;
        let rosters = watch::Sender::new(Arc::new(roster(ground, &doom)));
        let courier = Courier::new(CourierPorts {
            ledger: Arc::clone(&ledger),
            clock: Arc::clone(&clock),
            roster: rosters.subscribe(),
            luck: Box::new(|| 0.5),
            metrics: Metrics::default(),
        });
        let source =
            DoomedSource { inner: Arc::clone(&ground.recorded), doom: Arc::clone(&doom), weather: Arc::clone(&ground.weather) };
        let world = World {
            source: Arc::new(source) as Arc<dyn MetricSource>,
            ledger,
            clock,
            metrics: Metrics::default(),
            emergency: Some(Arc::new(WayOut::new(rosters.subscribe(), || 0.5, Metrics::default()))),
        };
        let settings = Settings {
            routes: routes(),
            environment: None,
            source: "watch".into(),
            nonce: format!("process-{number}").into(),
            drill: false,
        };
        let options = Options { who: name.into(), wants_to_lead: true, lease: LEASE, concurrency: 4, until: None };
        let health = Health::new("".into(), Role::Leading, "truth".into(), Arc::new(Vec::new));
        let mut state = State::new(Arc::clone(book), settings);
        state.board.draws = false;
        let mut live = Live::new(state, world, options, health);
        // A ledger that cannot be read ends the program; whoever supervises it starts it again.
        live.begin().await.ok()?;
        let (stop, fence) = (watch::Sender::new(false), live.fence());
        let stopped = stop.subscribe();
        let courier = tokio::spawn(async move { courier.run(fence, stopped).await });
        Some(Self { live, doom, courier, rosters, _stop: stop })
    }

    /// Receivers and rules as they were read again.
    pub(super) fn reload(&mut self, ground: &Ground, book: &Arc<Rulebook>) {
        self.rosters.send_replace(Arc::new(roster(ground, &self.doom)));
        self.live.take_routes(routes());
        self.live.take_rules(Arc::clone(book));
    }

    /// It is gone without a word.
    pub(super) async fn bury(self) {
        self.courier.abort();
        let _ = self.courier.await;
    }
}

fn roster(ground: &Ground, doom: &Arc<Doom>) -> Roster {
    let one = |name: &str| {
        let (far, doom) = (Arc::clone(&ground.far), Arc::clone(doom));
        Arc::new(DoomedNotifier { name: name.into(), far, doom }) as Arc<dyn Notifier>
    };
    Roster::new(NAMES.map(one), routes())
}
