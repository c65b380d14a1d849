//! Loads OpenMetrics text, plain or compressed with zstd or gzip, block by block: the text is never held as a whole.

use super::column::Column;
use crate::domain::base::Labels;
use crate::kit::openmetrics::{Line, SampleLine, read_line};
use std::collections::HashMap;
use std::io::{self, Read};
use thiserror::Error;

const BLOCK: usize = 1 << 20;
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// A compressed file may grow to this much text and no further.
const MAX_TEXT: u64 = 16 << 30;
const MAX_SERIES: usize = 1_000_000;

/// Why a recording cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RecordingError {
    /// The file cannot be read.
    #[error("{name}: {why}")]
    Unreadable {
        /// The file.
        name: String,
        /// In words.
        why: String,
    },
    /// A line is wrong.
    #[error("{name}:{line}: {message}")]
    Malformed {
        /// The file.
        name: String,
        /// Counted from 1.
        line: usize,
        /// In words.
        message: String,
    },
}

/// Every series with its samples.
#[derive(Debug, Default)]
pub(super) struct Loader {
    pub(super) series: Vec<(Labels, Column)>,
    by_head: HashMap<Box<str>, usize>,
    by_labels: HashMap<Labels, usize>,
    /// The series of the line before: recordings often hold one series after the other.
    before: Option<(Box<str>, usize)>,
    line: usize,
    ended: bool,
}

impl Loader {
    /// Reads all of `source`. Several are read one after the other by [`Loader::add`].
    pub(super) fn load(name: &str, source: impl Read) -> Result<Vec<(Labels, Column)>, RecordingError> {
        let mut loader = Self::default();
        loader.add(name, source)?;
        Ok(loader.finish())
    }

    /// Reads all of `source` beside what was read before; samples of a series must go on after those it has.
    pub(super) fn add(&mut self, name: &str, mut source: impl Read) -> Result<(), RecordingError> {
        let fail = |e: io::Error| RecordingError::Unreadable { name: name.into(), why: e.to_string() };
        let mut magic = Vec::with_capacity(4);
        source.by_ref().take(4).read_to_end(&mut magic).map_err(fail)?;
        (self.line, self.ended) = (0, false);
        if magic == ZSTD_MAGIC {
            let whole = io::Cursor::new(magic).chain(source);
            self.read_all(name, zstd::stream::read::Decoder::new(whole).map_err(fail)?)
        } else if magic.starts_with(&GZIP_MAGIC) {
            self.read_all(name, flate2::read::MultiGzDecoder::new(io::Cursor::new(magic).chain(source)))
        } else {
            self.read_all(name, io::Cursor::new(magic).chain(source))
        }
    }

    /// Every series that was read.
    pub(super) fn finish(mut self) -> Vec<(Labels, Column)> {
        for (_, column) in &mut self.series {
            column.seal();
        }
        self.series
    }

    fn read_all(&mut self, name: &str, mut source: impl Read) -> Result<(), RecordingError> {
        let unreadable = |why: String| RecordingError::Unreadable { name: name.into(), why };
        let (mut buffer, mut filled, mut total) = (vec![0_u8; BLOCK], 0, 0_u64);
        loop {
            if filled == buffer.len() {
                return Err(malformed(name, self.line + 1, "the line is longer than 1 MiB".into()));
            }
            let got = source.read(&mut buffer[filled..]).map_err(|e| unreadable(e.to_string()))?;
            filled += got;
            total += got as u64;
            if total > MAX_TEXT {
                return Err(unreadable("it holds more than 16 GiB of text".into()));
            }
            let whole = if got == 0 { filled } else { buffer[..filled].iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1) };
            let text = std::str::from_utf8(&buffer[..whole]);
            let text = text.map_err(|_| unreadable("it is not UTF-8 text, nor compressed with zstd or gzip".into()))?;
            self.block(text).map_err(|(line, message)| malformed(name, line, message))?;
            buffer.copy_within(whole..filled, 0);
            filled -= whole;
            if got == 0 {
                break;
            }
        }
        if self.ended { Ok(()) } else { Err(malformed(name, self.line, "the text ends without `# EOF`: it was cut off".into())) }
    }

    /// Takes whole lines.
    fn block(&mut self, text: &str) -> Result<(), (usize, String)> {
        for line in text.lines() {
            self.line += 1;
            let number = self.line;
            match read_line(line).map_err(|message| (number, message))? {
                Some(_) if self.ended => return Err((number, "there is text after `# EOF`".into())),
                Some(Line::Sample(sample)) => self.sample(&sample).map_err(|message| (number, message))?,
                Some(Line::Eof) => self.ended = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn sample(&mut self, sample: &SampleLine<'_>) -> Result<(), String> {
        let at = sample.at.ok_or("a recording needs a time in seconds after each value")?;
        let index = self.index(sample)?;
        if self.series[index].1.push(at, sample.value) {
            return Ok(());
        }
        Err(format!("the samples of {} must rise in time", self.series[index].0))
    }

    fn index(&mut self, sample: &SampleLine<'_>) -> Result<usize, String> {
        match &self.before {
            Some((head, index)) if **head == *sample.head => return Ok(*index),
            _ => {}
        }
        if let Some(index) = self.by_head.get(sample.head) {
            return Ok(*index);
        }
        let labels = sample.labels()?;
        let next = self.series.len();
        if next == MAX_SERIES {
            return Err(format!("there are more than {MAX_SERIES} series"));
        }
        let index = *self.by_labels.entry(labels.clone()).or_insert(next);
        if index == next {
            self.series.push((labels, Column::default()));
        }
        self.by_head.insert(sample.head.into(), index);
        self.before = Some((sample.head.into(), index));
        Ok(index)
    }
}

fn malformed(name: &str, line: usize, message: String) -> RecordingError {
    RecordingError::Malformed { name: name.into(), line, message }
}
