//! Whole paths against a real Prometheus, beside the peer in the same run: the tick of a thousand SLOs, and the cold fill of
//! one; and the same tick without a server. Run with `cargo bench --bench tick`; it takes about four minutes and skips aloud what
//! is not installed. `TICK_ALONE=1` runs the tick without a server alone, for a profiler.
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
#[path = "common/still.rs"]
mod still;
#[path = "../tests/support/mod.rs"]
mod support;

use burnledger::clock::SystemClock;
use burnledger::collector::{Prometheus as Source, PrometheusSettings, Recorded, connect};
use burnledger::domain::base::{Labels, Ms, Span, Text};
use burnledger::domain::measure::{Ask, Batch, Coverage, Detail, Meter, Selector, Sink};
use burnledger::ports::{Clock, Job, MetricSource, SourceError};
use common::{CODES, Times, count, line, page_server, time};
use futures_util::StreamExt;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{Prometheus, http, require};

const SERVICES: usize = 1000;
const TICKS: usize = 8;
const PAST: Span = Span::from_days(3);
/// Distance of the samples before the scrapes.
const COARSE: Span = Span::from_secs(60);
const WINDOWS: [&str; 7] = ["5m", "30m", "1h", "2h", "6h", "1d", "3d"];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(still::ticks());
    if std::env::var_os("TICK_ALONE").is_some() || !require("prometheus") || !require("promtool") {
        return;
    }
    println!(
        "burnledger against Prometheus, {} cores; read the ratios\n",
        std::thread::available_parallelism().map_or(0, usize::from)
    );
    runtime.block_on(fill_of_one());
    runtime.block_on(ticks());
}

fn now() -> Ms {
    SystemClock::new().now().wall
}

/// OpenMetrics text of the time before the scrapes; labelled as the scrapes will be.
fn past(until: Ms) -> String {
    let mut text = String::from("# TYPE http_requests counter\n");
    for service in 0..SERVICES {
        for (i, (code, _)) in CODES.iter().enumerate() {
            let name = common::service(service);
            let series = format!("http_requests_total{{service=\"{name}\",code=\"{code}\",job=\"page\",instance=\"page\"}}");
            let mut at = until - PAST;
            while at < until {
                let _ = writeln!(text, "{series} {} {}", count(service, i, at), at.0 / 1000);
                at = at + COARSE;
            }
        }
    }
    text + "# EOF\n"
}

fn source(url: &str, remote_read: bool) -> PrometheusSettings {
    PrometheusSettings { url: url.into(), remote_read, ..PrometheusSettings::default() }
}

