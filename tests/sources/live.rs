//! The same samples from real servers by every way there is: query JSON, remote read, native export, a recording of them.

use super::{T0, lines, raw, read, settings, source};
use crate::support::{Prometheus as Server, VictoriaMetrics, require, wait_until};
use axum::response::IntoResponse;
use burnledger::clock::SystemClock;
use burnledger::collector::{self, Prometheus, PrometheusSettings, Recorded};
use burnledger::domain::base::{Ms, Span};
use burnledger::domain::measure::{Ask, MatchOp, Selector};
use burnledger::domain::view::SourceState;
use burnledger::ports::{MetricSource, SourceError};
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// 26 hours at 15 s of counters with resets, a gap, a series born late, fractions, NaN and infinities.
fn recording() -> String {
    let mut out = String::from("# TYPE hits counter\n");
    let steps = 26 * 240;
    let mut series = |labels: &str, value: &dyn Fn(i64) -> Option<f64>| {
        for i in 0..steps {
            let Some(v) = value(i) else { continue };
            let v = if v.is_nan() {
                "NaN".into()
            } else if v.is_infinite() {
                "+Inf".into()
            } else {
                v.to_string()
            };
            writeln!(out, "{labels} {v} {:.3}", (T0.0 + i * 15_000 + 250) as f64 / 1000.0).unwrap();
        }
    };
    series("hits_total{code=\"200\",job=\"a\"}", &|i| Some((i * 37 % 50_000) as f64));
    series("hits_total{code=\"500\",job=\"a\"}", &|i| (i > 3000).then_some(((i - 3000) * 2) as f64));
    series("hits_total{code=\"200\",job=\"b\",path=\"/a\\\"b\\\\c\"}", &|i| {
        (!(2000..2040).contains(&i)).then_some((i * 5) as f64)
    });
    series("level{job=\"a\"}", &|i| {
        Some(if i == 100 {
            f64::NAN
        } else if i == 101 {
            f64::INFINITY
        } else {
            i as f64 / 7.0
        })
    });
    out.push_str("# EOF\n");
    out
}

fn selectors() -> Vec<Selector> {
    let hits = Selector::metric("hits_total");
    vec![
        hits.clone(),
        hits.and("code", MatchOp::Regex, "5..").and("job", MatchOp::NotEqual, "b"),
        hits.and("path", MatchOp::Equal, "/a\"b\\c"),
        Selector::metric("level"),
        Selector::metric("absent"),
    ]
}

fn json_only(url: &str) -> Prometheus {
    let settings = PrometheusSettings { remote_read: false, ..settings(url) };
    Prometheus::new(settings, Arc::new(SystemClock::new())).unwrap()
}

