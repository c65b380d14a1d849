//! The meter of one SLI: says what to read, takes the answers and turns them into sealed slices.
//!
//! Counting happens at sealing, slice after slice and over all series together. So the order in which answers come, and how
//! a stretch of time is cut into reads, make no difference: a fresh fill and a live run give the same numbers.
//! Deliberately absent: reading (see `collector`) and judging (see `judge`).

mod image;
mod run;
mod sums;

pub use sums::{Seam, loss};

use super::counter::{Step, patience};
use super::exclude::Excluded;
use super::reads::{Adds, Detail, Read, Role, reads_of};
use super::series::{Roll, moved};
use super::track::{Tally, Track};
use super::{Ask, Batch, Births, MeterSpec, Sample};
use crate::domain::base::{Labels, Ms, Span};
use run::{Pause, Run};
use std::collections::{BTreeMap, HashMap, HashSet};

/// At most so many groups become tracks unless a spec says otherwise; the rest is counted and named as left out.
pub const MAX_TRACKS: usize = 200;
const MAX_LEFT_OUT: usize = 10_000;
/// How far reads reach back so that births are told from first sights (SEMANTICS 2).
const BIRTH_LEAD: Span = Span::from_mins(5);
/// How far live reads reach back for samples that came late.
const LATE_LEAD: Span = Span::from_mins(1);
/// A target that was silent for longer is gone, not missing.
const GONE: Span = Span::from_mins(15);
/// Series are forgotten after so long; the counter treats them as new after a day.
const SERIES_KEPT: Span = Span::from_hours(25);
const HOUSEKEEPING: Span = Span::from_hours(6);
/// Samples from longer ago are counted, but slices are not walked through for them.
const LATEST: Span = Span::from_days(1);
/// Samples that a series has room for between two reads; a fill's room is given back.
const WAITING: usize = 8;
const SURE_BIRTH: f64 = 10.0;

/// Measures one SLI.
#[derive(Clone, Debug)]
pub struct Meter {
    spec: MeterSpec,
    reads: Vec<Read>,
    roll: Roll,
    tracks: Vec<Track>,
    left_out: HashSet<Labels>,
    excluded: Excluded,
    /// The last slice before history begins.
    start: Option<i64>,
    sealed: Option<i64>,
    seams: Vec<Seam>,
    /// Workspace of the slice that is being counted.
    tallies: Vec<Tally>,
    amendments: BTreeMap<(usize, i64), Tally>,
    births: Vec<Birth>,
    /// Of each read, the first series of its last answer.
    lately: Vec<usize>,
    /// Slices that are counted already, and when the next may be.
    run: Option<Box<Run>>,
    pause: Pause,
}

/// A first value that waits for the rest of its slice.
#[derive(Clone, Copy, Debug)]
struct Birth {
    series: usize,
    sample: Sample,
}

impl Meter {
    /// A meter that has learnt nothing yet.
    pub fn new(mut spec: MeterSpec) -> Self {
        spec.step = spec.step.max(Span(1));
        let (reads, excluded) = (reads_of(&spec), Excluded::new(&spec.exclude));
        let tracks = if spec.group_by.is_empty() { vec![Track::new(Labels::default(), &spec)] } else { Vec::new() };
        Self {
            spec,
            reads,
            roll: Roll::default(),
            tracks,
            left_out: HashSet::new(),
            excluded,
            start: None,
            sealed: None,
            seams: Vec::new(),
            tallies: Vec::new(),
            amendments: BTreeMap::new(),
            births: Vec::new(),
            lately: Vec::new(),
            run: None,
            pause: Pause::default(),
        }
    }

    /// What it measures.
    pub const fn spec(&self) -> &MeterSpec {
        &self.spec
    }

    /// The reads that tell all about the slices in `(from, to]`. Raw reads reach further back, which is harmless: samples
    /// that were taken before are ignored. The first call decides where history begins.
    pub fn asks(&mut self, from: Ms, to: Ms, detail: Detail) -> Vec<(Role, Ask)> {
        let step = self.spec.step;
        let (from, to) = (from.floor_to(step), to.floor_to(step));
        self.begin(from);
        let lead = self.lead(from);
        let roles = self.reads.iter().enumerate().filter(|(_, read)| read.is_for(detail));
        roles.map(|(i, read)| (Role(i as u16), read.ask(from, to, lead, step))).collect()
    }

