//! Everything a screen sees, over a wire and back: snapshots, answers to its questions, and what its orders recorded.
//!
//! Written for `/api/v1/desk` and read by a dashboard on another machine. What comes back draws the same screens; what only
//! measuring needs is left out. Readers trust nothing: sizes, times, amounts and references are checked, and another version of
//! the form is told by its name. Deliberately absent: how it travels (`serve`, `attach`), and escaping (screens do).

mod ask;
mod form;
mod parts;
mod scene;
mod slo;
#[cfg(test)]
mod tests;
mod verdict;

use crate::domain::base::{IncidentId, Text, clean_line};
use crate::domain::incident::Entry;
use crate::domain::view::{Answer, Question};
use ask::{AnswerForm, QuestionForm};
pub use form::Wrong;
use form::{Form, look_over};
pub use parts::{Has, Part, Parts, Reader, Received, name_of, write};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The form's version: it grows when an older reader would misread it. In the first one every row brought its charts.
pub const VERSION: u32 = 2;
/// The oldest version that can be read.
const OLDEST: u32 = 1;

/// Why what came could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unreadable {
    /// The other side writes another version of the form.
    #[error("it runs burnledger {program}, whose pictures (version {version}) this program ({}, version {VERSION}) cannot read", env!("CARGO_PKG_VERSION"))]
    Version {
        /// Its version of the program.
        program: Text,
        /// Its version of the form.
        version: u32,
    },
    /// It is none of ours.
    #[error("what it sent is no picture of burnledger's: {0}")]
    Garbled(Text),
}

impl From<Wrong> for Unreadable {
    fn from(wrong: Wrong) -> Self {
        Self::Garbled(clean_line(&wrong.0, 200))
    }
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Wrong(error.to_string()).into()
    }
}

/// Opens every document.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    burnledger: Text,
    pictures: u32,
}

impl Head {
    fn ours() -> Self {
        Self { burnledger: env!("CARGO_PKG_VERSION").into(), pictures: VERSION }
    }
}

/// Looks a document over and reads it; what is of another version says so whatever else is wrong with it.
fn document<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, Unreadable> {
    look_over(bytes)?;
    let head: Head = serde_json::from_slice(bytes)?;
    if !(OLDEST..=VERSION).contains(&head.pictures) {
        return Err(Unreadable::Version { program: clean_line(&head.burnledger, 40), version: head.pictures });
    }
    Ok(serde_json::from_slice(bytes)?)
}

/// Writes a question.
///
/// # Errors
/// None known: it has a form.
pub fn write_question(question: &Question) -> Result<String, Wrong> {
    serde_json::to_string(&QuestionForm::of(question)).map_err(|e| Wrong(e.to_string()))
}

/// Reads a question.
///
/// # Errors
/// It is none.
pub fn read_question(bytes: &[u8]) -> Result<Question, Wrong> {
    look_over(bytes)?;
    let form: QuestionForm = serde_json::from_slice(bytes).map_err(|e| Wrong(e.to_string()))?;
    form.back()
}

#[derive(Serialize, Deserialize)]
struct Reply {
    burnledger: Text,
    pictures: u32,
    answer: AnswerForm,
}

fn reply(answer: AnswerForm) -> Result<String, Wrong> {
    let Head { burnledger, pictures } = Head::ours();
    serde_json::to_string(&Reply { burnledger, pictures, answer }).map_err(|e| Wrong(e.to_string()))
}

/// Writes an answer.
///
/// # Errors
/// It is a film too long to send, in words for the person who asked.
pub fn write_answer(answer: &Answer) -> Result<String, Wrong> {
    reply(AnswerForm::of(answer)?)
}

/// Reads an answer.
///
/// # Errors
/// It is none, or of another version.
pub fn read_answer(bytes: &[u8]) -> Result<Answer, Unreadable> {
    Ok(document::<Reply>(bytes)?.answer.back()?)
}

#[derive(Serialize)]
struct RecordedForm {
    burnledger: Text,
    pictures: u32,
    id: u64,
    recorded: Vec<u64>,
    answer: AnswerForm,
}

/// Writes what an order recorded.
///
/// # Errors
/// An entry has no stored form.
pub fn write_recorded(incident: IncidentId, entries: &[Entry]) -> Result<String, Wrong> {
    let Head { burnledger, pictures } = Head::ours();
    let (recorded, answer) = (entries.iter().map(|e| e.seq.0).collect(), AnswerForm::recorded(entries)?);
    let form = RecordedForm { burnledger, pictures, id: incident.0, recorded, answer };
    serde_json::to_string(&form).map_err(|e| Wrong(e.to_string()))
}

/// Reads what an order recorded.
///
/// # Errors
/// It is nothing of the kind, or of another version.
pub fn read_recorded(bytes: &[u8]) -> Result<Vec<Entry>, Unreadable> {
    Ok(document::<Reply>(bytes)?.answer.entries()?)
}