/// The tick of a thousand SLOs, beside the queries that ask Prometheus for the same windows.
async fn ticks() {
    let port = page_server(SERVICES);
    let (made, text) = time(|| past(now().floor_to(COARSE)));
    let config = format!(
        "global: {{scrape_interval: 15s}}\nscrape_configs:\n- job_name: page\n  static_configs:\n  - targets: ['127.0.0.1:{port}']\n    \
         labels: {{instance: page}}\n"
    );
    let (started, prometheus) = time(|| Prometheus::launch(&config, Some(&text), &[]));
    println!(
        "{SERVICES} SLOs, {} series: {} MB of history every {} s over 3 d ({:.0?}), then scraped every 15 s",
        SERVICES * CODES.len(),
        text.len() >> 20,
        COARSE.0 / 1000,
        made + started
    );
    println!("(history at a quarter of the scrapes' samples is cheaper for the peer than the real thing)\n");
    drop(text);

    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let before = common::resident(std::process::id());
    let guarded = connect(source(&prometheus.url(), true), Arc::clone(&clock)).unwrap();
    let timed = Arc::new(Timed { source: guarded, took: Mutex::default() });
    let mut live = common::live(common::book(SERVICES), Arc::clone(&timed) as Arc<dyn MetricSource>, Arc::clone(&clock));
    live.begin().await.unwrap();
    let from = std::time::Instant::now();
    live.advance().await;
    let cold = from.elapsed();
    line("cold start of 1,000 SLOs over that history, judged once", &format!("{cold:.2?}"), "", None);
    let grown = common::resident(std::process::id()).saturating_sub(before) / 1024 / SERVICES as u64;
    let meters: usize = live.state().board.slos.iter().map(|f| f.meter.bytes()).sum();
    let history = meters / 1024 / SERVICES;
    line(
        "memory an SLO: history (process grew by this much an SLO)",
        &format!("{history} KiB ({grown} KiB)"),
        "<= 160 KiB",
        Some(history <= 160),
    );

    timed.took.lock().unwrap().clear();
    let (mut own, mut peer, mut busy) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new(), Vec::new()]);
    for _ in 0..TICKS {
        wait_for_next(&*clock, live.state().board.at).await;
        let (from, before) = (std::time::Instant::now(), processors(&prometheus));
        live.advance().await;
        own.push(from.elapsed());
        let after = processors(&prometheus);
        busy[0].push(after[0].saturating_sub(before[0]));
        busy[1].push(after[1].saturating_sub(before[1]));
        if peer.len() < 3 {
            peer.push(time(|| batched(&prometheus)).0);
            busy[2].push(processors(&prometheus)[1].saturating_sub(after[1]));
        }
    }
    let judged = live
        .state()
        .board
        .slos
        .iter()
        .filter(|f| f.verdicts.iter().all(|v| v.windows.len() >= 8 && v.windows[0].burn_rate.is_some()));
    assert_eq!(judged.count(), SERVICES, "every SLO has its windows");
    let (own, peer) = (Times::new(own), Times::new(peer));
    let fetched = Times::new(std::mem::take(&mut *timed.took.lock().unwrap()));
    let ratio = peer.median().as_secs_f64() / own.median().as_secs_f64();
    println!();
    line("tick of 1,000 SLOs x 8 windows, fetch, judging, snapshot: median", &format!("{:.1?}", own.median()), "", None);
    line("  of which waiting for the source, decoding and dealing out", &format!("{:.1?}", fetched.median()), "", None);
    line("  longest of them", &format!("{:.1?}", own.worst()), "", None);
    line("peer: 14 queries `sum by (service)(rate(..[5m to 3d]))`: median", &format!("{:.1?}", peer.median()), "", None);
    let [apart, together] = fetches(&prometheus, &clock).await;
    line("the tick's questions in requests of their own, 8 at once", &format!("{apart:.1?}"), "", None);
    line("the same questions in shared requests", &format!("{together:.1?}"), "", None);
    line("own requests / shared requests", &format!("{:.1} x", apart.as_secs_f64() / together.as_secs_f64()), "", None);
    line("peer / tick", &format!("{ratio:.0} x"), ">= 200 x", Some(ratio >= 200.0));
    let [ours, answering, theirs] = busy.map(|times| Times::new(times).median());
    println!();
    line("processor time of a tick: this program, its answering Prometheus", &format!("{ours:.1?}, {answering:.1?}"), "", None);
    line("processor time of the peer's queries", &format!("{theirs:.1?}"), "", None);
    let ratio = theirs.as_secs_f64() / (ours + answering).as_secs_f64();
    line("peer / tick, in processor time, which a busy machine moves less", &format!("{ratio:.0} x"), "", None);
}

/// Time on processors so far, of this program and of Prometheus.
fn processors(prometheus: &Prometheus) -> [Duration; 2] {
    [std::process::id(), prometheus.guard.id()].map(|pid| common::threads(pid, |_| true).0)
}

