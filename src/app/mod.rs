//! Puts the house together: builds, supervises, reloads.
