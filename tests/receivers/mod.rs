//! Receivers and the courier against real HTTP servers that answer well and badly.

mod alertmanager;
mod api;
mod bench;
mod combined;
mod commands;
mod courier;
pub(crate) mod crooked;
mod defects;
mod hangup;
mod limits;
mod mail;
mod on_disk;
mod page_verb;
mod providers;
mod reloads;
mod responses;
mod robots;
mod served;
mod survives;
mod webhook;
