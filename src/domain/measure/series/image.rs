//! The series of a meter as bytes: what each one counted last, and what is known of targets and histograms.
//!
//! Places in lists are not written: entering the series again in their order gives each its counter, target and family, and
//! what is known of those is written with the first series that names them.

use super::{Counted, Counter, Family, Presence, Roll, Series, Target};
use crate::domain::base::{Labels, Ms, Span};
use crate::domain::measure::bytes::{Reader, Writer};
use crate::domain::measure::reads::Adds;
use crate::domain::measure::{MeterSpec, Sample};

impl Roll {
    pub(in crate::domain::measure) fn save(&self, to: &mut Writer) {
        let mut seen = Seen::of(self);
        to.list(self.series.iter(), |to, series| {
            let Series { name, track, waiting, accepted, vanished, counter, target, presence, family, .. } = series;
            to.uint(u64::from(name.0));
            to.labels(&name.1);
            to.uint(*track as u64);
            to.time(*accepted);
            to.flag(*vanished);
            to.list(waiting.iter(), |to, sample| {
                to.int(sample.at.0);
                to.float(sample.value);
            });
            if first(&mut seen.counters, *counter) {
                let Counted { counter, active } = &self.counters[*counter];
                counter.save(to);
                to.option(*active, |to, active| to.uint(active as u64));
            }
            if first(&mut seen.targets, *target) {
                self.targets[*target].save(to);
            }
            if first(&mut seen.presences, *presence) {
                self.presences[*presence].save(to);
            }
            if let Some(family) = family.filter(|family| first(&mut seen.families, *family)) {
                // Shares and what they lie between are worked out again.
                let Family { has_threshold, has_last, between: _, since } = self.families[family];
                to.flag(has_threshold);
                to.flag(has_last);
                to.time(since);
            }
        });
    }

    /// The series again. `adds` tells what the series of a class count for; tracks are `tracks` many.
    pub(in crate::domain::measure) fn load(
        spec: &MeterSpec,
        tracks: usize,
        adds: impl Fn(u16) -> Option<Adds>,
        from: &mut Reader<'_>,
    ) -> Option<Self> {
        let (mut roll, n) = (Self::default(), from.size()?);
        let mut seen = Seen::default();
        for _ in 0..n {
            let (class, labels) = (u16::try_from(from.uint()?).ok()?, from.labels()?);
            roll.load_one(spec, (class, labels), (tracks, adds(class)?), &mut seen, from)?;
        }
        roll.weigh();
        let series = roll.series.len();
        roll.counters.iter().all(|c| c.active.is_none_or(|active| active < series)).then_some(roll)
    }

    fn load_one(
        &mut self,
        spec: &MeterSpec,
        (class, labels): (u16, Labels),
        (tracks, adds): (usize, Adds),
        seen: &mut Seen,
        from: &mut Reader<'_>,
    ) -> Option<()> {
        let track = from.size().filter(|track| *track < tracks)?;
        if self.find(class, &labels, usize::MAX).is_some() {
            return None;
        }
        let id = self.enter(spec, class, &labels, adds, track);
        let (accepted, vanished) = (from.time()?, from.flag()?);
        let waiting = from.list(|from| Some(Sample { at: Ms(from.int()?), value: from.float()? }))?;
        let series = &mut self.series[id];
        (series.accepted, series.vanished, series.waiting) = (accepted, vanished, waiting.into());
        let (counter, target, presence, family) = (series.counter, series.target, series.presence, series.family);
        if first(&mut seen.counters, counter) {
            let counted = Counted { counter: Counter::load(from)?, active: from.option(|from| from.size())? };
            self.counters[counter] = counted;
        }
        if first(&mut seen.targets, target) {
            self.targets[target] = Target::load(from)?;
        }
        if first(&mut seen.presences, presence) {
            self.presences[presence] = Presence::load(track, from)?;
        }
        if let Some(family) = family.filter(|family| first(&mut seen.families, *family)) {
            self.families[family] =
                Family { has_threshold: from.flag()?, has_last: from.flag()?, between: None, since: from.time()? };
        }
        Some(())
    }
}

impl Target {
    fn save(&self, to: &mut Writer) {
        let Self { slice, first_in_slice, before_slice, newest, usual, usual_now } = self;
        to.int(*slice);
        for at in [first_in_slice, before_slice, newest] {
            to.time(*at);
        }
        for span in [usual, usual_now] {
            to.int(span.0);
        }
    }

    fn load(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            slice: from.int()?,
            first_in_slice: from.time()?,
            before_slice: from.time()?,
            newest: from.time()?,
            usual: Span(from.int()?),
            usual_now: Span(from.int()?),
        })
    }
}

impl Presence {
    fn save(&self, to: &mut Writer) {
        let Self { track: _, newest, usual, slice } = self;
        to.time(*newest);
        to.int(usual.0);
        to.int(*slice);
    }

    fn load(track: usize, from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { track, newest: from.time()?, usual: Span(from.int()?), slice: from.int()? })
    }
}

/// What was written already.
#[derive(Default)]
struct Seen {
    counters: Vec<bool>,
    targets: Vec<bool>,
    presences: Vec<bool>,
    families: Vec<bool>,
}

impl Seen {
    fn of(roll: &Roll) -> Self {
        let none = |n: usize| vec![false; n];
        Self {
            counters: none(roll.counters.len()),
            targets: none(roll.targets.len()),
            presences: none(roll.presences.len()),
            families: none(roll.families.len()),
        }
    }
}

fn first(seen: &mut Vec<bool>, at: usize) -> bool {
    if seen.len() <= at {
        seen.resize(at + 1, false);
    }
    !std::mem::replace(&mut seen[at], true)
}
