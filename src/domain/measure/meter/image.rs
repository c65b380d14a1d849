//! A meter as parts, and back.

use super::{Meter, Roll, Seam, Track};
use crate::domain::base::{Interval, Labels, Ms, Span, Text};
use crate::domain::measure::bytes::{Reader, Writer};
use crate::domain::measure::image::{Part, PartKind, PartName, Restored};
use crate::domain::measure::{History, MeterSpec};
use std::collections::{BTreeMap, BTreeSet};

const FORM: u8 = 2;
/// The form before there were seams.
const WITHOUT_SEAMS: u8 = 1;

impl Meter {
    /// What changed since [`Meter::saved`], as parts; nothing before anything was sealed. The caller says `saved` when they are
    /// on their way and [`Meter::unsaved_all`] when they did not arrive.
    pub fn unsaved(&self) -> Vec<Part> {
        if self.sealed.is_none() {
            return Vec::new();
        }
        if self.run.is_some() {
            let mut settled = self.clone();
            settled.end_run();
            return settled.unsaved();
        }
        let mut parts = vec![Part { name: name(PartKind::Meter, &"".into(), 0), bytes: self.head() }];
        for track in &self.tracks {
            let group: Text = track.group.to_string().into();
            let part = |kind, page, write: &dyn Fn(&mut Writer)| {
                let mut to = Writer::default();
                write(&mut to);
                Part { name: name(kind, &group, page), bytes: to.done() }
            };
            parts.push(part(PartKind::Track, 0, &|to| track.save(to)));
            for (page, one_by_one) in track.history.unsaved_pages() {
                parts.push(part(PartKind::Sums, page, &|to| track.history.save_sums(page, to)));
                if one_by_one {
                    parts.push(part(PartKind::Slices, page, &|to| track.history.save_cells(page, to)));
                }
            }
        }
        parts
    }

    /// From now on only what changes is unsaved.
    pub fn saved(&mut self) {
        self.tracks.iter_mut().for_each(|track| track.history.saved());
    }

    /// Everything is unsaved again.
    pub fn unsaved_all(&mut self) {
        self.tracks.iter_mut().for_each(|track| track.history.unsaved_all());
    }

    /// The number of the page that holds `at`.
    pub fn page_at(&self, at: Ms) -> i64 {
        History::new(self.spec.step, self.spec.period, self.spec.slack).page_at(at)
    }

    fn head(&self) -> Vec<u8> {
        // The rest is what the spec says, or empty between two seals.
        let Self { spec, reads: _, roll, tracks, left_out: _, excluded: _, start, sealed, seams, .. } = self;
        let Self { tallies: _, amendments: _, births: _, lately: _, run: _, pause: _, .. } = self;
        let mut to = Writer::default();
        to.byte(FORM);
        to.int(spec.period.0);
        to.option(*start, |to, k| to.int(k));
        to.option(*sealed, |to, k| to.int(k));
        to.list(tracks.iter(), |to, track| to.labels(&track.group));
        roll.save(&mut to);
        to.list(seams.iter(), |to, seam| {
            to.int(seam.at.0);
            to.flag(seam.was_asked);
        });
        to.done()
    }

    /// A meter from its parts; `None` when no track of it can be used. A track whose head is damaged is lost as a whole.
    pub fn restore(spec: MeterSpec, parts: &[Part]) -> Option<Restored> {
        let mut meter = Self::new(spec);
        let by_name: BTreeMap<&PartName, &[u8]> = parts.iter().map(|part| (&part.name, &*part.bytes)).collect();
        let heads = by_name.iter().filter(|(name, _)| name.kind == PartKind::Track);
        let mut tracks: Vec<Track> = heads.filter_map(|(_, bytes)| Track::load(&meter.spec, &mut Reader::new(bytes))).collect();
        tracks.retain(|track| track.history.end().is_some());
        tracks.sort_by(|a, b| a.group.cmp(&b.group));
        let through = tracks.iter().filter_map(|track| track.history.end()).max()?;
        let lost = tracks.iter_mut().flat_map(|track| load_pages(track, &by_name)).collect::<BTreeSet<Interval>>();
        meter.tracks = tracks;
        let head = by_name.get(&name(PartKind::Meter, &"".into(), 0));
        let period = head.and_then(|bytes| meter.load_head(bytes));
        if period.is_none() {
            // Counting goes on from what is seen first, as at a start; what lies before is not counted again.
            let k = meter.index(through);
            (meter.start, meter.sealed, meter.roll) = (Some(k), Some(k), Roll::default());
        }
        if !meter.spec.group_by.is_empty() && period.is_none() && meter.tracks.is_empty() {
            return None;
        }
        let mut lost: Vec<Interval> = lost.into_iter().collect();
        lost.extend(meter.reach_back(period.unwrap_or(meter.spec.period)));
        Some(Restored { meter, lost, series_lost: period.is_none() })
    }

