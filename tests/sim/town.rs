//! A simulated town: one service whose counters are generated, its recording, and the engine that watches it.

use burnledger::clock::ManualClock;
use burnledger::collector::{Horizon, Recorded};
use burnledger::domain::base::Severity::{P0, P1, P2};
use burnledger::domain::base::{IncidentId, Ms, SloId, Span, Target, Text};
use burnledger::domain::incident::Incident;
use burnledger::domain::measure::Births;
use burnledger::domain::objective::{BreachRule, Business, Guards, Mode, Period, Rulebook, ServiceInfo, Sli, Slo, Tier, Timing};
use burnledger::domain::paging::Routes;
use burnledger::domain::view::Role;
use burnledger::engine::health::Health;
use burnledger::engine::live::{Live, Options, World};
use burnledger::engine::state::{Settings, State};
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Clock, Ledger, MetricSource, PAGES_NOBODY};
use burnledger::query;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

pub(crate) const STEP: i64 = 15;

/// What the service did in the 15 s before a scrape.
#[derive(Clone, Copy)]
pub(crate) struct Traffic {
    pub(crate) total: u64,
    pub(crate) bad: u64,
}

/// A recording of one instance scraped every 15 s in `(from, to]`, and the events that it holds.
pub(crate) fn record(from: Ms, to: Ms, at: impl Fn(Ms) -> Option<Traffic>) -> String {
    format!("# TYPE requests counter\n{}# EOF\n", record_job("api", from, to, at))
}

/// The same of two jobs in one recording.
pub(crate) fn record_both(
    span: (Ms, Ms),
    (a, of_a): (&str, impl Fn(Ms) -> Traffic),
    (b, of_b): (&str, impl Fn(Ms) -> Traffic),
) -> String {
    let (a, b) = (record_job(a, span.0, span.1, |t| Some(of_a(t))), record_job(b, span.0, span.1, |t| Some(of_b(t))));
    format!("# TYPE requests counter\n{a}{b}# EOF\n")
}

