//! The engine: a pure step, its drivers, and the courier of the outbox.
//!
//! `board` holds feeds and verdicts, `steer` turns verdicts into facts and pages, `step` joins them into the one function
//! that everything runs through: the live watch, a replay, a simulation and a backtest differ only in their driver.

mod beside;
pub mod board;
pub mod courier;
pub mod draft;
pub mod event;
pub mod fast;
pub mod harm;
pub mod hold;
pub mod health;
pub mod join;
mod keeping;
pub mod live;
pub mod look;
pub mod next;
pub mod pages;
pub mod past;
pub mod pricing;
pub mod reading;
pub mod rows;
pub mod signals;
pub mod sparks;
pub mod state;
pub mod steer;
pub mod step;
