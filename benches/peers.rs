//! The same work by others, in the same run: a month's backtest by range queries on real Prometheus and VictoriaMetrics, the
//! same SLOs as recording rules, and both beside ours. Run with `cargo bench --bench peers`; it takes some minutes and skips
//! aloud what is not installed. `PEERS_DAYS=3` makes it short.
//!
//! Figures are of a machine that others use, too: read the ratios.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a benchmark prints its figures, reads the clock and says no by panicking"
)]
#![allow(missing_docs, unreachable_pub, dead_code, reason = "nobody links benchmarks")]

mod common;
#[path = "../tests/support/mod.rs"]
mod support;

use burnledger::clock::SystemClock;
use burnledger::collector::{PrometheusSettings, connect};
use burnledger::domain::base::{Ms, Span};
use burnledger::domain::objective::{Change, Rulebook};
use burnledger::domain::paging::Routes;
use burnledger::engine::state::Settings;
use burnledger::formats::{InputFile, LoadOptions, load_files, what_if};
use burnledger::jobs::{Backtested, Order, backtest};
use burnledger::ports::{Clock, MetricSource};
use common::{MadeUp, Times, line};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{Prometheus, VictoriaMetrics, http, require};

const STEP: Span = Span::from_secs(15);
const WINDOWS: [&str; 7] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"];
/// SLOs as recording rules: 17 rules each, as Sloth makes them.
const RULED: usize = 10;
/// Points that Prometheus gives in one answer.
const POINTS: i64 = 11_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let days: i64 = std::env::var("PEERS_DAYS").ok().and_then(|d| d.parse().ok()).unwrap_or(30);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("burnledger beside its peers, {days} d at 15 s, {cores} shared cores; read the ratios\n");
    runtime.block_on(in_memory(days));
    runtime.block_on(against_servers(days));
}

// ---- ours alone ----

/// Backtests over samples that a function makes up: what judging costs without a server.
async fn in_memory(days: i64) {
    let to = Ms::from_secs(1_760_000_000).floor_to(Span::from_hours(1));
    let from = to - Span::from_days(days);
    let run = async |slos: usize, beside: usize| {
        let book = common::book(slos);
        let beside = (0..beside).map(|i| Arc::new(change(i).to_book(&book).0)).collect();
        let source = Arc::new(MadeUp { from: from - Span::from_days(3) });
        timed(Order { beside, ..Order::new(book, settings(), source, (from, to)) }).await.0
    };
    let one = median(3, || run(1, 0)).await;
    line("backtest of 1 SLO of 2 made-up series", &ms(one), "", None);
    let many = run(100, 0).await;
    line("backtest of 100 SLOs of 2 made-up series each", &ms(many), "", None);
    line("  an SLO of the hundred / the single one", &ratio(many / 100, one), "", None);
    let strict = what_if::read(&["target=99.999%".to_owned()], &[]).unwrap().to_book(&common::book(1)).0;
    let source = Arc::new(MadeUp { from: from - Span::from_days(3) });
    let (burning, done) = timed(Order::new(Arc::new(strict), settings(), source, (from, to))).await;
    assert_eq!(done.backtest.incidents.len(), 1, "one incident as long as the stretch");
    line("the same with an incident all the time", &ms(burning), "", None);
    line("  with an incident / without", &ratio(burning, one), "", None);
    let changed = median(3, || run(1, 8)).await;
    let again = changed.saturating_sub(one) / 8;
    line("the same again with other thresholds, data held", &ms(again), "<= 2 ms", Some(again <= Duration::from_millis(2)));
    println!();
}

/// Another target each time.
fn change(i: usize) -> Change {
    what_if::read(&[format!("target=99.{}%", i + 1)], &[]).unwrap()
}

// ---- beside the servers ----

