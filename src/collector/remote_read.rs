//! Remote read: for history the server sends its stored XOR chunks as they are, thirty times faster than JSON; for a tick the
//! samples themselves (`samples`), in a tenth of the bytes of JSON.
//!
//! Used only where it gives exactly the samples and labels of the query API: the server must offer streamed chunks, and must have
//! no external labels, which remote read adds to every series and queries do not. Elsewhere the caller takes JSON slices.
//! Chunks are not cut to the span, so samples outside it are dropped here.

mod frames;
mod samples;
mod xor;

pub(super) use samples::Samples;

use super::prometheus::{Prometheus, warn};
use crate::domain::base::{Labels, Ms};
use crate::domain::measure::{Coverage, MatchOp, Sample, Selector, Sink};
use crate::kit::http::{HttpAnswer, HttpBody, HttpRequest};
use crate::ports::SourceError;
use frames::{ChunkedReadResponse, ChunkedSeries, Frame, LabelMatcher, Query, ReadRequest, frame};
use prost::Message;
use std::sync::atomic::{AtomicU8, Ordering};

pub(super) const UNKNOWN: u8 = 0;
pub(super) const OFFERED: u8 = 1;
pub(super) const ABSENT: u8 = 2;

const STREAMED: &str = "application/x-streamed-protobuf";
const XOR: i32 = 1;

/// The ways in which an answer may come, as remote read numbers them.
const AS_SAMPLES: i32 = 0;
const AS_CHUNKS: i32 = 1;

/// Whether a server offers a way of reading history; asked once.
pub(super) struct Offer(AtomicU8);

impl Offer {
    pub(super) fn new(wanted: bool) -> Self {
        Self(AtomicU8::new(if wanted { UNKNOWN } else { ABSENT }))
    }

    pub(super) fn get(&self) -> u8 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn set(&self, state: u8) {
        self.0.store(state, Ordering::Relaxed);
    }
}

impl Prometheus {
    /// True once the server has answered by streamed chunks.
    pub fn reads_chunks(&self) -> bool {
        self.offer.get() == OFFERED
    }

    /// Reads `(from, to]` by remote read. False when the server does not offer it; nothing has reached the sink then.
    pub(super) async fn read_chunks(
        &self,
        selector: &Selector,
        from: Ms,
        to: Ms,
        sink: &mut dyn Sink,
        sum: &mut Coverage,
    ) -> Result<bool, SourceError> {
        if self.offer.get() == ABSENT || (self.offer.get() == UNKNOWN && !self.has_plain_labels().await?) {
            self.offer.set(ABSENT);
            return Ok(false);
        }
        let mut answer = self.ask_remote(selector, (from, to), AS_CHUNKS).await?;
        let streamed = answer.header("content-type").is_some_and(|t| t.starts_with(STREAMED));
        if !(answer.status() == 200 && streamed) {
            return self.not_streamed(&answer);
        }
        self.offer.set(OFFERED);
        let mut reading = Reading { source: self, selector, from, to, sink, sum, last: None, samples: Vec::new() };
        reading.stream(&mut answer).await?;
        Ok(true)
    }

    /// A server that is in trouble may offer chunks again soon; one that says no will go on saying no.
    fn not_streamed(&self, answer: &HttpAnswer) -> Result<bool, SourceError> {
        if matches!(answer.status(), 429 | 500 | 502..=599) {
            let retry_after = answer.retry_after(self.clock.now().wall);
            let message = "remote read failed".into();
            return Err(SourceError::Failed { url: self.shown.clone(), status: answer.status(), message, retry_after });
        }
        self.offer.set(ABSENT);
        Ok(false)
    }

    /// Asks for the configuration: with external labels, or when it is not shown, remote read cannot be trusted to name series
    /// as queries do.
    async fn has_plain_labels(&self) -> Result<bool, SourceError> {
        let request = HttpRequest::get(self.base.join("api/v1/status/config"));
        let mut answer = self.http.send(request).await.map_err(|e| self.failed(e))?;
        if answer.status() != 200 {
            return Ok(false);
        }
        let Ok(body) = answer.bytes(16 << 20).await else { return Ok(false) };
        let config: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
        let yaml = config.as_ref().and_then(|c| c["data"]["yaml"].as_str());
        Ok(yaml.is_some_and(|y| !y.lines().any(|l| l.trim_start().starts_with("external_labels"))))
    }

