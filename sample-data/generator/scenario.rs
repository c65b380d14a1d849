//! A scenario: the world it plays in, its story, and what is promised about its service.

use super::count::Indicator;
use super::world::{Gap, Restart, Story, World};

/// A page rule of the scenario's SLO file, as far as the truth needs it.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) severity: &'static str,
    /// Compared with the level over one minute: the ratio of the primary indicator, or its 99th percentile in seconds.
    pub(crate) level: f64,
    pub(crate) hold: i64,
    pub(crate) p99: bool,
}

/// What a failed transaction is worth: the numbers of the scenario's business file.
pub(crate) struct Price {
    pub(crate) stream: &'static str,
    /// Which indicator's bad events are failed transactions.
    pub(crate) failed: usize,
    pub(crate) currency: &'static str,
    pub(crate) cents: i128,
    pub(crate) recovered_percent: i128,
    /// What else the business file prices.
    pub(crate) others: Vec<Other>,
}

/// Lines beside lost revenue, by the downtime of the impact. Amounts are hundredths of the currency.
pub(crate) enum Other {
    /// Credits of a contract in the month of the incident: fees of all customers, the month's length, and bounds (uptime in
    /// millionths, per cent of the fee) from the highest to the lowest.
    Credits { subject: &'static str, fees: i128, month_seconds: i128, tiers: &'static [(i128, i128)] },
    /// A share of a base cost an hour, as long as the impact lasts.
    Capacity { subject: &'static str, an_hour: i128, extra_percent: i128 },
}

/// Everything the generator needs.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) seed: u64,
    pub(crate) world: World,
    pub(crate) story: Box<dyn Story>,
    /// The first one is the primary: its bad minutes are the impact.
    pub(crate) indicators: Vec<Indicator>,
    /// Error budget of the primary indicator, 1 - target.
    pub(crate) budget: f64,
    pub(crate) rules: Vec<Rule>,
    /// Buckets of the histogram behind a p99 rule: upper bound and series of every process.
    pub(crate) buckets: Vec<(f64, Vec<usize>)>,
    pub(crate) price: Price,
    pub(crate) onset: i64,
    pub(crate) end: i64,
}

/// Seconds since the epoch of an instant in UTC.
pub(crate) const fn at(year: i64, month: i64, day: i64, hour: i64, minute: i64, second: i64) -> i64 {
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * y + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400) + (153 * m + 2) / 5 + day - 1 - 719_468;
    days * 86_400 + hour * 3600 + minute * 60 + second
}

/// A release that restarts both processes, one after the other.
pub(crate) fn release(first: i64) -> [Restart; 2] {
    [Restart { instance: 0, at: first, down: 9 }, Restart { instance: 1, at: first + 45, down: 8 }]
}

/// A gap for both processes: the collector itself was away.
pub(crate) fn away(from: i64, to: i64) -> [Gap; 2] {
    [Gap { instance: 0, from, to }, Gap { instance: 1, from, to }]
}

/// How the traffic of a second is shared: evenly among the processes that run.
pub(crate) fn share(rate: f64, up: &[bool], instance: usize) -> f64 {
    let running = up.iter().filter(|u| **u).count();
    if running == 0 || !up[instance] { 0.0 } else { rate / running as f64 }
}
