//! Ten thousand SLOs that tick every 15 s against a real Prometheus, for minutes: late and skipped ticks, how long ticks take,
//! memory. Run with `cargo bench --bench scale`; `SCALE_SLOS` (10000) and `SCALE_MINUTES` (10) say how many and how long, and
//! `SCALE_DAYS` (3) how much history each of them has before: all that is kept slice by slice.
//!
//! Prometheus scrapes a page of all services, which this program serves, and answers every tick. The time before the run is
//! made up here, by the same counters (every minute, before the last 3 days every 15), so that memory and judging are those of
//! a process that has run for long; its reading is no part of the figures. History is kept on disk as `watch` does.
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
use burnledger::domain::base::{Labels, Ms, Span, Text};
use burnledger::domain::measure::{Ask, Batch, Coverage, Selector, Sink};
use burnledger::domain::view::Snapshot;
use burnledger::engine::live::Live;
use burnledger::ports::{Clock, Job, MetricSource, SourceError};
use burnledger::slices::SqliteSlices;
use burnledger::telemetry::Metrics;
use common::{Times, line, page_server, resident, time, within};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use support::{Prometheus, require};
use tokio::sync::watch;

const RECENT: Span = Span::from_days(3);
const STEP: Duration = Duration::from_secs(15);
const AIM: Duration = Duration::from_millis(250);
/// Scrapes of all services that must have come before the first tick.
const SCRAPED: Duration = Duration::from_secs(40);

fn main() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let (slos, minutes) = (asked("SCALE_SLOS", 10_000), asked("SCALE_MINUTES", 10));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("{slos} SLOs every 15 s for {minutes} min, {cores} cores, load {}\n", load());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let days = Span::from_days(asked("SCALE_DAYS", 3) as i64);
    runtime.block_on(run(slos, days, Duration::from_secs(60 * minutes as u64)));
}

fn asked(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// The load averages of the machine: others may use it.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').take(3).collect::<Vec<_>>().join(" ")
}

async fn run(slos: usize, days: Span, wanted: Duration) {
    let port = page_server(slos);
    let config = format!(
        "global: {{scrape_interval: 15s}}\nscrape_configs:\n- job_name: page\n  static_configs:\n  - targets: ['127.0.0.1:{port}']\n    \
         labels: {{instance: page}}\n"
    );
    let prometheus = Prometheus::launch(&config, None, &[]);
    tokio::time::sleep(SCRAPED).await;

    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let settings = PrometheusSettings { url: prometheus.url(), ..PrometheusSettings::default() };
    let guarded = connect(settings, Arc::clone(&clock)).unwrap();
    let source = Arc::new(Split { server: guarded, begun: clock.now().wall, days, ticks: Mutex::default() });
    let (reading, book) = time(|| common::book(slos));
    line("rules read from as many files", &format!("{reading:.1?}"), "", None);
    let metrics = Metrics::default();
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = SqliteSlices::open(&folder.path().join("history")).unwrap();
    let server = Arc::clone(&source) as Arc<dyn MetricSource>;
    let mut live = common::live_told(book, server, Arc::clone(&clock), metrics.clone()).keeping(Some(Arc::new(store)), None);
    live.begin().await.unwrap();
    let from = Instant::now();
    live.advance().await;
    let filled = format!("{:.1?}", from.elapsed());
    line("a period asked for, its last days made up, counted and judged once", &filled, "", None);
    report_memory(&live);

    source.ticks.lock().unwrap().clear();
    let (stop, stopped) = watch::channel(false);
    let (_rules, rules) = watch::channel(Arc::clone(&live.state().book));
    let (snapshots, busy_before) = (live.snapshots(), busy());
    let (began, served_before) = (Instant::now(), common::processor_time(prometheus.guard.id()));
    let engine = tokio::spawn(live.run(stopped, rules));
    let (ticks, skipped) = watch_ticks(snapshots, &source, &metrics, wanted).await;
    let (busy, served) =
        (busy().saturating_sub(busy_before), common::processor_time(prometheus.guard.id()).saturating_sub(served_before));
    let ran = began.elapsed();
    println!("\nran for {:.0} s at a load of {}", ran.as_secs_f64(), load());
    report(&ticks, slos, skipped);
    let share = |spent: Duration| format!("{:.1} %", spent.as_secs_f64() / ran.as_secs_f64() * 100.0);
    line("of one core: this program, its page of all services included", &share(busy), "", None);
    line("of one core: Prometheus, its scrapes included", &share(served), "", None);
    line("memory of this program", &mib(resident(std::process::id())), "", None);
    line("memory of Prometheus", &mib(resident(prometheus.guard.id())), "", None);
    stop.send(true).unwrap();
    let (from, ()) = (Instant::now(), engine.await.unwrap());
    line("stop: all of the history saved", &format!("{:.1?}", from.elapsed()), "", None);
    let stored = std::fs::read_dir(folder.path()).unwrap().filter_map(|f| f.ok()?.metadata().ok()).map(|m| m.len()).sum::<u64>();
    line("history on disk an SLO", &format!("{} KiB", stored / 1024 / slos as u64), "", None);
}

