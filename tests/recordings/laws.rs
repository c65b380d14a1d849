//! The laws of evaluation, through the whole engine: samples in, verdicts out, beside a recount in the plainest way.

use super::made::{Dice, Past, Plan, Recount, START};
use crate::support::{Prometheus as Server, VictoriaMetrics, require};
use burnledger::clock::SystemClock;
use burnledger::collector::{Prometheus, PrometheusSettings, Recorded};
use burnledger::domain::base::{Labels, Ms, Span};
use burnledger::domain::judge::{TrackState, Verdict};
use burnledger::domain::measure::Sample;
use burnledger::domain::objective::Rulebook;
use burnledger::domain::paging::Routes;
use burnledger::engine::fast::Fast;
use burnledger::engine::state::Settings;
use burnledger::formats::{self, InputFile, LoadOptions};
use burnledger::jobs::Order;
use burnledger::jobs::backtest::watched;
use burnledger::ports::MetricSource;
use proptest::prelude::*;
use std::sync::Arc;

const STEP: i64 = 15_000;
const HOUR: i64 = 3_600_000;

/// Tiers as (factor x 10, long, short): thresholds are compared in whole numbers.
const TIERS: [(u64, i64, i64); 3] = [(144, HOUR, HOUR / 12), (60, 6 * HOUR, HOUR / 2), (10, 72 * HOUR, 6 * HOUR)];

fn rules(period: &str, births: &str) -> Arc<Rulebook> {
    let slo = format!(
        "version: burnledger/v1
service: shop
slos:
  - name: answers
    target: 99.9%
    period: {period}
    births: {births}
    guards: none
    severity:
      - {{severity: P0, burn: 14.4, long: 1h, short: 5m}}
      - {{severity: P1, burn: 6, long: 6h, short: 30m}}
      - {{severity: P2, burn: 1, long: 3d, short: 6h}}
    sli: {{events: {{bad: errors_total, total: requests_total}}}}
"
    );
    let loaded = formats::load_files(&[InputFile::new("shop.yaml", slo)], &LoadOptions::default());
    assert_eq!(loaded.rulebook.slos.len(), 1, "{:?}", loaded.rulebook.problems);
    Arc::new(loaded.rulebook)
}

pub(super) fn recorded(past: &Past) -> Arc<Recorded> {
    let named = |errors| if errors { "errors_total" } else { "requests_total" };
    let series = past.series.iter().map(|s| {
        let labels = Labels::new([("__name__", named(s.errors).to_owned()), ("instance", s.instance.to_string())]);
        (labels, s.samples.iter().map(|(at, value)| Sample { at: Ms(*at), value: *value as f64 }).collect())
    });
    Arc::new(Recorded::from_series("made", series))
}

/// Judges `(from, to]` and hands out every verdict.
async fn judge(book: &Arc<Rulebook>, source: Arc<dyn MetricSource>, from: i64, to: i64) -> Vec<Verdict> {
    let settings =
        Settings { routes: Routes::default(), environment: None, source: "test".into(), nonce: "test".into(), drill: false };
    let order = Order::new(Arc::clone(book), settings, source, (Ms(from), Ms(to)));
    let mut verdicts = Vec::new();
    let mut see = |_: Ms, fast: &Fast| {
        let feed = &fast.state().board.slos[0];
        verdicts.extend(feed.judged().map(|(_, verdict)| (**verdict).clone()));
    };
    let done = watched(order, &mut see).await;
    assert_eq!(done.errors, []);
    verdicts
}

/// Every window to the event, the budget, and every tier, against a recount. Gives the number of firing tiers.
fn compare(recount: &Recount, verdict: &Verdict) -> usize {
    let at = verdict.at.0;
    for window in &verdict.windows {
        let exact = at - window.window.0;
        let edge = if window.window > Span::from_days(3) { exact.div_euclid(15 * 60_000) * 15 * 60_000 } else { exact };
        assert_eq!(window.from, Ms(edge), "the far edge of {}", window.window);
        let (bad, total) = recount.within(edge, at);
        assert_eq!((window.bad, window.total), (bad as f64, Some(total as f64)), "{} at {}", window.window, verdict.at);
        let ratio = (total > 0).then(|| bad as f64 / total as f64);
        assert_eq!(window.error_ratio, ratio, "{} at {}", window.window, verdict.at);
    }
    let period = verdict.windows.last().unwrap();
    let consumed = (period.total > Some(0.0)).then(|| period.bad / (0.001 * period.total.unwrap()));
    assert_eq!(verdict.budget.bad, period.bad);
    match (verdict.budget.consumed, consumed) {
        (Some(told), Some(wanted)) => assert!((told - wanted).abs() <= 1e-9 * wanted.max(1.0), "{told} is not {wanted}"),
        (told, wanted) => assert_eq!(told, wanted),
    }
    let above = |factor: u64, window: i64| {
        let (bad, total) = recount.within(at - window, at);
        (total > 0).then_some(bad * 10_000 > factor * total)
    };
    for ((factor, long, short), tier) in TIERS.into_iter().zip(&verdict.tiers) {
        let truth = above(factor, long).zip(above(factor, short)).map(|(long, short)| long && short);
        assert_eq!(tier.undetermined, truth.is_none(), "{factor} at {}", verdict.at);
        if let Some(truth) = truth {
            assert_eq!(tier.firing, truth, "{factor} at {}", verdict.at);
        }
    }
    verdict.tiers.iter().filter(|t| t.firing).count()
}

