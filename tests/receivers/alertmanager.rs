//! Real Alertmanager: one incident is one alert, it starts with the impact, survives a kill, and ends.

use super::bench::{Bench, levels};
use super::crooked::{Crooked, Does, until};
use super::webhook::row;
use crate::support::{self, require, wait_until};
use burnledger::clock::SystemClock;
use burnledger::domain::base::{Ms, Now, Severity, Span};
use burnledger::domain::paging::{Dispatch, DispatchKind, SendOutcome};
use burnledger::kit::http::Address;
use burnledger::ledger::MemoryLedger;
use burnledger::notify::{Alertmanager, AlertmanagerSettings};
use burnledger::ports::{Clock, Notifier};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

const BINARY: &str = "prometheus-alertmanager";
const CONFIG: &str = "route: {receiver: none, group_wait: 0s}\nreceivers: [{name: none}]\n";

fn settings(urls: &[String]) -> AlertmanagerSettings {
    let instances = urls.iter().map(|u| Address::parse(u).unwrap()).collect();
    let mut settings = AlertmanagerSettings::new("am", instances);
    settings.http.connect = Span(500);
    settings.http.total = Span::from_secs(3);
    settings
}

fn receiver(urls: &[String], change: impl FnOnce(&mut AlertmanagerSettings)) -> Alertmanager {
    let mut settings = settings(urls);
    change(&mut settings);
    Alertmanager::new(settings).unwrap()
}

fn now() -> Now {
    SystemClock::new().now()
}

/// A page of an incident that began six minutes ago.
fn told(kind: DispatchKind, severity: Severity) -> Dispatch {
    let mut row = row(kind, severity);
    let now = now().wall;
    row.content.impact_start = Some(Ms((now - Span::from_mins(6)).0 / 1000 * 1000));
    row.content.detected = Some(now);
    row.created = now;
    row
}

/// Alerts as Alertmanager lists them: firing ones only.
fn alerts(port: u16) -> Vec<Value> {
    let (status, body) = support::http("GET", port, "/api/v2/alerts", b"").expect("Alertmanager answers");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).expect("a list of alerts")
}

fn text<'a>(alert: &'a Value, path: &str) -> &'a str {
    alert.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn instant(alert: &Value, path: &str) -> Ms {
    Ms::parse_rfc3339(text(alert, path)).expect("a time")
}

