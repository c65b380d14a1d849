//! Files in and out: SLO files, business files, policies.