/// Reads what a tick reads: a request for each question, and as the engine does.
async fn fetches(prometheus: &Prometheus, clock: &Arc<dyn Clock>) -> [Duration; 2] {
    let book = common::book(SERVICES);
    let (mut apart, mut together) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let at = now().floor_to(book.timing.step);
        let asks: Vec<Ask> = book
            .slos
            .iter()
            .flat_map(|slo| {
                let mut meter = Meter::new(slo.meter_spec(book.timing.step));
                meter.asks(at - book.timing.step, at, Detail::Full).into_iter().map(|(_, ask)| ask)
            })
            .collect();
        for shared in [false, true] {
            let source = connect(source(&prometheus.url(), true), Arc::clone(clock)).unwrap();
            let from = std::time::Instant::now();
            let samples: usize = if shared {
                source.read_many(&asks).await.into_iter().map(|answer| answer.unwrap().0.len()).sum()
            } else {
                let one = async |ask: &Ask| {
                    let mut batch = Batch::default();
                    source.read(ask, &mut batch).await.unwrap();
                    batch.len()
                };
                futures_util::stream::iter(&asks).map(one).buffer_unordered(8).fold(0, async |sum, n| sum + n).await
            };
            (if shared { &mut together } else { &mut apart }).push(from.elapsed());
            assert!(samples >= SERVICES * 4, "{samples}");
        }
    }
    [Times::new(apart).median(), Times::new(together).median()]
}

/// A source whose reads of a tick are timed.
struct Timed<S> {
    source: S,
    took: Mutex<Vec<Duration>>,
}

impl<S: MetricSource> MetricSource for Timed<S> {
    fn name(&self) -> Text {
        self.source.name()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        self.source.read(ask, into)
    }

    fn read_many<'a>(&'a self, asks: &'a [Ask]) -> Job<'a, Vec<Result<(Batch, Coverage), SourceError>>> {
        Box::pin(async move {
            let from = std::time::Instant::now();
            let answers = self.source.read_many(asks).await;
            self.took.lock().unwrap().push(from.elapsed());
            answers
        })
    }

    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        self.source.series(of, from, to)
    }
}

/// Until a later instant than the one judged is settled.
async fn wait_for_next(clock: &dyn Clock, judged: Option<Ms>) {
    let timing = burnledger::domain::objective::Timing::default();
    let next = judged.map_or(clock.now().wall, |at| at + timing.step + timing.settle);
    let wait = next.since(clock.now().wall).0.max(0) as u64 + 100;
    tokio::time::sleep(Duration::from_millis(wait)).await;
}

/// What a program that asks PromQL would ask at a tick, all SLOs in one query each.
fn batched(prometheus: &Prometheus) {
    for window in WINDOWS {
        for matcher in ["", "code%3D~%225..%22"] {
            let path =
                format!("/api/v1/query?query=sum%20by%20(service)(rate(http_requests_total%7B{matcher}%7D%5B{window}%5D))");
            let (status, body) = http("GET", prometheus.port, &path, b"").unwrap();
            assert!(status == 200 && body.matches("svc-").count() == SERVICES, "{status} {}", &body[..body.len().min(300)]);
        }
    }
}

