//! A terminal that is asked for its ground and answers at once, late, never or with nonsense: it never presses a key.
//!
//! tmux answers for itself where it has a background, and is silent otherwise; what comes late is put into its input by hand.
//! How pieces of an answer are put together is tested beside the code, where time stands still.

use super::terminal::{GROUND, Terminal};
use crate::support::wait_until;
use std::time::Duration;

const LIMIT: Duration = Duration::from_mins(1);
/// The selected row's ground, as tmux tells it.
const LIGHT: &str = "48;5;253";
const DARK: &str = "48;5;237";

/// A session that asks, in a terminal of this background.
fn asking(background: Option<&str>, env: &str) -> Option<Terminal> {
    let t = Terminal::open(120, 36)?;
    if let Some(color) = background {
        t.tmux(&["set", "-g", "window-style", &format!("bg={color}")]);
    }
    t.start("calm", &format!("{GROUND}=auto {env}"));
    t.wait("LAST 6h");
    t.taken();
    Some(t)
}

fn wait_styled(t: &Terminal, style: &str) {
    assert!(wait_until(LIMIT, || t.styled().contains(style)), "no {style} in:\n{}", t.styled());
}

/// Bytes as the terminal would send them.
fn send(t: &Terminal, bytes: &[u8]) {
    let hex: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let args: Vec<&str> = ["send-keys", "-t", "0", "-H"].into_iter().chain(hex.iter().map(String::as_str)).collect();
    t.tmux(&args);
}

/// Keys still do what they do, and nothing else was pressed: the overview is there, and no field is open.
fn leave(t: &Terminal) {
    t.wait("LAST 6h");
    t.keys(&["?"]);
    t.wait("find a key");
    t.keys(&["Escape"]);
    t.gone("find a key");
    t.wait("LAST 6h");
    t.keys(&["q"]);
    t.wait("rc=0");
    t.given_back();
    assert!(!t.screen().contains("rgb"), "nothing is left to the shell:\n{}", t.screen());
}

#[test]
fn a_terminal_that_answers_decides_between_light_and_dark() {
    for (background, style) in [("#fdf6e3", LIGHT), ("#002b36", DARK)] {
        let Some(t) = asking(Some(background), "") else { return };
        wait_styled(&t, style);
        leave(&t);
    }
}

#[test]
fn who_leaves_at_once_leaves_no_answer_to_the_shell() {
    let Some(t) = Terminal::open(120, 36) else { return };
    t.tmux(&["set", "-g", "window-style", "bg=#fdf6e3"]);
    for _ in 0..3 {
        t.start("calm", &format!("{GROUND}=auto"));
        t.taken();
        t.keys(&["q"]);
        t.wait("rc=0");
        t.given_back();
        assert!(!t.screen().contains("rgb"), "{}", t.screen());
    }
}

#[test]
fn an_answer_that_comes_late_presses_no_key_and_still_counts() {
    let Some(t) = asking(None, "") else { return };
    wait_styled(&t, DARK);
    send(&t, b"\x1b]11;rgb:ffff/ffff/1111\x1b\\");
    wait_styled(&t, LIGHT);
    leave(&t);
}

#[test]
fn nonsense_for_an_answer_presses_no_key() {
    let Some(t) = asking(None, "") else { return };
    // Each of these keys does something elsewhere: a filter, a tab, help, leaving.
    send(&t, b"\x1b]11;/q 2 3 ? q\x07");
    leave(&t);
}

#[test]
fn a_terminal_that_never_answers_loses_no_key() {
    let Some(t) = asking(None, "") else { return };
    wait_styled(&t, DARK);
    send(&t, b"\x1b]3");
    t.wait("INCIDENTS");
    t.keys(&["1"]);
    leave(&t);
}

#[test]
fn without_colours_nothing_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let asked = |env: &str, name: &str| {
        let t = Terminal::open(120, 36)?;
        let file = dir.path().join(name);
        t.tmux(&["pipe-pane", "-t", "0", &format!("cat > {}", file.display())]);
        t.start("calm", &format!("{GROUND}=auto {env}"));
        t.wait("LAST 6h");
        t.keys(&["q"]);
        t.wait("rc=0");
        let whole = || std::fs::read(&file).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains("rc=0"));
        assert!(wait_until(LIMIT, whole), "{} has no end", file.display());
        Some(String::from_utf8_lossy(&std::fs::read(&file).unwrap()).contains("\x1b]11;?\x07"))
    };
    let Some(colours) = asked("", "colours") else { return };
    assert!(colours, "with colours it is");
    assert_eq!(asked("NO_COLOR=1", "none"), Some(false));
    assert_eq!(asked("COLORFGBG='0;15'", "told"), Some(false));
    assert_eq!(asked("TERM=linux", "console"), Some(false));
}