async fn delivered(am: &Alertmanager, page: &Dispatch) -> String {
    match am.deliver(page, now()).await {
        SendOutcome::Delivered { detail } => detail.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_incident_is_one_alert_from_its_first_page_to_its_end() {
    if !require(BINARY) {
        return;
    }
    let server = support::Alertmanager::start(CONFIG);
    let am = receiver(&[server.url()], |_| {});
    let first = told(DispatchKind::First, Severity::P1);
    assert_eq!(delivered(&am, &first).await, "accepted by 1 of 1");
    let before = alerts(server.port);
    assert_eq!(before.len(), 1, "{before:#?}");
    let alert = &before[0];
    for (path, value) in [
        ("/labels/alertname", "SLOBurn"),
        ("/labels/service", "checkout"),
        ("/labels/burnledger_ledger", "lab"),
        ("/labels/incident", "17"),
        ("/annotations/severity", "P1"),
        ("/annotations/summary", "[P1] checkout: availability is failing (INC-0017)"),
        ("/annotations/runbook_url", "https://runbooks.example/checkout"),
        ("/status/state", "active"),
    ] {
        assert_eq!(text(alert, path), value, "{path} of {alert:#}");
    }
    assert_eq!(instant(alert, "/startsAt"), first.content.impact_start.unwrap(), "it starts with the impact, not with the page");
    let ahead = instant(alert, "/endsAt").since(now().wall);
    assert!(ahead > Span::from_secs(200) && ahead <= Span::from_mins(4), "it would end by itself in {ahead}");

    let mut raised = told(DispatchKind::Raised, Severity::P0);
    raised.content = first.content.clone();
    raised.content.slos.push(burnledger::domain::base::SloId::new("checkout", "latency"));
    delivered(&am, &raised).await;
    let after = alerts(server.port);
    assert_eq!(after.len(), 1, "severity rose and another objective joined: still one alert {after:#?}");
    assert_eq!(text(&after[0], "/fingerprint"), text(alert, "/fingerprint"));
    assert_eq!(text(&after[0], "/annotations/severity"), "P0");

    let mut resolved = told(DispatchKind::Resolved, Severity::P0);
    resolved.content = raised.content.clone();
    resolved.content.resolved = Some(now().wall);
    delivered(&am, &resolved).await;
    let port = server.port;
    assert!(wait_until(Duration::from_secs(30), || alerts(port).is_empty()), "it ended: {:#?}", alerts(port));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_severity_as_a_label_the_former_alert_ends_in_the_same_breath() {
    if !require(BINARY) {
        return;
    }
    let server = support::Alertmanager::start(CONFIG);
    let am = receiver(&[server.url()], |s| {
        s.severity_label = true;
        s.labels.insert("team".into(), "payments".into());
    });
    let first = told(DispatchKind::First, Severity::P1);
    delivered(&am, &first).await;
    let mut raised = told(DispatchKind::Raised, Severity::P0);
    raised.content = first.content.clone();
    delivered(&am, &raised).await;
    let port = server.port;
    assert!(wait_until(Duration::from_secs(30), || alerts(port).len() == 1), "never two: {:#?}", alerts(port));
    let left = &alerts(port)[0];
    assert_eq!((text(left, "/labels/severity"), text(left, "/labels/team")), ("P0", "payments"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_instance_gets_it_and_a_dead_one_is_named() {
    if !require(BINARY) {
        return;
    }
    let (a, b) = (support::Alertmanager::start(CONFIG), support::Alertmanager::start(CONFIG));
    let dead = format!("http://127.0.0.1:{}", support::free_port());
    let am = receiver(&[a.url(), dead.clone(), b.url()], |_| {});
    let detail = delivered(&am, &told(DispatchKind::First, Severity::P0)).await;
    assert!(detail.starts_with("accepted by 2 of 3; ") && detail.contains(&dead), "{detail}");
    assert_eq!((alerts(a.port).len(), alerts(b.port).len()), (1, 1));
    let alone = receiver(&[dead], |_| {});
    let outcome = alone.deliver(&told(DispatchKind::First, Severity::P0), now()).await;
    assert!(matches!(&outcome, SendOutcome::Retry { why, .. } if why.contains("no connection")), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alert_that_is_refused_is_refused_in_alertmanagers_words() {
    if !require(BINARY) {
        return;
    }
    let server = support::Alertmanager::start(CONFIG);
    let am = receiver(&[server.url()], |s| {
        s.labels.insert("no label".into(), "x".into());
    });
    let outcome = am.deliver(&told(DispatchKind::First, Severity::P0), now()).await;
    assert!(
        matches!(&outcome, SendOutcome::Permanent { why } if why.contains("HTTP 400") && why.contains("label")),
        "{outcome:?}"
    );
    assert!(alerts(server.port).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_over_before_it_is_told_is_notified_all_the_same() {
    if !require(BINARY) {
        return;
    }
    let people = Crooked::start([]).await;
    let config = format!(
        "route: {{receiver: people, group_wait: 1s, group_by: [incident]}}\nreceivers: [{{name: people, webhook_configs: [{{url: '{}'}}]}}]\n",
        people.url()
    );
    let server = support::Alertmanager::start(&config);
    let am = receiver(&[server.url()], |_| {});
    let mut over = told(DispatchKind::Resolved, Severity::P0);
    over.content.resolved = Some(now().wall);
    delivered(&am, &over.combined()).await;
    until("people hear of it", || !people.seen().is_empty()).await;
    let told = &people.seen()[0];
    assert!(told.text("/commonAnnotations/summary").contains("has ended before this could be delivered"), "{:#}", told.body);
}

/// A courier over a real Alertmanager. Its clock starts two minutes behind, so that moving it by one still ends alerts at once.
async fn at_work(am: Arc<dyn Notifier>) -> Bench {
    Bench::over(MemoryLedger::new("lab"), |l| Arc::new(l), now().wall - Span::from_mins(2), vec![am], levels(&["am"]))
        .await
        .start()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_alertmanager_that_forgot_all_holds_the_alert_again_within_a_minute() {
    if !require(BINARY) {
        return;
    }
    let server = support::Alertmanager::start(CONFIG);
    let (port, url) = (server.port, server.url());
    // The address stays, as that of a restarted server does.
    let door = Door::open(port).await;
    let bench = at_work(Arc::new(receiver(&[door.url()], |_| {}))).await;
    let incident = bench.opens("checkout", Severity::P0, &["am"]).await;
    bench.pass_until_settled().await;
    assert_eq!(alerts(port).len(), 1);
    drop(server);
    let again = support::Alertmanager::start(CONFIG);
    assert_ne!(again.url(), url);
    assert!(alerts(again.port).is_empty(), "it remembers nothing");
    door.leads_to(again.port);
    // Less than a minute: no reminder yet. Then one, and no page.
    bench.clock.advance(Span::from_secs(61));
    until("the reminder came", || alerts(again.port).len() == 1).await;
    assert_eq!(bench.rows(incident).await.len(), 1, "nobody was paged anew");
    assert_eq!(text(&alerts(again.port)[0], "/labels/incident"), "1");

    bench.resolves(incident, "checkout", Severity::P0, &["am"]).await;
    bench.pass_until_settled().await;
    let port = again.port;
    assert!(wait_until(Duration::from_secs(30), || alerts(port).is_empty()), "it ended: {:#?}", alerts(port));
    assert_eq!(bench.states(incident).await, ["am first Delivered", "am resolved Delivered"]);
}

/// Reminders against a server that counts them.
#[tokio::test]
async fn reminders_come_each_minute_while_it_burns_and_five_minutes_after_its_end() {
    let server = Crooked::start([]).await;
    server.then(Does::status(200));
    let url = format!("http://127.0.0.1:{}", server.port);
    let bench = at_work(Arc::new(receiver(&[url], |_| {}))).await;
    let incident = bench.opens("checkout", Severity::P0, &["am"]).await;
    bench.pass_until_settled().await;
    let ends = |n: usize| {
        let seen = server.seen();
        let alert = seen.get(n).map(|s| s.body[0].clone()).unwrap_or_default();
        instant(&alert, "/endsAt")
    };
    for turn in 1..=3 {
        bench.clock.advance(Span::from_mins(1));
        until("a reminder came", || server.seen().len() == 1 + turn).await;
        assert!(ends(turn) > ends(turn - 1), "each reminder moves the end on");
    }
    bench.resolves(incident, "checkout", Severity::P0, &["am"]).await;
    bench.pass_until_settled().await;
    let resolved = server.seen().len();
    let end = ends(resolved - 1);
    assert!(end <= bench.clock.now().wall);
    for turn in 1..=20 {
        bench.clock.advance(Span::from_mins(1));
        let (want, now) = (resolved + turn.min(5), bench.clock.now());
        until("the courier looked", || bench.clock.next_wake().is_some_and(|at| at > now.mono)).await;
        until("a reminder of the end came", || server.seen().len() >= want).await;
    }
    let seen = server.seen();
    assert!(seen.len() <= resolved + 6, "{} reminders after the end", seen.len() - resolved);
    assert!(seen[resolved..].iter().all(|s| Ms::parse_rfc3339(s.body[0]["endsAt"].as_str().unwrap()).unwrap() <= end + Span(1)));
}

/// A door in front of a server: the address stays while the server behind it changes.
struct Door {
    port: u16,
    to: Arc<std::sync::atomic::AtomicU16>,
    task: tokio::task::JoinHandle<()>,
}

impl Door {
    async fn open(to: u16) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let to = Arc::new(std::sync::atomic::AtomicU16::new(to));
        let task = tokio::spawn({
            let to = to.clone();
            async move {
                while let Ok((mut link, _)) = listener.accept().await {
                    let to = to.load(std::sync::atomic::Ordering::SeqCst);
                    tokio::spawn(async move {
                        if let Ok(mut behind) = tokio::net::TcpStream::connect(("127.0.0.1", to)).await {
                            let _ = tokio::io::copy_bidirectional(&mut link, &mut behind).await;
                        }
                    });
                }
            }
        });
        Self { port, to, task }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn leads_to(&self, port: u16) {
        self.to.store(port, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
    }
}
