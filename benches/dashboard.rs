//! How quick the dashboard is, printed beside its targets: the real program in a pseudo-terminal against a source that never
//! answers and a Prometheus that is stopped, a replay of a day, frames over a slow link, a missed scrape, and in memory frames built
//! from 500 SLOs and pictures for dashboards elsewhere. Run with `cargo bench --bench dashboard`; about eight minutes. Skips aloud
//! what is not installed.
//!
//! Times include `script`, the shell and whatever else the machine does; they are upper bounds.
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
#[path = "common/lifted.rs"]
mod lifted;
#[path = "common/moving.rs"]
mod moving;
#[path = "common/pty.rs"]
mod pty;
#[path = "common/slow.rs"]
mod slow;
#[path = "../tests/support/mod.rs"]
mod support;

use burnledger::clock::{ManualClock, SystemClock};
use burnledger::domain::base::Span;
use burnledger::engine::health::Health;
use burnledger::engine::rows;
use burnledger::ports::Clock;
use burnledger::tui::export::{Screen, cells, posed};
use burnledger::tui::{TuiOptions, Wishes};
use common::{Times, line, time, within};
use pty::Pty;
use std::fmt::Write;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use support::{Prometheus, require};

const LIMIT: Duration = Duration::from_mins(1);
const PRESSES: usize = 100;
const IDLE: Duration = Duration::from_secs(30);

const fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

fn main() {
    println!(
        "the dashboard at 120x36, {} cores shared with everything else\n",
        std::thread::available_parallelism().map_or(0, usize::from)
    );
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(frames());
    runtime.block_on(lifted::pictures());
    if !require("script") {
        return common::verdict();
    }
    first_paint();
    moving::replay();
    if !require("prometheus") || !require("promtool") {
        return common::verdict();
    }
    stopped_prometheus();
    slow::frames();
    slow::silence();
    slow::hanging_watch();
    idle();
    common::verdict();
}

/// Snapshot and frame of 500 SLOs in memory.
async fn frames() {
    let now = SystemClock::new().now().wall.floor_to(Span::from_mins(5));
    let clock = Arc::new(ManualClock::new(now));
    let source = Arc::new(common::MadeUp { from: now - Span::from_days(1) });
    let mut live = common::live(common::book(500), source, Arc::clone(&clock) as Arc<dyn Clock>);
    live.begin().await.unwrap();
    live.advance().await;
    let mut ticks = Vec::new();
    for _ in 0..30 {
        clock.advance(Span::from_secs(15));
        let from = std::time::Instant::now();
        live.advance().await;
        ticks.push(from.elapsed());
    }
    let ticks = Times::new(ticks);
    line("tick of 500 SLOs without fetching: median", &format!("{:.2?}", ticks.median()), "", None);
    line("  longest (small charts are drawn every 5 min)", &format!("{:.2?}", ticks.worst()), "", None);

    let health = Health::new("".into(), burnledger::domain::view::Role::Watching, "made-up".into(), Arc::new(Vec::new));
    let many = |act: &mut dyn FnMut()| Times::new((0..500).map(|_| time(&mut *act).0).collect());
    let snapshots = many(&mut || drop(std::hint::black_box(rows::snapshot(live.state(), &health, clock.now()))));
    line("snapshot of 500 SLOs: p50", &format!("{:.2?}", snapshots.median()), "", None);
    line("  p99", &format!("{:.2?}", snapshots.quantile(0.99)), "", None);
    let snapshot = Arc::new(rows::snapshot(live.state(), &health, clock.now()));
    let look = TuiOptions::resolve(Wishes::default(), &|name| (name == "LC_ALL").then(|| "C.UTF-8".into())).look;
    let model = posed(&snapshot, Screen::Overview, clock.now(), (120, 36), look);
    let mut own = Vec::new();
    let frames = many(&mut || {
        let before = common::own_time();
        drop(std::hint::black_box(cells(&model)));
        own.push(common::own_time().saturating_sub(before));
    });
    within("frame of 500 SLOs: p50", frames.median(), ms(1));
    within("  p99", frames.quantile(0.99), ms(5));
    // What other programs took of the same processor is in the figures above.
    line("  p99 of its own time on a processor", &format!("{:.2?}", Times::new(own).quantile(0.99)), "", None);
}

/// A folder with so many SLOs.
fn slos(count: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    for i in 0..count {
        std::fs::write(dir.path().join(format!("slos/{i:04}.yaml")), common::slo_file(i)).unwrap();
    }
    dir
}

fn command(prometheus: &str, dir: &Path) -> String {
    let (program, dir) = (env!("CARGO_BIN_EXE_burnledger"), dir.display());
    format!("{program} tui --prometheus {prometheus} --slos {dir}/slos --ledger {dir}/ledger.db")
}

fn signal(pid: u32, name: &str) {
    let done = std::process::Command::new("kill").args([name, &pid.to_string()]).status();
    assert!(done.is_ok_and(|s| s.success()), "kill {name}");
}

/// A server that accepts and never answers.
fn first_paint() {
    let hole = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://127.0.0.1:{}", hole.local_addr().unwrap().port());
    std::thread::spawn(move || {
        let held: Vec<_> = hole.incoming().flatten().collect();
        drop(held);
    });
    for count in [50, 500] {
        let dir = slos(count);
        let (mut paints, mut quits) = (Vec::new(), Vec::new());
        for _ in 0..7 {
            let mut terminal = Pty::start(&command(&url, dir.path()));
            paints.push(terminal.until(LIMIT, |screen| screen.contains("[1] SLOs")));
            terminal.press(b"q");
            quits.push(terminal.end());
        }
        let (paints, quits) = (Times::new(paints), Times::new(quits));
        println!();
        within(&format!("first paint, {count} SLOs, a source that never answers: median"), paints.median(), ms(150));
        within("  longest of 7", paints.worst(), ms(150));
        within("q to the end of the program: longest", quits.worst(), ms(200));
    }
}