    async fn ask_remote(&self, selector: &Selector, (from, to): (Ms, Ms), form: i32) -> Result<HttpAnswer, SourceError> {
        let matchers = selector.matchers().iter().map(|m| LabelMatcher {
            kind: kind(m.op),
            name: (*m.name).to_owned(),
            value: (*m.value).to_owned(),
        });
        let query = Query { start_ms: from.0.saturating_add(1), end_ms: to.0, matchers: matchers.collect() };
        let message = ReadRequest { queries: vec![query], accepted: vec![form] }.encode_to_vec();
        let packed = snap::raw::Encoder::new().compress_vec(&message);
        let data = packed.map_err(|e| SourceError::Unsupported(e.to_string()))?;
        let body = HttpBody::Bytes { content_type: "application/x-protobuf", data };
        let request = HttpRequest::post(self.base.join("api/v1/read"), body)
            .header("Content-Encoding", "snappy")
            .header("X-Prometheus-Remote-Read-Version", "0.1.0");
        let total = if form == AS_CHUNKS { self.settings.history_timeout } else { self.settings.timeout };
        let total = Some(total);
        self.http.send(HttpRequest { total, ..request }).await.map_err(|e| self.failed(e))
    }
}

const fn kind(op: MatchOp) -> i32 {
    match op {
        MatchOp::Equal => 0,
        MatchOp::NotEqual => 1,
        MatchOp::Regex => 2,
        MatchOp::NotRegex => 3,
    }
}

struct Reading<'a> {
    source: &'a Prometheus,
    selector: &'a Selector,
    from: Ms,
    to: Ms,
    sink: &'a mut dyn Sink,
    sum: &'a mut Coverage,
    /// The series of the frame before: a long one goes on and is counted once.
    last: Option<Labels>,
    /// Of the series that is being decoded.
    samples: Vec<Sample>,
}

impl Reading<'_> {
    async fn stream(&mut self, answer: &mut HttpAnswer) -> Result<(), SourceError> {
        let (mut buffer, mut more) = (Vec::new(), true);
        while more {
            more = answer.append(&mut buffer).await.map_err(|e| self.source.failed(e))?;
            let mut done = 0;
            loop {
                match frame(&buffer[done..]) {
                    Frame::Part => break,
                    Frame::Broken(what) => return Err(self.garbled(what)),
                    Frame::Whole(message, used) => {
                        self.message(message)?;
                        done += used;
                    }
                }
            }
            buffer.drain(..done);
        }
        if buffer.is_empty() { Ok(()) } else { Err(self.garbled("a stream of chunks that was cut off")) }
    }

    fn message(&mut self, bytes: &[u8]) -> Result<(), SourceError> {
        let message = ChunkedReadResponse::decode(bytes).map_err(|_| self.garbled("a frame that is no message"))?;
        message.series.iter().try_for_each(|series| self.series(series))
    }

    fn series(&mut self, series: &ChunkedSeries) -> Result<(), SourceError> {
        let labels = Labels::new(series.labels.iter().map(|l| (l.name.as_str(), l.value.as_str())));
        let (from, to, samples) = (self.from, self.to, &mut self.samples);
        let (mut last, mut whole) = (from, true);
        samples.clear();
        for chunk in series.chunks.iter().filter(|c| c.kind == XOR && c.max_ms > from.0 && c.min_ms <= to.0) {
            let done = xor::decode(&chunk.data, |at, value| {
                if at > last && at <= to {
                    samples.push(Sample { at, value });
                    last = at;
                }
            });
            whole &= done.is_some();
        }
        let named = !samples.is_empty();
        if named {
            self.sink.series(&labels);
            self.sink.samples(samples);
        }
        self.sum.samples += samples.len();
        if series.chunks.iter().any(|c| c.kind != XOR) {
            warn(self.sum, format!("series of {} hold native histograms, which are left out", self.selector));
        }
        if !whole {
            return Err(self.garbled("a damaged chunk"));
        }
        self.count(labels, named)
    }

    fn count(&mut self, labels: Labels, named: bool) -> Result<(), SourceError> {
        if named && self.last.as_ref() != Some(&labels) {
            self.sum.series += 1;
            self.last = Some(labels);
        }
        let limits = &self.source.settings;
        match () {
            () if self.sum.series > limits.max_series => Err(self.source.too_much("series", &self.selector.to_string())),
            () if self.sum.samples > limits.max_samples => Err(self.source.too_much("samples", &self.selector.to_string())),
            () => Ok(()),
        }
    }

    fn garbled(&self, what: &str) -> SourceError {
        SourceError::Garbled { url: self.source.shown.clone(), what: what.into() }
    }
}
