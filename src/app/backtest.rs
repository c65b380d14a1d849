//! The past that a backtest runs over: Prometheus' own history, or a recording.

use super::setup::{Setup, SetupError, open_recording};
use crate::domain::base::{Ms, Span};
use crate::jobs::{Backtested, Order, backtest};
use crate::ports::MetricSource;
use std::path::Path;
use std::sync::Arc;

/// The longest stretch of one run.
const LONGEST: Span = Span::from_days(400);

/// Samples of the past.
pub struct Past {
    source: Arc<dyn MetricSource>,
    /// What `now` means: the last settled instant, or the end of the recording.
    pub end: Ms,
    /// First and last sample, where that can be known.
    pub range: Option<(Ms, Ms)>,
    recorded: bool,
}

impl Setup {
    /// The past in Prometheus, or in a recording.
    ///
    /// # Errors
    /// The recording cannot be read or is empty, or the source cannot be made.
    pub fn past(&self, samples: Option<&Path>) -> Result<Past, SetupError> {
        let timing = self.rulebook().timing;
        let Some(path) = samples else {
            let end = (self.clock().now().wall - timing.settle).floor_to(timing.step);
            return Ok(Past { source: self.source()?, end, range: None, recorded: false });
        };
        let recorded = open_recording(path)?;
        let range = recorded.range();
        let (_, last) = range.ok_or_else(|| no(format!("{} holds no samples", path.display()), ""))?;
        Ok(Past { source: Arc::new(recorded), end: last.slice_end(timing.step), range, recorded: true })
    }

    /// Runs the rules over `[from, to]` of the past. Reads that fail are in the answer.
    ///
    /// # Errors
    /// The stretch makes no sense: it lies in the future, is empty, too long, or apart from the recording.
    pub async fn backtest(&self, past: &Past, from: Ms, to: Ms) -> Result<Backtested, SetupError> {
        past.check(from, to, self.clock().now().wall)?;
        let order = Order {
            book: Arc::clone(self.rulebook()),
            settings: self.settings("backtest"),
            source: Arc::clone(&past.source),
            from,
            to: if past.recorded { to } else { to.min(past.end) },
            concurrency: self.config.prometheus.concurrency,
        };
        Ok(backtest(order).await)
    }
}

impl Past {
    fn check(&self, from: Ms, to: Ms, now: Ms) -> Result<(), SetupError> {
        if from >= to {
            return Err(no(format!("--from {from} is not before --to {to}"), "`--from 30d --to now` is the last month"));
        }
        if let Some((first, last)) = self.range.filter(|(first, last)| to <= *first || from >= *last) {
            let what = format!("the recording has samples from {first} to {last} only, none between {from} and {to}");
            return Err(no(what, "durations count back from the end of a recording: `--from 2h`"));
        }
        if !self.recorded && to > now {
            return Err(no(format!("--to {to} lies in the future"), "`--to now` ends at the last settled samples"));
        }
        if !self.recorded && from >= self.end {
            return Err(no(format!("--from {from} is too young: samples have settled through {}", self.end), ""));
        }
        if to.since(from) > LONGEST {
            return Err(no(format!("{} is more than one run takes ({LONGEST})", to.since(from)), "run it year by year"));
        }
        Ok(())
    }
}

fn no(what: String, hint: &str) -> SetupError {
    SetupError::Other { what, hint: Some(hint.to_owned()).filter(|h| !h.is_empty()) }
}