/// 30 days of one SLO of 8 series, at 15 s.
async fn fill_of_one() {
    let (step, days) = (Span::from_secs(15), 30);
    let until = now().floor_to(Span::from_hours(1));
    let from = until - Span::from_days(days);
    let mut text = String::from("# TYPE hits counter\n");
    for instance in 0..2 {
        for (i, code) in ["200", "404", "500", "503"].iter().enumerate() {
            let (mut at, mut k) = (from + step, 0_i64);
            while at <= until {
                let value = if i == 0 { k * 70 + k % 3 } else { k / (40 * i as i64) };
                let _ = writeln!(text, "hits_total{{instance=\"{instance}\",code=\"{code}\"}} {} {}", value.max(0), at.0 / 1000);
                (at, k) = (at + step, k + 1);
            }
        }
    }
    text.push_str("# EOF\n");
    let (started, prometheus) = time(|| Prometheus::backfill(&text));
    let samples = text.lines().count() - 2;
    println!("one SLO of 8 series, {days} d at 15 s, {samples} samples ({started:.0?} to backfill)\n");
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let ask = Ask::Raw { selector: Selector::metric("hits_total"), from, to: until };
    let mut took = Vec::new();
    for remote in [false, true] {
        let source = Source::new(source(&prometheus.url(), remote), Arc::clone(&clock)).unwrap();
        let mut times = Vec::new();
        for _ in 0..5 {
            let mut batch = Batch::default();
            let begun = std::time::Instant::now();
            source.read(&ask, &mut batch).await.unwrap();
            times.push(begun.elapsed());
            assert_eq!((batch.len(), source.reads_chunks()), (samples, remote));
        }
        took.push(Times::new(times).median());
    }
    line("history by JSON slices", &format!("{:.1?}", took[0]), "", None);
    line("history by remote read", &format!("{:.1?}", took[1]), "<= 30 ms", Some(took[1] <= Duration::from_millis(30)));
    line("JSON / remote read", &format!("{:.1} x", took[0].as_secs_f64() / took[1].as_secs_f64()), "", None);
    let filled = fill(&prometheus, until, &clock).await;
    line("the same, counted: from the first question to sealed slices", &format!("{filled:.1?}"), "", None);
    let (peer, ()) = time(|| naive(&prometheus, until));
    line("peer: one tick of 16 instant queries, 5m to 30d, of this SLO", &format!("{peer:.1?}"), "", None);
    line("peer's one tick / our whole fill", &format!("{:.1} x", peer.as_secs_f64() / filled.as_secs_f64()), "", None);
    let (loaded, recorded) = time(|| Recorded::from_bytes("bench", text.as_bytes()).unwrap());
    assert_eq!(recorded.series_count(), 8);
    let rate = samples as f64 / loaded.as_secs_f64() / 1e6;
    line("a recording of the same samples loaded from OpenMetrics text", &format!("{loaded:.1?}"), "", None);
    line("  million samples a second", &format!("{rate:.1}"), "", None);
    println!();
}

/// Reads 30 days and counts them, as a start does: through the guard, in stretches.
async fn fill(prometheus: &Prometheus, until: Ms, clock: &Arc<dyn Clock>) -> Duration {
    let yaml = "version: burnledger/v1\nservice: one\nslos:\n- name: availability\n  target: 99.9%\n  sli:\n    events:\n      \
                bad: hits_total{code=~\"5..\"}\n      total: hits_total\n";
    let files = [burnledger::formats::InputFile::new("one.yaml", yaml)];
    let book = burnledger::formats::load_files(&files, &burnledger::formats::LoadOptions::default()).rulebook;
    let mut times = Vec::new();
    for _ in 0..3 {
        let source = connect(source(&prometheus.url(), true), Arc::clone(clock)).unwrap();
        let mut meter = Meter::new(book.slos[0].meter_spec(book.timing.step));
        let mut from = until - Span::from_days(30);
        let begun = std::time::Instant::now();
        while from < until {
            let to = (from + Span::from_days(5)).min(until);
            for (role, ask) in meter.asks(from, to, Detail::Counts) {
                let mut batch = Batch::default();
                source.read(&ask, &mut batch).await.unwrap();
                meter.take(role, &batch);
            }
            meter.seal(to);
            from = to;
        }
        times.push(begun.elapsed());
        let counts = meter.tracks()[0].history.counts(until - Span::from_days(30), until);
        assert!(counts.total > 1e7 && counts.bad > 1000.0, "{counts:?}");
    }
    Times::new(times).median()
}

/// The sixteen instant queries of one evaluation by PromQL.
fn naive(prometheus: &Prometheus, at: Ms) {
    for window in WINDOWS.iter().chain(&["30d"]) {
        for matcher in ["", "code%3D~%225..%22"] {
            let time = at.0 / 1000;
            let path = format!("/api/v1/query?time={time}&query=sum(rate(hits_total%7B{matcher}%7D%5B{window}%5D))");
            let (status, body) = http("GET", prometheus.port, &path, b"").unwrap();
            assert!(status == 200 && body.contains("\"value\""), "{status} {body}");
        }
    }
}
