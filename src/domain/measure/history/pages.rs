//! A history as pages that outlive the process: the sums of a day's blocks, and its slices one by one.
//!
//! A page that changed is written whole and takes the place of the one before. Slices are kept for ever as exact as they were
//! counted; sums alone are enough for what memory keeps beyond 3 days. Counts are laid out in planes (states, bad counts, low
//! and high parts of what the totals differ from their running mean), because planes compress and rows do not.

use super::History;
use crate::domain::base::{Interval, Ms, Span};
use crate::domain::measure::bytes::{Reader, Writer};
use crate::domain::measure::cells::{Cell, Cells};
use crate::domain::measure::history::Sums;
use crate::domain::measure::notes::Notes;

/// Blocks of a page: a day of quarters of an hour.
const PAGE: i64 = 96;
const FORM: u8 = 1;
/// More blocks than any history has: what is beyond is no page of ours.
const MOST_BLOCKS: i64 = 1_000_000;

impl History {
    /// Everything but the pages.
    pub(in crate::domain::measure) fn save_head(&self, to: &mut Writer) {
        let Self { step, per_block, origin, first, dense_first, scale, fractional, end, notes, .. } = self;
        to.byte(FORM);
        for n in [step, per_block, origin, first, dense_first] {
            to.int(*n);
        }
        to.uint(u64::from(*scale));
        to.flag(*fractional);
        to.option(*end, |to, end| to.int(end));
        notes.save(to);
    }

    /// A history as its head says, pages yet to come. `None` when the head makes no sense for this step.
    pub(in crate::domain::measure) fn load_head(step: Span, period: Span, slack: Span, from: &mut Reader<'_>) -> Option<Self> {
        let mut history = Self::new(step, period, slack);
        if from.byte()? != FORM || from.int()? != history.step || from.int()? != history.per_block {
            return None;
        }
        let (origin, first, dense_first) = (from.int()?, from.int()?, from.int()?);
        history.scale = u32::try_from(from.uint()?).ok().filter(|scale| *scale > 0)?;
        history.fractional = from.flag()?;
        history.end = from.option(|from| from.int())?;
        history.notes = Notes::load(from)?;
        let Some(end) = history.end else { return Some(history) };
        let last = history.block(end);
        if !(origin <= first && first <= dense_first && dense_first <= last + 1 && last - first < MOST_BLOCKS) {
            return None;
        }
        history.first = first;
        while history.first + (history.blocks.len() as i64) <= last {
            history.reach(history.first + history.blocks.len() as i64);
        }
        history.origin = origin;
        // Slices that were not kept then are not there now.
        while history.dense_first < dense_first {
            history.dense.pop_front();
            history.dense_first += 1;
        }
        history.unsaved = end + 1;
        Some(history)
    }

    /// The pages of this history, and whether their slices are kept one by one.
    pub(in crate::domain::measure) fn pages(&self) -> impl Iterator<Item = (i64, bool)> + use<> {
        let last = self.first + self.blocks.len() as i64;
        let dense = self.dense_first.div_euclid(PAGE);
        let pages = if self.first < last { self.first.div_euclid(PAGE)..(last - 1).div_euclid(PAGE) + 1 } else { 0..0 };
        pages.map(move |page| (page, page >= dense))
    }

    /// Pages that hold what changed since the last time.
    pub(in crate::domain::measure) fn unsaved_pages(&self) -> impl Iterator<Item = (i64, bool)> + use<> {
        let from = if self.unsaved == i64::MIN { i64::MIN } else { self.block(self.unsaved).div_euclid(PAGE) };
        self.pages().filter(move |(page, _)| *page >= from)
    }

    /// From now on only what changes is unsaved.
    pub(in crate::domain::measure) fn saved(&mut self) {
        self.unsaved = self.end.map_or(i64::MIN, |end| end + 1);
    }

    /// Everything is unsaved: what was written did not last.
    pub(in crate::domain::measure) const fn unsaved_all(&mut self) {
        self.unsaved = i64::MIN;
    }

    /// The time that a page covers.
    pub(in crate::domain::measure) fn page_span(&self, page: i64) -> Interval {
        let time = |block: i64| Ms(block.saturating_mul(self.per_block).saturating_mul(self.step));
        Interval { from: time(page * PAGE), to: time((page + 1) * PAGE) }
    }

