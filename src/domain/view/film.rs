//! The past as a film: a snapshot for every evaluated instant of a stretch, made once and then looked at anywhere.

use super::past::{Lookback, Past, PastOf, PastRow, TrackId};
use super::snapshot::{SloRow, Snapshot};
use crate::domain::base::{IncidentId, Ms, Span, Text};
use crate::domain::judge::WindowStatus;
use std::sync::Arc;

/// What is to be filmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilmAsk {
    /// An incident of the ledger, from half an hour before it to a quarter after its end; SLOs of its services only.
    Incident(IncidentId),
    /// A stretch of time, all SLOs.
    Stretch {
        /// From when.
        from: Ms,
        /// Until when.
        to: Ms,
    },
}

/// What a moment of a film is worth jumping to for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmMark {
    /// When.
    pub at: Ms,
    /// One letter for the time line: S start, D detected, A acknowledged, n note, R resolved.
    pub sign: char,
    /// In words, without the time.
    pub text: Text,
}

/// The film.
#[derive(Clone, Debug, Default)]
pub struct Film {
    /// First instant.
    pub from: Ms,
    /// Last instant.
    pub to: Ms,
    /// Between two frames.
    pub step: Span,
    /// A frame every `step` from the first instant on, in order; none is missing. A long stretch of many SLOs has one every so many
    /// instants.
    pub frames: Vec<Arc<Snapshot>>,
    /// Moments, in order.
    pub marks: Vec<FilmMark>,
    /// The incident it is about.
    pub incident: Option<IncidentId>,
    /// Reads that failed while it was made, in words.
    pub errors: Vec<Text>,
}

impl Film {
    /// Frames times SLOs that one film may have: some hundred megabytes.
    pub const MOST_ROWS: usize = 120_000;

    /// How many instants apart the frames of so many instants and SLOs stand, to stay within so many rows. Frames are no further apart
    /// than five minutes and whole five minutes have one, because each has counted those. None when that is not enough.
    pub const fn apart(instants: usize, slos: usize, most: usize, step: Span) -> Option<usize> {
        let (mut apart, step) = (instants.saturating_mul(slos).div_ceil(most), step.0);
        if apart <= 1 {
            return Some(1);
        }
        if step <= 0 || FIVE.0 % step != 0 {
            return None;
        }
        while FIVE.0 >= step * apart as i64 {
            if FIVE.0 % (step * apart as i64) == 0 {
                return Some(apart);
            }
            apart += 1;
        }
        None
    }

    /// The longest stretch of so many SLOs that can be held.
    pub fn longest(slos: usize, step: Span) -> Span {
        let thinned = if step.0 > 0 && FIVE.0 % step.0 == 0 { FIVE } else { step };
        thinned * (Self::MOST_ROWS / slos.max(1)) as i64
    }

    /// The frame of an instant: the last one that had been evaluated by then.
    pub fn frame(&self, at: Ms) -> Option<&Arc<Snapshot>> {
        let place = at.since(self.from).0.div_euclid(self.step.0.max(1)).max(0) as usize;
        self.frames.get(place.min(self.frames.len().checked_sub(1)?))
    }

    /// What the film knows of the past: its own stretch; of the burn over an hour and over five minutes also the six hours before
    /// the end that is asked for, which that frame shows anyway; and nothing of what came after it. Of latency by bucket a film
    /// keeps nothing.
    ///
    /// The map of all burn has cells of whole five minutes, because each frame has counted those: cells are added up, not
    /// estimated.
    pub fn past(&self, ask: &Lookback) -> Option<Past> {
        match &ask.of {
            PastOf::Burn { track, window } => {
                let window = window.unwrap_or(FIVE);
                let before = self.known(ask.to).and_then(|frame| row_of(frame, track)).and_then(|row| drawn(row, window));
                Some(self.curve(ask, track, before, |row| window_of(row, window)?.burn_rate))
            }
            PastOf::Remaining { track } => Some(self.curve(ask, track, None, |row| row.verdict.as_ref()?.budget.remaining)),
            PastOf::AllBurn => Some(self.map(ask)),
            PastOf::Latency { .. } => None,
        }
    }

    /// One value a cell, read at its end; what lies before the film from the line that its last frame shows.
    fn curve(&self, ask: &Lookback, track: &TrackId, before: Option<&Arc<[f32]>>, read: impl Fn(&SloRow) -> Option<f64>) -> Past {
        let count = ask.cells.clamp(1, Lookback::MOST_CELLS);
        let cell = Span((ask.to.since(ask.from).0 / count as i64).max(1));
        let from = ask.to - cell * count as i64;
        let values = (1..=count as i64).map(|i| {
            let end = from + cell * i;
            let row = self.known(end).and_then(|frame| row_of(frame, track));
            let value = row.and_then(&read).map(|value| value as f32);
            value
                .or_else(|| before.filter(|_| end < self.from).and_then(|line| earlier(line, ask.to.since(end))))
                .unwrap_or(f32::NAN)
        });
        let row =
            PastRow { track: track.clone(), bucket: None, values: values.collect(), bad: Arc::from([]), total: Arc::from([]) };
        Past { from, to: ask.to, cell, rows: vec![row] }
    }