pub(super) fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn windows_tiers_and_budget_are_what_a_recount_gives(
        seed: u64,
        from_zero: bool,
        targets in 1_usize..4,
        scrape in prop::sample::select(vec![15_000_i64, 30_000, 60_000]),
        hour in 1_u64..90,
    ) {
        // A period that is longer than the past, so that its far edge cuts no series' silence.
        let past = Past::make(&Plan { days: 4, scrape, targets, seed, rough: true });
        let book = rules("5d", if from_zero { "from_zero" } else { "baseline" });
        let from = START + hour as i64 * HOUR;
        let verdicts = run(judge(&book, recorded(&past), from, from + 40 * STEP));
        prop_assert_eq!(verdicts.len(), 41);
        let recount = past.recount(from_zero);
        for verdict in &verdicts {
            compare(&recount, verdict);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 0, ..ProptestConfig::default() })]

    #[test]
    fn births_are_told_by_what_is_known_of_their_target(
        seed: u64,
        targets in 1_usize..5,
        scrape in prop::sample::select(vec![15_000_i64, 30_000, 60_000]),
        hour in 1_u64..40,
    ) {
        let past = Past::make(&Plan { days: 2, scrape, targets, seed, rough: false });
        prop_assume!(past.begins_at_once());
        let from = START + hour as i64 * HOUR;
        let verdicts = run(judge(&rules("5d", "auto"), recorded(&past), from, from + 20 * STEP));
        prop_assert_eq!(verdicts.len(), 21);
        let recount = past.recount_auto();
        for verdict in &verdicts {
            compare(&recount, verdict);
        }
    }
}

/// A past of 30 days, as a server gives it: windows and budget at many instants of the last days, 0 events off.
async fn month(source: Arc<dyn MetricSource>, past: &Past) {
    let book = rules("30d", "from_zero");
    let end = START + 30 * 24 * HOUR;
    let verdicts = judge(&book, source, end - 8 * HOUR, end).await;
    let mut dice = Dice::new(5);
    let (recount, mut compared) = (past.recount(true), 0);
    for verdict in verdicts.iter().filter(|_| dice.below(20) == 0).chain(verdicts.last()) {
        compare(&recount, verdict);
        compared += verdict.windows.len();
    }
    assert!(compared > 400, "{compared}");
    let last = verdicts.last().unwrap();
    assert_eq!(last.state, TrackState::Ok);
    let whole = last.windows.last().unwrap();
    // What nobody could see lies between a last scrape and a restart.
    let (seen, true_bad) = (whole.bad, past.true_bad as f64);
    assert!(past.restarts > 10 && seen < true_bad, "{} restarts hide errors: {seen} of {true_bad}", past.restarts);
    assert!(whole.bad_low <= true_bad && true_bad <= whole.bad_high, "{true_bad} is within {whole:?}");
    println!(
        "30 days, {} restarts: {} windows compared, 0 events off; bad {seen} seen, {true_bad} true, within {}..{}",
        past.restarts, compared, whole.bad_low, whole.bad_high
    );
}

fn a_month() -> Past {
    Past::make(&Plan { days: 30, scrape: 30_000, targets: 4, seed: 11, rough: true })
}

fn from_server(url: &str) -> Arc<dyn MetricSource> {
    let settings = PrometheusSettings { url: url.into(), timeout: Span::from_secs(30), ..PrometheusSettings::default() };
    Arc::new(Prometheus::new(settings, Arc::new(SystemClock::new())).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_days_in_prometheus_are_counted_to_the_event() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let past = a_month();
    let server = Server::backfill(&past.openmetrics());
    month(from_server(&server.url()), &past).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_days_in_victoria_metrics_are_counted_to_the_event() {
    if !require("victoria-metrics") {
        return;
    }
    let past = a_month();
    let server = VictoriaMetrics::start();
    server.import(&past.openmetrics());
    month(from_server(&server.url()), &past).await;
}

/// Without restarts nothing is hidden: what is seen is what happened.
#[tokio::test]
async fn without_restarts_the_truth_itself_is_counted() {
    let past = Past::make(&Plan { days: 6, scrape: 15_000, targets: 3, seed: 3, rough: false });
    let book = rules("7d", "from_zero");
    let end = START + 6 * 24 * HOUR + 2 * 60_000;
    let verdicts = judge(&book, recorded(&past), end - HOUR, end).await;
    let whole = *verdicts.last().unwrap().windows.last().unwrap();
    let first: u64 = past.series.iter().filter(|s| !s.errors).map(|s| s.samples[0].1).sum();
    let first_bad: u64 = past.series.iter().filter(|s| s.errors && s.samples[0].0 < START + STEP).map(|s| s.samples[0].1).sum();
    assert_eq!(whole.total, Some((past.true_total + first) as f64));
    assert_eq!((whole.bad, whole.bad_low, whole.bad_high), ((past.true_bad + first_bad) as f64, whole.bad, whole.bad));
}
