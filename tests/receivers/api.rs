//! The API over a real socket and a real ledger: who may change what, and what other tools tell.

use super::bench::START;
use burnledger::app::desk::LedgerDesk;
use burnledger::app::intake::LedgerIntake;
use burnledger::clock::ManualClock;
use burnledger::domain::base::{CommitId, IncidentId, Seq, Severity, SloId, Span};
use burnledger::domain::incident::{Actor, Fact, Incident, IncidentRef, Incidents, NewEntry, Onset, Phase};
use burnledger::domain::paging::Commit;
use burnledger::domain::view::Snapshot;
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Clock, Ledger};
use burnledger::serve::{Served, Tokens, listen, serve};
use burnledger::telemetry::Metrics;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

const TOKEN: &str = "0123456789abcdef-ann";

struct Api {
    port: u16,
    ledger: Arc<dyn Ledger>,
    clock: Arc<ManualClock>,
    _stop: watch::Sender<bool>,
    _snapshots: watch::Sender<Arc<Snapshot>>,
    _dir: tempfile::TempDir,
}

async fn open(for_reading: bool) -> Api {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tokens");
    std::fs::write(&file, format!("# people\nann {TOKEN}\nshort tiny\n")).unwrap();
    let (listener, at) = listen("127.0.0.1:0").await.unwrap();
    let clock = Arc::new(ManualClock::new(START));
    let ledger: Arc<dyn Ledger> = Arc::new(MemoryLedger::new("lab"));
    let (snapshots, stop) = (watch::Sender::default(), watch::Sender::new(false));
    let served = Served {
        snapshots: watch::Sender::subscribe(&snapshots),
        metrics: Metrics::default(),
        clock: clock.clone(),
        desk: Arc::new(LedgerDesk::new(ledger.clone(), clock.clone(), "api")),
        intake: Arc::new(LedgerIntake::new(ledger.clone(), clock.clone())),
        tokens: Tokens { file: Some(file), for_reading },
        root_causes: ["capacity".into(), "change".into()].into(),
    };
    tokio::spawn(serve(listener, served, stop.subscribe()));
    Api { port: at.port(), ledger, clock, _stop: stop, _snapshots: snapshots, _dir: dir }
}

impl Api {
    async fn ask(&self, method: &str, path: &str, token: Option<&str>, more: &str, body: &str) -> (u16, Value) {
        let mut link = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let token = token.map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
        let head = format!("{method} {path} HTTP/1.0\r\nHost: x\r\n{token}{more}Content-Length: {}\r\n\r\n{body}", body.len());
        link.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        link.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|_| Value::from(body)))
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask("POST", path, Some(TOKEN), "", &body.to_string()).await
    }

    async fn opens(&self) -> IncidentId {
        let onset = Onset {
            service: "checkout".into(),
            slos: vec![SloId::new("checkout", "availability")],
            severity: Some(Severity::P0),
            rules: vec![],
            reasons: vec![],
            impact_start: START,
            detected: START,
            rulebook: "rb".into(),
            drill: false,
        };
        let entry = NewEntry {
            incident: IncidentRef::Opens(0),
            fact: Fact::Opened(onset),
            at: START,
            actor: Actor::Auto,
            source: "watch".into(),
            corrects: None,
        };
        let commit = Commit { id: CommitId("open".into()), entries: vec![entry], dispatches: vec![], decided_at: None };
        self.ledger.commit(commit, None, self.clock.now()).await.unwrap()[0].incident
    }

    async fn fold(&self) -> Incidents {
        Incidents::replay(&self.ledger.since(Seq(0), 1000).await.unwrap())
    }

    async fn incident(&self, id: u64) -> Arc<Incident> {
        self.fold().await.get(IncidentId(id)).unwrap().clone()
    }
}

