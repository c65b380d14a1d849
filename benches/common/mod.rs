//! What the benchmarks share: books of many SLOs, a source that makes its samples up, percentiles, and tables in ratios.
//!
//! Deliberately absent: a harness. These figures are of whole paths, so each is measured where it happens and printed beside
//! its target or its peer of the same run.

use burnledger::clock::SystemClock;
use burnledger::domain::base::{Labels, Ms, Span, Text};
use burnledger::domain::measure::{Ask, Coverage, Selector, Sink};
use burnledger::domain::objective::Rulebook;
use burnledger::engine::health::Health;
use burnledger::engine::live::{Live, Options, World};
use burnledger::engine::state::{Settings, State};
use burnledger::formats::{InputFile, LoadOptions, load_files};
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Clock, Job, MetricSource, SourceError};
use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The name of service `i`.
pub fn service(i: usize) -> String {
    format!("svc-{i:04}")
}

/// Codes of every service's requests, and how many of them come in a second at least.
pub const CODES: [(&str, i64); 3] = [("200", 15), ("404", 1), ("503", 0)];

/// Requests of a service by a code at an instant: the counters of a program that never restarts.
pub fn count(service: usize, code: usize, at: Ms) -> i64 {
    let seconds = at.0 / 1000 - 1_700_000_000;
    let failed = if CODES[code].0 == "503" { seconds / (97 + service as i64 % 13) } else { 0 };
    seconds * CODES[code].1 * (1 + service as i64 % 7) + failed
}

/// The page of all services, served to whoever asks.
pub fn page_server(services: usize) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut link in listener.incoming().flatten() {
            let (mut request, mut body) = ([0; 2048], String::from("# TYPE http_requests_total counter\n"));
            let _ = link.read(&mut request);
            let at = SystemClock::new().now().wall;
            for service in 0..services {
                let name = self::service(service);
                for (i, (code, _)) in CODES.iter().enumerate() {
                    let value = count(service, i, at);
                    let _ = writeln!(body, "http_requests_total{{service=\"{name}\",code=\"{code}\"}} {value}");
                }
            }
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = link.write_all(head.as_bytes());
            let _ = link.write_all(body.as_bytes());
        }
    });
    port
}

/// The file of one service: availability of 99.9 % by `http_requests_total`.
pub fn slo_file(i: usize) -> String {
    let service = service(i);
    format!(
        "version: burnledger/v1\nservice: {service}\nslos:\n- name: availability\n  target: 99.9%\n  sli:\n    events:\n      \
         bad: http_requests_total{{service=\"{service}\", code=~\"5..\"}}\n      \
         total: http_requests_total{{service=\"{service}\"}}\n"
    )
}

/// The rules of so many services.
pub fn book(services: usize) -> Arc<Rulebook> {
    let files: Vec<InputFile> = (0..services).map(|i| InputFile::new(&format!("{i}.yaml"), slo_file(i))).collect();
    let book = load_files(&files, &LoadOptions::default()).rulebook;
    assert_eq!(book.slos.len(), services, "{:?}", book.problems.first());
    Arc::new(book)
}

/// An engine with a ledger in memory.
pub fn live(book: Arc<Rulebook>, source: Arc<dyn MetricSource>, clock: Arc<dyn Clock>) -> Live {
    live_told(book, source, clock, burnledger::telemetry::Metrics::default())
}

/// The same, counting into `metrics`.
pub fn live_told(
    book: Arc<Rulebook>,
    source: Arc<dyn MetricSource>,
    clock: Arc<dyn Clock>,
    metrics: burnledger::telemetry::Metrics,
) -> Live {
    let settings = Settings {
        routes: burnledger::domain::paging::Routes::default(),
        environment: None,
        source: "bench".into(),
        nonce: "bench".into(),
        drill: true,
    };
    let health = Health::new("".into(), burnledger::domain::view::Role::Leading, source.name(), Arc::new(Vec::new));
    let world = World { source, ledger: Arc::new(MemoryLedger::new("bench")), clock, metrics, emergency: None };
    let options = Options { who: "bench:1".into(), wants_to_lead: true, lease: Span::from_secs(30), concurrency: 8, until: None };
    Live::new(State::new(book, settings), world, options, health)
}

/// Samples every 15 s since `from`, made up: steady traffic, one request in ten thousand fails.
pub struct MadeUp {
    /// When the series began.
    pub from: Ms,
}

impl MetricSource for MadeUp {
    fn name(&self) -> Text {
        "made-up".into()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        Box::pin(async move {
            let Ask::Raw { selector, from, to } = ask else { return Ok(Coverage::default()) };
            let step = Span::from_secs(15);
            let bad = selector.matchers().iter().any(|m| &*m.name == "code");
            let label = selector.matchers().iter().find(|m| &*m.name == "service").map_or("", |m| &*m.value);
            for (code, each) in [("200", 1_500), ("503", 1)] {
                if bad && code == "200" {
                    continue;
                }
                into.series(&Labels::new([("__name__", "http_requests_total"), ("service", label), ("code", code)]));
                let mut at = (*from).max(self.from).floor_to(step) + step;
                while at <= *to {
                    let slices = at.since(self.from).0 / step.0;
                    into.sample(at, if code == "200" { slices * each } else { slices / 7 } as f64);
                    at = at + step;
                }
            }
            Ok(Coverage::default())
        })
    }

