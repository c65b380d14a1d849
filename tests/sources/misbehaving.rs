//! Servers that misbehave: each way to fail has its own name, costs no memory, and gives no secret away.

use super::{T0, raw, read, settings, source};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use burnledger::clock::{ManualClock, SystemClock};
use burnledger::collector::{self, Prometheus, PrometheusSettings};
use burnledger::domain::base::Span;
use burnledger::domain::measure::{Ask, Selector};
use burnledger::kit::http::BasicAuth;
use burnledger::kit::secrets::{Secret, SecretSource};
use burnledger::ports::{MetricSource, SourceError};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A well-behaved HTTP server with a misbehaving answer; it ends with the test's runtime.
pub(crate) async fn serve(answer: impl Fn(Request) -> Response + Clone + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(move |request: Request| {
        let answer = answer.clone();
        async move { answer(request) }
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// A server of bare bytes: reads the head of each request, then does as told.
async fn serve_bytes<F>(each: impl Fn(TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            tokio::spawn(each(stream));
        }
    });
    url
}

fn ask() -> Ask {
    raw(&Selector::metric("up"), Span::ZERO, Span::from_mins(1))
}

async fn error_of(url: &str) -> SourceError {
    let settings = PrometheusSettings { timeout: Span(400), ..settings(url) };
    read(&Prometheus::new(settings, Arc::new(SystemClock::new())).unwrap(), &ask()).await.unwrap_err()
}

/// What a plain answer of `status` with `body` becomes.
async fn said(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> String {
    let (headers, body) = (headers.to_vec(), body.to_owned());
    let url = serve(move |_| {
        let mut answer = body.clone().into_response();
        *answer.status_mut() = status.try_into().unwrap();
        for (name, value) in &headers {
            answer.headers_mut().insert(*name, value.parse().unwrap());
        }
        answer
    })
    .await;
    error_of(&url).await.to_string().replace(&url, "URL")
}

#[tokio::test]
async fn every_bad_answer_is_named() {
    let page = "<!DOCTYPE html><html><head><title>Sign in to\nAcme</title></head><body>x</body></html>";
    let garbled = |what: &str| format!("URL sent something that is no Prometheus answer: {what}");
    for (status, body, want) in [
        (200, page, garbled("an HTML page (\"Sign in to Acme\")")),
        (200, "", garbled("an empty answer")),
        (
            200,
            r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"b"},"valu"#,
            garbled("an answer that was cut off"),
        ),
        (200, "[1,2]", garbled("invalid type: sequence, expected a Prometheus answer")),
        (200, r#"{"ok":true}"#, garbled("JSON without a status and data")),
        (
            200,
            r#"{"status":"error","errorType":"bad_data","error":"no such thing"}"#,
            "URL refused the query: no such thing".into(),
        ),
        (
            400,
            r#"{"status":"error","errorType":"bad_data","error":"parse\u001b[31m error"}"#,
            "URL refused the query: bad_data: parse [31m error (HTTP 400)".into(),
        ),
        (404, "404 page not found", "URL refused the query: 404 page not found (HTTP 404)".into()),
        (404, page, garbled("an HTML page (\"Sign in to Acme\") with HTTP 404")),
        (401, page, "URL refused the credentials (HTTP 401)".into()),
        (403, "", "URL refused the credentials (HTTP 403)".into()),
        (500, "", "URL failed (HTTP 500): no reason given".into()),
        (
            503,
            r#"{"status":"error","errorType":"timeout","error":"query timed out"}"#,
            "URL failed (HTTP 503): timeout: query timed out".into(),
        ),
        (302, "", garbled("HTTP 302")),
    ] {
        assert_eq!(said(status, &[], body).await, want, "{status} {body}");
    }
    let long = said(500, &[], &"x".repeat(1_000_000)).await;
    assert!(long.chars().count() < 400, "{}", long.len());
}

#[tokio::test]
async fn a_server_that_asks_to_wait_is_heard() {
    for (status, asked, seconds) in [(500, "7", Some(7)), (429, "0", Some(0)), (503, "nonsense", None)] {
        let url =
            serve(move |_| (axum::http::StatusCode::from_u16(status).unwrap(), [("retry-after", asked)], "busy").into_response())
                .await;
        let SourceError::Failed { retry_after, message, .. } = error_of(&url).await else { panic!("{status}") };
        assert_eq!((retry_after, message.as_str()), (seconds.map(Span::from_secs), "busy"));
    }
}

#[tokio::test]
async fn silence_drips_and_cuts_end_in_time() {
    let silent = serve_bytes(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(error_of(&silent).await, SourceError::Timeout { url: silent, after: Span(400) });

    let drip = serve_bytes(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await;
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(error_of(&drip).await, SourceError::Timeout { url: drip, after: Span(400) });

    let half = serve_bytes(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"status\":\"success\"").await;
    })
    .await;
    let error = error_of(&half).await;
    assert!(matches!(&error, SourceError::Garbled { what, .. } if what.starts_with("an answer that was cut off")), "{error}");

    let gone = serve_bytes(|stream| async move { drop(stream) }).await;
    assert!(matches!(error_of(&gone).await, SourceError::Garbled { .. } | SourceError::Unreachable { .. }));
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let url = format!("http://127.0.0.1:{}", crate::support::free_port());
    let error = error_of(&url).await;
    assert!(matches!(&error, SourceError::Unreachable { why, .. } if why.contains("refused")), "{error}");
    let error = error_of("http://no-such-host.invalid:1").await;
    assert!(matches!(&error, SourceError::Unreachable { .. } | SourceError::Timeout { .. }), "{error}");
    let Err(error) = Prometheus::new(settings("ftp://user:s3cret@x"), Arc::new(SystemClock::new())) else { panic!() };
    assert!(!error.to_string().contains("s3cret"), "{error}");
}

/// An endless stream of series: what stops it must be our limit.
async fn flood(sent: Arc<AtomicUsize>) -> String {
    serve_bytes(move |mut stream| {
        let sent = sent.clone();
        async move {
            let head = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[";
            let _ = stream.write_all(head.as_bytes()).await;
            let many = "{\"metric\":{\"pod\":\"p\"},\"values\":[[1700000000,\"1\"]]},".repeat(1000);
            while stream.write_all(many.as_bytes()).await.is_ok() {
                sent.fetch_add(many.len(), Ordering::SeqCst);
            }
        }
    })
    .await
}

#[tokio::test]
async fn floods_are_stopped_while_they_arrive() {
    let sent = Arc::new(AtomicUsize::new(0));
    let url = flood(sent.clone()).await;
    let one = PrometheusSettings { timeout: Span::from_secs(60), ..settings(&url) };
    let error = read(&Prometheus::new(one.clone(), Arc::new(SystemClock::new())).unwrap(), &ask()).await.unwrap_err();
    let want = SourceError::TooMuch { url: url.clone(), what: "series", limit: 1_000_000, selector: "up".into() };
    assert_eq!(error, want);
    let bytes = sent.load(Ordering::SeqCst);
    assert!(bytes < 100 << 20, "a million series of 55 bytes, not {bytes} bytes");

    let small = PrometheusSettings { max_bytes: 10_000, ..one };
    let error = read(&Prometheus::new(small, Arc::new(SystemClock::new())).unwrap(), &ask()).await.unwrap_err();
    assert!(matches!(error, SourceError::TooMuch { what: "bytes", .. }), "{error}");
}

#[tokio::test]
async fn too_many_samples_are_refused() {
    let values: Vec<String> = (1..100).map(|i| format!("[{}.5,\"1\"]", T0.0 / 1000 + i)).collect();
    let body = format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[{{"metric":{{}},"values":[{}]}}]}}}}"#,
        values.join(",")
    );
    let url = serve(move |_| body.clone().into_response()).await;
    let limited = PrometheusSettings { max_samples: 20, ..settings(&url) };
    let error = read(&Prometheus::new(limited, Arc::new(SystemClock::new())).unwrap(), &ask()).await.unwrap_err();
    assert!(matches!(error, SourceError::TooMuch { what: "samples", limit: 20, .. }), "{error}");
    assert_eq!(read(&source(&url), &ask()).await.unwrap().0.len(), 59);
}

