//! The engine: a pure step, its drivers, and the courier of the outbox.

pub mod courier;
