//! Holds: how long something has been true (SEMANTICS 5).
//!
//! Met when every evaluated sample across a span of at least the hold is true. A missing sample neither advances nor
//! restarts it; one false sample restarts it.

use crate::domain::base::{Ms, Span};

/// A condition over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hold {
    since: Option<Ms>,
    held: Span,
    count: u32,
    last: Option<Ms>,
}

impl Hold {
    /// Takes the sample at `at`; `None` when it is missing. Evaluations that were left out count as missing ones.
    pub fn push(&mut self, at: Ms, sample: Option<bool>, step: Span) {
        let passed = self.last.replace(at).map_or(step, |last| at.since(last));
        match sample {
            Some(true) if self.since.is_some() => self.held = self.held + passed.min(step),
            Some(true) => (self.since, self.held) = (Some(at), Span::ZERO),
            Some(false) => (self.since, self.held) = (None, Span::ZERO),
            None => {}
        }
        self.count = match sample {
            Some(true) => self.count.saturating_add(1),
            Some(false) => 0,
            None => self.count,
        };
    }

    /// Since when it has been true without a false sample.
    pub const fn since(&self) -> Option<Ms> {
        self.since
    }

    /// How many samples in a row were true; a missing one neither counts nor breaks the row.
    pub const fn in_a_row(&self) -> u32 {
        self.count
    }

    /// True for at least `hold`.
    pub fn is_met(&self, hold: Span) -> bool {
        self.since.is_some() && self.held >= hold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One letter a step of 15 s: T, F, or `.` for a missing one. Out: `!` where a hold of 30 s is met.
    fn check(samples: &str, met: &str) {
        let mut hold = Hold::default();
        let told: String = samples
            .chars()
            .enumerate()
            .map(|(i, c)| {
                let sample = (c != '.').then_some(c == 'T');
                hold.push(Ms::from_secs(15 * i as i64), sample, Span::from_secs(15));
                if hold.is_met(Span::from_secs(30)) { '!' } else { '-' }
            })
            .collect();
        assert_eq!(told, met, "{samples}");
    }

    #[test]
    fn a_hold_needs_every_sample_across_its_span() {
        check("TTTT", "--!!");
        check("TTFTTT", "-----!");
        check("FTTTF", "---!-");
    }

    #[test]
    fn a_missing_sample_neither_advances_nor_restarts_it() {
        check("TT..T", "----!");
        check("T...T", "-----");
        check("TTT..T", "--!!!!");
        check("TT.FTT", "------");
    }

    #[test]
    fn true_samples_in_a_row_are_counted_over_missing_ones() {
        let mut hold = Hold::default();
        let rows: Vec<u32> = "TT.TFT"
            .chars()
            .enumerate()
            .map(|(i, c)| {
                hold.push(Ms::from_secs(15 * i as i64), (c != '.').then_some(c == 'T'), Span::from_secs(15));
                hold.in_a_row()
            })
            .collect();
        assert_eq!(rows, [1, 2, 2, 3, 0, 1]);
    }

    #[test]
    fn evaluations_left_out_are_missing_ones() {
        let mut hold = Hold::default();
        hold.push(Ms::from_secs(0), Some(true), Span::from_secs(15));
        hold.push(Ms::from_secs(3600), Some(true), Span::from_secs(15));
        assert!(!hold.is_met(Span::from_secs(30)));
        assert_eq!(hold.since(), Some(Ms::from_secs(0)));
    }
}
