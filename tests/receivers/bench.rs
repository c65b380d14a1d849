//! A courier at work over a ledger in memory, with a clock that is moved by hand and receivers on real sockets.

use super::crooked::Crooked;
use burnledger::clock::ManualClock;
use burnledger::domain::base::{CommitId, IncidentId, Ms, Seq, Severity, SloId, Span, Text};
use burnledger::domain::incident::{Actor, Fact, IncidentRef, NewEntry, Onset, ReasonText};
use burnledger::domain::paging::{Commit, Dispatch, DispatchKind, DispatchState, Limit, NewDispatch, PageContent, Route, Routes};
use burnledger::engine::courier::{Courier, CourierPorts, Roster};
use burnledger::kit::http::HttpSettings;
use burnledger::kit::secrets::{Secret, SecretSource};
use burnledger::ledger::MemoryLedger;
use burnledger::notify::{Webhook, WebhookSettings};
use burnledger::ports::{Clock, Fence, Lead, Ledger, Notifier};
use burnledger::telemetry::Metrics;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) const START: Ms = Ms(1_772_417_820_000);

/// A webhook with short time-outs.
pub(crate) fn webhook(name: &str, server: &Crooked, limit: Limit) -> Arc<dyn Notifier> {
    let http = HttpSettings { connect: Span(500), total: Span(500), ..HttpSettings::default() };
    let url = SecretSource::Inline(Secret::new(server.url()));
    Arc::new(Webhook::new(WebhookSettings { http, limit, ..WebhookSettings::new(name, url) }).unwrap())
}

pub(crate) fn hook(name: &str, server: &Crooked) -> Arc<dyn Notifier> {
    webhook(name, server, Limit::per_minute(600))
}

/// Routes with one receiver a level.
pub(crate) fn levels(names: &[&str]) -> Routes {
    let levels = names.iter().map(|n| vec![Text::from(*n)]).collect();
    let severities = Severity::ALL.to_vec();
    Routes { routes: vec![Route { severities, levels, ..Route::default() }], ..Routes::default() }
}

pub(crate) fn content(service: &str) -> PageContent {
    PageContent {
        service: service.into(),
        slos: vec![SloId::new(service, "availability")],
        impact_start: Some(START - Span::from_mins(6)),
        detected: Some(START),
        reasons: vec![ReasonText { code: "burn_rate".into(), value: 28.0, threshold: 14.4, text: "burn 28.0x over 1h".into() }],
        bad: Some(12.0),
        total: Some(100.0),
        budget_remaining: Some(0.5),
        runbook: Some("https://runbooks.example/checkout".into()),
        ..PageContent::default()
    }
}

/// A courier, what it works with, and the hands that move it.
pub(crate) struct Bench {
    pub(crate) ledger: Arc<dyn Ledger>,
    memory: MemoryLedger,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) fence: Fence,
    pub(crate) courier: Courier,
    pub(crate) metrics: Metrics,
    lead: watch::Sender<Option<Fence>>,
    pub(crate) stop: watch::Sender<bool>,
    roster: watch::Sender<Arc<Roster>>,
    task: Option<JoinHandle<()>>,
    commits: AtomicU64,
}

impl Bench {
    pub(crate) async fn new(notifiers: Vec<Arc<dyn Notifier>>, routes: Routes) -> Self {
        Self::over(MemoryLedger::new("lab"), |l| Arc::new(l), START, notifiers, routes).await
    }

    /// Over a ledger that is wrapped, with the clock at `wall`.
    pub(crate) async fn over(
        memory: MemoryLedger,
        wrap: impl FnOnce(MemoryLedger) -> Arc<dyn Ledger>,
        wall: Ms,
        notifiers: Vec<Arc<dyn Notifier>>,
        routes: Routes,
    ) -> Self {
        let clock = Arc::new(ManualClock::new(wall));
        let ledger = wrap(memory.handle());
        let fence = take_lead(&*ledger, &clock).await;
        let (lead, _) = watch::channel(Some(fence));
        let roster = watch::Sender::new(Arc::new(Roster::new(notifiers, routes)));
        let metrics = Metrics::default();
        let courier = Courier::new(CourierPorts {
            ledger: ledger.clone(),
            clock: clock.clone(),
            roster: roster.subscribe(),
            luck: Box::new(|| 0.0),
            metrics: metrics.clone(),
        });
        let stop = watch::Sender::new(false);
        Self { ledger, memory, clock, fence, courier, metrics, lead, stop, roster, task: None, commits: AtomicU64::new(0) }
    }

    /// Lets the courier work.
    pub(crate) fn start(mut self) -> Self {
        let (courier, lead, stop) = (self.courier.clone(), self.lead.subscribe(), self.stop.subscribe());
        self.task = Some(tokio::spawn(async move { courier.run(lead, stop).await }));
        self
    }

    /// Drops the courier where it stands, as a killed process would, and starts another on the same ledger.
    pub(crate) async fn crash_and_restart(mut self) -> Self {
        let task = self.task.take().unwrap();
        task.abort();
        let _ = task.await;
        let notifiers = self.roster.borrow().notifiers.values().cloned().collect();
        let routes = self.roster.borrow().routes.clone();
        let now = self.clock.now().wall;
        let next = Self::over(self.memory.clone(), |l| Arc::new(l), now, notifiers, routes).await;
        next.commits.store(self.commits.load(Ordering::Relaxed) + 1000, Ordering::Relaxed);
        next.start()
    }

