//! Orders people give and questions they ask, the same from CLI, dashboard and API.

use super::dashboard::{Values, ValuesAsk};
use super::film::{Film, FilmAsk};
use super::past::{Lookback, Past};
use super::what_if::{WhatIf, WhatIfAsk};
use crate::domain::base::{IncidentId, Ms, Text};
use crate::domain::cost::CostSheet;
use crate::domain::incident::{self, Act, Correction, Declaration, Incident, Incidents, NewEntry, NotPossible, Note};
use crate::domain::review::stats::Standards;
use std::sync::Arc;
use thiserror::Error;

/// An order. `by` is the person's name as they gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A person takes it.
    Acknowledge {
        /// Which.
        incident: IncidentId,
        /// Who.
        by: Text,
    },
    /// An acknowledgement is taken back.
    Unacknowledge {
        /// Which.
        incident: IncidentId,
        /// Who.
        by: Text,
    },
    /// Words for the timeline.
    Note {
        /// Which.
        incident: IncidentId,
        /// Who.
        by: Text,
        /// The words, and what they are beside that.
        note: Note,
    },
    /// It is over.
    Resolve {
        /// Which.
        incident: IncidentId,
        /// Who.
        by: Text,
        /// Why.
        reason: Text,
        /// When it ended; now when absent.
        at: Option<Ms>,
        /// What is told with it: the class of the cause, people's hours.
        findings: Vec<Correction>,
    },
    /// Anything else that concerns one incident: mitigate, reopen, close, attach, correct.
    Act {
        /// Which.
        incident: IncidentId,
        /// Who.
        by: Text,
        /// What.
        act: Act,
    },
    /// Two are one; the older one goes on.
    Merge {
        /// One.
        incident: IncidentId,
        /// The other.
        with: IncidentId,
        /// Who.
        by: Text,
        /// Why.
        reason: Text,
    },
    /// Services have an incident of their own.
    Split {
        /// Which.
        incident: IncidentId,
        /// What leaves it.
        services: Vec<Text>,
        /// Who.
        by: Text,
        /// Why.
        reason: Text,
    },
    /// Something is wrong that no rule has seen yet.
    Declare {
        /// Who.
        by: Text,
        /// What.
        what: Declaration,
    },
    /// Its cost was computed anew.
    Restate {
        /// Which.
        incident: IncidentId,
        /// Who.
        by: Text,
        /// The new figures.
        sheet: Box<CostSheet>,
    },
}

impl Command {
    /// The incident it is about; absent while it has no number yet.
    pub const fn incident(&self) -> Option<IncidentId> {
        match self {
            Self::Acknowledge { incident, .. }
            | Self::Unacknowledge { incident, .. }
            | Self::Note { incident, .. }
            | Self::Restate { incident, .. }
            | Self::Act { incident, .. }
            | Self::Merge { incident, .. }
            | Self::Split { incident, .. }
            | Self::Resolve { incident, .. } => Some(*incident),
            Self::Declare { .. } => None,
        }
    }
}

/// A question that needs the ledger or the engine's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// One incident, whole.
    Incident(IncidentId),
    /// The newest incidents, newest first.
    Incidents {
        /// How many at most.
        limit: usize,
    },
    /// What incidents are held against in recovery statistics.
    Standards,
    /// The past of what is counted, from the engine's own history.
    Past(Lookback),
    /// A stretch of the past as a film: what every screen would have shown at each instant of it.
    Film(FilmAsk),
    /// What other rules would have done with a stretch of the past.
    WhatIf(WhatIfAsk),
    /// The values of a PromQL expression, from the source.
    Values(ValuesAsk),
}