    /// History begins after `at`; only the first call counts. [`Meter::asks`] does it, too.
    pub fn begin(&mut self, at: Ms) {
        let k = at.0.div_euclid(self.spec.step.0);
        self.start.get_or_insert(k);
    }

    /// Five minutes where births must be told from first sights, less while everything is known and came in time.
    fn lead(&self, from: Ms) -> Span {
        let follows = self.sealed().is_some_and(|sealed| from <= sealed);
        let silence = |newest: Option<Ms>| newest.map_or(Span::ZERO, |at| from.since(at));
        let late = |silence: Span| silence > LATE_LEAD * 2 && silence <= GONE;
        let mends = self.seams.last().is_some_and(|seam| seam.at >= from);
        let all_well = follows && !mends && !self.roll.presences.iter().any(|p| late(silence(p.newest)));
        if all_well { LATE_LEAD } else { BIRTH_LEAD }
    }

    /// Takes an answer. Roles and stretches of time may come in any order as long as each series' samples rise in time;
    /// samples that are not newer than the series' newest are ignored.
    pub fn take(&mut self, role: Role, batch: &Batch) {
        let Some(read) = self.reads.get(usize::from(role.0)) else { return };
        let (class, adds) = (read.class, read.adds);
        self.end_run();
        self.lately.resize(self.reads.len(), 0);
        let (mut first, mut next) = (None, self.lately[usize::from(role.0)]);
        for (labels, samples) in batch.iter().filter(|(_, samples)| !samples.is_empty()) {
            let Some(id) = self.series(class, adds, labels, next) else { continue };
            next = id + 1;
            self.lately[usize::from(role.0)] = *first.get_or_insert(id);
            self.roll.series[id].accept(samples);
        }
    }

    fn series(&mut self, class: u16, adds: Adds, labels: &Labels, guess: usize) -> Option<usize> {
        if let Some(id) = self.roll.find(class, labels, guess) {
            return Some(id);
        }
        let track = self.track_for(labels)?;
        let id = self.roll.enter(&self.spec, class, labels, adds, track);
        self.tracks[track].errors_seen |= self.roll.series[id].counts_errors();
        Some(id)
    }

    /// The track of a series; `None` when there are too many.
    fn track_for(&mut self, labels: &Labels) -> Option<usize> {
        if self.spec.group_by.is_empty() {
            return Some(0);
        }
        let group = labels.only(&self.spec.group_by);
        match self.tracks.binary_search_by(|track| track.group.cmp(&group)) {
            Ok(at) => Some(at),
            Err(at) if self.tracks.len() < self.spec.max_tracks => {
                self.tracks.insert(at, Track::new(group, &self.spec));
                self.roll.track_inserted(at);
                Some(at)
            }
            Err(_) => {
                if self.left_out.len() < MAX_LEFT_OUT {
                    self.left_out.insert(group);
                }
                None
            }
        }
    }

    /// Says that everything up to `through` has been answered: slices up to there get their state. A failed read is simply
    /// not sealed; a later one fills the gap.
    pub fn seal(&mut self, through: Ms) {
        let (last, before) = (through.0.div_euclid(self.spec.step.0), self.sealed);
        if !self.goes_on(last) {
            self.count_through(last);
        }
        self.sealed = self.sealed.max(Some(last));
        self.keep_house(before);
    }

