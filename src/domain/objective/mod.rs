//! What was promised and what to do when it is not kept: SLOs, policies, breach rules, the business, and the rulebook of
//! all of them.
//!
//! Deliberately absent: reading files (see `formats`) and judging samples (see `judge`).

pub mod breach;
pub mod business;
pub mod exclusion;
pub mod change;
pub mod policy;
pub mod premium;
pub mod preset;
pub mod rulebook;
pub mod slo;

pub use crate::domain::measure::{Births, Side};
pub use breach::{BreachRule, Confirm, Level, Percentile, Signal, Spike};
pub use business::{
    Assumption, Business, CapacityHow, CapacityPrice, Consequence, ConsequenceKind, Contract, Counter, CreditTier, ExchangeRate,
    Labour, RevenueStream, SeasonalRules, StreamMethod, ValueIs,
};
pub use change::Change;
pub use exclusion::{Exclusion, Excused};
pub use policy::{Policy, Tier};
pub use premium::{DayZone, Premium};
pub use preset::{Convention, Form, Indicator, Preset};
pub use rulebook::{Rulebook, ServiceInfo, Timing};
pub use slo::{BudgetMethod, Combine, Composite, Guards, Mode, Period, Sli, Slo};