    /// Says stop and waits for the end.
    pub(crate) async fn stop(&mut self) {
        self.stop.send_replace(true);
        self.task.take().unwrap().await.unwrap();
    }

    async fn commit(&self, entries: Vec<NewEntry>, dispatches: Vec<NewDispatch>) -> Vec<burnledger::domain::incident::Entry> {
        let id = CommitId(format!("c{}", self.commits.fetch_add(1, Ordering::Relaxed)).into());
        let commit = Commit { id, entries, dispatches, decided_at: None };
        self.ledger.commit(commit, Some(self.fence), self.clock.now()).await.unwrap()
    }

    /// Opens an incident of a service; its first page goes to each of the receivers.
    pub(crate) async fn opens(&self, service: &str, severity: Severity, receivers: &[&str]) -> IncidentId {
        let onset = Onset {
            service: service.into(),
            slos: vec![SloId::new(service, "availability")],
            severity: Some(severity),
            rules: vec![],
            reasons: vec![],
            impact_start: START - Span::from_mins(6),
            detected: START,
            rulebook: "rb".into(),
            drill: false,
        };
        let incident = IncidentRef::Opens(0);
        let pages = receivers.iter().map(|r| page(incident, service, DispatchKind::First, severity, r, 0)).collect();
        self.commit(vec![self.entry(incident, Fact::Opened(onset))], pages).await[0].incident
    }

    fn entry(&self, incident: IncidentRef, fact: Fact) -> NewEntry {
        NewEntry { incident, fact, at: self.clock.now().wall, actor: Actor::Auto, source: "watch".into(), corrects: None }
    }

    /// Records a fact without pages.
    pub(crate) async fn fact(&self, incident: IncidentId, fact: Fact) {
        self.commit(vec![self.entry(IncidentRef::Known(incident), fact)], vec![]).await;
    }

    /// Plans a page of an incident.
    pub(crate) async fn pages(
        &self,
        incident: IncidentId,
        service: &str,
        kind: DispatchKind,
        severity: Severity,
        receiver: &str,
        number: u32,
    ) {
        let note = self.entry(IncidentRef::Known(incident), Fact::Note("page".into()));
        let page = page(IncidentRef::Known(incident), service, kind, severity, receiver, number);
        self.commit(vec![note], vec![page]).await;
    }

    /// It ended: the fact and the resolved page, in one commit.
    pub(crate) async fn resolves(&self, incident: IncidentId, service: &str, severity: Severity, receivers: &[&str]) {
        let incident = IncidentRef::Known(incident);
        let fact = Fact::Resolved { reason: "".into(), impact: None };
        let resolved = |r: &&str| {
            let mut page = page(incident, service, DispatchKind::Resolved, severity, r, 0);
            page.content.resolved = Some(self.clock.now().wall);
            page
        };
        self.commit(vec![self.entry(incident, fact)], receivers.iter().map(resolved).collect()).await;
    }

    /// Rows of an incident, oldest first.
    pub(crate) async fn rows(&self, incident: IncidentId) -> Vec<Dispatch> {
        let mut rows = self.ledger.dispatches(Some(incident)).await.unwrap();
        rows.sort_by_key(|r| r.id);
        rows
    }

    /// `receiver kind state` of each row.
    pub(crate) async fn states(&self, incident: IncidentId) -> Vec<String> {
        let told = |r: &Dispatch| format!("{} {} {:?}", r.receiver, r.kind.name(), r.state);
        self.rows(incident).await.iter().map(told).collect()
    }

    /// Lets time pass, only while nothing is under way, until the condition holds.
    pub(crate) async fn pass_until(&self, what: &str, mut cond: impl FnMut() -> bool) {
        for _ in 0..4000 {
            if cond() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
            let open = self.ledger.dispatches(None).await.unwrap();
            if !open.iter().any(|r| r.state == DispatchState::Sending) {
                self.clock.advance(Span(500));
            }
        }
        panic!("waited in vain until {what}");
    }

    /// Lets time pass until every row reached its end.
    pub(crate) async fn pass_until_settled(&self) {
        for _ in 0..4000 {
            let open = self.ledger.dispatches(None).await.unwrap();
            if open.is_empty() {
                return;
            }
            if !open.iter().any(|r| r.state == DispatchState::Sending) {
                self.clock.advance(Span(500));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("rows never ended: {:?}", self.ledger.dispatches(None).await.unwrap());
    }

    /// Every entry, whole: tests look for secrets in it.
    pub(crate) async fn everything(&self) -> String {
        format!("{:?}\n{:?}", self.ledger.since(Seq(0), 10_000).await.unwrap(), self.ledger.dispatches(None).await.unwrap())
    }
}

pub(crate) fn page(
    incident: IncidentRef,
    service: &str,
    kind: DispatchKind,
    severity: Severity,
    receiver: &str,
    number: u32,
) -> NewDispatch {
    NewDispatch { incident, kind, severity, level: 0, receiver: receiver.into(), number, content: content(service) }
}

async fn take_lead(ledger: &dyn Ledger, clock: &ManualClock) -> Fence {
    match ledger.lead("lab".into(), Span::from_hours(1), clock.now()).await.unwrap() {
        Lead::Held { fence, .. } => fence,
        Lead::Taken { by, .. } => panic!("{by} leads"),
    }
}
