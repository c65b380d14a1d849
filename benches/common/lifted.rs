//! Pictures for dashboards elsewhere, over a real socket from the program's own server: bytes a tick, packed and not, and what it takes
//! to make them for one reader and for many. The samples are made up and nothing in them is even: even numbers would pack too well.

use super::common::{self, Times, line};
use burnledger::app::desk::LedgerDesk;
use burnledger::app::intake::LedgerIntake;
use burnledger::clock::{ManualClock, SystemClock};
use burnledger::domain::base::{Labels, Ms, Span, Text};
use burnledger::domain::measure::{Ask, Coverage, Selector, Sink};
use burnledger::domain::view::Snapshot;
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Clock, Job, Ledger, MetricSource, SourceError};
use burnledger::serve::{Served, Tokens, listen, serve};
use burnledger::telemetry::Metrics;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// The small charts are drawn anew once in so many ticks.
const TICKS: usize = 20;
const STEP: Span = Span::from_secs(15);

/// Requests that come unevenly, and fail now and then.
struct Uneven {
    from: Ms,
}

fn mixed(a: u64, b: u64) -> u64 {
    let mut x = a.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ b.wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    x ^= x >> 29;
    x = x.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^ (x >> 32)
}

/// A counter that rises by about `each` a slice.
fn counter(of: u64, slice: i64, each: f64) -> f64 {
    let luck = (mixed(of, slice as u64) % 1000) as f64 / 1000.0;
    ((slice as f64 + luck) * each).floor()
}

impl MetricSource for Uneven {
    fn name(&self) -> Text {
        "uneven".into()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        Box::pin(async move {
            let Ask::Raw { selector, from, to } = ask else { return Ok(Coverage::default()) };
            let bad = selector.matchers().iter().any(|m| &*m.name == "code");
            let service = selector.matchers().iter().find(|m| &*m.name == "service").map_or("", |m| &*m.value);
            let of = service.bytes().fold(7, |hash, b| mixed(hash, u64::from(b)));
            for code in ["200", "503"] {
                if bad && code == "200" {
                    continue;
                }
                into.series(&Labels::new([("__name__", "http_requests_total"), ("service", service), ("code", code)]));
                let mut at = (*from).max(self.from).floor_to(STEP) + STEP;
                while at <= *to {
                    let slice = at.since(self.from).0 / STEP.0;
                    let each = if code == "200" { 900.0 + (of % 700) as f64 } else { (of % 97) as f64 / 80.0 };
                    into.sample(at, counter(of ^ u64::from(code == "503"), slice, each));
                    at = at + STEP;
                }
            }
            Ok(Coverage::default())
        })
    }

    fn series<'a>(&'a self, _: &'a [Selector], _: Ms, _: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Asks for a picture; the whole answer with its head.
async fn get(port: u16, path: &str, gzip: bool) -> Vec<u8> {
    let mut link = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let packed = if gzip { "Accept-Encoding: gzip\r\n" } else { "" };
    let ask = format!("GET {path} HTTP/1.1\r\nHost: x\r\n{packed}Connection: close\r\n\r\n");
    link.write_all(ask.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    link.read_to_end(&mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer[..200.min(answer.len())]));
    answer
}

/// What a reader that was sent this picture says it has.
fn has(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let name =
        |part: &str| text.split(&format!("\"{part}\":\"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    ["rules", "cases", "charts"].map(|part| format!("{part}={}", name(part))).join("&")
}

/// Bytes a tick for 50 and 500 SLOs.
pub async fn pictures() {
    for count in [50, 500] {
        of(count).await;
    }
}

async fn of(count: usize) {
    let now = SystemClock::new().now().wall.floor_to(Span::from_mins(5));
    let clock = Arc::new(ManualClock::new(now));
    let shared = || Arc::clone(&clock) as Arc<dyn Clock>;
    let mut live = common::live(common::book(count), Arc::new(Uneven { from: now - Span::from_days(2) }), shared());
    live.begin().await.unwrap();
    live.advance().await;
    let ledger: Arc<dyn Ledger> = Arc::new(MemoryLedger::new("bench"));
    let served = Served {
        snapshots: live.snapshots(),
        metrics: Metrics::default(),
        clock: shared(),
        desk: Arc::new(LedgerDesk::new(Arc::clone(&ledger), shared(), "api")),
        intake: Arc::new(LedgerIntake::new(ledger, shared())),
        tokens: Tokens { file: None, for_reading: false },
        root_causes: std::sync::Arc::default(),
    };
    let (listener, at) = listen("127.0.0.1:0").await.unwrap();
    let stop = watch::Sender::new(false);
    let serving = tokio::spawn(serve(listener, served, stop.subscribe()));
    let port = at.port();
    let first = get(port, "/api/v1/desk", true).await.len();
    let whole = get(port, "/api/v1/desk", false).await;
    let mut known = has(&whole);
    // As it was before: SLOs once, all else each time, as it is.
    let rules = |known: &str| known.split('&').next().unwrap().to_owned();
    let (mut before, mut parts, mut packed) = (0, 0, 0);
    let mut longest = 0;
    for _ in 0..TICKS {
        clock.advance(STEP);
        live.advance().await;
        before += get(port, &format!("/api/v1/desk?{}", rules(&known)), false).await.len();
        let zipped = get(port, &format!("/api/v1/desk?{known}"), true).await.len();
        longest = longest.max(zipped);
        packed += zipped;
        let next = get(port, &format!("/api/v1/desk?{known}"), false).await;
        parts += next.len();
        known = has(&next);
    }
    let snapshot: Arc<Snapshot> = live.snapshots().borrow().clone();
    assert_eq!(snapshot.slos.iter().filter(|row| row.verdict.is_some()).count(), count);
    let kb = |bytes: usize| format!("{:.1} KB", bytes as f64 / 1000.0);
    println!();
    line(
        &format!("a picture of {count} SLOs over the wire, the first one: as it is / packed"),
        &format!("{} / {}", kb(whole.len()), kb(first)),
        "",
        None,
    );
    line("  a tick, mean of 5 min: SLOs left out, nothing packed", &kb(before / TICKS), "", None);
    line("  whatever stayed the same left out", &kb(parts / TICKS), "", None);
    line(
        "  and packed (what an attached dashboard gets); the longest",
        &format!("{}; {}", kb(packed / TICKS), kb(longest)),
        "",
        None,
    );
    line("  times less", &format!("{:.1} x", before as f64 / packed as f64), "", None);
    readers(&mut live, &clock, port, &known).await;
    stop.send_replace(true);
    let _ = serving.await;
}

/// The first reader of a picture waits until it is made; others take what is there.
async fn readers(live: &mut burnledger::engine::live::Live, clock: &ManualClock, port: u16, known: &str) {
    let (mut firsts, mut others) = (Vec::new(), Vec::new());
    for _ in 0..TICKS {
        clock.advance(STEP);
        live.advance().await;
        for n in 0..5 {
            let from = Instant::now();
            let answer = get(port, &format!("/api/v1/desk?{known}"), true).await;
            let times = if n == 0 { &mut firsts } else { &mut others };
            times.push(from.elapsed());
            drop(answer);
        }
    }
    let (firsts, others) = (Times::new(firsts), Times::new(others));
    let shown = |d: Duration| format!("{d:.1?}");
    line(
        "  to the first reader of a tick / to each further one: median",
        &format!("{} / {}", shown(firsts.median()), shown(others.median())),
        "",
        None,
    );
}
