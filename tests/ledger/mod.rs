//! The contract every ledger keeps, run against each of them.

mod contract;
mod crash;
pub(crate) mod make;
