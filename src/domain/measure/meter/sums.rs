//! Events that could be counted and that the server adds up instead: its sums become slices, and a meter goes on in the other way.
//!
//! Deliberately absent: choosing (see `jobs/pushdown`), and the words of the questions (see `reads`).

use super::Meter;
use crate::domain::base::{Ms, Span};
use crate::domain::measure::track::Tally;
use crate::domain::measure::{Plan, Sample};

/// Seams that are remembered; the newest are told.
const MOST_SEAMS: usize = 20;
/// Sums of floats that a server made agree to this share.
const SUM_ROUNDING: f64 = 1e-9;

/// Where history that was told in one way goes on in the other: counted here, or added up by the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seam {
    /// The last slice of the former way.
    pub at: Ms,
    /// Before it the server added up.
    pub was_asked: bool,
}

impl Meter {
    /// Goes on from what another meter learnt of the same events in the other way: its history is kept, and marked. What the
    /// counters knew is of no use to the server's sums, nor the other way round, so counting begins from first sights.
    pub fn go_on_from(&mut self, other: Self) {
        let Some(sealed) = other.sealed() else { return };
        let was_asked = other.spec.plan.pushed_down().is_some();
        let k = self.index(sealed);
        (self.start, self.sealed, self.tracks, self.left_out) = (Some(k), Some(k), other.tracks, other.left_out);
        self.tracks.iter_mut().for_each(|track| track.measured_by(&self.spec));
        self.seams = other.seams;
        if was_asked != self.spec.plan.pushed_down().is_some() {
            self.seams.push(Seam { at: sealed, was_asked });
        }
        let many = self.seams.len().saturating_sub(MOST_SEAMS);
        self.seams.drain(..many);
        self.unsaved_all();
    }

    /// Where its history changes from counted to added up by the server, or back, in order.
    pub fn seams(&self) -> &[Seam] {
        &self.seams
    }

    /// What is not counted here is marked as such, and so is history that was told in the other way.
    pub(super) fn summed(&self) -> Option<String> {
        // What the period has left behind is nobody's doubt any more.
        let begins = self.sealed().map(|sealed| sealed - self.spec.period);
        let former = self.seams.last().filter(|seam| Some(seam.at) > begins).map(|seam| {
            let how = if seam.was_asked { "added up by the server" } else { "counted event by event" };
            format!("what was until {} is {how}", seam.at)
        });
        match (&self.spec.plan, self.spec.plan.pushed_down()) {
            (Plan::Asked { why, .. }, Some(window)) => {
                let former = former.map(|text| format!("; {text}")).unwrap_or_default();
                Some(format!("added up by the server, not counted: {why}; {}{former}", loss(window)))
            }
            _ => former.map(|text| format!("counted event by event again; {text}")),
        }
    }

    /// A sum of increases that the server made: `share` of it falls into the slice.
    pub(super) fn add_sum(&mut self, id: usize, sample: Sample, share: f64) {
        let at = self.index(sample.at);
        let series = &self.roll.series[id];
        let (bad, total) = series.factors();
        let by = sample.value * share;
        if let Some(bound) = series.bound.filter(|_| by.is_finite() && by >= 0.0) {
            self.tracks[series.track].recent.add(at, bound.seconds(), by);
        }
        let witness = series.is_witness(self.spec.has_total());
        let tally = &mut self.tallies[series.track];
        tally.newest = Some((sample.at, self.spec.step));
        tally.error |= !by.is_finite() || by < 0.0;
        tally.bad += bad * by;
        tally.total += total * by;
        tally.sampled |= witness;
        tally.regular |= witness;
    }
}

/// What is lost when the server adds up, in words.
pub fn loss(window: Span) -> String {
    format!(
        "counts are extrapolated over {window}: the events of a gap as long are lost, and so are the first ones of a new series; a \
         blip is spread over {window}, and what restarts hide has no bounds"
    )
}

/// Sums that the server made of floats: differences of two that are equal may be a hair away from 0.
pub(super) fn settle_sums(tally: &mut Tally) {
    let hair = (tally.total.abs() + tally.bad.abs()) * SUM_ROUNDING;
    for sum in [&mut tally.bad, &mut tally.total] {
        if sum.abs() <= hair {
            *sum = 0.0;
        }
    }
    if tally.bad > tally.total && tally.bad - tally.total <= hair {
        tally.bad = tally.total;
    }
}

#[cfg(test)]
mod tests;
