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
        assert_eq!(Interval::union_span([at(0, 10), at(5, 12)]), Span(12));
    }
}