    fn count_through(&mut self, last: i64) {
        let live: Vec<usize> = (0..self.roll.series.len()).filter(|id| !self.roll.series[*id].waiting.is_empty()).collect();
        let waiting = live.iter().filter_map(|id| self.roll.series[*id].waiting.front()).map(|s| self.index(s.at)).min();
        let start = *self.start.get_or_insert(waiting.unwrap_or(last) - 1);
        let next = self.sealed.unwrap_or(start) + 1;
        let first = waiting.map_or(next, |first| first.clamp(next - LATEST.0 / self.spec.step.0, next));
        self.roll.weigh();
        let interpolated = self.roll.families.iter().any(|family| family.between.is_some());
        self.tracks.iter_mut().for_each(|track| track.interpolated = interpolated);
        let lacking = self.roll.families.iter().any(|family| family.has_last && !family.has_threshold);
        let mut k = first;
        while k <= last {
            if self.begins_run(k, start, lacking) {
                k = self.write_run(last, start);
                continue;
            }
            if let Some(resumes) = self.quiet_until(k, last, start, &live) {
                self.tracks.iter_mut().for_each(|track| track.stay_silent(k, resumes - 1));
                k = resumes;
                continue;
            }
            self.count_slice(k, &live);
            if lacking {
                self.check_families(k, &live);
            }
            self.write_slice(k, start);
            k += 1;
        }
        for id in live {
            let waiting = &mut self.roll.series[id].waiting;
            // As long as many wait (a backtest reads ahead) giving room back would move all of them at every step.
            if waiting.len() <= WAITING {
                waiting.shrink_to(WAITING);
            }
        }
    }

    /// The first slice from `k` on, after `last` at most, in which something may happen, when nothing can in `k`: all targets
    /// are long gone or were never there, no sample waits for it, and no exclusion speaks of it. Months before a service was
    /// born cost no walk, slice by slice.
    fn quiet_until(&self, k: i64, last: i64, start: i64, live: &[usize]) -> Option<i64> {
        if k <= start || self.sealed.is_some_and(|sealed| k <= sealed) || !self.spec.exclude.is_empty() {
            return None;
        }
        let before = self.time(k) - self.spec.step;
        let gone = |newest: Ms, usual: Span| before.since(newest) > GONE.max(patience(usual, self.spec.step));
        let all_gone = self.roll.presences.iter().all(|p| p.newest.is_none_or(|newest| gone(newest, p.usual)))
            && self.tracks.iter().all(|track| track.is_silent(before));
        let next = || live.iter().filter_map(|id| self.roll.series[*id].waiting.front()).map(|s| self.index(s.at)).min();
        let resumes = if all_gone { next().unwrap_or(i64::MAX).min(last + 1) } else { k };
        (resumes > k).then_some(resumes)
    }

    /// Everything up to here is known.
    pub fn sealed(&self) -> Option<Ms> {
        self.sealed.map(|k| self.time(k))
    }

    /// Time of the newest sample that was counted.
    pub fn data_through(&self) -> Option<Ms> {
        self.tracks.iter().filter_map(Track::newest).max()
    }

    /// The tracks, sorted by group. Without `group_by` there is always exactly one.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// Groups that were left out because there are more than the spec's `max_tracks` (counted up to 10,000).
    pub fn groups_left_out(&self) -> usize {
        self.left_out.len()
    }

    /// What is odd about the data as such, in words: nothing matches, no bucket has the threshold's value, too many groups.
    /// Empty before anything was answered.
    pub fn doubts(&self) -> Vec<String> {
        if self.sealed.is_none() {
            return Vec::new();
        }
        let left_out = Some(self.left_out.len()).filter(|n| *n > 0);
        let left_out = left_out
            .map(|n| (n, if n == 1 { "group is" } else { "groups are" }))
            .map(|(n, many)| format!("{n} more {many} left out: at most {} are measured (`max_groups`)", self.spec.max_tracks));
        self.unmatched().chain(self.bucket_lacks()).chain(self.interpolated()).chain(self.summed()).chain(left_out).collect()
    }

    /// Counts that are no counts are marked as such.
    fn interpolated(&self) -> Option<String> {
        let (under, _) = self.reads.first()?.adds.threshold()?;
        let (below, above) = self.roll.families.iter().find_map(|family| family.between)?;
        let between = if below > 0.0 {
            format!("between the buckets le=\"{below}\" and le=\"{above}\"")
        } else {
            format!("below the bucket le=\"{above}\"")
        };
        Some(format!("what is under {under} s is interpolated {between}: an estimate, no count"))
    }

    /// Reads that brought no series. Errors without a series beside known traffic are no doubt of this kind: they may be zero.
    fn unmatched(&self) -> impl Iterator<Item = String> {
        let known = |read: &Read| self.roll.series.iter().any(|s| s.name.0 == read.class);
        let has_traffic = self.reads.iter().any(|read| read.adds.is_total() && known(read));
        let full = self.reads.iter().filter(|read| read.is_for(Detail::Full));
        let lacking = full.filter(move |read| !known(read) && (read.adds.is_total() || !has_traffic));
        lacking.map(|read| {
            format!("no series matched `{}` in the last day: is it spelled right, and does the source scrape it?", read.text())
        })
    }

