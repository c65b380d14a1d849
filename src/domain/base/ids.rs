//! Names and numbers that identify things.

use std::fmt;
use std::sync::Arc;

/// Shared immutable text: names are cloned often and changed never.
pub type Text = Arc<str>;

/// An SLO: `service/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SloId(pub Text);

impl SloId {
    /// The id of the SLO `name` of `service`.
    pub fn new(service: &str, name: &str) -> Self {
        Self(format!("{service}/{name}").into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SloId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An incident's number in its ledger, from 1. People see `INC-0017`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncidentId(pub u64);

impl IncidentId {
    /// Reads `17`, `INC-17` or `inc-0017`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = match text.get(..4) {
            Some(head) if head.eq_ignore_ascii_case("inc-") => &text[4..],
            _ => text,
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok().filter(|n| *n > 0).map(Self)
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "INC-{:04}", self.0)
    }
}

/// Position of an entry in a ledger, from 1 without gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u64);

/// Names one commit, so that a repeated one returns the first result. Random, handed in by the caller.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CommitId(pub Text);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incident_numbers_are_read_in_every_form_people_type() {
        for text in ["17", "INC-17", "inc-0017", "0017"] {
            assert_eq!(IncidentId::parse(text), Some(IncidentId(17)), "{text}");
        }
        for text in ["", "0", "INC-", "x17", "-1", "1e3", "ünc-1"] {
            assert_eq!(IncidentId::parse(text), None, "{text}");
        }
        assert_eq!(IncidentId(17).to_string(), "INC-0017");
    }
}
