//! A day that is replayed in a terminal: seeking anywhere in it, and keys while it plays sixty times as fast.

use super::common::{self, Times, line, within};
use super::pty::Pty;
use super::{LIMIT, ms, slos};
use burnledger::domain::base::{Ms, Span};
use std::fmt::Write as _;
use std::time::Duration;

const SLOS: usize = 50;
const SEEKS: u64 = 200;
const PRESSES: usize = 100;
const STEP: Span = Span::from_secs(15);
/// What is typed at once, faster than anybody can.
const BURST: &str = "the quick brown fox jumps over it";
const FILM: Duration = Duration::from_mins(5);

/// 2026-03-02T00:00:00Z.
const START: Ms = Ms(1_772_409_600_000);

/// A day and an hour of so many services; the first one fails for twenty minutes.
fn recording() -> String {
    let mut text = String::from("# TYPE http_requests counter\n");
    for i in 0..SLOS {
        let name = common::service(i);
        for code in ["200", "503"] {
            let mut failed = 0;
            let mut at = START - Span::from_hours(1);
            for k in 0..=(25 * 240_i64) {
                let bad = i == 0 && (2_000..2_080).contains(&k);
                failed += if bad { 300 } else { i64::from(k % (29 + i as i64) == 0) };
                let value = if code == "200" { k * 900 } else { failed };
                let _ = writeln!(text, "http_requests_total{{service=\"{name}\",code=\"{code}\"}} {value} {}", at.0 / 1000);
                at = at + STEP;
            }
        }
    }
    text + "# EOF\n"
}

/// Seeks and plays.
pub fn replay() {
    let dir = slos(SLOS);
    std::fs::write(dir.path().join("day.om"), recording()).unwrap();
    let (program, dir) = (env!("CARGO_BIN_EXE_burnledger"), dir.path().display().to_string());
    let run = format!("{program} tui --replay 24h --samples {dir}/day.om --slos {dir}/slos --ledger {dir}/ledger.db");
    let mut terminal = Pty::start(&run);
    let made = terminal.until(FILM, |screen| screen.contains("60x ||"));
    println!();
    line(&format!("a film of 24 h of {SLOS} SLOs, judged every 15 s: until it is shown"), &format!("{made:.1?}"), "", None);
    seeks(&mut terminal);
    plays(&mut terminal);
    let memory = common::resident(terminal.pid()) >> 20;
    line("  memory with the film", &format!("{memory} MiB"), "", None);
    terminal.press(b"q");
    terminal.end();
}

/// Goes to moments all over the day.
fn seeks(terminal: &mut Pty) {
    let mut took = Vec::new();
    for n in 0..SEEKS {
        let second = n * 37_861 % 86_400;
        let clock = format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60);
        terminal.press(b"g");
        terminal.until(LIMIT, |screen| screen.contains("Enter goes"));
        terminal.press(clock.as_bytes());
        terminal.until(LIMIT, |screen| screen.contains(&clock));
        terminal.press(b"\r");
        let there = format!("REPLAY {clock}");
        took.push(terminal.until(LIMIT, |screen| screen.contains(&there) && !screen.contains("Enter goes")));
    }
    let took = Times::new(took);
    within(&format!("replay: {SEEKS} seeks all over 24 h of {SLOS} SLOs: median"), took.median(), ms(100));
    within("  p99", took.quantile(0.99), ms(100));
}

/// Keys while it plays.
fn plays(terminal: &mut Pty) {
    terminal.press(b"g");
    terminal.until(LIMIT, |screen| screen.contains("Enter goes"));
    terminal.press(b"02:00\r");
    terminal.until(LIMIT, |screen| screen.contains("REPLAY 02:00:00") && !screen.contains("Enter goes"));
    terminal.press(b" ");
    terminal.until(LIMIT, |screen| screen.contains("60x >"));
    let (mut took, mut obeyed) = (Vec::new(), 0);
    for _ in 0..PRESSES {
        for shown in [true, false] {
            terminal.press(b"?");
            took.push(terminal.until(LIMIT, |screen| screen.contains("find a key") == shown));
            obeyed += 1;
            terminal.watch(ms(23));
        }
    }
    terminal.press(format!(":{BURST}").as_bytes());
    took.push(terminal.until(LIMIT, |screen| screen.contains(BURST)));
    obeyed += 1 + BURST.len();
    terminal.press(b"\x1b");
    terminal.until(LIMIT, |screen| !screen.contains(BURST) && screen.contains("60x >"));
    let (took, all) = (Times::new(took), PRESSES * 2 + 1 + BURST.len());
    line(
        &format!("keys obeyed while it plays at 60x ({} of them typed at once)", BURST.len() + 1),
        &format!("{obeyed} of {all}"),
        "all",
        Some(obeyed == all),
    );
    within("  key to screen: p99", took.quantile(0.99), ms(50));
    within("  longest", took.worst(), ms(100));
}
