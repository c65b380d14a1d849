//! The program itself in a terminal, and without one: what is seen before files are read, and who records.

use super::terminal::Terminal;
use crate::support::{free_port, wait_until};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const BIN: &str = env!("CARGO_BIN_EXE_burnledger");

fn slo(service: &str) -> String {
    format!(
        "version: burnledger/v1\nservice: {service}\nslos:\n  - name: availability\n    target: 99.9%\n    sli: {{events: {{bad: 'x_total{{code=\"500\"}}', total: x_total}}}}\n"
    )
}

fn folder(services: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("slos")).unwrap();
    for i in 0..services {
        std::fs::write(dir.path().join(format!("slos/s{i}.yaml")), slo(&format!("s{i}"))).unwrap();
    }
    std::fs::write(
        dir.path().join("burnledger.yaml"),
        format!("step: 5s\nprometheus: {{url: 'http://127.0.0.1:{}'}}\n", free_port()),
    )
    .unwrap();
    dir
}

fn started(dir: &Path, args: &str) -> String {
    let dir = dir.display();
    format!("clear; (cd {dir} && XDG_STATE_HOME={dir} XDG_CONFIG_HOME={dir} {BIN} {args}); echo rc=$?")
}

#[test]
fn the_first_picture_is_there_before_the_files_are_read_and_keys_work() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let dir = folder(0);
    // Who reads a pipe waits until somebody has written: files that take as long as this test likes.
    let pipe = dir.path().join("slow.yaml");
    assert!(Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success()));
    for written in [false, true] {
        t.line(&started(dir.path(), "tui --slos slow.yaml"));
        t.wait("Starting: reading SLOs");
        t.keys(&["?"]);
        t.wait("find a key");
        t.keys(&["Escape"]);
        t.gone("find a key");
        if written {
            std::fs::write(&pipe, slo("checkout")).unwrap();
            t.wait("SLO 1 ");
            t.wait("records, pages nobody");
        }
        t.keys(&["q"]);
        t.wait("rc=0");
    }
}

#[test]
fn files_that_are_added_written_replaced_and_removed_are_read_again() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let dir = folder(1);
    let file = |name: &str| dir.path().join("slos").join(name);
    t.line(&started(dir.path(), "tui"));
    t.wait("SLO 1 ");
    std::fs::write(file("more.yaml"), slo("more")).unwrap();
    t.wait("more/availability");
    // As long as before: only what is in it has changed.
    std::fs::write(file("more.yaml"), slo("mora")).unwrap();
    t.wait("mora/availability");
    std::fs::write(file(".new"), slo("next")).unwrap();
    std::fs::rename(file(".new"), file("more.yaml")).unwrap();
    t.wait("next/availability");
    std::fs::write(file("more.yaml"), "slos: [").unwrap();
    t.wait("is never closed");
    std::fs::remove_file(file("more.yaml")).unwrap();
    t.gone("is never closed");
    t.wait("SLO 1 ");
    t.keys(&["q"]);
    t.wait("rc=0");
}

#[test]
fn what_keeps_it_from_starting_is_on_the_screen_and_told_again_when_it_is_left() {
    let Some(t) = Terminal::open(100, 30) else { return };
    let dir = folder(0);
    t.line(&started(dir.path(), "tui"));
    t.wait("it could not start");
    t.wait("there are no SLO files in ./slos");
    t.keys(&["q"]);
    t.wait("rc=2");
    t.wait("there are no SLO files in ./slos");
}

/// Waits for a text as long as a busy machine may need to read a recording.
fn patiently(t: &Terminal, text: &str) {
    assert!(
        wait_until(Duration::from_mins(1), || t.screen().contains(text)),
        "waited for `{text}`, saw:
{}",
        t.screen()
    );
}

#[test]
fn a_dashboard_of_ones_own_shows_values_reloads_and_keeps_its_screen_when_its_file_breaks() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mine.yaml");
    let mine = |title: &str, kind: &str| {
        format!(
            "version: burnledger-dashboard/v1\ntitle: {title}\nrows:\n  - panels:\n      - {kind}: sum(payments_total{{job=\"payments\"}}) > bool 0\n      - burn: payments/success\n"
        )
    };
    std::fs::write(&file, mine("Mine", "value")).unwrap();
    t.line(&started(dir.path(), &format!("demo --speed 60 --dashboards {}", dir.path().display())));
    patiently(&t, "LAST 6h");
    t.keys(&["6"]);
    patiently(&t, "[6] Mine");
    // The recording was asked, and the engine's history.
    patiently(&t, "sum(payments_total");
    assert!(wait_until(Duration::from_mins(1), || t.screen().lines().any(|line| line.starts_with(" 1 "))), "{}", t.screen());
    patiently(&t, "14.4x");
    std::fs::write(&file, mine("Changed", "value")).unwrap();
    patiently(&t, "[6] Changed");
    std::fs::write(&file, mine("Broken", "valeu")).unwrap();
    patiently(&t, "did you mean `value`?; the former one stays");
    patiently(&t, "[6] Changed");
    t.keys(&["q"]);
    t.wait("rc=0");
    t.given_back();
}

