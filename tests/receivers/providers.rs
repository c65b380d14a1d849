//! Every service's receiver against servers that answer as the service does, well and badly.

use super::bench::START;
use super::crooked::{Crooked, Does};
use super::webhook::row;
use burnledger::domain::base::{Language, Mono, Now, Severity, SloId, Span};
use burnledger::domain::incident::ReasonText;
use burnledger::domain::paging::{Dispatch, DispatchKind, SendOutcome};
use burnledger::kit::http::{Address, HttpSettings};
use burnledger::kit::secrets::{Secret, SecretSource};
use burnledger::notify::{Basics, DingTalk, Feishu, Ntfy, Opsgenie, PagerDuty, Service, Slack, WeCom};
use burnledger::ports::Notifier;
use serde_json::Value;

pub(crate) const NOW: Now = Now { wall: START, mono: Mono(0) };
pub(crate) const ALL: [&str; 7] = ["pagerduty", "opsgenie", "slack", "feishu", "dingtalk", "wecom", "ntfy"];

fn secret(text: &str) -> SecretSource {
    SecretSource::Inline(Secret::new(text))
}

/// A receiver of a service at a port of this machine, with short time-outs.
pub(crate) fn service(kind: &str, port: u16, language: Language) -> Service {
    let http = HttpSettings { connect: Span(400), total: Span(400), ..HttpSettings::default() };
    let basics = Basics { http, language, ..Basics::new("svc") };
    let here = format!("http://127.0.0.1:{port}");
    let address = Address::parse(&here).unwrap();
    let url = |path: &str| secret(&format!("{here}/{path}"));
    let made = match kind {
        "pagerduty" => Service::new(basics, PagerDuty { routing_key: secret("r0uting-key-of-32-characters-xxx"), address }),
        "opsgenie" => {
            let (teams, tags) = (vec!["payments".into()], vec!["slo".into()]);
            Service::new(basics, Opsgenie { api_key: secret("g3nie-key"), address, teams, tags })
        }
        "slack" => Service::new(basics, Slack { url: url("services/T0/B0/sl4ck-token") }),
        "feishu" => {
            let url = url("open-apis/bot/v2/hook/f3ishu-token");
            Service::new(basics, Feishu { url, secret: Some(secret("f3ishu-secret")), mention_all: true })
        }
        "dingtalk" => {
            let url = url("robot/send?access_token=d1ng-token");
            let secret = Some(secret("SECd1ng"));
            Service::new(basics, DingTalk { url, secret, mobiles: vec!["13800000000".into()], mention_all: false })
        }
        "wecom" => Service::new(basics, WeCom { url: url("cgi-bin/webhook/send?key=w3com-key-x"), mention: vec!["ann".into()] }),
        "ntfy" => Service::new(basics, Ntfy { address, topic: secret("t0pic-of-ours") }),
        other => panic!("{other}"),
    };
    made.unwrap()
}

/// `delivered`, `retry`, `retry after 7s` or `refused`, and what was said.
pub(crate) fn word(outcome: &SendOutcome) -> (String, String) {
    match outcome {
        SendOutcome::Delivered { detail } => ("delivered".to_owned(), detail.to_string()),
        SendOutcome::Retry { after: None, why } => ("retry".to_owned(), why.to_string()),
        SendOutcome::Retry { after: Some(after), why } => (format!("retry after {after}"), why.to_string()),
        SendOutcome::Permanent { why } => ("refused".to_owned(), why.to_string()),
    }
}

async fn answered(kind: &str, does: Does) -> (String, String) {
    let server = Crooked::start([does]).await;
    word(&service(kind, server.port, Language::En).deliver(&row(DispatchKind::First, Severity::P0), NOW).await)
}

#[tokio::test]
async fn whatever_fails_on_the_way_is_tried_again_and_no_success_is_believed_that_was_not_said() {
    for kind in ALL {
        for (does, want) in [
            (Does::status(500), "retry"),
            (Does::Says(503, "Retry-After: 120\r\n", String::new()), "retry after 2m"),
            (Does::Says(429, "Retry-After: 7\r\n", String::new()), "retry after 7s"),
            (Does::Nothing, "retry"),
            (Does::HalfBody, "retry"),
            (Does::Close, "retry"),
            (Does::body(200, "{}"), "retry"),
            (Does::body(200, ""), "retry"),
            (Does::body(200, "<html>please log in</html>"), "refused"),
            (Does::status(401), "refused"),
        ] {
            let told = format!("{kind} {does:?}");
            let (got, why) = answered(kind, does).await;
            assert_eq!(got, want, "{told}: {why}");
        }
    }
}

