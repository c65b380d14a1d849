//! Crashes, a ledger that fails for a while, and one that cannot be written at all.

use super::bench::{Bench, START, content, hook, levels};
use super::crooked::{Crooked, Does, until};
use burnledger::domain::base::{IncidentId, Mono, Now, Seq, Severity, Span, Text};
use burnledger::domain::incident::Entry;
use burnledger::domain::paging::{Commit, Dispatch, DispatchId, DispatchState, Emergencies, SendOutcome, Settlement};
use burnledger::engine::courier::{Roster, emergency};
use burnledger::ledger::MemoryLedger;
use burnledger::ports::{Fence, Job, Lead, Ledger, LedgerError};
use burnledger::telemetry::Metrics;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[tokio::test]
async fn a_courier_killed_while_sending_pages_again_with_the_same_key_and_says_so() {
    let server = Crooked::start([Does::Nothing]).await;
    let bench = Bench::new(vec![hook("ops", &server)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["ops"]).await;
    until("it is being sent", || server.seen().len() == 1).await;
    let bench = bench.crash_and_restart().await;
    bench.pass_until("the next courier sent it", || server.accepted().len() == 1).await;
    bench.pass_until_settled().await;
    let seen = server.seen();
    assert_eq!(seen[0].headers["idempotency-key"], seen[1].headers["idempotency-key"]);
    assert_eq!(seen[0].text("/key"), seen[1].text("/key"));
    assert_eq!((&seen[0].body["possible_repeat"], &seen[1].body["possible_repeat"]), (&false.into(), &true.into()));
    assert!(seen[1].text("/text/body").contains("You may have this page already"));
    assert_eq!(bench.states(incident).await, ["ops first Delivered"]);
}

#[tokio::test]
async fn a_page_that_was_claimed_but_not_sent_when_the_program_died_is_sent() {
    let server = Crooked::start([]).await;
    let bench = Bench::new(vec![hook("ops", &server)], levels(&["ops"])).await;
    bench.opens("checkout", Severity::P0, &["ops"]).await;
    let now = burnledger::ports::Clock::now(&*bench.clock);
    assert_eq!(bench.ledger.claim(bench.fence, 10, now).await.unwrap().len(), 1, "another process took it and died");
    let bench = bench.start().crash_and_restart().await;
    bench.pass_until("it is sent", || server.accepted().len() == 1).await;
}

/// A ledger whose outbox cannot be written for the first so many times.
struct Failing {
    inner: MemoryLedger,
    left: Arc<AtomicUsize>,
}

impl Ledger for Failing {
    fn id(&self) -> Text {
        self.inner.id()
    }
    fn name(&self) -> Text {
        self.inner.name()
    }
    fn commit(&self, c: Commit, f: Option<Fence>, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        self.inner.commit(c, f, now)
    }
    fn since(&self, after: Seq, limit: usize) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        self.inner.since(after, limit)
    }
    fn changed(&self, after: Seq) -> Job<'_, ()> {
        self.inner.changed(after)
    }
    fn lead(&self, who: Text, ttl: Span, now: Now) -> Job<'_, Result<Lead, LedgerError>> {
        self.inner.lead(who, ttl, now)
    }
    fn resign(&self, fence: Fence) -> Job<'_, Result<(), LedgerError>> {
        self.inner.resign(fence)
    }
    fn claim(&self, fence: Fence, limit: usize, now: Now) -> Job<'_, Result<Vec<Dispatch>, LedgerError>> {
        self.inner.claim(fence, limit, now)
    }
    fn settle(&self, id: DispatchId, s: Settlement, f: Fence, now: Now) -> Job<'_, Result<Vec<Entry>, LedgerError>> {
        let fails = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        if fails {
            let full = LedgerError::Unavailable { path: "ledger.db".into(), why: "the disk is full".into() };
            return Box::pin(std::future::ready(Err(full)));
        }
        self.inner.settle(id, s, f, now)
    }
    fn dispatches(&self, incident: Option<IncidentId>) -> Job<'_, Result<Vec<Dispatch>, LedgerError>> {
        self.inner.dispatches(incident)
    }
}

