//! burnledger: watches service-level objectives against Prometheus, says how bad things are and why, pages people, keeps a
//! ledger of incidents and says what each one cost.
//!
//! This file is the map of the house. Floors are listed from the ground up; a room may use only what ARCHITECTURE.md's
//! arrows allow, and `tests/tidy.rs` checks it.

// Ground: values and rules. No IO, no clock, no async, no serde.
pub mod chart;
pub mod domain;
pub mod query;
pub mod words;

// Landing: the traits that edges implement, and the names of our own metrics.
pub mod ports;
pub mod telemetry;

// Cellar: tools every edge shares.
pub mod kit;
pub mod wire;

// Edges: one side of a port each.
pub mod attach;
pub mod clock;
pub mod collector;
pub mod config;
pub mod formats;
pub mod ledger;
pub mod notify;
pub mod slices;

// The engine and the use cases.
pub mod engine;
pub mod jobs;

// Stairwell and roof.
pub mod app;
pub mod cli;
pub mod report;
pub mod serve;
pub mod tui;
