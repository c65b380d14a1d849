//! Forms that several payloads share: onsets, reasons, rules and impact.

use crate::domain::base::{Interval, Ms, SloId, Text};
use crate::domain::incident::{ImpactRecord, Onset, ReasonText, RuleFired};
use crate::wire::exact::{Exact, SeverityText};
use serde::{Deserialize, Serialize};

/// Converts every item.
pub(super) fn of<A, B: From<A>>(list: impl IntoIterator<Item = A>) -> Vec<B> {
    list.into_iter().map(B::from).collect()
}

/// Ids as text.
pub(super) fn texts(slos: &[SloId]) -> Vec<Text> {
    slos.iter().map(|s| s.0.clone()).collect()
}

/// Text as ids.
pub(super) fn slos(texts: Vec<Text>) -> Vec<SloId> {
    texts.into_iter().map(SloId).collect()
}

/// Stored form of a reason.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonForm {
    code: Text,
    value: Exact,
    threshold: Exact,
    text: Text,
}

impl From<&ReasonText> for ReasonForm {
    fn from(r: &ReasonText) -> Self {
        Self { code: r.code.clone(), value: Exact(r.value), threshold: Exact(r.threshold), text: r.text.clone() }
    }
}

impl From<ReasonForm> for ReasonText {
    fn from(r: ReasonForm) -> Self {
        Self { code: r.code, value: r.value.0, threshold: r.threshold.0, text: r.text }
    }
}

/// Stored form of a rule that fired.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleForm {
    slo: Text,
    rule: Text,
    severity: SeverityText,
}

impl From<&RuleFired> for RuleForm {
    fn from(r: &RuleFired) -> Self {
        Self { slo: r.slo.0.clone(), rule: r.rule.clone(), severity: SeverityText(r.severity) }
    }
}

impl From<RuleForm> for RuleFired {
    fn from(r: RuleForm) -> Self {
        Self { slo: SloId(r.slo), rule: r.rule, severity: r.severity.0 }
    }
}

/// Stored form of an onset.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OnsetForm {
    service: Text,
    slos: Vec<Text>,
    severity: Option<SeverityText>,
    rules: Vec<RuleForm>,
    reasons: Vec<ReasonForm>,
    impact_start: i64,
    detected: i64,
    rulebook: Text,
    drill: bool,
}

impl From<&Onset> for OnsetForm {
    fn from(o: &Onset) -> Self {
        Self {
            service: o.service.clone(),
            slos: texts(&o.slos),
            severity: o.severity.map(SeverityText),
            rules: of(&o.rules),
            reasons: of(&o.reasons),
            impact_start: o.impact_start.0,
            detected: o.detected.0,
            rulebook: o.rulebook.clone(),
            drill: o.drill,
        }
    }
}

impl From<OnsetForm> for Onset {
    fn from(o: OnsetForm) -> Self {
        Self {
            service: o.service,
            slos: slos(o.slos),
            severity: o.severity.map(|s| s.0),
            rules: of(o.rules),
            reasons: of(o.reasons),
            impact_start: Ms(o.impact_start),
            detected: Ms(o.detected),
            rulebook: o.rulebook,
            drill: o.drill,
        }
    }
}

/// Stored form of a stretch of time: from (inclusive) and to (exclusive), milliseconds.
type IntervalForm = (i64, i64);

/// Stored form of an impact.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImpactForm {
    bad: Exact,
    total: Option<Exact>,
    bad_low: Exact,
    bad_high: Exact,
    intervals: Vec<IntervalForm>,
    budget_spent: Vec<(Text, Exact)>,
}

impl From<&ImpactRecord> for ImpactForm {
    fn from(i: &ImpactRecord) -> Self {
        Self {
            bad: Exact(i.bad),
            total: i.total.map(Exact),
            bad_low: Exact(i.bad_low),
            bad_high: Exact(i.bad_high),
            intervals: i.intervals.iter().map(|s| (s.from.0, s.to.0)).collect(),
            budget_spent: i.budget_spent.iter().map(|(slo, share)| (slo.0.clone(), Exact(*share))).collect(),
        }
    }
}

impl From<ImpactForm> for ImpactRecord {
    fn from(i: ImpactForm) -> Self {
        let interval = |(from, to)| Interval { from: Ms(from), to: Ms(to) };
        Self {
            bad: i.bad.0,
            total: i.total.map(|t| t.0),
            bad_low: i.bad_low.0,
            bad_high: i.bad_high.0,
            intervals: i.intervals.into_iter().map(interval).collect(),
            budget_spent: i.budget_spent.into_iter().map(|(slo, share)| (SloId(slo), share.0)).collect(),
        }
    }
}
