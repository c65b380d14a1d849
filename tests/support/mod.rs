//! What live tests share: free ports, processes that die with their guard, waiting with a limit, the three servers,
//! and the program itself.
//!
//! Deliberately absent: fixed ports and fixed pauses. A missing binary skips a test aloud, or fails it when
//! `BURNLEDGER_REQUIRE_SERVERS=1`.

#![allow(dead_code, unused_imports, reason = "each test folder uses its own part")]

mod guard;
mod program;
mod servers;

pub(crate) use guard::{Guard, free_port, http, require, wait_until};
pub(crate) use program::run;
pub(crate) use servers::{Alertmanager, Prometheus, VictoriaMetrics};
