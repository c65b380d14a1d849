//! Runs: many slices counted series after series, while nothing but plain increases happens.
//!
//! Slice after slice over all series together is how counting is defined. Where all series of a target have the same instants
//! and only rise, going through each series at once gives the same numbers for a fraction of the work. Whatever is not plain
//! ends a run: births, restarts, gaps, samples that came late; replicas and asked values never run. What was counted ahead
//! shows only when its slice is sealed, and is dropped when more samples come first.

use super::{Meter, Tally};
use crate::domain::base::{Ms, Span};
use crate::domain::measure::Plan;
use crate::domain::measure::counter::{FORGOTTEN, patience, usual_of};
use crate::domain::measure::reads::Adds;
use crate::domain::measure::series::{Roll, Series};

/// Fewer slices are not worth it.
const LEAST: i64 = 4;
/// More would be dropped too often.
const MOST: i64 = 240;
/// Slices of all tracks together: what a processor's cache holds.
const MOST_CELLS: i64 = 16_384;
/// Slices that are counted one by one before a run is tried again.
const PAUSE: i64 = 8;
const LONGEST_PAUSE: i64 = 256;

/// Slices that are counted, and of which the first ones are written.
#[derive(Clone, Debug)]
pub(super) struct Run {
    first: i64,
    /// The next one to be written.
    next: i64,
    /// The one after the last.
    end: i64,
    /// Room of a track in the sums.
    width: usize,
    beats: Vec<Beat>,
    members: Vec<Member>,
    bad: Vec<f64>,
    total: Vec<f64>,
    /// Increases of the buckets.
    rises: Vec<f64>,
}

/// When a run may be tried again.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pause {
    until: i64,
    next: i64,
}

impl Default for Pause {
    fn default() -> Self {
        Self { until: i64::MIN, next: PAUSE }
    }
}

#[cfg(test)]
impl Pause {
    /// Every slice is counted by itself.
    pub(super) const FOR_EVER: Self = Self { until: i64::MAX, next: 0 };
}

/// A target and the instants that its series have in common.
#[derive(Clone, Debug)]
struct Beat {
    target: usize,
    spacing: [i64; 3],
    /// The target as tracks see it: the presence, its track, and whether a series of it tells of traffic.
    presences: Vec<(usize, usize, bool)>,
    instants: Vec<Instant>,
    /// So many instants are written.
    done: usize,
}

#[derive(Clone, Copy, Debug)]
struct Instant {
    /// From the run's first slice on.
    slice: usize,
    at: Ms,
    /// The usual distance of samples after this one.
    usual: Span,
}

/// A series of a run, in the order of all series.
#[derive(Clone, Debug)]
struct Member {
    id: usize,
    beat: usize,
    /// For buckets: the bound in seconds, and where its increases begin.
    bucket: Option<(f64, usize)>,
}

impl Meter {
    /// Writes slices up to `last` that were counted ahead; true when that was all.
    pub(super) fn goes_on(&mut self, last: i64) -> bool {
        let Some(start) = self.start.filter(|_| self.run.is_some()) else { return false };
        let next = self.write_run(last, start);
        self.sealed = self.sealed.max(Some(next - 1));
        next > last
    }

    /// Counts from `k` on as far as a run goes; false when none can begin here.
    pub(super) fn begins_run(&mut self, k: i64, start: i64, lacking: bool) -> bool {
        let counted = matches!(self.spec.plan, Plan::Counted(_)) && self.spec.dedupe.is_empty();
        if k < self.pause.until || !counted || lacking || k <= start || self.sealed.is_some_and(|sealed| k <= sealed) {
            return false;
        }
        self.run = self.counted_ahead(k).map(Box::new);
        self.pause = match self.run {
            Some(_) => Pause::default(),
            None => Pause { until: k + self.pause.next, next: (self.pause.next * 2).min(LONGEST_PAUSE) },
        };
        self.run.is_some()
    }

