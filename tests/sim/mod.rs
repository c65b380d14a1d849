//! The engine simulated over generated samples, in virtual time, with a memory ledger.
//!
//! `past` makes a history from a seed, `faulty` ports that fail, `play` runs the engine through both, `audit` holds the laws.

mod again;
mod audit;
mod clocks;
mod crowd;
pub(crate) mod faulty;
mod history;
mod held;
mod outage;
pub(crate) mod past;
mod play;
mod priced;
mod seeds;
mod storm;
mod town;
mod tree;
mod union;