const SPANS: [(Span, Span); 5] = [
    (Span(250), Span(15_250)),
    (Span(1_481_250), Span(1_526_000)),
    (Span(250), Span::from_hours(26)),
    (Span::from_hours(-5), Span::from_hours(40)),
    (Span(9_000_250), Span(50_000_000)),
];

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_gives_the_same_by_json_by_chunks_and_as_recorded() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let text = recording();
    let server = Server::backfill(&text);
    let (json, chunks) = (json_only(&server.url()), source(&server.url()));
    let recorded = Recorded::from_bytes("recording", text.as_bytes()).unwrap();
    for selector in selectors() {
        for (from, to) in SPANS {
            let ask = raw(&selector, from, to);
            let (want, coverage) = read(&recorded, &ask).await.unwrap();
            assert_eq!(coverage.samples, want.len());
            for live in [&json, &chunks] {
                let (got, coverage) = read(live, &ask).await.unwrap();
                assert_eq!(lines(&got), lines(&want), "{selector} {from:?} {to:?}");
                assert_eq!((coverage.samples, coverage.warnings, coverage.partial), (want.len(), vec![], false));
            }
        }
    }
    assert!(chunks.reads_chunks() && !json.reads_chunks());
    assert!(chunks.reads_samples() && !json.reads_samples(), "the last minutes by samples");
    let all = recorded.series(&selectors(), T0, T0 + Span::from_hours(26)).await.unwrap();
    let mut live = json.series(&selectors(), T0, T0 + Span::from_hours(26)).await.unwrap();
    live.sort();
    assert_eq!(live, all);
    assert_eq!(all.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn victoria_metrics_gives_the_same_by_json_by_blocks_and_as_recorded() {
    if !require("victoria-metrics") {
        return;
    }
    let text = recording().replace(" NaN ", " 1 ").replace(" +Inf ", " 2 ");
    let server = VictoriaMetrics::start();
    server.import(&text);
    let (json, blocks) = (json_only(&server.url()), source(&server.url()));
    let recorded = Recorded::from_bytes("recording", text.as_bytes()).unwrap();
    for selector in selectors() {
        for (from, to) in SPANS {
            let ask = raw(&selector, from, to);
            let (plain, told) = read(&json, &ask).await.unwrap();
            let (got, coverage) = read(&blocks, &ask).await.unwrap();
            assert_eq!(lines(&got), lines(&plain), "{selector} {from:?} {to:?}");
            assert_eq!((coverage.samples, coverage.warnings), (told.samples, vec![]));
            // This server rounds sevenths as it stores them.
            if selector.name() != Some("level") {
                assert_eq!(lines(&got), lines(&read(&recorded, &ask).await.unwrap().0), "{selector} {from:?} {to:?}");
            }
        }
    }
    assert!(blocks.reads_blocks() && !blocks.reads_chunks());
    assert!(!json.reads_blocks());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_victoria_metrics_that_drops_samples_is_read_as_it_answers_queries() {
    if !require("victoria-metrics") {
        return;
    }
    let server = VictoriaMetrics::start_with(&["-dedup.minScrapeInterval=1m"]);
    server.import(&recording().replace(" NaN ", " 1 ").replace(" +Inf ", " 2 "));
    let (json, live) = (json_only(&server.url()), source(&server.url()));
    let ask = raw(&Selector::metric("hits_total"), Span::ZERO, Span::from_hours(26));
    let (plain, got) = (read(&json, &ask).await.unwrap().0, read(&live, &ask).await.unwrap().0);
    assert!(lines(&got) == lines(&plain) && !got.is_empty());
    assert!(got.len() < 3 * 26 * 100, "{} samples: one a minute of each series", got.len());
    assert!(!live.reads_blocks());
}

#[tokio::test(flavor = "multi_thread")]
async fn expressions_are_asked_at_multiples_of_the_step_in_slices() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let server = Server::backfill(&recording());
    let live = source(&server.url());
    let ask = |expr: &str, from: i64, to: i64, step: i64| Ask::Eval {
        expr: expr.into(),
        from: T0 + Span(from),
        to: T0 + Span(to),
        step: Span(step),
    };
    let (batch, _) = read(&live, &ask("sum(hits_total{job=\"b\"})", 7_000, 60_000, 15_000)).await.unwrap();
    assert_eq!(lines(&batch), [" 15000 0", " 30000 5", " 45000 10", " 60000 15"]);
    let (batch, coverage) = read(&live, &ask("vector(1)", 0, 86_400_000, 5_000)).await.unwrap();
    assert_eq!((batch.len(), coverage.samples), (17_280, 17_280), "more than 11,000 points come in slices");
    let error = read(&live, &ask("sum(", 0, 60_000, 15_000)).await.unwrap_err();
    assert!(matches!(&error, SourceError::Refused { message, .. } if message.contains("parse error")), "{error}");
    let error = read(&live, &ask("up", 0, 60_000, 0)).await.unwrap_err();
    assert!(matches!(error, SourceError::Unsupported(_)));
}

#[tokio::test(flavor = "multi_thread")]
async fn external_labels_never_leak_into_history() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let config = "global: {external_labels: {replica: r1}}\n";
    let server = Server::launch(config, Some(&recording()), &[]);
    let (live, hits) = (source(&server.url()), Selector::metric("hits_total"));
    let (batch, _) = read(&live, &raw(&hits, Span::ZERO, Span::from_hours(26))).await.unwrap();
    assert!(batch.iter().all(|(labels, _)| labels.get("replica").is_empty()));
    assert!(!batch.is_empty() && !live.reads_chunks());
    for _ in 0..2 {
        let (batch, _) = read(&live, &raw(&hits, Span::ZERO, Span::from_mins(5))).await.unwrap();
        assert!(batch.iter().all(|(labels, _)| labels.get("replica").is_empty()) && batch.len() == 40);
    }
    assert!(!live.reads_samples());
}

