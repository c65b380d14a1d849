//! The thread that writes to the terminal. It takes the newest picture and leaves out those that came in between, also between the
//! frames of one that takes several.

use super::answers::QUESTION;
use super::frames::Frames;
use super::terminal;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ratatui::buffer::Buffer;
use ratatui::layout::Position;
use std::cell::Cell;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedSender;

/// A finished screen.
pub(super) struct Picture {
    pub(super) cells: Buffer,
    pub(super) cursor: Option<Position>,
}

/// What the painter is asked to do next; a newer picture replaces an older one.
#[derive(Default)]
struct Work {
    picture: Option<Picture>,
    anew: bool,
    copy: Option<String>,
    ask: bool,
    bell: bool,
    order: Option<(u64, Order)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    GiveBack,
    TakeAgain,
    Finish,
}

/// The hold on the painter.
pub(super) struct Painter {
    desk: Arc<(Mutex<Work>, Condvar)>,
    done: Receiver<u64>,
    /// The number of the last order. An answer names its order: one that came after patience had ended is not taken for the
    /// next order's.
    orders: Cell<u64>,
}

/// Waits for the painter are at most this long: a terminal that takes nothing must not hold a person back, and a busy
/// machine must have the time to write a few bytes. Neither is waited for where the terminal is well.
const PATIENCE: Duration = Duration::from_secs(2);

impl Painter {
    /// Takes the terminal and starts painting. Errors of later writes go to `failed`.
    pub(super) fn start(failed: UnboundedSender<io::Error>) -> io::Result<Self> {
        terminal::enter()?;
        let desk = Arc::new((Mutex::new(Work::default()), Condvar::new()));
        let (tell, done) = channel();
        let shared = Arc::clone(&desk);
        let body = move || paint(&shared, &tell, &failed);
        std::thread::Builder::new().name(terminal::PAINTER.into()).spawn(body).inspect_err(|_| terminal::leave())?;
        Ok(Self { desk, done, orders: Cell::new(0) })
    }

    fn ask(&self, change: impl FnOnce(&mut Work)) {
        change(&mut hold(&self.desk.0));
        self.desk.1.notify_one();
    }

    /// Paints a picture soon.
    pub(super) fn show(&self, picture: Picture) {
        self.ask(|work| work.picture = Some(picture));
    }

    /// Paints everything anew with the next picture.
    pub(super) fn anew(&self) {
        self.ask(|work| work.anew = true);
    }

    /// Hands a text to the terminal's clipboard with the next picture.
    pub(super) fn copy(&self, text: String) {
        self.ask(|work| work.copy = Some(text));
    }

    /// Asks the terminal for its ground, behind the picture that waits.
    pub(super) fn ask_ground(&self) {
        self.ask(|work| work.ask = true);
    }

    /// Rings the terminal's bell.
    pub(super) fn ring(&self) {
        self.ask(|work| work.bell = true);
    }

    /// Gives the terminal back for a while; returns whether that was done before patience ended.
    pub(super) fn give_back(&self) -> bool {
        self.order(Order::GiveBack)
    }

    /// Takes the terminal again.
    pub(super) fn take_again(&self) {
        self.order(Order::TakeAgain);
    }

    /// Gives the terminal back for good.
    pub(super) fn finish(&self) {
        self.order(Order::Finish);
        terminal::leave_unwritten();
    }

    fn order(&self, order: Order) -> bool {
        let number = self.orders.get() + 1;
        self.orders.set(number);
        self.ask(|work| work.order = Some((number, order)));
        // Answers to orders that were given up come before; they are few.
        while let Ok(done) = self.done.recv_timeout(PATIENCE) {
            if done == number {
                return true;
            }
        }
        false
    }
}

fn hold(work: &Mutex<Work>) -> MutexGuard<'_, Work> {
    work.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is to be done next; `more` does not wait for anything.
fn next(desk: &(Mutex<Work>, Condvar), more: bool) -> Work {
    let mut work = hold(&desk.0);
    while !more && work.picture.is_none() && work.order.is_none() && work.copy.is_none() && !work.ask && !work.bell {
        work = desk.1.wait(work).unwrap_or_else(PoisonError::into_inner);
    }
    std::mem::take(&mut *work)
}

fn paint(desk: &(Mutex<Work>, Condvar), done: &Sender<u64>, failed: &UnboundedSender<io::Error>) {
    let mut frames = Frames::blank();
    let (mut away, mut rest) = (false, None);
    loop {
        let work = next(desk, rest.is_some());
        match work.order {
            Some((number, Order::Finish)) => {
                terminal::leave();
                let _ = done.send(number);
                return;
            }
            Some((number, Order::GiveBack)) => {
                terminal::leave();
                away = true;
                let _ = done.send(number);
            }
            Some((number, Order::TakeAgain)) => {
                let taken = terminal::enter();
                frames.forget();
                away = false;
                let _ = done.send(number);
                report(taken, failed);
            }
            None => {}
        }
        if let Some(text) = work.copy.filter(|_| !away) {
            report(copy_out(&text), failed);
        }
        if work.bell && !away {
            report(send(b"\x07"), failed);
        }
        if work.anew {
            frames.forget();
        }
        rest = work.picture.or(rest).filter(|_| !away);
        if let Some(picture) = &rest {
            let drawn = draw(&mut frames, picture);
            if !matches!(drawn, Ok(false)) {
                rest = None;
            }
            report(drawn.map(drop), failed);
        }
        if work.ask && !away {
            report(send(QUESTION), failed);
        }
    }
}

/// OSC 52: the terminal puts it into its clipboard, also over ssh; one that does not know it ignores it.
fn copy_out(text: &str) -> io::Result<()> {
    send(format!("\x1b]52;c;{}\x07", STANDARD.encode(text)).as_bytes())
}

fn send(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn report(result: io::Result<()>, failed: &UnboundedSender<io::Error>) {
    if let Err(error) = result {
        let _ = failed.send(error);
    }
}

/// The next frame of a picture; whether it is whole now.
fn draw(frames: &mut Frames, picture: &Picture) -> io::Result<bool> {
    if picture.cells.area.is_empty() {
        return Ok(true);
    }
    let frame = frames.next(picture, crossterm::terminal::size()?);
    if !frame.bytes.is_empty() {
        send(&frame.bytes)?;
    }
    Ok(frame.is_last)
}
