//! One counter series: from samples to increases (SEMANTICS 2).
//!
//! Knows nothing of other series; whether a first value counts is for the meter to say, which sees them all.

use super::Sample;
use super::bytes::{Reader, Writer};
use crate::domain::base::{Ms, Span};

/// A series that was silent for longer is a new one when it comes back.
pub(super) const FORGOTTEN: Span = Span::from_days(1);
const RECENT: usize = 8;

/// What a sample says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Nothing: its time is not after the last one's.
    Ignored,
    /// NaN, infinite or negative: a data error.
    Invalid,
    /// The series' first value.
    Birth,
    /// Events since the last sample.
    Increase {
        /// How many.
        by: f64,
        /// They came over a gap of more than two steps (or 2.5 of the series' usual distances).
        bridged: bool,
        /// After a reset: at most so many more may have happened unseen before the restart.
        hidden: f64,
    },
}

/// What is known of one series.
#[derive(Clone, Debug, Default)]
pub struct Counter {
    last: Option<Sample>,
    /// The last three distances between samples, ms.
    spacing: [i64; 3],
    /// The last increases over usual distances, newest at `next - 1`.
    recent: [f32; RECENT],
    next: u8,
    filled: u8,
}

impl Counter {
    /// Takes the next sample.
    pub fn push(&mut self, sample: Sample, step: Span) -> Step {
        if self.last.is_some_and(|last| sample.at <= last.at) {
            return Step::Ignored;
        }
        if !sample.value.is_finite() || sample.value < 0.0 {
            return Step::Invalid;
        }
        let last = self.last.replace(sample);
        match last {
            Some(last) if sample.at.since(last.at) <= FORGOTTEN => self.increase(last, sample, step),
            _ => {
                (self.next, self.filled) = (0, 0);
                Step::Birth
            }
        }
    }

    /// Takes samples of which it is known that each says an increase and none comes over a gap.
    pub(super) fn advance<'a>(&mut self, samples: impl ExactSizeIterator<Item = &'a Sample>) {
        let (count, Some(mut last)) = (samples.len(), self.last) else { return };
        // Of those before the last few nothing is remembered but where the list of increases has come to.
        let skipped = count.saturating_sub(RECENT + 1);
        for (i, sample) in samples.enumerate().skip(skipped) {
            if i > skipped || skipped == 0 {
                self.spacing = [self.spacing[1], self.spacing[2], sample.at.since(last.at).0];
                self.recent[(usize::from(self.next) + i) % RECENT] = (sample.value - last.value) as f32;
            }
            last = *sample;
        }
        self.next = ((usize::from(self.next) + count) % RECENT) as u8;
        self.filled = (usize::from(self.filled) + count).min(RECENT) as u8;
        self.last = Some(last);
    }

    pub(super) fn save(&self, to: &mut Writer) {
        let Self { last, spacing, recent, next, filled } = self;
        to.option(*last, |to, last| {
            to.int(last.at.0);
            to.float(last.value);
        });
        for gap in spacing {
            to.int(*gap);
        }
        for by in recent {
            to.small(*by);
        }
        to.byte(*next);
        to.byte(*filled);
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Option<Self> {
        let mut counter =
            Self { last: from.option(|from| Some(Sample { at: Ms(from.int()?), value: from.float()? }))?, ..Self::default() };
        for gap in &mut counter.spacing {
            *gap = from.int()?;
        }
        for by in &mut counter.recent {
            *by = from.small()?;
        }
        (counter.next, counter.filled) = (from.byte()?, from.byte()?);
        (usize::from(counter.next) < RECENT && usize::from(counter.filled) <= RECENT).then_some(counter)
    }

    fn increase(&mut self, last: Sample, sample: Sample, step: Span) -> Step {
        let gap = sample.at.since(last.at);
        let reset = sample.value < last.value;
        let by = if reset { sample.value } else { sample.value - last.value };
        let bridged = gap > self.patience(step);
        let hidden = if reset { self.hidden(by, gap) } else { 0.0 };
        self.spacing.rotate_left(1);
        self.spacing[2] = gap.0;
        if !bridged && !reset {
            self.recent[usize::from(self.next)] = by as f32;
            self.next = (self.next + 1) % RECENT as u8;
            self.filled = (self.filled + 1).min(RECENT as u8);
        }
        Step::Increase { by, bridged, hidden }
    }

    /// At a reset: the busiest of the recent distances, or what came after the restart when that is more; over a longer
    /// silence, as often as it would have fitted in.
    fn hidden(&self, after: f64, gap: Span) -> f64 {
        let usual = self.usual().0.max(1) as f64;
        self.busiest().max(after) * (gap.0 as f64 / usual).max(1.0)
    }

    /// The most that came within one distance of samples lately.
    pub fn busiest(&self) -> f64 {
        self.known().fold(0.0, |most, by| most.max(f64::from(by)))
    }

    fn known(&self) -> impl Iterator<Item = f32> {
        self.recent.into_iter().take(usize::from(self.filled))
    }

    /// The time of the last sample.
    pub fn last_at(&self) -> Option<Ms> {
        self.last.map(|last| last.at)
    }

    /// The last sample.
    pub(super) const fn last(&self) -> Option<Sample> {
        self.last
    }

    /// The last three distances between samples, ms; zero where there were fewer.
    pub(super) const fn spacing(&self) -> [i64; 3] {
        self.spacing
    }

    /// The usual distance of its samples: the median of the last three, zero while unknown.
    pub fn usual(&self) -> Span {
        usual_of(self.spacing)
    }

    /// Takes over what is usual for its target, before it has samples enough of its own.
    pub fn expect(&mut self, usual: Span) {
        self.spacing = [usual.0; 3];
    }

    /// The longest distance of two samples that is no gap.
    pub fn patience(&self, step: Span) -> Span {
        patience(self.usual(), step)
    }

    /// Recent events a step; absent until there is one increase.
    pub fn per_step(&self, step: Span) -> Option<f64> {
        let n = usize::from(self.filled);
        let usual = self.usual().0;
        (n > 0 && usual > 0).then(|| self.known().map(f64::from).sum::<f64>() / n as f64 * step.0 as f64 / usual as f64)
    }
}