    /// The page that holds `at`.
    pub(in crate::domain::measure) const fn page_at(&self, at: Ms) -> i64 {
        at.0.div_euclid(self.per_block * self.step).div_euclid(PAGE)
    }

    fn blocks_of(&self, page: i64, first: i64) -> std::ops::Range<i64> {
        let last = self.first + self.blocks.len() as i64;
        (page * PAGE).max(first)..((page + 1) * PAGE).min(last)
    }

    /// Sums of a page's blocks.
    pub(in crate::domain::measure) fn save_sums(&self, page: i64, to: &mut Writer) {
        let blocks = self.blocks_of(page, self.first);
        self.save_page_head(page, blocks.start, to);
        to.uint((blocks.end - blocks.start).max(0) as u64);
        for block in blocks {
            let Sums { bad, total, observed, excluded } = self.block_sums(block);
            for n in [bad, total, u64::from(observed), u64::from(excluded)] {
                to.uint(n);
            }
        }
    }

    fn save_page_head(&self, page: i64, first: i64, to: &mut Writer) {
        to.byte(FORM);
        to.int(page);
        to.uint(u64::from(self.scale));
        to.int(first);
    }

    /// Where a page's blocks begin; `None` when it is another page or counts in other units.
    fn load_page_head(&self, page: i64, from: &mut Reader<'_>) -> Option<i64> {
        let fits = from.byte()? == FORM && from.int()? == page && from.uint()? == u64::from(self.scale);
        from.int().filter(|first| fits && (page * PAGE..(page + 1) * PAGE).contains(first))
    }

    /// Takes the sums of a page; nothing changes when they make no sense.
    pub(in crate::domain::measure) fn load_sums(&mut self, page: i64, from: &mut Reader<'_>) -> Option<()> {
        let first = self.load_page_head(page, from)?;
        let sums = from.list(|from| {
            let (bad, total) = (from.uint()?, from.uint()?);
            let small = |n: u64| u32::try_from(n).ok();
            Some(Sums { bad, total, observed: small(from.uint()?)?, excluded: small(from.uint()?)? })
        })?;
        let wanted = self.blocks_of(page, self.first);
        if first > wanted.start || first + (sums.len() as i64) < wanted.end {
            return None;
        }
        for block in wanted {
            self.blocks.set((block - self.first) as usize, sums[(block - first) as usize]);
        }
        Some(())
    }

    /// Slices of a page's blocks that are kept one by one.
    pub(in crate::domain::measure) fn save_cells(&self, page: i64, to: &mut Writer) {
        let blocks = self.blocks_of(page, self.dense_first);
        self.save_page_head(page, blocks.start, to);
        let cells: Vec<Cell> = blocks
            .clone()
            .flat_map(|block| block * self.per_block + 1..=(block + 1) * self.per_block)
            .map(|k| self.cell(k))
            .collect();
        to.uint((blocks.end - blocks.start).max(0) as u64);
        for cell in &cells {
            to.byte(cell.flags() as u8 | u8::from(has_counts(*cell)) << 7);
        }
        let counted = || cells.iter().filter(|cell| has_counts(**cell));
        for cell in counted() {
            to.uint(u64::from(cell.bad));
        }
        let mut mean = Mean::default();
        let rests: Vec<u64> = counted().map(|cell| mean.rest(cell.total)).collect();
        for rest in &rests {
            to.byte(*rest as u8);
        }
        for rest in &rests {
            to.uint(rest >> 8);
        }
    }

