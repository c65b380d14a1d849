//! What stands in front of the screen and owns the keys: filter line, help, note and resolve.

use crate::domain::base::{IncidentId, Ms, Severity, Text};

/// A line (or lines) of text being typed, with a cursor that stands between characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    text: Vec<char>,
    at: usize,
}

/// The most characters an input takes.
pub const INPUT_MAX: usize = 4000;

impl Input {
    /// An input that holds a text, the cursor at its end.
    pub fn new(text: &str) -> Self {
        let text: Vec<char> = text.chars().collect();
        Self { at: text.len(), text }
    }

    /// What stands in it.
    pub fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// Nothing but spaces.
    pub fn is_blank(&self) -> bool {
        self.text.iter().all(|c| c.is_whitespace())
    }

    /// The text before the cursor.
    pub fn before(&self) -> String {
        self.text[..self.at].iter().collect()
    }

    /// Puts a character at the cursor. Control characters other than line breaks are left out.
    pub fn put(&mut self, c: char) {
        if self.text.len() < INPUT_MAX && (c == '\n' || !c.is_control()) {
            self.text.insert(self.at, c);
            self.at += 1;
        }
    }

    /// Takes the character before the cursor away.
    pub fn back(&mut self) {
        if self.at > 0 {
            self.at -= 1;
            self.text.remove(self.at);
        }
    }

    /// Takes the character at the cursor away.
    pub fn delete(&mut self) {
        if self.at < self.text.len() {
            self.text.remove(self.at);
        }
    }

    /// Puts a text at the cursor.
    pub fn put_all(&mut self, text: &str) {
        text.chars().for_each(|c| self.put(c));
    }

    /// Takes the word before the cursor away.
    pub fn back_word(&mut self) {
        while self.at > 0 && self.text[self.at - 1].is_whitespace() {
            self.back();
        }
        while self.at > 0 && !self.text[self.at - 1].is_whitespace() {
            self.back();
        }
    }

    /// Takes everything before the cursor away.
    pub fn clear_before(&mut self) {
        self.text.drain(..self.at);
        self.at = 0;
    }

    /// One to the left.
    pub const fn left(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// One to the right.
    pub fn right(&mut self) {
        self.at = (self.at + 1).min(self.text.len());
    }

    /// To the start.
    pub const fn home(&mut self) {
        self.at = 0;
    }

    /// To the end.
    pub const fn end(&mut self) {
        self.at = self.text.len();
    }
}

/// Fields of the resolve dialog, in the order of Tab. The first one is where it opens: the harmless button.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResolveField {
    /// The Cancel button.
    #[default]
    Cancel,
    /// Why, in words.
    Reason,
    /// When it ended.
    Ended,
    /// The class of its cause.
    Cause,
    /// How many people worked on it.
    People,
    /// Hours of each.
    Hours,
    /// The incident's number, typed.
    Confirm,
}

impl ResolveField {
    /// In the order of Tab.
    pub const ALL: [Self; 7] = [Self::Cancel, Self::Reason, Self::Ended, Self::Cause, Self::People, Self::Hours, Self::Confirm];
}

/// What is said of an incident that is over. All but the reason and the typed number may stay open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolveForm {
    /// This incident.
    pub incident: IncidentId,
    /// The field with the keys.
    pub field: ResolveField,
    /// Why.
    pub reason: Input,
    /// The end of the last bad minute, where it is known.
    pub last_bad: Option<Ms>,
    /// It ended then and not now.
    pub at_last_bad: bool,
    /// Classes of causes to choose from.
    pub causes: Vec<Text>,
    /// The one that was chosen.
    pub cause: Option<usize>,
    /// How many people worked on it.
    pub people: Input,
    /// Hours of each.
    pub hours: Input,
    /// The number typed.
    pub confirm: Input,
    /// What is missing, after an attempt.
    pub complaint: Option<&'static str>,
}

/// Fields of the note dialog, in the order of Tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NoteField {
    /// The words.
    #[default]
    Words,
    /// Customers may read it.
    Customers,
    /// It is to be done afterwards.
    Action,
}

