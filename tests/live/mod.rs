//! The whole program against real Prometheus and Alertmanager.

mod browser;
mod heart;
mod program;
mod rules;
mod shop;
