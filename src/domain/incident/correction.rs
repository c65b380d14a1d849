//! Corrections: what people may say was otherwise, and what that changes. The raw value stays in the entry that is corrected.
//!
//! A time or figure that was corrected stands against later measurements, until the incident reopens. Deliberately absent:
//! whether a correction makes sense (`decide`).

use super::entry::{Actor, Entry, Fact};
use super::fold::{Incident, Milestones, Phase};
use crate::domain::base::{Ms, Seq, Severity, Text};
use crate::domain::cost::Effort;

/// A moment that can be corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moment {
    /// Start of the first bad bucket.
    ImpactStart,
    /// When it was found.
    Detected,
    /// First human acknowledgement.
    Acknowledged,
    /// When users were served again.
    Mitigated,
    /// End of the last bad bucket.
    ImpactEnd,
    /// The end.
    Resolved,
}

impl Moment {
    /// All of them, in the order in which they usually come.
    pub const ALL: [Self; 6] =
        [Self::ImpactStart, Self::Detected, Self::Acknowledged, Self::Mitigated, Self::ImpactEnd, Self::Resolved];

    /// Pairs of moments of which the second never comes before the first. Detection may come before impact.
    pub const ORDER: [(Self, Self); 6] = [
        (Self::ImpactStart, Self::Mitigated),
        (Self::ImpactStart, Self::ImpactEnd),
        (Self::ImpactStart, Self::Resolved),
        (Self::Detected, Self::Acknowledged),
        (Self::Mitigated, Self::Resolved),
        (Self::ImpactEnd, Self::Resolved),
    ];

    /// The contract's word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ImpactStart => "impact_start",
            Self::Detected => "detected",
            Self::Acknowledged => "acknowledged",
            Self::Mitigated => "mitigated",
            Self::ImpactEnd => "impact_end",
            Self::Resolved => "resolved",
        }
    }

    /// The milestone it is.
    pub const fn of(self, m: &Milestones) -> Option<Ms> {
        match self {
            Self::ImpactStart => m.impact_start,
            Self::Detected => m.detected,
            Self::Acknowledged => m.acknowledged,
            Self::Mitigated => m.mitigated,
            Self::ImpactEnd => m.impact_end,
            Self::Resolved => m.resolved,
        }
    }

    /// Puts the milestone to `at`.
    pub const fn set(self, m: &mut Milestones, at: Option<Ms>) {
        match self {
            Self::ImpactStart => m.impact_start = at,
            Self::Detected => m.detected = at,
            Self::Acknowledged => m.acknowledged = at,
            Self::Mitigated => m.mitigated = at,
            Self::ImpactEnd => m.impact_end = at,
            Self::Resolved => m.resolved = at,
        }
    }
}

/// What is said to be otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// A moment; absent: it is not known, or never came.
    Moment(Moment, Option<Ms>),
    /// The severity. It stands against rules that are no worse than the one it overrules.
    Severity(Severity),
    /// Bad events within the impact.
    Bad(u64),
    /// All events within the impact.
    Total(u64),
    /// Practised, or real.
    Drill(bool),
    /// The class of the root cause.
    RootCause(Text),
    /// How many people worked on it and for how long; stands against what their entries tell, until it reopens.
    Effort(Effort),
}

