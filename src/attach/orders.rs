//! Orders as the API takes them: a path and a form. The person is the name behind the token, not the one in the order.

use crate::domain::base::{IncidentId, Ms, Text};
use crate::domain::incident::{Act, Correction};
use crate::domain::view::{Command, Refusal};
use serde_json::{Map, Value};

/// The path and the body of an order.
///
/// # Errors
/// The API does not take it.
pub(super) fn form(command: &Command) -> Result<(String, String), Refusal> {
    let (incident, act, fields) = match command {
        Command::Acknowledge { incident, .. } => (incident, "ack", vec![]),
        Command::Unacknowledge { incident, .. } => (incident, "unack", vec![]),
        Command::Note { incident, text, .. } => (incident, "note", vec![("text", words(text))]),
        Command::Resolve { incident, reason, at, .. } => (incident, "resolve", told(reason, *at)),
        Command::Merge { incident, with, reason, .. } => {
            (incident, "merge", vec![("with", with.0.into()), ("reason", words(reason))])
        }
        Command::Act { incident, act, .. } => {
            let (act, fields) = of_act(act)?;
            (incident, act, fields)
        }
        Command::Split { .. } | Command::Declare { .. } | Command::Restate { .. } => return Err(not_here()),
    };
    Ok(put(*incident, act, fields))
}

/// Fields of a form.
type Fields = Vec<(&'static str, Value)>;

fn of_act(act: &Act) -> Result<(&'static str, Fields), Refusal> {
    Ok(match act {
        Act::Acknowledge => ("ack", vec![]),
        Act::Unacknowledge => ("unack", vec![]),
        Act::Note(text) => ("note", vec![("text", words(text))]),
        Act::Resolve { reason, at } => ("resolve", told(reason, *at)),
        Act::Mitigate { reason, at } => ("mitigate", told(reason, *at)),
        Act::Reopen { reason, at } => ("reopen", told(reason, *at)),
        Act::Correct { changes, reason } => match changes.as_slice() {
            [Correction::Severity(severity)] => {
                ("severity", vec![("severity", severity.name().into()), ("reason", words(reason))])
            }
            _ => return Err(not_here()),
        },
        Act::Restate(_) | Act::Close { .. } | Act::Attach { .. } => return Err(not_here()),
    })
}

fn put(incident: IncidentId, act: &str, fields: Vec<(&str, Value)>) -> (String, String) {
    let body: Map<String, Value> = fields.into_iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.into(), v)).collect();
    (format!("/api/v1/incidents/{}/{act}", incident.0), Value::Object(body).to_string())
}

fn words(text: &Text) -> Value {
    Value::from(&**text)
}

fn told(reason: &Text, at: Option<Ms>) -> Fields {
    vec![("reason", words(reason)), ("at", at.map(Ms::rfc3339).into())]
}

fn not_here() -> Refusal {
    Refusal::NotNow("this cannot be ordered over HTTP; `burnledger incidents` does it beside the ledger".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::Severity;

    #[test]
    fn orders_name_their_incident_in_the_path_and_never_the_person() {
        let (incident, by) = (IncidentId(7), Text::from("eve"));
        let resolve = Command::Resolve { incident, by: by.clone(), reason: "fixed".into(), at: Some(Ms(1_000)) };
        let expected = r#"{"at":"1970-01-01T00:00:01Z","reason":"fixed"}"#;
        assert_eq!(form(&resolve), Ok(("/api/v1/incidents/7/resolve".into(), expected.into())));
        let act = Act::Correct { changes: vec![Correction::Severity(Severity::P1)], reason: "few users".into() };
        let (path, body) = form(&Command::Act { incident, by: by.clone(), act }).unwrap();
        assert_eq!((&*path, &*body), ("/api/v1/incidents/7/severity", r#"{"reason":"few users","severity":"P1"}"#));
        let merge = Command::Merge { incident, with: IncidentId(9), by: by.clone(), reason: "".into() };
        assert_eq!(form(&merge).unwrap().1, r#"{"reason":"","with":9}"#);
        assert_eq!(form(&Command::Acknowledge { incident, by: by.clone() }).unwrap().1, "{}");
        let split = Command::Split { incident, services: vec![], by, reason: "".into() };
        assert!(matches!(form(&split), Err(Refusal::NotNow(_))));
    }
}
