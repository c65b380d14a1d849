//! What an incident cost: priced lines with formula, inputs and basis.
//!
//! Deliberately absent: where inputs come from; counts, intervals and people are handed in.

pub mod sheet;
pub mod question;
pub mod exchange;
pub mod revenue;
pub mod labour;
pub mod price;
pub mod rate;
pub mod estimate;

pub use estimate::{Estimate, Estimated, estimate};
pub use price::price;
pub use question::{CostQuestion, Counted, Responder, StreamCount, month_of};
pub use rate::{RateQuestion, rate_per_minute};
pub use sheet::{Basis, CostInput, CostLine, CostSheet};

#[cfg(test)]
mod tests;
