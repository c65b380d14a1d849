//! The loop: waits for whatever comes first, lets `update` decide, and asks the painter for a picture when something changed.

use super::answers::{Answers, Heard};
use super::painter::{Painter, Picture};
use super::{Ended, STATE, TuiError, editor, input, suspend, terminal};
use crate::domain::base::{CommitId, Mono};
use crate::domain::view::{Command, Question, Refusal, Snapshot};
use crate::ports::{Clock, Desk};
use crate::tui::kept::Kept;
use crate::tui::model::{Model, Replay, Tab};
use crate::tui::options::TuiOptions;
use crate::tui::pixels::{Drawn, png};
use crate::tui::update::{Effect, Msg, Written, update};
use crate::tui::view;
use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};

/// How long orders under way are waited for when the screen is left.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long the terminal's answer is waited for when the screen is left before it came.
const LAST_WORD: Duration = Duration::from_millis(50);

/// What a key leads to is drawn so many times sooner than what comes by itself.
const SOONER: u64 = 3;

/// A replay that runs is drawn so often.
const MOVING: Duration = Duration::from_millis(200);

/// What a session needs.
pub(super) struct Session {
    pub(super) desk: Arc<dyn Desk>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) options: TuiOptions,
    pub(super) caller: Handle,
}

/// What wakes the loop.
enum Woken {
    Stop,
    Signal(Asked),
    Event(Option<io::Result<Event>>),
    /// Keys that could have begun an answer of the terminal did not.
    LetGo,
    Reply(Msg),
    Broken,
    Snapshot(bool),
    Second,
    Frame,
}

#[derive(Clone, Copy)]
enum Asked {
    Leave,
    /// Ctrl-C of a terminal that is not ours just now.
    Interrupt,
    Suspend,
    Continued,
}

/// The signals that concern a screen.
struct Signals {
    term: Signal,
    hangup: Signal,
    interrupt: Signal,
    quit: Signal,
    stop: Signal,
    resume: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        let tstp = SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw());
        let cont = SignalKind::from_raw(rustix::process::Signal::CONT.as_raw());
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            stop: signal(tstp)?,
            resume: signal(cont)?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.term.recv() => Asked::Leave,
            _ = self.hangup.recv() => Asked::Leave,
            _ = self.quit.recv() => Asked::Leave,
            _ = self.interrupt.recv() => Asked::Interrupt,
            _ = self.stop.recv() => Asked::Suspend,
            _ = self.resume.recv() => Asked::Continued,
        }
    }
}

/// The ends of the channels the loop listens to.
struct Ears {
    stopped: oneshot::Receiver<()>,
    signals: Signals,
    events: EventStream,
    replies: UnboundedReceiver<Msg>,
    broken: UnboundedReceiver<io::Error>,
    snapshots: watch::Receiver<Arc<Snapshot>>,
    desk_lives: bool,
}

/// The loop's own state.
struct Stage {
    model: Model,
    painter: Painter,
    dirty: bool,
    /// A key was pressed since the last frame: whoever pressed it waits.
    pressed: bool,
    drawn: Mono,
    answer: UnboundedSender<Msg>,
    answers: Answers,
    /// A text that is to be edited elsewhere.
    edit: Option<String>,
}

