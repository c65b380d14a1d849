//! The three incidents.

pub(crate) mod connection_pool;
pub(crate) mod read_only_primary;
pub(crate) mod resize_storm;
