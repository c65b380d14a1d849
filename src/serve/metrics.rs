//! `/metrics`: the counters of `telemetry`, and gauges read from the snapshot at each scrape.
//!
//! A value that is not known is left out: neither 0 nor NaN would be true.

use crate::domain::base::{Money, Severity};
use crate::domain::judge::{TrackState, Verdict};
use crate::domain::view::{CostTicker, IncidentView, Role, SloRow, Snapshot, SourceState};
use crate::telemetry::{self, MetricName, Metrics};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use rust_decimal::prelude::ToPrimitive;
use std::fmt;
use std::sync::atomic::AtomicU64;

/// What Prometheus reads as OpenMetrics.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Labelled = Vec<(&'static str, String)>;
type Gauges = Family<Labelled, Gauge<f64, AtomicU64>>;

const STATES: [TrackState; 5] =
    [TrackState::Ok, TrackState::NoTraffic, TrackState::NoData, TrackState::DataError, TrackState::Excluded];

/// The text of one scrape.
pub(super) fn text(snapshot: &Snapshot, metrics: &Metrics) -> Result<String, fmt::Error> {
    let mut page = Page { registry: Registry::default() };
    metrics.register(&mut page.registry);
    let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
    page.registry.register(telemetry::BUILD.name, telemetry::BUILD.help, build);
    program(&mut page, snapshot);
    tracks(&mut page, &snapshot.slos);
    incidents(&mut page, snapshot);
    costs(&mut page, snapshot);
    receivers(&mut page, snapshot);
    let mut text = String::new();
    encode(&mut text, &page.registry)?;
    Ok(text)
}

struct Page {
    registry: Registry,
}

impl Page {
    /// One metric with its values; labels are given in the table's order.
    fn gauge(&mut self, name: &MetricName, values: impl IntoIterator<Item = (Vec<String>, f64)>) {
        let family = Gauges::default();
        for (labels, value) in values {
            if value.is_finite() {
                let labels: Labelled = name.labels.iter().copied().zip(labels).collect();
                family.get_or_create(&labels).set(value);
            }
        }
        self.registry.register(name.name, name.help, family);
    }

    /// One metric without labels; one that is not known is left out.
    fn value(&mut self, name: &MetricName, value: Option<f64>) {
        if let Some(value) = value {
            let gauge = Gauge::<f64, AtomicU64>::default();
            gauge.set(value);
            self.registry.register(name.name, name.help, gauge);
        }
    }
}

fn program(page: &mut Page, snapshot: &Snapshot) {
    let seconds = |at: Option<crate::domain::base::Ms>| at.map(|t| t.0 as f64 / 1000.0);
    page.value(&telemetry::UP_TO, seconds(snapshot.data_through));
    page.value(&telemetry::EVALUATED, seconds(snapshot.at));
    page.value(&telemetry::LEDGER_UP, Some(flag(snapshot.ledger_error.is_none())));
    page.value(&telemetry::HISTORY_UP, Some(flag(snapshot.history.is_empty())));
    page.value(&telemetry::LEADING, Some(flag(snapshot.role == Role::Leading)));
    page.value(&telemetry::PROBLEMS, Some(snapshot.problems.len() as f64));
    let up = |s: &crate::domain::view::SourceHealth| (vec![s.name.to_string()], flag(matches!(s.state, SourceState::Live)));
    page.gauge(&telemetry::SOURCE_UP, snapshot.sources.iter().map(up));
}

fn tracks(page: &mut Page, rows: &[SloRow]) {
    let judged = || rows.iter().filter_map(|row| Some((row, row.verdict.as_deref()?)));
    page.gauge(
        &telemetry::SEVERITY,
        judged().flat_map(|(row, v)| Severity::ALL.map(|s| (name(row, s.name()), flag(v.severity == Some(s))))),
    );
    page.gauge(&telemetry::STATE, judged().flat_map(|(row, v)| STATES.map(|s| (name(row, s.name()), flag(v.state == s)))));
    page.gauge(&telemetry::BURN, judged().flat_map(|(row, v)| burns(row, v)));
    page.gauge(&telemetry::HELD, judged().map(|(row, v)| (track(row), held_back(v) as f64)));
    page.gauge(&telemetry::BUDGET, judged().filter_map(|(row, v)| Some((track(row), v.budget.remaining?))));
}

fn held_back(verdict: &Verdict) -> usize {
    let tiers = verdict.tiers.iter().filter(|t| t.held_back_by.is_some()).count();
    tiers + verdict.breaches.iter().filter(|b| b.held_back_by.is_some()).count()
}

fn burns(row: &SloRow, verdict: &Verdict) -> Vec<(Vec<String>, f64)> {
    let known = verdict.windows.iter().filter_map(|w| Some((w.window, w.burn_rate?)));
    known.map(|(window, burn)| (name(row, &window.to_string()), burn)).collect()
}

fn track(row: &SloRow) -> Vec<String> {
    vec![row.slo.id.to_string(), row.group.to_string()]
}

fn name(row: &SloRow, last: &str) -> Vec<String> {
    let mut labels = track(row);
    labels.push(last.into());
    labels
}

fn incidents(page: &mut Page, snapshot: &Snapshot) {
    let live: Vec<Option<Severity>> =
        snapshot.incidents.iter().filter(|i| i.incident.phase.is_live()).map(|i| i.incident.severity).collect();
    let count = |s: Severity| live.iter().filter(|have| **have == Some(s)).count() as f64;
    page.gauge(&telemetry::INCIDENTS, Severity::ALL.map(|s| (vec![s.name().into()], count(s))));
}

/// What live incidents cost; those without a price are left out.
fn costs(page: &mut Page, snapshot: &Snapshot) {
    let live = || snapshot.incidents.iter().filter(|i| i.incident.phase.is_live());
    let of = |pick: fn(&CostTicker) -> Option<Money>| {
        let priced = live().filter_map(move |i| Some((i, pick(i.cost.as_ref()?)?)));
        let value = |(i, money): (&IncidentView, Money)| {
            let labels = vec![i.incident.id.to_string(), i.incident.service.to_string(), money.currency.to_string()];
            Some((labels, money.amount.to_f64()?))
        };
        priced.filter_map(value).collect::<Vec<_>>()
    };
    page.gauge(&telemetry::COST_RATE, of(|cost| cost.per_minute));
    page.gauge(&telemetry::COST, of(|cost| cost.so_far));
}

fn receivers(page: &mut Page, snapshot: &Snapshot) {
    let all = || snapshot.receivers.iter();
    page.gauge(&telemetry::WAITING, all().map(|r| (vec![r.name.to_string()], r.waiting as f64)));
    page.gauge(&telemetry::FAILING, all().map(|r| (vec![r.name.to_string()], flag(r.error.is_some()))));
}

const fn flag(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}
