//! Values that everything else is made of: time, ratios, money, names and problems.
//!
//! Deliberately absent: anything that knows what an SLO is.

pub mod clean;
pub mod ids;
pub mod interval;
pub mod labels;
pub mod language;
pub mod money;
pub mod ms;
pub mod problem;
pub mod ratio;
pub mod severity;
pub mod span;
pub mod zone;

pub use clean::clean_line;
pub use ids::{CommitId, IncidentId, Seq, SloId, Text};
pub use interval::Interval;
pub use labels::Labels;
pub use language::Language;
pub use money::{Currency, Money};
pub use ms::{Mono, Ms, Now};
pub use problem::{Place, Problem, ProblemLevel};
pub use ratio::Target;
pub use severity::Severity;
pub use span::Span;
pub use zone::{CalendarUnit, Zone};
