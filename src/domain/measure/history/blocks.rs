//! Sums of blocks in a row, packed: a month has thousands of them, and most count less than four thousand million.
//!
//! Deliberately absent: which block is which.

use super::Sums;
use std::collections::VecDeque;

/// A block's sums in half the room.
#[derive(Clone, Copy, Debug, Default)]
struct Small {
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

/// Sums of blocks, oldest first. Those before the first that counts anything are only numbered: a source rarely reaches back as
/// far as a period does.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    silent: usize,
    rest: Rest,
}

/// All are packed, or none once one of them is too great.
#[derive(Clone, Debug)]
enum Rest {
    Small(VecDeque<Small>),
    Great(VecDeque<Sums>),
}

impl Default for Rest {
    fn default() -> Self {
        Self::Small(VecDeque::new())
    }
}

impl Blocks {
    pub(super) fn len(&self) -> usize {
        self.silent + self.rest.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sums at a place; nothing where there is none.
    pub(super) fn get(&self, at: usize) -> Sums {
        at.checked_sub(self.silent).map_or_else(Sums::default, |at| self.rest.get(at))
    }

    /// Puts sums in a place that is there.
    pub(super) fn set(&mut self, at: usize, sums: Sums) {
        if at < self.silent {
            if sums == Sums::default() {
                return;
            }
            self.rest.push_front(self.silent - at);
            self.silent = at;
        }
        self.rest.set(at - self.silent, sums);
    }

    /// One more block at the end, which counts nothing yet.
    pub(super) fn push_back(&mut self) {
        if self.rest.len() == 0 {
            self.silent += 1;
        } else {
            self.rest.push_back();
        }
    }

    /// One more block before the first, which counts nothing yet.
    pub(super) fn push_front(&mut self) {
        self.silent += 1;
    }

    pub(super) fn pop_front(&mut self) {
        match self.silent.checked_sub(1) {
            Some(left) => self.silent = left,
            None => self.rest.pop_front(),
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        match &self.rest {
            Rest::Small(list) => list.capacity() * size_of::<Small>(),
            Rest::Great(list) => list.capacity() * size_of::<Sums>(),
        }
    }
}

impl Rest {
    fn len(&self) -> usize {
        match self {
            Self::Small(list) => list.len(),
            Self::Great(list) => list.len(),
        }
    }

    fn get(&self, at: usize) -> Sums {
        match self {
            Self::Small(list) => list.get(at).copied().unwrap_or_default().sums(),
            Self::Great(list) => list.get(at).copied().unwrap_or_default(),
        }
    }

    fn set(&mut self, at: usize, sums: Sums) {
        if let (Self::Small(list), Some(small)) = (&mut *self, Small::of(sums)) {
            list[at] = small;
            return;
        }
        self.grow();
        if let Self::Great(list) = self {
            list[at] = sums;
        }
    }

    fn push_back(&mut self) {
        match self {
            Self::Small(list) => super::push_sparingly(list, Small::default()),
            Self::Great(list) => super::push_sparingly(list, Sums::default()),
        }
    }

    fn push_front(&mut self, count: usize) {
        match self {
            Self::Small(list) => before(list, count),
            Self::Great(list) => before(list, count),
        }
    }

    fn pop_front(&mut self) {
        match self {
            Self::Small(list) => drop(list.pop_front()),
            Self::Great(list) => drop(list.pop_front()),
        }
    }

    fn grow(&mut self) {
        if let Self::Small(list) = self {
            *self = Self::Great(list.iter().map(|small| small.sums()).collect());
        }
    }
}

/// So many empty places before the first.
fn before<T: Default>(list: &mut VecDeque<T>, count: usize) {
    list.reserve_exact(count);
    (0..count).for_each(|_| list.push_front(T::default()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sums_come_back_as_they_were_put_in_however_great() {
        let sums = |n: u64| Sums { bad: n / 2, total: n, observed: 60, excluded: n as u32 % 7 };
        let great = Sums { bad: 1 << 40, total: 1 << 50, observed: 900_000, excluded: 1 };
        for at in [0, 3, 7] {
            let mut blocks = Blocks::default();
            (0..8).for_each(|_| blocks.push_back());
            (0..8).for_each(|i| blocks.set(i, sums(i as u64 * 500_000_000)));
            blocks.set(at, great);
            assert!(matches!(blocks.rest, Rest::Great(_)));
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

    #[test]
    fn what_counts_nothing_before_the_first_that_counts_takes_no_room() {
        let one = Sums { bad: 1, total: 2, observed: 3, excluded: 4 };
        let mut blocks = Blocks::default();
        (0..2_880).for_each(|_| blocks.push_back());
        blocks.set(7, Sums::default());
        assert_eq!((blocks.len(), blocks.bytes()), (2_880, 0));
        blocks.set(2_800, one);
        (0..40).for_each(|_| blocks.pop_front());
        blocks.push_back();
        assert_eq!(
            (blocks.len(), blocks.get(2_760), blocks.get(2_759), blocks.get(2_840)),
            (2_841, one, Sums::default(), Sums::default())
        );
        assert!(blocks.bytes() <= 81 * size_of::<Small>() + 64 * size_of::<Small>(), "{}", blocks.bytes());
        // Time that was empty is counted after all.
        blocks.set(5, one);
        assert_eq!((blocks.len(), blocks.get(5), blocks.get(6), blocks.get(2_760)), (2_841, one, Sums::default(), one));
    }

    proptest! {
        #[test]
        fn they_are_a_list_of_sums(acts in proptest::collection::vec((0_u8..6, 0_usize..40, 0_u64..3), 0..120)) {
            let (mut blocks, mut list) = (Blocks::default(), VecDeque::<Sums>::new());
            for (act, at, n) in acts {
                match act {
                    0 | 1 => { blocks.push_back(); list.push_back(Sums::default()); }
                    2 => { blocks.push_front(); list.push_front(Sums::default()); }
                    3 => { blocks.pop_front(); list.pop_front(); }
                    _ if at < list.len() => {
                        let sums = Sums { bad: n << 32, total: n << 33, observed: n as u32, excluded: 0 };
                        blocks.set(at, sums);
                        list[at] = sums;
                    }
                    _ => {}
                }
                prop_assert_eq!(blocks.len(), list.len());
                prop_assert!((0..50).all(|at| blocks.get(at) == list.get(at).copied().unwrap_or_default()));
            }
        }
    }
}
