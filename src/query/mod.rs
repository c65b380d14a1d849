//! PromQL: reading it safely, planning how an SLI is measured, printing, matching labels, and evaluating a stated subset over
//! recorded samples.
//!
//! The only room that knows promql-parser, which sits behind [`guard`]: limits, own durations, own positions, no panic.
//! Deliberately absent: asking a server, and counting samples (see `domain::measure`).

pub mod error;
pub mod ast;
pub mod quote;
pub mod scan;
mod locate;
mod lower;
pub mod guard;
pub mod print;
pub mod re2;
pub mod matcher;
pub mod plan;
pub mod preset;
pub mod doubt;
pub mod eval;

pub use doubt::{Doubt, doubts};
pub use error::{FieldError, QueryError};
pub use eval::{Dialect, EvalError, Evaluator, Memory, Rules, STALE, SeriesRef, SeriesSet, Value, is_stale};
pub use guard::parse;
pub use matcher::SelectorMatcher;
pub use plan::{
    EventsText, plan, plan_count, plan_events, plan_latency, plan_lines, plan_occurrences, plan_ratio, plan_threshold,
};
