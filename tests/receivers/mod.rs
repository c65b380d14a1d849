//! Receivers and the courier against real HTTP servers that answer well and badly.
