//! Stepping over calm instants changes nothing: a backtest that judges every track at every instant finds the same.

use super::laws::{recorded, run};
use super::made::{Past, Plan, START};
use burnledger::domain::base::Ms;
use burnledger::domain::objective::Rulebook;
use burnledger::domain::paging::Routes;
use burnledger::engine::state::Settings;
use burnledger::formats::{self, InputFile, LoadOptions, what_if};
use burnledger::jobs::{Order, backtest};
use proptest::prelude::*;
use std::sync::Arc;

const HOUR: i64 = 3_600_000;

/// SLOs of every kind side by side, over the same counters.
const SLOS: &str = "version: burnledger/v1
service: shop
slos:
  - name: answers
    target: 99.9%
    period: 7d
    sli: {events: {bad: errors_total, total: requests_total}}
  - name: instances
    target: 99%
    group_by: [instance]
    guards: none
    sli: {events: {bad: errors_total, total: requests_total}}
  - name: failures
    period: {calendar: week, zone: Europe/Berlin}
    sli: {occurrences: {count: errors_total, allowed: 2000 per 1d}}
  - name: minutes
    target: 99%
    mode: observe
    budget: {method: timeslices, good: 99%}
    sli: {events: {bad: errors_total, total: requests_total}}
";

/// The same with what is never stepped over: rules that look at minutes, and a composite.
const WITH_MORE: &str = "
  - name: levels
    target: 99%
    breach: [{severity: P1, error_ratio: 5%, for: 2m}]
    sli: {events: {bad: errors_total, total: requests_total}}
  - name: whole
    composite: {of: [answers, failures], as: worst}
";

/// What an order costs makes incidents that have something to come after they ended.
const BUSINESS: &str = "version: burnledger-business/v1
currency: USD
streams:
  - name: orders
    services: [shop]
    failed: errors_total
    orders: requests_total
    value: \"3.50\"
    value_is: revenue
    rebound: 4h
";

fn rules(more: bool, business: bool) -> Arc<Rulebook> {
    let text = format!("{SLOS}{}", if more { WITH_MORE } else { "" });
    let mut files = vec![InputFile::new("shop.yaml", text)];
    files.extend(business.then(|| InputFile::new("business.yaml", BUSINESS)));
    let loaded = formats::load_files(&files, &LoadOptions::default());
    assert_eq!(loaded.rulebook.slos.len(), if more { 6 } else { 4 }, "{:?}", loaded.rulebook.problems);
    Arc::new(loaded.rulebook)
}

/// Everything a backtest tells, by today's rules and by others beside them.
async fn told(book: &Arc<Rulebook>, past: &Past, (from, to): (i64, i64), trail_parts: u32, in_full: bool) -> Vec<String> {
    let settings =
        Settings { routes: Routes::default(), environment: None, source: "test".into(), nonce: "test".into(), drill: false };
    let changed = |words: &str| Arc::new(what_if::read(&[words.to_owned()], &[]).unwrap().to_book(book).0);
    let beside = vec![changed("target=90%"), changed("target=99.99%")];
    let order = Order::new(Arc::clone(book), settings, recorded(past), (Ms(from), Ms(to)));
    let done = backtest(Order { beside, trail_parts, in_full, ..order }).await;
    assert_eq!(done.errors, []);
    let tell = |b: &burnledger::domain::review::Backtest| {
        let tracks = b.tracks.iter().map(|t| format!("{} {t:?}", t.slo.id));
        tracks.chain(b.incidents.iter().map(|i| format!("{i:?}"))).collect::<Vec<_>>()
    };
    std::iter::once(&done.backtest).chain(&done.beside).flat_map(tell).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn stepping_over_calm_instants_changes_nothing(
        seed: u64,
        targets in 1_usize..4,
        scrape in prop::sample::select(vec![15_000_i64, 30_000, 60_000]),
        hour in 20_i64..60,
        rough: bool,
        more: bool,
        business: bool,
        trail_parts in prop::sample::select(vec![0_u32, 40]),
    ) {
        let past = Past::make(&Plan { days: 4, scrape, targets, seed, rough });
        let (book, stretch) = (rules(more, business), (START + hour * HOUR, START + (hour + 12) * HOUR));
        let full = run(told(&book, &past, stretch, trail_parts, true));
        let quick = run(told(&book, &past, stretch, trail_parts, false));
        prop_assert_eq!(full.len(), quick.len());
        for (full, quick) in full.iter().zip(&quick) {
            prop_assert_eq!(full, quick);
        }
    }
}
