//! Stored forms of what people change: merging, evidence and corrections.

use super::StoredError;
use super::parts::{ImpactForm, RuleForm, of, slos, texts};
use crate::domain::base::{IncidentId, Ms, Severity, Text};
use crate::domain::cost::Effort;
use crate::domain::incident::{Absorbed, Correction, Evidence, Fact, Moment};
use crate::wire::exact::SeverityText;
use serde::{Deserialize, Serialize};

/// Stored form of what an incident brings into an older one.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AbsorbedForm {
    from: u64,
    services: Vec<(Text, Vec<Text>)>,
    impact_start: Option<i64>,
    detected: Option<i64>,
    severity: Option<SeverityText>,
    rules: Vec<RuleForm>,
    impact: Option<ImpactForm>,
    reason: Text,
}

impl From<&Absorbed> for AbsorbedForm {
    fn from(a: &Absorbed) -> Self {
        Self {
            from: a.from.0,
            services: a.services.iter().map(|(name, slos)| (name.clone(), texts(slos))).collect(),
            impact_start: a.impact_start.map(|at| at.0),
            detected: a.detected.map(|at| at.0),
            severity: a.severity.map(SeverityText),
            rules: of(&a.rules),
            impact: a.impact.as_ref().map(Into::into),
            reason: a.reason.clone(),
        }
    }
}

impl From<AbsorbedForm> for Absorbed {
    fn from(a: AbsorbedForm) -> Self {
        Self {
            from: IncidentId(a.from),
            services: a.services.into_iter().map(|(name, list)| (name, slos(list))).collect(),
            impact_start: a.impact_start.map(Ms),
            detected: a.detected.map(Ms),
            severity: a.severity.map(|s| s.0),
            rules: of(a.rules),
            impact: a.impact.map(Into::into),
            reason: a.reason,
        }
    }
}

/// Stored form of something attached.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EvidenceForm {
    kind: Text,
    text: Text,
    url: Option<Text>,
}

impl From<&Evidence> for EvidenceForm {
    fn from(e: &Evidence) -> Self {
        Self { kind: e.kind.clone(), text: e.text.clone(), url: e.url.clone() }
    }
}

impl From<EvidenceForm> for Evidence {
    fn from(e: EvidenceForm) -> Self {
        Self { kind: e.kind, text: e.text, url: e.url }
    }
}

/// Stored form of a correction. Times are milliseconds, as everywhere in stored entries.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CorrectedForm {
    field: Text,
    value: Option<Text>,
    reason: Text,
}

impl CorrectedForm {
    pub(super) fn new(change: &Correction, reason: &Text) -> Self {
        let value = match change {
            Correction::Moment(_, at) => at.map(|at| at.0.to_string().into()),
            other => other.value(),
        };
        Self { field: change.field().into(), value, reason: reason.clone() }
    }

    pub(super) fn fact(self) -> Result<Fact, StoredError> {
        let change = self.change().ok_or_else(|| {
            StoredError::Damaged(format!(
                "`{}` cannot be corrected to {:?}",
                self.field,
                self.value.as_deref().unwrap_or("nothing")
            ))
        })?;
        Ok(Fact::Corrected { change, reason: self.reason })
    }

    fn change(&self) -> Option<Correction> {
        if let Some(moment) = Moment::ALL.into_iter().find(|m| *m.name() == *self.field) {
            let at = self.value.as_deref().map(|text| text.parse().map(Ms)).transpose().ok()?;
            return Some(Correction::Moment(moment, at));
        }
        let value = self.value.as_deref()?;
        Some(match &*self.field {
            "severity" => Correction::Severity(Severity::parse(value)?),
            "bad" => Correction::Bad(value.parse().ok()?),
            "total" => Correction::Total(value.parse().ok()?),
            "drill" => Correction::Drill(value.parse().ok()?),
            "root_cause" => Correction::RootCause(value.into()),
            "effort" => Correction::Effort(Effort::parse(value)?),
            _ => return None,
        })
    }
}
