//! YAML with places: documents as trees whose every value knows its bytes, and a reader that collects all problems.
//!
//! The only door for serde-saphyr. Deliberately absent: deserialising into structs (it stops at the first problem and turns
//! numbers into floats), and what the fields mean.

mod compose;
mod locate;
mod node;
mod read;
mod source;
mod suggest;

pub use compose::{Documents, MAX_DEPTH, MAX_NODES, compose};
pub use locate::locate;
pub use node::{Entry, Node, Style, Value};
pub use read::{Fields, Findings, parse_decimal};
pub use source::{MAX_BYTES, Source, column_in_excerpt};
pub use suggest::suggest;
