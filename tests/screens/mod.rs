//! Whole screens after keys, as text; and the real program in a real terminal.

mod attached;
mod boards;
mod charsets;
mod desk;
pub(crate) mod fixture;
mod ground;
mod history;
mod keys;
mod language;
mod latency;
mod laws;
mod looking;
mod matrix;
mod matrix_form;
mod mouse;
mod moved;
mod pictures;
mod plain;
mod readme;
mod real;
mod recording;
mod replayed;
mod scene;
mod terminal;
mod ways;
mod wire;