#[tokio::test]
async fn nothing_is_changed_without_a_token_and_its_name_is_who_did_it() {
    let api = open(false).await;
    let id = api.opens().await.0;
    let path = format!("/api/v1/incidents/{id}/ack");
    for token in [None, Some("wrong-token-of-length"), Some("tiny"), Some("")] {
        assert_eq!(api.ask("POST", &path, token, "", "").await.0, 401, "{token:?}");
    }
    assert_eq!(api.incident(id).await.phase, Phase::Open);
    assert_eq!(api.ask("POST", &path, Some(TOKEN), "", "").await.0, 200);
    let incident = api.incident(id).await;
    assert_eq!((incident.phase, &*incident.acknowledged_by.as_ref().unwrap().0), (Phase::Acknowledged, "ann"));
    assert_eq!(api.ask("GET", &path, Some(TOKEN), "", "").await.0, 405);
    assert_eq!(api.post(&format!("/api/v1/incidents/{id}/delete"), &json!({})).await.0, 404);
    assert_eq!(api.post("/api/v1/incidents/99/ack", &json!({})).await.0, 404);
    assert_eq!(api.post(&format!("/api/v1/incidents/{id}/note"), &json!({ "by": "eve", "text": "x" })).await.0, 400);
}

#[tokio::test]
async fn a_repeated_request_with_the_same_key_is_carried_out_once() {
    let api = open(false).await;
    let id = api.opens().await.0;
    let path = format!("/api/v1/incidents/{id}/note");
    for _ in 0..3 {
        let (status, _) = api.ask("POST", &path, Some(TOKEN), "Idempotency-Key: n1\r\n", r#"{"text":"rolled back"}"#).await;
        assert_eq!(status, 200);
    }
    let notes = api.incident(id).await.entries.iter().filter(|e| matches!(e.fact, Fact::Note(_))).count();
    assert_eq!(notes, 1);
    let (status, shown) = api.ask("GET", &format!("/api/v1/incidents/{id}"), None, "", "").await;
    assert_eq!((status, &shown["state"]), (200, &"open".into()), "reading on this machine needs no token");
    let (_, list) = api.ask("GET", "/api/v1/incidents?limit=5", None, "", "").await;
    assert_eq!(list["incidents"].as_array().unwrap().len(), 1, "{list}");
    let resolve = json!({ "reason": "fixed", "at": "2026-03-02T02:20:00Z" });
    api.clock.advance(Span::from_mins(10));
    assert_eq!(api.post(&format!("/api/v1/incidents/{id}/resolve"), &resolve).await.0, 200);
    assert_eq!(api.post(&format!("/api/v1/incidents/{id}/ack"), &json!({})).await.0, 409, "it is over");
}

#[tokio::test]
async fn what_was_found_out_comes_with_the_end_and_notes_have_marks() {
    let api = open(false).await;
    let id = api.opens().await.0;
    let (note, resolve) = (format!("/api/v1/incidents/{id}/note"), format!("/api/v1/incidents/{id}/resolve"));
    let marked = json!({ "text": "raise the pool", "action_item": true, "customer_visible": true });
    assert_eq!(api.post(&note, &marked).await.0, 200);
    api.clock.advance(Span::from_mins(10));
    for (wrong, why) in [
        (json!({ "cause": "weather" }), "`cause` must be one of capacity, change"),
        (json!({ "responders": 5 }), "`responders` and `hours_each` are told together"),
        (json!({ "hours_each": 1 }), "`responders` and `hours_each` are told together"),
        (json!({ "responders": 0, "hours_each": 1 }), "1 to 10000 people"),
        (json!({ "responders": 5, "hours_each": "many" }), "hours each are more than 0"),
    ] {
        let (status, answer) = api.post(&resolve, &wrong).await;
        assert!(status == 400 && answer["error"].as_str().unwrap().contains(why), "{wrong}: {answer}");
    }
    assert_eq!(api.incident(id).await.phase, Phase::Open, "what is refused leaves nothing behind");
    let whole = json!({ "reason": "fixed", "cause": "Capacity", "responders": 5, "hours_each": 0.5 });
    let (status, answer) = api.post(&resolve, &whole).await;
    assert_eq!(status, 200, "{answer}");
    let incident = api.incident(id).await;
    assert_eq!((incident.phase, incident.root_cause.as_deref()), (Phase::Resolved, Some("capacity")));
    let commits: std::collections::BTreeSet<_> = incident.entries.iter().rev().take(3).map(|e| &e.commit.0).collect();
    assert_eq!(commits.len(), 1, "cause, hours and end are one commit");
    let (_, shown) = api.ask("GET", &format!("/api/v1/incidents/{id}"), None, "", "").await;
    assert_eq!(shown["effort"], json!({ "people": 5, "hours_each": "0.5" }));
    let told = &shown["notes"][0];
    assert_eq!((&told["action_item"], &told["customer_visible"], &told["by"]), (&json!(true), &json!(true), &json!("ann")));
    assert_eq!(shown["entries"][1]["text"], "action item, customer visible: raise the pool");
}

#[tokio::test]
async fn open_to_others_even_reading_needs_a_token_and_health_does_not() {
    let api = open(true).await;
    for path in ["/", "/metrics", "/api/v1/status", "/api/v1/snapshot", "/api/v1/incidents"] {
        assert_eq!(api.ask("GET", path, None, "", "").await.0, 401, "{path}");
    }
    assert_eq!(api.ask("GET", "/healthz", None, "", "").await.0, 200);
    assert_eq!(api.ask("GET", "/api/v1/snapshot", Some(TOKEN), "", "").await.0, 200);
}

#[tokio::test]
async fn a_change_is_named_in_what_begins_within_half_an_hour_after() {
    let api = open(false).await;
    let change = |minutes: i64, service: &str, title: &str| {
        let at = (START - Span::from_mins(minutes)).rfc3339();
        json!({ "title": title, "service": service, "kind": "deploy", "version": "v2.3", "at": at, "url": "javascript:x" })
    };
    for body in [change(12, "checkout", "new cart"), change(40, "checkout", "older"), change(5, "search", "other")] {
        assert_eq!(api.post("/api/v1/changes", &body).await.0, 201);
    }
    assert_eq!(api.post("/api/v1/changes", &json!({ "title": " " })).await.0, 400);
    assert_eq!(api.post("/api/v1/changes", &json!({ "title": "x", "colour": "red" })).await.0, 400);
    assert_eq!(api.ask("POST", "/api/v1/changes", None, "", r#"{"title":"x"}"#).await.0, 401);
    let id = api.opens().await;
    let all = api.fold().await;
    let near: Vec<String> = all.at_large().changes_near(all.get(id).unwrap()).iter().map(|c| c.words()).collect();
    assert_eq!(near, ["deploy of checkout v2.3 by ann: new cart"]);
    assert!(all.at_large().changes().iter().all(|c| c.change.url.is_none()), "only web addresses are kept");
    assert!(all.problems().is_empty() && all.len() == 1);
}

#[tokio::test]
async fn silences_are_made_listed_and_ended_by_people_with_tokens() {
    let api = open(false).await;
    let body = json!({ "service": "checkout", "severity": ["P1", "P2"], "for": "2h", "reason": "moving \u{1b}[31mit" });
    assert_eq!(api.ask("POST", "/api/v1/silences", None, "", &body.to_string()).await.0, 401);
    for _ in 0..2 {
        let (status, made) = api.ask("POST", "/api/v1/silences", Some(TOKEN), "Idempotency-Key: s1\r\n", &body.to_string()).await;
        assert_eq!(
            (status, &made["id"], &made["author"], &made["state"]),
            (201, &1.into(), &"ann".into(), &"active".into()),
            "{made}"
        );
        assert!(!made["reason"].as_str().unwrap().contains('\u{1b}'));
    }
    let (_, listed) = api.ask("GET", "/api/v1/silences", None, "", "").await;
    assert_eq!(
        (listed["silences"].as_array().unwrap().len(), &listed["silences"][0]["until"]),
        (1, &(START + Span::from_hours(2)).rfc3339().into())
    );
    for (body, status) in [
        (json!({ "for": "2h", "reason": "x" }), 409),
        (json!({ "service": "x", "for": "60d", "reason": "x" }), 409),
        (json!({ "service": "x", "for": "2h" }), 409),
        (json!({ "service": "x", "reason": "x" }), 400),
        (json!({ "service": "x", "reason": "x", "for": "2h", "until": "2026-03-02T04:00:00Z" }), 400),
        (json!({ "service": "x", "reason": "x", "for": "soon" }), 400),
        (json!({ "service": "x", "reason": "x", "for": "2h", "severity": ["P9"] }), 400),
        (json!({ "service": "x", "reason": "x", "for": "2h", "by": "eve" }), 400),
    ] {
        assert_eq!(api.post("/api/v1/silences", &body).await.0, status, "{body}");
    }
    assert_eq!(api.ask("POST", "/api/v1/silences/1/expire", None, "", "").await.0, 401);
    assert_eq!(api.post("/api/v1/silences/99/expire", &json!({})).await.0, 409);
    assert_eq!(api.post("/api/v1/silences/1/expire", &json!({ "reason": "done" })).await.0, 200);
    assert_eq!(api.post("/api/v1/silences/1/expire", &json!({})).await.0, 409, "it is over");
    let (_, listed) = api.ask("GET", "/api/v1/silences", None, "", "").await;
    assert_eq!(listed["silences"], json!([]));
    let (_, listed) = api.ask("GET", "/api/v1/silences?all=true", None, "", "").await;
    assert_eq!(listed["silences"][0]["state"], "ended");
    assert!(api.fold().await.problems().is_empty());
}

fn message(status: &str, service: &str, fingerprint: &str) -> Value {
    json!({ "version": "4", "groupKey": "g", "status": status, "alerts": [{
        "status": status, "labels": { "alertname": "DiskFull", "service": service, "severity": "critical" },
        "annotations": { "summary": "93 % full\u{1b}[31m" }, "startsAt": "2026-03-02T02:10:00Z",
        "endsAt": "0001-01-01T00:00:00Z", "generatorURL": "http://prom/g", "fingerprint": fingerprint }] })
}

#[tokio::test]
async fn other_tools_alerts_join_the_incident_of_their_service_or_open_one() {
    let api = open(false).await;
    let id = api.opens().await.0;
    for _ in 0..3 {
        let (status, answer) = api.post("/api/v1/alerts", &message("firing", "checkout", "aa")).await;
        assert_eq!(status, 200, "{answer}");
    }
    let incident = api.incident(id).await;
    let heard = incident.entries.iter().filter(|e| matches!(e.fact, Fact::Alerted(_))).count();
    assert_eq!((heard, incident.alerts.len()), (1, 1), "told three times, recorded once");
    api.post("/api/v1/alerts", &message("resolved", "checkout", "aa")).await;
    let incident = api.incident(id).await;
    assert_eq!((incident.alerts.len(), incident.phase), (0, Phase::Open), "what our own rules found goes on");

    let (_, answer) = api.post("/api/v1/alerts", &message("firing", "disk", "bb")).await;
    let opened = answer["incidents"][0].as_u64().unwrap();
    let incident = api.incident(opened).await;
    assert_eq!((incident.severity, incident.phase), (Some(Severity::P0), Phase::Open));
    assert!(incident.reasons[0].text.contains("alert DiskFull: 93 % full"), "{:?}", incident.reasons);
    api.post("/api/v1/alerts", &message("resolved", "disk", "bb")).await;
    assert_eq!(api.incident(opened).await.phase, Phase::Resolved, "with its last alert");
    let ours = json!({ "version": "4", "alerts": [{ "status": "firing", "labels": { "burnledger_ledger": "lab" } }] });
    assert_eq!(api.post("/api/v1/alerts", &ours).await, (200, json!({ "incidents": [] })));
    assert_eq!(api.ask("POST", "/api/v1/alerts", Some(TOKEN), "", "<html>").await.0, 400);
}
