//! The sign of life of the real program: it beats while the program leads, and stays away once the program is gone.

use crate::receivers::crooked::{Crooked, until};
use crate::support::{Guard, free_port, wait_until};
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
