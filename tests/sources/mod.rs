//! Sources against real Prometheus and VictoriaMetrics, and against servers that misbehave.

mod live;
mod many;
pub(crate) mod misbehaving;
mod named;
mod prometheus3;
mod promql;
mod servers;
mod values;

use burnledger::clock::SystemClock;
use burnledger::collector::{Prometheus, PrometheusSettings};
use burnledger::domain::base::{Ms, Span};
use burnledger::domain::measure::{Ask, Batch, Coverage, Selector};
use burnledger::ports::{MetricSource, SourceError};
use std::sync::Arc;

/// Times of the tests start here: 2023-11-14T22:00:00Z, a multiple of an hour.
const T0: Ms = Ms::from_secs(1_699_999_200);

fn settings(url: &str) -> PrometheusSettings {
    PrometheusSettings { url: url.into(), timeout: Span::from_secs(5), ..PrometheusSettings::default() }
}

fn source(url: &str) -> Prometheus {
    Prometheus::new(settings(url), Arc::new(SystemClock::new())).unwrap()
}

fn raw(selector: &Selector, from: Span, to: Span) -> Ask {
    Ask::Raw { selector: selector.clone(), from: T0 + from, to: T0 + to }
}

async fn read(source: &impl MetricSource, ask: &Ask) -> Result<(Batch, Coverage), SourceError> {
    let mut batch = Batch::default();
    source.read(ask, &mut batch).await.map(|coverage| (batch, coverage))
}

/// Every sample as a line, sorted: for comparing sources that slice time differently.
fn lines(batch: &Batch) -> Vec<String> {
    let mut out: Vec<String> = batch
        .iter()
        .flat_map(|(labels, samples)| samples.iter().map(move |s| format!("{labels} {:?} {}", s.at.0 - T0.0, s.value)))
        .collect();
    out.sort();
    out
}
