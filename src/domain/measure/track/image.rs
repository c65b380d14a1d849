//! A track as bytes: all but the pages of its history.

use super::{Recent, Track, Values};
use crate::domain::base::{Interval, Ms, Span};
use crate::domain::measure::MeterSpec;
use crate::domain::measure::bytes::{Reader, Writer};
use crate::domain::measure::history::History;

impl Track {
    pub(in crate::domain::measure) fn save(&self, to: &mut Writer) {
        let Self { group, history, late, births_skipped, errors_seen, recent, values, newest, waiting_since, .. } = self;
        // What a spec says is not written: it would not be a spec of this feed if it said something else.
        let Self { has_total: _, is_value: _, counted: _, has_exclusions: _, time_slices, .. } = self;
        to.labels(group);
        history.save_head(to);
        to.uint(*late);
        to.uint(*births_skipped);
        to.flag(*errors_seen);
        to.option(*newest, |to, (at, usual)| {
            to.int(at.0);
            to.int(usual.0);
        });
        to.option(*waiting_since, |to, since| to.int(since));
        values.save(to);
        recent.save(to);
        if let Some(slices) = time_slices {
            slices.save(to);
        }
    }

    /// Takes what another track of the same spec counted within `span`.
    pub(in crate::domain::measure) fn mend(&mut self, with: &Self, span: Interval) {
        self.history.mend(&with.history, span);
        if let (Some(own), Some(with)) = (&mut self.time_slices, &with.time_slices) {
            let block = self.history.block_width().0.max(1);
            own.mend(with, span.from.0.div_euclid(block)..span.to.0.div_euclid(block));
        }
    }

    pub(in crate::domain::measure) fn load(spec: &MeterSpec, from: &mut Reader<'_>) -> Option<Self> {
        let mut track = Self::new(from.labels()?, spec);
        track.history = History::load_head(spec.step, spec.period, spec.slack, from)?;
        (track.late, track.births_skipped, track.errors_seen) = (from.uint()?, from.uint()?, from.flag()?);
        track.newest = from.option(|from| Some((Ms(from.int()?), Span(from.int()?))))?;
        track.waiting_since = from.option(|from| from.int())?;
        let depth = Self::depth(spec);
        (track.values, track.recent) = (Values::load(depth, from)?, Recent::load(depth, from)?);
        if let Some(slices) = &mut track.time_slices {
            slices.load(from)?;
        }
        from.is_done().then_some(track)
    }
}
