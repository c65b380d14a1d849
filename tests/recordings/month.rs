//! Every recording's whole month in a real Prometheus, judged from there: each window of each SLO is what a recount of the
//! recording's lines gives, to the event, through restarts and gaps; what restarts hid lies within the bounds.

use super::naive::Running;
use super::{folder, truth};
use crate::support::{Prometheus as Server, require};
use burnledger::clock::SystemClock;
use burnledger::collector::{Prometheus, PrometheusSettings};
use burnledger::domain::base::{Ms, Span};
use burnledger::domain::judge::Verdict;
use burnledger::domain::paging::Routes;
use burnledger::engine::fast::Fast;
use burnledger::engine::state::Settings;
use burnledger::formats::{LoadOptions, load};
use burnledger::jobs::Order;
use burnledger::jobs::backtest::watched;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The end of a recording is judged for so long; the incident lies within, and the month before it is there.
const JUDGED: Span = Span::from_hours(2);
/// Verdicts so far apart are compared.
const APART: Span = Span::from_mins(5);
const QUARTER: i64 = 15 * 60;

fn instant(value: &Value) -> Ms {
    Ms::parse_rfc3339(value.as_str().unwrap()).unwrap()
}

/// Windows of a verdict against the recount; how many.
fn compare(running: &Running, verdict: &Verdict) -> usize {
    let at = verdict.at.0 / 1000;
    for window in &verdict.windows {
        let exact = at - window.window.0 / 1000;
        let from = if window.window > Span::from_days(3) { exact.div_euclid(QUARTER) * QUARTER } else { exact };
        let (bad, total) = running.within(from, at);
        assert_eq!(window.bad, bad as f64, "bad over {} at {}", window.window, verdict.at);
        if let Some(told) = window.total {
            assert_eq!(told, total as f64, "all over {} at {}", window.window, verdict.at);
        }
    }
    verdict.windows.len()
}

/// The month before the end, by the truth file: what scrapes could show, and what happened.
fn compare_with_truth(month: &Value, verdict: &Verdict) {
    assert_eq!(verdict.at, instant(&month["to"]));
    let whole = verdict.windows.last().unwrap();
    assert_eq!(whole.bad, month["observable"]["bad"].as_f64().unwrap());
    let happened = month["true"]["bad"].as_f64().unwrap();
    assert!(whole.bad_low <= happened && happened <= whole.bad_high, "{happened} is within {whole:?}");
}

/// Judges the end of a recording from a Prometheus that holds all of it.
async fn check(scenario: &str) {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let (truth, file) = (truth(scenario), std::fs::File::open(folder(scenario).join("samples.om.zst")).unwrap());
    let text = String::from_utf8(zstd::decode_all(file).unwrap()).unwrap();
    let indicators = truth["indicators"].as_array().unwrap();
    let recounts = Running::read(&text, indicators);
    let ids = indicators.iter().map(|i| i["id"].as_str().unwrap());
    let recounts: BTreeMap<&str, (&Value, Running)> = ids.zip(indicators.iter().zip(recounts)).collect();
    let server = Server::backfill(&text);
    drop(text);
    let source = PrometheusSettings { url: server.url(), timeout: Span::from_secs(60), ..PrometheusSettings::default() };
    let source = Arc::new(Prometheus::new(source, Arc::new(SystemClock::new())).unwrap());
    let book = Arc::new(load(&[folder(scenario).join("slos")], &LoadOptions::default()).rulebook);
    let settings =
        Settings { routes: Routes::default(), environment: None, source: "test".into(), nonce: "test".into(), drill: false };
    let to = instant(&truth["recording"]["to"]);
    let (mut windows, mut instants, mut firing) = (0, 0, 0);
    let mut see = |at: Ms, fast: &Fast| {
        if at != at.floor_to(APART) && at != to {
            return;
        }
        instants += 1;
        for feed in &fast.state().board.slos {
            let (indicator, recount) = &recounts[feed.slo.id.as_str()];
            for (_, verdict) in feed.judged() {
                windows += compare(recount, verdict);
                firing += verdict.tiers.iter().filter(|tier| tier.firing).count();
                if at == to {
                    compare_with_truth(&indicator["last_30d"], verdict);
                }
            }
        }
    };
    let done = watched(Order::new(book, settings, source, (to - JUDGED, to)), &mut see).await;
    assert_eq!(done.errors, []);
    assert!(instants > 20 && firing > 0, "{instants} instants, {firing} tiers fired");
    let restarts = truth["restarts"].as_array().unwrap().len();
    let gaps = truth["gaps"].as_array().unwrap().len();
    println!(
        "{scenario}: a month in Prometheus, {} samples, restarts: {restarts}, gaps: {gaps}; {windows} windows compared at {instants} \
         instants, 0 events off",
        truth["recording"]["samples"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_payments_in_prometheus_is_counted_to_the_event() {
    check("connection-pool").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_orders_in_prometheus_is_counted_to_the_event() {
    check("read-only-primary").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_of_latencies_in_prometheus_is_counted_to_the_event() {
    check("resize-storm").await;
}