#[tokio::test]
async fn warnings_and_partial_answers_are_told() {
    let body = |extra: &str| format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[]}}{extra}}}"#);
    for (extra, partial, warnings) in [
        ("", false, vec![]),
        (r#","warnings":["No StoreAPIs\nmatched"]"#, true, vec!["No StoreAPIs matched"]),
        (r#","warnings":["PromQL warning: x"],"infos":["PromQL info: y"]"#, false, vec!["PromQL warning: x", "PromQL info: y"]),
        (r#","isPartial":true"#, true, vec!["the server says that its answer is partial"]),
    ] {
        let text = body(extra);
        let url = serve(move |_| text.clone().into_response()).await;
        let coverage = read(&source(&url), &ask()).await.unwrap().1;
        assert_eq!((coverage.partial, coverage.warnings), (partial, warnings.iter().map(|w| (*w).to_owned()).collect()));
    }
}

/// What a Prometheus with native histograms answers: floats of one series, histograms of another, both of a third.
#[tokio::test]
async fn native_histograms_in_answers_are_left_out_and_named() {
    let at = T0.0 / 1000;
    let histogram = |at: i64| {
        format!(
            r#"[{at},{{"count":"12","sum":"3.5","buckets":[[3,"-0.001","0.001","4"],[0,"0.5","0.7071","6"],[1,"1","1.41","2"]]}}]"#
        )
    };
    let (first, second) = (histogram(at + 15), histogram(at + 30));
    let body = format!(
        r#"{{"status":"success","data":{{"resultType":"matrix","result":[
        {{"metric":{{"__name__":"up","job":"a"}},"values":[[{},"7"],[{},"9"]]}},
        {{"metric":{{"__name__":"up","job":"b"}},"histograms":[{first},{second}]}},
        {{"metric":{{"__name__":"up","job":"c"}},"values":[[{},"1"]],"histograms":[{second}]}}]}}}}"#,
        at + 15,
        at + 30,
        at + 15,
    );
    let url = serve(move |_| body.clone().into_response()).await;
    let (batch, coverage) = read(&source(&url), &ask()).await.unwrap();
    assert_eq!(
        super::lines(&batch),
        ["up{job=\"a\"} 15000 7", "up{job=\"a\"} 30000 9", "up{job=\"c\"} 15000 1"],
        "floats come, histograms do not"
    );
    assert_eq!((coverage.series, coverage.samples, coverage.partial), (2, 3, false));
    assert_eq!(coverage.warnings, ["2 series of up hold native histograms, which are left out"]);
}

