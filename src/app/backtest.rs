//! The past that a backtest runs over: Prometheus' own history, or recordings.

use super::desk::{LedgerDesk, Studio};
use super::setup::{Setup, SetupError, open_recordings};
use crate::clock::ManualClock;
use crate::domain::base::{Ms, Span};
use crate::domain::objective::{Change, Rulebook};
use crate::jobs::backtest::Progress;
use crate::jobs::{Backtested, Order, backtest};
use crate::ports::{Clock, Ledger, MetricSource};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::watch;

/// The longest stretch of one run.
const LONGEST: Span = Span::from_days(400);
/// Steps that slices may have.
const STEPS: std::ops::RangeInclusive<Span> = Span::from_secs(1)..=Span::from_mins(15);
/// Most rulebooks beside today's in one run; each holds incidents and verdicts of its own.
const MOST_BESIDE: usize = 50;

/// Samples of the past.
pub struct Past {
    source: Arc<dyn MetricSource>,
    /// What `now` means: the last settled instant, or the end of the recording.
    pub end: Ms,
    /// First and last sample, where that can be known.
    pub range: Option<(Ms, Ms)>,
    recorded: bool,
}

/// What to judge of it.
#[derive(Default)]
pub struct Wanted {
    /// First instant.
    pub from: Ms,
    /// Last instant.
    pub to: Ms,
    /// Other rules, to be judged beside.
    pub beside: Vec<Arc<Rulebook>>,
    /// Budget and burn through time are told in about so many parts; 0 leaves them out.
    pub trail_parts: u32,
    /// Hears how far it has come.
    pub progress: Option<Progress>,
}

impl Setup {
    /// The past in Prometheus, or in recordings.
    ///
    /// # Errors
    /// A recording cannot be read or is empty, or the source cannot be made.
    pub fn past(&self, samples: &[PathBuf]) -> Result<Past, SetupError> {
        let timing = self.rulebook().timing;
        if samples.is_empty() {
            let end = (self.clock().now().wall - timing.settle).floor_to(timing.step);
            return Ok(Past { source: self.source()?, end, range: None, recorded: false });
        }
        let recorded = open_recordings(samples)?;
        let range = recorded.range();
        let (_, last) = range.ok_or_else(|| no(format!("{} holds no samples", recorded.name()), ""))?;
        Ok(Past { source: Arc::new(recorded), end: last.slice_end(timing.step), range, recorded: true })
    }

    /// Runs the rules over `[from, to]` of the past. Reads that fail are in the answer.
    ///
    /// # Errors
    /// The stretch makes no sense: it lies in the future, is empty, too long, or apart from the recording.
    pub async fn backtest(&self, past: &Past, wanted: Wanted) -> Result<Backtested, SetupError> {
        past.check(wanted.from, wanted.to, self.clock().now().wall)?;
        if wanted.beside.len() > MOST_BESIDE {
            return Err(no(format!("one run takes at most {MOST_BESIDE} other rulebooks"), "run them one after the other"));
        }
        let to = if past.recorded { wanted.to } else { wanted.to.min(past.end) };
        let (book, source) = (Arc::clone(self.rulebook()), Arc::clone(&past.source));
        let order = Order::new(book, self.settings("backtest"), source, (wanted.from, to));
        let order = Order {
            beside: wanted.beside,
            trail_parts: wanted.trail_parts,
            progress: wanted.progress,
            concurrency: self.config.prometheus.limits.concurrency,
            ..order
        };
        Ok(backtest(order).await)
    }

    /// The same setup with the SLOs of those ids, services or names, all else as it was.
    ///
    /// # Errors
    /// A name is no SLO's and no service's.
    pub fn keep(&self, names: &[String]) -> Result<Self, SetupError> {
        let mut book = (**self.rulebook()).clone();
        for name in names {
            if !book.slos.iter().any(|slo| slo.is_named(name)) {
                let ids: Vec<&str> = book.slos.iter().take(20).map(|slo| slo.id.as_str()).collect();
                return Err(no(format!("there is no SLO and no service `{name}`"), &format!("there are {}", ids.join(", "))));
            }
        }
        book.slos.retain(|slo| names.is_empty() || names.iter().any(|name| slo.is_named(name)));
        Ok(self.with_book(book))
    }

    /// The same setup with evaluations every `step`; the rules are read anew, because plans depend on it.
    ///
    /// # Errors
    /// Slices cannot be that wide.
    pub fn every(&self, step: Span) -> Result<Self, SetupError> {
        if !STEPS.contains(&step) {
            let (least, most) = (STEPS.start(), STEPS.end());
            return Err(no(format!("--step {step} cannot be"), &format!("steps go from {least} to {most}")));
        }
        Ok(self.with_step(step))
    }

    /// Today's rules with a change, for those SLOs that are looked at.
    ///
    /// # Errors
    /// The change is for none of them.
    pub fn changed(&self, change: &Change) -> Result<Arc<Rulebook>, SetupError> {
        let wrong =
            |why: String| no(format!("--what-if: {why}"), "slo= takes an id or a service, burn= a threshold that is in force");
        let book = change.checked(self.rulebook()).map_err(wrong)?;
        Ok(Arc::new(book))
    }
}

impl Setup {
    /// A desk without an engine, for films of this past: its present is the end of the recording, or now. What it shows of
    /// incidents is in `ledger`.
    pub fn film_desk(&self, past: &Past, ledger: Arc<dyn Ledger>) -> LedgerDesk {
        let settle = self.rulebook().timing.settle;
        let clock: Arc<dyn Clock> =
            if past.recorded { Arc::new(ManualClock::new(past.end + settle)) } else { self.shared_clock() };
        let studio = Studio {
            rules: watch::Sender::new(Arc::clone(self.rulebook())).subscribe(),
            settings: self.settings("replay"),
            source: Arc::clone(&past.source),
            concurrency: self.config.prometheus.limits.concurrency,
            targets: self.config.targets,
        };
        LedgerDesk::new(ledger, clock, "tui").with_studio(studio)
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
