//! Stretches of time, and their union.

use super::{Ms, Span};

/// A half-open stretch `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    /// Start, inclusive.
    pub from: Ms,
    /// End, exclusive.
    pub to: Ms,
}

impl Interval {
    /// Its length; zero when it ends before it starts.
    pub fn span(&self) -> Span {
        self.to.since(self.from)
    }

    /// The union of stretches: ascending, apart, without empty ones.
    pub fn union(list: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut all: Vec<Self> = list.into_iter().filter(|i| i.from < i.to).collect();
        all.sort();
        let mut out: Vec<Self> = Vec::with_capacity(all.len());
        for next in all {
            match out.last_mut() {
                Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
                _ => out.push(next),
            }
        }
        out
    }

    /// Adds a stretch to a list that is ascending and apart, and that has none which begins later.
    pub fn append(list: &mut Vec<Self>, next: Self) {
        match list.last_mut() {
            _ if next.from >= next.to => {}
            Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
            _ => list.push(next),
        }
    }

    /// The union of stretches, as far as it lies within these bounds.
    pub fn within(list: impl IntoIterator<Item = Self>, bounds: Self) -> Vec<Self> {
        Self::union(list.into_iter().map(|i| Self { from: i.from.max(bounds.from), to: i.to.min(bounds.to) }))
    }

    /// The union of stretches without others.
    pub fn without(list: impl IntoIterator<Item = Self>, out: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let out = Self::union(out);
        let mut left = Vec::new();
        for whole in Self::union(list) {
            let mut from = whole.from;
            for hole in out.iter().filter(|hole| hole.to > whole.from && hole.from < whole.to) {
                left.push(Self { from, to: hole.from });
                from = hole.to;
            }
            left.push(Self { from, to: whole.to });
        }
        Self::union(left)
    }

    /// Length of the union of stretches.
    pub fn union_span(list: impl IntoIterator<Item = Self>) -> Span {
        Self::union(list).iter().fold(Span::ZERO, |sum, i| sum + i.span())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_and_touching_stretches_join() {
        let at = |from, to| Interval { from: Ms(from), to: Ms(to) };
        assert_eq!(Interval::union([at(5, 9), at(0, 2), at(2, 3), at(8, 12), at(4, 4)]), vec![at(0, 3), at(5, 12)]);
        assert_eq!(Interval::within([at(0, 5), at(3, 9)], at(2, 7)), vec![at(2, 7)]);
        assert_eq!(
            Interval::without([at(0, 10), at(12, 20)], [at(2, 4), at(3, 5), at(9, 13), at(30, 40)]),
            [at(0, 2), at(5, 9), at(13, 20)]
        );
        assert_eq!(Interval::union_span([at(0, 10), at(5, 12)]), Span(12));
    }
}
