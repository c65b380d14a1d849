//! Payloads of facts, version 1, each kind with a form of its own.

use super::change::{AbsorbedForm, CorrectedForm, EvidenceForm};
use super::cost::{CostForm, SheetForm};
use super::parts::{ImpactForm, OnsetForm, ReasonForm, RuleForm, of, slos, texts};
use super::{StoredError, notice};
use crate::domain::base::{IncidentId, Ms, Text};
use crate::domain::incident::{Fact, IncidentRef, Note, Outcome};
use crate::wire::exact::SeverityText;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Joined {
    service: Text,
    slos: Vec<Text>,
    #[serde(default)]
    impact_start: Option<i64>,
    #[serde(default)]
    rules: Vec<RuleForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeverityChanged {
    from: SeverityText,
    to: SeverityText,
    rules: Vec<RuleForm>,
    reasons: Vec<ReasonForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mitigated {
    #[serde(default)]
    reason: Text,
    impact: Option<ImpactForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Resolved {
    reason: Text,
    impact: Option<ImpactForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reopened {
    impact_start: i64,
    rules: Vec<RuleForm>,
    reasons: Vec<ReasonForm>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Closed {
    not_paged: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Merged {
    into: u64,
    reason: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SplitOff {
    into: u64,
    services: Vec<Text>,
    reason: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SplitFrom {
    from: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SuspectNamed {
    service: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoData {
    since: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteForm {
    text: Text,
    #[serde(default, skip_serializing_if = "is_false")]
    action_item: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    customer_visible: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references over")]
const fn is_false(value: &bool) -> bool {
    !*value
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Paged {
    receiver: Text,
    kind: Text,
    severity: SeverityText,
    created: i64,
    attempts: u32,
    outcome: OutcomeForm,
    detail: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeForm {
    Delivered,
    Failed,
    Dropped,
}

/// The payload of a fact.
pub(super) fn payload(fact: &Fact) -> Result<Box<RawValue>, StoredError> {
    let raw = match fact {
        Fact::Suspected(onset) | Fact::Opened(onset) => to_raw_value(&OnsetForm::from(onset)),
        Fact::Joined { service, slos, impact_start, rules } => to_raw_value(&Joined {
            service: service.clone(),
            slos: texts(slos),
            impact_start: impact_start.map(|at| at.0),
            rules: of(rules),
        }),
        Fact::SeverityChanged { from, to, rules, reasons } => to_raw_value(&SeverityChanged {
            from: SeverityText(*from),
            to: SeverityText(*to),
            rules: of(rules),
            reasons: of(reasons),
        }),
        Fact::Acknowledged | Fact::Unacknowledged | Fact::DataBack => to_raw_value(&Nothing {}),
        Fact::Mitigated { reason, impact } => {
            to_raw_value(&Mitigated { reason: reason.clone(), impact: impact.as_ref().map(Into::into) })
        }
        Fact::Resolved { reason, impact } => {
            to_raw_value(&Resolved { reason: reason.clone(), impact: impact.as_ref().map(Into::into) })
        }
        Fact::Reopened { impact_start, rules, reasons } => {
            to_raw_value(&Reopened { impact_start: impact_start.0, rules: of(rules), reasons: of(reasons) })
        }
        Fact::Closed { not_paged } => to_raw_value(&Closed { not_paged: *not_paged }),
        Fact::NoData { since } => to_raw_value(&NoData { since: since.0 }),
        Fact::Note(Note { text, action_item, customer_visible }) => {
            let (text, action_item, customer_visible) = (text.clone(), *action_item, *customer_visible);
            to_raw_value(&NoteForm { text, action_item, customer_visible })
        }
        Fact::Paged { .. } => to_raw_value(&paged(fact)),
        Fact::Measured(impact) => to_raw_value(&ImpactForm::from(impact)),
        Fact::Notice(notice) => notice::payload(notice),
        Fact::Held(held) => to_raw_value(&notice::HeldForm::from(held)),
        Fact::Alerted(alert) => to_raw_value(&notice::AlertForm::from(alert)),
        Fact::Costed(sheet) => to_raw_value(&CostForm::from(sheet)),
        Fact::Absorbed(other) => to_raw_value(&AbsorbedForm::from(other)),
        Fact::Merged { into, reason } => to_raw_value(&Merged { into: into.0, reason: reason.clone() }),
        Fact::SplitOff { into: IncidentRef::Known(into), services, reason } => {
            to_raw_value(&SplitOff { into: into.0, services: services.clone(), reason: reason.clone() })
        }
        Fact::SplitOff { .. } => return Err(StoredError::Damaged("the incident that was split off has no number".into())),
        Fact::SplitFrom { from } => to_raw_value(&SplitFrom { from: from.0 }),
        Fact::SuspectNamed { service } => to_raw_value(&SuspectNamed { service: service.clone() }),
        Fact::Evidence(evidence) => to_raw_value(&EvidenceForm::from(evidence)),
        Fact::Corrected { change, reason } => to_raw_value(&CorrectedForm::new(change, reason)),
    };
    Ok(raw?)
}

fn paged(fact: &Fact) -> Option<Paged> {
    let Fact::Paged { receiver, kind, severity, created, attempts, outcome, detail } = fact else { return None };
    let outcome = match outcome {
        Outcome::Delivered => OutcomeForm::Delivered,
        Outcome::Failed => OutcomeForm::Failed,
        Outcome::Dropped => OutcomeForm::Dropped,
    };
    Some(Paged {
        receiver: receiver.clone(),
        kind: kind.clone(),
        severity: SeverityText(*severity),
        created: created.0,
        attempts: *attempts,
        outcome,
        detail: detail.clone(),
    })
}

/// The fact of a payload. Later versions of a kind get an arm of their own here.
pub(super) fn read(kind: &str, version: i64, payload: &RawValue) -> Result<Fact, StoredError> {
    let json = payload.get();
    Ok(match kind {
        "suspected" => Fact::Suspected(parse::<OnsetForm>(json)?.into()),
        "opened" => Fact::Opened(parse::<OnsetForm>(json)?.into()),
        "joined" => parse::<Joined>(json)?.into(),
        "severity_changed" => parse::<SeverityChanged>(json)?.into(),
        "acknowledged" => parse::<Nothing>(json).map(|_| Fact::Acknowledged)?,
        "unacknowledged" => parse::<Nothing>(json).map(|_| Fact::Unacknowledged)?,
        "mitigated" => {
            parse::<Mitigated>(json).map(|f| Fact::Mitigated { reason: f.reason, impact: f.impact.map(Into::into) })?
        }
        "resolved" => parse::<Resolved>(json).map(|f| Fact::Resolved { reason: f.reason, impact: f.impact.map(Into::into) })?,
        "reopened" => parse::<Reopened>(json)?.into(),
        "closed" => parse::<Closed>(json).map(|f| Fact::Closed { not_paged: f.not_paged })?,
        "no_data" => parse::<NoData>(json).map(|f| Fact::NoData { since: Ms(f.since) })?,
        "data_back" => parse::<Nothing>(json).map(|_| Fact::DataBack)?,
        "note" => parse::<NoteForm>(json)?.into(),
        "paged" => parse::<Paged>(json)?.into(),
        "measured" => Fact::Measured(parse::<ImpactForm>(json)?.into()),
        "silenced" | "silence_ended" | "changed" => Fact::Notice(notice::read(kind, json)?),
        "held" => Fact::Held(parse::<notice::HeldForm>(json)?.into()),
        "alerted" => Fact::Alerted(parse::<notice::AlertForm>(json)?.into()),
        "costed" if version == 1 => Fact::Costed(parse::<SheetForm>(json)?.into()),
        "costed" => Fact::Costed(parse::<CostForm>(json)?.try_into().map_err(StoredError::Damaged)?),
        "absorbed" => Fact::Absorbed(parse::<AbsorbedForm>(json)?.into()),
        "merged" => parse::<Merged>(json).map(|f| Fact::Merged { into: IncidentId(f.into), reason: f.reason })?,
        "split_off" => parse::<SplitOff>(json)?.into(),
        "split_from" => parse::<SplitFrom>(json).map(|f| Fact::SplitFrom { from: IncidentId(f.from) })?,
        "suspect_named" => parse::<SuspectNamed>(json).map(|f| Fact::SuspectNamed { service: f.service })?,
        "evidence" => Fact::Evidence(parse::<EvidenceForm>(json)?.into()),
        "corrected" => parse::<CorrectedForm>(json)?.fact()?,
        _ => return Err(StoredError::Newer { kind: kind.to_owned(), version }),
    })
}

fn parse<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, StoredError> {
    Ok(serde_json::from_str(json)?)
}

impl From<Joined> for Fact {
    fn from(f: Joined) -> Self {
        Self::Joined { service: f.service, slos: slos(f.slos), impact_start: f.impact_start.map(Ms), rules: of(f.rules) }
    }
}

impl From<NoteForm> for Fact {
    fn from(f: NoteForm) -> Self {
        Self::Note(Note { text: f.text, action_item: f.action_item, customer_visible: f.customer_visible })
    }
}

impl From<SplitOff> for Fact {
    fn from(f: SplitOff) -> Self {
        Self::SplitOff { into: IncidentRef::Known(IncidentId(f.into)), services: f.services, reason: f.reason }
    }
}

impl From<SeverityChanged> for Fact {
    fn from(f: SeverityChanged) -> Self {
        Self::SeverityChanged { from: f.from.0, to: f.to.0, rules: of(f.rules), reasons: of(f.reasons) }
    }
}

impl From<Reopened> for Fact {
    fn from(f: Reopened) -> Self {
        Self::Reopened { impact_start: Ms(f.impact_start), rules: of(f.rules), reasons: of(f.reasons) }
    }
}

impl From<Paged> for Fact {
    fn from(f: Paged) -> Self {
        let outcome = match f.outcome {
            OutcomeForm::Delivered => Outcome::Delivered,
            OutcomeForm::Failed => Outcome::Failed,
            OutcomeForm::Dropped => Outcome::Dropped,
        };
        Self::Paged {
            receiver: f.receiver,
            kind: f.kind,
            severity: f.severity.0,
            created: Ms(f.created),
            attempts: f.attempts,
            outcome,
            detail: f.detail,
        }
    }
}