impl NoteField {
    /// In the order of Tab.
    pub const ALL: [Self; 3] = [Self::Words, Self::Customers, Self::Action];
}

/// A note being written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteForm {
    /// For this incident.
    pub incident: IncidentId,
    /// The field with the keys.
    pub field: NoteField,
    /// The words.
    pub input: Input,
    /// Customers may read it.
    pub customer_visible: bool,
    /// It is to be done afterwards.
    pub action_item: bool,
}

/// Texts to be read in front of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    /// What is wrong with sources, ledger, files and receivers.
    Log,
    /// Where an incident's cost comes from.
    Cost(IncidentId),
    /// What fires by both rules of a what-if.
    WhatIf,
    /// What is asked of the source for the SLO on the screen.
    Promql,
    /// What this program is, and what it looks at.
    About,
}

/// A dialog. Its target was captured when it opened and does not change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Overlay {
    /// The filter of the list is being typed; the old one comes back on Esc.
    Filter {
        /// The words.
        input: Input,
        /// The filter before.
        before: String,
    },
    /// A time to go to in a replay is being typed.
    GoTo {
        /// The words.
        input: Input,
        /// What is wrong with them, after an attempt.
        complaint: Option<String>,
    },
    /// A change of rules to suppose in a replay is being typed.
    WhatIf {
        /// The words.
        input: Input,
    },
    /// An action by its name.
    Palette {
        /// The words.
        input: Input,
        /// Which of the matches.
        at: usize,
        /// What is wrong with them, after an attempt.
        complaint: Option<String>,
    },
    /// What is to be written into a file.
    Export,
    /// A text to be read.
    Sheet {
        /// Which.
        sheet: Sheet,
        /// Lines scrolled.
        scroll: usize,
    },
    /// The help, with words to search and a page.
    Help {
        /// Lines scrolled.
        scroll: usize,
        /// Words that a line must have.
        find: Input,
        /// They have the keys.
        typing: bool,
    },
    /// Saying that an incident is not over after all.
    Reopen {
        /// This one.
        incident: IncidentId,
        /// Why.
        reason: Input,
        /// What is missing, after an attempt.
        complaint: Option<&'static str>,
    },
    /// A note.
    Note(NoteForm),
    /// Another severity, by hand.
    Severity {
        /// Of this incident.
        incident: IncidentId,
        /// What it was when this opened.
        was: Severity,
        /// What it is to be.
        choice: Severity,
        /// The reason has the keys.
        typing: bool,
        /// Why.
        reason: Input,
        /// What is missing, after an attempt.
        complaint: Option<&'static str>,
    },
    /// Making one of two incidents.
    Merge {
        /// This one.
        incident: IncidentId,
        /// With one of these.
        others: Vec<IncidentId>,
        /// Which, from 1; 0 leaves it apart.
        at: usize,
        /// The reason has the keys.
        typing: bool,
        /// Why.
        reason: Input,
    },
    /// Resolving.
    Resolve(Box<ResolveForm>),
}

impl Overlay {
    /// Words in it would be lost if it were closed. A filter, a command and words to search by are typed again soon.
    pub fn has_text(&self) -> bool {
        let of: &[&Input] = match self {
            Self::Note(form) => &[&form.input],
            Self::Reopen { reason, .. } | Self::Severity { reason, .. } | Self::Merge { reason, .. } => &[reason],
            Self::Resolve(form) => &[&form.reason],
            _ => &[],
        };
        of.iter().any(|input| !input.is_blank())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_edits_at_its_cursor_and_takes_no_control_characters() {
        let mut input = Input::new("rolled back");
        input.back_word();
        for c in "out\x1b[31m".chars() {
            input.put(c);
        }
        assert_eq!(input.text(), "rolled out[31m");
        input.home();
        input.delete();
        input.right();
        input.put('-');
        assert_eq!((input.text(), input.before()), ("o-lled out[31m".into(), "o-".into()));
        input.end();
        input.clear_before();
        assert!(input.is_blank());
        input.back();
        input.delete();
        input.left();
    }
}
