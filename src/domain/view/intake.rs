//! What other tools tell burnledger, before it has a place in the ledger.

use crate::domain::base::{Ms, Severity, Text};
use crate::domain::incident::HeardAlert;

/// An alert of another tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundAlert {
    /// The service it is about.
    pub service: Text,
    /// What it says.
    pub alert: HeardAlert,
    /// How bad it is, in our words.
    pub severity: Severity,
    /// Since when.
    pub starts_at: Option<Ms>,
    /// Names this telling of it: the same one twice is recorded once.
    pub id: Text,
}
