//! The whole program against real Prometheus and Alertmanager.

mod browser;
mod program;
mod shop;
