//! A track: one group of an SLI, with its history and its recent past.
//!
//! Slices are written here, one after another, from what the meter added up; this file decides which state they have.

mod image;

use super::cells::SliceState;
use super::counter::patience;
use super::history::{History, Slice};
use super::notes::Note;
use super::recent::{QuantileValue, Recent, Values, quantile};
use super::time_slices::{TimeSliceCounts, TimeSlices};
use super::window::NearEdge;
use super::{MeterSpec, Plan};
use crate::domain::base::{Labels, Ms, Span};

/// bad may be above total by rounding of the server's floats, no more.
const ROUNDING: f64 = 1.0 + 1e-9;

/// What the samples of one slice added up to, in events.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub bad: f64,
    pub total: f64,
    /// A series that tells of traffic had a sample.
    pub sampled: bool,
    /// ... and one of them came without a gap.
    pub regular: bool,
    pub error: bool,
    pub note: Note,
    /// Time of the newest sample, and the usual distance of its series.
    pub newest: Option<(Ms, Span)>,
    /// Asked values.
    pub value: Option<f64>,
    pub errors_asked: Option<f64>,
    pub total_asked: Option<f64>,
    /// A target is there.
    pub here: bool,
    /// A target was there lately and is missing.
    pub missing: bool,
    /// Errors were asked and are NaN.
    pub unknown_errors: bool,
}

impl Tally {
    pub(super) fn see(&mut self, at: Ms, usual: Span) {
        self.sampled = true;
        self.newest = Some(self.newest.map_or((at, usual), |(newest, most)| (newest.max(at), most.max(usual))));
    }
}

/// One group of an SLI.
#[derive(Clone, Debug)]
pub struct Track {
    /// The group's labels; empty without `group_by`.
    pub group: Labels,
    /// Exact counts.
    pub history: History,
    /// Samples that came after their slice had been sealed; they changed counts, never a verdict that was given.
    pub late: u64,
    /// First values of series that were taken as baselines.
    pub births_skipped: u64,
    has_total: bool,
    is_value: bool,
    /// Its slices are filled by scrapes, which may be rarer than slices.
    counted: bool,
    pub(super) errors_seen: bool,
    /// Its counts are estimates between two buckets.
    pub(super) interpolated: bool,
    pub(super) recent: Recent,
    pub(super) values: Values,
    time_slices: Option<TimeSlices>,
    /// Some of its time is left out, now or then.
    has_exclusions: bool,
    /// Newest sample, and the usual distance of samples.
    newest: Option<(Ms, Span)>,
    /// First of the slices that count as observed only if the next sample comes in time.
    waiting_since: Option<i64>,
}

impl Track {
    pub(super) fn new(group: Labels, spec: &MeterSpec) -> Self {
        let depth = Self::depth(spec);
        Self {
            group,
            history: History::new(spec.step, spec.period, spec.slack),
            late: 0,
            births_skipped: 0,
            has_total: spec.has_total(),
            is_value: spec.good.is_some(),
            counted: matches!(spec.plan, Plan::Counted(_)),
            errors_seen: false,
            interpolated: false,
            recent: Recent::new(depth),
            values: Values::new(depth.max((spec.values_kept.0 / spec.step.0.max(1)) as usize + 2)),
            time_slices: spec.time_slices.map(|rule| TimeSlices::new(rule, spec.step, spec.period)),
            has_exclusions: !spec.exclude.is_empty(),
            newest: None,
            waiting_since: None,
        }
    }

    /// From here on its slices come in the way of `spec`.
    pub(super) fn measured_by(&mut self, spec: &MeterSpec) {
        self.counted = matches!(spec.plan, Plan::Counted(_));
        self.waiting_since = None;
    }

    /// How many slices of quantiles and values are kept.
    fn depth(spec: &MeterSpec) -> usize {
        ((spec.slack + Span::from_hours(1)).0 / spec.step.0.max(1)) as usize + 2
    }

    /// Events have a total, so an error ratio exists; occurrences have none.
    pub const fn has_total(&self) -> bool {
        self.has_total
    }

    /// Traffic was seen, and no series of errors ever: zero errors may mean a wrong selector.
    pub const fn errors_never_seen(&self) -> bool {
        self.has_total && !self.is_value && !self.errors_seen && self.newest.is_some()
    }

