//! What a slow link, a silent source and a watch that hangs do to a screen: how long frames are while a person moves through 500 SLOs
//! and their heatmap, how soon a missed scrape is seen, and how quick keys are while nothing answers behind them.

use super::common::{self, Times, line, within};
use super::pty::Pty;
use super::support::{Guard, Prometheus, free_port};
use super::{LIMIT, command, ms, slos};
use burnledger::clock::SystemClock;
use burnledger::domain::base::Span;
use burnledger::ports::Clock;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

const MANY: usize = 500;
const FEW: usize = 50;
const LONGEST: usize = 25_000;
const STEP: Span = Span::from_secs(15);
const SILENCES: usize = 3;
const PRESSES: usize = 50;

/// Three hours in which every service burns otherwise every five minutes: no map has more colours.
fn weather() -> Prometheus {
    let now = SystemClock::new().now().wall.floor_to(STEP);
    let mut text = String::from("# TYPE http_requests counter\n");
    for i in 0..MANY {
        let name = common::service(i);
        for code in ["200", "503"] {
            let (mut at, mut failed) = (now - Span::from_hours(3), 0.0);
            while at <= now {
                let block = at.0 / 300_000;
                let luck = (block.wrapping_mul(7_919) ^ (i as i64).wrapping_mul(104_729)).rem_euclid(9) as usize;
                failed += [0.04, 0.1, 0.3, 0.6, 1.2, 3.0, 8.0, 20.0, 60.0][luck];
                let value = if code == "200" { (at.0 / 15_000 % 1_000_000 * 900) as f64 } else { failed };
                let _ = writeln!(text, "http_requests_total{{service=\"{name}\",code=\"{code}\"}} {value} {}", at.0 / 1000);
                at = at + STEP;
            }
        }
    }
    Prometheus::backfill(&(text + "# EOF\n"))
}

/// Bytes of frames, first paint and change of tabs left out.
pub fn frames() {
    let (dir, prometheus) = (slos(MANY), weather());
    for (colours, env) in [("24 bits", &[("COLORTERM", "truecolor")][..]), ("256 colours", &[])] {
        let mut terminal = Pty::with(&command(&prometheus.url(), dir.path()), env);
        terminal.until(LIMIT, |screen| screen.contains("LIVE"));
        listed(&mut terminal);
        terminal.watch(Duration::from_secs(2));
        terminal.frames();
        let list = moved(&mut terminal, &[b"j", b"j", b"k", b"G", b"g", b"\x04", b"\x04", b"\x15", b"o", b"o", b"O"]);
        terminal.frames();
        terminal.watch(Duration::from_secs(32));
        let ticks = terminal.frames();
        terminal.press(b"4");
        terminal.until(LIMIT, |screen| screen.contains("HEATMAP") && screen.contains("a cell"));
        terminal.watch(Duration::from_secs(2));
        terminal.frames();
        let keys: [&[u8]; 14] = [b"j", b"j", b"h", b"h", b"\x04", b"\x04", b"\x04", b"\x15", b"G", b"g", b"+", b"[", b"]", b"-"];
        let map = moved(&mut terminal, &keys);
        println!();
        let longest = |all: &[Vec<usize>]| all.iter().flatten().copied().max().unwrap_or(0);
        let shown = |bytes: usize| format!("{:.1} KB", bytes as f64 / 1000.0);
        let small = |what: &str, bytes: usize| line(what, &shown(bytes), "<= 25 KB", Some(bytes <= LONGEST));
        small(&format!("longest frame in {colours}, {MANY} SLOs listed, moved, paged, sorted"), longest(&list));
        small("  of a tick", ticks.iter().copied().max().unwrap_or(0));
        small("  of the heatmap, moved, scrolled, panned, zoomed", longest(&map));
        let most = map.iter().map(|of| (of.iter().sum::<usize>(), of.len())).max().unwrap_or_default();
        line(
            "  most bytes after one key on the heatmap, in so many frames",
            &format!("{} in {}", shown(most.0), most.1),
            "",
            None,
        );
        terminal.press(b"q");
        terminal.end();
    }
}

/// Goes to the list once everything is read: a new incident comes to the front while history is.
fn listed(terminal: &mut Pty) {
    let from = Instant::now();
    loop {
        terminal.press(b"1");
        terminal.watch(Duration::from_secs(1));
        let screen = terminal.text();
        if screen.contains("sort: ") && screen.contains("LIVE") {
            return;
        }
        assert!(from.elapsed() < LIMIT * 5, "the list never came:\n{screen}");
    }
}

