//! How quickly the real program draws its first screen and answers keys while Prometheus is stopped (SIGSTOP): an incident
//! is exactly when Prometheus is slow.
//!
//! The limits are wide and the quickest of several tries counts, because other work of the machine only ever adds; a screen
//! that waited for its source would be late every time. The aims themselves are measured by `cargo bench --bench dashboard`.

use super::terminal::Terminal;
use crate::support::{Prometheus, require, wait_until};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_mins(1);

/// Two SLOs on Prometheus' own counters.
const SLOS: &str = r#"version: burnledger/v1
service: prometheus
slos:
  - name: answers
    target: 99%
    period: 30d
    sli:
      events:
        bad: prometheus_http_requests_total{code=~"5.."}
        total: prometheus_http_requests_total
  - name: pages
    target: 99%
    period: 30d
    sli:
      events:
        bad: prometheus_http_requests_total{handler="/graph", code=~"5.."}
        total: prometheus_http_requests_total{handler="/graph"}
"#;

fn command(prometheus: &str, dir: &std::path::Path) -> String {
    format!(
        "clear; {} tui --prometheus {prometheus} --slos {}/slos --ledger {}/ledger.db; echo rc=$?",
        env!("CARGO_BIN_EXE_burnledger"),
        dir.display(),
        dir.display()
    )
}

/// How long it takes from `act` until `seen`.
fn until(act: impl FnOnce(), seen: impl FnMut() -> bool) -> Duration {
    let from = Instant::now();
    act();
    assert!(wait_until(LIMIT, seen), "nothing was seen");
    from.elapsed()
}

#[test]
fn keys_and_the_first_screen_do_not_wait_for_a_stopped_prometheus() {
    if !require("prometheus") {
        return;
    }
    let Some(t) = Terminal::open(120, 36) else { return };
    let prometheus = Prometheus::start("global: {scrape_interval: 1s}\n");
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("slos")).expect("a folder");
    std::fs::write(dir.path().join("slos/self.yaml"), SLOS).expect("a file");
    let run = command(&prometheus.url(), dir.path());
    t.line(&run);
    t.wait("prometheus/answers");
    prometheus.guard.signal("STOP");

    // The screen tells within seconds that nothing comes, and keeps what it has.
    let mut took: Vec<Duration> = (0..8)
        .flat_map(|_| {
            let opened = until(|| t.keys(&["?"]), || t.screen().contains("this help"));
            [opened, until(|| t.keys(&["Escape"]), || !t.screen().contains("this help"))]
        })
        .collect();
    took.sort();
    // No key waited for the source, whose time-out is 10 s; how quick they are on a calm machine is what the bench prints.
    assert!(took[0] <= Duration::from_secs(1), "keys took {took:?} to the screen");
    assert!(took[took.len() - 1] <= Duration::from_secs(8), "keys took {took:?} to the screen");
    t.keys(&["q"]);
    t.wait("rc=0");

    // A fresh start against the stopped server: names and frame at once.
    let first = (0..5)
        .map(|_| {
            t.line("clear");
            assert!(wait_until(LIMIT, || !t.screen().contains("rc=0")));
            let took = until(|| t.line(&run), || t.screen().contains("[1] SLOs"));
            t.keys(&["q"]);
            t.wait("rc=0");
            took
        })
        .min()
        .expect("a try");
    prometheus.guard.signal("CONT");
    assert!(first <= Duration::from_secs(2), "the first screen took {first:?}");
}