/// A Prometheus with six hours of so many services.
fn prometheus(count: usize) -> Prometheus {
    let now = SystemClock::new().now().wall.floor_to(Span::from_secs(15));
    let mut text = String::from("# TYPE http_requests counter\n");
    for i in 0..count {
        for (code, each) in [("200", 900), ("503", 0)] {
            let name = common::service(i);
            let mut at = now - Span::from_hours(6);
            while at <= now {
                let k = (at.0 / 15_000) % 1_000_000;
                let value = if each > 0 { k * each } else { k / 50 };
                let _ = writeln!(text, "http_requests_total{{service=\"{name}\",code=\"{code}\"}} {value} {}", at.0 / 1000);
                at = at + Span::from_secs(15);
            }
        }
    }
    Prometheus::backfill(&(text + "# EOF\n"))
}

/// Keys and ends while Prometheus does not answer.
fn stopped_prometheus() {
    let (dir, prometheus) = (slos(500), prometheus(500));
    let run = command(&prometheus.url(), dir.path());
    let mut terminal = Pty::start(&run);
    let filled = terminal.until(LIMIT, |screen| screen.contains("LIVE"));
    println!();
    line("history of 500 SLOs read, counted and shown (6 h of samples)", &format!("{filled:.1?}"), "", None);
    prometheus.guard.signal("STOP");
    terminal.watch(Duration::from_secs(20));
    let mut took = Vec::new();
    for _ in 0..PRESSES {
        terminal.press(b"?");
        took.push(terminal.until(LIMIT, |screen| screen.contains("find a key")));
        terminal.press(b"?");
        took.push(terminal.until(LIMIT, |screen| !screen.contains("find a key")));
        // Keys at all phases of the program's own second.
        terminal.watch(ms(37));
    }
    let took = Times::new(took);
    line(
        &format!("key to screen, Prometheus stopped, 500 SLOs, {} keys: p50", PRESSES * 2),
        &format!("{:.1?}", took.median()),
        "",
        None,
    );
    within("  p99", took.quantile(0.99), ms(50));
    within("  longest", took.worst(), ms(100));
    memory(500, terminal.pid(), 120);
    terminal.press(b"q");
    within("q to the end, terminal given back, Prometheus stopped", terminal.end(), ms(200));
    for way in ["Ctrl-C", "SIGTERM"] {
        let mut terminal = Pty::start(&run);
        terminal.until(LIMIT, |screen| screen.contains("svc-0000/availability"));
        match way {
            "Ctrl-C" => terminal.press(b"\x03"),
            _ => signal(terminal.pid(), "-TERM"),
        }
        within(&format!("{way} to the end, terminal given back, Prometheus stopped"), terminal.end(), ms(200));
    }
    prometheus.guard.signal("CONT");
}

/// Memory of a dashboard with so many SLOs.
fn memory(count: usize, pid: u32, aim: u64) {
    let found = common::resident_by_kind(pid);
    let mib = |bytes: u64| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let met = found.all <= aim << 20;
    let what = format!("memory of the dashboard, {count} SLOs with 6 h at 15 s");
    line(&what, &mib(found.all), &format!("<= {aim} MiB"), Some(met));
    line("  its own: heap, stacks, relocated pages", &mib(found.own), "", None);
    line("  pages of files: code", &mib(found.code), "", None);
    line("  pages of files: the rest", &mib(found.all.saturating_sub(found.own + found.code)), "", None);
}

/// 50 SLOs, a Prometheus that answers, nobody at the keys.
fn idle() {
    let (dir, prometheus) = (slos(50), prometheus(50));
    let mut terminal = Pty::start(&command(&prometheus.url(), dir.path()));
    terminal.until(LIMIT, |screen| screen.contains("LIVE"));
    terminal.watch(Duration::from_secs(16));
    let pid = terminal.pid();
    // Threads that the screen starts have its name.
    let ours = |name: &str| ["screen", "painter"].contains(&name);
    let looks = || (common::threads(pid, ours), common::threads(pid, |_| true));
    let (bytes, before) = (terminal.written, looks());
    terminal.watch(IDLE);
    let seconds = IDLE.as_secs_f64();
    let after = looks();
    let share = |a: Duration, b: Duration| a.saturating_sub(b).as_secs_f64() / seconds * 100.0;
    let (screen, whole) = (share(after.0.0, before.0.0), share(after.1.0, before.1.0));
    let rate = (terminal.written - bytes) as f64 / seconds;
    let wakes = |a: u64, b: u64| a.saturating_sub(b) as f64 / seconds;
    let (screen_wakes, all_wakes) = (wakes(after.0.1, before.0.1), wakes(after.1.1, before.1.1));
    println!();
    line("idle, 50 SLOs, the screen: of a core", &format!("{screen:.2} %"), "<= 0.2 %", Some(screen <= 0.2));
    line("  wake-ups", &format!("{screen_wakes:.1} /s"), "<= 10 /s", Some(screen_wakes <= 10.0));
    line("  to the terminal", &format!("{rate:.0} B/s"), "<= 1024 B/s", Some(rate <= 1024.0));
    line("  with its engine, ledger and source: of a core", &format!("{whole:.2} %"), "", None);
    line("  wake-ups", &format!("{all_wakes:.1} /s"), "", None);
    memory(50, pid, 30);
    terminal.press(b"q");
    terminal.end();
}