    fn bucket_lacks(&self) -> Option<String> {
        let (under, interpolate) = self.reads.first()?.adds.threshold()?;
        self.roll.families.iter().find(|family| family.has_last && !family.has_threshold)?;
        let at = super::buckets::Bound::Finite(under).seconds();
        let bounds = || self.tracks.iter().flat_map(|track| track.bounds().iter().copied());
        let below = bounds().filter(|b| *b < at).max_by(f64::total_cmp);
        let above = bounds().filter(|b| *b > at).min_by(f64::total_cmp);
        let near = match (below, above) {
            (Some(below), Some(above)) => format!("; the nearest are le=\"{below}\" and le=\"{above}\""),
            (Some(one), None) | (None, Some(one)) => format!("; the nearest is le=\"{one}\""),
            (None, None) => String::new(),
        };
        let advice =
            if below.is_some() && above.is_some() && !interpolate { "; `interpolate: true` would estimate it" } else { "" };
        Some(format!("a histogram has no bucket le=\"{under}\", so what is under the threshold cannot be counted{near}{advice}"))
    }

    /// Series that are counted now.
    pub fn series_count(&self) -> usize {
        self.roll.series.len()
    }

    /// Bytes of memory, about; labels of series not counted.
    pub fn bytes(&self) -> usize {
        self.tracks.iter().map(Track::bytes).sum::<usize>() + self.roll.series.capacity() * 250
    }

    const fn index(&self, at: Ms) -> i64 {
        (at.0.saturating_sub(1)).div_euclid(self.spec.step.0) + 1
    }

    const fn time(&self, k: i64) -> Ms {
        Ms(k * self.spec.step.0)
    }

    // ---- counting one slice ----

    fn count_slice(&mut self, k: i64, live: &[usize]) {
        self.tallies.clear();
        self.tallies.resize(self.tracks.len(), Tally::default());
        let mut standby = false;
        for &id in live {
            if self.is_active(id) { self.count(id, k) } else { standby = true }
        }
        if standby {
            self.relieve(k, live);
        }
        self.settle_births(k);
        self.note_vanished(k);
        self.settle_asked();
    }

    fn is_active(&self, id: usize) -> bool {
        self.roll.counters[self.roll.series[id].counter].active == Some(id)
    }

    /// Standby replicas: what the active one has told is dropped; when that one fell silent, the one that knows most takes
    /// over from there.
    fn relieve(&mut self, k: i64, live: &[usize]) {
        let end = self.time(k);
        let mut standby: Vec<usize> = live.iter().filter(|id| !self.is_active(**id)).copied().collect();
        for &id in &standby {
            let series = &mut self.roll.series[id];
            let told = self.roll.counters[series.counter].counter.last_at();
            while series.waiting.front().is_some_and(|s| told.is_some_and(|told| s.at <= told)) {
                series.waiting.pop_front();
            }
        }
        standby.retain(|id| self.roll.series[*id].waiting.front().is_some_and(|s| s.at <= end));
        standby.sort_by_key(|id| (self.roll.series[*id].waiting.front().map(|s| s.at), self.roll.series[*id].name.clone()));
        for id in standby {
            let counted = &mut self.roll.counters[self.roll.series[id].counter];
            let told = counted.counter.last_at();
            if told.is_none_or(|told| end.since(told) > counted.counter.patience(self.spec.step)) {
                counted.active = Some(id);
                self.count(id, k);
            }
        }
    }

    /// Counts the samples of a series up to the end of slice `k`.
    fn count(&mut self, id: usize, k: i64) {
        let end = self.time(k);
        while let Some(sample) = self.roll.series[id].waiting.pop_front_if(|s| s.at <= end) {
            match self.roll.series[id].adds {
                Adds::Events { .. } | Adds::Buckets { .. } => self.count_sample(id, sample, k),
                Adds::Sums { share, .. } | Adds::BucketSums { share, .. } => self.add_sum(id, sample, share),
                adds => ask_sample(&mut self.tallies[self.roll.series[id].track], adds, sample, &self.spec),
            }
        }
    }

