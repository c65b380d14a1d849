//! The series a meter has met: their samples that wait to be counted, and the targets, families and shapes they belong to.
//!
//! Everything is an index into a list, so that counting a slice touches no label.

use super::buckets::Bound;
use super::counter::Counter;
use super::reads::Adds;
use super::{MeterSpec, Sample};
use crate::domain::base::{Labels, Ms, Span, Text};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::collections::{HashMap, HashSet, VecDeque};

mod image;

/// One series of a source.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub adds: Adds,
    pub bound: Option<Bound>,
    pub track: usize,
    pub presence: usize,
    /// Replicas of one series share a counter.
    pub counter: usize,
    /// Its class and labels: an order that does not depend on who came first.
    pub name: (u16, Labels),
    pub target: usize,
    /// Series of the same class and shape differ in nothing but their target.
    pub shape: u32,
    /// For buckets: the histogram it belongs to.
    pub family: Option<usize>,
    /// For buckets: the share of its events that is under the threshold as it is reckoned here: 1 for the threshold's own
    /// bucket; for its neighbours, where it has none, their shares of the way between them.
    pub share: f64,
    /// Samples that were taken and not counted yet, rising in time.
    pub waiting: VecDeque<Sample>,
    accepted: Option<Ms>,
    /// It is gone while its target lives: a restart took it, and what it may have hidden is noted.
    pub vanished: bool,
}

impl Series {
    /// Takes samples, unless ones as new were taken before.
    pub(super) fn accept(&mut self, samples: &[Sample]) {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return };
        if self.accepted.is_none_or(|at| first.at > at) && samples.is_sorted_by(|a, b| a.at < b.at) {
            self.accepted = Some(last.at);
            self.waiting.extend(samples);
            return;
        }
        for sample in samples {
            if self.accepted.is_none_or(|at| sample.at > at) {
                self.accepted = Some(sample.at);
                self.waiting.push_back(*sample);
            }
        }
    }

    /// What its increases count for: (bad, total).
    pub(super) fn factors(&self) -> (f64, f64) {
        self.adds.factors(self.bound, self.share)
    }

    /// Its samples tell of traffic: without them a slice has no data.
    pub(super) fn is_witness(&self, has_total: bool) -> bool {
        match self.adds {
            Adds::Events { bad, total } | Adds::Sums { bad, total, .. } => {
                if has_total {
                    total != 0
                } else {
                    bad != 0
                }
            }
            Adds::Buckets { .. } | Adds::BucketSums { .. } => self.bound == Some(Bound::Infinite),
            _ => true,
        }
    }

    /// It was made to count errors (and nothing else).
    pub(super) fn counts_errors(&self) -> bool {
        match self.adds {
            Adds::Events { bad, .. } | Adds::Sums { bad, .. } => bad > 0,
            Adds::Total { .. } => false,
            _ => true,
        }
    }
}

impl Series {
    /// The threshold and the own bound of a finite bucket whose threshold is interpolated.
    fn interpolated(&self) -> Option<(Decimal, Decimal)> {
        match (self.adds.threshold(), self.bound) {
            (Some((under, true)), Some(Bound::Finite(le))) => Some((under, le)),
            _ => None,
        }
    }
}

/// The bucket of the threshold itself.
fn is_threshold(adds: Adds, bound: Bound) -> bool {
    matches!((adds.threshold(), bound), (Some((under, _)), Bound::Finite(le)) if le == under)
}

/// A counter and the replica it listens to.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    pub counter: Counter,
    /// Nobody until the first sample of any of them is counted.
    pub active: Option<usize>,
}

/// A target: what exposes series and restarts with them.
#[derive(Clone, Debug, Default)]
pub(super) struct Target {
    /// The slice of the newest sample.
    slice: i64,
    first_in_slice: Option<Ms>,
    before_slice: Option<Ms>,
    newest: Option<Ms>,
    /// The usual distance of its samples, as the slices before this one told.
    usual: Span,
    /// ... and as this slice tells: the longest of its series', so that their order makes no difference.
    usual_now: Span,
}

