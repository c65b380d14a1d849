//! A source that answers from recorded samples held in memory: for replays, backtests, the demo and tests.
//!
//! It answers raw asks by the selector's own rule and evaluated ones by our own evaluator. A horizon keeps a replay from seeing
//! what had not happened yet. Deliberately absent: time; whoever plays the recording moves the horizon.

mod column;
mod eval;
mod load;

pub use load::RecordingError;

use crate::domain::base::{Labels, Ms, Text};
use crate::domain::measure::{Ask, Coverage, Sample, Selector, Sink};
use crate::ports::{Job, MetricSource, SourceError};
use crate::query::{Rules, SelectorMatcher, is_stale};
use column::Column;
use eval::Expressions;
use load::Loader;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Selectors whose matches are remembered; a replay asks the same few at every tick.
const REMEMBERED: usize = 4096;

/// How far a replay has come: later samples are not seen. Clones move together.
#[derive(Clone, Debug)]
pub struct Horizon(Arc<AtomicI64>);

impl Horizon {
    /// Makes everything up to and including `at` visible.
    pub fn set(&self, at: Ms) {
        self.0.store(at.0, Ordering::Release);
    }

    /// The latest visible instant.
    pub fn get(&self) -> Ms {
        Ms(self.0.load(Ordering::Acquire))
    }
}

/// Recorded samples.
#[derive(Debug)]
pub struct Recorded {
    name: Text,
    series: Vec<(Labels, Column)>,
    by_metric: HashMap<Text, Vec<usize>>,
    range: Option<(Ms, Ms)>,
    horizon: Horizon,
    matches: Mutex<HashMap<Selector, Arc<[usize]>>>,
    expressions: Expressions,
    rules: Rules,
}

impl Recorded {
    /// Loads a file of OpenMetrics text, plain or compressed with zstd or gzip. Reads the disk: not for an async task's thread.
    ///
    /// # Errors
    /// The file cannot be read, or a line is wrong; the line's number is told.
    pub fn open(path: &Path) -> Result<Self, RecordingError> {
        Self::open_all(std::slice::from_ref(&path))
    }

    /// Loads several files as one recording, in the order given: samples of a series that stands in more than one of them
    /// must rise in time.
    ///
    /// # Errors
    /// As [`Recorded::open`].
    pub fn open_all(paths: &[impl AsRef<Path>]) -> Result<Self, RecordingError> {
        let mut loader = Loader::default();
        let mut names = Vec::with_capacity(paths.len());
        for path in paths {
            let name = path.as_ref().display().to_string();
            let file = std::fs::File::open(path);
            let file = file.map_err(|e| RecordingError::Unreadable { name: name.clone(), why: e.to_string() })?;
            loader.add(&name, file)?;
            names.push(name);
        }
        Ok(Self::new(&names.join(", "), loader.finish()))
    }

    /// Loads OpenMetrics text from memory, plain or compressed with zstd or gzip. `name` stands in errors and on screens.
    ///
    /// # Errors
    /// As [`Recorded::open`].
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, RecordingError> {
        Ok(Self::new(name, Loader::load(name, bytes)?))
    }

    /// A recording of samples that are in memory already. Stale markers end a series for PromQL and are no samples for
    /// counting; of samples that do not rise in time the earlier given ones stay.
    pub fn from_series(name: &str, series: impl IntoIterator<Item = (Labels, Vec<Sample>)>) -> Self {
        let pack = |samples: Vec<Sample>| {
            let mut column = Column::default();
            for sample in samples {
                column.push(sample.at, sample.value);
            }
            column.seal();
            column
        };
        Self::new(name, series.into_iter().map(|(labels, samples)| (labels, pack(samples))).collect())
    }

