//! A picture in parts. What stays the same from one to the next is named by what is in it: a reader says which of them it has, and is
//! not sent those again. All readers of a picture are sent the same bytes but for who they are and what they have.
//!
//! Deliberately absent: keeping parts for further readers, and packing them (`serve`).

use super::form::{Form, Wrong};
use super::scene::{ChartForm, IncidentForm, Known, SceneForm, Tables};
use super::slo::SloForm;
use super::{Head, Unreadable, document};
use crate::domain::base::{Ms, Text, clean_line};
use crate::domain::view::Snapshot;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Names a snapshot among all that this process and its followers made.
pub fn name_of(snapshot: &Snapshot) -> String {
    format!("{}.{}", snapshot.number, snapshot.made.0)
}

/// The names of the parts that a reader has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Has {
    /// The SLOs.
    pub rules: Option<Text>,
    /// The incidents with their entries.
    pub cases: Option<Text>,
    /// The small charts of all rows.
    pub charts: Option<Text>,
}

/// A part that others may have already.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    /// Its name, made of what is in it.
    pub name: Text,
    /// Its member of the document, with the comma before it.
    pub text: String,
    /// The member where it is left out.
    nothing: &'static str,
}

impl Part {
    fn of(value: &impl Serialize, key: &str, nothing: &'static str) -> Result<Self, Wrong> {
        let json = serde_json::to_string(value).map_err(|e| told(&e))?;
        Ok(Self { name: digest(json.as_bytes()).into(), text: format!(",\"{key}\":{json}"), nothing })
    }
}

fn told(error: &serde_json::Error) -> Wrong {
    Wrong(error.to_string())
}

/// The first half of SHA-256, as text.
fn digest(bytes: &[u8]) -> String {
    crate::wire::entry::export::hex(&Sha256::digest(bytes)[..16])
}

/// A picture for whoever reads it.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts {
    /// The snapshot's name.
    pub name: Text,
    /// What a reader may have: SLOs, incidents, charts.
    pub shared: [Part; 3],
    /// What every picture has anew, to the document's end.
    pub scene: String,
}

/// What is another reader's own: the document opens with it.
#[derive(Serialize)]
struct Opening<'a> {
    #[serde(flatten)]
    head: Head,
    name: &'a Text,
    /// The reader, by the name behind its token.
    you: Option<&'a Text>,
    /// The sender's clock.
    now: i64,
    rules: &'a Text,
    cases: &'a Text,
    charts: &'a Text,
}

impl Parts {
    /// Writes a snapshot.
    ///
    /// # Errors
    /// An entry has no stored form.
    pub fn of(snapshot: &Snapshot) -> Result<Self, Wrong> {
        let mut tables = Tables::with_charts_apart();
        let scene = SceneForm::of(snapshot, &mut tables);
        let rules = Part::of(&tables.slo_forms(snapshot.made), "slos", ",\"slos\":null")?;
        let cases = Part::of(&tables.incident_forms()?, "incidents", ",\"incidents\":null")?;
        let charts = Part::of(&tables.chart_forms(), "sparks", ",\"sparks\":null")?;
        let scene = format!(",\"scene\":{}}}", serde_json::to_string(&scene).map_err(|e| told(&e))?);
        Ok(Self { name: name_of(snapshot).into(), shared: [rules, cases, charts], scene })
    }

    /// The beginning of the document at `now` for a reader that has the token's name `you`, with what it is not sent; the parts
    /// that it is sent follow in their order, and the scene.
    ///
    /// # Errors
    /// None known: it has a form.
    pub fn opening(&self, you: Option<&Text>, now: Ms, has: &Has) -> Result<String, Wrong> {
        let [rules, cases, charts] = self.shared.each_ref().map(|part| &part.name);
        let opening = Opening { head: Head::ours(), name: &self.name, you, now: now.0, rules, cases, charts };
        let mut text = serde_json::to_string(&opening).map_err(|e| told(&e))?;
        // The parts go on where this object would end.
        text.pop();
        let left_out = self.shared.iter().zip(self.sent(has)).filter(|(_, sent)| !sent);
        text.extend(left_out.map(|(part, _)| part.nothing));
        Ok(text)
    }

    /// Which of the shared parts a reader is sent.
    pub fn sent(&self, has: &Has) -> [bool; 3] {
        let [rules, cases, charts] = self.shared.each_ref().map(|part| Some(&part.name));
        [has.rules.as_ref() != rules, has.cases.as_ref() != cases, has.charts.as_ref() != charts]
    }
}

/// Writes a whole picture for one reader.
///
/// # Errors
/// An entry has no stored form.
pub fn write(snapshot: &Snapshot, you: Option<&Text>, now: Ms, has: &Has) -> Result<String, Wrong> {
    let parts = Parts::of(snapshot)?;
    let mut text = parts.opening(you, now, has)?;
    let sent = parts.shared.iter().zip(parts.sent(has)).filter(|(_, sent)| *sent);
    text.extend(sent.map(|(part, _)| &*part.text));
    Ok(text + &parts.scene)
}

/// A document as it is read.
#[derive(Deserialize)]
struct PictureForm {
    burnledger: Text,
    name: Text,
    you: Option<Text>,
    now: i64,
    rules: Text,
    /// Absent in the first version, which sent incidents each time.
    #[serde(default)]
    cases: Option<Text>,
    /// Absent in the first version, whose rows brought their charts.
    #[serde(default)]
    charts: Option<Text>,
    /// Absent when the reader has them; so are the other two.
    slos: Option<Vec<SloForm>>,
    incidents: Option<Vec<IncidentForm>>,
    #[serde(default)]
    sparks: Option<Vec<ChartForm>>,
    scene: SceneForm,
}

/// Reads pictures one after another; keeps the parts that the next one may leave out.
#[derive(Clone, Default)]
pub struct Reader {
    has: Has,
    known: Known,
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
    /// The names of the parts that are known already.
    pub const fn has(&self) -> &Has {
        &self.has
    }

    /// Reads a picture. One that cannot be read leaves the reader as it was.
    ///
    /// # Errors
    /// It is none, or of another version.
    pub fn read(&mut self, bytes: &[u8]) -> Result<Received, Unreadable> {
        let form: PictureForm = document(bytes)?;
        let mut known = self.known.clone();
        match form.slos {
            Some(forms) => known.slos(forms)?,
            None => same(self.has.rules.as_ref(), Some(&form.rules), "SLOs")?,
        }
        match form.incidents {
            Some(forms) => known.incidents(&forms)?,
            None => same(self.has.cases.as_ref(), form.cases.as_ref(), "incidents")?,
        }
        match form.sparks {
            Some(forms) => known.charts(forms)?,
            None if form.charts.is_none() => known.charts(Vec::new())?,
            None => same(self.has.charts.as_ref(), form.charts.as_ref(), "charts")?,
        }
        let snapshot = form.scene.back(&mut known)?;
        let name = |text: Text| clean_line(&text, 80);
        self.has = Has { rules: Some(name(form.rules)), cases: form.cases.map(name), charts: form.charts.map(name) };
        self.known = known;
        Ok(Received {
            snapshot,
            name: clean_line(&form.name, 80),
            you: form.you.map(|you| clean_line(&you, 100)),
            now: form.now.back()?,
            program: clean_line(&form.burnledger, 40),
        })
    }
}

/// What is left out is what the reader has.
fn same(has: Option<&Text>, named: Option<&Text>, what: &str) -> Result<(), Wrong> {
    if has.is_some() && has == named { Ok(()) } else { Err(Wrong(format!("it leaves out {what} that were never sent"))) }
}
