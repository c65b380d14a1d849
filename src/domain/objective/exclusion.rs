//! Exclusions: maintenance and other spans that the budget forgives, with who said so and why (SEMANTICS 6).
//!
//! An exclusion takes its slices out of every count, now and in the past; taken away again, everything reads as before.
//! It changes no incident that happened and heals nobody: what users met stays in the impact.

use crate::domain::base::{Interval, Ms, Text};
use crate::domain::measure::Exclude;

/// Why some time does not count.
#[derive(Clone, Debug, PartialEq)]
pub struct Exclusion {
    /// When.
    pub when: Exclude,
    /// Why, in the author's words.
    pub reason: Text,
    /// Who says so.
    pub author: Option<Text>,
}

/// One stretch that is left out, with its exclusion.
#[derive(Clone, Debug, PartialEq)]
pub struct Excused<'a> {
    /// The stretch.
    pub time: Interval,
    /// Why.
    pub exclusion: &'a Exclusion,
}

/// Every stretch of `list` that overlaps `(from, to]`, the newest first, at most `most`.
pub fn within(list: &[Exclusion], from: Ms, to: Ms, most: usize) -> Vec<Excused<'_>> {
    let all = list
        .iter()
        .flat_map(|exclusion| exclusion.when.within(from, to).into_iter().map(move |time| Excused { time, exclusion }));
    let mut found: Vec<Excused<'_>> = all.collect();
    found.sort_by_key(|e| std::cmp::Reverse((e.time.from, e.time.to)));
    found.truncate(most);
    found
}
