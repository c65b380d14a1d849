//! What a live incident costs: so far, and a minute at the rate of the last ones; and what it says when samples stop.

use super::town::{Town, Traffic, record, slo};
use burnledger::domain::base::{Currency, Money, Ms, Span};
use burnledger::domain::incident::Phase;
use burnledger::domain::measure::{Count, CountedPlan, Plan};
use burnledger::domain::objective::{Business, Counter, RevenueStream, SeasonalRules, Slo, StreamMethod, ValueIs};
use burnledger::domain::view::CostTicker;
use burnledger::engine::pricing;

fn at(text: &str) -> Ms {
    Ms::parse_rfc3339(text).unwrap()
}

fn usd(text: &str) -> Money {
    Money::new(text.parse().unwrap(), Currency::parse("USD").unwrap())
}

/// A failed request of the SLO is a failed sale of 2.00 USD.
fn business(slo: &Slo) -> Business {
    let Plan::Counted(CountedPlan::Events { bad, .. }) = &slo.plan else { panic!("events are counted") };
    let failed = Some(Counter { query: "failed".into(), count: bad.clone() });
    let stream = RevenueStream {
        name: "sales".into(),
        services: vec!["api".into()],
        source: None,
        method: StreamMethod::FailedTransactions,
        failed,
        total: None,
        orders: Some(Counter { query: "orders".into(), count: Count::default() }),
        sessions: None,
        seasonal: SeasonalRules::default(),
        rebound: None,
        value: usd("2.00"),
        value_is: ValueIs::Revenue,
        recovered_fraction: "0".parse().unwrap(),
    };
    Business { streams: vec![stream], ..Business::new(Currency::parse("USD").unwrap()) }
}

/// 150 requests a scrape; from noon to 12:20 45 of them fail: 180 a minute, 360.00 USD.
async fn town(silent: Ms) -> Town {
    let (start, end) = (at("2026-03-04T06:00:00Z"), at("2026-03-04T14:00:00Z"));
    let (from, to) = (at("2026-03-04T12:00:00Z"), at("2026-03-04T12:20:00Z"));
    let recording = record(start, end, |now| {
        (now <= silent).then_some(Traffic { total: 150, bad: if from < now && now <= to { 45 } else { 0 } })
    });
    let slo = slo(Vec::new());
    let rules = business(&slo);
    Town::priced(slo, rules, &recording, at("2026-03-04T11:30:00Z")).await
}

fn ticker(town: &Town) -> CostTicker {
    let state = town.live.state();
    pricing::ticker(state, &town.incident(1), state.board.at.unwrap()).unwrap()
}

#[tokio::test]
async fn a_live_figure_grows_by_its_rate_and_stands_still_afterwards() {
    let mut town = town(at("2026-03-04T14:00:00Z")).await;
    town.play(at("2026-03-04T12:10:00Z")).await;
    let first = ticker(&town);
    assert_eq!(first.per_minute.map(Money::rounded), Some(usd("360.00")));
    town.play(at("2026-03-04T12:15:00Z")).await;
    let second = ticker(&town);
    assert_eq!(second.at.since(first.at), Span::from_mins(5));
    let grown = second.so_far.unwrap().amount - first.so_far.unwrap().amount;
    assert_eq!(grown, "1800".parse().unwrap(), "five minutes at the rate");
    town.play(at("2026-03-04T13:00:00Z")).await;
    let over = ticker(&town);
    assert_eq!(town.incident(1).phase, Phase::Resolved);
    assert_eq!((over.so_far, over.per_minute.map(Money::rounded)), (Some(usd("7200.00")), Some(usd("0.00"))));
}

#[tokio::test]
async fn when_samples_stop_the_rate_is_that_of_the_last_known_instant() {
    let silent = at("2026-03-04T12:10:00Z");
    let mut town = town(silent).await;
    town.play(at("2026-03-04T12:40:00Z")).await;
    assert!(town.incident(1).phase.is_live(), "silence ends nothing");
    let told = ticker(&town);
    assert_eq!(told.at, silent, "what follows is projected from here");
    assert_eq!(told.per_minute.map(Money::rounded), Some(usd("360.00")));
    assert_eq!(told.so_far, Some(usd("3600.00")));
}