impl Session {
    /// Runs until someone or something ends it; the terminal is given back before it returns.
    pub(super) async fn run(self, stopped: oneshot::Receiver<()>) -> Result<Ended, TuiError> {
        let fail = |e: io::Error| TuiError::Terminal(e.to_string());
        let signals = Signals::listen().map_err(fail)?;
        let (break_it, broken) = unbounded_channel();
        let (answer, replies) = unbounded_channel();
        let size = crossterm::terminal::size().map_err(fail)?;
        let painter = Painter::start(break_it).map_err(fail)?;
        let now = self.clock.now();
        let mut snapshots = self.desk.snapshots();
        snapshots.mark_changed();
        let mut model = Model::new(self.options.look.clone(), size, now);
        model.causes.clone_from(&self.options.causes);
        self.options.kept.apply(&mut model);
        if let Some(ask) = self.options.replay.clone() {
            model.replay = Some(Replay::new(ask));
            model.tab = Tab::Replay;
            model.fresh = false;
        }
        self.hear_of_dashboards(&answer);
        let mut stage = Stage {
            model,
            painter,
            dirty: true,
            pressed: false,
            drawn: now.mono,
            answer,
            answers: Answers::default(),
            edit: None,
        };
        let mut ears = Ears { stopped, signals, events: EventStream::new(), replies, broken, snapshots, desk_lives: true };
        // The first frame waits for nothing.
        self.draw(&mut stage);
        if self.options.ask_ground {
            stage.painter.ask_ground();
            stage.answers.ask(self.clock.now().mono);
        }
        self.tell(&mut stage, Msg::Tick);
        let ended = loop {
            let woken = self.wait(&mut ears, &stage).await;
            if let Some(ended) = self.on(woken, &mut ears, &mut stage) {
                break ended;
            }
            if let Some(text) = stage.edit.take()
                && let Some(ended) = self.edit(text, &mut ears, &mut stage).await
            {
                break ended;
            }
            if stage.dirty && self.gap_left(&stage).is_none() {
                self.draw(&mut stage);
            }
        };
        self.hear_out(&mut ears, &mut stage).await;
        stage.painter.finish();
        if let Some(folder) = &self.options.state {
            // A state that cannot be kept is no reason to keep anybody.
            let _ = Kept::of(&stage.model).save(&folder.join(STATE));
        }
        self.settle(&mut ears, &mut stage).await;
        Ok(ended)
    }

    /// What the files of dashboards say comes as messages, now and whenever they change.
    fn hear_of_dashboards(&self, answer: &UnboundedSender<Msg>) {
        let Some(mut dashboards) = self.options.dashboards.clone() else { return };
        let answer = answer.clone();
        self.caller.spawn(async move {
            dashboards.mark_changed();
            loop {
                let changed = tokio::select! {
                    changed = dashboards.changed() => changed.is_ok(),
                    () = answer.closed() => false,
                };
                if !changed {
                    return;
                }
                let now = dashboards.borrow_and_update().clone();
                let _ = answer.send(Msg::Dashboards(now));
            }
        });
    }

    /// An answer that is under way would be typed into the shell: it is waited for, as long as nobody notices.
    async fn hear_out(&self, ears: &mut Ears, stage: &mut Stage) {
        let answered = async {
            while stage.answers.is_due(self.clock.now().mono) {
                let Some(Ok(event)) = ears.events.next().await else { return };
                stage.answers.hear(event, self.clock.now().mono);
            }
        };
        let _ = timeout(LAST_WORD, answered).await;
    }

    /// Orders that are under way when a person leaves still reach the ledger; the terminal is free meanwhile.
    async fn settle(&self, ears: &mut Ears, stage: &mut Stage) {
        let answers = async {
            while !stage.model.pending.is_empty() {
                let Some(msg) = ears.replies.recv().await else { return };
                update(&mut stage.model, self.clock.now(), msg);
            }
        };
        let _ = timeout(PATIENCE, answers).await;
    }

    async fn wait(&self, ears: &mut Ears, stage: &Stage) -> Woken {
        let frame = self.gap_left(stage).filter(|_| stage.dirty);
        let held = stage.answers.patience(self.clock.now().mono);
        let second = if stage.model.is_moving() { MOVING } else { until_next_second(self.clock.now().wall.0) };
        tokio::select! {
            biased;
            _ = &mut ears.stopped => Woken::Stop,
            asked = ears.signals.next() => Woken::Signal(asked),
            Some(_) = ears.broken.recv() => Woken::Broken,
            event = ears.events.next() => Woken::Event(event),
            () = sleep(held.unwrap_or_default()), if held.is_some() => Woken::LetGo,
            Some(reply) = ears.replies.recv() => Woken::Reply(reply),
            () = sleep(frame.unwrap_or_default()), if frame.is_some() => Woken::Frame,
            changed = ears.snapshots.changed(), if ears.desk_lives => Woken::Snapshot(changed.is_ok()),
            () = sleep(second) => Woken::Second,
        }
    }

