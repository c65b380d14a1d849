//! Everything a screen sees, over a wire and back: snapshots, answers to its questions, and what its orders recorded.
//!
//! Written for `/api/v1/desk` and read by a dashboard on another machine. What comes back draws the same screens; what only
//! measuring needs is left out. Readers trust nothing: sizes, times, amounts and references are checked, and another version of
//! the form is told by its name. Deliberately absent: how it travels (`serve`, `attach`), and escaping (screens do).

mod ask;
mod form;
mod scene;
mod slo;
#[cfg(test)]
mod tests;
mod verdict;

use crate::domain::base::{IncidentId, Ms, Text, clean_line};
use crate::domain::incident::Entry;
use crate::domain::objective::Slo;
use crate::domain::view::{Answer, Question, Snapshot};
use ask::{AnswerForm, QuestionForm};
pub use form::Wrong;
use form::{Form, look_over};
use scene::{IncidentForm, Known, SceneForm, Tables};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use slo::SloForm;
use std::sync::Arc;
use thiserror::Error;

/// The form's version: it grows when an older reader would misread it.
pub const VERSION: u32 = 1;

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

/// Names a snapshot among all that this process and its followers made.
pub fn name_of(snapshot: &Snapshot) -> String {
    format!("{}.{}", snapshot.number, snapshot.made.0)
}

#[derive(Serialize, Deserialize)]
struct PictureForm {
    burnledger: Text,
    pictures: u32,
    name: Text,
    /// The reader, by the name behind its token.
    you: Option<Text>,
    /// The sender's clock.
    now: i64,
    /// Names the table of SLOs.
    rules: Text,
    /// Absent when the reader has them.
    slos: Option<Vec<SloForm>>,
    incidents: Vec<IncidentForm>,
    scene: SceneForm,
}

/// Writes a snapshot at `now` for a reader that has the token's name `you` and knows the SLOs named `rules`.
///
/// # Errors
/// An entry has no stored form.
pub fn write(snapshot: &Snapshot, you: Option<&Text>, now: Ms, rules: Option<&str>) -> Result<String, Wrong> {
    let told = |error: serde_json::Error| Wrong(error.to_string());
    let mut tables = Tables::default();
    let scene = SceneForm::of(snapshot, &mut tables);
    let slos = tables.slo_forms(snapshot.made);
    let name: Text = digest(&serde_json::to_vec(&slos).map_err(told)?).into();
    let Head { burnledger, pictures } = Head::ours();
    let form = PictureForm {
        burnledger,
        pictures,
        name: name_of(snapshot).into(),
        you: you.cloned(),
        now: now.0,
        slos: (rules != Some(&*name)).then_some(slos),
        rules: name,
        incidents: tables.incident_forms()?,
        scene,
    };
    serde_json::to_string(&form).map_err(told)
}

/// The first half of SHA-256, as text.
fn digest(bytes: &[u8]) -> String {
    crate::wire::entry::export::hex(&Sha256::digest(bytes)[..16])
}

/// Reads pictures one after another; keeps the SLOs of the last one.
#[derive(Clone, Default)]
pub struct Reader {
    rules: Option<Text>,
    slos: Arc<[Arc<Slo>]>,
}

/// A picture that came.
#[derive(Clone, Debug)]
pub struct Received {
    /// The snapshot.
    pub snapshot: Snapshot,
    /// Its name, to ask for the next one.
    pub name: Text,
    /// Who the sender takes us for; absent without a token it knows.
    pub you: Option<Text>,
    /// The sender's clock when it was sent.
    pub now: Ms,
    /// The sender's version of the program.
    pub program: Text,
}

impl Reader {
    /// The name of the SLOs that are known already.
    pub fn rules(&self) -> Option<&Text> {
        self.rules.as_ref()
    }

    /// Reads a picture.
    ///
    /// # Errors
    /// It is none, or of another version.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Received, Unreadable> {
        let form: PictureForm = document(bytes)?;
        let slos = match form.slos {
            Some(forms) => forms.into_iter().map(|f| f.back().map(Arc::new)).collect::<Result<Arc<[_]>, _>>()?,
            None if self.rules.as_ref() == Some(&form.rules) => Arc::clone(&self.slos),
            None => return Err(Wrong("it leaves out SLOs that were never sent".into()).into()),
        };
        let mut known = Known::new(Arc::clone(&slos), &form.incidents)?;
        let snapshot = form.scene.back(&mut known)?;
        (self.rules, self.slos) = (Some(clean_line(&form.rules, 80)), slos);
        Ok(Received {
            snapshot,
            name: clean_line(&form.name, 80),
            you: form.you.map(|you| clean_line(&you, 100)),
            now: form.now.back()?,
            program: clean_line(&form.burnledger, 40),
        })
    }
}

/// Looks a document over and reads it; what is of another version says so whatever else is wrong with it.
fn document<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<T, Unreadable> {
    look_over(bytes)?;
    let head: Head = serde_json::from_slice(bytes)?;
    if head.pictures != VERSION {
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
