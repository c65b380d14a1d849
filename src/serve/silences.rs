//! `/api/v1/silences`: what holds pages back, and people who hold them back or let them go; the name behind the token is who did it.
//!
//! Deliberately absent: silences of the configuration as something to change (that file is), and what a silence does (`engine/hold`).

use super::Served;
use super::api::{Asker, answer, idempotency_key, read_form, refused, wrong};
use crate::domain::base::{CommitId, Ms, Seq, Severity, Span, Text, clean_line};
use crate::domain::incident::{Scope, Silence};
use crate::wire::silence::{planned_json, silence_json};
use axum::body::Bytes;
use axum::extract::{Extension, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

const NO_TOKEN: &str = "a token is required to change anything";
/// Longest names and reasons, in characters.
const MOST_WORDS: usize = 1_000;

#[derive(Deserialize)]
pub(super) struct Listing {
    #[serde(default)]
    all: bool,
}

/// `GET /api/v1/silences`; `?all=true` those that are over as well.
pub(super) async fn list(State(served): State<Served>, Query(listing): Query<Listing>) -> Response {
    let now = served.clock.now().wall;
    match served.intake.silences().await {
        Ok((made, planned)) => {
            let made: Vec<Value> = made.iter().filter(|s| listing.all || !s.is_over(now)).map(|s| silence_json(s, now)).collect();
            let planned: Vec<Value> = planned.iter().map(|s| planned_json(s, now)).collect();
            answer(StatusCode::OK, &json!({ "silences": made, "configured": planned }))
        }
        Err(refusal) => refused(&refusal),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    service: Option<String>,
    slo: Option<String>,
    owner: Option<String>,
    #[serde(default)]
    severity: Vec<String>,
    #[serde(default)]
    all: bool,
    from: Option<String>,
    until: Option<String>,
    #[serde(rename = "for")]
    length: Option<String>,
    #[serde(default)]
    reason: String,
}

impl Form {
    fn silence(&self, now: Ms) -> Result<Silence, String> {
        let line = |text: &Option<String>| text.as_deref().map(|t| clean_line(t, MOST_WORDS)).filter(|t| !t.is_empty());
        let severity = |text: &String| Severity::parse(text).ok_or_else(|| "severities are P0, P1 and P2".to_owned());
        let severities = self.severity.iter().map(severity).collect::<Result<_, _>>()?;
        let scope = Scope { service: line(&self.service), slo: line(&self.slo), owner: line(&self.owner), severities };
        let from = self.from.as_deref().map_or(Ok(now), |text| instant("from", text))?;
        let until = match (&self.until, &self.length) {
            (Some(until), None) => instant("until", until)?,
            (None, Some(length)) => {
                from + Span::parse(length).map_err(|_| "`for` must be a duration such as 2h or 45m".to_owned())?
            }
            _ => return Err("one of `for` and `until` says how long".into()),
        };
        Ok(Silence { scope, from, until, reason: clean_line(&self.reason, MOST_WORDS) })
    }
}

fn instant(name: &str, text: &str) -> Result<Ms, String> {
    Ms::parse_rfc3339(text).ok_or_else(|| format!("`{name}` must be an instant such as 2026-03-02T02:00:00Z"))
}

fn once(headers: &HeaderMap, act: &str) -> Option<CommitId> {
    idempotency_key(headers).map(|key| CommitId(format!("api/silence/{act}/{key}").into()))
}

/// `POST /api/v1/silences`.
pub(super) async fn add(
    State(served): State<Served>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(by) = asker.0 else { return wrong(StatusCode::UNAUTHORIZED, NO_TOKEN) };
    let now = served.clock.now().wall;
    let form = match read_form::<Form>(&body) {
        Ok(form) => form,
        Err(why) => return wrong(StatusCode::BAD_REQUEST, &why),
    };
    let silence = match form.silence(now) {
        Ok(silence) => silence,
        Err(why) => return wrong(StatusCode::BAD_REQUEST, &why),
    };
    match served.intake.silence(silence, form.all, by, once(&headers, "add")).await {
        Ok(record) => answer(StatusCode::CREATED, &silence_json(&record, now)),
        Err(refusal) => refused(&refusal),
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    #[serde(default)]
    reason: String,
}

/// `POST /api/v1/silences/{id}/expire`.
pub(super) async fn expire(
    State(served): State<Served>,
    Extension(asker): Extension<Asker>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(by) = asker.0 else { return wrong(StatusCode::UNAUTHORIZED, NO_TOKEN) };
    let Ok(id) = id.parse::<u64>() else { return wrong(StatusCode::BAD_REQUEST, "silences are numbered: 12") };
    let reason: Text = match read_form::<End>(&body) {
        Ok(form) => clean_line(&form.reason, MOST_WORDS),
        Err(why) => return wrong(StatusCode::BAD_REQUEST, &why),
    };
    match served.intake.end_silence(Seq(id), reason, by, once(&headers, "expire")).await {
        Ok(seq) => answer(StatusCode::OK, &json!({ "id": id, "recorded": seq.0 })),
        Err(refusal) => refused(&refusal),
    }
}
