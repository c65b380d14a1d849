//! Judging: windows, burn rates, tiers, guards and breach rules, in numbers. Words come at the edge.

mod beside;
mod breach;
mod budget;
mod burn;
pub mod composite;
pub mod guards;
pub mod hold;
pub mod kernel;
pub mod verdict;

pub use beside::Beside;
pub use composite::{CompositeJudge, Part};
pub use hold::Hold;
pub use kernel::{Judge, Lull, state_of, window_spans};
pub use verdict::{
    BreachVerdict, BudgetStatus, HeldBack, LatencyStatus, Quantile, Reason, ReasonCode, RuleRef, TierVerdict, TrackState,
    Verdict, WindowStatus,
};
