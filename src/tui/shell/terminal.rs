//! Taking the terminal and giving it back, on every way out.

use crate::tui::update::Msg;
use crate::words::plural::counted;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{execute, queue};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::panic::PanicHookInfo;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};

/// Names of the threads whose panic ends the dashboard.
pub(super) const SCREEN: &str = "screen";
pub(super) const PAINTER: &str = "painter";

/// We hold the terminal.
static HELD: AtomicBool = AtomicBool::new(false);
/// Messages of panics elsewhere, told once the terminal is given back.
static LATE: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The mouse is ours too; otherwise it stays with the terminal, for selecting text.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Whether the mouse is taken with the terminal.
pub(super) fn with_mouse(wanted: bool) {
    MOUSE.store(wanted, Ordering::SeqCst);
}

/// Where a crash leaves its last messages.
static CRASHES: Mutex<Option<PathBuf>> = Mutex::new(None);
/// The last messages, oldest first.
static MESSAGES: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());
/// So many are kept.
const LAST: usize = 200;

/// Names the folder for what a crash leaves.
pub(super) fn crashes_into(folder: Option<PathBuf>) {
    *CRASHES.lock().unwrap_or_else(PoisonError::into_inner) = folder;
}

/// Remembers a message for the case of a crash: what kind it was, never what a person typed into a dialog.
pub(super) fn remember(msg: &Msg, typing: bool) {
    let text = match msg {
        Msg::Snapshot(snapshot) => {
            format!("snapshot {} with {}", snapshot.number, counted(snapshot.slos.len(), "track", "tracks"))
        }
        Msg::Key(_) if typing => "a key in a dialog".into(),
        Msg::Key(key) => format!("key {key}"),
        Msg::Paste(text) => format!("{} pasted", counted(text.len(), "byte", "bytes")),
        Msg::Reply { ticket, result } => format!("order {ticket} answered, {}", if result.is_ok() { "done" } else { "refused" }),
        Msg::Answer { ticket, result } => {
            format!("question {ticket} answered, {}", if result.is_ok() { "told" } else { "refused" })
        }
        Msg::Dashboards(all) => format!(
            "{}, {}",
            counted(all.all.len(), "dashboard", "dashboards"),
            counted(all.problems.len(), "problem", "problems")
        ),
        Msg::Saved(_) => "a file was written or not".into(),
        Msg::Edited(result) => format!("the editor ended, {}", if result.is_ok() { "done" } else { "failed" }),
        other => format!("{other:?}"),
    };
    let mut all = MESSAGES.lock().unwrap_or_else(PoisonError::into_inner);
    if all.len() == LAST {
        all.pop_front();
    }
    all.push_back(text);
}

/// Writes the panic and the messages before it; returns where.
fn crash_file(info: &PanicHookInfo<'_>) -> Option<PathBuf> {
    let folder = CRASHES.try_lock().ok()?.clone()?;
    let messages: Vec<String> = MESSAGES.try_lock().ok()?.iter().cloned().collect();
    let path = folder.join(format!("crash-{}.txt", std::process::id()));
    let version = env!("CARGO_PKG_VERSION");
    let text = format!("burnledger {version}\n{info}\n\nthe last messages, oldest first:\n{}\n", messages.join("\n"));
    std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, text)).ok()?;
    Some(path)
}

/// Takes the terminal: raw mode, alternate screen, no cursor.
pub(super) fn enter() -> io::Result<()> {
    // Colours are decided by the theme alone; crossterm's own NO_COLOR handling would reset attributes.
    crossterm::style::force_color_output(true);
    guard_panics();
    enable_raw_mode()?;
    HELD.store(true, Ordering::SeqCst);
    let mut entered = execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide);
    if MOUSE.load(Ordering::SeqCst) {
        entered = entered.and_then(|()| execute!(io::stdout(), EnableMouseCapture));
    }
    if entered.is_err() {
        leave();
    }
    entered
}

/// Gives the terminal back; does nothing when it is given back already.
pub(super) fn leave() {
    if !HELD.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = io::stdout();
    if MOUSE.load(Ordering::SeqCst) {
        let _ = queue!(out, DisableMouseCapture);
    }
    let _ = queue!(out, EndSynchronizedUpdate, SetAttribute(Attribute::Reset), DisableBracketedPaste, Show, LeaveAlternateScreen);
    let _ = out.flush();
    let _ = disable_raw_mode();
    tell_late();
}

/// Gives back what can be given back without writing: for a terminal that takes nothing any more.
pub(super) fn leave_unwritten() {
    if HELD.swap(false, Ordering::SeqCst) {
        let _ = disable_raw_mode();
    }
}

/// A panic of the dashboard gives the terminal back before its message is printed. Panics elsewhere (a task of the engine)
/// do not end the dashboard; their messages would tear the picture, so they wait until the end.
fn guard_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if HELD.load(Ordering::SeqCst) && !is_ours() {
                keep(info);
                return;
            }
            leave();
            before(info);
            if let Some(path) = is_ours().then(|| crash_file(info)).flatten() {
                let _ = writeln!(io::stderr(), "what happened before is in {}", path.display());
            }
        }));
    });
}

fn is_ours() -> bool {
    matches!(std::thread::current().name(), Some(SCREEN | PAINTER | "main"))
}

fn keep(info: &PanicHookInfo<'_>) {
    let thread = std::thread::current().name().unwrap_or("unnamed").to_string();
    let mut late = LATE.lock().unwrap_or_else(PoisonError::into_inner);
    if late.len() < 20 {
        late.push(format!("thread '{thread}': {info}"));
    }
}

fn tell_late() {
    let late = std::mem::take(&mut *LATE.lock().unwrap_or_else(PoisonError::into_inner));
    let mut err = io::stderr();
    for message in late {
        let _ = writeln!(err, "{message}");
    }
}
