//! What a person orders, turned into entries, or refused with the reason in words.
//!
//! Deliberately absent: what the rules decide by themselves (the engine's step), and recording.

use super::correction::{Correction, Moment};
use super::entry::{Actor, Evidence, Fact, IncidentRef, NewEntry, Note, ReasonText};
use super::fold::{Incident, Phase};
use crate::domain::base::{Ms, Seq, Severity, Span, Text, clean_line};
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
    Note(Note),
    /// Say that it is over.
    Resolve {
        /// Why.
        reason: Text,
        /// When it ended; now when absent.
        at: Option<Ms>,
        /// What is told with it: the class of the cause, people's hours. All of it is recorded, or nothing is.
        findings: Vec<Correction>,
    },
    /// State its cost anew; the figures before stay in the ledger.
    Restate(Box<CostSheet>),
    /// Say that users are served again, before samples show it.
    Mitigate {
        /// Why.
        reason: Text,
        /// Since when; now when absent.
        at: Option<Ms>,
    },
    /// Say that it is not over after all.
    Reopen {
        /// Why.
        reason: Text,
        /// Since when it is bad again; now when absent.
        at: Option<Ms>,
    },
    /// Say that nothing more will happen: the postmortem is done.
    Close {
        /// Why; may be empty.
        reason: Text,
    },
    /// Attach a link or words.
    Attach {
        /// What.
        evidence: Evidence,
        /// When what it shows happened; now when absent.
        at: Option<Ms>,
    },
    /// Correct a time, the severity or a figure, or set a tag.
    Correct {
        /// What, all of it or nothing.
        changes: Vec<Correction>,
        /// Why; tags need none.
        reason: Text,
    },
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
        let name = person(by)?;
        let at_now = |fact| (fact, now, None);
        let decided: Vec<(Fact, Ms, Option<Seq>)> = match act {
            Act::Acknowledge => self.may_acknowledge(&name, now)?.then(|| at_now(Fact::Acknowledged)).into_iter().collect(),
            Act::Unacknowledge => self.may_unacknowledge()?.then(|| at_now(Fact::Unacknowledged)).into_iter().collect(),
            Act::Note(words) => vec![at_now(note(words)?)],
            Act::Restate(sheet) => vec![at_now(Fact::Costed((**sheet).clone()))],
            Act::Resolve { reason, at, findings } => {
                let at = self.may_resolve(*at, now)?;
                let mut all = self.may_correct(findings, "", now)?;
                all.push((Fact::Resolved { reason: line(reason), impact: None }, at, None));
                all
            }
            Act::Mitigate { reason, at } => {
                let at = self.may_mitigate(*at, now)?;
                vec![(Fact::Mitigated { reason: line(reason), impact: None }, at, None)]
            }
            Act::Reopen { reason, at } => vec![self.may_reopen(reason, *at, now)?],
            Act::Close { reason } => self.may_close(reason)?.into_iter().map(at_now).collect(),
            Act::Attach { evidence, at } => vec![(attached(evidence)?, past(*at, now)?, None)],
            Act::Correct { changes, reason } => self.may_correct(changes, reason, now)?,
        };
        let entry = |(fact, at, corrects)| NewEntry {
            incident: IncidentRef::Known(self.id),
            fact,
            at,
            actor: Actor::Person(name.clone()),
            source: source.clone(),
            corrects,
        };
        Ok(decided.into_iter().map(entry).collect())
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
            Phase::Resolved | Phase::Closed => refuse(self.over()),
            Phase::Open | Phase::Acknowledged | Phase::Mitigated => {
                let same = self.acknowledged_by.as_ref().is_some_and(|(who, _)| who == name);
                Ok(!(same && self.acknowledged_until().is_some_and(|until| now < until)))
            }
        }
    }

    fn may_unacknowledge(&self) -> Result<bool, NotPossible> {
        if !self.phase.is_live() {
            return refuse(self.over());
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
            return refuse(self.over());
        }
        let at = self.since_it_began(past(at, now)?, "ended")?;
        if let Some(end) = self.milestones.impact_end.filter(|end| at < *end) {
            return refuse(format!("users were still hurt until {end}; {} cannot have ended at {at}", self.id));
        }
        Ok(at)
    }

    fn may_mitigate(&self, at: Option<Ms>, now: Ms) -> Result<Ms, NotPossible> {
        match self.phase {
            Phase::Open | Phase::Acknowledged => self.since_it_began(past(at, now)?, "been mitigated"),
            Phase::Suspected => refuse(format!("{} is only suspected; it closes by itself when the breach clears", self.id)),
            Phase::Mitigated => refuse(format!("{} is mitigated already", self.id)),
            Phase::Resolved | Phase::Closed => refuse(self.over()),
        }
    }

    fn may_reopen(&self, reason: &str, at: Option<Ms>, now: Ms) -> Result<(Fact, Ms, Option<Seq>), NotPossible> {
        if self.merged_into.is_some() {
            return refuse(self.over());
        }
        if self.severity.is_none() {
            return refuse(format!("{} never was more than a suspicion; `incidents declare` opens an incident", self.id));
        }
        if matches!(self.phase, Phase::Open | Phase::Acknowledged) {
            return refuse(format!("{} is {} already", self.id, self.phase.name()));
        }
        let text = line(reason);
        if text.is_empty() {
            return refuse("say why it is not over");
        }
        let at = self.since_it_began(past(at, now)?, "gone on")?;
        let reasons = vec![ReasonText { code: "declared".into(), value: 0.0, threshold: 0.0, text }];
        Ok((Fact::Reopened { impact_start: at, rules: Vec::new(), reasons }, now, None))
    }

    fn may_close(&self, reason: &str) -> Result<Vec<Fact>, NotPossible> {
        match self.phase {
            Phase::Resolved => {
                let words = line(reason);
                let told = (!words.is_empty()).then(|| Fact::Note(words.into()));
                Ok(told.into_iter().chain([Fact::Closed { not_paged: false }]).collect())
            }
            Phase::Closed => refuse(self.over()),
            Phase::Suspected => refuse(format!("{} is only suspected; it closes by itself when the breach clears", self.id)),
            _ => refuse(format!("{} is {}; resolve it first", self.id, self.phase.name())),
        }
    }

    /// Those that change something; tags that are so already do not.
    fn may_correct(&self, changes: &[Correction], reason: &str, now: Ms) -> Result<Vec<(Fact, Ms, Option<Seq>)>, NotPossible> {
        if let Some(into) = self.merged_into {
            return refuse(format!("{} is part of {into}; correct that one", self.id));
        }
        let reason = line(reason);
        for change in changes {
            self.can_be_corrected(change).map_err(|why| NotPossible(format!("{}: {why}", self.id).into()))?;
            if change.needs_reason() && reason.is_empty() {
                return refuse(format!(
                    "changing `{}` needs a reason: the old value stays in the ledger beside it",
                    change.field()
                ));
            }
        }
        self.are_in_order(changes, now)?;
        let clean = changes.iter().map(|change| match change {
            Correction::RootCause(class) => Correction::RootCause(clean_line(class, MOST_NAME)),
            other => other.clone(),
        });
        let same = |change: &Correction| match change {
            Correction::Drill(drill) => *drill == self.drill,
            Correction::RootCause(class) => self.root_cause.as_ref() == Some(class),
            Correction::Effort(effort) => self.effort() == Some(*effort),
            _ => false,
        };
        let fact = |change: Correction| {
            let corrects = self.told_by(&change);
            (Fact::Corrected { change, reason: reason.clone() }, now, corrects)
        };
        Ok(clean.filter(|change| !same(change)).map(fact).collect())
    }

    /// Moments come one after the other; bad events are among all events.
    fn are_in_order(&self, changes: &[Correction], now: Ms) -> Result<(), NotPossible> {
        let (mut m, mut moved) = (self.milestones, Vec::new());
        let (mut bad, mut total) = (None, None);
        for change in changes {
            match change {
                Correction::Moment(moment, at) => {
                    past(*at, now)?;
                    moment.set(&mut m, *at);
                    moved.push(*moment);
                }
                Correction::Bad(n) => bad = Some(*n as f64),
                Correction::Total(n) => total = Some(*n as f64),
                _ => {}
            }
        }
        let backwards = |(a, b): &(Moment, Moment)| matches!((a.of(&m), b.of(&m)), (Some(a), Some(b)) if b < a);
        let touched = Moment::ORDER.into_iter().filter(|(a, b)| moved.contains(a) || moved.contains(b));
        if let Some((a, b)) = touched.into_iter().find(backwards) {
            return refuse(format!("`{}` would come before `{}`", b.name(), a.name()));
        }
        let impact = self.impact.as_ref();
        let (new_bad, new_total) = (bad.or(impact.map(|i| i.bad)), total.or(impact.and_then(|i| i.total)));
        match (new_bad, new_total) {
            (Some(bad), Some(total)) if bad > total => {
                refuse("more events would be bad than there were; correct `bad` and `total` together")
            }
            _ => Ok(()),
        }
    }

    fn since_it_began(&self, at: Ms, done: &str) -> Result<Ms, NotPossible> {
        match self.milestones.impact_start.filter(|start| at < *start) {
            Some(start) => refuse(format!("{} began at {start}; it cannot have {done} at {at}", self.id)),
            None => Ok(at),
        }
    }

    /// Why nothing can be done any more.
    pub(super) fn over(&self) -> String {
        match self.merged_into {
            Some(into) => format!("{} became part of {into}; `incidents split` takes it out again", self.id),
            None => format!("{} is {} already", self.id, self.phase.name()),
        }
    }
}

