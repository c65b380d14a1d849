//! A Prometheus, or anything that speaks its HTTP API (VictoriaMetrics, Thanos, Mimir), as a source of samples.
//!
//! Raw asks go by remote read or native export where the server offers one (`remote_read`, `native_export`); elsewhere they
//! are instant queries of a range selector, so samples come as they were scraped, long spans in slices of a day. Deliberately
//! absent: retries, the limit on concurrent requests and the circuit, which [`super::Guarded`] puts around any source.

mod exchange;
mod label_cache;
mod matrix;
mod words;

pub(super) use exchange::{slices, warn};
pub(super) use label_cache::LabelCache;

use super::BreakerSettings;
use super::remote_read::{Offer, Samples};
use crate::domain::base::{Labels, Ms, Span, Text};
use crate::domain::measure::{Ask, Coverage, Selector, Sink};
use crate::kit::http::{Address, BasicAuth, Http, HttpSettings};
use crate::kit::secrets::SecretSource;
use crate::ports::{Clock, Job, MetricSource, SourceError};
use exchange::Wanted;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Raw spans longer than this are history: read in chunks or slices, with more time.
pub(super) const HISTORY: Span = Span::from_hours(1);
/// One slice of history as JSON: about 1 MB for eight series at 15 s.
const RAW_SLICE: Span = Span::from_days(1);
/// Prometheus refuses a range query of more points a series.
const MAX_POINTS: i64 = 11_000;

/// How to reach a Prometheus, and what it may send.
#[derive(Clone, PartialEq, Eq)]
pub struct PrometheusSettings {
    /// Its name in the configuration, told beside the address where there is one.
    pub name: Option<Text>,
    /// Its address, with a path prefix where it has one; credentials in it are used and never shown.
    pub url: String,
    /// Limit for one request of a tick.
    pub timeout: Span,
    /// Limit for one request of history.
    pub history_timeout: Span,
    /// Requests at once.
    pub concurrency: usize,
    /// Token.
    pub bearer: Option<SecretSource>,
    /// Name and password.
    pub basic: Option<BasicAuth>,
    /// Further headers, such as a tenant's id.
    pub headers: Vec<(String, SecretSource)>,
    /// Use remote read (VictoriaMetrics: native export, for history) where it is offered; otherwise JSON alone.
    pub remote_read: bool,
    /// Most series in one answer.
    pub max_series: usize,
    /// Most samples in one answer.
    pub max_samples: usize,
    /// Most bytes of one JSON answer.
    pub max_bytes: usize,
    /// Thanos' `dedup`: whether replicas are counted once. Its own default when absent.
    pub dedup: Option<bool>,
    /// Thanos' `partial_response`: whether it answers though a store is missing. Its own default when absent.
    pub partial_response: Option<bool>,
    /// When it is left alone, and for how long.
    pub breaker: BreakerSettings,
    /// Seed of the jitter between retries.
    pub seed: u64,
}

impl Default for PrometheusSettings {
    /// `http://localhost:9090`, 10 s a request (60 s for history), 8 at once, a million series, 50 million samples, 256 MiB.
    fn default() -> Self {
        Self {
            name: None,
            url: "http://localhost:9090".into(),
            timeout: Span::from_secs(10),
            history_timeout: Span::from_secs(60),
            concurrency: 8,
            bearer: None,
            basic: None,
            headers: Vec::new(),
            remote_read: true,
            max_series: 1_000_000,
            max_samples: 50_000_000,
            max_bytes: 256 << 20,
            dedup: None,
            partial_response: None,
            breaker: BreakerSettings::default(),
            seed: 0,
        }
    }
}

impl fmt::Debug for PrometheusSettings {
    /// Without the address as it was written: it may hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = Address::parse(&self.url).map_or_else(|_| "not an address".into(), |a| a.shown());
        let rest = (&self.bearer, &self.basic, &self.headers, self.timeout, self.concurrency);
        f.debug_struct("PrometheusSettings").field("url", &url).field("rest", &rest).finish_non_exhaustive()
    }
}

/// A Prometheus server.
pub struct Prometheus {
    pub(super) http: Http,
    pub(super) base: Address,
    pub(super) shown: String,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: PrometheusSettings,
    cache: Mutex<LabelCache>,
    pub(super) offer: Offer,
    /// Native export, of VictoriaMetrics.
    pub(super) blocks: Offer,
    /// Samples by remote read, at ticks.
    pub(super) samples: Samples,
}