impl Correction {
    /// The field's name, as in JSON.
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Moment(moment, _) => moment.name(),
            Self::Severity(_) => "severity",
            Self::Bad(_) => "bad",
            Self::Total(_) => "total",
            Self::Drill(_) => "drill",
            Self::RootCause(_) => "root_cause",
            Self::Effort(_) => "effort",
        }
    }

    /// The value as text; times are RFC 3339 UTC; absent when it is said to be unknown.
    pub fn value(&self) -> Option<Text> {
        Some(match self {
            Self::Moment(_, at) => at.as_ref()?.rfc3339().into(),
            Self::Severity(severity) => severity.name().into(),
            Self::Bad(n) | Self::Total(n) => n.to_string().into(),
            Self::Drill(drill) => drill.to_string().into(),
            Self::RootCause(class) => class.clone(),
            Self::Effort(effort) => effort.to_string().into(),
        })
    }

    /// Times, severity and measured figures are facts; changing them needs a reason. Tags, and what only people know, do not.
    pub const fn needs_reason(&self) -> bool {
        !matches!(self, Self::Drill(_) | Self::RootCause(_) | Self::Effort(_))
    }

    /// A new end makes it void: the incident went on.
    const fn ends_with_reopening(&self) -> bool {
        match self {
            Self::Moment(moment, _) => matches!(moment, Moment::Mitigated | Moment::ImpactEnd | Moment::Resolved),
            Self::Bad(_) | Self::Total(_) | Self::Effort(_) => true,
            _ => false,
        }
    }

    /// An entry of this kind said what this corrects.
    fn is_told_by(&self, entry: &Entry) -> bool {
        if let Fact::Corrected { change, .. } = &entry.fact {
            return change.field() == self.field();
        }
        match self {
            Self::Moment(Moment::ImpactStart | Moment::Detected, _) => {
                matches!(entry.fact, Fact::Suspected(_) | Fact::Opened(_) | Fact::Absorbed(_))
            }
            Self::Moment(Moment::Acknowledged, _) => matches!(entry.fact, Fact::Acknowledged),
            Self::Moment(Moment::Mitigated, _) => matches!(entry.fact, Fact::Mitigated { .. }),
            Self::Moment(Moment::ImpactEnd, _) | Self::Bad(_) | Self::Total(_) => {
                let measured = matches!(
                    entry.fact,
                    Fact::Mitigated { impact: Some(_), .. } | Fact::Resolved { impact: Some(_), .. } | Fact::Measured(_)
                );
                measured || matches!(entry.fact, Fact::Absorbed(_))
            }
            Self::Moment(Moment::Resolved, _) => matches!(entry.fact, Fact::Resolved { .. }),
            Self::Severity(_) => {
                matches!(entry.fact, Fact::Opened(_) | Fact::SeverityChanged { .. } | Fact::Reopened { .. } | Fact::Absorbed(_))
            }
            Self::Drill(_) => matches!(entry.fact, Fact::Opened(_) | Fact::Suspected(_)),
            Self::RootCause(_) | Self::Effort(_) => false,
        }
    }
}

/// A correction as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionRecord {
    /// Its entry.
    pub seq: Seq,
    /// When it was made.
    pub at: Ms,
    /// Who made it.
    pub by: Actor,
    /// What it says.
    pub change: Correction,
    /// What was said before, as text; absent when it was unknown.
    pub was: Option<Text>,
    /// Why.
    pub reason: Text,
    /// The entry it corrects.
    pub corrects: Option<Seq>,
}

/// A severity that a person set: it stands against rules up to the worst of it and of what it overruled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// What the person said.
    pub set: Severity,
    /// The worst severity that this is said against.
    pub against: Severity,
}

impl Incident {
    /// The severity that rules of severity `worst` lead to: what a person said, unless the rules found something worse than
    /// the person knew.
    pub fn ruled(&self, worst: Severity) -> Severity {
        match self.ruling {
            Some(ruling) if worst <= ruling.against.max(ruling.set) => ruling.set,
            _ => worst,
        }
    }

    /// The entry that a correction corrects: the last one that told it, or the first of the incident.
    pub fn told_by(&self, change: &Correction) -> Option<Seq> {
        let last = self.entries.iter().rev().find(|e| change.is_told_by(e));
        last.or(self.entries.first()).map(|e| e.seq)
    }

    /// Carries a correction out.
    pub(super) fn correct(&mut self, change: &Correction, reason: &Text, entry: &Entry) -> Result<(), String> {
        if entry.corrects.is_none() {
            return Err("a correction names the entry that it corrects".into());
        }
        self.can_be_corrected(change)?;
        self.corrections.push(CorrectionRecord {
            seq: entry.seq,
            at: entry.at,
            by: entry.actor.clone(),
            was: self.present(change),
            change: change.clone(),
            reason: reason.clone(),
            corrects: entry.corrects,
        });
        match change {
            Correction::Severity(severity) => self.rule(*severity, entry.at),
            Correction::Drill(drill) => self.drill = *drill,
            Correction::RootCause(class) => self.root_cause = Some(class.clone()),
            _ => {
                self.pinned.retain(|p| p.field() != change.field());
                self.pinned.push(change.clone());
            }
        }
        self.hold_corrections();
        Ok(())
    }

