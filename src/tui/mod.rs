//! The terminal dashboard: overview, incident, help.
//!
//! The Elm architecture: [`update()`] changes the [`Model`] and answers with effects, [`view()`] draws it, the shell owns the
//! terminal, the signals and the clock. Screens read one immutable snapshot, so that they never disagree about a number.
//! Deliberately absent: asking sources, judging, and the ledger; everything comes through the desk.

pub mod export;
pub mod glyphs;
pub mod keymap;
pub mod keys;
pub mod kept;
pub mod model;
pub mod options;
pub mod pixels;
pub mod plain;
pub mod shell;
pub mod terminfo;
pub mod theme;
pub mod update;
pub mod view;

pub use export::{Screen, picture, pictured, text};
pub use glyphs::Glyphs;
pub use kept::Kept;
pub use keymap::Keymap;
pub use keys::{Action, Code, Key};
pub use model::{Look, Model};
pub use options::{TuiOptions, Wishes};
pub use pixels::png;
pub use plain::Plain;
pub use shell::{Ended, STATE, TuiError, run};
pub use theme::{Depth, Ground, Theme, Wanted};
pub use update::{Effect, Msg, Written, update};
pub use view::{render, view};
