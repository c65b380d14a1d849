//! The whole program against real Prometheus and Alertmanager.