    fn count_sample(&mut self, id: usize, sample: Sample, k: i64) {
        let at = self.index(sample.at);
        let series = &self.roll.series[id];
        let (target, presence, witness) = (series.target, series.presence, series.is_witness(self.spec.has_total()));
        let counter = &mut self.roll.counters[series.counter].counter;
        // Not for replicas: one that takes over tells of several slices at once, which would make their order matter.
        if self.spec.dedupe.is_empty() && counter.usual() == Span::ZERO && counter.last_at().is_some() {
            let usual = self.roll.targets[target].usual_before(at);
            counter.expect(usual);
        }
        let step = counter.push(sample, self.spec.step);
        let usual = counter.usual();
        if step == Step::Ignored {
            return;
        }
        self.roll.targets[target].see(at, sample.at, usual);
        self.roll.presences[presence].see(at, sample.at, usual);
        if witness {
            self.tally(id, at, k).see(sample.at, usual);
        }
        match step {
            Step::Ignored => {}
            Step::Invalid => self.tally(id, at, k).error = true,
            Step::Birth => {
                if let Some(family) = self.roll.series[id].family {
                    self.roll.families[family].see(sample.at);
                }
                self.births.push(Birth { series: id, sample });
            }
            Step::Increase { by, bridged, hidden } => {
                // What was hidden when the series vanished is noted at that time.
                let known = std::mem::take(&mut self.roll.series[id].vanished);
                self.credit(id, at, k, by, bridged, if known { 0.0 } else { hidden });
            }
        }
    }

    /// A series of bad events that is missing where the rest of its target has a sample was lost with a restart: what
    /// happened after its last sample was seen by nobody. Such a series comes back with its next event, maybe hours later.
    fn note_vanished(&mut self, k: i64) {
        let step = self.spec.step;
        // A replica that falls silent is no restart.
        if !self.spec.dedupe.is_empty() {
            return;
        }
        for series in &mut self.roll.series {
            let (bad, _) = series.factors();
            let counted = &self.roll.counters[series.counter];
            let (Adds::Events { .. }, false) = (series.adds, series.vanished) else { continue };
            let newest = self.roll.targets[series.target].newest();
            let (Some(last), Some(newest)) = (counted.counter.last_at(), newest) else { continue };
            let usual = counted.counter.usual().max(step);
            let seen_now = newest.0.saturating_sub(1).div_euclid(step.0) + 1 == k;
            if bad > 0.0 && seen_now && newest.since(last).0 * 2 > usual.0 {
                series.vanished = true;
                self.tallies[series.track].note.hidden_bad += bad * counted.counter.busiest();
            }
        }
    }

    /// The tally of slice `at` while slice `k` is being counted.
    fn tally(&mut self, id: usize, at: i64, k: i64) -> &mut Tally {
        let track = self.roll.series[id].track;
        if at == k { &mut self.tallies[track] } else { self.amendments.entry((track, at)).or_default() }
    }

    fn credit(&mut self, id: usize, at: i64, k: i64, by: f64, bridged: bool, hidden: f64) {
        let series = &self.roll.series[id];
        let (bad, total) = series.factors();
        let witness = series.is_witness(self.spec.has_total());
        if let Some(bound) = series.bound {
            self.tracks[series.track].recent.add(at, bound.seconds(), by);
        }
        let tally = self.tally(id, at, k);
        tally.bad += bad * by;
        tally.total += total * by;
        tally.regular |= witness && !bridged;
        // Of good events that a restart hides none can be bad, so only what adds to bad widens it.
        tally.note.hidden_bad += bad.max(0.0) * hidden;
        if bridged {
            tally.note.bridged_bad += bad * by;
            tally.note.bridged_total += total * by;
        }
    }

    // ---- births ----

