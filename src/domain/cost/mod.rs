//! What an incident cost: priced lines with formula, inputs and basis.
//!
//! Deliberately absent: where inputs come from; counts, intervals and people are handed in.

pub mod sheet;
pub mod question;
pub mod exchange;
pub mod share;
pub mod record;
pub mod revenue;
pub mod labour;
pub mod price;
pub mod rate;
pub mod estimate;
mod compare;
mod contract;
mod side;

pub use compare::{Difference, differences};
pub use estimate::{Estimate, Estimated, estimate};
pub use labour::Effort;
pub use price::{price, record};
pub use question::{
    Amounts, CostQuestion, Counted, OtherImpact, ReboundCounts, ReplicaCount, Responder, SeasonalCounts, StreamCount, exact,
    minutes, month_of,
};
pub use rate::{PartRate, RateQuestion, rate_per_minute, rates_per_minute};
pub use record::{CostRecord, Priced, Trace};
pub use revenue::BUCKET_MINUTES;
pub use share::Share;
pub use sheet::{Basis, CostInput, CostLine, CostSheet, Restates};

#[cfg(test)]
mod tests;
