//! A row's small charts: burn over 5 minutes and over 1 hour, a point every 5 minutes for the last 6 hours.
//!
//! Five minutes later all points but the newest are what they were, unless the past changed meanwhile: so charts are moved
//! and not drawn anew, which for thousands of rows would make a tick late. Deliberately absent: what they look like (`chart`).

use super::board::burn;
use crate::domain::base::{Ms, Span};
use crate::domain::measure::Track;
use crate::domain::objective::Slo;
use std::sync::Arc;

/// Number of points of a chart.
pub const SPARK_POINTS: usize = 72;
/// Distance of the points of a chart.
pub const SPARK_STEP: Span = Span::from_mins(5);
const SHORT: Span = Span::from_mins(5);
const LONG: Span = Span::from_hours(1);

/// A row's small charts, oldest point first; what cannot be known is NaN.
#[derive(Clone, Debug)]
pub struct Spark {
    /// Burn over 5 minutes.
    pub short: Arc<[f32]>,
    /// Burn over 1 hour.
    pub long: Arc<[f32]>,
    drawn: Option<Drawn>,
}

/// Through which instant a chart was drawn, and of which version of the history; only where everything was known by then.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    at: Ms,
    version: u64,
}

impl Spark {
    /// The charts of anything that has a burn rate, through `at`.
    pub(super) fn new(at: Ms, burn: impl Fn(Ms, Span) -> Option<f64>) -> Self {
        let end = |i: usize| at - SPARK_STEP * (SPARK_POINTS - 1 - i) as i64;
        let row = |window: Span| (0..SPARK_POINTS).map(|i| point(burn(end(i), window))).collect();
        Self { short: row(SHORT), long: row(LONG), drawn: None }
    }

    /// The charts of a track through `at`, from those of the same track before where that gives the same.
    pub(super) fn of_track(before: Option<&Self>, slo: &Slo, track: &Track, at: Ms) -> Self {
        let (history, version) = (&track.history, track.history.version());
        let same = before.filter(|b| b.drawn.is_some_and(|d| d.version == version));
        let moved = match same.and_then(|b| Some((b, at.since(b.drawn?.at)))) {
            Some((b, Span::ZERO)) => b.clone(),
            Some((b, SPARK_STEP)) => b.moved(|window| burn(slo, track, at, window)),
            _ => Self::new(at, |end, window| burn(slo, track, end, window)),
        };
        let known = history.end().is_some_and(|end| end >= at);
        Self { drawn: known.then_some(Drawn { at, version }), ..moved }
    }

    fn moved(&self, burn: impl Fn(Span) -> Option<f64>) -> Self {
        let row = |old: &[f32], window| old.iter().skip(1).copied().chain([point(burn(window))]).collect();
        Self { short: row(&self.short, SHORT), long: row(&self.long, LONG), drawn: None }
    }
}

fn point(burn: Option<f64>) -> f32 {
    burn.map_or(f32::NAN, |burn| burn as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::base::Labels;
    use crate::domain::measure::{Ask, Batch, Detail, Meter, Sink};
    use crate::formats::{InputFile, LoadOptions, load_files};
    use proptest::prelude::*;

    const T0: Ms = Ms::from_secs(1_700_000_000 / 900 * 900);
    const STEP: Span = Span::from_secs(15);
    const FILE: &str = "version: burnledger/v1\nservice: one\nslos:\n- name: availability\n  target: 99.9%\n  sli:\n    events:\n      \
                        bad: hits{code=~\"5..\"}\n      total: hits\n";

    /// What a source would have answered by `to`, but for what was not there yet.
    fn feed(meter: &mut Meter, from: Ms, to: Ms, lacks: Option<(Ms, Ms)>) {
        for (role, ask) in meter.asks(from, to, Detail::Full) {
            let Ask::Raw { from, to, .. } = &ask else { panic!("raw") };
            let mut batch = Batch::default();
            for (code, each) in [("200", 100.0), ("503", 1.0)] {
                if code == "200" && format!("{ask:?}").contains("5..") {
                    continue;
                }
                batch.series(&Labels::new([("__name__", "hits"), ("code", code)]));
                let mut at = from.floor_to(STEP) + STEP;
                while at <= *to {
                    let slice = (at.since(T0).0 / STEP.0) as f64;
                    if lacks.is_none_or(|(a, b)| at <= a || at > b) {
                        batch.sample(at, each * slice + (slice / 40.0).floor());
                    }
                    at = at + STEP;
                }
            }
            meter.take(role, &batch);
        }
        meter.seal(to);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Also when reads fail for a while and come later, and when ticks are skipped.
        #[test]
        fn moved_charts_equal_those_drawn_anew(steps in prop::collection::vec((1_i64..50, any::<bool>(), any::<bool>()), 1..40)) {
            let files = [InputFile::new("one.yaml", FILE)];
            let book = load_files(&files, &LoadOptions::default()).rulebook;
            let slo = &book.slos[0];
            let mut meter = Meter::new(slo.meter_spec(STEP));
            let (mut at, mut known, mut spark) = (T0 + Span::from_hours(1), T0, None::<Spark>);
            for (by, fails, lacks) in steps {
                at = at + STEP * by;
                if !fails {
                    feed(&mut meter, known, at, lacks.then_some((at - STEP * 6, at - STEP)));
                    known = at;
                }
                let (track, end) = (&meter.tracks()[0], at.floor_to(SPARK_STEP));
                let got = Spark::of_track(spark.as_ref(), slo, track, end);
                let want = Spark::new(end, |end, window| burn(slo, track, end, window));
                let bits = |row: &[f32]| row.iter().map(|p| p.to_bits()).collect::<Vec<_>>();
                prop_assert_eq!((bits(&got.short), bits(&got.long)), (bits(&want.short), bits(&want.long)));
                spark = Some(got);
            }
        }
    }
}