impl Prometheus {
    /// A source for the server at `settings.url`; nothing is asked of it yet.
    ///
    /// # Errors
    /// The address is none, or TLS cannot be set up.
    pub fn new(settings: PrometheusSettings, clock: Arc<dyn Clock>) -> Result<Self, SourceError> {
        let unusable = |e: crate::kit::http::HttpError| SourceError::Unreachable { url: "prometheus".into(), why: e.to_string() };
        let base = Address::parse(&settings.url).map_err(unusable)?;
        let http = Http::new(HttpSettings {
            connect: Span::from_secs(5).min(settings.timeout),
            total: settings.timeout,
            bearer: settings.bearer.clone(),
            basic: settings.basic.clone(),
            headers: settings.headers.clone(),
        });
        let http = http.map_err(unusable)?;
        let shown = match &settings.name {
            Some(name) => format!("{name} ({})", base.shown()),
            None => base.shown(),
        };
        let (offer, blocks) = (Offer::new(settings.remote_read), Offer::new(settings.remote_read));
        let samples = Samples::default();
        Ok(Self { http, base, shown, clock, settings, cache: Mutex::default(), offer, blocks, samples })
    }

    async fn raw(&self, selector: &Selector, from: Ms, to: Ms, sink: &mut dyn Sink) -> Result<Coverage, SourceError> {
        let mut coverage = Coverage::default();
        let is_long = to.since(from) > HISTORY;
        if is_long && self.read_chunks(selector, from, to, sink, &mut coverage).await? {
            return Ok(coverage);
        }
        if is_long && self.read_blocks(selector, (from, to), sink, &mut coverage).await? {
            return Ok(coverage);
        }
        if !is_long && self.read_samples(selector, (from, to), sink, &mut coverage).await? {
            return Ok(coverage);
        }
        let text = selector.to_string();
        // A slice that is too much for the server or for us is halved until it is no longer worth it.
        let mut todo: Vec<(Ms, Ms)> = slices(from, to, RAW_SLICE);
        todo.reverse();
        while let Some((from, to)) = todo.pop() {
            let before = coverage.clone();
            let wanted = Wanted { form: raw_form(&text, from, to), path: "api/v1/query", from, to, selector: &text };
            match self.matrix(&wanted, sink, &mut coverage).await {
                Err(error) if is_too_big(&error) && coverage == before && to.since(from) > HISTORY => {
                    let middle = from + Span(to.since(from).0 / 2);
                    todo.extend([(middle, to), (from, middle)]);
                }
                other => other?,
            }
        }
        if !is_long && !coverage.partial {
            self.samples.heard();
        }
        Ok(coverage)
    }

    async fn eval(&self, expr: &str, (from, to): (Ms, Ms), step: Span, sink: &mut dyn Sink) -> Result<Coverage, SourceError> {
        let mut coverage = Coverage::default();
        if step.0 <= 0 {
            return Err(SourceError::Unsupported(format!("`{expr}` at steps of 0")));
        }
        let last = to.floor_to(step);
        let mut start = from.floor_to(step) + step;
        while start <= last {
            let end = last.min(start + Span(step.0.saturating_mul(MAX_POINTS - 1)));
            let form = vec![
                ("query".into(), expr.to_owned()),
                ("start".into(), seconds(start)),
                ("end".into(), seconds(end)),
                ("step".into(), format!("{}", step.secs_f64())),
                // VictoriaMetrics moves the ends of cached queries; Prometheus ignores the word.
                ("nocache".into(), "1".into()),
            ];
            let wanted = Wanted { form, path: "api/v1/query_range", from, to, selector: expr };
            self.matrix(&wanted, sink, &mut coverage).await?;
            start = end + step;
        }
        Ok(coverage)
    }
}

/// An instant query whose answer is the raw samples of `[from, to]`.
fn raw_form(selector: &str, from: Ms, to: Ms) -> Vec<(String, String)> {
    let range = to.since(from).0.max(1);
    vec![("query".into(), format!("{selector}[{range}ms]")), ("time".into(), seconds(to)), ("nocache".into(), "1".into())]
}

/// Our own byte limit, or Prometheus' limit on samples in memory: a shorter span may pass.
fn is_too_big(error: &SourceError) -> bool {
    match error {
        SourceError::TooMuch { what, .. } => *what == "bytes",
        SourceError::Refused { message, .. } => message.contains("too many samples"),
        _ => false,
    }
}

/// Seconds with milliseconds, as the API reads times.
pub(super) fn seconds(at: Ms) -> String {
    let sign = if at.0 < 0 { "-" } else { "" };
    format!("{sign}{}.{:03}", at.0.unsigned_abs() / 1000, at.0.unsigned_abs() % 1000)
}

impl MetricSource for Prometheus {
    fn name(&self) -> Text {
        self.shown.as_str().into()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        Box::pin(async move {
            match ask {
                Ask::Raw { selector, from, to } => self.raw(selector, *from, *to, into).await,
                Ask::Eval { expr, from, to, step } => self.eval(expr, (*from, *to), *step, into).await,
            }
        })
    }

    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        Box::pin(self.series_of(of, from, to))
    }
}
