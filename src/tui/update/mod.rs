//! What happens when something happens: the model and a message in, effects out. Pure: the shell carries the effects out.

mod asks;
mod choices;
mod cursor;
mod dialogs;
mod mouse;
mod navigate;
mod note;
mod orders;
mod palette;
mod replay;
mod resolve;
mod tables;
mod take;
mod what_if;

pub(super) use note::mentions;
pub use palette::{matching, told};
pub use take::expressions;

use super::keys::{Action, Code, Key};
use super::model::{Frozen, Model, Mood, Overlay, Sheet, Tab, Toast};
use super::theme::Ground;
use super::view::layout;
use crate::chart::svg::Grid;
use crate::domain::base::{Mono, Now, Severity, Span};
use crate::domain::view::{Answer, Command, Dashboards, IncidentView, Question, Refusal, Snapshot};
use std::sync::Arc;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Msg {
    /// The engine made a new snapshot.
    Snapshot(Arc<Snapshot>),
    /// Files of dashboards were read, or read anew.
    Dashboards(Arc<Dashboards>),
    /// The engine is gone.
    CutOff,
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size now: columns, rows.
    Resize(u16, u16),
    /// The wheel was turned by so many rows, down positive.
    Wheel(i64),
    /// The mouse was clicked: column, row.
    Click(u16, u16),
    /// A file was written, or was not.
    Saved(Result<Written, String>),
    /// The terminal said what its ground is.
    Ground(Ground),
    /// The person's editor has ended: with this text, or it failed.
    Edited(Result<String, String>),
    /// Time passed.
    Tick,
    /// An order was answered.
    Reply {
        /// Which.
        ticket: u64,
        /// How.
        result: Result<(), Refusal>,
    },
    /// A question was answered.
    Answer {
        /// Which.
        ticket: u64,
        /// How.
        result: Result<Answer, Refusal>,
    },
    /// There is no shell to come back from.
    CannotSuspend,
}

/// A file that was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Its name.
    pub name: String,
    /// Characters of the screen that no font of this machine has, so that boxes stand for them.
    pub lacking: String,
}

/// Something to do outside of the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leave.
    Quit,
    /// Stop as a job of the shell, come back on `fg`.
    Suspend,
    /// Clear the terminal and draw everything.
    Redraw,
    /// Ask again what failed, without waiting for the next try.
    Hurry,
    /// Hand a text to the terminal's clipboard.
    Copy(String),
    /// Ring the terminal's bell.
    Bell,
    /// Give the terminal to the person's editor with this text; answered as [`Msg::Edited`].
    Edit(String),
    /// Write a file into the current folder, under a name that is not taken yet; answered as [`Msg::Saved`].
    Save {
        /// The wished name, less its ending.
        stem: String,
        /// Its ending.
        ending: &'static str,
        /// What it holds.
        text: String,
    },
    /// The same with a picture in pixels.
    Draw {
        /// The wished name, less its ending.
        stem: String,
        /// What is drawn.
        grid: Grid,
    },
    /// Ask something; the answer comes back as [`Msg::Answer`].
    Ask {
        /// Names the answer.
        ticket: u64,
        /// The question.
        question: Question,
    },
    /// Give an order; its answer comes back as [`Msg::Reply`].
    Order {
        /// Names the answer.
        ticket: u64,
        /// The order.
        command: Command,
    },
}

/// Messages stay so long.
const TOLD_FOR: Span = Span::from_secs(4);

