//! The tick of a thousand SLOs without a server: what of it is this program's own. The source has its answers ready in memory and
//! the clock moves by hand, so hundreds of ticks take seconds and a profile of them shows nothing else.

use super::SERVICES;
use super::common::{self, CODES, Times, count, line};
use burnledger::collector::{GuardSettings, Guarded};
use burnledger::domain::base::{Labels, Mono, Ms, Now, Span, Text};
use burnledger::domain::measure::{Ask, Coverage, Selector, Sink};
use burnledger::ports::{Clock, Job, MetricSource, SourceError};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const TICKS: usize = 400;
const STEP: Span = Span::from_secs(15);
const START: Ms = Ms::from_secs(1_790_000_100 / 900 * 900);
const PAST: Span = Span::from_days(4);
/// Before that samples are rarer, so that the fill is short.
const FINE: Span = Span::from_hours(6);

/// A clock that stands until it is moved.
struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> Now {
        let at = self.0.load(Ordering::Relaxed);
        Now { wall: Ms(at), mono: Mono((at - START.0) as u64) }
    }

    fn sleep_until(&self, _: Mono) -> Job<'_, ()> {
        Box::pin(async {})
    }
}

/// All series of all services.
struct Ready {
    series: Vec<(usize, usize, Labels)>,
    /// Time in which answers were made.
    took: Arc<Mutex<Duration>>,
}

impl Ready {
    fn new(took: Arc<Mutex<Duration>>) -> Self {
        let labels = |service: usize, code: usize| {
            let name = common::service(service);
            let pairs = [("__name__", "http_requests_total"), ("service", &*name), ("code", CODES[code].0)];
            Labels::new(pairs.into_iter().chain([("job", "page"), ("instance", "page")]))
        };
        let all = (0..SERVICES).flat_map(|s| (0..CODES.len()).map(move |c| (s, c)));
        Self { series: all.map(|(s, c)| (s, c, labels(s, c))).collect(), took }
    }
}

impl MetricSource for Ready {
    fn name(&self) -> Text {
        "ready".into()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        Box::pin(async move {
            let begun = Instant::now();
            let Ask::Raw { selector, from, to } = ask else { return Ok(Coverage::default()) };
            let wanted: Vec<&str> =
                selector.matchers().iter().find(|m| &*m.name == "service").unwrap().value.split('|').collect();
            let bad = selector.matchers().iter().any(|m| &*m.name == "code");
            for (service, code, labels) in &self.series {
                if bad && *code != 2 || wanted.len() < SERVICES && wanted.binary_search(&labels.get("service")).is_err() {
                    continue;
                }
                into.series(labels);
                let mut at = (*from).max(START - PAST);
                while at < *to {
                    let step = if at < START - FINE { Span::from_mins(15) } else { STEP };
                    at = at.floor_to(step) + step;
                    if at <= *to {
                        into.sample(at, count(*service, *code, at) as f64);
                    }
                }
            }
            *self.took.lock().unwrap() += begun.elapsed();
            Ok(Coverage::default())
        })
    }

    fn series<'a>(&'a self, _: &'a [Selector], _: Ms, _: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Ticks of a thousand SLOs, one after the other.
pub async fn ticks() {
    let still = Arc::new(Still(AtomicI64::new(START.0 + 100)));
    let clock: Arc<dyn Clock> = Arc::clone(&still) as Arc<dyn Clock>;
    let took = Arc::new(Mutex::new(Duration::ZERO));
    let source = Guarded::new(Ready::new(Arc::clone(&took)), GuardSettings::default(), Arc::clone(&clock));
    let mut live = common::live(common::book(SERVICES), Arc::new(source), clock);
    let snapshots = live.snapshots();
    live.begin().await.unwrap();
    live.advance().await;
    *took.lock().unwrap() = Duration::ZERO;
    let busy = || common::threads(std::process::id(), |_| true).0;
    let (mut times, before) = (Vec::new(), busy());
    for _ in 0..TICKS {
        still.0.fetch_add(STEP.0, Ordering::Relaxed);
        let begun = Instant::now();
        live.advance().await;
        times.push(begun.elapsed());
    }
    let answers = *took.lock().unwrap() / TICKS as u32;
    let busy = busy().saturating_sub(before) / TICKS as u32;
    let snapshot = snapshots.borrow().clone();
    let whole = snapshot.slos.iter().filter(|row| row.verdict.as_ref().is_some_and(|v| v.windows[0].coverage == 1.0)).count();
    assert_eq!((snapshot.at, whole), (Some(START + STEP * (TICKS as i64 - 1)), SERVICES), "every tick was judged");
    let times = Times::new(times);
    line(
        &format!("tick of {SERVICES} SLOs x 8 windows without a server: median of {TICKS}"),
        &format!("{:.2?}", times.median()),
        "",
        None,
    );
    line("  fastest", &format!("{:.2?}", times.quantile(0.0)), "", None);
    line("  processor time, making its answers up left out", &format!("{:.2?}", busy.saturating_sub(answers)), "", None);
    println!();
}
