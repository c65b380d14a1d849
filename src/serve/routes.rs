//! The routes, one handler each. Every answer is made from one snapshot.

use super::{Served, metrics};
use crate::domain::base::Span;
use crate::domain::view::{Role, Snapshot, SourceState};
use crate::telemetry::RequestLabels;
use crate::wire;
use crate::words::{escape, reason, time};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;

/// A loop that has published nothing for so long hangs.
const HANGS_AFTER: Span = Span::from_mins(5);

/// Every route with what it answers; `/` prints it.
const ROUTES: [(&str, &str); 4] = [
    ("/healthz", "200 while the program works; 503 when its loop hangs"),
    ("/readyz", "200 once it has judged and can record; 503 with the reasons until then"),
    ("/metrics", "its own metrics and every objective's burn rate and budget, OpenMetrics"),
    ("/api/v1/status", "the status as JSON, as `burnledger status --format json`"),
];

/// The routes over what is served.
pub(super) fn router(served: Served) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
        .route("/api/v1/status", get(status))
        .fallback(|| async { (StatusCode::NOT_FOUND, "there is nothing here; see /\n") })
        .layer(middleware::from_fn_with_state(served.clone(), around))
        .with_state(served)
}

/// Counts requests and sets the headers that every answer has.
async fn around(State(served): State<Served>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let route = ROUTES.iter().map(|(route, _)| *route).find(|route| *route == path).unwrap_or("other");
    let mut answer = next.run(request).await;
    let status = answer.status().as_u16();
    served.metrics.requests.get_or_create(&RequestLabels { route, status }).inc();
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

async fn index() -> String {
    let rows = ROUTES.iter().map(|(route, what)| format!("{route:<16} {what}\n"));
    std::iter::once("burnledger\n\n".to_owned()).chain(rows).collect()
}

fn latest(served: &Served) -> Arc<Snapshot> {
    served.snapshots.borrow().clone()
}

async fn health(State(served): State<Served>) -> (StatusCode, String) {
    let snapshot = latest(&served);
    let age = served.clock.now().wall.since(snapshot.made);
    if snapshot.number > 0 && age > HANGS_AFTER {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("nothing was published for {}\n", time::span(age)));
    }
    (StatusCode::OK, "ok\n".into())
}

async fn ready(State(served): State<Served>) -> (StatusCode, String) {
    let reasons = not_ready(&latest(&served));
    if reasons.is_empty() {
        return (StatusCode::OK, "ready\n".into());
    }
    let lines: Vec<String> = reasons.iter().map(|r| escape::terminal(r)).collect();
    (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", lines.join("\n")))
}

/// Why it is not ready: it has not judged yet, or what it judges could not be recorded. A source that fails is no reason:
/// saying so is what the program is for.
fn not_ready(snapshot: &Snapshot) -> Vec<String> {
    let mut out = Vec::new();
    if snapshot.at.is_none() {
        out.push("nothing has been evaluated yet".into());
        out.extend(snapshot.sources.iter().filter_map(|source| match &source.state {
            SourceState::Filling { done, all } => Some(format!("{}: reading history, {done} of {all}", source.name)),
            SourceState::Failing { error, .. } => Some(format!("{}: {error}", source.name)),
            SourceState::Connecting => Some(format!("{}: no answer yet", source.name)),
            SourceState::Live => None,
        }));
    }
    let records = matches!(snapshot.role, Role::Leading);
    out.extend(snapshot.ledger_error.iter().filter(|_| records).map(|e| format!("the ledger cannot be written: {e}")));
    out
}

async fn scrape(State(served): State<Served>) -> Response {
    match metrics::text(&latest(&served), &served.metrics) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the metrics have no text form\n").into_response(),
    }
}

async fn status(State(served): State<Served>) -> Response {
    let snapshot = latest(&served);
    let json = serde_json::to_string(&wire::status::status(&snapshot, &reason));
    let kind = [(header::CONTENT_TYPE, "application/json")];
    match json {
        Ok(text) if snapshot.at.is_some() => (kind, text).into_response(),
        Ok(_) => (StatusCode::SERVICE_UNAVAILABLE, kind, r#"{"error":"nothing has been evaluated yet"}"#).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, kind, r#"{"error":"the status has no JSON form"}"#).into_response(),
    }
}