#[test]
fn the_demo_has_a_dashboard_and_speaks_chinese_where_it_can() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let dir = tempfile::tempdir().unwrap();
    t.line(&started(dir.path(), "demo --speed 60 --language zh"));
    patiently(&t, "燃烧率");
    t.keys(&["6"]);
    patiently(&t, "On call");
    patiently(&t, "payments by outcome");
    t.keys(&["q"]);
    t.wait("rc=0");
    t.line(&format!("export LC_ALL=C; {}", started(dir.path(), "demo --speed 60 --language zh")));
    patiently(&t, "sort: severity");
    assert!(t.screen().is_ascii(), "{}", t.screen());
    t.keys(&["q"]);
    t.wait("rc=0");
}

/// A program that runs, and what it has printed.
struct Running {
    child: Child,
    printed: Arc<Mutex<String>>,
}

impl Running {
    fn start(dir: &Path, args: &[&str]) -> Self {
        let mut command = Command::new(BIN);
        command.args(args).current_dir(dir).env("XDG_STATE_HOME", dir).env("XDG_CONFIG_HOME", dir);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (printed, mut pipe) = (Arc::new(Mutex::new(String::new())), child.stdout.take().unwrap());
        let into = Arc::clone(&printed);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(n @ 1..) = pipe.read(&mut bytes) {
                into.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..n]));
            }
        });
        Self { child, printed }
    }

    fn says(&self, text: &str) {
        let said = wait_until(Duration::from_mins(1), || self.printed.lock().unwrap().contains(text));
        assert!(said, "waited for `{text}`, got:\n{}", self.printed.lock().unwrap());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_view_without_a_terminal_tells_lines_and_records_only_while_nobody_else_leads() {
    let dir = folder(2);
    let view = Running::start(dir.path(), &["tui"]);
    view.says(" records, pages nobody");
    let looks = Running::start(dir.path(), &["tui", "--plain", "--watch-only"]);
    looks.says(" looks only: records nothing, pages nobody");
    let second = Running::start(dir.path(), &["tui", "--plain"]);
    second.says(" leads this ledger; this view follows");
    // A watch that starts later takes the lease from the first view, which notices at its next renewal.
    let watch = Running::start(dir.path(), &["watch", "--listen", "127.0.0.1:0"]);
    view.says(&format!(":{} leads this ledger; this view follows", watch.child.id()));
}

#[test]
fn the_next_session_begins_where_the_last_one_was_left_but_never_frozen() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let dir = folder(3);
    t.line(&started(dir.path(), "tui"));
    t.wait("SLOs 3");
    t.keys(&["o", "Space", "3"]);
    t.wait("INCIDENTS 0");
    t.keys(&["q"]);
    t.wait("rc=0");
    let kept = std::fs::read_to_string(dir.path().join("burnledger/screen")).unwrap();
    assert!(kept.starts_with("tab=history\nsort=name\n"), "{kept}");
    t.line(&started(dir.path(), "tui"));
    t.wait("INCIDENTS 0");
    assert!(!t.screen().contains("FROZEN"), "{}", t.screen());
    t.keys(&["q"]);
    t.wait("rc=0");
}

#[test]
fn keys_of_one_s_own_work_and_one_that_hides_another_is_refused_with_its_place() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let dir = folder(2);
    let config = dir.path().join("burnledger.yaml");
    let before = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("{before}keys:\n  quit: Q\n  copy: a\n")).unwrap();
    t.line(&started(dir.path(), "tui"));
    t.wait("rc=2");
    t.wait("burnledger.yaml:5:9");
    t.wait("`a` is already the key of `acknowledge`");
    std::fs::write(&config, format!("{before}keys: {{quit: Q}}\ntheme: high-contrast\n")).unwrap();
    t.line(&started(dir.path(), "tui"));
    t.wait("SLOs 2");
    t.keys(&["?", "/"]);
    t.type_raw("quit");
    t.wait("Q          quit");
    t.keys(&["Escape", "Escape", "q", "Q"]);
    t.wait("rc=0");
}

#[test]
fn with_the_mouse_rows_are_clicked_and_it_is_given_back() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let dir = folder(3);
    t.line(&started(dir.path(), "tui --mouse"));
    t.wait("SLOs 3");
    // A click as terminals send it (SGR): the third row of the list.
    let row = t.screen().lines().position(|l| l.contains("s2/availability")).expect("a row") + 1;
    let click = format!("\u{1b}[<0;10;{row}M\u{1b}[<0;10;{row}m");
    t.type_raw(&click);
    let selected = wait_until(Duration::from_mins(1), || t.screen().lines().any(|l| l.starts_with('>') && l.contains("s2/")));
    assert!(selected, "{}", t.screen());
    t.keys(&["q"]);
    t.wait("rc=0");
    t.given_back();
}