    /// First values count from 0 when their target was there before; of a new target when all of them are as small as its
    /// siblings let expect. All or none of a target's: half of them would make errors without events.
    fn settle_births(&mut self, k: i64) {
        if self.births.is_empty() {
            return;
        }
        let births = std::mem::take(&mut self.births);
        let mut medians: HashMap<u32, f64> = HashMap::new();
        let mut plausible: HashMap<usize, bool> = HashMap::new();
        if self.spec.births == Births::Auto {
            for birth in births.iter().filter(|birth| !self.is_known(birth)) {
                let series = &self.roll.series[birth.series];
                let median = *medians.entry(series.shape).or_insert_with(|| self.median_of_siblings(birth));
                let fits = birth.sample.value <= SURE_BIRTH.max(SURE_BIRTH * median);
                *plausible.entry(series.target).or_insert(true) &= fits;
            }
        }
        for birth in &births {
            let target = self.roll.series[birth.series].target;
            let counts = match self.spec.births {
                _ if self.was_unread(birth) => false,
                Births::FromZero => true,
                Births::Baseline => false,
                Births::Auto => self.is_known(birth) || plausible.get(&target).copied().unwrap_or(false),
            };
            let at = self.index(birth.sample.at);
            if counts {
                self.credit(birth.series, at, k, birth.sample.value, false, 0.0);
            } else {
                let witness = self.roll.series[birth.series].is_witness(self.spec.has_total());
                self.tally(birth.series, at, k).regular |= witness;
                let begun = self.start.is_some_and(|start| at > start);
                self.tracks[self.roll.series[birth.series].track].births_skipped += u64::from(begun);
            }
        }
        self.births = births;
        self.births.clear();
    }

    /// A bucket whose histogram was there before it: buckets come all at once, so this one was there and merely not read.
    fn was_unread(&self, birth: &Birth) -> bool {
        let series = &self.roll.series[birth.series];
        let since = series.family.and_then(|family| self.roll.families[family].since);
        series.factors() == (0.0, 0.0) && since.is_some_and(|since| since < birth.sample.at)
    }

    fn is_known(&self, birth: &Birth) -> bool {
        self.roll.targets[self.roll.series[birth.series].target].was_there(birth.sample.at, BIRTH_LEAD)
    }

    /// The median increase a step of the same series on other targets; 0 when there are none.
    fn median_of_siblings(&self, birth: &Birth) -> f64 {
        let own = &self.roll.series[birth.series];
        let alive = |at: Option<Ms>| at.is_some_and(|at| birth.sample.at.since(at) <= BIRTH_LEAD);
        let others =
            self.roll.series.iter().filter(|s| s.shape == own.shape && s.target != own.target && s.counter != own.counter);
        let counters = others.map(|s| &self.roll.counters[s.counter].counter).filter(|c| alive(c.last_at()));
        let mut rates: Vec<f64> = counters.filter_map(|c| c.per_step(self.spec.step)).collect();
        rates.sort_by(f64::total_cmp);
        match rates.len() {
            0 => 0.0,
            n if n % 2 == 1 => rates[n / 2],
            n => f64::midpoint(rates[n / 2 - 1], rates[n / 2]),
        }
    }

    // ---- what a slice adds up to ----

    /// A histogram without the threshold's bucket cannot be counted: its slices are data errors, not all bad.
    fn check_families(&mut self, k: i64, live: &[usize]) {
        for &id in live {
            let series = &self.roll.series[id];
            let lacks = series.family.is_some_and(|family| !self.roll.families[family].has_threshold);
            let newest = self.roll.counters[series.counter].counter.last_at();
            let summed = !series.adds.is_counter() && self.tallies[series.track].sampled;
            if lacks && (summed || newest.is_some_and(|at| self.index(at) == k)) {
                self.tallies[series.track].error = true;
            }
        }
    }

    fn settle_asked(&mut self) {
        if self.spec.plan.pushed_down().is_some() {
            self.tallies.iter_mut().for_each(sums::settle_sums);
            return;
        }
        let Some((side, level)) = self.spec.good.filter(|_| self.reads.iter().any(|r| r.adds == Adds::Value)) else {
            self.tallies.iter_mut().for_each(settle_ratio);
            return;
        };
        for tally in &mut self.tallies {
            if let Some(value) = tally.value {
                tally.error |= value.is_infinite();
                tally.total = 1.0;
                tally.bad = if side.is_good(value, level) { 0.0 } else { 1.0 };
                (tally.sampled, tally.regular) = (true, true);
            }
        }
    }