/// The median of distances that are known, zero when none is.
pub(super) fn usual_of(mut spacing: [i64; 3]) -> Span {
    if spacing[0] == spacing[1] && spacing[1] == spacing[2] {
        return Span(spacing[0]);
    }
    spacing.sort_unstable();
    let zeros = spacing.iter().filter(|ms| **ms == 0).count();
    Span(if zeros == 3 { 0 } else { spacing[zeros + (2 - zeros) / 2] })
}

/// The longest distance of two samples that is no gap: two steps, or 2.5 of the usual distances where scrapes are rarer.
pub(super) fn patience(usual: Span, step: Span) -> Span {
    Span((step.0 * 2).max(usual.0 * 5 / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Text in, text out: `at:value` pairs in seconds; `+n` an increase, `~` bridged, `?n` hidden at most.
    fn check(samples: &str, expect: &str) {
        let mut counter = Counter::default();
        let told: Vec<String> = samples
            .split_whitespace()
            .map(|pair| {
                let (at, value) = pair.split_once(':').unwrap();
                let sample = Sample { at: Ms::from_secs(at.parse().unwrap()), value: value.parse().unwrap() };
                match counter.push(sample, Span::from_secs(15)) {
                    Step::Ignored => "ignored".into(),
                    Step::Invalid => "invalid".into(),
                    Step::Birth => "birth".into(),
                    Step::Increase { by, bridged, hidden } => {
                        let hidden = if hidden > 0.0 { format!("?{hidden}") } else { String::new() };
                        format!("+{by}{}{hidden}", if bridged { "~" } else { "" })
                    }
                }
            })
            .collect();
        assert_eq!(told.join(" "), expect, "{samples}");
    }

    #[test]
    fn increases_are_differences_and_a_fall_is_a_restart_from_zero() {
        check("0:5 15:8 30:8 45:12", "birth +3 +0 +4");
        check("0:5 15:8 30:2 45:3", "birth +3 +2?3 +1");
        check("0:5 15:6 30:9 45:0", "birth +1 +3 +0?3");
    }

    #[test]
    fn a_burst_after_the_restart_widens_what_may_be_hidden() {
        check("0:5 15:8 30:7", "birth +3 +7?7");
        check("0:5 15:8 45:7", "birth +3 +7?14");
    }

    #[test]
    fn duplicates_and_samples_out_of_order_say_nothing() {
        check("15:5 15:9 0:1 30:6", "birth ignored ignored +1");
    }

    #[test]
    fn what_is_no_count_is_a_data_error_and_the_next_one_spans_it() {
        check("0:5 15:NaN 30:inf 45:-1 60:9", "birth invalid invalid invalid +4~");
    }

    #[test]
    fn a_gap_is_longer_than_two_steps_or_than_is_usual_for_the_series() {
        check("0:0 15:1 30:2 60:3 105:4", "birth +1 +1 +1 +1~");
        check("0:0 60:1 120:2 180:3 360:4", "birth +1~ +1 +1 +1~");
        check("0:0 60:1 120:2 180:3 330:4", "birth +1~ +1 +1 +1");
    }

    #[test]
    fn after_a_day_of_silence_it_is_a_new_series() {
        check("0:5 86400:6 172801:7", "birth +1~ birth");
    }
}
