//! Receivers and the courier against real HTTP servers that answer well and badly.

mod bench;
mod combined;
mod courier;
mod crooked;
mod limits;

mod survives;
mod webhook;