/// A job and what it did before each scrape.
pub(crate) type Job = (&'static str, Box<dyn Fn(Ms) -> Traffic>);

/// The same of any jobs.
pub(crate) fn record_jobs(span: (Ms, Ms), jobs: &[Job]) -> String {
    let all: String = jobs.iter().map(|(job, of)| record_job(job, span.0, span.1, |t| Some(of(t)))).collect();
    format!("# TYPE requests counter\n{all}# EOF\n")
}

fn record_job(job: &str, from: Ms, to: Ms, at: impl Fn(Ms) -> Option<Traffic>) -> String {
    let (mut good, mut bad, mut goods, mut bads) = (0, 0, String::new(), String::new());
    let mut now = from;
    while now < to {
        now = now + Span::from_secs(STEP);
        if let Some(traffic) = at(now) {
            good += traffic.total - traffic.bad;
            bad += traffic.bad;
            let seconds = now.0 / 1000;
            writeln!(goods, "requests_total{{job=\"{job}\",instance=\"a\",code=\"200\"}} {good} {seconds}").unwrap();
            writeln!(bads, "requests_total{{job=\"{job}\",instance=\"a\",code=\"500\"}} {bad} {seconds}").unwrap();
        }
    }
    goods + &bads
}

pub(crate) fn slo(breach: Vec<BreachRule>) -> Slo {
    slo_of("api", breach)
}

/// The availability of the service and job of that name.
pub(crate) fn slo_of(job: &str, breach: Vec<BreachRule>) -> Slo {
    let sli = Sli::Events {
        bad: Some(format!("requests_total{{job=\"{job}\",code=~\"5..\"}}").into()),
        good: None,
        total: format!("requests_total{{job=\"{job}\"}}").into(),
    };
    let plan = query::plan(&sli, &[], Span::from_secs(STEP)).unwrap();
    let tier = |severity, factor: &str, long, short| Tier { severity, factor: factor.parse().unwrap(), long, short };
    Slo {
        id: SloId::new(job, "availability"),
        service: job.into(),
        name: "availability".into(),
        description: None,
        target: Target::parse("99.9%"),
        period: Period::Rolling(Span::from_days(30)),
        sli,
        plan,
        source: None,
        group_by: Vec::new(),
        max_groups: burnledger::domain::measure::MAX_TRACKS,
        count_up_to: burnledger::domain::measure::COUNT_UP_TO,
        series: None,
        exclude: Vec::new(),
        budget: burnledger::domain::objective::BudgetMethod::Occurrences,
        tiers: vec![
            tier(P0, "14.4", Span::from_hours(1), Span::from_mins(5)),
            tier(P1, "6", Span::from_hours(6), Span::from_mins(30)),
            tier(P2, "3", Span::from_days(1), Span::from_hours(2)),
            tier(P2, "1", Span::from_days(3), Span::from_hours(6)),
        ],
        breach,
        guards: Guards::default(),
        births: Births::Auto,
        dedupe: Vec::new(),
        target_labels: Vec::new(),
        mode: Mode::Page,
        file: format!("{job}.yaml").into(),
    }
}

/// The engine over a recording, its clock in hand.
pub(crate) struct Town {
    pub(crate) live: Live,
    pub(crate) ledger: Arc<dyn Ledger>,
    clock: Arc<ManualClock>,
    horizon: Horizon,
}

impl Town {
    pub(crate) async fn new(slo: Slo, recording: &str, start: Ms) -> Self {
        Self::on(slo, recording, start, Arc::new(MemoryLedger::new("test"))).await
    }

    pub(crate) async fn on(slo: Slo, recording: &str, start: Ms, ledger: Arc<dyn Ledger>) -> Self {
        let info = ServiceInfo { owner: Some("team".into()), ..ServiceInfo::default() };
        Self::of(vec![slo], BTreeMap::from([(Text::from("api"), info)]), recording, start, ledger).await
    }

    /// A town of several services.
    pub(crate) async fn of(
        slos: Vec<Slo>,
        services: BTreeMap<Text, ServiceInfo>,
        recording: &str,
        start: Ms,
        ledger: Arc<dyn Ledger>,
    ) -> Self {
        Self::paging(slos, services, recording, start, ledger, Routes::to_all([Text::from("pager")])).await
    }

    /// The same with routes of its own.
    pub(crate) async fn paging(
        slos: Vec<Slo>,
        services: BTreeMap<Text, ServiceInfo>,
        recording: &str,
        start: Ms,
        ledger: Arc<dyn Ledger>,
        routes: Routes,
    ) -> Self {
        let book = Rulebook {
            slos: slos.into_iter().map(Arc::new).collect(),
            services,
            business: None,
            timing: Timing::default(),
            problems: Vec::new(),
            hash: "test".into(),
        };
        Self::under(book, recording, start, ledger, routes).await
    }

    /// A screen beside the town: it pages nobody, gives way to who does, and knows whom that one pages.
    pub(crate) async fn beside(&self, slo: Slo, services: BTreeMap<Text, ServiceInfo>, recording: &str, routes: Routes) -> Self {
        let book = Rulebook {
            slos: vec![Arc::new(slo)],
            services,
            business: None,
            timing: Timing::default(),
            problems: Vec::new(),
            hash: "test".into(),
        };
        let who = format!("screen{PAGES_NOBODY}");
        Self::raised(book, recording, self.now(), Arc::clone(&self.ledger), (Routes::default(), routes), &who).await
    }

    /// A town of the service `api` that knows what things are worth.
    pub(crate) async fn priced(slo: Slo, business: Business, recording: &str, start: Ms) -> Self {
        let book = Rulebook {
            slos: vec![Arc::new(slo)],
            services: BTreeMap::new(),
            business: Some(Arc::new(business)),
            timing: Timing::default(),
            problems: Vec::new(),
            hash: "test".into(),
        };
        let routes = Routes::to_all([Text::from("pager")]);
        Self::under(book, recording, start, Arc::new(MemoryLedger::new("test")), routes).await
    }

    async fn under(book: Rulebook, recording: &str, start: Ms, ledger: Arc<dyn Ledger>, routes: Routes) -> Self {
        Self::raised(book, recording, start, ledger, (routes.clone(), routes), "test").await
    }

    async fn raised(
        book: Rulebook,
        recording: &str,
        start: Ms,
        ledger: Arc<dyn Ledger>,
        (routes, expected): (Routes, Routes),
        who: &str,
    ) -> Self {
        let recorded = Recorded::from_bytes("town.om", recording.as_bytes()).unwrap();
        let horizon = recorded.horizon();
        horizon.set(start);
        let source: Arc<dyn MetricSource> = Arc::new(recorded);
        let settings =
            Settings { routes, environment: None, source: "test".into(), nonce: start.to_string().into(), drill: false };
        let clock = Arc::new(ManualClock::new(start));
        let world = World {
            source: Arc::clone(&source),
            ledger: Arc::clone(&ledger),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            metrics: burnledger::telemetry::Metrics::default(),
            emergency: None,
        };
        let options = Options { who: who.into(), wants_to_lead: true, lease: Span::from_mins(1), concurrency: 4, until: None };
        let health = Health::new("".into(), Role::Leading, source.name(), Arc::new(Vec::new));
        let mut live = Live::new(State::new(Arc::new(book), settings).expecting(expected), world, options, health);
        live.begin().await.unwrap();
        Self { live, ledger, clock, horizon }
    }

    /// The time there.
    pub(crate) fn now(&self) -> Ms {
        self.clock.now().wall
    }

    /// The machine's clock shows something else than the source's.
    pub(crate) fn set_wall(&self, wall: Ms) {
        self.clock.set_wall(wall);
    }

    /// A tick of the machine at the right time `at`, while its own clock is ahead by `ahead`.
    pub(crate) async fn tick_ahead(&mut self, at: Ms, ahead: Span) {
        self.clock.advance(Span::from_secs(STEP));
        self.clock.set_wall(at + ahead);
        self.horizon.set(at);
        self.live.advance().await;
    }

    /// Plays on until `to`, tick by tick.
    pub(crate) async fn play(&mut self, to: Ms) {
        while self.clock.now().wall < to {
            self.clock.advance(Span::from_secs(STEP));
            self.horizon.set(self.clock.now().wall);
            self.live.advance().await;
        }
    }

    pub(crate) fn incidents(&self) -> Vec<Arc<Incident>> {
        self.live.state().incidents.iter().cloned().collect()
    }

    pub(crate) fn incident(&self, number: u64) -> Arc<Incident> {
        Arc::clone(self.live.state().incidents.get(IncidentId(number)).expect("the incident"))
    }
}
