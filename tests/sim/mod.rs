//! The engine simulated over generated samples, in virtual time, with a memory ledger.

mod outage;
mod town;
mod tree;