    /// Writes slices of the run up to `last`; the slice that comes next.
    pub(super) fn write_run(&mut self, last: i64, start: i64) -> i64 {
        while self.run.as_ref().is_some_and(|run| run.next < run.end && run.next <= last) {
            self.write_next(start);
        }
        let next = self.run.as_ref().map_or(last + 1, |run| run.next);
        if self.run.as_ref().is_some_and(|run| run.next == run.end) {
            self.end_run();
        }
        next
    }

    /// What was written is counted, what was not waits again.
    pub(super) fn end_run(&mut self) {
        let Some(run) = self.run.take() else { return };
        for member in &run.members {
            let (series, count) = (&mut self.roll.series[member.id], run.beats[member.beat].done);
            if count > 0 {
                self.roll.counters[series.counter].counter.advance(series.waiting.range(..count));
                series.waiting.drain(..count);
                series.vanished = false;
            }
        }
    }

    fn write_next(&mut self, start: i64) {
        let Some(mut run) = self.run.take() else { return };
        let (k, slice) = (run.next, (run.next - run.first) as usize);
        self.tallies.clear();
        let sums = |track| Tally { bad: run.bad[track + slice], total: run.total[track + slice], ..Tally::default() };
        self.tallies.extend((0..self.tracks.len()).map(|track| sums(track * run.width)));
        for member in &run.members {
            let Some((bound, from)) = member.bucket else { continue };
            let (beat, track) = (&run.beats[member.beat], self.roll.series[member.id].track);
            let instants = beat.instants.iter().enumerate().skip(beat.done).take_while(|(_, instant)| instant.slice == slice);
            for (i, _) in instants {
                self.tracks[track].recent.add(k, bound, run.rises[from + i]);
            }
        }
        for beat in &mut run.beats {
            while let Some(instant) = beat.instants.get(beat.done).filter(|instant| instant.slice == slice) {
                self.roll.targets[beat.target].see(k, instant.at, instant.usual);
                for (presence, track, is_witness) in &beat.presences {
                    self.roll.presences[*presence].see(k, instant.at, instant.usual);
                    if *is_witness {
                        self.tallies[*track].see(instant.at, instant.usual);
                        self.tallies[*track].regular = true;
                    }
                }
                beat.done += 1;
            }
        }
        run.next += 1;
        self.run = Some(run);
        self.write_slice(k, start);
    }

    /// Counts the slices from `k` on; nothing of it shows yet.
    fn counted_ahead(&self, k: i64) -> Option<Run> {
        let most = (MOST_CELLS / self.tracks.len().max(1) as i64).clamp(LEAST * 4, MOST);
        let mut run = Run {
            first: k,
            next: k,
            end: k + most,
            width: 0,
            beats: Vec::new(),
            members: Vec::new(),
            bad: Vec::new(),
            total: Vec::new(),
            rises: Vec::new(),
        };
        run.gather(&self.roll, k, self.spec.has_total(), |at| self.index(at))?;
        for place in 0..run.beats.len() {
            let lead = run.members.iter().find(|member| member.beat == place)?;
            let series = &self.roll.series[lead.id];
            let last = self.roll.counters[series.counter].counter.last()?.at;
            run.follow(place, series, last, self.spec.step);
        }
        run.width = usize::try_from(run.end - k).ok().filter(|n| *n >= LEAST as usize)?;
        run.bad.resize(run.width * self.tracks.len(), 0.0);
        run.total.resize(run.width * self.tracks.len(), 0.0);
        for place in 0..run.members.len() {
            let series = &self.roll.series[run.members[place].id];
            let before = self.roll.counters[series.counter].counter.last()?.value;
            run.add(place, series, before, |at| self.index(at));
        }
        (run.end - k >= LEAST).then_some(run)
    }
}