async fn against_servers(days: i64) {
    let until = SystemClock::new().now().wall.floor_to(STEP);
    let from = until - Span::from_days(days);
    let text = samples(from - Span::from_days(3), until);
    println!("one SLO of 8 series, {} samples, an incident and a background of errors", text.lines().count() - 2);
    println!("peers: sum(rate(bad[w])) / sum(rate(total[w])) for w of {}\n", WINDOWS.join(" "));
    if require("prometheus") && require("promtool") {
        let prometheus = Prometheus::launch(&ruled_config(), Some(&text), &[]);
        let ours = ours(&prometheus.url(), (from, until), true).await;
        line("ours, cold from Prometheus (remote read)", &ms(ours.0), "", None);
        let peer = range_queries(prometheus.port, (from, until), POINTS);
        line("Prometheus, 7 windows by query_range", &ms(peer), "", None);
        let aim = "<= 1/700";
        line("  peer / ours", &ratio(peer, ours.0), aim, Some(peer.as_secs_f64() / ours.0.as_secs_f64() >= 700.0));
        line("  firings and incidents found by ours", &ours.1, "", None);
        rules(&prometheus, &prometheus.url()).await;
    }
    if require("victoria-metrics") {
        let server = VictoriaMetrics::start();
        // In parts: an import of all would be waited for too long on a busy machine.
        let lines: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
        for part in lines.chunks(200_000) {
            server.import(&part.join("\n"));
        }
        let json = ours(&server.url(), (from, until), false).await;
        line("ours, cold from VictoriaMetrics by JSON", &ms(json.0), "", None);
        let ours = ours(&server.url(), (from, until), true).await;
        line("ours, cold from VictoriaMetrics by native export", &ms(ours.0), "", None);
        assert_eq!(json.1, ours.1, "both ways find the same");
        let peer = range_queries(server.port, (from, until), POINTS);
        line("VictoriaMetrics, 7 windows by query_range", &ms(peer), "", None);
        line("  peer / ours by JSON", &ratio(peer, json.0), "", None);
        let met = peer.as_secs_f64() / ours.0.as_secs_f64() >= 15.0;
        line("  peer / ours by native export", &ratio(peer, ours.0), "<= 1/15", Some(met));
    }
}

/// Counters of two instances and four codes: a steady background of errors and one incident of 40 minutes.
fn samples(from: Ms, until: Ms) -> String {
    let mut text = String::from("# TYPE hits counter\n");
    let middle = from + Span((until.0 - from.0) / 2);
    for instance in 0..2 {
        for (i, code) in ["200", "404", "500", "503"].into_iter().enumerate() {
            let (mut at, mut value, mut k) = (from, 0_i64, 0_i64);
            while at <= until {
                let incident = at >= middle && at < middle + Span::from_mins(40);
                value += match i {
                    0 => 70 + k % 3,
                    3 if incident => 12,
                    _ => i64::from(k % (40 * i as i64) == 0),
                };
                let _ = writeln!(text, "hits_total{{instance=\"{instance}\",code=\"{code}\"}} {value} {}", at.0 / 1000);
                (at, k) = (at + STEP, k + 1);
            }
        }
    }
    text + "# EOF\n"
}

fn book() -> Arc<Rulebook> {
    let yaml = "version: burnledger/v1\nservice: one\nslos:\n- name: availability\n  target: 99.9%\n  sli:\n    events:\n      \
                bad: hits_total{code=~\"5..\"}\n      total: hits_total\n";
    Arc::new(load_files(&[InputFile::new("one.yaml", yaml)], &LoadOptions::default()).rulebook)
}

/// The middle of three cold backtests, and what was found; by what the server stores, or by JSON alone.
async fn ours(url: &str, stretch: (Ms, Ms), as_stored: bool) -> (Duration, String) {
    let run = async || {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let settings = PrometheusSettings { url: url.into(), remote_read: as_stored, ..PrometheusSettings::default() };
        let source: Arc<dyn MetricSource> = Arc::new(connect(settings, clock).unwrap());
        timed(Order::new(book(), self::settings(), source, stretch)).await
    };
    let (mut times, mut found) = (Vec::new(), String::new());
    for _ in 0..3 {
        let (took, done) = run().await;
        assert!(done.errors.is_empty(), "{:?}", done.errors);
        let firings: usize = done.backtest.tracks.iter().map(|t| t.firings.len()).sum();
        found = format!("{firings}, {}", done.backtest.incidents.len());
        times.push(took);
    }
    (Times::new(times).median(), found)
}

/// Every window's ratio over the stretch, in answers of so many points.
fn range_queries(port: u16, (from, until): (Ms, Ms), points: i64) -> Duration {
    let begun = Instant::now();
    for window in WINDOWS {
        let query = format!("sum(rate(hits_total{{code=~\"5..\"}}[{window}]))/sum(rate(hits_total[{window}]))");
        let encoded: String = query.bytes().fold(String::new(), |mut text, b| {
            let _ = write!(text, "%{b:02X}");
            text
        });
        let mut at = from;
        while at < until {
            let end = (at + STEP * (points - 1)).min(until);
            let (a, b) = (at.0 / 1000, end.0 / 1000);
            let path = format!("/api/v1/query_range?query={encoded}&start={a}&end={b}&step=15&nocache=1&timeout=600s");
            let body = patiently(port, &path);
            assert!(body.contains("\"success\"") && body.len() > 1000, "{window}: {}", &body[..body.len().min(300)]);
            at = end + STEP;
        }
    }
    begun.elapsed()
}

