//! The system's clocks behind the port, and a clock that is moved by hand for tests and replays.
//!
//! Deliberately absent: any other reading of a clock; nothing else in the program knows the time by itself.

use crate::domain::base::{Mono, Ms, Now, Span};
use crate::ports::{Clock, Job};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// Clocks whose monotonic reading starts at zero now.
    #[expect(clippy::disallowed_methods, reason = "the one reader of clocks")]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }

    fn mono(&self) -> Mono {
        Mono(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one reader of clocks")]
    fn now(&self) -> Now {
        // A clock set before 1970 reads as 1970: no rule of the field needs earlier times.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Now { wall: Ms(i64::try_from(wall.as_millis()).unwrap_or(i64::MAX)), mono: self.mono() }
    }

    fn sleep_until(&self, at: Mono) -> Job<'_, ()> {
        let wait = Duration::from_millis(at.0.saturating_sub(self.mono().0));
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock that stands still until it is moved. Sleepers wake when it reaches their time.
#[derive(Debug)]
pub struct ManualClock {
    now: watch::Sender<Now>,
    sleepers: Mutex<BTreeMap<u64, Mono>>,
    next: AtomicU64,
    /// A sleeper moves the clock to its own time at once, so that nothing waits.
    eager: bool,
}

impl ManualClock {
    /// A clock that shows `wall`, with its monotonic reading at zero.
    pub fn new(wall: Ms) -> Self {
        let now = Now { wall, mono: Mono(0) };
        Self { now: watch::Sender::new(now), sleepers: Mutex::default(), next: AtomicU64::new(0), eager: false }
    }

    /// The same, but whoever sleeps moves the clock to the end of the sleep: for tests that wait for nobody.
    pub fn eager(wall: Ms) -> Self {
        Self { eager: true, ..Self::new(wall) }
    }

    /// Moves both readings on.
    pub fn advance(&self, span: Span) {
        self.now.send_modify(|now| *now = Now { wall: now.wall + span, mono: now.mono + span });
    }

    /// Moves both readings on to a wall time; an earlier one changes nothing.
    pub fn advance_to(&self, wall: Ms) {
        let ahead = wall.since(self.now.borrow().wall);
        self.advance(ahead);
    }

    /// Sets the wall clock alone, as an administrator or a time server does.
    pub fn set_wall(&self, wall: Ms) {
        self.now.send_modify(|now| now.wall = wall);
    }

    /// The earliest time somebody sleeps for.
    pub fn next_wake(&self) -> Option<Mono> {
        self.sleepers().values().min().copied()
    }

    fn sleepers(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Mono>> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn sleep(&self, at: Mono) {
        if self.eager {
            let ahead = at.0.saturating_sub(self.now().mono.0);
            self.advance(Span(i64::try_from(ahead).unwrap_or(i64::MAX)));
        }
        let mut changes = self.now.subscribe();
        let _listed = Listed::new(self, at);
        // The sender lives as long as `self`, so this ends only when the time has come.
        let _ = changes.wait_for(|now| now.mono >= at).await;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Now {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: Mono) -> Job<'_, ()> {
        Box::pin(self.sleep(at))
    }
}

/// A clock that starts at a chosen wall time and runs faster (or slower) than the machine's: for replays.
///
/// Both readings run at the same speed, so everything that waits waits in the replay's time. The wall clock may be told to
/// stand still at an end, where there is no more to replay; whoever waits still wakes.
#[derive(Debug)]
pub struct ScaledClock {
    real: SystemClock,
    start: Ms,
    end: Option<Ms>,
    speed: f64,
}

impl ScaledClock {
    /// A clock that shows `start` now and moves `speed` times as fast as real time; speeds below 0.001 count as 0.001.
    pub fn new(start: Ms, speed: f64) -> Self {
        Self { real: SystemClock::new(), start, end: None, speed: if speed.is_finite() { speed.max(0.001) } else { 1.0 } }
    }

    /// The same, with a wall clock that stands still at `end`.
    #[must_use]
    pub fn until(self, end: Ms) -> Self {
        Self { end: Some(end), ..self }
    }

    fn mono(&self) -> Mono {
        Mono((self.real.mono().0 as f64 * self.speed) as u64)
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Now {
        let mono = self.mono();
        let wall = self.start + Span(i64::try_from(mono.0).unwrap_or(i64::MAX));
        Now { wall: self.end.map_or(wall, |end| wall.min(end)), mono }
    }

    fn sleep_until(&self, at: Mono) -> Job<'_, ()> {
        let wait = at.0.saturating_sub(self.mono().0) as f64 / self.speed;
        Box::pin(tokio::time::sleep(Duration::from_millis(wait.ceil() as u64)))
    }
}

/// A sleeper in the list; it leaves the list also when its future is dropped.
struct Listed<'a> {
    clock: &'a ManualClock,
    number: u64,
}

impl<'a> Listed<'a> {
    fn new(clock: &'a ManualClock, at: Mono) -> Self {
        let number = clock.next.fetch_add(1, Ordering::Relaxed);
        clock.sleepers().insert(number, at);
        Self { clock, number }
    }
}

impl Drop for Listed<'_> {
    fn drop(&mut self) {
        self.clock.sleepers().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[tokio::test]
    async fn a_scaled_clock_runs_at_its_speed() {
        let clock = ScaledClock::new(Ms::from_secs(1_000), 1000.0);
        assert!(clock.now().wall >= Ms::from_secs(1_000));
        let wake = clock.now().mono + Span::from_secs(20);
        clock.sleep_until(wake).await;
        let now = clock.now();
        assert!(now.mono >= wake, "20 s of the replay have passed within 20 ms");
        assert_eq!(now.wall.since(Ms::from_secs(1_000)).millis(), now.mono.0, "both readings move together");
    }

    #[tokio::test]
    async fn a_scaled_clock_stands_still_at_its_end_and_still_wakes() {
        let end = Ms::from_secs(1_010);
        let clock = ScaledClock::new(Ms::from_secs(1_000), 1000.0).until(end);
        for _ in 0..3 {
            let wake = clock.now().mono + Span::from_secs(10);
            clock.sleep_until(wake).await;
            assert!(clock.now().mono >= wake, "who waits still wakes");
        }
        assert_eq!(clock.now().wall, end, "after the end nothing happens any more, so no time passes");
    }

    #[test]
    fn the_system_clock_moves_and_never_back() {
        let clock = SystemClock::new();
        let (a, b) = (clock.now(), clock.now());
        assert!(b.mono >= a.mono);
        assert!(a.wall > Ms::parse_rfc3339("2024-01-01T00:00:00Z").unwrap());
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_hand_moves_past_its_time() {
        let clock = Arc::new(ManualClock::new(Ms::from_secs(1000)));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(Mono(5000)).await }
        });
        while clock.next_wake() != Some(Mono(5000)) {
            tokio::task::yield_now().await;
        }
        clock.advance(Span(4999));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(Span(1));
        sleeper.await.unwrap();
        assert_eq!(clock.now(), Now { wall: Ms(1_005_000), mono: Mono(5000) });
        assert_eq!(clock.next_wake(), None);
    }

    #[tokio::test]
    async fn an_eager_clock_lets_nobody_wait() {
        let clock = ManualClock::eager(Ms(0));
        clock.sleep_until(Mono(60_000)).await;
        assert_eq!(clock.now().wall, Ms(60_000));
        clock.set_wall(Ms(5));
        assert_eq!(clock.now(), Now { wall: Ms(5), mono: Mono(60_000) });
        clock.advance_to(Ms(4));
        assert_eq!(clock.now().wall, Ms(5));
    }
}