    /// No bucket has the threshold's value, so its counts are estimates between two that are near.
    pub const fn is_interpolated(&self) -> bool {
        self.interpolated
    }

    /// Time of the newest sample.
    pub fn newest(&self) -> Option<Ms> {
        self.newest.map(|(at, _)| at)
    }

    /// The slice at `at`, or, when that has no sample of its own but is observed, the sampled one before it.
    pub fn sampled_slice(&self, at: Ms) -> Slice {
        let step = self.history.step();
        let mut back = at;
        for _ in 0..1000 {
            let slice = self.history.slice_at(back);
            if slice.state != SliceState::Between {
                return slice;
            }
            back = back - step;
        }
        self.history.slice_at(at)
    }

    /// The same from the edge that windows are read at.
    pub fn sampled_slice_at(&self, near: &NearEdge<'_>, at: Ms) -> Slice {
        let slice = near.slice();
        if near.is_at(at) && slice.state != SliceState::Between { slice } else { self.sampled_slice(at) }
    }

    /// The SLI's own value at `at` (threshold SLIs); the newest one within `within` before it when `at` has none.
    pub fn value(&self, at: Ms, within: Span) -> Option<f64> {
        if self.values.is_empty() {
            return None;
        }
        let (k, oldest) = (self.history.floor(at), self.history.floor(at - within));
        (oldest + 1..=k).rev().find_map(|k| self.values.get(k))
    }

    /// The mean of the values in `(at - over, at]`; absent when fewer than half of its slices have one, or it reaches further
    /// back than values are kept.
    pub fn average(&self, at: Ms, over: Span) -> Option<f64> {
        let (k, oldest) = (self.history.floor(at), self.history.floor(at - over));
        let (mut sum, mut count) = (0.0, 0_i64);
        for value in (oldest + 1..=k).filter_map(|k| self.values.get(k)) {
            sum += value;
            count += 1;
        }
        (count > 0 && count * 2 >= k - oldest).then(|| sum / count as f64)
    }

    /// Latency quantiles over `(at - over, at]`; absent without events or histogram. `scratch` is memory to work in, so that
    /// repeated calls allocate nothing.
    pub fn quantiles<const N: usize>(
        &self,
        of: [f64; N],
        at: Ms,
        over: Span,
        scratch: &mut Vec<f64>,
    ) -> Option<[QuantileValue; N]> {
        if self.recent.bounds().is_empty() {
            return None;
        }
        self.bucket_counts(at - over, at, scratch);
        let mut told = [QuantileValue { seconds: 0.0, at_least: false }; N];
        for (told, q) in told.iter_mut().zip(of) {
            *told = quantile(q, self.recent.bounds(), scratch)?;
        }
        Some(told)
    }

    /// Cumulative events per bucket over `(from, to]`, lowest bucket first, the last one all events; as far back as buckets are
    /// kept (about an hour), nothing before that.
    pub fn bucket_counts(&self, from: Ms, to: Ms, into: &mut Vec<f64>) {
        let counts = |k: i64| !self.has_exclusions || self.history.cell(k).state != SliceState::Excluded;
        self.recent.cumulate(self.history.floor(from), self.history.floor(to), counts, into);
    }

    /// Finite bucket bounds seen so far, in seconds, ascending.
    pub fn bounds(&self) -> &[f64] {
        self.recent.bounds()
    }

    /// Time slices that end in `(from, to]`; absent where the spec names none.
    pub fn time_slices(&self, from: Ms, to: Ms) -> Option<TimeSliceCounts> {
        self.time_slices.as_ref().map(|slices| slices.over(&self.history, from, to))
    }