#[tokio::test]
async fn a_delivered_page_is_not_sent_again_because_the_disk_was_full_for_a_while() {
    let server = Crooked::start([]).await;
    let left = Arc::new(AtomicUsize::new(5));
    let wrap = {
        let left = left.clone();
        |inner| Arc::new(Failing { inner, left }) as Arc<dyn Ledger>
    };
    let bench = Bench::over(MemoryLedger::new("lab"), wrap, START, vec![hook("ops", &server)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["ops"]).await;
    until("it is accepted", || server.accepted().len() == 1).await;
    until("writing failed five times", || {
        bench.clock.advance(Span::from_secs(1));
        left.load(Ordering::SeqCst) == 0
    })
    .await;
    for _ in 0..4000 {
        if bench.rows(incident).await[0].state == DispatchState::Delivered {
            break;
        }
        bench.clock.advance(Span::from_secs(1));
        tokio::task::yield_now().await;
    }
    assert_eq!(bench.states(incident).await, ["ops first Delivered"]);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn without_a_ledger_a_p0_is_paged_all_the_same_and_says_that_it_is_not_recorded() {
    let (down, up) = (Crooked::start([]).await, Crooked::start([]).await);
    down.then(Does::status(500));
    let roster = Roster::new(vec![hook("ops", &down), hook("boss", &up)], levels(&["ops", "boss"]));
    let (mut all, metrics, content) = (Emergencies::default(), Metrics::default(), content("checkout"));
    let now = |secs: i64| Now { wall: START + Span::from_secs(secs), mono: Mono(secs.unsigned_abs() * 1000) };
    let sent = emergency(&mut all, &roster, Severity::P0, &content, now(0), 0.0, &metrics).await;
    let outcome = |i: usize| matches!(sent[i].1, SendOutcome::Delivered { .. });
    assert_eq!((&*sent[0].0, outcome(0), &*sent[1].0, outcome(1)), ("ops", false, "boss", true));
    let told = &up.seen()[0];
    assert_eq!(told.text("/key"), "burnledger/unrecorded/checkout/2026-03-02T02:11:00Z");
    assert_eq!((&told.body["not_recorded"], &told.body["incident"]), (&true.into(), &serde_json::Value::Null));
    assert!(told.text("/text/title").starts_with("NOT RECORDED [P0] checkout"));
    assert!(emergency(&mut all, &roster, Severity::P0, &content, now(60), 0.0, &metrics).await.is_empty(), "told once");
    assert!(emergency(&mut all, &roster, Severity::P1, &content, now(0), 0.0, &metrics).await.is_empty(), "only a P0");
    assert_eq!(up.seen().len(), 1);
    emergency(&mut all, &roster, Severity::P0, &content, now(1800), 0.0, &metrics).await;
    assert_eq!(up.seen()[1].text("/key"), told.text("/key"), "and again after half an hour, as the same incident");
    assert_ne!(up.seen()[1].headers["idempotency-key"], told.headers["idempotency-key"]);
}

#[tokio::test]
async fn secrets_reach_neither_the_ledger_nor_the_health() {
    let server = Crooked::start([Does::body(500, "no route /services/T0/tok3n-of-the-path for Bearer b3arer-secret")]).await;
    let mut settings = burnledger::notify::WebhookSettings::new(
        "ops",
        burnledger::kit::secrets::SecretSource::Inline(burnledger::kit::secrets::Secret::new(format!(
            "http://127.0.0.1:{}/services/T0/tok3n-of-the-path",
            server.port
        ))),
    );
    settings.http.bearer =
        Some(burnledger::kit::secrets::SecretSource::Inline(burnledger::kit::secrets::Secret::new("b3arer-secret")));
    let hook = Arc::new(burnledger::notify::Webhook::new(settings).unwrap());
    let bench = Bench::new(vec![hook], levels(&["ops"])).await.start();
    bench.opens("checkout", Severity::P0, &["ops"]).await;
    until("it failed once", || bench.courier.health().borrow()[0].error.is_some()).await;
    let before = bench.everything().await;
    bench.pass_until_settled().await;
    let told = format!("{before} {} {:?}", bench.everything().await, bench.courier.health().borrow());
    assert!(told.contains("no route"), "the server's words are kept: {told}");
    assert!(!told.contains("tok3n") && !told.contains("b3arer"), "{told}");
}
