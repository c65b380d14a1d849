//! Receivers and the courier against real HTTP servers that answer well and badly.

mod alertmanager;
mod bench;
mod combined;
mod commands;
mod courier;
mod crooked;
mod limits;
mod mail;
mod on_disk;
mod page_verb;
mod providers;
mod robots;
mod served;
mod survives;
mod webhook;
