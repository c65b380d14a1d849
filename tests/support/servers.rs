//! Prometheus, Alertmanager and VictoriaMetrics from the system's packages, each on a free loopback port in a temp folder.

use super::guard::{Guard, free_port, http};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

const START_LIMIT: Duration = Duration::from_secs(90);

/// The config of a Prometheus that scrapes nothing.
pub(crate) const IDLE: &str = "global: {scrape_interval: 1s}\n";

/// A running Prometheus. Call `require("prometheus")` first.
pub(crate) struct Prometheus {
    /// The process.
    pub(crate) guard: Guard,
    /// Its port.
    pub(crate) port: u16,
}

impl Prometheus {
    /// Starts it with a configuration file's text and waits for `/-/ready`.
    pub(crate) fn start(config_yaml: &str) -> Self {
        Self::launch(config_yaml, None, &[])
    }

    /// Starts it over blocks made from OpenMetrics text with timestamps; it scrapes nothing.
    pub(crate) fn backfill(openmetrics_text: &str) -> Self {
        Self::launch(IDLE, Some(openmetrics_text), &[])
    }

    /// Starts it with a configuration, over blocks made from OpenMetrics text, and with further flags.
    pub(crate) fn launch(config_yaml: &str, openmetrics_text: Option<&str>, flags: &[&str]) -> Self {
        let dir = tempfile::tempdir().expect("a temp folder");
        let (config, data) = (dir.path().join("prometheus.yml"), dir.path().join("data"));
        std::fs::write(&config, config_yaml).expect("the config is written");
        std::fs::create_dir(&data).expect("the data folder");
        if let Some(text) = openmetrics_text {
            create_blocks(dir.path(), &data, text);
        }
        let port = free_port();
        let mut command = Command::new("prometheus");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--storage.tsdb.retention.time=100y", "--web.enable-lifecycle", "--log.level=warn"])
            .args(flags);
        let mut guard = Guard::start("prometheus", dir, &mut command);
        guard.wait_ready(START_LIMIT, || matches!(http("GET", port, "/-/ready", b""), Some((200, _))));
        Self { guard, port }
    }

    /// `http://127.0.0.1:port`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Makes TSDB blocks from OpenMetrics text.
fn create_blocks(dir: &Path, data: &Path, text: &str) {
    let file = dir.join("backfill.om");
    std::fs::write(&file, text).expect("the samples are written");
    let out = Command::new("promtool")
        // One block where it can be: the text is read anew for every block.
        .args(["tsdb", "create-blocks-from", "--quiet", "--max-block-duration=4800h", "openmetrics"])
        .args([&file, data])
        .output()
        .expect("promtool runs");
    assert!(out.status.success(), "promtool: {}", String::from_utf8_lossy(&out.stderr));
}

/// A running Alertmanager. Call `require("prometheus-alertmanager")` first.
pub(crate) struct Alertmanager {
    /// The process.
    pub(crate) guard: Guard,
    /// Its port.
    pub(crate) port: u16,
}

impl Alertmanager {
    /// Starts it with a configuration file's text and waits for `/-/ready`.
    pub(crate) fn start(config_yaml: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temp folder");
        let config = dir.path().join("alertmanager.yml");
        std::fs::write(&config, config_yaml).expect("the config is written");
        let port = free_port();
        let mut command = Command::new("prometheus-alertmanager");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", dir.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .args(["--cluster.listen-address=", "--log.level=warn"]);
        let mut guard = Guard::start("prometheus-alertmanager", dir, &mut command);
        guard.wait_ready(START_LIMIT, || matches!(http("GET", port, "/-/ready", b""), Some((200, _))));
        Self { guard, port }
    }

    /// `http://127.0.0.1:port`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// A running VictoriaMetrics. Call `require("victoria-metrics")` first.
pub(crate) struct VictoriaMetrics {
    /// The process.
    pub(crate) guard: Guard,
    /// Its port.
    pub(crate) port: u16,
}

impl VictoriaMetrics {
    /// Starts an empty one and waits until it answers.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with further flags.
    pub(crate) fn start_with(flags: &[&str]) -> Self {
        let dir: TempDir = tempfile::tempdir().expect("a temp folder");
        let port = free_port();
        let mut command = Command::new("victoria-metrics");
        command
            .arg(format!("-storageDataPath={}", dir.path().join("data").display()))
            .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
            .args(["-retentionPeriod=100y", "-search.latencyOffset=0s", "-search.disableCache", "-memory.allowedBytes=256MB"])
            .args(flags);
        let mut guard = Guard::start("victoria-metrics", dir, &mut command);
        guard.wait_ready(START_LIMIT, || matches!(http("GET", port, "/health", b""), Some((200, _))));
        Self { guard, port }
    }

    /// Imports OpenMetrics text with timestamps and makes it visible to queries.
    pub(crate) fn import(&self, openmetrics_text: &str) {
        let body: String = openmetrics_text.lines().filter(|l| !l.starts_with('#')).map(in_milliseconds).collect();
        let answer = http("POST", self.port, "/api/v1/import/prometheus", body.as_bytes());
        assert!(matches!(answer, Some((200 | 204, _))), "import: {answer:?}");
        let answer = http("GET", self.port, "/internal/force_flush", b"");
        assert!(matches!(answer, Some((200, _))), "flush: {answer:?}");
    }

    /// `http://127.0.0.1:port`.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// `name{..} value seconds` as `name{..} value milliseconds`: the older text form, which this import reads.
fn in_milliseconds(line: &str) -> String {
    let (head, seconds) = line.rsplit_once(' ').expect("a sample line with a timestamp");
    let seconds: f64 = seconds.parse().expect("a timestamp in seconds");
    format!("{head} {}\n", (seconds * 1000.0).round() as i64)
}
