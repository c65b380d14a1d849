//! Receivers and the courier against real HTTP servers that answer well and badly.

mod alertmanager;
mod bench;
mod combined;
mod courier;
mod crooked;
mod limits;

mod on_disk;
mod page_verb;
mod served;
mod survives;
mod webhook;
