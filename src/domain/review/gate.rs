//! The gate: may one deploy now, and did a load test hold its objectives?
//!
//! A gate answers from budgets (as of a whole period with traffic as it has been, so that one failure at the start of one
//! shuts nothing) and from incidents. What it cannot know it says, and never takes for good. Deliberately absent: where
//! verdicts and incidents come from.

use super::TrackPast;
use crate::domain::base::{IncidentId, Labels, Ms, Severity, SloId, Span, Text};
use crate::domain::incident::{Incident, Phase};
use crate::domain::judge::{BudgetStatus, LatencyStatus, TrackState, Verdict};
use crate::domain::objective::{Mode, Slo};

/// Share of a budget that a gate wants left where nobody says otherwise.
pub const LEAST_BUDGET: f64 = 0.1;

/// What a gate asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct GateRules {
    /// Least share of each budget that must be left; 0.1 is 10 %.
    pub min_budget: f64,
    /// Severities of which no incident may be open.
    pub no_open: Vec<Severity>,
    /// Missing data for so long make an answer impossible.
    pub blind_after: Span,
}

/// What a gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// Nothing stands against it.
    Open,
    /// Something cannot be known.
    Unknown,
    /// Something stands against it.
    Shut,
}

impl Answer {
    /// The word in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Unknown => "unknown",
            Self::Shut => "shut",
        }
    }
}

/// One thing that a gate looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What follows from it alone.
    pub answer: Answer,
    /// What it is.
    pub what: Looked,
}

/// What a gate looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum Looked {
    /// A budget: the share left of a whole period's; absent when unknown, with why.
    Budget {
        /// The SLO.
        slo: SloId,
        /// The group.
        group: Labels,
        /// Share left.
        left: Option<f64>,
        /// The SLO's state, and since when.
        state: TrackState,
    },
    /// An incident that is open.
    Incident {
        /// Its number.
        id: IncidentId,
        /// Its severity now.
        severity: Severity,
        /// Its service.
        service: Text,
        /// Where it stands.
        phase: Phase,
    },
}

/// What a track's budget says.
pub fn of_budget(slo: &Slo, verdict: Option<&Verdict>, rules: &GateRules) -> Option<Finding> {
    if slo.mode == Mode::Observe {
        return None;
    }
    let unread = Verdict::default();
    let verdict = verdict.unwrap_or(&unread);
    let left = budget_left(&verdict.budget);
    let blind = matches!(verdict.state, TrackState::NoData | TrackState::DataError)
        && verdict.state_since.is_none_or(|since| verdict.at.since(since) >= rules.blind_after);
    // Floats: 0.9 spent of 1 leaves a little less than 0.1.
    let short = left.is_some_and(|left| left < rules.min_budget - 1e-9);
    let answer = match left {
        _ if short => Answer::Shut,
        Some(_) if !blind => Answer::Open,
        // Samples came all the time and nothing ever happened: nothing was spent.
        None if !blind && verdict.budget.total == Some(0.0) && verdict.budget.coverage > 0.0 => Answer::Open,
        _ => Answer::Unknown,
    };
    let what = Looked::Budget { slo: slo.id.clone(), group: verdict.group.clone(), left, state: verdict.state };
    Some(Finding { answer, what })
}

/// The share left of a whole period's budget.
fn budget_left(budget: &BudgetStatus) -> Option<f64> {
    budget.consumed_expected.map(|spent| 1.0 - spent)
}

/// What an incident says; nothing when it is over, a drill, or none that the gate asks for.
pub fn of_incident(incident: &Incident, rules: &GateRules) -> Option<Finding> {
    let severity = incident.severity.filter(|severity| rules.no_open.contains(severity))?;
    let open = incident.phase.is_live() && incident.phase != Phase::Suspected && !incident.drill;
    let what = Looked::Incident { id: incident.id, severity, service: incident.service.clone(), phase: incident.phase };
    open.then_some(Finding { answer: Answer::Shut, what })
}

/// The gate's answer: shut when anything shuts it, else unknown when anything is, else open. Nothing looked at is unknown.
pub fn answer(findings: &[Finding]) -> Answer {
    findings.iter().map(|f| f.answer).max().unwrap_or(Answer::Unknown)
}

/// How one track did in a load test.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The SLO.
    pub slo: SloId,
    /// The group.
    pub group: Labels,
    /// Held, missed, or nobody knows.
    pub answer: Answer,
    /// Bad events in the test.
    pub bad: f64,
    /// All events in it; absent for occurrences.
    pub total: Option<f64>,
    /// bad / total; absent without events.
    pub error_ratio: Option<f64>,
    /// The ratio that the target allows; for occurrences absent.
    pub allowed_ratio: Option<f64>,
    /// Share of the whole period's budget that the test spent.
    pub spent: Option<f64>,
    /// Latency over the test, and the SLO's own threshold in seconds.
    pub latency: Option<LatencyStatus>,
    /// The SLO's threshold, seconds.
    pub under_seconds: Option<f64>,
    /// Rules that fired in it: severity, name, first instant.
    pub breaches: Vec<(Severity, Text, Ms)>,
    /// Share of the test that was observed.
    pub coverage: f64,
}

/// Judges a test by the same SLO that pages: held when the error ratio is within the target, and nothing fired that pages.
pub fn of_test(past: &TrackPast, name: impl Fn(&Slo, crate::domain::judge::RuleRef) -> String) -> Trial {
    let (slo, over) = (&*past.slo, past.over.unwrap_or_default());
    let has_total = past.budget.total.is_some();
    let error_ratio = if has_total { over.ratio() } else { None };
    let allowed_ratio = slo.target.map(|target| target.budget());
    let pages = past.firings.iter().any(|f| f.severity.pages());
    let missed = error_ratio.zip(allowed_ratio).is_some_and(|(ratio, allowed)| ratio > allowed);
    let known = if has_total { error_ratio.is_some() } else { over.observed > 0 };
    let answer = match (pages || missed, known) {
        (true, _) => Answer::Shut,
        (false, true) => Answer::Open,
        (false, false) => Answer::Unknown,
    };
    let expected = past.budget.consumed_expected.filter(|_| past.budget.bad > 0.0).map(|spent| spent / past.budget.bad);
    let under_seconds = match &slo.sli {
        crate::domain::objective::Sli::Latency { under_seconds, .. } => rust_decimal::prelude::ToPrimitive::to_f64(under_seconds),
        _ => None,
    };
    Trial {
        slo: slo.id.clone(),
        group: past.group.clone(),
        answer,
        bad: over.bad,
        total: has_total.then_some(over.total),
        error_ratio,
        allowed_ratio,
        spent: if over.bad > 0.0 { expected.map(|each| each * over.bad) } else { known.then_some(0.0) },
        latency: past.latency,
        under_seconds,
        breaches: past.firings.iter().map(|f| (f.severity, name(slo, f.rule).into(), f.from)).collect(),
        coverage: over.coverage(),
    }
}

#[cfg(test)]
mod tests;
