//! The circuit: after repeated failures a source is left alone for a while, then tried by one request.
//!
//! A state machine that is told the time and its chance. Deliberately absent: waiting; whoever asks while the circuit is open
//! gets the time of the next try.

use crate::domain::base::{Mono, Ms, Now, Span};

/// When a circuit opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row that open it.
    pub failures: u32,
    /// How long it stays open at first; doubled each time the try afterwards fails.
    pub open: Span,
    /// Longest time it stays open.
    pub longest: Span,
}

impl Default for BreakerSettings {
    /// Five failures, 5 s, at most a minute.
    fn default() -> Self {
        Self { failures: 5, open: Span::from_secs(5), longest: Span::from_mins(1) }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Closed,
    Open {
        until: Mono,
        wall: Ms,
    },
    /// One request is under way; should it vanish without an answer, another may go after `again`.
    Probing {
        again: Mono,
    },
}

/// A circuit.
#[derive(Clone, Debug)]
pub(super) struct Breaker {
    settings: BreakerSettings,
    state: State,
    failures: u32,
    openings: u32,
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings) -> Self {
        Self { settings, state: State::Closed, failures: 0, openings: 0 }
    }

    /// May a request go now? Otherwise the time of the next try.
    pub(super) fn admit(&mut self, now: Now) -> Result<(), Ms> {
        let again = now.mono + self.settings.longest;
        match self.state {
            State::Closed => Ok(()),
            State::Open { until, .. } if now.mono >= until => {
                self.state = State::Probing { again };
                Ok(())
            }
            State::Open { wall, .. } => Err(wall),
            State::Probing { again: due } if now.mono >= due => {
                self.state = State::Probing { again };
                Ok(())
            }
            State::Probing { again } => Err(now.wall + between(now.mono, again)),
        }
    }

    /// Somebody wants to know at once: requests go, and the first one that fails opens it again for as long as it would have
    /// been next.
    pub(super) fn hurry(&mut self) {
        self.state = State::Closed;
    }

    /// The source answered, be it with a refusal: it is alive.
    pub(super) fn alive(&mut self) {
        *self = Self::new(self.settings);
    }

    /// The source failed. `jitter` is 0.5 to 1.5; `at_least` is what the server itself asked for.
    pub(super) fn failed(&mut self, now: Now, at_least: Option<Span>, jitter: f64) {
        self.failures = self.failures.saturating_add(1);
        let probing = matches!(self.state, State::Probing { .. });
        if probing || (self.state == State::Closed && self.failures >= self.settings.failures) {
            let doubled = self.settings.open.0.saturating_mul(1 << self.openings.min(20));
            let span = Span(((doubled as f64 * jitter) as i64).min(self.settings.longest.0)).max(at_least.unwrap_or(Span::ZERO));
            self.openings += 1;
            self.state = State::Open { until: now.mono + span, wall: now.wall + span };
        }
    }

    /// When the next try may be made, while the circuit is open.
    pub(super) fn next_try(&self) -> Option<Ms> {
        match self.state {
            State::Open { wall, .. } => Some(wall),
            _ => None,
        }
    }

    /// Failures since the last answer.
    pub(super) fn failures(&self) -> u32 {
        self.failures
    }
}

fn between(from: Mono, to: Mono) -> Span {
    Span(i64::try_from(to.0.saturating_sub(from.0)).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Now {
        Now { wall: Ms::from_secs(1000 + seconds), mono: Mono(seconds.unsigned_abs() * 1000) }
    }

    fn settings() -> BreakerSettings {
        BreakerSettings { failures: 3, open: Span::from_secs(5), longest: Span::from_secs(30) }
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_tries_by_one_request() {
        let mut breaker = Breaker::new(settings());
        for _ in 0..2 {
            breaker.failed(at(0), None, 1.0);
        }
        breaker.alive();
        for _ in 0..2 {
            breaker.failed(at(0), None, 1.0);
        }
        assert_eq!(breaker.admit(at(0)), Ok(()));
        breaker.failed(at(0), None, 1.0);
        assert_eq!(breaker.admit(at(4)), Err(Ms::from_secs(1005)));
        assert_eq!(breaker.next_try(), Some(Ms::from_secs(1005)));
        assert_eq!(breaker.admit(at(5)), Ok(()));
        assert_eq!(breaker.admit(at(5)), Err(Ms::from_secs(1035)), "one try at a time");
        breaker.failed(at(6), None, 1.0);
        assert_eq!(breaker.admit(at(15)), Err(Ms::from_secs(1016)), "doubled");
        assert_eq!(breaker.admit(at(16)), Ok(()));
        breaker.alive();
        assert_eq!((breaker.admit(at(16)), breaker.failures(), breaker.next_try()), (Ok(()), 0, None));
    }

    #[test]
    fn the_time_has_a_ceiling_and_the_servers_wish_counts() {
        let mut breaker = Breaker::new(settings());
        let mut now = 0;
        for opening in 0..10 {
            for _ in 0..3 {
                breaker.failed(at(now), None, 1.0);
            }
            let next = breaker.next_try().unwrap();
            assert!(next.since(at(now).wall) <= Span::from_secs(30), "opening {opening}");
            now += 30;
            assert_eq!(breaker.admit(at(now)), Ok(()));
        }
        breaker.failed(at(now), Some(Span::from_secs(90)), 1.0);
        assert_eq!(breaker.next_try().unwrap().since(at(now).wall), Span::from_secs(90));
    }

    #[test]
    fn in_a_hurry_the_next_request_goes_and_a_failure_opens_it_for_longer() {
        let mut breaker = Breaker::new(settings());
        for _ in 0..3 {
            breaker.failed(at(0), None, 1.0);
        }
        assert!(breaker.admit(at(1)).is_err());
        breaker.hurry();
        assert_eq!((breaker.admit(at(1)), breaker.admit(at(1))), (Ok(()), Ok(())), "not one by one");
        breaker.failed(at(2), None, 1.0);
        assert_eq!(breaker.admit(at(3)), Err(Ms::from_secs(1012)), "10 s after the failure, twice the first pause");
    }

    #[test]
    fn a_try_that_vanishes_does_not_block_for_ever() {
        let mut breaker = Breaker::new(settings());
        for _ in 0..3 {
            breaker.failed(at(0), None, 1.0);
        }
        assert_eq!(breaker.admit(at(5)), Ok(()));
        assert!(breaker.admit(at(20)).is_err());
        assert_eq!(breaker.admit(at(35)), Ok(()));
    }
}
