//! A receiver that takes only so many messages: updates merge, first pages and P0 get through.

use super::bench::{Bench, levels, webhook};
use super::crooked::{Crooked, until};
use burnledger::domain::base::{Severity, Span};
use burnledger::domain::paging::{DispatchKind, DispatchState, Limit};
use burnledger::ports::Clock;

#[tokio::test]
async fn updates_merge_and_nothing_that_matters_waits() {
    let server = Crooked::start([]).await;
    let limit = Limit { count: 10, per: Span::from_mins(10) };
    let bench = Bench::new(vec![webhook("ops", &server, limit)], levels(&["ops"])).await.start();
    let noisy = bench.opens("noisy", Severity::P1, &["ops"]).await;
    until("the first page is there", || server.accepted().len() == 1).await;
    for n in 0..40 {
        bench.pages(noisy, "noisy", DispatchKind::Repeat, Severity::P1, "ops", n).await;
    }
    until("updates used up their share", || server.accepted().len() == 8).await;
    bench.opens("checkout", Severity::P0, &["ops"]).await;
    let urgent = || server.accepted().contains(&"checkout first P0".to_owned());
    // The clock stands still: the P0 takes the reserve.
    until("the P0 got through", urgent).await;
    bench.pass_until_settled().await;
    let accepted = server.accepted();
    assert!(accepted.len() < 15, "{} messages for 42 pages", accepted.len());
    let rows = bench.rows(noisy).await;
    assert_eq!(rows.last().unwrap().state, DispatchState::Delivered, "the newest update is told");
    assert!(rows.iter().filter(|r| r.state == DispatchState::Dropped).all(|r| r.detail.contains("merged into the later page")));
    assert_eq!(rows[0].state, DispatchState::Delivered);
}

#[tokio::test]
async fn a_flood_of_new_incidents_is_told_in_full_at_the_receivers_pace() {
    let server = Crooked::start([]).await;
    let limit = Limit { count: 20, per: Span::from_mins(1) };
    let bench = Bench::new(vec![webhook("ops", &server, limit)], levels(&["ops"])).await.start();
    let begun = bench.clock.now().wall;
    for n in 0..60 {
        bench.opens(&format!("s{n}"), if n % 10 == 0 { Severity::P0 } else { Severity::P1 }, &["ops"]).await;
    }
    bench.pass_until("all are told", || server.accepted().len() == 60).await;
    bench.pass_until_settled().await;
    let took = bench.clock.now().wall.since(begun);
    assert!(took >= Span::from_mins(2) && took <= Span::from_mins(4), "{took}");
    let mut told = server.accepted();
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 60, "each once");
}