impl Target {
    pub(super) fn see(&mut self, k: i64, at: Ms, usual: Span) {
        if k > self.slice || self.newest.is_none() {
            (self.usual, self.usual_now) = (self.usual_before(k), Span::ZERO);
            (self.slice, self.before_slice, self.first_in_slice) = (k, self.newest, Some(at));
        }
        self.first_in_slice = Some(self.first_in_slice.map_or(at, |first| first.min(at)));
        self.newest = Some(self.newest.map_or(at, |newest| newest.max(at)));
        self.usual_now = self.usual_now.max(usual);
    }

    /// The usual distance of its samples, as slices before `k` told.
    pub(crate) fn usual_before(&self, k: i64) -> Span {
        if k > self.slice && self.usual_now > Span::ZERO { self.usual_now } else { self.usual }
    }

    /// Time of its newest sample.
    pub(super) const fn newest(&self) -> Option<Ms> {
        self.newest
    }

    /// It had a sample in the `within` before `at`.
    pub(super) fn was_there(&self, at: Ms, within: Span) -> bool {
        let near = |seen: Option<Ms>| seen.is_some_and(|seen| seen < at && at.since(seen) <= within);
        near(self.before_slice) || near(self.first_in_slice)
    }
}

/// A target as one track sees it.
#[derive(Clone, Debug)]
pub(super) struct Presence {
    pub track: usize,
    pub newest: Option<Ms>,
    pub usual: Span,
    slice: i64,
}

impl Presence {
    pub(crate) fn see(&mut self, k: i64, at: Ms, usual: Span) {
        if usual > Span::ZERO {
            self.usual = if k > self.slice { usual } else { self.usual.max(usual) };
            self.slice = self.slice.max(k);
        }
        self.newest = Some(self.newest.map_or(at, |newest| newest.max(at)));
    }
}

/// A histogram: labels without `le`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Family {
    pub has_threshold: bool,
    pub has_last: bool,
    /// The bounds between which the threshold is interpolated, in seconds; the lower one is 0 below the first bucket.
    pub between: Option<(f64, f64)>,
    /// The first sample of any of its buckets.
    pub since: Option<Ms>,
}

impl Family {
    pub(crate) fn see(&mut self, at: Ms) {
        self.since = Some(self.since.map_or(at, |since| since.min(at)));
    }
}

/// All of them, and how to find them by labels.
#[derive(Clone, Debug, Default)]
pub(super) struct Roll {
    pub series: Vec<Series>,
    pub counters: Vec<Counted>,
    pub targets: Vec<Target>,
    pub presences: Vec<Presence>,
    pub families: Vec<Family>,
    by_labels: HashMap<(u16, Labels), usize>,
    counter_of: HashMap<(u16, Labels), usize>,
    target_of: HashMap<Labels, usize>,
    presence_of: HashMap<(usize, usize), usize>,
    family_of: HashMap<Labels, usize>,
    shape_of: HashMap<(u16, Labels), u32>,
    shapes: u32,
    /// Histograms whose shares have to be worked out anew.
    unweighed: bool,
}

impl Roll {
    /// The series of these labels; `guess` is looked at first, as answers mostly bring the same series in the same order.
    pub(super) fn find(&mut self, class: u16, labels: &Labels, guess: usize) -> Option<usize> {
        if let Some(series) = self.series.get_mut(guess)
            && series.name.0 == class
            && series.name.1 == *labels
        {
            // From now on it is known without a look at its labels.
            if !series.name.1.is_same(labels) {
                series.name.1 = labels.clone();
            }
            return Some(guess);
        }
        // The key is built to look it up: labels are shared, so this copies a pointer.
        self.by_labels.get(&(class, labels.clone())).copied()
    }

