//! Receivers of pages, one file each.
