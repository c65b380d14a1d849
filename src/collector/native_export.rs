//! History from VictoriaMetrics by its native export: the stored blocks as they are, fifty times smaller than JSON.
//!
//! Used only where it gives exactly the samples of the query API: the server must keep every sample (neither deduplication nor
//! downsampling, which queries see and an export does not), and what comes must read as blocks that agree. Elsewhere the
//! caller takes JSON slices. Blocks are not cut to the span, so samples outside it are dropped here.

mod block;

use super::prometheus::{Prometheus, seconds};
use super::remote_read::{ABSENT, OFFERED, UNKNOWN};
use crate::domain::base::{Labels, Ms};
use crate::domain::measure::{Coverage, Sample, Selector, Sink};
use crate::kit::http::{HttpBody, HttpError, HttpRequest};
use crate::ports::SourceError;
use block::{Row, Unpacker, blocks, labels};

/// More bytes than all the flags of a server take.
const MOST_FLAGS: usize = 1 << 20;
/// Flags of a server whose queries leave samples out that its export holds, or that keeps less than it was sent.
const LOSSY: [&str; 3] = ["-dedup.minScrapeInterval=", "-downsampling.period=", "-precisionBits="];

/// Samples of one series.
type Series = (Labels, Vec<Sample>);

impl Prometheus {
    /// True once the server has answered by blocks.
    pub fn reads_blocks(&self) -> bool {
        self.blocks.get() == OFFERED
    }

    /// Reads `(from, to]` by native export. False when the server does not offer it, or not exactly; nothing has reached the
    /// sink then.
    pub(super) async fn read_blocks(
        &self,
        selector: &Selector,
        (from, to): (Ms, Ms),
        sink: &mut dyn Sink,
        sum: &mut Coverage,
    ) -> Result<bool, SourceError> {
        if self.blocks.get() == ABSENT || (self.blocks.get() == UNKNOWN && !self.keeps_every_sample().await?) {
            self.blocks.set(ABSENT);
            return Ok(false);
        }
        let Some(body) = self.ask_blocks(selector, from, to).await? else { return Ok(false) };
        let most = self.settings.max_samples.saturating_sub(sum.samples);
        let Some(all) = read(&body, (from, to), most) else {
            self.blocks.set(ABSENT);
            return Ok(false);
        };
        self.blocks.set(OFFERED);
        sum.series += all.len();
        sum.samples += all.iter().map(|(_, samples)| samples.len()).sum::<usize>();
        if sum.series > self.settings.max_series {
            return Err(self.too_much("series", &selector.to_string()));
        }
        if sum.samples > self.settings.max_samples {
            return Err(self.too_much("samples", &selector.to_string()));
        }
        for (labels, samples) in &all {
            sink.series(labels);
            sink.samples(samples);
        }
        Ok(true)
    }

    /// A single VictoriaMetrics that says which flags it runs with, and none of those that make an export differ from queries.
    async fn keeps_every_sample(&self) -> Result<bool, SourceError> {
        let sent = self.http.send(HttpRequest::get(self.base.join("flags"))).await;
        let mut answer = sent.map_err(|e| self.failed(e))?;
        if answer.status() != 200 {
            return Ok(false);
        }
        let Ok(body) = answer.bytes(MOST_FLAGS).await else { return Ok(false) };
        let text = String::from_utf8_lossy(&body);
        let has = |flag: &str| text.lines().any(|line| line.starts_with(flag));
        Ok(has("-storageDataPath=") && !LOSSY.into_iter().any(has))
    }

    /// The answer's bytes; `None` when it is too long, or the server says no.
    async fn ask_blocks(&self, selector: &Selector, from: Ms, to: Ms) -> Result<Option<Vec<u8>>, SourceError> {
        let form = vec![("match[]".into(), selector.to_string()), ("start".into(), seconds(from)), ("end".into(), seconds(to))];
        let request = HttpRequest::post(self.base.join("api/v1/export/native"), HttpBody::Form(form));
        let request = HttpRequest { total: Some(self.settings.history_timeout), ..request };
        let mut answer = self.http.send(request).await.map_err(|e| self.failed(e))?;
        if answer.status() != 200 {
            if matches!(answer.status(), 429 | 500 | 502..=599) {
                let retry_after = answer.retry_after(self.clock.now().wall);
                let message = "native export failed".into();
                return Err(SourceError::Failed { url: self.shown.clone(), status: answer.status(), message, retry_after });
            }
            self.blocks.set(ABSENT);
            return Ok(None);
        }
        match answer.bytes(self.settings.max_bytes).await {
            Ok(body) => Ok(Some(body)),
            Err(HttpError::TooLarge(_)) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }
}

/// The series of an answer with their samples in `(from, to]`; `None` when it does not read as such, or tells two values of one
/// time. Reading ends soon after `most` samples.
fn read(body: &[u8], (from, to): (Ms, Ms), most: usize) -> Option<Vec<Series>> {
    let mut all = blocks(body)?;
    all.sort_by_key(|block| (block.name, block.first));
    let (mut unpacker, mut out, mut count) = (Unpacker::new()?, Vec::<Series>::new(), 0);
    let (mut begin, mut rows) = (0, Vec::new());
    while let Some(first) = all.get(begin) {
        let end = begin + all[begin..].partition_point(|block| block.name == first.name);
        rows.clear();
        all[begin..end].iter().try_for_each(|block| unpacker.unpack(block, &mut rows))?;
        put_in_order(&mut rows)?;
        let within = rows.iter().filter(|row| row.at > from && row.at <= to && row.is_known);
        let samples: Vec<Sample> = within.map(|row| Sample { at: row.at, value: row.value }).collect();
        count += samples.len();
        if !samples.is_empty() {
            out.push((labels(first.name)?, samples));
        }
        if count > most {
            break;
        }
        begin = end;
    }
    Some(out)
}

/// Blocks that were not merged yet lie over each other. Of rows that came twice one stays; `None` when they differ.
fn put_in_order(rows: &mut Vec<Row>) -> Option<()> {
    if rows.is_sorted_by(|a, b| a.at < b.at) {
        return Some(());
    }
    rows.sort_by_key(|row| row.at);
    let differ = |pair: &[Row]| pair[0].at == pair[1].at && pair[0].value.to_bits() != pair[1].value.to_bits();
    if rows.windows(2).any(differ) {
        return None;
    }
    rows.dedup_by_key(|row| row.at);
    Some(())
}

#[cfg(test)]
mod tests;
