//! The contract every ledger keeps, run against each of them.

mod contract;
mod crash;
mod killed;
pub(crate) mod make;
