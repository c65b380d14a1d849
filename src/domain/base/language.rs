//! The language that pages are written in.
//!
//! Deliberately absent: the words themselves (`words`).

/// A language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Simplified Chinese.
    Zh,
}

impl Language {
    /// All of them, with the word that files use.
    pub const ALL: [(&'static str, Self); 2] = [("en", Self::En), ("zh", Self::Zh)];
}
