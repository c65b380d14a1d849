//! Cells: the counts of single slices, packed a block at a time.
//!
//! A block whose slices are small (at most 2,047 bad and 65,535 events each) takes four bytes a slice, another one eight, a
//! block without any samples none. That keeps a track of 3 days at 15 s below 80 KiB in the usual case.

/// What is known of one slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SliceState {
    /// No samples came.
    #[default]
    NoData,
    /// Samples came.
    Sampled,
    /// No sample of its own, but it lies between two scrapes that are no further apart than usual.
    Between,
    /// Samples came and make no sense; nothing was added.
    DataError,
    /// Left out by a declared exclusion.
    Excluded,
}

/// One slice. Counts are in units of the history's scale.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub state: SliceState,
    /// Part of its counts came over a gap.
    pub bridged: bool,
    /// A target was missing among several.
    pub partial: bool,
    pub bad: u32,
    pub total: u32,
}

/// The greatest number of bad units a cell holds.
pub(super) const MAX_BAD: u64 = (1 << 27) - 1;
/// The greatest number of units a cell holds.
pub(super) const MAX_TOTAL: u64 = u32::MAX as u64;
const NARROW_BAD: u32 = (1 << 11) - 1;
const NARROW_TOTAL: u32 = (1 << 16) - 1;

impl Cell {
    /// Counts towards coverage.
    pub(super) const fn is_observed(self) -> bool {
        matches!(self.state, SliceState::Sampled | SliceState::Between) && !self.bridged
    }

    /// Its counts belong to sums.
    pub(super) const fn is_counted(self) -> bool {
        matches!(self.state, SliceState::Sampled | SliceState::Between)
    }

    pub(super) const fn flags(self) -> u32 {
        let state = match self.state {
            SliceState::NoData => 0,
            SliceState::Sampled => 1,
            SliceState::Between => 2,
            SliceState::DataError => 3,
            SliceState::Excluded => 4,
        };
        state | (self.bridged as u32) << 3 | (self.partial as u32) << 4
    }

    pub(super) const fn from_flags(flags: u32, bad: u32, total: u32) -> Self {
        let state = match flags & 7 {
            1 => SliceState::Sampled,
            2 => SliceState::Between,
            3 => SliceState::DataError,
            4 => SliceState::Excluded,
            _ => SliceState::NoData,
        };
        Self { state, bridged: flags & 8 != 0, partial: flags & 16 != 0, bad, total }
    }

    const fn fits_narrow(self) -> bool {
        self.bad <= NARROW_BAD && self.total <= NARROW_TOTAL
    }

    const fn narrow(self) -> u32 {
        self.flags() << 27 | self.bad << 16 | self.total
    }

    const fn from_narrow(word: u32) -> Self {
        Self::from_flags(word >> 27, word >> 16 & NARROW_BAD, word & NARROW_TOTAL)
    }

    pub(super) const fn wide(self) -> u64 {
        (self.flags() as u64) << 59 | (self.bad as u64) << 32 | self.total as u64
    }

    pub(super) const fn from_wide(word: u64) -> Self {
        Self::from_flags((word >> 59) as u32, (word >> 32 & MAX_BAD) as u32, word as u32)
    }
}

/// The cells of one block.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Cells {
    /// Nothing known.
    #[default]
    Empty,
    Narrow(Box<[u32]>),
    Wide(Box<[u64]>),
}

impl Cells {
    pub(super) fn get(&self, at: usize) -> Cell {
        match self {
            Self::Empty => Cell::default(),
            Self::Narrow(words) => Cell::from_narrow(words[at]),
            Self::Wide(words) => Cell::from_wide(words[at]),
        }
    }

    /// Writes a cell of a block of `size` slices, widening the block when it must.
    pub(super) fn set(&mut self, at: usize, cell: Cell, size: usize) {
        match self {
            Self::Wide(words) => words[at] = cell.wide(),
            Self::Narrow(words) if cell.fits_narrow() => words[at] = cell.narrow(),
            Self::Empty if cell == Cell::default() => {}
            Self::Empty => {
                *self = if cell.fits_narrow() { Self::Narrow(vec![0; size].into()) } else { Self::Wide(vec![0; size].into()) };
                self.set(at, cell, size);
            }
            Self::Narrow(words) => {
                *self = Self::Wide(words.iter().map(|w| Cell::from_narrow(*w).wide()).collect());
                self.set(at, cell, size);
            }
        }
    }

    /// Bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::Narrow(words) => words.len() * 4,
            Self::Wide(words) => words.len() * 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_were_put_in_however_wide() {
        let states = [SliceState::NoData, SliceState::Sampled, SliceState::Between, SliceState::DataError, SliceState::Excluded];
        let mut cells = Cells::default();
        let mut put = Vec::new();
        for (i, state) in states.into_iter().enumerate() {
            for (j, (bad, total)) in [(0, 0), (2047, 65_535), (2048, 65_535), (MAX_BAD as u32, u32::MAX)].into_iter().enumerate()
            {
                let cell = Cell { state, bridged: j % 2 == 0, partial: i % 2 == 0, bad, total };
                put.push(cell);
                cells.set(put.len() - 1, cell, 60);
            }
        }
        for (at, cell) in put.into_iter().enumerate() {
            assert_eq!(cells.get(at), cell, "cell {at}");
        }
        assert_eq!(cells.bytes(), 480);
    }
}
