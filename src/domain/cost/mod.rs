//! What an incident cost: priced lines with formula, inputs and basis.
//!
//! Deliberately absent: where inputs come from; they are handed in.

pub mod sheet;

pub use sheet::{Basis, CostInput, CostLine, CostSheet};
