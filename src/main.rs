//! Parses arguments and runs a verb; the rest is the library.

fn main() {}
