//! Plays a past through the real engine in virtual time, with whatever trouble the plan of the run throws in, and notes at
//! every tick what the auditor will want to know.

use super::faulty::{FaultyLedger, FaultySource, Source, Trouble};
use super::past::{Dice, LEAD_IN, Past, SCRAPES, STEP, time};
use super::town;
use burnledger::app::desk::LedgerDesk;
use burnledger::clock::ManualClock;
use burnledger::collector::{Horizon, Recorded};
use burnledger::domain::base::{CommitId, IncidentId, Ms, Seq, Severity, SloId, Span, Text};
use burnledger::domain::incident::{Entry, Incidents, Phase};
use burnledger::domain::objective::{Period, Rulebook, ServiceInfo, Sli, Slo, Timing};
use burnledger::domain::paging::{Dispatch, Routes, Settlement};
use burnledger::domain::view::{Command, Role};
use burnledger::engine::health::Health;
use burnledger::engine::live::{Live, Options, World};
use burnledger::engine::state::{Settings, State};
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Clock, Desk, Ledger, MetricSource};
use burnledger::query;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What may happen in a run beside the past itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Run {
    pub(crate) restarts: bool,
    pub(crate) faults: bool,
    /// People acknowledge and note.
    pub(crate) people: bool,
    /// ... and resolve, sometimes too early.
    pub(crate) resolves: bool,
}

/// One tick as seen from outside.
pub(crate) struct Tick {
    pub(crate) at: Ms,
    /// Services and the worst severity that fires on them.
    pub(crate) firing: BTreeMap<Text, Severity>,
    /// Incidents that live: their services, phase and severity.
    pub(crate) live: Vec<(IncidentId, Vec<Text>, Phase, Option<Severity>)>,
}

/// What a run left behind.
pub(crate) struct Outcome {
    pub(crate) incidents: Incidents,
    pub(crate) entries: Vec<Entry>,
    pub(crate) rows: Vec<Dispatch>,
    pub(crate) ticks: Vec<Tick>,
}

pub(crate) fn slos() -> Vec<Slo> {
    ["api", "db", "mail", "web"].into_iter().map(slo).collect()
}

fn slo(service: &str) -> Slo {
    let sli = Sli::Events {
        bad: Some(format!("requests_total{{job=\"{service}\",code=~\"5..\"}}").into()),
        good: None,
        total: format!("requests_total{{job=\"{service}\"}}").into(),
    };
    let group_by: Vec<Text> = if service == "db" { vec!["zone".into()] } else { Vec::new() };
    let plan = query::plan(&sli, &group_by, Span::from_secs(STEP)).unwrap();
    let (id, service) = (SloId::new(service, "availability"), service.into());
    // A period of a day: a restart reads it whole, and a run has many.
    let mut common = town::slo(Vec::new());
    common.tiers.retain(|tier| tier.long <= Span::from_days(1));
    Slo { id, service, sli, plan, group_by, period: Period::Rolling(Span::from_days(1)), ..common }
}

fn book() -> Arc<Rulebook> {
    let service = |owner: &str, needs: &[&str]| ServiceInfo {
        owner: Some(owner.into()),
        depends_on: needs.iter().map(|n| Text::from(*n)).collect(),
        ..ServiceInfo::default()
    };
    Arc::new(Rulebook {
        slos: slos().into_iter().map(Arc::new).collect(),
        services: BTreeMap::from([
            ("web".into(), service("shop", &["api"])),
            ("api".into(), service("core", &["db"])),
            ("db".into(), service("core", &[])),
            ("mail".into(), service("shop", &[])),
        ]),
        business: None,
        timing: Timing::default(),
        problems: Vec::new(),
        hash: "simulated".into(),
    })
}

struct City {
    live: Live,
    source: Arc<FaultySource>,
    ledger: Arc<FaultyLedger>,
    clock: Arc<ManualClock>,
    horizon: Horizon,
    starts: u64,
}

impl City {
    fn new(past: &Past) -> Self {
        let inner = Recorded::from_bytes("past.om", past.recording.as_bytes()).unwrap();
        let horizon = inner.horizon();
        let source = Arc::new(FaultySource { inner, now: Mutex::default(), asked: AtomicUsize::default() });
        let inner = MemoryLedger::new("simulated");
        let ledger = Arc::new(FaultyLedger { inner, now: Mutex::default(), notes: AtomicUsize::default() });
        let clock = Arc::new(ManualClock::new(time(LEAD_IN)));
        let live = start(&source, &ledger, &clock, 0);
        Self { live, source, ledger, clock, horizon, starts: 0 }
    }

    /// The process dies without a word, another one starts on the same ledger.
    fn crash(&mut self) {
        self.starts += 1;
        let inner = self.ledger.inner.handle();
        let notes = self.ledger.notes.load(Ordering::Relaxed);
        self.ledger = Arc::new(FaultyLedger { inner, now: Mutex::default(), notes: notes.into() });
        self.live = start(&self.source, &self.ledger, &self.clock, self.starts);
    }

    /// Another process takes the lease and gives it back.
    async fn lose_lease(&self) {
        let other = self.ledger.inner.handle();
        if let Ok(burnledger::ports::Lead::Held { fence, .. }) =
            other.lead("simulated".into(), Span::from_mins(1), self.clock.now()).await
        {
            other.resign(fence).await.unwrap();
        }
    }

