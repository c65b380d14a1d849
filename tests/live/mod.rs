//! The whole program against real Prometheus and Alertmanager.

mod program;
mod shop;