    fn new(name: &str, mut series: Vec<(Labels, Column)>) -> Self {
        // In order of labels, so that answers do not depend on the order of lines.
        series.sort_by(|a, b| a.0.cmp(&b.0));
        let mut by_metric: HashMap<Text, Vec<usize>> = HashMap::new();
        for (i, (labels, _)) in series.iter().enumerate() {
            by_metric.entry(labels.get("__name__").into()).or_default().push(i);
        }
        let ends: Vec<(Ms, Ms)> = series.iter().filter_map(|(_, c)| c.range()).collect();
        let range = ends.iter().copied().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let horizon = Horizon(Arc::new(AtomicI64::new(i64::MAX)));
        let (matches, expressions, rules) = Default::default();
        Self { name: name.into(), series, by_metric, range, horizon, matches, expressions, rules }
    }

    /// The same recording, evaluated by the rules of another server than Prometheus 3.
    #[must_use]
    pub fn with_rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self.expressions = Expressions::default();
        self
    }

    /// First and last sample time; `None` without samples.
    pub fn range(&self) -> Option<(Ms, Ms)> {
        self.range
    }

    /// Number of series.
    pub fn series_count(&self) -> usize {
        self.series.len()
    }

    /// The horizon, to be moved by whoever plays the recording. At first everything is visible.
    pub fn horizon(&self) -> Horizon {
        self.horizon.clone()
    }

    /// Answers at once: what [`MetricSource::read`] does, for synchronous drivers.
    ///
    /// # Errors
    /// A pattern of the selector or the expression cannot be evaluated here.
    pub fn read_now(&self, ask: &Ask, into: &mut dyn Sink) -> Result<Coverage, SourceError> {
        match ask {
            Ask::Raw { selector, from, to } => self.raw(selector, *from, *to, into),
            Ask::Eval { expr, from, to, step } => self.eval(expr, (*from, *to), *step, into),
        }
    }

    fn raw(&self, selector: &Selector, from: Ms, to: Ms, into: &mut dyn Sink) -> Result<Coverage, SourceError> {
        let to = to.min(self.horizon.get());
        let mut coverage = Coverage::default();
        for &index in self.matching(selector)?.iter() {
            let (labels, column) = &self.series[index];
            let mut named = false;
            column.read(from, to, |at, value| {
                if is_stale(value) {
                    return;
                }
                if !named {
                    into.series(labels);
                    coverage.series += 1;
                    named = true;
                }
                into.sample(at, value);
                coverage.samples += 1;
            });
        }
        Ok(coverage)
    }

    /// Indices of the series that a selector means, in order of their labels.
    fn matching(&self, selector: &Selector) -> Result<Arc<[usize]>, SourceError> {
        let mut remembered = self.matches.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = remembered.get(selector) {
            return Ok(found.clone());
        }
        let rule = SelectorMatcher::new(selector).map_err(|e| SourceError::Unsupported(format!("`{selector}`: {e}")))?;
        let fits = |i: &usize| rule.matches(&self.series[*i].0);
        let found: Arc<[usize]> = match selector.name() {
            Some(name) => self.by_metric.get(name).into_iter().flatten().copied().filter(fits).collect(),
            None => (0..self.series.len()).filter(fits).collect(),
        };
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(selector.clone(), found.clone());
        Ok(found)
    }
}

impl MetricSource for Recorded {
    fn name(&self) -> Text {
        self.name.clone()
    }

    fn read<'a>(&'a self, ask: &'a Ask, into: &'a mut dyn Sink) -> Job<'a, Result<Coverage, SourceError>> {
        Box::pin(async move { self.read_now(ask, into) })
    }

    fn series<'a>(&'a self, of: &'a [Selector], from: Ms, to: Ms) -> Job<'a, Result<Vec<Labels>, SourceError>> {
        Box::pin(async move {
            let to = to.min(self.horizon.get());
            let mut found = Vec::new();
            for selector in of {
                found.extend(self.matching(selector)?.iter().copied());
            }
            found.sort_unstable();
            found.dedup();
            Ok(found.into_iter().filter(|i| self.series[*i].1.has(from, to)).map(|i| self.series[i].0.clone()).collect())
        })
    }
}

#[cfg(test)]
mod tests;
