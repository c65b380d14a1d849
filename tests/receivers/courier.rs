//! The courier: nothing lost, nothing out of order, refused pages go elsewhere.

use super::bench::{Bench, hook, levels};
use super::crooked::{Crooked, Does, until};
use burnledger::domain::base::{Severity, Span};
use burnledger::domain::incident::{Fact, Outcome};
use burnledger::domain::paging::{DispatchKind, DispatchState};
use burnledger::ports::Clock;

#[tokio::test]
async fn the_first_page_of_a_p0_arrives_whatever_the_receiver_does_before() {
    let bad = [
        Does::status(500),
        Does::Close,
        Does::HalfBody,
        Does::Nothing,
        Does::body(200, r#"{"errcode":130101}"#),
        Does::Says(429, "Retry-After: 300\r\n", String::new()),
        Does::status(503),
    ];
    let tries = bad.len() + 1;
    let server = Crooked::start(bad).await;
    let bench = Bench::new(vec![hook("ops", &server)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["ops"]).await;
    bench.pass_until("it is accepted", || server.accepted().len() == 1).await;
    bench.pass_until_settled().await;
    let seen = server.seen();
    assert_eq!(seen.len(), tries, "accepted once, and not sent again");
    assert!(seen.iter().all(|s| s.headers["idempotency-key"] == seen[0].headers["idempotency-key"]));
    let row = &bench.rows(incident).await[0];
    assert_eq!((row.state, row.attempts as usize), (DispatchState::Delivered, tries));
    let waited = bench.clock.now().wall.since(row.created);
    assert!(waited >= Span::from_secs(360), "the receiver's own waits of 60 and 300 s were kept: {waited}");
    let entries = bench.ledger.since(burnledger::domain::base::Seq(0), 100).await.unwrap();
    let paged = entries.iter().filter(|e| matches!(&e.fact, Fact::Paged { outcome: Outcome::Delivered, .. }));
    assert_eq!(paged.count(), 1, "the ledger tells it once");
    assert_eq!(bench.courier.health().borrow()[0].error, None);
}

#[tokio::test]
async fn a_page_waits_for_hours_while_the_incident_lives() {
    let server = Crooked::start([]).await;
    server.then(Does::status(500));
    let bench = Bench::new(vec![hook("ops", &server)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["ops"]).await;
    until("it was tried", || !server.seen().is_empty()).await;
    bench.clock.advance(Span::from_hours(48));
    let tried = server.seen().len();
    bench.pass_until("it is tried two days later", || server.seen().len() > tried + 1).await;
    let health = bench.courier.health().borrow()[0].clone();
    assert_eq!(health.waiting, 1);
    assert!(health.error.is_some_and(|e| e.contains("HTTP 500")));
    server.then(Does::ok());
    bench.pass_until("it is accepted", || server.accepted().len() == 1).await;
    bench.pass_until_settled().await;
    assert_eq!(bench.states(incident).await, ["ops first Delivered"]);
}

#[tokio::test]
async fn a_refused_page_goes_to_the_next_receiver_at_once() {
    let (wrong, right) = (Crooked::start([]).await, Crooked::start([]).await);
    wrong.then(Does::body(200, r#"{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}"#));
    let bench = Bench::new(vec![hook("chat", &wrong), hook("pager", &right)], levels(&["chat", "pager"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["chat"]).await;
    // No time passes: the clock is not moved.
    until("the next receiver has it", || right.accepted() == ["checkout first P0"]).await;
    bench.pass_until_settled().await;
    assert_eq!(bench.states(incident).await, ["chat first Failed", "pager first Delivered"]);
    assert_eq!(wrong.seen().len(), 1);
    assert!(bench.courier.health().borrow()[0].error.as_ref().is_some_and(|e| e.contains("19001")), "and a banner says why");
}

#[tokio::test]
async fn a_receiver_that_left_the_configuration_loses_its_pages_to_the_next() {
    let server = Crooked::start([]).await;
    let bench = Bench::new(vec![hook("pager", &server)], levels(&["gone", "pager"])).await.start();
    let incident = bench.opens("checkout", Severity::P1, &["gone"]).await;
    until("the next receiver has it", || server.accepted().len() == 1).await;
    bench.pass_until_settled().await;
    assert_eq!(bench.states(incident).await, ["gone first Failed", "pager first Delivered"]);
}

#[tokio::test]
async fn pages_of_an_incident_arrive_in_order_however_often_the_first_fails() {
    let server = Crooked::start([Does::status(500), Does::Close, Does::status(502), Does::ok(), Does::status(500)]).await;
    let bench = Bench::new(vec![hook("ops", &server)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P1, &["ops"]).await;
    bench.pages(incident, "checkout", DispatchKind::Raised, Severity::P0, "ops", 0).await;
    bench.pages(incident, "checkout", DispatchKind::Repeat, Severity::P0, "ops", 0).await;
    bench.pass_until("all are accepted", || server.accepted().len() == 3).await;
    bench.resolves(incident, "checkout", Severity::P0, &["ops"]).await;
    bench.pass_until_settled().await;
    assert_eq!(server.accepted(), ["checkout first P1", "checkout raised P0", "checkout repeat P0", "checkout resolved P0"]);
}

#[tokio::test]
async fn a_receiver_that_hangs_holds_up_neither_another_receiver_nor_another_incident() {
    let (slow, quick) = (Crooked::start([Does::Nothing]).await, Crooked::start([]).await);
    let bench = Bench::new(vec![hook("slow", &slow), hook("quick", &quick)], levels(&["slow", "quick"])).await.start();
    bench.opens("checkout", Severity::P0, &["slow", "quick"]).await;
    until("the slow one has the connection", || slow.seen().len() == 1).await;
    let other = bench.opens("search", Severity::P0, &["slow"]).await;
    until("the others are served meanwhile", || quick.accepted().len() == 1 && slow.accepted() == ["search first P0"]).await;
    until("and written down", || {
        bench.metrics.pages.get_or_create(&labels("slow", "delivered")).get() == 1
            && bench.metrics.pages.get_or_create(&labels("quick", "delivered")).get() == 1
    })
    .await;
    bench.pass_until_settled().await;
    assert_eq!(bench.states(other).await, ["slow first Delivered"]);
}

fn labels(receiver: &str, outcome: &'static str) -> burnledger::telemetry::PageLabels {
    burnledger::telemetry::PageLabels { receiver: receiver.into(), kind: "first", outcome }
}

#[tokio::test]
async fn an_acknowledgement_stops_the_repeat_that_waits_and_not_the_rise() {
    let server = Crooked::start([Does::ok(), Does::Says(429, "Retry-After: 60\r\n", String::new())]).await;
    let bench = Bench::new(vec![hook("ops", &server)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P1, &["ops"]).await;
    bench.pages(incident, "checkout", DispatchKind::Repeat, Severity::P1, "ops", 0).await;
    until("the repeat was put off", || server.seen().len() == 2).await;
    bench.fact(incident, Fact::Acknowledged).await;
    bench.pages(incident, "checkout", DispatchKind::Raised, Severity::P0, "ops", 0).await;
    bench.pass_until_settled().await;
    assert_eq!(server.accepted(), ["checkout first P1", "checkout raised P0"]);
    let rows = bench.rows(incident).await;
    assert_eq!((rows[1].state, &*rows[1].detail), (DispatchState::Dropped, "acknowledged before this was sent"));
}

#[tokio::test]
async fn stopping_lets_what_is_under_way_end_and_claims_nothing_more() {
    let server = Crooked::start([Does::Nothing]).await;
    let mut bench = Bench::new(vec![hook("ops", &server)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["ops"]).await;
    until("it is being sent", || server.seen().len() == 1).await;
    bench.stop().await;
    let row = &bench.rows(incident).await[0];
    assert_eq!(row.state, DispatchState::Pending, "its outcome (no answer) was written down: {}", row.detail);
    assert!(row.detail.contains("no answer"), "{}", row.detail);
    bench.clock.advance(Span::from_mins(5));
    bench.opens("search", Severity::P0, &["ops"]).await;
    assert_eq!(server.seen().len(), 1);
}
