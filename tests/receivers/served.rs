//! The HTTP side of `watch`, over a real socket.

use super::bench::START;
use crate::support;
use burnledger::clock::ManualClock;
use burnledger::domain::base::{Labels, Severity, SloId, Span, Target};
use burnledger::domain::judge::{BudgetStatus, TrackState, Verdict, WindowStatus};
use burnledger::domain::measure::{Count, CountedPlan, Plan};
use burnledger::domain::objective::{Births, Guards, Mode, Period, Sli, Slo};
use burnledger::domain::view::{ReceiverHealth, Role, SloRow, Snapshot, SourceHealth, SourceState};
use burnledger::serve::{Served, listen, serve};
use burnledger::telemetry::{EmergencyLabels, Metrics, PageLabels, ReceiverLabels, TABLE};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};

struct House {
    port: u16,
    snapshots: watch::Sender<Arc<Snapshot>>,
    clock: Arc<ManualClock>,
    metrics: Metrics,
    stop: watch::Sender<bool>,
    task: JoinHandle<std::io::Result<()>>,
}

async fn open() -> House {
    let (listener, at) = listen("127.0.0.1:0").await.unwrap();
    let (snapshots, clock, metrics) = (watch::Sender::default(), Arc::new(ManualClock::new(START)), Metrics::default());
    let stop = watch::Sender::new(false);
    let ledger: Arc<dyn burnledger::ports::Ledger> = Arc::new(burnledger::ledger::MemoryLedger::new("lab"));
    let served = Served {
        snapshots: watch::Sender::subscribe(&snapshots),
        metrics: metrics.clone(),
        clock: clock.clone(),
        desk: Arc::new(burnledger::app::desk::LedgerDesk::new(ledger.clone(), clock.clone(), "api")),
        intake: Arc::new(burnledger::app::intake::LedgerIntake::new(ledger, clock.clone())),
        tokens: burnledger::serve::Tokens::default(),
        root_causes: std::sync::Arc::default(),
    };
    let task = tokio::spawn(serve(listener, served, stop.subscribe()));
    House { port: at.port(), snapshots, clock, metrics, stop, task }
}

impl House {
    async fn get(&self, path: &'static str) -> (u16, String) {
        let port = self.port;
        spawn_blocking(move || support::http("GET", port, path, b"")).await.unwrap().expect("an answer")
    }
}

fn slo() -> Arc<Slo> {
    Arc::new(Slo {
        id: SloId::new("checkout", "availability"),
        service: "checkout".into(),
        name: "availability".into(),
        description: None,
        target: Target::parse("99.9%"),
        period: Period::Rolling(Span::from_days(30)),
        sli: Sli::Events { bad: Some("bad".into()), good: None, total: "total".into() },
        plan: Plan::Counted(CountedPlan::Events { bad: Count::default(), total: None }),
        source: None,
        group_by: vec!["region".into()],
        max_groups: burnledger::domain::measure::MAX_TRACKS,
        count_up_to: burnledger::domain::measure::COUNT_UP_TO,
        series: None,
        exclude: Vec::new(),
        budget: burnledger::domain::objective::BudgetMethod::Occurrences,
        tiers: vec![],
        breach: vec![],
        guards: Guards::default(),
        births: Births::Auto,
        dedupe: vec![],
        target_labels: vec![],
        mode: Mode::Page,
        file: "slos/checkout.yaml".into(),
    })
}

