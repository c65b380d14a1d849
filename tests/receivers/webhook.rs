//! The webhook against a server that answers well and badly.

use super::bench::{START, content};
use super::crooked::{Crooked, Does};
use burnledger::domain::base::{IncidentId, Mono, Now, Severity, Span};
use burnledger::domain::paging::{Dispatch, DispatchId, DispatchKind, DispatchState, SendOutcome};
use burnledger::kit::http::HttpSettings;
use burnledger::kit::secrets::{Secret, SecretSource};
use burnledger::notify::{Webhook, WebhookSettings};
use burnledger::ports::Notifier;

const NOW: Now = Now { wall: START, mono: Mono(0) };

pub(crate) fn row(kind: DispatchKind, severity: Severity) -> Dispatch {
    Dispatch {
        id: DispatchId(1),
        incident: IncidentId(17),
        key: "burnledger/lab/17".into(),
        kind,
        severity,
        level: 0,
        receiver: "hook".into(),
        number: 2,
        content: content("checkout"),
        created: START,
        attempts: 1,
        next_at: START,
        state: DispatchState::Sending,
        possible_repeat: false,
        detail: "".into(),
        settled: None,
    }
}

fn secret(text: &str) -> SecretSource {
    SecretSource::Inline(Secret::new(text))
}

fn settings(url: &str) -> WebhookSettings {
    let http = HttpSettings { connect: Span(400), total: Span(400), ..HttpSettings::default() };
    WebhookSettings { http, ..WebhookSettings::new("hook", secret(url)) }
}

async fn outcome(does: Does) -> (String, String) {
    let server = Crooked::start([does]).await;
    let hook = Webhook::new(settings(&server.url())).unwrap();
    let (word, text) = match hook.deliver(&row(DispatchKind::First, Severity::P0), NOW).await {
        SendOutcome::Delivered { detail } => ("delivered".to_owned(), detail),
        SendOutcome::Retry { after: None, why } => ("retry".to_owned(), why),
        SendOutcome::Retry { after: Some(after), why } => (format!("retry after {after}"), why),
        SendOutcome::Permanent { why } => ("refused".to_owned(), why),
    };
    (word, text.replace(&format!("http://127.0.0.1:{}: ", server.port), ""))
}