    /// What to do with what came; the reason to end, if it is one.
    fn on(&self, woken: Woken, ears: &mut Ears, stage: &mut Stage) -> Option<Ended> {
        match woken {
            Woken::Stop | Woken::Signal(Asked::Leave | Asked::Interrupt) => return Some(Ended::Interrupted),
            Woken::Broken | Woken::Event(None | Some(Err(_))) => return Some(Ended::TerminalGone),
            Woken::Signal(Asked::Suspend) => return self.carry_out(stage, vec![Effect::Suspend]),
            Woken::Signal(Asked::Continued) => self.come_back(stage),
            Woken::Event(Some(Ok(event))) => return self.heard(stage, event),
            Woken::LetGo => {
                let events = stage.answers.let_go();
                return events.into_iter().find_map(|event| self.done(stage, event));
            }
            Woken::Reply(msg) => return self.tell(stage, msg),
            Woken::Snapshot(true) => {
                let snapshot = ears.snapshots.borrow_and_update().clone();
                return self.tell(stage, Msg::Snapshot(snapshot));
            }
            Woken::Snapshot(false) => {
                ears.desk_lives = false;
                return self.tell(stage, Msg::CutOff);
            }
            Woken::Second => return self.tell(stage, Msg::Tick),
            Woken::Frame => {}
        }
        None
    }

    /// What a person did, or what the terminal said of itself.
    fn heard(&self, stage: &mut Stage, event: Event) -> Option<Ended> {
        let Heard { events, ground } = stage.answers.hear(event, self.clock.now().mono);
        if let Some(ground) = ground {
            self.tell(stage, Msg::Ground(ground));
        }
        events.into_iter().find_map(|event| self.done(stage, event))
    }

    fn done(&self, stage: &mut Stage, event: Event) -> Option<Ended> {
        stage.pressed |= event.is_key();
        self.tell(stage, input::msg(event)?)
    }

    fn tell(&self, stage: &mut Stage, msg: Msg) -> Option<Ended> {
        stage.dirty = true;
        terminal::remember(&msg, stage.model.overlay.is_some());
        let effects = update(&mut stage.model, self.clock.now(), msg);
        self.carry_out(stage, effects)
    }

    fn carry_out(&self, stage: &mut Stage, effects: Vec<Effect>) -> Option<Ended> {
        for effect in effects {
            match effect {
                Effect::Quit => return Some(Ended::Quit),
                Effect::Redraw => stage.painter.anew(),
                Effect::Hurry => self.desk.hurry(),
                Effect::Suspend => self.suspend(stage),
                Effect::Copy(text) => stage.painter.copy(text),
                Effect::Save { stem, ending, text } => {
                    self.save(stage, stem, ending, || Ok(Drawn { bytes: text.into_bytes(), lacking: String::new() }));
                }
                Effect::Draw { stem, grid } => self.save(stage, stem, "png", move || png(&grid)),
                Effect::Bell if self.options.bell => stage.painter.ring(),
                Effect::Bell => {}
                Effect::Edit(text) => stage.edit = Some(text),
                Effect::Order { ticket, command } => self.order(stage, ticket, command),
                Effect::Ask { ticket, question } => self.ask(stage, ticket, question),
            }
        }
        None
    }

    /// Orders run on the caller's runtime; the loop goes on and hears of the answer later.
    fn order(&self, stage: &Stage, ticket: u64, command: Command) {
        let (desk, answer) = (Arc::clone(&self.desk), stage.answer.clone());
        let id = CommitId(format!("tui-{:016x}{:016x}", rand::random::<u64>(), rand::random::<u64>()).into());
        let carried = self.caller.spawn(async move { desk.order(id, command).await.map(|_| ()) });
        self.caller.spawn(async move {
            let lost = |_| Err(Refusal::NotNow("it failed inside; look whether it was done before trying again".into()));
            let _ = answer.send(Msg::Reply { ticket, result: carried.await.unwrap_or_else(lost) });
        });
    }

    /// Questions, too, are answered elsewhere; the loop hears of it.
    fn ask(&self, stage: &Stage, ticket: u64, question: Question) {
        let (desk, answer) = (Arc::clone(&self.desk), stage.answer.clone());
        self.caller.spawn(async move {
            let result = desk.ask(question).await;
            let _ = answer.send(Msg::Answer { ticket, result });
        });
    }