#[tokio::test]
async fn secrets_are_sent_and_never_told() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let kept = seen.clone();
    let url = serve(move |request| {
        let header = |n: &str| request.headers().get(n).map_or("", |v| v.to_str().unwrap()).to_owned();
        let (auth, tenant) = (header("authorization"), header("x-scope-orgid"));
        let repeated = format!("{{\"status\":\"error\",\"error\":\"not you: {auth} {tenant}\"}}");
        kept.lock().unwrap().push((auth, tenant, header("accept-encoding"), request.uri().to_string()));
        (axum::http::StatusCode::BAD_REQUEST, repeated).into_response()
    })
    .await;
    let secret = |text: &str| SecretSource::Inline(Secret::new(text));
    let plain = PrometheusSettings { headers: vec![("X-Scope-OrgID".into(), secret("tenant-1234"))], ..settings(&url) };
    let bearer = PrometheusSettings { bearer: Some(secret("token-5678")), ..plain.clone() };
    let basic = BasicAuth { user: "ann".into(), password: secret("pass-9012") };
    let basic = PrometheusSettings { basic: Some(basic), ..plain.clone() };
    let inside = PrometheusSettings { url: url.replace("http://", "http://ann:pass-9012@"), ..plain };
    for (settings, want) in
        [(bearer, "Bearer token-5678"), (basic, "Basic YW5uOnBhc3MtOTAxMg=="), (inside, "Basic YW5uOnBhc3MtOTAxMg==")]
    {
        let shown = format!("{settings:?}");
        let live = Prometheus::new(settings, Arc::new(SystemClock::new())).unwrap();
        let error = read(&live, &ask()).await.unwrap_err();
        let text = format!("{shown} {error} {error:?} {}", live.name());
        for secret in ["1234", "5678", "9012"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("not you"), "{text}");
        let (auth, tenant, encoding, path) = seen.lock().unwrap().pop().unwrap();
        assert_eq!((auth.as_str(), tenant.as_str(), path.as_str()), (want, "tenant-1234", "/api/v1/query"));
        assert_eq!(encoding, "", "compression is not asked for");
    }
}

