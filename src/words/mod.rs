//! What people read: units, money, time and sentences, and escaping for each medium.
//!
//! Every sentence is made whole in one function of this room, from values, so that another language can follow by adding a
//! second form beside the English one (for screens: an entry in the tables of `screen`); no caller glues half-sentences
//! together. Deliberately absent: layout, colour, and reading any clock (the local zone's offset of a *given* instant is looked
//! up, nothing else).

pub mod budget;
pub mod escape;
pub mod fit;
#[cfg(test)]
mod glossary;
pub mod money;
pub mod page;
pub mod plural;
pub mod reason;
pub mod report;
mod retold;
pub mod screen;
pub mod time;
pub mod timeline;
pub mod units;
pub mod width;

pub use reason::{reason, rule};
pub use screen::Words;
pub use time::Zone;
