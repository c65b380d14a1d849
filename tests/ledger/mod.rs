//! The contract every ledger keeps, run against each of them.
