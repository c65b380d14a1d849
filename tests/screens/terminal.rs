//! The dashboard in a real terminal, through tmux: keys, resizing, and the terminal given back on every way out.
//!
//! The program in the terminal is this test binary itself: the test [`program`] shows a hand-made world when the environment
//! asks it to. Nothing here waits for a fixed time; every wait has a condition and a limit.

use super::desk::{Manner, TableDesk};
use super::fixture;
use crate::support::{require, wait_until};
use burnledger::clock::SystemClock;
use burnledger::ports::{Clock, Desk};
use burnledger::tui::{self, Ended, Ground, TuiOptions, Wishes};
use burnledger::words::Zone;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Names the world that the program shows.
const WORLD: &str = "BURNLEDGER_TEST_WORLD";
/// Names the folder for what a session leaves.
const STATE: &str = "BURNLEDGER_TEST_STATE";
/// The ground that is wished: `auto` asks the terminal.
pub const GROUND: &str = "BURNLEDGER_TEST_GROUND";
/// Long, for a machine that builds and tests other things as well; a screen that is well needs a fraction of a second.
const LIMIT: Duration = Duration::from_mins(1);

/// The program in the terminal. Without the environment's word it only checks that a desk can be built.
#[test]
fn program() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let world = std::env::var(WORLD).unwrap_or_default();
    let snapshot = match &*world {
        "calm" => fixture::calm(),
        "connecting" => fixture::connecting(),
        _ => fixture::busy(),
    };
    let manner = match &*world {
        "slow" => Manner::Slow,
        "rude" => Manner::Rude,
        "broken" => Manner::Broken,
        _ => Manner::Good,
    };
    let desk = Arc::new(TableDesk::new(snapshot, Arc::clone(&clock), manner));
    if world.is_empty() {
        assert!(!desk.snapshots().borrow().slos.is_empty());
        return;
    }
    let ground = (std::env::var(GROUND).as_deref() != Ok("auto")).then_some(Ground::Dark);
    let wishes = Wishes { ground, zone: Some(Zone::Utc), who: Some("wei".into()), ..Wishes::default() };
    let state = std::env::var(STATE).ok().map(std::path::PathBuf::from);
    let options = TuiOptions { state, ..TuiOptions::resolve(wishes, &|name| std::env::var(name).ok()) };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let ended = runtime.block_on(tui::run(Arc::clone(&desk) as Arc<dyn Desk>, clock, options));
    println!("ENDED {ended:?} ORDERS {}", desk.done.load(Ordering::SeqCst));
    // The harness would wait for nothing more; the shell behind shows how the program ended.
    std::process::exit(i32::from(ended == Ok(Ended::Interrupted)));
}

/// Tells the servers of this process apart.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A tmux server of its own with one shell in it; it dies with the value.
pub struct Terminal {
    server: String,
}

impl Terminal {
    pub fn open(columns: u16, rows: u16) -> Option<Self> {
        let shell = "env PS1='ready> ' LC_ALL=C.UTF-8 TERM=screen-256color bash --norc --noprofile -i";
        let terminal = Self::with(columns, rows, shell)?;
        terminal.wait("ready>");
        Some(terminal)
    }

