//! One request and its answer: sent as a form, read under limits, decoded into a sink.

use super::label_cache::LabelCache;
use super::matrix::{Envelope, MatrixData, Reading, SeriesData, read_answer};
use super::words::{body_error, envelope_error, exchange_error, status_error};
use super::{HISTORY, Prometheus, seconds};
use crate::domain::base::{Labels, Ms, Span};
use crate::domain::measure::{Coverage, Selector, Sink};
use crate::kit::http::{HttpAnswer, HttpBody, HttpError, HttpRequest, clean};
use crate::ports::SourceError;
use std::sync::PoisonError;

/// How every series starts in an answer; inside a label's value the quotes would be escaped.
const SERIES_START: &[u8] = b"{\"metric\":";
/// Warnings kept of one read.
const MAX_WARNINGS: usize = 20;

/// A query and what of its answer is wanted.
pub(super) struct Wanted<'a> {
    pub(super) path: &'static str,
    pub(super) form: Vec<(String, String)>,
    pub(super) from: Ms,
    pub(super) to: Ms,
    pub(super) selector: &'a str,
}

/// `(from, to]` in pieces of at most `size`.
pub(in crate::collector) fn slices(from: Ms, to: Ms, size: Span) -> Vec<(Ms, Ms)> {
    let mut out = Vec::new();
    let mut start = from;
    while start < to {
        let end = to.min(start + size);
        out.push((start, end));
        start = end;
    }
    out
}

impl Prometheus {
    /// Asks for a matrix and decodes it into `sink`.
    pub(super) async fn matrix(&self, wanted: &Wanted<'_>, sink: &mut dyn Sink, sum: &mut Coverage) -> Result<(), SourceError> {
        let total = if wanted.to.since(wanted.from) > HISTORY { self.settings.history_timeout } else { self.settings.timeout };
        let (answer, body) = self.fetch(wanted, total).await?;
        // The lock is held while one answer is decoded, never across a wait.
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        self.decode(wanted, &answer, &body, &mut cache, sink, sum)
    }

    fn decode(
        &self,
        wanted: &Wanted<'_>,
        answer: &HttpAnswer,
        body: &[u8],
        cache: &mut LabelCache,
        sink: &mut dyn Sink,
        sum: &mut Coverage,
    ) -> Result<(), SourceError> {
        let limits = (self.settings.max_series, self.settings.max_samples.saturating_sub(sum.samples));
        let mut reading = Reading::new(wanted.from, wanted.to, sink, cache, limits);
        let result = read_answer(body, MatrixData(&mut reading));
        let (series, samples, histograms, too_much) = (reading.series, reading.samples, reading.histograms, reading.too_much);
        sum.series += series;
        sum.samples += samples;
        if let Some(what) = too_much {
            return Err(self.too_much(what, wanted.selector));
        }
        let envelope = result.map_err(|e| body_error(&self.shown, answer, body, &e))?;
        if let Some(error) = envelope_error(&self.shown, answer, &envelope) {
            return Err(error);
        }
        if histograms > 0 {
            warn(
                sum,
                format!("{histograms} series of {} hold native histograms, which are left out", clean(wanted.selector, 300)),
            );
        }
        note(sum, envelope);
        Ok(())
    }

    /// Sends a query; the body comes back whole, within the limits.
    async fn fetch(&self, wanted: &Wanted<'_>, total: Span) -> Result<(HttpAnswer, Vec<u8>), SourceError> {
        let mut form = wanted.form.clone();
        // Thanos reads them; others ignore words that they do not know.
        for (word, wish) in [("dedup", self.settings.dedup), ("partial_response", self.settings.partial_response)] {
            form.extend(wish.map(|wish| (word.to_owned(), wish.to_string())));
        }
        let request = HttpRequest::post(self.base.join(wanted.path), HttpBody::Form(form));
        let sent = self.http.send(HttpRequest { total: Some(total), ..request }).await;
        let mut answer = sent.map_err(|e| exchange_error(&self.shown, e))?;
        if answer.status() != 200 {
            return Err(status_error(&self.shown, &mut answer, self.clock.now().wall).await);
        }
        let mut body = Vec::new();
        let (mut counted, mut series) = (0, 0);
        loop {
            let more = answer.append(&mut body).await.map_err(|e| exchange_error(&self.shown, e))?;
            if body.len() > self.settings.max_bytes {
                return Err(self.too_much("bytes", wanted.selector));
            }
            series += count_starts(&body, &mut counted);
            if series > self.settings.max_series {
                return Err(self.too_much("series", wanted.selector));
            }
            if !more {
                return Ok((answer, body));
            }
        }
    }