#[tokio::test(flavor = "multi_thread")]
async fn external_labels_that_come_later_never_leak_into_ticks() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let server = Server::launch("global: {scrape_interval: 1h}\n", Some(&recording()), &[]);
    let (live, hits) = (source(&server.url()), Selector::metric("hits_total"));
    let minutes = async |n: i64| {
        let (batch, _) = read(&live, &raw(&hits, Span::from_mins(n), Span::from_mins(n + 5))).await.unwrap();
        batch.iter().map(|(labels, _)| labels.to_string()).collect::<Vec<_>>()
    };
    let first = minutes(0).await;
    assert_eq!((minutes(5).await, live.reads_samples()), (first.clone(), true));
    std::fs::write(server.guard.dir().join("prometheus.yml"), "global: {external_labels: {replica: r1}}\n").unwrap();
    let (status, said) = crate::support::http("POST", server.port, "/-/reload", b"").unwrap();
    assert_eq!(status, 200, "{said}");
    assert_eq!((minutes(10).await, live.reads_samples()), (first.clone(), false));
    assert_eq!(minutes(15).await, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_a_sample_limit_is_read_in_smaller_slices() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let server = Server::launch("global: {}\n", Some(&recording()), &["--query.max-samples=6000"]);
    let ask = raw(&Selector::metric("hits_total"), Span::ZERO, Span::from_hours(26));
    let (batch, _) = read(&json_only(&server.url()), &ask).await.unwrap();
    let recorded = Recorded::from_bytes("recording", recording().as_bytes()).unwrap();
    assert_eq!(lines(&batch), lines(&read(&recorded, &ask).await.unwrap().0));
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_markers_of_a_real_scrape_never_arrive() {
    if !require("prometheus") {
        return;
    }
    let there = Arc::new(AtomicBool::new(true));
    let shown = there.clone();
    let exporter = super::misbehaving::serve(move |_| {
        let text = if shown.load(Ordering::SeqCst) { "hits_total 7\n" } else { "other 1\n" };
        ([("content-type", "text/plain")], text).into_response()
    })
    .await;
    let target = exporter.trim_start_matches("http://");
    let config = format!(
        "global: {{scrape_interval: 250ms}}\nscrape_configs: [{{job_name: t, static_configs: [{{targets: ['{target}']}}]}}]\n"
    );
    let server = Server::launch(&config, None, &[]);
    let (live, hits) = (json_only(&server.url()), Selector::metric("hits_total"));
    let chunks = source(&server.url());
    let now = || {
        let text = crate::support::http("GET", server.port, "/api/v1/query?query=time()", b"").unwrap().1;
        Ms(text.split('[').nth(1).unwrap().split(['.', ',']).next().unwrap().parse::<i64>().unwrap() * 1000)
    };
    let handle = tokio::runtime::Handle::current();
    let samples = |source: &Prometheus, back: Span| {
        let ask = Ask::Raw { selector: hits.clone(), from: now() - back, to: now() + Span::from_secs(5) };
        tokio::task::block_in_place(|| handle.block_on(read(source, &ask))).unwrap().0
    };
    assert!(wait_until(Duration::from_mins(1), || samples(&live, Span::from_mins(30)).len() >= 3), "no scrape came");
    // What a scrape no longer shows ends with a stale marker.
    there.store(false, Ordering::SeqCst);
    let gone =
        || crate::support::http("GET", server.port, "/api/v1/query?query=hits_total", b"").unwrap().1.contains("\"result\":[]");
    assert!(wait_until(Duration::from_mins(1), gone), "the series did not end");
    let (a, b) = (samples(&live, Span::from_hours(3)), samples(&chunks, Span::from_hours(3)));
    assert!(chunks.reads_chunks());
    assert_eq!(lines(&a), lines(&b));
    for _ in 0..2 {
        assert_eq!(lines(&a), lines(&samples(&chunks, Span::from_mins(30))));
    }
    assert!(chunks.reads_samples());
    assert!(a.iter().all(|(_, s)| s.iter().all(|s| s.value == 7.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_times_out_and_comes_back() {
    if !require("prometheus") || !require("promtool") {
        return;
    }
    let server = Server::backfill(&recording());
    let settings = PrometheusSettings { timeout: Span(300), ..settings(&server.url()) };
    let live = collector::connect(settings, Arc::new(SystemClock::new())).unwrap();
    let ask = |n: i64| raw(&Selector::metric("level"), Span::ZERO, Span::from_secs(60 + n));
    assert_eq!(live.health().state, SourceState::Connecting);
    assert_eq!(read(&live, &ask(0)).await.unwrap().0.len(), 4);
    assert_eq!(live.health().state, SourceState::Live);
    server.guard.signal("STOP");
    let error = read(&live, &ask(1)).await.unwrap_err();
    assert_eq!(error, SourceError::Timeout { url: server.url(), after: Span(300) });
    assert!(matches!(live.health().state, SourceState::Failing { tries: 1, .. }));
    server.guard.signal("CONT");
    assert_eq!(read(&live, &ask(1)).await.unwrap().0.len(), 5);
    assert_eq!(live.health().state, SourceState::Live);
}
