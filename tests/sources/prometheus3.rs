//! Answers in the form of Prometheus 3, replayed by a server of our own.
//!
//! Debian packages Prometheus 2.42. The files in `prometheus3/` were written by hand after the documented HTTP API of version 3
//! (UTF-8 names, `infos` beside `warnings`, native histograms in JSON, `limit`, range selectors that leave out their left end) and
//! its release notes; they are no recordings of a running server. What they cannot say is whether a real one adds to that form.

use super::{T0, lines, raw, read, settings, source};
use axum::extract::{Request, State};
use axum::response::IntoResponse;
use burnledger::clock::SystemClock;
use burnledger::collector::{Prometheus, PrometheusSettings};
use burnledger::domain::base::Span;
use burnledger::domain::measure::{Ask, Coverage, MatchOp, Selector};
use burnledger::ports::{MetricSource, SourceError};
use std::sync::{Arc, Mutex};

type Seen = Arc<Mutex<Vec<String>>>;

/// Serves a file for every question and keeps what was asked.
async fn replay(file: &str) -> (String, Seen) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sources/prometheus3").join(file);
    let (body, seen) = (std::fs::read_to_string(path).unwrap(), Seen::default());
    let app = axum::Router::new().fallback(answer).with_state((body, Arc::clone(&seen)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, seen)
}

async fn answer(State((body, seen)): State<(String, Seen)>, request: Request) -> impl IntoResponse {
    let asked = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    seen.lock().unwrap().push(String::from_utf8(asked.to_vec()).unwrap());
    let status = if body.contains("\"status\": \"error\"") { 400 } else { 200 };
    (axum::http::StatusCode::from_u16(status).unwrap(), [("content-type", "application/json")], body)
}

async fn read_file(file: &str, ask: &Ask) -> Result<(Vec<String>, Coverage), SourceError> {
    let (url, _) = replay(file).await;
    read(&source(&url), ask).await.map(|(batch, coverage)| (lines(&batch), coverage))
}

fn minute() -> Ask {
    raw(&Selector::metric("hits_total"), Span::ZERO, Span::from_mins(1))
}

fn asked(expr: &str) -> Ask {
    Ask::Eval { expr: expr.into(), from: T0, to: T0 + Span::from_mins(1), step: Span::from_secs(15) }
}

#[tokio::test]
async fn names_of_any_characters_are_asked_for_in_quotes_and_come_back_whole() {
    let (url, seen) = replay("utf8-names.json").await;
    let selector = Selector::metric("http.server.requests").and("http.response.status_code", MatchOp::Regex, "5..");
    let ask = raw(&selector, Span::ZERO, Span::from_mins(1));
    let (batch, coverage) = read(&source(&url), &ask).await.unwrap();
    let (labels, samples) = batch.iter().next().unwrap();
    assert_eq!((labels.get("http.response.status_code"), labels.get("Straße"), samples.len()), ("500", "Nord", 3));
    assert_eq!((coverage.partial, coverage.warnings), (false, vec![]));
    let form = seen.lock().unwrap()[0].clone();
    let query = form.split('&').find_map(|part| part.strip_prefix("query=")).unwrap().to_owned();
    let written = r#"{__name__="http.server.requests", "http.response.status_code"=~"5.."}[60000ms]"#;
    assert_eq!(query.replace('+', " ").replace("%22", "\""), percent(written), "{form}");
}

/// What a form makes of the characters in our queries, quotes and spaces aside.
fn percent(text: &str) -> String {
    let escaped = [("{", "%7B"), ("}", "%7D"), ("=", "%3D"), ("~", "%7E"), (",", "%2C"), ("[", "%5B"), ("]", "%5D")];
    escaped.iter().fold(text.to_owned(), |text, (plain, coded)| text.replace(plain, coded))
}

#[tokio::test]
async fn a_range_that_leaves_out_its_left_end_gives_the_same_samples() {
    let (open, _) = read_file("range-left-open.json", &minute()).await.unwrap();
    let (closed, _) = read_file("range-closed.json", &minute()).await.unwrap();
    assert_eq!(open.len(), 4);
    assert_eq!(open, closed, "spans are (from, to] whatever the server sends");
}

#[tokio::test]
async fn remarks_about_the_query_are_told_and_make_no_answer_partial() {
    for (file, says) in [("infos.json", "might not be a counter"), ("warnings.json", "a mix of histograms and floats")] {
        let (lines, coverage) = read_file(file, &asked("rate(hits[1m])")).await.unwrap();
        assert_eq!((lines.len(), coverage.partial), (1, false), "{file}");
        assert!(coverage.warnings[0].contains(says), "{file}: {:?}", coverage.warnings);
    }
}

#[tokio::test]
async fn native_histograms_are_left_out_and_named_and_floats_beside_them_are_read() {
    let ask = raw(&Selector::metric("latency_seconds"), Span::ZERO, Span::from_mins(1));
    let (lines, coverage) = read_file("native-histograms.json", &ask).await.unwrap();
    assert_eq!((lines.len(), coverage.series), (2, 1), "{lines:?}");
    assert!(lines.iter().all(|line| line.contains("job=\"old\"")), "{lines:?}");
    assert!(coverage.warnings[0].contains("1 series of latency_seconds hold native histograms"), "{:?}", coverage.warnings);
}

#[tokio::test]
async fn a_list_of_series_cut_by_a_limit_is_still_a_list_and_an_error_keeps_its_words() {
    let (url, _) = replay("limit.json").await;
    let found = source(&url).series(&[Selector::metric("up")], T0, T0 + Span::from_mins(1)).await.unwrap();
    assert_eq!(found.len(), 2);
    let error = read_file("error.json", &minute()).await.unwrap_err().to_string();
    assert!(error.contains("unexpected character inside braces") && error.contains("HTTP 400"), "{error}");
}

#[tokio::test]
async fn thanos_is_told_what_to_leave_out_and_a_missing_store_makes_the_answer_partial() {
    let body = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"hits_total"},"values":[[1699999215,"1"]]}]},"warnings":["No StoreAPIs matched for this query: store eu-3 is down"]}"#;
    let seen = Seen::default();
    let app = axum::Router::new().fallback(answer).with_state((body.to_owned(), Arc::clone(&seen)));
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let of = |dedup, partial_response| PrometheusSettings { dedup, partial_response, remote_read: false, ..settings(&url) };
    for (dedup, partial, words) in [
        (None, None, &[] as &[&str]),
        (Some(true), Some(false), &["dedup=true", "partial_response=false"]),
        (Some(false), None, &["dedup=false"]),
    ] {
        let source = Prometheus::new(of(dedup, partial), Arc::new(SystemClock::new())).unwrap();
        for ask in [minute(), asked("sum(hits_total)")] {
            let (_, coverage) = read(&source, &ask).await.unwrap();
            assert!(coverage.partial && coverage.warnings[0].contains("store eu-3 is down"), "{coverage:?}");
            let form = seen.lock().unwrap().pop().unwrap();
            let sent: Vec<&str> = form.split('&').filter(|p| p.starts_with("dedup") || p.starts_with("partial")).collect();
            assert_eq!(sent, words, "{form}");
        }
    }
}