    /// Delivers what is due, as a courier would.
    async fn deliver(&self) {
        let Some(fence) = *self.live.fence().borrow() else { return };
        let now = self.clock.now();
        for row in self.ledger.inner.claim(fence, 64, now).await.unwrap_or_default() {
            let settlement = Settlement::Delivered { detail: "ok".into() };
            let _ = self.ledger.inner.settle(row.id, settlement, fence, now).await;
        }
    }

    fn tick(&self) -> Option<Tick> {
        let state = self.live.state();
        let mut firing: BTreeMap<Text, Severity> = BTreeMap::new();
        for feed in &state.board.slos {
            for severity in feed.judged().filter_map(|(_, v)| v.severity) {
                let worst = firing.entry(feed.slo.service.clone()).or_insert(severity);
                *worst = severity.max(*worst);
            }
        }
        let live = state.incidents.live().map(|i| {
            let services = i.services.iter().map(|(name, _)| name.clone()).collect();
            (i.id, services, i.phase, i.severity)
        });
        Some(Tick { at: state.board.at?, firing, live: live.collect() })
    }
}

fn start(source: &Arc<FaultySource>, ledger: &Arc<FaultyLedger>, clock: &Arc<ManualClock>, number: u64) -> Live {
    let settings = Settings {
        routes: Routes::to_all([Text::from("pager")]),
        environment: None,
        source: "watch".into(),
        nonce: format!("process-{number}").into(),
        drill: false,
    };
    let world = World {
        source: Arc::clone(source) as Arc<dyn MetricSource>,
        ledger: Arc::clone(ledger) as Arc<dyn Ledger>,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        metrics: burnledger::telemetry::Metrics::default(),
        emergency: None,
    };
    let options =
        Options { who: "simulated".into(), wants_to_lead: true, lease: Span::from_mins(1), concurrency: 4, until: None };
    let health = Health::new("".into(), Role::Leading, "past".into(), Arc::new(Vec::new));
    Live::new(State::new(book(), settings), world, options, health)
}

/// Plays the whole past. Trouble stops half an hour before the end, so that everything can come to rest.
pub(crate) async fn play(past: &Past, seed: u64, run: Run) -> Outcome {
    let (mut city, mut dice, mut ticks) = (City::new(past), Dice(seed ^ 0xFA57), Vec::new());
    let (mut troubled, mut people) = (0, 0);
    for scrape in LEAD_IN + 1..SCRAPES {
        city.clock.advance(Span::from_secs(STEP));
        city.horizon.set(city.clock.now().wall);
        let calm = scrape + 200 > SCRAPES;
        if troubled > 0 {
            troubled -= 1;
        } else if run.faults && !calm && dice.one_in(12) {
            troubled = dice.between(1, 4);
            trouble(&mut city, &mut dice).await;
        } else {
            *city.source.now.lock().unwrap() = Source::Well;
            *city.ledger.now.lock().unwrap() = Trouble::default();
        }
        if run.restarts && !calm && dice.one_in(90) {
            city.crash();
        }
        city.live.advance().await;
        ticks.extend(city.tick());
        if run.people && dice.one_in(15) {
            people += 1;
            order(&city, &mut dice, run.resolves && !calm, people).await;
        }
        city.deliver().await;
    }
    *city.ledger.now.lock().unwrap() = Trouble::default();
    let entries = city.ledger.inner.since(Seq(0), usize::MAX).await.unwrap();
    let mut rows = Vec::new();
    for incident in city.live.state().incidents.iter() {
        rows.extend(city.ledger.inner.dispatches(Some(incident.id)).await.unwrap());
    }
    city.live.begin().await.unwrap();
    Outcome { incidents: city.live.state().incidents.clone(), entries, rows, ticks }
}

async fn trouble(city: &mut City, dice: &mut Dice) {
    let sources = [Source::Refuses, Source::Hangs, Source::Answers(2), Source::Answers(5)];
    let mut ledger = Trouble::default();
    match dice.between(0, 8) {
        0..=2 => *city.source.now.lock().unwrap() = sources[dice.between(0, 4)],
        3 => ledger.fails = true,
        4 => ledger.loses_answer = true,
        5 => ledger = Trouble { loses_answer: true, blind: true, ..ledger },
        6 => ledger = Trouble { note_first: true, no_rows: dice.one_in(2), ..ledger },
        _ => city.lose_lease().await,
    }
    *city.ledger.now.lock().unwrap() = ledger;
}

/// A person does something to an incident that lives.
async fn order(city: &City, dice: &mut Dice, resolves: bool, number: usize) {
    let live: Vec<IncidentId> = city.live.state().incidents.live().map(|i| i.id).collect();
    if live.is_empty() {
        return;
    }
    let (incident, by) = (live[dice.between(0, live.len())], Text::from("ann"));
    let command = match dice.between(0, 6) {
        0 | 1 => Command::Acknowledge { incident, by },
        2 => Command::Unacknowledge { incident, by },
        3 if resolves => Command::Resolve { incident, by, reason: "done".into(), at: None, findings: vec![] },
        _ => Command::Note { incident, by, note: "seen".into() },
    };
    let ledger = Arc::new(city.ledger.inner.clone());
    let desk = LedgerDesk::new(ledger, Arc::clone(&city.clock) as Arc<dyn Clock>, "cli");
    // A refusal is an answer as well: somebody acknowledges what is only suspected.
    let _ = desk.order(CommitId(format!("order-{number}").into()), command).await;
}
