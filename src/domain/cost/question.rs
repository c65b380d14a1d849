//! What pricing needs to know of an incident, as plain values.

use super::estimate::{Baseline, Beside};
use super::labour::Effort;
use super::share::Share;
use crate::domain::base::{Interval, Ms, Span, Text};
use chrono::Datelike;
use rust_decimal::Decimal;

/// Orders of a stream against its seasonal baseline, bucket by bucket; buckets are cut to the minutes of the impact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeasonalCounts {
    /// What would have come.
    pub baseline: Baseline,
    /// What came; `None` where nobody knows.
    pub actual: Vec<Option<Decimal>>,
    /// The buckets of the hour before, at the same baseline.
    pub before: Option<Beside>,
    /// What a reader must know of the baseline: why it is a fallback, for instance.
    pub note: Option<Text>,
}

/// Orders that came after the impact, against the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReboundCounts {
    /// Baseline and orders, bucket by bucket.
    pub buckets: Beside,
    /// The level factor of the hour before the impact.
    pub before: Option<Beside>,
    /// The stretch.
    pub over: Interval,
    /// The stretch that was promised has passed.
    pub complete: bool,
}

/// What was counted of a stream, as its method needs it.
#[derive(Clone, Debug, PartialEq)]
pub enum Amounts {
    /// Failed transactions.
    Failed {
        /// Observed count.
        failed: f64,
        /// Least that can have failed; never above `failed` when used.
        low: f64,
        /// Most that can have failed (restarts hide some).
        high: f64,
    },
    /// Events of a kind among all events, in the impact and on the day before: failures for `failed_transactions_excess`,
    /// orders for `conversion_shortfall`.
    Against {
        /// Events in the impact.
        events: f64,
        /// All events in the impact.
        total: f64,
        /// Most events that there can have been (restarts hide some).
        high: f64,
        /// Events on the day before.
        normal_events: f64,
        /// All events on the day before.
        normal_total: f64,
    },
    /// Orders against a baseline.
    Seasonal(SeasonalCounts),
}

/// What was counted of one revenue stream over the impact intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// The counts. Where incidents share the stream, those of all of them together.
    pub amounts: Amounts,
    /// The stretches over which was counted: the incident's bad intervals, or those of all incidents that share.
    pub intervals: Vec<Interval>,
    /// Series that were added up.
    pub series: usize,
    /// Evaluation steps within the intervals that had samples.
    pub samples: usize,
    /// Where the samples came from: an address without credentials, or a file.
    pub source: Text,
    /// What this incident bears of it; absent when no other incident covers a minute of it.
    pub share: Option<Share>,
    /// Orders that came back afterwards, where the stream measures them.
    pub rebound: Option<ReboundCounts>,
}

impl Counted {
    /// Failed transactions that no other incident shares, of which restarts hid none.
    pub const fn failed(failed: f64, intervals: Vec<Interval>, series: usize, samples: usize, source: Text) -> Self {
        let amounts = Amounts::Failed { failed, low: failed, high: failed };
        Self { amounts, intervals, series, samples, source, share: None, rebound: None }
    }
}

/// What is known of one stream: its count, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamCount {
    /// The stream's name in the business file.
    pub stream: Text,
    /// The count, or one sentence on why it is missing.
    pub counted: Result<Counted, Text>,
}

/// A person who worked on the incident, for one stretch of time. The same person may come more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Responder {
    /// The name they gave.
    pub person: Text,
    /// From their first entry on the incident to its mitigation, unless declared.
    pub time: Interval,
    /// The stretch was said by a person rather than taken from the ledger's entries.
    pub declared: bool,
}

/// Bad stretches of another incident, which may lie in the same month as this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherImpact {
    /// Its number, as people write it.
    pub incident: Text,
    /// Its services.
    pub services: Vec<Text>,
    /// Its bad stretches.
    pub intervals: Vec<Interval>,
}

/// Replicas over the impact: how many, and for how many minutes; or why they are not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplicaCount {
    /// The name of the capacity price.
    pub name: Text,
    /// Replicas and minutes.
    pub samples: Result<Vec<(Decimal, Decimal)>, Text>,
    /// Where the samples came from.
    pub source: Text,
}

/// Everything pricing needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CostQuestion {
    /// Services of the incident: they choose revenue streams, contracts and capacity.
    pub services: Vec<Text>,
    /// Its bad stretches.
    pub impact: Vec<Interval>,
    /// What was counted, per stream.
    pub streams: Vec<StreamCount>,
    /// Incidents that came before it: their downtime of the month counts first.
    pub earlier: Vec<OtherImpact>,
    /// Replicas, per metered capacity price.
    pub replicas: Vec<ReplicaCount>,
    /// Who worked on it; empty when nobody is known.
    pub responders: Vec<Responder>,
    /// How many people worked on it and for how long, and who said so; it stands for `responders`.
    pub effort: Option<(Effort, Text)>,
    /// The month it is booked in, `2026-03` (see [`month_of`]).
    pub booked_month: Option<Text>,
    /// The figures may still change until then.
    pub provisional_until: Option<Ms>,
    /// What the counts rest on beside the file's assumptions, one sentence each.
    pub assumptions: Vec<Text>,
}

/// The month in UTC that holds an instant: `2026-03`. `None` outside the calendar.
pub fn month_of(at: Ms) -> Option<Text> {
    at.utc().map(|t| format!("{:04}-{:02}", t.year(), t.month()).into())
}

/// A count as an exact decimal, read from its shortest text. `None` for NaN, infinite, negative and astronomic counts.
pub fn exact(count: f64) -> Option<Decimal> {
    let value: Decimal = count.to_string().parse().ok()?;
    (value >= Decimal::ZERO).then(|| value.normalize())
}

/// Minutes of a span, exact where milliseconds are.
pub fn minutes(span: Span) -> Decimal {
    (Decimal::from(span.0) / Decimal::from(60_000)).normalize()
}