/// An answer that may take minutes, whole.
fn patiently(port: u16, path: &str) -> String {
    let mut link = TcpStream::connect(("127.0.0.1", port)).unwrap();
    link.set_read_timeout(Some(Duration::from_mins(10))).unwrap();
    write!(link, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    link.read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

// ---- recording rules ----

/// A Prometheus that evaluates the rules of so many SLOs, over the same series.
fn ruled_config() -> String {
    let file = std::env::temp_dir().join(format!("burnledger-peers-{}.yml", std::process::id()));
    let mut text = String::from("groups:\n");
    for i in 0..RULED {
        let _ = writeln!(text, "- name: slo-{i}\n  interval: 15s\n  rules:");
        for window in WINDOWS {
            let expr = format!("sum(rate(hits_total{{code=~\"5..\"}}[{window}])) / sum(rate(hits_total[{window}]))");
            let _ = writeln!(text, "  - {{record: 'slo:sli_error:ratio_rate{window}', labels: {{slo: 's{i}'}}, expr: '{expr}'}}");
        }
        let _ = writeln!(
            text,
            "  - {{record: 'slo:sli_error:ratio_rate30d', labels: {{slo: 's{i}'}}, expr: 'sum(increase(hits_total{{code=~\"5..\"}}[30d])) / \
             sum(increase(hits_total[30d]))'}}"
        );
    }
    std::fs::write(&file, text).unwrap();
    format!("global: {{evaluation_interval: 15s}}\nrule_files: ['{}']\n", file.display())
}

/// What the rules of an SLO cost in a tick, beside a tick of ours over the same server.
async fn rules(prometheus: &Prometheus, url: &str) {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let settings = PrometheusSettings { url: url.into(), remote_read: true, ..PrometheusSettings::default() };
    let source: Arc<dyn MetricSource> = Arc::new(connect(settings, Arc::clone(&clock)).unwrap());
    let mut live = common::live(book(), source, clock);
    live.begin().await.unwrap();
    live.advance().await;
    let mut ticks = Vec::new();
    let before = samples_touched(prometheus.port);
    let evaluations = metric(prometheus.port, "prometheus_rule_evaluations_total");
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(15)).await;
        let begun = Instant::now();
        live.advance().await;
        ticks.push(begun.elapsed());
    }
    let seconds = metric(prometheus.port, "prometheus_rule_group_last_duration_seconds") / RULED as f64;
    let ruled = (metric(prometheus.port, "prometheus_rule_evaluations_total") - evaluations) / 8.0;
    let touched = (samples_touched(prometheus.port) - before) / ruled.max(1.0);
    let rules = Duration::from_secs_f64(seconds);
    let tick = Times::new(ticks).median();
    println!();
    line("recording rules, 8 windows to 30 d: an SLO's evaluation", &ms(rules), "", None);
    let told = if touched > 0.0 { format!("{touched:.0}") } else { "not told by this server".to_owned() };
    line("  samples touched by it", &told, "", None);
    line("ours, a whole tick of that SLO with its fetch", &ms(tick), "", None);
    line("  peer / ours", &ratio(rules, tick), "", None);
    println!();
}

/// The sum of a metric's series on the server's own page.
fn metric(port: u16, name: &str) -> f64 {
    let (_, body) = http("GET", port, "/metrics", b"").unwrap();
    let of = |l: &&str| l.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
    body.lines().filter(of).filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).sum()
}

fn samples_touched(port: u16) -> f64 {
    metric(port, "prometheus_engine_query_samples_total")
}

// ---- helpers ----

fn settings() -> Settings {
    Settings { routes: Routes::default(), environment: None, source: "bench".into(), nonce: "bench".into(), drill: false }
}

async fn timed(order: Order) -> (Duration, Backtested) {
    let begun = Instant::now();
    let done = backtest(order).await;
    (begun.elapsed(), done)
}

async fn median(times: usize, run: impl AsyncFn() -> Duration) -> Duration {
    let mut all = Vec::new();
    for _ in 0..times {
        all.push(run().await);
    }
    Times::new(all).median()
}

fn ms(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}

fn ratio(a: Duration, b: Duration) -> String {
    format!("{:.2} x", a.as_secs_f64() / b.as_secs_f64().max(1e-9))
}