    pub(in crate::collector) fn too_much(&self, what: &'static str, selector: &str) -> SourceError {
        let limit = match what {
            "bytes" => self.settings.max_bytes,
            "series" => self.settings.max_series,
            _ => self.settings.max_samples,
        };
        SourceError::TooMuch { url: self.shown.clone(), what, limit, selector: clean(selector, 300) }
    }

    pub(in crate::collector) fn failed(&self, error: HttpError) -> SourceError {
        exchange_error(&self.shown, error)
    }

    pub(super) async fn series_of(&self, of: &[Selector], from: Ms, to: Ms) -> Result<Vec<Labels>, SourceError> {
        let Some(first) = of.first() else { return Ok(Vec::new()) };
        let mut form: Vec<(String, String)> = of.iter().map(|s| ("match[]".into(), s.to_string())).collect();
        form.extend([("start".into(), seconds(from + Span(1))), ("end".into(), seconds(to))]);
        let wanted = Wanted { path: "api/v1/series", form, from, to, selector: &first.to_string() };
        let (answer, body) = self.fetch(&wanted, self.settings.history_timeout).await?;
        let mut found = Vec::new();
        let result = read_answer(&body, SeriesData(&mut found, self.settings.max_series));
        if found.len() > self.settings.max_series {
            return Err(self.too_much("series", wanted.selector));
        }
        let envelope = result.map_err(|e| body_error(&self.shown, &answer, &body, &e))?;
        envelope_error(&self.shown, &answer, &envelope).map_or(Ok(found), Err)
    }
}

/// Counts the series that start in the part of `body` not looked at yet, so that a flood is stopped while it arrives.
fn count_starts(body: &[u8], counted: &mut usize) -> usize {
    let mut found = 0;
    while let Some(i) = body[*counted..].iter().position(|b| *b == b'{') {
        let at = *counted + i;
        if body.len() < at + SERIES_START.len() {
            *counted = at;
            return found;
        }
        found += usize::from(body[at..].starts_with(SERIES_START));
        *counted = at + 1;
    }
    *counted = body.len();
    found
}

/// Notes what the server warned of. PromQL's own remarks are about the query; all others mean that parts may be missing.
fn note(sum: &mut Coverage, envelope: Envelope) {
    sum.partial |= envelope.is_partial || envelope.warnings.iter().any(|w| !w.starts_with("PromQL "));
    if envelope.is_partial {
        warn(sum, "the server says that its answer is partial".into());
    }
    for text in envelope.warnings.into_iter().chain(envelope.infos) {
        warn(sum, clean(&text, 300));
    }
}

pub(in crate::collector) fn warn(sum: &mut Coverage, text: String) {
    if sum.warnings.len() < MAX_WARNINGS && !sum.warnings.contains(&text) {
        sum.warnings.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_of_series_are_counted_across_pieces() {
        let text = br#"{"data":{"result":[{"metric":{"a":"{\"metric\":"},"values":[]},{"metric":{}}]}}"#;
        for size in 1..text.len() {
            let (mut counted, mut found) = (0, 0);
            for end in (size..text.len()).step_by(size).chain([text.len()]) {
                found += count_starts(&text[..end], &mut counted);
            }
            assert_eq!(found, 2, "pieces of {size}");
        }
    }

    #[test]
    fn slices_cover_a_span_once() {
        assert_eq!(slices(Ms(0), Ms(25), Span(10)), [(Ms(0), Ms(10)), (Ms(10), Ms(20)), (Ms(20), Ms(25))]);
        assert_eq!(slices(Ms(5), Ms(5), Span(10)), []);
    }
}