    /// What the state allows: an end only where one is, a severity only where one is.
    pub(super) fn can_be_corrected(&self, change: &Correction) -> Result<(), String> {
        let ended = matches!(self.phase, Phase::Resolved | Phase::Closed);
        match change {
            Correction::Moment(Moment::Resolved, at) if at.is_none() || self.milestones.resolved.is_none() => {
                Err(format!("an incident that is {} has no other end; resolve or reopen it", self.phase.name()))
            }
            Correction::Moment(Moment::Mitigated, at) if !ended && (at.is_none() || self.milestones.mitigated.is_none()) => {
                Err(format!("an incident that is {} has no such moment to correct; mitigate or reopen it", self.phase.name()))
            }
            Correction::Moment(Moment::ImpactStart | Moment::Detected, None) => {
                Err("an incident has a beginning; say when it was".into())
            }
            Correction::Severity(_) | Correction::Moment(Moment::Detected, _) if self.severity.is_none() => {
                Err("it was only suspected, nothing fired".into())
            }
            Correction::Bad(_) | Correction::Total(_) if self.phase.is_live() => {
                Err("its impact is still being counted; correct it when it has ended".into())
            }
            _ => Ok(()),
        }
    }

    /// What is said now of the field that a correction is about.
    fn present(&self, change: &Correction) -> Option<Text> {
        let impact = self.impact.as_ref();
        match change {
            Correction::Moment(moment, _) => moment.of(&self.milestones).map(|at| at.rfc3339().into()),
            Correction::Severity(_) => self.severity.map(|s| s.name().into()),
            Correction::Bad(_) => impact.map(|i| i.bad.to_string().into()),
            Correction::Total(_) => impact.and_then(|i| i.total).map(|n| n.to_string().into()),
            Correction::Drill(_) => Some(self.drill.to_string().into()),
            Correction::RootCause(_) => self.root_cause.clone(),
            Correction::Effort(_) => self.effort().map(|e| e.to_string().into()),
        }
    }

    /// How many people worked on it and for how long, as a person said; absent where only the entries tell.
    pub fn effort(&self) -> Option<Effort> {
        self.pinned.iter().find_map(|change| match change {
            Correction::Effort(effort) => Some(*effort),
            _ => None,
        })
    }

    /// The entry that said so, and who.
    pub fn effort_told(&self) -> Option<(Seq, &Actor)> {
        let told = self.corrections.iter().rev().find(|c| matches!(c.change, Correction::Effort(_)))?;
        Some((told.seq, &told.by))
    }

    /// A person's severity is the incident's, and the worst it had: what was said before was wrong.
    fn rule(&mut self, severity: Severity, at: Ms) {
        let against = self.severity.unwrap_or(severity);
        let against = self.ruling.map_or(against, |r| against.max(r.against));
        self.ruling = Some(Ruling { set: severity, against });
        if self.severity != Some(severity) {
            self.severity_history.push((at, severity));
        }
        (self.severity, self.peak_severity) = (Some(severity), Some(severity));
    }

    /// Puts corrected times and figures back where a later entry measured otherwise.
    pub(super) fn hold_corrections(&mut self) {
        for change in &self.pinned {
            match change {
                Correction::Moment(moment, at) => moment.set(&mut self.milestones, *at),
                Correction::Bad(n) => {
                    let impact = self.impact.get_or_insert_default();
                    (impact.bad, impact.bad_low, impact.bad_high) = (*n as f64, *n as f64, *n as f64);
                }
                Correction::Total(n) => self.impact.get_or_insert_default().total = Some(*n as f64),
                _ => {}
            }
        }
    }

    /// The incident goes on: what was said of its end is void.
    pub(super) fn release_corrections(&mut self) {
        self.pinned.retain(|change| !change.ends_with_reopening());
    }
}
