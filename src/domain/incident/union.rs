//! Incidents that become one, and one that becomes two: what each side of it changes.
//!
//! Deliberately absent: when that should happen (`order` for people, the engine's rules for `depends_on`).

use super::entry::{Absorbed, Fact, ImpactRecord, RuleFired};
use super::fold::{Incident, Phase};
use crate::domain::base::{IncidentId, Interval, Ms, SloId, Text};

impl Incident {
    /// What this incident brings into an older one.
    pub fn as_absorbed(&self, reason: Text) -> Absorbed {
        let mut rules: Vec<RuleFired> = Vec::new();
        for rule in self.fired().filter(|r| self.has_slo(&r.slo)) {
            if !rules.contains(rule) {
                rules.push(rule.clone());
            }
        }
        Absorbed {
            from: self.id,
            services: self.services.clone(),
            impact_start: self.milestones.impact_start,
            detected: self.milestones.detected,
            severity: self.severity,
            rules,
            impact: self.impact.clone().filter(|_| !self.phase.is_live()),
            reason,
        }
    }

    /// Every rule that the incident's entries name, in their order.
    pub fn fired(&self) -> impl Iterator<Item = &RuleFired> {
        self.entries.iter().flat_map(|e| match &e.fact {
            Fact::Opened(onset) => onset.rules.as_slice(),
            Fact::Joined { rules, .. } | Fact::Reopened { rules, .. } | Fact::SeverityChanged { rules, .. } => rules.as_slice(),
            Fact::Absorbed(other) => other.rules.as_slice(),
            _ => &[],
        })
    }

    /// True of SLOs that are part of the incident.
    pub fn has_slo(&self, slo: &SloId) -> bool {
        self.services.iter().any(|(_, slos)| slos.contains(slo))
    }

    /// The service that seems to be the cause: the one that was named, or the only one.
    pub fn suspect(&self) -> Option<&Text> {
        let known = |name: &&Text| self.services.iter().any(|(service, _)| service == *name);
        match self.services.as_slice() {
            [(only, _)] => Some(only),
            _ => self.named_suspect.as_ref().filter(known),
        }
    }

    /// Whoever joins may have been in trouble first.
    pub(super) fn begin_earlier(&mut self, start: Option<Ms>) {
        self.milestones.impact_start = earliest(self.milestones.impact_start, start);
    }

    pub(super) fn absorb(&mut self, other: &Absorbed, at: Ms) -> Result<(), String> {
        self.must(self.merged_into.is_none() && self.phase != Phase::Suspected, "take another one in")?;
        self.absorbed.push(other.from);
        for (service, slos) in &other.services {
            self.join(service, slos);
        }
        self.begin_earlier(other.impact_start);
        self.milestones.detected = earliest(self.milestones.detected, other.detected);
        for rule in &other.rules {
            if !self.rules.contains(rule) {
                self.rules.push(rule.clone());
            }
        }
        if let Some(severity) = other.severity.filter(|s| Some(*s) > self.severity) {
            let ruled = self.ruled(severity);
            self.set_severity(ruled, at);
        }
        if let Some(impact) = other.impact.as_ref().filter(|_| !self.phase.is_live()) {
            let sum = self.impact.take().map_or_else(|| impact.clone(), |own| both(&own, impact));
            self.measure(&sum);
        }
        Ok(())
    }

    pub(super) fn merge_away(&mut self, into: IncidentId, at: Ms) -> Result<(), String> {
        self.must(self.merged_into.is_none() && self.phase != Phase::Suspected && into != self.id, "become part of another one")?;
        self.must(!(self.phase == Phase::Closed && self.severity.is_none()), "become part of another one")?;
        self.phase = Phase::Closed;
        self.merged_into = Some(into);
        self.milestones.closed = Some(at);
        self.no_data_since = None;
        Ok(())
    }

    pub(super) fn split_off(&mut self, into: IncidentId, services: &[Text]) -> Result<(), String> {
        let stays = |name: &Text| !services.contains(name);
        self.must(self.merged_into.is_none() && self.services.iter().any(|(name, _)| stays(name)), "lose all of its services")?;
        self.services.retain(|(name, _)| stays(name));
        if let Some((first, _)) = self.services.first().filter(|_| !stays(&self.service)) {
            self.service = first.clone();
        }
        self.named_suspect = self.named_suspect.take().filter(stays);
        self.apart_from.push(into);
        Ok(())
    }
}

fn earliest(a: Option<Ms>, b: Option<Ms>) -> Option<Ms> {
    [a, b].into_iter().flatten().min()
}

/// Two impacts of different services, or of different times, as one.
fn both(own: &ImpactRecord, other: &ImpactRecord) -> ImpactRecord {
    let total = match (own.total, other.total) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    };
    ImpactRecord {
        bad: own.bad + other.bad,
        total,
        bad_low: own.bad_low + other.bad_low,
        bad_high: own.bad_high + other.bad_high,
        intervals: Interval::union(own.intervals.iter().chain(&other.intervals).copied()),
        budget_spent: own.budget_spent.iter().chain(&other.budget_spent).cloned().collect(),
    }
}