fn judged() -> Snapshot {
    let window = |mins, burn_rate| WindowStatus { window: Span::from_mins(mins), burn_rate, ..WindowStatus::default() };
    let verdict = Verdict {
        at: START,
        state: TrackState::Ok,
        severity: Some(Severity::P0),
        windows: vec![window(5, Some(58.0)), window(60, None)],
        budget: BudgetStatus { remaining: Some(-0.124), ..BudgetStatus::default() },
        ..Verdict::default()
    };
    let row = SloRow {
        slo: slo(),
        group: Labels::new([("region", "eu\"west")]),
        verdict: Some(Arc::new(verdict)),
        spark: Arc::new([]),
        spark_long: Arc::new([]),
        stale: false,
        incident: None,
        owner: None,
        doubts: Arc::new([]),
    };
    Snapshot {
        at: Some(START),
        data_through: Some(START),
        made: START,
        number: 1,
        role: Role::Leading,
        sources: vec![SourceHealth { name: "http://prom:9090".into(), state: SourceState::Live, ..SourceHealth::default() }],
        slos: vec![row],
        incidents: vec![crate::screens::fixture::checkout()],
        receivers: vec![ReceiverHealth { name: "ops".into(), waiting: 3, last_delivered: None, error: Some("HTTP 500".into()) }],
        ..Snapshot::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_ready_once_it_has_judged_and_says_why_until_then() {
    let house = open().await;
    let filling = SourceHealth {
        name: "http://prom:9090".into(),
        state: SourceState::Filling { done: 3, all: 40 },
        ..SourceHealth::default()
    };
    house.snapshots.send_replace(Arc::new(Snapshot { sources: vec![filling], ..Snapshot::default() }));
    assert_eq!(house.get("/healthz").await, (200, "ok\n".into()));
    let not_yet = "nothing has been evaluated yet\nhttp://prom:9090: reading history, 3 of 40\n";
    assert_eq!(house.get("/readyz").await, (503, not_yet.into()));
    assert_eq!(house.get("/api/v1/status").await.0, 503);
    house.snapshots.send_replace(Arc::new(judged()));
    assert_eq!(house.get("/readyz").await, (200, "ready\n".into()));
    let full = Snapshot { ledger_error: Some("the disk is\u{1b}[31m full".into()), ..judged() };
    house.snapshots.send_replace(Arc::new(full));
    assert_eq!(house.get("/readyz").await, (503, "the ledger cannot be written: the disk is?[31m full\n".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_that_hangs_is_not_healthy() {
    let house = open().await;
    house.snapshots.send_replace(Arc::new(judged()));
    assert_eq!(house.get("/healthz").await.0, 200);
    house.clock.advance(Span::from_mins(6));
    assert_eq!(house.get("/healthz").await, (503, "nothing was published for 6m00s\n".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_metrics_follow_the_table_and_the_snapshot() {
    let house = open().await;
    house.snapshots.send_replace(Arc::new(judged()));
    let labels = PageLabels { receiver: "ops".into(), kind: "first", outcome: "delivered" };
    house.metrics.pages.get_or_create(&labels).inc();
    house.metrics.delivery.get_or_create(&ReceiverLabels { receiver: "ops".into() }).observe(0.3);
    house.metrics.emergencies.get_or_create(&EmergencyLabels { receiver: "ops".into(), outcome: "retry" }).inc();
    house.get("/healthz").await;
    let (status, text) = house.get("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        r#"burnledger_slo_burn_rate{slo="checkout/availability",group="{region=\"eu\\\"west\"}",window="5m"} 58.0"#,
        r#"burnledger_slo_budget_remaining_ratio{slo="checkout/availability",group="{region=\"eu\\\"west\"}"} -0.124"#,
        r#"burnledger_pages_total{receiver="ops",kind="first",outcome="delivered"} 1"#,
        r#"burnledger_slo_held_back{slo="checkout/availability",group="{region=\"eu\\\"west\"}"} 0.0"#,
        r#"burnledger_incident_cost_per_minute{incident="INC-0142",service="checkout-api",currency="USD"} 918.0"#,
        r#"burnledger_incident_cost_so_far{incident="INC-0142",service="checkout-api",currency="USD"} 26711.4"#,
        r#"burnledger_pages_waiting{receiver="ops"} 3.0"#,
        r#"burnledger_receiver_failing{receiver="ops"} 1.0"#,
        r#"burnledger_source_up{source="http://prom:9090"} 1.0"#,
        r#"burnledger_http_requests_total{route="/healthz",status="200"} 1"#,
        "burnledger_leading 1.0",
        "burnledger_evaluations_total 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
    }
    assert!(!text.contains(r#"window="1h""#), "an unknown burn rate is left out, not 0 or NaN:\n{text}");
    for row in TABLE {
        assert!(text.contains(&format!("# TYPE {} {}\n", row.name, row.kind)), "{} is missing in\n{text}", row.name);
        assert!(text.contains(&format!("# HELP {} {}", row.name, row.help)), "{}", row.name);
    }
    let families = text.lines().filter(|l| l.starts_with("# TYPE")).count();
    assert_eq!(families, TABLE.len(), "every metric stands in the table:\n{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_prometheus_reads_them() {
    if !support::require("prometheus") {
        return;
    }
    let house = open().await;
    house.snapshots.send_replace(Arc::new(judged()));
    let port = house.port;
    let config = format!(
        "global: {{scrape_interval: 1s}}\nscrape_configs: [{{job_name: burnledger, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"
    );
    let held = spawn_blocking(move || {
        let server = support::Prometheus::start(&config);
        let burn = "/api/v1/query?query=burnledger_slo_burn_rate%20and%20on()%20up%20%3D%3D%201";
        let read = || support::http("GET", server.port, burn, b"").is_some_and(|(_, body)| body.contains(r#"window":"5m"#));
        let came = support::wait_until(std::time::Duration::from_secs(90), read);
        let targets = support::http("GET", server.port, "/api/v1/targets", b"");
        (came, targets)
    });
    let (came, targets) = held.await.unwrap();
    assert!(came, "{targets:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_status_is_the_contracts_json() {
    let house = open().await;
    house.snapshots.send_replace(Arc::new(judged()));
    let (status, text) = house.get("/api/v1/status").await;
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &json["at"]), (200, &"2026-03-02T02:17:00Z".into()));
    assert_eq!(json["slos"][0]["id"], "checkout/availability");
    assert_eq!(json["slos"][0]["severity"], "P0");
    assert_eq!(json["slos"][0]["windows"][1]["burn_rate"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_paths_and_methods_are_refused_and_stop_ends_it() {
    let house = open().await;
    assert_eq!(house.get("/../etc/passwd").await.0, 404);
    assert!(house.get("/").await.1.contains("/readyz"));
    let port = house.port;
    let post = spawn_blocking(move || support::http("POST", port, "/healthz", b"x")).await.unwrap();
    assert_eq!(post.unwrap().0, 405);
    house.stop.send_replace(true);
    assert!(house.task.await.unwrap().is_ok());
}