    /// Takes the slices of a page; nothing changes when they make no sense.
    pub(in crate::domain::measure) fn load_cells(&mut self, page: i64, from: &mut Reader<'_>) -> Option<()> {
        let first = self.load_page_head(page, from)?;
        let (blocks, size) = (from.size()?, self.per_block as usize);
        let wanted = self.blocks_of(page, self.dense_first);
        if blocks > PAGE as usize || first > wanted.start || first + (blocks as i64) < wanted.end {
            return None;
        }
        let flags = from.bytes(blocks * size)?;
        let counted = flags.iter().filter(|flags| **flags & 0x80 != 0).count();
        let mut cells: Vec<Cell> = flags.iter().map(|flags| Cell::from_flags(u32::from(flags & 0x7f), 0, 0)).collect();
        let mut full: Vec<&mut Cell> = cells.iter_mut().zip(flags).filter(|(_, f)| **f & 0x80 != 0).map(|(c, _)| c).collect();
        for cell in &mut full {
            cell.bad = u32::try_from(from.uint()?).ok()?;
        }
        let (low, mut mean) = (from.bytes(counted)?, Mean::default());
        for (cell, low) in full.into_iter().zip(low) {
            cell.total = mean.whole(from.uint()? << 8 | u64::from(*low))?;
        }
        for (block, cells) in (first..).zip(cells.chunks(size)).filter(|(block, _)| wanted.contains(block)) {
            let place = &mut self.dense[(block - self.dense_first) as usize];
            *place = Cells::default();
            cells.iter().enumerate().for_each(|(at, cell)| place.set(at, *cell, size));
        }
        Some(())
    }

    /// Takes what another history counted of whole blocks within `span`, in place of what is here.
    pub(in crate::domain::measure) fn mend(&mut self, with: &Self, span: Interval) {
        let width = self.per_block * self.step;
        let last = (span.to.0.div_euclid(width)).min(self.first + self.blocks.len() as i64);
        for block in (-(-span.from.0).div_euclid(width)).max(self.first)..last {
            if block >= self.dense_first && with.dense_first <= block {
                for k in block * self.per_block + 1..=(block + 1) * self.per_block {
                    let slice = with.slice_at(with.time(k));
                    self.write(k, slice);
                }
            } else {
                let (sums, factor) = (with.block_sums(block), f64::from(self.scale) / f64::from(with.scale));
                let units = |n: u64| (n as f64 * factor).round() as u64;
                let sums = Sums { bad: units(sums.bad), total: units(sums.total), ..sums };
                self.blocks.set((block - self.first) as usize, sums);
                if block >= self.dense_first {
                    self.dense[(block - self.dense_first) as usize] = Cells::default();
                }
            }
        }
        let (from, to) = (span.from.0.div_euclid(self.step), span.to.0.div_euclid(self.step));
        self.notes.replace(from, to, with.notes.within(from, to));
        self.version += 1;
        self.unsaved = i64::MIN;
    }

    /// Forgets what is within a page, as never known.
    pub(in crate::domain::measure) fn blank(&mut self, page: i64) {
        for block in self.blocks_of(page, self.first) {
            self.blocks.set((block - self.first) as usize, Sums::default());
        }
        for block in self.blocks_of(page, self.dense_first) {
            self.dense[(block - self.dense_first) as usize] = Cells::default();
        }
        self.version += 1;
        self.unsaved = i64::MIN;
    }

    /// Makes room for blocks from `at` on, before the first one kept: they are unknown.
    pub(in crate::domain::measure) fn reach_back(&mut self, at: Ms) {
        let block = at.0.div_euclid(self.per_block * self.step);
        let room = self.max_blocks.saturating_sub(self.blocks.len()) as i64;
        if self.blocks.is_empty() || block >= self.first {
            return;
        }
        let first = block.max(self.first - room);
        (first..self.first).for_each(|_| self.blocks.push_front());
        (self.first, self.origin) = (first, self.origin.min(first));
        self.unsaved = i64::MIN;
    }
}

const fn has_counts(cell: Cell) -> bool {
    cell.bad > 0 || cell.total > 0
}

/// What totals differ from: a running mean in whole units.
#[derive(Default)]
struct Mean(i64);

impl Mean {
    fn rest(&mut self, total: u32) -> u64 {
        let rest = i64::from(total) - self.0;
        self.see(i64::from(total));
        (rest << 1 ^ rest >> 63) as u64
    }

    fn whole(&mut self, rest: u64) -> Option<u32> {
        let rest = (rest >> 1) as i64 ^ -((rest & 1) as i64);
        let total = u32::try_from(self.0.checked_add(rest)?).ok()?;
        self.see(i64::from(total));
        Some(total)
    }

    const fn see(&mut self, total: i64) {
        self.0 = if self.0 == 0 { total } else { self.0 + (total - self.0) / 8 };
    }
}