    /// Takes a head; its period when it is one of this meter with these tracks.
    fn load_head(&mut self, bytes: &[u8]) -> Option<Span> {
        let mut from = Reader::new(bytes);
        let form = from.byte()?;
        if form != FORM && form != WITHOUT_SEAMS {
            return None;
        }
        let period = Span(from.int()?);
        let (start, sealed) = (from.option(|from| from.int())?, from.option(|from| from.int())?);
        let groups: Vec<Labels> = from.list(|from| from.labels())?;
        if !groups.iter().eq(self.tracks.iter().map(|track| &track.group)) {
            return None;
        }
        let adds = |class: u16| self.reads.iter().find(|read| read.class == class).map(|read| read.adds);
        let roll = Roll::load(&self.spec, self.tracks.len(), adds, &mut from)?;
        let seam = |from: &mut Reader<'_>| Some(Seam { at: Ms(from.int()?), was_asked: from.flag()? });
        self.seams = if form == WITHOUT_SEAMS { Vec::new() } else { from.list(seam)? };
        if !from.is_done() || sealed.is_none() {
            return None;
        }
        (self.start, self.sealed, self.roll) = (start, sealed, roll);
        Some(period)
    }

    /// A longer period than the one that was kept: what lies before is to be read.
    fn reach_back(&mut self, kept: Span) -> Vec<Interval> {
        let (Some(sealed), true) = (self.sealed(), self.spec.period > kept) else { return Vec::new() };
        let from = sealed - self.spec.period - Span::from_mins(30);
        let mut wanted = BTreeSet::new();
        for track in &mut self.tracks {
            let Some(old) = track.history.start() else { continue };
            track.history.reach_back(from);
            let pages = track.history.pages().map(|(page, _)| track.history.page_span(page));
            wanted.extend(pages.filter(|span| span.from < old).map(|span| Interval { to: span.to.min(old), ..span }));
        }
        self.start = self.start.map(|start| start.min(self.index(from)));
        wanted.into_iter().collect()
    }

    /// Takes what another meter of the same spec counted within `span`, in place of what is known here.
    pub fn mend(&mut self, with: &Self, span: Interval) {
        for track in &with.tracks {
            if self.spec.group_by.is_empty() {
                self.tracks[0].mend(track, span);
            } else if let Ok(at) = self.tracks.binary_search_by(|own| own.group.cmp(&track.group)) {
                self.tracks[at].mend(track, span);
            }
        }
    }

    /// A meter of the same spec that counts `span` alone, from the beginning.
    #[must_use]
    pub fn apart(&self, from: Ms) -> Self {
        let mut meter = Self::new(self.spec.clone());
        meter.begin(from);
        meter
    }
}

fn name(kind: PartKind, group: &Text, page: i64) -> PartName {
    PartName { kind, group: group.clone(), page }
}

/// Fills a track with its pages; the stretches of those that are missing.
fn load_pages(track: &mut Track, parts: &BTreeMap<&PartName, &[u8]>) -> Vec<Interval> {
    let group: Text = track.group.to_string().into();
    let part = |kind, page| parts.get(&name(kind, &group, page)).map(|bytes| Reader::new(bytes));
    let mut lost = Vec::new();
    for (page, one_by_one) in track.history.pages() {
        let sums = part(PartKind::Sums, page).and_then(|mut from| track.history.load_sums(page, &mut from));
        let slices =
            |track: &mut Track| part(PartKind::Slices, page).and_then(|mut from| track.history.load_cells(page, &mut from));
        if sums.is_none() || (one_by_one && slices(track).is_none()) {
            track.history.blank(page);
            lost.push(track.history.page_span(page));
        }
    }
    lost
}

#[cfg(test)]
mod tests;
