//! The sign of life of the real program: it beats while the program leads, and stays away once the program is gone.

use crate::receivers::crooked::{Crooked, until};
use crate::support::{self, Guard, free_port, http, require, wait_until};
use std::process::Command;
use std::time::Duration;

const SLO: &str = "version: burnledger/v1\nservice: checkout\nslos:\n  - name: availability\n    target: 99.9%\n    sli: {events: {bad: 'x_total{code=\"500\"}', total: x_total}}\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_beats_while_the_program_lives_and_its_absence_is_seen() {
    let watcher = Crooked::start([]).await;
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("slo.yaml"), SLO).unwrap();
    let config = format!(
        "prometheus: {{url: 'http://127.0.0.1:{}', timeout: 1s}}\nslos: slo.yaml\nledger: ledger.db\nlisten: 127.0.0.1:{}\n\
         receivers: {{watcher: {{webhook: {{url: '{}'}}}}}}\nheartbeat: {{every: 500ms, receivers: watcher}}\n",
        free_port(),
        free_port(),
        watcher.url()
    );
    let file = dir.path().join("burnledger.yaml");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_burnledger"));
    command.args(["watch", "--config"]).arg(&file);
    let guard = Guard::start("burnledger", dir, &mut command);
    until("it beats", || watcher.seen().len() >= 3).await;
    let beat = &watcher.seen()[0];
    assert_eq!((beat.text("/kind"), beat.text("/status")), ("heartbeat".into(), "heartbeat".into()), "{}", guard.log());
    assert!(beat.text("/key").starts_with("burnledger/heartbeat/"), "{}", beat.text("/key"));
    guard.signal("STOP");
    let before = watcher.seen().len();
    let more = tokio::task::spawn_blocking(move || wait_until(Duration::from_secs(2), move || watcher.seen().len() > before + 1));
    assert!(!more.await.unwrap(), "a program that hangs gives no sign of life");
    guard.signal("CONT");
}

/// Alertmanager holds the alert while the program beats; once it is killed, the alert's end pages people.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_alertmanager_pages_when_the_program_is_killed() {
    if !require("prometheus-alertmanager") {
        return;
    }
    let people = Crooked::start([]).await;
    let routes = format!(
        "route: {{receiver: people, group_wait: 0s, group_interval: 1s}}\n\
         receivers: [{{name: people, webhook_configs: [{{url: '{}', send_resolved: true}}]}}]\n",
        people.url()
    );
    let server = support::Alertmanager::start(&routes);
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("slo.yaml"), SLO).unwrap();
    let config = format!(
        "prometheus: {{url: 'http://127.0.0.1:9', timeout: 1s}}\nslos: slo.yaml\nledger: ledger.db\nlisten: 127.0.0.1:{}\n\
         receivers: {{am: {{alertmanager: {{urls: ['{}']}}}}}}\nheartbeat: {{every: 2s, receivers: am}}\n",
        free_port(),
        server.url()
    );
    let file = dir.path().join("burnledger.yaml");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_burnledger"));
    command.args(["watch", "--config"]).arg(&file);
    let guard = Guard::start("burnledger", dir, &mut command);
    let port = server.port;
    let held = tokio::task::spawn_blocking(move || wait_until(Duration::from_mins(1), || holds_now(port)));
    assert!(held.await.unwrap(), "{}", guard.log());
    let beat = |seen: &crate::receivers::crooked::Seen, status: &str| {
        seen.text("/commonLabels/alertname") == "BurnledgerHeartbeat" && seen.text("/status") == status
    };
    let told = |status: &str| people.seen().iter().any(|seen| beat(seen, status));
    until("people see it firing", || told("firing")).await;
    guard.signal("KILL");
    // Four beats long it is believed to be alive.
    let gone = tokio::task::spawn_blocking(move || wait_until(Duration::from_mins(1), || !holds_now(port)));
    assert!(gone.await.unwrap(), "the alert ends when nobody renews it");
    until("the end of the beats pages people", || told("resolved")).await;
}

/// Alertmanager knows of the sign of life.
fn holds_now(port: u16) -> bool {
    http("GET", port, "/api/v2/alerts", b"").is_some_and(|(_, body)| body.contains("BurnledgerHeartbeat"))
}
