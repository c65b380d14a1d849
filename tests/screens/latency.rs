//! The real program while Prometheus is stopped (SIGSTOP): an incident is exactly when Prometheus is slow.
//!
//! The source's time-out is far longer than any wait here, so a screen or a key that waited for it would never come. How quick
//! they are is printed by `cargo bench --bench dashboard`; a machine that is busy with other tests has nothing to say of that.

use super::terminal::Terminal;
use crate::support::{Prometheus, require};

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

fn command(dir: &std::path::Path) -> String {
    let (bin, dir) = (env!("CARGO_BIN_EXE_burnledger"), dir.display());
    format!("clear; (cd {dir} && XDG_STATE_HOME={dir} XDG_CONFIG_HOME={dir} {bin} tui); echo rc=$?")
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
    let config = format!("step: 5s\nprometheus: {{url: '{}', timeout: 5m}}\n", prometheus.url());
    std::fs::write(dir.path().join("burnledger.yaml"), config).expect("a file");
    let run = command(dir.path());
    t.line(&run);
    t.wait("prometheus/answers");
    t.wait("LIVE");
    prometheus.guard.signal("STOP");
    for _ in 0..8 {
        t.keys(&["?"]);
        t.wait("find a key");
        t.keys(&["Escape"]);
        t.gone("find a key");
    }
    t.keys(&["q"]);
    t.wait("rc=0");
    // A fresh start against the stopped server: names and frame at once, and it can be left.
    t.line(&run);
    t.wait("[1] SLOs");
    t.wait("prometheus/answers");
    t.keys(&["q"]);
    t.wait("rc=0");
    prometheus.guard.signal("CONT");
}
