//! Files out: our SLOs as other tools read them. What another form cannot say is a note, never a silent change.
//!
//! Everything here is a function of the rulebook; deliberately absent: writing to disk, which the verb does.

pub mod grafana;
pub mod openslo;
pub mod rules;
pub mod schema;
mod yaml;

use crate::domain::base::SloId;

/// Stands in the first lines of every file that was written by us, and may be written again.
const MARK: &str = "Made by `burnledger export";

/// Whether a file was written by us, by its first lines.
pub fn is_ours(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(600)];
    bytes.is_empty() || head.windows(MARK.len()).any(|part| part == MARK.as_bytes())
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its name, without a folder.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// Something the other form cannot say as we mean it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The SLO it is about; absent for what holds of all.
    pub slo: Option<SloId>,
    /// The SLO is not in the files at all.
    pub left_out: bool,
    /// What, and what follows from it.
    pub text: String,
}

impl Note {
    fn of(slo: &SloId, text: impl Into<String>) -> Self {
        Self { slo: Some(slo.clone()), left_out: false, text: text.into() }
    }

    fn without(slo: &SloId, text: impl Into<String>) -> Self {
        Self { slo: Some(slo.clone()), left_out: true, text: text.into() }
    }

    /// The note on one line, with the SLO's id before it.
    pub fn line(&self) -> String {
        let left_out = if self.left_out { "left out: " } else { "" };
        match &self.slo {
            Some(slo) => format!("{slo}: {left_out}{}", self.text),
            None => format!("{left_out}{}", self.text),
        }
    }
}

/// What an export gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// The files.
    pub files: Vec<OutputFile>,
    /// What they do not say.
    pub notes: Vec<Note>,
    /// SLOs that are in the files.
    pub slos: usize,
}