fn busy() -> Duration {
    common::processor_time(std::process::id())
}

fn mib(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}

fn report_memory(live: &Live) {
    let slos = &live.state().board.slos;
    let meters: usize = slos.iter().map(|f| f.meter.bytes()).sum();
    let each = meters / 1024 / slos.len();
    line("memory an SLO: history", &format!("{each} KiB"), "<= 160 KiB", Some(each <= 160));
    let all = resident(std::process::id());
    line("memory of this program (an SLO)", &format!("{} ({} KiB)", mib(all), all / 1024 / slos.len() as u64), "", None);
}

/// One tick: how long it took from its first question to the snapshot, and of that the source.
struct Tick {
    took: Duration,
    read: Duration,
    /// Every SLO is known through the instant.
    whole: bool,
}

/// Follows the snapshots until the time is over; each new instant is a tick. Tells the ticks skipped since the first one, too:
/// those that passed while history was made up are none of its own.
async fn watch_ticks<S>(
    mut snapshots: watch::Receiver<Arc<Snapshot>>,
    source: &Split<S>,
    metrics: &Metrics,
    wanted: Duration,
) -> (Vec<Tick>, u64) {
    let mut skipped_before = None;
    let (began, mut judged, mut ticks) = (Instant::now(), snapshots.borrow().at, Vec::new());
    while began.elapsed() < wanted {
        if tokio::time::timeout(STEP * 4, snapshots.changed()).await.is_err() {
            println!("no tick for {:?}", STEP * 4);
            break;
        }
        let (at, data) = {
            let snapshot = snapshots.borrow_and_update();
            (snapshot.at, snapshot.data_through)
        };
        if at == judged {
            continue;
        }
        judged = at;
        skipped_before.get_or_insert_with(|| metrics.skipped.get());
        let last = source.ticks.lock().unwrap().pop();
        if let Some((begun, read)) = last {
            ticks.push(Tick { took: begun.elapsed(), read, whole: at == data });
        }
    }
    (ticks, skipped_before.map_or(0, |before| metrics.skipped.get() - before))
}

fn report(ticks: &[Tick], slos: usize, skipped: u64) {
    let took = Times::new(ticks.iter().map(|t| t.took).collect());
    let read = Times::new(ticks.iter().map(|t| t.read).collect());
    let late = ticks.iter().filter(|t| t.took > STEP).count();
    let whole = ticks.iter().filter(|t| t.whole).count();
    line("ticks, and those that knew every SLO through their instant", &format!("{}, {whole}", ticks.len()), "", None);
    line("late ticks (longer than 15 s), skipped ones", &format!("{late}, {skipped}"), "0, 0", Some(late == 0 && skipped == 0));
    within(&format!("tick of {slos} SLOs, from question to snapshot: median"), took.median(), AIM);
    line("  p99", &format!("{:.0?}", took.quantile(0.99)), "", None);
    line("  longest", &format!("{:.0?}", took.worst()), "", None);
    line("  of which waiting for Prometheus, decoding, dealing out: median", &format!("{:.0?}", read.median()), "", None);
}

/// Prometheus for the present, made up before.
struct Split<S> {
    server: S,
    begun: Ms,
    days: Span,
    ticks: Mutex<Vec<(Instant, Duration)>>,
}

impl<S: MetricSource> MetricSource for Split<S> {
    fn name(&self) -> Text {
        self.server.name()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        self.server.read(ask, into)
    }

    fn read_many<'a>(&'a self, asks: &'a [Ask]) -> Job<'a, Vec<Result<(Batch, Coverage), SourceError>>> {
        Box::pin(async move {
            if asks.iter().all(|ask| ask.span().1.since(ask.span().0) > Span::from_hours(1)) {
                return asks.iter().map(|ask| Ok((self.made_up(ask), Coverage::default()))).collect();
            }
            let from = Instant::now();
            let answers = self.server.read_many(asks).await;
            self.ticks.lock().unwrap().push((from, from.elapsed()));
            answers
        })
    }

    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        self.server.series(of, from, to)
    }
}

impl<S> Split<S> {
    fn made_up(&self, ask: &Ask) -> Batch {
        let mut batch = Batch::default();
        let Ask::Raw { selector, from, to } = ask else { return batch };
        let value = |name: &str| selector.matchers().iter().find(|m| &*m.name == name).map(|m| m.value.clone());
        let (service, bad) = (value("service").unwrap(), value("code").is_some());
        let number: usize = service.trim_start_matches("svc-").parse().unwrap();
        for (i, code) in common::CODES.iter().enumerate().filter(|(_, code)| !bad || code.0.starts_with('5')) {
            let labels = [("__name__", "http_requests_total"), ("service", &*service), ("code", code.0)];
            batch.series(&Labels::new(labels.into_iter().chain([("job", "page"), ("instance", "page")])));
            let mut at = (*from).max(self.begun - self.days);
            while at <= *to {
                let step = if at < self.begun - RECENT { Span::from_mins(15) } else { Span::from_mins(1) };
                at = at.floor_to(step) + step;
                if at > *from && at <= *to {
                    batch.sample(at, common::count(number, i, at) as f64);
                }
            }
        }
        batch
    }
}