/// Frames after each key.
fn moved(terminal: &mut Pty, keys: &[&[u8]]) -> Vec<Vec<usize>> {
    let mut of = |key: &&[u8]| {
        terminal.press(key);
        terminal.watch(ms(400));
        terminal.frames()
    };
    keys.iter().map(&mut of).collect()
}

/// The age of the data, in seconds, as the header tells it.
fn age(screen: &str) -> Option<u64> {
    let told = screen.lines().next()?.split("data ").nth(1)?.split(" old").next()?;
    let (minutes, seconds) = told.split_once('m').unwrap_or(("0", told));
    Some(minutes.trim().parse::<u64>().ok()? * 60 + seconds.trim_end_matches('s').parse::<u64>().ok()?)
}

/// A source that stops answering between two scrapes.
pub fn silence() {
    let port = common::page_server(FEW);
    let config = format!(
        "global: {{scrape_interval: 15s}}\nscrape_configs:\n- job_name: page\n  static_configs:\n  - targets: ['127.0.0.1:{port}']\n    \
         labels: {{instance: page}}\n"
    );
    let (dir, prometheus) = (slos(FEW), Prometheus::start(&config));
    let mut terminal = Pty::start(&command(&prometheus.url(), dir.path()));
    terminal.until(LIMIT, |screen| screen.contains("LIVE"));
    let mut took = Vec::new();
    for _ in 0..SILENCES {
        // Two whole steps while it answers: how old data gets when nothing is missing.
        let mut usual = 0;
        for _ in 0..2 {
            usual = usual.max(until_younger(&mut terminal).0);
        }
        let (_, fresh) = until_younger(&mut terminal);
        prometheus.guard.signal("STOP");
        let missed = fresh + Duration::from_millis(STEP.millis());
        while age(&terminal.text()).is_none_or(|age| age <= usual) {
            assert!(missed.elapsed() < LIMIT, "the age never grew:\n{}", terminal.text());
            terminal.watch(ms(10));
        }
        took.push(missed.elapsed());
        prometheus.guard.signal("CONT");
        terminal.until(LIMIT, |screen| screen.contains("LIVE") && age(screen).is_some_and(|age| age <= usual));
    }
    println!();
    within(
        &format!("a scrape missed, until the age on the screen says so: longest of {SILENCES}"),
        Times::new(took).worst(),
        Duration::from_secs(2),
    );
    terminal.press(b"q");
    terminal.end();
}

/// Waits until the data is younger than it was; how old it had been, and when that was.
fn until_younger(terminal: &mut Pty) -> (u64, Instant) {
    let (mut oldest, from) = (0, Instant::now());
    loop {
        let now = age(&terminal.text()).unwrap_or(0);
        if now + 5 < oldest {
            return (oldest, Instant::now());
        }
        oldest = oldest.max(now);
        assert!(from.elapsed() < LIMIT, "no younger data came:\n{}", terminal.text());
        terminal.watch(ms(10));
    }
}

/// A dashboard on a watch that is stopped.
pub fn hanging_watch() {
    let (dir, port) = (slos(FEW), free_port());
    let prometheus = Prometheus::start("global: {scrape_interval: 15s}\n");
    let (program, at) = (env!("CARGO_BIN_EXE_burnledger"), dir.path().display().to_string());
    let mut run = std::process::Command::new(program);
    run.args(["watch", "--listen", &format!("127.0.0.1:{port}"), "--prometheus", &prometheus.url()]);
    run.args(["--slos", &format!("{at}/slos"), "--ledger", &format!("{at}/watch.db")]).current_dir(&at);
    let watch = Guard::start("watch", tempfile::tempdir().unwrap(), &mut run);
    let look = format!("{program} tui --attach 127.0.0.1:{port}");
    let mut terminal = Pty::start(&look);
    terminal.until(LIMIT, |screen| screen.contains("svc-0000/availability"));
    watch.signal("STOP");
    let mut took = Vec::new();
    for _ in 0..PRESSES {
        for shown in [true, false] {
            terminal.press(b"?");
            took.push(terminal.until(LIMIT, |screen| screen.contains("find a key") == shown));
            terminal.watch(ms(29));
        }
    }
    let took = Times::new(took);
    println!();
    within(&format!("key to screen, attached to a watch that hangs, {} keys: p99", PRESSES * 2), took.quantile(0.99), ms(50));
    terminal.until(LIMIT, |screen| screen.contains("CUT OFF") && screen.contains("svc-0000/availability"));
    terminal.press(b"q");
    within("  q to the end, its last picture on the screen", terminal.end(), ms(200));
    let mut terminal = Pty::start(&look);
    terminal.until(LIMIT, |screen| screen.contains("Asking"));
    terminal.press(b"\x03");
    within("  Ctrl-C to the end, before any picture came", terminal.end(), ms(200));
    watch.signal("CONT");
}