    /// Enters a series that was not met before.
    pub(super) fn enter(&mut self, spec: &MeterSpec, class: u16, labels: &Labels, adds: Adds, track: usize) -> usize {
        let id = self.series.len();
        let bound = adds.threshold().and_then(|_| Bound::parse(labels.get("le")));
        let names = target_names(spec);
        let target = found(&mut self.target_of, labels.only(&names), &mut self.targets, Target::default);
        let unseen = || Presence { track, newest: None, usual: Span::ZERO, slice: i64::MIN };
        let presence = found(&mut self.presence_of, (track, target), &mut self.presences, unseen);
        let family = bound.map(|_| {
            let key = labels.without(&["le".into(), "__name__".into()]);
            found(&mut self.family_of, key, &mut self.families, Family::default)
        });
        if let (Some(bound), Some(family)) = (bound, family) {
            let family = &mut self.families[family];
            family.has_last |= bound == Bound::Infinite;
            family.has_threshold |= is_threshold(adds, bound);
        }
        let share = f64::from(bound.is_some_and(|bound| is_threshold(adds, bound)));
        self.unweighed |= adds.threshold().is_some_and(|(_, interpolate)| interpolate);
        let key = if spec.dedupe.is_empty() { labels.clone() } else { labels.without(&spec.dedupe) };
        let counter = found(&mut self.counter_of, (class, key), &mut self.counters, || Counted {
            active: spec.dedupe.is_empty().then_some(id),
            ..Counted::default()
        });
        let shape = *self.shape_of.entry((class, labels.without(&names))).or_insert_with(|| {
            self.shapes += 1;
            self.shapes
        });
        let waiting = VecDeque::new();
        let name = (class, labels.clone());
        let series = Series {
            adds,
            bound,
            track,
            presence,
            counter,
            name,
            target,
            shape,
            family,
            share,
            waiting,
            accepted: None,
            vanished: false,
        };
        self.series.push(series);
        self.by_labels.insert((class, labels.clone()), id);
        id
    }

    /// Works out the shares of buckets where thresholds are interpolated and new ones were met: of the neighbours of the
    /// threshold each its share of the way. Below the first bucket the way begins at 0.
    pub(super) fn weigh(&mut self) {
        if !std::mem::take(&mut self.unweighed) {
            return;
        }
        let mut beside: Vec<(Option<Decimal>, Option<Decimal>)> = vec![(None, None); self.families.len()];
        for series in &self.series {
            let (Some((under, le)), Some(family)) = (series.interpolated(), series.family) else { continue };
            let (below, above) = &mut beside[family];
            if le < under {
                *below = Some(below.map_or(le, |b| b.max(le)));
            } else {
                *above = Some(above.map_or(le, |a| a.min(le)));
            }
        }
        for series in &mut self.series {
            let (Some((under, le)), Some(id)) = (series.interpolated(), series.family) else { continue };
            let (below, above) = beside[id];
            let family = &mut self.families[id];
            let (Some(above), true) = (above, under > Decimal::ZERO) else { continue };
            let start = below.unwrap_or(Decimal::ZERO);
            let way = ((under - start) / (above - start)).to_f64().unwrap_or(0.0);
            family.has_threshold = true;
            family.between = (above != under).then(|| (start.to_f64().unwrap_or(0.0), above.to_f64().unwrap_or(f64::INFINITY)));
            series.share = match le {
                le if le == above => way,
                le if Some(le) == below => 1.0 - way,
                _ => 0.0,
            };
        }
    }

    /// Makes room for a new track at `at`: the tracks from there on moved up by one.
    pub(super) fn track_inserted(&mut self, at: usize) {
        self.series.iter_mut().for_each(|s| s.track += usize::from(s.track >= at));
        self.presences.iter_mut().for_each(|p| p.track += usize::from(p.track >= at));
        self.presence_of = self.presence_of.drain().map(|((track, t), p)| ((track + usize::from(track >= at), t), p)).collect();
    }

