//! `/api/v1/desk`: the latest snapshot for a dashboard elsewhere, waiting for the next one where asked to, and answers to what
//! such a dashboard asks.
//!
//! Nothing is changed here; orders go the way of every other order. A film is judged anew for whoever asks, so one is made at a
//! time, and only for a request that no page of a foreign site can send.

use super::Served;
use super::api::{Asker, refused, wrong};
use super::pictures::{self, Pictures, takes_gzip};
use crate::domain::base::Text;
use crate::domain::view::{Question, Snapshot};
use crate::wire::picture::{self, Has};
use axum::body::Bytes;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// The longest a request waits for the next snapshot, in seconds.
const LONGEST_WAIT: u64 = 30;

/// One film at a time.
static FILMS: Semaphore = Semaphore::const_new(1);

/// Turns true when the server is to end: nobody waits for news then.
#[derive(Clone)]
pub(super) struct Ending(pub(super) watch::Receiver<bool>);

impl Ending {
    async fn come(mut self) {
        let _ = self.0.wait_for(|ending| *ending).await;
    }
}

#[derive(Deserialize)]
pub(super) struct Wish {
    /// The name of the snapshot that is known.
    after: Option<String>,
    /// Seconds to wait for another one.
    wait: Option<u64>,
    /// The names of the parts that are known: SLOs, incidents, charts.
    rules: Option<Text>,
    cases: Option<Text>,
    charts: Option<Text>,
}

/// Large forms are written beside the threads that serve.
async fn written(write: impl FnOnce() -> Result<Response, picture::Wrong> + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(write).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(why)) => wrong(StatusCode::UNPROCESSABLE_ENTITY, &why.to_string()),
        Err(_) => wrong(StatusCode::INTERNAL_SERVER_ERROR, "it could not be written"),
    }
}

/// `GET /api/v1/desk`: the latest snapshot; 204 when there is no other than `after` for `wait` seconds.
pub(super) async fn picture(
    State(served): State<Served>,
    Extension(asker): Extension<Asker>,
    Extension(ending): Extension<Ending>,
    Extension(pictures): Extension<Arc<Pictures>>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    let wait = Duration::from_secs(wish.wait.unwrap_or(0).min(LONGEST_WAIT));
    let news = next(served.snapshots.clone(), wish.after);
    let found = tokio::select! {
        found = timeout(wait, news) => found,
        () = ending.come() => return wrong(StatusCode::SERVICE_UNAVAILABLE, "this server is ending"),
    };
    match found {
        Ok(Some(snapshot)) => {
            let sheet = match pictures.of(snapshot).await {
                Ok(sheet) => sheet,
                Err(why) => return wrong(StatusCode::UNPROCESSABLE_ENTITY, &why.to_string()),
            };
            let (now, gzip) = (served.clock.now().wall, takes_gzip(&headers));
            let has = Has { rules: wish.rules, cases: wish.cases, charts: wish.charts };
            written(move || sheet.answer(asker.0.as_ref(), now, &has, gzip)).await
        }
        Ok(None) => wrong(StatusCode::SERVICE_UNAVAILABLE, "the engine has ended"),
        Err(_) => StatusCode::NO_CONTENT.into_response(),
    }
}

/// The first snapshot that has another name.
async fn next(mut snapshots: watch::Receiver<Arc<Snapshot>>, after: Option<String>) -> Option<Arc<Snapshot>> {
    let other = |s: &Arc<Snapshot>| after.as_deref() != Some(&*picture::name_of(s));
    snapshots.wait_for(other).await.ok().map(|s| Arc::clone(&s))
}

/// `POST /api/v1/desk/ask`.
pub(super) async fn ask(
    State(served): State<Served>,
    Extension(ending): Extension<Ending>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    // A browser asks before it sends this type to another site, and is refused.
    if headers.get(header::CONTENT_TYPE).is_none_or(|t| t != "application/json") {
        return wrong(StatusCode::UNSUPPORTED_MEDIA_TYPE, "send `Content-Type: application/json`");
    }
    let question = match picture::read_question(&body) {
        Ok(question) => question,
        Err(why) => return wrong(StatusCode::BAD_REQUEST, &format!("this is no question: {why}")),
    };
    tokio::select! {
        answer = answer(&served, question, takes_gzip(&headers)) => answer,
        () = ending.come() => wrong(StatusCode::SERVICE_UNAVAILABLE, "this server is ending"),
    }
}

async fn answer(served: &Served, question: Question, gzip: bool) -> Response {
    // Held until the film is written.
    let _turn = match question {
        Question::Film(_) | Question::WhatIf(_) => FILMS.acquire().await.ok(),
        _ => None,
    };
    match served.desk.ask(question).await {
        Ok(answer) => written(move || Ok(pictures::answer(picture::write_answer(&answer)?, gzip))).await,
        Err(refusal) => refused(&refusal),
    }
}
