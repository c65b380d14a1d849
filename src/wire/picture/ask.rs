//! Questions of a screen and their answers, as they go over a wire.

use super::form::{Form, Num, Row, Wrong, form};
use super::scene::{EntryForm, IncidentForm, Known, SceneForm, Tables};
use super::slo::SloForm;
use crate::domain::base::{Ms, Text, clean_line};
use crate::domain::incident::Entry;
use crate::domain::review::stats::{Change, ShareKind, Standards, Targets};
use crate::domain::view::{
    Answer, Film, FilmAsk, FilmMark, Fired, Lookback, Past, PastOf, PastRow, Question, Snapshot, TrackId, Values, ValuesAsk,
    ValuesRow, WhatIf, WhatIfAsk, WhatIfTrack,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Rows (frames times tracks) of a film that is sent: more would take longer than a person waits.
const MOST_FILM_ROWS: usize = 25_000;
/// Incidents that are sent at once.
const MOST_INCIDENTS: usize = 2_000;
/// Changes that are sent at once: as many as a ledger remembers.
const MOST_CHANGES: usize = 2_000;

form!(TrackForm of TrackId { slo: Text, group: Vec<(Text, Text)> });

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PastOfForm {
    Burn { track: TrackForm, window: Option<i64> },
    Remaining { track: TrackForm },
    AllBurn,
    Latency { track: TrackForm },
}

impl Form<PastOf> for PastOfForm {
    fn of(value: &PastOf) -> Self {
        match value {
            PastOf::Burn { track, window } => Self::Burn { track: Form::of(track), window: Form::of(window) },
            PastOf::Remaining { track } => Self::Remaining { track: Form::of(track) },
            PastOf::AllBurn => Self::AllBurn,
            PastOf::Latency { track } => Self::Latency { track: Form::of(track) },
        }
    }
    fn back(self) -> Result<PastOf, Wrong> {
        Ok(match self {
            Self::Burn { track, window } => PastOf::Burn { track: track.back()?, window: window.back()? },
            Self::Remaining { track } => PastOf::Remaining { track: track.back()? },
            Self::AllBurn => PastOf::AllBurn,
            Self::Latency { track } => PastOf::Latency { track: track.back()? },
        })
    }
}

form!(ValuesAskForm of ValuesAsk { source: Option<Text>, expr: Text, to: i64, cell: i64, cells: usize });

form!(LookbackForm of Lookback { of: PastOfForm, from: i64, to: i64, cells: usize });

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum FilmAskForm {
    Incident(u64),
    Stretch { from: i64, to: i64 },
}

impl Form<FilmAsk> for FilmAskForm {
    fn of(value: &FilmAsk) -> Self {
        match value {
            FilmAsk::Incident(id) => Self::Incident(id.0),
            FilmAsk::Stretch { from, to } => Self::Stretch { from: from.0, to: to.0 },
        }
    }
    fn back(self) -> Result<FilmAsk, Wrong> {
        Ok(match self {
            Self::Incident(id) => FilmAsk::Incident(id.back()?),
            Self::Stretch { from, to } => FilmAsk::Stretch { from: from.back()?, to: to.back()? },
        })
    }
}

/// A question.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum QuestionForm {
    Incident(u64),
    Incidents { limit: usize },
    Standards,
    Past(LookbackForm),
    Film(FilmAskForm),
    WhatIf { film: FilmAskForm, change: Text },
    Values(ValuesAskForm),
}

impl Form<Question> for QuestionForm {
    fn of(value: &Question) -> Self {
        match value {
            Question::Incident(id) => Self::Incident(id.0),
            Question::Incidents { limit } => Self::Incidents { limit: *limit },
            Question::Standards => Self::Standards,
            Question::Past(lookback) => Self::Past(Form::of(lookback)),
            Question::Film(ask) => Self::Film(Form::of(ask)),
            Question::WhatIf(ask) => Self::WhatIf { film: Form::of(&ask.film), change: ask.change.clone() },
            Question::Values(ask) => Self::Values(Form::of(ask)),
        }
    }
    fn back(self) -> Result<Question, Wrong> {
        Ok(match self {
            Self::Incident(id) => Question::Incident(id.back()?),
            Self::Incidents { limit } => Question::Incidents { limit: limit.min(MOST_INCIDENTS) },
            Self::Standards => Question::Standards,
            Self::Past(form) => {
                let lookback: Lookback = form.back()?;
                Question::Past(Lookback { cells: lookback.cells.clamp(1, Lookback::MOST_CELLS), ..lookback })
            }
            Self::Film(ask) => Question::Film(ask.back()?),
            Self::WhatIf { film, change } => Question::WhatIf(WhatIfAsk { film: film.back()?, change: clean_line(&change, 500) }),
            Self::Values(form) => {
                let ask: ValuesAsk = form.back()?;
                Question::Values(ValuesAsk { cells: ask.cells.clamp(1, ValuesAsk::MOST_CELLS), ..ask })
            }
        })
    }
}