    /// Bytes of memory it takes, labels not counted.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() - size_of::<History>()
            + self.history.bytes()
            + self.recent.bytes()
            + self.values.bytes()
            + self.time_slices.as_ref().map_or(0, TimeSlices::bytes)
    }

    /// Writes slice `k`, the next one. A slice without samples is observed as long as the next sample may still be in time.
    pub(super) fn commit(&mut self, k: i64, tally: &Tally, partial: bool, excluded: bool) {
        let mut slice = self.slice_of(tally, Slice::default());
        slice.partial = partial;
        if let Some((at, usual)) = tally.newest {
            self.newest = Some((self.newest.map_or(at, |(newest, _)| newest.max(at)), usual));
        }
        if slice.state == SliceState::NoData && self.counted {
            self.wait(k, &mut slice);
        } else {
            self.waiting_since = None;
        }
        if excluded {
            slice.state = SliceState::Excluded;
        }
        self.write(k, slice);
        self.history.advance(k);
        self.note(k, slice.state, tally);
    }

    /// Its silence at `before` was longer than usual already, and its slices say so.
    pub(super) fn is_silent(&self, before: Ms) -> bool {
        let step = self.history.step();
        let silent = self.newest.is_none_or(|(at, usual)| before.since(at) > patience(usual, step));
        silent && self.waiting_since.is_none()
    }

    /// Nothing came in the slices `from ..= to`.
    pub(super) fn stay_silent(&mut self, from: i64, to: i64) {
        // Block by block, so that history begins where it would have begun.
        let mut k = from;
        while k < to {
            self.history.advance(k);
            k += self.history.per_block();
        }
        self.history.advance(to);
    }

    /// A slice before history begins: not kept, but whoever sampled it is there.
    pub(super) fn lead_in(&mut self, tally: &Tally) {
        self.newest = tally.newest.or(self.newest);
    }

    /// Adds to a slice that was written before. `late` tells that it was sealed.
    pub(super) fn amend(&mut self, k: i64, tally: &Tally, late: bool) {
        let old = self.history.slice_at(self.history.time(k));
        if let Some((at, usual)) = tally.newest {
            self.newest = Some(self.newest.map_or((at, usual), |(newest, most)| (newest.max(at), most)));
        }
        let mut slice = self.slice_of(tally, old);
        match old.state {
            SliceState::Excluded | SliceState::DataError => slice.state = old.state,
            SliceState::NoData | SliceState::Between | SliceState::Sampled => {}
        }
        slice.partial = old.partial;
        if slice.state == SliceState::NoData {
            return;
        }
        self.late += u64::from(late && tally.sampled);
        self.write(k, slice);
        self.note(k, slice.state, tally);
    }

    fn write(&mut self, k: i64, slice: Slice) {
        self.history.write(k, slice);
        if let Some(slices) = &mut self.time_slices {
            slices.written(&self.history, k);
        }
    }

    fn note(&mut self, k: i64, state: SliceState, tally: &Tally) {
        if state == SliceState::Sampled && !tally.note.is_empty() {
            self.history.note(k, tally.note);
        }
    }

    /// What the slice is after the tally is added to what was known of it.
    fn slice_of(&self, tally: &Tally, old: Slice) -> Slice {
        let (bad, total) = (old.bad + tally.bad, old.total + tally.total);
        // Interpolated shares add up to one by floats.
        let bad = if bad < 0.0 && bad >= -total * (ROUNDING - 1.0) { 0.0 } else { bad };
        let sampled = tally.sampled || old.state == SliceState::Sampled;
        let sense = !tally.error && bad >= 0.0 && total >= 0.0 && (!self.has_total || bad <= total * ROUNDING);
        if !sense {
            return Slice { state: SliceState::DataError, ..old_counts_gone(old) };
        }
        if !sampled {
            return old;
        }
        let bad = if self.has_total { bad.min(total) } else { bad };
        let regular = tally.regular || (old.state == SliceState::Sampled && !old.bridged);
        Slice { state: SliceState::Sampled, bad, total, bridged: !regular, partial: old.partial }
    }

    /// A slice without samples: observed while the silence is no longer than usual; when it becomes longer, the slices since
    /// the last sample were no data all along.
    fn wait(&mut self, k: i64, slice: &mut Slice) {
        let step = self.history.step();
        let silent = self.newest.map(|(at, usual)| (self.history.time(k).since(at), patience(usual, step)));
        if silent.is_some_and(|(silence, patience)| silence <= patience) {
            slice.state = SliceState::Between;
            self.waiting_since.get_or_insert(k);
            return;
        }
        for waited in self.waiting_since.take().map_or(k..k, |since| since..k) {
            let at = self.history.time(waited);
            let old = self.history.slice_at(at);
            if old.state == SliceState::Between {
                self.write(waited, Slice { state: SliceState::NoData, ..old });
            }
        }
    }
}

fn old_counts_gone(old: Slice) -> Slice {
    Slice { bad: 0.0, total: 0.0, bridged: false, ..old }
}
