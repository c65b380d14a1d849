//! Orders as the API takes them: a path and a form. The person is the name behind the token, not the one in the order.

use crate::domain::base::{IncidentId, Ms, Text};
use crate::domain::incident::{Act, Correction, Note};
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
        Command::Note { incident, note, .. } => (incident, "note", noted(note)),
        Command::Resolve { incident, reason, at, findings, .. } => (incident, "resolve", resolved(reason, *at, findings)?),
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
        Act::Note(note) => ("note", noted(note)),
        Act::Resolve { reason, at, findings } => ("resolve", resolved(reason, *at, findings)?),
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

/// Marks are told where there are some: a server that knows none still takes plain notes.
fn noted(note: &Note) -> Fields {
    let mark = |is: bool| if is { Value::from(true) } else { Value::Null };
    vec![("text", words(&note.text)), ("action_item", mark(note.action_item)), ("customer_visible", mark(note.customer_visible))]
}

fn resolved(reason: &Text, at: Option<Ms>, findings: &[Correction]) -> Result<Fields, Refusal> {
    let mut fields = told(reason, at);
    for finding in findings {
        match finding {
            Correction::RootCause(class) => fields.push(("cause", words(class))),
            Correction::Effort(effort) => {
                fields.push(("responders", effort.people().into()));
                fields.push(("hours_each", effort.hours_each().to_string().into()));
            }
            _ => return Err(not_here()),
        }
    }
    Ok(fields)
}

fn not_here() -> Refusal {
    Refusal::NotNow("this cannot be ordered over HTTP; `burnledger incidents` does it beside the ledger".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::Severity;
    use crate::domain::cost::Effort;

    #[test]
    fn orders_name_their_incident_in_the_path_and_never_the_person() {
        let (incident, by) = (IncidentId(7), Text::from("eve"));
        let resolve =
            Command::Resolve { incident, by: by.clone(), reason: "fixed".into(), at: Some(Ms(1_000)), findings: vec![] };
        let expected = r#"{"at":"1970-01-01T00:00:01Z","reason":"fixed"}"#;
        assert_eq!(form(&resolve), Ok(("/api/v1/incidents/7/resolve".into(), expected.into())));
        let findings = vec![Correction::RootCause("capacity".into()), Correction::Effort(Effort::typed("5", "0.5").unwrap())];
        let known = Command::Resolve { incident, by: by.clone(), reason: "".into(), at: None, findings };
        let expected = r#"{"cause":"capacity","hours_each":"0.5","reason":"","responders":5}"#;
        assert_eq!(form(&known).unwrap().1, expected);
        let other = vec![Correction::Bad(7)];
        let other = Command::Resolve { incident, by: by.clone(), reason: "".into(), at: None, findings: other };
        assert!(matches!(form(&other), Err(Refusal::NotNow(_))), "nothing is left out in silence");
        let note = |note| form(&Command::Note { incident, by: by.clone(), note }).unwrap().1;
        assert_eq!(note("seen".into()), r#"{"text":"seen"}"#);
        let marked = Note { text: "seen".into(), action_item: true, customer_visible: false };
        assert_eq!(note(marked), r#"{"action_item":true,"text":"seen"}"#);
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