    /// A terminal opened for one command.
    fn with(columns: u16, rows: u16, command: &str) -> Option<Self> {
        if !require("tmux") {
            return None;
        }
        let server = format!("burnledger-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let terminal = Self { server };
        terminal.tmux(&["new-session", "-d", "-x", &columns.to_string(), "-y", &rows.to_string(), command]);
        Some(terminal)
    }

    pub fn tmux(&self, args: &[&str]) -> String {
        let out = Command::new("tmux").args(["-L", &self.server, "-f", "/dev/null"]).args(args).output().expect("tmux runs");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    pub fn keys(&self, keys: &[&str]) {
        self.tmux(&[&["send-keys", "-t", "0"], keys].concat());
    }

    pub fn line(&self, text: &str) {
        self.tmux(&["send-keys", "-t", "0", "-l", text]);
        self.keys(&["Enter"]);
    }

    /// Starts the program with a world and more environment.
    pub fn start(&self, world: &str, env: &str) {
        let exe = std::env::current_exe().expect("a path");
        self.line(&format!(
            "clear; {WORLD}={world} {env} {} screens::terminal::program --exact --nocapture; echo rc=$?",
            exe.display()
        ));
    }

    /// Bytes as a terminal would send them for the mouse.
    pub fn type_raw(&self, text: &str) {
        self.tmux(&["send-keys", "-t", "0", "-l", text]);
    }

    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-t", "0", "-p"])
    }

    pub fn styled(&self) -> String {
        self.tmux(&["capture-pane", "-t", "0", "-p", "-e"])
    }

    pub fn wait(&self, text: &str) {
        let found = wait_until(LIMIT, || self.screen().contains(text));
        assert!(found, "waited for `{text}`, saw:\n{}", self.screen());
    }

    /// The last line that is not empty begins with `text`: the shell waits for the next command.
    fn wait_last(&self, text: &str) {
        let last = || self.screen().lines().rfind(|l| !l.trim().is_empty()).is_some_and(|l| l.starts_with(text));
        assert!(wait_until(LIMIT, last), "waited for a last line `{text}`, saw:\n{}", self.screen());
    }

    /// Waits until a text is on the screen no more.
    pub fn gone(&self, text: &str) {
        let gone = wait_until(LIMIT, || !self.screen().contains(text));
        assert!(gone, "`{text}` stayed:\n{}", self.screen());
    }

    /// Alternate screen, cursor, mouse: what a program must give back.
    fn state(&self) -> String {
        self.tmux(&["display", "-t", "0", "-p", "alt=#{alternate_on} cursor=#{cursor_flag} mouse=#{mouse_any_flag}"])
            .trim()
            .into()
    }

    /// The process id of the program in the terminal.
    fn pid(&self) -> String {
        let shell = self.tmux(&["display", "-t", "0", "-p", "#{pane_pid}"]);
        let out = Command::new("pgrep").args(["-P", shell.trim()]).output().expect("pgrep runs");
        String::from_utf8_lossy(&out.stdout).split_whitespace().next().expect("a child of the shell").into()
    }

    fn signal(&self, name: &str) {
        let done = Command::new("kill").args([name, &self.pid()]).status().expect("kill runs");
        assert!(done.success());
    }

    /// The program has the terminal whole.
    pub fn taken(&self) {
        let whole = wait_until(LIMIT, || self.state() == "alt=1 cursor=0 mouse=0");
        assert!(whole, "the terminal was taken as {}:\n{}", self.state(), self.screen());
    }

    pub fn given_back(&self) {
        let back = wait_until(LIMIT, || self.state() == "alt=0 cursor=1 mouse=0");
        assert!(back, "the terminal was left as {}:\n{}", self.state(), self.screen());
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}

#[test]
fn every_way_out_gives_the_terminal_back() {
    let Some(t) = Terminal::open(120, 36) else { return };
    for (way, rc) in [("q", "rc=0"), ("C-c", "rc=0"), ("-TERM", "rc=1"), ("-INT", "rc=1"), ("-HUP", "rc=1"), ("-QUIT", "rc=1")] {
        t.start("calm", "");
        t.wait("LAST 6h");
        t.taken();
        if way.starts_with('-') {
            t.signal(way);
        } else {
            t.keys(&[way]);
        }
        t.wait(rc);
        t.given_back();
    }
}

#[test]
fn an_acknowledgement_is_given_and_taken_back_by_keys() {
    let Some(t) = Terminal::open(120, 36) else { return };
    t.start("busy", "");
    // A session that is opened during an incident opens on it.
    t.wait("OPEN, UNACKED");
    t.keys(&["a"]);
    // Messages come and go; what they tell stays on the screen.
    t.wait("ACKNOWLEDGED, acked by wei");
    t.keys(&["u"]);
    t.wait("OPEN, UNACKED");
    t.keys(&["n"]);
    t.wait("note on INC-0142");
    t.tmux(&["send-keys", "-t", "0", "-l", "rolled back; q is only a letter here"]);
    t.keys(&["Enter"]);
    t.wait("rolled back; q is only a letter here");
    t.keys(&["q"]);
    t.wait("rc=0");
}

#[test]
fn a_severity_is_set_by_hand_with_a_reason() {
    let Some(t) = Terminal::open(120, 36) else { return };
    t.start("busy", "");
    t.wait("OPEN, UNACKED");
    t.keys(&["s"]);
    t.wait("stands against rules");
    t.keys(&["1", "Enter"]);
    t.wait("Enter sets it");
    t.tmux(&["send-keys", "-t", "0", "-l", "few users"]);
    t.wait("few users");
    t.keys(&["Enter"]);
    t.wait("INC-0142: severity P1");
    t.keys(&["q"]);
    t.wait("rc=0");
}

#[test]
fn an_order_that_is_under_way_when_a_person_leaves_is_still_carried_out() {
    let Some(t) = Terminal::open(120, 36) else { return };
    t.start("slow", "");
    t.wait("OPEN, UNACKED");
    t.keys(&["a", "q"]);
    t.wait("ENDED Ok(Quit) ORDERS 1");
    t.given_back();
}

#[test]
fn a_panic_elsewhere_does_not_tear_the_screen_and_is_told_at_the_end() {
    let Some(t) = Terminal::open(120, 36) else { return };
    t.start("rude", "");
    t.wait("OPEN, UNACKED");
    t.keys(&["a"]);
    t.wait("could not acknowledge INC-0142: it failed inside");
    assert!(!t.screen().contains("the desk is rude"), "{}", t.screen());
    t.keys(&["q"]);
    t.wait("ENDED Ok(Quit)");
    t.wait("the desk is rude");
    t.given_back();
}

#[test]
fn a_panic_of_the_screen_itself_gives_the_terminal_back_before_it_is_told() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let dir = tempfile::tempdir().unwrap();
    t.start("broken", &format!("{STATE}={}", dir.path().display()));
    t.wait("the desk is broken");
    t.wait("ENDED Err(Failed");
    t.given_back();
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert!(left.len() == 1 && left[0].to_string_lossy().contains("/crash-"), "{left:?}");
    let told = std::fs::read_to_string(&left[0]).unwrap();
    assert!(told.contains("the desk is broken") && told.contains("the last messages, oldest first:"), "{told}");
}

#[test]
fn ctrl_z_stops_the_job_and_fg_brings_it_back() {
    let Some(t) = Terminal::open(100, 30) else { return };
    t.start("calm", "");
    t.wait("LAST 6h");
    for (times, stop) in [(1, "C-z"), (2, "-TSTP")] {
        if stop.starts_with('-') {
            t.signal(stop);
        } else {
            t.keys(&[stop]);
        }
        // The shell tells every stop, and what it told of the one before stands there still: a line that is typed before the
        // shell has the terminal again would go to the program.
        let told = wait_until(LIMIT, || t.screen().matches("Stopped").count() == times);
        assert!(told, "stop {times} was not told:\n{}", t.screen());
        t.wait_last("ready>");
        t.given_back();
        t.line("fg");
        t.wait("LAST 6h");
        t.taken();
        t.keys(&["?"]);
        t.wait("find a key");
        t.keys(&["Escape"]);
        t.gone("find a key");
    }
    t.keys(&["q"]);
    t.wait("ENDED Ok(Quit)");
    t.given_back();
}

#[test]
fn a_program_that_a_terminal_was_opened_for_does_not_stop_itself() {
    let exe = std::env::current_exe().expect("a path");
    let command = format!("env {WORLD}=calm LC_ALL=C.UTF-8 {} screens::terminal::program --exact --nocapture", exe.display());
    let Some(t) = Terminal::with(100, 30, &command) else { return };
    t.wait("LAST 6h");
    t.keys(&["C-z"]);
    t.wait("no shell to come back from");
    t.keys(&["?"]);
    t.wait("find a key");
}

#[test]
fn any_size_shows_something_and_can_be_left() {
    let Some(t) = Terminal::open(120, 36) else { return };
    t.start("busy", "");
    t.wait("OPEN, UNACKED");
    for (columns, rows, seen) in
        [("20", "3", "P0! chec"), ("1", "1", "P"), ("80", "24", "TIMELINE"), ("160", "48", "not accounting")]
    {
        t.tmux(&["resize-window", "-t", "0", "-x", columns, "-y", rows]);
        t.wait(seen);
    }
    t.tmux(&["resize-window", "-t", "0", "-x", "12", "-y", "4"]);
    t.wait("q quit");
    t.keys(&["q"]);
    t.wait("rc=0");
}

#[test]
fn without_colour_the_selection_is_still_seen() {
    let Some(t) = Terminal::open(100, 30) else { return };
    t.start("calm", "NO_COLOR=1");
    t.wait("LAST 6h");
    let styled = t.styled();
    let selected = styled.lines().find(|l| l.contains(">ok ") || l.contains('>')).expect("a selected row");
    assert!(selected.contains("\x1b[7m") || selected.contains(";7m"), "{selected:?}");
    for code in ["\x1b[3", "\x1b[9", "38;5", "38;2", "48;5", "48;2"] {
        assert!(!styled.contains(code) || code == "\x1b[3" && !has_colour(&styled), "{code:?} in {styled:?}");
    }
    t.keys(&["q"]);
    t.wait("rc=0");
}

/// A foreground or background colour is set (30-37, 40-47, 90-107); 39 and 49 take one back.
fn has_colour(styled: &str) -> bool {
    styled.split("\x1b[").skip(1).filter_map(|s| s.split_once('m')).any(|(codes, _)| {
        codes.split(';').filter_map(|c| c.parse::<u32>().ok()).any(|c| matches!(c, 30..=38 | 40..=48 | 90..=107))
    })
}

#[test]
fn in_the_c_locale_no_byte_is_above_127() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let file = std::env::temp_dir().join(format!("burnledger-bytes-{}", std::process::id()));
    t.tmux(&["pipe-pane", "-t", "0", &format!("cat > {}", file.display())]);
    t.start("busy", "LC_ALL=C");
    t.wait("OPEN, UNACKED");
    let screens = [
        ("1", "burn over 5m"),
        ("d", "ERROR BUDGET"),
        ("3", "INCIDENTS"),
        ("4", "HEATMAP"),
        ("5", "REPLAY"),
        ("L", "what is wrong now"),
    ];
    for (key, seen) in screens.into_iter().chain([("?", "find a key")]) {
        t.keys(&[key]);
        t.wait(seen);
        if ["L", "?"].contains(&key) {
            t.keys(&["Escape"]);
            t.gone(seen);
        }
    }
    t.keys(&["q"]);
    t.wait("rc=0");
    // `cat` writes when it likes.
    let written = || std::fs::read(&file).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("rc=0"));
    assert!(wait_until(LIMIT, written), "{} has no end", file.display());
    t.tmux(&["pipe-pane", "-t", "0"]);
    let bytes = std::fs::read(&file).expect("what the program wrote");
    let _ = std::fs::remove_file(&file);
    assert!(bytes.len() > 2000);
    let high = bytes.iter().position(|b| *b > 127);
    assert_eq!(
        high,
        None,
        "{:?}",
        high.map(|i| String::from_utf8_lossy(&bytes[i.saturating_sub(40)..(i + 20).min(bytes.len())]).into_owned())
    );
}

