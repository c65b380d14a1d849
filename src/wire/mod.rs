//! Stored and sent forms: entries with versions, status, incidents, cost.