/// Applies one message at `now`.
pub fn update(model: &mut Model, now: Now, msg: Msg) -> Vec<Effect> {
    model.now = now;
    let before = model.tab;
    expire(model);
    if let Some(replay) = &mut model.replay {
        replay.settle(now.mono);
    }
    let mut effects = match msg {
        Msg::Snapshot(snapshot) => {
            // Elsewhere a person is who the token says.
            if let Some(who) = snapshot.attached.as_ref().and_then(|a| a.who.clone()) {
                model.look.who = who;
            }
            let rings = model.take(snapshot);
            refresh(model);
            first_screen(model);
            if rings { vec![Effect::Bell] } else { Vec::new() }
        }
        Msg::Dashboards(all) => {
            model.board.renew(all);
            Vec::new()
        }
        Msg::CutOff => {
            model.cut_off = true;
            Vec::new()
        }
        Msg::Key(key) => on_key(model, key),
        Msg::Paste(text) => dialogs::paste(model, &text),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            Vec::new()
        }
        Msg::Wheel(rows) => {
            mouse::wheel(model, rows);
            Vec::new()
        }
        Msg::Click(column, row) => mouse::click(model, column, row),
        Msg::Saved(result) => {
            take::saved(model, result);
            Vec::new()
        }
        Msg::Ground(ground) => {
            // What a person chose stands against what a terminal says late.
            if !model.chose_colours {
                model.look.theme.ground = ground;
            }
            Vec::new()
        }
        Msg::Edited(result) => {
            note::edited(model, result);
            Vec::new()
        }
        Msg::Tick => Vec::new(),
        Msg::Reply { ticket, result } => {
            orders::reply(model, ticket, result);
            Vec::new()
        }
        Msg::Answer { ticket, result } => {
            asks::take(model, ticket, &result);
            Vec::new()
        }
        Msg::CannotSuspend => {
            say(model, Mood::Failed, "no shell to come back from: this terminal was opened for burnledger alone");
            Vec::new()
        }
    };
    if model.tab != before {
        model.last = before;
    }
    follow(model);
    if model.tab == Tab::History {
        let known = navigate::known_of_the_present(model);
        model.history.arrange(model.wall(), known);
    }
    effects.extend(asks::wanted(model));
    effects
}

/// A session that is opened during an incident opens on it; later nothing but a key changes the screen.
fn first_screen(model: &mut Model) {
    let Some(snapshot) = model.live.as_ref().filter(|s| s.at.is_some() || !s.incidents.is_empty()) else { return };
    let pages = |v: &&IncidentView| v.incident.phase.is_live() && v.incident.severity.is_some_and(Severity::pages);
    if let Some(view) = snapshot.incidents.iter().find(pages).filter(|_| model.fresh) {
        // By its number: a worse one that opens later does not take its place under a finger.
        model.incident.chosen = Some(view.incident.id);
        model.tab = Tab::Incident;
    }
    model.fresh = false;
}

/// Takes away what has had its time.
fn expire(model: &mut Model) {
    let now = model.now.mono;
    if model.toast.as_ref().is_some_and(|t| t.until.is_some_and(|until| until <= now)) {
        model.toast = None;
    }
    if model.undo.is_some_and(|u| u.until <= now) {
        model.undo = None;
    }
}

/// Orders the list for what is shown now.
fn refresh(model: &mut Model) {
    if let Some(snapshot) = model.shown().cloned() {
        model.list.refresh(&snapshot);
    }
}

/// Keeps the selected row within the rows that fit.
fn follow(model: &mut Model) {
    let rows = layout::list_rows(model);
    if let Some(snapshot) = model.shown().cloned() {
        model.list.follow(&snapshot, rows);
    }
}

/// Shows a message: failures until a key is pressed, others for a while.
fn tell(model: &mut Model, mood: Mood, text: impl Into<String>) {
    let until = (mood != Mood::Failed).then(|| model.now.mono + TOLD_FOR);
    model.toast = Some(Toast { title: None, text: text.into(), mood, until });
}

/// Shows a text of ours, in the language of the screens.
fn say(model: &mut Model, mood: Mood, english: &'static str) {
    let text = model.look.words.say(english);
    tell(model, mood, text);
}

fn later(model: &Model, span: Span) -> Mono {
    model.now.mono + span
}