/// A person's name, cleaned.
pub(super) fn person(by: &str) -> Result<Text, NotPossible> {
    let name = clean_line(by, MOST_NAME);
    if name.is_empty() { refuse("a name is missing: the ledger keeps who did what") } else { Ok(name) }
}

/// Words of a person on one line.
pub(super) fn line(words: &str) -> Text {
    clean_line(words, MOST_WORDS)
}

/// `at`, or now; never later than now.
pub(super) fn past(at: Option<Ms>, now: Ms) -> Result<Ms, NotPossible> {
    let at = at.unwrap_or(now);
    if at > now { refuse(format!("{at} lies in the future")) } else { Ok(at) }
}

fn attached(evidence: &Evidence) -> Result<Fact, NotPossible> {
    let kind = Evidence::KINDS.into_iter().find(|k| **k == *evidence.kind);
    let Some(kind) = kind else {
        return refuse(format!("evidence is one of {}", Evidence::KINDS.join(", ")));
    };
    let (text, url) = (line(&evidence.text), evidence.url.as_ref().map(|url| clean_line(url, MOST_WORDS)));
    let web = |url: &Text| (url.starts_with("https://") || url.starts_with("http://")) && !url.contains(' ');
    if url.as_ref().is_some_and(|url| !web(url)) {
        return refuse("a link begins with http:// or https://; other things are told in words");
    }
    if text.is_empty() && url.is_none() {
        return refuse("evidence needs a link or words");
    }
    Ok(Fact::Evidence(Evidence { kind: kind.into(), text, url }))
}

/// How long an acknowledgement holds off pages of a severity; `None`: for good (SEMANTICS 7).
pub const fn acknowledgement_lasts(severity: Severity) -> Option<Span> {
    match severity {
        Severity::P0 => Some(Span::from_mins(60)),
        Severity::P1 => Some(Span::from_hours(4)),
        Severity::P2 => None,
    }
}

fn note(note: &Note) -> Result<Fact, NotPossible> {
    let text = clean_line(&note.text, MOST_WORDS);
    if text.is_empty() { refuse("a note needs words") } else { Ok(Fact::Note(Note { text, ..note.clone() })) }
}

pub(super) fn refuse<T>(why: impl Into<Text>) -> Result<T, NotPossible> {
    Err(NotPossible(why.into()))
}