#[tokio::test]
async fn credentials_do_not_follow_redirects_elsewhere() {
    let there = serve(|_| panic!("asked with credentials of another host")).await.replace("127.0.0.1", "localhost");
    let to = there.clone();
    let here = serve(move |_| {
        (axum::http::StatusCode::TEMPORARY_REDIRECT, [("location", format!("{to}/api/v1/query?token=x"))]).into_response()
    })
    .await;
    let settings = PrometheusSettings { bearer: Some(SecretSource::Inline(Secret::new("token-5678"))), ..settings(&here) };
    let error = read(&Prometheus::new(settings, Arc::new(SystemClock::new())).unwrap(), &ask()).await.unwrap_err();
    let want = format!("it redirects to {there}/api/v1/query; configure that address instead");
    assert_eq!(error, SourceError::Refused { url: here, message: want });
}

#[tokio::test]
async fn a_token_file_that_is_missing_is_named() {
    let url = serve(|_| "{}".into_response()).await;
    let settings = PrometheusSettings { bearer: Some(SecretSource::File("/nowhere/token".into())), ..settings(&url) };
    let error = read(&Prometheus::new(settings, Arc::new(SystemClock::new())).unwrap(), &ask()).await.unwrap_err();
    assert!(matches!(&error, SourceError::Unreachable { why, .. } if why.contains("/nowhere/token")), "{error}");
}

#[tokio::test]
async fn a_failing_server_is_left_alone_until_its_circuit_closes() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let url = serve(move |_| {
        let fine = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
        let down = count.fetch_add(1, Ordering::SeqCst) < 5;
        if down { (axum::http::StatusCode::BAD_GATEWAY, "down").into_response() } else { fine.into_response() }
    })
    .await;
    let clock = Arc::new(ManualClock::eager(T0));
    let live = collector::connect(settings(&url), clock.clone()).unwrap();
    let mut open_until = None;
    for i in 0..10 {
        let ask = raw(&Selector::metric("up"), Span::ZERO, Span::from_secs(60 + i));
        if let Err(SourceError::CircuitOpen { until, why, .. }) = read(&live, &ask).await {
            assert!(why.contains("HTTP 502"), "{why}");
            open_until = Some(until);
        }
    }
    assert_eq!(asked.load(Ordering::SeqCst), 5);
    clock.advance_to(open_until.unwrap());
    assert!(read(&live, &ask()).await.is_ok());
    assert_eq!(asked.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn damaged_chunks_are_told_and_a_refusal_of_remote_read_falls_back() {
    for (kind, body, want) in [
        (
            "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse",
            "\u{5}abcdefghi",
            Err("a frame with a wrong checksum"),
        ),
        ("application/x-streamed-protobuf", "\u{5}ab", Err("a stream of chunks that was cut off")),
        ("application/x-protobuf", "whatever", Ok(0)),
        ("text/html", "<html></html>", Ok(0)),
    ] {
        let url = serve(move |request| match request.uri().path() {
            "/api/v1/status/config" => {
                r#"{"status":"success","data":{"yaml":"global:\n  scrape_interval: 15s\n"}}"#.into_response()
            }
            "/api/v1/read" => ([("content-type", kind)], body).into_response(),
            _ => r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#.into_response(),
        })
        .await;
        let ask = raw(&Selector::metric("up"), Span::ZERO, Span::from_days(2));
        let got = read(&source(&url), &ask).await.map(|(batch, _)| batch.len());
        match want {
            Ok(samples) => assert_eq!(got, Ok(samples)),
            Err(what) => assert_eq!(got, Err(SourceError::Garbled { url, what: what.into() })),
        }
    }
}