    /// Gives tracks their new places; nothing may belong to one that is gone.
    pub(super) fn tracks_moved(&mut self, places: &[Option<usize>]) {
        let place = |track: usize| places[track].unwrap_or(0);
        self.series.iter_mut().for_each(|s| s.track = place(s.track));
        self.presences.iter_mut().for_each(|p| p.track = place(p.track));
        self.presence_of = self.presence_of.drain().map(|((track, t), p)| ((place(track), t), p)).collect();
    }

    /// Forgets series whose last sample lies before `before`, and what only they belonged to.
    pub(super) fn forget(&mut self, before: Ms) {
        let old = |s: &Series| s.waiting.is_empty() && s.accepted.is_none_or(|at| at < before);
        let stays: Vec<bool> = self.series.iter().map(|s| !old(s)).collect();
        let used = |len: usize, of: fn(&Series) -> Option<usize>| {
            let mut used = vec![false; len];
            self.series.iter().zip(&stays).filter(|(_, stays)| **stays).filter_map(|(s, _)| of(s)).for_each(|i| used[i] = true);
            used
        };
        let counters = moved(&used(self.counters.len(), |s| Some(s.counter)));
        let targets = moved(&used(self.targets.len(), |s| Some(s.target)));
        let presences = moved(&used(self.presences.len(), |s| Some(s.presence)));
        let families = moved(&used(self.families.len(), |s| s.family));
        let series = moved(&stays);
        keep(&mut self.series, &series);
        keep(&mut self.counters, &counters);
        keep(&mut self.targets, &targets);
        keep(&mut self.presences, &presences);
        keep(&mut self.families, &families);
        rename(&mut self.by_labels, &series);
        rename(&mut self.counter_of, &counters);
        rename(&mut self.target_of, &targets);
        rename(&mut self.presence_of, &presences);
        rename(&mut self.family_of, &families);
        self.presence_of = self
            .presence_of
            .drain()
            .filter_map(|((track, target), p)| targets[target].map(|target| ((track, target), p)))
            .collect();
        for s in &mut self.series {
            let renamed = |map: &[Option<usize>], i: usize| map[i].unwrap_or(0);
            (s.counter, s.target) = (renamed(&counters, s.counter), renamed(&targets, s.target));
            s.presence = renamed(&presences, s.presence);
            s.family = s.family.and_then(|f| families[f]);
        }
        for counted in &mut self.counters {
            counted.active = counted.active.and_then(|active| series[active]);
        }
        let shapes: HashSet<u32> = self.series.iter().map(|s| s.shape).collect();
        self.shape_of.retain(|_, shape| shapes.contains(shape));
    }
}

/// The labels that name a target.
fn target_names(spec: &MeterSpec) -> Vec<Text> {
    if spec.target_labels.is_empty() { vec!["job".into(), "instance".into()] } else { spec.target_labels.clone() }
}

fn found<K: std::hash::Hash + Eq, T>(map: &mut HashMap<K, usize>, key: K, list: &mut Vec<T>, make: impl FnOnce() -> T) -> usize {
    *map.entry(key).or_insert_with(|| {
        list.push(make());
        list.len() - 1
    })
}

/// Where every item goes when only those that stay are kept.
pub(super) fn moved(stays: &[bool]) -> Vec<Option<usize>> {
    let mut next = 0;
    let mut place = |stays: &bool| {
        let at = next;
        next += usize::from(*stays);
        stays.then_some(at)
    };
    stays.iter().map(&mut place).collect()
}

fn keep<T>(list: &mut Vec<T>, moved: &[Option<usize>]) {
    let mut at = 0;
    list.retain(|_| {
        at += 1;
        moved[at - 1].is_some()
    });
}

fn rename<K: std::hash::Hash + Eq>(map: &mut HashMap<K, usize>, moved: &[Option<usize>]) {
    map.retain(|_, id| moved[*id].inspect(|new| *id = *new).is_some());
}
