//! The one table of our own metric names.
