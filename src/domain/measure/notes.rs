//! Notes on single slices: what a restart may have hidden, and what came over a gap. Rare, so kept apart from the cells.

use super::bytes::{Reader, Writer};
use std::collections::VecDeque;

/// What is noted of a slice, in events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Note {
    /// Bad events that may have happened between a last scrape and a restart.
    pub hidden_bad: f64,
    /// Bad events that came over a gap.
    pub bridged_bad: f64,
    /// Events that came over a gap.
    pub bridged_total: f64,
}

impl Note {
    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }

    fn save(self, to: &mut Writer) {
        let Self { hidden_bad, bridged_bad, bridged_total } = self;
        for n in [hidden_bad, bridged_bad, bridged_total] {
            to.float(n);
        }
    }

    fn load(from: &mut Reader<'_>) -> Option<Self> {
        Some(Self { hidden_bad: from.float()?, bridged_bad: from.float()?, bridged_total: from.float()? })
    }

    fn plus(self, other: Self) -> Self {
        Self {
            hidden_bad: self.hidden_bad + other.hidden_bad,
            bridged_bad: self.bridged_bad + other.bridged_bad,
            bridged_total: self.bridged_total + other.bridged_total,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            hidden_bad: self.hidden_bad - other.hidden_bad,
            bridged_bad: self.bridged_bad - other.bridged_bad,
            bridged_total: self.bridged_total - other.bridged_total,
        }
    }
}

/// Notes in order of slices; each holds the sum of all up to it.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    list: VecDeque<(i64, Note)>,
    /// The sum of those that were forgotten.
    base: Note,
}

impl Notes {
    pub(super) fn add(&mut self, k: i64, note: Note) {
        let at = self.list.partition_point(|(slice, _)| *slice < k);
        if self.list.get(at).is_none_or(|(slice, _)| *slice != k) {
            self.list.insert(at, (k, self.before(at)));
        }
        for (_, sum) in self.list.range_mut(at..) {
            *sum = sum.plus(note);
        }
    }

    /// The sum over the slices `from + 1 ..= to`.
    pub(super) fn sum(&self, from: i64, to: i64) -> Note {
        if self.list.is_empty() {
            return Note::default();
        }
        let upto = |k: i64| self.before(self.list.partition_point(|(slice, _)| *slice <= k));
        upto(to).minus(upto(from))
    }

    pub(super) fn forget_before(&mut self, k: i64) {
        while self.list.front().is_some_and(|(slice, _)| *slice <= k) {
            if let Some((_, sum)) = self.list.pop_front() {
                self.base = sum;
            }
        }
    }

    /// Single notes on the slices `from + 1 ..= to`.
    pub(super) fn within(&self, from: i64, to: i64) -> Vec<(i64, Note)> {
        let at = |k: i64| self.list.partition_point(|(slice, _)| *slice <= k);
        (at(from)..at(to)).map(|i| (self.list[i].0, self.list[i].1.minus(self.before(i)))).collect()
    }

    /// Puts other notes in the place of those on the slices `from + 1 ..= to`.
    pub(super) fn replace(&mut self, from: i64, to: i64, notes: Vec<(i64, Note)>) {
        let (mut kept, base) = (self.within(i64::MIN, i64::MAX), self.base);
        kept.retain(|(k, _)| *k <= from || *k > to);
        *self = Self { base, ..Self::default() };
        kept.into_iter().chain(notes).for_each(|(k, note)| self.add(k, note));
    }

    pub(super) fn save(&self, to: &mut Writer) {
        let Self { list, base } = self;
        base.save(to);
        to.list(list.iter(), |to, (k, note)| {
            to.int(*k);
            note.save(to);
        });
    }

    pub(super) fn load(from: &mut Reader<'_>) -> Option<Self> {
        let base = Note::load(from)?;
        let list = from.list(|from| Some((from.int()?, Note::load(from)?)))?;
        list.is_sorted_by_key(|(k, _)| *k).then(|| Self { list: list.into(), base })
    }

    pub(super) fn bytes(&self) -> usize {
        self.list.capacity() * size_of::<(i64, Note)>()
    }

    fn before(&self, at: usize) -> Note {
        if at == 0 { self.base } else { self.list[at - 1].1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_add_up_over_any_stretch_and_in_any_order_of_arrival() {
        let bad = |hidden_bad| Note { hidden_bad, ..Note::default() };
        let mut notes = Notes::default();
        for (k, n) in [(10, 1.0), (30, 4.0), (20, 2.0), (20, 8.0)] {
            notes.add(k, bad(n));
        }
        assert_eq!(notes.sum(0, 40), bad(15.0));
        assert_eq!(notes.sum(10, 20), bad(10.0));
        assert_eq!(notes.sum(20, 29), bad(0.0));
        notes.forget_before(15);
        assert_eq!(notes.sum(15, 40), bad(14.0));
    }
}
