//! What a person orders, turned into entries, or refused with the reason in words.
//!
//! Deliberately absent: what the rules decide by themselves (the engine's step), and recording.

use super::entry::{Actor, Fact, IncidentRef, NewEntry};
use super::fold::{Incident, Phase};
use crate::domain::base::{Ms, Severity, Span, Text, clean_line};
use crate::domain::cost::CostSheet;
use thiserror::Error;

/// Longest note or reason, in characters.
pub const MOST_WORDS: usize = 4_000;
/// Longest name of a person, in characters.
pub const MOST_NAME: usize = 100;

/// What a person wants to do with an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Take it.
    Acknowledge,
    /// Give it back.
    Unacknowledge,
    /// Add words to its timeline.
    Note(Text),
    /// Say that it is over.
    Resolve {
        /// Why.
        reason: Text,
        /// When it ended; now when absent.
        at: Option<Ms>,
    },
    /// State its cost anew; the figures before stay in the ledger.
    Restate(Box<CostSheet>),
}

/// Why an act is refused, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct NotPossible(pub Text);

impl Incident {
    /// The entries that `act` by the person `by` adds; none when nothing would change.
    ///
    /// # Errors
    /// The act makes no sense in the incident's present state, or its words are empty.
    pub fn decide(&self, act: &Act, by: &str, source: &Text, now: Ms) -> Result<Vec<NewEntry>, NotPossible> {
        let name = clean_line(by, MOST_NAME);
        if name.is_empty() {
            return refuse("a name is missing: the ledger keeps who did what");
        }
        let decided = match act {
            Act::Acknowledge => self.may_acknowledge(&name, now)?.then_some((Fact::Acknowledged, now)),
            Act::Unacknowledge => self.may_unacknowledge()?.then_some((Fact::Unacknowledged, now)),
            Act::Note(text) => Some((note(text)?, now)),
            Act::Restate(sheet) => Some((Fact::Costed((**sheet).clone()), now)),
            Act::Resolve { reason, at } => {
                let at = self.may_resolve(*at, now)?;
                Some((Fact::Resolved { reason: clean_line(reason, MOST_WORDS), impact: None }, at))
            }
        };
        let entry = |(fact, at)| NewEntry {
            incident: IncidentRef::Known(self.id),
            fact,
            at,
            actor: Actor::Person(name.clone()),
            source: source.clone(),
            corrects: None,
        };
        Ok(decided.map(entry).into_iter().collect())
    }

    /// Until when the present acknowledgement holds off repeats and escalation at the present severity. `None` when nobody
    /// has it, or severity rose above the one that was acknowledged; `Ms(i64::MAX)` when it does not expire.
    pub fn acknowledged_until(&self) -> Option<Ms> {
        let (_, at) = self.acknowledged_by.as_ref()?;
        if self.severity > self.acknowledged_severity {
            return None;
        }
        Some(self.severity.and_then(acknowledgement_lasts).map_or(Ms(i64::MAX), |span| *at + span))
    }

    /// True when entries would be added, false when the same person has it already.
    fn may_acknowledge(&self, name: &Text, now: Ms) -> Result<bool, NotPossible> {
        match self.phase {
            Phase::Suspected => {
                refuse(format!("{} is only suspected and paged nobody; there is nothing to acknowledge yet", self.id))
            }
            Phase::Resolved | Phase::Closed => refuse(format!("{} is {} already", self.id, self.phase.name())),
            Phase::Open | Phase::Acknowledged | Phase::Mitigated => {
                let same = self.acknowledged_by.as_ref().is_some_and(|(who, _)| who == name);
                Ok(!(same && self.acknowledged_until().is_some_and(|until| now < until)))
            }
        }
    }

    fn may_unacknowledge(&self) -> Result<bool, NotPossible> {
        if !self.phase.is_live() {
            return refuse(format!("{} is {} already", self.id, self.phase.name()));
        }
        if self.acknowledged_by.is_none() {
            return refuse(format!("nobody has acknowledged {}", self.id));
        }
        Ok(true)
    }

    fn may_resolve(&self, at: Option<Ms>, now: Ms) -> Result<Ms, NotPossible> {
        if self.phase == Phase::Suspected {
            return refuse(format!("{} is only suspected; it closes by itself when the breach clears", self.id));
        }
        if !self.phase.is_live() {
            return refuse(format!("{} is {} already", self.id, self.phase.name()));
        }
        let at = at.unwrap_or(now);
        if at > now {
            return refuse(format!("{at} lies in the future"));
        }
        if let Some(start) = self.milestones.impact_start.filter(|start| at < *start) {
            return refuse(format!("{} began at {start}; it cannot have ended at {at}", self.id));
        }
        if let Some(end) = self.milestones.impact_end.filter(|end| at < *end) {
            return refuse(format!("users were still hurt until {end}; {} cannot have ended at {at}", self.id));
        }
        Ok(at)
    }
}

/// How long an acknowledgement holds off pages of a severity; `None`: for good (SEMANTICS 7).
pub const fn acknowledgement_lasts(severity: Severity) -> Option<Span> {
    match severity {
        Severity::P0 => Some(Span::from_mins(60)),
        Severity::P1 => Some(Span::from_hours(4)),
        Severity::P2 => None,
    }
}

fn note(text: &str) -> Result<Fact, NotPossible> {
    let words = clean_line(text, MOST_WORDS);
    if words.is_empty() { refuse("a note needs words") } else { Ok(Fact::Note(words)) }
}

fn refuse<T>(why: impl Into<Text>) -> Result<T, NotPossible> {
    Err(NotPossible(why.into()))
}