form!(ChangeForm of Change { at: i64, service: Text });

/// Changes, and targets by their names in the configuration: names that this program does not know are another one's.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StandardsForm {
    changes: Vec<ChangeForm>,
    targets: Vec<(Text, Num)>,
}

impl Form<Standards> for StandardsForm {
    fn of(value: &Standards) -> Self {
        let changes = value.changes.iter().take(MOST_CHANGES).map(Form::of).collect();
        let target = |kind: ShareKind| Some((kind.name().into(), Form::of(&value.targets.get(kind)?)));
        Self { changes, targets: ShareKind::ALL.into_iter().filter_map(target).collect() }
    }
    fn back(self) -> Result<Standards, Wrong> {
        if self.changes.len() > MOST_CHANGES {
            return Err(Wrong("it has too many changes".into()));
        }
        let mut targets = Targets::default();
        for (name, share) in self.targets {
            let share: f64 = share.back()?;
            let Some(kind) = ShareKind::ALL.into_iter().find(|kind| *kind.name() == *name) else { continue };
            if !(0.0..=1.0).contains(&share) {
                return Err(Wrong(format!("the target of {} is no share", kind.name())));
            }
            targets.set(kind, share);
        }
        Ok(Standards { changes: self.changes.into_iter().map(Form::back).collect::<Result<_, _>>()?, targets })
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct PastRowForm {
    track: TrackForm,
    bucket: Option<Num>,
    values: Row,
    bad: Row,
    total: Row,
}

impl Form<PastRow> for PastRowForm {
    fn of(v: &PastRow) -> Self {
        let (values, bad, total) = (Form::of(&v.values), Form::of(&v.bad), Form::of(&v.total));
        Self { track: Form::of(&v.track), bucket: Form::of(&v.bucket), values, bad, total }
    }
    fn back(self) -> Result<PastRow, Wrong> {
        let (values, bad, total) = (self.values.back()?, self.bad.back()?, self.total.back()?);
        Ok(PastRow { track: self.track.back()?, bucket: self.bucket.back()?, values, bad, total })
    }
}

form!(PastForm of Past { from: i64, to: i64, cell: i64, rows: Vec<PastRowForm> });

#[derive(Debug, Serialize, Deserialize)]
struct ValuesRowForm {
    labels: Vec<(Text, Text)>,
    values: Vec<Num>,
    is_present: bool,
}

impl Form<ValuesRow> for ValuesRowForm {
    fn of(value: &ValuesRow) -> Self {
        let values = value.values.iter().map(Form::of).collect();
        Self { labels: Form::of(&value.labels), values, is_present: value.is_present }
    }
    fn back(self) -> Result<ValuesRow, Wrong> {
        if self.values.len() > ValuesAsk::MOST_CELLS {
            return Err(Wrong("a series has more values than were asked for".into()));
        }
        let values = self.values.into_iter().map(Form::back).collect::<Result<Arc<[f64]>, _>>()?;
        Ok(ValuesRow { labels: self.labels.back()?, values, is_present: self.is_present })
    }
}

form!(ValuesForm of Values { from: i64, to: i64, rows: Vec<ValuesRowForm>, more: usize, warnings: Vec<Text> });

#[derive(Debug, Serialize, Deserialize)]
struct MarkForm {
    at: i64,
    sign: char,
    text: Text,
}

impl Form<FilmMark> for MarkForm {
    fn of(value: &FilmMark) -> Self {
        Self { at: value.at.0, sign: value.sign, text: value.text.clone() }
    }
    fn back(self) -> Result<FilmMark, Wrong> {
        let sign = if self.sign.is_ascii_graphic() { self.sign } else { '?' };
        Ok(FilmMark { at: self.at.back()?, sign, text: self.text })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct FilmForm {
    from: i64,
    to: i64,
    step: i64,
    marks: Vec<MarkForm>,
    incident: Option<u64>,
    errors: Vec<Text>,
    slos: Vec<SloForm>,
    incidents: Vec<IncidentForm>,
    frames: Vec<SceneForm>,
}

impl FilmForm {
    fn of(film: &Film) -> Result<Self, Wrong> {
        // A film that is too long to send is sent with fewer frames.
        let rows: usize = film.frames.iter().map(|f| f.slos.len()).sum();
        let Some(apart) = Film::apart(1, rows, MOST_FILM_ROWS, film.step) else {
            let frames = film.frames.len();
            return Err(Wrong(format!(
                "this film has {frames} pictures and {rows} rows, too many to send; ask for an incident or a shorter stretch"
            )));
        };
        let step = film.step * apart as i64;
        // The first one that stands at a whole step.
        let skipped = (film.from.floor_to(step) + step).since(film.from).0 / film.step.0.max(1) % apart as i64;
        let frames: Vec<_> = film.frames.iter().skip(skipped as usize).step_by(apart).collect();
        let from = film.from + film.step * skipped;
        let mut tables = Tables::default();
        let frames = frames.into_iter().map(|frame| SceneForm::of(frame, &mut tables)).collect();
        Ok(Self {
            from: from.0,
            to: film.to.0,
            step: step.0,
            marks: Form::of(&film.marks),
            incident: Form::of(&film.incident),
            errors: film.errors.clone(),
            slos: tables.slo_forms(film.to),
            incidents: tables.incident_forms()?,
            frames,
        })
    }

    fn back(self) -> Result<Film, Wrong> {
        if self.frames.len() > MOST_FILM_ROWS {
            return Err(Wrong("the film is longer than any of ours".into()));
        }
        let (from, to): (Ms, Ms) = (self.from.back()?, self.to.back()?);
        if from > to {
            return Err(Wrong("the film ends before it begins".into()));
        }
        let mut known = Known::of(self.slos, &self.incidents)?;
        let frames =
            self.frames.into_iter().map(|f| f.back(&mut known).map(Arc::new)).collect::<Result<Vec<Arc<Snapshot>>, _>>()?;
        Ok(Film {
            from,
            to,
            step: self.step.back()?,
            frames,
            marks: self.marks.back()?,
            incident: self.incident.back()?,
            errors: self.errors,
        })
    }
}

form!(FiredForm of Fired { severity: Text, rule: Text, from: i64, to: Option<i64> });
form!(WhatIfTrackForm of WhatIfTrack { slo: Text, group: Vec<(Text, Text)>, now: Vec<FiredForm>, then: Vec<FiredForm> });
form!(WhatIfForm of WhatIf {
    change: Text, from: i64, to: i64, tracks: Vec<WhatIfTrackForm>, pages: (usize, usize), tickets: (usize, usize),
    errors: Vec<Text>,
});

/// An answer.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AnswerForm {
    Incident(Option<IncidentForm>),
    Incidents(Vec<IncidentForm>),
    Standards(StandardsForm),
    Past(PastForm),
    Film(Box<FilmForm>),
    WhatIf(WhatIfForm),
    Values(ValuesForm),
    /// What an order recorded.
    Recorded(Vec<EntryForm>),
}

impl AnswerForm {
    pub(super) fn of(answer: &Answer) -> Result<Self, Wrong> {
        Ok(match answer {
            Answer::Incident(found) => Self::Incident(found.as_deref().map(IncidentForm::of).transpose()?),
            Answer::Incidents(list) => Self::Incidents(list.iter().map(|i| IncidentForm::of(i)).collect::<Result<_, _>>()?),
            Answer::Standards(standards) => Self::Standards(Form::of(&**standards)),
            Answer::Past(past) => Self::Past(Form::of(&**past)),
            Answer::Film(film) => Self::Film(Box::new(FilmForm::of(film)?)),
            Answer::WhatIf(told) => Self::WhatIf(Form::of(&**told)),
            Answer::Values(values) => Self::Values(Form::of(&**values)),
        })
    }

    pub(super) fn recorded(entries: &[Entry]) -> Result<Self, Wrong> {
        Ok(Self::Recorded(entries.iter().map(EntryForm::of).collect::<Result<_, _>>()?))
    }

    pub(super) fn back(self) -> Result<Answer, Wrong> {
        Ok(match self {
            Self::Incident(found) => Answer::Incident(found.map(IncidentForm::back).transpose()?),
            Self::Incidents(list) if list.len() > MOST_INCIDENTS => return Err(Wrong("it has too many incidents".into())),
            Self::Incidents(list) => Answer::Incidents(list.into_iter().map(IncidentForm::back).collect::<Result<_, _>>()?),
            Self::Standards(form) => Answer::Standards(Arc::new(form.back()?)),
            Self::Past(past) => Answer::Past(Arc::new(past.back()?)),
            Self::Film(film) => Answer::Film(Arc::new(film.back()?)),
            Self::WhatIf(told) => Answer::WhatIf(Arc::new(told.back()?)),
            Self::Values(form) => {
                let values: Values = form.back()?;
                if values.rows.len() > ValuesAsk::MOST_SERIES {
                    return Err(Wrong("it has too many series".into()));
                }
                Answer::Values(Arc::new(values))
            }
            Self::Recorded(_) => return Err(Wrong("it answers an order, not a question".into())),
        })
    }

    pub(super) fn entries(self) -> Result<Vec<Entry>, Wrong> {
        match self {
            Self::Recorded(list) => list.iter().map(EntryForm::back).collect(),
            _ => Err(Wrong("it answers a question, not an order".into())),
        }
    }
}
