//! Sums of blocks in a row, packed: a month has thousands of them, and most count less than four thousand million.
//!
//! Deliberately absent: which block is which.

use super::Sums;
use std::collections::VecDeque;

/// A block's sums in half the room.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Small {
    bad: u32,
    total: u32,
    observed: u16,
    excluded: u16,
}

impl Small {
    fn of(sums: Sums) -> Option<Self> {
        Some(Self {
            bad: u32::try_from(sums.bad).ok()?,
            total: u32::try_from(sums.total).ok()?,
            observed: u16::try_from(sums.observed).ok()?,
            excluded: u16::try_from(sums.excluded).ok()?,
        })
    }

    fn sums(self) -> Sums {
        Sums { bad: self.bad.into(), total: self.total.into(), observed: self.observed.into(), excluded: self.excluded.into() }
    }
}

/// Sums of blocks, oldest first. All are packed, or none once one of them is too great.
#[derive(Clone, Debug)]
pub(super) enum Blocks {
    Small(VecDeque<Small>),
    Great(VecDeque<Sums>),
}

impl Default for Blocks {
    fn default() -> Self {
        Self::Small(VecDeque::new())
    }
}

impl Blocks {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Small(list) => list.len(),
            Self::Great(list) => list.len(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sums at a place; nothing where there is none.
    pub(super) fn get(&self, at: usize) -> Sums {
        match self {
            Self::Small(list) => list.get(at).copied().unwrap_or_default().sums(),
            Self::Great(list) => list.get(at).copied().unwrap_or_default(),
        }
    }

    /// Puts sums in a place that is there.
    pub(super) fn set(&mut self, at: usize, sums: Sums) {
        if let (Self::Small(list), Some(small)) = (&mut *self, Small::of(sums)) {
            list[at] = small;
            return;
        }
        self.grow();
        if let Self::Great(list) = self {
            list[at] = sums;
        }
    }

    /// One more block at the end, which counts nothing yet.
    pub(super) fn push_back(&mut self) {
        match self {
            Self::Small(list) => super::push_sparingly(list, Small::default()),
            Self::Great(list) => super::push_sparingly(list, Sums::default()),
        }
    }

    /// One more block before the first, which counts nothing yet.
    pub(super) fn push_front(&mut self) {
        match self {
            Self::Small(list) => list.push_front(Small::default()),
            Self::Great(list) => list.push_front(Sums::default()),
        }
    }

    pub(super) fn pop_front(&mut self) {
        match self {
            Self::Small(list) => drop(list.pop_front()),
            Self::Great(list) => drop(list.pop_front()),
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Small(list) => list.capacity() * size_of::<Small>(),
            Self::Great(list) => list.capacity() * size_of::<Sums>(),
        }
    }

    fn grow(&mut self) {
        if let Self::Small(list) = self {
            *self = Self::Great(list.iter().map(|small| small.sums()).collect());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_come_back_as_they_were_put_in_however_great() {
        let sums = |n: u64| Sums { bad: n / 2, total: n, observed: 60, excluded: n as u32 % 7 };
        let great = Sums { bad: 1 << 40, total: 1 << 50, observed: 900_000, excluded: 1 };
        for at in [0, 3, 7] {
            let mut blocks = Blocks::default();
            (0..8).for_each(|_| blocks.push_back());
            (0..8).for_each(|i| blocks.set(i, sums(i as u64 * 500_000_000)));
            blocks.set(at, great);
            assert!(matches!(blocks, Blocks::Great(_)));
            blocks.push_front();
            blocks.push_back();
            let want = |i: usize| if i == at { great } else { sums(i as u64 * 500_000_000) };
            assert!((0..8).all(|i| blocks.get(i + 1) == want(i)));
            assert_eq!(
                (blocks.len(), blocks.get(0), blocks.get(9), blocks.get(99)),
                (10, Sums::default(), Sums::default(), Sums::default())
            );
            blocks.pop_front();
            assert_eq!((blocks.get(at), blocks.len()), (great, 9));
            blocks.clear();
            assert!(blocks.is_empty());
        }
    }
}