    fn series<'a>(&'a self, _: &'a [Selector], _: Ms, _: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// How long `act` takes.
pub fn time<T>(act: impl FnOnce() -> T) -> (Duration, T) {
    let from = Instant::now();
    let value = act();
    (from.elapsed(), value)
}

/// Durations in order.
pub struct Times(Vec<Duration>);

impl Times {
    /// Sorts them.
    pub fn new(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    /// The share `q` of them is not longer.
    pub fn quantile(&self, q: f64) -> Duration {
        let at = (self.0.len() as f64 * q) as usize;
        self.0[at.min(self.0.len() - 1)]
    }

    /// The middle one.
    pub fn median(&self) -> Duration {
        self.quantile(0.5)
    }

    /// The longest.
    pub fn worst(&self) -> Duration {
        self.quantile(1.0)
    }
}

/// What was aimed at so far, and whether it was met.
static GATES: Mutex<Vec<(String, bool)>> = Mutex::new(Vec::new());

/// A line of a table: what, how much, what was aimed at, and whether it was met.
pub fn line(what: &str, measured: &str, aim: &str, met: Option<bool>) {
    let verdict = met.map_or("", |met| if met { "met" } else { "MISSED" });
    println!("{what:<66} {measured:>24}  {aim:<22} {verdict}");
    if let Some(met) = met {
        GATES.lock().unwrap().push((format!("{}: {measured}, aim {aim}", what.trim()), met));
    }
}

/// The same for a duration that should not be longer than the aim.
pub fn within(what: &str, took: Duration, aim: Duration) {
    line(what, &format!("{took:.2?}"), &format!("<= {aim:?}"), Some(took <= aim));
}

/// How many aims were met, and which were not.
pub fn verdict() {
    let gates = GATES.lock().unwrap();
    let missed: Vec<&str> = gates.iter().filter(|(_, met)| !met).map(|(what, _)| what.as_str()).collect();
    println!("\n{} of {} aims met", gates.len() - missed.len(), gates.len());
    for what in missed {
        println!("  MISSED  {what}");
    }
}

/// What a process has in memory, in bytes.
pub struct Resident {
    /// Everything: `VmRSS`.
    pub all: u64,
    /// Its own: heap, stacks, and what it wrote to of its file.
    pub own: u64,
    /// Of the rest, code of the program and its libraries.
    pub code: u64,
}

/// The same by kinds, counted page by page.
pub fn resident_by_kind(pid: u32) -> Resident {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps")).unwrap_or_default();
    let (mut found, mut executable) = (Resident { all: 0, own: 0, code: 0 }, false);
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (name, value) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        let bytes = value.parse::<u64>().unwrap_or(0) * 1024;
        match name {
            "Rss:" => {
                found.all += bytes;
                found.code += if executable { bytes } else { 0 };
            }
            "Anonymous:" => found.own += bytes,
            // `55d0c0a00000-55d0c0b00000 r-xp ...` opens a mapping.
            _ if !name.ends_with(':') => executable = value.contains('x'),
            _ => {}
        }
    }
    found
}

/// Resident memory of a process, in bytes.
pub fn resident(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/statm")).unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4096
}

/// Processor time of a process so far, its children left out. The kernel counts in hundredths of a second.
pub fn processor_time(pid: u32) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let rest = text.rsplit(") ").next().unwrap_or("");
    let ticks: u64 = rest.split(' ').skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Time that the calling thread has had on a processor so far; what it waited for one is left out.
pub fn own_time() -> Duration {
    on_processor(Path::new("/proc/thread-self"))
}

/// Time on a processor and how often it was given up, of the threads of a process that `wanted` names.
pub fn threads(pid: u32, wanted: impl Fn(&str) -> bool) -> (Duration, u64) {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten().map(|task| task.path());
    let named = |task: &PathBuf| wanted(std::fs::read_to_string(task.join("comm")).unwrap_or_default().trim());
    let woken = |task: &Path| {
        let status = std::fs::read_to_string(task.join("status")).unwrap_or_default();
        status.lines().find_map(|l| l.strip_prefix("voluntary_ctxt_switches:")?.trim().parse::<u64>().ok()).unwrap_or(0)
    };
    let sum = |(time, wakes), task: PathBuf| (time + on_processor(&task), wakes + woken(&task));
    tasks.filter(named).fold((Duration::ZERO, 0), sum)
}

/// The scheduler's own count, in nanoseconds.
fn on_processor(task: &Path) -> Duration {
    let text = std::fs::read_to_string(task.join("schedstat")).unwrap_or_default();
    Duration::from_nanos(text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0))
}
