//! Puts the house together: builds, supervises, reloads.

pub mod desk;