#[test]
fn a_note_is_written_in_the_persons_own_editor_which_has_all_keys_meanwhile() {
    let Some(t) = Terminal::open(120, 36) else { return };
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("editor.sh");
    let told = "printf 'out of the editor: ' > \"$1.new\"; cat \"$1\" >> \"$1.new\"; mv \"$1.new\" \"$1\"";
    std::fs::write(&script, format!("echo EDITING\nread answer\n{told}\ntest \"$answer\" = quit\n")).unwrap();
    t.start("busy", &format!("VISUAL= EDITOR='sh {}'", script.display()));
    t.wait("UNACKED");
    t.keys(&["n"]);
    t.wait("note on INC-0142");
    t.keys(&["pool", "C-e"]);
    t.wait("EDITING");
    // A key of ours would quit; here it is a word for the editor.
    t.keys(&["quit", "Enter"]);
    t.wait("out of the editor: pool");
    t.keys(&["Enter"]);
    t.gone("note on INC-0142");
    t.wait("out of the editor: pool");
    // One that fails leaves the note as it was.
    t.keys(&["n"]);
    t.wait("note on INC-0142");
    t.keys(&["mine", "C-e"]);
    t.wait("EDITING");
    t.keys(&["no", "Enter"]);
    t.wait("the editor failed");
    t.wait("mine");
    t.keys(&["C-c"]);
    t.wait("rc=0");
    t.given_back();
}