/// Its answer.
#[derive(Clone, Debug)]
pub enum Answer {
    /// One incident; absent when there is none of that number.
    Incident(Option<Arc<Incident>>),
    /// A list.
    Incidents(Vec<Arc<Incident>>),
    /// Changes and targets.
    Standards(Arc<Standards>),
    /// Cells of the past.
    Past(Arc<Past>),
    /// The film.
    Film(Arc<Film>),
    /// What other rules would have done.
    WhatIf(Arc<WhatIf>),
    /// Values of an expression.
    Values(Arc<Values>),
}

/// Why an order was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No such incident.
    #[error("there is no incident {0} in this ledger")]
    Unknown(IncidentId),
    /// Not possible in its present state.
    #[error("{0}")]
    NotNow(Text),
    /// The ledger could not be read or written.
    #[error("the ledger could not be written: {0}")]
    Ledger(Text),
    /// This program may only look.
    #[error("this view is read-only: {0}")]
    ReadOnly(Text),
}

impl Command {
    /// The person who gives it, as they gave their name.
    pub const fn by(&self) -> &Text {
        match self {
            Self::Acknowledge { by, .. }
            | Self::Unacknowledge { by, .. }
            | Self::Note { by, .. }
            | Self::Resolve { by, .. }
            | Self::Restate { by, .. }
            | Self::Act { by, .. }
            | Self::Merge { by, .. }
            | Self::Split { by, .. }
            | Self::Declare { by, .. } => by,
        }
    }

    /// It is as true after whatever others recorded meanwhile.
    pub const fn is_remark(&self) -> bool {
        matches!(self, Self::Note { .. } | Self::Act { act: Act::Note(_) | Act::Attach { .. }, .. })
    }

    /// What is to be done with one incident, apart from who and which; absent for what concerns several.
    fn act(&self) -> Option<Act> {
        Some(match self {
            Self::Acknowledge { .. } => Act::Acknowledge,
            Self::Unacknowledge { .. } => Act::Unacknowledge,
            Self::Note { note, .. } => Act::Note(note.clone()),
            Self::Restate { sheet, .. } => Act::Restate(sheet.clone()),
            Self::Resolve { reason, at, findings, .. } => {
                Act::Resolve { reason: reason.clone(), at: *at, findings: findings.clone() }
            }
            Self::Act { act, .. } => act.clone(),
            Self::Merge { .. } | Self::Split { .. } | Self::Declare { .. } => return None,
        })
    }

    /// The entries that carry it out, whatever it concerns.
    ///
    /// # Errors
    /// No such incident, or not possible in its present state.
    pub fn decide_among(&self, all: &Incidents, source: &Text, now: Ms) -> Result<Vec<NewEntry>, Refusal> {
        let known = |id: IncidentId| all.get(id).ok_or(Refusal::Unknown(id));
        let decided = match self {
            Self::Merge { incident, with, by, reason } => {
                known(*incident).and(known(*with))?;
                incident::merge(all, [*incident, *with], reason, by, source, now)
            }
            Self::Split { incident, services, by, reason } => {
                known(*incident)?;
                incident::split(all, *incident, services, reason, by, source, now)
            }
            Self::Declare { by, what } => incident::declare(all, what, by, source, now),
            _ => {
                let incident = self.incident().map_or(Err(Refusal::Unknown(IncidentId(0))), known)?;
                return self.decide(incident, source, now);
            }
        };
        decided.map_err(|NotPossible(why)| Refusal::NotNow(why))
    }

    /// The entries that carry it out on `incident`; none when it is so already (the same person acknowledges twice).
    /// `source` says where the order came from: `cli`, `tui`, `api`.
    ///
    /// # Errors
    /// Not possible in the incident's present state, with the reason in words.
    pub fn decide(&self, incident: &Incident, source: &Text, now: Ms) -> Result<Vec<NewEntry>, Refusal> {
        let Some(act) = self.act() else {
            return Err(Refusal::NotNow("this concerns more than one incident".into()));
        };
        incident.decide(&act, self.by(), source, now).map_err(|NotPossible(why)| Refusal::NotNow(why))
    }
}
