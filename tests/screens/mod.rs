//! Whole screens after keys, as text; and the real program in a real terminal.

mod desk;
mod fixture;
mod pictures;
mod terminal;
