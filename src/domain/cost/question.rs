//! What pricing needs to know of an incident, as plain values.

use crate::domain::base::{Interval, Ms, Text};
use chrono::Datelike;
use rust_decimal::Decimal;

/// Transactions of one revenue stream that failed, as counted over the impact intervals.
#[derive(Clone, Debug, PartialEq)]
pub struct Counted {
    /// Observed count.
    pub failed: f64,
    /// Least that can have failed; never above `failed` when used.
    pub low: f64,
    /// Most that can have failed (restarts hide some).
    pub high: f64,
    /// The stretches over which was counted: the incident's bad intervals.
    pub intervals: Vec<Interval>,
    /// Series that were added up.
    pub series: usize,
    /// Evaluation steps within the intervals that had samples.
    pub samples: usize,
    /// Where the samples came from: an address without credentials, or a file.
    pub source: Text,
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

/// Everything pricing needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CostQuestion {
    /// Services of the incident: they choose the revenue streams.
    pub services: Vec<Text>,
    /// What was counted, per stream.
    pub streams: Vec<StreamCount>,
    /// Who worked on it; empty when nobody is known.
    pub responders: Vec<Responder>,
    /// The month it is booked in, `2026-03` (see [`month_of`]).
    pub booked_month: Option<Text>,
}

/// The month in UTC that holds an instant: `2026-03`. `None` outside the calendar.
pub fn month_of(at: Ms) -> Option<Text> {
    at.utc().map(|t| format!("{:04}-{:02}", t.year(), t.month()).into())
}

/// A count as an exact decimal, read from its shortest text. `None` for NaN, infinite, negative and astronomic counts.
pub(super) fn exact(count: f64) -> Option<Decimal> {
    let value: Decimal = count.to_string().parse().ok()?;
    (value >= Decimal::ZERO).then(|| value.normalize())
}