impl Run {
    /// Finds the series that take part. Others must not have a sample before the end, nor vanish from a target that goes on.
    fn gather(&mut self, roll: &Roll, k: i64, has_total: bool, index: impl Fn(Ms) -> i64) -> Option<()> {
        let mut place = vec![usize::MAX; roll.targets.len()];
        let mut others: Vec<&Series> = Vec::new();
        for (id, series) in roll.series.iter().enumerate() {
            let counter = &roll.counters[series.counter].counter;
            let first = series.waiting.front().map(|sample| index(sample.at));
            if first.is_some_and(|first| first < k) {
                return None;
            }
            let newest = roll.targets[series.target].newest();
            let in_step = counter.usual() > Span::ZERO && newest.is_some() && counter.last_at() == newest;
            if !(in_step && first.is_some()) {
                self.end = self.end.min(first.unwrap_or(i64::MAX));
                others.push(series);
                continue;
            }
            if place[series.target] == usize::MAX {
                place[series.target] = self.beats.len();
                let (spacing, presences, instants) = (counter.spacing(), Vec::new(), Vec::new());
                self.beats.push(Beat { target: series.target, spacing, presences, instants, done: 0 });
            }
            let at = place[series.target];
            if !self.beats[at].joins(series, counter.spacing(), has_total) {
                return None;
            }
            let bucket = series.bound.map(|bound| (bound.seconds(), 0));
            self.members.push(Member { id, beat: at, bucket });
        }
        let may_vanish = |series: &&Series| {
            let known = roll.counters[series.counter].counter.last_at().is_some();
            matches!(series.adds, Adds::Events { .. }) && !series.vanished && known && series.factors().0 > 0.0
        };
        let vanishes = others.iter().filter(|series| place[series.target] != usize::MAX).any(may_vanish);
        (!vanishes && !self.members.is_empty()).then_some(())
    }

    /// The instants of a target, as its first series has them, up to a gap.
    fn follow(&mut self, place: usize, lead: &Series, last: Ms, step: Span) {
        let (beat, first) = (&mut self.beats[place], self.first);
        let (mut spacing, mut before, mut k) = (beat.spacing, last, first);
        let mut usual = usual_of(spacing);
        for sample in &lead.waiting {
            if sample.at.0 > k * step.0 {
                k = sample.at.0.saturating_sub(1).div_euclid(step.0) + 1;
            }
            if k >= self.end {
                return;
            }
            let gap = sample.at.since(before);
            if gap > patience(usual, step) || gap > FORGOTTEN {
                self.end = k;
                return;
            }
            if spacing != [gap.0; 3] {
                spacing = [spacing[1], spacing[2], gap.0];
                usual = usual_of(spacing);
            }
            beat.instants.push(Instant { slice: (k - first) as usize, at: sample.at, usual });
            before = sample.at;
        }
        self.end = self.end.min(k + 1);
    }

    /// Adds a series to the sums; the run ends before the slice in which it does something else than rise at the instants of
    /// its target.
    fn add(&mut self, place: usize, series: &Series, mut before: f64, index: impl Fn(Ms) -> i64) {
        let (first, row, (bad, total)) = (self.first, series.track * self.width, series.factors());
        let mut samples = series.waiting.iter();
        let member = &mut self.members[place];
        if let Some((_, from)) = &mut member.bucket {
            *from = self.rises.len();
        }
        for instant in &self.beats[member.beat].instants {
            let k = first + instant.slice as i64;
            if k >= self.end {
                break;
            }
            let Some(sample) = samples.next() else {
                self.end = k;
                break;
            };
            let by = sample.value - before;
            let plain = sample.at == instant.at && sample.value.is_finite() && by >= 0.0;
            if !plain {
                self.end = k.min(index(sample.at));
                break;
            }
            self.bad[row + instant.slice] += bad * by;
            self.total[row + instant.slice] += total * by;
            if member.bucket.is_some() {
                self.rises.push(by);
            }
            before = sample.value;
        }
        if let Some(next) = samples.next() {
            self.end = self.end.min(index(next.at));
        }
    }
}

impl Beat {
    /// Takes a series in that had its last samples at the same instants.
    fn joins(&mut self, series: &Series, spacing: [i64; 3], has_total: bool) -> bool {
        let is_witness = series.is_witness(has_total);
        match self.presences.iter_mut().find(|(presence, ..)| *presence == series.presence) {
            Some((.., witness)) => *witness |= is_witness,
            None => self.presences.push((series.presence, series.track, is_witness)),
        }
        spacing == self.spacing
    }
}

#[cfg(test)]
mod tests;