    /// Burn of every track over cells of whole five minutes.
    fn map(&self, ask: &Lookback) -> Past {
        let (from, to) = (ask.from.max(self.from).floor_to(FIVE), ask.to.min(self.to).floor_to(FIVE));
        let fives = (to.since(from).0 / FIVE.0).max(0);
        let cell = FIVE * (fives + ask.cells.max(1) as i64 - 1).div_euclid(ask.cells.max(1) as i64).max(1);
        let count = (to.since(from).0 / cell.0.max(1)).max(0);
        let from = to - cell * count;
        let tracks: Vec<TrackId> = self.frame(to).map(|f| f.slos.iter().map(TrackId::of).collect()).unwrap_or_default();
        let row = |track: TrackId| {
            let sums: Vec<Sum> = (0..count).map(|i| self.sum(&track, from + cell * i, from + cell * (i + 1))).collect();
            let values = sums.iter().map(|s| s.burn().map_or(f32::NAN, |v| v as f32)).collect();
            let (bad, total) = (sums.iter().map(|s| s.bad as f32).collect(), sums.iter().map(|s| s.total as f32).collect());
            PastRow { track, bucket: None, values, bad, total }
        };
        Past { from, to, cell, rows: tracks.into_iter().map(row).collect() }
    }

    /// What was counted in (from, to], which are whole five minutes.
    fn sum(&self, track: &TrackId, from: Ms, to: Ms) -> Sum {
        let mut sum = Sum::default();
        let mut end = from + FIVE;
        while end <= to {
            if let Some(five) = self.known(end).and_then(|f| row_of(f, track)).and_then(|row| window_of(row, FIVE)) {
                sum.add(five);
            }
            end = end + FIVE;
        }
        sum
    }

    /// The frame of an instant within the film.
    fn known(&self, at: Ms) -> Option<&Snapshot> {
        let within = (self.from..=self.to).contains(&at);
        self.frame(at).filter(|_| within).map(|frame| &**frame)
    }
}

/// The window that every frame has counted.
const FIVE: Span = Span::from_mins(5);

fn row_of<'a>(frame: &'a Snapshot, track: &TrackId) -> Option<&'a SloRow> {
    frame.slos.iter().find(|row| row.slo.id == track.slo && row.group == track.group)
}

fn window_of(row: &SloRow, window: Span) -> Option<&WindowStatus> {
    row.verdict.as_ref()?.windows.iter().find(|w| w.window == window)
}

/// How far back the lines of a row go.
const DRAWN: Span = Span::from_hours(6);

/// The line of six hours that a row shows of this window.
fn drawn(row: &SloRow, window: Span) -> Option<&Arc<[f32]>> {
    match window {
        FIVE => Some(&row.spark),
        HOUR => Some(&row.spark_long),
        _ => None,
    }
}

const HOUR: Span = Span::from_hours(1);

/// The value of such a line so long before its end.
fn earlier(line: &[f32], ago: Span) -> Option<f32> {
    let back = (ago.0 as f64 * line.len() as f64 / DRAWN.0 as f64) as usize;
    line.len().checked_sub(1 + back).map(|place| line[place])
}

/// Windows beside each other, added up. Burn rates are weighed by events; where none are counted, each window weighs the same.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    bad: f64,
    total: f64,
    weighed: f64,
    plain: f64,
    known: u32,
}

impl Sum {
    fn add(&mut self, window: &WindowStatus) {
        self.bad += window.bad;
        self.total += window.total.unwrap_or(0.0);
        if let Some(burn) = window.burn_rate {
            self.weighed += burn * window.total.unwrap_or(0.0);
            self.plain += burn;
            self.known += 1;
        }
    }

    fn burn(&self) -> Option<f64> {
        (self.known > 0).then(|| if self.total > 0.0 { self.weighed / self.total } else { self.plain / f64::from(self.known) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_a_long_film_are_apart_and_every_five_minutes_have_one() {
        let apart = |hours: usize, slos| Film::apart(hours * 240 + 1, slos, Film::MOST_ROWS, Span::from_secs(15));
        assert_eq!((apart(6, 50), apart(24, 20), apart(24, 50), apart(24, 100)), (Some(1), Some(1), Some(4), Some(5)));
        assert_eq!((apart(24, 400), apart(24, 500)), (Some(20), None));
        assert_eq!(Film::apart(10_000, 50, Film::MOST_ROWS, Span::from_secs(7)), None, "its cells would not be whole");
        assert_eq!(Film::apart(10, 0, Film::MOST_ROWS, Span::ZERO), Some(1));
        assert_eq!(Film::longest(500, Span::from_secs(15)), Span::from_hours(20));
        assert_eq!(Film::longest(0, Span::from_secs(7)).0, 840_000_000);
    }
}
