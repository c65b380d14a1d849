//! Whole screens after keys, as text; and the real program in a real terminal.

mod fixture;
mod pictures;