#[tokio::test]
async fn an_answer_is_judged_by_its_status_and_its_body() {
    let wait = |header| Does::Says(429, header, String::new());
    for (does, word, says) in [
        (Does::ok(), "delivered", r#"HTTP 200: {"ok":true}"#),
        (Does::status(204), "delivered", "HTTP 204"),
        (Does::body(200, r#"{"errcode":130101,"errmsg":"send too fast"}"#), "retry after 1m", "130101"),
        (Does::body(200, r#"{"errcode":310000,"errmsg":"keywords not in content"}"#), "refused", "keywords"),
        (Does::body(200, r#"{"code":19021,"msg":"sign match fail"}"#), "refused", "19021"),
        (Does::body(200, r#"{"ok":false,"error":"invalid_auth"}"#), "refused", "invalid_auth"),
        (Does::body(200, "<html><title>Sign in</title>"), "refused", "a web page"),
        (wait("Retry-After: 7\r\n"), "retry after 7s", "HTTP 429"),
        (wait("Retry-After: Mon, 02 Mar 2026 02:17:42 GMT\r\n"), "retry after 42s", "HTTP 429"),
        (wait(""), "retry", "HTTP 429"),
        (Does::body(500, "<b>boom\u{1b}[31m</b>"), "retry", "HTTP 500: <b>boom [31m</b>"),
        (Does::Says(503, "Retry-After: 120\r\n", String::new()), "retry after 2m", "HTTP 503"),
        (Does::Nothing, "retry", "no answer within 0.4s"),
        (Does::HalfBody, "retry", "HTTP 200, but the answer was cut off"),
        (Does::Close, "retry", ""),
        (Does::body(404, "no such hook"), "refused", "HTTP 404: no such hook"),
        (Does::status(401), "refused", "HTTP 401"),
        (Does::Says(302, "Location: http://127.0.0.1:1/login\r\n", String::new()), "refused", "redirects"),
    ] {
        let told = format!("{does:?}");
        let (got, text) = outcome(does).await;
        assert_eq!(got, word, "{told}: {text}");
        assert!(text.contains(says), "{told}: {text}");
    }
}

#[tokio::test]
async fn nobody_there_is_tried_again() {
    let port = crate::support::free_port();
    let hook = Webhook::new(settings(&format!("http://127.0.0.1:{port}/"))).unwrap();
    let outcome = hook.deliver(&row(DispatchKind::First, Severity::P0), NOW).await;
    assert!(matches!(&outcome, SendOutcome::Retry { why, .. } if why.contains("no connection")), "{outcome:?}");
}

#[tokio::test]
async fn the_document_tells_everything_and_names_itself_the_same_at_every_try() {
    let server = Crooked::start([]).await;
    let hook = Webhook::new(settings(&server.url())).unwrap();
    let mut page = row(DispatchKind::Raised, Severity::P0);
    hook.deliver(&page, NOW).await;
    page.attempts = 2;
    page.possible_repeat = true;
    hook.deliver(&page, NOW).await;
    let seen = server.seen();
    let body = &seen[0].body;
    for (path, value) in [
        ("/version", "burnledger/page/v1"),
        ("/key", "burnledger/lab/17"),
        ("/kind", "raised"),
        ("/status", "firing"),
        ("/severity", "P0"),
        ("/incident/name", "INC-0017"),
        ("/service", "checkout"),
        ("/slos/0", "checkout/availability"),
        ("/reasons/0/code", "burn_rate"),
        ("/times/impact_start", "2026-03-02T02:11:00Z"),
        ("/times/sent", "2026-03-02T02:17:00Z"),
        ("/text/title", "[P0] checkout: raised to P0, availability is failing (INC-0017)"),
        ("/links/runbook", "https://runbooks.example/checkout"),
    ] {
        assert_eq!(seen[0].text(path), value, "{path} in {body:#}");
    }
    assert_eq!(body.pointer("/numbers/bad"), Some(&serde_json::json!(12)));
    assert_eq!(body.pointer("/numbers/cost_so_far"), Some(&serde_json::Value::Null), "not estimated is null, not 0");
    assert_eq!(seen[1].body["possible_repeat"], true);
    assert_eq!(seen[0].headers["idempotency-key"], "burnledger/lab/17/raised/0/2");
    assert_eq!(seen[0].headers["idempotency-key"], seen[1].headers["idempotency-key"]);
    assert_eq!(seen[0].headers["content-type"], "application/json");
}

#[tokio::test]
async fn secrets_go_out_and_never_come_back() {
    let echo =
        r#"{"ok":false,"error":"no: /services/T0/B0/tok3n-of-the-path?sig=s1gnatur3 Bearer bearer-secret X tenant-secret"}"#;
    let server = Crooked::start([Does::body(200, echo), Does::body(500, echo), Does::HalfBody]).await;
    let url = format!("http://ann:passw0rd-x@127.0.0.1:{}/services/T0/B0/tok3n-of-the-path?sig=s1gnatur3", server.port);
    let mut settings = settings(&url);
    settings.http.bearer = Some(secret("bearer-secret"));
    settings.http.headers = vec![("X-Tenant".into(), secret("tenant-secret"))];
    let hook = Webhook::new(settings.clone()).unwrap();
    for _ in 0..3 {
        let told = format!("{:?} {hook:?} {settings:?}", hook.deliver(&row(DispatchKind::First, Severity::P0), NOW).await);
        for secret in ["tok3n", "s1gnatur3", "bearer-secret", "tenant-secret", "passw0rd"] {
            assert!(!told.contains(secret), "{secret} in {told}");
        }
    }
    let seen = &server.seen()[0];
    assert_eq!(seen.line, "POST /services/T0/B0/tok3n-of-the-path?sig=s1gnatur3 HTTP/1.1");
    assert_eq!(seen.headers["x-tenant"], "tenant-secret");
    assert!(seen.headers["authorization"].starts_with("Basic "), "credentials in the address are the nearer ones");
}

#[tokio::test]
async fn a_url_file_is_read_anew_and_a_missing_one_is_tried_again() {
    let server = Crooked::start([]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hook-url");
    let settings = WebhookSettings::new("hook", SecretSource::File(path.clone()));
    let hook = Webhook::new(settings).unwrap();
    let page = row(DispatchKind::First, Severity::P0);
    assert!(matches!(hook.deliver(&page, NOW).await, SendOutcome::Retry { .. }));
    std::fs::write(&path, server.url()).unwrap();
    assert!(matches!(hook.deliver(&page, NOW).await, SendOutcome::Delivered { .. }));
}
