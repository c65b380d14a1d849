//! A selector that grows beyond what may be counted is heard of in the tick that brings it.

use super::town::{Town, Traffic, record, slo};
use burnledger::domain::base::Ms;
use burnledger::domain::objective::Slo;

fn at(text: &str) -> Ms {
    Ms::parse_rfc3339(&format!("2026-03-04T{text}Z")).unwrap()
}

/// Two series, codes 200 and 500.
async fn town(count_up_to: usize) -> Town {
    let recording = record(at("00:00:00"), at("13:00:00"), |_| Some(Traffic { total: 150, bad: 1 }));
    Town::new(Slo { count_up_to, ..slo(Vec::new()) }, &recording, at("12:00:00")).await
}

#[tokio::test]
async fn a_tick_that_brings_more_series_than_may_be_counted_says_so() {
    for (limit, crowded) in [(2, false), (1, true)] {
        let mut town = town(limit).await;
        let mut heard = town.live.crowded();
        town.play(at("12:00:15")).await;
        assert!(!heard.has_changed().unwrap(), "a fill brings series that are long gone");
        town.play(at("12:00:30")).await;
        assert_eq!(heard.has_changed().unwrap(), crowded, "{limit}");
        heard.mark_unchanged();
        town.play(at("12:00:45")).await;
        assert_eq!(heard.has_changed().unwrap(), crowded, "every one of them");
    }
}