#[tokio::test]
async fn each_answer_is_read_in_the_services_own_terms() {
    for (kind, status, body, want, says) in [
        ("pagerduty", 202, r#"{"status":"success","message":"Event processed","dedup_key":"x"}"#, "delivered", "Event processed"),
        ("pagerduty", 202, r#"{"status":"invalid event"}"#, "refused", "invalid event"),
        ("pagerduty", 400, r#"{"status":"invalid event","errors":["bad key"]}"#, "refused", "bad key"),
        ("opsgenie", 202, r#"{"result":"Request will be processed","took":0.3,"requestId":"43a2"}"#, "delivered", "43a2"),
        ("opsgenie", 422, r#"{"message":"Request body is not processable"}"#, "refused", "processable"),
        ("slack", 200, "ok", "delivered", "ok"),
        ("slack", 200, "no_text", "refused", "no_text"),
        ("slack", 403, "action_prohibited", "refused", "action_prohibited"),
        ("slack", 404, "no_service", "refused", "was removed"),
        ("feishu", 200, r#"{"code":0,"msg":"success","data":{}}"#, "delivered", "success"),
        ("feishu", 200, r#"{"StatusCode":0,"StatusMessage":"success"}"#, "delivered", "success"),
        ("feishu", 200, r#"{"code":11232,"msg":"frequency limited"}"#, "retry", "11232"),
        ("feishu", 400, r#"{"code":11232,"msg":"frequency limited"}"#, "retry", "11232"),
        ("feishu", 200, r#"{"code":19024,"msg":"Key Words Not Found"}"#, "refused", "keyword"),
        ("feishu", 200, r#"{"code":9499,"msg":"Bad Request"}"#, "refused", "9499"),
        ("feishu", 200, r#"{"msg":"success"}"#, "retry", "no answer of Feishu"),
        ("dingtalk", 200, r#"{"errcode":0,"errmsg":"ok"}"#, "delivered", "ok"),
        (
            "dingtalk",
            200,
            r#"{"errcode":130101,"errmsg":"send too fast, exceed 20 times per minute"}"#,
            "retry after 1m",
            "130101",
        ),
        ("dingtalk", 200, r#"{"errcode":410100,"errmsg":"too fast"}"#, "retry after 1m", "410100"),
        ("dingtalk", 200, r#"{"errcode":-1,"errmsg":"system busy"}"#, "retry", "busy"),
        ("dingtalk", 200, r#"{"errcode":310000,"errmsg":"keywords not in content"}"#, "refused", "wants a keyword"),
        ("dingtalk", 200, r#"{"errcode":310000,"errmsg":"sign not match"}"#, "refused", "secret and this machine's clock"),
        (
            "dingtalk",
            200,
            r#"{"errcode":310000,"errmsg":"ip 1.2.3.4 not in whitelist"}"#,
            "refused",
            "does not allow this machine",
        ),
        ("wecom", 200, r#"{"errcode":0,"errmsg":"ok"}"#, "delivered", "ok"),
        ("wecom", 200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#, "retry after 1m", "45009"),
        ("wecom", 200, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#, "refused", "was removed"),
        ("ntfy", 200, r#"{"id":"sPs71M8A2T","event":"message","topic":"x"}"#, "delivered", "sPs71M8A2T"),
        ("ntfy", 413, r#"{"code":41301,"http":413,"error":"attachment too large"}"#, "refused", "too large"),
    ] {
        let (got, text) = answered(kind, Does::body(status, body)).await;
        assert_eq!(got, want, "{kind} {body}: {text}");
        assert!(text.contains(says), "{kind} {body}: {text}");
    }
}

/// A page as long as pages become, full of what could act.
fn long(kind: DispatchKind) -> Dispatch {
    let mut page = row(kind, Severity::P0);
    let text = "<!channel> *燃烧* [x](http://evil) @all \"\\ 订单服务的错误率超过了阈值 ".repeat(40);
    let c = &mut page.content;
    c.service = "订单".repeat(60).into();
    c.slos = (0..9).map(|n| SloId::new("订单", &format!("availability-of-{n}"))).collect();
    c.reasons = vec![ReasonText { code: "custom".into(), value: 1.0, threshold: 1.0, text: text.into() }; 30];
    c.owner = Some("付款".repeat(200).into());
    page
}

fn at<'a>(body: &'a Value, path: &str) -> &'a str {
    body.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

#[tokio::test]
async fn the_longest_page_fits_every_service_in_its_own_unit() {
    for language in [Language::En, Language::Zh] {
        for kind in ALL {
            let server = Crooked::start([]).await;
            service(kind, server.port, language).deliver(&long(DispatchKind::First), NOW).await;
            let seen = server.seen().remove(0);
            let (body, bytes) = (&seen.body, seen.raw.len());
            let chars = |path: &str| at(body, path).chars().count();
            match kind {
                "pagerduty" => assert!(bytes < 512 * 1024 && chars("/payload/summary") <= 1024 && chars("/dedup_key") <= 255),
                "opsgenie" => assert!(chars("/message") <= 130 && chars("/description") <= 15_000 && chars("/alias") <= 512),
                "slack" => {
                    assert!(chars("/blocks/0/text/text") <= 150 && chars("/blocks/1/text/text") <= 3000 && bytes < 40_000);
                    let all = format!("{} {}", at(body, "/text"), at(body, "/blocks/1/text/text"));
                    assert!(all.contains("&lt;!channel&gt;") && !all.contains("<!channel>"), "{all}");
                }
                "feishu" => {
                    assert!(bytes <= 20 * 1024, "{bytes}");
                    let text = at(body, "/card/elements/0/text/content");
                    assert!(text.ends_with("<at id=all></at>") && text.matches('<').count() == 2, "{text}");
                }
                "dingtalk" => {
                    assert!(bytes <= 20_000, "{bytes}");
                    let text = at(body, "/markdown/text");
                    assert!(text.ends_with(" @13800000000") && !text.contains("@all") && !text.contains("[x]"), "{text}");
                }
                "wecom" => {
                    let text = at(body, "/markdown/content");
                    assert!(text.len() <= 4096 && text.ends_with(" <@ann>"), "{} {text}", text.len());
                }
                _ => assert!(at(body, "/message").len() <= 4096 && at(body, "/title").len() <= 250, "{bytes}"),
            }
            assert!(seen.raw.contains('…'), "{kind}: it was cut with a mark");
        }
    }
}

#[tokio::test]
async fn a_page_says_how_bad_since_when_why_what_is_left_what_it_costs_and_what_to_do() {
    let money = |n: &str| {
        let currency = burnledger::domain::base::Currency::parse("USD").unwrap();
        Some(burnledger::domain::base::Money::new(n.parse().unwrap(), currency))
    };
    for kind in ALL {
        let server = Crooked::start([]).await;
        let mut page = row(DispatchKind::First, Severity::P0);
        page.content.reasons[0].text = "burn 28.0x over 1h, above 14.4x".into();
        (page.content.cost_so_far, page.content.cost_per_minute) = (money("26711.04"), money("918"));
        service(kind, server.port, Language::En).deliver(&page, NOW).await;
        let raw = server.seen()[0].raw.clone();
        for fact in ["P0", "checkout", "2026-03-02 02:11:00", "28.0x", "50.0%", "26,711.04", "918.00", "incidents ack 17"] {
            assert!(raw.contains(fact), "{kind} does not tell {fact}: {raw}");
        }
        assert!(raw.contains("https://runbooks.example/checkout"), "{kind}: {raw}");
    }
}

#[tokio::test]
async fn one_incident_has_one_key_from_its_first_page_to_its_end() {
    let server = Crooked::start([]).await;
    let duty = service("pagerduty", server.port, Language::En);
    for (kind, severity) in
        [(DispatchKind::First, Severity::P1), (DispatchKind::Raised, Severity::P0), (DispatchKind::Resolved, Severity::P0)]
    {
        duty.deliver(&row(kind, severity), NOW).await;
    }
    let seen = server.seen();
    let told = |i: usize| (seen[i].text("/event_action"), seen[i].text("/dedup_key"), seen[i].text("/payload/severity"));
    let key = || "burnledger/lab/17".to_owned();
    assert_eq!(told(0), ("trigger".into(), key(), "error".into()));
    assert_eq!(told(1), ("trigger".into(), key(), "critical".into()));
    assert_eq!(told(2), ("resolve".into(), key(), String::new()));

    let server = Crooked::start([]).await;
    let genie = service("opsgenie", server.port, Language::En);
    genie.deliver(&row(DispatchKind::First, Severity::P0), NOW).await;
    genie.deliver(&row(DispatchKind::Resolved, Severity::P0), NOW).await;
    let seen = server.seen();
    assert_eq!((seen[0].text("/alias"), seen[0].text("/priority")), (key(), "P1".into()));
    assert_eq!(seen[1].line, "POST /v2/alerts/burnledger%2Flab%2F17/close?identifierType=alias HTTP/1.1");
    assert_eq!(seen[1].headers["authorization"], "GenieKey g3nie-key");
}

#[tokio::test]
async fn secrets_are_sent_and_never_told() {
    let secrets = [
        "r0uting-key",
        "g3nie-key",
        "sl4ck-token",
        "f3ishu-token",
        "f3ishu-secret",
        "d1ng-token",
        "SECd1ng",
        "w3com-key",
        "t0pic-of",
    ];
    for kind in ALL {
        let server = Crooked::acting(|seen| {
            let all = format!("{} {:?} {} f3ishu-secret SECd1ng", seen.line, seen.headers, seen.raw);
            Does::body(500, &all.replace("HTTP/1.1", ""))
        })
        .await;
        let service = service(kind, server.port, Language::En);
        let told = format!("{:?} {service:?}", service.deliver(&row(DispatchKind::First, Severity::P0), NOW).await);
        let sent = &server.seen()[0];
        let sent = format!("{} {:?} {}", sent.line, sent.headers, sent.raw);
        let own: Vec<&&str> = secrets.iter().filter(|s| sent.contains(**s)).collect();
        assert!(!own.is_empty(), "{kind}");
        for secret in own {
            assert!(!told.contains(*secret), "{kind} tells {secret}: {told}");
        }
    }
}

#[tokio::test]
async fn a_template_makes_any_form_and_no_name_breaks_out_of_it() {
    use burnledger::notify::{Template, Webhook, WebhookSettings};
    let render = async |source: &str, kind: &str, service: &str| {
        let server = Crooked::start([]).await;
        let mut settings = WebhookSettings::new("hook", secret(&server.url()));
        settings.template = Some(Template::new(source, kind).map_err(|e| e.to_string())?);
        let mut page = row(DispatchKind::First, Severity::P0);
        page.content.service = service.into();
        let outcome = Webhook::new(settings).unwrap().deliver(&page, NOW).await;
        match server.seen().pop() {
            Some(seen) => Ok((seen.headers["content-type"].clone(), seen.raw)),
            None => Err(format!("{outcome:?}")),
        }
    };
    let hostile = "a\"}, \"admin\": {\"x\": \"y";
    let json = r#"{"msg": {{ service }}, "sev": {{ severity }}, "cost": {{ numbers.cost_so_far }}}"#;
    let (kind, raw) = render(json, "application/json", hostile).await.unwrap();
    let document: Value = serde_json::from_str(&raw).unwrap();
    assert_eq!((kind.as_str(), at(&document, "/msg"), document.get("admin")), ("application/json", hostile, None));
    let (_, raw) = render("<b>{{ service }}</b>", "text/html", "<script>").await.unwrap();
    assert_eq!(raw, "<b>&lt;script&gt;</b>");
    let (_, raw) = render("{{ severity }} {{ text.title }}", "text/plain", "x").await.unwrap();
    assert!(raw.starts_with("P0 [P0] x"), "{raw}");
    for (source, kind, says) in [
        ("{{ service", "text/plain", "cannot be used"),
        ("x", "image/png", "is none of"),
        ("{\"a\": {{ service }}", "application/json", "no JSON"),
        ("{% for a in range(9000) %}{% for b in range(9000) %}x{% endfor %}{% endfor %}", "text/plain", "fuel"),
        ("{% include 'passwd' %}", "text/plain", "cannot be used"),
    ] {
        let error = render(source, kind, "x").await.unwrap_err();
        assert!(error.contains(says), "{source}: {error}");
    }
}
