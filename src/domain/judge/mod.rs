//! Judging: windows, burn rates, tiers, guards and breach rules, in numbers. Words come at the edge.

pub mod verdict;

pub use verdict::{
    BreachVerdict, BudgetStatus, HeldBack, LatencyStatus, Quantile, Reason, ReasonCode, RuleRef, TierVerdict, TrackState,
    Verdict, WindowStatus,
};
