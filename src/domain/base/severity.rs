//! Severity: P0 and P1 page a person, P2 makes a ticket.

use std::fmt;

/// How bad it is. Greater means worse, so `max` picks the highest that fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// A ticket: someone looks in working hours.
    P2,
    /// A page: someone looks now.
    P1,
    /// A page: everything else stops.
    P0,
}

impl Severity {
    /// All severities, worst first.
    pub const ALL: [Self; 3] = [Self::P0, Self::P1, Self::P2];

    /// The name in files and on screens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::P0 => "P0",
            Self::P1 => "P1",
            Self::P2 => "P2",
        }
    }

    /// Reads `P0`, `P1` or `P2`.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == text)
    }

    /// True for the severities that wake a person.
    pub const fn pages(self) -> bool {
        matches!(self, Self::P0 | Self::P1)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
