//! The ground floor: values of the field and the rules over them, synchronous and pure.
//!
//! Nothing here does IO, reads a clock, draws randomness, awaits or knows serde; time and chance come in as arguments.
//! Subfolders import only from those above them in this list (cost stands before incident: an entry may hold a cost sheet,
//! and costing takes plain intervals).

// rustfmt must not sort these: the order is the rule.
pub mod base;
pub mod measure;
pub mod objective;
pub mod judge;
pub mod cost;
pub mod incident;
pub mod paging;
pub mod review;
pub mod view;
