//! The engine simulated with seeds, faults and an auditor.
