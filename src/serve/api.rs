//! `/api/v1/...`: what there is, for the dashboard and scripts, and the few things that may be changed.
//!
//! Reading is made from the latest snapshot and the desk; changing goes through the desk and the intake like every other order,
//! and answers only once the ledger has it. Deliberately absent: anything that changes configuration.

use super::Served;
use super::inbound;
use crate::domain::base::{CommitId, IncidentId, Ms, Severity, Text, clean_line};
use crate::domain::cost::Effort;
use crate::domain::incident::{Act, Change, Correction, Note};
use crate::domain::view::{Answer, Command, Question, Refusal, Role, Snapshot, SourceState};
use crate::wire;
use crate::words::{Zone, reason, timeline};
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

/// Longest words of an order, in characters.
const MOST_WORDS: usize = 4_000;

/// Who asks: the name behind the token.
#[derive(Clone, Debug)]
pub(super) struct Asker(pub(super) Option<Text>);

pub(super) fn answer(status: StatusCode, value: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

pub(super) fn wrong(status: StatusCode, why: &str) -> Response {
    answer(status, &json!({ "error": why }))
}

/// `/api/v1/status`.
pub(super) async fn status(State(served): State<Served>) -> Response {
    let snapshot = served.latest();
    match serde_json::to_value(wire::status::status(&snapshot, &reason)) {
        Ok(value) if snapshot.at.is_some() => answer(StatusCode::OK, &value),
        Ok(_) => wrong(StatusCode::SERVICE_UNAVAILABLE, "nothing has been evaluated yet"),
        Err(_) => wrong(StatusCode::INTERNAL_SERVER_ERROR, "the status has no JSON form"),
    }
}

/// `/api/v1/snapshot`: how the program itself does.
pub(super) async fn snapshot(State(served): State<Served>) -> Response {
    answer(StatusCode::OK, &of_snapshot(&served.latest()))
}

fn of_snapshot(s: &Snapshot) -> Value {
    let (role, leader) = match &s.role {
        Role::Leading => ("leading", None),
        Role::Recording => ("recording", None),
        Role::Following { leader } => ("following", Some(leader.to_string())),
        Role::Watching => ("watching", None),
        Role::Replaying => ("replaying", None),
    };
    let sources: Vec<Value> = s
        .sources
        .iter()
        .map(|source| {
            let (state, error) = match &source.state {
                SourceState::Connecting => ("connecting", None),
                SourceState::Filling { .. } => ("filling", None),
                SourceState::Live => ("live", None),
                SourceState::Failing { error, .. } => ("failing", Some(error.to_string())),
            };
            json!({ "name": &*source.name, "state": state, "error": error, "last_good": source.last_good.map(Ms::rfc3339) })
        })
        .collect();
    let receivers: Vec<Value> = s
        .receivers
        .iter()
        .map(|r| {
            json!({ "name": &*r.name, "waiting": r.waiting, "last_delivered": r.last_delivered.map(Ms::rfc3339),
                    "error": r.error.as_deref() })
        })
        .collect();
    let incidents: Vec<Value> = s.incidents.iter().map(|i| json!(wire::incident::summary(&i.incident))).collect();
    let problems: Vec<Value> = s.problems.iter().map(|p| json!({ "code": p.code, "message": p.message.clone() })).collect();
    json!({
        "at": s.at.map(Ms::rfc3339), "data_through": s.data_through.map(Ms::rfc3339), "made": s.made.rfc3339(),
        "environment": &*s.environment, "role": role, "leader": leader, "sources": sources, "receivers": receivers,
        "incidents": incidents, "problems": problems, "ledger_error": s.ledger_error.as_deref(),
    })
}

#[derive(Deserialize)]
pub(super) struct Listing {
    limit: Option<usize>,
}

/// `/api/v1/incidents`.
pub(super) async fn incidents(State(served): State<Served>, Query(listing): Query<Listing>) -> Response {
    let limit = listing.limit.unwrap_or(50).min(1_000);
    match served.desk.ask(Question::Incidents { limit }).await {
        Ok(Answer::Incidents(list)) => {
            let list: Vec<Value> = list.iter().map(|i| json!(wire::incident::summary(i))).collect();
            answer(StatusCode::OK, &json!({ "incidents": list }))
        }
        Ok(_) => wrong(StatusCode::INTERNAL_SERVER_ERROR, "the desk answered something else"),
        Err(refusal) => refused(&refusal),
    }
}

/// `/api/v1/incidents/{id}`.
pub(super) async fn incident(State(served): State<Served>, Path(id): Path<String>) -> Response {
    let Some(id) = IncidentId::parse(&id) else { return wrong(StatusCode::BAD_REQUEST, "incidents are numbered: 17") };
    match served.desk.ask(Question::Incident(id)).await {
        Ok(Answer::Incident(Some(found))) => {
            let tell = |entry: &crate::domain::incident::Entry| timeline::sentence(entry, Zone::Utc);
            answer(StatusCode::OK, &json!(wire::incident::show(&found, &[], &(None, None), &tell)))
        }
        Ok(_) => refused(&Refusal::Unknown(id)),
        Err(refusal) => refused(&refusal),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderForm {
    text: Option<String>,
    reason: Option<String>,
    at: Option<String>,
    severity: Option<String>,
    with: Option<u64>,
    cause: Option<String>,
    responders: Option<u32>,
    hours_each: Option<Hours>,
    #[serde(default)]
    action_item: bool,
    #[serde(default)]
    customer_visible: bool,
}

/// A number, or a number as text: all decimals are kept.
#[derive(Deserialize)]
#[serde(untagged)]
enum Hours {
    Number(serde_json::Number),
    Text(String),
}

/// The class of the cause as the team's list has it, and people's hours.
fn findings(form: &OrderForm, causes: &[Text]) -> Result<Vec<Correction>, String> {
    let known = |class: &str| match causes.iter().find(|known| known.eq_ignore_ascii_case(class)) {
        None if causes.is_empty() => Ok(class.into()),
        known => known.cloned().ok_or_else(|| format!("`cause` must be one of {}", causes.join(", "))),
    };
    let cause = form.cause.as_deref().map(str::trim).filter(|class| !class.is_empty()).map(known);
    let effort = match (form.responders, &form.hours_each) {
        (None, None) => None,
        (Some(people), Some(Hours::Number(hours))) => Some(Effort::typed(&people.to_string(), &hours.to_string())),
        (Some(people), Some(Hours::Text(hours))) => Some(Effort::typed(&people.to_string(), hours)),
        _ => return Err("`responders` and `hours_each` are told together".into()),
    };
    let cause = cause.transpose()?.map(Correction::RootCause);
    let effort = effort.transpose().map_err(str::to_owned)?.map(Correction::Effort);
    Ok(cause.into_iter().chain(effort).collect())
}

/// The order that a form asks for.
fn command(act: &str, incident: IncidentId, by: Text, form: OrderForm, causes: &[Text]) -> Result<Command, (StatusCode, String)> {
    let wrong = |why: &str| Err((StatusCode::BAD_REQUEST, why.to_owned()));
    let at = form.at.as_deref().map(Ms::parse_rfc3339);
    if at == Some(None) {
        return wrong("`at` must be an instant such as 2026-03-02T02:00:00Z");
    }
    let findings = findings(&form, causes).map_err(|why| (StatusCode::BAD_REQUEST, why))?;
    let (at, words) = (at.flatten(), |text: Option<String>| clean_line(&text.unwrap_or_default(), MOST_WORDS));
    let reason = words(form.reason);
    Ok(match act {
        "ack" => Command::Acknowledge { incident, by },
        "unack" => Command::Unacknowledge { incident, by },
        "note" => {
            let (action_item, customer_visible) = (form.action_item, form.customer_visible);
            Command::Note { incident, by, note: Note { text: words(form.text), action_item, customer_visible } }
        }
        "resolve" => Command::Resolve { incident, by, reason, at, findings },
        "mitigate" => Command::Act { incident, by, act: Act::Mitigate { reason, at } },
        "reopen" => Command::Act { incident, by, act: Act::Reopen { reason, at } },
        "severity" => {
            let Some(severity) = form.severity.as_deref().and_then(Severity::parse) else {
                return wrong("`severity` must be P0, P1 or P2");
            };
            let changes = vec![Correction::Severity(severity)];
            Command::Act { incident, by, act: Act::Correct { changes, reason } }
        }
        "merge" => {
            let Some(with) = form.with.filter(|with| *with > 0).map(IncidentId) else {
                return wrong("`with` must be the other incident's number");
            };
            Command::Merge { incident, with, by, reason }
        }
        _ => {
            return Err((
                StatusCode::NOT_FOUND,
                "orders are ack, unack, note {text, action_item, customer_visible}, \
                 resolve {reason, at, cause, responders, hours_each}, severity {severity, reason}, merge {with, reason}, \
                 mitigate and reopen {reason, at}"
                    .to_owned(),
            ));
        }
    })
}

/// `POST /api/v1/incidents/{id}/{order}`; the person is the name behind the token.
pub(super) async fn order(
    State(served): State<Served>,
    Extension(asker): Extension<Asker>,
    Path((id, act)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(by) = asker.0 else { return wrong(StatusCode::UNAUTHORIZED, "a token is required to change anything") };
    let Some(incident) = IncidentId::parse(&id) else { return wrong(StatusCode::BAD_REQUEST, "incidents are numbered: 17") };
    let form = match read_form::<OrderForm>(&body) {
        Ok(form) => form,
        Err(why) => return wrong(StatusCode::BAD_REQUEST, &why),
    };
    let command = match command(&act, incident, by, form, &served.root_causes) {
        Ok(command) => command,
        Err((status, why)) => return wrong(status, &why),
    };
    match served.desk.order(commit_id(&headers, &act, incident), command).await {
        Ok(entries) => match wire::picture::write_recorded(incident, &entries) {
            Ok(text) => (StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], text).into_response(),
            Err(error) => wrong(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        },
        Err(refusal) => refused(&refusal),
    }
}

/// What the caller calls this request.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key").and_then(|v| v.to_str().ok()).filter(|k| !k.is_empty() && k.len() <= 200)
}

/// The caller's `Idempotency-Key`, so that a repeated request is carried out once; a name of chance without one.
fn commit_id(headers: &HeaderMap, act: &str, incident: IncidentId) -> CommitId {
    match idempotency_key(headers) {
        Some(key) => CommitId(format!("api/{}/{act}/{key}", incident.0).into()),
        None => CommitId(format!("api/{:032x}", rand::random::<u128>()).into()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChangeForm {
    title: String,
    service: Option<String>,
    #[serde(default)]
    kind: Option<String>,
    version: Option<String>,
    url: Option<String>,
    at: Option<String>,
}

/// `POST /api/v1/changes`.
pub(super) async fn change(State(served): State<Served>, Extension(asker): Extension<Asker>, body: Bytes) -> Response {
    let Some(by) = asker.0 else { return wrong(StatusCode::UNAUTHORIZED, "a token is required to change anything") };
    let form = match serde_json::from_slice::<ChangeForm>(&body) {
        Ok(form) => form,
        Err(error) => return wrong(StatusCode::BAD_REQUEST, &format!("this is no change: {error}")),
    };
    let at = form.at.as_deref().map(Ms::parse_rfc3339);
    if at == Some(None) {
        return wrong(StatusCode::BAD_REQUEST, "`at` must be an instant such as 2026-03-02T02:00:00Z");
    }
    let line = |text: Option<String>| text.map(|t| clean_line(&t, 300)).filter(|t| !t.is_empty());
    let is_web = |url: &Text| url.starts_with("https://") || url.starts_with("http://");
    let Some(title) = line(Some(form.title)) else { return wrong(StatusCode::BAD_REQUEST, "`title` is empty") };
    let change = Change {
        title,
        service: line(form.service),
        kind: line(form.kind).unwrap_or_else(|| "deploy".into()),
        version: line(form.version),
        url: line(form.url).filter(is_web),
    };
    match served.intake.change(change, at.flatten(), by).await {
        Ok(seq) => answer(StatusCode::CREATED, &json!({ "recorded": seq.0 })),
        Err(refusal) => refused(&refusal),
    }
}

/// `POST /api/v1/alerts`: Alertmanager's webhook, version 4. 200 only once the ledger has it; 503 asks for another try.
pub(super) async fn alerts(State(served): State<Served>, Extension(asker): Extension<Asker>, body: Bytes) -> Response {
    if asker.0.is_none() {
        return wrong(StatusCode::UNAUTHORIZED, "a token is required to change anything");
    }
    let alerts = match inbound::read(&body) {
        Ok(alerts) => alerts,
        Err(why) => return wrong(StatusCode::BAD_REQUEST, &why),
    };
    match served.intake.alerts(alerts).await {
        Ok(placed) => {
            let ids: Vec<Option<u64>> = placed.iter().map(|id| id.map(|id| id.0)).collect();
            answer(StatusCode::OK, &json!({ "incidents": ids }))
        }
        Err(refusal) => refused(&refusal),
    }
}

pub(super) fn read_form<T: Default + for<'a> Deserialize<'a>>(body: &[u8]) -> Result<T, String> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(T::default());
    }
    serde_json::from_slice(body).map_err(|error| format!("the body is not what it should be: {error}"))
}

pub(super) fn refused(refusal: &Refusal) -> Response {
    let status = match refusal {
        Refusal::Unknown(_) => StatusCode::NOT_FOUND,
        Refusal::Ledger(_) => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::ReadOnly(_) => StatusCode::FORBIDDEN,
        Refusal::NotNow(_) => StatusCode::CONFLICT,
    };
    wrong(status, &refusal.to_string())
}