/// A dialog owns the keys; Ctrl-C leaves from everywhere.
fn on_key(model: &mut Model, key: Key) -> Vec<Effect> {
    model.fresh = false;
    if key == Key::ctrl('c') {
        return vec![Effect::Quit];
    }
    if model.toast.as_ref().is_some_and(|t| t.until.is_none()) {
        model.toast = None;
    }
    if model.overlay.is_some() {
        return dialogs::on_key(model, key);
    }
    if model.frozen.is_some() && key == Key::plain(Code::Enter) && !model.broke_through().is_empty() {
        return navigate::jump(model);
    }
    match model.look.keys.lookup(model.tab.scopes(), key) {
        Some(action) => act(model, action),
        None => Vec::new(),
    }
}

fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Quit => return vec![Effect::Quit],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Redraw => return vec![Effect::Redraw],
        Action::AskNow => {
            say(model, Mood::Told, "what failed is asked again with the next step, without waiting longer");
            return vec![Effect::Hurry];
        }
        changing if changing.changes() && model.is_replaying() => {
            let text = "this is a replay: nothing is changed in it; Esc on screen 5 goes back to the present";
            say(model, Mood::Told, text);
        }
        changing if changing.changes() && !model.may_order() => {
            say(model, Mood::Told, "read-only: no token that the server knows; `--token-file FILE` names one");
        }
        Action::Acknowledge => return orders::acknowledge(model),
        Action::Undo => return orders::undo(model),
        Action::Note => note::open(model),
        Action::Resolve => resolve::open(model),
        Action::Severity => choices::open_severity(model),
        Action::Merge => choices::open_merge(model),
        Action::Palette => palette::open(model),
        Action::LastView => navigate::last_view(model),
        Action::Copy => return take::copy(model),
        Action::Export => model.overlay = Some(Overlay::Export),
        Action::Log => model.overlay = Some(Overlay::Sheet { sheet: Sheet::Log, scroll: 0 }),
        Action::About => model.overlay = Some(Overlay::Sheet { sheet: Sheet::About, scroll: 0 }),
        Action::Theme => next_theme(model),
        Action::Cost => take::open_cost(model),
        Action::Runbook => return take::runbook(model),
        Action::Postmortem => return take::postmortem(model),
        Action::Promql => return take::promql(model),
        Action::Values => cursor::toggle(model),
        Action::SampleBack => cursor::step(model, -1),
        Action::SampleOn => cursor::step(model, 1),
        Action::Filter => dialogs::open_filter(model),
        Action::Help => dialogs::open_help(model),
        Action::Freeze if model.replay.is_some() => replay::act(model, Action::Play),
        Action::Freeze => freeze(model),
        Action::GoTo => dialogs::open_goto(model),
        Action::WhatIf => what_if::open(model),
        Action::Firings => model.overlay = Some(Overlay::Sheet { sheet: Sheet::WhatIf, scroll: 0 }),
        other if model.tab == Tab::Replay && replay::is_ours(other) => replay::act(model, other),
        Action::Replay => replay::open(model),
        other => navigate::act(model, other),
    }
    Vec::new()
}

/// Other colours, for this session.
fn next_theme(model: &mut Model) {
    let theme = &mut model.look.theme;
    let (ground, told) = match theme.ground {
        Ground::Dark => (Ground::Light, "colours: light; `theme: light` in the configuration keeps them"),
        Ground::Light => (Ground::HighContrast, "colours: high contrast; `theme: high-contrast` in the configuration keeps them"),
        Ground::HighContrast => (Ground::Dark, "colours: dark; `theme: dark` in the configuration keeps them"),
    };
    theme.ground = ground;
    model.chose_colours = true;
    say(model, Mood::Told, told);
}

/// Holds the picture, or lets it go.
fn freeze(model: &mut Model) {
    model.frozen = match model.frozen.take() {
        Some(_) => None,
        None => Some(Frozen { snapshot: model.live.clone(), at: model.live_wall() }),
    };
    refresh(model);
}
