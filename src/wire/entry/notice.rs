//! Payloads of facts about the ledger at large, of held pages and of other tools' alerts, version 1.

use super::StoredError;
use crate::domain::base::{Ms, Seq, Text};
use crate::domain::incident::{Change, HeardAlert, HeldPages, Notice, Scope, Silence};
use crate::wire::exact::SeverityText;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SilenceForm {
    service: Option<Text>,
    slo: Option<Text>,
    owner: Option<Text>,
    severities: Vec<SeverityText>,
    from: i64,
    until: i64,
    reason: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SilenceEndedForm {
    silence: u64,
    reason: Text,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeForm {
    title: Text,
    service: Option<Text>,
    kind: Text,
    version: Option<Text>,
    url: Option<Text>,
}

/// Pages that were held back.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeldForm {
    owner: Option<Text>,
    severity: SeverityText,
    by: Text,
    why: Text,
    until: Option<i64>,
}

/// Another tool's alert.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AlertForm {
    name: Text,
    fingerprint: Text,
    firing: bool,
    severity: Text,
    text: Text,
    url: Option<Text>,
}

/// The kind's name.
pub(super) const fn kind(notice: &Notice) -> &'static str {
    match notice {
        Notice::Silenced(_) => "silenced",
        Notice::SilenceEnded { .. } => "silence_ended",
        Notice::Changed(_) => "changed",
    }
}

/// The payload of a notice.
pub(super) fn payload(notice: &Notice) -> Result<Box<RawValue>, serde_json::Error> {
    match notice {
        Notice::Silenced(s) => to_raw_value(&SilenceForm {
            service: s.scope.service.clone(),
            slo: s.scope.slo.clone(),
            owner: s.scope.owner.clone(),
            severities: s.scope.severities.iter().map(|s| SeverityText(*s)).collect(),
            from: s.from.0,
            until: s.until.0,
            reason: s.reason.clone(),
        }),
        Notice::SilenceEnded { silence, reason } => {
            to_raw_value(&SilenceEndedForm { silence: silence.0, reason: reason.clone() })
        }
        Notice::Changed(c) => to_raw_value(&ChangeForm {
            title: c.title.clone(),
            service: c.service.clone(),
            kind: c.kind.clone(),
            version: c.version.clone(),
            url: c.url.clone(),
        }),
    }
}

/// The notice of a payload.
pub(super) fn read(kind: &str, json: &str) -> Result<Notice, StoredError> {
    Ok(match kind {
        "silenced" => {
            let f: SilenceForm = serde_json::from_str(json)?;
            let severities = f.severities.into_iter().map(|s| s.0).collect();
            let scope = Scope { service: f.service, slo: f.slo, owner: f.owner, severities };
            Notice::Silenced(Silence { scope, from: Ms(f.from), until: Ms(f.until), reason: f.reason })
        }
        "silence_ended" => {
            let f: SilenceEndedForm = serde_json::from_str(json)?;
            Notice::SilenceEnded { silence: Seq(f.silence), reason: f.reason }
        }
        _ => {
            let f: ChangeForm = serde_json::from_str(json)?;
            Notice::Changed(Change { title: f.title, service: f.service, kind: f.kind, version: f.version, url: f.url })
        }
    })
}

impl From<&HeldPages> for HeldForm {
    fn from(h: &HeldPages) -> Self {
        Self {
            owner: h.owner.clone(),
            severity: SeverityText(h.severity),
            by: h.by.clone(),
            why: h.why.clone(),
            until: h.until.map(|t| t.0),
        }
    }
}

impl From<HeldForm> for HeldPages {
    fn from(f: HeldForm) -> Self {
        Self { owner: f.owner, severity: f.severity.0, by: f.by, why: f.why, until: f.until.map(Ms) }
    }
}

impl From<&HeardAlert> for AlertForm {
    fn from(a: &HeardAlert) -> Self {
        let a = a.clone();
        Self { name: a.name, fingerprint: a.fingerprint, firing: a.firing, severity: a.severity, text: a.text, url: a.url }
    }
}

impl From<AlertForm> for HeardAlert {
    fn from(f: AlertForm) -> Self {
        Self { name: f.name, fingerprint: f.fingerprint, firing: f.firing, severity: f.severity, text: f.text, url: f.url }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::base::{CommitId, IncidentId, Ms, Seq, Severity};
    use crate::domain::incident::{Actor, Change, Entry, Fact, HeardAlert, HeldPages, Notice, Scope, Silence};
    use crate::wire::entry::{decode, encode};

    #[test]
    fn what_was_written_is_read_as_it_was() {
        let scope = Scope { service: Some("pay".into()), slo: None, owner: Some("x".into()), severities: vec![Severity::P1] };
        let silence = Silence { scope, from: Ms(1), until: Ms(2), reason: "r".into() };
        let change = Change { title: "t".into(), service: None, kind: "deploy".into(), version: Some("v".into()), url: None };
        let held = HeldPages { owner: None, severity: Severity::P0, by: "silence 3".into(), why: "w".into(), until: Some(Ms(9)) };
        let alert = HeardAlert {
            name: "DiskFull".into(),
            fingerprint: "aa".into(),
            firing: true,
            severity: "critical".into(),
            text: "93 %".into(),
            url: Some("http://p".into()),
        };
        for fact in [
            Fact::Notice(Notice::Silenced(silence)),
            Fact::Notice(Notice::SilenceEnded { silence: Seq(3), reason: "done".into() }),
            Fact::Notice(Notice::Changed(change)),
            Fact::Held(held),
            Fact::Alerted(alert),
        ] {
            let entry = Entry {
                seq: Seq(4),
                incident: IncidentId::LEDGER,
                fact,
                at: Ms(5),
                recorded_at: Ms(6),
                actor: Actor::Person("ann".into()),
                source: "cli".into(),
                corrects: None,
                commit: CommitId("c".into()),
                hash: [7; 32],
            };
            assert_eq!(decode(&encode(&entry).unwrap(), [7; 32]).unwrap(), entry);
        }
    }
}
