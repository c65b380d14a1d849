//! Measured flaws of the tools between an alert and a person, each reproduced with the real server, and the same fault at a
//! direct receiver of ours: at least one page, and exactly one key.

use super::bench::{Bench, hook, levels};
use super::crooked::{Crooked, Does, until};
use crate::support::{self, Guard, require, wait_until};
use burnledger::domain::base::{Severity, Span};
use burnledger::domain::paging::DispatchKind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const BINARY: &str = "prometheus-alertmanager";

/// An Alertmanager on a folder that outlives it.
struct Alertmanager {
    guard: Guard,
    port: u16,
}

impl Alertmanager {
    fn start(folder: &Path, group_wait: &str, group_interval: &str, people: &Crooked) -> Self {
        let config = format!(
            "route: {{receiver: people, group_wait: {group_wait}, group_interval: {group_interval}, group_by: [incident]}}\n\
             receivers: [{{name: people, webhook_configs: [{{url: '{}'}}]}}]\n",
            people.url()
        );
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("am.yml"), config).unwrap();
        let port = support::free_port();
        let mut command = Command::new(BINARY);
        command
            .arg(format!("--config.file={}", dir.path().join("am.yml").display()))
            .arg(format!("--storage.path={}", folder.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--cluster.listen-address=", "--log.level=warn"]);
        let mut guard = Guard::start(BINARY, dir, &mut command);
        guard.wait_ready(Duration::from_secs(30), || matches!(support::http("GET", port, "/-/ready", b""), Some((200, _))));
        Self { guard, port }
    }

    /// Sends alerts; returns the status.
    fn tell(&self, alerts: &Value) -> u16 {
        post(self.port, &alerts.to_string())
    }

    fn listed(&self) -> Vec<Value> {
        let (_, body) = support::http("GET", self.port, "/api/v2/alerts", b"").expect("Alertmanager answers");
        serde_json::from_str(&body).unwrap()
    }
}

/// A POST of JSON: the API refuses other types.
fn post(port: u16, body: &str) -> u16 {
    use std::io::{Read, Write};
    let mut link = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = "POST /api/v2/alerts HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\n";
    link.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    let mut answer = String::new();
    link.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

fn alert(change: &Value) -> Value {
    let mut alert = json!({ "labels": { "alertname": "SLOBurn", "incident": "1" }, "annotations": {} });
    for (key, value) in change.as_object().unwrap() {
        alert[key] = value.clone();
    }
    alert
}

fn firing() -> Value {
    json!([alert(&json!({ "endsAt": "2099-01-01T00:00:00Z" }))])
}

fn over() -> Value {
    json!([alert(&json!({ "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2020-01-02T00:00:00Z" }))])
}

/// Waits as long as a server's own timer needs, while a condition must not come true.
async fn stays(what: &str, limit: Duration, cond: impl FnMut() -> bool + Send + 'static) {
    let came = tokio::task::spawn_blocking(move || wait_until(limit, cond)).await.unwrap();
    assert!(!came, "{what}");
}

fn keys(server: &Crooked) -> BTreeSet<String> {
    server.seen().iter().map(|s| s.text("/key")).collect()
}

/// At least one page was accepted, and all carry one key.
fn one_incident(server: &Crooked) {
    assert!(!server.accepted().is_empty(), "{:?}", server.seen());
    assert_eq!(keys(server).len(), 1, "{:?}", keys(server));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d1_a_killed_alertmanager_forgets_and_pages_again_under_no_key_of_its_own() {
    if !require(BINARY) {
        return;
    }
    let (people, folder) = (Crooked::start([]).await, tempfile::tempdir().unwrap());
    let first = Alertmanager::start(folder.path(), "0s", "5m", &people);
    assert_eq!(first.tell(&firing()), 200);
    until("people are told", || people.seen().len() == 1).await;
    first.guard.signal("KILL");
    drop(first);
    let again = Alertmanager::start(folder.path(), "0s", "5m", &people);
    assert!(again.listed().is_empty(), "the alert is forgotten");
    again.tell(&firing());
    until("people are told again", || people.seen().len() == 2).await;

    // Ours: the same crash while sending; the receiver can drop the double by its key.
    let ours = Crooked::start([Does::Nothing]).await;
    let bench = Bench::new(vec![hook("ops", &ours)], levels(&["ops"])).await.start();
    bench.opens("checkout", Severity::P0, &["ops"]).await;
    until("it is being sent", || ours.seen().len() == 1).await;
    let bench = bench.crash_and_restart().await;
    bench.pass_until_settled().await;
    one_incident(&ours);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d2_one_429_and_an_early_end_lose_the_page_for_good_there_and_not_here() {
    if !require(BINARY) {
        return;
    }
    let (people, folder) = (Crooked::start([Does::status(429)]).await, tempfile::tempdir().unwrap());
    let server = Alertmanager::start(folder.path(), "0s", "2s", &people);
    server.tell(&firing());
    until("the first page was refused", || people.seen().len() == 1).await;
    server.tell(&over());
    let port = server.port;
    stays("a page came after all", Duration::from_secs(5), move || port == 0).await;
    assert_eq!((people.seen().len(), people.seen()[0].accepted), (1, false), "nobody ever heard of it: {:?}", people.seen());

    let ours = Crooked::start([Does::Says(429, "Retry-After: 1\r\n", String::new())]).await;
    let bench = Bench::new(vec![hook("ops", &ours)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["ops"]).await;
    until("the first page was refused", || ours.seen().len() == 1).await;
    bench.resolves(incident, "checkout", Severity::P0, &["ops"]).await;
    bench.pass_until_settled().await;
    one_incident(&ours);
    assert!(ours.seen().last().unwrap().text("/text/title").contains("has ended before this could be delivered"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d3_a_no_in_the_body_of_a_200_counts_as_delivered_there_and_is_tried_again_here() {
    if !require(BINARY) {
        return;
    }
    let no = || Does::body(200, r#"{"errcode":130101,"errmsg":"send too fast"}"#);
    let (people, folder) = (Crooked::start([no()]).await, tempfile::tempdir().unwrap());
    let server = Alertmanager::start(folder.path(), "0s", "1s", &people);
    server.tell(&firing());
    until("it was sent", || people.seen().len() == 1).await;
    let port = server.port;
    stays("it was sent again", Duration::from_secs(3), move || port == 0).await;
    assert_eq!(people.seen().len(), 1, "believed to be delivered");

    let ours = Crooked::start([no()]).await;
    let bench = Bench::new(vec![hook("ops", &ours)], levels(&["ops"])).await.start();
    bench.opens("checkout", Severity::P0, &["ops"]).await;
    bench.pass_until_settled().await;
    one_incident(&ours);
    assert_eq!(ours.seen().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d4_a_batch_with_one_bad_alert_is_refused_and_half_accepted_so_ours_go_one_by_one() {
    if !require(BINARY) {
        return;
    }
    let (people, folder) = (Crooked::start([]).await, tempfile::tempdir().unwrap());
    let server = Alertmanager::start(folder.path(), "0s", "5m", &people);
    let bad = json!({ "labels": { "bad label": "x" } });
    assert_eq!(server.tell(&json!([alert(&json!({ "endsAt": "2099-01-01T00:00:00Z" })), bad])), 400);
    assert_eq!(server.listed().len(), 1, "and yet the good one is in");

    let ours = Crooked::start([]).await;
    ours.then(Does::status(200));
    let url = burnledger::kit::http::Address::parse(&format!("http://127.0.0.1:{}", ours.port)).unwrap();
    let am = burnledger::notify::Alertmanager::new(burnledger::notify::AlertmanagerSettings::new("am", vec![url])).unwrap();
    let bench = Bench::new(vec![std::sync::Arc::new(am)], levels(&["am"])).await.start();
    for service in ["checkout", "search"] {
        bench.opens(service, Severity::P0, &["am"]).await;
    }
    bench.pass_until_settled().await;
    assert!(ours.seen().iter().all(|s| s.body.as_array().is_some_and(|list| list.len() == 1)), "{:?}", ours.seen());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d5_what_fires_and_ends_within_the_wait_leaves_no_trace_there_and_one_message_here() {
    if !require(BINARY) {
        return;
    }
    let (people, folder) = (Crooked::start([]).await, tempfile::tempdir().unwrap());
    let server = Alertmanager::start(folder.path(), "2s", "2s", &people);
    server.tell(&firing());
    server.tell(&over());
    let port = server.port;
    stays("somebody was told", Duration::from_secs(5), move || port == 0).await;
    assert!(people.seen().is_empty(), "{:?}", people.seen());

    // Ours: the receiver is away while it fires and ends.
    let ours = Crooked::start([Does::Close, Does::status(500), Does::Nothing]).await;
    let bench = Bench::new(vec![hook("ops", &ours)], levels(&["ops"])).await;
    let incident = bench.opens("checkout", Severity::P0, &["ops"]).await;
    bench.resolves(incident, "checkout", Severity::P0, &["ops"]).await;
    let bench = bench.start();
    bench.pass_until_settled().await;
    one_incident(&ours);
    let told: Vec<String> = ours.seen().iter().filter(|s| s.accepted).map(|s| s.text("/status")).collect();
    assert_eq!(told, ["resolved"], "one message tells both");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d6_a_severity_in_the_labels_makes_a_second_alert_there_and_stays_one_incident_here() {
    if !require(BINARY) {
        return;
    }
    let (people, folder) = (Crooked::start([]).await, tempfile::tempdir().unwrap());
    let server = Alertmanager::start(folder.path(), "0s", "5m", &people);
    for severity in ["P1", "P0"] {
        let labels = json!({ "alertname": "SLOBurn", "incident": "1", "severity": severity });
        server.tell(&json!([alert(&json!({ "labels": labels, "endsAt": "2099-01-01T00:00:00Z" }))]));
    }
    assert_eq!(server.listed().len(), 2, "the old one is still listed as firing");

    let ours = Crooked::start([]).await;
    let bench = Bench::new(vec![hook("ops", &ours)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P1, &["ops"]).await;
    bench.pages(incident, "checkout", DispatchKind::Raised, Severity::P0, "ops", 0).await;
    bench.pass_until_settled().await;
    assert_eq!(ours.accepted(), ["checkout first P1", "checkout raised P0"]);
    one_incident(&ours);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d7_a_second_occurrence_within_the_interval_is_invisible_there_and_told_here() {
    if !require(BINARY) {
        return;
    }
    let (people, folder) = (Crooked::start([]).await, tempfile::tempdir().unwrap());
    let server = Alertmanager::start(folder.path(), "0s", "2s", &people);
    server.tell(&firing());
    until("people are told", || people.seen().len() == 1).await;
    server.tell(&over());
    server.tell(&firing());
    let port = server.port;
    stays("the second occurrence was told", Duration::from_secs(4), move || port == 0).await;
    assert_eq!(people.seen().len(), 1);

    let ours = Crooked::start([]).await;
    let bench = Bench::new(vec![hook("ops", &ours)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["ops"]).await;
    bench.pass_until_settled().await;
    bench.resolves(incident, "checkout", Severity::P0, &["ops"]).await;
    bench.pass_until_settled().await;
    bench.pages(incident, "checkout", DispatchKind::Reopened, Severity::P0, "ops", 0).await;
    bench.pass_until_settled().await;
    assert_eq!(ours.accepted(), ["checkout first P0", "checkout resolved P0", "checkout reopened P0"]);
    one_incident(&ours);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn d8_prometheus_says_that_trouble_began_when_its_alert_fired_and_ours_when_users_were_hurt() {
    if !require("prometheus") || !require(BINARY) {
        return;
    }
    let (people, folder) = (Crooked::start([]).await, tempfile::tempdir().unwrap());
    let server = Alertmanager::start(folder.path(), "0s", "5m", &people);
    let rules = tempfile::tempdir().unwrap();
    let file = rules.path().join("rules.yml");
    std::fs::write(&file, "groups: [{name: g, interval: 1s, rules: [{alert: Burn, expr: 'vector(1)', for: 3s}]}]\n").unwrap();
    let config = format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\n\
         alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{}']}}]}}]}}\n",
        file.display(),
        server.port
    );
    let prometheus =
        tokio::task::spawn_blocking(move || support::Prometheus::launch(&config, None, &["--rules.alert.resend-delay=1s"]))
            .await
            .unwrap();
    until("it fires", || !server.listed().is_empty()).await;
    let instant = |value: &Value| burnledger::domain::base::Ms::parse_rfc3339(value.as_str().unwrap()).unwrap();
    let (_, body) = support::http("GET", prometheus.port, "/api/v1/alerts", b"").unwrap();
    let active: Value = serde_json::from_str(&body).unwrap();
    let began = instant(&active["data"]["alerts"][0]["activeAt"]);
    let told = instant(&server.listed()[0]["startsAt"]);
    assert!(told.since(began) >= Span::from_secs(3), "the hold is missing from every duration: {began} {told}");

    let ours = Crooked::start([]).await;
    let bench = Bench::new(vec![hook("ops", &ours)], levels(&["ops"])).await.start();
    bench.opens("checkout", Severity::P0, &["ops"]).await;
    bench.pass_until_settled().await;
    let page = &ours.seen()[0];
    assert_eq!(
        (page.text("/times/impact_start"), page.text("/times/detected")),
        ("2026-03-02T02:11:00Z".into(), "2026-03-02T02:17:00Z".into())
    );
    one_incident(&ours);
}
