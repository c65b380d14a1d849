//! The configuration file and the options that override it.
