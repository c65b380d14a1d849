//! Incidents that end or come back before their pages could be delivered: told once, and never in silence.

use super::bench::{Bench, hook, levels};
use super::crooked::{Crooked, Does, until};
use burnledger::domain::base::{Severity, Span};
use burnledger::domain::incident::Fact;
use burnledger::domain::paging::DispatchKind;

#[tokio::test]
async fn what_ended_before_it_could_be_delivered_is_one_message_that_tells_both() {
    let server = Crooked::start([]).await;
    server.then(Does::Says(429, "Retry-After: 30\r\n", String::new()));
    let bench = Bench::new(vec![hook("ops", &server)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["ops"]).await;
    until("it was refused for now", || server.seen().len() == 1).await;
    bench.clock.advance(Span::from_secs(10));
    bench.resolves(incident, "checkout", Severity::P0, &["ops"]).await;
    server.then(Does::ok());
    bench.pass_until_settled().await;
    assert_eq!(server.accepted(), ["checkout first P0"], "one message");
    let told = server.seen().pop().unwrap();
    assert_eq!((told.text("/status").as_str(), &told.body["combined"]), ("resolved", &serde_json::json!(true)));
    assert!(told.text("/text/title").contains("has ended before this could be delivered"), "{}", told.text("/text/title"));
    assert!(!told.text("/times/resolved").is_empty() && !told.text("/times/impact_start").is_empty());
    assert_eq!(bench.states(incident).await, ["ops first Dropped", "ops resolved Delivered"]);
}

#[tokio::test]
async fn resolved_is_told_only_to_whom_the_firing_was_told() {
    let (ops, boss) = (Crooked::start([]).await, Crooked::start([]).await);
    boss.then(Does::status(403));
    let bench = Bench::new(vec![hook("ops", &ops), hook("boss", &boss)], levels(&["ops", "boss"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["ops", "boss"]).await;
    bench.pass_until_settled().await;
    boss.then(Does::ok());
    bench.resolves(incident, "checkout", Severity::P0, &["ops", "boss"]).await;
    bench.pass_until_settled().await;
    assert_eq!(ops.accepted(), ["checkout first P0", "checkout resolved P0"]);
    assert_eq!(boss.accepted(), Vec::<String>::new());
}

#[tokio::test]
async fn a_note_of_the_end_is_given_up_after_an_hour() {
    let server = Crooked::start([Does::ok()]).await;
    server.then(Does::status(500));
    let bench = Bench::new(vec![hook("ops", &server)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P0, &["ops"]).await;
    bench.pass_until_settled().await;
    bench.resolves(incident, "checkout", Severity::P0, &["ops"]).await;
    until("it was tried", || server.seen().len() == 2).await;
    bench.clock.advance(Span::from_hours(1));
    bench.pass_until_settled().await;
    let rows = bench.rows(incident).await;
    assert!(rows[1].detail.starts_with("given up after 1h"), "{:?} {}", rows[1].state, rows[1].detail);
}

#[tokio::test]
async fn an_incident_that_comes_back_is_not_called_over() {
    let server = Crooked::start([Does::ok(), Does::Says(429, "Retry-After: 60\r\n", String::new())]).await;
    let bench = Bench::new(vec![hook("ops", &server)], levels(&["ops"])).await.start();
    let incident = bench.opens("checkout", Severity::P1, &["ops"]).await;
    bench.pass_until("the first page is accepted", || server.accepted().len() == 1).await;
    bench.resolves(incident, "checkout", Severity::P1, &["ops"]).await;
    until("the resolved page was put off", || server.seen().len() == 2).await;
    let again = Fact::Reopened { impact_start: super::bench::START, rules: vec![], reasons: vec![] };
    bench.fact(incident, again).await;
    bench.pages(incident, "checkout", DispatchKind::Reopened, Severity::P1, "ops", 0).await;
    bench.pass_until_settled().await;
    assert_eq!(server.accepted(), ["checkout first P1", "checkout reopened P1"]);
}
