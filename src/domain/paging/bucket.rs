//! A token bucket per receiver: how many messages it takes before it starts refusing.
//!
//! A share of every bucket is kept for what may not wait (first pages and P0), so that a run of updates cannot spend the
//! token that a new P0 needs.

use crate::domain::base::{Mono, Span};

/// How many messages a receiver takes in how long: 20 a minute, 5 a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// So many.
    pub count: u32,
    /// In so long.
    pub per: Span,
}

impl Limit {
    /// So many a minute.
    pub const fn per_minute(count: u32) -> Self {
        Self { count, per: Span::from_mins(1) }
    }
}

/// A bucket with its level; time is handed in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    capacity: f64,
    per_ms: f64,
    tokens: f64,
    at: Mono,
}

impl Bucket {
    /// A full bucket.
    pub fn new(limit: Limit, now: Mono) -> Self {
        let capacity = f64::from(limit.count.max(1));
        Self { capacity, per_ms: capacity / limit.per.millis().max(1) as f64, tokens: capacity, at: now }
    }

    /// Takes a token.
    ///
    /// # Errors
    /// The bucket is short: how long until it would not be. What is not urgent leaves a fifth of the bucket alone.
    pub fn take(&mut self, now: Mono, urgent: bool) -> Result<(), Span> {
        let passed = now.0.saturating_sub(self.at.0) as f64;
        self.tokens = passed.mul_add(self.per_ms, self.tokens).min(self.capacity);
        self.at = now;
        let need = 1.0 + if urgent { 0.0 } else { self.reserve() };
        if self.tokens + 1e-9 >= need {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Span((((need - self.tokens) / self.per_ms).ceil() as i64).max(1)))
    }

    /// Tokens that only urgent messages may take; none of a bucket so small that nothing else would ever leave.
    fn reserve(&self) -> f64 {
        if self.capacity < 5.0 { 0.0 } else { (self.capacity / 5.0).floor() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn updates_leave_a_reserve_for_what_may_not_wait() {
        let mut bucket = Bucket::new(Limit::per_minute(20), Mono(0));
        let sent = (0..40).filter(|_| bucket.take(Mono(0), false).is_ok()).count();
        assert_eq!(sent, 16);
        let urgent = (0..40).filter(|_| bucket.take(Mono(0), true).is_ok()).count();
        assert_eq!(urgent, 4);
        assert_eq!(bucket.take(Mono(0), true), Err(Span(3_000)), "a token every three seconds");
        assert_eq!(bucket.take(Mono(3_000), true), Ok(()));
    }

    proptest! {
        #[test]
        fn never_more_than_the_limit_and_waiting_as_told_is_enough(
            count in 1_u32..200, secs in 1_i64..120, steps in proptest::collection::vec((0_u64..5_000, any::<bool>()), 1..200)
        ) {
            let limit = Limit { count, per: Span::from_secs(secs) };
            let mut bucket = Bucket::new(limit, Mono(0));
            let (mut now, mut taken) = (Mono(0), 0_u32);
            for (step, urgent) in steps {
                now = Mono(now.0 + step);
                match bucket.take(now, urgent) {
                    Ok(()) => taken += 1,
                    Err(wait) => {
                        let mut later = bucket;
                        prop_assert!(later.take(now + wait, urgent).is_ok());
                    }
                }
            }
            let most = f64::from(count) * (1.0 + now.0 as f64 / (secs as f64 * 1000.0));
            prop_assert!(f64::from(taken) <= most + 1e-6);
        }
    }
}
