//! One incident as statistics see it: its moments, where it belongs and what it cost. Made from the ledger's incidents or read
//! from files of other tools.
//!
//! Deliberately absent: reading files (`formats/records`).

use crate::domain::base::{Money, Ms, Text};
use crate::domain::incident::Incident;
use crate::domain::review::ClockKind;

/// The moments of SEMANTICS 7 that clocks need; unknown stays unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Start of impact.
    pub impact_start: Option<Ms>,
    /// Detection.
    pub detected: Option<Ms>,
    /// First page.
    pub paged: Option<Ms>,
    /// First acknowledgement by a person.
    pub acknowledged: Option<Ms>,
    /// Users served again.
    pub mitigated: Option<Ms>,
    /// Ended.
    pub resolved: Option<Ms>,
}

/// What an incident cost, as recorded last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedCost {
    /// The total.
    pub total: Money,
    /// Nothing that applies is missing.
    pub complete: bool,
}

/// One incident.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Its name in the ledger or the other tool.
    pub id: Text,
    /// A title, when the other tool has one.
    pub title: Option<Text>,
    /// The service.
    pub service: Text,
    /// The SLO that it began with; absent when nobody says.
    pub slo: Option<Text>,
    /// The team that owns the service; absent when nobody says.
    pub team: Option<Text>,
    /// Highest severity, in the words of its source.
    pub severity: Option<Text>,
    /// The root cause's kind.
    pub root_cause: Option<Text>,
    /// Practised, not real.
    pub drill: bool,
    /// Went into another incident.
    pub merged: bool,
    /// Its moments.
    pub times: Times,
    /// The source does not say whether anyone acknowledged, so silence means nothing.
    pub acknowledgement_untold: bool,
    /// A postmortem was written; absent when nobody says.
    pub postmortem: Option<bool>,
    /// What it cost; absent when nobody says.
    pub cost: Option<RecordedCost>,
}

/// A clock of one incident, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Timed {
    /// It ran that long.
    Known(f64),
    /// It ran at least that long and was not seen to end.
    Censored(f64),
    /// An end of it is not known, or runs backwards.
    Unknown,
}

/// Two moments in the wrong order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backwards {
    /// Name of the moment that should come first.
    pub first: &'static str,
    /// When it was.
    pub first_at: Ms,
    /// Name of the moment that should follow.
    pub then: &'static str,
    /// When it was.
    pub then_at: Ms,
}

impl Record {
    /// An incident of the ledger. `None` for one that was only suspected: nobody was paged, so no clock ran.
    pub fn of(incident: &Incident) -> Option<Self> {
        let m = &incident.milestones;
        m.detected?;
        let cost = incident
            .cost
            .as_ref()
            .and_then(|sheet| Some(RecordedCost { total: Money::new(sheet.total?, sheet.currency), complete: sheet.complete }));
        Some(Self {
            id: incident.id.to_string().into(),
            service: incident.service.clone(),
            slo: incident.services.iter().find_map(|(_, slos)| Some(slos.first()?.to_string().into())),
            severity: incident.peak_severity.map(|s| s.name().into()),
            root_cause: incident.root_cause.clone(),
            drill: incident.drill,
            merged: incident.merged_into.is_some(),
            times: Times {
                impact_start: m.impact_start,
                detected: m.detected,
                paged: m.paged,
                acknowledged: m.acknowledged,
                mitigated: m.mitigated,
                resolved: m.resolved,
            },
            postmortem: m.resolved.map(|_| m.closed.is_some()),
            cost,
            ..Self::default()
        })
    }

    /// The moment that places it in time: detection, else the first page, else the start of impact.
    pub fn placed(&self) -> Option<Ms> {
        self.times.detected.or(self.times.paged).or(self.times.impact_start)
    }

    /// What was known at `to`: later moments have not happened.
    #[must_use]
    pub fn as_of(&self, to: Ms) -> Self {
        let mut seen = self.clone();
        let t = &mut seen.times;
        for moment in [&mut t.paged, &mut t.acknowledged, &mut t.mitigated, &mut t.resolved] {
            *moment = moment.filter(|at| *at <= to);
        }
        seen
    }

    /// Found before users were hurt; absent while either moment is unknown.
    pub fn proactive(&self) -> Option<bool> {
        Some(self.times.detected? < self.times.impact_start?)
    }

    /// A clock, for a look at `to`. An end that lies before its start is unknown, never 0: [`Self::backwards`] lists it. Only
    /// detection may come before impact: it counts as 0 and proactive.
    pub fn clock(&self, kind: ClockKind, to: Ms) -> Timed {
        let t = &self.times;
        match kind {
            ClockKind::Detect => match (t.impact_start, t.detected) {
                (Some(start), Some(detected)) => Timed::Known(seconds(start, detected).max(0.0)),
                _ => Timed::Unknown,
            },
            ClockKind::Acknowledge if self.acknowledgement_untold => Timed::Unknown,
            // Whoever was never acknowledged waited until the end, at least.
            ClockKind::Acknowledge => run(t.paged.or(t.detected), t.acknowledged, Some(t.resolved.unwrap_or(to))),
            // Resolved without a word on mitigation: it ended some time before, which is no lower bound.
            ClockKind::Mitigate => run(t.impact_start, t.mitigated, t.resolved.is_none().then_some(to)),
            ClockKind::Resolve => run(t.impact_start, t.resolved, Some(to)),
        }
    }

    /// Moments in the wrong order.
    pub fn backwards(&self) -> Vec<Backwards> {
        let t = &self.times;
        let paged = t.paged.map_or(("detected", t.detected), |at| ("paged", Some(at)));
        let pairs = [
            (("detected", t.detected), ("paged", t.paged)),
            (paged, ("acknowledged", t.acknowledged)),
            (("impact_start", t.impact_start), ("mitigated", t.mitigated)),
            (("impact_start", t.impact_start), ("resolved", t.resolved)),
            (("detected", t.detected), ("resolved", t.resolved)),
            (("mitigated", t.mitigated), ("resolved", t.resolved)),
        ];
        let wrong = pairs.into_iter().filter_map(|((first, a), (then, b))| {
            let (first_at, then_at) = (a?, b?);
            (then_at < first_at).then_some(Backwards { first, first_at, then, then_at })
        });
        wrong.collect()
    }
}

/// From a start to its end, or to where it was last seen running.
fn run(start: Option<Ms>, end: Option<Ms>, seen_until: Option<Ms>) -> Timed {
    let known = |at: Option<Ms>| Some(seconds(start?, at?)).filter(|s| *s >= 0.0);
    match end {
        Some(_) => known(end).map_or(Timed::Unknown, Timed::Known),
        None => known(seen_until).map_or(Timed::Unknown, Timed::Censored),
    }
}

fn seconds(from: Ms, to: Ms) -> f64 {
    to.0.saturating_sub(from.0) as f64 / 1000.0
}
