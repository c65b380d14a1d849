//! The guard around a source that does as it is told, on a clock that lets nobody wait.

use super::*;
use crate::clock::ManualClock;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Answers from a script; afterwards with one sample at the end of the span.
#[derive(Default)]
struct Scripted {
    script: Mutex<VecDeque<SourceError>>,
    asked: AtomicUsize,
    running: AtomicUsize,
    most: AtomicUsize,
}

impl MetricSource for Scripted {
    fn name(&self) -> Text {
        "http://scripted".into()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        Box::pin(async move {
            self.asked.fetch_add(1, Ordering::SeqCst);
            let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(running, Ordering::SeqCst);
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
            self.running.fetch_sub(1, Ordering::SeqCst);
            into.series(&Labels::new([("__name__", "m")]));
            into.sample(ask.span().1, 1.0);
            match lock(&self.script).pop_front() {
                Some(error) => Err(error),
                None => Ok(Coverage { series: 1, samples: 1, warnings: vec!["w".into()], partial: true }),
            }
        })
    }

    fn series<'a>(&'a self, _: &'a [Selector], _: Ms, _: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

fn down() -> SourceError {
    SourceError::Unreachable { url: "http://scripted".into(), why: "refused".into() }
}

fn busy(seconds: i64) -> SourceError {
    let retry_after = Some(Span::from_secs(seconds));
    SourceError::Failed { url: "http://scripted".into(), status: 503, message: "busy".into(), retry_after }
}

fn bad_query() -> SourceError {
    SourceError::Refused { url: "http://scripted".into(), message: "bad".into() }
}

const START: Ms = Ms::from_secs(1_700_000_000);

fn guarded(script: Vec<SourceError>) -> (Arc<Guarded<Scripted>>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::eager(START));
    let source = Scripted { script: Mutex::new(script.into()), ..Scripted::default() };
    (Arc::new(Guarded::new(source, GuardSettings::default(), clock.clone())), clock)
}

fn ask(metric: &str, from: i64, to: i64) -> Ask {
    Ask::Raw { selector: Selector::metric(metric), from: START + Span(from), to: START + Span(to) }
}

async fn read(guarded: &Guarded<Scripted>, ask: &Ask) -> Result<usize, SourceError> {
    let mut batch = Batch::default();
    guarded.read(ask, &mut batch).await.map(|_| batch.len())
}

fn asked(guarded: &Guarded<Scripted>) -> usize {
    guarded.inner().asked.load(Ordering::SeqCst)
}

#[tokio::test]
async fn the_same_question_is_asked_once_a_tick() {
    let (guarded, clock) = guarded(vec![]);
    let (one, other) = (ask("a", 0, 15_000), ask("b", 0, 15_000));
    let all = futures_util::future::join_all([&one, &one, &other, &one].map(|a| read(&guarded, a))).await;
    assert!(all.iter().all(|r| *r == Ok(1)));
    assert_eq!(read(&guarded, &one).await, Ok(1));
    assert_eq!(asked(&guarded), 2);
    clock.advance(Span::from_secs(5));
    assert_eq!(read(&guarded, &one).await, Ok(1));
    assert_eq!(asked(&guarded), 3);
}

#[tokio::test]
async fn failures_are_tried_again_and_leave_no_samples() {
    let (guarded, clock) = guarded(vec![down(), busy(2)]);
    assert_eq!(read(&guarded, &ask("a", 0, 15_000)).await, Ok(1));
    assert_eq!(asked(&guarded), 3);
    let waited = clock.now().wall.since(START);
    assert!((Span(2125)..Span(2375)).contains(&waited), "{waited:?}: 250 ms with jitter, then what the server asked for");
    let health = guarded.health();
    assert_eq!((health.state, health.last_good), (SourceState::Live, Some(clock.now().wall)));
    assert_eq!(&*health.warnings[0], "w");
}

#[tokio::test]
async fn no_try_starts_after_the_budget_nor_for_a_bad_query() {
    let (late, clock) = guarded(vec![busy(11)]);
    assert_eq!(read(&late, &ask("a", 0, 15_000)).await, Err(busy(11)));
    assert_eq!((asked(&late), clock.now().wall), (1, START));
    let (refused, _) = guarded(vec![bad_query()]);
    assert_eq!(read(&refused, &ask("a", 0, 15_000)).await, Err(bad_query()));
    assert_eq!(asked(&refused), 1);
    assert_eq!(refused.health().state, SourceState::Connecting, "a bad query says nothing of the source");
    assert_eq!(read(&refused, &ask("a", 0, 15_000)).await, Ok(1), "an error is not remembered");
}

