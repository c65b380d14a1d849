//! The bad stretches of an incident, merged, and kept while time goes on: only the end of the list is made anew.
//!
//! A month that is bad every other minute has twenty thousand of them, and is looked at once a step. Deliberately absent:
//! where they come from ([`super::BadSoFar`]).

use crate::domain::base::{Interval, Ms, Span};

/// Stretches, ascending and apart, with the pauses between them that are long.
#[derive(Clone, Debug, Default)]
pub struct Stretches {
    list: Vec<Interval>,
    /// Places of stretches after which there is a long pause.
    long: Vec<usize>,
    pause: Span,
}

impl Stretches {
    /// None yet. Pauses of at least `pause` are long.
    pub const fn new(pause: Span) -> Self {
        Self { list: Vec::new(), long: Vec::new(), pause }
    }

    /// All of them.
    pub fn all(&self) -> &[Interval] {
        &self.list
    }

    /// The places of those after which a long pause came before the next.
    pub fn long_pauses(&self) -> impl Iterator<Item = usize> {
        self.long.iter().copied()
    }

    /// What was before `cut` stays; from there on it is the union of `later`.
    pub fn renew(&mut self, cut: Ms, later: impl IntoIterator<Item = Interval>) {
        let kept = self.list.partition_point(|i| i.to < cut);
        let across = self.list.get(kept).filter(|i| i.from < cut).map(|i| Interval { from: i.from, to: cut });
        self.list.truncate(kept);
        self.list.extend(across);
        let pairs = self.list.len().saturating_sub(1);
        self.long.truncate(self.long.partition_point(|place| *place < pairs));
        for next in Interval::union(later.into_iter().map(|i| Interval { from: i.from.max(cut), ..i })) {
            self.append(next);
        }
    }

    fn append(&mut self, next: Interval) {
        let before = self.list.len();
        let pause = self.list.last().map(|last| next.from.since(last.to));
        Interval::append(&mut self.list, next);
        if self.list.len() > before && pause.is_some_and(|pause| pause >= self.pause) {
            self.long.push(before - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_list() -> impl Strategy<Value = Vec<Interval>> {
        let one = (0_i64..60, 0_i64..6).prop_map(|(from, long)| Interval { from: Ms(from), to: Ms(from + long) });
        prop::collection::vec(one, 0..12)
    }

    proptest! {
        #[test]
        fn a_renewed_list_is_the_union_of_what_stayed_and_what_came(
            first in any_list(),
            rounds in prop::collection::vec((any_list(), -5_i64..70), 1..6),
        ) {
            let whole = Ms(i64::MIN);
            let (mut kept, mut plain) = (Stretches::new(Span(4)), Interval::union(first.clone()));
            kept.renew(whole, first);
            for (later, cut) in rounds {
                let cut = Ms(cut);
                let before = Interval::within(plain, Interval { from: whole, to: cut });
                let after = Interval::within(later.clone(), Interval { from: cut, to: Ms(i64::MAX) });
                plain = Interval::union(before.into_iter().chain(after));
                kept.renew(cut, later);
                prop_assert_eq!(kept.all(), &plain[..]);
                let long = |pair: &[Interval]| pair[1].from.since(pair[0].to) >= Span(4);
                let expected: Vec<usize> = plain.windows(2).enumerate().filter(|(_, p)| long(p)).map(|(i, _)| i).collect();
                prop_assert_eq!(kept.long_pauses().collect::<Vec<_>>(), expected);
            }
        }
    }
}
