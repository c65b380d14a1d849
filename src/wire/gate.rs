//! The answers of `gate` as JSON.
//!
//! Deliberately absent: the comparison of `gate --change`, which is that of `backtest --what-if`.

use super::number::Number;
use super::status::{Latency, latency};
use crate::domain::base::{Labels, Ms};
use crate::domain::review::gate::{Finding, Looked, Trial};
use serde::Serialize;
use std::collections::BTreeMap;

/// May one deploy?
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct GateJson {
    pub answer: &'static str,
    pub at: Option<String>,
    pub min_budget: Number,
    pub no_open: Vec<&'static str>,
    /// False when no ledger was looked at: open incidents are unknown then.
    pub ledger_read: bool,
    pub budgets: Vec<BudgetFinding>,
    pub incidents: Vec<IncidentFinding>,
    pub reasons: Vec<String>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct BudgetFinding {
    pub id: String,
    pub group: BTreeMap<String, String>,
    pub answer: &'static str,
    pub state: &'static str,
    pub budget_left: Option<Number>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct IncidentFinding {
    pub id: u64,
    pub service: String,
    pub severity: &'static str,
    pub state: &'static str,
}

/// Did a test hold its objectives?
#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct TrialsJson {
    pub answer: &'static str,
    pub from: String,
    pub to: String,
    pub slos: Vec<TrialJson>,
    pub reasons: Vec<String>,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct TrialJson {
    pub id: String,
    pub group: BTreeMap<String, String>,
    pub answer: &'static str,
    pub bad: Number,
    pub total: Option<Number>,
    pub error_ratio: Option<Number>,
    pub allowed_ratio: Option<Number>,
    pub budget_spent: Option<Number>,
    pub latency: Option<Latency>,
    pub under_seconds: Option<Number>,
    pub breaches: Vec<BreachJson>,
    pub coverage: Number,
}

#[derive(Debug, Serialize)]
#[expect(missing_docs, reason = "field by field the documented contract")]
pub struct BreachJson {
    pub severity: &'static str,
    pub rule: String,
    pub at: String,
}

/// Budgets among the findings.
pub fn budgets(findings: &[Finding]) -> Vec<BudgetFinding> {
    let budget = |finding: &Finding| match &finding.what {
        Looked::Budget { slo, group, left, state } => Some(BudgetFinding {
            id: slo.to_string(),
            group: labels(group),
            answer: finding.answer.name(),
            state: state.name(),
            budget_left: left.map(Number),
        }),
        Looked::Incident { .. } => None,
    };
    findings.iter().filter_map(budget).collect()
}

/// Incidents among the findings.
pub fn incidents(findings: &[Finding]) -> Vec<IncidentFinding> {
    let incident = |finding: &Finding| match &finding.what {
        Looked::Incident { id, severity, service, phase } => {
            Some(IncidentFinding { id: id.0, service: service.to_string(), severity: severity.name(), state: phase.name() })
        }
        Looked::Budget { .. } => None,
    };
    findings.iter().filter_map(incident).collect()
}

/// One track of a test.
pub fn trial(trial: &Trial) -> TrialJson {
    let breach = |(severity, rule, at): &(crate::domain::base::Severity, crate::domain::base::Text, Ms)| BreachJson {
        severity: severity.name(),
        rule: rule.to_string(),
        at: at.rfc3339(),
    };
    TrialJson {
        id: trial.slo.to_string(),
        group: labels(&trial.group),
        answer: trial.answer.name(),
        bad: Number(trial.bad),
        total: trial.total.map(Number),
        error_ratio: trial.error_ratio.map(Number),
        allowed_ratio: trial.allowed_ratio.map(Number),
        budget_spent: trial.spent.map(Number),
        latency: trial.latency.as_ref().map(latency),
        under_seconds: trial.under_seconds.map(Number),
        breaches: trial.breaches.iter().map(breach).collect(),
        coverage: Number(trial.coverage),
    }
}

fn labels(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
}
