//! The routes, one handler each. Every answer is made from one snapshot.

use super::api::{self, Asker};
use super::desk::{self, Ending};
use super::pictures::Pictures;
use super::{Served, metrics, silences};
use crate::domain::base::Span;
use crate::domain::view::{Role, Snapshot, SourceState};
use crate::telemetry::RequestLabels;
use crate::words::{escape, time};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// A loop that has published nothing for so long hangs.
const HANGS_AFTER: Span = Span::from_mins(5);

/// Every route with what it answers; `/` prints it, and so does the reference.
pub const ROUTES: [(&str, &str); 14] = [
    ("/healthz", "200 while the program works; 503 when its loop hangs"),
    ("/readyz", "200 once it has judged and can record; 503 with the stages that are missing until then"),
    ("/metrics", "its own metrics and every objective's burn rate and budget, OpenMetrics"),
    ("/api/v1/status", "the status as JSON, as `burnledger status --format json`"),
    ("/api/v1/snapshot", "role, sources, receivers, problems and incidents as JSON"),
    ("/api/v1/incidents", "the newest incidents as JSON; ?limit=N"),
    ("/api/v1/incidents/{id}", "one incident with its timeline"),
    ("/api/v1/incidents/{id}/{order}", "POST with a token: ack, unack, note, resolve, severity, merge, mitigate, reopen"),
    (
        "/api/v1/desk",
        "what a dashboard elsewhere shows (`tui --attach`), as gzip where that is accepted; ?after=NAME&wait=SECONDS waits for the next",
    ),
    ("/api/v1/desk/ask", "POST: what a dashboard asks of the past"),
    (
        "/api/v1/silences",
        "silences that hold or will, ?all=true; POST with a token: {service, slo, owner, severity, for or until, reason}",
    ),
    ("/api/v1/silences/{id}/expire", "POST with a token: ends it, {reason}"),
    ("/api/v1/changes", "POST with a token: {title, service, kind, version, url, at}, from a deploy job"),
    ("/api/v1/alerts", "POST with a token: Alertmanager's webhook, version 4"),
];
/// Longest body that is read.
const LONGEST_BODY: usize = 1024 * 1024;

/// The routes over what is served.
pub(super) fn router(served: Served, ending: Ending) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/metrics", get(scrape))
        .route("/api/v1/status", get(api::status))
        .route("/api/v1/snapshot", get(api::snapshot))
        .route("/api/v1/incidents", get(api::incidents))
        .route("/api/v1/incidents/{id}", get(api::incident))
        .route("/api/v1/incidents/{id}/{order}", post(api::order))
        .route("/api/v1/desk", get(desk::picture))
        .route("/api/v1/desk/ask", post(desk::ask))
        .route("/api/v1/silences", get(silences::list).post(silences::add))
        .route("/api/v1/silences/{id}/expire", post(silences::expire))
        .route("/api/v1/changes", post(api::change))
        .route("/api/v1/alerts", post(api::alerts))
        .fallback(|| async { (StatusCode::NOT_FOUND, "there is nothing here; see /\n") })
        .layer(Extension(ending))
        .layer(Extension(Arc::new(Pictures::default())))
        .layer(middleware::from_fn_with_state(served.clone(), around))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(served)
}

/// Finds out who asks, counts requests and sets the headers that every answer has.
async fn around(State(served): State<Served>, mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let route = ROUTES.iter().map(|(route, _)| *route).find(|route| *route == path).unwrap_or("other");
    let asker = who(&served, &request);
    let open = matches!(route, "/healthz" | "/readyz");
    let mut answer = if served.tokens.for_reading && !open && asker.0.is_none() {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        (StatusCode::UNAUTHORIZED, challenge, "a token is required: `Authorization: Bearer ...`\n").into_response()
    } else {
        request.extensions_mut().insert(asker);
        next.run(request).await
    };
    let status = answer.status().as_u16();
    served.metrics.requests.get_or_create(&RequestLabels { route, status }).inc();
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

fn who(served: &Served, request: &Request) -> Asker {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    Asker(value.and_then(|v| v.strip_prefix("Bearer ")).and_then(|token| served.tokens.who(token.trim())))
}

async fn index() -> String {
    let rows = ROUTES.iter().map(|(route, what)| format!("{route:<31} {what}\n"));
    std::iter::once("burnledger\n\n".to_owned()).chain(rows).collect()
}

async fn health(State(served): State<Served>) -> (StatusCode, String) {
    let snapshot = served.latest();
    let age = served.clock.now().wall.since(snapshot.made);
    if snapshot.number > 0 && age > HANGS_AFTER {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("nothing was published for {}\n", time::span(age)));
    }
    (StatusCode::OK, "ok\n".into())
}

async fn ready(State(served): State<Served>) -> (StatusCode, String) {
    let reasons = not_ready(&served.latest());
    if reasons.is_empty() {
        return (StatusCode::OK, "ready\n".into());
    }
    let lines: Vec<String> = reasons.iter().map(|r| escape::terminal(r)).collect();
    (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", lines.join("\n")))
}

/// The stages it has to pass, and why it has not: the configuration is read (or this would not run), the ledger is open, the
/// history is filled, the source has answered, everything was judged once. A source that fails later is no reason: saying so is
/// what the program is for.
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
    match metrics::text(&served.latest(), &served.metrics) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the metrics have no text form\n").into_response(),
    }
}