    /// Files are made and written beside the loop.
    fn save(
        &self,
        stage: &Stage,
        stem: String,
        ending: &'static str,
        make: impl FnOnce() -> Result<Drawn, String> + Send + 'static,
    ) {
        let answer = stage.answer.clone();
        let saving = self.caller.spawn_blocking(move || {
            let Drawn { bytes, lacking } = make()?;
            let written = super::files::write_new(std::path::Path::new("."), &stem, ending, &bytes);
            written.map(|name| Written { name, lacking }).map_err(|e| e.to_string())
        });
        self.caller.spawn(async move {
            let lost = |_| Err("it failed inside".into());
            let _ = answer.send(Msg::Saved(saving.await.unwrap_or_else(lost)));
        });
    }

    fn suspend(&self, stage: &mut Stage) {
        if !suspend::possible() {
            update(&mut stage.model, self.clock.now(), Msg::CannotSuspend);
            stage.dirty = true;
            return;
        }
        // Stopping with the screen still ours would leave the shell a terminal it cannot use. Asking for the stop is not being
        // stopped: other threads may run on for a while, so the terminal is taken again only when the wake-up signal comes.
        if !(stage.painter.give_back() && suspend::stop().is_ok()) {
            self.come_back(stage);
            update(&mut stage.model, self.clock.now(), Msg::CannotSuspend);
        }
    }

    /// Hands keys and terminal to the person's editor until it ends. The engine goes on behind it; what came meanwhile is shown
    /// afterwards. Ctrl-C and Ctrl-Z are the editor's, a signal that asks us to leave is still ours.
    async fn edit(&self, text: String, ears: &mut Ears, stage: &mut Stage) -> Option<Ended> {
        // Whoever reads keys takes them from the editor: nobody does until it has ended.
        drop(std::mem::replace(&mut ears.events, EventStream::new()));
        stage.painter.give_back();
        let mut edited = editor::run(self.options.editor.clone(), text);
        let result = loop {
            tokio::select! {
                biased;
                _ = &mut ears.stopped => return Some(Ended::Interrupted),
                asked = ears.signals.next() => match asked {
                    Asked::Leave => return Some(Ended::Interrupted),
                    Asked::Suspend => drop(suspend::stop()),
                    Asked::Interrupt | Asked::Continued => {}
                },
                result = &mut edited => break result.unwrap_or_else(|_| Err("it could not be started".into())),
            }
        };
        self.come_back(stage);
        self.tell(stage, Msg::Edited(result))
    }

    /// After a stop the shell may have changed everything: mode, screen and size.
    fn come_back(&self, stage: &mut Stage) {
        stage.painter.give_back();
        stage.painter.take_again();
        if let Ok((columns, rows)) = crossterm::terminal::size() {
            update(&mut stage.model, self.clock.now(), Msg::Resize(columns, rows));
        }
        stage.painter.anew();
        stage.dirty = true;
    }

    fn draw(&self, stage: &mut Stage) {
        let (width, height) = stage.model.size;
        let area = Rect { x: 0, y: 0, width, height };
        let mut cells = Buffer::empty(area);
        let cursor = view::render(&stage.model, area, &mut cells);
        stage.painter.show(Picture { cells, cursor });
        (stage.dirty, stage.pressed) = (false, false);
        stage.drawn = self.clock.now().mono;
    }

    /// How long the next frame has to wait; nothing when it may be drawn at once.
    fn gap_left(&self, stage: &Stage) -> Option<Duration> {
        let passed = self.clock.now().mono.0.saturating_sub(stage.drawn.0);
        let gap = self.options.frame_gap.millis();
        let left = if stage.pressed { gap / SOONER } else { gap }.saturating_sub(passed);
        (left > 0).then(|| Duration::from_millis(left))
    }
}

/// Time until the wall clock's next full second, so that the clock on the screen never skips one.
const fn until_next_second(wall: i64) -> Duration {
    Duration::from_millis((1000 - wall.rem_euclid(1000)).unsigned_abs())
}