#[tokio::test]
async fn the_circuit_opens_says_so_and_closes_again() {
    let (guarded, clock) = guarded(vec![down(); 6]);
    assert_eq!(read(&guarded, &ask("a", 0, 1)).await, Err(down()));
    let error = read(&guarded, &ask("b", 0, 1)).await.unwrap_err();
    let SourceError::CircuitOpen { until, why, .. } = &error else { panic!("{error}") };
    assert_eq!(asked(&guarded), 5, "five failures open it");
    assert!(why.contains("refused") && *until > clock.now().wall, "{error}");
    let health = guarded.health();
    let SourceState::Failing { since, tries, next_try, .. } = health.state else { panic!("{health:?}") };
    assert_eq!((since, tries, next_try), (START, 5, Some(*until)));
    assert!(matches!(read(&guarded, &ask("c", 0, 1)).await, Err(SourceError::CircuitOpen { .. })));
    assert_eq!(asked(&guarded), 5, "nothing is asked while it is open");

    clock.advance_to(*until);
    let error = read(&guarded, &ask("c", 0, 1)).await.unwrap_err();
    assert!(matches!(error, SourceError::CircuitOpen { .. }), "the one try failed, and it is open again: {error}");
    assert_eq!(asked(&guarded), 6);
    clock.advance(Span::from_mins(1));
    assert_eq!(read(&guarded, &ask("c", 0, 1)).await, Ok(1));
    assert_eq!(guarded.health().state, SourceState::Live);
}

#[tokio::test]
async fn at_most_so_many_at_once() {
    let (guarded, _) = guarded(vec![]);
    let asks: Vec<Ask> = (0..50).map(|i| ask(&format!("m{i}"), 0, 15_000)).collect();
    futures_util::future::join_all(asks.iter().map(|a| read(&guarded, a))).await;
    assert_eq!((asked(&guarded), guarded.inner().most.load(Ordering::SeqCst)), (50, 8));
}

#[tokio::test]
async fn long_spans_come_in_pieces_and_a_failed_piece_is_read_again() {
    let (guarded, _) = guarded(vec![down()]);
    let days = |n: i64| Span::from_days(n).0;
    let mut batch = Batch::default();
    let coverage = guarded.read(&ask("a", 0, days(12)), &mut batch).await.unwrap();
    let ends: Vec<i64> = batch.iter().flat_map(|(_, s)| s.iter().map(|s| s.at.0 - START.0)).collect();
    let hour = Span::from_hours(1).0;
    assert_eq!(ends, [days(5) + hour, days(10) + 2 * hour, days(12)]);
    assert_eq!((asked(&guarded), coverage.samples, coverage.series, coverage.partial), (4, 3, 1, true));
    assert_eq!(coverage.warnings, ["w"]);
    assert_eq!(guarded.health().state, SourceState::Live);
}

fn of_service(service: &str) -> Ask {
    let selector = Selector::metric("hits").and("service", crate::domain::measure::MatchOp::Equal, service);
    Ask::Raw { selector, from: START, to: START + Span::from_secs(75) }
}

#[tokio::test]
async fn questions_of_a_tick_share_a_request_and_its_warnings() {
    let (guarded, _) = guarded(vec![]);
    let answers = guarded.read_many(&["a", "b", "c"].map(of_service)).await;
    assert_eq!((answers.len(), asked(&guarded)), (3, 1));
    for answer in answers {
        // The scripted series has no service: it belongs to nobody.
        let (batch, coverage) = answer.unwrap();
        assert_eq!((batch.len(), coverage.series, coverage.samples, coverage.partial), (0, 0, 0, true));
        assert_eq!(coverage.warnings, ["w"]);
    }
}

#[tokio::test]
async fn a_refused_request_is_asked_in_parts_and_a_failed_one_fails_all() {
    let (guarded, _) = guarded(vec![bad_query(), bad_query()]);
    let answers = guarded.read_many(&["a", "b", "c"].map(of_service)).await;
    let good: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!((good.iter().filter(|g| **g).count(), asked(&guarded)), (2, 4), "{answers:?}");
    let (guarded, _) = super::tests::guarded(vec![down(); 3]);
    let answers = guarded.read_many(&["a", "b", "c"].map(of_service)).await;
    assert!(answers.iter().all(|a| a.as_ref().is_err_and(|e| *e == down())), "{answers:?}");
    assert_eq!(asked(&guarded), 3, "three tries of one request");
}