    fn write_slice(&mut self, k: i64, start: i64) {
        let end = self.time(k);
        let sealed = self.sealed.is_some_and(|sealed| k <= sealed);
        let excluded = k > start && !sealed && self.excluded.covers(end);
        let asked = !self.reads.iter().any(|read| read.adds.is_counter());
        if k > start && !sealed {
            self.look_around(end);
        }
        for (at, track) in self.tracks.iter_mut().enumerate() {
            let tally = self.tallies[at];
            if k <= start {
                track.lead_in(&tally);
            } else if !sealed {
                if let (Some(value), false, false) = (tally.value, tally.error, excluded) {
                    track.values.put(k, value);
                }
                track.commit(k, &tally, tally.here && tally.missing, excluded);
            } else if !asked {
                track.amend(k, &tally, true);
            }
        }
        for ((track, at), tally) in std::mem::take(&mut self.amendments) {
            if at > start {
                let late = self.sealed.is_some_and(|sealed| at <= sealed);
                self.tracks[track].amend(at, &tally, late);
            }
        }
    }

    /// Which targets are there at `end`, and which were within the last quarter of an hour and are missing.
    fn look_around(&mut self, end: Ms) {
        for presence in &self.roll.presences {
            let Some(newest) = presence.newest else { continue };
            let silence = end.since(newest);
            let tally = &mut self.tallies[presence.track];
            if silence <= patience(presence.usual, self.spec.step) {
                tally.here = true;
            } else if silence <= GONE {
                tally.missing = true;
            }
        }
    }

    // ---- housekeeping ----

    /// Every six hours: forgets series that are gone, and tracks that have been silent for the whole period.
    fn keep_house(&mut self, before: Option<i64>) {
        let (Some(sealed), Some(before)) = (self.sealed, before) else { return };
        let day = |k: i64| self.time(k).floor_to(HOUSEKEEPING);
        if day(sealed) == day(before) {
            return;
        }
        self.end_run();
        let now = self.time(sealed);
        self.roll.forget(now - SERIES_KEPT);
        if !self.spec.group_by.is_empty() {
            let oldest = now - self.spec.period - SERIES_KEPT;
            let stays: Vec<bool> = self.tracks.iter().map(|t| t.newest().is_none_or(|at| at > oldest)).collect();
            let mut stay = stays.iter();
            self.tracks.retain(|_| stay.next().copied().unwrap_or(true));
            self.roll.tracks_moved(&moved(&stays));
        }
    }
}

fn ask_sample(tally: &mut Tally, adds: Adds, sample: Sample, spec: &MeterSpec) {
    let value = sample.value;
    tally.newest = Some((sample.at, spec.step));
    if value.is_nan() {
        tally.unknown_errors |= matches!(adds, Adds::Errors { .. });
        return;
    }
    let add = |sum: Option<f64>, value: f64| Some(sum.unwrap_or(0.0) + value);
    match adds {
        Adds::Errors { times } => tally.errors_asked = add(tally.errors_asked, value * times),
        Adds::Total { times } => tally.total_asked = add(tally.total_asked, value * times),
        Adds::Value => {
            let side = spec.good.map(|(side, _)| side);
            let worse = |known: f64| side.map_or(value, |side| side.worse(known, value));
            tally.value = Some(tally.value.map_or(value, worse));
        }
        Adds::Events { .. } | Adds::Buckets { .. } | Adds::Sums { .. } | Adds::BucketSums { .. } => {}
    }
}

/// An asked ratio: events without a total make no sense, errors that are absent beside a total are none.
fn settle_ratio(tally: &mut Tally) {
    let (errors, total) = (tally.errors_asked, tally.total_asked);
    if errors.is_none() && total.is_none() {
        return;
    }
    let (bad, all) = (errors.unwrap_or(0.0), total.unwrap_or(0.0));
    (tally.bad, tally.total) = (bad, all);
    (tally.sampled, tally.regular) = (total.is_some(), total.is_some());
    let unknown = errors.is_none() && tally.unknown_errors && all > 0.0;
    tally.error |= unknown || !bad.is_finite() || !all.is_finite() || bad < 0.0 || all < 0.0;
}

#[cfg(test)]
mod tests;
